//! `StatefulSet`: the pods above `partition` are of the new revision and all are ready. `OnDelete` waits for somebody to delete the old ones.

use super::{Readiness, Subject, of_pods, with_worst_pod};
use crate::track::read;

pub fn judge(subject: &Subject<'_>) -> Readiness {
    let object = subject.object;
    let desired = read::replicas(object);
    let count = |pointer| read::count(object, pointer);
    let all = count("/status/replicas");
    if desired == 0 && all == 0 {
        return Readiness::ready_but("scaled to 0: no pods are wanted");
    }
    let partition = count("/spec/updateStrategy/rollingUpdate/partition");
    let to_update = desired.saturating_sub(partition);
    let same = !read::text(object, "/status/updateRevision").is_empty()
        && read::text(object, "/status/updateRevision")
            == read::text(object, "/status/currentRevision");
    let updated = if same {
        all
    } else {
        count("/status/updatedReplicas")
    };
    let ready = count("/status/readyReplicas");
    if updated < to_update && read::text(object, "/spec/updateStrategy/type") == "OnDelete" {
        let old = usize::try_from(to_update - updated).unwrap_or(usize::MAX);
        return Readiness::waiting(format!(
            "updateStrategy is OnDelete: delete the {} yourself",
            crate::words::count(old, "old pod")
        ));
    }
    if updated < to_update {
        return with_worst_pod(subject, of_pods(updated, to_update, "of the new revision"));
    }
    if ready < desired {
        return with_worst_pod(subject, of_pods(ready, desired, "ready"));
    }
    if count("/spec/minReadySeconds") > 0 && count("/status/availableReplicas") < desired {
        return Readiness::waiting(format!(
            "{} for {}s (minReadySeconds)",
            of_pods(count("/status/availableReplicas"), desired, "ready"),
            count("/spec/minReadySeconds")
        ));
    }
    if all > desired {
        return Readiness::waiting(format!("{} more than wanted", all - desired));
    }
    if partition > 0 && to_update < desired {
        return Readiness::ready_but(format!(
            "{}, as partition {partition} asks",
            of_pods(to_update, desired, "updated")
        ));
    }
    Readiness::ready()
}
