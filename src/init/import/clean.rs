//! What the API server and its controllers wrote into an exported object, taken out again. Pure.

use serde_json::{Map, Value};

use crate::manifest::{ObjectId, edit, fields, id};

/// Annotations that controllers and `kubectl` write.
const ANNOTATIONS: [&str; 10] = [
    fields::LAST_APPLIED,
    "autoscaling.alpha.kubernetes.io/conditions",
    "autoscaling.alpha.kubernetes.io/current-metrics",
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "kubectl.kubernetes.io/restartedAt",
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/storage-provisioner",
];
/// Labels with which a Job finds its pods; the server makes them up.
const JOB_LABELS: [&str; 4] = [
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "controller-uid",
    "job-name",
];

/// Takes out what the server wrote.
pub fn clean(object: &mut Value) {
    let Some(id) = ObjectId::of(object, "") else {
        return;
    };
    // Only the server writes a uid; a manifest written by hand keeps its choices.
    let exported = object["metadata"].get("uid").is_some();
    let bound = object["metadata"]["annotations"]
        .get("pv.kubernetes.io/bind-completed")
        .is_some();
    remove(object, "status");
    if exported {
        remove(&mut object["metadata"], "generateName");
    }
    metadata(&mut object["metadata"]);
    if let Some(template) = edit::pod_template_mut(object) {
        template_metadata(template);
    }
    match id.kind.as_str() {
        _ if !id::is_built_in(&id.group) => {}
        "CronJob" => {
            if let Some(job) = object.pointer_mut("/spec/jobTemplate") {
                template_metadata(job);
            }
        }
        "StatefulSet" => {
            let claims = object.pointer_mut("/spec/volumeClaimTemplates");
            for claim in claims.and_then(Value::as_array_mut).into_iter().flatten() {
                remove(claim, "status");
                template_metadata(claim);
            }
        }
        "Service" => {
            for field in ["clusterIP", "clusterIPs"] {
                let given = &object["spec"][field];
                if !given.is_null() && *given != "None" && given[0] != "None" {
                    remove(&mut object["spec"], field);
                }
            }
        }
        "PersistentVolumeClaim" if bound => remove(&mut object["spec"], "volumeName"),
        "Job" if exported => job(object),
        "Namespace" if exported => remove(object, "spec"),
        _ => {}
    }
}

fn job(job: &mut Value) {
    let own = |key: &str| JOB_LABELS.contains(&key);
    let selector = job["spec"]["selector"]["matchLabels"].as_object();
    if selector.is_some_and(|labels| labels.keys().all(|key| own(key))) {
        remove(&mut job["spec"], "selector");
    }
    without(&mut job["metadata"], "labels", own);
    if let Some(metadata) = job.pointer_mut("/spec/template/metadata") {
        without(metadata, "labels", own);
    }
}

fn metadata(metadata: &mut Value) {
    for field in fields::SERVER_METADATA {
        remove(metadata, field);
    }
    without(metadata, "annotations", |key| ANNOTATIONS.contains(&key));
}

/// A template's metadata goes when nothing is left of it.
fn template_metadata(template: &mut Value) {
    let Some(found) = template.get_mut("metadata") else {
        return;
    };
    let empty = |it: &Value| it.as_object().is_some_and(Map::is_empty);
    let before = empty(found);
    metadata(found);
    if empty(found) && !before {
        remove(template, "metadata");
    }
}

/// Takes entries out of a mapping, and the mapping when none is left.
fn without(holder: &mut Value, field: &str, unwanted: impl Fn(&str) -> bool) {
    let Some(map) = holder.get_mut(field).and_then(Value::as_object_mut) else {
        return;
    };
    let before = map.len();
    map.retain(|key, _| !unwanted(key));
    if map.is_empty() && before > 0 {
        remove(holder, field);
    }
}

fn remove(holder: &mut Value, field: &str) {
    if let Some(map) = holder.as_object_mut() {
        map.remove(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cleaned(mut object: Value) -> Value {
        clean(&mut object);
        object
    }

    #[test]
    fn an_export_becomes_what_was_applied() {
        let server = json!({
            "name": "web", "generateName": "w", "uid": "u", "resourceVersion": "7", "generation": 2, "creationTimestamp": "t",
            "managedFields": [{}], "labels": {"app": "web"},
            "annotations": {"deployment.kubernetes.io/revision": "4", fields::LAST_APPLIED: "{}"},
        });
        let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": server, "status": {"replicas": 1},
            "spec": {"template": {"metadata": {"creationTimestamp": null, "labels": {"app": "web"}}, "spec": {}}}});
        assert_eq!(
            cleaned(object),
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web"}},
                "spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": {}}}})
        );
    }

    #[test]
    fn kinds_with_fields_of_their_own() {
        let of = |kind: &str, spec: Value| {
            let version = match kind {
                "Job" => "batch/v1",
                "StatefulSet" => "apps/v1",
                _ => "v1",
            };
            json!({"apiVersion": version, "kind": kind, "metadata": {"name": "a", "uid": "u"}, "spec": spec})
        };
        for (kind, spec, left) in [
            (
                "Service",
                json!({"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "type": "ClusterIP"}),
                json!({"type": "ClusterIP"}),
            ),
            (
                "Service",
                json!({"clusterIP": "None", "clusterIPs": ["None"]}),
                json!({"clusterIP": "None", "clusterIPs": ["None"]}),
            ),
            (
                "Job",
                json!({"selector": {"matchLabels": {"controller-uid": "u"}}, "template": {"metadata": {"labels": {"job-name": "a", "x": "y"}}}}),
                json!({"template": {"metadata": {"labels": {"x": "y"}}}}),
            ),
            (
                "StatefulSet",
                json!({"volumeClaimTemplates": [{"metadata": {"name": "d", "creationTimestamp": null}, "status": {"phase": "Pending"}}]}),
                json!({"volumeClaimTemplates": [{"metadata": {"name": "d"}}]}),
            ),
        ] {
            assert_eq!(cleaned(of(kind, spec))["spec"], left, "{kind}");
        }
    }

    #[test]
    fn what_was_written_by_hand_stays() {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {}, "annotations": {}}, "data": {"status": "x"}});
        assert_eq!(cleaned(object.clone()), object);
    }
}
