//! ConfigMaps that can become versioned config: a group of deploy.yaml with the same name, so that references stay as they are. Pure.
//!
//! A version has another name with each change. So a ConfigMap stays a template where somebody else may look for its name.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::manifest::{ObjectId, edit, id, refs, versioned};
use crate::project::{dotenv, names};

/// A config group with its files.
#[derive(Debug)]
pub struct Group {
    /// Its name, the ConfigMap's.
    pub name: String,
    /// Path below `deploy/` and text.
    pub files: Vec<(String, String)>,
    /// Number of entries.
    pub entries: usize,
}

/// Names of the ConfigMaps that pods read.
pub fn read_by_pods<'a>(objects: impl Iterator<Item = &'a Value>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for object in objects {
        refs::visit(&mut object.clone(), &mut |target, name| {
            if target == refs::Target::ConfigMap {
                found.insert(name.clone());
            }
        });
    }
    found
}

/// The group that a ConfigMap becomes.
///
/// # Errors
/// Why it stays a template, as a part of a sentence.
pub fn group(map: &Value, others: &[&Value]) -> Result<Group, String> {
    let name = map["metadata"]["name"].as_str().unwrap_or_default();
    if names::label_problem(name).is_some() {
        return Err("its name is no DNS label".to_owned());
    }
    if map["immutable"] == true {
        return Err("it is immutable, so its name is its version already".to_owned());
    }
    if map.get("binaryData").is_some() {
        return Err("it has binaryData".to_owned());
    }
    for marks in ["labels", "annotations"] {
        let foreign = map["metadata"][marks]
            .as_object()
            .and_then(|marks| marks.keys().find(|key| !is_ordinary(key)));
        if let Some(key) = foreign {
            return Err(format!(
                "somebody may look for its {} {key}",
                marks.trim_end_matches('s')
            ));
        }
    }
    if let Some(other) = others
        .iter()
        .find(|other| names_outside_of_references(other, name))
    {
        let id = ObjectId::of(other, "").map_or(String::new(), |id| id.to_string());
        return Err(format!(
            "{id} names it where a name cannot follow its versions"
        ));
    }
    files(name, map)
}

/// Labels that only say whose an object is.
fn is_ordinary(key: &str) -> bool {
    key.starts_with("app.kubernetes.io/")
        || [
            "app",
            "chart",
            "component",
            "environment",
            "env",
            "heritage",
            "helm.sh/chart",
            "k8s-app",
        ]
        .into_iter()
        .chain([
            "name", "part-of", "release", "service", "team", "tier", "version",
        ])
        .any(|ordinary| ordinary == key)
}

/// A name in a custom resource, a role, or a container's arguments: text that is not rewritten.
fn names_outside_of_references(object: &Value, name: &str) -> bool {
    let Some(id) = ObjectId::of(object, "") else {
        return false;
    };
    if !id::is_built_in(&id.group) {
        let fields = object.as_object().into_iter().flatten();
        return fields
            .filter(|(key, _)| *key != "metadata")
            .any(|(_, value)| holds(value, name));
    }
    if id.is("Role") || id.is("ClusterRole") {
        let rules = object["rules"].as_array().into_iter().flatten();
        return rules
            .into_iter()
            .any(|rule| holds(&rule["resourceNames"], name));
    }
    let Some(spec) = edit::pod_spec(object) else {
        return false;
    };
    ["containers", "initContainers"]
        .into_iter()
        .flat_map(|kind| spec[kind].as_array().into_iter().flatten())
        .any(|container| {
            let variables = container["env"].as_array().into_iter().flatten();
            holds(&container["args"], name)
                || holds(&container["command"], name)
                || variables
                    .into_iter()
                    .any(|variable| holds(&variable["value"], name))
        })
}

fn holds(value: &Value, name: &str) -> bool {
    match value {
        Value::String(text) => text == name,
        Value::Array(items) => items.iter().any(|item| holds(item, name)),
        Value::Object(map) => map.values().any(|value| holds(value, name)),
        _ => false,
    }
}

fn files(name: &str, map: &Value) -> Result<Group, String> {
    let Some(data) = map["data"].as_object().filter(|data| !data.is_empty()) else {
        return Err("it has no data".to_owned());
    };
    let mut lines = String::new();
    let mut files = Vec::new();
    let mut size = 0;
    for (key, value) in data {
        let Some(text) = value.as_str() else {
            return Err(format!("its entry {key} is no text"));
        };
        if names::data_key_problem(key).is_some() {
            return Err(format!("its key {key} is not valid"));
        }
        size += key.len() + text.len();
        if let Some(line) = line(key, text) {
            lines.push_str(&line);
        } else if dotenv::is_env_file(std::path::Path::new(key)) {
            return Err(format!(
                "its entry {key} would be read line by line as a file"
            ));
        } else {
            files.push((format!("config/{name}/{key}"), text.to_owned()));
        }
    }
    if size > versioned::LARGEST {
        return Err("it is too large".to_owned());
    }
    if !lines.is_empty() {
        files.insert(0, (format!("config/{name}.env"), lines));
    }
    Ok(Group {
        name: name.to_owned(),
        files,
        entries: data.len(),
    })
}

/// An entry as a line of a `.env` file, when it is a variable rather than a file and reads back as itself.
fn line(key: &str, text: &str) -> Option<String> {
    if key.contains('.') || text.contains('\n') {
        return None;
    }
    let reads_back = |line: &str| {
        dotenv::parse(line)
            .is_ok_and(|read| read.len() == 1 && read.get(key).is_some_and(|it| it == text))
    };
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    [format!("{key}={text}\n"), format!("{key}=\"{escaped}\"\n")]
        .into_iter()
        .find(|line| reads_back(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(data: &Value) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop"}, "data": data})
    }

    #[test]
    fn variables_become_lines_and_files_stay_files() {
        let group = group(
            &map(&json!({"A": "1", "B": " x # y", "C": "say \"hi\" \\n", "D": "", "app.conf": "x", "MANY": "a\nb\n", "E": "'q'"})),
            &[],
        )
        .unwrap();
        let files: Vec<(&str, &str)> = group
            .files
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        let lines = "A=1\nB=\" x # y\"\nC=say \"hi\" \\n\nD=\nE=\"'q'\"\n";
        assert_eq!(
            files,
            [
                ("config/shop.env", lines),
                ("config/shop/MANY", "a\nb\n"),
                ("config/shop/app.conf", "x")
            ]
        );
        assert_eq!(group.entries, 7);
    }

    #[test]
    fn reasons_to_stay_a_template() {
        let with = |key: &str, value: Value| {
            let mut map = map(&json!({"A": "1"}));
            map[key] = value;
            map
        };
        let label = |key: &str| with("metadata", json!({"name": "shop", "labels": {key: "x"}}));
        for (map, reason) in [
            (map(&json!({})), "it has no data"),
            (
                map(&json!({"a.env": "A=1"})),
                "its entry a.env would be read line by line as a file",
            ),
            (map(&json!({"A": 1})), "its entry A is no text"),
            (with("binaryData", json!({"x": ""})), "it has binaryData"),
            (
                with("immutable", json!(true)),
                "it is immutable, so its name is its version already",
            ),
            (
                with("metadata", json!({"name": "a.b"})),
                "its name is no DNS label",
            ),
            (
                label("grafana_dashboard"),
                "somebody may look for its label grafana_dashboard",
            ),
        ] {
            assert_eq!(group(&map, &[]).unwrap_err(), reason);
        }
        assert!(group(&label("app"), &[]).is_ok());
    }

    #[test]
    fn names_that_cannot_follow_a_version() {
        let plain = map(&json!({"A": "1"}));
        let pod = |container: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [container]}});
        let reference =
            pod(json!({"name": "shop", "envFrom": [{"configMapRef": {"name": "shop"}}]}));
        assert!(group(&plain, &[&reference]).is_ok());
        for other in [
            pod(json!({"args": ["--config", "shop"]})),
            pod(json!({"env": [{"name": "MAP", "value": "shop"}]})),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r"}, "rules": [{"resourceNames": ["shop"]}]}),
            json!({"apiVersion": "example.com/v1", "kind": "Reader", "metadata": {"name": "r"}, "spec": {"from": {"map": "shop"}}}),
        ] {
            assert!(
                group(&plain, &[&other])
                    .unwrap_err()
                    .contains(" names it where "),
                "{other}"
            );
        }
    }
}
