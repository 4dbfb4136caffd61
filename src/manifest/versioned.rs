//! Config and secrets as immutable objects named by their content: a change is a new name, so pods roll and a rollback restores it.
//!
//! The hash is frozen: records and running pods name objects by it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::{APP_LABEL, KIND_LABEL, digest};
use crate::redact::Secret;

/// Label with the logical name of a config group.
pub const CONFIG_LABEL: &str = "deploy.cli/config";
/// Label with the logical name of a secret.
pub const SECRET_LABEL: &str = "deploy.cli/secret";
/// Stands for the hash in a Secret's name where the key is not at hand.
pub const PLACEHOLDER: &str = "xxxxxxxxxx";
/// Hex digits of a hash in a name.
const LENGTH: usize = 10;
/// Most bytes a ConfigMap or Secret can hold.
pub const LARGEST: usize = 1024 * 1024;

/// The key that makes names of Secrets tell nothing about their values.
#[derive(Clone, Debug)]
pub struct NameKey(Secret<[u8; 32]>);

impl NameKey {
    /// A new one.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn random() -> anyhow::Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|error| anyhow::anyhow!("the system gave no random bytes: {error}"))?;
        Ok(Self(Secret::new(bytes)))
    }

    /// One that was kept. `None` when it has not 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Secret::new(bytes.try_into().ok()?)))
    }

    /// To keep it.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }
}

/// Type and data, unambiguously: each part is preceded by its length as eight big-endian bytes.
fn message(kind: &str, data: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let mut message = Vec::new();
    let mut part = |bytes: &[u8]| {
        message.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        message.extend_from_slice(bytes);
    };
    part(kind.as_bytes());
    for (key, value) in data {
        part(key.as_bytes());
        part(value);
    }
    message
}

/// Hash of a ConfigMap's data.
pub fn config_hash(data: &BTreeMap<String, Vec<u8>>) -> String {
    digest::hex(&message("ConfigMap", data), LENGTH)
}

/// Keyed hash of a Secret's type and data.
pub fn secret_hash(key: &NameKey, kind: &str, data: &BTreeMap<String, Vec<u8>>) -> String {
    let message = message(kind, data);
    // Any key length is valid for HMAC, so this never falls to the empty text.
    Hmac::<Sha256>::new_from_slice(key.expose())
        .map(|mut mac| {
            mac.update(&message);
            digest::encode(&mac.finalize().into_bytes(), LENGTH)
        })
        .unwrap_or_default()
}

/// A ConfigMap for a config group.
pub fn config_map(
    app: &str,
    config: &str,
    data: &BTreeMap<String, Vec<u8>>,
    name: Naming,
) -> Value {
    let (mut texts, mut bytes) = (Map::new(), Map::new());
    for (key, value) in data {
        match std::str::from_utf8(value) {
            Ok(text) => texts.insert(key.clone(), json!(text)),
            Err(_) => bytes.insert(key.clone(), json!(STANDARD.encode(value))),
        };
    }
    let mut object = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": config_name(app, config, data, name),
            "labels": {APP_LABEL: app, KIND_LABEL: "config", CONFIG_LABEL: config},
        },
        "data": texts,
    });
    if !bytes.is_empty() {
        object["binaryData"] = Value::Object(bytes);
    }
    if name == Naming::ByContent {
        object["immutable"] = json!(true);
    }
    object
}

/// How a config group's object is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// `<app>-<config>-<hash>`, immutable.
    ByContent,
    /// `<app>-<config>`, for readers outside our control.
    Fixed,
}

/// The name of a config group's object.
pub fn config_name(
    app: &str,
    config: &str,
    data: &BTreeMap<String, Vec<u8>>,
    name: Naming,
) -> String {
    match name {
        Naming::ByContent => format!("{app}-{config}-{}", config_hash(data)),
        Naming::Fixed => format!("{app}-{config}"),
    }
}

/// A Secret; `hash` is [`secret_hash`] or [`PLACEHOLDER`].
pub fn secret(app: &str, name: &str, hash: &str, data: &BTreeMap<String, Vec<u8>>) -> Value {
    let data: Map<String, Value> = data
        .iter()
        .map(|(key, value)| (key.clone(), json!(STANDARD.encode(value))))
        .collect();
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "immutable": true,
        "metadata": {
            "name": format!("{app}-{name}-{hash}"),
            "labels": {APP_LABEL: app, KIND_LABEL: "config", SECRET_LABEL: name},
        },
        "data": data,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> BTreeMap<String, Vec<u8>> {
        BTreeMap::from([
            ("A".to_owned(), b"1".to_vec()),
            ("B".to_owned(), b"two".to_vec()),
        ])
    }

    /// These vectors never change: running pods and records name objects by them.
    #[test]
    fn the_hash_is_frozen() {
        assert_eq!(config_hash(&data()), "c68b61e8d7");
        let key = NameKey::from_bytes(&[7; 32]).unwrap();
        assert_eq!(secret_hash(&key, "Opaque", &data()), "86bb9c19bb");
    }

    #[test]
    fn parts_cannot_be_shifted_into_each_other() {
        let one = BTreeMap::from([("A".to_owned(), b"1B2".to_vec())]);
        let two = BTreeMap::from([
            ("A".to_owned(), b"1".to_vec()),
            ("B".to_owned(), b"2".to_vec()),
        ]);
        assert_ne!(config_hash(&one), config_hash(&two));
        let other = NameKey::from_bytes(&[8; 32]).unwrap();
        let key = NameKey::from_bytes(&[7; 32]).unwrap();
        assert_ne!(
            secret_hash(&key, "Opaque", &one),
            secret_hash(&other, "Opaque", &one)
        );
        assert_ne!(
            secret_hash(&key, "Opaque", &one),
            secret_hash(&key, "kubernetes.io/tls", &one)
        );
    }

    #[test]
    fn bytes_that_are_no_text_go_to_binary_data() {
        let map = config_map(
            "shop",
            "logo",
            &BTreeMap::from([("l.png".to_owned(), vec![0xff])]),
            Naming::Fixed,
        );
        assert_eq!(map["binaryData"]["l.png"], "/w==");
        assert_eq!(map["metadata"]["name"], "shop-logo");
        assert_eq!(map["immutable"], Value::Null);
    }
}
