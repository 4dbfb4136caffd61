//! Pods that never exist: what the API server answered to the controller that wanted to create them.

use super::build::finding;
use super::case::{Case, condition, event};
use super::{Evidence, Finding, Severity};
use crate::track::read;

pub fn find(case: &Case<'_>) -> Vec<Finding> {
    let Some((message, evidence)) = refused(case) else {
        return Vec::new();
    };
    let code = classify(&message);
    let words = tail(&message);
    let text = if code == "create-pod-security" {
        format!("pods are not created: Pod Security forbids them: {words}")
    } else {
        format!("pods are not created: {words}")
    };
    let mut found = finding(case.id(), code, text).with(evidence);
    if code == "create-quota" {
        found = weigh_quota(case, found, &message);
    }
    vec![found]
}

/// The newest refusal that still holds: pods are missing, and nothing was created since.
fn refused(case: &Case<'_>) -> Option<(String, Evidence)> {
    let object = case.subject.object;
    let kind = object["kind"].as_str().unwrap_or_default();
    if !matches!(
        kind,
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job"
    ) {
        return None;
    }
    if let Some(failure) =
        read::condition(object, "ReplicaFailure").filter(|found| found.status == "True")
    {
        return Some((failure.message.to_owned(), condition(object, &failure)));
    }
    if !lacks_pods(case) {
        return None;
    }
    let makers = case
        .subject
        .snapshot
        .owned(object)
        .filter(|(id, _)| id.is("ReplicaSet"))
        .map(|(_, set)| set)
        .filter(|set| read::replicas(set) > read::count(set, "/status/replicas"));
    makers.chain([object]).find_map(|maker| {
        let newest = *case
            .events(maker, &["FailedCreate", "SuccessfulCreate"])
            .first()?;
        (read::text(newest, "/reason") == "FailedCreate").then(|| {
            (
                read::text(newest, "/message").to_owned(),
                event(maker, newest),
            )
        })
    })
}

fn lacks_pods(case: &Case<'_>) -> bool {
    let object = case.subject.object;
    let pods = u32::try_from(case.pods.len()).unwrap_or(u32::MAX);
    match object["kind"].as_str().unwrap_or_default() {
        "DaemonSet" => pods < read::count(object, "/status/desiredNumberScheduled"),
        "Job" => pods == 0,
        _ => pods < read::replicas(object),
    }
}

fn classify(message: &str) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&["exceeded quota", "failed quota"]) {
        "create-quota"
    } else if says(&["violates PodSecurity"]) {
        "create-pod-security"
    } else if says(&["failed calling webhook", "failed to call webhook"]) {
        "create-webhook-unreachable"
    } else if says(&["denied the request", "ValidatingAdmissionPolicy"]) {
        "create-webhook-denied"
    } else if says(&["no PriorityClass with name"]) {
        "create-priority-class"
    } else if message.contains("serviceaccount \"") && message.contains("not found") {
        "create-service-account"
    } else if says(&[
        "usage per Container",
        "usage per Pod",
        "limit to request ratio per",
    ]) {
        "create-limit-range"
    } else {
        "create-failed"
    }
}

/// Certain when one pod alone is too big; transient while pods of this app are ending or old ones may still go.
fn weigh_quota(case: &Case<'_>, found: Finding, message: &str) -> Finding {
    if message.contains("must specify") || alone_too_big(message) {
        return found.severity(Severity::Permanent);
    }
    let ending = case
        .subject
        .snapshot
        .of_kind("", "Pod")
        .any(|(_, pod)| read::terminating(pod));
    if ending {
        found.severity(Severity::Transient)
    } else {
        found
    }
}

/// `requested: limits.cpu=2, used: limits.cpu=0, limited: limits.cpu=1`: a resource of which nothing is used, or a count limited to 0.
fn alone_too_big(message: &str) -> bool {
    let part = |name: &str| {
        message
            .split_once(name)
            .map(|(_, rest)| rest.split(": ").next().unwrap_or(rest))
            .unwrap_or_default()
            .split([',', ' '])
            .filter_map(|pair| pair.split_once('='))
            .map(|(_, value)| value.to_owned())
            .collect::<Vec<String>>()
    };
    let used = part("used: ");
    !used.is_empty() && used.iter().all(|value| value == "0")
}

/// Without the controller's preamble: `pods "web-" is forbidden: exceeded quota …` → `exceeded quota …`.
fn tail(message: &str) -> String {
    let text = message
        .split_once("is forbidden: ")
        .map_or(message, |(_, rest)| rest);
    read::clip(text.trim_start_matches("Error creating: "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart() {
        for (message, code) in [
            (
                "pods \"web-1\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0",
                "create-quota",
            ),
            (
                "pods \"web-1\" is forbidden: violates PodSecurity \"restricted:latest\": x",
                "create-pod-security",
            ),
            (
                "pods \"web-1\" is forbidden: error looking up service account shop/x: serviceaccount \"x\" not found",
                "create-service-account",
            ),
            (
                "pods \"web-1\" is forbidden: no PriorityClass with name high was found",
                "create-priority-class",
            ),
            (
                "pods \"web-1\" is forbidden: maximum cpu usage per Container is 1, but limit is 2",
                "create-limit-range",
            ),
            (
                "admission webhook \"p.example.com\" denied the request: no",
                "create-webhook-denied",
            ),
            (
                "Internal error occurred: failed calling webhook \"p\": refused",
                "create-webhook-unreachable",
            ),
        ] {
            assert_eq!(classify(message), code, "{message}");
        }
    }

    #[test]
    fn a_pod_that_is_too_big_by_itself() {
        assert!(alone_too_big(
            "exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0"
        ));
        assert!(!alone_too_big(
            "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2"
        ));
    }
}
