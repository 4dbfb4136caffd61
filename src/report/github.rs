//! A run for GitHub Actions: a group per phase, annotations on the file and line that made the failing object, a
//! step summary and outputs. Everything is on stdout, because a runner keeps no order between two streams.

use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::pen::Pen;
use super::plain::Narrator;
use super::run::Run;
use super::{Reporter, markdown};
use crate::env::Env;
use crate::error::Result;
use crate::event::{Event, Finished, Message, Phase};
use crate::manifest::ObjectId;
use crate::shell::Shell;
use crate::workflow::{self, Level, Place};
use crate::{vars, words};

/// Bytes that a step's summary may have: GitHub drops the whole of a longer one.
const SUMMARY: usize = 1024 * 1024;

/// Tells a run to GitHub.
pub struct Github {
    narrator: Narrator,
    shell: Shell,
    pen: Pen,
    group: Option<String>,
    summary: Option<PathBuf>,
    outputs: Option<PathBuf>,
}

impl Github {
    /// Writes to a shell's stdout and to the files the runner names in the environment.
    pub fn new(shell: &Shell, env: &Env) -> Self {
        Self {
            narrator: Narrator::new(Pen::from(shell)),
            shell: shell.clone(),
            pen: Pen::from(shell),
            group: None,
            summary: env.var(vars::GITHUB_STEP_SUMMARY).map(PathBuf::from),
            outputs: env.var(vars::GITHUB_OUTPUT).map(PathBuf::from),
        }
    }

    fn lines(&self, lines: Vec<String>) -> Result<()> {
        for line in lines {
            self.shell.data(workflow::inert(&line))?;
        }
        Ok(())
    }

    /// Opens the group that a phase belongs to, where it is another one than before.
    fn enter(&mut self, group: String) -> Result<()> {
        self.leave()?;
        self.shell.data(workflow::group(&group))?;
        self.group = Some(group);
        Ok(())
    }

    /// `us: Roll out` where there are several targets.
    fn titled(&self, target: Option<&str>, group: &str) -> String {
        match target {
            Some(target) if self.narrator.run.several() => {
                format!("{}: {group}", self.pen.clean(target))
            }
            _ => group.to_owned(),
        }
    }

    fn leave(&mut self) -> Result<()> {
        if self.group.take().is_some() {
            self.shell.data(workflow::END_GROUP)?;
        }
        Ok(())
    }

    fn annotate(
        &self,
        level: Level,
        target: Option<&str>,
        object: Option<&ObjectId>,
        text: &str,
    ) -> Result<()> {
        let origin = object
            .zip(self.narrator.run.target(target))
            .and_then(|(object, target)| target.origins.get(object));
        let file = origin.map(|origin| self.shell.repository_path(&origin.file));
        let place = origin
            .zip(file.as_ref())
            .filter(|(origin, _)| !origin.file.is_empty())
            .map(|(origin, file)| Place {
                file,
                line: (origin.line > 0).then_some(origin.line),
                column: None,
            });
        let run = &self.narrator.run;
        let target = target.filter(|_| run.several());
        let target = target.map_or_else(String::new, |name| format!(" ({name})"));
        let title = self
            .pen
            .clean(format!("{} in {}{target}", run.app, run.environment));
        self.shell
            .data(workflow::annotation(level, place.as_ref(), &title, text))
    }

    /// Points at the causes, or says the error of one of several targets: that of a single one is told when the program ends.
    fn point_at(&self, target: Option<&str>, finished: &Finished) -> Result<()> {
        for finding in &finished.findings {
            let text = format!(
                "{}: {} [{}]\n{}",
                self.pen.clean(&finding.object),
                self.pen.clean(&finding.message),
                self.pen.clean(&finding.code),
                self.pen.clean(&finding.next)
            );
            self.annotate(Level::Error, target, Some(&finding.object), text.trim_end())?;
        }
        match &finished.error {
            Some(error) => self.annotate(Level::Error, target, None, &self.pen.clean(error)),
            None => Ok(()),
        }
    }

    /// Step summary and outputs, once everything is known.
    fn conclude(&self) {
        let run = &self.narrator.run;
        let Some(end) = run.end() else { return };
        if let Some(path) = &self.summary {
            // What steps before this one wrote counts, too.
            let written = std::fs::metadata(path).map_or(0, |facts| facts.len());
            let room = SUMMARY.saturating_sub(usize::try_from(written).unwrap_or(SUMMARY));
            self.write(path, &markdown::page(run, end, &self.pen, room));
        }
        if let Some(path) = &self.outputs {
            self.write(path, &outputs(run, end));
        }
    }

    /// A summary that cannot be written is no reason to fail a deploy.
    fn write(&self, path: &std::path::Path, text: &str) {
        if let Err(failure) = self.shell.append(path, text) {
            self.shell.warn(format!(
                "cannot write {}: {}",
                path.display(),
                failure.source
            ));
        }
    }
}

/// `name=value` lines, as the runner reads them. No value can hold a line break.
fn outputs(run: &Run, end: &Finished) -> String {
    let release = end
        .release
        .map_or(String::new(), |release| release.to_string());
    let targets: serde_json::Map<String, Value> = run
        .targets
        .iter()
        .filter_map(|target| {
            let end = target.finished.as_ref()?;
            let name = target.name.as_ref().unwrap_or(&run.environment);
            let facts = json!({"outcome": end.outcome, "exitCode": end.exit_code, "release": end.release, "running": end.running});
            Some((name.clone(), facts))
        })
        .collect();
    let outcome = json!(end.outcome);
    let lines = [
        ("outcome", outcome.as_str().unwrap_or_default().to_owned()),
        ("exit-code", end.exit_code.to_string()),
        ("release", release),
        ("run", words::one_line(&run.id)),
        ("targets", Value::Object(targets).to_string()),
    ];
    lines
        .map(|(name, value)| format!("{name}={value}\n"))
        .concat()
}

/// What a phase is called as a group; `None` leaves the group open that is open.
fn group(phase: Phase) -> Option<&'static str> {
    match phase {
        Phase::Load | Phase::Plan => Some("Plan"),
        Phase::Lock | Phase::Record => None,
        Phase::Apply => Some("Apply"),
        Phase::BeforeJobs => Some("Jobs before the rollout"),
        Phase::Rollout | Phase::Soak => Some("Roll out"),
        Phase::Checks => Some("Checks"),
        Phase::AfterJobs => Some("Jobs after the rollout"),
        Phase::Diagnose => Some("Diagnose"),
        Phase::Undo => Some("Undo"),
        Phase::Prune | Phase::Finish => Some("Clean up"),
    }
}

impl Reporter for Github {
    fn message(&mut self, message: &Message) -> Result<()> {
        let target = message.target.as_deref();
        match &message.event {
            Event::Finished(finished) => {
                self.leave()?;
                let lines = self.narrator.tell(message);
                self.lines(lines)?;
                return self.point_at(target, finished);
            }
            Event::Phase { phase } => {
                let lines = self.narrator.tell(message);
                let new = group(*phase).map(|group| self.titled(target, group));
                let Some(new) = new.filter(|new| self.group.as_ref() != Some(new)) else {
                    return self.lines(lines);
                };
                // The first of two lines closes the phase before.
                let (before, after) = lines.split_at(lines.len().saturating_sub(1));
                self.lines(before.to_vec())?;
                self.enter(new)?;
                return self.lines(after.to_vec());
            }
            Event::Warning {
                message: text,
                object,
                ..
            } => {
                let text = self.pen.clean(text);
                self.annotate(Level::Warning, target, object.as_ref(), &text)?;
            }
            _ => {}
        }
        let lines = self.narrator.tell(message);
        self.lines(lines)
    }

    fn failed(&mut self, message: &Message) -> Result<()> {
        self.narrator.run.apply(message);
        self.leave()
    }

    fn tick(&mut self, now: Timestamp) {
        let lines = self.narrator.remind(now);
        let _ = self.lines(lines);
    }

    fn finish(&mut self) {
        let _ = self.leave();
        self.conclude();
    }
}

#[cfg(test)]
mod tests;
