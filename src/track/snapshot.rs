//! The one picture of the cluster that all judgements of a moment use. Built item by item from watches, or at once from lists or a file.
//!
//! It remembers what the API forgets: how often a pull failed and with which words, and how often a container had
//! restarted before we began to look.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::Value;

use super::read;
use crate::manifest::ObjectId;

/// All known objects of the watched kinds, with indexes by uid, owner and kind.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The target's namespace: ids of its objects carry none.
    pub namespace: String,
    objects: BTreeMap<ObjectId, Value>,
    by_uid: HashMap<String, ObjectId>,
    owned: HashMap<String, BTreeSet<ObjectId>>,
    events: HashMap<String, BTreeMap<String, Value>>,
    unread: BTreeMap<(String, String), String>,
    pulls: HashMap<(String, String), Pull>,
    restarts_before: HashMap<(String, String), u32>,
}

/// What is remembered of a container's failed image pulls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pull {
    /// The registry's own words.
    pub message: String,
    /// Times the container was seen going into `ErrImagePull`.
    pub failures: u32,
    failing: bool,
}

impl Snapshot {
    /// An empty picture of a namespace.
    pub fn new(namespace: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            ..Self::default()
        }
    }

    /// Takes in one object as it is now. Returns its id; `None` for events and for what has no name or kind.
    pub fn insert(&mut self, object: Value) -> Option<ObjectId> {
        if object["kind"] == "Event" {
            self.insert_event(object);
            return None;
        }
        let id = ObjectId::of(&object, &self.namespace)?;
        self.unlink(&id);
        let uid = read::uid(&object);
        if !uid.is_empty() {
            self.by_uid.insert(uid.to_owned(), id.clone());
        }
        if let Some(owner) = owner_uid(&object) {
            self.owned
                .entry(owner.to_owned())
                .or_default()
                .insert(id.clone());
        }
        if id.is("Pod") {
            self.remember(&object);
        }
        self.objects.insert(id.clone(), without_secret_data(object));
        Some(id)
    }

    /// Forgets an object.
    pub fn remove(&mut self, object: &Value) -> Option<ObjectId> {
        if object["kind"] == "Event" {
            // Events expire while what they told stays true.
            return None;
        }
        let id = ObjectId::of(object, &self.namespace)?;
        let uid = read::uid(object);
        // A deletion that arrives after its successor was made must not take the successor away.
        if self
            .objects
            .get(&id)
            .is_some_and(|known| read::uid(known) != uid)
        {
            return None;
        }
        self.unlink(&id);
        self.objects.remove(&id);
        Some(id)
    }

    /// Replaces everything known of a kind in a namespace (`None`: everywhere) by a fresh list. Returns the ids that may have changed.
    pub fn replace(
        &mut self,
        group: &str,
        kind: &str,
        namespace: Option<&str>,
        items: Vec<Value>,
    ) -> BTreeSet<ObjectId> {
        let scope = namespace.filter(|namespace| *namespace != self.namespace);
        let mut changed: BTreeSet<ObjectId> = self
            .of_kind(group, kind)
            .map(|(id, _)| id.clone())
            .filter(|id| namespace.is_none() || id.namespace.as_deref() == scope)
            .collect();
        let fresh: Vec<ObjectId> = items
            .into_iter()
            .filter_map(|item| self.insert(item))
            .collect();
        for gone in changed.iter().filter(|id| !fresh.contains(id)) {
            self.unlink(gone);
            self.objects.remove(gone);
        }
        changed.extend(fresh);
        changed
    }

    /// A kind could not be read: what depends on it is "not checked", never "ready".
    pub fn set_unread(&mut self, group: &str, kind: &str, why: impl Into<String>) {
        self.unread
            .insert((group.to_owned(), kind.to_owned()), why.into());
    }

    /// Why a kind could not be read; `None` when it could.
    pub fn unread(&self, group: &str, kind: &str) -> Option<&str> {
        self.unread
            .get(&(group.to_owned(), kind.to_owned()))
            .map(String::as_str)
    }

    /// One object.
    pub fn get(&self, id: &ObjectId) -> Option<&Value> {
        self.objects.get(id)
    }

    /// Every object.
    pub fn all(&self) -> impl Iterator<Item = (&ObjectId, &Value)> {
        self.objects.iter()
    }

    /// Every object of a kind.
    pub fn of_kind(&self, group: &str, kind: &str) -> impl Iterator<Item = (&ObjectId, &Value)> {
        let first = ObjectId::new(group, kind, "");
        let (group, kind) = (group.to_owned(), kind.to_owned());
        self.objects
            .range(first..)
            .take_while(move |(id, _)| id.group == group && id.kind == kind)
    }

    /// What an object controls, one step down.
    pub fn owned(&self, owner: &Value) -> impl Iterator<Item = (&ObjectId, &Value)> {
        self.owned
            .get(read::uid(owner))
            .into_iter()
            .flatten()
            .filter_map(|id| self.objects.get_key_value(id))
    }

    /// The pods of a workload: its own, or those of the `ReplicaSets` and Jobs it controls. A bare pod is its own pod.
    pub fn pods<'a>(&'a self, owner: &'a Value) -> Vec<&'a Value> {
        if owner["kind"] == "Pod" {
            return vec![owner];
        }
        let mut pods = Vec::new();
        for (id, object) in self.owned(owner) {
            if id.is("Pod") {
                pods.push(object);
            } else {
                pods.extend(
                    self.owned(object)
                        .filter(|(id, _)| id.is("Pod"))
                        .map(|(_, pod)| pod),
                );
            }
        }
        pods
    }

    /// The object itself and what controls it, upwards.
    pub fn chain(&self, id: &ObjectId) -> Vec<ObjectId> {
        let mut chain = vec![id.clone()];
        let mut at = self.objects.get(id);
        while let Some(owner) = at.and_then(owner_uid).and_then(|uid| self.by_uid.get(uid)) {
            if chain.contains(owner) {
                break;
            }
            chain.push(owner.clone());
            at = self.objects.get(owner);
        }
        chain
    }

    /// The object with a uid.
    pub fn id_of(&self, uid: &str) -> Option<&ObjectId> {
        self.by_uid.get(uid)
    }

    /// Events about an object, oldest first.
    pub fn events(&self, object: &Value) -> Vec<&Value> {
        let mut events: Vec<&Value> = self
            .events
            .get(read::uid(object))
            .into_iter()
            .flat_map(BTreeMap::values)
            .collect();
        events.sort_by_key(|event| event_time(event));
        events
    }

    /// What is remembered of a container's failed pulls.
    pub fn pull(&self, pod: &Value, container: &str) -> Option<&Pull> {
        self.pulls
            .get(&(read::uid(pod).to_owned(), container.to_owned()))
    }

    /// Restarts of a container that we saw happen, or that happened to a pod made since then.
    pub fn restarts(&self, pod: &Value, status: &Value, since: Option<Timestamp>) -> u32 {
        let all = read::count(status, "/restartCount");
        let Some(since) = since else { return all };
        if read::time(pod, "/metadata/creationTimestamp").is_some_and(|made| made >= since) {
            return all;
        }
        let key = (
            read::uid(pod).to_owned(),
            read::text(status, "/name").to_owned(),
        );
        all.saturating_sub(self.restarts_before.get(&key).copied().unwrap_or(all))
    }

    fn insert_event(&mut self, event: Value) {
        let about = match read::text(&event, "/involvedObject/uid") {
            "" => read::text(&event, "/regarding/uid"),
            uid => uid,
        };
        let name = read::name(&event).to_owned();
        if !about.is_empty() {
            self.events
                .entry(about.to_owned())
                .or_default()
                .insert(name, event);
        }
    }

    fn remember(&mut self, pod: &Value) {
        let uid = read::uid(pod).to_owned();
        for list in ["/status/initContainerStatuses", "/status/containerStatuses"] {
            for status in read::list(pod, list) {
                let key = (uid.clone(), read::text(status, "/name").to_owned());
                self.restarts_before
                    .entry(key.clone())
                    .or_insert_with(|| read::count(status, "/restartCount"));
                let failing = read::text(status, "/state/waiting/reason") == "ErrImagePull";
                if failing {
                    let pull = self.pulls.entry(key).or_default();
                    pull.failures += u32::from(!pull.failing);
                    pull.failing = true;
                    read::text(status, "/state/waiting/message").clone_into(&mut pull.message);
                } else if let Some(pull) = self.pulls.get_mut(&key) {
                    pull.failing = false;
                }
            }
        }
    }

    fn unlink(&mut self, id: &ObjectId) {
        let Some(old) = self.objects.get(id) else {
            return;
        };
        self.by_uid.remove(read::uid(old));
        if let Some(siblings) = owner_uid(old).and_then(|owner| self.owned.get_mut(owner)) {
            siblings.remove(id);
        }
    }
}

/// The uid of the controlling owner.
fn owner_uid(object: &Value) -> Option<&str> {
    let owners = read::list(object, "/metadata/ownerReferences");
    owners
        .iter()
        .find(|owner| read::flag(owner, "/controller"))
        .map(|owner| read::text(owner, "/uid"))
        .filter(|uid| !uid.is_empty())
}

/// When an event was last seen.
pub fn event_time(event: &Value) -> Option<Timestamp> {
    [
        "/series/lastObservedTime",
        "/lastTimestamp",
        "/eventTime",
        "/firstTimestamp",
        "/metadata/creationTimestamp",
    ]
    .iter()
    .find_map(|pointer| read::time(event, pointer))
}

/// How often an event was seen.
pub fn event_count(event: &Value) -> u32 {
    read::count(event, "/series/count")
        .max(read::count(event, "/count"))
        .max(1)
}

/// Judging needs to know that a Secret is there, never what is in it.
fn without_secret_data(mut object: Value) -> Value {
    if object["kind"] == "Secret"
        && let Some(map) = object.as_object_mut()
    {
        map.remove("data");
        map.remove("stringData");
    }
    object
}

#[cfg(test)]
mod tests;
