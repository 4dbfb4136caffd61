//! The sentences of a story: its title, and how each target stands.

use super::{Progress, Story, failed};
use crate::error::Outcome;
use crate::event::Finished;
use crate::notify::message::Target;
use crate::project::schema::Occasion;

impl Story {
    /// What has happened, in one sentence.
    pub(super) fn title(&self, occasion: Occasion) -> String {
        match occasion {
            Occasion::Waiting => self.waiting(),
            Occasion::Started => self.started(),
            Occasion::Succeeded => self.succeeded(),
            Occasion::Failed | Occasion::RolledBack => self.went_wrong(occasion),
        }
    }

    fn waiting(&self) -> String {
        let mut locks = self
            .targets
            .iter()
            .filter_map(|target| target.lock.as_ref());
        let whose = locks.next().map_or("somebody", |(_, whose)| whose.as_str());
        format!(
            "{} in {} waits for the lock of {whose}",
            self.app, self.environment
        )
    }

    fn started(&self) -> String {
        let (app, place, release) = (&self.app, &self.environment, self.release());
        match (self.command.as_str(), self.going_back_to) {
            ("rollback", Some(to)) => format!("rolling {app} back to release {to} in {place}"),
            ("rollback", None) => format!("rolling {app} back in {place}"),
            ("resume", _) => format!("carrying on {release} in {place}"),
            ("restart", _) => format!("restarting {app} in {place}"),
            ("delete", _) => format!("deleting {app} from {place}"),
            _ => format!("deploying {release} to {place}"),
        }
    }

    fn succeeded(&self) -> String {
        let (app, place, release) = (&self.app, &self.environment, self.release());
        match (self.command.as_str(), self.going_back_to) {
            _ if !self.begun => format!("nothing to do: {app} in {place} is as it should be"),
            ("rollback", Some(to)) => {
                format!(
                    "rolled back: {release} is live in {place}, with the objects of release {to}"
                )
            }
            ("rollback", None) => format!("rolled back: {release} is live in {place}"),
            ("restart", _) => format!("restarted: {app} in {place}"),
            ("delete", _) => format!("deleted: {app} is gone from {place}"),
            _ => format!("{release} is live in {place}"),
        }
    }

    fn went_wrong(&self, occasion: Occasion) -> String {
        let (app, place, release) = (&self.app, &self.environment, self.release());
        let command = self.command.as_str();
        let outcome = self.end.as_ref().map(|end| end.outcome);
        if let Some(Outcome::Interrupted | Outcome::Terminated) = outcome {
            return format!("stopped: {command} of {release} in {place} is not finished");
        }
        if !self.begun {
            return format!("{command} of {app} in {place} could not begin");
        }
        if self.targets.len() > 1 {
            return self.some_failed(occasion);
        }
        if occasion == Occasion::RolledBack {
            let running = self.failed().and_then(|(end, _)| end.running);
            let now = running.map_or(String::new(), |to| format!(": release {to} is running"));
            return format!("{release} failed in {place} and was rolled back{now}");
        }
        let undone = self.targets.iter().any(|target| target.undoing.is_some());
        match outcome {
            Some(Outcome::JobFailed) => {
                // What the job needed may have been changed for it; then no release is what runs.
                let running = self.end.as_ref().and_then(|end| end.running);
                let now = running.map_or(String::new(), |release| {
                    format!(", release {release} is running")
                });
                format!("{release} stopped in {place}: a job before the rollout failed{now}")
            }
            _ if undone => format!("{release} failed in {place}, and was not fully rolled back"),
            _ if command == "delete" => format!("deleting {app} from {place} failed"),
            _ => format!("{release} failed in {place} and was left as it is"),
        }
    }

    fn some_failed(&self, occasion: Occasion) -> String {
        let ends = self.targets.iter().filter_map(|target| target.end.as_ref());
        let (bad, all) = (ends.filter(|end| failed(end)).count(), self.targets.len());
        let back = match occasion {
            Occasion::RolledBack => " and was rolled back",
            _ => "",
        };
        format!(
            "{} failed in {bad} of {all} targets of {}{back}",
            self.app, self.environment
        )
    }

    /// `shop release 8`, or `shop` where the targets' numbers differ.
    fn release(&self) -> String {
        let mut numbers = self.targets.iter().map(|target| target.release);
        match numbers.next().flatten() {
            Some(first) if numbers.all(|number| number == Some(first)) => {
                format!("{} release {first}", self.app)
            }
            _ => self.app.clone(),
        }
    }

    /// How a target stands.
    pub(super) fn state(&self, target: &Progress) -> Target {
        let state = match &target.end {
            Some(end) => self.ended(target, end),
            None if target.lock.is_some() => "waits for a lock".to_owned(),
            None if target.undoing.is_some() => {
                format!("{}failed, being rolled back", numbered(target))
            }
            None if target.begun => format!("{}on its way", numbered(target)),
            None => "not begun".to_owned(),
        };
        Target {
            name: target.name.clone().unwrap_or_default(),
            release: target.release,
            outcome: target.end.as_ref().map(|end| end.outcome),
            state,
        }
    }

    fn ended(&self, target: &Progress, end: &Finished) -> String {
        let release = numbered(target);
        match end.outcome {
            Outcome::Done | Outcome::Changes if !target.begun => "nothing to do".to_owned(),
            Outcome::Done | Outcome::Changes if self.command == "delete" => "gone".to_owned(),
            Outcome::Done | Outcome::Changes => format!("{release}is live"),
            Outcome::RolledBack => match end.running {
                Some(running) => format!("{release}failed, release {running} is running"),
                None => format!("{release}failed and was rolled back"),
            },
            Outcome::LeftAlone => "left alone: another target failed first".to_owned(),
            Outcome::JobFailed => format!("{release}stopped: a job failed"),
            Outcome::Interrupted | Outcome::Terminated => format!("{release}stopped"),
            Outcome::Failed => format!("{release}failed"),
            Outcome::Locked => "locked".to_owned(),
            Outcome::Usage | Outcome::Project | Outcome::Refused | Outcome::Bug => {
                end.error.clone().unwrap_or_else(|| "failed".to_owned())
            }
        }
    }
}

/// `release 8 `, or nothing before it has a number.
fn numbered(target: &Progress) -> String {
    target
        .release
        .map_or(String::new(), |release| format!("release {release} "))
}
