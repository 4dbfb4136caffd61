//! Writes plain data as YAML that every reader takes the same way: whatever could be read as something else is quoted.

use serde_json::Value;

/// The document, in block style, ending with a line break.
pub(super) fn write(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => node(value, 0, &mut text),
        Value::Array(list) if !list.is_empty() => node(value, 0, &mut text),
        _ => {
            text.push_str(&scalar(value));
            text.push('\n');
        }
    }
    text
}

fn node(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                text.push_str(&indent);
                text.push_str(&string(key));
                text.push(':');
                below(value, depth, text);
            }
        }
        Value::Array(list) => {
            for item in list {
                text.push_str(&indent);
                match item {
                    Value::Object(map) if !map.is_empty() => {
                        // The first key stands beside the dash.
                        let mut inner = String::new();
                        node(item, depth + 1, &mut inner);
                        text.push_str("- ");
                        text.push_str(inner.trim_start_matches(' '));
                    }
                    _ => {
                        text.push('-');
                        below(item, depth, text);
                    }
                }
            }
        }
        _ => {}
    }
}

/// What follows a key or a dash: a scalar on the same line, or a deeper block.
fn below(value: &Value, depth: usize, text: &mut String) {
    let nested = match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => false,
    };
    if nested {
        text.push('\n');
        node(value, depth + 1, text);
    } else {
        text.push(' ');
        text.push_str(&scalar(value));
        text.push('\n');
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(value) => string(value),
        // JSON's words for numbers, booleans, null and empty collections are YAML's.
        other => other.to_string(),
    }
}

/// Unquoted only where no version of YAML sees anything but a string.
fn string(text: &str) -> String {
    const WORDS: [&str; 10] = [
        "true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan",
    ];
    let plain = text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._/+=@-".contains(&byte))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if plain {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_back() {
        let value = json!({
            "a": [], "b": {}, "c": null, "d": [1, 1.5, true, "x"],
            "words": ["yes", "No", "null", "~", "0123", "1e3", "a: b", "#x", "", " pad ", "two\nlines", "- x", "ü"],
            "deep": [{"name": "x", "list": [{"y": {"z": ["w"]}}, [["v"]]]}, {}],
            "true": "key",
        });
        let text = write(&value);
        let back: Value = serde_yaml::from_str(&text).unwrap();
        assert_eq!(back, value, "{text}");
    }

    #[test]
    fn ordinary_strings_stay_readable() {
        let value = json!({"clusters": [{"name": "deploy-sandbox", "cluster": {"server": "https://127.0.0.1:1"}}]});
        assert_eq!(
            write(&value),
            "clusters:\n  - cluster:\n      server: \"https://127.0.0.1:1\"\n    name: deploy-sandbox\n"
        );
    }
}
