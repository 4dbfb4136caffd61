//! What goes when client-side `kubectl apply`'s fields become ours: a dry run cannot see it, so it is worked out here. Pure.

use serde_json::Value;

use crate::manifest::fields;

/// The object as it would be: the dry run's answer without the fields that kubectl sent last and that are not sent any more.
#[must_use]
pub fn foreseen(answer: &Value, live: &Value, sent: &Value) -> Value {
    let mut object = answer.clone();
    if let Some(last) = fields::last_applied(live) {
        forget(&mut object, &last, sent);
    }
    object
}

fn forget(object: &mut Value, last: &Value, sent: &Value) {
    match (object, last) {
        (Value::Object(object), Value::Object(last)) => {
            for (key, value) in last {
                // kubectl's note on an object's place is not among what it owns.
                if matches!(
                    key.as_str(),
                    "apiVersion" | "kind" | "name" | "namespace" | "status"
                ) {
                    continue;
                }
                match (object.get_mut(key), sent.get(key)) {
                    (Some(below), Some(sent)) => forget(below, value, sent),
                    (Some(below), None) if value.is_object() => forget(below, value, &Value::Null),
                    (Some(_), None) => {
                        object.remove(key);
                    }
                    (None, _) => {}
                }
            }
        }
        (Value::Array(items), Value::Array(last)) => {
            let named = |list: &Value, name: &Value| {
                list.as_array()?
                    .iter()
                    .find(|item| item["name"] == *name)
                    .cloned()
            };
            for old in last.iter().filter(|old| old["name"].is_string()) {
                match named(sent, &old["name"]) {
                    None => items.retain(|item| item["name"] != old["name"]),
                    Some(sent) => {
                        for item in items.iter_mut().filter(|item| item["name"] == old["name"]) {
                            forget(item, old, &sent);
                        }
                    }
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_kubectl_sent_and_we_do_not_goes() {
        let last = json!({"metadata": {"name": "web", "labels": {"old": "1", "app": "web"}}, "data": {"a": "1", "b": "2"},
            "spec": {"containers": [{"name": "web", "env": [{"name": "A"}, {"name": "B"}]}]}});
        let live = json!({"metadata": {"annotations": {(fields::LAST_APPLIED): last.to_string()}}});
        let sent = json!({"metadata": {"name": "web", "labels": {"app": "web"}}, "data": {"a": "1"},
            "spec": {"containers": [{"name": "web", "env": [{"name": "A"}]}]}});
        let answer = json!({"metadata": {"name": "web", "labels": {"old": "1", "app": "web", "human": "x"}}, "data": {"a": "1", "b": "2"},
            "spec": {"containers": [{"name": "web", "env": [{"name": "A"}, {"name": "B"}]}], "defaulted": true}});
        assert_eq!(
            foreseen(&answer, &live, &sent),
            json!({"metadata": {"name": "web", "labels": {"app": "web", "human": "x"}}, "data": {"a": "1"},
                "spec": {"containers": [{"name": "web", "env": [{"name": "A"}]}], "defaulted": true}})
        );
    }
}
