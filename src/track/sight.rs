//! Which kinds have to be seen to judge a release: its own, and what their rules look at. One watch per kind and namespace.

use std::collections::BTreeSet;

use serde_json::Value;

use super::read;
use super::rules;
use crate::manifest::{APP_LABEL, ObjectId};

/// One kind to be watched in one namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sight {
    /// API group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// `None` for the target's own namespace, and ignored for cluster-scoped kinds.
    pub namespace: Option<String>,
    /// Only objects with these labels.
    pub labels: Option<String>,
}

impl Sight {
    /// Without the right to see it, a rollout cannot be judged at all.
    pub fn is_required(&self) -> bool {
        matches!(
            (self.group.as_str(), self.kind.as_str()),
            ("apps", "Deployment" | "StatefulSet" | "DaemonSet") | ("batch", "Job")
        )
    }

    /// An id that stands for the kind.
    pub fn kind_id(&self) -> ObjectId {
        ObjectId::new(&*self.group, &*self.kind, "")
    }
}

/// What has to be seen for these objects of an app.
pub fn sights<'a>(
    app: &str,
    objects: impl IntoIterator<Item = (&'a ObjectId, &'a Value)>,
) -> BTreeSet<Sight> {
    let mut sights = BTreeSet::new();
    for (id, object) in objects {
        if !rules::is_judged(id) {
            continue;
        }
        sights.insert(sight(app, &id.group, &id.kind, id.namespace.as_ref()));
        for (group, kind) in rules::sees(id) {
            if needed(kind, object) {
                sights.insert(sight(app, group, kind, id.namespace.as_ref()));
            }
        }
    }
    sights
}

fn sight(app: &str, group: &str, kind: &str, namespace: Option<&String>) -> Sight {
    // Everything that comes of our pod templates and Services carries the app's label.
    let ours = matches!(kind, "Pod" | "ReplicaSet" | "EndpointSlice");
    Sight {
        group: group.to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.cloned(),
        labels: ours.then(|| format!("{APP_LABEL}={app}")),
    }
}

/// Some kinds are looked at only where the object asks for it.
fn needed(kind: &str, object: &Value) -> bool {
    match kind {
        "Secret" => read::list(object, "/spec/tls")
            .iter()
            .any(|tls| !read::text(tls, "/secretName").is_empty()),
        "PersistentVolumeClaim" => !read::list(object, "/spec/volumeClaimTemplates").is_empty(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_watch_per_kind_and_none_that_is_not_needed() {
        let web = ObjectId::new("apps", "Deployment", "web");
        let other = ObjectId::new("apps", "Deployment", "other");
        // The server gives an Ingress without a class the default one, so classes are looked at even for an empty spec.
        let config = ObjectId::new("", "ConfigMap", "config");
        let ingress = ObjectId::new("networking.k8s.io", "Ingress", "web");
        let empty = json!({});
        let found = sights(
            "shop",
            [
                (&web, &empty),
                (&other, &empty),
                (&config, &empty),
                (&ingress, &empty),
            ],
        );
        let kinds: Vec<&str> = found.iter().map(|sight| sight.kind.as_str()).collect();
        assert_eq!(
            kinds,
            [
                "Event",
                "Pod",
                "Service",
                "Deployment",
                "ReplicaSet",
                "Ingress",
                "IngressClass"
            ]
        );
        assert!(
            found
                .iter()
                .filter(|sight| sight.labels.is_some())
                .all(|sight| sight.labels.as_deref() == Some("deploy.cli/app=shop"))
        );
    }
}
