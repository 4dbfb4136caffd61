//! From a goal to an outcome in one target: plan, lock, record, apply, roll out, undo, prune, finish.
//!
//! `deploy app`, `rollback`, `restart` and `resume` differ only in the goal they bring here.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::applying::{self, ApplyOptions};
use super::explain_change;
use super::finish::{self, Tally};
use super::planning::{self, PlanHeader};
use super::previous::Past;
use super::sweep;
use super::undo;
use crate::cluster::Cluster;
use crate::diagnose::Finding;
use crate::env::Clock;
use crate::error::{Failure, FailureKind, Outcome, Result};
use crate::event::{Event, Events, Phase};
use crate::interrupt::Interrupt;
use crate::manifest::fields::owned_fields_digest;
use crate::manifest::versioned::NameKey;
use crate::manifest::{DIGEST_ANNOTATION, Manifest, ObjectId};
use crate::plan::{Action, Mark, Plan, PlanOptions};
use crate::project::schema::OnFailure;
use crate::release::lease::Holder;
use crate::release::lock::Patience;
use crate::release::record::{self, Ending, Header, Payload, State, Who};
use crate::release::{Lock, Store, copies};
use crate::shell::Shell;
use crate::track::{Budget, Tracker, Verdict, Wait};

/// What a run wants in one target.
pub struct Goal {
    /// `app`, `rollback`, `resume`, `restart`.
    pub command: &'static str,
    /// App, environment and target.
    pub place: PlanHeader,
    /// Everything that should be there, Secrets with their data.
    pub manifests: Vec<Manifest>,
    /// What the record keeps; `objects` and `copies` are filled in from `manifests`.
    pub payload: Payload,
    /// Image references by name.
    pub images: BTreeMap<String, String>,
    /// The release this one restores.
    pub rollback_of: Option<u64>,
    /// The interrupted release that is carried on under its own number.
    pub resumes: Option<Header>,
    /// The key of secret names; `Fresh` when this run made it up.
    pub key: Option<Key>,
}

/// The key that names Secrets.
pub enum Key {
    /// Read from the namespace.
    Kept(NameKey),
    /// Made by this run, kept with its first record.
    Fresh(NameKey),
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
    /// Make a release even when nothing changes.
    pub rerun: bool,
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
}

impl Around<'_> {
    /// Fails when a stop was asked for.
    pub fn check_interrupt(&self) -> Result<()> {
        match self.interrupt.requested() {
            None => Ok(()),
            Some(signal) => Err(Failure::new(
                FailureKind::Stopped(signal),
                "stopped on request",
            )),
        }
    }
}

/// Carries a goal out. Emits everything but `Started`; the last event is `Finished`.
pub async fn carry_out(around: &Around<'_>, goal: Goal, options: &Options) -> Result<Outcome> {
    let mut tally = Tally::new(around.cluster);
    let app = goal.place.app.clone();
    let store = Store::new(around.cluster, &app);
    tally.phase(around.events, Phase::Plan);
    let past = Past::read(&store).await?;
    past.check_environment(
        &goal.place.app,
        &goal.place.environment,
        &around.cluster.namespace,
    )?;
    let plan = plan(around, &goal, &past, options).await?;
    tell(around, &plan);
    around.check_interrupt()?;
    if plan.is_empty() && !past.previous.force_change && !options.rerun {
        around
            .events
            .send(Event::NothingToDo { release: plan.base });
        tally.running = plan.base;
        return Ok(tally.finished(around.events, Outcome::Done));
    }
    if options.dry_run {
        return Ok(tally.finished(around.events, Outcome::Done));
    }
    if options.confirm && !ask(around, &goal).await? {
        return Err(Failure::usage("not confirmed; nothing was written"));
    }

    tally.phase(around.events, Phase::Lock);
    applying::own_namespace(around.cluster, &plan).await?;
    let who = Who {
        user: around.cluster.whoami().await.unwrap_or_default(),
        ..around.who.clone()
    };
    let holder = Holder {
        run: around.run.clone(),
        who: who.clone(),
        reason: goal.command.to_owned(),
        frozen: false,
    };
    let lock = Lock::take(
        around.cluster,
        around.clock,
        &app,
        holder,
        options.patience,
        around.events,
    )
    .await?;
    let locked = Locked {
        around,
        goal,
        options,
        store: &store,
        lock: &lock,
        who,
    };
    let outcome = lock.hold(locked.run(plan, past, &mut tally)).await;
    lock.release().await;
    outcome
}

async fn plan(around: &Around<'_>, goal: &Goal, past: &Past, options: &Options) -> Result<Plan> {
    let plan = planning::plan(
        around.cluster,
        &goal.place,
        &goal.manifests,
        &past.previous,
        &options.plan,
    )
    .await?;
    if let Some(reviewed) = &options.reviewed {
        planning::check_reviewed(reviewed, &plan)?;
    }
    Ok(plan)
}

fn tell(around: &Around<'_>, plan: &Plan) {
    around.events.send(Event::Planned {
        plan: Box::new(plan.masked()),
    });
}

async fn ask(around: &Around<'_>, goal: &Goal) -> Result<bool> {
    let place = &goal.place;
    around.events.settle().await;
    around.shell.confirm(
        &format!(
            "Deploy {} to {} ({})?",
            place.app, place.environment, around.cluster.context
        ),
        around.yes,
    )
}

/// The part of a run that happens under the lock.
struct Locked<'a> {
    around: &'a Around<'a>,
    goal: Goal,
    options: &'a Options,
    store: &'a Store<'a>,
    lock: &'a Lock<'a>,
    who: Who,
}

impl Locked<'_> {
    async fn run(mut self, plan: Plan, past: Past, tally: &mut Tally<'_>) -> Result<Outcome> {
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
        let again = self::plan(self.around, &self.goal, &past, self.options).await?;
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
        }
        Ok(())
    }

    /// Writes the record, with what it needs: the key of secret names and copies of template Secrets.
    async fn record(&mut self, past: &Past, started: Timestamp) -> Result<Header> {
        let cluster = self.around.cluster;
        if let Some(key) = &self.goal.key {
            if let Key::Fresh(key) = key {
                self.lock.check()?;
                finish::keep_key(cluster, key).await?;
            }
            let copies =
                copies::of_templates(&self.goal.manifests, &self.goal.place.app, key.name_key());
            for (id, copy) in copies {
                self.lock.check()?;
                cluster.create_if_absent(&copy).await.map_err(|error| {
                    Failure::from(error).context(format!("keeping a copy of {id}"))
                })?;
                let name = copy["metadata"]["name"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                self.goal.payload.copies.insert(id, name);
            }
        }
        self.goal.payload.objects = record::without_secret_data(&self.goal.manifests);
        self.lock.check()?;
        if let Some(resumed) = &self.goal.resumes {
            let mut header = resumed.clone();
            header.state = State::Running;
            self.store.update(&header).await?;
            return Ok(header);
        }
        let number = self.store.next_number(&past.headers).await?;
        self.store
            .begin(self.header(number, started), &self.goal.payload)
            .await
    }

    fn header(&self, number: u64, started: Timestamp) -> Header {
        let payload = &self.goal.payload;
        let place = &self.goal.place;
        Header {
            version: record::VERSION,
            binary: env!("CARGO_PKG_VERSION").to_owned(),
            app: place.app.clone(),
            environment: place.environment.clone(),
            target: place.target.clone(),
            number,
            run: self.around.run.clone(),
            command: self.goal.command.to_owned(),
            state: State::Running,
            started,
            finished: None,
            who: self.who.clone(),
            images: self.goal.images.clone(),
            git: payload.inputs.git.clone(),
            rollback_of: self.goal.rollback_of,
            undone_to: None,
            rolled_back_by: None,
            cause: None,
            versions: payload
                .configs
                .values()
                .chain(payload.secrets.values())
                .chain(payload.copies.values())
                .cloned()
                .collect(),
            objects_digest: record::objects_digest(&payload.objects, &payload.copies),
            payload: record::Stored {
                chunks: 0,
                digest: String::new(),
            },
            result: None,
        }
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
            Tracker::start(around.cluster, &self.goal.place.app, &self.goal.manifests).await?;
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

    /// Best effort: the reason why we stop matters more than a record that cannot be closed.
    async fn give_up(
        &self,
        header: &mut Header,
        ending: Ending,
        tally: &mut Tally<'_>,
        failure: &Failure,
    ) {
        header.state = State::Interrupted;
        header.cause = Some(
            self.around
                .shell
                .redactor
                .mask(&format!("{:#}", failure.source)),
        );
        header.finished = Some(self.around.clock.now());
        tally.close_phase();
        if self.lock.check().is_ok() {
            let _ = self.store.finish(header, &ending).await;
        }
    }

    async fn close(
        &self,
        header: &mut Header,
        state: State,
        mut ending: Ending,
        past: &Past,
        tally: &mut Tally<'_>,
    ) -> Result<()> {
        self.mask(&mut ending.findings)?;
        header.state = state;
        header.finished = Some(self.around.clock.now());
        header.cause = ending
            .findings
            .first()
            .map(|finding| finding.message.clone());
        tally.findings.clone_from(&ending.findings);
        tally.close_phase();
        ending.timings.clone_from(&tally.timings);
        self.lock.check()?;
        self.store.finish(header, &ending).await?;
        if state != State::Good {
            return Ok(());
        }
        tally.running = Some(header.number);
        if let (Some(_), Some(from)) = (header.rollback_of, past.head()) {
            let mut from = from.clone();
            from.rolled_back_by = Some(header.number);
            self.store.update(&from).await?;
        }
        sweep::sweep(
            self.around,
            self.store,
            self.lock,
            header,
            past,
            self.options.keep,
        )
        .await
    }

    /// Records are written with what reporters would print: masked.
    fn mask(&self, findings: &mut [Finding]) -> Result<()> {
        for finding in findings {
            let mut value = serde_json::to_value(&*finding)
                .map_err(|error| Failure::bug(format!("cannot write a finding: {error}")))?;
            self.around.shell.redactor.mask_json(&mut value);
            *finding = serde_json::from_value(value)
                .map_err(|error| Failure::bug(format!("cannot read a finding: {error}")))?;
        }
        Ok(())
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

/// What each object looked like right after it was applied. Objects that were not sent keep what the plan saw.
fn marks(
    manifests: &[Manifest],
    plan: &Plan,
    applied: &[(ObjectId, serde_json::Value)],
) -> BTreeMap<ObjectId, Mark> {
    let mut marks: BTreeMap<ObjectId, Mark> = plan
        .steps
        .iter()
        .filter_map(|step| Some((step.object.clone(), step.mark.clone()?)))
        .collect();
    for (id, object) in applied {
        marks.insert(
            id.clone(),
            Mark {
                digest: object["metadata"]["annotations"][DIGEST_ANNOTATION]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
                fields: owned_fields_digest(object),
                uid: object["metadata"]["uid"].as_str().map(str::to_owned),
            },
        );
    }
    let wanted: std::collections::BTreeSet<&ObjectId> =
        manifests.iter().map(|manifest| &manifest.id).collect();
    marks.retain(|id, _| wanted.contains(id));
    marks
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
