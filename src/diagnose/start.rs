//! Containers that the runtime cannot start. Nothing that is tried again can mend a command that does not exist.

use super::build::finding;
use super::case::{Case, container as seen};
use super::{Finding, Severity};
use crate::track::read;

pub fn find(case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (pod, container) in case.containers() {
        let ended = container.ended();
        let reason = ended.map_or("", |ended| read::text(ended, "/reason"));
        let running = container.status.pointer("/state/running").is_some();
        let message = match (container.waiting(), reason) {
            ("RunContainerError" | "CreateContainerError" | "PostStartHookError", _) => {
                container.waiting_message()
            }
            (_, "StartError" | "ContainerCannotRun") if !running => {
                ended.map_or("", |ended| read::text(ended, "/message"))
            }
            _ => continue,
        };
        let code = classify(message);
        let who = format!("{} {}", container.role, container.name);
        let why = tail(message);
        let text = match code {
            "start-not-found" => format!("{who} cannot start: its command does not exist: {why}"),
            "start-permission" => {
                format!("{who} cannot start: its command may not be executed: {why}")
            }
            "start-architecture" => {
                format!("{who} cannot start: its program is built for another processor: {why}")
            }
            _ => format!("{who} cannot start: {why}"),
        };
        let mut one = finding(case.id(), code, text).with(seen(pod, &container));
        if passes_by_itself(message) {
            one = one.severity(Severity::Transient);
        }
        found.push(one);
    }
    found
}

fn classify(message: &str) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&["exec format error"]) {
        "start-architecture"
    } else if says(&[
        "executable file not found",
        "no such file or directory",
        "no command specified",
    ]) {
        "start-not-found"
    } else if says(&["permission denied", "operation not permitted"]) {
        "start-permission"
    } else {
        "start-failed"
    }
}

/// A runtime that is busy or remembers an earlier try.
fn passes_by_itself(message: &str) -> bool {
    [
        "context deadline exceeded",
        "is reserved for",
        "name is in use",
        "ttrpc: closed",
    ]
    .iter()
    .any(|word| message.contains(word))
}

/// What follows the runtime's chain of wrapped errors: `exec: "/app/server": executable file not found in $PATH`.
fn tail(message: &str) -> String {
    let from = message.find("exec: ").unwrap_or_else(|| {
        let parts = message.rmatch_indices(": ").nth(1);
        parts.map_or(0, |(at, separator)| at + separator.len())
    });
    read::clip(&message[from..])
}
