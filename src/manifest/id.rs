//! The one textual identity of an object in logs, JSON and chat.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

/// Group, kind, namespace and name. Versions do not take part: `apps/v1` and `apps/v1beta1` name the same object.
///
/// Its text is `Deployment/web`; `Certificate.cert-manager.io/web` for kinds that are not built in; `Role/other/web`
/// when the object lives outside the target's namespace. It serialises as that text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId {
    /// API group, empty for the core group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// `None` for the target's own namespace and for cluster-scoped objects.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
}

impl ObjectId {
    /// An id in the target's own namespace.
    pub fn new(group: impl Into<String>, kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            group: group.into(),
            kind: kind.into(),
            namespace: None,
            name: name.into(),
        }
    }

    /// The id of an object, seen from a target's namespace. `None` without kind or name.
    #[must_use]
    pub fn of(object: &Value, target_namespace: &str) -> Option<Self> {
        let api_version = object["apiVersion"].as_str()?;
        Some(Self {
            group: group_of(api_version).to_owned(),
            kind: object["kind"].as_str()?.to_owned(),
            namespace: object["metadata"]["namespace"]
                .as_str()
                .filter(|namespace| *namespace != target_namespace)
                .map(str::to_owned),
            name: object["metadata"]["name"].as_str()?.to_owned(),
        })
    }

    /// `Deployment`, `Certificate.cert-manager.io`.
    #[must_use]
    pub fn kind_text(&self) -> String {
        if is_built_in(&self.group) {
            self.kind.clone()
        } else {
            format!("{}.{}", self.kind, self.group)
        }
    }

    /// Whether this is the built-in kind of that name.
    #[must_use]
    pub fn is(&self, kind: &str) -> bool {
        self.kind == kind && is_built_in(&self.group)
    }
}

/// The group of an `apiVersion`: `apps` of `apps/v1`, empty for `v1`.
#[must_use]
pub fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Groups whose kinds are served by every API server, so that their kinds need no group in their text.
#[must_use]
pub fn is_built_in(group: &str) -> bool {
    const GROUPS: [&str; 17] = [
        "",
        "apps",
        "batch",
        "autoscaling",
        "policy",
        "networking.k8s.io",
        "rbac.authorization.k8s.io",
        "storage.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "admissionregistration.k8s.io",
        "scheduling.k8s.io",
        "discovery.k8s.io",
        "coordination.k8s.io",
        "events.k8s.io",
        "certificates.k8s.io",
        "node.k8s.io",
    ];
    GROUPS.contains(&group)
}

/// The group of a built-in kind by its name; the inverse of leaving the group out in [`ObjectId`]'s text.
fn built_in_group(kind: &str) -> &'static str {
    match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ControllerRevision" => "apps",
        "Job" | "CronJob" => "batch",
        "HorizontalPodAutoscaler" => "autoscaling",
        "PodDisruptionBudget" => "policy",
        "Ingress" | "IngressClass" | "NetworkPolicy" | "IPAddress" | "ServiceCIDR" => {
            "networking.k8s.io"
        }
        "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding" => {
            "rbac.authorization.k8s.io"
        }
        "StorageClass"
        | "VolumeAttachment"
        | "CSIDriver"
        | "CSINode"
        | "CSIStorageCapacity"
        | "VolumeAttributesClass" => "storage.k8s.io",
        "CustomResourceDefinition" => "apiextensions.k8s.io",
        "APIService" => "apiregistration.k8s.io",
        "ValidatingWebhookConfiguration"
        | "MutatingWebhookConfiguration"
        | "ValidatingAdmissionPolicy"
        | "ValidatingAdmissionPolicyBinding"
        | "MutatingAdmissionPolicy"
        | "MutatingAdmissionPolicyBinding" => "admissionregistration.k8s.io",
        "PriorityClass" => "scheduling.k8s.io",
        "EndpointSlice" => "discovery.k8s.io",
        "Lease" => "coordination.k8s.io",
        "CertificateSigningRequest" => "certificates.k8s.io",
        "RuntimeClass" => "node.k8s.io",
        _ => "",
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind_text())?;
        if let Some(namespace) = &self.namespace {
            write!(f, "/{namespace}")?;
        }
        write!(f, "/{}", self.name)
    }
}

impl FromStr for ObjectId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('/').collect();
        let (kind, namespace, name) = match parts.as_slice() {
            [kind, name] => (*kind, None, *name),
            [kind, namespace, name] => (*kind, Some((*namespace).to_owned()), *name),
            _ => return Err(format!("`{text}` is not KIND/NAME")),
        };
        let (kind, group) = kind
            .split_once('.')
            .unwrap_or_else(|| (kind, built_in_group(kind)));
        Ok(Self {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace,
            name: name.to_owned(),
        })
    }
}

impl serde::Serialize for ObjectId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for ObjectId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for ObjectId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ObjectId".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^[^/]+(/[^/]+)?/[^/]+$"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_and_back() {
        let web = ObjectId::of(&json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}), "shop").unwrap();
        assert_eq!(web.to_string(), "Deployment/web");
        let certificate = ObjectId::of(&json!({"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": {"name": "web", "namespace": "b"}}), "a").unwrap();
        assert_eq!(certificate.to_string(), "Certificate.cert-manager.io/b/web");
        for id in [web, certificate] {
            assert_eq!(id.to_string().parse::<ObjectId>().unwrap(), id);
        }
    }
}
