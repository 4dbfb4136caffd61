//! Replicas of a workload that an autoscaler sets: left alone without being told. Pure.
//!
//! Dropping a field that we alone own would let the server fall back to 1, so it is dropped only when somebody else owns it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::manifest::{FIELD_MANAGER, ObjectId, fields, id::group_of};

/// Workloads that the given autoscalers (HPA, KEDA `ScaledObject`) scale, in the target's namespace or their own.
#[must_use]
pub fn scaled<'a>(
    autoscalers: impl IntoIterator<Item = &'a Value>,
    target_namespace: &str,
) -> BTreeSet<ObjectId> {
    autoscalers
        .into_iter()
        .filter(|scaler| {
            matches!(
                scaler["kind"].as_str(),
                Some("HorizontalPodAutoscaler" | "ScaledObject")
            )
        })
        .filter_map(|scaler| {
            let target = &scaler["spec"]["scaleTargetRef"];
            Some(ObjectId {
                // KEDA lets these out and means a Deployment.
                group: group_of(target["apiVersion"].as_str().unwrap_or("apps/v1")).to_owned(),
                kind: target["kind"].as_str().unwrap_or("Deployment").to_owned(),
                namespace: scaler["metadata"]["namespace"]
                    .as_str()
                    .filter(|namespace| *namespace != target_namespace)
                    .map(str::to_owned),
                name: target["name"].as_str()?.to_owned(),
            })
        })
        .collect()
}

/// The object to send for a workload that an autoscaler scales.
#[must_use]
pub fn settle(desired: &Value, live: Option<&Value>) -> Value {
    let mut object = desired.clone();
    let count = live
        .filter(|live| ours_alone(live))
        .map(|live| live["spec"]["replicas"].clone());
    match count.filter(Value::is_u64) {
        Some(count) => object["spec"]["replicas"] = json!(count),
        None => {
            if let Some(spec) = object["spec"].as_object_mut() {
                spec.remove("replicas");
            }
        }
    }
    object
}

/// Client-side kubectl counts as us: its fields become ours before we apply.
fn ours_alone(live: &Value) -> bool {
    let owners = fields::owners(live, &["spec", "replicas"]);
    !owners.is_empty()
        && owners
            .iter()
            .all(|owner| *owner == FIELD_MANAGER || fields::is_client_side_manager(owner))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(owners: &[&str]) -> Value {
        let entries: Vec<Value> = owners
            .iter()
            .map(|owner| json!({"manager": owner, "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}}))
            .collect();
        json!({"metadata": {"managedFields": entries}, "spec": {"replicas": 7}})
    }

    #[test]
    fn replicas_are_dropped_only_when_somebody_else_keeps_them() {
        let desired = json!({"spec": {"replicas": 2, "paused": false}});
        let cases = [
            (None, Value::Null),
            (Some(live(&["deploy"])), json!(7)),
            (Some(live(&["kubectl-client-side-apply"])), json!(7)),
            (Some(live(&["kube-controller-manager"])), Value::Null),
            (
                Some(live(&["deploy", "kube-controller-manager"])),
                Value::Null,
            ),
            (Some(live(&[])), Value::Null),
        ];
        for (live, replicas) in cases {
            let sent = settle(&desired, live.as_ref());
            assert_eq!(sent["spec"]["replicas"], replicas, "{live:?}");
            assert_eq!(sent["spec"]["paused"], json!(false));
        }
    }

    #[test]
    fn both_kinds_of_autoscaler_name_their_target() {
        let hpa = json!({"kind": "HorizontalPodAutoscaler", "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db"}}});
        let keda = json!({"kind": "ScaledObject", "metadata": {"namespace": "shop"}, "spec": {"scaleTargetRef": {"name": "web"}}});
        let found: Vec<String> = scaled([&hpa, &keda], "shop")
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, ["Deployment/web", "StatefulSet/db"]);
    }
}
