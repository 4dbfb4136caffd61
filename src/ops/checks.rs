//! HTTP checks of a release: each is tried until it passes or its time is over, all of them side by side.

mod ask;
mod judge;
mod service;
mod url;

use std::time::Duration;

use futures::future;
use tokio::time::Instant;

use super::planning::PlanHeader;
use crate::cluster::Cluster;
use crate::diagnose::build::finding;
use crate::diagnose::{Evidence, Finding};
use crate::error::Result;
use crate::event::{CheckProgress, Event, Events, State};
use crate::project::schema::Check;
use crate::redact::Redactor;
use crate::words;
use ask::Question;
use judge::Miss;

/// How long a check may take to pass unless it says otherwise.
const WITHIN: Duration = Duration::from_mins(1);
/// The wait after the first try; doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(3);
/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// A last try gets this long even when less is left.
const LEAST_PATIENCE: Duration = Duration::from_secs(1);
/// Different answers that are kept as evidence, newest first.
const KEPT: usize = 3;

/// Runs all checks concurrently until each has passed or its time is over. Findings of those that failed; empty when all
/// passed. `{environment}` and `{target}` of a `url` are those of the place.
///
/// # Errors
/// The system's root certificates cannot be read.
pub async fn run(
    cluster: &Cluster,
    checks: &[Check],
    place: &PlanHeader,
    redactor: &Redactor,
    events: &Events,
) -> Result<Vec<Finding>> {
    let mut tried = Vec::new();
    for check in checks {
        let question = Question::new(cluster, check, &place.environment, &place.target)?;
        tried.push(until_it_passes(question, check, redactor, events));
    }
    Ok(future::join_all(tried)
        .await
        .into_iter()
        .flatten()
        .collect())
}

/// Why it did not pass; `None` when it did.
async fn until_it_passes(
    question: Question<'_>,
    check: &Check,
    redactor: &Redactor,
    events: &Events,
) -> Option<Finding> {
    let begun = Instant::now();
    let deadline = begun + check.within.map_or(WITHIN, |span| span.0);
    let mut wait = FIRST_WAIT;
    let mut history = History::new(&question, events);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let limit = PATIENCE.min(left.max(LEAST_PATIENCE));
        let answer = tokio::time::timeout(limit, question.ask())
            .await
            .unwrap_or_else(|_| Err(Miss::silence(limit)));
        let Err(miss) = answer.and_then(|answer| judge::judge(&answer, check, redactor)) else {
            history.passed();
            return None;
        };
        let lasting = miss.lasting();
        history.missed(miss);
        let left = deadline.saturating_duration_since(Instant::now());
        if lasting || left < FIRST_WAIT {
            return Some(history.failed(begun.elapsed()));
        }
        // Shorter and shorter towards the end, so that the last try comes late.
        tokio::time::sleep(wait.min(left / 2).max(FIRST_WAIT)).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// What the tries of one check have brought so far.
struct History<'a> {
    question: &'a Question<'a>,
    events: &'a Events,
    tries: u32,
    /// Misses with other words than the one before, newest first, each with how often in a row it came.
    misses: Vec<(Miss, u32)>,
}

impl<'a> History<'a> {
    fn new(question: &'a Question<'a>, events: &'a Events) -> Self {
        Self {
            question,
            events,
            tries: 0,
            misses: Vec::new(),
        }
    }

    fn tell(&self, readiness: State, reason: &str) {
        self.events.send(Event::Check(CheckProgress {
            check: self.question.label(),
            readiness,
            reason: reason.to_owned(),
            tries: self.tries,
        }));
    }

    fn passed(&mut self) {
        self.tries += 1;
        self.tell(State::Ready, "");
    }

    fn missed(&mut self, miss: Miss) {
        self.tries += 1;
        if let Some((known, times)) = self.misses.first_mut()
            && known.words == miss.words
        {
            *known = miss;
            *times += 1;
            return;
        }
        self.tell(State::Waiting, &miss.words);
        self.misses.insert(0, (miss, 1));
        self.misses.truncate(KEPT);
    }

    fn failed(&self, after: Duration) -> Finding {
        let last = self.misses.first().map(|(miss, _)| miss);
        let reason = last.map_or("", |miss| &miss.words);
        self.tell(State::Failed, reason);
        let mut message = format!("{}: {reason}", self.question.what());
        if self.tries > 1 {
            let tries = words::count_as(self.tries as usize, "try", "tries");
            message = format!("{message}; {tries} in {}", words::duration(after));
        }
        let code = last.map_or("check-unreachable", |miss| miss.code);
        let found = self.misses.iter().fold(
            finding(&self.question.object(), code, message),
            |found, (miss, times)| {
                found.with(Evidence::Answer {
                    check: self.question.label(),
                    answer: miss.words.clone(),
                    tries: *times,
                    body: miss.body.clone(),
                })
            },
        );
        let hint = last.and_then(|miss| miss.hint.clone());
        match hint {
            Some(hint) => found.next(hint),
            None => found,
        }
    }
}
