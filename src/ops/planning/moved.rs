//! Whether a plan still holds: nothing moved since it was made, and it is the one that was reviewed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::live::{self, Place};
use crate::cluster::{Cluster, Kind};
use crate::error::{Failure, Result};
use crate::manifest::ObjectId;
use crate::plan::jobs::PlannedJob;
use crate::plan::{Action, Plan, Step, draft};
use crate::words;

/// Whether the objects of a plan are as they were when it was made. Their status does not count.
pub async fn check_unmoved(cluster: &Cluster, plan: &Plan) -> Result<bool> {
    let kinds = cluster.kinds().await?;
    let known: Vec<(&Step, &Kind)> = plan
        .steps
        .iter()
        .filter_map(|step| Some((step, kinds.of(&step.object)?)))
        .collect();
    let places: Vec<Place<'_>> = known
        .iter()
        .map(|(step, kind)| (&step.object, *kind))
        .collect();
    let now = live::metadata(cluster, &plan.app, &places).await?;
    Ok(known
        .iter()
        .all(|(step, _)| now.get(&step.object).map(draft::fingerprint) == step.seen))
}

/// Whether a plan made now is the one that was reviewed.
///
/// # Errors
/// Names the first objects that differ.
pub fn check_reviewed(reviewed: &Plan, now: &Plan) -> Result<()> {
    let shape = |plan: &Plan| -> BTreeMap<ObjectId, Value> {
        let masked = plan.masked();
        masked
            .steps
            .iter()
            .filter(|step| step.is_sent() || step.action == Action::Delete)
            .map(|step| {
                (
                    step.object.clone(),
                    serde_json::json!([step.action, step.digest(), step.changes, step.seen]),
                )
            })
            .collect()
    };
    let jobs = |plan: &Plan| -> Vec<Value> {
        let job = |job: &PlannedJob| serde_json::json!([job.job, job.when, job.needs, job.desired]);
        plan.jobs.iter().map(job).collect()
    };
    let (before, after) = (shape(reviewed), shape(now));
    let differ: BTreeSet<String> = before
        .keys()
        .chain(after.keys())
        .filter(|id| before.get(id) != after.get(id))
        .map(ToString::to_string)
        .collect();
    let same_jobs = jobs(reviewed) == jobs(now);
    if differ.is_empty() && same_jobs && reviewed.head == now.head {
        return Ok(());
    }
    let what = if !same_jobs {
        "other jobs would run now".to_owned()
    } else if differ.is_empty() {
        "another release was made".to_owned()
    } else {
        let names: Vec<&String> = differ.iter().take(5).collect();
        format!(
            "{} would be handled differently now",
            words::list(&names, "and")
        )
    };
    Err(Failure::cluster(format!("the cluster or the inputs moved on since the plan was reviewed: {what}; nothing was written"))
        .hint("make a new plan with `deploy plan --out FILE` and have it reviewed"))
}
