//! What the finders look at: one object of the release with its pods, told apart by revision.

use jiff::Timestamp;
use serde_json::Value;

use super::{Evidence, FAMILIES, Finding, Severity};
use crate::manifest::ObjectId;
use crate::track::pods::{self, Container};
use crate::track::read;
use crate::track::rules::Subject;
use crate::track::snapshot::{event_count, event_time};

/// One object under examination.
pub struct Case<'a> {
    /// The object and the picture it is in.
    pub subject: Subject<'a>,
    /// Start of the run.
    pub since: Option<Timestamp>,
    /// Pods of the newest revision that are not being deleted.
    pub pods: Vec<&'a Value>,
    /// Pods of older revisions that are not being deleted.
    pub old: Vec<&'a Value>,
}

impl<'a> Case<'a> {
    /// Gathers the pods of an object.
    pub fn new(subject: Subject<'a>, since: Option<Timestamp>) -> Self {
        let (pods, old) = subject
            .snapshot
            .pods(subject.object)
            .into_iter()
            .filter(|pod| !read::terminating(pod) || subject.object["kind"] == "Pod")
            .partition(|pod| is_new(subject, pod));
        Self {
            subject,
            since,
            pods,
            old,
        }
    }

    /// The object's id.
    pub fn id(&self) -> &'a ObjectId {
        self.subject.id
    }

    /// Pods of the newest revision with their containers.
    pub fn containers(&self) -> impl Iterator<Item = (&'a Value, Container<'a>)> {
        self.pods.iter().flat_map(|pod| {
            pods::containers(pod)
                .into_iter()
                .map(move |container| (*pod, container))
        })
    }

    /// Events of an object with one of these reasons that belong to this run, newest first.
    pub fn events(&self, object: &'a Value, reasons: &[&str]) -> Vec<&'a Value> {
        let mut events: Vec<&Value> = self
            .subject
            .snapshot
            .events(object)
            .into_iter()
            .filter(|event| reasons.contains(&read::text(event, "/reason")))
            .filter(|event| match (self.since, event_time(event)) {
                // Times of the cluster have whole seconds and another clock than ours.
                (Some(since), Some(time)) => time.as_second() + 5 >= since.as_second(),
                _ => true,
            })
            .collect();
        events.reverse();
        events
    }

    /// Restarts of a container within the run.
    pub fn restarts(&self, pod: &Value, container: &Container<'_>) -> u32 {
        self.subject
            .snapshot
            .restarts(pod, container.status, self.since)
    }

    /// When pods of the old revision fail for the same reason, the change is not the cause.
    pub fn compare_with_old_pods(&self, found: &mut [Finding]) {
        if self.old.is_empty() || found.is_empty() {
            return;
        }
        let old = Case {
            subject: self.subject,
            since: self.since,
            pods: self.old.clone(),
            old: Vec::new(),
        };
        let codes: Vec<String> = FAMILIES
            .iter()
            .flat_map(|family| family(&old))
            .filter(|finding| !finding.evidence.is_empty())
            .filter(|finding| !of_workload(&finding.code))
            .map(|finding| finding.code)
            .collect();
        for finding in found
            .iter_mut()
            .filter(|finding| finding.severity > Severity::Info && codes.contains(&finding.code))
        {
            finding.message +=
                "; pods of the old revision show the same, so this change is not the cause";
        }
    }
}

/// Codes that are about the workload as a whole, and so the same whichever pods are looked at.
fn of_workload(code: &str) -> bool {
    super::catalogue::explain(code).is_some_and(|cause| {
        matches!(
            cause.family,
            "create" | "blocked" | "service" | "deadline" | "job"
        )
    })
}

fn is_new(subject: Subject<'_>, pod: &Value) -> bool {
    let object = subject.object;
    let label = |name: &str| pod["metadata"]["labels"][name].as_str().unwrap_or_default();
    match object["kind"].as_str().unwrap_or_default() {
        "Deployment" => {
            const REVISION: &str = "deployment.kubernetes.io/revision";
            let revision = object["metadata"]["annotations"][REVISION].as_str();
            let newest = subject
                .snapshot
                .owned(object)
                .find(|(_, set)| set["metadata"]["annotations"][REVISION].as_str() == revision);
            newest.is_none_or(|(_, set)| {
                read::text(set, "/metadata/labels/pod-template-hash") == label("pod-template-hash")
            })
        }
        "StatefulSet" => {
            let revision = read::text(object, "/status/updateRevision");
            revision.is_empty() || label("controller-revision-hash") == revision
        }
        "DaemonSet" => {
            object["metadata"]["annotations"]["deprecated.daemonset.template.generation"]
                .as_str()
                .is_none_or(|generation| generation == label("pod-template-generation"))
        }
        _ => true,
    }
}

/// An event as evidence.
pub fn event(object: &Value, event: &Value) -> Evidence {
    Evidence::Event {
        object: label(object),
        reason: read::text(event, "/reason").to_owned(),
        message: read::clip(read::text(event, "/message")),
        count: event_count(event),
    }
}

/// A container's state as evidence: how it ended when it did, else what it waits for.
pub fn container(pod: &Value, container: &Container<'_>) -> Evidence {
    let waiting = container.waiting();
    let ended = container.ended();
    let (state, reason, message) = match ended {
        Some(ended) if waiting.is_empty() || waiting == "CrashLoopBackOff" => (
            "terminated",
            read::text(ended, "/reason"),
            read::text(ended, "/message"),
        ),
        _ => ("waiting", waiting, container.waiting_message()),
    };
    Evidence::Container {
        pod: read::name(pod).to_owned(),
        container: container.name.to_owned(),
        state: state.to_owned(),
        reason: reason.to_owned(),
        message: read::clip(message),
        exit_code: ended
            .filter(|_| state == "terminated")
            .and_then(|ended| read::number(ended, "/exitCode")),
        restarts: read::count(container.status, "/restartCount"),
    }
}

/// A condition as evidence.
pub fn condition(object: &Value, condition: &read::Condition<'_>) -> Evidence {
    Evidence::Condition {
        object: label(object),
        condition: condition.name.to_owned(),
        status: condition.status.to_owned(),
        reason: condition.reason.to_owned(),
        message: read::clip(condition.message),
    }
}

/// A field as evidence.
pub fn field(object: &Value, path: &str, value: impl Into<String>) -> Evidence {
    Evidence::Field {
        object: label(object),
        path: path.to_owned(),
        value: value.into(),
    }
}

/// `Pod/web-1-a`.
fn label(object: &Value) -> String {
    format!(
        "{}/{}",
        object["kind"].as_str().unwrap_or("Object"),
        read::name(object)
    )
}
