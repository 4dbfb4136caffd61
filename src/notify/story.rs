//! From the events of a run to the messages about it. Pure: it decides what is worth a message, and when.
//!
//! One message when writing begins, one when it waits for a lock, one at the end, however many targets the run has. A run that
//! finds nothing to do says nothing. A run that could not begin is told when CI started it: a person saw it fail.

mod wording;

use std::time::Duration;

use jiff::Timestamp;

use super::message::{Cause, Message};
use crate::error::Outcome;
use crate::event::{self, Changes, Event, Finished, Phase};
use crate::project::schema::Occasion;
use crate::redact::Redactor;
use crate::report::{Detail, Pen, finding_lines};
use crate::words;

/// Waiting for a lock is worth a message after so long.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who runs the command, as far as this machine knows.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// Login name, may be empty.
    pub user: String,
    /// The machine.
    pub host: String,
    /// A link to the CI job.
    pub ci: Option<String>,
    /// A CI system started it.
    pub in_ci: bool,
}

impl Caller {
    /// `ann on laptop`, with the API server's name for the user once it is known.
    pub fn name(&self, known: &str) -> String {
        let user = if known.is_empty() { &self.user } else { known };
        match (user, self.host.as_str()) {
            ("", host) => host.to_owned(),
            (user, "") => user.to_owned(),
            (user, host) => format!("{user} on {host}"),
        }
    }
}

/// Something to say.
#[derive(Clone, Debug)]
pub enum Said {
    /// A message of its own.
    New(Message),
    /// News for a message that was sent already: of use only where messages can be changed.
    Update(Message),
}

impl Said {
    /// The same without any learnt secret.
    pub fn masked(&self, redactor: &Redactor) -> Option<Self> {
        Some(match self {
            Self::New(message) => Self::New(message.masked(redactor)?),
            Self::Update(message) => Self::Update(message.masked(redactor)?),
        })
    }
}

/// A run as its events have told it so far.
pub struct Story {
    caller: Caller,
    pen: Pen,
    command: String,
    app: String,
    environment: String,
    run: String,
    from: Option<Timestamp>,
    latest: Option<Timestamp>,
    changes: Changes,
    going_back_to: Option<u64>,
    targets: Vec<Progress>,
    /// The latest end: the whole run's comes last.
    end: Option<Finished>,
    spoke: bool,
    begun: bool,
    waited: bool,
}

/// A run in one target.
#[derive(Default)]
struct Progress {
    name: Option<String>,
    release: Option<u64>,
    /// Flags that lead a follow-up command to it.
    flags: String,
    begun: bool,
    undoing: Option<u64>,
    lock: Option<(Timestamp, String)>,
    end: Option<Finished>,
}

impl Story {
    /// Nothing has happened yet. The pen masks and cleans texts of others.
    pub fn new(caller: Caller, pen: Pen) -> Self {
        Self {
            caller,
            pen,
            command: String::new(),
            app: String::new(),
            environment: String::new(),
            run: String::new(),
            from: None,
            latest: None,
            changes: Changes::default(),
            going_back_to: None,
            targets: Vec::new(),
            end: None,
            spoke: false,
            begun: false,
            waited: false,
        }
    }

    /// Takes in one event.
    pub fn apply(&mut self, message: &event::Message) -> Option<Said> {
        self.from.get_or_insert(message.time);
        self.latest = Some(message.time);
        match &message.event {
            Event::Warning { .. } => return None,
            Event::Started {
                command,
                app,
                environment,
                run,
                ..
            } => {
                self.command.clone_from(command);
                self.app.clone_from(app);
                self.environment.clone_from(environment);
                self.run.clone_from(run);
            }
            Event::Changes(changes) => self.changes = (**changes).clone(),
            Event::GoingBack { to, .. } => self.going_back_to = Some(*to),
            Event::Finished(finished) => self.end = Some((**finished).clone()),
            _ => {}
        }
        let target = self.target(message)?;
        target.apply(message);
        let (begun, ended) = (target.begun, target.end.is_some());
        if begun && !self.begun {
            self.begun = true;
            return Some(Said::New(self.say(Occasion::Started)));
        }
        let several = self.targets.len() > 1;
        (ended && several && self.begun).then(|| Said::Update(self.say(Occasion::Started)))
    }

    /// The target that an event is about. One without a target is about the only one, if there is only one.
    fn target(&mut self, message: &event::Message) -> Option<&mut Progress> {
        let whole_run = matches!(message.event, Event::Started { .. } | Event::Finished(_));
        let index = match (message.target.as_deref(), self.targets.as_slice()) {
            (None, [_]) => 0,
            (None, []) if !whole_run => 0,
            (None, _) => return None,
            (Some(name), targets) => targets
                .iter()
                .position(|target| target.name.as_deref() == Some(name))
                .unwrap_or(targets.len()),
        };
        if index == self.targets.len() {
            self.targets.push(Progress {
                name: message.target.clone(),
                ..Progress::default()
            });
        }
        self.targets.get_mut(index)
    }

    /// When waiting for a lock becomes worth a message.
    pub fn due(&self) -> Option<Timestamp> {
        let since = self
            .targets
            .iter()
            .filter_map(|target| target.lock.as_ref());
        since
            .map(|(since, _)| *since + PATIENCE)
            .min()
            .filter(|_| !self.waited && !self.begun)
    }

    /// That time has come.
    pub fn waits(&mut self, now: Timestamp) -> Option<Said> {
        if self.due().is_none_or(|due| now < due) {
            return None;
        }
        self.waited = true;
        self.latest = Some(now);
        Some(Said::New(self.say(Occasion::Waiting)))
    }

    /// No event comes any more.
    pub fn ends(&mut self) -> Option<Said> {
        let end = self.end.as_ref()?;
        let refused = matches!(
            end.outcome,
            Outcome::Project | Outcome::Refused | Outcome::Locked | Outcome::Bug
        );
        let news = self.begun || self.spoke || (refused && self.caller.in_ci);
        if !news {
            return None;
        }
        let occasion = match end.outcome {
            Outcome::Done | Outcome::Changes => Occasion::Succeeded,
            Outcome::RolledBack => Occasion::RolledBack,
            _ => Occasion::Failed,
        };
        Some(Said::New(self.say(occasion)))
    }

    fn say(&mut self, occasion: Occasion) -> Message {
        self.spoke = true;
        let ended = !matches!(occasion, Occasion::Started | Occasion::Waiting);
        let failed = self.failed().filter(|_| ended);
        let changes = &self.changes;
        Message {
            occasion,
            test: false,
            title: self.title(occasion),
            command: self.command.clone(),
            app: self.app.clone(),
            environment: self.environment.clone(),
            run: self.run.clone(),
            release: self.targets.iter().find_map(|target| target.release),
            targets: self
                .targets
                .iter()
                .map(|target| self.state(target))
                .collect(),
            since: changes.since,
            images: changes.images.clone(),
            config: changes
                .config
                .iter()
                .chain(&changes.secrets)
                .cloned()
                .collect(),
            commits: changes.commits.clone(),
            commits_omitted: changes.commits_omitted,
            user: self.caller.name(&changes.user),
            ci: changes.ci.clone().or_else(|| self.caller.ci.clone()),
            duration: match (self.from, self.latest) {
                (Some(from), Some(to)) if occasion != Occasion::Started => {
                    words::duration(to.duration_since(from).try_into().unwrap_or_default())
                }
                _ => String::new(),
            },
            cause: failed.and_then(|(end, _)| cause(end)),
            next: failed
                .map(|(end, flags)| next(end, flags))
                .unwrap_or_default(),
            rolled_back_to: failed
                .filter(|_| occasion == Occasion::RolledBack)
                .and_then(|(end, _)| end.running),
            details: failed.map(|(end, _)| self.details(end)).unwrap_or_default(),
        }
    }

    /// The end that explains a failure, with the flags that lead to it: the first target's that has a cause, else the whole run's.
    fn failed(&self) -> Option<(&Finished, &str)> {
        let ended = |target: &'_ Progress| target.end.as_ref().is_some_and(failed);
        let targets = self.targets.iter().rev().filter(|target| ended(target));
        let targets =
            targets.filter_map(|target| Some((target.end.as_ref()?, target.flags.as_str())));
        let whole = self
            .end
            .as_ref()
            .filter(|end| failed(end))
            .map(|end| (end, ""));
        // The last of the greatest is taken.
        whole
            .into_iter()
            .chain(targets)
            .max_by_key(|(end, _)| !end.findings.is_empty() || end.error.is_some())
    }

    fn details(&self, end: &Finished) -> Vec<String> {
        let mut lines: Vec<String> = end
            .findings
            .iter()
            .flat_map(|finding| finding_lines(finding, Detail::Summary, self.pen.clone()))
            .collect();
        if let Some(error) = &end.error {
            lines.extend(self.pen.clean_lines(error));
        }
        if !end.since_last_good.is_empty() {
            lines.push("changed since the last good release:".to_owned());
            let changed = end.since_last_good.iter();
            lines.extend(changed.map(|line| format!("    {}", self.pen.clean(line))));
        }
        lines
    }
}

impl Progress {
    fn apply(&mut self, message: &event::Message) {
        self.lock = None;
        match &message.event {
            Event::Started { flags, .. } => self.flags.clone_from(flags),
            Event::WaitingForLock { holder, reason, .. } => {
                let reason = reason
                    .as_ref()
                    .map_or(String::new(), |reason| format!(" ({reason})"));
                self.lock = Some((message.time, format!("{holder}{reason}")));
            }
            Event::Recorded { release } => {
                self.release = Some(*release);
                self.begun = true;
            }
            Event::Applied { .. }
            | Event::Phase {
                phase: Phase::Apply,
            } => self.begun = true,
            Event::Undoing { to, .. } => self.undoing = Some(*to),
            Event::Finished(finished) => self.end = Some((**finished).clone()),
            _ => {}
        }
    }
}

/// Something went wrong there, not elsewhere.
fn failed(end: &Finished) -> bool {
    let fine = [Outcome::Done, Outcome::Changes, Outcome::LeftAlone];
    !fine.contains(&end.outcome)
}

/// The advice of the worst finding, then command lines.
fn next(end: &Finished, flags: &str) -> Vec<String> {
    let advice = end.findings.first().map(|finding| finding.next.clone());
    let mut next: Vec<String> = advice.into_iter().filter(|next| !next.is_empty()).collect();
    next.extend(end.next.iter().cloned());
    if let (Some(release), false) = (end.release, end.findings.is_empty()) {
        let show = format!("deploy show {release} --findings {flags}");
        next.push(show.trim_end().to_owned());
    }
    next
}

fn cause(end: &Finished) -> Option<Cause> {
    if let Some(finding) = end.findings.first() {
        return Some(Cause {
            code: Some(finding.code.clone()),
            object: Some(finding.object.to_string()),
            message: finding.message.clone(),
        });
    }
    let error = end.error.as_ref()?;
    Some(Cause {
        code: None,
        object: None,
        message: error.lines().next().unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests;
