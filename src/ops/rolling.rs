//! A release on its way to good: jobs before, apply, rollout, checks, jobs after, soak.

mod job_steps;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use super::finish::Tally;
use super::locked::Locked;
use super::recording::marks;
use super::{applying, checks, jobs};
use crate::diagnose::Finding;
use crate::error::Result;
use crate::event::Phase;
use crate::manifest::job::{JobTime, ReleaseJob};
use crate::manifest::{Manifest, ObjectId};
use crate::plan::{Plan, Step};
use crate::release::record::{Ending, Header};
use crate::track::{Tracker, Verdict, Wait};

/// How far a release came.
pub(super) enum End {
    /// All the way; or applied, where nobody waits.
    Ready,
    /// It will not get there; why, worst first.
    Failed(Vec<Finding>),
    /// A job before the rollout failed: workloads are as they were.
    JobFailed(Vec<Finding>),
    /// All the way, but another target failed and all go back.
    WithTheOthers,
    /// Somebody asked to stop.
    Interrupted,
}

impl From<Verdict> for End {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Ready => Self::Ready,
            Verdict::Failed(findings) => Self::Failed(findings),
            Verdict::Interrupted => Self::Interrupted,
        }
    }
}

/// Objects with the server's answers when they were applied.
type Applied = Vec<(ObjectId, Value)>;

/// What the steps of one release share.
struct Way<'a, 'l> {
    locked: &'a Locked<'l>,
    plan: &'a Plan,
    tracker: Tracker<'a>,
    jobs: Vec<(&'a ReleaseJob, Manifest)>,
    /// Start of this run: what happened before it does not count.
    started: Timestamp,
    applied: Applied,
}

impl Locked<'_> {
    /// Brings a release as far as it goes. What was applied is in `ending`, also when it did not get there.
    pub(super) async fn roll(
        &self,
        plan: &Plan,
        header: &mut Header,
        started: Timestamp,
        ending: &mut Ending,
        tally: &mut Tally<'_>,
    ) -> Result<End> {
        let jobs = jobs::of_release(&self.goal.jobs, header);
        let seen: Vec<Manifest> = self
            .goal
            .manifests
            .iter()
            .chain(jobs.iter().map(|(_, made)| made))
            .cloned()
            .collect();
        let tracker = Tracker::start(self.around.cluster, &self.goal.place.app, &seen)
            .await?
            .with_rules(self.options.rules.clone());
        let mut way = Way {
            locked: self,
            plan,
            tracker,
            jobs,
            started,
            applied: Vec::new(),
        };
        let end = Box::pin(way.go(header, tally)).await;
        ending.marks = marks(&self.goal.manifests, plan, &way.applied);
        let end = end?;
        self.lock.confirm().await?;
        Ok(end)
    }
}

impl Way<'_, '_> {
    async fn go(&mut self, header: &mut Header, tally: &mut Tally<'_>) -> Result<End> {
        let options = self.locked.options;
        let ground = match self.before(header, tally).await? {
            Ok(ground) => ground,
            Err(end) => return Ok(end),
        };
        self.apply(|id| !ground.contains(id), tally).await?;
        self.unstick().await?;
        if options.no_wait {
            return Ok(End::Ready);
        }
        tally.phase(self.locked.around.events, Phase::Rollout);
        let after: Vec<usize> = self.open(JobTime::After, header);
        if after.is_empty() && self.locked.goal.checks.is_empty() {
            return Ok(self.wait(|_| true, options.soak).await?.into());
        }
        let verdict = self.wait(|_| true, Duration::ZERO).await?;
        let ready = Instant::now();
        if verdict != Verdict::Ready {
            return Ok(verdict.into());
        }
        let failed = self.checks(tally).await?;
        if failed != Verdict::Ready {
            return Ok(failed.into());
        }
        let leads = self.locked.around.member.leads().await;
        let mine: Vec<usize> = after
            .into_iter()
            .filter(|index| leads || !self.jobs[*index].0.once)
            .collect();
        if !mine.is_empty() {
            tally.phase(self.locked.around.events, Phase::AfterJobs);
        }
        for index in mine {
            let verdict = self.job(index, header).await?;
            if verdict != Verdict::Ready {
                return Ok(verdict.into());
            }
        }
        // What has become ready was watched on during the checks and jobs; what is left of the soak follows them.
        let left = options.soak.saturating_sub(ready.elapsed());
        tally.time(Phase::Soak);
        Ok(self.wait(|_| true, left).await?.into())
    }

    async fn checks(&mut self, tally: &mut Tally<'_>) -> Result<Verdict> {
        let Locked { around, goal, .. } = self.locked;
        if goal.checks.is_empty() {
            return Ok(Verdict::Ready);
        }
        tally.phase(around.events, Phase::Checks);
        let checks = checks::run(
            around.cluster,
            &goal.checks,
            &goal.place,
            &around.shell.redactor,
            around.events,
        );
        let failed = tokio::select! {
            failed = self.tracker.during(checks, around.events) => failed?,
            _ = around.interrupt.wait() => return Ok(Verdict::Interrupted),
        };
        Ok(if failed.is_empty() {
            Verdict::Ready
        } else {
            Verdict::Failed(failed)
        })
    }

    async fn apply(
        &mut self,
        which: impl Fn(&ObjectId) -> bool,
        tally: &mut Tally<'_>,
    ) -> Result<()> {
        let around = self.locked.around;
        let steps: Vec<&Step> = self
            .plan
            .steps
            .iter()
            .filter(|step| which(&step.object))
            .collect();
        tally.phase(around.events, Phase::Apply);
        let gate = || self.locked.gate();
        let applied = self
            .tracker
            .during(
                applying::apply(around.cluster, steps.iter().copied(), &gate, around.events),
                around.events,
            )
            .await?;
        self.applied.extend(applied);
        tally.count(steps);
        Ok(())
    }

    /// After a failure, or on the way back, pods of the other revision may hold a `StatefulSet` up.
    async fn unstick(&self) -> Result<()> {
        let locked = self.locked;
        if self.plan.after_failure() || locked.goal.rollback.is_some() {
            let gate = || locked.gate();
            let around = locked.around;
            applying::unstick(around.cluster, self.plan, &gate, around.events).await?;
        }
        Ok(())
    }

    async fn wait(&mut self, which: impl Fn(&ObjectId) -> bool, soak: Duration) -> Result<Verdict> {
        let Locked {
            around, options, ..
        } = self.locked;
        let mut objects = watched(self.plan, &self.applied);
        objects.retain(|(id, _)| which(id));
        let wait = Wait {
            objects,
            timeout: options.timeout,
            soak,
            since: self.started,
        };
        around.verdict(&mut self.tracker, wait).await
    }
}

/// Everything the release wants is watched, whether it was sent or not: an unchanged Deployment may be broken.
pub(super) fn watched(plan: &Plan, applied: &[(ObjectId, Value)]) -> Applied {
    let sent: BTreeMap<&ObjectId, &Value> =
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
