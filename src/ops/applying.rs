//! Writes the steps of a plan, wave by wave; removes what is not wanted any more. Decides nothing that the plan has not said.

mod waiting;

use std::cell::Cell;
use std::collections::BTreeMap;

use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};

use self::waiting::settle;
pub(super) use self::waiting::wait_for;
use crate::cluster::{ApiError, Apply, Cluster, Delete, Kind, Propagation};
use crate::error::{Failure, Result};
use crate::event::{Event, Events};
use crate::manifest::{ObjectId, fields};
use crate::plan::{Action, Plan, Step};

/// Writes in flight.
const AT_ONCE: usize = 32;

/// Asked before each write: is the lock still ours, does nobody want us to stop?
pub type Gate<'a> = &'a dyn Fn() -> Result<()>;

/// Writes those steps of a plan that send something. Returns the server's answers.
///
/// # Errors
/// The first write that fails; those in flight are awaited, later ones are not begun.
pub async fn apply(
    cluster: &Cluster,
    steps: impl IntoIterator<Item = &Step>,
    gate: Gate<'_>,
    events: &Events,
) -> Result<Vec<(ObjectId, Value)>> {
    let mut waves: BTreeMap<usize, Vec<&Step>> = BTreeMap::new();
    for step in steps.into_iter().filter(|step| step.is_sent()) {
        waves.entry(step.wave).or_default().push(step);
    }
    let mut applied = Vec::new();
    for steps in waves.values() {
        check_later(cluster, steps).await?;
        let stop = Cell::new(false);
        let writes = steps.iter().map(|step| async {
            // One failure ends the wave: what is in flight finishes, nothing new begins.
            if stop.get() {
                return Ok(None);
            }
            let result = write(cluster, step, gate, events).await;
            stop.set(stop.get() || result.is_err());
            result.map(|object| Some((step.object.clone(), object)))
        });
        let results: Vec<Result<Option<(ObjectId, Value)>>> = futures::stream::iter(writes)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        for result in results {
            applied.extend(result?);
        }
        settle(cluster, steps).await?;
    }
    Ok(applied)
}

/// Makes the target's namespace when the plan says so: the lock lives in it.
pub async fn own_namespace(cluster: &Cluster, plan: &Plan) -> Result<bool> {
    let own = plan.steps.iter().find(|step| {
        step.object.is("Namespace")
            && step.object.name == plan.namespace
            && step.action == Action::Create
    });
    let Some(desired) = own.and_then(|step| step.desired.as_ref()) else {
        return Ok(false);
    };
    let doing = format!("making namespace {}", plan.namespace);
    cluster
        .apply(desired, Apply::write())
        .await
        .map_err(|error| Failure::from(error).context(doing))?;
    Ok(true)
}

/// Removes what is not wanted any more. Returns how many objects went.
pub async fn prune(
    cluster: &Cluster,
    plan: &Plan,
    gate: Gate<'_>,
    events: &Events,
) -> Result<usize> {
    let deletions = plan
        .steps
        .iter()
        .filter(|step| step.action == Action::Delete)
        .map(|step| async {
            gate()?;
            let uid = step.mark.as_ref().and_then(|mark| mark.uid.as_deref());
            let how = Delete {
                uid,
                ..Delete::default()
            };
            let gone = match cluster.delete(&step.object, how).await {
                Ok(gone) => gone,
                // An object of the same name made anew is not ours to delete.
                Err(error) if error.is_conflict() => false,
                Err(error) => {
                    return Err(Failure::from(error).context(format!("deleting {}", step.object)));
                }
            };
            if gone {
                say(events, step, "delete");
            }
            Ok(usize::from(gone))
        });
    let counts: Vec<usize> = futures::stream::iter(deletions)
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(counts.into_iter().sum())
}

/// Deletes pods of a failed revision that keep a `StatefulSet` from going back: it waits for them to become ready, which they never do.
pub async fn unstick(
    cluster: &Cluster,
    plan: &Plan,
    gate: Gate<'_>,
    events: &Events,
) -> Result<()> {
    for step in plan
        .steps
        .iter()
        .filter(|step| step.object.is("StatefulSet") && step.is_sent())
    {
        let Some(set) = observed(cluster, &step.object).await? else {
            continue;
        };
        let pods = cluster
            .list(&Kind::pod(), Some(cluster.namespace_of(&step.object)), None)
            .await?;
        for pod in pods.items.iter().filter(|pod| is_stuck(pod, &set)) {
            gate()?;
            let metadata = &pod["metadata"];
            let id = ObjectId {
                namespace: step.object.namespace.clone(),
                ..ObjectId::new("", "Pod", metadata["name"].as_str().unwrap_or_default())
            };
            let how = Delete {
                uid: metadata["uid"].as_str(),
                ..Delete::default()
            };
            match cluster.delete(&id, how).await {
                Ok(_) => events.send(Event::Applied {
                    object: id,
                    action: "delete".to_owned(),
                }),
                Err(error) if error.is_forbidden() => events.send(Event::Warning {
                    code: "stuck-pod".to_owned(),
                    message: format!(
                        "{id} keeps {} from going back, and we may not delete it: {error}",
                        step.object
                    ),
                    object: Some(step.object.clone()),
                }),
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(Failure::from(error).context(format!("deleting {id}"))),
            }
        }
    }
    Ok(())
}

/// A pod of another revision than the wanted one that is not ready.
fn is_stuck(pod: &Value, set: &Value) -> bool {
    let owned = pod["metadata"]["ownerReferences"]
        .as_array()
        .is_some_and(|owners| {
            owners
                .iter()
                .any(|owner| owner["uid"] == set["metadata"]["uid"])
        });
    let ready = pod["status"]["conditions"]
        .as_array()
        .is_some_and(|conditions| {
            conditions
                .iter()
                .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
        });
    let revision = &pod["metadata"]["labels"]["controller-revision-hash"];
    owned
        && !ready
        && *revision != set["status"]["updateRevision"]
        && pod["metadata"]["deletionTimestamp"].is_null()
}

/// A `StatefulSet` whose controller has seen its newest spec.
async fn observed(cluster: &Cluster, id: &ObjectId) -> Result<Option<Value>> {
    let seen = |set: &Value| {
        set["status"]["observedGeneration"].as_u64() >= set["metadata"]["generation"].as_u64()
    };
    let Some(kind) = cluster.kinds().await?.of(id) else {
        return Ok(None);
    };
    wait_for(cluster, kind, id, |set| set.is_none_or(seen)).await
}

/// Dry-runs what could not be checked when the plan was made.
async fn check_later(cluster: &Cluster, steps: &[&Step]) -> Result<()> {
    let checks = steps
        .iter()
        .filter(|step| step.checked_later.is_some())
        .filter_map(|step| {
            let desired = step.desired.as_ref()?;
            Some(async move {
                cluster
                    .apply(desired, Apply::dry_run().forced(true))
                    .await
                    .map_err(|error| (step, error))
            })
        });
    let answers: Vec<_> = futures::stream::iter(checks)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let refused: Vec<(&&Step, ApiError)> = answers.into_iter().filter_map(Result::err).collect();
    let Some((_, first)) = refused.first() else {
        return Ok(());
    };
    let hints = Failure::from(first.clone()).hints;
    let lines: Vec<String> = refused
        .iter()
        .map(|(step, error)| format!("{} ({}): {}", step.object, step.origin, error.message))
        .collect();
    let failure = Failure::cluster(format!(
        "the cluster refuses what could not be checked before:\n  {}",
        lines.join("\n  ")
    ));
    Err(hints.into_iter().fold(failure, Failure::hint))
}

async fn write(cluster: &Cluster, step: &Step, gate: Gate<'_>, events: &Events) -> Result<Value> {
    let Some(desired) = &step.desired else {
        return Err(Failure::bug(format!(
            "the plan has nothing to send for {}",
            step.object
        )));
    };
    let doing = |error: ApiError| Failure::from(error).context(format!("applying {}", step.object));
    if let Action::Replace { orphan } = step.action {
        delete_first(cluster, step, orphan, gate).await?;
    } else if step.takes_over {
        gate()?;
        take_over(cluster, &step.object).await.map_err(doing)?;
    }
    gate()?;
    let mut object = desired.clone();
    let uid = step.mark.as_ref().and_then(|mark| mark.uid.as_ref());
    if let Some(uid) = uid.filter(|_| !matches!(step.action, Action::Replace { .. })) {
        // Only this very object: one made anew in between has another uid and is refused.
        object["metadata"]["uid"] = json!(uid);
    }
    let force = !step.conflicts.is_empty();
    let applied = cluster
        .apply(&object, Apply::write().forced(force))
        .await
        .map_err(doing)?;
    say(events, step, step.action.name());
    Ok(applied.object)
}

fn say(events: &Events, step: &Step, action: &str) {
    events.send(Event::Applied {
        object: step.object.clone(),
        action: action.to_owned(),
    });
}

/// Makes the fields that client-side kubectl owns ours. Read and written again when somebody was faster.
async fn take_over(cluster: &Cluster, id: &ObjectId) -> Result<(), ApiError> {
    let mut tries = 0;
    loop {
        let Some(live) = cluster.get(id).await? else {
            return Ok(());
        };
        let Some(managed) = fields::taken_over(&live) else {
            return Ok(());
        };
        let patch = json!([
            {"op": "replace", "path": "/metadata/managedFields", "value": managed},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
        ]);
        tries += 1;
        match cluster.json_patch(id, &patch).await {
            Err(error) if error.is_conflict() && tries < 5 => {}
            result => return result.map(|_| ()),
        }
    }
}

/// Deletes an object that is to be made again, and waits until it is gone.
async fn delete_first(cluster: &Cluster, step: &Step, orphan: bool, gate: Gate<'_>) -> Result<()> {
    gate()?;
    let how = Delete {
        uid: step.mark.as_ref().and_then(|mark| mark.uid.as_deref()),
        propagation: if orphan {
            Propagation::Orphan
        } else {
            Propagation::Background
        },
        ..Delete::default()
    };
    let doing = format!("deleting {} to make it again", step.object);
    cluster
        .delete(&step.object, how)
        .await
        .map_err(|error| Failure::from(error).context(doing))?;
    let uid = step.mark.as_ref().and_then(|mark| mark.uid.clone());
    let gone = |live: Option<&Value>| {
        live.is_none_or(|live| live["metadata"]["uid"].as_str() != uid.as_deref())
    };
    if let Some(kind) = cluster.kinds().await?.of(&step.object) {
        wait_for(cluster, kind, &step.object, gone).await?;
    }
    Ok(())
}
