//! Every place where a pod, ServiceAccount or Ingress can name a ConfigMap or Secret. Other kinds are left alone.

use serde_json::Value;

use super::edit;
use super::id::group_of;

/// What a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A ConfigMap.
    ConfigMap,
    /// A Secret.
    Secret,
}

/// Calls `visit` with every name of a ConfigMap or Secret in an object; it may change the name.
pub fn visit(object: &mut Value, visit: &mut dyn FnMut(Target, &mut String)) {
    let group = group_of(object["apiVersion"].as_str().unwrap_or_default()).to_owned();
    match (group.as_str(), object["kind"].as_str().unwrap_or_default()) {
        ("", "Pod") => object
            .get_mut("spec")
            .into_iter()
            .for_each(|spec| pod(spec, visit)),
        ("" | "apps" | "batch", kind) if edit::pod_template_path(kind).is_some() => {
            if let Some(spec) = edit::pod_template_mut(object).and_then(|it| it.get_mut("spec")) {
                pod(spec, visit);
            }
        }
        ("", "ServiceAccount") => {
            each(object, "secrets", &mut |item| {
                name(item, "name", Target::Secret, visit);
            });
            each(object, "imagePullSecrets", &mut |item| {
                name(item, "name", Target::Secret, visit);
            });
        }
        ("networking.k8s.io", "Ingress") => {
            if let Some(spec) = object.get_mut("spec") {
                each(spec, "tls", &mut |item| {
                    name(item, "secretName", Target::Secret, visit);
                });
            }
        }
        _ => {}
    }
}

fn pod(spec: &mut Value, visit: &mut dyn FnMut(Target, &mut String)) {
    each(spec, "imagePullSecrets", &mut |item| {
        name(item, "name", Target::Secret, visit);
    });
    each(spec, "volumes", &mut |item| volume(item, visit));
    for containers in ["containers", "initContainers", "ephemeralContainers"] {
        each(spec, containers, &mut |container| {
            each(container, "envFrom", &mut |item| {
                inside(item, "configMapRef", "name", Target::ConfigMap, visit);
                inside(item, "secretRef", "name", Target::Secret, visit);
            });
            each(container, "env", &mut |item| {
                if let Some(from) = item.get_mut("valueFrom") {
                    inside(from, "configMapKeyRef", "name", Target::ConfigMap, visit);
                    inside(from, "secretKeyRef", "name", Target::Secret, visit);
                }
            });
        });
    }
}

fn volume(volume: &mut Value, visit: &mut dyn FnMut(Target, &mut String)) {
    inside(volume, "configMap", "name", Target::ConfigMap, visit);
    inside(volume, "secret", "secretName", Target::Secret, visit);
    inside(volume, "azureFile", "secretName", Target::Secret, visit);
    for (driver, field) in [
        ("csi", "nodePublishSecretRef"),
        ("flexVolume", "secretRef"),
        ("cephfs", "secretRef"),
        ("rbd", "secretRef"),
        ("iscsi", "secretRef"),
        ("scaleIO", "secretRef"),
        ("storageos", "secretRef"),
        ("cinder", "secretRef"),
    ] {
        if let Some(driver) = volume.get_mut(driver) {
            inside(driver, field, "name", Target::Secret, visit);
        }
    }
    if let Some(projected) = volume.get_mut("projected") {
        each(projected, "sources", &mut |source| {
            inside(source, "configMap", "name", Target::ConfigMap, visit);
            inside(source, "secret", "name", Target::Secret, visit);
        });
    }
}

fn each(object: &mut Value, field: &str, act: &mut dyn FnMut(&mut Value)) {
    if let Some(items) = object.get_mut(field).and_then(Value::as_array_mut) {
        items.iter_mut().for_each(act);
    }
}

fn inside(
    object: &mut Value,
    field: &str,
    key: &str,
    target: Target,
    visit: &mut dyn FnMut(Target, &mut String),
) {
    if let Some(inner) = object.get_mut(field) {
        name(inner, key, target, visit);
    }
}

fn name(object: &mut Value, key: &str, target: Target, visit: &mut dyn FnMut(Target, &mut String)) {
    if let Some(Value::String(text)) = object.get_mut(key) {
        visit(target, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(mut object: Value) -> Vec<String> {
        let mut names = Vec::new();
        visit(&mut object, &mut |target, name| {
            names.push(format!("{target:?} {name}"));
            name.push_str("-v");
        });
        let text = object.to_string();
        for name in &names {
            let name = name.split(' ').nth(1).unwrap();
            assert!(text.contains(&format!("{name}-v")), "{name} is rewritten");
        }
        names
    }

    #[test]
    fn every_place_of_a_pod() {
        let spec = json!({
            "imagePullSecrets": [{"name": "a"}],
            "volumes": [
                {"configMap": {"name": "b"}}, {"secret": {"secretName": "c"}},
                {"projected": {"sources": [{"configMap": {"name": "d"}}, {"secret": {"name": "e"}}]}},
                {"csi": {"nodePublishSecretRef": {"name": "f"}}}, {"emptyDir": {}}],
            "containers": [{
                "envFrom": [{"configMapRef": {"name": "g"}}, {"secretRef": {"name": "h"}}],
                "env": [{"name": "x", "value": "c"}, {"valueFrom": {"secretKeyRef": {"name": "i", "key": "b"}}}]}],
            "initContainers": [{"env": [{"valueFrom": {"configMapKeyRef": {"name": "j"}}}]}],
        });
        let wanted = [
            "Secret a",
            "ConfigMap b",
            "Secret c",
            "ConfigMap d",
            "Secret e",
            "Secret f",
            "ConfigMap g",
            "Secret h",
            "Secret i",
            "ConfigMap j",
        ];
        let template = json!({"spec": spec});
        for object in [
            json!({"apiVersion": "v1", "kind": "Pod", "spec": spec}),
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": template}}),
            json!({"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": template}}}}),
        ] {
            assert_eq!(found(object), wanted);
        }
    }

    #[test]
    fn other_kinds() {
        assert_eq!(
            found(
                json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": {"tls": [{"secretName": "t"}]}})
            ),
            ["Secret t"]
        );
        assert_eq!(
            found(
                json!({"apiVersion": "v1", "kind": "ServiceAccount", "imagePullSecrets": [{"name": "p"}]})
            ),
            ["Secret p"]
        );
        assert!(found(json!({"apiVersion": "example.com/v1", "kind": "Deployment", "spec": {"template": {"spec": {"imagePullSecrets": [{"name": "p"}]}}}})).is_empty());
        assert!(found(json!({"kind": 1, "apiVersion": [], "spec": 3})).is_empty());
    }
}
