//! Waits for what a write leads to: definitions established and served, namespaces active, deleted objects gone. Watches, never asks over and over
//! (discovery, which cannot be watched, excepted).

use std::time::Duration;

use futures::StreamExt as _;
use serde_json::Value;

use crate::cluster::{Cluster, Kind, Watch};
use crate::error::{Failure, Result};
use crate::manifest::ObjectId;
use crate::plan::Step;
use crate::words;

/// How long a deleted object may take to be gone, a definition to be established, a namespace to be active.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks at what the server serves.
const LOOK: Duration = Duration::from_millis(200);

/// Waits until what the next wave needs is there: definitions established and served, namespaces active.
pub(super) async fn settle(cluster: &Cluster, steps: &[&Step]) -> Result<()> {
    let kinds = cluster.kinds().await?;
    let mut defined: Vec<(String, String)> = Vec::new();
    for step in steps {
        let Some(kind) = kinds.of(&step.object) else {
            continue;
        };
        if step.object.is("CustomResourceDefinition") {
            wait_for(cluster, kind, &step.object, |live| {
                live.is_some_and(is_established)
            })
            .await?;
            let names = step.desired.as_ref().map(|definition| &definition["spec"]);
            defined.extend(names.and_then(|spec| {
                Some((
                    spec["group"].as_str()?.to_owned(),
                    spec["names"]["kind"].as_str()?.to_owned(),
                ))
            }));
        } else if step.object.is("Namespace") {
            wait_for(cluster, kind, &step.object, |live| {
                live.is_some_and(|live| live["status"]["phase"] == "Active")
            })
            .await?;
        }
    }
    if defined
        .iter()
        .all(|(group, kind)| kinds.find(group, kind).is_some())
    {
        return Ok(());
    }
    let begun = tokio::time::Instant::now();
    loop {
        let kinds = cluster.refresh().await?;
        let Some((group, kind)) = defined
            .iter()
            .find(|(group, kind)| kinds.find(group, kind).is_none())
        else {
            return Ok(());
        };
        if begun.elapsed() > PATIENCE {
            return Err(Failure::cluster(format!(
                "the server does not serve {kind}.{group} yet, although its definition is established"
            )));
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn is_established(definition: &Value) -> bool {
    definition["status"]["conditions"]
        .as_array()
        .is_some_and(|conditions| {
            conditions.iter().any(|condition| {
                condition["type"] == "Established" && condition["status"] == "True"
            })
        })
}

/// Watches one object until it is as wanted, and returns it.
pub(in crate::ops) async fn wait_for(
    cluster: &Cluster,
    kind: &Kind,
    id: &ObjectId,
    wanted: impl Fn(Option<&Value>) -> bool,
) -> Result<Option<Value>> {
    let mut watch =
        std::pin::pin!(cluster.watch_one(kind, Some(cluster.namespace_of(id)), &id.name));
    let found = tokio::time::timeout(PATIENCE, async {
        while let Some(news) = watch.next().await {
            let live = match news {
                Watch::Listed(items) => items.into_iter().next(),
                Watch::Applied(object) => Some(object),
                Watch::Deleted(_) => None,
                Watch::Interrupted(_) => continue,
                Watch::Forbidden(why) => {
                    return Err(Failure::cluster(format!("cannot wait for {id}: {why}")));
                }
            };
            if wanted(live.as_ref()) {
                return Ok(live);
            }
        }
        Ok(None)
    });
    found.await.unwrap_or_else(|_| {
        Err(Failure::cluster(format!(
            "{id} is not as it should be after {}",
            words::duration(PATIENCE)
        )))
    })
}
