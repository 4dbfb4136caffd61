//! Images that cannot be pulled. The registry's own words are only in `ErrImagePull`, the `Failed` event and, on newer kubelets, behind the back-off's.

use serde_json::Value;

use super::build::finding;
use super::case::{Case, container as seen, event};
use super::{Finding, Severity};
use crate::track::pods::Container;
use crate::track::read;
use crate::track::snapshot::event_count;

pub fn find(case: &Case<'_>) -> Vec<Finding> {
    case.containers()
        .filter_map(|(pod, container)| judge(case, pod, &container))
        .collect()
}

fn judge<'a>(case: &Case<'a>, pod: &'a Value, container: &Container<'a>) -> Option<Finding> {
    let image = read::text(container.spec, "/image");
    let message = match container.waiting() {
        "ErrImagePull" | "ImagePullBackOff" => words(case, pod, container),
        "InvalidImageName" => {
            let text = format!("`{image}` is not a valid image reference");
            return Some(finding(case.id(), "image-invalid-name", text).with(seen(pod, container)));
        }
        "ErrImageNeverPull" => {
            let text = format!("image {image} is not on the node and imagePullPolicy is Never");
            return Some(finding(case.id(), "image-never-pull", text).with(seen(pod, container)));
        }
        _ => return None,
    };
    let code = classify(&message);
    let text = match code {
        "image-not-found" => format!("image {image} does not exist in its registry"),
        "image-denied" => {
            format!("the registry denies pulling {image}: no permission, or no such repository")
        }
        "image-platform" => format!("image {image} has no variant for the node's platform"),
        "image-rate-limit" => format!("the registry limits the rate of pulls of {image}"),
        "image-registry-unreachable" => {
            format!(
                "the registry of {image} cannot be reached: {}",
                tail(&message)
            )
        }
        _ => format!("image {image} cannot be pulled: {}", tail(&message)),
    };
    let mut found = finding(case.id(), code, text).with(seen(pod, container));
    let pulls = failed_pulls(case, pod, image);
    let failures = case
        .subject
        .snapshot
        .pull(pod, container.name)
        .map_or(0, |pull| pull.failures)
        .max(pulls.iter().map(|pull| event_count(pull)).sum());
    if found.severity == Severity::Likely && failures >= 2 {
        found = found.severity(Severity::Permanent);
    }
    Some(match pulls.first() {
        Some(pull) => found.with(event(pod, pull)),
        None => found,
    })
}

/// The most telling words there are.
fn words(case: &Case<'_>, pod: &Value, container: &Container<'_>) -> String {
    let now = container.waiting_message();
    if container.waiting() == "ErrImagePull" || now.contains("ErrImagePull: ") {
        return now.to_owned();
    }
    if let Some(pull) = case.subject.snapshot.pull(pod, container.name) {
        return pull.message.clone();
    }
    let image = read::text(container.spec, "/image");
    case.subject
        .snapshot
        .events(pod)
        .into_iter()
        .rev()
        .map(|event| read::text(event, "/message"))
        .find(|message| message.starts_with("Failed to pull image") && message.contains(image))
        .unwrap_or(now)
        .to_owned()
}

fn failed_pulls<'a>(case: &Case<'a>, pod: &'a Value, image: &str) -> Vec<&'a Value> {
    case.events(pod, &["Failed"])
        .into_iter()
        .filter(|event| {
            let message = read::text(event, "/message");
            message.starts_with("Failed to pull image") && message.contains(image)
        })
        .collect()
}

/// The code that fits the registry's words.
fn classify(message: &str) -> &'static str {
    let message = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    // Order matters: a platform mismatch also says "not found", a rate limit may say "denied".
    if says(&[
        "no match for platform",
        "no matching manifest",
        "does not match the specified platform",
    ]) {
        "image-platform"
    } else if says(&["toomanyrequests", "too many requests", "rate limit", "429"]) {
        "image-rate-limit"
    } else if says(&[
        "unauthorized",
        "denied",
        "forbidden",
        "authentication required",
        "authorization failed",
        "no basic auth",
        "401",
        "403",
    ]) {
        "image-denied"
    } else if says(&[
        "no such host",
        "i/o timeout",
        "connection refused",
        "connection reset",
        "deadline exceeded",
        "timeout",
        "unreachable",
        "x509",
        "tls",
        "eof",
        "502",
        "503",
        "500 internal",
        "server misbehaving",
        "temporary failure",
    ]) {
        "image-registry-unreachable"
    } else if says(&[
        "not found",
        "manifest unknown",
        "name unknown",
        "does not exist",
        "404",
    ]) {
        "image-not-found"
    } else {
        "image-pull-failed"
    }
}

/// The end of a chain of wrapped errors says most.
fn tail(message: &str) -> String {
    let parts: Vec<&str> = message.split(": ").collect();
    read::clip(&parts[parts.len().saturating_sub(2)..].join(": "))
}

#[cfg(test)]
mod tests {
    use super::classify;

    #[test]
    fn registries_words() {
        for (message, code) in [
            ("registry.example.com/shop:v1: not found", "image-not-found"),
            (
                "no match for platform in manifest: not found",
                "image-platform",
            ),
            ("429 Too Many Requests: toomanyrequests", "image-rate-limit"),
            (
                "pull access denied, repository does not exist or may require authorization",
                "image-denied",
            ),
            (
                "dial tcp: lookup registry.example.com: no such host",
                "image-registry-unreachable",
            ),
            (
                "dial tcp 192.0.2.1:443: i/o timeout",
                "image-registry-unreachable",
            ),
            ("manifest unknown", "image-not-found"),
            ("something else", "image-pull-failed"),
        ] {
            assert_eq!(classify(message), code, "{message}");
        }
    }
}
