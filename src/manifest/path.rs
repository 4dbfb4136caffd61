//! The text of a field's place in an object: `spec.template.spec.containers[name=web].image`. Pure.
//!
//! The server writes such places too, in conflicts, without escaping dots in keys; [`find`] reads them against an object.

use std::fmt::Write as _;

use serde_json::Value;

/// Appends a map's key: plain ones after a dot, others (`deploy.cli/app`) in brackets.
pub fn push_key(path: &mut String, key: &str) {
    if key.contains(['.', '/', '[']) {
        let _ = write!(path, "[{key}]");
    } else {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
    }
}

/// A scalar as it stands in a path.
pub fn scalar(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Reads a place as the server writes it (`.metadata.annotations.deploy.cli/x`, `.ports[port=80,protocol="TCP"]`).
///
/// Returns its text as we write it, and the value there when the object has one.
#[must_use]
pub fn find<'a>(object: &'a Value, server_text: &str) -> (String, Option<&'a Value>) {
    let mut text = String::new();
    let mut at = Some(object);
    let mut rest = server_text;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let end = closing(after);
            let selector = &after[..end];
            rest = after.get(end + 1..).unwrap_or_default();
            let _ = write!(
                text,
                "[{}]",
                selector.replace('"', "").trim_start_matches('=')
            );
            at = at.and_then(|at| item(at, selector));
        } else {
            let after = rest.strip_prefix('.').unwrap_or(rest);
            let key = longest_key(at, after).unwrap_or_else(|| plain_key(after));
            rest = &after[key.len()..];
            push_key(&mut text, key);
            at = at.and_then(|at| at.get(key));
        }
    }
    (text, at)
}

/// Keys may hold dots, so the longest one that the object has is meant.
fn longest_key<'t>(at: Option<&Value>, text: &'t str) -> Option<&'t str> {
    at?.as_object()?
        .keys()
        .filter(|key| {
            text.strip_prefix(key.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
        .map(|key| &text[..key.len()])
        .max_by_key(|key| key.len())
}

fn plain_key(text: &str) -> &str {
    let end = text
        .char_indices()
        .skip(1)
        .find(|(_, letter)| matches!(letter, '.' | '['));
    &text[..end.map_or(text.len(), |(index, _)| index)]
}

/// Where a bracket closes; quoted text may hold brackets.
fn closing(text: &str) -> usize {
    let mut quoted = false;
    for (index, letter) in text.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            ']' if !quoted => return index,
            _ => {}
        }
    }
    text.len()
}

/// The item of a list that a selector means: `name="web"`, `port=80,protocol="TCP"`, `="value"` or an index.
fn item<'a>(list: &'a Value, selector: &str) -> Option<&'a Value> {
    let list = list.as_array()?;
    if let Ok(index) = selector.parse::<usize>() {
        return list.get(index);
    }
    if let Some(value) = selector.strip_prefix('=') {
        let value: Value = serde_json::from_str(value).ok()?;
        return list.iter().find(|item| **item == value);
    }
    let keys: Vec<(&str, Value)> = selector
        .split(',')
        .filter_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            Some((key, serde_json::from_str(value).ok()?))
        })
        .collect();
    list.iter()
        .find(|item| keys.iter().all(|(key, value)| item[*key] == *value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn places_of_the_server_are_found_and_written_our_way() {
        let object = json!({
            "metadata": {"annotations": {"deploy.cli/x": "1"}, "finalizers": ["a", "b"]},
            "spec": {"ports": [{"port": 80, "protocol": "TCP", "name": "web"}], "containers": [{"name": "web", "image": "i"}]},
        });
        let cases = [
            (
                ".spec.containers[name=\"web\"].image",
                "spec.containers[name=web].image",
                Some(json!("i")),
            ),
            (
                ".metadata.annotations.deploy.cli/x",
                "metadata.annotations[deploy.cli/x]",
                Some(json!("1")),
            ),
            (
                ".spec.ports[port=80,protocol=\"TCP\"].name",
                "spec.ports[port=80,protocol=TCP].name",
                Some(json!("web")),
            ),
            (
                ".metadata.finalizers[=\"b\"]",
                "metadata.finalizers[b]",
                Some(json!("b")),
            ),
            (".spec.replicas", "spec.replicas", None),
        ];
        for (server, ours, value) in cases {
            let (text, found) = find(&object, server);
            assert_eq!((text.as_str(), found.cloned()), (ours, value), "{server}");
        }
    }
}
