//! Ingress: its class, backends and TLS secrets exist; it has an address when others of its class have one.

use serde_json::Value;

use super::{Readiness, Subject};
use crate::manifest::ObjectId;
use crate::track::read;

pub fn judge(subject: &Subject<'_>) -> Readiness {
    let mut unchecked = Vec::new();
    for (group, kind, names) in [
        ("networking.k8s.io", "IngressClass", classes(subject.object)),
        ("", "Service", backends(subject.object)),
        ("", "Secret", secrets(subject.object)),
    ] {
        if names.is_empty() {
            continue;
        }
        if let Some(why) = subject.snapshot.unread(group, kind) {
            unchecked.push(format!("{kind} not checked: {why}"));
            continue;
        }
        for name in names {
            let mut id = ObjectId::new(group, kind, name);
            if kind != "IngressClass" {
                id.namespace.clone_from(&subject.id.namespace);
            }
            if subject.snapshot.get(&id).is_none() {
                return Readiness::waiting(format!("{kind} {name} does not exist"));
            }
        }
    }
    if !has_address(subject.object) && class_gives_addresses(subject) {
        return Readiness::waiting("waiting for an address");
    }
    Readiness::Ready(unchecked.join("; "))
}

fn classes(ingress: &Value) -> Vec<&str> {
    Some(read::text(ingress, "/spec/ingressClassName"))
        .filter(|name| !name.is_empty())
        .into_iter()
        .collect()
}

fn backends(ingress: &Value) -> Vec<&str> {
    let paths = read::list(ingress, "/spec/rules")
        .iter()
        .flat_map(|rule| read::list(rule, "/http/paths"))
        .map(|path| read::text(path, "/backend/service/name"));
    let mut names: Vec<&str> = paths
        .chain([read::text(ingress, "/spec/defaultBackend/service/name")])
        .filter(|name| !name.is_empty())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn secrets(ingress: &Value) -> Vec<&str> {
    read::list(ingress, "/spec/tls")
        .iter()
        .map(|tls| read::text(tls, "/secretName"))
        .filter(|name| !name.is_empty())
        .collect()
}

fn has_address(ingress: &Value) -> bool {
    !read::list(ingress, "/status/loadBalancer/ingress").is_empty()
}

/// Nothing says whether a class publishes addresses, but another Ingress of it that has one does.
fn class_gives_addresses(subject: &Subject<'_>) -> bool {
    let class = read::text(subject.object, "/spec/ingressClassName");
    subject
        .snapshot
        .of_kind("networking.k8s.io", "Ingress")
        .any(|(id, other)| {
            id != subject.id
                && read::text(other, "/spec/ingressClassName") == class
                && has_address(other)
        })
}
