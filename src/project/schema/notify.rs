//! Who is told.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
