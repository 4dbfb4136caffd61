//! From a snapshot to findings: why a rollout is stuck or has failed. Pure; one file per family of causes.

mod blocked;
pub(crate) mod build;
pub mod case;
pub mod catalogue;
mod config;
mod crash;
mod create;
#[cfg(test)]
mod docs;
mod group;
mod image;
mod node;
mod probe;
mod schedule;
mod service;
mod start;
mod volume;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::manifest::ObjectId;
use crate::track::rules::Subject;
use crate::track::snapshot::Snapshot;
use case::Case;
pub use catalogue::{Cause, catalogue, explain};
pub use group::group;

/// The families, each a function from what was seen to causes.
const FAMILIES: &[fn(&Case<'_>) -> Vec<Finding>] = &[
    create::find,
    schedule::find,
    image::find,
    config::find,
    volume::find,
    start::find,
    crash::find,
    probe::find,
    node::find,
    service::find,
    blocked::find,
];

/// Why one object is stuck or has failed, worst first. `since` is the start of the run; without one everything seen counts.
pub fn findings(
    snapshot: &Snapshot,
    id: &ObjectId,
    now: Timestamp,
    since: Option<Timestamp>,
) -> Vec<Finding> {
    let Some(object) = snapshot.get(id) else {
        return Vec::new();
    };
    let subject = Subject {
        id,
        object,
        snapshot,
        now,
        custom: &[],
        applied: None,
    };
    let case = Case::new(subject, since);
    let mut found: Vec<Finding> = FAMILIES.iter().flat_map(|family| family(&case)).collect();
    case.compare_with_old_pods(&mut found);
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    found
}

/// One diagnosed cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Stable code: `image-not-found`.
    pub code: String,
    /// How sure and how lasting it is.
    pub severity: Severity,
    /// The workload (or other object of the release) that is affected.
    pub object: ObjectId,
    /// The cause in one sentence, without a full stop.
    pub message: String,
    /// What was seen, most telling first.
    pub evidence: Vec<Evidence>,
    /// One next step.
    pub next: String,
}

/// How sure and how lasting a cause is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Worth knowing; never fails a rollout.
    Info,
    /// May pass by itself: shown live, named if the deadline comes.
    Transient,
    /// Fails after a grace of its own.
    Likely,
    /// Cannot pass by itself: fails at once.
    Permanent,
}

/// One thing that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[expect(
    missing_docs,
    reason = "fields are named after the Kubernetes fields they hold"
)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Evidence {
    /// An event of the cluster.
    Event {
        object: String,
        reason: String,
        message: String,
        count: u32,
    },
    /// State, reason and message of a container.
    Container {
        pod: String,
        container: String,
        state: String,
        reason: String,
        message: String,
        exit_code: Option<i64>,
        restarts: u32,
    },
    /// The end of a container's log.
    Log {
        pod: String,
        container: String,
        previous: bool,
        lines: Vec<String>,
    },
    /// A condition of an object.
    Condition {
        object: String,
        condition: String,
        status: String,
        reason: String,
        message: String,
    },
    /// A field of an object.
    Field {
        object: String,
        path: String,
        value: String,
    },
    /// What an HTTP check got, so many times in a row, with the first lines of the last body.
    Answer {
        check: String,
        answer: String,
        tries: u32,
        body: Vec<String>,
    },
}

impl Finding {
    /// The same, as sure as this.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// With one more thing that was seen.
    #[must_use]
    pub fn with(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// With another next step than the usual one of its code.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = next.into();
        self
    }
}
