//! What was applied since the last good release and is not wanted any more. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Action, Mark, Previous, Step, draft};
use crate::manifest::{APP_LABEL, KEEP_ANNOTATION, KIND_LABEL, Manifest, ObjectId, Origin, fields};

/// Kinds that hold what cannot be made again.
const PROTECTED: [&str; 3] = [
    "PersistentVolumeClaim",
    "Namespace",
    "CustomResourceDefinition",
];

/// Deletions, in a wave after all others, and what is kept although it is not wanted.
///
/// `live` holds metadata of the objects that carry the app's label. What we keep for ourselves has its own clean-up.
#[must_use]
pub fn steps(
    desired: &[Manifest],
    previous: &Previous,
    live: &BTreeMap<ObjectId, Value>,
    app: &str,
    namespace: &str,
    wave: usize,
) -> Vec<Step> {
    let wanted: BTreeSet<&ObjectId> = desired.iter().map(|manifest| &manifest.id).collect();
    let applied: BTreeMap<&ObjectId, Origin> = previous
        .since_good
        .iter()
        .map(|id| (id, Origin::default()))
        .chain(
            previous
                .objects
                .iter()
                .map(|manifest| (&manifest.id, manifest.origin.clone())),
        )
        .collect();
    applied
        .into_iter()
        .filter(|(id, _)| !wanted.contains(id))
        .filter_map(|(id, origin)| {
            let live = live.get(id)?;
            let labels = &live["metadata"]["labels"];
            let ours =
                labels[APP_LABEL] == app && labels[KIND_LABEL].is_null() && fields::is_ours(live);
            ours.then(|| Step {
                object: id.clone(),
                action: protection(id, live, namespace)
                    .map_or(Action::Delete, |why| Action::Keep { why }),
                wave,
                changes: Vec::new(),
                conflicts: Vec::new(),
                desired: None,
                resource_version: live["metadata"]["resourceVersion"]
                    .as_str()
                    .map(str::to_owned),
                origin,
                checked_later: None,
                restarts_pods: false,
                takes_over: false,
                seen: Some(draft::fingerprint(live)),
                mark: Some(Mark::of(live)),
            })
        })
        .collect()
}

fn protection(id: &ObjectId, live: &Value, namespace: &str) -> Option<String> {
    let place = match id.kind.as_str() {
        "Namespace" | "CustomResourceDefinition" => String::new(),
        _ => format!(" -n {}", id.namespace.as_deref().unwrap_or(namespace)),
    };
    let command = format!(
        "kubectl delete {} {}{place}",
        id.kind_text().to_lowercase(),
        id.name
    );
    if live["metadata"]["annotations"][KEEP_ANNOTATION].is_string() {
        return Some(format!(
            "it is annotated `{KEEP_ANNOTATION}`; to delete it: {command}"
        ));
    }
    PROTECTED.iter().any(|kind| id.is(kind)).then(|| {
        format!(
            "deploy never deletes a {}; to delete it: {command}",
            id.kind
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn live(labels: &Value, annotations: &Value) -> Value {
        json!({"metadata": {"uid": "u", "labels": labels, "annotations": annotations,
            "managedFields": [{"manager": "deploy", "operation": "Apply", "fieldsV1": {}}]}})
    }

    #[test]
    fn only_our_own_and_unprotected_objects_go() {
        let ours = json!({"deploy.cli/app": "shop"});
        let cases = [
            ("Deployment/old", live(&ours, &json!({})), Some("delete")),
            (
                "PersistentVolumeClaim/data",
                live(&ours, &json!({})),
                Some("keep"),
            ),
            (
                "Deployment/kept",
                live(&ours, &json!({"deploy.cli/keep": "true"})),
                Some("keep"),
            ),
            (
                "Deployment/theirs",
                live(&json!({"deploy.cli/app": "other"}), &json!({})),
                None,
            ),
            (
                "ConfigMap/versioned",
                live(
                    &json!({"deploy.cli/app": "shop", "deploy.cli/kind": "config"}),
                    &json!({}),
                ),
                None,
            ),
        ];
        for (id, object, action) in cases {
            let id: ObjectId = id.parse().unwrap();
            let previous = Previous {
                since_good: vec![id.clone()],
                ..Previous::default()
            };
            let steps = steps(
                &[],
                &previous,
                &BTreeMap::from([(id.clone(), object)]),
                "shop",
                "ns",
                3,
            );
            assert_eq!(steps.first().map(|step| step.action.name()), action, "{id}");
        }
    }

    #[test]
    fn the_reader_gets_the_kubectl_line() {
        let id: ObjectId = "PersistentVolumeClaim/data".parse().unwrap();
        let why = protection(&id, &json!({}), "shop").unwrap();
        assert!(
            why.ends_with("kubectl delete persistentvolumeclaim data -n shop"),
            "{why}"
        );
    }
}
