//! The namespace that most objects name becomes the environment's; the templates name it no more. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::marks::Marks;
use super::{Answers, Item, Report};
use crate::render::kinds::is_cluster_scoped;

/// Where the objects go.
#[derive(Debug, Default)]
pub struct Place {
    /// The manifests make the environment's namespace.
    pub create: bool,
    /// Other namespaces that objects are in.
    pub others: Vec<String>,
    /// There are objects outside of namespaces.
    pub cluster_scoped: bool,
}

/// Takes the namespace out of the objects, and says where they go.
pub fn lift(
    items: &mut [Item],
    answers: &Answers<'_>,
    marks: &mut Marks,
    report: &mut Report,
) -> Place {
    let shared = most_named(items);
    let namespace = answers
        .namespace
        .or(shared.as_deref())
        .unwrap_or(answers.app)
        .to_owned();
    let tag = marks.stand_in("{{ namespace }}", &namespace);
    let mut place = Place::default();
    for item in items {
        let Some(object) = &mut item.wanted else {
            continue;
        };
        let own = item.id.namespace.as_deref();
        if is_cluster_scoped(&item.id) {
            let is_ours =
                item.id.is("Namespace") && shared.as_ref().unwrap_or(&namespace) == &item.id.name;
            if is_ours && !has_marks(object) {
                place.create = true;
                let why = "`createNamespace: true` in deploy.yaml makes it";
                report.left_out.push(item.note(why));
                item.wanted = None;
                continue;
            }
            if is_ours {
                object["metadata"]["name"] = Value::String(tag.clone());
            }
            place.cluster_scoped = true;
            forget(object);
        } else if own.is_some() && own == shared.as_deref() {
            forget(object);
            report.namespace_lifted = true;
        } else if let Some(other) = own
            && !place.others.iter().any(|known| known == other)
        {
            place.others.push(other.to_owned());
        }
        if let (Some(shared), Some(object)) = (&shared, &mut item.wanted) {
            subjects(object, shared, &tag);
        }
    }
    report.namespace = namespace;
    place
}

fn most_named(items: &[Item]) -> Option<String> {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for item in items
        .iter()
        .filter(|item| item.wanted.is_some() && !is_cluster_scoped(&item.id))
    {
        if let Some(namespace) = &item.id.namespace {
            *count.entry(namespace).or_default() += 1;
        }
    }
    let most = count.into_iter().rev().max_by_key(|(_, number)| *number);
    most.map(|(namespace, _)| namespace.to_owned())
}

fn forget(object: &mut Value) {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("namespace");
    }
}

/// Labels and annotations that `createNamespace` would not give it.
fn has_marks(namespace: &Value) -> bool {
    let metadata = &namespace["metadata"];
    let marks = |field: &str| metadata[field].as_object().into_iter().flatten();
    marks("labels")
        .chain(marks("annotations"))
        .any(|(key, _)| key != "kubernetes.io/metadata.name" && key != "name")
}

/// Whom a role is given to: accounts of the namespace go along with it.
fn subjects(object: &mut Value, shared: &str, tag: &str) {
    if !matches!(
        object["kind"].as_str(),
        Some("RoleBinding" | "ClusterRoleBinding")
    ) {
        return;
    }
    let subjects = object.get_mut("subjects").and_then(Value::as_array_mut);
    for subject in subjects.into_iter().flatten() {
        if subject["namespace"] == shared {
            subject["namespace"] = Value::String(tag.to_owned());
        }
    }
}
