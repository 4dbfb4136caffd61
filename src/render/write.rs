//! JSON as block YAML that kubectl reads back as the same JSON. Deterministic: keys in the order of the mapping.

use std::fmt::Write as _;

use serde_json::Value;

use super::scalar;

/// The value as YAML, without a line break at its end.
pub fn to_yaml(value: &Value) -> String {
    let mut text = String::new();
    node(&mut text, value, 0, Position::Root);
    text.truncate(text.trim_end_matches('\n').len());
    // Line breaks that belong to a last block text are part of the value.
    text
}

#[derive(Clone, Copy, PartialEq)]
enum Position {
    Root,
    AfterKey,
    AfterDash,
}

fn node(text: &mut String, value: &Value, indent: usize, position: Position) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            if position == Position::AfterKey {
                text.push('\n');
            }
            for (index, (key, value)) in map.iter().enumerate() {
                if index > 0 || position != Position::AfterDash {
                    pad(text, indent);
                }
                let _ = write!(text, "{}:", scalar_text(key));
                node(text, value, indent + 2, Position::AfterKey);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            // Items of a mapping's list are not indented further, as kubectl writes them.
            let indent = match position {
                Position::AfterKey => {
                    text.push('\n');
                    indent - 2
                }
                Position::Root | Position::AfterDash => indent,
            };
            for (index, item) in items.iter().enumerate() {
                if index > 0 || position != Position::AfterDash {
                    pad(text, indent);
                }
                text.push_str("- ");
                node(text, item, indent + 2, Position::AfterDash);
            }
        }
        leaf => {
            if position == Position::AfterKey {
                text.push(' ');
            }
            match leaf {
                Value::String(string) => string_text(text, string, indent.max(2)),
                other => text.push_str(&other.to_string()),
            }
            text.push('\n');
        }
    }
}

fn pad(text: &mut String, indent: usize) {
    text.extend(std::iter::repeat_n(' ', indent));
}

/// A text of several lines becomes a block when a block can hold it exactly.
fn string_text(text: &mut String, string: &str, indent: usize) {
    let lines: Vec<&str> = string
        .strip_suffix('\n')
        .unwrap_or(string)
        .split('\n')
        .collect();
    let fits = lines.len() > 1
        && !string.ends_with("\n\n")
        && !lines[0].starts_with([' ', '\t'])
        && !lines[0].is_empty()
        && string
            .chars()
            .all(|c| c == '\n' || c == '\t' || printable(c))
        && lines
            .iter()
            .all(|line| !line.ends_with([' ', '\t']) && !line.starts_with('\t'));
    if !fits {
        return text.push_str(&scalar_text(string));
    }
    text.push_str(if string.ends_with('\n') { "|" } else { "|-" });
    for line in lines {
        text.push('\n');
        if !line.is_empty() {
            pad(text, indent);
            text.push_str(line);
        }
    }
}

fn printable(c: char) -> bool {
    !c.is_control() && c != '\u{FEFF}' && c != '\u{2028}' && c != '\u{2029}' && c != '\u{85}'
}

/// A text on one line, in quotes unless it reads back as itself without.
pub fn scalar_text(text: &str) -> String {
    let plain = scalar::resolve(text) == Some(Value::String(text.to_owned()))
        && !text.starts_with(|c: char| " -?:,[]{}#&*!|>'\"%@`=<".contains(c))
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && text.chars().all(printable)
        && !text.starts_with("...");
    if plain {
        text.to_owned()
    } else {
        // A JSON text is a YAML text, but for characters that YAML wants escaped.
        let json = Value::String(text.to_owned()).to_string();
        json.chars().fold(String::new(), |mut quoted, c| {
            if c.is_control() || (!printable(c) && !c.is_ascii()) {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            } else {
                quoted.push(c);
            }
            quoted
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::yaml;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_back() {
        for value in [
            json!({"a": {"b": [1, "1", true, "yes", null, "", {"c": [[], {}]}, [1, [2]]]}, "on": "0644"}),
            json!({"t": "one\ntwo\n", "u": "one\n\n  two", "v": " x\ny", "w": "x\n\n", "x": "tab\there\nx \n"}),
            json!([
                "- a",
                "a: b",
                "a #b",
                "#",
                "é",
                "\u{7f}\u{85}",
                "2001-01-01",
                "1e3",
                "a:",
                "@x",
                "~",
                "-",
                "<<",
                "\u{feff}"
            ]),
            json!([{"a": {"b": "|"}, "c": [{"d": "x\ny"}]}]),
            json!("plain"),
            json!({"1": {"y": 1.5}}),
        ] {
            let text = to_yaml(&value);
            assert_eq!(
                yaml::parse_one(&text).unwrap().unwrap().to_json(),
                value,
                "{text}"
            );
        }
        assert_eq!(
            to_yaml(&json!({"a": [{"b": 1, "c": "x"}]})),
            "a:\n- b: 1\n  c: x"
        );
    }
}
