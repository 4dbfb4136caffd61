//! Apply and patch, in the simplest way that keeps what tests look at true.

use serde_json::{Map, Value, json};

/// `live` after `manifest` was applied, given what the same manager applied before.
pub(super) fn apply(
    live: Option<&Value>,
    before: Option<&Value>,
    manifest: &Value,
    manager: &str,
) -> Value {
    let mut object = live.cloned().unwrap_or_else(|| json!({}));
    if let Some(before) = before {
        forget(&mut object, before, manifest);
    }
    lay_over(&mut object, manifest);
    let others: Vec<Value> = object["metadata"]["managedFields"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|entry| entry["manager"] != manager || entry["operation"] != "Apply")
        .cloned()
        .collect();
    let mine = json!({"manager": manager, "operation": "Apply", "apiVersion": manifest["apiVersion"], "fieldsType": "FieldsV1", "fieldsV1": fields(manifest)});
    object["metadata"]["managedFields"] = json!([vec![mine], others].concat());
    object
}

/// RFC 7386.
pub(super) fn merge_patch(object: &mut Value, patch: &Value) {
    let Some(patch) = patch.as_object() else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    for (key, value) in patch {
        if value.is_null() {
            object.as_object_mut().unwrap().remove(key);
        } else {
            merge_patch(&mut object[key.as_str()], value);
        }
    }
}

/// The `replace` operations of RFC 6902.
pub(super) fn json_patch(object: &mut Value, patch: &Value) {
    for operation in patch.as_array().into_iter().flatten() {
        let pointer = operation["path"].as_str().unwrap_or_default();
        if let Some(place) = object.pointer_mut(pointer) {
            *place = operation["value"].clone();
        }
    }
}

/// Takes out what `before` had and `now` has not.
fn forget(object: &mut Value, before: &Value, now: &Value) {
    let (Some(object), Some(before)) = (object.as_object_mut(), before.as_object()) else {
        return;
    };
    for (key, value) in before {
        match (object.get_mut(key), now.get(key)) {
            (Some(below), Some(now)) => forget(below, value, now),
            (Some(_), None) => {
                object.remove(key);
            }
            (None, _) => {}
        }
    }
}

/// Maps merge, everything else replaces.
fn lay_over(object: &mut Value, manifest: &Value) {
    match (object, manifest) {
        (Value::Object(object), Value::Object(manifest)) => {
            for (key, value) in manifest {
                lay_over(object.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (object, manifest) => *object = manifest.clone(),
    }
}

/// The fields of a manifest as `managedFields` has them; lists are atomic here.
fn fields(manifest: &Value) -> Value {
    let identity = ["apiVersion", "kind", "name", "namespace", "uid"];
    let map = manifest.as_object().into_iter().flatten();
    let below = map
        .filter(|(key, _)| !identity.contains(&key.as_str()))
        .map(|(key, value)| (format!("f:{key}"), fields(value)));
    Value::Object(below.collect())
}
