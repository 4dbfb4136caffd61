//! Who owns which field, read from `metadata.managedFields`. Pure.
//!
//! Follows <https://kubernetes.io/docs/reference/using-api/server-side-apply/>. Client-side `kubectl apply` leaves an
//! entry that would hold on to fields for ever; [`taken_over`] hands its fields to us, as kubectl itself does when it moves to server-side apply.

use serde_json::{Map, Value, json};

use super::{FIELD_MANAGER, digest};

/// Managers that stand for client-side apply: kubectl's own, and the one the server invents for what was there before.
const CLIENT_SIDE: [&str; 2] = ["kubectl-client-side-apply", "before-first-apply"];
/// Where client-side apply keeps what it sent.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Fields of `metadata` that the server writes: no manifest has them, and no difference in them is one.
pub const SERVER_METADATA: [&str; 8] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Digest of the fields we own. `None` when we own none.
///
/// An update by somebody else of a field we own takes it out of our entry and so changes the digest.
#[must_use]
pub fn owned_fields_digest(object: &Value) -> Option<String> {
    let owned: Vec<&Value> = ours(object).map(|entry| &entry["fieldsV1"]).collect();
    (!owned.is_empty()).then(|| digest::hex(digest::canonical(&json!(owned)).as_bytes(), 16))
}

/// The same digest, as if `spec.replicas` were still ours: an autoscaler that takes it is no foreign change.
#[must_use]
pub fn owned_fields_digest_with_replicas(object: &Value) -> Option<String> {
    let mut owned: Vec<Value> = ours(object)
        .map(|entry| entry["fieldsV1"].clone())
        .collect();
    owned.last_mut()?["f:spec"]["f:replicas"] = json!({});
    Some(digest::hex(digest::canonical(&json!(owned)).as_bytes(), 16))
}

/// Whether we have applied this object.
#[must_use]
pub fn is_ours(object: &Value) -> bool {
    ours(object).next().is_some()
}

/// Whether client-side `kubectl apply` still owns fields of it.
#[must_use]
pub fn is_client_side(object: &Value) -> bool {
    entries(object).any(is_client_side_entry)
}

/// Whether a manager's name stands for client-side apply.
#[must_use]
pub fn is_client_side_manager(manager: &str) -> bool {
    CLIENT_SIDE.contains(&manager)
}

/// Managers that own a field given by its map keys, ours and client-side apply included.
#[must_use]
pub fn owners<'a>(object: &'a Value, path: &[&str]) -> Vec<&'a str> {
    entries(object)
        .filter(|entry| {
            let field = path
                .iter()
                .try_fold(&entry["fieldsV1"], |at, key| at.get(format!("f:{key}")));
            field.is_some()
        })
        .filter_map(|entry| entry["manager"].as_str())
        .collect()
}

/// The managedFields with client-side apply's entries united into ours. `None` when there is nothing to take over.
#[must_use]
pub fn taken_over(object: &Value) -> Option<Value> {
    if !is_client_side(object) {
        return None;
    }
    let (theirs, mut kept): (Vec<Value>, Vec<Value>) =
        entries(object).cloned().partition(is_client_side_entry);
    for entry in theirs {
        let mine = kept
            .iter_mut()
            .find(|kept| is_our_entry(kept) && kept["apiVersion"] == entry["apiVersion"]);
        if let Some(mine) = mine {
            unite(&mut mine["fieldsV1"], &entry["fieldsV1"]);
        } else {
            let mut entry = entry;
            entry["manager"] = json!(FIELD_MANAGER);
            entry["operation"] = json!("Apply");
            kept.push(entry);
        }
    }
    Some(Value::Array(kept))
}

/// What client-side apply sent last, when it left a note.
#[must_use]
pub fn last_applied(object: &Value) -> Option<Value> {
    serde_json::from_str(object["metadata"]["annotations"][LAST_APPLIED].as_str()?).ok()
}

fn entries(object: &Value) -> impl Iterator<Item = &Value> {
    object["metadata"]["managedFields"]
        .as_array()
        .into_iter()
        .flatten()
}

fn ours(object: &Value) -> impl Iterator<Item = &Value> {
    entries(object).filter(|entry| is_our_entry(entry))
}

fn is_our_entry(entry: &Value) -> bool {
    entry["manager"] == FIELD_MANAGER
        && entry["operation"] == "Apply"
        && entry["subresource"].as_str().unwrap_or_default().is_empty()
}

fn is_client_side_entry(entry: &Value) -> bool {
    entry["operation"] == "Update"
        && entry["subresource"].as_str().unwrap_or_default().is_empty()
        && entry["manager"]
            .as_str()
            .is_some_and(is_client_side_manager)
}

/// The union of two sets of fields.
fn unite(into: &mut Value, other: &Value) {
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    for (key, below) in other.as_object().into_iter().flatten() {
        unite(&mut into[key.as_str()], below);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(manager: &str, operation: &str, fields: &Value) -> Value {
        json!({"manager": manager, "operation": operation, "apiVersion": "apps/v1", "fieldsV1": fields})
    }

    fn object(entries: &[Value]) -> Value {
        json!({"metadata": {"managedFields": entries}})
    }

    #[test]
    fn the_digest_is_of_our_entry_alone() {
        let fields = json!({"f:spec": {"f:replicas": {}, "f:paused": {}}});
        let alone = object(&[entry("deploy", "Apply", &fields)]);
        let with_others = object(&[
            entry("hpa", "Update", &json!({"f:spec": {}})),
            entry("deploy", "Apply", &fields),
        ]);
        assert_eq!(
            owned_fields_digest(&alone),
            owned_fields_digest(&with_others)
        );
        assert_eq!(
            owned_fields_digest(&object(&[entry("deploy", "Update", &fields)])),
            None
        );
        let lost = object(&[entry(
            "deploy",
            "Apply",
            &json!({"f:spec": {"f:paused": {}}}),
        )]);
        assert_ne!(owned_fields_digest(&lost), owned_fields_digest(&alone));
        assert_eq!(
            owned_fields_digest_with_replicas(&lost),
            owned_fields_digest(&alone)
        );
    }

    #[test]
    fn client_side_fields_become_ours() {
        let theirs = entry(
            "kubectl-client-side-apply",
            "Update",
            &json!({"f:spec": {"f:a": {}, "f:b": {}}}),
        );
        let mine = entry(
            "deploy",
            "Apply",
            &json!({"f:spec": {"f:b": {}, "f:c": {}}}),
        );
        let status = entry(
            "kube-controller-manager",
            "Update",
            &json!({"f:status": {}}),
        );
        let united = taken_over(&object(&[theirs.clone(), mine, status.clone()])).unwrap();
        assert_eq!(
            united,
            json!([
                entry(
                    "deploy",
                    "Apply",
                    &json!({"f:spec": {"f:a": {}, "f:b": {}, "f:c": {}}})
                ),
                status
            ])
        );
        let alone = taken_over(&object(&[theirs])).unwrap();
        assert_eq!(alone[0]["manager"], "deploy");
        assert_eq!(alone[0]["operation"], "Apply");
        assert_eq!(taken_over(&object(&[status])), None);
    }

    #[test]
    fn owners_of_a_field() {
        let scaled = object(&[
            entry("deploy", "Apply", &json!({"f:spec": {"f:paused": {}}})),
            entry(
                "kube-controller-manager",
                "Update",
                &json!({"f:spec": {"f:replicas": {}}}),
            ),
        ]);
        assert_eq!(
            owners(&scaled, &["spec", "replicas"]),
            ["kube-controller-manager"]
        );
        assert_eq!(owners(&scaled, &["spec", "paused"]), ["deploy"]);
    }
}
