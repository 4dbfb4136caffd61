//! `ReplicaSet` and `ReplicationController` that stand on their own: as many pods available as wanted.

use super::{Readiness, Subject, of_pods, with_worst_pod};
use crate::track::read;

pub fn judge(subject: &Subject<'_>) -> Readiness {
    let desired = read::replicas(subject.object);
    let all = read::count(subject.object, "/status/replicas");
    let available = read::count(subject.object, "/status/availableReplicas");
    if all > desired {
        return Readiness::waiting(format!("{} more than wanted", all - desired));
    }
    if available < desired {
        return with_worst_pod(subject, of_pods(available, desired, "ready"));
    }
    if desired == 0 {
        return Readiness::ready_but("scaled to 0: no pods are wanted");
    }
    Readiness::ready()
}
