//! `HorizontalPodAutoscaler`: never holds a rollout up. A missing metric is said, not waited for.

use super::{Readiness, Subject};
use crate::track::read;

pub fn judge(subject: &Subject<'_>) -> Readiness {
    for condition in ["AbleToScale", "ScalingActive"] {
        if let Some(found) = read::condition(subject.object, condition)
            && found.status == "False"
        {
            return Readiness::ready_but(format!("does not scale yet: {}", found.words()));
        }
    }
    Readiness::ready()
}
