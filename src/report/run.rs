//! A run as its messages have told it so far: the fold that the live view, the plain lines and the summary share.
//! Pure; it decides nothing and draws nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::diagnose::Finding;
use crate::event::{CheckProgress, Event, Finished, Message, Phase, Progress, State};
use crate::manifest::{ObjectId, Origin};
use crate::plan::Action;

/// What is known of a run.
#[derive(Default)]
pub struct Run {
    /// `app`, `rollback`, `resume` …
    pub command: String,
    /// The app.
    pub app: String,
    /// The environment.
    pub environment: String,
    /// The run's id.
    pub id: String,
    /// When the first message came.
    pub started: Option<Timestamp>,
    /// When the latest message came.
    pub latest: Option<Timestamp>,
    /// One for each target that was heard of; a single one without a name when no message names a target.
    pub targets: Vec<Target>,
    /// How the whole run ended, where several targets each had an end of their own.
    pub finished: Option<Finished>,
}

/// What is known of a run in one target.
#[derive(Default)]
pub struct Target {
    /// Its name, when messages name it.
    pub name: Option<String>,
    /// The kubeconfig context.
    pub context: String,
    /// The namespace.
    pub namespace: String,
    /// Flags that lead a follow-up command to the same place.
    pub flags: String,
    /// The release's number, once it has one.
    pub release: Option<u64>,
    /// The phase and when it began.
    pub phase: Option<(Phase, Timestamp)>,
    /// The latest message asked for nothing but attention: a plan that somebody may have to confirm.
    pub asking: bool,
    /// `2 to create, 12 unchanged`; empty before the plan is made.
    pub totals: String,
    /// Objects the plan will write.
    pub to_write: usize,
    /// Objects written so far.
    pub written: usize,
    /// How many of them before the current phase.
    pub written_before: usize,
    /// Who is waited for: holder, since, reason.
    pub lock: Option<(String, Option<Timestamp>, Option<String>)>,
    /// The failed release and the one that is being put back.
    pub undoing: Option<(u64, u64)>,
    /// When watching on will end.
    pub soaking_until: Option<Timestamp>,
    /// Objects on their way, in the order in which they were first heard of.
    pub rows: Vec<Row>,
    /// Jobs of the release, in the order in which they were run.
    pub jobs: Vec<Job>,
    /// HTTP checks, in the order in which they were first tried.
    pub checks: Vec<Check>,
    /// Causes found so far.
    pub findings: Vec<Finding>,
    /// The template and line of each planned object.
    pub origins: BTreeMap<ObjectId, Origin>,
    /// How many commits came since the last good release, and its number.
    pub commits: Option<(usize, u64)>,
    /// Nothing was to be done.
    pub idle: bool,
    /// How it ended.
    pub finished: Option<Finished>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// A job of the release.
pub struct Job {
    /// Its name in deploy.yaml.
    pub name: String,
    /// The Job that was made for this release.
    pub object: ObjectId,
    /// How it stands.
    pub readiness: State,
    /// When it was started.
    pub since: Timestamp,
    /// When it succeeded or failed.
    pub until: Option<Timestamp>,
}

/// An HTTP check of the release.
pub struct Check {
    /// The latest answer.
    pub progress: CheckProgress,
    /// When it was first tried.
    pub since: Timestamp,
    /// When it passed or failed.
    pub until: Option<Timestamp>,
}

/// One object on its way to ready.
pub struct Row {
    /// The latest news.
    pub progress: Progress,
    /// The job of the release that it is.
    pub job: Option<String>,
    /// When it was first heard of.
    pub since: Timestamp,
    /// When it became ready or failed.
    pub until: Option<Timestamp>,
}

impl Run {
    /// Takes in one message.
    pub fn apply(&mut self, message: &Message) {
        self.started.get_or_insert(message.time);
        self.latest = Some(message.time);
        if let Event::Started {
            command,
            app,
            environment,
            run,
            ..
        } = &message.event
        {
            self.id.clone_from(run);
            self.command.clone_from(command);
            self.app.clone_from(app);
            self.environment.clone_from(environment);
        }
        if let (Event::Finished(finished), None) = (&message.event, &message.target)
            && self.several()
        {
            self.finished = Some((**finished).clone());
            return;
        }
        // What concerns the whole run, such as a chat that is not told, makes no target of its own.
        if message.target.is_some() || !self.several() {
            self.target_mut(message.target.as_deref()).apply(message);
        }
    }

    /// How it ended: as a whole where there are several targets, else in the only one.
    #[must_use]
    pub fn end(&self) -> Option<&Finished> {
        match (&self.finished, self.targets.as_slice()) {
            (Some(finished), _) => Some(finished),
            (None, targets) => targets.iter().find_map(|target| target.finished.as_ref()),
        }
    }

    /// Whether it goes to several targets, so that each is called by its name.
    #[must_use]
    pub fn several(&self) -> bool {
        self.targets.len() > 1
    }

    /// The target that a message is about. A message without a target is about the only one, if there is only one.
    #[must_use]
    pub fn target(&self, name: Option<&str>) -> Option<&Target> {
        self.targets.get(self.index(name)?)
    }

    fn index(&self, name: Option<&str>) -> Option<usize> {
        match (self.targets.as_slice(), name) {
            ([_], None) => Some(0),
            // The run was announced before the target had a name.
            ([only], Some(_)) if only.name.is_none() => Some(0),
            (targets, name) => targets
                .iter()
                .position(|target| target.name.as_deref() == name),
        }
    }

    fn target_mut(&mut self, name: Option<&str>) -> &mut Target {
        let index = self.index(name).unwrap_or_else(|| {
            self.targets.push(Target::default());
            self.targets.len() - 1
        });
        let target = &mut self.targets[index];
        if let Some(name) = name {
            target.name.get_or_insert_with(|| name.to_owned());
        }
        target
    }
}

impl Target {
    fn apply(&mut self, message: &Message) {
        let now = message.time;
        self.asking = matches!(message.event, Event::Planned { .. });
        if !matches!(
            message.event,
            Event::WaitingForLock { .. } | Event::Warning { .. }
        ) {
            self.lock = None;
        }
        match &message.event {
            Event::Started {
                context,
                namespace,
                flags,
                ..
            } => {
                self.flags.clone_from(flags);
                self.context.clone_from(context);
                self.namespace.clone_from(namespace);
            }
            Event::Phase { phase } => {
                self.written_before = self.written;
                self.phase = Some((*phase, now));
                self.soaking_until = None;
            }
            Event::Soaking { seconds } => {
                let time = jiff::SignedDuration::try_from_secs_f64(*seconds).unwrap_or_default();
                self.soaking_until = now.checked_add(time).ok();
            }
            Event::Planned { plan } => {
                self.totals = super::plan_text::totals(plan);
                self.to_write = plan
                    .steps
                    .iter()
                    .filter(|step| {
                        !matches!(
                            step.action,
                            Action::Unchanged | Action::Keep { .. } | Action::Delete
                        )
                    })
                    .count();
                self.origins = plan
                    .steps
                    .iter()
                    .map(|step| (step.object.clone(), step.origin.clone()))
                    .collect();
            }
            Event::WaitingForLock {
                holder,
                since,
                reason,
            } => self.lock = Some((holder.clone(), *since, reason.clone())),
            Event::Recorded { release } => self.release = Some(*release),
            Event::Applied { action, .. } => self.written += usize::from(action != "delete"),
            Event::JobStarted { job, object, .. } => self.job(job, object, now),
            Event::Check(check) => self.check(check, now),
            Event::Progress(progress) => self.progress(progress, now),
            Event::Found { finding } => self.findings.push((**finding).clone()),
            Event::Undoing { release, to } => {
                self.undoing = Some((*release, *to));
                // The same objects are on their way again, to another goal.
                self.rows.clear();
                self.checks.clear();
            }
            Event::NothingToDo { release } => {
                self.idle = true;
                self.release = *release;
            }
            Event::Finished(finished) => {
                self.release = finished.release.or(self.release);
                self.finished = Some((**finished).clone());
                self.ended = Some(now);
            }
            Event::Changes(changes) => {
                let commits = changes.commits.len() + changes.commits_omitted;
                self.commits = changes.since.map(|since| (commits, since));
            }
            Event::GoingBack { .. }
            | Event::CarryingOn { .. }
            | Event::LockTaken { .. }
            | Event::Log { .. }
            | Event::Warning { .. } => {}
        }
    }

    fn job(&mut self, name: &str, object: &ObjectId, now: Timestamp) {
        self.jobs.push(Job {
            name: name.to_owned(),
            object: object.clone(),
            readiness: State::Waiting,
            since: now,
            until: None,
        });
    }

    fn check(&mut self, progress: &CheckProgress, now: Timestamp) {
        let until = (progress.readiness != State::Waiting).then_some(now);
        let known = self
            .checks
            .iter_mut()
            .find(|check| check.progress.check == progress.check);
        match known {
            Some(check) => {
                check.progress.clone_from(progress);
                check.until = until;
            }
            None => self.checks.push(Check {
                progress: progress.clone(),
                since: now,
                until,
            }),
        }
    }

    fn progress(&mut self, progress: &Progress, now: Timestamp) {
        let until = (progress.readiness != State::Waiting).then_some(now);
        let job = self
            .jobs
            .iter_mut()
            .find(|job| job.object == progress.object);
        let begun = job.as_ref().map(|job| (job.name.clone(), job.since));
        if let Some(job) = job
            && job.readiness != progress.readiness
        {
            job.readiness = progress.readiness;
            job.until = until;
        }
        match self
            .rows
            .iter_mut()
            .find(|row| row.progress.object == progress.object)
        {
            Some(row) => {
                if row.progress.readiness != progress.readiness {
                    row.until = until;
                }
                row.progress.clone_from(progress);
            }
            None => self.rows.push(Row {
                progress: progress.clone(),
                since: begun.as_ref().map_or(now, |(_, since)| *since),
                job: begun.map(|(name, _)| name),
                until,
            }),
        }
    }

    /// How many checks have passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        let passed = |check: &&Check| check.progress.readiness == State::Ready;
        self.checks.iter().filter(passed).count()
    }

    /// Objects on their way, without the jobs of the release.
    pub fn objects(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.job.is_none())
    }

    /// Those of them that are not ready.
    pub fn missing(&self) -> impl Iterator<Item = &Row> {
        self.objects()
            .filter(|row| row.progress.readiness != State::Ready)
    }
}

impl Row {
    /// `Deployment/web`, `job migrate`; not yet cleaned.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.job {
            Some(job) => format!("job {job}"),
            None => self.progress.object.to_string(),
        }
    }

    /// `3/4`, `3/4, 2 new`; empty for objects without pods, and for jobs: their pods end, and are never ready.
    #[must_use]
    pub fn counts(&self) -> String {
        if self.job.is_some() {
            return String::new();
        }
        let Progress {
            ready: Some(ready),
            desired: Some(desired),
            updated,
            ..
        } = self.progress
        else {
            return String::new();
        };
        match updated {
            Some(updated) if updated < desired && self.progress.readiness != State::Ready => {
                format!("{ready}/{desired}, {updated} new")
            }
            _ => format!("{ready}/{desired}"),
        }
    }
}

/// Time from one moment to another; zero when the clock went backwards.
#[must_use]
pub fn between(from: Timestamp, to: Timestamp) -> std::time::Duration {
    to.duration_since(from).try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::several;

    #[test]
    fn a_warning_about_the_whole_run_is_no_target() {
        let mut script = several();
        let warning = Message {
            target: None,
            event: Event::Warning {
                code: "notify".to_owned(),
                message: "team is not told: answered 404 Not Found".to_owned(),
                object: None,
            },
            ..script.messages[4].clone()
        };
        script.messages.insert(5, warning);
        let mut run = Run::default();
        script
            .messages
            .iter()
            .for_each(|message| run.apply(message));
        let names: Vec<_> = run
            .targets
            .iter()
            .map(|target| target.name.as_deref())
            .collect();
        assert_eq!(names, [Some("eu"), Some("us"), Some("ap")]);
    }
}
