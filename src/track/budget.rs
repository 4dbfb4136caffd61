//! How long a rollout may take: computed from what its objects ask for, or given. Pure; nobody sleeps here.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::read;
use super::rules::counts;
use crate::manifest::ObjectId;
use crate::manifest::edit::pod_spec;

/// Never less, in seconds: scheduling and pulling take their time.
const LEAST: u64 = 60;
/// Never more when computed, in seconds.
const MOST: u64 = 30 * 60;
/// For pulling images and scheduling, in seconds.
const PULL: u64 = 60;
/// For a container without probes to come up, in seconds.
const START: u64 = 10;
/// For an init container, in seconds.
const INIT: u64 = 30;
/// For objects whose controllers take their time: certificates, load balancers, in seconds.
const OTHER: u64 = 180;
/// For a Job without a deadline of its own, in seconds.
const JOB: u64 = 600;

/// How long a rollout may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Budget {
    /// Computed from the objects.
    #[default]
    Auto,
    /// Given.
    Fixed(Duration),
}

/// A budget worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The time.
    pub time: Duration,
    /// Where it comes from, in words.
    pub why: String,
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", crate::words::duration(self.time), self.why)
    }
}

impl Budget {
    /// Works the budget out for these objects, which roll out side by side: the slowest decides.
    pub fn allow<'a>(
        self,
        objects: impl IntoIterator<Item = (&'a ObjectId, &'a Value)>,
    ) -> Allowance {
        if let Self::Fixed(time) = self {
            return Allowance {
                time,
                why: "as given".to_owned(),
            };
        }
        let slowest = objects
            .into_iter()
            .filter_map(|(id, object)| {
                need(id, object).map(|(seconds, why)| (seconds, format!("{id}: {why}")))
            })
            .max_by_key(|(seconds, _)| *seconds);
        let (seconds, why) = slowest.unwrap_or((LEAST, "nothing takes long".to_owned()));
        Allowance {
            time: Duration::from_secs(seconds.max(LEAST)),
            why: format!("computed for {why}"),
        }
    }
}

/// Seconds one object may need, and why. `None` for what is done at once.
fn need(id: &ObjectId, object: &Value) -> Option<(u64, String)> {
    let number = |pointer| u64::from(read::count(object, pointer));
    match (id.group.as_str(), id.kind.as_str()) {
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") | ("", "Pod") => {
            Some(workload(id, object))
        }
        ("batch", "Job") => Some(match number("/spec/activeDeadlineSeconds") {
            0 => (JOB, format!("{JOB}s for a job")),
            seconds => (
                seconds + LEAST,
                format!("its activeDeadlineSeconds of {seconds}s"),
            ),
        }),
        ("", "Service") if read::text(object, "/spec/type") != "LoadBalancer" => None,
        ("", "Service" | "PersistentVolumeClaim") | ("networking.k8s.io", "Ingress") => {
            Some((OTHER, format!("{OTHER}s for its controller")))
        }
        (group, _) if !crate::manifest::id::is_built_in(group) => {
            Some((OTHER, format!("{OTHER}s for its controller")))
        }
        _ => None,
    }
}

fn workload(id: &ObjectId, object: &Value) -> (u64, String) {
    let pod = pod_spec(object).unwrap_or(&Value::Null);
    let replicas = u64::from(counts(id, object).map_or(1, |counts| counts.desired)).max(1);
    let settle = u64::from(read::count(object, "/spec/minReadySeconds"));
    let grace = read::number(pod, "/terminationGracePeriodSeconds")
        .and_then(|seconds| u64::try_from(seconds).ok())
        .unwrap_or(30);
    let (waves, one_by_one) = waves(id, object, replicas);
    // Where pods are replaced in place, the old one has to go before the new one starts.
    let going = if one_by_one { grace } else { 0 };
    let wave = start_time(pod) + settle + going;
    let computed = (PULL + waves * wave).min(MOST);
    let words = format!(
        "{PULL}s to pull, {} of {wave}s",
        crate::words::count(usize::try_from(waves).unwrap_or(usize::MAX), "wave")
    );
    // 600 is what the API writes when nobody said anything.
    match u64::from(read::count(object, "/spec/progressDeadlineSeconds")) {
        0 | 600 => (computed, words),
        deadline if deadline + 10 > computed => (
            deadline + 10,
            format!("its progressDeadlineSeconds of {deadline}s"),
        ),
        _ => (computed, words),
    }
}

/// In how many steps the pods are replaced, and whether old ones go first.
fn waves(id: &ObjectId, object: &Value, replicas: u64) -> (u64, bool) {
    match id.kind.as_str() {
        "Deployment" if read::text(object, "/spec/strategy/type") == "Recreate" => (1, true),
        "Deployment" => {
            let path = "/spec/strategy/rollingUpdate";
            let share =
                |name: &str, up| share(object.pointer(&format!("{path}/{name}")), replicas, 25, up);
            let step = (share("maxSurge", true) + share("maxUnavailable", false)).max(1);
            (replicas.div_ceil(step), share("maxSurge", true) == 0)
        }
        "StatefulSet" if read::text(object, "/spec/podManagementPolicy") == "Parallel" => (1, true),
        "StatefulSet" => (replicas, true),
        "DaemonSet" => {
            let most = object.pointer("/spec/updateStrategy/rollingUpdate/maxUnavailable");
            let step = match most {
                None => 1,
                some => share(some, replicas, 0, true).max(1),
            };
            (replicas.div_ceil(step), true)
        }
        _ => (1, false),
    }
}

/// `25%` or a number, of so many replicas.
fn share(value: Option<&Value>, replicas: u64, default: u64, round_up: bool) -> u64 {
    let of_hundred = |percent: u64| {
        if round_up {
            (replicas * percent).div_ceil(100)
        } else {
            replicas * percent / 100
        }
    };
    match value {
        Some(Value::Number(number)) => number.as_u64().unwrap_or(0),
        Some(Value::String(text)) => match text.strip_suffix('%') {
            Some(percent) => of_hundred(percent.parse().unwrap_or(0)),
            None => text.parse().unwrap_or(0),
        },
        _ => of_hundred(default),
    }
}

/// How long a pod may take until it is ready, by its own probes.
fn start_time(pod: &Value) -> u64 {
    let init = u64::try_from(read::list(pod, "/initContainers").len()).unwrap_or(0) * INIT;
    let slowest = read::list(pod, "/containers")
        .iter()
        .map(|container| probe(&container["startupProbe"]) + probe(&container["readinessProbe"]))
        .max()
        .unwrap_or(0);
    init + START + slowest
}

/// `initialDelaySeconds + periodSeconds × failureThreshold`, with the API's defaults.
fn probe(probe: &Value) -> u64 {
    if !probe.is_object() {
        return 0;
    }
    let or = |pointer, default| match read::count(probe, pointer) {
        0 => default,
        number => u64::from(number),
    };
    or("/initialDelaySeconds", 0) + or("/periodSeconds", 10) * or("/failureThreshold", 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn seconds(kind: &str, object: &Value) -> u64 {
        let id = ObjectId::new(if kind == "Job" { "batch" } else { "apps" }, kind, "web");
        let mut object = object.clone();
        object["kind"] = json!(kind);
        Budget::Auto.allow([(&id, &object)]).time.as_secs()
    }

    #[test]
    fn probes_waves_and_deadlines_add_up() {
        let template = json!({"spec": {"containers": [{"readinessProbe": {"periodSeconds": 5}, "startupProbe": {"periodSeconds": 10, "failureThreshold": 6}}]}});
        for (kind, spec, expected) in [
            ("Deployment", json!({}), 70),
            (
                "Deployment",
                json!({"replicas": 4, "template": template}),
                60 + 2 * 85,
            ),
            (
                "Deployment",
                json!({"replicas": 4, "progressDeadlineSeconds": 900}),
                910,
            ),
            (
                "Deployment",
                json!({"replicas": 4, "progressDeadlineSeconds": 600, "minReadySeconds": 20}),
                60 + 2 * 30,
            ),
            (
                "Deployment",
                json!({"replicas": 1000, "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}),
                MOST,
            ),
            ("StatefulSet", json!({"replicas": 3}), 60 + 3 * 40),
            ("Job", json!({"activeDeadlineSeconds": 3600}), 3660),
        ] {
            assert_eq!(
                seconds(kind, &json!({"spec": spec})),
                expected,
                "{kind} {spec}"
            );
        }
    }

    #[test]
    fn a_given_budget_is_kept() {
        let allowance = Budget::Fixed(Duration::from_secs(5)).allow([]);
        assert_eq!(allowance.to_string(), "5.0s (as given)");
    }
}
