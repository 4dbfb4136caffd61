//! Runs the jobs of a release, each once: its Job is made under the release's number, and one that is there already is only watched.

pub mod open;

use jiff::Timestamp;
use serde_json::Value;

use super::applying::Gate;
use super::goal::Around;
use super::job_logs::{self, Tail};
use crate::diagnose::{Evidence, Finding};
use crate::error::{Failure, FailureKind, Result};
use crate::event::Event;
use crate::manifest::job::{RUN_ANNOTATION, ReleaseJob};
use crate::manifest::{APP_LABEL, Manifest, ObjectId};
use crate::release::record::Header;
use crate::track::{Budget, Tracker, Verdict, Wait};

/// Lines of a job's log that a finding keeps.
const LINES: usize = 20;

/// The Jobs that a release makes of its listed jobs.
pub fn of_release<'a>(
    jobs: impl IntoIterator<Item = &'a ReleaseJob>,
    header: &Header,
) -> Vec<(&'a ReleaseJob, Manifest)> {
    jobs.into_iter()
        .map(|job| (job, job.of_release(header.number, &header.run)))
        .collect()
}

/// Runs one job and waits for its end.
pub async fn run(
    around: &Around<'_>,
    tracker: &mut Tracker<'_>,
    (job, made): (&ReleaseJob, &Manifest),
    since: Timestamp,
    gate: Gate<'_>,
) -> Result<Verdict> {
    let events = around.events;
    wait_for_older(around, tracker, job, made, gate).await?;
    gate()?;
    let (object, reattached) = make(around, made).await?;
    events.send(Event::JobStarted {
        job: job.name.clone(),
        when: job.when,
        object: made.id.clone(),
        reattached,
    });
    let wait = wait(&made.id, object, since);
    let (verdict, tails) = job_logs::beside(
        around.cluster,
        &made.id,
        &job.name,
        events,
        around.verdict(tracker, wait),
    )
    .await;
    Ok(match verdict? {
        Verdict::Failed(findings) => {
            give_up(around, &made.id, gate).await?;
            Verdict::Failed(with_logs(findings, tails))
        }
        Verdict::Interrupted => {
            tell_that_it_goes_on(around, &made.id);
            Verdict::Interrupted
        }
        Verdict::Ready => Verdict::Ready,
    })
}

fn wait(id: &ObjectId, object: Value, since: Timestamp) -> Wait {
    Wait {
        objects: vec![(id.clone(), object)],
        // Every job has a deadline of its own, which the cluster keeps.
        timeout: Budget::Auto,
        soak: std::time::Duration::ZERO,
        since,
    }
}

/// Makes the Job. One that this very run made before it was cut off is taken up again, whatever became of it.
async fn make(around: &Around<'_>, made: &Manifest) -> Result<(Value, bool)> {
    let doing = |error| Failure::from(error).context(format!("making {}", made.id));
    match around.cluster.create(&made.object).await {
        Ok(object) => return Ok((object, false)),
        Err(error) if error.is_already_exists() => {}
        Err(error) => return Err(doing(error)),
    }
    let live = around.cluster.get(&made.id).await.map_err(doing)?;
    let run = made.annotation(RUN_ANNOTATION);
    match live {
        Some(live) if live["metadata"]["annotations"][RUN_ANNOTATION].as_str() == run => {
            Ok((live, true))
        }
        _ => Err(Failure::cluster(format!(
            "{} is there already and was not made by this run",
            made.id
        ))
        .hint(format!(
            "see what it is, then `kubectl -n {} delete job {}`",
            around.cluster.namespace, made.id.name
        ))),
    }
}

/// Half a migration may be worse than a whole one: whoever stops the run decides about the job, too.
fn tell_that_it_goes_on(around: &Around<'_>, id: &ObjectId) {
    around.events.send(Event::Warning {
        code: "job-runs".to_owned(),
        message: format!(
            "it goes on in the cluster; `deploy resume` takes it up again, `kubectl -n {} delete job {}` stops it",
            around.cluster.namespace, id.name
        ),
        object: Some(id.clone()),
    });
}

/// A job that failed may not have ended: where that cannot be mended, it is said, for the failure matters more.
async fn give_up(around: &Around<'_>, id: &ObjectId, gate: Gate<'_>) -> Result<()> {
    let failure = match open::stop(around.cluster, id, gate, around.events).await {
        Err(failure) if failure.kind == FailureKind::Cluster => failure,
        other => return other,
    };
    around.events.send(Event::Warning {
        code: "job-left".to_owned(),
        message: format!(
            "it is still there and may start later: {:#}",
            failure.source
        ),
        object: Some(id.clone()),
    });
    Ok(())
}

/// A run that was cut off may have left the same job running under an older number: two at once could do harm.
async fn wait_for_older(
    around: &Around<'_>,
    tracker: &mut Tracker<'_>,
    job: &ReleaseJob,
    made: &Manifest,
    gate: Gate<'_>,
) -> Result<()> {
    let cluster = around.cluster;
    let app = made.label(APP_LABEL).unwrap_or_default();
    for (id, older) in open::find(cluster, app, Some(&job.name)).await? {
        if id == made.id {
            continue;
        }
        around.events.send(Event::Warning {
            code: "older-job".to_owned(),
            message: format!(
                "{} of release {} has not ended; waiting for that before it runs again",
                job.name,
                open::release(&older)
            ),
            object: Some(id.clone()),
        });
        let began = around.clock.now();
        match around.verdict(tracker, wait(&id, older, began)).await? {
            Verdict::Ready => {}
            Verdict::Interrupted => gate()?,
            Verdict::Failed(_) => open::stop(cluster, &id, gate, around.events).await?,
        }
        tracker
            .during(
                around.unless_stopped(open::wait_for_end(cluster, &id)),
                around.events,
            )
            .await?;
    }
    Ok(())
}

/// Pods of a job that ran out of time are deleted with their logs: what was streamed is all there is.
fn with_logs(mut findings: Vec<Finding>, tails: Vec<Tail>) -> Vec<Finding> {
    let Some(first) = findings.first_mut() else {
        return findings;
    };
    let has_log = |evidence: &Evidence| matches!(evidence, Evidence::Log { .. });
    if first.evidence.iter().any(has_log) {
        return findings;
    }
    for tail in tails.into_iter().filter(|tail| !tail.lines.is_empty()) {
        let lines = tail.lines.len().saturating_sub(LINES);
        first.evidence.push(Evidence::Log {
            pod: tail.pod,
            container: tail.container,
            previous: false,
            lines: tail.lines.into_iter().skip(lines).collect(),
        });
    }
    findings
}
