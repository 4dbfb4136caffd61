//! Volumes that are not there, cannot be attached or are used elsewhere.

use super::Finding;
use super::build::finding;
use super::case::{Case, event};
use super::config::starting;
use crate::manifest::ObjectId;
use crate::track::read;

pub fn find(case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for pod in case.pods.iter().filter(|pod| starting(pod)) {
        let reasons = ["FailedAttachVolume", "FailedMount", "FailedMapVolume"];
        for failed in case.events(pod, &reasons).into_iter().take(1) {
            let message = read::text(failed, "/message");
            let config = [
                "configmap \"",
                "secret \"",
                "failed to sync",
                "references non-existent",
            ];
            if config.iter().any(|word| message.contains(word)) {
                continue;
            }
            let code = if message.contains("Multi-Attach") || message.contains("already used by") {
                "volume-in-use"
            } else {
                "volume-mount"
            };
            found.push(finding(case.id(), code, read::clip(message)).with(event(pod, failed)));
        }
        for name in claims(pod) {
            let mut id = ObjectId::new("", "PersistentVolumeClaim", name);
            id.namespace.clone_from(&case.id().namespace);
            if let Some(claim) = case.subject.snapshot.get(&id) {
                found.extend(unbound(case, claim));
            }
        }
    }
    if case.subject.object["kind"] == "PersistentVolumeClaim" {
        found.extend(unbound(case, case.subject.object));
    }
    found
}

fn claims(pod: &serde_json::Value) -> impl Iterator<Item = &str> {
    read::list(pod, "/spec/volumes")
        .iter()
        .map(|volume| read::text(volume, "/persistentVolumeClaim/claimName"))
        .filter(|name| !name.is_empty())
}

fn unbound<'a>(case: &Case<'a>, claim: &'a serde_json::Value) -> Option<Finding> {
    if read::text(claim, "/status/phase") == "Bound" {
        return None;
    }
    let failed = *case
        .events(claim, &["ProvisioningFailed", "FailedBinding"])
        .first()?;
    let text = format!(
        "claim {} is not bound: {}",
        read::name(claim),
        read::clip(read::text(failed, "/message"))
    );
    Some(finding(case.id(), "volume-provisioning", text).with(event(claim, failed)))
}
