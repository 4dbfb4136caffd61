//! What a run wants, how it goes about it, and what surrounds it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::convoy::Member;
use super::planning::{Desired, PlanHeader};
use crate::cluster::Cluster;
use crate::env::Clock;
use crate::error::{Failure, FailureKind, Outcome, Result};
use crate::event::{Event, Events, Finished};
use crate::interrupt::Interrupt;
use crate::manifest::Manifest;
use crate::manifest::job::ReleaseJob;
use crate::manifest::versioned::NameKey;
use crate::plan::{Plan, PlanOptions};
use crate::project::git::Commit;
use crate::project::schema::{Check, OnFailure};
use crate::release::lock::Patience;
use crate::release::record::{Header, Payload, Who, last_good};
use crate::shell::Shell;
use crate::track::{Budget, CustomRule, Tracker, Verdict, Wait};

/// How often a run works out anew what it wants, when others are faster.
const AGAIN: usize = 5;

/// What a run wants in one target.
pub struct Goal {
    /// `app`, `rollback`, `resume`, `restart`.
    pub command: &'static str,
    /// App, environment and target.
    pub place: PlanHeader,
    /// The newest good release when it was worked out: images, settings and the way back come from it.
    pub good: Option<u64>,
    /// Everything that should be there, Secrets with their data.
    pub manifests: Vec<Manifest>,
    /// The jobs that run with it, in their order.
    pub jobs: Vec<ReleaseJob>,
    /// The HTTP checks that it has to pass: those of the deploy.yaml that it was made with.
    pub checks: Vec<Check>,
    /// What the record keeps; `objects` and `copies` are filled in from `manifests`.
    pub payload: Payload,
    /// Image references by name.
    pub images: BTreeMap<String, String>,
    /// Commits since the last good release, newest first, and how many more there are; nothing where git does not know.
    pub commits: (Vec<Commit>, usize),
    /// The release this one restores, and the one that ran until then.
    pub rollback: Option<Rollback>,
    /// The interrupted release that is carried on under its own number.
    pub resumes: Option<Header>,
    /// The key of secret names; `Fresh` when this run made it up.
    pub key: Option<Key>,
}

/// From which release to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rollback {
    /// What ran.
    pub from: u64,
    /// What comes back.
    pub of: u64,
}

/// The key that names Secrets.
pub enum Key {
    /// Read from the namespace.
    Kept(NameKey),
    /// Made by this run, kept with its first record.
    Fresh(NameKey),
}

impl Goal {
    /// Fails when another release has become good since: what was inherited from the older one would undo it in silence.
    pub fn check_fresh(&self, headers: &[Header]) -> Result<()> {
        let good = last_good(headers).map(|header| header.number);
        if good == self.good {
            return Ok(());
        }
        let what = good.map_or_else(
            || "the last good release is gone".to_owned(),
            |good| format!("release {good} has become good meanwhile"),
        );
        Err(
            Failure::new(FailureKind::Stale, format!("{what}; nothing was written"))
                .hint("run the same command again: it starts from that release then"),
        )
    }

    /// What the plan is made for.
    pub fn desired(&self) -> Desired<'_> {
        Desired {
            manifests: &self.manifests,
            jobs: &self.jobs,
            restores: self.rollback.is_some(),
        }
    }
}

impl Key {
    /// The key itself.
    pub fn name_key(&self) -> &NameKey {
        match self {
            Self::Kept(key) | Self::Fresh(key) => key,
        }
    }
}

/// How a run goes about it.
pub struct Options {
    /// For the plan.
    pub plan: PlanOptions,
    /// Stop after the plan.
    pub dry_run: bool,
    /// Do not watch the rollout.
    pub no_wait: bool,
    /// Ask before the first write.
    pub confirm: bool,
    /// When somebody holds the lock.
    pub patience: Patience,
    /// What a failed rollout leads to.
    pub on_failure: OnFailure,
    /// How long the rollout may take.
    pub timeout: Budget,
    /// How long everything must stay ready.
    pub soak: Duration,
    /// Good releases that stay restorable, and headers that stay readable.
    pub keep: (usize, usize),
    /// The project's own readiness rules.
    pub rules: Vec<CustomRule>,
    /// The reviewed plan: anything else is refused.
    pub reviewed: Option<Plan>,
}

/// What surrounds a run.
pub struct Around<'a> {
    /// The target's cluster and namespace.
    pub cluster: &'a Cluster,
    /// Where facts go.
    pub events: &'a Events,
    /// The wish to stop.
    pub interrupt: &'a Interrupt,
    /// Its place among the targets of the run.
    pub member: Member<'a>,
    /// For questions.
    pub shell: &'a Shell,
    /// Wall clock.
    pub clock: Clock,
    /// Host and CI link; the user's name comes from the server.
    pub who: Who,
    /// The run's id.
    pub run: String,
    /// Answer yes.
    pub yes: bool,
    /// Flags that lead a follow-up command to the same place.
    pub flags: String,
}

impl Around<'_> {
    /// Does something that may be given up at any moment, because it writes nothing. Ends early when a stop is asked for.
    pub async fn unless_stopped<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            done = work => done,
            signal = self.interrupt.wait() => {
                Err(Failure::new(FailureKind::Stopped(signal), "on request; nothing was written"))
            }
        }
    }

    /// There is nothing to do in this target, whatever the others do.
    pub async fn nothing_to_do(&self, release: u64) -> Result<Outcome> {
        self.unless_stopped(self.member.planned(false)).await?;
        self.events.send(Event::NothingToDo {
            release: Some(release),
        });
        self.finished(Finished {
            running: Some(release),
            requests: self.cluster.requests(),
            ..Finished::new(Outcome::Done)
        });
        Ok(Outcome::Done)
    }

    /// The target is over: tells so, as the last thing it tells.
    pub fn finished(&self, end: Finished) {
        self.member.ended(end.clone());
        self.events.send(Event::Finished(Box::new(end)));
    }

    /// Does some work, and does it anew when another release became good while it waited: what the work is depends on that one.
    pub async fn afresh(&self, work: impl AsyncFn() -> Result<Outcome>) -> Result<Outcome> {
        for _ in 0..AGAIN {
            match work().await {
                Err(failure) if failure.kind == FailureKind::Stale => {
                    self.events.send(Event::Warning {
                        code: "moved-on".to_owned(),
                        message: format!("{}; working it out again", failure.one_line()),
                        object: None,
                    });
                }
                result => return result,
            }
        }
        work().await
    }

    /// Waits for the verdict on what was applied, or for the wish to stop.
    pub async fn verdict(&self, tracker: &mut Tracker<'_>, wait: Wait) -> Result<Verdict> {
        tokio::select! {
            verdict = tracker.wait(wait, self.events) => verdict,
            _ = self.interrupt.wait() => Ok(Verdict::Interrupted),
        }
    }

    /// Fails when a stop was asked for.
    pub fn check_interrupt(&self) -> Result<()> {
        match self.interrupt.requested() {
            None => Ok(()),
            Some(signal) => Err(Failure::new(FailureKind::Stopped(signal), "on request")),
        }
    }
}
