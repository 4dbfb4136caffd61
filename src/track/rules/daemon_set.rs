//! `DaemonSet`: updated and available on every node that should have it. A node that is gone does not hold it up.

use serde_json::Value;

use super::{Readiness, Subject, of_pods, with_worst_pod};
use crate::manifest::ObjectId;
use crate::track::{pods, read};

pub fn judge(subject: &Subject<'_>) -> Readiness {
    let object = subject.object;
    let count = |pointer| read::count(object, pointer);
    let desired = count("/status/desiredNumberScheduled");
    let updated = count("/status/updatedNumberScheduled");
    let available = count("/status/numberAvailable");
    if read::number(object, "/status/desiredNumberScheduled").is_none() {
        return Readiness::waiting("waiting for the controller to count its nodes");
    }
    if desired == 0 {
        return Readiness::ready_but("no node should run it");
    }
    let lost = lost_pods(subject);
    if updated + lost.old < desired {
        if read::text(object, "/spec/updateStrategy/type") == "OnDelete" {
            let old = usize::try_from(desired - updated).unwrap_or(usize::MAX);
            return Readiness::waiting(format!(
                "updateStrategy is OnDelete: delete the {} yourself",
                crate::words::count(old, "old pod")
            ));
        }
        return with_worst_pod(subject, of_pods(updated, desired, "of the new revision"));
    }
    if available + lost.unavailable < desired {
        return with_worst_pod(subject, of_pods(available, desired, "ready"));
    }
    if available < desired || updated < desired {
        let nodes = usize::try_from(lost.unavailable.max(lost.old)).unwrap_or(usize::MAX);
        return Readiness::ready_but(format!(
            "not waiting for {} that is gone",
            crate::words::count(nodes, "node")
        ));
    }
    Readiness::ready()
}

#[derive(Default)]
struct Lost {
    unavailable: u32,
    old: u32,
}

/// Pods on nodes that are gone or silent.
fn lost_pods(subject: &Subject<'_>) -> Lost {
    let generation =
        subject.object["metadata"]["annotations"]["deprecated.daemonset.template.generation"]
            .as_str()
            .unwrap_or_default();
    let mut lost = Lost::default();
    for pod in subject.snapshot.pods(subject.object) {
        if pods::ready(pod) || !on_lost_node(subject, pod) {
            continue;
        }
        lost.unavailable += 1;
        let made_for = read::text(pod, "/metadata/labels/pod-template-generation");
        lost.old += u32::from(made_for != generation);
    }
    lost
}

fn on_lost_node(subject: &Subject<'_>, pod: &Value) -> bool {
    if read::text(pod, "/status/reason") == "NodeLost" {
        return true;
    }
    let node = read::text(pod, "/spec/nodeName");
    if node.is_empty() || subject.snapshot.unread("", "Node").is_some() {
        return false;
    }
    subject
        .snapshot
        .get(&ObjectId::new("", "Node", node))
        .is_none_or(|node| !read::is(node, "Ready", "True"))
}
