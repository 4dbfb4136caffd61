//! Holds a located YAML tree against the JSON schema of deploy.yaml and finds every mistake at once, with its place.
//!
//! Decides about keys, types and forms; what the values mean together is decided in [`super::meaning`].

use serde_json::{Map, Value, json};

use super::mistake::{Mistake, Mistakes};
use crate::render::yaml::{Entry, Node, Shape};
use crate::words;

/// What a checked tree says, as JSON that the schema's types can be read from. Empty values count as left out.
pub struct Checked {
    /// The tree as JSON.
    pub value: Value,
    /// Everything found.
    pub mistakes: Mistakes,
}

/// Checks a tree against a schema.
pub fn check(schema: &Value, node: &Node, file: &str, source: &str) -> Checked {
    let mut walk = Walk {
        root: schema,
        file,
        source,
        mistakes: Mistakes::default(),
    };
    let value = walk.node(schema, node, "");
    Checked {
        value,
        mistakes: walk.mistakes,
    }
}

struct Walk<'a> {
    root: &'a Value,
    file: &'a str,
    source: &'a str,
    mistakes: Mistakes,
}

impl<'a> Walk<'a> {
    fn found(&mut self, place: (usize, usize), message: String, hint: Option<String>) {
        let mut mistake = Mistake::new(self.file, message).at(place.0, Some(place.1), self.source);
        mistake.hint = hint;
        self.mistakes.0.push(mistake);
    }

    fn node(&mut self, schema: &'a Value, node: &Node, path: &str) -> Value {
        let schema = self.resolve(schema);
        match branches(schema).as_slice() {
            [] => {}
            [only] => return self.node(only, node, path),
            branches => return self.union(branches, node, path),
        }
        if schema["format"] != "secret-text" {
            return self.plain(schema, node, path);
        }
        if matches!(node.shape, Shape::Scalar(Value::String(_))) {
            self.literal_secret(node, path);
            return Value::Null;
        }
        let before = self.mistakes.0.len();
        let value = self.plain(schema, node, path);
        // Under a wrong key, a secret may be written down as well.
        for mistake in &mut self.mistakes.0[before..] {
            mistake.excerpt = None;
        }
        value
    }

    /// A node that is no secret, against a schema without alternatives.
    fn plain(&mut self, schema: &'a Value, node: &Node, path: &str) -> Value {
        let place = (node.line, node.column);
        if let Some(allowed) = allowed_texts(schema) {
            return self.choice(&allowed, node, path);
        }
        let types = types(schema);
        let found = type_of(node);
        if !types.is_empty() && !types.iter().any(|wanted| fits(wanted, found)) {
            let hint = type_hint(&types, node);
            let message = format!(
                "{} must be {}, but is {}",
                named(path),
                words::list(&types.iter().map(|t| article(t)).collect::<Vec<_>>(), "or"),
                article(found)
            );
            self.found(place, message, hint);
            return Value::Null;
        }
        match &node.shape {
            Shape::Map(entries) => self.map(schema, node, entries, path),
            Shape::List(items) => {
                let item_schema = schema.get("items");
                let items = items.iter().enumerate().map(|(index, item)| {
                    let path = format!("{path}[{index}]");
                    match item_schema {
                        Some(schema) => self.node(schema, item, &path),
                        None => item.to_json(),
                    }
                });
                Value::Array(items.collect())
            }
            Shape::Scalar(value) => {
                self.form(schema, value, node, path);
                value.clone()
            }
        }
    }

    /// A secret written down. Its line is not shown: the output may go to a log.
    fn literal_secret(&mut self, node: &Node, path: &str) {
        let message = format!(
            "{} is secret, and stands here for everybody to read",
            named(path)
        );
        let mut mistake = Mistake::new(self.file, message)
            .hint("put it into an environment variable and write {env: NAME}, or into a file and write {file: PATH}");
        (mistake.line, mistake.column) = (Some(node.line), Some(node.column));
        self.mistakes.0.push(mistake);
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        while let Some(name) = schema["$ref"].as_str() {
            let pointer = name.strip_prefix('#').unwrap_or(name);
            match self.root.pointer(pointer) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    fn union(&mut self, branches: &[&'a Value], node: &Node, path: &str) -> Value {
        let branches: Vec<&Value> = branches.iter().map(|branch| self.resolve(branch)).collect();
        let texts: Vec<String> = branches
            .iter()
            .filter_map(|branch| allowed_texts(branch))
            .flatten()
            .collect();
        if texts.len() >= branches.len() {
            return self.choice(&texts, node, path);
        }
        let found = type_of(node);
        let fitting = branches
            .iter()
            .find(|branch| types(branch).iter().any(|wanted| fits(wanted, found)));
        if let Some(branch) = fitting {
            return self.node(branch, node, path);
        }
        let mut wanted: Vec<&str> = branches.iter().flat_map(|branch| types(branch)).collect();
        wanted.retain(|wanted| *wanted != "null");
        wanted.dedup();
        let message = format!(
            "{} must be {}, but is {}",
            named(path),
            words::list(&wanted.iter().map(|t| article(t)).collect::<Vec<_>>(), "or"),
            article(found)
        );
        self.found((node.line, node.column), message, type_hint(&wanted, node));
        Value::Null
    }

    fn choice(&mut self, allowed: &[String], node: &Node, path: &str) -> Value {
        if let Shape::Scalar(Value::String(text)) = &node.shape {
            if !allowed.contains(text) {
                let message = format!("{} cannot be `{text}`", named(path));
                let hint = words::suggest(text, allowed.iter().map(String::as_str));
                self.found((node.line, node.column), message, Some(hint));
            }
            return json!(text);
        }
        let message = format!(
            "{} must be one of {}",
            named(path),
            words::list(allowed, "and")
        );
        self.found((node.line, node.column), message, None);
        Value::Null
    }

    fn map(&mut self, schema: &'a Value, node: &Node, entries: &[Entry], path: &str) -> Value {
        let properties = schema["properties"].as_object();
        let others = schema
            .get("additionalProperties")
            .filter(|others| others.is_object());
        let open = others.is_none()
            && schema["additionalProperties"] != Value::Bool(false)
            && properties.is_none();
        let mut checked = Map::new();
        for entry in entries {
            let inside = if path.is_empty() {
                entry.key.clone()
            } else {
                format!("{path}.{}", entry.key)
            };
            let known = properties.and_then(|properties| properties.get(&entry.key));
            if let Some(schema) = known {
                if !entry.value.is_null() {
                    let value = self.node(schema, &entry.value, &inside);
                    checked.insert(entry.key.clone(), value);
                }
            } else if let Some(schema) = others {
                let empty =
                    entry.value.is_null() && types(self.resolve(schema)).contains(&"object");
                let value = if empty {
                    self.map(self.resolve(schema), &entry.value, &[], &inside)
                } else {
                    self.node(schema, &entry.value, &inside)
                };
                checked.insert(entry.key.clone(), value);
            } else if open {
                checked.insert(entry.key.clone(), entry.value.to_json());
            } else {
                let names: Vec<&str> = properties
                    .map(|properties| properties.keys().map(String::as_str).collect())
                    .unwrap_or_default();
                let place = if path.is_empty() {
                    "here".to_owned()
                } else {
                    format!("in {path}")
                };
                let message = format!("the key `{}` means nothing {place}", entry.key);
                let hint = match entry.key.as_str() {
                    "true" => "YAML reads `on`, `yes` and `y` as true".to_owned(),
                    "false" => "YAML reads `off`, `no` and `n` as false".to_owned(),
                    key => words::suggest(key, names),
                };
                self.found((entry.line, entry.column), message, Some(hint));
            }
        }
        for required in schema["required"].as_array().into_iter().flatten() {
            if let Some(key) = required.as_str()
                && !checked.contains_key(key)
            {
                let message = format!("{} needs the key `{key}`", named(path));
                self.found((node.line, node.column), message, None);
            }
        }
        Value::Object(checked)
    }

    /// Forms that JSON schema types do not say.
    fn form(&mut self, schema: &Value, value: &Value, node: &Node, path: &str) {
        let place = (node.line, node.column);
        if let (Some(least), Some(number)) = (schema["minimum"].as_i64(), value.as_i64())
            && number < least
        {
            self.found(
                place,
                format!("{} must be at least {least}", named(path)),
                None,
            );
        }
        if let (Some(most), Some(number)) = (schema["maximum"].as_i64(), value.as_i64())
            && number > most
        {
            let message = format!("{} must be at most {most}", named(path));
            self.found(place, message, None);
        }
        let (Some(form), Some(text)) = (schema["format"].as_str(), value.as_str()) else {
            return;
        };
        let wrong = match form {
            "dns-label" => super::names::label_problem(text).map(|problem| (problem, None)),
            "duration-text" if super::span::parse(text).is_none() => Some((
                "is not a duration".to_owned(),
                Some("write 500ms, 5s, 10m or 1h30m".to_owned()),
            )),
            "timeout-text" if text != "auto" && super::span::parse(text).is_none() => Some((
                "is not a duration".to_owned(),
                Some("write `auto`, 5s, 10m or 1h30m".to_owned()),
            )),
            _ => None,
        };
        if let Some((problem, hint)) = wrong {
            self.found(place, format!("{} `{text}` {problem}", named(path)), hint);
        }
    }
}

fn named(path: &str) -> String {
    if path.is_empty() {
        "deploy.yaml".to_owned()
    } else {
        format!("`{path}`")
    }
}

/// The alternatives of a schema; empty when it is a plain one.
fn branches(schema: &Value) -> Vec<&Value> {
    ["anyOf", "oneOf"]
        .iter()
        .filter_map(|key| schema[*key].as_array())
        .flatten()
        .filter(|branch| branch["type"] != "null")
        .collect()
}

fn allowed_texts(schema: &Value) -> Option<Vec<String>> {
    if let Some(only) = schema["const"].as_str() {
        return Some(vec![only.to_owned()]);
    }
    let texts = schema["enum"].as_array()?;
    Some(
        texts
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    )
}

fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many
            .iter()
            .filter_map(Value::as_str)
            .filter(|one| *one != "null")
            .collect(),
        _ => Vec::new(),
    }
}

fn type_of(node: &Node) -> &'static str {
    match &node.shape {
        Shape::Map(_) => "object",
        Shape::List(_) => "array",
        Shape::Scalar(Value::Bool(_)) => "boolean",
        Shape::Scalar(Value::Number(number)) if number.is_f64() => "number",
        Shape::Scalar(Value::Number(_)) => "integer",
        Shape::Scalar(Value::String(_)) => "string",
        Shape::Scalar(_) => "null",
    }
}

fn fits(wanted: &str, found: &str) -> bool {
    wanted == found || (wanted == "number" && found == "integer")
}

fn article(kind: &str) -> &'static str {
    match kind {
        "object" => "a mapping",
        "array" => "a list",
        "boolean" => "true or false",
        "number" => "a number",
        "integer" => "a whole number",
        "string" => "a text",
        _ => "empty",
    }
}

fn type_hint(wanted: &[&str], node: &Node) -> Option<String> {
    match &node.shape {
        Shape::Scalar(value @ (Value::Bool(_) | Value::Number(_)))
            if wanted.contains(&"string") =>
        {
            Some(format!("YAML reads this as {value}; put it in quotes"))
        }
        Shape::Scalar(Value::String(text)) if wanted == ["array"] => {
            Some(format!("write [{text}]"))
        }
        _ => None,
    }
}
