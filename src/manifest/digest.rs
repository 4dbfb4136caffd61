//! Digests of objects. Frozen: records and names made by older versions depend on them.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The first `length` hex digits of the SHA-256 of a text.
#[must_use]
pub fn hex(bytes: &[u8], length: usize) -> String {
    encode(&Sha256::digest(bytes), length)
}

/// The first `length` hex digits of some bytes.
#[must_use]
pub fn encode(bytes: &[u8], length: usize) -> String {
    use std::fmt::Write as _;
    let mut text = bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    text.truncate(length);
    text
}

/// Digest of an object: 16 hex digits over its canonical JSON (keys sorted), without our own digest annotation.
#[must_use]
pub fn object(object: &Value) -> String {
    let mut object = object.clone();
    if let Some(annotations) = object
        .pointer_mut("/metadata/annotations")
        .and_then(Value::as_object_mut)
    {
        annotations.remove(super::DIGEST_ANNOTATION);
    }
    // An object without annotations and one whose only annotation is ours are the same object.
    if object["metadata"]["annotations"]
        .as_object()
        .is_some_and(serde_json::Map::is_empty)
        && let Some(metadata) = object["metadata"].as_object_mut()
    {
        metadata.remove("annotations");
    }
    hex(canonical(&object).as_bytes(), 16)
}

/// JSON with sorted keys. `serde_json`'s map is ordered by key unless `preserve_order` is on, which we must not turn on.
#[must_use]
pub fn canonical(value: &Value) -> String {
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn key_order_and_our_annotation_do_not_matter() {
        let one: Value = serde_json::from_str(r#"{"metadata":{"name":"a","annotations":{"deploy.cli/applied-digest":"x"}},"kind":"B"}"#).unwrap();
        let two = json!({"kind": "B", "metadata": {"annotations": {}, "name": "a"}});
        assert_eq!(object(&one), object(&two));
        assert_eq!(object(&one).len(), 16);
    }
}
