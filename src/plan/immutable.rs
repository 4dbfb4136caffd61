//! Fields that cannot be changed, and the way out. Pure.

use crate::manifest::{Manifest, ON_IMMUTABLE_ANNOTATION};

/// What to do about a change that the server says is impossible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WayOut {
    /// Delete and make again; with `orphan`, its pods stay and are taken over.
    Replace {
        /// Pods stay.
        orphan: bool,
    },
    /// The user must decide; this is how.
    Ask(String),
}

/// Whether a refusal says that a field cannot be changed.
#[must_use]
pub fn is_immutable(message: &str) -> bool {
    [
        "field is immutable",
        "is immutable after creation",
        "may not change once set",
        "updates to statefulset spec for fields other than",
        "cannot change roleRef",
        "cannot be changed when",
    ]
    .iter()
    .any(|sentence| message.contains(sentence))
}

/// The way out for an object whose immutable field would change.
#[must_use]
pub fn way_out(desired: &Manifest) -> WayOut {
    let id = &desired.id;
    let replace = desired.annotation(ON_IMMUTABLE_ANNOTATION) == Some("replace");
    let protected =
        id.is("PersistentVolumeClaim") || id.is("Namespace") || id.is("CustomResourceDefinition");
    if protected {
        return WayOut::Ask(format!(
            "a {} is never deleted by deploy: move its contents, delete it yourself, then deploy again",
            id.kind
        ));
    }
    // A Job in a template is run again when it changes: that is what changing it means.
    if replace || id.is("Job") {
        return WayOut::Replace {
            orphan: id.is("StatefulSet"),
        };
    }
    let annotation = format!("`{ON_IMMUTABLE_ANNOTATION}: replace`");
    WayOut::Ask(match id.kind.as_str() {
        "ConfigMap" | "Secret" => "it is `immutable: true`: give it a new name, or let deploy.yaml's `config` or `secrets` name it by its content".to_owned(),
        "StatefulSet" => format!("annotate it with {annotation}: it is deleted without its pods and made again, and the pods restart one by one"),
        "Deployment" | "DaemonSet" => format!("annotate it with {annotation}: it is deleted with its pods and made again, which is downtime"),
        _ => format!("annotate it with {annotation}: it is deleted and made again"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{ObjectId, Origin};
    use serde_json::json;

    fn manifest(id: &str, replace: bool) -> Manifest {
        let annotations = if replace {
            json!({ON_IMMUTABLE_ANNOTATION: "replace"})
        } else {
            json!({})
        };
        Manifest {
            id: id.parse::<ObjectId>().unwrap(),
            object: json!({"metadata": {"annotations": annotations}}),
            origin: Origin::default(),
        }
    }

    #[test]
    fn claims_never_jobs_always_the_rest_when_asked() {
        let replaced = |id, replace| match way_out(&manifest(id, replace)) {
            WayOut::Replace { orphan } => Some(orphan),
            WayOut::Ask(_) => None,
        };
        assert_eq!(replaced("PersistentVolumeClaim/data", true), None);
        assert_eq!(replaced("Job/once", false), Some(false));
        assert_eq!(replaced("StatefulSet/db", true), Some(true));
        assert_eq!(replaced("Deployment/web", true), Some(false));
        assert_eq!(replaced("Deployment/web", false), None);
    }
}
