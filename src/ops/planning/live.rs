//! Reads what is there, with as few requests as possible: one metadata-only list per kind, whole objects only where a difference must be shown.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;

use crate::cluster::{ApiError, Cluster, Kind};
use crate::error::Result;
use crate::manifest::{APP_LABEL, ObjectId};

/// Live objects by id.
pub(super) type Objects = BTreeMap<ObjectId, Value>;

/// An object to look for.
pub(super) type Place<'a> = (&'a ObjectId, &'a Kind);

/// Requests in flight.
const AT_ONCE: usize = 32;
/// Up to so many objects of a kind are read one by one; more are listed.
const FEW: usize = 2;

/// Metadata of every object at these places, ours by label or not.
pub(super) async fn metadata(
    cluster: &Cluster,
    app: &str,
    places: &[Place<'_>],
) -> Result<Objects> {
    let label = format!("{APP_LABEL}={app}");
    let lists = groups(cluster, places)
        .into_keys()
        .map(|(kind, namespace)| {
            let label = label.as_str();
            async move {
                Ok::<_, ApiError>(
                    cluster
                        .list_metadata(kind, namespace, Some(label))
                        .await?
                        .items,
                )
            }
        });
    let mut found = by_id(cluster, gather(lists).await?);
    let missing: Vec<Place<'_>> = places
        .iter()
        .copied()
        .filter(|(id, _)| !found.contains_key(id))
        .collect();
    let wanted: BTreeSet<&ObjectId> = missing.iter().map(|(id, _)| *id).collect();
    let reads = groups(cluster, &missing)
        .into_iter()
        .map(|((kind, namespace), ids)| async move {
            if ids.len() > FEW {
                return Ok(cluster.list_metadata(kind, namespace, None).await?.items);
            }
            let mut found = Vec::new();
            for id in ids {
                found.extend(cluster.get_metadata(kind, namespace, &id.name).await?);
            }
            Ok::<_, ApiError>(found)
        });
    let mut others = by_id(cluster, gather(reads).await?);
    others.retain(|id, _| wanted.contains(id));
    found.append(&mut others);
    Ok(found)
}

/// Whole objects at these places.
pub(super) async fn whole(cluster: &Cluster, app: &str, places: &[Place<'_>]) -> Result<Objects> {
    let label = format!("{APP_LABEL}={app}");
    let reads = groups(cluster, places)
        .into_iter()
        .map(|((kind, namespace), ids)| {
            let label = label.as_str();
            async move {
                let mut found = Vec::new();
                if ids.len() > FEW {
                    found = cluster.list(kind, namespace, Some(label)).await?.items;
                }
                let listed: BTreeSet<String> = found
                    .iter()
                    .filter_map(|item| Some(item["metadata"]["name"].as_str()?.to_owned()))
                    .collect();
                for id in ids.into_iter().filter(|id| !listed.contains(&id.name)) {
                    found.extend(cluster.get_kind(kind, namespace, &id.name).await?);
                }
                Ok::<_, ApiError>(found)
            }
        });
    Ok(by_id(cluster, gather(reads).await?))
}

/// Autoscalers of the target's namespace. `None` when we may not read them.
pub(super) async fn autoscalers(cluster: &Cluster) -> Result<Option<Vec<Value>>> {
    let kinds = cluster.kinds().await?;
    let scalers = [
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("keda.sh", "ScaledObject"),
    ];
    let mut found = Vec::new();
    for kind in scalers
        .iter()
        .filter_map(|(group, kind)| kinds.find(group, kind))
    {
        match cluster.list(kind, Some(&cluster.namespace), None).await {
            Ok(list) => found.extend(list.items),
            Err(error) if error.is_forbidden() => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Some(found))
}

/// Places by kind and namespace: one list each.
fn groups<'a>(
    cluster: &'a Cluster,
    places: &[Place<'a>],
) -> BTreeMap<(&'a Kind, Option<&'a str>), Vec<&'a ObjectId>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (id, kind) in places {
        let namespace = kind.namespaced.then(|| cluster.namespace_of(id));
        groups.entry((*kind, namespace)).or_default().push(*id);
    }
    groups
}

async fn gather<F>(reads: impl Iterator<Item = F>) -> Result<Vec<Value>>
where
    F: Future<Output = Result<Vec<Value>, ApiError>>,
{
    let lists: Vec<Vec<Value>> = futures::stream::iter(reads)
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(lists.into_iter().flatten().collect())
}

fn by_id(cluster: &Cluster, objects: Vec<Value>) -> Objects {
    objects
        .into_iter()
        .filter_map(|object| Some((ObjectId::of(&object, &cluster.namespace)?, object)))
        .collect()
}
