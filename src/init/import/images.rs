//! Images of all pods, under names of their own. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::marks::Marks;
use crate::manifest::edit;
use crate::project::image;
use crate::render::write;

/// Gives every image a name and puts its tag into the pods. Returns references by name, and what is worth a word.
pub fn lift(
    objects: &mut [&mut Value],
    marks: &mut Marks,
) -> (BTreeMap<String, String>, Vec<String>) {
    let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut remarks = BTreeSet::new();
    for object in objects.iter_mut() {
        visit(
            object,
            &mut |container, reference| match problem(reference) {
                None => {
                    let users = users.entry(reference.clone()).or_default();
                    users.insert(container.to_owned());
                }
                Some(problem) => {
                    remarks.insert(format!(
                        "the image `{reference}` stays in its template: {problem}"
                    ));
                }
            },
        );
    }
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut images = BTreeMap::new();
    for (reference, containers) in &users {
        let name = free(&proposals(reference, containers), &images);
        names.insert(reference.clone(), name.clone());
        images.insert(name, pinned(reference));
    }
    for (reference, name) in &names {
        if images[name] != *reference {
            remarks.insert(format!(
                "the image `{reference}` had no tag, which means `latest`: pin one in deploy.yaml"
            ));
        }
    }
    for object in objects.iter_mut() {
        visit(object, &mut |_, reference| {
            if let Some(name) = names.get(reference.as_str()) {
                *reference = marks.stand_in(&format!("{{{{ images.{name} }}}}"), &images[name]);
            }
        });
    }
    (images, remarks.into_iter().collect())
}

fn visit(object: &mut Value, act: &mut dyn FnMut(&str, &mut String)) {
    let Some(spec) = edit::pod_spec_mut(object) else {
        return;
    };
    for kind in ["initContainers", "containers"] {
        let containers = spec.get_mut(kind).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let name = container["name"].as_str().unwrap_or_default().to_owned();
            if let Some(Value::String(reference)) = container.get_mut("image") {
                act(&name, reference);
            }
        }
    }
}

fn problem(reference: &str) -> Option<String> {
    match image::parse(reference) {
        Err(problem) => Some(problem),
        Ok(_) if write::scalar_text(reference) != reference => Some("it needs quotes".to_owned()),
        Ok(_) => None,
    }
}

/// A reference without a tag means `latest`; deploy.yaml says so.
fn pinned(reference: &str) -> String {
    let open = image::parse(reference).is_ok_and(|it| it.tag.is_none() && it.digest.is_none());
    if open {
        format!("{reference}:latest")
    } else {
        reference.to_owned()
    }
}

/// The container's name where all users agree on one, then the last part of the repository.
fn proposals(reference: &str, containers: &BTreeSet<String>) -> Vec<String> {
    let repository = image::parse(reference).map_or(String::new(), |image| image.repository);
    let last = repository.rsplit('/').next().unwrap_or_default();
    let mut proposals = Vec::new();
    if let (Some(only), 1) = (containers.first(), containers.len()) {
        proposals.push(identifier(only));
    }
    proposals.push(identifier(last));
    proposals.retain(|name| !name.is_empty());
    proposals
}

/// A name that a template can write after `images.`.
fn identifier(text: &str) -> String {
    let name: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("image_{name}")
    } else {
        name
    }
}

fn free(proposals: &[String], taken: &BTreeMap<String, String>) -> String {
    let first = proposals.last().map_or("image", String::as_str);
    let numbered = (2..).map(|number| format!("{first}_{number}"));
    proposals
        .iter()
        .cloned()
        .chain(numbered)
        .find(|name| !taken.contains_key(name))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(containers: &Value) -> Value {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": {"containers": containers}}}})
    }

    #[test]
    fn names_come_from_containers_or_repositories_and_are_unique() {
        let mut objects = [
            pod(
                &json!([{"name": "app", "image": "r.example/team/shop:1"}, {"name": "my-side", "image": "envoy:2"}]),
            ),
            pod(&json!([{"name": "worker", "image": "r.example/team/shop:1"}])),
            pod(
                &json!([{"name": "my-side", "image": "envoy:3"}, {"name": "x", "image": "${IMAGE}"}, {"name": "2", "image": "nginx"}]),
            ),
        ];
        let mut marks = Marks::new(&[]);
        let mut all: Vec<&mut Value> = objects.iter_mut().collect();
        let (images, remarks) = lift(&mut all, &mut marks);
        let wanted = [
            ("envoy", "envoy:3"),
            ("image_2", "nginx:latest"),
            ("my_side", "envoy:2"),
            ("shop", "r.example/team/shop:1"),
        ];
        let found: Vec<_> = images
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(found, wanted);
        assert_eq!(remarks.len(), 2, "{remarks:?}");
        let text = marks.template(&objects[0].to_string()).unwrap();
        assert!(text.contains("{{ images.shop }}"), "{text}");
        assert!(objects[2].to_string().contains("${IMAGE}"));
    }
}
