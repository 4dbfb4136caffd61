//! Readiness that never comes: the probe's own answer. Containers that probes kill are told in `crash`, by their restarts.

use serde_json::Value;

use super::Finding;
use super::build::finding;
use super::case::{Case, event, field};
use crate::track::pods::{self, Container};
use crate::track::read;

pub fn find(case: &Case<'_>) -> Vec<Finding> {
    case.pods
        .iter()
        .filter(|pod| !pods::ready(pod) && !pods::finished(pod))
        .filter_map(|pod| judge(case, pod))
        .collect()
}

fn judge<'a>(case: &Case<'a>, pod: &'a Value) -> Option<Finding> {
    let failed = *case.events(pod, &["Unhealthy"]).first()?;
    let message = read::text(failed, "/message");
    let (probe, code) = [
        ("readinessProbe", "probe-readiness"),
        ("livenessProbe", "probe-liveness"),
        ("startupProbe", "probe-startup"),
    ]
    .into_iter()
    .find(|(probe, _)| {
        message
            .to_lowercase()
            .starts_with(&probe.to_lowercase().replace("probe", " probe"))
    })?;
    // A container that this probe has killed is told by its end.
    if code != "probe-readiness"
        && pods::containers(pod)
            .iter()
            .any(|container| container.down() || case.restarts(pod, container) > 0)
    {
        return None;
    }
    let path = read::text(failed, "/involvedObject/fieldPath");
    let container = pods::containers(pod).into_iter().find(|container| {
        container.spec.get(probe).is_some()
            && (path.is_empty() || path.contains(&format!("{{{}}}", container.name)))
    });
    let answer = answer(message);
    let what = probe.trim_end_matches("Probe");
    let Some(container) = container else {
        let text = format!("the {what} probe fails: {answer}");
        return Some(finding(case.id(), code, text).with(event(pod, failed)));
    };
    let target = target(&container.spec[probe]);
    let text = format!(
        "container {}: the {what} probe{target} fails: {answer}",
        container.name
    );
    let found = finding(case.id(), code, text).with(event(pod, failed));
    Some(match ports(&container) {
        Some(ports) => found.with(field(
            pod,
            &format!("spec.containers[name={}].ports", container.name),
            ports,
        )),
        None => found,
    })
}

/// ` GET /healthz on port http`.
fn target(probe: &Value) -> String {
    let port = |of: &str| {
        let port = &probe[of]["port"];
        port.as_str()
            .map_or_else(|| port.to_string(), str::to_owned)
    };
    if probe["httpGet"].is_object() {
        let path = read::text(probe, "/httpGet/path");
        format!(" GET {path} on port {}", port("httpGet"))
    } else if probe["tcpSocket"].is_object() {
        format!(" on port {}", port("tcpSocket"))
    } else if probe["grpc"].is_object() {
        format!(" (gRPC) on port {}", port("grpc"))
    } else {
        String::new()
    }
}

/// What the probe met, in words.
fn answer(message: &str) -> String {
    let detail = message
        .split_once("probe failed: ")
        .map_or(message, |(_, rest)| rest);
    if let Some((_, code)) = message.split_once("statuscode: ") {
        return format!("answered {}", read::clip(code));
    }
    if message.contains("connection refused") {
        return "nothing listens there (connection refused)".to_owned();
    }
    if message.contains("deadline exceeded")
        || message.contains("Client.Timeout")
        || message.contains("timed out")
    {
        return "no answer in time".to_owned();
    }
    read::clip(detail)
}

fn ports(container: &Container<'_>) -> Option<String> {
    let ports: Vec<String> = read::list(container.spec, "/ports")
        .iter()
        .map(|port| {
            let number = port["containerPort"].to_string();
            match read::text(port, "/name") {
                "" => number,
                name => format!("{name}={number}"),
            }
        })
        .collect();
    (!ports.is_empty()).then(|| ports.join(", "))
}

#[cfg(test)]
mod tests {
    use super::answer;

    #[test]
    fn answers() {
        for (message, words) in [
            (
                "Readiness probe failed: HTTP probe failed with statuscode: 503",
                "answered 503",
            ),
            (
                "Readiness probe failed: Get \"http://10.0.0.1:8080/\": dial tcp 10.0.0.1:8080: connect: connection refused",
                "nothing listens there (connection refused)",
            ),
            (
                "Readiness probe failed: Get \"http://10.0.0.1/\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
                "no answer in time",
            ),
            ("Readiness probe failed: psql: error", "psql: error"),
        ] {
            assert_eq!(answer(message), words);
        }
    }
}
