//! One object of a release through time: how it was judged last, which causes have lasted how long, what was said of it.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use super::rules::{self, Readiness, Subject, custom::Rule};
use super::snapshot::Snapshot;
use super::status::in_words;
use crate::diagnose::build::finding;
use crate::diagnose::{self, Finding, Severity, catalogue};
use crate::event::{Event, Events, Progress, State};
use crate::manifest::ObjectId;

/// One object of it.
pub struct Tracked {
    /// The object as it was applied.
    pub applied: Value,
    seen: bool,
    /// The last judgement.
    pub readiness: Readiness,
    /// The causes known now.
    pub findings: Vec<Finding>,
    /// When each cause was first seen.
    pub lasting: HashMap<String, Instant>,
    /// Causes that were announced.
    told: BTreeSet<(String, Severity)>,
    /// What was looked up and is really missing.
    pub missing: BTreeSet<ObjectId>,
    progress: Option<Progress>,
}

impl Tracked {
    /// An object that was applied and has not been seen since.
    pub fn new(applied: Value) -> Self {
        Self {
            applied,
            seen: false,
            readiness: Readiness::waiting(""),
            findings: Vec::new(),
            lasting: HashMap::new(),
            told: BTreeSet::new(),
            missing: BTreeSet::new(),
            progress: None,
        }
    }

    /// Judges it from what is seen now.
    pub fn judge(
        &mut self,
        id: &ObjectId,
        snapshot: &Snapshot,
        custom: &[Rule],
        now: Timestamp,
        since: Timestamp,
    ) {
        let Some(object) = snapshot.get(id) else {
            self.absent(id, snapshot);
            return;
        };
        self.seen = true;
        let subject = Subject {
            id,
            object,
            snapshot,
            now,
            custom,
            applied: Some(&self.applied),
        };
        self.readiness = rules::judge(&subject);
        self.findings = diagnose::findings(snapshot, id, now, Some(since));
        self.remember();
    }

    fn absent(&mut self, id: &ObjectId, snapshot: &Snapshot) {
        self.findings.clear();
        if !rules::is_judged(id) {
            self.readiness = Readiness::ready();
        } else if let Some(why) = snapshot.unread(&id.group, &id.kind) {
            self.readiness = Readiness::ready_but(format!("not checked: {why}"));
        } else if self.seen && self.readiness.is_ready() && id.is("Job") {
            // A finished Job may clean itself up.
        } else if self.seen {
            self.readiness = Readiness::waiting("it was deleted by somebody");
            self.findings = vec![finding(
                id,
                "gone",
                "somebody deleted it during the rollout",
            )];
        } else {
            self.readiness = Readiness::waiting("waiting to see it");
        }
        self.remember();
    }

    /// Keeps the time at which each cause was first seen; one that is gone starts anew.
    fn remember(&mut self) {
        let now = Instant::now();
        let codes: BTreeSet<&str> = self
            .findings
            .iter()
            .map(|cause| cause.code.as_str())
            .collect();
        self.lasting.retain(|code, _| codes.contains(code.as_str()));
        for code in codes {
            self.lasting.entry(code.to_owned()).or_insert(now);
        }
    }

    /// Whether a cause fails the rollout now.
    pub fn is_over(&self, cause: &Finding) -> bool {
        match cause.severity {
            Severity::Permanent => true,
            Severity::Likely => self
                .lasting
                .get(&cause.code)
                .is_some_and(|first| first.elapsed() >= catalogue::grace(&cause.code)),
            Severity::Transient | Severity::Info => false,
        }
    }

    /// What it is waiting for, with the best cause that is known.
    pub fn words(&self) -> String {
        let why = self.readiness.why();
        match self.findings.first() {
            Some(cause) if !self.readiness.is_ready() => in_words(why, cause),
            _ => why.to_owned(),
        }
    }

    /// Speaks on change only.
    pub fn tell(&mut self, id: &ObjectId, snapshot: &Snapshot, events: &Events) {
        for cause in &self.findings {
            // A Service without endpoints is a consequence; its progress line says so.
            let consequence = cause.severity == Severity::Transient && id.is("Service");
            if cause.severity > Severity::Info
                && !consequence
                && self.told.insert((cause.code.clone(), cause.severity))
            {
                events.send(Event::Found {
                    finding: Box::new(cause.clone()),
                });
            }
        }
        if !rules::is_judged(id) {
            return;
        }
        let counts = snapshot
            .get(id)
            .and_then(|object| rules::counts(id, object));
        let progress = Progress {
            object: id.clone(),
            readiness: match self.readiness {
                Readiness::Waiting { .. } => State::Waiting,
                Readiness::Ready(_) => State::Ready,
                Readiness::Failed(_) => State::Failed,
            },
            reason: self.words(),
            ready: counts.map(|counts| counts.ready),
            desired: counts.map(|counts| counts.desired),
            updated: counts.map(|counts| counts.updated),
        };
        if self.progress.as_ref() != Some(&progress) {
            self.progress = Some(progress.clone());
            events.send(Event::Progress(progress));
        }
    }
}
