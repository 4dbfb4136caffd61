//! Query strings: escapes and selectors.

use std::collections::BTreeMap;

use serde_json::Value;

/// Label and field selectors: `a=b`, `a!=b`, `a in (b,c)`, `a`, `!a`; `metadata.name=x`.
pub(super) fn selected(object: &Value, query: &BTreeMap<String, String>) -> bool {
    let labels = query.get("labelSelector").is_none_or(|selector| {
        split(selector).iter().all(|term| {
            let label = |key: &str| object["metadata"]["labels"][key.trim()].as_str();
            if let Some((key, values)) = term.split_once(" in ") {
                let values = values.trim().trim_matches(['(', ')']);
                return label(key)
                    .is_some_and(|value| values.split(',').any(|known| known.trim() == value));
            }
            match (
                term.split_once("!="),
                term.split_once('='),
                term.strip_prefix('!'),
            ) {
                (Some((key, value)), ..) => label(key) != Some(value),
                (_, Some((key, value)), _) => label(key) == Some(value),
                (_, _, Some(key)) => label(key).is_none(),
                _ => label(term).is_some(),
            }
        })
    });
    let fields = query.get("fieldSelector").is_none_or(|selector| {
        selector.split(',').all(|term| {
            let (field, value) = term.split_once('=').unwrap_or((term, ""));
            object
                .pointer(&format!("/{}", field.replace('.', "/")))
                .and_then(Value::as_str)
                == Some(value)
        })
    });
    labels && fields
}

/// Splits at commas outside brackets.
fn split(selector: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut depth = 0;
    for letter in selector.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        match terms.last_mut() {
            Some(_) if letter == ',' && depth == 0 => terms.push(String::new()),
            Some(term) => term.push(letter),
            None => {}
        }
    }
    terms
}

/// Undoes percent escapes.
pub(super) fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
            let code = std::str::from_utf8(&digits)
                .ok()
                .and_then(|digits| u8::from_str_radix(digits, 16).ok());
            bytes.extend(code);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
