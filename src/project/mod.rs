//! What the user wrote, checked: `deploy.yaml`, environments, values, the bundle. All mistakes at once.

pub mod bundle;
mod check;
#[cfg(test)]
mod docs;
pub mod dotenv;
pub mod environment;
pub mod exec;
pub mod git;
pub mod image;
pub mod inputs;
mod meaning;
pub mod mistake;
pub mod names;
pub mod placeholders;
pub mod schema;
pub mod span;
pub mod values;

use std::path::{Path, PathBuf};

pub use bundle::Bundle;
pub use environment::{Environment, Target};
pub use inputs::Inputs;

use crate::env::Env;
use crate::error::{Failure, Result};
use crate::render::yaml;
use crate::words;
use bundle::MAIN;
use mistake::{Mistake, Mistakes};

/// An app's project, checked.
#[derive(Clone, Debug)]
pub struct Project {
    /// Name of the app.
    pub app: String,
    /// deploy.yaml.
    pub spec: schema::Spec,
    /// The `deploy/` folder.
    pub bundle: Bundle,
    /// The folder that holds `deploy/`; `None` when it came from a release record, and then nothing of it is executed.
    pub root: Option<PathBuf>,
}

impl Project {
    /// The folder that holds `deploy/deploy.yaml`: `dir`, or the nearest one at or above the working folder.
    ///
    /// # Errors
    /// Usage, when there is none.
    pub fn find(env: &Env, dir: Option<&Path>) -> Result<PathBuf> {
        if let Some(dir) = dir {
            let dir = env.path(dir);
            // The deploy/ folder itself is meant as well.
            let above = dir.parent().filter(|_| dir.ends_with("deploy"));
            for root in [Some(dir.as_path()), above].into_iter().flatten() {
                if root.join(MAIN).is_file() {
                    return Ok(root.to_owned());
                }
            }
            return Err(
                Failure::usage(format!("there is no {MAIN} in {}", dir.display()))
                    .hint("--project names the folder that holds deploy/"),
            );
        }
        env.cwd
            .ancestors()
            .find(|folder| folder.join(MAIN).is_file())
            .map(Path::to_owned)
            .ok_or_else(|| {
                Failure::usage(format!(
                    "there is no {MAIN} in {} or above it",
                    env.cwd.display()
                ))
                .hint("go to the project's folder, or name it with --project DIR")
                .hint("without a checkout, name the app: --app NAME")
            })
    }

    /// Reads and checks the project below `root`.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn load(root: &Path) -> Result<Self, Mistakes> {
        let mut project = Self::from_bundle(Bundle::load(root)?)?;
        let secret = crate::secrets::file::paths(&project);
        project.bundle = project.bundle.without(|path| secret.contains(path));
        project.root = Some(root.to_owned());
        Ok(project)
    }

    /// Checks a project from a release record: no disk.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn from_bundle(bundle: Bundle) -> Result<Self, Mistakes> {
        let source = bundle.text(MAIN)?;
        let tree = match yaml::parse_one(source) {
            Ok(Some(tree)) => tree,
            Ok(None) => {
                return Err(Mistake::new(MAIN, "is empty")
                    .hint("it needs at least `app: NAME` and `environments:`")
                    .into());
            }
            Err(error) => return Err(from_yaml(&error, MAIN, source).into()),
        };
        let checked = check::check(&schema::json_schema(), &tree, MAIN, source);
        checked.mistakes.into_result()?;
        let spec: schema::Spec = serde_json::from_value(checked.value)
            .map_err(|error| Mistake::new(MAIN, error.to_string()))?;
        meaning::check(&spec, &bundle, &tree, source).into_result()?;
        Ok(Self {
            app: spec.app.clone(),
            spec,
            bundle,
            root: None,
        })
    }

    /// An environment; without a name, the only one.
    ///
    /// # Errors
    /// Usage: there is no such environment, or several and no name.
    pub fn environment(&self, name: Option<&str>) -> Result<Environment> {
        let known = self.spec.environments.keys().map(String::as_str);
        let name = match name {
            Some(name) => name,
            None if self.spec.environments.len() == 1 => known.clone().next().unwrap_or_default(),
            None => {
                let names: Vec<&str> = known.collect();
                return Err(Failure::usage("which environment?").hint(format!(
                    "pass --env with one of {}",
                    words::list(&names, "and")
                )));
            }
        };
        let Some(spec) = self.spec.environments.get(name) else {
            return Err(
                Failure::usage(format!("{} has no environment `{name}`", self.app))
                    .hint(words::suggest(name, known)),
            );
        };
        Ok(Environment {
            name: name.to_owned(),
            targets: environment::targets(&self.app, name, spec),
            spec: spec.clone(),
        })
    }
}

impl Environment {
    /// A target by name.
    ///
    /// # Errors
    /// Usage: there is no such target.
    pub fn target(&self, name: &str) -> Result<&Target> {
        self.targets
            .iter()
            .find(|target| target.name == name)
            .ok_or_else(|| {
                Failure::usage(format!("{} has no target `{name}`", self.name)).hint(
                    words::suggest(name, self.targets.iter().map(|target| target.name.as_str())),
                )
            })
    }
}

/// A YAML error of a file as a mistake.
pub fn from_yaml(error: &yaml::YamlError, file: &str, source: &str) -> Mistake {
    let mut mistake = Mistake::new(file, &error.message).at(error.line, Some(error.column), source);
    mistake.hint.clone_from(&error.hint);
    mistake
}

#[cfg(test)]
mod tests;
