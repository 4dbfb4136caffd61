//! What a deploy would do, in order, with reasons. Pure: desired and live in, [`Plan`] out. Serialised, it is the plan file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::jobs::PlannedJob;
use crate::manifest::{DIGEST_ANNOTATION, Manifest, ObjectId, Origin, digest};
use crate::redact::MASK;

pub mod check;
pub mod conflict;
pub mod depend;
pub mod diff;
pub mod draft;
pub mod immutable;
pub mod jobs;
pub mod ownership;
pub mod prune;
pub mod remarks;
pub mod replicas;
pub mod takeover;

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
    /// Jobs that run with it, in their order; none when there is nothing to do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<PlannedJob>,
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
    /// Fields that client-side `kubectl apply` owns become ours before the object is applied, so that those the template no longer has really go.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub takes_over: bool,
    /// Fingerprint of the live object the plan was made from, deaf to its status; `None` when it was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// How the live object stands now, when nothing is sent; with its uid, when it is to be deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
}

/// What an object looked like right after we applied it. Equal marks later mean that nobody touched what we own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mark {
    /// Its digest annotation.
    pub digest: String,
    /// Digest of the fields we own.
    pub fields: Option<String>,
    /// Its uid: an object of the same name made anew is another object.
    pub uid: Option<String>,
}

impl Mark {
    /// The mark of a live object, whole or metadata only.
    #[must_use]
    pub fn of(live: &Value) -> Self {
        let metadata = &live["metadata"];
        Self {
            digest: metadata["annotations"][DIGEST_ANNOTATION]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            fields: crate::manifest::fields::owned_fields_digest(live),
            uid: metadata["uid"].as_str().map(str::to_owned),
        }
    }
}

/// What earlier releases left behind.
#[derive(Clone, Debug, Default)]
pub struct Previous {
    /// The newest release.
    pub head: Option<u64>,
    /// The last good release.
    pub base: Option<u64>,
    /// Its objects.
    pub objects: Vec<Manifest>,
    /// Its objects after they were applied.
    pub marks: BTreeMap<ObjectId, Mark>,
    /// Digests of the jobs it ran, by name.
    pub jobs: BTreeMap<String, String>,
    /// Objects that releases since then applied; prune may touch them too.
    pub since_good: Vec<ObjectId>,
    /// The newest release is not good, so there is always something to do.
    pub force_change: bool,
}

/// How a plan is made.
#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    /// Take fields that other managers own.
    pub force_conflicts: bool,
    /// Take objects that belong to another app or tool.
    pub adopt: bool,
    /// Take back fields of objects that are ours already: a rollback must not stop at a `kubectl edit`.
    pub force_owned: bool,
    /// A release is made even when nothing changes, so its jobs run.
    pub rerun: bool,
    /// What the app may touch outside its namespace.
    pub allow: Allow,
    /// Make the target's namespace when it is not there.
    pub create_namespace: bool,
}

/// What an app may touch outside its own namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allow {
    /// Other namespaces its objects may live in.
    pub namespaces: Vec<String>,
    /// Cluster-scoped kinds are allowed.
    pub cluster_scoped: bool,
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
            && self.jobs.iter().all(|job| !job.changed)
    }

    /// Whether the newest release is not the last good one: what it left behind may hold this plan up.
    #[must_use]
    pub fn after_failure(&self) -> bool {
        self.head != self.base
    }

    /// The plan without any secret value, for files, events and eyes. Compare plans in this form.
    #[must_use]
    pub fn masked(&self) -> Self {
        let mut plan = self.clone();
        for object in plan
            .steps
            .iter_mut()
            .filter_map(|step| step.desired.as_mut())
        {
            mask_secret(object);
        }
        plan
    }

    /// Whether anything is deleted.
    #[must_use]
    pub fn deletes(&self) -> bool {
        self.steps.iter().any(|step| step.action == Action::Delete)
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

impl Step {
    /// Digest of what is sent, without secret values; `None` for deletions.
    #[must_use]
    pub fn digest(&self) -> Option<String> {
        let mut object = self.desired.clone()?;
        mask_secret(&mut object);
        Some(digest::object(&object))
    }

    /// Whether something is written for it during the apply (deletions come later).
    #[must_use]
    pub fn is_sent(&self) -> bool {
        matches!(
            self.action,
            Action::Create | Action::Update | Action::Adopt { .. } | Action::Replace { .. }
        )
    }
}

/// Hides the values of a Secret, and the digest that would let short ones be guessed.
fn mask_secret(object: &mut Value) {
    if object["kind"] != "Secret" {
        return;
    }
    for field in ["data", "stringData"] {
        for value in object[field]
            .as_object_mut()
            .into_iter()
            .flat_map(serde_json::Map::values_mut)
        {
            *value = Value::String(MASK.to_owned());
        }
    }
    if let Some(map) = object.as_object_mut() {
        map.retain(|_, value| !value.is_null());
    }
    if let Some(annotations) = object
        .pointer_mut("/metadata/annotations")
        .and_then(Value::as_object_mut)
    {
        annotations.remove(DIGEST_ANNOTATION);
        annotations.remove(crate::manifest::fields::LAST_APPLIED);
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
