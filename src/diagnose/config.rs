//! `ConfigMaps`, Secrets and keys that a pod needs and that are not there.

use serde_json::Value;

use super::build::finding;
use super::case::{Case, container as seen, event};
use super::{Evidence, Finding, Severity};
use crate::manifest::ObjectId;
use crate::track::read;

pub fn find(case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (pod, container) in case.containers() {
        if container.waiting() == "CreateContainerConfigError" {
            found.push(judge(
                case,
                container.waiting_message(),
                seen(pod, &container),
                "config-invalid",
            ));
        }
    }
    for pod in case.pods.iter().filter(|pod| starting(pod)) {
        for failed in case.events(pod, &["FailedMount"]).into_iter().take(3) {
            let message = read::text(failed, "/message");
            if !matches!(classify(message), Kind::Other) {
                found.push(judge(case, message, event(pod, failed), "volume-mount"));
            }
        }
    }
    found
}

/// Whether mounts may still be missing: no container runs yet.
pub fn starting(pod: &Value) -> bool {
    read::text(pod, "/status/phase") == "Pending"
}

enum Kind<'a> {
    Missing(&'static str, &'a str),
    Key(&'a str),
    NotSynced,
    Root,
    Other,
}

fn classify(message: &str) -> Kind<'_> {
    if message.contains("failed to sync") {
        return Kind::NotSynced;
    }
    if message.contains("couldn't find key") || message.contains("references non-existent") {
        let from = message
            .find("couldn't find key")
            .or_else(|| message.find("references non-existent"))
            .unwrap_or(0);
        return Kind::Key(message[from..].lines().next().unwrap_or_default());
    }
    for (word, kind) in [("configmap \"", "ConfigMap"), ("secret \"", "Secret")] {
        if let Some((_, rest)) = message.split_once(word)
            && let Some((name, after)) = rest.split_once('"')
            && after.contains("not found")
        {
            return Kind::Missing(kind, name);
        }
    }
    if message.contains("runAsNonRoot") || message.contains("run as root") {
        return Kind::Root;
    }
    Kind::Other
}

fn judge(case: &Case<'_>, message: &str, evidence: Evidence, other: &str) -> Finding {
    let id = case.id();
    let found = match classify(message) {
        Kind::Missing(kind, name) => missing(case, kind, name),
        Kind::Key(words) => finding(
            id,
            "config-key-missing",
            format!("a key that the pod needs is missing: {}", read::clip(words)),
        ),
        Kind::NotSynced => finding(
            id,
            "config-not-synced",
            format!(
                "the node has not read the pod's config yet: {}",
                read::clip(message)
            ),
        ),
        Kind::Root => finding(id, "config-run-as-root", read::clip(message)),
        Kind::Other => finding(id, other, read::clip(message)),
    };
    found.with(evidence)
}

fn missing(case: &Case<'_>, kind: &str, name: &str) -> Finding {
    let code = if kind == "Secret" {
        "secret-missing"
    } else {
        "config-map-missing"
    };
    let text = format!("{kind} {name} does not exist");
    let mut wanted = ObjectId::new("", kind, name);
    wanted.namespace.clone_from(&case.id().namespace);
    if let Some(maker) = maker(case, kind, name) {
        return finding(
            case.id(),
            code,
            format!("{text} yet; {maker} of this release is to make it"),
        )
        .severity(Severity::Transient)
        .next(format!("see why {maker} has not made it"));
    }
    if case.subject.snapshot.get(&wanted).is_some() {
        return finding(
            case.id(),
            code,
            format!("{kind} {name} did not exist; it does now"),
        )
        .severity(Severity::Transient);
    }
    finding(case.id(), code, text)
}

/// A custom resource that makes Secrets or `ConfigMaps` of this name.
fn maker(case: &Case<'_>, kind: &str, name: &str) -> Option<String> {
    case.subject
        .snapshot
        .all()
        .filter(|(id, _)| id.group.contains('.') && !id.group.ends_with(".k8s.io"))
        .find(|(id, object)| {
            let named = [
                "/spec/target/name",
                "/spec/secretName",
                "/spec/destination/name",
                "/spec/writeSecretToRef/name",
                "/spec/writeConnectionSecretToRef/name",
            ];
            named.iter().any(|path| read::text(object, path) == name)
                || (id.name == name && (id.kind.contains(kind) || id.kind.ends_with("Secret")))
        })
        .map(|(id, _)| id.to_string())
}
