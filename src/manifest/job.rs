//! Jobs that a release runs: each release makes its own, under a name of its own, so that none runs twice.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{KIND_LABEL, Manifest, ObjectId, edit};

/// Label on a Job that a release made: the release's number.
pub const RELEASE_LABEL: &str = "deploy.cli/release";
/// Label on a Job that a release made: its name in deploy.yaml.
pub const JOB_LABEL: &str = "deploy.cli/job";
/// Annotation on a Job that a release made: the id of the run that made it.
pub const RUN_ANNOTATION: &str = "deploy.cli/run";
/// Longest name of a listed job, in characters: `-r` and the release's number follow it, and a label holds 63.
pub const LONGEST_NAME: usize = 52;

/// When a job of a release runs.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    Hash,
    PartialOrd,
    Ord,
)]
#[serde(rename_all = "camelCase")]
pub enum JobTime {
    /// Before any workload changes.
    Before,
    /// After the rollout.
    After,
}

impl JobTime {
    /// `before` or `after`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// A job that deploy.yaml lists, with its Job as the templates give it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseJob {
    /// Its name in deploy.yaml, and that of the Job in the templates.
    pub name: String,
    /// When it runs.
    pub when: JobTime,
    /// What must be ready before it runs.
    #[serde(default)]
    pub needs: Vec<ObjectId>,
    /// Once for all targets of a run instead of once in each.
    #[serde(default)]
    pub once: bool,
    /// On a rollback, too.
    #[serde(default)]
    pub on_rollback: bool,
    /// The Job, under its name in the templates.
    pub manifest: Manifest,
}

impl ReleaseJob {
    /// The Job that release `number` makes: `migrate-r8`, marked with the run.
    #[must_use]
    pub fn of_release(&self, number: u64, run: &str) -> Manifest {
        let mut manifest = self.manifest.clone();
        manifest.id.name = format!("{}-r{number}", self.name);
        let object = &mut manifest.object;
        object["metadata"]["name"] = json!(manifest.id.name);
        let labels = ["metadata", "labels"];
        edit::set(object, &labels, KIND_LABEL, "job");
        edit::set(object, &labels, RELEASE_LABEL, &number.to_string());
        edit::set(object, &labels, JOB_LABEL, &self.name);
        edit::set(object, &["metadata", "annotations"], RUN_ANNOTATION, run);
        manifest
    }

    /// Digest of the Job as the templates give it.
    #[must_use]
    pub fn digest(&self) -> &str {
        self.manifest
            .annotation(super::DIGEST_ANNOTATION)
            .unwrap_or_default()
    }
}
