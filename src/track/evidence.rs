//! The one step of diagnosis that asks the API: the end of the log of the container that failed.

use serde_json::Value;

use super::pods;
use super::read;
use super::snapshot::Snapshot;
use crate::cluster::Cluster;
use crate::diagnose::{Evidence, Finding};
use crate::manifest::ObjectId;

/// Lines of each log.
const LINES: u32 = 20;
/// Bytes of each log.
const BYTES: u32 = 64 * 1024;
/// Logs in all: the reader wants one that tells, not all of them.
const MOST: usize = 6;

/// Adds log tails to findings that speak of a container. A log that cannot be read is left out: it must not hide the finding.
pub async fn evidence(cluster: &Cluster, findings: &mut [Finding], snapshot: &Snapshot) {
    let mut fetched = 0;
    for finding in findings {
        let Some((pod, container)) = culprit(finding, snapshot) else {
            continue;
        };
        if fetched == MOST {
            return;
        }
        fetched += 1;
        for previous in order(snapshot, finding, &pod, &container) {
            let log = cluster.log(&pod, &container, previous, LINES, BYTES).await;
            let lines: Vec<String> = match log {
                Ok(Some(text)) => text.lines().map(read::clip).collect(),
                _ => Vec::new(),
            };
            if !lines.is_empty() {
                finding.evidence.push(Evidence::Log {
                    pod,
                    container,
                    previous,
                    lines,
                });
                break;
            }
        }
    }
}

/// The pod and container whose log may tell more: one that has run.
fn culprit(finding: &Finding, snapshot: &Snapshot) -> Option<(String, String)> {
    // Logs of other namespaces are not ours to read.
    if finding.object.namespace.is_some() {
        return None;
    }
    finding.evidence.iter().find_map(|evidence| match evidence {
        Evidence::Container {
            pod,
            container,
            exit_code: Some(_),
            ..
        } => Some((pod.clone(), container.clone())),
        Evidence::Event { object, .. } if finding.code.starts_with("probe-") => {
            let name = object.strip_prefix("Pod/")?;
            let pod = snapshot.get(&ObjectId::new("", "Pod", name))?;
            let container = pods::containers(pod).into_iter().find(|container| {
                container.role != "init container" && !read::flag(container.status, "/ready")
            })?;
            Some((name.to_owned(), container.name.to_owned()))
        }
        _ => None,
    })
}

/// Which instance's log to try first. While the container is down the current log is the failed one's; once it waits or
/// runs again, the previous one is.
fn order(snapshot: &Snapshot, finding: &Finding, pod: &str, container: &str) -> Vec<bool> {
    let pod = snapshot.get(&ObjectId::new("", "Pod", pod));
    let status = pod
        .map(pods::containers)
        .unwrap_or_default()
        .into_iter()
        .find(|found| found.name == container)
        .map_or(&Value::Null, |found| found.status);
    let down = status
        .pointer("/state/terminated")
        .is_some_and(Value::is_object);
    if finding.code == "probe-readiness" || read::count(status, "/restartCount") == 0 {
        return vec![false];
    }
    if down {
        vec![false, true]
    } else {
        vec![true, false]
    }
}
