//! Findings in the making: severity and next step come from the table. And the few that a readiness rule itself decides.

use serde_json::Value;

use super::case::{condition, container, event, field};
use super::{Finding, Severity, catalogue};
use crate::manifest::ObjectId;
use crate::track::pods;
use crate::track::read::{self, Condition};
use crate::track::rules::Subject;

/// A finding with the severity and next step of its code.
pub fn finding(id: &ObjectId, code: &str, message: impl Into<String>) -> Finding {
    let cause = catalogue::explain(code);
    Finding {
        code: code.to_owned(),
        severity: cause.map_or(Severity::Transient, |cause| cause.severity),
        object: id.clone(),
        message: message.into(),
        evidence: Vec::new(),
        next: cause.map_or("", |cause| cause.next).to_owned(),
    }
}

/// A Deployment's own deadline has passed.
pub fn progress_deadline(subject: &Subject<'_>, progressing: &Condition<'_>) -> Finding {
    let seconds = read::count(subject.object, "/spec/progressDeadlineSeconds");
    let worst = pods::worst(subject.snapshot.pods(subject.object))
        .map(|worst| format!("; {worst}"))
        .unwrap_or_default();
    finding(
        subject.id,
        "progress-deadline",
        format!("made no progress within its progressDeadlineSeconds of {seconds}{worst}"),
    )
    .with(condition(subject.object, progressing))
}

/// A Job has failed: why, and how its last pod ended.
pub fn job_failed(subject: &Subject<'_>, failed: &Condition<'_>) -> Finding {
    let code = match failed.reason {
        "BackoffLimitExceeded" => "job-backoff-limit",
        "DeadlineExceeded" => "job-deadline",
        "PodFailurePolicy" => "job-pod-failure-policy",
        "FailedIndexes" | "MaxFailedIndexesExceeded" => "job-failed-indexes",
        _ => "job-failed",
    };
    let ends = failed_containers(subject);
    let how = ends.first().map_or_else(
        || read::clip(failed.message),
        |(_, container)| format!("{} {}", container.name, super::crash::ending(container)),
    );
    let words = match code {
        "job-backoff-limit" => {
            let limit = read::number(subject.object, "/spec/backoffLimit").unwrap_or(6);
            format!("the Job failed more often than its backoffLimit of {limit} allows: {how}")
        }
        "job-deadline" => format!(
            "the Job ran longer than its activeDeadlineSeconds of {}: {how}",
            read::count(subject.object, "/spec/activeDeadlineSeconds")
        ),
        "job-pod-failure-policy" => format!("the Job's pod failure policy ended it: {how}"),
        "job-failed-indexes" => format!(
            "indexes {} of the Job failed: {how}",
            read::text(subject.object, "/status/failedIndexes")
        ),
        _ => format!("the Job failed: {how}"),
    };
    ends.iter().take(3).fold(
        finding(subject.id, code, words).with(condition(subject.object, failed)),
        |finding, (pod, ended)| finding.with(container(pod, ended)),
    )
}

/// A bare pod has failed.
pub fn pod_failed(subject: &Subject<'_>) -> Finding {
    let ends = failed_containers(subject);
    let reason = read::text(subject.object, "/status/reason");
    let words = match ends.first() {
        Some((_, container)) if reason.is_empty() => {
            format!("{} {}", container.name, super::crash::ending(container))
        }
        _ if reason.is_empty() => "the pod failed".to_owned(),
        _ => format!(
            "the pod failed: {reason}: {}",
            read::clip(read::text(subject.object, "/status/message"))
        ),
    };
    ends.iter().take(3).fold(
        finding(subject.id, "pod-failed", words),
        |finding, (pod, ended)| finding.with(container(pod, ended)),
    )
}

/// Containers that ended with a failing exit, in the pods that ended last first.
fn failed_containers<'a>(subject: &Subject<'a>) -> Vec<(&'a Value, pods::Container<'a>)> {
    let mut ends: Vec<_> = subject
        .snapshot
        .pods(subject.object)
        .into_iter()
        .flat_map(|pod| {
            pods::containers(pod)
                .into_iter()
                .map(move |container| (pod, container))
        })
        .filter_map(|(pod, container)| {
            let ended = container.ended()?;
            (read::number(ended, "/exitCode") != Some(0))
                .then(|| (read::time(ended, "/finishedAt"), pod, container))
        })
        .collect();
    ends.sort_by_key(|(finished, _, _)| std::cmp::Reverse(*finished));
    ends.into_iter()
        .map(|(_, pod, container)| (pod, container))
        .collect()
}

/// A `CronJob` whose schedule cannot be read.
pub fn invalid_schedule(subject: &Subject<'_>, message: &str) -> Finding {
    finding(subject.id, "cron-schedule", message).with(field(
        subject.object,
        "spec.schedule",
        read::text(subject.object, "/spec/schedule"),
    ))
}

/// A claim whose volume is gone.
pub fn claim_lost(subject: &Subject<'_>) -> Finding {
    let volume = read::text(subject.object, "/spec/volumeName");
    let lost = finding(
        subject.id,
        "volume-claim-lost",
        format!("its volume {volume} is gone"),
    );
    subject
        .snapshot
        .events(subject.object)
        .into_iter()
        .rev()
        .take(1)
        .fold(lost, |finding, seen| {
            finding.with(event(subject.object, seen))
        })
}

/// A `CustomResourceDefinition` whose names are taken.
pub fn names_not_accepted(subject: &Subject<'_>, names: &Condition<'_>) -> Finding {
    finding(subject.id, "names-not-accepted", names.words()).with(condition(subject.object, names))
}

/// A custom resource says that it has failed.
pub fn custom_failed(subject: &Subject<'_>, words: &str) -> Finding {
    let conditions = read::conditions(subject.object, "/status/conditions")
        .filter(|condition| condition.name == "Stalled" || condition.status != "True")
        .take(2);
    conditions.fold(
        finding(subject.id, "custom-failed", words),
        |finding, seen| finding.with(condition(subject.object, &seen)),
    )
}
