//! A run as plain lines for logs: speaks on change only, reminds every 30 s of what is missing, redraws nothing.
//!
//! An object that waits is worth a line once it has waited for a while: what passes within moments would bury the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::pen::Pen;
use super::plan_text::{Detail, plan_text};
use super::run::{Row, Run, between};
use super::{Reporter, origin, summary, view};
use crate::error::Result;
use crate::event::{CheckProgress, Event, Message, Phase, Progress, State};
use crate::manifest::ObjectId;
use crate::shell::Shell;
use crate::style::Label;
use crate::words;

/// After so long a silence the missing objects are named again.
const REMINDER: Duration = Duration::from_secs(30);
/// News of an object that waits is told when nothing better came for so long.
const SETTLED: Duration = Duration::from_secs(2);
/// Objects that a reminder names.
const NAMED: usize = 3;
/// Columns of the summary where there is no terminal to ask.
const WIDTH: usize = 120;

/// An object in a target.
type Key = (Option<String>, ObjectId);

/// Turns messages into lines. Pure: the reporters for plain text and for GitHub print what it says.
pub struct Narrator {
    /// What is known of the run.
    pub run: Run,
    pen: Pen,
    /// What was last said of each object, by target.
    said: BTreeMap<Key, (State, String)>,
    /// Objects whose latest news is not told yet, and since when there is news.
    held: BTreeMap<Key, Timestamp>,
    /// Causes that were told: by object and code, because their words change with every restart.
    found: BTreeSet<(Key, String)>,
    spoke: Option<Timestamp>,
}

impl Narrator {
    /// Nothing is known yet.
    pub fn new(pen: Pen) -> Self {
        Self {
            run: Run::default(),
            pen,
            said: BTreeMap::new(),
            held: BTreeMap::new(),
            found: BTreeSet::new(),
            spoke: None,
        }
    }

    /// What is to be said about a message.
    pub fn tell(&mut self, message: &Message) -> Vec<String> {
        // Said at its end, because only then the number of objects is known.
        let mut lines = self.end_of_apply(message);
        lines.extend(self.settled(message.time));
        self.run.apply(message);
        lines.extend(self.words(message));
        if !lines.is_empty() {
            self.spoke = Some(message.time);
        }
        lines
    }

    /// What is worth a word because time has passed: news that has settled, else what is still missing after a silence.
    pub fn remind(&mut self, now: Timestamp) -> Vec<String> {
        let settled = self.settled(now);
        if !settled.is_empty() {
            self.spoke = Some(now);
            return settled;
        }
        if self
            .spoke
            .is_none_or(|spoke| between(spoke, now) < REMINDER)
        {
            return Vec::new();
        }
        self.spoke = Some(now);
        let mut lines = Vec::new();
        for target in &self.run.targets {
            let Some((phase, _)) = target.phase.filter(|_| target.finished.is_none()) else {
                continue;
            };
            let missing: Vec<&Row> = target.missing().collect();
            let text = if missing.is_empty() || target.lock.is_some() {
                format!("still {}", view::doing(target, phase, now, &self.pen))
            } else {
                let mut named: Vec<String> = missing
                    .iter()
                    .take(NAMED)
                    .map(|row| self.describe(row))
                    .collect();
                if missing.len() > NAMED {
                    named.push(format!("{} more", missing.len() - NAMED));
                }
                format!(
                    "still waiting for {} of {}: {}",
                    missing.len(),
                    words::count(target.objects().count(), "object"),
                    named.join("; ")
                )
            };
            lines.push(self.line(target.name.as_deref(), now, &text));
        }
        lines
    }

    /// The latest news of objects that have been waiting for a while.
    fn settled(&mut self, now: Timestamp) -> Vec<String> {
        let due: Vec<Key> = self
            .held
            .iter()
            .filter(|(_, since)| between(**since, now) >= SETTLED)
            .map(|(key, _)| key.clone())
            .collect();
        let mut lines = Vec::new();
        for key in due {
            self.held.remove(&key);
            let Some(row) = self.row(&key) else { continue };
            let text = self.state(row, Label::Faint, "");
            let news = news(&row.progress);
            lines.push(self.line(key.0.as_deref(), now, &text));
            self.said.insert(key, news);
        }
        lines
    }

    fn row(&self, (target, object): &Key) -> Option<&Row> {
        let target = self.run.target(target.as_deref())?;
        target
            .rows
            .iter()
            .find(|row| row.progress.object == *object)
    }

    /// `[  12s] text`, with the target's name where there are several.
    fn line(&self, target: Option<&str>, now: Timestamp, text: &str) -> String {
        let time = words::whole(between(self.run.started.unwrap_or(now), now));
        let target = match target {
            // A single target is called like its environment.
            Some(target) if target != self.run.environment => {
                format!("{}: ", self.pen.clean(target))
            }
            _ => String::new(),
        };
        format!(
            "{} {target}{text}",
            self.pen.paint(Label::Faint, format!("[{time:>5}]"))
        )
    }

    /// `Deployment/web (3/4, 2 new) is waiting: 2 pods are starting`, without the state for reminders.
    fn describe(&self, row: &Row) -> String {
        let counts = row.counts();
        let counts = if counts.is_empty() {
            counts
        } else {
            format!(" ({counts})")
        };
        let reason = if row.progress.reason.is_empty() {
            String::new()
        } else {
            format!(": {}", self.pen.clean(&row.progress.reason))
        };
        format!("{}{counts}{reason}", self.pen.clean(row.name()))
    }

    fn end_of_apply(&self, message: &Message) -> Vec<String> {
        let target = self.run.target(message.target.as_deref());
        match (&message.event, target) {
            (Event::Phase { .. }, Some(target)) => match target.phase {
                Some((Phase::Apply, since)) if target.written > target.written_before => {
                    let text = format!(
                        "{} written in {}",
                        words::count(target.written - target.written_before, "object"),
                        words::duration(between(since, message.time))
                    );
                    vec![self.line(target.name.as_deref(), message.time, &text)]
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// `shop → production eu (context prod-eu, namespace shop)`.
    fn header(&self, message: &Message) -> String {
        let Event::Started {
            app,
            environment,
            context,
            namespace,
            ..
        } = &message.event
        else {
            return String::new();
        };
        let pen = &self.pen;
        let target = message.target.as_ref().filter(|name| *name != environment);
        let target = target.map_or_else(String::new, |name| format!(" {}", pen.clean(name)));
        pen.paint(
            Label::Strong,
            format!(
                "{} {} {}{target} (context {}, namespace {})",
                pen.clean(app),
                pen.arrow(),
                pen.clean(environment),
                pen.clean(context),
                pen.clean(namespace)
            ),
        )
    }

    fn words(&mut self, message: &Message) -> Vec<String> {
        let name = message.target.as_deref();
        let pen = &self.pen;
        let text = match &message.event {
            Event::Started { .. } => return vec![self.header(message)],
            Event::GoingBack { .. } | Event::CarryingOn { .. } => {
                return origin::lines(&message.event, message.time, pen);
            }
            Event::Planned { plan } => {
                let text = plan_text(plan, pen.clone(), Detail::Summary);
                let whose = self
                    .run
                    .several()
                    .then(|| self.line(name, message.time, "the plan"));
                return whose
                    .into_iter()
                    .chain(text.lines().map(|line| format!("  {line}")))
                    .collect();
            }
            Event::Applied { object, action } if action == "delete" => {
                format!("{} deleted", pen.clean(object))
            }
            // Said by the event that comes with it, or by their number when the phase ends.
            Event::Phase {
                phase: Phase::Lock | Phase::Record | Phase::Undo | Phase::Finish,
            }
            | Event::Applied { .. }
            | Event::Changes(_)
            | Event::Soaking { .. }
            | Event::NothingToDo { .. } => return Vec::new(),
            Event::Phase { phase } => {
                let Some(target) = self.run.target(name) else {
                    return Vec::new();
                };
                match phase {
                    Phase::Apply => "applying".to_owned(),
                    // How long is only known with the event that follows.
                    Phase::Soak => "all ready, soaking".to_owned(),
                    phase => view::doing(target, *phase, message.time, pen),
                }
            }
            Event::WaitingForLock { .. } => {
                let Some(target) = self.run.target(name) else {
                    return Vec::new();
                };
                view::doing(target, Phase::Lock, message.time, pen)
            }
            Event::LockTaken { from, dead } => {
                let whose = if *dead { "the dead lock" } else { "the lock" };
                format!("took over {whose} of {}", pen.clean(from))
            }
            Event::Recorded { release } => format!("release {release} is recorded"),
            Event::JobStarted {
                job,
                object,
                reattached,
                ..
            } => {
                let runs = if *reattached {
                    "is taken up again"
                } else {
                    "runs"
                };
                format!("job {} {runs} as {}", pen.clean(job), pen.clean(object))
            }
            Event::Check(check) => check_line(check, pen),
            Event::Progress(progress) => match self.progress(message, progress) {
                Some(text) => text,
                None => return Vec::new(),
            },
            Event::Log { .. } => match log_line(&message.event, pen) {
                Some(text) => text,
                None => return Vec::new(),
            },
            Event::Found { finding } => {
                let key = (message.target.clone(), finding.object.clone());
                if !self.found.insert((key, finding.code.clone())) {
                    return Vec::new();
                }
                format!(
                    "{} {}: {} ({})",
                    pen.mark(Label::Caution),
                    pen.clean(&finding.object),
                    pen.clean(&finding.message),
                    pen.clean(&finding.code)
                )
            }
            Event::Warning {
                message, object, ..
            } => warning(message, object.as_ref(), pen),
            Event::Undoing { release, to } => {
                self.held.clear();
                format!("undoing release {release}: putting release {to} back")
            }
            Event::Finished(finished) => {
                self.held.clear();
                return summary(&self.run, name, finished, pen, (WIDTH, view::HEIGHT));
            }
        };
        vec![self.line(name, message.time, &text)]
    }

    /// Words for an object that is ready or has failed; news of one that waits is held until it has settled.
    /// `None` when nothing but numbers changed, or it was ready from the start.
    fn progress(&mut self, message: &Message, progress: &Progress) -> Option<String> {
        let key = (message.target.clone(), progress.object.clone());
        let news = news(progress);
        if self.said.get(&key) == Some(&news) {
            self.held.remove(&key);
            return None;
        }
        let job = self.row(&key).filter(|row| row.job.is_some()).map(|row| {
            let time = between(row.since, message.time);
            words::duration(time)
        });
        let (label, state) = match (progress.readiness, job.as_ref()) {
            (State::Ready, Some(time)) => (Label::Good, format!(" succeeded after {time}")),
            (State::Failed, Some(time)) => (Label::Bad, format!(" failed after {time}")),
            (State::Ready, None) => (Label::Good, " is ready".to_owned()),
            (State::Failed, None) => (Label::Bad, " has failed".to_owned()),
            (State::Waiting, _) => {
                self.held.entry(key).or_insert(message.time);
                return None;
            }
        };
        self.held.remove(&key);
        let text = self.state(self.row(&key)?, label, &state);
        let first = self.said.insert(key, news).is_none();
        let uneventful = first
            && progress.readiness == State::Ready
            && progress.desired.is_none()
            && job.is_none();
        (!uneventful).then_some(text)
    }

    /// `✓ Deployment/web is ready (2/2)`.
    fn state(&self, row: &Row, label: Label, state: &str) -> String {
        let text = self.describe(row);
        let name = self.pen.clean(row.name());
        format!(
            "{} {name}{state}{}",
            self.pen.mark(label),
            text.strip_prefix(&name).unwrap_or_default()
        )
    }
}

/// What makes an object's state another one than before: numbers alone are no news, nor are remarks on what is ready.
fn news(progress: &Progress) -> (State, String) {
    if progress.readiness == State::Ready {
        return (State::Ready, String::new());
    }
    let without_numbers = progress
        .reason
        .chars()
        .filter(|c| !c.is_ascii_digit())
        .collect();
    (progress.readiness, without_numbers)
}

/// `migrate | a line` for a job, with the pod where there are several; `Pod/web-1 web | a line` for anything else.
pub fn log_line(event: &Event, pen: &Pen) -> Option<String> {
    let Event::Log {
        object,
        job,
        pod,
        container,
        line,
    } = event
    else {
        return None;
    };
    let line = pen.clean_lines(line).join(" ");
    let whose = match (job, pod) {
        (Some(job), None) => pen.clean(job),
        (Some(job), Some(pod)) => format!("{} {}", pen.clean(job), pen.clean(pod)),
        (None, _) => format!("{} {}", pen.clean(object), pen.clean(container)),
    };
    Some(format!("{} | {line}", pen.paint(Label::Name, whose)))
}

/// `✓ check http://…: passed`, or what the last answer was.
pub fn check_line(check: &CheckProgress, pen: &Pen) -> String {
    let what = pen.clean(&check.check);
    let (label, text) = match check.readiness {
        State::Ready if check.tries > 1 => (
            Label::Good,
            format!(
                "passed after {}",
                words::count_as(check.tries as usize, "try", "tries")
            ),
        ),
        State::Ready => (Label::Good, "passed".to_owned()),
        State::Waiting => (Label::Faint, pen.clean(&check.reason)),
        State::Failed => (Label::Bad, format!("failed: {}", pen.clean(&check.reason))),
    };
    format!("{} check {what}: {text}", pen.mark(label))
}

/// `warning: Deployment/web: what to know`.
pub fn warning(message: &str, object: Option<&ObjectId>, pen: &Pen) -> String {
    let object = object.map_or(String::new(), |object| format!("{}: ", pen.clean(object)));
    format!(
        "{} {object}{}",
        pen.paint(Label::Caution, "warning:"),
        pen.clean(message)
    )
}

/// Tells a run to a log.
pub struct Plain {
    narrator: Narrator,
    shell: Shell,
}

impl Plain {
    /// Speaks on a shell's stderr.
    pub fn new(shell: &Shell) -> Self {
        Self {
            narrator: Narrator::new(Pen::from(shell)),
            shell: shell.clone(),
        }
    }
}

impl Reporter for Plain {
    fn message(&mut self, message: &Message) -> Result<()> {
        for line in self.narrator.tell(message) {
            self.shell.status(line);
        }
        Ok(())
    }

    fn tick(&mut self, now: Timestamp) {
        for line in self.narrator.remind(now) {
            self.shell.status(line);
        }
    }

    fn finish(&mut self) {}
}

#[cfg(test)]
mod tests;
