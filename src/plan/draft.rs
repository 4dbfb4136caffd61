//! What can be said of an object from its metadata alone: new, untouched, or to be asked about with a dry run. Pure.

use serde_json::Value;

use super::Mark;
use super::ownership::Owner;
use crate::manifest::{DIGEST_ANNOTATION, Manifest, digest, fields};

/// The first judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Draft {
    /// Is not there.
    Create,
    /// Is as we left it and as it is wanted.
    Unchanged,
    /// May differ, ours or not.
    Check(Owner),
}

/// Judges an object by its live metadata and by what it was like after the last good release.
///
/// `scaled` says that an autoscaler sets its replicas: that it took this field is no foreign change.
#[must_use]
pub fn judge(
    desired: &Manifest,
    live: Option<&Value>,
    mark: Option<&Mark>,
    app: &str,
    scaled: bool,
) -> Draft {
    let Some(live) = live else {
        return Draft::Create;
    };
    let owner = Owner::of(live, app);
    let now = Mark::of(live);
    let untouched = mark.is_some_and(|mark| {
        let same_fields = mark.fields == now.fields
            || (scaled && mark.fields == fields::owned_fields_digest_with_replicas(live));
        same_fields && mark.fields.is_some() && mark.digest == now.digest && mark.uid == now.uid
    });
    let being_deleted = live["metadata"]["deletionTimestamp"].is_string();
    if owner == Owner::Ours && untouched && !being_deleted && now.digest == wanted_digest(desired) {
        Draft::Unchanged
    } else {
        Draft::Check(owner)
    }
}

/// The digest that an apply of this object leaves behind.
fn wanted_digest(desired: &Manifest) -> String {
    desired
        .annotation(DIGEST_ANNOTATION)
        .map_or_else(|| digest::object(&desired.object), str::to_owned)
}

/// A fingerprint of a live object that its status does not change. Metadata is enough: every other write leaves its trace there.
#[must_use]
pub fn fingerprint(live: &Value) -> String {
    let mut metadata = live["metadata"].clone();
    if let Some(map) = metadata.as_object_mut() {
        map.remove("resourceVersion");
        // An autoscaler raises it all the time; who else changes the spec leaves a trace in managedFields.
        map.remove("generation");
        if let Some(Value::Array(entries)) = map.get_mut("managedFields") {
            entries.retain(|entry| entry["subresource"].as_str().unwrap_or_default().is_empty());
        }
        // Controllers note their own progress here, through the status entry.
        if let Some(Value::Object(annotations)) = map.get_mut("annotations") {
            annotations.remove("deployment.kubernetes.io/revision");
        }
    }
    digest::hex(digest::canonical(&metadata).as_bytes(), 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{ObjectId, Origin};
    use serde_json::json;

    fn desired() -> Manifest {
        Manifest {
            id: ObjectId::new("apps", "Deployment", "web"),
            object: json!({"metadata": {"annotations": {"deploy.cli/applied-digest": "d1"}}}),
            origin: Origin::default(),
        }
    }

    fn live(digest: &str, fields: &Value) -> Value {
        json!({"metadata": {
            "uid": "u", "resourceVersion": "7", "labels": {"deploy.cli/app": "shop"},
            "annotations": {"deploy.cli/applied-digest": digest},
            "managedFields": [{"manager": "deploy", "operation": "Apply", "fieldsV1": fields}],
        }})
    }

    #[test]
    fn only_an_untouched_and_equal_object_is_unchanged() {
        let whole = json!({"f:spec": {"f:replicas": {}, "f:paused": {}}});
        let scaled_away = json!({"f:spec": {"f:paused": {}}});
        let mark = Mark::of(&live("d1", &whole));
        let check = Draft::Check(Owner::Ours);
        let cases = [
            (
                Some(live("d1", &whole)),
                Some(&mark),
                false,
                Draft::Unchanged,
            ),
            (Some(live("d0", &whole)), Some(&mark), false, check.clone()),
            (
                Some(live("d1", &scaled_away)),
                Some(&mark),
                false,
                check.clone(),
            ),
            (
                Some(live("d1", &scaled_away)),
                Some(&mark),
                true,
                Draft::Unchanged,
            ),
            (Some(live("d1", &whole)), None, false, check),
            (None, Some(&mark), false, Draft::Create),
        ];
        for (live, mark, scaled, expected) in cases {
            assert_eq!(
                judge(&desired(), live.as_ref(), mark, "shop", scaled),
                expected
            );
        }
    }

    #[test]
    fn an_object_made_anew_is_asked_about() {
        let fields = json!({"f:spec": {}});
        let mark = Mark {
            uid: Some("other".to_owned()),
            ..Mark::of(&live("d1", &fields))
        };
        assert_eq!(
            judge(
                &desired(),
                Some(&live("d1", &fields)),
                Some(&mark),
                "shop",
                false
            ),
            Draft::Check(Owner::Ours)
        );
    }

    #[test]
    fn a_fingerprint_is_deaf_to_status() {
        let mut other = live("d1", &json!({}));
        let before = fingerprint(&other);
        other["metadata"]["resourceVersion"] = json!("8");
        other["metadata"]["managedFields"]
            .as_array_mut()
            .unwrap()
            .push(json!({"manager": "c", "subresource": "status"}));
        assert_eq!(fingerprint(&other), before);
        other["metadata"]["labels"]["x"] = json!("y");
        assert_ne!(fingerprint(&other), before);
    }
}
