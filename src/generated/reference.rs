//! Reference pages from JSON schemas: the types of a schema as Markdown.

use std::fmt::Write as _;

use serde_json::Value;

/// Fields of an event of its own, with those of the type it wraps, and which are always there.
pub fn fields(schema: &Value, kind: &Value) -> (Vec<(String, Value)>, Vec<String>) {
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

/// The section with every type that a schema defines.
pub fn types(schema: &Value) -> String {
    let mut page = "\n## Types\n".to_owned();
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

/// The fields of a type as a table.
pub fn table(page: &mut String, fields: &[(String, Value)], required: &[String]) {
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
pub fn words(schema: &Value) -> String {
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
