//! Keeping count of a run for its last event, and the small things a first record needs.

use base64::Engine as _;
use serde_json::json;
use tokio::time::Instant;

use super::goal::Around;
use crate::cluster::{Cluster, Kind};
use crate::diagnose::Finding;
use crate::error::{Failure, Outcome, Result};
use crate::event::{Event, Events, Finished, Phase};
use crate::manifest::KIND_LABEL;
use crate::manifest::versioned::NameKey;
use crate::plan::{Action, Step};

/// The Secret with the key of secret names, one per namespace.
pub const KEY_SECRET: &str = "deploy-key";

/// What a run has to say at its end.
pub struct Tally<'a> {
    cluster: &'a Cluster,
    flags: &'a str,
    phase: Option<(Phase, Instant)>,
    /// Seconds per phase.
    pub timings: Vec<(Phase, f64)>,
    /// The release's number.
    pub release: Option<u64>,
    /// There is a good release to go back to.
    pub has_good: bool,
    /// What runs at the end.
    pub running: Option<u64>,
    /// Why it failed.
    pub findings: Vec<Finding>,
    /// Why it did not go well, where no finding says it.
    pub cause: Option<String>,
    /// What changed since the last good release.
    pub since_last_good: Vec<String>,
    /// What to do next.
    pub next: Vec<String>,
    /// Objects deleted.
    pub deleted: usize,
    /// Objects created.
    pub created: usize,
    changed: usize,
}

impl<'a> Tally<'a> {
    /// An empty one; `flags` lead follow-up commands to the same place.
    pub fn new(cluster: &'a Cluster, flags: &'a str) -> Self {
        Self {
            cluster,
            flags,
            phase: None,
            timings: Vec::new(),
            release: None,
            has_good: false,
            running: None,
            findings: Vec::new(),
            cause: None,
            since_last_good: Vec::new(),
            next: Vec::new(),
            deleted: 0,
            created: 0,
            changed: 0,
        }
    }

    /// A phase begins.
    pub fn phase(&mut self, events: &Events, phase: Phase) {
        self.time(phase);
        events.send(Event::Phase { phase });
    }

    /// A phase begins that somebody else tells.
    pub fn time(&mut self, phase: Phase) {
        self.close_phase();
        self.phase = Some((phase, Instant::now()));
    }

    /// The current phase ends.
    pub fn close_phase(&mut self) {
        if let Some((phase, since)) = self.phase.take() {
            let took = since.elapsed().as_secs_f64();
            // What a job needs is applied before it, the rest after it.
            match self.timings.iter_mut().find(|(known, _)| *known == phase) {
                Some((_, seconds)) => *seconds += took,
                None => self.timings.push((phase, took)),
            }
        }
    }

    /// Whether anything that was there before has been changed.
    pub fn has_changed(&self) -> bool {
        self.changed > 0
    }

    /// Counts what was written.
    pub fn count<'s>(&mut self, steps: impl IntoIterator<Item = &'s Step>) {
        for step in steps {
            match step.action {
                Action::Create => self.created += 1,
                Action::Update | Action::Adopt { .. } | Action::Replace { .. } => self.changed += 1,
                Action::Unchanged | Action::Delete | Action::Keep { .. } => {}
            }
        }
    }

    /// The undo could not be completed: say what runs now and how to go on.
    pub fn undo_failed(&mut self, events: &Events, goal: u64, failure: &Failure) {
        events.send(Event::Warning {
            code: "undo-failed".to_owned(),
            message: format!("release {goal} could not be put back: {:#}", failure.source),
            object: None,
        });
        let command = format!("deploy rollback --to {goal} {}", self.flags);
        self.next.push(command.trim_end().to_owned());
    }

    /// A job failed after something it needs was changed for it: that stays, for the job may have worked on it.
    pub fn half_way(&mut self, events: &Events, base: u64) {
        events.send(Event::Warning {
            code: "half-way".to_owned(),
            message: format!(
                "what the job needs was changed for it and stays so; the rest is still release {base}"
            ),
            object: None,
        });
        let command = format!("deploy rollback --to {base} {}", self.flags);
        self.next.push(command.trim_end().to_owned());
    }

    /// Sends the last event of the target and passes the outcome on.
    pub fn finished(&mut self, around: &Around<'_>, outcome: Outcome) -> Outcome {
        self.close_phase();
        self.advise(outcome);
        around.finished(Finished {
            release: self.release,
            running: self.running,
            findings: std::mem::take(&mut self.findings),
            next: std::mem::take(&mut self.next),
            timings: std::mem::take(&mut self.timings),
            requests: self.cluster.requests(),
            created: self.created,
            changed: self.changed,
            deleted: self.deleted,
            since_last_good: std::mem::take(&mut self.since_last_good),
            error: self.cause.take(),
            ..Finished::new(outcome)
        });
        outcome
    }

    fn advise(&mut self, outcome: Outcome) {
        // Where nothing was ever good, there is nothing to go back to.
        let first = !self.has_good && self.running.is_none();
        let commands: &[&str] = match outcome {
            Outcome::Failed if first => &["deploy status", "deploy delete"],
            Outcome::Failed => &["deploy status", "deploy rollback"],
            Outcome::Interrupted | Outcome::Terminated if self.release.is_none() => &[],
            Outcome::Interrupted | Outcome::Terminated if first => {
                &["deploy resume", "deploy delete"]
            }
            Outcome::Interrupted | Outcome::Terminated => &["deploy resume", "deploy rollback"],
            _ => &[],
        };
        let complete = |command: &&str| format!("{command} {}", self.flags).trim_end().to_owned();
        let next: Vec<String> = commands.iter().map(complete).collect();
        self.next.extend(next);
    }
}

/// Reads the key of secret names.
pub async fn read_key(cluster: &Cluster) -> Result<Option<NameKey>> {
    let secret = cluster
        .get_kind(&Kind::secret(), Some(&cluster.namespace), KEY_SECRET)
        .await?;
    let Some(secret) = secret else {
        return Ok(None);
    };
    secret["data"]["key"]
        .as_str()
        .and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok())
        .and_then(|bytes| NameKey::from_bytes(&bytes))
        .map(Some)
        .ok_or_else(|| {
            Failure::cluster(format!("Secret/{KEY_SECRET} in namespace {} does not hold a key of 32 bytes", cluster.namespace))
                .hint(format!("`kubectl -n {} delete secret {KEY_SECRET}` makes the next deploy choose a new one; pods that use secrets restart once", cluster.namespace))
        })
}

/// Keeps a new key. Somebody else's key, made in the meantime, wins: names would differ.
pub async fn keep_key(cluster: &Cluster, key: &NameKey) -> Result<()> {
    let secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "deploy.cli/key",
        "immutable": true,
        "metadata": {"name": KEY_SECRET, "labels": {KIND_LABEL: "key"}},
        "data": {"key": base64::engine::general_purpose::STANDARD.encode(key.expose())},
    });
    match cluster.create(&secret).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_already_exists() => Err(Failure::cluster(format!(
            "another app made Secret/{KEY_SECRET} in namespace {} at the same moment; nothing was written",
            cluster.namespace
        ))
        .hint("run the same command again")),
        Err(error) => Err(Failure::from(error).context("keeping the key of secret names")),
    }
}
