//! Everything besides the bundle that decides the rendered bytes. A record keeps it, so that a release can be rendered again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use super::git::Git;

/// What was given besides the `deploy/` folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Inputs {
    /// Image references by logical name, complete with tag or digest.
    pub images: BTreeMap<String, String>,
    /// Contents of `--values` files with the path as typed, later wins.
    pub values_files: Vec<(String, Value)>,
    /// `--set` in the order given: the dotted path and the value; null deletes.
    pub set: Vec<(String, Value)>,
    /// What `values.exec` printed.
    pub exec: Option<Value>,
    /// The commit that was deployed.
    pub git: Option<Git>,
}
