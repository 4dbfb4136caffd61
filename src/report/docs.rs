//! Keeps `docs/events.schema.json` and `docs/events.md` true: both are made from the types.

use std::fmt::Write as _;

use serde_json::Value;

use super::sample::{failure, success};
use crate::event::Message;
use crate::generated::check;

const INTRO: &str = include_str!("events_intro.txt");

fn schema() -> Value {
    let mut schema = schemars::schema_for!(Message).to_value();
    schema["title"] = "One line of `deploy app --output json`".into();
    schema
}

#[test]
fn the_schema_is_current() {
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    check("docs/events.schema.json", &text);
}

#[test]
fn the_page_is_current() {
    check("docs/events.md", &page(&schema()));
}

#[test]
fn what_is_sent_is_what_is_described() {
    let schema = schema();
    let kinds = schema["oneOf"].as_array().unwrap();
    for message in success().messages.iter().chain(&failure().messages) {
        let sent = serde_json::to_value(message).unwrap();
        let kind = kinds
            .iter()
            .find(|kind| kind["properties"]["event"]["const"] == sent["event"])
            .unwrap();
        let (described, required) = fields(&schema, kind);
        for name in sent.as_object().unwrap().keys() {
            let known = name == "event"
                || described.iter().any(|(field, _)| field == name)
                || schema["properties"].get(name).is_some();
            assert!(known, "{name} of {} is not described", sent["event"]);
        }
        for name in required {
            assert!(
                sent.get(&name).is_some(),
                "{name} of {} is missing",
                sent["event"]
            );
        }
    }
}

/// Fields of an event of its own, with those of the type it wraps, and which are always there.
fn fields(schema: &Value, kind: &Value) -> (Vec<(String, Value)>, Vec<String>) {
    let wrapped = kind["$ref"].as_str().map_or(&Value::Null, |path| {
        &schema["$defs"][path.trim_start_matches("#/$defs/")]
    });
    let mut all = Vec::new();
    let mut required = Vec::new();
    for part in [kind, wrapped] {
        if let Some(properties) = part["properties"].as_object() {
            all.extend(
                properties
                    .iter()
                    .filter(|(name, _)| *name != "event")
                    .map(|(name, field)| (name.clone(), field.clone())),
            );
        }
        required.extend(
            part["required"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|name| Some(name.as_str()?.to_owned())),
        );
    }
    (all, required)
}

fn page(schema: &Value) -> String {
    let mut page = INTRO.to_owned();
    page += "\n## Events\n";
    for kind in schema["oneOf"].as_array().unwrap() {
        let name = kind["properties"]["event"]["const"].as_str().unwrap();
        let (fields, required) = fields(schema, kind);
        let _ = write!(page, "\n### `{name}`\n\n{}\n", words(kind));
        table(&mut page, &fields, &required);
    }
    page += "\n## Types\n";
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        let _ = write!(page, "\n### {name}\n\n{}\n", words(definition));
        if let Some(choices) = definition["oneOf"].as_array() {
            page += "\n";
            for choice in choices {
                let _ = writeln!(page, "- `{}`: {}", choice_name(choice), words(choice));
                let (fields, _) = fields(schema, choice);
                let names: Vec<String> = fields
                    .iter()
                    .filter(|(name, _)| name != "do" && name != "kind")
                    .map(|(name, field)| format!("`{name}` ({})", kind_of(field)))
                    .collect();
                if !names.is_empty() {
                    let _ = writeln!(page, "  With {}.", names.join(", "));
                }
            }
        } else {
            let (fields, required) = fields(schema, definition);
            table(&mut page, &fields, &required);
        }
    }
    page
}

fn table(page: &mut String, fields: &[(String, Value)], required: &[String]) {
    if fields.is_empty() {
        return;
    }
    *page += "\n| field | type | |\n| --- | --- | --- |\n";
    for (name, field) in fields {
        let optional = if required.contains(name) {
            ""
        } else {
            "may be absent. "
        };
        let _ = writeln!(
            page,
            "| `{name}` | {} | {optional}{} |",
            kind_of(field),
            words(field)
        );
    }
}

fn choice_name(choice: &Value) -> &str {
    let tag = ["do", "kind"]
        .iter()
        .find_map(|tag| choice["properties"][tag]["const"].as_str());
    tag.or(choice["const"].as_str()).unwrap_or_default()
}

/// A schema's description on one line.
fn words(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A schema's type in a word or two.
fn kind_of(schema: &Value) -> String {
    if let Some(path) = schema["$ref"].as_str() {
        let name = path.trim_start_matches("#/$defs/");
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let kinds: Vec<String> = choices.iter().map(kind_of).collect();
        return kinds.join(" or ");
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" && schema["items"].is_object() => {
            format!("list of {}", kind_of(&schema["items"]))
        }
        Value::String(kind) if kind == "array" => {
            let parts = schema["prefixItems"].as_array();
            let parts: Vec<String> = parts.into_iter().flatten().map(kind_of).collect();
            format!("[{}]", parts.join(", "))
        }
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => {
            let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
            kinds.join(" or ")
        }
        _ => "any".to_owned(),
    }
}
