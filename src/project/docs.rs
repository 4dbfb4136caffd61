//! Keeps `docs/deploy-yaml.md` what the schema says: a section for each mapping, a row for each key.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::Bundle;
use super::schema::json_schema;
use crate::generated::check;

/// Keys that are in the schema for later versions: deploy.yaml refuses them until then.
const LATER: &[&str] = &[
    "notify.NAME.github",
    "strategy",
    "preview",
    "environments.NAME.promoteFrom",
    "environments.NAME.approval",
    "secrets.NAME.vault",
    "secrets.NAME.sops",
    "secrets.NAME.s3",
];

const INTRO: &str = "\
# deploy.yaml

Every key of `deploy/deploy.yaml`. `deploy schema` prints the same as a JSON schema, for editors:

```sh
deploy schema > deploy/deploy.schema.json
```

```yaml
# yaml-language-server: $schema=./deploy.schema.json
app: shop
environments:
  staging: {context: kind-kind, namespace: shop-staging, createNamespace: true}
```

A key that is not listed here is a mistake, and so is one marked *later*: it is not supported yet. Durations are written
`500ms`, `5s`, `10m`, `1h30m` or `7d`. A DNS label is lower-case letters, digits and `-`.
";

#[test]
fn the_reference_is_current() {
    let mut page = Page::new();
    page.section("", &page.schema.clone());
    check("docs/deploy-yaml.md", &(INTRO.to_owned() + &page.text));
}

#[test]
fn only_keys_of_later_versions_are_marked_so() {
    for (key, yaml) in [
        ("jobs.before", "jobs: {before: [a]}"),
        ("jobs.after", "jobs: {after: [a]}"),
        ("checks", "checks: [{url: http://a}]"),
        ("notify", "notify: {a: {slack: {webhook: {env: A}}}}"),
        ("notify.NAME.github", "notify: {a: {github: {}}}"),
        ("strategy", "strategy: {canary: {}}"),
        ("preview", "preview: {from: staging}"),
        ("secrets.NAME.vault", "secrets: {a: {vault: {path: a}}}"),
        ("secrets.NAME.sops", "secrets: {a: {sops: {file: a}}}"),
        ("secrets.NAME.s3", "secrets: {a: {s3: {bucket: a, key: a}}}"),
        ("rollout", "rollout: {soak: 1s}"),
        ("readiness", "readiness: {A: {path: '{.a}', ready: [a]}}"),
    ] {
        let text = format!("app: a\nenvironments: {{staging: {{}}}}\n{yaml}\n");
        assert_eq!(refused(&text), LATER.contains(&key), "{key}");
    }
    for (key, yaml) in [
        ("promoteFrom", "promoteFrom: staging"),
        ("approval", "approval: {required: true}"),
        ("notify", "notify: [a]"),
        (
            "targets",
            "targets: [{name: a, context: a}, {name: b, context: b}]",
        ),
        ("confirm", "confirm: true"),
    ] {
        let text = format!("app: a\nenvironments: {{staging: {{{yaml}}}}}\n");
        let path = format!("environments.NAME.{key}");
        assert_eq!(refused(&text), LATER.contains(&path.as_str()), "{path}");
    }
}

fn refused(text: &str) -> bool {
    let files = [("deploy/deploy.yaml".to_owned(), text.as_bytes().to_vec())];
    match super::Project::from_bundle(Bundle::new(files)) {
        Ok(_) => false,
        Err(mistakes) => mistakes
            .0
            .iter()
            .any(|mistake| mistake.message.contains("not supported yet")),
    }
}

struct Page {
    text: String,
    schema: Value,
    /// The section of each type that is a mapping.
    sections: BTreeMap<String, String>,
}

impl Page {
    fn new() -> Self {
        Self {
            text: String::new(),
            schema: json_schema(),
            sections: BTreeMap::new(),
        }
    }

    /// A mapping, then the mappings it leads to.
    fn section(&mut self, path: &str, schema: &Value) {
        let title = if path.is_empty() {
            "The whole".to_owned()
        } else {
            format!("`{path}`")
        };
        let mut below = Vec::new();
        let mut rows = String::new();
        for (key, property) in keys(schema) {
            let path = join(path, key);
            let kind = self.kind(&path, property, &mut below);
            let (mut text, default) = self.describe(property);
            if LATER.contains(&path.as_str()) {
                text.insert_str(0, "*Later.* ");
            }
            let default = if required(schema, key) {
                "required".to_owned()
            } else {
                default
            };
            let _ = writeln!(rows, "| `{key}` | {kind} | {default} | {text} |");
        }
        let about = line(&schema["description"]);
        let _ = write!(
            self.text,
            "\n## {title}\n\n{about}\n\n| key | what it is | default | |\n| --- | --- | --- | --- |\n{rows}"
        );
        for (path, schema) in below {
            self.section(&path, &schema);
        }
    }

    /// What may be written. Mappings that have no section yet are added to those that will get one.
    fn kind(&mut self, path: &str, schema: &Value, below: &mut Vec<(String, Value)>) -> String {
        if let Some(name) = reference(schema) {
            let definition = self.schema["$defs"][name].clone();
            if keys(&definition).next().is_none() {
                return self.kind(path, &definition, below);
            }
            let section = self.sections.entry(name.to_owned()).or_insert_with(|| {
                below.push((path.to_owned(), definition));
                path.to_owned()
            });
            return format!("a [mapping](#{})", anchor(section));
        }
        if let Some(choices) = list(schema, "anyOf") {
            let kinds: Vec<String> = choices
                .iter()
                .filter(|choice| choice["type"] != "null")
                .map(|choice| self.kind(path, choice, below))
                .collect();
            return kinds.join(" or ");
        }
        if let Some(choices) = list(schema, "oneOf") {
            let words: Vec<String> = choices
                .iter()
                .map(|choice| format!("`{}`", line(&choice["const"])))
                .collect();
            return words.join(", ");
        }
        let name = match &schema["type"] {
            Value::Array(names) => names[0].as_str(),
            name => name.as_str(),
        };
        match (name.unwrap_or_default(), schema["format"].as_str()) {
            ("array", _) => {
                let inner = self.kind(path, &schema["items"], below);
                format!("list, each {inner}")
            }
            ("object", _) if schema["additionalProperties"].is_object() => {
                let path = format!("{path}.NAME");
                let inner = self.kind(&path, &schema["additionalProperties"], below);
                format!("names, each with {inner}")
            }
            ("object", _) => "a mapping".to_owned(),
            ("string", Some("dns-label")) => "a DNS label".to_owned(),
            ("string", Some("duration-text")) => "a duration".to_owned(),
            ("string", Some("timeout-text")) => "`auto` or a duration".to_owned(),
            ("string", _) => "a text".to_owned(),
            ("integer", _) => "a number".to_owned(),
            ("boolean", _) => "`true`, `false`".to_owned(),
            (other, _) => panic!("{path}: no words for {other}: {schema}"),
        }
    }

    /// What is said about a key, and its default: the schema's, or the one its description names.
    fn describe(&self, property: &Value) -> (String, String) {
        let text = line(&property["description"]);
        let (mut text, said) = match text.split_once(" Default: ") {
            Some((text, default)) => (text.to_owned(), default.trim_end_matches('.').to_owned()),
            None => (text, String::new()),
        };
        for choice in self.choices(property) {
            let _ = write!(
                text,
                " `{}`: {}",
                line(&choice["const"]),
                line(&choice["description"])
            );
        }
        let default = match &property["default"] {
            Value::String(word) => format!("`{word}`"),
            Value::Number(number) => format!("`{number}`"),
            Value::Bool(is) => format!("`{is}`"),
            _ => said,
        };
        (text, default)
    }

    /// The words of a choice.
    fn choices(&self, property: &Value) -> Vec<Value> {
        let alternatives = list(property, "anyOf").map_or_else(Vec::new, <[Value]>::to_vec);
        std::iter::once(property)
            .chain(&alternatives)
            .filter_map(reference)
            .filter_map(|name| list(&self.schema["$defs"][name], "oneOf"))
            .flatten()
            .cloned()
            .collect()
    }
}

/// Required keys first, then by name: the schema does not keep the order of its source.
fn keys(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let mut keys: Vec<_> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .collect();
    keys.sort_by_key(|(key, _)| !required(schema, key));
    keys.into_iter()
}

fn required(schema: &Value, key: &str) -> bool {
    list(schema, "required").is_some_and(|keys| keys.iter().any(|name| name == key))
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

fn list<'a>(schema: &'a Value, key: &str) -> Option<&'a [Value]> {
    schema[key].as_array().map(Vec::as_slice)
}

/// A text on one line of a table.
fn line(text: &Value) -> String {
    text.as_str()
        .unwrap_or_default()
        .replace('\n', " ")
        .replace('|', "\\|")
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// The fragment that leads to a heading.
fn anchor(section: &str) -> String {
    section
        .to_lowercase()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect()
}
