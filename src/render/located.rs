//! Mistakes in deploy.yaml that show only once the templates are rendered.

use super::yaml;
use crate::project::Project;
use crate::project::bundle::MAIN;
use crate::project::mistake::Mistake;

/// A mistake at a key of deploy.yaml.
pub fn in_main(project: &Project, path: &[&str], message: String) -> Mistake {
    let mistake = Mistake::new(MAIN, message);
    let Ok(source) = project.bundle.text(MAIN) else {
        return mistake;
    };
    let Some(tree) = yaml::parse(source)
        .ok()
        .and_then(|documents| documents.into_iter().next())
    else {
        return mistake;
    };
    let (line, column) = tree.locate(path);
    mistake.at(line, Some(column), source)
}
