//! The plan file: a reviewed plan with everything needed to make the same objects again. Secret values are not in it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::locate::Place;
use crate::error::{Failure, Result};
use crate::plan::{Plan, VERSION};
use crate::project::Project;
use crate::project::bundle::Bundle;
use crate::project::inputs::Inputs;

/// What `plan --out` writes and `app --plan` reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanFile {
    /// The reviewed plan, secrets masked.
    pub plan: Plan,
    /// The `deploy/` folder it was made from.
    pub bundle: Bundle,
    /// Files of it whose Secrets' values are not in the plan; `app` takes them from the checkout.
    #[serde(default)]
    pub withheld: Vec<String>,
    /// What else decided the rendered bytes.
    pub inputs: Inputs,
}

impl PlanFile {
    /// Reads a plan file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::usage(format!("cannot read the plan {}: {error}", path.display()))
        })?;
        let file: Self = serde_json::from_str(&text).map_err(|error| {
            Failure::usage(format!("{} is not a plan file: {error}", path.display()))
                .hint("`deploy plan --out FILE` writes one")
        })?;
        if file.plan.version > VERSION {
            return Err(Failure::usage(format!(
                "{} was written by a newer deploy (format {})",
                path.display(),
                file.plan.version
            ))
            .hint("use the same version of deploy for plan and app"));
        }
        Ok(file)
    }

    /// Writes it whole or not at all.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Failure::bug(format!("cannot write a plan: {error}")))?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        tempfile::NamedTempFile::new_in(folder)
            .and_then(|mut file| {
                std::io::Write::write_all(&mut file, text.as_bytes())?;
                file.persist(path).map_err(|error| error.error)
            })
            .map_err(|error| {
                Failure::usage(format!("cannot write the plan {}: {error}", path.display()))
            })?;
        Ok(())
    }

    /// The place with the project of the plan. A checkout stays one, so that secret values can be fetched there.
    pub fn place(&self, places: Vec<Place>) -> Result<Place> {
        let plan = &self.plan;
        let fits = |place: &Place| place.target.name == plan.target;
        let at = places.iter().position(fits).unwrap_or(0);
        let place = places
            .into_iter()
            .nth(at)
            .ok_or_else(|| Failure::bug("a command without a place"))?;
        let here = (
            &place.project.app,
            &place.environment.name,
            &place.target.name,
        );
        if here != (&plan.app, &plan.environment, &plan.target) {
            return Err(Failure::usage(format!(
                "the plan is for {} in {} (target {}), not for {} in {} (target {})",
                plan.app, plan.environment, plan.target, here.0, here.1, here.2
            ))
            .hint(format!(
                "pass --env {} --target {}",
                plan.environment, plan.target
            )));
        }
        let root = place.project.root.clone();
        let mut bundle = self.bundle.clone();
        for path in &self.withheld {
            let contents = place.project.bundle.get(path).filter(|_| place.checkout);
            let contents = contents.ok_or_else(|| {
                Failure::usage(format!(
                    "the plan does not hold the secret values of {path}, and there is no such file here"
                ))
                .hint("run it in the checkout it was made from")
            })?;
            bundle = bundle.with(path, contents.to_vec());
        }
        let project = Project::from_bundle(bundle)?;
        Ok(Place {
            project: Project { root, ..project },
            ..place
        })
    }
}
