//! Rollouts that hold themselves up: paused, `OnDelete`, suspended, an autoscaler without metrics, old pods that do not go.

use super::Finding;
use super::build::finding;
use super::case::{Case, condition, field};
use crate::track::read;

/// Seconds after which a pod that is being deleted is worth a remark.
const LONG: i64 = 60;

pub fn find(case: &Case<'_>) -> Vec<Finding> {
    let object = case.subject.object;
    let mut found = Vec::new();
    match object["kind"].as_str().unwrap_or_default() {
        "Deployment" if read::flag(object, "/spec/paused") => {
            let updated = read::count(object, "/status/updatedReplicas");
            if updated < read::replicas(object) {
                let text = "the Deployment is paused, so no pods of the new revision are made";
                found.push(finding(case.id(), "paused", text).with(field(
                    object,
                    "spec.paused",
                    "true",
                )));
            }
        }
        "StatefulSet" | "DaemonSet"
            if read::text(object, "/spec/updateStrategy/type") == "OnDelete"
                && !case.old.is_empty() =>
        {
            let names: Vec<&str> = case.old.iter().take(5).map(|pod| read::name(pod)).collect();
            let text = "updateStrategy is OnDelete: old pods stay until somebody deletes them";
            found.push(
                finding(case.id(), "on-delete", text)
                    .with(field(object, "spec.updateStrategy.type", "OnDelete"))
                    .next(format!("kubectl delete pod {}", names.join(" "))),
            );
        }
        "Job" if read::flag(object, "/spec/suspend") => {
            found.push(
                finding(case.id(), "job-suspended", "the Job is suspended").with(field(
                    object,
                    "spec.suspend",
                    "true",
                )),
            );
        }
        "HorizontalPodAutoscaler" => {
            for name in ["AbleToScale", "ScalingActive"] {
                if let Some(seen) = read::condition(object, name)
                    && seen.status == "False"
                {
                    found.push(
                        finding(case.id(), "autoscaler-metrics", seen.words())
                            .with(condition(object, &seen)),
                    );
                }
            }
        }
        _ => {}
    }
    found.extend(held(case));
    found
}

/// Pods that are being deleted for long.
fn held(case: &Case<'_>) -> Option<Finding> {
    let now = case.subject.now.as_second();
    let pods = case.subject.snapshot.pods(case.subject.object);
    let (pod, age) = pods
        .into_iter()
        .filter_map(|pod| {
            let grace = read::number(pod, "/metadata/deletionGracePeriodSeconds").unwrap_or(0);
            let deleted = read::time(pod, "/metadata/deletionTimestamp")?;
            // deletionTimestamp is when the grace ends.
            Some((pod, now - deleted.as_second() + grace))
        })
        .max_by_key(|(_, age)| *age)
        .filter(|(_, age)| *age > LONG)?;
    let finalizers: Vec<&str> = read::list(pod, "/metadata/finalizers")
        .iter()
        .filter_map(serde_json::Value::as_str)
        .collect();
    let why = if finalizers.is_empty() {
        String::new()
    } else {
        format!("; held by {}", finalizers.join(", "))
    };
    let text = format!("pod {} has been ending for {age}s{why}", read::name(pod));
    Some(finding(case.id(), "terminating-held", text).with(field(
        pod,
        "metadata.deletionTimestamp",
        read::text(pod, "/metadata/deletionTimestamp"),
    )))
}
