//! Pods in words: which of them holds a workload up, and why. Shared by rules and diagnosis.

use serde_json::Value;

use super::read;
use crate::words;

/// One container of a pod: its spec beside its status.
#[derive(Clone, Copy, Debug)]
pub struct Container<'a> {
    /// Its name.
    pub name: &'a str,
    /// `container`, `init container` or `sidecar`.
    pub role: &'static str,
    /// Its part of the pod's spec; null when unknown.
    pub spec: &'a Value,
    /// Its part of the pod's status.
    pub status: &'a Value,
}

impl<'a> Container<'a> {
    /// Reason of the waiting state, else empty.
    pub fn waiting(&self) -> &'a str {
        read::text(self.status, "/state/waiting/reason")
    }

    /// Message of the waiting state.
    pub fn waiting_message(&self) -> &'a str {
        read::text(self.status, "/state/waiting/message")
    }

    /// The newest end of this container: the present state when it has ended, else the last one.
    pub fn ended(&self) -> Option<&'a Value> {
        ["/state/terminated", "/lastState/terminated"]
            .iter()
            .find_map(|pointer| {
                self.status
                    .pointer(pointer)
                    .filter(|state| state.is_object())
            })
    }

    /// Whether it has ended and not been started again.
    pub fn down(&self) -> bool {
        self.status
            .pointer("/state/terminated")
            .is_some_and(Value::is_object)
    }
}

/// Every container that has a status, init containers first.
pub fn containers(pod: &Value) -> Vec<Container<'_>> {
    let mut found = Vec::new();
    for (specs, statuses, init) in [
        (
            "/spec/initContainers",
            "/status/initContainerStatuses",
            true,
        ),
        ("/spec/containers", "/status/containerStatuses", false),
    ] {
        for status in read::list(pod, statuses) {
            let name = read::text(status, "/name");
            let spec = read::list(pod, specs)
                .iter()
                .find(|spec| read::text(spec, "/name") == name)
                .unwrap_or(&Value::Null);
            let role = match (init, read::text(spec, "/restartPolicy")) {
                (true, "Always") => "sidecar",
                (true, _) => "init container",
                (false, _) => "container",
            };
            found.push(Container {
                name,
                role,
                spec,
                status,
            });
        }
    }
    found
}

/// Whether the pod is Ready.
pub fn ready(pod: &Value) -> bool {
    read::is(pod, "Ready", "True")
}

/// Whether the pod has run to its end.
pub fn finished(pod: &Value) -> bool {
    matches!(read::text(pod, "/status/phase"), "Succeeded" | "Failed")
}

/// What holds a pod up, without its name; `None` when nothing does.
pub fn trouble(pod: &Value) -> Option<(u8, String)> {
    if ready(pod) || read::text(pod, "/status/phase") == "Succeeded" {
        return None;
    }
    let mut worst: Option<(u8, String)> = None;
    let mut note = |weight: u8, words: String| {
        if worst.as_ref().is_none_or(|(known, _)| weight > *known) {
            worst = Some((weight, words));
        }
    };
    let reason = read::text(pod, "/status/reason");
    if !reason.is_empty() {
        note(
            8,
            format!(
                "{reason}: {}",
                read::clip(read::text(pod, "/status/message"))
            ),
        );
    }
    if let Some(scheduled) = read::condition(pod, "PodScheduled")
        && scheduled.status == "False"
    {
        note(
            6,
            format!("not scheduled: {}", read::clip(scheduled.message)),
        );
    }
    for container in containers(pod) {
        let (role, name) = (container.role, container.name);
        match container.waiting() {
            "" => {}
            quiet @ ("ContainerCreating" | "PodInitializing") => {
                note(1, format!("{role} {name} is waiting: {quiet}"));
            }
            loud => note(9, format!("{role} {name} is waiting: {loud}")),
        }
        let restarts = read::count(container.status, "/restartCount");
        if container.down() {
            let code = read::number(container.status, "/state/terminated/exitCode").unwrap_or(0);
            if code != 0 {
                let reason = read::text(container.status, "/state/terminated/reason");
                note(
                    8,
                    format!(
                        "{role} {name} has ended: {reason}, exit code {code}, {}",
                        words::count(restarts as usize, "restart")
                    ),
                );
            } else if role == "container" {
                note(4, format!("{role} {name} has ended with exit code 0"));
            }
        } else if container.status.pointer("/state/running").is_some() {
            if role == "init container" {
                note(2, format!("{role} {name} is running"));
            } else if !read::flag(container.status, "/ready") {
                note(3, format!("{role} {name} is running, not ready"));
            }
        }
    }
    if let Some(gate) = unmet_gate(pod) {
        note(3, format!("readiness gate {gate} is not met"));
    }
    Some(worst.unwrap_or_else(|| {
        let phase = match read::text(pod, "/status/phase") {
            "" => "not started",
            phase => phase,
        };
        (0, phase.to_owned())
    }))
}

fn unmet_gate(pod: &Value) -> Option<&str> {
    read::list(pod, "/spec/readinessGates")
        .iter()
        .map(|gate| read::text(gate, "/conditionType"))
        .find(|gate| !read::is(pod, gate, "True"))
}

/// The worst pod of several in words: `web-7d9-x2x1q: container web is waiting: ImagePullBackOff`.
pub fn worst<'a>(pods: impl IntoIterator<Item = &'a Value>) -> Option<String> {
    pods.into_iter()
        .filter(|pod| !read::terminating(pod))
        .filter_map(|pod| trouble(pod).map(|(weight, words)| (weight, read::name(pod), words)))
        .max_by(|one, other| (one.0, other.1).cmp(&(other.0, one.1)))
        .map(|(_, name, words)| format!("{name}: {words}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(name: &str, status: &Value) -> Value {
        json!({"kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [{"name": "web"}]}, "status": status})
    }

    #[test]
    fn the_worst_pod_speaks() {
        let pods = [
            pod(
                "a",
                &json!({"phase": "Pending", "containerStatuses": [{"name": "web", "state": {"waiting": {"reason": "ContainerCreating"}}}]}),
            ),
            pod(
                "b",
                &json!({"phase": "Pending", "containerStatuses": [{"name": "web", "state": {"waiting": {"reason": "ImagePullBackOff"}}}]}),
            ),
            pod(
                "c",
                &json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}),
            ),
        ];
        assert_eq!(
            worst(&pods).unwrap(),
            "b: container web is waiting: ImagePullBackOff"
        );
        assert_eq!(worst(&pods[2..]), None);
    }

    #[test]
    fn a_pod_without_status_is_not_started() {
        assert_eq!(worst([&pod("a", &json!(null))]).unwrap(), "a: not started");
    }
}
