//! The part of a run that happens under the lock: re-check, record, apply, watch, undo, finish.

use super::applying;
use super::carry_out::{plan as plan_again, tell};
use super::convoy::Then;
use super::explain_change;
use super::finish::Tally;
use super::goal::{Around, Goal, Options};
use super::planning;
use super::previous::Past;
use super::rolling::End;
use super::undo;
use crate::error::{Failure, FailureKind, Outcome, Result};
use crate::event::{Event, Phase};
use crate::manifest::ObjectId;
use crate::plan::{Action, Plan};
use crate::project::schema::OnFailure;
use crate::release::record::{Ending, Header, State, Who};
use crate::release::{Lock, Store};

/// The part of a run that happens under the lock.
pub struct Locked<'a> {
    pub(super) around: &'a Around<'a>,
    pub(super) goal: Goal,
    pub(super) options: &'a Options,
    pub(super) store: &'a Store<'a>,
    pub(super) lock: &'a Lock<'a>,
    pub(super) who: Who,
}

impl Locked<'_> {
    pub(super) async fn run(
        mut self,
        plan: Plan,
        past: Past,
        tally: &mut Tally<'_>,
    ) -> Result<Outcome> {
        let (plan, mut past) = self.recheck(plan, past).await?;
        self.close_cut_off(&mut past).await?;

        tally.phase(self.around.events, Phase::Record);
        let started = self.around.clock.now();
        let mut header = self.record(&past, started).await?;
        tally.release = Some(header.number);
        tally.has_good = past.base.is_some();
        self.around.events.send(Event::Recorded {
            release: header.number,
        });
        let base = past
            .base
            .as_ref()
            .filter(|base| base.header.number != header.number);
        if let Some(base) = base {
            tally.since_last_good = explain_change::since(
                (&base.header, &base.payload),
                (&header, &self.goal.payload),
                &plan,
            );
        }

        let mut ending = Ending::default();
        let roll = Box::pin(self.roll(&plan, &mut header, started, &mut ending, tally));
        let work = match roll.await {
            Ok(End::Ready) => match self.around.member.good().await {
                Then::GoBack => Ok(End::WithTheOthers),
                Then::Stay if self.options.no_wait => Ok(End::Ready),
                Then::Stay => self.prune(&plan, tally).await.map(|()| End::Ready),
            },
            work => work,
        };
        if matches!(work, Ok(End::Failed(_) | End::JobFailed(_))) {
            // Those that go back with us need not wait until we have.
            self.around.member.bad();
        }
        let (state, outcome) = match work {
            Ok(End::Ready) if self.options.no_wait => (State::Unwatched, Outcome::Done),
            Ok(End::Ready) => (State::Good, Outcome::Done),
            Ok(End::JobFailed(findings)) => {
                ending.findings = findings;
                let base = base.map(|base| base.header.number);
                if let Some(base) = base.filter(|_| tally.has_changed()) {
                    tally.half_way(self.around.events, base);
                } else {
                    header.undone_to = base;
                    tally.running = base;
                }
                (State::JobFailed, Outcome::JobFailed)
            }
            Ok(End::Failed(findings)) => {
                ending.findings = findings;
                match base.filter(|_| self.options.on_failure == OnFailure::RollBack) {
                    Some(base) => self.undo(&mut header, base, &past, tally).await?,
                    None => (State::Failed, Outcome::Failed),
                }
            }
            Ok(End::WithTheOthers) => {
                tally.cause = Some("another target failed, and all go back".to_owned());
                header.cause.clone_from(&tally.cause);
                match base {
                    Some(base) => self.undo(&mut header, base, &past, tally).await?,
                    None => (State::Failed, Outcome::Failed),
                }
            }
            Ok(End::Interrupted) => self.interrupted(),
            Err(failure) if matches!(failure.kind, FailureKind::Stopped(_)) => self.interrupted(),
            // Somebody else is at work now: not even the record is ours to write.
            Err(failure) if failure.kind == FailureKind::Locked => return Err(failure),
            Err(failure) => {
                self.give_up(&mut header, ending, tally, &failure).await;
                return Err(failure.hint(
                    "`deploy resume` carries on, `deploy rollback` puts the last good release back",
                ));
            }
        };
        tally.phase(self.around.events, Phase::Finish);
        self.close(&mut header, state, ending, &past, tally).await?;
        Ok(tally.finished(self.around, outcome))
    }

    /// Nothing may have moved since the plan was made; if something did, plan again.
    async fn recheck(&self, plan: Plan, past: Past) -> Result<(Plan, Past)> {
        if past.is_current(self.store).await?
            && planning::check_unmoved(self.around.cluster, &plan).await?
        {
            return Ok((plan, past));
        }
        if self.options.reviewed.is_some() {
            return Err(Failure::cluster(
                "the cluster moved on since the plan was reviewed; nothing was written",
            )
            .hint("make a new plan with `deploy plan --out FILE` and have it reviewed"));
        }
        let past = Past::read(self.store).await?;
        self.goal.check_fresh(&past.headers)?;
        let again = plan_again(self.around, &self.goal, &past, self.options).await?;
        if effects(&again) != effects(&plan) {
            tell(self.around, &again);
        }
        Ok((again, past))
    }

    /// We hold the lock, so a release that still says `running` was cut off: say so in its record.
    async fn close_cut_off(&self, past: &mut Past) -> Result<()> {
        let resumed = self.goal.resumes.as_ref().map(|header| header.number);
        for header in past
            .headers
            .iter_mut()
            .filter(|header| header.state == State::Running && Some(header.number) != resumed)
        {
            header.state = State::Interrupted;
            header.cause.get_or_insert_with(|| {
                "its process ended before it could finish, or its lock was taken over".to_owned()
            });
            self.lock.check()?;
            self.store.update(header).await?;
            self.around.events.send(Event::Warning {
                code: "cut-off".to_owned(),
                message: format!(
                    "release {} by {} on {} was cut off; its record says so now, and this run goes on from what is there",
                    header.number, header.who.user, header.who.host
                ),
                object: None,
            });
        }
        Ok(())
    }

    /// Removes what is not wanted any more.
    async fn prune(&self, plan: &Plan, tally: &mut Tally<'_>) -> Result<()> {
        if plan.deletes() {
            let around = self.around;
            tally.phase(around.events, Phase::Prune);
            let gate = || self.gate();
            tally.deleted += applying::prune(around.cluster, plan, &gate, around.events).await?;
        }
        Ok(())
    }

    pub(super) fn gate(&self) -> Result<()> {
        self.around.check_interrupt()?;
        self.lock.check()
    }

    /// Puts the last good release back. What it cannot do is part of the outcome, not an error.
    async fn undo(
        &self,
        header: &mut Header,
        base: &crate::release::Release,
        past: &Past,
        tally: &mut Tally<'_>,
    ) -> Result<(State, Outcome)> {
        tally.phase(self.around.events, Phase::Undo);
        self.around.events.send(Event::Undoing {
            release: header.number,
            to: base.header.number,
        });
        let failed: Vec<ObjectId> = self
            .goal
            .manifests
            .iter()
            .map(|manifest| manifest.id.clone())
            .collect();
        let undo = Box::pin(undo::put_back(
            self.around,
            self.lock,
            &self.goal.place,
            base,
            past,
            failed,
            self.options,
        ));
        match undo.await {
            Ok(()) => {
                header.undone_to = Some(base.header.number);
                tally.running = Some(base.header.number);
                Ok((State::RolledBack, Outcome::RolledBack))
            }
            Err(failure) => {
                tally.undo_failed(self.around.events, base.header.number, &failure);
                Ok((State::Failed, Outcome::Failed))
            }
        }
    }

    fn interrupted(&self) -> (State, Outcome) {
        let outcome = self
            .around
            .interrupt
            .requested()
            .map_or(Outcome::Interrupted, crate::interrupt::Signal::outcome);
        (State::Interrupted, outcome)
    }
}

/// What a plan does to the app's own objects: two plans with equal effects are one to a reader.
fn effects(plan: &Plan) -> Vec<(&ObjectId, &Action)> {
    let steps = plan
        .steps
        .iter()
        .filter(|step| !step.object.is("Namespace"));
    steps.map(|step| (&step.object, &step.action)).collect()
}
