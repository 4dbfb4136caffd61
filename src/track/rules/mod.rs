//! When an object is ready: one file per family of kinds, one table. Judges what it is shown and fetches nothing.
//!
//! The order is: is this the object that was applied, has its controller seen this generation, then the kind's own rule,
//! then rules that are data, then the conventions of custom resources.

mod autoscaler;
mod claim;
mod cron_job;
pub mod custom;
mod daemon_set;
mod definition;
mod deployment;
mod exists;
mod ingress;
mod job;
mod pod;
mod replica_set;
mod service;
mod stateful_set;

use jiff::Timestamp;
use serde_json::Value;

use super::pods;
use super::read;
use super::snapshot::Snapshot;
use crate::diagnose::Finding;
use crate::manifest::{ObjectId, id::is_built_in};
use custom::Rule as Custom;
pub use service::{missing_port, selected};

/// What is judged, with everything that may be looked at.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// Its identity.
    pub id: &'a ObjectId,
    /// The live object.
    pub object: &'a Value,
    /// The rest of the picture.
    pub snapshot: &'a Snapshot,
    /// The time.
    pub now: Timestamp,
    /// Rules that are data: the user's, then ours.
    pub custom: &'a [Custom],
    /// The object as the API answered when it was applied, when it was: its uid and generation are the ones that count.
    pub applied: Option<&'a Value>,
}

/// Where an object stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Readiness {
    /// On its way.
    Waiting {
        /// For what, in words.
        why: String,
        /// When time alone may change the verdict.
        until: Option<Timestamp>,
    },
    /// Done. The words are empty unless there is something to add: `scaled to 0`, `not checked: …`.
    Ready(String),
    /// Will not get there.
    Failed(Box<Finding>),
}

impl Readiness {
    /// On its way, waiting for something to change.
    pub fn waiting(why: impl Into<String>) -> Self {
        Self::Waiting {
            why: why.into(),
            until: None,
        }
    }

    /// Done, nothing to add.
    pub fn ready() -> Self {
        Self::Ready(String::new())
    }

    /// Done, with a remark.
    pub fn ready_but(why: impl Into<String>) -> Self {
        Self::Ready(why.into())
    }

    /// Whether it is done.
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready(_))
    }

    /// The words for it.
    pub fn why(&self) -> &str {
        match self {
            Self::Waiting { why, .. } | Self::Ready(why) => why,
            Self::Failed(finding) => &finding.message,
        }
    }
}

/// One line of the table.
struct Rule {
    group: &'static str,
    kind: &'static str,
    judge: fn(&Subject<'_>) -> Readiness,
    /// Other kinds it looks at, group and kind.
    sees: &'static [(&'static str, &'static str)],
}

const POD: (&str, &str) = ("", "Pod");
const EVENT: (&str, &str) = ("", "Event");
const REPLICA_SET: (&str, &str) = ("apps", "ReplicaSet");

#[rustfmt::skip]
const RULES: &[Rule] = &[
    Rule { group: "apps", kind: "Deployment", judge: deployment::judge, sees: &[REPLICA_SET, POD, EVENT] },
    Rule { group: "apps", kind: "ReplicaSet", judge: replica_set::judge, sees: &[POD, EVENT] },
    Rule { group: "", kind: "ReplicationController", judge: replica_set::judge, sees: &[POD, EVENT] },
    Rule { group: "apps", kind: "StatefulSet", judge: stateful_set::judge, sees: &[POD, EVENT, ("", "PersistentVolumeClaim")] },
    Rule { group: "apps", kind: "DaemonSet", judge: daemon_set::judge, sees: &[POD, EVENT, ("", "Node")] },
    Rule { group: "batch", kind: "Job", judge: job::judge, sees: &[POD, EVENT] },
    Rule { group: "batch", kind: "CronJob", judge: cron_job::judge, sees: &[EVENT] },
    Rule { group: "", kind: "Pod", judge: pod::judge, sees: &[EVENT] },
    Rule { group: "", kind: "Service", judge: service::judge, sees: &[("discovery.k8s.io", "EndpointSlice"), POD] },
    Rule { group: "networking.k8s.io", kind: "Ingress", judge: ingress::judge, sees: &[("networking.k8s.io", "IngressClass"), ("", "Service"), ("", "Secret")] },
    Rule { group: "", kind: "PersistentVolumeClaim", judge: claim::judge, sees: &[("storage.k8s.io", "StorageClass"), POD, EVENT] },
    Rule { group: "autoscaling", kind: "HorizontalPodAutoscaler", judge: autoscaler::judge, sees: &[] },
    Rule { group: "apiextensions.k8s.io", kind: "CustomResourceDefinition", judge: definition::crd, sees: &[] },
    Rule { group: "apiregistration.k8s.io", kind: "APIService", judge: definition::api_service, sees: &[] },
    Rule { group: "", kind: "Namespace", judge: exists::namespace, sees: &[] },
    Rule { group: "", kind: "ResourceQuota", judge: exists::quota, sees: &[] },
    Rule { group: "policy", kind: "PodDisruptionBudget", judge: exists::judge, sees: &[] },
];

fn rule(id: &ObjectId) -> Option<&'static Rule> {
    RULES
        .iter()
        .find(|rule| rule.kind == id.kind && rule.group == id.group)
}

/// Whether watching a kind can tell more than that it was accepted.
pub fn is_judged(id: &ObjectId) -> bool {
    rule(id).is_some() || !is_built_in(&id.group)
}

/// Other kinds that judging a kind looks at.
pub fn sees(id: &ObjectId) -> &'static [(&'static str, &'static str)] {
    rule(id).map_or(&[], |rule| rule.sees)
}

/// Judges one object.
pub fn judge(subject: &Subject<'_>) -> Readiness {
    if let Some(waiting) = not_yet(subject) {
        return waiting;
    }
    if let Some(rule) = rule(subject.id) {
        return (rule.judge)(subject);
    }
    if is_built_in(&subject.id.group) {
        return exists::judge(subject);
    }
    custom::judge(subject)
}

/// What must hold before anything in the status is believed.
fn not_yet(subject: &Subject<'_>) -> Option<Readiness> {
    let object = subject.object;
    if let Some(applied) = subject.applied {
        let uid = read::uid(applied);
        if !uid.is_empty() && uid != read::uid(object) {
            return Some(Readiness::waiting(
                "waiting to see the object that was applied, not the one it replaced",
            ));
        }
        let wanted = read::number(applied, "/metadata/generation").unwrap_or(0);
        if read::number(object, "/metadata/generation").unwrap_or(0) < wanted {
            return Some(Readiness::waiting(format!(
                "waiting to see generation {wanted}"
            )));
        }
    }
    if read::terminating(object) {
        let held = read::list(object, "/metadata/finalizers");
        return Some(Readiness::waiting(
            match held.first().and_then(Value::as_str) {
                Some(finalizer) => {
                    format!("it is being deleted; the finalizer {finalizer} holds it")
                }
                None => "it is being deleted".to_owned(),
            },
        ));
    }
    let generation = read::number(object, "/metadata/generation")?;
    let observed = match object.pointer("/status/observedGeneration") {
        Some(_) => match read::number(object, "/status/observedGeneration") {
            Some(observed) => observed,
            // Some custom controllers write a hash there.
            None if !is_built_in(&subject.id.group) => return None,
            None => 0,
        },
        // Kinds whose controllers always write it have not been looked at yet when it is absent.
        None if observes(subject.id) => 0,
        None => return None,
    };
    (observed < generation).then(|| {
        Readiness::waiting(format!(
            "waiting for the controller to observe generation {generation}"
        ))
    })
}

/// Built-in kinds whose controllers write `observedGeneration`, or leave it out only while they have seen nothing.
fn observes(id: &ObjectId) -> bool {
    id.group == "apps"
        && matches!(
            id.kind.as_str(),
            "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet"
        )
}

/// Pods of a workload by the numbers its controller reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Ready.
    pub ready: u32,
    /// Wanted.
    pub desired: u32,
    /// Of the new revision.
    pub updated: u32,
}

/// The numbers of a workload; `None` for everything else.
pub fn counts(id: &ObjectId, object: &Value) -> Option<Counts> {
    let count = |pointer| read::count(object, pointer);
    let (ready, desired, updated) = match (id.group.as_str(), id.kind.as_str()) {
        ("apps", "Deployment" | "StatefulSet") => (
            count("/status/readyReplicas"),
            read::replicas(object),
            count("/status/updatedReplicas"),
        ),
        ("apps", "ReplicaSet") => (
            count("/status/readyReplicas"),
            read::replicas(object),
            count("/status/replicas"),
        ),
        ("apps", "DaemonSet") => (
            count("/status/numberReady"),
            count("/status/desiredNumberScheduled"),
            count("/status/updatedNumberScheduled"),
        ),
        ("batch", "Job") => {
            let desired = read::number(object, "/spec/completions")
                .or_else(|| read::number(object, "/spec/parallelism"))
                .and_then(|number| u32::try_from(number).ok())
                .unwrap_or(1);
            (count("/status/succeeded"), desired, desired)
        }
        _ => return None,
    };
    Some(Counts {
        ready,
        desired,
        updated,
    })
}

/// `1 of 3 pods ready; web-7d9-x2x1q: …`.
fn with_worst_pod(subject: &Subject<'_>, words: String) -> Readiness {
    let pods = subject.snapshot.pods(subject.object);
    Readiness::waiting(match pods::worst(pods) {
        Some(worst) => format!("{words}; {worst}"),
        None => words,
    })
}

/// `1 of 3 pods ready`.
fn of_pods(number: u32, desired: u32, what: &str) -> String {
    let noun = if desired == 1 { "pod" } else { "pods" };
    format!("{number} of {desired} {noun} {what}")
}

#[cfg(test)]
mod tests;
