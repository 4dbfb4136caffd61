//! What a deploy would do, in order, with reasons. Pure: desired and live in, [`Plan`] out. Serialised, it is the plan file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::manifest::{ObjectId, Origin};

/// Version of the plan file. Within it, fields are only added.
pub const VERSION: u32 = 1;

/// What would happen in one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// [`VERSION`].
    pub version: u32,
    /// The app.
    pub app: String,
    /// The environment.
    pub environment: String,
    /// The target's name.
    pub target: String,
    /// The target's namespace.
    pub namespace: String,
    /// The newest record when the plan was made; a plan is refused when another release came since.
    pub head: Option<u64>,
    /// The last good release the plan was compared with.
    pub base: Option<u64>,
    /// One step per object, in wave order; objects of a wave are handled in parallel.
    pub steps: Vec<Step>,
    /// What the reader should know before saying yes (checks that come later, pods that restart once, what cannot return).
    pub notes: Vec<String>,
}

/// What happens to one object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The object.
    pub object: ObjectId,
    /// What happens to it.
    pub action: Action,
    /// Objects are written wave by wave, from 0.
    pub wave: usize,
    /// Field-level differences, live to new. Values of secrets are masked.
    pub changes: Vec<Change>,
    /// Fields another manager owns with another value. Empty unless forced.
    pub conflicts: Vec<Conflict>,
    /// What is sent; `None` for deletions.
    pub desired: Option<Value>,
    /// resourceVersion of the live object the plan was made from.
    pub resource_version: Option<String>,
    /// Where the object came from.
    pub origin: Origin,
    /// Why the dry run had to wait (`its namespace does not exist yet`); `None` when it passed.
    pub checked_later: Option<String>,
    /// Its pods restart.
    pub restarts_pods: bool,
}

/// The kinds of step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[expect(missing_docs, reason = "fields are named after what they hold")]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Action {
    /// Is not there yet.
    Create,
    /// Differs.
    Update,
    /// Is as wanted, nothing is sent.
    Unchanged,
    /// Was not ours and becomes ours (`--adopt`, or unowned and equal in name).
    Adopt { from: String },
    /// Deleted and made again, because a field that differs is immutable.
    Replace { orphan: bool },
    /// Not wanted any more.
    Delete,
    /// Not wanted any more, but protected; the reader gets the kubectl line.
    Keep { why: String },
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// `spec.template.spec.containers[name=web].image`.
    pub path: String,
    /// Live value; absent when the field is new.
    pub from: Option<Value>,
    /// New value; absent when the field goes.
    pub to: Option<Value>,
}

/// A field that another manager owns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    /// The field manager that owns it.
    pub manager: String,
    /// The field.
    pub path: String,
    /// The live value.
    pub live: Option<Value>,
    /// Our value.
    pub ours: Option<Value>,
}

impl Plan {
    /// Whether nothing would be written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps
            .iter()
            .all(|step| matches!(step.action, Action::Unchanged | Action::Keep { .. }))
    }

    /// Steps by action name, for summaries.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        self.steps.iter().fold(BTreeMap::new(), |mut counts, step| {
            *counts.entry(step.action.name()).or_default() += 1;
            counts
        })
    }
}

impl Action {
    /// One word for JSON consumers and summaries.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Unchanged => "unchanged",
            Self::Adopt { .. } => "adopt",
            Self::Replace { .. } => "replace",
            Self::Delete => "delete",
            Self::Keep { .. } => "keep",
        }
    }
}
