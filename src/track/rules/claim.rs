//! `PersistentVolumeClaim`: Bound, or Pending because it waits for its first consumer and there is none yet.

use super::{Readiness, Subject};
use crate::diagnose::build;
use crate::manifest::ObjectId;
use crate::track::read;

pub fn judge(subject: &Subject<'_>) -> Readiness {
    let claim = subject.object;
    match read::text(claim, "/status/phase") {
        "Bound" => return Readiness::ready(),
        "Lost" => return Readiness::Failed(Box::new(build::claim_lost(subject))),
        _ => {}
    }
    let consumer = consumer(subject);
    match (waits_for_consumer(subject), consumer) {
        (true, None) => Readiness::ready_but("will be bound when the first pod uses it"),
        (true, Some(pod)) => Readiness::waiting(format!("waiting to be bound for pod {pod}")),
        (false, _) => Readiness::waiting("waiting to be bound"),
    }
}

fn waits_for_consumer(subject: &Subject<'_>) -> bool {
    let class = read::text(subject.object, "/spec/storageClassName");
    let class = subject
        .snapshot
        .get(&ObjectId::new("storage.k8s.io", "StorageClass", class));
    match class {
        Some(class) => read::text(class, "/volumeBindingMode") == "WaitForFirstConsumer",
        // Without the right to read classes, the controller's own event tells.
        None => subject
            .snapshot
            .events(subject.object)
            .iter()
            .any(|event| read::text(event, "/reason") == "WaitForFirstConsumer"),
    }
}

fn consumer<'a>(subject: &Subject<'a>) -> Option<&'a str> {
    let name = read::name(subject.object);
    subject
        .snapshot
        .of_kind("", "Pod")
        .filter(|(id, _)| id.namespace == subject.id.namespace)
        .find(|(_, pod)| {
            read::list(pod, "/spec/volumes")
                .iter()
                .any(|volume| read::text(volume, "/persistentVolumeClaim/claimName") == name)
        })
        .map(|(_, pod)| read::name(pod))
}
