//! Which files become objects in which environment.
//!
//! `web.production.yaml` replaces `web.yaml` in production and is left out elsewhere. A dotted suffix counts only if such an
//! environment exists; one that is nearly an environment's name is a mistake.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::project::Project;
use crate::project::mistake::{Mistake, Mistakes};
use crate::words;

/// Folder of the templates inside a bundle.
pub const FOLDER: &str = "deploy/templates/";

/// What to do with the files of a bundle.
#[derive(Debug, Default)]
pub struct Selection {
    /// Files that become objects, sorted by path.
    pub files: Vec<File>,
    /// Files that look as if they were meant to.
    pub warnings: Vec<Mistake>,
}

/// One file that becomes objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Path in the bundle.
    pub path: String,
    /// How it is read.
    pub how: How,
}

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Through the template engine, when it holds a tag.
    Template,
    /// As it is (`raw`).
    Raw,
}

/// Chooses the files of one environment.
///
/// # Errors
/// Files whose suffix is nearly an environment's name.
pub fn select(project: &Project, environment: &str) -> Result<Selection, Mistakes> {
    let raw = globs(&project.spec.raw);
    let environments: Vec<&str> = project
        .spec
        .environments
        .keys()
        .map(String::as_str)
        .collect();
    let mut mistakes = Mistakes::default();
    let mut selection = Selection::default();
    let mut matched = vec![false; project.spec.raw.len()];
    let mut special = Vec::new();
    for path in project.bundle.paths() {
        let inside = path.strip_prefix("deploy/").unwrap_or(path);
        let hits = raw.matches(inside);
        for hit in &hits {
            matched[*hit] = true;
        }
        let how = match hits.is_empty() {
            false => How::Raw,
            true if path.starts_with(FOLDER) => How::Template,
            true => continue,
        };
        let name = path.rsplit('/').next().unwrap_or(path);
        let Some(stem) = stem(name) else {
            selection.warnings.extend(not_rendered(path, name));
            continue;
        };
        if name.starts_with('_') {
            continue;
        }
        if let Some((base, suffix)) = stem.rsplit_once('.') {
            if suffix == environment {
                special.push(format!("{}{base}", &path[..path.len() - name.len()]));
            } else if environments.contains(&suffix) {
                continue;
            } else if let Some(near) = words::nearest(suffix, environments.iter().copied()) {
                mistakes.0.push(
                    Mistake::new(path, format!("`{suffix}` is no environment")).hint(format!(
                        "did you mean `{base}.{near}.yaml`? Rename the file"
                    )),
                );
                continue;
            }
        }
        selection.files.push(File {
            path: path.to_owned(),
            how,
        });
    }
    mistakes.into_result()?;
    selection.files.retain(|file| {
        !file
            .path
            .rsplit_once('.')
            .is_some_and(|(base, _)| special.iter().any(|special| special == base))
    });
    for (pattern, matched) in project.spec.raw.iter().zip(matched) {
        if !matched {
            selection.warnings.push(
                Mistake::new(
                    crate::project::bundle::MAIN,
                    format!("raw: `{pattern}` matches no file"),
                )
                .hint("globs are relative to the folder deploy/; `**` spans folders"),
            );
        }
    }
    Ok(selection)
}

/// The name without its extension; `None` when the file is not YAML or JSON.
fn stem(name: &str) -> Option<&str> {
    [".yaml", ".yml", ".json"]
        .iter()
        .find_map(|extension| name.strip_suffix(extension))
        .filter(|stem| !stem.is_empty())
}

fn not_rendered(path: &str, name: &str) -> Option<Mistake> {
    let quiet = name.starts_with(['_', '.'])
        || [".md", ".txt", ".jinja"]
            .iter()
            .any(|extension| name.ends_with(extension));
    (!quiet).then(|| {
        Mistake::new(
            path,
            "is not rendered: only .yaml, .yml and .json files are",
        )
        .hint("rename it, or begin its name with `_` when other templates include it")
    })
}

fn globs(patterns: &[String]) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        // Patterns were checked when the project was loaded; a bad one matches nothing.
        if let Ok(glob) = GlobBuilder::new(pattern).literal_separator(true).build() {
            set.add(glob);
        }
    }
    set.build().unwrap_or_else(|_| GlobSet::empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Bundle;

    fn chosen(files: &[&str], environment: &str) -> Result<Vec<String>, Mistakes> {
        let main = "app: a\nenvironments: {staging: {}, production: {}}\nraw: [templates/raw/*.yaml, crds/**]\n";
        let files = files
            .iter()
            .map(|path| (format!("deploy/{path}"), Vec::new()));
        let project = Project::from_bundle(Bundle::new(
            std::iter::once(("deploy/deploy.yaml".to_owned(), main.into())).chain(files),
        ))?;
        Ok(select(&project, environment)?
            .files
            .into_iter()
            .map(|file| format!("{:?} {}", file.how, &file.path["deploy/".len()..]))
            .collect())
    }

    #[test]
    fn environments_replace_files() {
        let files = [
            "templates/web.yaml",
            "templates/web.production.yaml",
            "templates/only.production.yml",
            "templates/jobs/web.yaml",
            "templates/api.v2.yaml",
            "templates/_macros.yaml",
            "templates/raw/alerts.yaml",
            "crds/a/b.yaml",
            "config/shop.yaml",
        ];
        assert_eq!(
            chosen(&files, "production").unwrap(),
            [
                "Raw crds/a/b.yaml",
                "Template templates/api.v2.yaml",
                "Template templates/jobs/web.yaml",
                "Template templates/only.production.yml",
                "Raw templates/raw/alerts.yaml",
                "Template templates/web.production.yaml",
            ]
        );
        assert_eq!(
            chosen(&files, "staging").unwrap(),
            [
                "Raw crds/a/b.yaml",
                "Template templates/api.v2.yaml",
                "Template templates/jobs/web.yaml",
                "Raw templates/raw/alerts.yaml",
                "Template templates/web.yaml",
            ]
        );
    }

    #[test]
    fn a_near_miss_is_a_mistake() {
        let found = chosen(&["templates/web.prodution.yaml"], "staging").unwrap_err();
        assert_eq!(found.0[0].message, "`prodution` is no environment");
        assert_eq!(
            found.0[0].hint.as_deref(),
            Some("did you mean `web.production.yaml`? Rename the file")
        );
    }
}
