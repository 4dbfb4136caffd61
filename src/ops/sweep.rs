//! Clean-up after a good release: old records, and versioned config that nothing names any more.

use std::collections::BTreeSet;

use super::goal::Around;
use super::jobs::open::has_ended;
use super::previous::Past;
use crate::cluster::Kind;
use crate::error::Result;
use crate::event::Event;
use crate::manifest::job::RELEASE_LABEL;
use crate::manifest::{APP_LABEL, KIND_LABEL, ObjectId};
use crate::release::record::Header;
use crate::release::store::Remove;
use crate::release::{Lock, Store, retain};

/// What a clean-up is allowed and told to do.
pub struct Sweep<'a> {
    /// The run.
    pub around: &'a Around<'a>,
    /// Its records.
    pub store: &'a Store<'a>,
    /// Its lock.
    pub lock: &'a Lock<'a>,
    /// Good releases that stay restorable, and headers that stay readable.
    pub keep: (usize, usize),
    /// Jobs of releases older than this one go; `None` where the app has no jobs.
    pub jobs_before: Option<u64>,
}

impl Sweep<'_> {
    /// Removes what retention lets go. A clean-up that is refused is said and never fails the release: the next one tries again.
    pub async fn run(&self, header: &Header, past: &Past) {
        let mut headers: Vec<Header> = past
            .headers
            .iter()
            .filter(|old| old.number != header.number)
            .cloned()
            .collect();
        headers.push(header.clone());
        headers.sort_by_key(|header| header.number);
        if let Err(failure) = self.remove(&mut headers).await {
            self.around.events.send(Event::Warning {
                code: "clean-up".to_owned(),
                message: format!("old releases could not be cleaned up: {:#}", failure.source),
                object: None,
            });
        }
    }

    async fn remove(&self, headers: &mut [Header]) -> Result<()> {
        let Self {
            around,
            store,
            lock,
            ..
        } = self;
        if let Some(oldest) = self.jobs_before {
            let app = headers.last().map_or("", |header| header.app.as_str());
            old_jobs(around, lock, app, oldest).await?;
        }
        let (good, history) = self.keep;
        let removal = retain::removal(headers, good, history);
        let unnamed = unnamed(around, headers, good).await?;
        for (kind, name) in unnamed {
            lock.check()?;
            around.cluster.delete_named(&kind, &name).await?;
            around.events.send(Event::Applied {
                object: ObjectId::new("", kind.kind(), name),
                action: "cleanUp".to_owned(),
            });
        }
        for header in headers {
            lock.check()?;
            if removal.headers.contains(&header.number) {
                store.remove(header, Remove::All).await?;
            } else if removal.payloads.contains(&header.number) {
                store.remove(header, Remove::Payload).await?;
                header.payload.chunks = 0;
                header.result = None;
                store.update(header).await?;
            }
        }
        Ok(())
    }
}

/// Removes Jobs of releases older than the one before this: they have ended, and their outcome is in the records.
async fn old_jobs(around: &Around<'_>, lock: &Lock<'_>, app: &str, oldest: u64) -> Result<()> {
    let cluster = around.cluster;
    let labels = format!("{APP_LABEL}={app},{KIND_LABEL}=job");
    let jobs = cluster
        .list(&Kind::job(), Some(&cluster.namespace), Some(&labels))
        .await?;
    for job in jobs.items.iter().filter(|job| has_ended(job)) {
        let metadata = &job["metadata"];
        let release = metadata["labels"][RELEASE_LABEL].as_str();
        let old = release
            .and_then(|release| release.parse::<u64>().ok())
            .is_some_and(|release| release < oldest);
        if let Some(name) = metadata["name"].as_str().filter(|_| old) {
            lock.check()?;
            cluster.delete_named(&Kind::job(), name).await?;
        }
    }
    Ok(())
}

/// Versioned objects that no kept release and no live pod or ReplicaSet names.
async fn unnamed(
    around: &Around<'_>,
    headers: &[Header],
    good: usize,
) -> Result<Vec<(Kind, String)>> {
    let cluster = around.cluster;
    let namespace = Some(cluster.namespace.as_str());
    let roots = retain::roots(headers, good);
    let app = headers.last().map_or("", |header| header.app.as_str());
    let labels = format!("{APP_LABEL}={app},{KIND_LABEL} in (config,copy)");
    let (config_map, secret) = (Kind::config_map(), Kind::secret());
    let (configs, secrets) = futures::try_join!(
        cluster.list_metadata(&config_map, namespace, Some(&labels)),
        cluster.list_metadata(&secret, namespace, Some(&labels)),
    )?;
    let mut unnamed: Vec<(Kind, String)> = [(config_map, configs), (secret, secrets)]
        .into_iter()
        .flat_map(|(kind, list)| list.items.into_iter().map(move |item| (kind.clone(), item)))
        .filter_map(|(kind, item)| Some((kind, item["metadata"]["name"].as_str()?.to_owned())))
        .filter(|(_, name)| !roots.contains(name.as_str()))
        .collect();
    if unnamed.is_empty() {
        return Ok(unnamed);
    }
    let ours = format!("{APP_LABEL}={app}");
    let (pod, set) = (Kind::pod(), Kind::replica_set());
    let (pods, sets) = futures::try_join!(
        cluster.list(&pod, namespace, Some(&ours)),
        cluster.list(&set, namespace, Some(&ours)),
    )?;
    let mut named = BTreeSet::new();
    for object in pods.items.iter().chain(&sets.items) {
        strings(object, &mut named);
    }
    unnamed.retain(|(_, name)| !named.contains(name.as_str()));
    Ok(unnamed)
}

/// Every string in an object: a name that occurs anywhere counts as a reference, so clean-up errs on keeping.
fn strings<'a>(value: &'a serde_json::Value, found: &mut BTreeSet<&'a str>) {
    use serde_json::Value;
    match value {
        Value::String(text) => {
            found.insert(text);
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(map) => map.values().for_each(|item| strings(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
