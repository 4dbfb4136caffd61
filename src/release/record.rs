//! What a release remembers. Within a major version both parts only gain fields, so every binary of it reads every record.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::diagnose::Finding;
use crate::event::Phase;
use crate::manifest::job::{JobTime, ReleaseJob};
use crate::manifest::{DIGEST_ANNOTATION, Manifest, ObjectId, digest};
use crate::plan::Mark;
use crate::project::bundle::Bundle;
use crate::project::inputs::{Git, Inputs};

/// Major version of the record format.
pub const VERSION: u32 = 1;

/// The small, readable part, kept in a ConfigMap: no rights to Secrets are needed to read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// [`VERSION`].
    pub version: u32,
    /// Version of the binary that wrote it.
    pub binary: String,
    /// The app.
    pub app: String,
    /// The environment.
    pub environment: String,
    /// The target's name.
    pub target: String,
    /// 1, 2, 3 …; never reused.
    pub number: u64,
    /// Shared by all targets of one run.
    pub run: String,
    /// `app`, `rollback`, `resume`, …
    pub command: String,
    /// How it stands.
    pub state: State,
    /// When it began.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub finished: Option<Timestamp>,
    /// Who did it.
    pub who: Who,
    /// Image references by name.
    #[serde(default)]
    pub images: BTreeMap<String, String>,
    /// The commit it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<Git>,
    /// The release this one restores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_of: Option<u64>,
    /// The release that ran when this rollback began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_from: Option<u64>,
    /// The release that was put back by itself when this one failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_to: Option<u64>,
    /// The release that rolled this one back; such a release is no goal for later rollbacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled_back_by: Option<u64>,
    /// Jobs of this release that have passed, by their names in deploy.yaml: a resume does not run them again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs_passed: Vec<String>,
    /// The first cause, when it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Names of versioned config and secret objects it needs; roots of the clean-up.
    #[serde(default)]
    pub versions: Vec<String>,
    /// Digest of what it wants, to tell whether two releases differ.
    pub objects_digest: String,
    /// Bundle, objects and inputs.
    pub payload: Stored,
    /// Marks, findings and timings; written at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Stored>,
}

impl Header {
    /// Whether its payload is still kept, so that it can be rolled back to.
    pub fn restorable(&self) -> bool {
        self.payload.chunks > 0
    }
}

/// How a release stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReleaseState")]
pub enum State {
    /// A run is at work on it, or was killed while it was.
    Running,
    /// Done: every rollback may return to it.
    Good,
    /// Applied, and nobody watched whether it became ready (`--no-wait`).
    Unwatched,
    /// Failed and left as it is.
    Failed,
    /// Failed; an older release was put back.
    RolledBack,
    /// A `before` job failed; workloads were not touched.
    JobFailed,
    /// Stopped on request; `resume` or `rollback` carries on.
    Interrupted,
}

impl State {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Good => "good",
            Self::Unwatched => "applied, not watched",
            Self::Failed => "failed",
            Self::RolledBack => "failed, rolled back",
            Self::JobFailed => "job failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Who made a release or holds a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Who {
    /// The API server's name for the user, with the CI actor where one is known.
    pub user: String,
    /// The machine.
    pub host: String,
    /// A link to the CI job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci: Option<String>,
}

/// Where a part is stored and how to tell that it is whole. The digest catches corruption, not an attacker who can write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stored {
    /// Number of Secret chunks.
    pub chunks: usize,
    /// Hex SHA-256 of the compressed bytes.
    pub digest: String,
}

/// The large part, written before anything is applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    /// The `deploy/` folder.
    pub bundle: Bundle,
    /// What else decided the rendered bytes.
    pub inputs: Inputs,
    /// The objects as they were applied; Secrets without their data.
    pub objects: Vec<Manifest>,
    /// The jobs that deploy.yaml lists, as rendered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<ReleaseJob>,
    /// Versioned config, logical name to object name.
    #[serde(default)]
    pub configs: BTreeMap<String, String>,
    /// Versioned secrets, logical name to object name.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
    /// Files of the bundle whose Secrets' values are not kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
    /// Kept immutable copies of Secrets that were written as templates.
    #[serde(default)]
    pub copies: BTreeMap<ObjectId, String>,
}

impl Payload {
    /// The jobs that run when this release is restored.
    pub fn jobs_on_rollback(&self) -> Vec<ReleaseJob> {
        let runs = |job: &&ReleaseJob| job.when == JobTime::After && job.on_rollback;
        self.jobs.iter().filter(runs).cloned().collect()
    }
}

/// What is known at the end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ending {
    /// What each object looked like right after it was applied.
    #[serde(default)]
    pub marks: BTreeMap<ObjectId, Mark>,
    /// Why it failed.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// Seconds per phase.
    #[serde(default)]
    pub timings: Vec<(Phase, f64)>,
}

/// A release, loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// The small part.
    pub header: Header,
    /// The large part.
    pub payload: Payload,
    /// What is known at the end; empty while running.
    pub ending: Ending,
}

/// The objects as a record may hold them: Secrets without data, and without the digest that would cover it.
pub fn without_secret_data(manifests: &[Manifest]) -> Vec<Manifest> {
    manifests
        .iter()
        .map(|manifest| {
            let mut manifest = manifest.clone();
            if manifest.id.is("Secret")
                && let Some(object) = manifest.object.as_object_mut()
            {
                object.remove("data");
                object.remove("stringData");
                if let Some(annotations) = manifest
                    .object
                    .pointer_mut("/metadata/annotations")
                    .and_then(Value::as_object_mut)
                {
                    annotations.remove(DIGEST_ANNOTATION);
                }
            }
            manifest
        })
        .collect()
}

/// Digest of what a release wants. Copies have keyed names, so it gives nothing away about secrets.
pub fn objects_digest(objects: &[Manifest], copies: &BTreeMap<ObjectId, String>) -> String {
    let wanted: Vec<(&ObjectId, &Value)> = objects
        .iter()
        .map(|manifest| (&manifest.id, &manifest.object))
        .collect();
    let text = serde_json::to_string(&(wanted, copies)).unwrap_or_default();
    digest::hex(text.as_bytes(), 32)
}

/// The release a plain `rollback` returns to: the newest good one older than `running` that wants something else
/// and was not itself rolled back from.
pub fn rollback_goal<'a>(headers: &'a [Header], running: &Header) -> Option<&'a Header> {
    headers
        .iter()
        .rev()
        .filter(|header| header.number < running.number && header.state == State::Good)
        .filter(|header| header.rolled_back_by.is_none() && header.restorable())
        .find(|header| header.objects_digest != running.objects_digest)
}

/// The newest good release.
pub fn last_good(headers: &[Header]) -> Option<&Header> {
    headers
        .iter()
        .rev()
        .find(|header| header.state == State::Good)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    /// A header with nothing but a number and a state; each wants something else.
    pub(crate) fn header(number: u64, state: State) -> Header {
        serde_json::from_value(json!({
            "version": VERSION, "binary": "0.1.0", "app": "shop", "environment": "staging", "target": "staging", "number": number,
            "run": format!("r-{number}"), "command": "app", "state": state, "started": "2026-01-02T03:04:05Z", "who": {"user": "ann", "host": "laptop"},
            "objectsDigest": number.to_string(), "payload": {"chunks": 1, "digest": ""},
        }))
        .unwrap()
    }

    #[test]
    fn a_rollback_goes_to_the_newest_good_release_that_differs_and_never_back_and_forth() {
        let mut headers: Vec<Header> = (1..=4).map(|number| header(number, State::Good)).collect();
        assert_eq!(rollback_goal(&headers, &headers[3]).unwrap().number, 3);
        headers[2].objects_digest = "4".into();
        assert_eq!(
            rollback_goal(&headers, &headers[3]).unwrap().number,
            2,
            "release 3 wants the same as 4"
        );
        headers[1].rolled_back_by = Some(9);
        assert_eq!(
            rollback_goal(&headers, &headers[3]).unwrap().number,
            1,
            "release 2 was rolled back from"
        );
        headers[0].payload.chunks = 0;
        assert_eq!(
            rollback_goal(&headers, &headers[3]),
            None,
            "the payload of release 1 is gone"
        );
    }

    #[test]
    fn records_hold_no_secret_data() {
        let secret = Manifest {
            id: ObjectId::new("", "Secret", "db"),
            object: json!({"kind": "Secret", "data": {"url": "aHVudGVyMg=="}, "stringData": {"a": "hunter2"},
                "metadata": {"annotations": {DIGEST_ANNOTATION: "abc", "other": "stays"}}}),
            origin: crate::manifest::Origin::default(),
        };
        let kept = without_secret_data(&[secret]);
        assert_eq!(
            kept[0].object,
            json!({"kind": "Secret", "metadata": {"annotations": {"other": "stays"}}})
        );
    }
}
