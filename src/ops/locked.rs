//! The part of a run that happens under the lock: re-check, record, apply, watch, undo, finish.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::applying::{self, ApplyOptions};
use super::carry_out::{plan as plan_again, tell};
use super::explain_change;
use super::finish::Tally;
use super::goal::{Around, Goal, Options};
use super::planning;
use super::previous::Past;
use super::recording::marks;
use super::undo;
use crate::error::{Failure, FailureKind, Outcome, Result};
use crate::event::{Event, Phase};
use crate::manifest::ObjectId;
use crate::plan::{Action, Plan};
use crate::project::schema::OnFailure;
use crate::release::record::{Ending, Header, State, Who};
use crate::release::{Lock, Store};
use crate::track::{Tracker, Verdict, Wait};

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
        let work = self
            .apply_and_watch(&plan, started, &mut ending, tally)
            .await;
        let (state, outcome) = match work {
            Ok(Verdict::Ready) if self.options.no_wait => (State::Unwatched, Outcome::Done),
            Ok(Verdict::Ready) => (State::Good, Outcome::Done),
            Ok(Verdict::Failed(findings)) => {
                ending.findings = findings;
                match base.filter(|_| self.options.on_failure == OnFailure::RollBack) {
                    Some(base) => self.undo(&mut header, base, &past, tally).await?,
                    None => (State::Failed, Outcome::Failed),
                }
            }
            Ok(Verdict::Interrupted) => self.interrupted(),
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
        Ok(tally.finished(self.around.events, outcome))
    }

    /// Nothing may have moved since the plan was made; if something did, plan again.
    async fn recheck(&self, plan: Plan, past: Past) -> Result<(Plan, Past)> {
        let headers = self.store.headers().await?;
        let head = headers.last().map(|header| (header.number, header.state));
        if head == past.head().map(|header| (header.number, header.state))
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

    async fn apply_and_watch(
        &self,
        plan: &Plan,
        started: Timestamp,
        ending: &mut Ending,
        tally: &mut Tally<'_>,
    ) -> Result<Verdict> {
        let around = self.around;
        tally.phase(around.events, Phase::Apply);
        let gate = || self.gate();
        let mut tracker =
            Tracker::start(around.cluster, &self.goal.place.app, &self.goal.manifests)
                .await?
                .with_rules(self.options.rules.clone());
        let applied = tracker
            .during(
                applying::apply(
                    around.cluster,
                    plan,
                    &ApplyOptions::default(),
                    &gate,
                    around.events,
                ),
                around.events,
            )
            .await?;
        ending.marks = marks(&self.goal.manifests, plan, &applied);
        tally.count(plan);
        if plan.after_failure() || self.goal.rollback.is_some() {
            applying::unstick(around.cluster, plan, &gate, around.events).await?;
        }
        if self.options.no_wait {
            return Ok(Verdict::Ready);
        }
        tally.phase(around.events, Phase::Rollout);
        let wait = Wait {
            objects: watched(plan, &applied),
            timeout: self.options.timeout,
            soak: self.options.soak,
            since: started,
        };
        let verdict = tokio::select! {
            verdict = tracker.wait(wait, around.events) => verdict?,
            _ = around.interrupt.wait() => Verdict::Interrupted,
        };
        self.lock.confirm().await?;
        if matches!(verdict, Verdict::Ready) && plan.deletes() {
            tally.phase(around.events, Phase::Prune);
            tally.deleted += applying::prune(around.cluster, plan, &gate, around.events).await?;
        }
        Ok(verdict)
    }

    fn gate(&self) -> Result<()> {
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
        match undo::put_back(
            self.around,
            self.lock,
            &self.goal.place,
            base,
            past,
            failed,
            self.options,
        )
        .await
        {
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

/// Everything the release wants is watched, whether it was sent or not: an unchanged Deployment may be broken.
pub fn watched(
    plan: &Plan,
    applied: &[(ObjectId, serde_json::Value)],
) -> Vec<(ObjectId, serde_json::Value)> {
    let sent: BTreeMap<&ObjectId, &serde_json::Value> =
        applied.iter().map(|(id, object)| (id, object)).collect();
    plan.steps
        .iter()
        .filter_map(|step| {
            Some((
                step.object.clone(),
                sent.get(&step.object)
                    .copied()
                    .or(step.desired.as_ref())?
                    .clone(),
            ))
        })
        .collect()
}
