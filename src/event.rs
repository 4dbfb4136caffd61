//! The program's whole vocabulary of progress. An event is a typed fact, never a sentence: who reads JSON must not parse words.

mod sending;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::diagnose::Finding;
use crate::error::Outcome;
use crate::manifest::ObjectId;
use crate::manifest::job::JobTime;
use crate::plan::Plan;

pub use self::sending::{Events, WeakEvents};
pub use crate::project::git::Commit;

/// Version of the event stream. Within it, events only gain fields and kinds.
pub const VERSION: u32 = 1;

/// A fact about one run. `target` is absent where the fact is about the whole run.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// When it was observed.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub time: jiff::Timestamp,
    /// The target it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The fact.
    #[serde(flatten)]
    pub event: Event,
}

/// Facts, in the order in which a run meets them.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(
    tag = "event",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Event {
    /// A run began.
    Started {
        /// Version of this stream.
        version: u32,
        /// `app`, `rollback`, `resume`.
        command: String,
        /// The app.
        app: String,
        /// The environment.
        environment: String,
        /// The kubeconfig context in use.
        context: String,
        /// The namespace in use.
        namespace: String,
        /// Id of the run; its targets share it.
        run: String,
        /// Flags that lead a follow-up command to the same place: `--env staging`.
        flags: String,
    },
    /// A phase of the run began.
    Phase {
        /// Which one.
        phase: Phase,
    },
    /// Everything is ready and stays watched for a while: comes with the phase `soak`.
    Soaking {
        /// For how long.
        seconds: f64,
    },
    /// A rollback has chosen its goal.
    GoingBack {
        /// The release that runs.
        from: u64,
        /// The release that comes back.
        to: u64,
        /// Its images by name.
        images: BTreeMap<String, String>,
        /// When it was deployed.
        #[schemars(with = "String", extend("format" = "date-time"))]
        deployed: jiff::Timestamp,
        /// A newer release that failed and is not what runs: it was undone by itself, or never touched a workload.
        #[serde(skip_serializing_if = "Option::is_none")]
        undone: Option<u64>,
    },
    /// A release that was not finished is carried on under its own number.
    CarryingOn {
        /// Its number.
        release: u64,
        /// When it began.
        #[schemars(with = "String", extend("format" = "date-time"))]
        started: jiff::Timestamp,
        /// Who began it.
        user: String,
        /// On which machine.
        host: String,
    },
    /// The plan is made and checked; nothing is written yet.
    Planned {
        /// Without the objects themselves (`desired` is null); `plan --output json` has them.
        plan: Box<Plan>,
    },
    /// What the run brings, and who brings it: comes once the run is about to take the lock.
    Changes(Box<Changes>),
    /// Waiting for somebody's lock.
    WaitingForLock {
        /// Who holds it.
        holder: String,
        /// Since when.
        #[schemars(with = "Option<String>", extend("format" = "date-time"))]
        since: Option<jiff::Timestamp>,
        /// What for, when they said.
        reason: Option<String>,
    },
    /// The lock of a dead or live holder was taken over.
    LockTaken {
        /// Who held it.
        from: String,
        /// Whether its holder had stopped renewing it.
        dead: bool,
    },
    /// The release has a number and a record.
    Recorded {
        /// Its number.
        release: u64,
    },
    /// One object was written.
    Applied {
        /// The object.
        object: ObjectId,
        /// `create`, `update`, `adopt`, `replace` or `delete`.
        action: String,
    },
    /// A job of the release is being run.
    JobStarted {
        /// Its name in deploy.yaml.
        job: String,
        /// Whether it runs before or after the rollout.
        when: JobTime,
        /// The Job that was made for this release.
        object: ObjectId,
        /// It was running already: made by this release before it was cut off.
        reattached: bool,
    },
    /// An HTTP check of the release was tried, with a new result.
    Check(CheckProgress),
    /// An object's readiness or the words for it changed.
    Progress(Progress),
    /// A line of a container's log.
    Log {
        /// The pod, or the object of the release that it belongs to.
        object: ObjectId,
        /// The name in deploy.yaml of the job it belongs to.
        #[serde(skip_serializing_if = "Option::is_none")]
        job: Option<String>,
        /// The pod, where `object` is not it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pod: Option<String>,
        /// The container.
        container: String,
        /// The line, without its line break.
        line: String,
    },
    /// A cause was found.
    Found {
        /// The cause.
        finding: Box<Finding>,
    },
    /// Something the reader should know that is no finding of the rollout.
    Warning {
        /// Stable code.
        code: String,
        /// What to know, for people.
        message: String,
        /// The object it is about.
        #[serde(skip_serializing_if = "Option::is_none")]
        object: Option<ObjectId>,
    },
    /// The last good release is being put back.
    Undoing {
        /// The release that failed.
        release: u64,
        /// The release that is put back.
        to: u64,
    },
    /// Nothing is to be done.
    NothingToDo {
        /// The release that is live.
        release: Option<u64>,
    },
    /// The end of a target, with its name; where a run has several, its last event is one more, without a target. Always
    /// the last event of a run.
    Finished(Box<Finished>),
}

/// The phases of a run, as product users know them.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// Files are read and checked.
    Load,
    /// Live state is read, the plan is made and passes the server's dry run.
    Plan,
    /// The lock is taken and the plan re-checked.
    Lock,
    /// The record is written.
    Record,
    /// Objects are written.
    Apply,
    /// Jobs that come before any workload changes.
    BeforeJobs,
    /// Workloads become ready.
    Rollout,
    /// HTTP checks of the new version.
    Checks,
    /// Jobs that come after the rollout.
    AfterJobs,
    /// Everything is ready; watching on for a moment.
    Soak,
    /// Evidence is gathered.
    Diagnose,
    /// The last good release is put back.
    Undo,
    /// What is not wanted any more is removed.
    Prune,
    /// The record is closed.
    Finish,
}

impl Phase {
    /// One word, as in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Plan => "plan",
            Self::Lock => "lock",
            Self::Record => "record",
            Self::Apply => "apply",
            Self::BeforeJobs => "beforeJobs",
            Self::Rollout => "rollout",
            Self::Checks => "checks",
            Self::AfterJobs => "afterJobs",
            Self::Soak => "soak",
            Self::Diagnose => "diagnose",
            Self::Undo => "undo",
            Self::Prune => "prune",
            Self::Finish => "finish",
        }
    }
}

/// What a run brings since the last good release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    /// The last good release; absent before the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// Images that differ.
    pub images: Vec<ImageChange>,
    /// Config groups that differ.
    pub config: Vec<String>,
    /// Secrets that differ.
    pub secrets: Vec<String>,
    /// The commit that is deployed, abbreviated, where git knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Commits to the app's folder since the last good release, newest first; empty where git does not know.
    pub commits: Vec<Commit>,
    /// Commits that are not listed.
    pub commits_omitted: usize,
    /// Who brings it: the API server's name for the user.
    pub user: String,
    /// On which machine.
    pub host: String,
    /// A link to the CI job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ci: Option<String>,
}

/// An image that differs from the last good release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageChange {
    /// Its name in deploy.yaml.
    pub name: String,
    /// What ran; absent for a new image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What is to run.
    pub to: String,
}

/// Where one HTTP check stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckProgress {
    /// What is asked: the URL, or `Service/shop:http/healthz`.
    pub check: String,
    /// `waiting`, `ready` or `failed`.
    pub readiness: State,
    /// What the last answer was, in words: `503 Service Unavailable, wanted 200`. Empty when it passed.
    pub reason: String,
    /// How often it was tried.
    pub tries: u32,
}

/// Where one object stands on its way to ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The object.
    pub object: ObjectId,
    /// `waiting`, `ready` or `failed`.
    pub readiness: State,
    /// What it is waiting for, in words, or why it failed. Empty when ready.
    pub reason: String,
    /// Pods ready, for workloads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<u32>,
    /// Pods wanted, for workloads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired: Option<u32>,
    /// Pods of the new revision, for workloads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<u32>,
}

/// Readiness without its reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// On its way.
    Waiting,
    /// Done.
    Ready,
    /// Will not get there.
    Failed,
}

/// How a run ended.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finished {
    /// The outcome.
    pub outcome: Outcome,
    /// The exit code that belongs to it.
    pub exit_code: u8,
    /// The release's number, when one was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<u64>,
    /// The number of the release that was put back, or that runs now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<u64>,
    /// Why it failed, worst first.
    pub findings: Vec<Finding>,
    /// What to do next, for people; complete command lines.
    pub next: Vec<String>,
    /// Seconds per phase.
    pub timings: Vec<(Phase, f64)>,
    /// Requests made to the API server.
    pub requests: usize,
    /// What was written: objects created, changed, deleted.
    pub created: usize,
    /// Objects changed.
    pub changed: usize,
    /// Objects deleted.
    pub deleted: usize,
    /// Differences since the last good release that may explain a failure (`image of web: 1.4.1 → 1.4.2`).
    pub since_last_good: Vec<String>,
    /// How each target ended, in the order of deploy.yaml: in the last event of a run in several targets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<TargetEnd>,
    /// What kept the run from running its course, when that is how it ended; the program then prints it apart from the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Finished {
    /// The end of a run that did nothing worth counting.
    #[must_use]
    pub fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            exit_code: outcome.exit_code(),
            release: None,
            running: None,
            findings: Vec::new(),
            next: Vec::new(),
            timings: Vec::new(),
            requests: 0,
            created: 0,
            changed: 0,
            deleted: 0,
            since_last_good: Vec::new(),
            targets: Vec::new(),
            error: None,
        }
    }

    /// Why it did not go well, in one line.
    #[must_use]
    pub fn cause(&self) -> Option<String> {
        let found = self.findings.first();
        found
            .map(|finding| format!("{}: {}", finding.object, finding.message))
            .or_else(|| self.error.clone())
    }
}

/// How one target of a run ended.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetEnd {
    /// Its name.
    pub target: String,
    /// Its outcome.
    pub outcome: Outcome,
    /// The exit code that belongs to it.
    pub exit_code: u8,
    /// The release's number, when one was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<u64>,
    /// The number of the release that runs now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<u64>,
    /// Why it did not go well, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}
