//! Containers that start and end: exit codes and what they mean, out of memory, processes that end though they should not.
//!
//! Decided by restarts growing with a terminated state or last state: a kubelet shows the word `CrashLoopBackOff` late.

use serde_json::Value;

use super::build::finding;
use super::case::{Case, container as seen, event, field};
use super::{Finding, Severity};
use crate::track::pods::Container;
use crate::track::read;

/// The restart within a run at which a crash loop is certain: some 30 s, with the kubelet's back-off.
pub const RESTARTS: u32 = 3;

pub fn find(case: &Case<'_>) -> Vec<Finding> {
    if case.subject.object["kind"] == "Job" {
        // Failing pods of a Job count against its own limit, which decides; until then its words tell.
        return Vec::new();
    }
    case.containers()
        .filter_map(|(pod, container)| judge(case, pod, &container))
        .collect()
}

fn judge<'a>(case: &Case<'a>, pod: &'a Value, container: &Container<'a>) -> Option<Finding> {
    let ended = container.ended()?;
    let reason = read::text(ended, "/reason");
    let exit = read::number(ended, "/exitCode")?;
    let restarts = case.restarts(pod, container);
    let now_down = container.down() || !container.waiting().is_empty();
    if (restarts == 0 && !now_down) || matches!(reason, "StartError" | "ContainerCannotRun") {
        return None;
    }
    if matches!(
        read::text(pod, "/status/reason"),
        "Evicted" | "NodeLost" | "Preempting"
    ) {
        return None;
    }
    let init = container.role == "init container";
    let keeps_running = !init && matches!(read::text(pod, "/spec/restartPolicy"), "" | "Always");
    let who = format!("{} {}", container.role, container.name);
    let again = match restarts {
        0 => String::new(),
        number => format!(", restarts: {number}"),
    };
    let mut found = if exit == 0 && reason != "OOMKilled" {
        if !keeps_running {
            return None;
        }
        let text = format!("{who} ends with exit code 0 though it should keep running{again}");
        finding(case.id(), "crash-completed", text)
    } else if let Some((code, probe)) = killed_by_probe(case, pod, container, exit) {
        let text = format!("{who} is killed because its {probe} fails{again}");
        case.events(pod, &["Unhealthy"])
            .into_iter()
            .take(1)
            .fold(finding(case.id(), code, text), |finding, unhealthy| {
                finding.with(event(pod, unhealthy))
            })
    } else if reason == "OOMKilled" {
        let limit = read::text(container.spec, "/resources/limits/memory");
        let text = match limit {
            "" => format!(
                "{who} is killed because the node ran out of memory; it has no limit of its own{again}"
            ),
            limit => {
                format!("{who} is killed for using more memory than its limit of {limit}{again}")
            }
        };
        let path = format!(
            "spec.containers[name={}].resources.limits.memory",
            container.name
        );
        let limit = if limit.is_empty() { "none" } else { limit };
        finding(case.id(), "crash-out-of-memory", text).with(field(pod, &path, limit))
    } else {
        finding(
            case.id(),
            "crash-loop",
            format!("{who} {}{again}", ending(container)),
        )
    };
    if restarts >= RESTARTS {
        found = found.severity(Severity::Permanent);
    }
    found.evidence.insert(0, seen(pod, container));
    Some(found)
}

/// `ended with exit code 137 (killed by SIGKILL)`.
pub fn ending(container: &Container<'_>) -> String {
    let Some(ended) = container.ended() else {
        return "has not ended".to_owned();
    };
    let exit = read::number(ended, "/exitCode").unwrap_or_default();
    let mut text = format!("ended with exit code {exit}");
    if read::text(ended, "/reason") == "OOMKilled" {
        text += " (out of memory)";
    } else if let Some(meaning) = meaning(exit) {
        text = format!("{text} ({meaning})");
    }
    if let (Some(started), Some(finished)) = (
        read::time(ended, "/startedAt"),
        read::time(ended, "/finishedAt"),
    ) && let Ok(lived) = std::time::Duration::try_from(finished.duration_since(started))
        && started.as_second() > 0
    {
        text = match lived.as_secs() {
            0 | 1 => format!("{text} right after its start"),
            seconds => format!(
                "{text} after {}",
                crate::words::duration(std::time::Duration::from_secs(seconds)).replace(".0s", "s")
            ),
        };
    }
    match read::text(ended, "/message") {
        "" => text,
        message => format!("{text}: {}", read::clip(message)),
    }
}

/// What an exit code means where that is agreed on.
pub fn meaning(exit: i64) -> Option<&'static str> {
    Some(match exit {
        1 => "the app reported an error",
        2 => "wrong use of a command, or an error of the app",
        126 => "the command may not be executed",
        127 => "the command does not exist",
        128 => "the container did not start",
        130 => "interrupted by SIGINT",
        134 => "aborted, SIGABRT",
        135 => "bus error, SIGBUS",
        136 => "arithmetic error, SIGFPE",
        137 => "killed, SIGKILL",
        139 => "segmentation fault, SIGSEGV",
        143 => "stopped by SIGTERM",
        _ => return None,
    })
}

/// A kill after failed liveness or startup probes looks like a crash but is none.
fn killed_by_probe<'a>(
    case: &Case<'a>,
    pod: &'a Value,
    container: &Container<'_>,
    exit: i64,
) -> Option<(&'static str, &'static str)> {
    if !matches!(exit, 137 | 143 | 2 | 1 | 130) {
        return None;
    }
    let killed = case
        .events(pod, &["Killing"])
        .into_iter()
        .map(|event| read::text(event, "/message"))
        .find(|message| {
            message.contains(&format!("ontainer {} failed", container.name))
                || message.contains(&format!("ontainer {} ", container.name))
        })?;
    if killed.contains("liveness probe") {
        Some(("probe-liveness", "liveness probe"))
    } else if killed.contains("startup probe") {
        Some(("probe-startup", "startup probe"))
    } else {
        None
    }
}
