//! Checks values against the JSON schemas in docs/. It knows the words that our schemas use, and fails on every other,
//! so that none is passed over.

use serde_json::Value;

/// A schema file of docs/; `name` is one of its definitions, or empty for the whole.
pub struct Schema {
    root: Value,
    start: Value,
}

impl Schema {
    /// Reads it.
    pub fn read(file: &str, name: &str) -> Self {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("docs")
            .join(file);
        let root: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let start = match name {
            "" => root.clone(),
            name => root["$defs"][name].clone(),
        };
        assert!(start.is_object(), "{file} has no {name}");
        Self { root, start }
    }

    /// Fails the test with every place that is not as described.
    #[track_caller]
    pub fn check(&self, value: &Value) {
        let wrong = self.wrong(&self.start, value, "");
        assert!(wrong.is_empty(), "{}\nin {value}", wrong.join("\n"));
    }

    fn wrong(&self, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        let Some(words) = schema.as_object() else {
            return if schema == &Value::Bool(false) {
                vec![format!("{at} may not be there")]
            } else {
                Vec::new()
            };
        };
        words
            .iter()
            .flat_map(|(word, rule)| self.word(word, rule, value, at, schema))
            .collect()
    }

    fn word(
        &self,
        word: &str,
        rule: &Value,
        value: &Value,
        at: &str,
        schema: &Value,
    ) -> Vec<String> {
        let unless = |fine: bool| {
            let message = || format!("{at}: {value} is not {word} {rule}");
            (!fine).then(message).into_iter().collect::<Vec<_>>()
        };
        let list = || rule.as_array().unwrap().iter();
        let fits = |schema: &Value| self.wrong(schema, value, at).is_empty();
        match word {
            "$schema" | "$defs" | "title" | "description" | "default" | "format" => Vec::new(),
            "type" if rule.is_array() => unless(list().any(|rule| is(rule, value))),
            "type" => unless(is(rule, value)),
            "const" => unless(rule == value),
            "enum" => unless(list().any(|one| one == value)),
            // The one pattern that there is: an object's name.
            "pattern" if rule == "^[^/]+(/[^/]+)?/[^/]+$" => {
                unless(value.as_str().is_none_or(|text| {
                    let parts: Vec<&str> = text.split('/').collect();
                    matches!(parts.len(), 2 | 3) && parts.iter().all(|part| !part.is_empty())
                }))
            }
            "minimum" => unless(!value.is_number() || value.as_f64() >= rule.as_f64()),
            "maximum" => unless(!value.is_number() || value.as_f64() <= rule.as_f64()),
            "minItems" => unless(
                value
                    .as_array()
                    .is_none_or(|all| all.len() as u64 >= rule.as_u64().unwrap()),
            ),
            "maxItems" => unless(
                value
                    .as_array()
                    .is_none_or(|all| all.len() as u64 <= rule.as_u64().unwrap()),
            ),
            "$ref" => {
                let pointer = rule.as_str().unwrap().trim_start_matches('#');
                self.wrong(self.root.pointer(pointer).unwrap(), value, at)
            }
            "allOf" => list()
                .flat_map(|part| self.wrong(part, value, at))
                .collect(),
            "anyOf" => unless(list().any(fits)),
            // With a tag, only the choice that it names says what is wrong.
            "oneOf" => match list().find(|choice| tagged(choice, value)) {
                Some(choice) => self.wrong(choice, value, at),
                None => unless(list().filter(|choice| fits(choice)).count() == 1),
            },
            "required" => {
                let missing = list().filter(|name| value.get(name.as_str().unwrap()).is_none());
                missing.map(|name| format!("{at} has no {name}")).collect()
            }
            "properties" => self.each(value, at, |name| rule.get(name)),
            "additionalProperties" => {
                let known = &schema["properties"];
                self.each(value, at, |name| known.get(name).is_none().then_some(rule))
            }
            "items" => self.items(value, at, |index| {
                (index >= schema["prefixItems"].as_array().map_or(0, Vec::len)).then_some(rule)
            }),
            "prefixItems" => self.items(value, at, |index| rule.get(index)),
            other => panic!("the schema has a word that is not checked: {other} {rule}"),
        }
    }

    fn each<'a>(
        &self,
        value: &Value,
        at: &str,
        of: impl Fn(&str) -> Option<&'a Value>,
    ) -> Vec<String> {
        let fields = value.as_object().into_iter().flatten();
        fields
            .filter_map(|(name, value)| Some(self.wrong(of(name)?, value, &format!("{at}.{name}"))))
            .flatten()
            .collect()
    }

    fn items<'a>(
        &self,
        value: &Value,
        at: &str,
        of: impl Fn(usize) -> Option<&'a Value>,
    ) -> Vec<String> {
        let items = value.as_array().into_iter().flatten().enumerate();
        items
            .filter_map(|(index, value)| {
                Some(self.wrong(of(index)?, value, &format!("{at}[{index}]")))
            })
            .flatten()
            .collect()
    }
}

/// Checks every event that a command with `--output json` wrote to stdout; other documents are passed over.
#[track_caller]
pub fn check_events(stdout: &str) {
    let is_event = |line: &&str| line.starts_with('{') && line.contains("\"event\":");
    let mut events = stdout.lines().filter(is_event).peekable();
    if events.peek().is_none() {
        return;
    }
    let schema = Schema::read("events.schema.json", "");
    for line in events {
        schema.check(&serde_json::from_str(line).unwrap());
    }
}

fn is(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no such type: {other}"),
    }
}

/// Whether a choice has a constant field, which the value has too.
fn tagged(choice: &Value, value: &Value) -> bool {
    let fields = choice["properties"].as_object().into_iter().flatten();
    fields
        .filter_map(|(name, rule)| Some((name, rule.get("const")?)))
        .any(|(name, rule)| value.get(name) == Some(rule))
}
