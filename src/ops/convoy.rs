//! Several targets of one run, side by side: who begins when, and what one's failure means for the others.
//!
//! Each target is a [`Member`] that reports how it stands and waits for its turn. Nothing here knows what a deploy is.

use tokio::sync::watch;

use crate::error::{Failure, FailureKind, Outcome, Result};
use crate::event::Finished;
use crate::project::schema::{OnTargetFailure, TargetOrder};
use crate::words;

/// How the targets of a run go together.
pub struct Convoy {
    order: TargetOrder,
    on_failure: OnTargetFailure,
    road: watch::Sender<Road>,
}

/// One target of a run.
#[derive(Clone, Copy)]
pub struct Member<'a> {
    convoy: &'a Convoy,
    index: usize,
}

/// What a target that has become good does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It stays so.
    Stay,
    /// Another one failed, and all go back.
    GoBack,
}

#[derive(Default)]
struct Road {
    seats: Vec<Seat>,
    /// The answer to the one question.
    answer: Option<bool>,
}

struct Seat {
    name: String,
    stage: Stage,
    /// It has something to do, once that is known.
    to_do: bool,
    /// Jobs that passed in it.
    passed: Vec<String>,
    /// How it ended.
    end: Option<Finished>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Planning,
    /// Planned, waiting for its turn or at work.
    Ready,
    /// Good, and waiting for the others.
    Held,
    Over(How),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Good,
    Failed,
    Stopped,
}

impl Convoy {
    /// The targets of an environment, by name. Left out, `stop` goes with one by one and `keepGoing` with parallel.
    #[must_use]
    pub fn new(names: &[&str], order: TargetOrder, on_failure: Option<OnTargetFailure>) -> Self {
        let on_failure = on_failure.unwrap_or(match order {
            TargetOrder::OneByOne => OnTargetFailure::Stop,
            TargetOrder::Parallel => OnTargetFailure::KeepGoing,
        });
        let seats = names
            .iter()
            .map(|name| Seat {
                name: (*name).to_owned(),
                stage: Stage::Planning,
                to_do: false,
                passed: Vec::new(),
                end: None,
            })
            .collect();
        Self {
            order,
            on_failure,
            road: watch::Sender::new(Road {
                seats,
                answer: None,
            }),
        }
    }

    /// All of them.
    pub fn members(&self) -> impl Iterator<Item = Member<'_>> {
        (0..self.road.borrow().seats.len()).map(|index| Member {
            convoy: self,
            index,
        })
    }

    /// How each target ended, with its name; those that never said so are left out.
    #[must_use]
    pub fn ends(&self) -> Vec<(String, Finished)> {
        let road = self.road.borrow();
        let end = |seat: &Seat| Some((seat.name.clone(), seat.end.clone()?));
        road.seats.iter().filter_map(end).collect()
    }

    fn keeps_going(&self) -> bool {
        self.on_failure == OnTargetFailure::KeepGoing
    }
}

impl Member<'_> {
    /// The plan is made. Where a failure stops the run, waits for the plans of the others: one that is refused stops it before
    /// the first write. Where they keep going, a cluster that takes long to answer holds nobody up.
    ///
    /// # Errors
    /// Another target failed first.
    pub async fn planned(&self, to_do: bool) -> Result<()> {
        self.change(|road| {
            let seat = &mut road.seats[self.index];
            seat.to_do = to_do;
            seat.stage = if to_do {
                Stage::Ready
            } else {
                Stage::Over(How::Good)
            };
        });
        if !to_do || self.convoy.keeps_going() {
            return Ok(());
        }
        self.all_planned().await;
        self.check_others(&(0..self.convoy.road.borrow().seats.len()))
    }

    async fn all_planned(&self) {
        self.until(|road| road.seats.iter().all(|seat| seat.stage != Stage::Planning))
            .await;
    }

    /// Asks the one question of a run, in the first target that has something to do; the others take over its answer. When
    /// that target is over before anybody was asked, the answer is no.
    ///
    /// # Errors
    /// Nobody can be asked.
    pub async fn agreed(&self, ask: impl Future<Output = Result<bool>>) -> Result<bool> {
        self.all_planned().await;
        if self.leads().await {
            let answer = ask.await;
            let said = *answer.as_ref().unwrap_or(&false);
            self.change(|road| road.answer = Some(said));
            return answer;
        }
        self.until(|road| road.answer.is_some() || road.leader_is_over())
            .await;
        Ok(self.convoy.road.borrow().answer == Some(true))
    }

    /// Waits for its turn.
    ///
    /// # Errors
    /// Another target failed first.
    pub async fn turn(&self) -> Result<()> {
        if self.convoy.order == TargetOrder::Parallel {
            return Ok(());
        }
        let before = 0..self.index;
        self.until(|road| {
            road.seats[before.clone()]
                .iter()
                .all(|seat| matches!(seat.stage, Stage::Held | Stage::Over(_)))
        })
        .await;
        self.check_others(&before)
    }

    /// Whether it is the first target with something to do: jobs that run once run in it. Waits for the plans of those before it.
    pub async fn leads(&self) -> bool {
        let before = ..self.index;
        self.until(|road| {
            road.seats[before]
                .iter()
                .all(|seat| seat.stage != Stage::Planning)
        })
        .await;
        self.convoy.road.borrow().leader() == Some(self.index)
    }

    /// The first target with something to do.
    #[must_use]
    pub fn leader(&self) -> String {
        let road = self.convoy.road.borrow();
        let leader = road.leading();
        leader.map_or_else(String::new, |seat| seat.name.clone())
    }

    /// The targets with something to do, by name.
    #[must_use]
    pub fn to_do(&self) -> Vec<String> {
        let road = self.convoy.road.borrow();
        let seats = road.seats.iter().filter(|seat| seat.to_do);
        seats.map(|seat| seat.name.clone()).collect()
    }

    /// A job has passed in it.
    pub fn passed(&self, job: &str) {
        self.change(|road| road.seats[self.index].passed.push(job.to_owned()));
    }

    /// Waits until a job has passed in the first target. `false` when that one is over without it.
    pub async fn passes_elsewhere(&self, job: &str) -> bool {
        self.until(|road| road.has_passed(job) || road.leader_is_over())
            .await;
        self.has_passed_elsewhere(job)
    }

    /// Whether a job has passed in the first target by now.
    #[must_use]
    pub fn has_passed_elsewhere(&self, job: &str) -> bool {
        self.convoy.road.borrow().has_passed(job)
    }

    /// It has become good, and holds its lock still. Where all go back when one fails, waits for the others.
    pub async fn good(&self) -> Then {
        if self.convoy.on_failure != OnTargetFailure::RollBackAll {
            return Then::Stay;
        }
        self.change(|road| road.seats[self.index].stage = Stage::Held);
        self.until(|road| {
            road.seats
                .iter()
                .all(|seat| matches!(seat.stage, Stage::Held | Stage::Over(_)))
        })
        .await;
        let failed = |seat: &Seat| seat.stage == Stage::Over(How::Failed);
        if self.convoy.road.borrow().seats.iter().any(failed) {
            Then::GoBack
        } else {
            Then::Stay
        }
    }

    /// It will not become good.
    pub fn bad(&self) {
        self.change(|road| road.seats[self.index].stage = Stage::Over(How::Failed));
    }

    /// It is over, with this end.
    pub fn ended(&self, end: Finished) {
        let how = match end.outcome {
            Outcome::Done | Outcome::Changes => How::Good,
            Outcome::Interrupted | Outcome::Terminated => How::Stopped,
            _ => How::Failed,
        };
        self.change(|road| {
            let seat = &mut road.seats[self.index];
            // A good one that went back with the others did not fail by itself; it must not look as if it did.
            if !matches!(seat.stage, Stage::Over(_) | Stage::Held) {
                seat.stage = Stage::Over(how);
            }
            seat.end = Some(end);
        });
    }

    fn check_others(&self, which: &std::ops::Range<usize>) -> Result<()> {
        if self.convoy.keeps_going() {
            return Ok(());
        }
        let road = self.convoy.road.borrow();
        let failed: Vec<&str> = road.seats[which.clone()]
            .iter()
            .filter(|seat| matches!(seat.stage, Stage::Over(How::Failed | How::Stopped)))
            .map(|seat| seat.name.as_str())
            .collect();
        if failed.is_empty() {
            return Ok(());
        }
        let what = format!("not begun: {} failed first", words::list(&failed, "and"));
        Err(Failure::new(FailureKind::LeftAlone, what))
    }

    fn change(&self, change: impl FnOnce(&mut Road)) {
        self.convoy.road.send_modify(change);
    }

    async fn until(&self, condition: impl Fn(&Road) -> bool) {
        // The sender lives as long as we do, so this never fails.
        let _ = self
            .convoy
            .road
            .subscribe()
            .wait_for(|road| condition(road))
            .await;
    }
}

impl Road {
    fn has_passed(&self, job: &str) -> bool {
        self.leading()
            .is_some_and(|seat| seat.passed.iter().any(|passed| passed == job))
    }

    fn leader(&self) -> Option<usize> {
        self.seats.iter().position(|seat| seat.to_do)
    }

    fn leading(&self) -> Option<&Seat> {
        self.seats.get(self.leader()?)
    }

    fn leader_is_over(&self) -> bool {
        self.leading()
            .is_none_or(|seat| matches!(seat.stage, Stage::Over(_)))
    }
}

/// The outcome of a run from those of its targets: the worst.
#[must_use]
pub fn worst(outcomes: impl IntoIterator<Item = Outcome>) -> Outcome {
    const ORDER: [Outcome; 13] = [
        Outcome::Bug,
        Outcome::Interrupted,
        Outcome::Terminated,
        Outcome::Failed,
        Outcome::RolledBack,
        Outcome::JobFailed,
        Outcome::Refused,
        Outcome::Locked,
        Outcome::Project,
        Outcome::Usage,
        Outcome::LeftAlone,
        Outcome::Changes,
        Outcome::Done,
    ];
    let rank = |outcome: &Outcome| ORDER.iter().position(|other| other == outcome);
    outcomes
        .into_iter()
        .min_by_key(|outcome| rank(outcome).unwrap_or(0))
        .unwrap_or(Outcome::Done)
}

#[cfg(test)]
mod tests;
