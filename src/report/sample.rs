//! The runs that every reporter's tests tell: the same messages, at fixed times.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::diagnose::{Evidence, Finding, Severity};
use crate::error::Outcome;
use crate::event::{
    Changes, CheckProgress, Commit, Event, Finished, ImageChange, Message, Phase, Progress, State,
    VERSION,
};
use crate::manifest::job::JobTime;
use crate::manifest::{ObjectId, Origin};
use crate::plan::{Action, Change, Plan, Step};

mod runs;

pub use runs::{seldom, several, with_jobs};

/// A moment, in seconds since the run began.
pub fn at(seconds: f64) -> Timestamp {
    let start = Timestamp::from_second(1_800_000_000).unwrap();
    start + jiff::SignedDuration::from_secs_f64(seconds)
}

pub fn id(text: &str) -> ObjectId {
    text.parse().unwrap()
}

/// Compares in full; `expected` starts on a line of its own.
#[track_caller]
pub fn same(actual: impl AsRef<str>, expected: &str) {
    assert_eq!(actual.as_ref(), expected.trim_matches('\n'));
}

/// The moments between two messages at which a reporter is told that time has passed.
pub fn ticks(from: Timestamp, to: Timestamp) -> impl Iterator<Item = Timestamp> {
    let step = jiff::SignedDuration::from_millis(500);
    std::iter::successors(Some(from + step), move |tick| Some(*tick + step))
        .take_while(move |tick| *tick < to)
}

/// Builds a run message by message.
#[derive(Default)]
pub struct Script {
    pub messages: Vec<Message>,
    target: Option<String>,
}

impl Script {
    /// `deploy app` of shop to staging.
    pub fn new() -> Self {
        Self::default().started("staging", "kind-a", "shop-staging")
    }

    fn started(self, environment: &str, context: &str, namespace: &str) -> Self {
        self.and(
            0.0,
            Event::Started {
                version: VERSION,
                command: "app".into(),
                app: "shop".into(),
                environment: environment.into(),
                context: context.into(),
                namespace: namespace.into(),
                run: "r-1".into(),
                flags: String::new(),
            },
        )
    }

    /// The run as it stood then.
    pub fn before(mut self, seconds: f64) -> Self {
        self.messages.retain(|message| message.time < at(seconds));
        self
    }

    pub fn target(mut self, name: &str) -> Self {
        self.target = Some(name.into());
        self
    }

    /// Whether it goes to one target only.
    pub fn single(&self) -> bool {
        let is_start = |message: &&Message| matches!(message.event, Event::Started { .. });
        self.messages.iter().filter(is_start).count() == 1
    }

    /// What follows is about the whole run.
    pub fn whole(mut self) -> Self {
        self.target = None;
        self
    }

    pub fn job(self, seconds: f64, name: &str, when: JobTime) -> Self {
        self.and(
            seconds,
            Event::JobStarted {
                job: name.into(),
                when,
                object: id(&format!("Job/{name}-r8")),
                reattached: false,
            },
        )
    }

    pub fn job_says(self, seconds: f64, name: &str, line: &str) -> Self {
        self.and(
            seconds,
            Event::Log {
                object: id(&format!("Job/{name}-r8")),
                job: Some(name.into()),
                pod: None,
                container: "main".into(),
                line: line.into(),
            },
        )
    }

    pub fn check(self, seconds: f64, readiness: State, tries: u32, reason: &str) -> Self {
        self.and(
            seconds,
            Event::Check(CheckProgress {
                check: "Service/web:http/healthz".into(),
                readiness,
                reason: reason.into(),
                tries,
            }),
        )
    }

    pub fn and(mut self, seconds: f64, event: Event) -> Self {
        self.messages.push(Message {
            time: at(seconds),
            target: self.target.clone(),
            event,
        });
        self
    }

    pub fn phase(self, seconds: f64, phase: Phase) -> Self {
        self.and(seconds, Event::Phase { phase })
    }

    /// News of an object: `pods` is ready, desired, updated.
    pub fn news(
        self,
        seconds: f64,
        object: &str,
        readiness: State,
        reason: &str,
        pods: &[u32],
    ) -> Self {
        self.and(
            seconds,
            Event::Progress(Progress {
                object: id(object),
                readiness,
                reason: reason.into(),
                ready: pods.first().copied(),
                desired: pods.get(1).copied(),
                updated: pods.get(2).copied(),
            }),
        )
    }

    pub fn finished(self, seconds: f64, finished: Finished) -> Self {
        self.and(seconds, Event::Finished(Box::new(finished)))
    }
}

pub fn step(object: &str, action: Action) -> Step {
    let file = match object.split_once('/') {
        Some((_, name)) => format!("deploy/templates/{name}.yaml"),
        None => String::new(),
    };
    Step {
        object: id(object),
        action,
        wave: 0,
        changes: Vec::new(),
        conflicts: Vec::new(),
        desired: Some(json!({"secret": "object"})),
        resource_version: None,
        origin: Origin { file, line: 3 },
        checked_later: None,
        restarts_pods: false,
        takes_over: false,
        seen: None,
        mark: None,
    }
}

pub fn change(path: &str, from: Value, to: Value) -> Change {
    Change {
        path: path.into(),
        from: Some(from).filter(|value| !value.is_null()),
        to: Some(to).filter(|value| !value.is_null()),
    }
}

/// A new image for web, and the config it reads.
pub fn plan() -> Plan {
    Plan {
        jobs: Vec::new(),
        version: crate::plan::VERSION,
        app: "shop".into(),
        environment: "staging".into(),
        target: "staging".into(),
        namespace: "shop-staging".into(),
        head: Some(7),
        base: Some(7),
        steps: vec![
            step("ConfigMap/shop-common-3f2a", Action::Create),
            Step {
                changes: vec![
                    change(
                        "spec.template.spec.containers[name=web].image",
                        json!("registry.example/shop:1.4.1"),
                        json!("registry.example/shop:1.4.2"),
                    ),
                    change("spec.minReadySeconds", Value::Null, json!(5)),
                ],
                restarts_pods: true,
                wave: 1,
                ..step("Deployment/web", Action::Update)
            },
            step("Deployment/worker", Action::Unchanged),
            step("Service/web", Action::Unchanged),
        ],
        notes: Vec::new(),
    }
}

/// What the sample runs bring.
pub fn changes() -> Changes {
    let commit = |short: &str, subject: &str| Commit {
        short: short.into(),
        subject: subject.into(),
        author: "Ann".into(),
    };
    Changes {
        since: Some(7),
        images: vec![ImageChange {
            name: "web".into(),
            from: Some("registry.example/shop:1.4.1".into()),
            to: "registry.example/shop:1.4.2".into(),
        }],
        config: vec!["common".into()],
        secrets: vec!["db".into()],
        commit: Some("3f2a1bc".into()),
        commits: vec![
            commit("3f2a1bc", "Pay by card"),
            commit("9d8e7f6", "Speed up the basket"),
        ],
        commits_omitted: 1,
        user: "ci-bot".into(),
        host: "runner-3".into(),
        ci: None,
    }
}

/// Until everything is written.
pub fn applied() -> Script {
    Script::new()
        .phase(0.1, Phase::Load)
        .phase(0.2, Phase::Plan)
        .and(
            0.9,
            Event::Planned {
                plan: Box::new(plan()),
            },
        )
        .phase(0.9, Phase::Lock)
        .phase(1.0, Phase::Record)
        .and(1.1, Event::Recorded { release: 8 })
        .phase(1.1, Phase::Apply)
        .and(
            1.3,
            Event::Applied {
                object: id("ConfigMap/shop-common-3f2a"),
                action: "create".into(),
            },
        )
        .and(
            1.4,
            Event::Applied {
                object: id("Deployment/web"),
                action: "update".into(),
            },
        )
        .phase(1.5, Phase::Rollout)
        .news(1.5, "Service/web", State::Ready, "", &[])
        .news(1.5, "Deployment/worker", State::Ready, "", &[2, 2, 2])
        .news(
            1.6,
            "Deployment/web",
            State::Waiting,
            "2 pods are starting",
            &[3, 3, 1],
        )
}

/// How the sample runs end.
pub fn end(outcome: Outcome) -> Finished {
    Finished {
        release: Some(8),
        running: Some(8),
        timings: vec![
            (Phase::Plan, 0.7),
            (Phase::Apply, 0.4),
            (Phase::Rollout, 7.4),
            (Phase::Soak, 5.0),
        ],
        requests: 31,
        created: 1,
        changed: 1,
        ..Finished::new(outcome)
    }
}

pub fn success() -> Script {
    applied()
        .news(
            4.0,
            "Deployment/web",
            State::Waiting,
            "1 pod is starting",
            &[3, 3, 2],
        )
        .news(8.9, "Deployment/web", State::Ready, "", &[3, 3, 3])
        .phase(8.9, Phase::Soak)
        .and(8.9, Event::Soaking { seconds: 5.0 })
        .phase(13.9, Phase::Finish)
        .finished(14.0, end(Outcome::Done))
}

pub fn crash() -> Finding {
    Finding {
        code: "crash".into(),
        severity: Severity::Permanent,
        object: id("Deployment/web"),
        message: "container web ends with exit code 1 right after its start".into(),
        evidence: vec![
            Evidence::Container {
                pod: "web-6c9f-x2x".into(),
                container: "web".into(),
                state: "terminated".into(),
                reason: "Error".into(),
                message: String::new(),
                exit_code: Some(137),
                restarts: 3,
            },
            Evidence::Event {
                object: "Pod/web-6c9f-x2x".into(),
                reason: "BackOff".into(),
                message: "Back-off restarting failed container".into(),
                count: 3,
            },
            Evidence::Log {
                pod: "web-6c9f-x2x".into(),
                container: "web".into(),
                previous: true,
                lines: vec![
                    "starting".into(),
                    "panic: DB_URL is not set\u{1b}[31m".into(),
                ],
            },
        ],
        next: "add DB_URL to the config `common`, or deploy the image that does not need it".into(),
    }
}

pub fn rolled_back() -> Finished {
    Finished {
        running: Some(7),
        findings: vec![crash()],
        since_last_good: vec!["image of web: 1.4.1 → 1.4.2".into()],
        next: vec!["deploy logs --app shop --env staging".into()],
        timings: vec![(Phase::Rollout, 31.0), (Phase::Undo, 4.2)],
        ..end(Outcome::RolledBack)
    }
}

/// A crash loop, undone.
pub fn failure() -> Script {
    applied()
        .and(
            1.7,
            Event::Log {
                object: id("Pod/web-6c9f-x2x"),
                job: None,
                pod: None,
                container: "web".into(),
                line: "::error::panic:\tDB_URL is not set\u{1b}[2J".into(),
            },
        )
        .and(
            32.5,
            Event::Found {
                finding: Box::new(crash()),
            },
        )
        .news(
            32.5,
            "Deployment/web",
            State::Failed,
            "container web ends with exit code 1",
            &[2, 3, 1],
        )
        .phase(32.5, Phase::Undo)
        .and(32.5, Event::Undoing { release: 8, to: 7 })
        .news(
            33.0,
            "Deployment/web",
            State::Waiting,
            "1 pod is starting",
            &[2, 3, 3],
        )
        .news(36.6, "Deployment/web", State::Ready, "", &[3, 3, 3])
        .finished(36.7, rolled_back())
}
