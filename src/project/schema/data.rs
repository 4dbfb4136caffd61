//! Config, secrets and values: where the data of an app comes from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::project::span::Span;

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
