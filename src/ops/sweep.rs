//! Clean-up after a good release: old records, and versioned config that nothing names any more.

use std::collections::BTreeSet;

use super::goal::Around;
use super::previous::Past;
use crate::cluster::Kind;
use crate::error::Result;
use crate::event::Event;
use crate::manifest::{APP_LABEL, KIND_LABEL, ObjectId};
use crate::release::record::Header;
use crate::release::store::Remove;
use crate::release::{Lock, Store, retain};

/// Removes what retention lets go. A clean-up that is refused is said and never fails the release: the next one tries again.
pub async fn sweep(
    around: &Around<'_>,
    store: &Store<'_>,
    lock: &Lock<'_>,
    header: &Header,
    past: &Past,
    keep: (usize, usize),
) -> Result<()> {
    let mut headers: Vec<Header> = past
        .headers
        .iter()
        .filter(|old| old.number != header.number)
        .cloned()
        .collect();
    headers.push(header.clone());
    headers.sort_by_key(|header| header.number);
    if let Err(failure) = run(around, store, lock, &mut headers, keep).await {
        around.events.send(Event::Warning {
            code: "clean-up".to_owned(),
            message: format!("old releases could not be cleaned up: {:#}", failure.source),
            object: None,
        });
    }
    Ok(())
}

async fn run(
    around: &Around<'_>,
    store: &Store<'_>,
    lock: &Lock<'_>,
    headers: &mut [Header],
    keep: (usize, usize),
) -> Result<()> {
    let (good, history) = keep;
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
