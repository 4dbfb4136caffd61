//! Deployment: every pod is of the new revision and available, and no old one is left.

use super::{Readiness, Subject, of_pods, with_worst_pod};
use crate::diagnose::build;
use crate::track::read;

pub fn judge(subject: &Subject<'_>) -> Readiness {
    let object = subject.object;
    let desired = read::replicas(object);
    let count = |pointer| read::count(object, pointer);
    let (all, updated) = (count("/status/replicas"), count("/status/updatedReplicas"));
    let (ready, available) = (
        count("/status/readyReplicas"),
        count("/status/availableReplicas"),
    );
    let done = updated >= desired && all <= updated && available >= desired;
    if read::flag(object, "/spec/paused") && !done {
        return Readiness::waiting(format!(
            "paused: {}",
            of_pods(updated, desired, "of the new revision")
        ));
    }
    if done && all <= desired {
        return if desired == 0 {
            Readiness::ready_but("scaled to 0: no pods are wanted")
        } else {
            Readiness::ready()
        };
    }
    // Its own progressDeadlineSeconds has passed; what is missing is said beside it.
    if let Some(progressing) = read::condition(object, "Progressing")
        && progressing.reason == "ProgressDeadlineExceeded"
    {
        return Readiness::Failed(Box::new(build::progress_deadline(subject, &progressing)));
    }
    if updated < desired {
        return with_worst_pod(subject, of_pods(updated, desired, "of the new revision"));
    }
    if ready < desired {
        return with_worst_pod(subject, of_pods(ready, desired, "ready"));
    }
    if all > updated {
        let old = usize::try_from(all - updated).unwrap_or(usize::MAX);
        return Readiness::waiting(format!(
            "{} still running",
            crate::words::count(old, "old pod")
        ));
    }
    if available < desired {
        return Readiness::waiting(format!(
            "{} for {}s (minReadySeconds)",
            of_pods(available, desired, "ready"),
            count("/spec/minReadySeconds")
        ));
    }
    Readiness::waiting(format!("{} more than wanted", all.saturating_sub(desired)))
}
