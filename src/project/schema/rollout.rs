//! Jobs, the rollout, HTTP checks and readiness: what must happen before a release counts as good.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::project::span::Span;

/// Jobs that run as part of a deploy, by the names of their templates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Jobs {
    /// Before any workload changes.
    pub before: Vec<JobStep>,
    /// After the rollout; part of it.
    pub after: Vec<JobStep>,
}

/// One job of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum JobStep {
    /// The name of a Job in the templates.
    Name(String),
    /// A Job with settings.
    Detailed(DetailedJob),
}

/// A Job with settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DetailedJob {
    /// The name of a Job in the templates.
    pub name: String,
    /// Objects that must be applied before it runs, `Kind/name`.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Whether it runs in every target or once for all of them.
    #[serde(default)]
    pub runs: Option<JobRuns>,
    /// How long it may take, from its start, retries included; the cluster ends it then. Default: the Job's own
    /// `activeDeadlineSeconds`, else 30m.
    #[serde(default)]
    pub timeout: Option<Span>,
    /// It runs on a rollback, too. Default: no.
    #[serde(default)]
    pub on_rollback: bool,
}

/// How often a job runs in an environment with several targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum JobRuns {
    /// Once in each target.
    PerTarget,
    /// Once, in the first target of the run; the others wait for it.
    Once,
}

/// How long a rollout may take and what happens when it fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Rollout {
    /// `auto` computes it from probes, replicas and surge; otherwise a duration such as `10m`.
    pub timeout: Timeout,
    /// What happens when the rollout fails.
    pub on_failure: OnFailure,
    /// How long to watch on after everything is ready. Default: 5s.
    pub soak: Span,
}

impl JobStep {
    /// The settings, with their defaults for a bare name.
    #[must_use]
    pub fn detailed(&self) -> DetailedJob {
        match self {
            Self::Detailed(job) => job.clone(),
            Self::Name(name) => DetailedJob {
                name: name.clone(),
                ..DetailedJob::default()
            },
        }
    }
}

impl Default for Rollout {
    fn default() -> Self {
        Self {
            timeout: Timeout::default(),
            on_failure: OnFailure::default(),
            soak: Span::from_secs(5),
        }
    }
}

/// `auto` or a duration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timeout {
    /// Computed from probes, replicas and surge.
    #[default]
    Auto,
    /// As written.
    Fixed(std::time::Duration),
}

/// What happens when the rollout fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnFailure {
    /// The last good release is put back.
    #[default]
    RollBack,
    /// Everything stays as it is.
    Leave,
}

/// One HTTP check: a `url` from where the command runs, or a `service` through the API server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Check {
    /// The address to ask, with http or https; `{environment}` and `{target}` are filled in.
    pub url: Option<String>,
    /// Name of a Service.
    pub service: Option<String>,
    /// Port of the Service, by name or number; needed with `service`. `https`, 443 and 8443 are asked over TLS.
    pub port: Option<PortName>,
    /// Path to ask a `service` for. Default: `/`.
    pub path: Option<String>,
    /// The status that is wanted. With a 3xx, redirects are not followed. Default: 200.
    pub expect: Option<u16>,
    /// Text that the first 64 KB of the answer must contain.
    pub contains: Option<String>,
    /// How long it may take to pass, at most 1h. Default: 60s.
    pub within: Option<Span>,
}

/// A port by name or number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PortName {
    /// By number.
    Number(u16),
    /// By name.
    Name(String),
}
