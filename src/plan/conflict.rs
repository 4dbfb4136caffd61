//! Fields that another manager owns, read from the server's answer to a dry run. Pure.

use serde_json::Value;

use super::Conflict;
use crate::manifest::{fields, path};

/// The reason by which the server marks them.
const REASON: &str = "FieldManagerConflict";

/// One objection of the server: field, reason and message.
pub type Objection<'a> = (&'a str, &'a str, &'a str);

/// The conflicts among the server's objections, with both values. Values of Secrets are left out.
#[must_use]
pub fn read<'a>(
    objections: impl IntoIterator<Item = Objection<'a>>,
    live: &Value,
    ours: &Value,
) -> Vec<Conflict> {
    let secret = ours["kind"] == "Secret";
    objections
        .into_iter()
        .filter(|(_, reason, _)| *reason == REASON)
        .map(|(field, _, message)| {
            let (path, live) = path::find(live, field);
            let (_, ours) = path::find(ours, field);
            Conflict {
                manager: message
                    .split('"')
                    .nth(1)
                    .unwrap_or("another manager")
                    .to_owned(),
                path,
                live: live.filter(|_| !secret).cloned(),
                ours: ours.filter(|_| !secret).cloned(),
            }
        })
        .collect()
}

/// Conflicts that remain when what client-side `kubectl apply` owns becomes ours.
#[must_use]
pub fn foreign(conflicts: Vec<Conflict>) -> Vec<Conflict> {
    conflicts
        .into_iter()
        .filter(|conflict| !fields::is_client_side_manager(&conflict.manager))
        .collect()
}

/// `spec.replicas: kubectl-edit set 5, the template says 3`.
#[must_use]
pub fn text(conflict: &Conflict) -> String {
    let value = |value: &Option<Value>| {
        value
            .as_ref()
            .map_or_else(|| "another value".to_owned(), path::scalar)
    };
    format!(
        "{}: `{}` set {}, the template says {}",
        conflict.path,
        conflict.manager,
        value(&conflict.live),
        value(&conflict.ours)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn manager_and_both_values_are_named() {
        let live = json!({"spec": {"replicas": 5}});
        let ours = json!({"spec": {"replicas": 3}});
        let objections = [
            (
                ".spec.replicas",
                REASON,
                "conflict with \"kubectl-edit\" using apps/v1",
            ),
            ("spec.x", "FieldValueInvalid", "no"),
            (
                ".spec.replicas",
                REASON,
                "conflict with \"kubectl-client-side-apply\" using apps/v1",
            ),
        ];
        let found = foreign(read(objections, &live, &ours));
        assert_eq!(found.len(), 1);
        assert_eq!(
            text(&found[0]),
            "spec.replicas: `kubectl-edit` set 5, the template says 3"
        );
    }

    #[test]
    fn values_of_secrets_stay_hidden() {
        let secret = json!({"kind": "Secret", "data": {"a": "b"}});
        let found = read(
            [(".data.a", REASON, "conflict with \"x\"")],
            &secret,
            &secret,
        );
        assert_eq!((found[0].path.as_str(), &found[0].live), ("data.a", &None));
    }
}
