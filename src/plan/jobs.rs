//! The jobs of a release in its plan, and what must be there before the first of them runs. Pure.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::depend;
use crate::manifest::job::{JobTime, ReleaseJob};
use crate::manifest::{Manifest, ObjectId, Origin};

/// A job that a release would run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedJob {
    /// Its name in deploy.yaml.
    pub job: String,
    /// When it runs.
    pub when: JobTime,
    /// The Job as the templates name it; the release's number is added when it is made.
    pub object: ObjectId,
    /// What must be ready before it runs.
    pub needs: Vec<ObjectId>,
    /// It is not the one that the last good release ran.
    pub changed: bool,
    /// Once for all targets of a run instead of once in each.
    pub once: bool,
    /// The Job, without the release's number.
    pub desired: Option<Value>,
    /// Where it came from.
    pub origin: Origin,
    /// Why the dry run had to wait; `None` when it passed.
    pub checked_later: Option<String>,
}

/// What must be applied before these jobs run: what they need, what that and they themselves refer to, and the rights of
/// their service accounts. Services, autoscalers and other workloads wait.
#[must_use]
pub fn groundwork<'a>(
    jobs: impl IntoIterator<Item = &'a ReleaseJob>,
    manifests: &'a [Manifest],
) -> BTreeSet<ObjectId> {
    let mut wanted: Vec<ObjectId> = Vec::new();
    for job in jobs {
        wanted.extend(job.needs.iter().cloned());
        wanted.extend(depend::references(&job.manifest));
    }
    let mut ground = BTreeSet::new();
    while let Some(id) = wanted.pop() {
        let Some(manifest) = manifests.iter().find(|manifest| manifest.id == id) else {
            continue;
        };
        if !ground.insert(id.clone()) {
            continue;
        }
        wanted.extend(depend::references(manifest));
        if id.is("ServiceAccount") {
            wanted.extend(
                manifests
                    .iter()
                    .filter(|other| is_binding(other) && depend::references(other).contains(&id))
                    .map(|binding| binding.id.clone()),
            );
        }
    }
    ground
}

fn is_binding(manifest: &Manifest) -> bool {
    manifest.id.is("RoleBinding") || manifest.id.is("ClusterRoleBinding")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn manifest(id: &str, rest: &Value) -> Manifest {
        let id: ObjectId = id.parse().unwrap();
        let mut object = json!({"apiVersion": if id.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", id.group) },
            "kind": id.kind, "metadata": {"name": id.name}});
        for (key, value) in rest.as_object().unwrap() {
            object[key] = value.clone();
        }
        Manifest {
            id,
            object,
            origin: Origin::default(),
        }
    }

    #[test]
    fn a_job_waits_for_what_it_names_and_for_nothing_else() {
        let job = ReleaseJob {
            name: "migrate".to_owned(),
            when: JobTime::Before,
            needs: vec!["StatefulSet/db".parse().unwrap()],
            once: false,
            on_rollback: false,
            manifest: manifest(
                "Job/migrate",
                &json!({"spec": {"template": {"spec": {"serviceAccountName": "migrator", "containers": [
                    {"envFrom": [{"configMapRef": {"name": "shop-common-1"}}, {"secretRef": {"name": "elsewhere"}}]}]}}}}),
            ),
        };
        let objects = [
            manifest("ConfigMap/shop-common-1", &json!({})),
            manifest("ConfigMap/other", &json!({})),
            manifest("ServiceAccount/migrator", &json!({})),
            manifest("Role/migrator", &json!({})),
            manifest(
                "RoleBinding/migrator",
                &json!({"roleRef": {"kind": "Role", "name": "migrator"}, "subjects": [{"kind": "ServiceAccount", "name": "migrator"}]}),
            ),
            manifest("StatefulSet/db", &json!({"spec": {"serviceName": "db"}})),
            manifest("Service/db", &json!({})),
            manifest("Deployment/web", &json!({})),
            manifest("Service/web", &json!({})),
        ];
        let ground = groundwork([&job], &objects);
        let texts: Vec<String> = ground.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "ConfigMap/shop-common-1",
                "Service/db",
                "ServiceAccount/migrator",
                "StatefulSet/db",
                "Role/migrator",
                "RoleBinding/migrator"
            ]
        );
    }
}
