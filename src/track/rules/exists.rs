//! Kinds that are done once they are there, and the few that add a little to that.

use super::{Readiness, Subject};
use crate::track::read;

pub fn judge(_: &Subject<'_>) -> Readiness {
    Readiness::ready()
}

pub fn namespace(subject: &Subject<'_>) -> Readiness {
    match read::text(subject.object, "/status/phase") {
        "Active" => Readiness::ready(),
        "" => Readiness::waiting("waiting to become active"),
        phase => Readiness::waiting(format!("it is {phase}")),
    }
}

pub fn quota(subject: &Subject<'_>) -> Readiness {
    let keys = |pointer| {
        subject
            .object
            .pointer(pointer)
            .and_then(serde_json::Value::as_object)
            .map(|map| map.keys().collect::<Vec<_>>())
            .unwrap_or_default()
    };
    if keys("/spec/hard") == keys("/status/hard") {
        Readiness::ready()
    } else {
        Readiness::waiting("waiting for the controller to count what is used")
    }
}
