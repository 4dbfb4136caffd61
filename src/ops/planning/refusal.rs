//! Everything that speaks against a plan, told at once: what belongs to others (the project is wrong), what the server refuses.

use super::probe::Probe;
use crate::cluster::ApiError;
use crate::error::{Failure, Result};
use crate::manifest::Manifest;
use crate::plan::{Conflict, check, conflict};
use crate::project::mistake::Mistakes;
use crate::words;

/// What speaks against a plan.
#[derive(Default)]
pub(super) struct Refusals {
    owned: Mistakes,
    lines: Vec<String>,
    hints: Vec<String>,
    notes: Vec<String>,
}

impl Refusals {
    /// The object belongs to another app or tool.
    pub fn owned(&mut self, manifest: &Manifest, whose: &str) {
        let mistake = check::mistake(
            manifest,
            format!("{} exists and belongs to {whose}", manifest.id),
        );
        self.owned.0.push(mistake.hint(
            "rename it here, or pass --adopt to take it over (and stop the other from managing it)",
        ));
    }

    /// Another app of the namespace has a job of the same name.
    pub fn job_of_another_app(&mut self, manifest: &Manifest, app: &str) {
        let mistake = check::mistake(
            manifest,
            format!(
                "the app `{app}` in the same namespace has a job `{}`, too",
                manifest.id.name
            ),
        );
        self.owned.0.push(mistake.hint(
            "each release names its Job NAME-rNUMBER, so two apps in one namespace need different names: rename this one",
        ));
    }

    /// Other managers own fields of it.
    pub fn conflicts(&mut self, manifest: &Manifest, conflicts: &[Conflict]) {
        for conflict in conflicts {
            self.line(manifest, &conflict::text(conflict));
        }
        self.hint("--force-conflicts takes these fields over; or take them out of the template and leave them to their managers".to_owned());
    }

    /// The server says no.
    pub fn refused(&mut self, manifest: &Manifest, error: ApiError, hint: Option<String>) {
        self.line(manifest, &readable(&error, manifest));
        match hint {
            Some(hint) => self.hint(format!("{}: {hint}", manifest.id)),
            None => Failure::from(error)
                .hints
                .into_iter()
                .for_each(|hint| self.hint(hint)),
        }
    }

    /// What became of trying one of its pods.
    pub fn pod(&mut self, manifest: &Manifest, probe: Probe) {
        match probe {
            Probe::Fine => {}
            Probe::Crowded(message) => self.notes.push(format!(
                "the pods of {} may have to wait: {message}",
                manifest.id
            )),
            Probe::NotAsked => {
                let note =
                    "not checked: whether pods are let in (we may not create pods)".to_owned();
                if !self.notes.contains(&note) {
                    self.notes.push(note);
                }
            }
            Probe::Refused(error) => {
                self.line(
                    manifest,
                    &format!("its pods are refused: {}", error.message),
                );
            }
        }
    }

    fn line(&mut self, manifest: &Manifest, what: &str) {
        let origin = manifest.origin.to_string();
        let origin = if origin.is_empty() {
            String::new()
        } else {
            format!(" ({origin})")
        };
        self.lines.push(format!("{}{origin}: {what}", manifest.id));
    }

    fn hint(&mut self, hint: String) {
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
    }

    /// Fails when anything was said against the plan, else returns what is worth a note.
    pub fn into_result(self) -> Result<Vec<String>> {
        self.owned.into_result()?;
        if self.lines.is_empty() {
            return Ok(self.notes);
        }
        let mut lines = self.lines;
        lines.sort();
        let message = format!(
            "the cluster refuses {}; nothing was written\n  {}",
            words::count(lines.len(), "change"),
            lines.join("\n  ")
        );
        let failure = Failure::cluster(message);
        Err(self.hints.into_iter().fold(failure, Failure::hint))
    }
}

/// The server's sentence, without what the line says already.
fn readable(error: &ApiError, manifest: &Manifest) -> String {
    let undeclared = error
        .message
        .strip_prefix("failed to create typed patch object")
        .and_then(|rest| rest.split_once("): "))
        .and_then(|(_, rest)| rest.split_once(": field not declared in schema"));
    if let Some((field, _)) = undeclared {
        let field = field.trim_start_matches('.');
        return format!(
            "`{field}` is not a field of {} {}",
            manifest.object["apiVersion"].as_str().unwrap_or_default(),
            manifest.id.kind
        );
    }
    let causes: Vec<String> = error
        .causes
        .iter()
        .filter(|cause| !cause.message.is_empty())
        .map(|cause| {
            if cause.field.is_empty() {
                cause.message.clone()
            } else {
                format!("{}: {}", cause.field, cause.message)
            }
        })
        .collect();
    if causes.is_empty() {
        error.message.clone()
    } else {
        causes.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{ObjectId, Origin};
    use serde_json::json;

    fn manifest() -> Manifest {
        Manifest {
            id: ObjectId::new("apps", "Deployment", "web"),
            object: json!({"apiVersion": "apps/v1"}),
            origin: Origin {
                file: "deploy/templates/web.yaml".to_owned(),
                line: 3,
            },
        }
    }

    #[test]
    fn every_refusal_is_told_with_object_template_and_field() {
        let mut refusals = Refusals::default();
        let error = ApiError {
            code: 500,
            message: "failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.replcas: field not declared in schema".to_owned(),
            ..ApiError::default()
        };
        refusals.refused(&manifest(), error, None);
        let conflict = Conflict {
            manager: "kubectl-edit".to_owned(),
            path: "spec.replicas".to_owned(),
            live: Some(json!(5)),
            ours: Some(json!(3)),
        };
        refusals.conflicts(&manifest(), &[conflict]);
        let failure = refusals.into_result().unwrap_err();
        assert_eq!(
            failure.source.to_string(),
            "the cluster refuses 2 changes; nothing was written\n  \
             Deployment/web (deploy/templates/web.yaml:3): `spec.replcas` is not a field of apps/v1 Deployment\n  \
             Deployment/web (deploy/templates/web.yaml:3): spec.replicas: `kubectl-edit` set 5, the template says 3"
        );
        assert_eq!(failure.exit_code(), 4);
    }

    #[test]
    fn what_belongs_to_others_is_a_mistake_of_the_project() {
        let mut refusals = Refusals::default();
        refusals.owned(&manifest(), "the Helm release `shop`");
        let failure = refusals.into_result().unwrap_err();
        assert_eq!(failure.exit_code(), 3);
        assert!(
            failure
                .source
                .to_string()
                .contains("belongs to the Helm release `shop`")
        );
    }
}
