//! From watch events to a verdict: is the rollout done, has it failed, and why. Never polls; timers stand for deadlines only.
//!
//! - [`sight`] says which kinds must be seen, [`snapshot`] is what was seen, [`rules`] judge one object of it.
//! - [`budget`] computes how long a rollout may take; [`progress`] follows every object of a release through time.
//! - [`evidence()`] adds the logs of what failed; [`look()`] and [`status()`] judge once, for what is running or saved.

pub mod budget;
pub mod evidence;
mod look;
pub mod path;
pub mod pods;
pub mod progress;
pub mod read;
pub mod rules;
pub mod sight;
pub mod snapshot;
pub mod status;
mod tracked;

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures::stream::{LocalBoxStream, SelectAll};
use futures::{FutureExt as _, StreamExt as _};
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

pub use budget::Budget;
pub use evidence::evidence;
pub use look::look;
pub use rules::custom::Rule as CustomRule;
pub use status::{ObjectStatus, judge_saved, status};

use crate::cluster::{Cluster, Watch};
use crate::diagnose::Finding;
use crate::error::{Failure, Result};
use crate::event::{Event, Events, Phase};
use crate::manifest::{Manifest, ObjectId};
use crate::words;
use progress::{Move, Rollout};
use sight::{Sight, sights};
use snapshot::Snapshot;

/// A watch that is interrupted for longer is worth a word.
const INTERRUPTED: Duration = Duration::from_secs(5);
/// And another one, as long as it lasts.
const REMINDER: Duration = Duration::from_secs(30);
/// How long the first answers of all watches may take before judging begins without them.
const FIRST_ANSWERS: Duration = Duration::from_secs(2);

/// What to wait for.
pub struct Wait {
    /// Every object of the release, as the API answered when it was applied; as wanted when it was not sent.
    pub objects: Vec<(ObjectId, Value)>,
    /// How long it may take.
    pub timeout: Budget,
    /// How long everything must stay ready.
    pub soak: Duration,
    /// Start of the run: older events and restarts do not count.
    pub since: Timestamp,
}

/// How a rollout ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Everything is ready and stayed so.
    Ready,
    /// It will not get there; why, worst first.
    Failed(Vec<Finding>),
    /// Somebody asked to stop.
    Interrupted,
}

/// Watches what a release consists of, from before it is applied until it is judged.
pub struct Tracker<'a> {
    cluster: Option<&'a Cluster>,
    custom: Vec<CustomRule>,
    snapshot: Snapshot,
    feed: SelectAll<LocalBoxStream<'a, (Rc<Sight>, Watch)>>,
    /// Kinds the server does not serve yet: their definitions are part of the release.
    later: Vec<Sight>,
    interrupted: BTreeMap<Rc<Sight>, Gap>,
    /// Watches that have not said anything yet.
    silent: BTreeSet<Rc<Sight>>,
    changed: Changed,
}

/// A watch that is down.
struct Gap {
    since: Instant,
    why: String,
    told: Option<Instant>,
}

impl Gap {
    /// When it is worth a word.
    fn due(&self) -> Instant {
        self.told
            .map_or(self.since + INTERRUPTED, |told| told + REMINDER)
    }
}

/// What to judge again.
#[derive(Default)]
struct Changed {
    everything: bool,
    ids: Vec<ObjectId>,
}

impl<'a> Tracker<'a> {
    /// Opens the watches for these objects. They run while [`Self::during`] or [`Self::wait`] is awaited.
    ///
    /// # Errors
    /// Discovery fails.
    pub async fn start(
        cluster: &'a Cluster,
        app: &str,
        manifests: &[Manifest],
    ) -> Result<Tracker<'a>> {
        let mut tracker = Self::over(&cluster.namespace, Vec::new());
        tracker.cluster = Some(cluster);
        let objects = manifests
            .iter()
            .map(|manifest| (&manifest.id, &manifest.object));
        tracker.later = sights(app, objects).into_iter().collect();
        cluster.kinds().await?;
        tracker.open(cluster).await?;
        Ok(tracker)
    }

    /// Over streams of watch items that somebody else opened.
    pub fn over(namespace: &str, streams: Vec<(Sight, LocalBoxStream<'a, Watch>)>) -> Self {
        let mut tracker = Self {
            cluster: None,
            custom: CustomRule::built_in().to_vec(),
            snapshot: Snapshot::new(namespace),
            feed: SelectAll::new(),
            later: Vec::new(),
            interrupted: BTreeMap::new(),
            silent: BTreeSet::new(),
            changed: Changed::default(),
        };
        for (sight, stream) in streams {
            tracker.add(sight, stream);
        }
        tracker
    }

    /// Adds the project's own readiness rules, which go before the built-in ones.
    #[must_use]
    pub fn with_rules(mut self, rules: Vec<CustomRule>) -> Self {
        self.custom.splice(0..0, rules);
        self
    }

    /// What has been seen so far.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Keeps the watches running while something else is done.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>, events: &Events) -> T {
        let mut work = pin!(work);
        loop {
            let item = tokio::select! {
                biased;
                done = &mut work => return done,
                Some(item) = self.feed.next() => item,
            };
            self.take(item, events);
        }
    }

    /// Waits until every object is ready and stays so, or the rollout has failed.
    ///
    /// # Errors
    /// A workload's kind may not be watched, or the server does not know a kind.
    pub async fn wait(&mut self, wait: Wait, events: &Events) -> Result<Verdict> {
        if let Some(cluster) = self.cluster.filter(|_| !self.later.is_empty()) {
            cluster.refresh().await?;
            self.open(cluster).await?;
            self.check_all_known()?;
        }
        self.hear_all(events).await;
        let mut rollout = Rollout::new(wait, &self.snapshot);
        self.changed.everything = true;
        loop {
            self.check_required()?;
            let changed = std::mem::take(&mut self.changed);
            let affected = (!changed.everything).then_some(changed.ids.as_slice());
            match rollout.advance(&self.snapshot, &self.custom, affected, events) {
                Move::Wait(until) => self.next(until, &mut rollout, events).await,
                Move::Confirm(missing) => {
                    let exists = self.exists(&missing).await;
                    rollout.confirmed(&missing, exists);
                    self.changed.everything = true;
                }
                Move::Done => return Ok(Verdict::Ready),
                Move::Failed(mut findings) => {
                    self.check_sight()?;
                    events.send(Event::Phase {
                        phase: Phase::Diagnose,
                    });
                    if let Some(cluster) = self.cluster {
                        evidence(cluster, &mut findings, &self.snapshot).await;
                    }
                    return Ok(Verdict::Failed(findings));
                }
            }
        }
    }

    /// Lets every watch answer once, for a short time at most: what is not listed yet is not missing.
    async fn hear_all(&mut self, events: &Events) {
        let until = Instant::now() + FIRST_ANSWERS;
        while !self.silent.is_empty() {
            let item = tokio::select! {
                Some(item) = self.feed.next() => item,
                () = tokio::time::sleep_until(until) => return,
            };
            self.take(item, events);
        }
    }

    /// Takes in the next items, or lets a deadline pass.
    async fn next(&mut self, until: Instant, rollout: &mut Rollout, events: &Events) {
        let gap = self.interrupted.values().map(Gap::due).min();
        let until = gap.map_or(until, |gap| gap.min(until));
        let item = tokio::select! {
            Some(item) = self.feed.next() => Some(item),
            () = tokio::time::sleep_until(until) => None,
        };
        match item {
            Some(item) => {
                self.take(item, events);
                // What has arrived together is judged together.
                while let Some(Some(item)) = self.feed.next().now_or_never() {
                    self.take(item, events);
                }
            }
            None => rollout.time_passed(),
        }
        self.tell_gaps(events);
    }

    fn take(&mut self, (sight, item): (Rc<Sight>, Watch), events: &Events) {
        self.silent.remove(&sight);
        if !matches!(item, Watch::Interrupted(_)) {
            self.interrupted.remove(&sight);
        }
        match item {
            Watch::Listed(items) => {
                let namespace = sight
                    .namespace
                    .clone()
                    .unwrap_or_else(|| self.snapshot.namespace.clone());
                self.snapshot
                    .replace(&sight.group, &sight.kind, Some(&namespace), items);
                self.changed.everything = true;
            }
            Watch::Applied(object) => {
                let about = about(&object, &self.snapshot);
                let before = self.snapshot.insert(object);
                self.touch(before.or(about));
            }
            Watch::Deleted(object) => {
                let chain = ObjectId::of(&object, &self.snapshot.namespace)
                    .map(|id| self.snapshot.chain(&id))
                    .unwrap_or_default();
                self.changed.ids.extend(chain);
                let gone = self.snapshot.remove(&object);
                self.touch(gone);
            }
            Watch::Interrupted(why) => {
                self.interrupted.entry(sight).or_insert(Gap {
                    since: Instant::now(),
                    why,
                    told: None,
                });
            }
            Watch::Forbidden(why) if sight.is_required() => {
                self.snapshot.set_unread(&sight.group, &sight.kind, why);
                self.changed.everything = true;
            }
            Watch::Forbidden(why) => {
                events.send(Event::Warning {
                    code: "not-checked".to_owned(),
                    message: format!("{} cannot be watched, so not checked: {why}", sight.kind),
                    object: None,
                });
                self.snapshot
                    .set_unread(&sight.group, &sight.kind, "no permission to list it");
                self.changed.everything = true;
            }
        }
    }

    /// Notes what a change may affect: the object and its owners; everything for kinds that others refer to.
    fn touch(&mut self, id: Option<ObjectId>) {
        let Some(id) = id else { return };
        let chain = self.snapshot.chain(&id);
        let owned = chain.len() > 1 || matches!(id.kind.as_str(), "Pod" | "ReplicaSet");
        if matches!(
            id.kind.as_str(),
            "EndpointSlice" | "Service" | "Secret" | "IngressClass" | "StorageClass" | "Node"
        ) && !owned
        {
            self.changed.everything = true;
        }
        if id.kind == "EndpointSlice"
            && let Some(service) = self.snapshot.get(&id).and_then(|slice| {
                slice["metadata"]["labels"]["kubernetes.io/service-name"].as_str()
            })
        {
            self.changed.ids.push(ObjectId {
                namespace: id.namespace.clone(),
                ..ObjectId::new("", "Service", service)
            });
        }
        self.changed.ids.extend(chain);
    }

    /// One word for all watches: they share a connection, and mostly break together.
    fn tell_gaps(&mut self, events: &Events) {
        let untold: Vec<_> = self
            .interrupted
            .iter_mut()
            .filter(|(_, gap)| gap.due() <= Instant::now())
            .collect();
        let Some((_, first)) = untold.first() else {
            return;
        };
        let kinds: Vec<&str> = untold
            .iter()
            .map(|(sight, _)| sight.kind.as_str())
            .collect();
        events.send(Event::Warning {
            code: "watch-interrupted".to_owned(),
            message: match first.told {
                None => format!(
                    "the watch of {} is interrupted and being taken up again: {}",
                    words::list(&kinds, "and"),
                    first.why
                ),
                Some(_) => format!(
                    "the cluster has not answered for {}: {}",
                    words::duration(first.since.elapsed()),
                    first.why
                ),
            },
            object: None,
        });
        for (_, gap) in untold {
            gap.told = Some(Instant::now());
        }
    }

    fn add(&mut self, sight: Sight, stream: LocalBoxStream<'a, Watch>) {
        let sight = Rc::new(sight);
        self.silent.insert(Rc::clone(&sight));
        self.feed.push(
            stream
                .map(move |item| (Rc::clone(&sight), item))
                .boxed_local(),
        );
    }

    /// Opens every watch whose kind the server serves; the others stay for later.
    async fn open(&mut self, cluster: &'a Cluster) -> Result<()> {
        let kinds = cluster.kinds().await?;
        for sight in std::mem::take(&mut self.later) {
            let Some(kind) = kinds.of(&sight.kind_id()) else {
                self.later.push(sight);
                continue;
            };
            let namespace = kind
                .namespaced
                .then(|| sight.namespace.as_deref().unwrap_or(&cluster.namespace));
            let stream = cluster
                .watch(kind, namespace, sight.labels.as_deref())
                .boxed_local();
            self.add(sight, stream);
        }
        Ok(())
    }

    fn check_all_known(&self) -> Result<()> {
        match self.later.first() {
            None => Ok(()),
            Some(sight) => Err(Failure::cluster(format!(
                "the server does not serve {} though it is applied",
                sight.kind_id().kind_text()
            ))),
        }
    }

    /// Without seeing its workloads a rollout cannot be judged.
    fn check_required(&self) -> Result<()> {
        for (kind, group) in [
            ("Deployment", "apps"),
            ("StatefulSet", "apps"),
            ("DaemonSet", "apps"),
            ("Job", "batch"),
        ] {
            if let Some(why) = self.snapshot.unread(group, kind) {
                return Err(Failure::cluster(format!(
                    "the rollout cannot be judged: {kind} objects may not be watched: {why}"
                ))
                .hint("allow `list` and `watch` on it in the namespace, or pass --no-wait"));
            }
        }
        Ok(())
    }

    /// What was seen before the cluster fell silent is no ground to judge on.
    fn check_sight(&self) -> Result<()> {
        let gaps = self.interrupted.iter();
        let gap = gaps
            .filter(|(sight, gap)| sight.is_required() && gap.since.elapsed() >= INTERRUPTED)
            .map(|(_, gap)| gap)
            .min_by_key(|gap| gap.since);
        match gap {
            None => Ok(()),
            Some(gap) => Err(Failure::cluster(format!(
                "what became of the rollout is not known: the cluster has not answered for {} ({})",
                words::duration(gap.since.elapsed()),
                gap.why
            ))),
        }
    }

    /// Whether something that a node said is missing is there by now. In doubt the node is right.
    async fn exists(&self, id: &ObjectId) -> bool {
        match self.cluster {
            Some(cluster) => matches!(cluster.get(id).await, Ok(Some(_))),
            None => self.snapshot.get(id).is_some(),
        }
    }
}

/// What an event speaks of.
fn about(object: &Value, snapshot: &Snapshot) -> Option<ObjectId> {
    if object["kind"] != "Event" {
        return None;
    }
    snapshot
        .id_of(read::text(object, "/involvedObject/uid"))
        .cloned()
}

#[cfg(test)]
mod tests;
