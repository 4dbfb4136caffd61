//! A release through time: which objects are ready, which cause has lasted how long, when everything has been ready long
//! enough, when time is up. Holds no streams and asks nobody: snapshots and the clock go in, the next [`Move`] comes out.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::Wait;
use super::budget::Allowance;
use super::pods;
use super::read;
use super::rules::{Readiness, custom::Rule};
use super::snapshot::Snapshot;
use super::tracked::Tracked;
use crate::diagnose::build::finding;
use crate::diagnose::{self, Evidence, Finding, Severity, catalogue};
use crate::event::{Event, Events, Phase};
use crate::manifest::ObjectId;

/// What to do next.
pub enum Move {
    /// Wait for a change, at most until then.
    Wait(Instant),
    /// Look whether this exists before a finding that says it does not is believed.
    Confirm(ObjectId),
    /// Everything is ready and stayed so.
    Done,
    /// It has failed, worst first.
    Failed(Vec<Finding>),
}

/// A release on its way.
pub struct Rollout {
    objects: BTreeMap<ObjectId, Tracked>,
    since: Timestamp,
    soak: Duration,
    deadline: Instant,
    allowance: Allowance,
    soaking: Option<Soak>,
    time_passed: bool,
}

/// Everything has been ready since.
struct Soak {
    until: Instant,
    /// How often each container had ended by then.
    ends: HashMap<(String, String), u32>,
}

impl Rollout {
    /// The start of waiting.
    pub fn new(wait: Wait, snapshot: &Snapshot) -> Self {
        let allowance = wait.timeout.allow(
            wait.objects
                .iter()
                .map(|(id, applied)| (id, snapshot.get(id).unwrap_or(applied))),
        );
        let objects = wait
            .objects
            .into_iter()
            .map(|(id, applied)| (id, Tracked::new(applied)))
            .collect();
        Self {
            objects,
            since: wait.since,
            soak: wait.soak,
            deadline: Instant::now() + allowance.time,
            allowance,
            soaking: None,
            time_passed: false,
        }
    }

    /// A deadline passed without any change: what time alone decides is judged again.
    pub fn time_passed(&mut self) {
        self.time_passed = true;
    }

    /// The answer to [`Move::Confirm`]. What exists by now gives its causes another grace.
    pub fn confirmed(&mut self, id: &ObjectId, exists: bool) {
        let code = missing_code(&id.kind);
        for tracked in self.objects.values_mut() {
            for cause in &mut tracked.findings {
                if cause.code == code && cause.message.contains(&id.name) {
                    if exists {
                        tracked.lasting.insert(cause.code.clone(), Instant::now());
                    } else {
                        tracked.missing.insert(id.clone());
                    }
                }
            }
        }
    }

    /// Judges what was affected (`None`: everything) and says what comes next.
    pub fn advance(
        &mut self,
        snapshot: &Snapshot,
        custom: &[Rule],
        affected: Option<&[ObjectId]>,
        events: &Events,
    ) -> Move {
        let now = events.now();
        let all = affected.is_none();
        let waits_for_time = std::mem::take(&mut self.time_passed);
        let soaking = self.soaking.is_some();
        for (id, tracked) in &mut self.objects {
            let touched = affected.is_some_and(|ids| ids.contains(id));
            let timed = waits_for_time
                && matches!(tracked.readiness, Readiness::Waiting { until: Some(_), .. });
            if all || touched || timed {
                tracked.judge(id, snapshot, custom, now, self.since);
                tracked.tell(id, snapshot, events);
            }
        }
        if soaking && let Some(findings) = self.crashed(snapshot, now) {
            return Move::Failed(findings);
        }
        if let Some(next) = self.failed(snapshot) {
            return next;
        }
        let ready = self
            .objects
            .values()
            .all(|tracked| tracked.readiness.is_ready());
        if !ready {
            self.soaking = None;
            if Instant::now() >= self.deadline {
                return Move::Failed(self.out_of_time());
            }
            return Move::Wait(self.wake());
        }
        let until = if let Some(soak) = &self.soaking {
            soak.until
        } else {
            let until = Instant::now() + self.soak;
            if !self.soak.is_zero() {
                events.send(Event::Phase { phase: Phase::Soak });
                events.send(Event::Soaking {
                    seconds: self.soak.as_secs_f64(),
                });
            }
            self.soaking = Some(Soak {
                until,
                ends: self.ends(snapshot),
            });
            until
        };
        if Instant::now() >= until {
            Move::Done
        } else {
            Move::Wait(until)
        }
    }

    /// Causes that are certain, or have lasted for their grace.
    fn failed(&self, snapshot: &Snapshot) -> Option<Move> {
        let mut doomed = Vec::new();
        for tracked in self.objects.values() {
            if let Readiness::Failed(cause) = &tracked.readiness {
                // What a pod shows is closer to the cause than its controller's verdict.
                let closer = tracked
                    .findings
                    .iter()
                    .filter(|cause| cause.severity >= Severity::Transient);
                doomed.extend(closer.cloned());
                doomed.push((**cause).clone());
            }
            for cause in &tracked.findings {
                if !tracked.is_over(cause) || doomed.contains(cause) {
                    continue;
                }
                if let Some(missing) = names_missing(cause)
                    && cause.severity == Severity::Likely
                    && !tracked.missing.contains(&missing)
                    && snapshot.get(&missing).is_none()
                {
                    return Some(Move::Confirm(missing));
                }
                doomed.push(cause.clone());
            }
        }
        (!doomed.is_empty()).then(|| Move::Failed(diagnose::group(doomed)))
    }

    /// Time is up: every object that is not ready, with its cause where one is known.
    fn out_of_time(&self) -> Vec<Finding> {
        let waiting: Vec<(&ObjectId, &Tracked)> = self
            .objects
            .iter()
            .filter(|(_, tracked)| !tracked.readiness.is_ready())
            .collect();
        let causes = waiting
            .iter()
            .flat_map(|(_, tracked)| &tracked.findings)
            .filter(|cause| cause.severity > Severity::Info)
            .cloned()
            .collect();
        let mut found = diagnose::group(causes);
        let Some((first, tracked)) = waiting.first() else {
            return found;
        };
        let others = match waiting.len() - 1 {
            0 => String::new(),
            number => format!(", and {} more", crate::words::count(number, "object")),
        };
        let text = format!(
            "not done after {}: {first}: {}{others}",
            self.allowance,
            tracked.words(),
        );
        let late = waiting.iter().skip(1).take(9).fold(
            finding(first, "deadline", text).with(Evidence::Field {
                object: first.to_string(),
                path: "waiting for".to_owned(),
                value: tracked.words(),
            }),
            |late, (id, tracked)| {
                late.with(Evidence::Field {
                    object: id.to_string(),
                    path: "waiting for".to_owned(),
                    value: tracked.words(),
                })
            },
        );
        found.push(late);
        found
    }

    /// A container that ends while everything was already ready makes it a failed rollout.
    fn crashed(&self, snapshot: &Snapshot, now: Timestamp) -> Option<Vec<Finding>> {
        let before = &self.soaking.as_ref()?.ends;
        let mut found = Vec::new();
        for (key, ends) in self.ends(snapshot) {
            if ends <= before.get(&key).copied().unwrap_or(0) {
                continue;
            }
            let Some(owner) = snapshot.id_of(&key.0).and_then(|pod| {
                snapshot
                    .chain(pod)
                    .into_iter()
                    .find(|id| self.objects.contains_key(id))
            }) else {
                continue;
            };
            let causes = diagnose::findings(snapshot, &owner, now, Some(self.since));
            found.extend(causes.into_iter().filter_map(|cause| {
                let family = catalogue::explain(&cause.code)?.family;
                matches!(family, "crash" | "start" | "probe").then(|| {
                    Finding {
                        message: format!("{}, after everything had been ready", cause.message),
                        ..cause
                    }
                    .severity(Severity::Permanent)
                })
            }));
        }
        (!found.is_empty()).then(|| diagnose::group(found))
    }

    /// How often each container of the release's long-running workloads has ended.
    fn ends(&self, snapshot: &Snapshot) -> HashMap<(String, String), u32> {
        let mut ends = HashMap::new();
        for id in self.objects.keys() {
            if matches!(id.kind.as_str(), "Job" | "CronJob") {
                continue;
            }
            let Some(object) = snapshot.get(id) else {
                continue;
            };
            for pod in snapshot.pods(object) {
                if read::terminating(pod) || pods::finished(pod) {
                    continue;
                }
                for container in pods::containers(pod) {
                    if container.role == "init container" {
                        continue;
                    }
                    let number = read::count(container.status, "/restartCount")
                        + u32::from(container.down());
                    ends.insert(
                        (read::uid(pod).to_owned(), container.name.to_owned()),
                        number,
                    );
                }
            }
        }
        ends
    }

    /// The next moment at which time alone may change something.
    fn wake(&self) -> Instant {
        let graces = self.objects.values().flat_map(|tracked| {
            tracked
                .findings
                .iter()
                .filter(|cause| cause.severity == Severity::Likely)
                .filter_map(|cause| {
                    Some(*tracked.lasting.get(&cause.code)? + catalogue::grace(&cause.code))
                })
        });
        let waits = self
            .objects
            .values()
            .filter(|tracked| {
                matches!(tracked.readiness, Readiness::Waiting { until: Some(_), .. })
            })
            .map(|_| Instant::now() + Duration::from_secs(1));
        graces
            .chain(waits)
            .chain([self.deadline])
            .min()
            .unwrap_or(self.deadline)
    }
}

/// The object whose absence a finding claims.
fn names_missing(cause: &Finding) -> Option<ObjectId> {
    let kind = match cause.code.as_str() {
        "secret-missing" => "Secret",
        "config-map-missing" => "ConfigMap",
        _ => return None,
    };
    let name = cause
        .message
        .strip_prefix(kind)?
        .split_whitespace()
        .next()?;
    let mut id = ObjectId::new("", kind, name);
    id.namespace.clone_from(&cause.object.namespace);
    Some(id)
}

fn missing_code(kind: &str) -> &'static str {
    if kind == "Secret" {
        "secret-missing"
    } else {
        "config-map-missing"
    }
}
