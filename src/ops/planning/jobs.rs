//! The jobs of a release in its plan: each is tried with a dry run, its pods as well.

use super::refusal::Refusals;
use super::{Desired, probe};
use crate::cluster::{ApiError, Cluster};
use crate::manifest::job::ReleaseJob;
use crate::plan::Previous;
use crate::plan::jobs::PlannedJob;

/// Jobs as the plan shows them, before the server is asked about them.
pub(super) fn planned(desired: &Desired<'_>, previous: &Previous) -> Vec<PlannedJob> {
    desired
        .jobs
        .iter()
        .map(|job| PlannedJob {
            job: job.name.clone(),
            when: job.when,
            object: job.manifest.id.clone(),
            needs: job.needs.clone(),
            changed: !desired.restores
                && previous.jobs.get(&job.name).map(String::as_str) != Some(job.digest()),
            once: job.once,
            desired: Some(job.manifest.object.clone()),
            origin: job.manifest.origin.clone(),
            checked_later: None,
        })
        .collect()
}

/// Asks the server about the jobs. `later` says why it cannot be asked yet.
pub(super) async fn ask(
    cluster: &Cluster,
    desired: &Desired<'_>,
    previous: &Previous,
    later: Option<&str>,
    planned: &mut [PlannedJob],
    refusals: &mut Refusals,
) -> Result<(), ApiError> {
    if let Some(later) = later {
        for job in planned {
            job.checked_later = Some(later.to_owned());
        }
        return Ok(());
    }
    let made_here: Vec<String> = desired
        .manifests
        .iter()
        .map(|manifest| manifest.id.name.clone())
        .collect();
    let next = previous.head.map_or(1, |head| head + 1);
    let questions = desired
        .jobs
        .iter()
        .map(|job| one(cluster, job, next, &made_here));
    for (job, answer) in desired
        .jobs
        .iter()
        .zip(futures::future::join_all(questions).await)
    {
        match answer? {
            Ok(probe) => refusals.pod(&job.manifest, probe),
            Err(error) => refusals.refused(&job.manifest, error, None),
        }
    }
    Ok(())
}

/// The outer error: the server cannot be asked. The inner one: it refuses.
async fn one(
    cluster: &Cluster,
    job: &ReleaseJob,
    next: u64,
    made_here: &[String],
) -> Result<Result<probe::Probe, ApiError>, ApiError> {
    let tried = job.of_release(next, "");
    match cluster.create_dry_run(&tried.object).await {
        Ok(_) => probe::pod(cluster, &job.manifest, made_here).await.map(Ok),
        // The number may be taken by the time the plan is made; the run itself looks again.
        Err(error) if error.is_already_exists() => Ok(Ok(probe::Probe::Fine)),
        Err(error) if error.code == 0 || error.code == 401 => Err(error),
        Err(error) => Ok(Err(error)),
    }
}
