//! Pods that a node or the cluster took away: evicted, pre-empted, lost. Replacements come by themselves, so none of this fails a rollout early.

use super::Finding;
use super::build::finding;
use super::case::{Case, condition, field};
use crate::track::read;

pub fn find(case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for pod in &case.pods {
        let reason = read::text(pod, "/status/reason");
        let message = read::clip(read::text(pod, "/status/message"));
        let node = read::text(pod, "/spec/nodeName");
        match reason {
            "Evicted" => found.push(
                finding(
                    case.id(),
                    "node-evicted",
                    format!("node {node} evicted a pod: {message}"),
                )
                .with(field(pod, "status.reason", reason)),
            ),
            "NodeLost" => found.push(
                finding(
                    case.id(),
                    "node-lost",
                    format!("node {node} does not answer"),
                )
                .with(field(pod, "status.reason", reason)),
            ),
            _ => {
                if let Some(target) = read::condition(pod, "DisruptionTarget")
                    && target.status == "True"
                {
                    found.push(
                        finding(
                            case.id(),
                            "node-disrupted",
                            format!("a pod on node {node} was taken away: {}", target.words()),
                        )
                        .with(condition(pod, &target)),
                    );
                }
            }
        }
    }
    found
}
