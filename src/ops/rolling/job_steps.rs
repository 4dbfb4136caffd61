//! The jobs of a release on its way: those before the rollout on the ground that they need, those that run once in one
//! of several targets.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{End, Way};
use crate::diagnose::build::finding;
use crate::error::Result;
use crate::event::{Event, Phase, Progress, State};
use crate::manifest::job::{JobTime, ReleaseJob};
use crate::manifest::{Manifest, ObjectId};
use crate::ops::finish::Tally;
use crate::ops::jobs;
use crate::plan::jobs::groundwork;
use crate::release::record::Header;
use crate::track::Verdict;

impl Way<'_, '_> {
    /// The jobs before the rollout, on the ground that they need. What was applied for them, or why it ends here.
    pub(super) async fn before(
        &mut self,
        header: &mut Header,
        tally: &mut Tally<'_>,
    ) -> Result<std::result::Result<BTreeSet<ObjectId>, End>> {
        let before = self.open(JobTime::Before, header);
        for passed in &header.jobs_passed {
            self.locked.around.member.passed(passed);
        }
        if before.is_empty() {
            return Ok(Ok(BTreeSet::new()));
        }
        let listed = before.iter().map(|index| self.jobs[*index].0);
        let needs: BTreeSet<ObjectId> = listed
            .clone()
            .flat_map(|job| job.needs.iter().cloned())
            .collect();
        let ground = groundwork(listed, &self.locked.goal.manifests);
        if !ground.is_empty() {
            self.apply(|id| ground.contains(id), tally).await?;
        }
        if !needs.is_empty() {
            let verdict = self.wait(|id| needs.contains(id), Duration::ZERO).await?;
            if verdict != Verdict::Ready {
                return Ok(Err(verdict.into()));
            }
        }
        let done = |index: &usize| self.passed_elsewhere(*index);
        if !before.iter().all(done) {
            tally.phase(self.locked.around.events, Phase::BeforeJobs);
        }
        for index in before {
            match self.job_before(index, header).await? {
                Verdict::Ready => {}
                Verdict::Failed(findings) => return Ok(Err(End::JobFailed(findings))),
                Verdict::Interrupted => return Ok(Err(End::Interrupted)),
            }
        }
        Ok(Ok(ground))
    }

    /// Runs a job before the rollout, or waits for the target that runs it for all.
    async fn job_before(&mut self, index: usize, header: &mut Header) -> Result<Verdict> {
        let member = &self.locked.around.member;
        let (job, made) = &self.jobs[index];
        if !job.once || member.leads().await {
            let verdict = self.job(index, header).await?;
            if verdict == Verdict::Ready {
                member.passed(&self.jobs[index].0.name);
            }
            return Ok(verdict);
        }
        let tell = |readiness, reason: String| {
            self.locked.around.events.send(Event::Progress(Progress {
                object: job.manifest.id.clone(),
                readiness,
                reason,
                ready: None,
                desired: None,
                updated: None,
            }));
        };
        if !self.passed_elsewhere(index) {
            let waits = format!("it runs once, in {}: waiting for that", member.leader());
            tell(State::Waiting, waits);
        }
        let passes = tokio::select! {
            passes = member.passes_elsewhere(&job.name) => passes,
            _ = self.locked.around.interrupt.wait() => return Ok(Verdict::Interrupted),
        };
        if passes {
            tell(State::Ready, String::new());
            // Were it not in this record, a resume in this target alone would run it here.
            self.mark_passed(index, header).await?;
            return Ok(Verdict::Ready);
        }
        let message = format!(
            "{} runs once, in {}, and did not pass there",
            job.name,
            member.leader()
        );
        Ok(Verdict::Failed(vec![finding(
            &made.id,
            "job-elsewhere",
            message,
        )]))
    }

    /// The jobs of that time that have not passed yet.
    pub(super) fn open(&self, when: JobTime, header: &Header) -> Vec<usize> {
        let open = |(job, _): &(&ReleaseJob, Manifest)| {
            job.when == when && !header.jobs_passed.contains(&job.name)
        };
        (0..self.jobs.len())
            .filter(|index| open(&self.jobs[*index]))
            .collect()
    }

    pub(super) async fn job(&mut self, index: usize, header: &mut Header) -> Result<Verdict> {
        let locked = self.locked;
        let (job, made) = &self.jobs[index];
        let gate = || locked.gate();
        // Boxed, like the phases of a run: debug builds keep every one of them on the stack else.
        let verdict = Box::pin(jobs::run(
            locked.around,
            &mut self.tracker,
            (job, made),
            header.started,
            &gate,
        ))
        .await?;
        if verdict == Verdict::Ready {
            self.mark_passed(index, header).await?;
        }
        Ok(verdict)
    }

    async fn mark_passed(&self, index: usize, header: &mut Header) -> Result<()> {
        header.jobs_passed.push(self.jobs[index].0.name.clone());
        self.locked.lock.check()?;
        self.locked.store.update(header).await
    }

    /// Whether a job that runs once has passed in another target by now.
    fn passed_elsewhere(&self, index: usize) -> bool {
        let job = self.jobs[index].0;
        job.once && self.locked.around.member.has_passed_elsewhere(&job.name)
    }
}
