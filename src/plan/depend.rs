//! What an object needs to be there before it, and from that the waves in which objects are written. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::manifest::{Manifest, ObjectId, edit};

/// Objects that this one names, in the target's namespace unless it says otherwise. Names that nothing provides are included.
#[must_use]
pub fn references(manifest: &Manifest) -> Vec<ObjectId> {
    let object = &manifest.object;
    let spec = &object["spec"];
    let mut found = References {
        namespace: manifest.id.namespace.clone(),
        ids: Vec::new(),
    };
    if let Some(namespace) = &manifest.id.namespace {
        found.ids.push(ObjectId::new("", "Namespace", namespace));
    }
    if let Some(pod) = edit::pod_spec(object) {
        found.pod(pod);
    }
    match manifest.id.kind.as_str() {
        "RoleBinding" | "ClusterRoleBinding" => {
            let role = &object["roleRef"];
            if role["kind"] == "ClusterRole" {
                found.global("rbac.authorization.k8s.io", "ClusterRole", &role["name"]);
            } else {
                found.local("rbac.authorization.k8s.io", "Role", &role["name"]);
            }
            for subject in
                each(&object["subjects"]).filter(|subject| subject["kind"] == "ServiceAccount")
            {
                found.local("", "ServiceAccount", &subject["name"]);
            }
        }
        "ServiceAccount" => {
            for secret in each(&object["secrets"]).chain(each(&object["imagePullSecrets"])) {
                found.local("", "Secret", &secret["name"]);
            }
        }
        "Ingress" => found.ingress(spec),
        "HorizontalPodAutoscaler" | "ScaledObject" => found.scale_target(&spec["scaleTargetRef"]),
        "StatefulSet" => {
            found.local("", "Service", &spec["serviceName"]);
            for claim in each(&spec["volumeClaimTemplates"]) {
                found.global(
                    "storage.k8s.io",
                    "StorageClass",
                    &claim["spec"]["storageClassName"],
                );
            }
        }
        "PersistentVolumeClaim" => {
            found.global("storage.k8s.io", "StorageClass", &spec["storageClassName"]);
        }
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => {
            for hook in each(&object["webhooks"]) {
                found.service_of(&hook["clientConfig"]["service"]);
            }
        }
        "APIService" => found.service_of(&spec["service"]),
        "HTTPRoute" | "GRPCRoute" | "TLSRoute" | "TCPRoute" => {
            for parent in each(&spec["parentRefs"]) {
                found.local("gateway.networking.k8s.io", "Gateway", &parent["name"]);
            }
            for backend in each(&spec["rules"]).flat_map(|rule| each(&rule["backendRefs"])) {
                found.local("", "Service", &backend["name"]);
            }
        }
        _ => {}
    }
    found.ids.sort();
    found.ids.dedup();
    found.ids.retain(|id| *id != manifest.id);
    found.ids
}

struct References {
    namespace: Option<String>,
    ids: Vec<ObjectId>,
}

impl References {
    fn local(&mut self, group: &str, kind: &str, name: &Value) {
        if let Some(name) = name.as_str() {
            self.ids.push(ObjectId {
                namespace: self.namespace.clone(),
                ..ObjectId::new(group, kind, name)
            });
        }
    }

    fn global(&mut self, group: &str, kind: &str, name: &Value) {
        if let Some(name) = name.as_str() {
            self.ids.push(ObjectId::new(group, kind, name));
        }
    }

    fn pod(&mut self, pod: &Value) {
        self.local("", "ServiceAccount", &pod["serviceAccountName"]);
        self.global(
            "scheduling.k8s.io",
            "PriorityClass",
            &pod["priorityClassName"],
        );
        for secret in each(&pod["imagePullSecrets"]) {
            self.local("", "Secret", &secret["name"]);
        }
        for volume in each(&pod["volumes"]) {
            self.local("", "ConfigMap", &volume["configMap"]["name"]);
            self.local("", "Secret", &volume["secret"]["secretName"]);
            self.local(
                "",
                "PersistentVolumeClaim",
                &volume["persistentVolumeClaim"]["claimName"],
            );
            for source in each(&volume["projected"]["sources"]) {
                self.local("", "ConfigMap", &source["configMap"]["name"]);
                self.local("", "Secret", &source["secret"]["name"]);
            }
        }
        for container in ["initContainers", "containers"]
            .into_iter()
            .flat_map(|list| each(&pod[list]))
        {
            for from in each(&container["envFrom"]) {
                self.local("", "ConfigMap", &from["configMapRef"]["name"]);
                self.local("", "Secret", &from["secretRef"]["name"]);
            }
            for variable in each(&container["env"]) {
                self.local(
                    "",
                    "ConfigMap",
                    &variable["valueFrom"]["configMapKeyRef"]["name"],
                );
                self.local("", "Secret", &variable["valueFrom"]["secretKeyRef"]["name"]);
            }
        }
    }

    fn ingress(&mut self, spec: &Value) {
        self.global(
            "networking.k8s.io",
            "IngressClass",
            &spec["ingressClassName"],
        );
        self.local("", "Service", &spec["defaultBackend"]["service"]["name"]);
        for tls in each(&spec["tls"]) {
            self.local("", "Secret", &tls["secretName"]);
        }
        for route in each(&spec["rules"]).flat_map(|rule| each(&rule["http"]["paths"])) {
            self.local("", "Service", &route["backend"]["service"]["name"]);
        }
    }

    fn scale_target(&mut self, target: &Value) {
        // KEDA lets the version out and means a Deployment.
        let group =
            crate::manifest::id::group_of(target["apiVersion"].as_str().unwrap_or("apps/v1"));
        self.local(
            group,
            target["kind"].as_str().unwrap_or("Deployment"),
            &target["name"],
        );
    }

    fn service_of(&mut self, service: &Value) {
        if let Some(name) = service["name"].as_str() {
            self.ids.push(ObjectId {
                namespace: service["namespace"].as_str().map(str::to_owned),
                ..ObjectId::new("", "Service", name)
            });
        }
    }
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// Kinds in the order in which they must be written even when nothing names them.
fn rank(id: &ObjectId) -> usize {
    match id.kind.as_str() {
        "Namespace" => 0,
        "CustomResourceDefinition" => 1,
        // Everything pods need, and what must hold before the first of them starts.
        "ConfigMap"
        | "Secret"
        | "ServiceAccount"
        | "PersistentVolume"
        | "PersistentVolumeClaim"
        | "StorageClass"
        | "PriorityClass"
        | "RuntimeClass"
        | "IngressClass"
        | "Role"
        | "RoleBinding"
        | "ClusterRole"
        | "ClusterRoleBinding"
        | "LimitRange"
        | "ResourceQuota"
        | "NetworkPolicy"
        | "PodDisruptionBudget"
        | "Service" => 2,
        // A webhook that cannot be answered yet would refuse the pods that are to answer it.
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" | "APIService" => 4,
        _ => 3,
    }
}

/// The wave of each object, from 0. An object's wave comes after those of what it names and of lower-ranking kinds.
///
/// Within a rank only a Role before its binding and the like make a wave of their own: waves cost a round trip each.
#[must_use]
pub fn waves(manifests: &[&Manifest]) -> BTreeMap<ObjectId, usize> {
    let by_id: BTreeMap<&ObjectId, &Manifest> = manifests
        .iter()
        .map(|manifest| (&manifest.id, *manifest))
        .collect();
    let mut done = BTreeMap::new();
    let mut first = 0;
    for wanted in 0..=4 {
        let mut last = None;
        for id in by_id.keys().filter(|id| rank(id) == wanted) {
            let wave = place(id, &by_id, first, &mut done, &mut Vec::new());
            last = last.max(Some(wave));
        }
        first = last.map_or(first, |last| last + 1);
    }
    done
}

fn place(
    id: &ObjectId,
    by_id: &BTreeMap<&ObjectId, &Manifest>,
    first: usize,
    done: &mut BTreeMap<ObjectId, usize>,
    path: &mut Vec<ObjectId>,
) -> usize {
    if let Some(wave) = done.get(id) {
        return *wave;
    }
    path.push(id.clone());
    let mut wave = first;
    for needed in by_id
        .get(id)
        .map(|manifest| references(manifest))
        .unwrap_or_default()
    {
        // Lower ranks are behind us already, higher ones come later whatever is said, and a circle is cut where it closes.
        if rank(&needed) == rank(id)
            && matters(id, &needed)
            && by_id.contains_key(&needed)
            && !path.contains(&needed)
        {
            wave = wave.max(place(&needed, by_id, first, done, path) + 1);
        }
    }
    path.pop();
    done.insert(id.clone(), wave);
    wave
}

/// Whether the server looks at the needed object when this one is written; otherwise they may go together.
fn matters(id: &ObjectId, needed: &ObjectId) -> bool {
    match id.kind.as_str() {
        "RoleBinding" | "ClusterRoleBinding" => needed.kind != "ServiceAccount",
        "ServiceAccount" | "PersistentVolumeClaim" => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Origin;
    use serde_json::json;

    fn manifest(object: Value) -> Manifest {
        Manifest {
            id: ObjectId::of(&object, "shop").unwrap(),
            object,
            origin: Origin::default(),
        }
    }

    fn named(api_version: &str, kind: &str, name: &str, rest: Value) -> Manifest {
        let mut object = rest;
        object["apiVersion"] = json!(api_version);
        object["kind"] = json!(kind);
        object["metadata"] = json!({"name": name});
        manifest(object)
    }

    #[test]
    fn a_pod_template_names_its_config() {
        let web = named(
            "apps/v1",
            "Deployment",
            "web",
            json!({"spec": {"template": {"spec": {
                "serviceAccountName": "web",
                "imagePullSecrets": [{"name": "pull"}],
                "volumes": [{"configMap": {"name": "shop"}}, {"secret": {"secretName": "tls"}}, {"persistentVolumeClaim": {"claimName": "data"}}],
                "containers": [{"envFrom": [{"secretRef": {"name": "db"}}], "env": [{"valueFrom": {"configMapKeyRef": {"name": "common"}}}]}],
            }}}}),
        );
        let names: Vec<String> = references(&web).iter().map(ToString::to_string).collect();
        assert_eq!(
            names,
            [
                "ConfigMap/common",
                "ConfigMap/shop",
                "PersistentVolumeClaim/data",
                "Secret/db",
                "Secret/pull",
                "Secret/tls",
                "ServiceAccount/web"
            ]
        );
    }

    #[test]
    fn config_before_workloads_targets_before_autoscalers_webhooks_last() {
        let scale = json!({"spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}});
        let objects = [
            named("autoscaling/v2", "HorizontalPodAutoscaler", "web", scale),
            named("apps/v1", "Deployment", "web", json!({})),
            named("v1", "ConfigMap", "shop", json!({})),
            named("v1", "Service", "web", json!({})),
            named("rbac.authorization.k8s.io/v1", "Role", "r", json!({})),
            named(
                "rbac.authorization.k8s.io/v1",
                "RoleBinding",
                "b",
                json!({"roleRef": {"kind": "Role", "name": "r"}}),
            ),
            named(
                "admissionregistration.k8s.io/v1",
                "ValidatingWebhookConfiguration",
                "w",
                json!({}),
            ),
        ];
        let waves = waves(&objects.iter().collect::<Vec<_>>());
        let wave = |text: &str| waves[&text.parse::<ObjectId>().unwrap()];
        assert_eq!(
            (
                wave("ConfigMap/shop"),
                wave("Service/web"),
                wave("Role/r"),
                wave("RoleBinding/b")
            ),
            (0, 0, 0, 1)
        );
        assert_eq!(
            (wave("Deployment/web"), wave("HorizontalPodAutoscaler/web")),
            (2, 3)
        );
        assert_eq!(wave("ValidatingWebhookConfiguration/w"), 4);
    }

    #[test]
    fn definitions_come_before_their_objects_and_circles_are_cut() {
        let gateway = named(
            "gateway.networking.k8s.io/v1",
            "HTTPRoute",
            "a",
            json!({"spec": {"parentRefs": [{"name": "g"}]}}),
        );
        let objects = [
            named("example.com/v1", "Widget", "w", json!({})),
            named(
                "apiextensions.k8s.io/v1",
                "CustomResourceDefinition",
                "widgets.example.com",
                json!({}),
            ),
            named("gateway.networking.k8s.io/v1", "Gateway", "g", json!({})),
            gateway,
        ];
        let waves = waves(&objects.iter().collect::<Vec<_>>());
        let wave = |text: &str| waves[&text.parse::<ObjectId>().unwrap()];
        assert!(
            wave("CustomResourceDefinition/widgets.example.com") < wave("Widget.example.com/w")
        );
        assert!(
            wave("Gateway.gateway.networking.k8s.io/g")
                < wave("HTTPRoute.gateway.networking.k8s.io/a")
        );
    }
}
