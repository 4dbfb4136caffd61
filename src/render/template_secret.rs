//! Secrets that are written as templates: their values for the redactor, and the object without them for output.

use base64::Engine as _;
use serde_json::Value;

use crate::manifest::{DIGEST_ANNOTATION, Manifest};
use crate::redact::Secret;

/// The values of a Secret that was written as a template.
pub fn values(manifest: &Manifest) -> Vec<Secret<String>> {
    if !manifest.id.is("Secret") {
        return Vec::new();
    }
    let texts = |key: &str| -> Vec<String> {
        let map = manifest.object[key].as_object().into_iter().flatten();
        map.filter_map(|(_, value)| value.as_str().map(str::to_owned))
            .collect()
    };
    let decoded = texts("data").into_iter().map(|value| {
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(&value)
            .ok();
        bytes
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .unwrap_or(value)
    });
    texts("stringData")
        .into_iter()
        .chain(decoded)
        .map(Secret::new)
        .collect()
}

/// The object with the values of a Secret masked, for output. Their digest goes too: a short value could be guessed from it.
#[must_use]
pub fn masked(object: &Value) -> Value {
    let mut object = object.clone();
    if object["kind"] == "Secret" {
        for key in ["data", "stringData"] {
            for value in object
                .get_mut(key)
                .and_then(Value::as_object_mut)
                .into_iter()
                .flatten()
            {
                *value.1 = Value::String(crate::redact::MASK.to_owned());
            }
        }
        if let Some(Value::Object(annotations)) = object.pointer_mut("/metadata/annotations") {
            annotations.remove(DIGEST_ANNOTATION);
        }
    }
    object
}
