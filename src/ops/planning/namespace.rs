//! The target's namespace, and objects in namespaces that this deploy is to make.

use std::collections::BTreeSet;

use serde_json::json;

use super::live::Objects;
use crate::cluster::{Cluster, Kind};
use crate::error::{Failure, Result};
use crate::manifest::{Manifest, ObjectId, Origin};
use crate::plan::check::Wanted;
use crate::plan::{Action, PlanOptions, Step};

/// Why an object cannot be asked about yet.
pub(super) const NOT_YET: &str = "its namespace does not exist yet";

/// The step that makes the target's namespace, when it is not there and may be made.
///
/// Asks only when nothing of the app is live: objects prove their namespace. Who may not read namespaces learns it from the dry run.
pub(super) async fn step(
    cluster: &Cluster,
    desired: &[Manifest],
    live: &Objects,
    options: &PlanOptions,
) -> Result<Option<Step>> {
    let id = ObjectId::new("", "Namespace", &cluster.namespace);
    let proven = live
        .keys()
        .any(|id| id.namespace.is_none() && !id.is("Namespace"));
    if proven || desired.iter().any(|manifest| manifest.id == id) {
        return Ok(None);
    }
    match cluster
        .get_metadata(&Kind::namespace(), None, &cluster.namespace)
        .await
    {
        Ok(Some(_)) => return Ok(None),
        Err(error) if error.is_forbidden() => return Ok(None),
        Err(error) => return Err(error.into()),
        Ok(None) => {}
    }
    if !options.create_namespace {
        return Err(
            Failure::cluster(format!("namespace `{}` does not exist in context {}; nothing was written", cluster.namespace, cluster.context))
                .hint(format!("make it with `kubectl create namespace {}`, or set `createNamespace: true` for the environment", cluster.namespace)),
        );
    }
    Ok(Some(Step {
        desired: Some(
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": cluster.namespace}}),
        ),
        object: id,
        action: Action::Create,
        wave: 0,
        changes: Vec::new(),
        conflicts: Vec::new(),
        resource_version: None,
        origin: Origin::default(),
        checked_later: None,
        restarts_pods: false,
        takes_over: false,
        seen: None,
        mark: None,
    }))
}

/// Objects whose namespace is made by this deploy cannot be asked about yet.
pub(super) fn postpone(
    wanted: &mut [Wanted<'_>],
    live: &Objects,
    target: &str,
    makes_target: bool,
) {
    let made: BTreeSet<String> = wanted
        .iter()
        .map(|wanted| &wanted.manifest.id)
        .filter(|id| id.is("Namespace") && !live.contains_key(id))
        .map(|id| id.name.clone())
        .collect();
    for wanted in wanted.iter_mut().filter(|wanted| wanted.kind.namespaced) {
        let is_made = match &wanted.manifest.id.namespace {
            Some(namespace) => made.contains(namespace),
            None => makes_target || made.contains(target),
        };
        if is_made {
            wanted.later.get_or_insert_with(|| NOT_YET.to_owned());
        }
    }
}
