//! Job: Complete, never merely started.

use super::{Readiness, Subject, counts, with_worst_pod};
use crate::diagnose::build;
use crate::track::read;

pub fn judge(subject: &Subject<'_>) -> Readiness {
    let object = subject.object;
    if read::is(object, "Complete", "True") {
        return Readiness::ready_but(match read::condition(object, "SuccessCriteriaMet") {
            Some(met) if met.reason == "SuccessPolicy" => "its success policy is met".to_owned(),
            _ => String::new(),
        });
    }
    for condition in ["Failed", "FailureTarget"] {
        if let Some(failed) = read::condition(object, condition)
            && failed.status == "True"
        {
            return Readiness::Failed(Box::new(build::job_failed(subject, &failed)));
        }
    }
    if read::is(object, "SuccessCriteriaMet", "True") {
        return Readiness::waiting("succeeded; its last pods are ending");
    }
    if read::flag(object, "/spec/suspend") {
        return Readiness::waiting("suspended: nothing runs until `spec.suspend` is false");
    }
    let desired = counts(subject.id, object).map_or(1, |counts| counts.desired);
    let (succeeded, active, failed) = (
        read::count(object, "/status/succeeded"),
        read::count(object, "/status/active"),
        read::count(object, "/status/failed"),
    );
    let mut words = format!("{succeeded} of {desired} succeeded");
    if active > 0 {
        words = format!("{words}, {active} running");
    }
    if failed > 0 {
        words = format!("{words}, {failed} failed");
    }
    with_worst_pod(subject, words)
}
