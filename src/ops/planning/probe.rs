//! Asks whether the pods of a workload would be let in. A dry run of the workload never sees Pod Security, limit ranges
//! or webhooks for pods, because a controller makes the pods; so one pod of each changed template is tried as well.

use serde_json::{Value, json};

use crate::cluster::{ApiError, Cluster};
use crate::manifest::{Manifest, edit};

/// What became of the question.
pub(super) enum Probe {
    /// The pod would be let in, or it was refused for a reason that proves nothing.
    Fine,
    /// It would be let in once there is room in the quota: old pods may make it.
    Crowded(String),
    /// We may not ask.
    NotAsked,
    /// It would not be let in.
    Refused(ApiError),
}

/// Tries one pod of a workload. `made_here` are names of what this deploy makes, which cannot be there yet.
///
/// # Errors
/// The server cannot be asked: no connection, no credentials.
pub(super) async fn pod(
    cluster: &Cluster,
    manifest: &Manifest,
    made_here: &[String],
) -> Result<Probe, ApiError> {
    let Some(pod) = sample(manifest) else {
        return Ok(Probe::Fine);
    };
    match cluster.create_dry_run(&pod).await {
        Ok(_) => Ok(Probe::Fine),
        Err(error) if error.code == 0 || error.code == 401 => Err(error),
        Err(error) => Ok(sort(error, made_here)),
    }
}

fn sort(error: ApiError, made_here: &[String]) -> Probe {
    let message = &error.message;
    if !error.is_forbidden() {
        return Probe::Fine;
    }
    if message.contains("cannot create resource") {
        return Probe::NotAsked;
    }
    if message.contains("exceeded quota") {
        return Probe::Crowded(message.clone());
    }
    // A namespace gets its default account a moment after it was made.
    let mut not_yet = made_here.iter().map(String::as_str).chain(["\"default\""]);
    let missing = message.contains("not found") && not_yet.any(|name| message.contains(name));
    if missing {
        Probe::Fine
    } else {
        Probe::Refused(error)
    }
}

/// A pod as the workload's controller would make it. `None` for what has no pods or wants none.
fn sample(manifest: &Manifest) -> Option<Value> {
    let object = &manifest.object;
    let template = edit::pod_template(object).filter(|_| object["spec"]["replicas"] != 0)?;
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": template["metadata"], "spec": template["spec"]});
    if !pod["metadata"].is_object() {
        pod["metadata"] = json!({});
    }
    pod["metadata"]["generateName"] = json!(format!("{}-", manifest.id.name));
    if let Some(namespace) = &manifest.id.namespace {
        pod["metadata"]["namespace"] = json!(namespace);
    }
    // The claims of a StatefulSet become volumes of its pods.
    for claim in object["spec"]["volumeClaimTemplates"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let volume = json!({"name": claim["metadata"]["name"], "emptyDir": {}});
        match pod["spec"]["volumes"].as_array_mut() {
            Some(volumes) => volumes.push(volume),
            None => pod["spec"]["volumes"] = json!([volume]),
        }
    }
    Some(pod)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{ObjectId, Origin};

    fn name(probe: &Probe) -> &'static str {
        match probe {
            Probe::Fine => "fine",
            Probe::Crowded(_) => "crowded",
            Probe::NotAsked => "not asked",
            Probe::Refused(_) => "refused",
        }
    }

    #[test]
    fn only_a_refusal_that_will_last_counts() {
        let cases = [
            (
                403,
                "pods \"web-x\" is forbidden: violates PodSecurity \"restricted:latest\": runAsNonRoot != true",
                "refused",
            ),
            (
                403,
                "pods is forbidden: User \"ann\" cannot create resource \"pods\" in API group \"\"",
                "not asked",
            ),
            (
                403,
                "pods \"web-x\" is forbidden: exceeded quota: small",
                "crowded",
            ),
            (
                403,
                "pods \"web-x\" is forbidden: error looking up service account shop/web: serviceaccount \"web\" not found",
                "fine",
            ),
            (
                403,
                "pods \"x\" is forbidden: error looking up service account shop/default: serviceaccount \"default\" not found",
                "fine",
            ),
            (422, "Pod \"web-x\" is invalid", "fine"),
        ];
        for (code, message, expected) in cases {
            let error = ApiError {
                code,
                message: message.to_owned(),
                ..ApiError::default()
            };
            assert_eq!(
                name(&sort(error, &["web".to_owned()])),
                expected,
                "{message}"
            );
        }
    }

    #[test]
    fn claims_become_volumes_and_no_replicas_need_no_pod() {
        let mut set = Manifest {
            id: ObjectId::new("apps", "StatefulSet", "db"),
            object: json!({"kind": "StatefulSet", "spec": {"template": {"spec": {}}, "volumeClaimTemplates": [{"metadata": {"name": "data"}}]}}),
            origin: Origin::default(),
        };
        let pod = sample(&set).unwrap();
        assert_eq!(pod["spec"]["volumes"][0]["name"], "data");
        assert_eq!(pod["metadata"]["generateName"], "db-");
        set.object["spec"]["replicas"] = json!(0);
        assert!(sample(&set).is_none());
    }
}
