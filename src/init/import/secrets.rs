//! Secrets: their values never go into a project. What is left is how deploy.yaml could name them. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::project::names;
use crate::redact::Secret;

/// A Secret that was left out.
#[derive(Debug)]
pub struct Left {
    /// Its name.
    pub name: String,
    /// Its keys with the variables that could give their values; `None` where deploy cannot make a Secret of its type.
    pub variables: Option<Vec<(String, String)>>,
    /// Its type.
    pub kind: String,
}

/// Whether an object is a Secret that holds values.
pub fn holds_values(object: &Value) -> bool {
    object["kind"] == "Secret"
        && object["apiVersion"] == "v1"
        && ["data", "stringData"].iter().any(|field| {
            object[field]
                .as_object()
                .is_some_and(|data| !data.is_empty())
        })
}

/// What stays of a Secret.
pub fn left(object: &Value) -> Left {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let kind = object["type"].as_str().unwrap_or("Opaque");
    let variables = (kind == "Opaque" && names::label_problem(name).is_none()).then(|| {
        let fields = ["data", "stringData"].into_iter();
        let mut keys: Vec<&String> = fields
            .flat_map(|field| object[field].as_object().into_iter().flatten())
            .map(|(key, _)| key)
            .collect();
        keys.sort();
        keys.dedup();
        keys.into_iter()
            .map(|key| (key.clone(), variable(name, key)))
            .collect()
    });
    Left {
        name: name.to_owned(),
        variables,
        kind: kind.to_owned(),
    }
}

/// Its values that are texts, so that none of them can be printed.
pub fn values(object: &Value) -> Vec<Secret<String>> {
    let texts = |field: &str| -> Vec<String> {
        let data = object[field].as_object().into_iter().flatten();
        data.filter_map(|(_, value)| value.as_str().map(str::to_owned))
            .collect()
    };
    let decoded = texts("data").into_iter().filter_map(|text| {
        let packed: String = text.split_whitespace().collect();
        String::from_utf8(STANDARD.decode(packed).ok()?).ok()
    });
    decoded
        .chain(texts("stringData"))
        .map(Secret::new)
        .collect()
}

/// A key that looks like a variable keeps its name.
fn variable(secret: &str, key: &str) -> String {
    let upper = |text: &str| -> String {
        let letters = text.chars().map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        });
        letters.collect()
    };
    if upper(key) == key && key.contains('_') {
        key.to_owned()
    } else {
        format!("{}_{}", upper(secret), upper(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_stay_and_values_do_not() {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "shop-db"},
            "data": {"url": "aHVudGVyMg=="}, "stringData": {"API_KEY": "hunter3"}});
        assert!(holds_values(&secret));
        let left = left(&secret);
        let wanted = [("API_KEY", "API_KEY"), ("url", "SHOP_DB_URL")];
        let wanted = wanted.map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(left.variables.unwrap(), wanted);
        let values: Vec<String> = values(&secret)
            .iter()
            .map(|it| it.expose().clone())
            .collect();
        assert_eq!(values, ["hunter2", "hunter3"]);
    }

    #[test]
    fn other_types_are_made_elsewhere() {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "tls"}, "type": "kubernetes.io/tls", "data": {"tls.key": ""}});
        assert!(left(&secret).variables.is_none());
    }
}
