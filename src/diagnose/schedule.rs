//! Pods that fit no node: the scheduler's message taken apart.

use serde_json::Value;

use super::build::finding;
use super::case::{Case, condition, event};
use super::{Finding, Severity};
use crate::track::read;

pub fn find(case: &Case<'_>) -> Vec<Finding> {
    case.pods
        .iter()
        .filter_map(|pod| judge(case, pod))
        .collect()
}

fn judge<'a>(case: &Case<'a>, pod: &'a Value) -> Option<Finding> {
    let scheduled = read::condition(pod, "PodScheduled").filter(|found| found.status == "False")?;
    let evidence = condition(pod, &scheduled);
    if scheduled.reason == "SchedulingGated" {
        let text = "scheduling gates hold the pods back";
        return Some(finding(case.id(), "schedule-gated", text).with(evidence));
    }
    if let Some(name) = missing_claim(scheduled.message) {
        let text = format!("PersistentVolumeClaim {name} does not exist");
        return Some(finding(case.id(), "volume-claim-missing", text).with(evidence));
    }
    let reasons = reasons(scheduled.message);
    let code = reasons
        .iter()
        .map(|(_, reason)| classify(reason))
        .max_by_key(|(weight, _)| *weight)
        .map_or("schedule-other", |(_, code)| code);
    let why: Vec<String> = reasons
        .iter()
        .map(|(nodes, reason)| in_words(*nodes, reason, pod))
        .collect();
    let text = if why.is_empty() {
        format!("no node for the pods: {}", read::clip(scheduled.message))
    } else {
        format!("no node for the pods: {}", why.join("; "))
    };
    let scaling = case.events(pod, &["TriggeredScaleUp"]);
    if let Some(scaling) = scaling.first() {
        return Some(
            finding(
                case.id(),
                "schedule-scaling-up",
                format!("{text}; a node is being added"),
            )
            .with(evidence)
            .with(event(pod, scaling)),
        );
    }
    if !read::text(pod, "/status/nominatedNodeName").is_empty() {
        let text = format!("{text}; other pods are making room");
        return Some(finding(case.id(), "schedule-scaling-up", text).with(evidence));
    }
    let found = finding(case.id(), code, text).with(evidence);
    // Pods of this app that are on their way out may make the room.
    Some(if code == "schedule-resources" && room_is_coming(case) {
        found.severity(Severity::Transient)
    } else {
        found
    })
}

fn room_is_coming(case: &Case<'_>) -> bool {
    case.subject
        .snapshot
        .of_kind("", "Pod")
        .any(|(_, pod)| read::terminating(pod))
}

fn missing_claim(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("persistentvolumeclaim \"")?;
    let (name, after) = rest.split_once('"')?;
    after.contains("not found").then_some(name)
}

/// `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {a: b}. preemption: …` as (1, Insufficient cpu), (2, …).
fn reasons(message: &str) -> Vec<(u32, String)> {
    let Some((_, rest)) = message.split_once("nodes are available: ") else {
        return Vec::new();
    };
    let rest = rest
        .split(". ")
        .next()
        .unwrap_or(rest)
        .trim_end_matches('.');
    let mut found: Vec<(u32, String)> = Vec::new();
    for part in rest.split(", ") {
        match part
            .split_once(' ')
            .and_then(|(number, reason)| Some((number.parse().ok()?, reason)))
        {
            Some((nodes, reason)) => found.push((nodes, reason.to_owned())),
            // A comma inside a reason.
            None => {
                if let Some((_, last)) = found.last_mut() {
                    *last = format!("{last}, {part}");
                }
            }
        }
    }
    found
}

/// The code of one reason and its weight: what the pod asks for says more than what nodes keep away.
fn classify(reason: &str) -> (u8, &'static str) {
    let says = |word: &str| reason.contains(word);
    if says("Insufficient") {
        (9, "schedule-resources")
    } else if says("Too many pods") {
        (8, "schedule-pods")
    } else if says("volume") || says("PersistentVolumeClaim") {
        (7, "schedule-volume")
    } else if says("free ports") {
        (6, "schedule-port")
    } else if says("topology spread") {
        (5, "schedule-spread")
    } else if says("affinity") || says("selector") {
        (4, "schedule-affinity")
    } else if says("taint") {
        (3, "schedule-taints")
    } else {
        (0, "schedule-other")
    }
}

fn in_words(nodes: u32, reason: &str, pod: &Value) -> String {
    let count = crate::words::count(usize::try_from(nodes).unwrap_or(usize::MAX), "node");
    let Some(resource) = reason.strip_prefix("Insufficient ") else {
        return format!("{count}: {}", reason.trim_start_matches("node(s) "));
    };
    let asks: Vec<&str> = read::list(pod, "/spec/containers")
        .iter()
        .filter_map(|container| container["resources"]["requests"][resource].as_str())
        .collect();
    if asks.is_empty() {
        format!("{count}: too little {resource}")
    } else {
        format!(
            "{count}: too little {resource} (asked for: {})",
            asks.join(" + ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_taken_apart() {
        let message = "0/5 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {a: b}, 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/5 nodes are available: 5 Preemption is not helpful.";
        let found = reasons(message);
        assert_eq!(found[0], (1, "Insufficient cpu".to_owned()));
        assert_eq!(found.len(), 3);
        assert_eq!(classify(&found[1].1).1, "schedule-taints");
        assert_eq!(classify(&found[2].1).1, "schedule-affinity");
        assert!(reasons("no nodes available to schedule pods").is_empty());
    }

    #[test]
    fn a_missing_claim_is_named() {
        assert_eq!(
            missing_claim("persistentvolumeclaim \"data\" not found"),
            Some("data")
        );
    }
}
