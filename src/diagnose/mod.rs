//! From a snapshot to findings: why a rollout is stuck or has failed. Pure; one file per family of causes.

use serde::{Deserialize, Serialize};

use crate::manifest::ObjectId;

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
}
