//! `deploy resume`: the release that was cut off, carried on under its own number from its own record.

use std::collections::BTreeSet;

use super::deploy;
use super::goal::{Goal, Rollback};
use super::locate::Place;
use super::rollback::{kept_key, recorded_checks};
use crate::error::{Failure, Result};
use crate::redact::Redactor;
use crate::release::record::{Header, State, last_good};
use crate::release::{Release, Store, copies};

/// The release that can be carried on: the newest one, when it was cut off, stopped or not watched.
pub fn cut_off<'a>(app: &str, headers: &'a [Header]) -> Result<&'a Header> {
    let head = headers.last().ok_or_else(|| {
        Failure::usage(format!("{app} has no releases here"))
            .hint("`deploy app` makes the first one")
    })?;
    match head.state {
        State::Running | State::Interrupted | State::Unwatched => Ok(head),
        State::Good => Err(Failure::usage(format!(
            "nothing to resume: release {} of {app} is good",
            head.number
        ))),
        State::Failed | State::RolledBack | State::JobFailed => Err(Failure::usage(format!(
            "nothing to resume: release {} of {app} ended ({})",
            head.number,
            head.state.words()
        ))
        .hint("`deploy app` deploys again, `deploy rollback` goes back")),
    }
}

/// Loads what was cut off.
pub async fn goal(
    place: &Place,
    store: &Store<'_>,
    headers: &[Header],
    redactor: &Redactor,
) -> Result<Goal> {
    let header = cut_off(&place.project.app, headers)?;
    let good = last_good(headers).map(|header| header.number);
    let Release {
        payload, header, ..
    } = store.load(header).await?;
    let manifests = copies::restore(&place.cluster, &header.app, header.number, &payload).await?;
    for value in copies::values(&manifests) {
        redactor.learn(&value);
    }
    let key = kept_key(&place.cluster, payload.copies.is_empty()).await?;
    Ok(Goal {
        command: "resume",
        good,
        place: deploy::header(place),
        images: header.images.clone(),
        jobs: if header.rollback_of.is_some() {
            payload.jobs_on_rollback()
        } else {
            payload.jobs.clone()
        },
        checks: recorded_checks(place, &payload),
        payload,
        manifests,
        commits: (Vec::new(), 0),
        rollback: header
            .rollback_from
            .zip(header.rollback_of)
            .map(|(from, of)| Rollback { from, of }),
        resumes: Some(header),
        key,
    })
}

/// Takes over which of the jobs that run once have passed in other targets of the same run, by the records of all: one that
/// is good there by now does not run again, so nobody else would say so.
pub fn learn_passed(goal: &mut Goal, targets: &[Option<Vec<Header>>]) {
    let Some(resumed) = &mut goal.resumes else {
        return;
    };
    let same_run = targets
        .iter()
        .flatten()
        .flatten()
        .filter(|header| header.run == resumed.run);
    let passed: BTreeSet<&String> = same_run.flat_map(|header| &header.jobs_passed).collect();
    for job in goal.jobs.iter().filter(|job| job.once) {
        if passed.contains(&job.name) && !resumed.jobs_passed.contains(&job.name) {
            resumed.jobs_passed.push(job.name.clone());
        }
    }
}

/// Not all targets are carried on, or not all can be read. A job that runs once for all of them may have passed, or be
/// running, in another one.
pub fn check_alone(goal: &Goal, environment: &str) -> Result<()> {
    let passed = |name: &String| {
        let header = goal.resumes.as_ref();
        header.is_some_and(|header| header.jobs_passed.contains(name))
    };
    let mut jobs = goal.jobs.iter();
    let Some(job) = jobs.find(|job| job.once && !passed(&job.name)) else {
        return Ok(());
    };
    Err(Failure::usage(format!(
        "{} runs once for all targets of {environment} and has not passed yet: another target may be running it",
        job.name
    ))
    .hint("leave --target out, and see that all clusters answer: then all targets are carried on together"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::record::tests::header;

    #[test]
    fn only_what_was_cut_off_is_resumed() {
        for (state, resumable) in [
            (State::Running, true),
            (State::Interrupted, true),
            (State::Unwatched, true),
            (State::Good, false),
            (State::RolledBack, false),
        ] {
            assert_eq!(
                cut_off("shop", &[header(1, state)]).is_ok(),
                resumable,
                "{state:?}"
            );
        }
    }
}
