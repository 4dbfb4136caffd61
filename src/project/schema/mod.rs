//! The whole of `deploy.yaml` as types. Doc comments here become the JSON schema and the reference page.
//!
//! Decides which keys exist and their defaults. Whether values make sense is decided in `check.rs`; keys of features that
//! are not built yet are in the schema too, and using one is a mistake that says so.

mod data;
mod notify;
mod place;
mod rollout;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::data::*;
pub use self::notify::*;
pub use self::place::*;
pub use self::rollout::*;
use super::span::Span;

/// deploy.yaml: what the app is, where it goes, and how it is rolled out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// Name of the app. Its release history in a namespace is kept under this name.
    #[schemars(extend("format" = "dns-label"))]
    pub app: String,
    /// The oldest binary that may deploy this project: `>=1.4`.
    #[serde(default)]
    pub requires: Option<String>,
    /// Images by logical name, `images.web` in templates. The tag or digest comes with `--image`, or from the last release;
    /// one written here is the default.
    #[serde(default)]
    pub images: BTreeMap<String, String>,
    /// Named places to deploy to.
    pub environments: BTreeMap<String, Environment>,
    /// Groups of configuration. Each becomes an immutable ConfigMap named by its content, `<app>-<group>-<hash>`.
    #[serde(default)]
    pub config: BTreeMap<String, Config>,
    /// Secrets. Each becomes an immutable Secret named by a keyed hash of its content, `<app>-<secret>-<hash>`.
    #[serde(default)]
    pub secrets: BTreeMap<String, SecretSource>,
    /// Where values come from besides the files in `values/`.
    #[serde(default)]
    pub values: ValueSources,
    /// Files under `deploy/` that are applied as they are, without templating: globs such as `templates/alerts/*.yaml`.
    #[serde(default)]
    pub raw: Vec<String>,
    /// Jobs that run as part of a deploy.
    #[serde(default)]
    pub jobs: Jobs,
    /// How long a rollout may take and what happens when it fails.
    #[serde(default)]
    pub rollout: Rollout,
    /// HTTP checks that must pass before a rollout counts as done.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// How much history stays in the cluster.
    #[serde(default)]
    pub keep: Keep,
    /// Who is told, by name.
    #[serde(default)]
    pub notify: BTreeMap<String, Notifier>,
    /// What this app may touch outside its own namespace.
    #[serde(default)]
    pub allow: Allow,
    /// When custom resources count as ready, by kind (`Certificate.cert-manager.io`).
    #[serde(default)]
    pub readiness: BTreeMap<String, ReadinessRule>,
    /// How traffic moves to a new version.
    #[serde(default)]
    pub strategy: Option<Strategy>,
    /// Temporary environments, one per pull request.
    #[serde(default)]
    pub preview: Option<Preview>,
}

/// How much history stays in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Keep {
    /// Good releases that can be rolled back to. Default: 20.
    #[schemars(range(min = 1))]
    pub releases: usize,
    /// Entries of the history. Default: 500.
    #[schemars(range(min = 1))]
    pub history: usize,
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            releases: 20,
            history: 500,
        }
    }
}

/// What this app may touch outside its own namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Allow {
    /// Other namespaces its objects may live in.
    pub namespaces: Vec<String>,
    /// Cluster-scoped kinds are allowed. Default: no.
    pub cluster_scoped: bool,
}

/// When objects of a kind count as ready.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadinessRule {
    /// JSONPath of the field that decides: `{.status.phase}`.
    pub path: String,
    /// Values that mean ready.
    pub ready: Vec<String>,
    /// Values that mean it has failed.
    #[serde(default)]
    pub failed: Vec<String>,
}

/// How traffic moves to a new version. Exactly one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Strategy {
    /// Two full versions and a switch.
    pub blue_green: Option<BTreeMap<String, Value>>,
    /// A growing share of traffic.
    pub canary: Option<BTreeMap<String, Value>>,
}

/// Temporary environments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Preview {
    /// The environment they are made from.
    pub from: Option<String>,
    /// How long one lives without an update.
    pub ttl: Option<Span>,
    /// Other apps cloned into it.
    pub with: Vec<String>,
}

/// The JSON schema of deploy.yaml.
pub fn json_schema() -> Value {
    serde_json::to_value(schemars::schema_for!(Spec)).unwrap_or_default()
}
