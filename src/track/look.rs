//! One look at a cluster instead of a watch: lists everything that judging some objects needs.

use super::rules;
use super::sight::{Sight, sights};
use super::snapshot::Snapshot;
use crate::cluster::Cluster;
use crate::error::{Failure, Result};
use crate::manifest::Manifest;

/// Lists everything that judging these objects needs, once.
///
/// # Errors
/// A list fails for another reason than missing rights.
pub async fn look(cluster: &Cluster, app: &str, objects: &[Manifest]) -> Result<Snapshot> {
    let kinds = cluster.kinds().await?;
    let mut snapshot = Snapshot::new(&cluster.namespace);
    let wanted = sights(
        app,
        objects
            .iter()
            .map(|manifest| (&manifest.id, &manifest.object)),
    );
    let mut wanted: Vec<Sight> = wanted.into_iter().collect();
    // What needs no rule is checked for being there.
    for manifest in objects.iter().filter(|one| !rules::is_judged(&one.id)) {
        let sight = Sight {
            group: manifest.id.group.clone(),
            kind: manifest.id.kind.clone(),
            namespace: manifest.id.namespace.clone(),
            labels: None,
        };
        if !wanted.contains(&sight) {
            wanted.push(sight);
        }
    }
    let lists = wanted.into_iter().map(|sight| async move {
        let Some(kind) = kinds.of(&sight.kind_id()) else {
            return (sight, None);
        };
        let namespace = kind
            .namespaced
            .then(|| sight.namespace.as_deref().unwrap_or(&cluster.namespace));
        let listed = cluster.list(kind, namespace, sight.labels.as_deref()).await;
        (sight, Some(listed))
    });
    for (sight, listed) in futures::future::join_all(lists).await {
        match listed {
            None => {}
            Some(Ok(list)) => {
                for item in list.items {
                    snapshot.insert(item);
                }
            }
            Some(Err(error)) if error.is_forbidden() && !sight.is_required() => {
                snapshot.set_unread(&sight.group, &sight.kind, "no permission to list it");
            }
            Some(Err(error)) => {
                return Err(Failure::from(error).context(format!("reading {}", sight.kind)));
            }
        }
    }
    Ok(snapshot)
}
