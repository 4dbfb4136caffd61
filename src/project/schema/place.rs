//! Environments and their targets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
