//! The whole of `deploy.yaml` as types. Doc comments here become the JSON schema and the reference page.
//!
//! Decides which keys exist and their defaults. Whether values make sense is decided in `check.rs`; keys of features that
//! are not built yet are in the schema too, and using one is a mistake that says so.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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

/// A named place to deploy to: one target written here, or several under `targets`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Environment {
    /// The kubeconfig context. A list means the first that exists in the kubeconfig; left out, it is the current context.
    pub context: OneOrMany,
    /// URL of the API server, to find the context by where names differ between machines.
    pub server: Option<String>,
    /// The namespace; the app's name when left out.
    #[schemars(extend("format" = "dns-label"))]
    pub namespace: Option<String>,
    /// Create the namespace when it does not exist. Default: no.
    pub create_namespace: bool,
    /// The clusters and namespaces of this environment, when there is more than one.
    pub targets: Vec<TargetSpec>,
    /// Whether targets are deployed one after the other or all at once.
    pub target_order: TargetOrder,
    /// What happens to the other targets when one fails. Default: `stop` one by one, `keepGoing` in parallel.
    pub on_target_failure: Option<OnTargetFailure>,
    /// The environment whose good releases come here.
    pub promote_from: Option<String>,
    /// Who must agree before a deploy.
    pub approval: Option<Approval>,
    /// Ask before a deploy, where somebody can answer. Default: no.
    pub confirm: bool,
    /// Whether broken policies (missing limits, `latest` images …) warn or stop.
    pub policy: Policy,
    /// Names under `notify` that are told about this environment.
    pub notify: Vec<String>,
}

/// One cluster and namespace of an environment. What is left out comes from the environment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetSpec {
    /// Name of the target, for `--target` and the values file `values/<environment>.<target>.yaml`.
    #[schemars(extend("format" = "dns-label"))]
    pub name: String,
    /// The kubeconfig context, or a list of them.
    #[serde(default)]
    pub context: Option<OneOrMany>,
    /// URL of the API server.
    #[serde(default)]
    pub server: Option<String>,
    /// The namespace.
    #[serde(default)]
    #[schemars(extend("format" = "dns-label"))]
    pub namespace: Option<String>,
    /// Create the namespace when it does not exist.
    #[serde(default)]
    pub create_namespace: Option<bool>,
}

/// One text or a list of texts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several, most wanted first.
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl OneOrMany {
    /// As a list.
    #[must_use]
    pub fn to_vec(&self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one.clone()],
            Self::Many(many) => many.clone(),
        }
    }
}

/// The order of targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TargetOrder {
    /// One after the other, in the order written.
    #[default]
    OneByOne,
    /// All at once.
    Parallel,
}

/// What a failing target means for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnTargetFailure {
    /// The others go on.
    KeepGoing,
    /// Targets that have not begun are left alone.
    Stop,
    /// Every target that this run changed goes back.
    RollBackAll,
}

/// Who must agree before a deploy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Approval {
    /// Nothing is deployed before somebody approved.
    pub required: bool,
    /// Who may approve; empty means anyone with rights in the target.
    pub by: Vec<String>,
}

/// What a broken policy does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Policy {
    /// Says so.
    #[default]
    Warn,
    /// Stops the deploy.
    Enforce,
}

/// One group of configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// Files under `deploy/`; later ones win. A `.env` file gives one entry per line (`KEY=value`), any other file one entry
    /// under its file name. `{environment}` and `{target}` are filled in; a trailing `?` means the file may be absent.
    pub from: Vec<String>,
    /// Keep the stable name `<app>-<group>` for readers outside this app; pods then restart by an annotation. Default: no.
    #[serde(default)]
    pub fixed_name: bool,
}

/// Where the values of one secret come from: exactly one of these.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SecretSource {
    /// Environment variables: a mapping from key to variable (`{url: DATABASE_URL}`), or a list of variables that keep their names.
    pub env: Option<EnvSource>,
    /// Files, read from the checkout and never kept in a release: paths from the folder of deploy.yaml, with `{environment}` and
    /// `{target}` filled in. One path: a `.env`, YAML or JSON file that holds the keys. A mapping: each key is a whole file.
    pub file: Option<FileSource>,
    /// A command that prints a YAML or JSON mapping of keys to texts. Runs from a checkout only.
    pub exec: Option<ExecSource>,
    /// HashiCorp Vault.
    pub vault: Option<VaultSource>,
    /// A file encrypted with SOPS.
    pub sops: Option<SopsSource>,
    /// An encrypted object in S3.
    pub s3: Option<S3Source>,
    /// Environments this secret exists in; all of them when left out.
    pub environments: Option<Vec<String>>,
    /// Other sources in some environments, by environment.
    #[serde(rename = "in")]
    pub per_environment: BTreeMap<String, SecretSource>,
}

/// Which environment variables to read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum EnvSource {
    /// Variables that keep their names as keys.
    Same(Vec<String>),
    /// From key to variable.
    Renamed(BTreeMap<String, String>),
}

/// Which files to read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FileSource {
    /// One file that holds all keys.
    All(String),
    /// From key to a file that is the value.
    Each(BTreeMap<String, String>),
}

/// A command whose output is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExecSource {
    /// Program and arguments; no shell. Runs in the folder of deploy.yaml. `{environment}` and `{target}` are filled in.
    pub command: Vec<String>,
    /// How long it may take. Default: 30s.
    #[serde(default = "Span::exec_default")]
    pub timeout: Span,
}

/// HashiCorp Vault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VaultSource {
    /// Path of the secret.
    pub path: String,
    /// Keys to take; all of them when left out.
    #[serde(default)]
    pub keys: Vec<String>,
}

/// A file encrypted with SOPS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SopsSource {
    /// Path of the file.
    pub file: String,
}

/// An encrypted object in S3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct S3Source {
    /// Name of the bucket.
    pub bucket: String,
    /// Key of the object.
    pub key: String,
}

/// Where values come from besides the files in `values/`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ValueSources {
    /// A command that prints a YAML mapping, merged over the files. Runs from a checkout only.
    pub exec: Option<ExecSource>,
}

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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Once, in the first target.
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
    /// The address to ask.
    pub url: Option<String>,
    /// Name of a Service.
    pub service: Option<String>,
    /// Port of the Service, by name or number.
    pub port: Option<PortName>,
    /// Path to ask for. Default: `/`.
    pub path: Option<String>,
    /// The status that is wanted. Default: 200.
    pub expect: Option<u16>,
    /// How long it may take to pass. Default: 60s.
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

/// Somebody who is told. Exactly one service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Notifier {
    /// Slack.
    pub slack: Option<BTreeMap<String, Value>>,
    /// Microsoft Teams.
    pub teams: Option<BTreeMap<String, Value>>,
    /// GitHub deployments and statuses.
    pub github: Option<BTreeMap<String, Value>>,
    /// Any web hook.
    pub webhook: Option<BTreeMap<String, Value>>,
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
