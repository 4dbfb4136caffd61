//! Objects of an export that nobody applies: controllers and the server make them. Pure.

use serde_json::Value;

use crate::manifest::{KIND_LABEL, ObjectId, id};

/// Who makes the object, when no manifest of it is wanted.
#[must_use]
pub fn maker(object: &Value, id: &ObjectId) -> Option<&'static str> {
    let controlled = object["metadata"]["ownerReferences"]
        .as_array()
        .is_some_and(|owners| owners.iter().any(|owner| owner["controller"] == true));
    if controlled {
        return Some("its controller makes it");
    }
    if object["metadata"]["labels"].get(KIND_LABEL).is_some() {
        return Some("deploy keeps it for itself");
    }
    if !id::is_built_in(&id.group) {
        return None;
    }
    match (id.kind.as_str(), id.name.as_str()) {
        ("Event" | "EndpointSlice" | "ControllerRevision" | "Lease", _) => {
            Some("the cluster makes it")
        }
        ("Endpoints", _) if object["metadata"].get("uid").is_some() => Some("the cluster makes it"),
        ("ConfigMap", "kube-root-ca.crt") | ("ServiceAccount", "default") => {
            Some("every namespace has it")
        }
        ("Service", "kubernetes") => Some("the cluster has it"),
        ("Secret", _) if object["type"] == "kubernetes.io/service-account-token" => {
            Some("the cluster fills it; deploy needs no copy")
        }
        ("Secret", _) if object["type"] == "helm.sh/release.v1" => Some("Helm's record"),
        _ => None,
    }
}
