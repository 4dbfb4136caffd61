//! A run for GitHub Actions: a group per phase, annotations on the file and line that made the failing object, a
//! step summary and outputs. Everything is on stdout, because a runner keeps no order between two streams.

use std::path::PathBuf;

use jiff::Timestamp;

use super::pen::Pen;
use super::plain::Narrator;
use super::{Reporter, markdown};
use crate::env::Env;
use crate::error::Result;
use crate::event::{Event, Finished, Message, Phase};
use crate::manifest::ObjectId;
use crate::shell::Shell;
use crate::vars;
use crate::workflow::{self, Level, Place};

/// Tells a run to GitHub.
pub struct Github {
    narrator: Narrator,
    shell: Shell,
    pen: Pen,
    group: Option<&'static str>,
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
    fn enter(&mut self, group: &'static str) -> Result<()> {
        if self.group == Some(group) {
            return Ok(());
        }
        self.leave()?;
        self.shell.data(workflow::group(group))?;
        self.group = Some(group);
        Ok(())
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
        let title = self.pen.clean(format!(
            "{} in {}",
            self.narrator.run.app, self.narrator.run.environment
        ));
        self.shell
            .data(workflow::annotation(level, place.as_ref(), &title, text))
    }

    fn finished(&self, target: Option<&str>, finished: &Finished) -> Result<()> {
        if let Some(path) = &self.summary {
            self.write(
                path,
                &markdown::page(&self.narrator.run, target, finished, &self.pen),
            );
        }
        if let Some(path) = &self.outputs {
            let outcome = serde_json::to_value(finished.outcome).unwrap_or_default();
            let release = finished
                .release
                .map_or(String::new(), |release| release.to_string());
            self.write(
                path,
                &format!(
                    "outcome={}\nrelease={release}\n",
                    outcome.as_str().unwrap_or_default()
                ),
            );
        }
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
        Ok(())
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
                return self.finished(target, finished);
            }
            Event::Phase { phase } => {
                let lines = self.narrator.tell(message);
                let new = group(*phase).filter(|group| Some(*group) != self.group);
                let Some(new) = new else {
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

    fn tick(&mut self, now: Timestamp) {
        let lines = self.narrator.remind(now);
        let _ = self.lines(lines);
    }

    fn finish(&mut self) {
        let _ = self.leave();
    }
}

#[cfg(test)]
mod tests;
