//! Whether the images that run are those of the record: a deploy that starts from what runs must not undo somebody's hotfix.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cluster::{Cluster, Kind};
use crate::error::{Failure, Result};
use crate::manifest::{APP_LABEL, ObjectId, edit};
use crate::release::record::{Header, Payload};
use crate::words;

/// Kinds whose images are compared.
const WORKLOADS: [(&str, &str, &str); 4] = [
    ("apps/v1", "Deployment", "deployments"),
    ("apps/v1", "StatefulSet", "statefulsets"),
    ("apps/v1", "DaemonSet", "daemonsets"),
    ("batch/v1", "CronJob", "cronjobs"),
];

/// Fails when a live workload runs other images than the record says. One list per kind of workload.
pub async fn refuse_drift(cluster: &Cluster, good: &Header, payload: &Payload) -> Result<()> {
    let labels = format!("{APP_LABEL}={}", good.app);
    let mut drifted = Vec::new();
    for (api_version, kind, plural) in WORKLOADS {
        let kind = Kind::built_in(api_version, kind, plural);
        let recorded: BTreeMap<&ObjectId, &Value> = payload
            .objects
            .iter()
            .filter(|manifest| manifest.id.is(kind.kind()))
            .map(|manifest| (&manifest.id, &manifest.object))
            .collect();
        if recorded.is_empty() {
            continue;
        }
        for live in cluster
            .list(&kind, Some(&cluster.namespace), Some(&labels))
            .await?
            .items
        {
            let Some(id) = ObjectId::of(&live, &cluster.namespace) else {
                continue;
            };
            let Some(object) = recorded.get(&id) else {
                continue;
            };
            let was = images(object);
            drifted.extend(
                images(&live)
                    .into_iter()
                    .filter(|(container, image)| was.get(container).is_some_and(|old| old != image))
                    .map(|(container, image)| {
                        format!(
                            "{id} runs {container}={image}, the record says {}",
                            was[container]
                        )
                    }),
            );
        }
    }
    if drifted.is_empty() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "what runs is not what release {} recorded: {}",
        good.number,
        words::list(&drifted, "and")
    ))
    .hint("--accept-drift goes on from the record; it replaces what was changed by hand"))
}

fn images(workload: &Value) -> BTreeMap<&str, &str> {
    let Some(spec) = edit::pod_spec(workload) else {
        return BTreeMap::new();
    };
    ["initContainers", "containers"]
        .iter()
        .filter_map(|list| spec[*list].as_array())
        .flatten()
        .filter_map(|container| Some((container["name"].as_str()?, container["image"].as_str()?)))
        .collect()
}
