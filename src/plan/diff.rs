//! Field-level differences between an object as it is and as it would be. Pure.
//!
//! Items of lists are matched by their keys, as Kubernetes merges them; what the server sets by itself is left out; values of Secrets are masked.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::Change;
use crate::manifest::fields::{LAST_APPLIED, SERVER_METADATA};
use crate::manifest::{DIGEST_ANNOTATION, path};
use crate::redact::MASK;

/// Keys by which items of a list are told apart; the first set that all items have, each with another value, is used.
const MERGE_KEYS: [&[&str]; 11] = [
    &["name"],
    &["containerPort", "protocol"],
    &["port", "protocol"],
    &["containerPort"],
    &["port"],
    &["mountPath"],
    &["devicePath"],
    &["key"],
    &["type"],
    &["topologyKey", "whenUnsatisfiable"],
    &["ip"],
];

/// What differs, in the order of the fields' names.
#[must_use]
pub fn changes(live: &Value, new: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare(&mut found, "", Some(&tidy(live)), Some(&tidy(new)));
    masked(found, new)
}

/// What differs among the fields that `desired` has: for objects the server cannot be asked about.
#[must_use]
pub fn changes_wanted(live: &Value, desired: &Value) -> Vec<Change> {
    let mut merged = tidy(live);
    overlay(&mut merged, &tidy(desired));
    let mut found = Vec::new();
    compare(&mut found, "", Some(&tidy(live)), Some(&merged));
    masked(found, desired)
}

/// The object without what the server sets and without our own notes.
fn tidy(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(map) = object.as_object_mut() {
        map.remove("status");
        map.remove("apiVersion");
        map.remove("kind");
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for field in SERVER_METADATA {
            metadata.remove(field);
        }
        if let Some(annotations) = metadata
            .get_mut("annotations")
            .and_then(Value::as_object_mut)
        {
            annotations.remove(DIGEST_ANNOTATION);
            annotations.remove(LAST_APPLIED);
        }
        // A map of notes that is empty without ours is no difference. Elsewhere `{}` means something: an empty rule allows all.
        if metadata.get("annotations") == Some(&json!({})) {
            metadata.remove("annotations");
        }
    }
    object
}

/// Lays one object over another: maps merge, items of lists merge by their keys, everything else replaces.
fn overlay(into: &mut Value, over: &Value) {
    match (into, over) {
        (Value::Object(into), Value::Object(over)) => {
            for (key, value) in over {
                overlay(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(over)) => {
            let keys = MERGE_KEYS
                .iter()
                .find(|keys| tells_apart(keys, into) && tells_apart(keys, over));
            let merged = over.iter().map(|item| {
                let name = keys.map(|keys| selector(keys, item));
                let old = into
                    .iter()
                    .find(|old| keys.map(|keys| selector(keys, old)) == name && name.is_some());
                let mut merged = old.cloned().unwrap_or(Value::Null);
                overlay(&mut merged, item);
                merged
            });
            *into = merged.collect();
        }
        (into, over) => *into = over.clone(),
    }
}

fn compare(found: &mut Vec<Change>, at: &str, from: Option<&Value>, to: Option<&Value>) {
    if from == to {
        return;
    }
    match (
        from.filter(|value| !value.is_null()),
        to.filter(|value| !value.is_null()),
    ) {
        (None, None) => {}
        (Some(Value::Object(from)), Some(Value::Object(to))) => compare_maps(found, at, from, to),
        (Some(Value::Array(from)), Some(Value::Array(to))) => compare_lists(found, at, from, to),
        (from, to) => found.push(Change {
            path: at.to_owned(),
            from: from.cloned(),
            to: to.cloned(),
        }),
    }
}

fn compare_maps(
    found: &mut Vec<Change>,
    at: &str,
    from: &Map<String, Value>,
    to: &Map<String, Value>,
) {
    let keys: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    for key in keys {
        let mut below = at.to_owned();
        path::push_key(&mut below, key);
        compare(found, &below, from.get(key), to.get(key));
    }
}

fn compare_lists(found: &mut Vec<Change>, at: &str, from: &[Value], to: &[Value]) {
    if let Some(keys) = MERGE_KEYS
        .iter()
        .find(|keys| tells_apart(keys, from) && tells_apart(keys, to))
    {
        let names: BTreeSet<String> = from
            .iter()
            .chain(to)
            .map(|item| selector(keys, item))
            .collect();
        let with_name = |list: &'_ [Value], name: &str| {
            list.iter()
                .find(|item| selector(keys, item) == name)
                .cloned()
        };
        for name in names {
            compare(
                found,
                &format!("{at}[{name}]"),
                with_name(from, &name).as_ref(),
                with_name(to, &name).as_ref(),
            );
        }
        return;
    }
    // A list of plain values (arguments, finalizers) reads best as a whole.
    if from.iter().chain(to).all(|item| !item.is_object()) {
        found.push(Change {
            path: at.to_owned(),
            from: Some(json!(from)),
            to: Some(json!(to)),
        });
        return;
    }
    for index in 0..from.len().max(to.len()) {
        compare(
            found,
            &format!("{at}[{index}]"),
            from.get(index),
            to.get(index),
        );
    }
}

fn tells_apart(keys: &[&str], list: &[Value]) -> bool {
    let mut seen = BTreeSet::new();
    list.iter().all(|item| {
        keys.iter().all(|key| !item[*key].is_null()) && seen.insert(selector(keys, item))
    })
}

fn selector(keys: &[&str], item: &Value) -> String {
    keys.iter()
        .enumerate()
        .fold(String::new(), |mut text, (index, key)| {
            let comma = if index > 0 { "," } else { "" };
            let _ = write!(text, "{comma}{key}={}", path::scalar(&item[*key]));
            text
        })
}

/// Hides values of Secrets; that they differ stays visible.
fn masked(mut changes: Vec<Change>, object: &Value) -> Vec<Change> {
    if object["kind"] != "Secret" {
        return changes;
    }
    for change in &mut changes {
        let is_data = ["data", "stringData"].iter().any(|field| {
            change
                .path
                .strip_prefix(field)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        });
        if is_data {
            change.from = change.from.as_ref().map(|_| json!(MASK));
            change.to = change
                .to
                .as_ref()
                .map(|_| json!(format!("{MASK} (changed)")));
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(live: &Value, new: &Value) -> Vec<String> {
        changes(live, new)
            .iter()
            .map(|change| {
                let text = |value: &Option<Value>| {
                    value.as_ref().map_or_else(|| "-".to_owned(), path::scalar)
                };
                format!(
                    "{}: {} > {}",
                    change.path,
                    text(&change.from),
                    text(&change.to)
                )
            })
            .collect()
    }

    #[test]
    fn items_are_matched_by_their_keys() {
        let live = json!({"spec": {"containers": [{"name": "web", "image": "a:1", "ports": [{"containerPort": 80, "protocol": "TCP"}]}, {"name": "old"}]}});
        let new = json!({"spec": {"containers": [{"name": "new"}, {"name": "web", "image": "a:2", "ports": [{"containerPort": 81, "protocol": "TCP"}]}]}});
        assert_eq!(
            lines(&live, &new),
            [
                "spec.containers[name=new]: - > {\"name\":\"new\"}",
                "spec.containers[name=old]: {\"name\":\"old\"} > -",
                "spec.containers[name=web].image: a:1 > a:2",
                "spec.containers[name=web].ports[containerPort=80,protocol=TCP]: {\"containerPort\":80,\"protocol\":\"TCP\"} > -",
                "spec.containers[name=web].ports[containerPort=81,protocol=TCP]: - > {\"containerPort\":81,\"protocol\":\"TCP\"}",
            ]
        );
    }

    #[test]
    fn what_the_server_and_we_note_down_is_no_change() {
        let live = json!({"metadata": {"resourceVersion": "1", "generation": 1, "annotations": {"deploy.cli/applied-digest": "a"}}, "status": {"x": 1}, "spec": {"a": 1}});
        let new = json!({"metadata": {"resourceVersion": "2", "generation": 2}, "spec": {"a": 1}});
        assert_eq!(lines(&live, &new), Vec::<String>::new());
    }

    #[test]
    fn an_empty_rule_is_a_change() {
        assert_eq!(
            lines(&json!({"ingress": []}), &json!({"ingress": [{}]})),
            ["ingress[0]: - > {}"]
        );
    }

    #[test]
    fn keys_with_dots_are_bracketed_and_lists_of_words_are_whole() {
        let live = json!({"metadata": {"labels": {"deploy.cli/app": "a"}}, "args": ["x", "y"]});
        let new = json!({"metadata": {"labels": {"deploy.cli/app": "b"}}, "args": ["x"]});
        assert_eq!(
            lines(&live, &new),
            [
                "args: [\"x\",\"y\"] > [\"x\"]",
                "metadata.labels[deploy.cli/app]: a > b"
            ]
        );
    }

    #[test]
    fn secret_values_are_never_shown() {
        let live = json!({"kind": "Secret", "data": {"url": "c2VjcmV0"}, "type": "Opaque"});
        let new = json!({"kind": "Secret", "data": {"url": "b3RoZXI=", "tls.key": "bmV3"}, "type": "Opaque"});
        assert_eq!(
            lines(&live, &new),
            [
                "data[tls.key]: - > *** (changed)",
                "data.url: *** > *** (changed)"
            ]
        );
    }

    #[test]
    fn only_wanted_fields_count_when_the_server_cannot_be_asked() {
        let live = json!({"spec": {"a": 1, "defaulted": true, "containers": [{"name": "web", "defaulted": 1}]}});
        let found = changes_wanted(
            &live,
            &json!({"spec": {"a": 2, "containers": [{"name": "web"}]}}),
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "spec.a");
    }
}
