//! Habits that keep rollouts safe: requests and limits, pinned images, readiness probes, bounded history. Warnings by default.

use serde_json::Value;

use crate::manifest::{Manifest, edit};
use crate::project::image;
use crate::words;

/// One broken policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Number of the object.
    pub object: usize,
    /// Path to the field.
    pub path: Vec<String>,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// Everything that breaks a policy.
pub fn check(manifests: &[&Manifest]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (index, manifest) in manifests.iter().enumerate() {
        let object = &manifest.object;
        let mut found = |path: Vec<String>, message: String, hint: &str| {
            breaches.push(Breach {
                object: index,
                path,
                message: format!("{}: {message}", manifest.id),
                hint: hint.to_owned(),
            });
        };
        let Some(spec) = edit::pod_spec(object).filter(|_| is_workload(manifest)) else {
            continue;
        };
        let base: Vec<String> = if object["kind"] == "Pod" {
            vec!["spec".to_owned()]
        } else {
            edit::pod_template_path(&manifest.id.kind)
                .unwrap_or_default()
                .split('/')
                .skip(1)
                .chain(["spec"])
                .map(str::to_owned)
                .collect()
        };
        for kind in ["containers", "initContainers"] {
            for (position, container) in items(&spec[kind]).iter().enumerate() {
                let path: Vec<String> = base
                    .iter()
                    .cloned()
                    .chain([kind.to_owned(), position.to_string()])
                    .collect();
                containers(container, &path, &mut found);
            }
        }
        if manifest.id.is("Deployment") {
            history(object, &mut found);
        }
        if is_long_running(manifest) && selected(object, manifests) {
            for (position, container) in items(&spec["containers"]).iter().enumerate() {
                let serves = !items(&container["ports"]).is_empty();
                if serves && container.get("readinessProbe").is_none() {
                    let name = container["name"].as_str().unwrap_or("?");
                    found(
                        base.iter()
                            .cloned()
                            .chain(["containers".to_owned(), position.to_string()])
                            .collect(),
                        format!("container `{name}` is behind a Service and has no readinessProbe"),
                        "without one, requests reach it before it can answer",
                    );
                }
            }
        }
    }
    breaches
}

fn containers(
    container: &Value,
    path: &[String],
    found: &mut impl FnMut(Vec<String>, String, &str),
) {
    let name = container["name"].as_str().unwrap_or("?");
    let resources = &container["resources"];
    let missing: Vec<&str> = [
        ("requests.cpu", &resources["requests"]["cpu"]),
        ("requests.memory", &resources["requests"]["memory"]),
        ("limits.memory", &resources["limits"]["memory"]),
    ]
    .into_iter()
    .filter(|(_, value)| value.is_null())
    .map(|(field, _)| field)
    .collect();
    let with = |field: &str| path.iter().cloned().chain([field.to_owned()]).collect();
    if !missing.is_empty() {
        found(
            with("resources"),
            format!(
                "container `{name}` has no resources.{}",
                words::list(&missing, "and")
            ),
            "without them one pod can starve its node",
        );
    }
    let reference = container["image"].as_str().unwrap_or_default();
    if let Ok(image) = image::parse(reference)
        && image.digest.is_none()
        && image.tag.as_deref().is_none_or(|tag| tag == "latest")
    {
        let what = if image.tag.is_some() {
            "the tag `latest`"
        } else {
            "no tag"
        };
        found(
            with("image"),
            format!("container `{name}`: the image {reference} has {what}"),
            "pin a version: a rollback cannot bring back what `latest` was",
        );
    }
}

fn history(object: &Value, found: &mut impl FnMut(Vec<String>, String, &str)) {
    let limit = &object["spec"]["revisionHistoryLimit"];
    let path = vec!["spec".to_owned(), "revisionHistoryLimit".to_owned()];
    let hint =
        "old ReplicaSets stay up to this number; 3 is plenty, since releases keep the history";
    match limit.as_i64() {
        None if limit.is_null() => found(path, "revisionHistoryLimit is not set".to_owned(), hint),
        Some(limit) if limit > 10 => found(path, format!("revisionHistoryLimit is {limit}"), hint),
        _ => {}
    }
}

/// Whether a Service selects the workload's pods.
fn selected(object: &Value, manifests: &[&Manifest]) -> bool {
    let labels = if object["kind"] == "Pod" {
        &object["metadata"]["labels"]
    } else {
        edit::pod_template(object).map_or(&Value::Null, |template| &template["metadata"]["labels"])
    };
    manifests
        .iter()
        .filter(|manifest| manifest.id.is("Service"))
        .filter_map(|service| service.object["spec"]["selector"].as_object())
        .any(|selector| {
            !selector.is_empty() && selector.iter().all(|(key, value)| labels[key] == *value)
        })
}

fn is_workload(manifest: &Manifest) -> bool {
    is_long_running(manifest) || ["Job", "CronJob"].iter().any(|kind| manifest.id.is(kind))
}

fn is_long_running(manifest: &Manifest) -> bool {
    [
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "Pod",
    ]
    .iter()
    .any(|kind| manifest.id.is(kind))
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
