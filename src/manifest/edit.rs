//! Small edits that every object of an app receives before it is applied.

use serde_json::{Map, Value, json};

use super::{APP_LABEL, DIGEST_ANNOTATION, Manifest, digest};

/// Labels the object and its pod template with the app, then writes the digest of the result.
///
/// The pod label is constant, so a no-op deploy restarts nothing.
pub fn stamp(manifest: &mut Manifest, app: &str) {
    set(
        &mut manifest.object,
        &["metadata", "labels"],
        APP_LABEL,
        app,
    );
    if let Some(template) = pod_template_mut(&mut manifest.object) {
        set(template, &["metadata", "labels"], APP_LABEL, app);
    }
    let digest = digest::object(&manifest.object);
    set(
        &mut manifest.object,
        &["metadata", "annotations"],
        DIGEST_ANNOTATION,
        &digest,
    );
}

/// Sets a string below a path of maps, making the maps that are missing.
pub fn set(object: &mut Value, path: &[&str], key: &str, value: &str) {
    let mut at = object;
    for part in path {
        if !at[*part].is_object() {
            at[*part] = Value::Object(Map::new());
        }
        at = &mut at[*part];
    }
    at[key] = json!(value);
}

/// Where a built-in kind keeps its pod template.
#[must_use]
pub fn pod_template_path(kind: &str) -> Option<&'static str> {
    match kind {
        "Deployment"
        | "StatefulSet"
        | "DaemonSet"
        | "ReplicaSet"
        | "ReplicationController"
        | "Job" => Some("/spec/template"),
        "CronJob" => Some("/spec/jobTemplate/spec/template"),
        _ => None,
    }
}

/// The pod template of a workload.
#[must_use]
pub fn pod_template(object: &Value) -> Option<&Value> {
    object.pointer(pod_template_path(object["kind"].as_str()?)?)
}

/// The pod template of a workload, to change.
pub fn pod_template_mut(object: &mut Value) -> Option<&mut Value> {
    let path = pod_template_path(object["kind"].as_str()?)?;
    object.pointer_mut(path)
}

/// The pod spec of a workload or of a bare Pod.
#[must_use]
pub fn pod_spec(object: &Value) -> Option<&Value> {
    if object["kind"] == "Pod" {
        object.get("spec")
    } else {
        pod_template(object)?.get("spec")
    }
}

/// The same, to change.
pub fn pod_spec_mut(object: &mut Value) -> Option<&mut Value> {
    if object["kind"] == "Pod" {
        object.get_mut("spec")
    } else {
        pod_template_mut(object)?.get_mut("spec")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{ObjectId, Origin};

    #[test]
    fn the_pod_template_gets_the_constant_label_and_nothing_else() {
        let mut web = Manifest {
            id: ObjectId::new("apps", "Deployment", "web"),
            object: json!({"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": {"spec": {}}}}),
            origin: Origin::default(),
        };
        stamp(&mut web, "shop");
        assert_eq!(
            web.object["spec"]["template"]["metadata"],
            json!({"labels": {"deploy.cli/app": "shop"}})
        );
        assert_eq!(web.label(APP_LABEL), Some("shop"));
        let digest = web.annotation(DIGEST_ANNOTATION).unwrap().to_owned();
        stamp(&mut web, "shop");
        assert_eq!(
            web.annotation(DIGEST_ANNOTATION),
            Some(digest.as_str()),
            "stamping twice changes nothing"
        );
    }
}
