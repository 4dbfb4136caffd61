//! What is said, built once for all services. Values only: every service dresses the same message in its own markup.

use serde::{Deserialize, Serialize};

use crate::error::Outcome;
use crate::event::ImageChange;
use crate::project::git::Commit;
use crate::project::schema::Occasion;
use crate::redact::Redactor;

/// One message about a run. As JSON it is the default body of the generic webhook and the scope of its templates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// What it is about.
    pub occasion: Occasion,
    /// Nothing happened: somebody tries whether messages arrive.
    pub test: bool,
    /// The outcome in one sentence, without a full stop.
    pub title: String,
    /// `app`, `rollback`, `resume`, `restart`, `delete`.
    pub command: String,
    /// The app.
    pub app: String,
    /// The environment.
    pub environment: String,
    /// Id of the run.
    pub run: String,
    /// The release's number: of the first target, when there are several.
    pub release: Option<u64>,
    /// The targets heard of so far.
    pub targets: Vec<Target>,
    /// The last good release before this one.
    pub since: Option<u64>,
    /// Images that differ from it.
    pub images: Vec<ImageChange>,
    /// Config groups and secrets that differ from it.
    pub config: Vec<String>,
    /// Commits since then, newest first.
    pub commits: Vec<Commit>,
    /// Commits that are not listed.
    pub commits_omitted: usize,
    /// Who does it: the API server's name for the user once it is known, with the machine.
    pub user: String,
    /// A link to the CI job.
    pub ci: Option<String>,
    /// How long the run has taken: `14s`.
    pub duration: String,
    /// The worst cause, when it failed.
    pub cause: Option<Cause>,
    /// What to do next.
    pub next: Vec<String>,
    /// The release that was put back.
    pub rolled_back_to: Option<u64>,
    /// Everything found, with its evidence, in lines.
    pub details: Vec<String>,
}

/// A run in one of its targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// Its name.
    pub name: String,
    /// The release's number.
    pub release: Option<u64>,
    /// How it ended; absent while it has not.
    pub outcome: Option<Outcome>,
    /// Where it stands, in words.
    pub state: String,
}

/// Why a run failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// The finding's code; absent when the run could not be carried out.
    pub code: Option<String>,
    /// The object that is affected.
    pub object: Option<String>,
    /// The cause in one sentence.
    pub message: String,
}

impl Message {
    /// Whether the run has ended.
    #[must_use]
    pub fn is_last(&self) -> bool {
        !matches!(self.occasion, Occasion::Started | Occasion::Waiting)
    }

    /// The message without any learnt secret, wherever in it.
    #[must_use]
    pub fn masked(&self, redactor: &Redactor) -> Option<Self> {
        let mut value = serde_json::to_value(self).ok()?;
        redactor.mask_json(&mut value);
        // A secret that spells a word of ours (`succeeded`) must not undo the message: such fields are no text of others.
        value["occasion"] = serde_json::to_value(self.occasion).ok()?;
        for (target, ours) in value["targets"]
            .as_array_mut()?
            .iter_mut()
            .zip(&self.targets)
        {
            target["outcome"] = serde_json::to_value(ours.outcome).ok()?;
        }
        serde_json::from_value(value).ok()
    }
}
