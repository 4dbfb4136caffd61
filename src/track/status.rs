//! What is running now, judged once: for `status`, from lists of a cluster or from objects in a file.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::read;
use super::rules::{self, Readiness, Subject, custom::Rule};
use super::snapshot::Snapshot;
use crate::diagnose::{self, Finding, Severity, catalogue};
use crate::event::State;
use crate::manifest::ObjectId;

/// One object's standing, as `status --output json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectStatus {
    /// The object.
    pub id: ObjectId,
    /// `ready`, `waiting` or `failed`.
    pub readiness: State,
    /// Why, in words; what there is to add when ready.
    pub reason: String,
    /// Causes, worst first.
    pub findings: Vec<Finding>,
}

/// Judges objects of a snapshot. One that is not there is waiting, and said to be missing.
pub fn status<'a>(
    snapshot: &Snapshot,
    ids: impl IntoIterator<Item = &'a ObjectId>,
    custom: &[Rule],
    now: Timestamp,
) -> Vec<ObjectStatus> {
    ids.into_iter()
        .map(|id| one(snapshot, id, custom, now))
        .collect()
}

fn one(snapshot: &Snapshot, id: &ObjectId, custom: &[Rule], now: Timestamp) -> ObjectStatus {
    let Some(object) = snapshot.get(id) else {
        let (readiness, reason) = match snapshot.unread(&id.group, &id.kind) {
            Some(why) => (State::Ready, format!("not checked: {why}")),
            None => (State::Waiting, "does not exist".to_owned()),
        };
        return ObjectStatus {
            id: id.clone(),
            readiness,
            reason,
            findings: Vec::new(),
        };
    };
    let subject = Subject {
        id,
        object,
        snapshot,
        now,
        custom,
        applied: None,
    };
    let readiness = rules::judge(&subject);
    let mut findings = diagnose::group(diagnose::findings(snapshot, id, now, None));
    let standing = match &readiness {
        Readiness::Ready(_) if !certain_crash(&findings) => State::Ready,
        Readiness::Failed(finding) => {
            findings.insert(0, (**finding).clone());
            State::Failed
        }
        _ if findings
            .iter()
            .any(|finding| doomed(&subject, finding, now)) =>
        {
            State::Failed
        }
        _ => State::Waiting,
    };
    let reason = match (standing, findings.first()) {
        (State::Ready, _) | (_, None) => readiness.why().to_owned(),
        (State::Failed, Some(worst)) => worst.message.clone(),
        (State::Waiting, Some(worst)) => in_words(readiness.why(), worst),
    };
    ObjectStatus {
        id: id.clone(),
        readiness: standing,
        reason,
        findings,
    }
}

/// What is waited for, with the best cause that is known: `1 of 3 pods ready; the readiness probe …`.
pub fn in_words(why: &str, cause: &Finding) -> String {
    if cause.severity == Severity::Info || why.contains(&cause.message) {
        return why.to_owned();
    }
    let head = why.split("; ").next().unwrap_or(why);
    format!("{head}; {}", cause.message)
}

/// A crash loop is available for a moment after each restart: that is not ready.
fn certain_crash(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|finding| finding.severity == Severity::Permanent)
}

fn doomed(subject: &Subject<'_>, finding: &Finding, now: Timestamp) -> bool {
    match finding.severity {
        Severity::Permanent => true,
        Severity::Likely => {
            let youngest = subject
                .snapshot
                .pods(subject.object)
                .into_iter()
                .chain([subject.object])
                .filter_map(|object| read::time(object, "/metadata/creationTimestamp"))
                .max();
            let grace = SignedDuration::try_from(catalogue::grace(&finding.code))
                .unwrap_or(SignedDuration::ZERO);
            youngest.is_none_or(|made| made + grace <= now)
        }
        Severity::Transient | Severity::Info => false,
    }
}

/// Judges saved objects with no cluster: lists are taken apart, events belong to what they speak of. What the file
/// does not hold is "not checked". Each object is judged, except events.
pub fn judge_saved(values: Vec<Value>, now: Timestamp) -> Vec<ObjectStatus> {
    let mut items = Vec::new();
    for value in values {
        flatten(value, &mut items);
    }
    let mut snapshot = Snapshot::new(&only_namespace(&items));
    let mut ids: Vec<ObjectId> = Vec::new();
    for item in items {
        if let Some(id) = snapshot.insert(item)
            && !ids.contains(&id)
        {
            ids.push(id);
        }
    }
    let seen: Vec<(&str, &str)> = ids
        .iter()
        .flat_map(|id| rules::sees(id).iter().copied())
        .collect();
    for (group, kind) in seen {
        if snapshot.of_kind(group, kind).next().is_none() {
            snapshot.set_unread(group, kind, "the file has none");
        }
    }
    status(&snapshot, &ids, Rule::built_in(), now)
}

/// The namespace that all of them share, so that ids need not repeat it; empty when they differ.
fn only_namespace(items: &[Value]) -> String {
    let mut namespaces = items
        .iter()
        .map(|item| read::text(item, "/metadata/namespace"))
        .filter(|namespace| !namespace.is_empty());
    let first = namespaces.next().unwrap_or_default();
    if namespaces.all(|namespace| namespace == first) {
        first.to_owned()
    } else {
        String::new()
    }
}

fn flatten(value: Value, into: &mut Vec<Value>) {
    let is_list = value["kind"]
        .as_str()
        .is_some_and(|kind| kind.ends_with("List"));
    match value {
        Value::Array(items) => {
            for item in items {
                flatten(item, into);
            }
        }
        Value::Object(mut map) if is_list => {
            if let Some(Value::Array(items)) = map.remove("items") {
                for item in items {
                    flatten(item, into);
                }
            }
        }
        Value::Object(_) => into.push(value),
        _ => {}
    }
}
