//! Kubernetes objects as data: identity, origin, digest, small edits. No cluster, no files.
//!
//! Objects stay raw JSON from rendering to record, so that nothing is lost in a round trip through types.

pub mod digest;
pub mod edit;
pub mod fields;
pub mod id;
pub mod job;
pub mod path;
pub mod refs;
pub mod versioned;

pub use id::ObjectId;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Label on every object of an app; also the constant label on its pods.
pub const APP_LABEL: &str = "deploy.cli/app";
/// Label that marks what we keep for ourselves: `release` (records), `config` (versioned config), `copy` (kept Secrets), `key`, `lock`.
pub const KIND_LABEL: &str = "deploy.cli/kind";
/// Annotation with the digest of what was applied.
pub const DIGEST_ANNOTATION: &str = "deploy.cli/applied-digest";
/// Annotation that keeps an object from being pruned or deleted.
pub const KEEP_ANNOTATION: &str = "deploy.cli/keep";
/// Annotation that says what to do when an immutable field changes: `replace`.
pub const ON_IMMUTABLE_ANNOTATION: &str = "deploy.cli/on-immutable";
/// The field manager of everything we apply.
pub const FIELD_MANAGER: &str = "deploy";

/// One object to apply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Its identity.
    pub id: ObjectId,
    /// The object as it is sent.
    pub object: Value,
    /// Where it came from.
    pub origin: Origin,
}

/// The template and line an object came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// Path relative to the project folder; `deploy.yaml` for versioned config; empty when unknown.
    pub file: String,
    /// Line of the template from 1; 0 when unknown.
    pub line: usize,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.line == 0 {
            f.write_str(&self.file)
        } else {
            write!(f, "{}:{}", self.file, self.line)
        }
    }
}

impl Manifest {
    /// A label's value.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.object["metadata"]["labels"][name].as_str()
    }

    /// An annotation's value.
    #[must_use]
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.object["metadata"]["annotations"][name].as_str()
    }
}
