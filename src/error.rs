//! How a command ends: [`Outcome`] when it ran its course, [`Failure`] when we could not do it. Both map to an exit code.
//!
//! A failed rollout is `Ok(Outcome::Failed)`: it has already been explained. `Err(Failure)` is what remains to be printed.

use std::fmt;

use crate::project::mistake::Mistakes;

/// How a command that ran its course ended.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Done, or nothing to do.
    Done,
    /// `plan --exit-code` found changes.
    Changes,
    /// The rollout failed; the last good release is back.
    RolledBack,
    /// The rollout failed and was left, or the undo failed; also `status --exit-code` when unhealthy.
    Failed,
    /// A `before` job failed; workloads were not touched.
    JobFailed,
    /// Another target of the run failed first, so nothing was done in this one. Never the outcome of a whole run.
    LeftAlone,
    /// A first Ctrl-C stopped the run cleanly.
    Interrupted,
    /// SIGTERM or a closed terminal stopped the run cleanly.
    Terminated,
    /// The command line was wrong.
    Usage,
    /// The project was wrong.
    Project,
    /// The cluster could not be reached or refused.
    Refused,
    /// Somebody else held the lock.
    Locked,
    /// A bug of ours.
    Bug,
}

impl Outcome {
    /// The documented exit code.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Changes => 10,
            Self::RolledBack => 5,
            Self::Failed | Self::LeftAlone => 6,
            Self::JobFailed => 8,
            Self::Interrupted => 130,
            Self::Terminated => 143,
            Self::Usage => 2,
            Self::Project => 3,
            Self::Refused => 4,
            Self::Locked => 7,
            Self::Bug => 70,
        }
    }
}

/// What kept a command from running its course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The command line is wrong.
    Usage,
    /// The project is wrong.
    Project,
    /// The cluster cannot be reached or refuses.
    Cluster,
    /// Somebody else holds the lock.
    Locked,
    /// A signal asked for a clean stop.
    Stopped(crate::interrupt::Signal),
    /// Another target of the run failed first.
    LeftAlone,
    /// What was to be done was worked out from a release that is not the newest good one any more. Nothing was written.
    Stale,
    /// Our output has no reader any more. Ends quietly.
    BrokenPipe,
    /// A bug of ours.
    Bug,
}

/// Why a command could not be carried out, with what to do next.
#[derive(Debug)]
pub struct Failure {
    /// Decides the heading and the exit code.
    pub kind: FailureKind,
    /// What was being done and what went wrong, outermost first.
    pub source: anyhow::Error,
    /// What to do next, most useful first.
    pub hints: Vec<String>,
    /// It has been printed already; only its exit code still counts.
    pub told: bool,
}

impl Failure {
    /// A failure with a message.
    pub fn new(kind: FailureKind, message: impl fmt::Display) -> Self {
        Self {
            kind,
            source: anyhow::anyhow!("{message}"),
            hints: Vec::new(),
            told: false,
        }
    }

    /// The command line is wrong.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(FailureKind::Usage, message)
    }

    /// The project is wrong.
    pub fn project(message: impl fmt::Display) -> Self {
        Self::new(FailureKind::Project, message)
    }

    /// The cluster cannot be reached or refuses.
    pub fn cluster(message: impl fmt::Display) -> Self {
        Self::new(FailureKind::Cluster, message)
    }

    /// A bug of ours.
    pub fn bug(message: impl fmt::Display) -> Self {
        Self::new(FailureKind::Bug, message)
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// It has been printed.
    #[must_use]
    pub fn told(mut self) -> Self {
        self.told = true;
        self
    }

    /// Says what was being done when it went wrong.
    #[must_use]
    pub fn context(mut self, doing: impl fmt::Display + Send + Sync + 'static) -> Self {
        self.source = self.source.context(doing);
        self
    }

    /// The documented exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.outcome().exit_code()
    }

    /// The outcome of a run that ended like this.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.kind {
            FailureKind::Usage => Outcome::Usage,
            FailureKind::Project => Outcome::Project,
            FailureKind::Cluster | FailureKind::Stale => Outcome::Refused,
            FailureKind::Locked => Outcome::Locked,
            FailureKind::Bug => Outcome::Bug,
            FailureKind::Stopped(signal) => signal.outcome(),
            FailureKind::LeftAlone => Outcome::LeftAlone,
            FailureKind::BrokenPipe => Outcome::Done,
        }
    }

    /// What was being done and every cause, outermost first, said once each.
    #[must_use]
    pub fn one_line(&self) -> String {
        let mut text = self.source.to_string();
        for cause in self.source.chain().skip(1) {
            let cause = cause.to_string();
            if !text.contains(&cause) {
                text = format!("{text}: {cause}");
            }
        }
        text
    }

    /// The mistakes in the project, when that is what went wrong.
    #[must_use]
    pub fn mistakes(&self) -> Option<&Mistakes> {
        self.source.downcast_ref()
    }
}

impl From<Mistakes> for Failure {
    fn from(mistakes: Mistakes) -> Self {
        Self {
            kind: FailureKind::Project,
            source: mistakes.into(),
            hints: Vec::new(),
            told: false,
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let kind = if error.kind() == std::io::ErrorKind::BrokenPipe {
            FailureKind::BrokenPipe
        } else {
            FailureKind::Usage
        };
        Self {
            kind,
            source: error.into(),
            hints: Vec::new(),
            told: false,
        }
    }
}

/// The result of a command.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interrupt::Signal;

    #[test]
    fn exit_codes_are_those_that_scripts_rely_on() {
        let codes = [
            (Outcome::Done, 0),
            (Outcome::Usage, 2),
            (Outcome::Project, 3),
            (Outcome::Refused, 4),
            (Outcome::RolledBack, 5),
            (Outcome::Failed, 6),
            (Outcome::Locked, 7),
            (Outcome::JobFailed, 8),
            (Outcome::Changes, 10),
            (Outcome::Bug, 70),
            (Outcome::Interrupted, 130),
            (Outcome::Terminated, 143),
        ];
        for (outcome, code) in codes {
            assert_eq!(outcome.exit_code(), code, "{outcome:?}");
        }
    }

    #[test]
    fn failures_end_like_outcomes() {
        let kinds = [
            (FailureKind::Usage, 2),
            (FailureKind::Project, 3),
            (FailureKind::Cluster, 4),
            (FailureKind::Locked, 7),
            (FailureKind::Stopped(Signal::Interrupt), 130),
            (FailureKind::Stopped(Signal::Terminate), 143),
            (FailureKind::Stale, 4),
            (FailureKind::LeftAlone, 6),
            (FailureKind::Bug, 70),
            // `deploy history | head` is no failure.
            (FailureKind::BrokenPipe, 0),
        ];
        for (kind, code) in kinds {
            assert_eq!(Failure::new(kind, "x").exit_code(), code, "{kind:?}");
        }
    }

    #[test]
    fn causes_are_said_once_each_outermost_first() {
        let failure = Failure::cluster("no route")
            .context("writing")
            .context("deploying");
        assert_eq!(failure.one_line(), "deploying: writing: no route");
        let failure = Failure::cluster("no route").context("writing: no route");
        assert_eq!(failure.one_line(), "writing: no route");
    }
}
