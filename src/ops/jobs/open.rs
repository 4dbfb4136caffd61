//! Jobs that have not ended: left by a run that was cut off, or given up because their pods cannot start.

use serde_json::Value;

use crate::cluster::{Cluster, Delete, Kind, Propagation};
use crate::error::{Failure, Result};
use crate::event::{Event, Events};
use crate::manifest::job::{JOB_LABEL, RELEASE_LABEL};
use crate::manifest::{APP_LABEL, KIND_LABEL, ObjectId};
use crate::ops::applying::{Gate, wait_for};

/// The Jobs of an app's releases that have not ended; of one job in deploy.yaml, when it is named.
pub async fn find(
    cluster: &Cluster,
    app: &str,
    job: Option<&str>,
) -> Result<Vec<(ObjectId, Value)>> {
    let mut labels = format!("{APP_LABEL}={app},{KIND_LABEL}=job");
    if let Some(job) = job {
        labels = format!("{labels},{JOB_LABEL}={job}");
    }
    let jobs = cluster
        .list(&Kind::job(), Some(&cluster.namespace), Some(&labels))
        .await
        .map_err(|error| Failure::from(error).context("looking for jobs that still run"))?;
    let open = jobs.items.into_iter().filter(|job| !has_ended(job));
    Ok(open
        .filter_map(|job| Some((ObjectId::of(&job, &cluster.namespace)?, job)))
        .collect())
}

/// The number of the release that made a Job.
#[must_use]
pub fn release(job: &Value) -> &str {
    job["metadata"]["labels"][RELEASE_LABEL]
        .as_str()
        .unwrap_or("?")
}

/// The name in deploy.yaml of a Job that a release made.
#[must_use]
pub fn name(job: &Value) -> &str {
    job["metadata"]["labels"][JOB_LABEL].as_str().unwrap_or("?")
}

/// Whether a Job has completed or failed, and its pods have ended.
#[must_use]
pub fn has_ended(job: &Value) -> bool {
    has_condition(job, &["Complete", "Failed"])
}

/// Deletes a Job that nobody waits for any more. Its pods might start later, when what they lack is there at last,
/// beside whatever runs then. One that is ending by itself stays, for whoever wants to look at it.
pub async fn stop(cluster: &Cluster, id: &ObjectId, gate: Gate<'_>, events: &Events) -> Result<()> {
    let doing = |error| Failure::from(error).context(format!("stopping {id}"));
    let Some(live) = cluster.get(id).await.map_err(doing)? else {
        return Ok(());
    };
    if is_going(&live) {
        return Ok(());
    }
    gate()?;
    let how = Delete {
        uid: live["metadata"]["uid"].as_str(),
        // It is there until its pods are gone, so that a later run sees it and waits.
        propagation: Propagation::Foreground,
        ..Delete::default()
    };
    if cluster.delete(id, how).await.map_err(doing)? {
        events.send(Event::Applied {
            object: id.clone(),
            action: "delete".to_owned(),
        });
    }
    Ok(())
}

/// Waits until a Job that is ending, or being deleted, has done so.
pub async fn wait_for_end(cluster: &Cluster, id: &ObjectId) -> Result<()> {
    wait_for(cluster, &Kind::job(), id, |live| live.is_none_or(has_ended))
        .await
        .map(drop)
}

/// Whether it ends without anything being done: some of its pods may still be within their grace.
fn is_going(job: &Value) -> bool {
    let ending = ["Complete", "Failed", "SuccessCriteriaMet", "FailureTarget"];
    job["metadata"]["deletionTimestamp"].is_string() || has_condition(job, &ending)
}

fn has_condition(job: &Value, types: &[&str]) -> bool {
    let conditions = job["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|condition| {
        condition["status"] == "True" && types.iter().any(|wanted| condition["type"] == *wanted)
    })
}
