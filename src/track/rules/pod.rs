//! Bare Pod: Succeeded, or Ready when it should keep running.

use super::{Readiness, Subject};
use crate::diagnose::build;
use crate::track::{pods, read};

pub fn judge(subject: &Subject<'_>) -> Readiness {
    let pod = subject.object;
    match read::text(pod, "/status/phase") {
        "Succeeded" => return Readiness::ready_but("has run to its end"),
        "Failed" => return Readiness::Failed(Box::new(build::pod_failed(subject))),
        _ => {}
    }
    let keeps_running = matches!(read::text(pod, "/spec/restartPolicy"), "" | "Always");
    if keeps_running && pods::ready(pod) {
        return Readiness::ready();
    }
    Readiness::waiting(match pods::trouble(pod) {
        Some((_, words)) => words,
        None => "running; done when it has run to its end".to_owned(),
    })
}
