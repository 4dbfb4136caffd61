//! A kind the server serves, and the paths of its objects. Pure.

use serde_json::Value;

use crate::manifest::id::group_of;

/// A kind in one of its versions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// `apps/v1`.
    pub api_version: String,
    /// `Deployment`.
    pub kind: String,
    /// `deployments`.
    pub plural: String,
    /// Its objects live in namespaces.
    pub namespaced: bool,
    /// What may be done with it (`list`, `watch`, `patch`), as far as the server is concerned.
    pub verbs: Vec<String>,
}

impl Kind {
    /// A namespaced kind of every server, known without asking.
    pub fn built_in(api_version: &str, kind: &str, plural: &str) -> Self {
        Self {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
            namespaced: true,
            verbs: [
                "create", "delete", "get", "list", "patch", "update", "watch",
            ]
            .map(str::to_owned)
            .to_vec(),
        }
    }

    /// `v1` Secret.
    pub fn secret() -> Self {
        Self::built_in("v1", "Secret", "secrets")
    }

    /// `v1` `ConfigMap`.
    pub fn config_map() -> Self {
        Self::built_in("v1", "ConfigMap", "configmaps")
    }

    /// `v1` Pod.
    pub fn pod() -> Self {
        Self::built_in("v1", "Pod", "pods")
    }

    /// `apps/v1` `ReplicaSet`.
    pub fn replica_set() -> Self {
        Self::built_in("apps/v1", "ReplicaSet", "replicasets")
    }

    /// `coordination.k8s.io/v1` Lease.
    pub fn lease() -> Self {
        Self::built_in("coordination.k8s.io/v1", "Lease", "leases")
    }

    /// `batch/v1` Job.
    pub fn job() -> Self {
        Self::built_in("batch/v1", "Job", "jobs")
    }

    /// `v1` Namespace.
    pub fn namespace() -> Self {
        Self {
            namespaced: false,
            ..Self::built_in("v1", "Namespace", "namespaces")
        }
    }

    /// The kind that a `CustomResourceDefinition` will serve, in a given version.
    #[must_use]
    pub fn of_definition(definition: &Value, version: &str) -> Option<Self> {
        let spec = &definition["spec"];
        Some(Self {
            namespaced: spec["scope"] != "Cluster",
            ..Self::built_in(
                &format!("{}/{version}", spec["group"].as_str()?),
                spec["names"]["kind"].as_str()?,
                spec["names"]["plural"].as_str()?,
            )
        })
    }

    /// The kind's name.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The API group, empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        group_of(&self.api_version)
    }

    /// `deployments.apps`, as RBAC rules and kubectl write it.
    #[must_use]
    pub fn resource(&self) -> String {
        match self.group() {
            "" => self.plural.clone(),
            group => format!("{}.{group}", self.plural),
        }
    }

    /// Whether the server can do this with it.
    #[must_use]
    pub fn can(&self, verb: &str) -> bool {
        self.verbs.iter().any(|known| known == verb)
    }

    /// Path of the collection; without a namespace, of all namespaces.
    #[must_use]
    pub fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.api_version.contains('/') {
            "/apis"
        } else {
            "/api"
        };
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!(
                "{root}/{}/namespaces/{namespace}/{}",
                self.api_version, self.plural
            ),
            None => format!("{root}/{}/{}", self.api_version, self.plural),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let cases = [
            (
                Kind::secret(),
                Some("shop"),
                "/api/v1/namespaces/shop/secrets",
            ),
            (Kind::secret(), None, "/api/v1/secrets"),
            (Kind::namespace(), Some("shop"), "/api/v1/namespaces"),
            (
                Kind::replica_set(),
                Some("a"),
                "/apis/apps/v1/namespaces/a/replicasets",
            ),
        ];
        for (kind, namespace, path) in cases {
            assert_eq!(kind.path(namespace), path);
        }
        assert_eq!(Kind::replica_set().resource(), "replicasets.apps");
    }
}
