//! YAML to located JSON, read the way kubectl reads it. Bounded in size, depth and aliases.
//!
//! Decides what a text means; what the objects mean is decided elsewhere. Scalars are resolved in [`super::scalar`]. Known
//! difference to kubectl: whole numbers above 2^63 stay exact.

use std::collections::HashMap;

use serde_json::{Map, Value};
use serde_yaml::granit_parser::{self, Event, Parser, ScalarStyle, Span, Tag};

use super::scalar;

/// Largest YAML text we read, in bytes. Larger than any object an API server takes.
pub const LARGEST: usize = 10 * 1024 * 1024;
/// Deepest nesting. Records are read back by a JSON parser that stops at 128.
const DEEPEST: usize = 100;
/// Most nodes of one text after aliases are filled in; an alias bomb passes this long before it fills memory.
const MOST_NODES: usize = 1_000_000;
/// Most bytes of text after aliases are filled in.
const MOST_TEXT: usize = 4 * LARGEST;

/// A YAML value that knows where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub shape: Shape,
    /// Line from 1.
    pub line: usize,
    /// Column from 1.
    pub column: usize,
}

/// The kinds of value.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Null, bool, number or text.
    Scalar(Value),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order written.
    Map(Vec<Entry>),
}

/// One key of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key as JSON has it: `true` for `yes`.
    pub key: String,
    /// Line of the key, from 1.
    pub line: usize,
    /// Column of the key, from 1.
    pub column: usize,
    /// What it maps to.
    pub value: Node,
}

/// Why a text is not YAML that kubectl would take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// What is wrong, without a full stop.
    pub message: String,
    /// Line from 1.
    pub line: usize,
    /// Column from 1.
    pub column: usize,
    /// What to do next.
    pub hint: Option<String>,
}

impl YamlError {
    fn new(span: &Span, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            line: span.start.line(),
            column: span.start.col() + 1,
            hint: None,
        }
    }
}

impl Node {
    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.shape {
            Shape::Scalar(value) => value.clone(),
            Shape::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Shape::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.value.to_json()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.shape == Shape::Scalar(Value::Null)
    }

    /// One entry of a mapping.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.shape {
            Shape::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// Line and column of what a path leads to, or of the nearest thing above it that is there. List positions are numbers.
    #[must_use]
    pub fn locate(&self, path: &[&str]) -> (usize, usize) {
        let mut at = self;
        let mut place = (self.line, self.column);
        for part in path {
            match &at.shape {
                Shape::Map(_) => match at.entry(part) {
                    Some(entry) => {
                        place = (entry.line, entry.column);
                        at = &entry.value;
                    }
                    None => break,
                },
                Shape::List(items) => match part.parse().ok().and_then(|i: usize| items.get(i)) {
                    Some(item) => {
                        place = (item.line, item.column);
                        at = item;
                    }
                    None => break,
                },
                Shape::Scalar(_) => break,
            }
        }
        place
    }
}

/// All documents of a text; empty ones are left out.
///
/// # Errors
/// The first thing that is not YAML as kubectl takes it.
pub fn parse(text: &str) -> Result<Vec<Node>, YamlError> {
    if text.len() > LARGEST {
        return Err(YamlError {
            message: format!(
                "is {} MB of YAML; the limit is {} MB",
                text.len() / 1024 / 1024,
                LARGEST / 1024 / 1024
            ),
            line: 1,
            column: 1,
            hint: Some("an API server refuses objects over some 1.5 MB; split the file".to_owned()),
        });
    }
    let mut builder = Builder {
        events: Parser::new_from_str_with_options(
            text,
            granit_parser::options! { emit_comments: false },
        ),
        anchors: HashMap::new(),
        nodes: 0,
        text: 0,
    };
    let mut documents = Vec::new();
    while let Some((event, span)) = builder.next()? {
        match event {
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd => {}
            event => {
                let node = builder.node(event, span, 0)?;
                if !node.is_null() {
                    documents.push(node);
                }
            }
        }
    }
    Ok(documents)
}

/// The only document of a text. `None` when it is empty.
///
/// # Errors
/// As [`parse`], and a second document.
pub fn parse_one(text: &str) -> Result<Option<Node>, YamlError> {
    let mut documents = parse(text)?.into_iter();
    let first = documents.next();
    match documents.next() {
        Some(second) => Err(YamlError {
            message: "a second document begins here; this file holds one".to_owned(),
            line: second.line,
            column: second.column,
            hint: Some("remove the line `---` before it".to_owned()),
        }),
        None => Ok(first),
    }
}

/// A finished anchor, with what it costs to repeat it.
struct Anchor {
    node: Node,
    nodes: usize,
    text: usize,
    depth: usize,
}

struct Builder<I> {
    events: I,
    anchors: HashMap<usize, Anchor>,
    nodes: usize,
    text: usize,
}

impl<'input, I> Builder<I>
where
    I: Iterator<Item = Result<(Event<'input>, Span), granit_parser::ScanError>>,
{
    fn next(&mut self) -> Result<Option<(Event<'input>, Span)>, YamlError> {
        match self.events.next() {
            None => Ok(None),
            Some(Ok(event)) => Ok(Some(event)),
            Some(Err(error)) => Err(YamlError {
                hint: scan_hint(&error.info()),
                message: format!("not valid YAML: {}", error.info()),
                line: error.marker().line(),
                column: error.marker().col() + 1,
            }),
        }
    }

    fn expect(&mut self, span: &Span) -> Result<(Event<'input>, Span), YamlError> {
        self.next()?
            .ok_or_else(|| YamlError::new(span, "not valid YAML: it ends too early"))
    }

    fn spend(&mut self, span: &Span, nodes: usize, text: usize) -> Result<(), YamlError> {
        self.nodes += nodes;
        self.text += text;
        if self.nodes > MOST_NODES || self.text > MOST_TEXT {
            let mut error = YamlError::new(span, "too large once its aliases are filled in");
            error.hint = Some(format!("the limit is {MOST_NODES} values; repeat less"));
            return Err(error);
        }
        Ok(())
    }

    fn node(&mut self, event: Event<'input>, span: Span, depth: usize) -> Result<Node, YamlError> {
        if depth > DEEPEST {
            return Err(YamlError::new(
                &span,
                format!("nested deeper than {DEEPEST} levels"),
            ));
        }
        let before = (self.nodes, self.text);
        let (shape, anchor) = match event {
            Event::Alias(id) => return self.alias(id, &span, depth),
            Event::Scalar(text, style, anchor, tag) => {
                self.spend(&span, 1, text.len())?;
                let value = scalar_value(&text, style, tag.as_deref(), &span)?;
                (Shape::Scalar(value), anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.spend(&span, 1, 0)?;
                (Shape::List(self.list(&span, depth)?), anchor)
            }
            Event::MappingStart(_, anchor, _) => {
                self.spend(&span, 1, 0)?;
                (Shape::Map(self.map(&span, depth)?), anchor)
            }
            _ => return Err(YamlError::new(&span, "not valid YAML")),
        };
        let node = Node {
            shape,
            line: span.start.line(),
            column: span.start.col() + 1,
        };
        if anchor != 0 {
            let kept = Anchor {
                nodes: self.nodes - before.0,
                text: self.text - before.1,
                depth: height(&node),
                node: node.clone(),
            };
            self.anchors.insert(anchor, kept);
        }
        Ok(node)
    }

    fn alias(&mut self, id: usize, span: &Span, depth: usize) -> Result<Node, YamlError> {
        let Some(anchor) = self.anchors.get(&id) else {
            return Err(YamlError::new(span, "an alias inside its own anchor"));
        };
        let (nodes, text) = (anchor.nodes, anchor.text);
        if depth + anchor.depth > DEEPEST {
            return Err(YamlError::new(
                span,
                format!("nested deeper than {DEEPEST} levels"),
            ));
        }
        self.spend(span, nodes, text)?;
        Ok(self.anchors[&id].node.clone())
    }

    fn list(&mut self, span: &Span, depth: usize) -> Result<Vec<Node>, YamlError> {
        let mut items = Vec::new();
        loop {
            match self.expect(span)? {
                (Event::SequenceEnd, _) => return Ok(items),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, span: &Span, depth: usize) -> Result<Vec<Entry>, YamlError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen = HashMap::new();
        let mut merged = Vec::new();
        loop {
            let (event, key_span) = self.expect(span)?;
            let merge = match &event {
                Event::MappingEnd => break,
                Event::Scalar(text, style, _, None) => text == "<<" && *style == ScalarStyle::Plain,
                _ => false,
            };
            let key_node = self.node(event, key_span, depth + 1)?;
            let (event, value_span) = self.expect(span)?;
            let value = self.node(event, value_span, depth + 1)?;
            if merge {
                merged.extend(merge_sources(value, &value_span)?);
                continue;
            }
            let entry = Entry {
                key: key_text(&key_node, &key_span)?,
                line: key_node.line,
                column: key_node.column,
                value,
            };
            if let Some(first) = seen.insert(entry.key.clone(), entry.line) {
                let mut error =
                    YamlError::new(&key_span, format!("the key `{}` is here twice", entry.key));
                error.hint = Some(format!(
                    "it was first on line {first}; only one of them can count"
                ));
                return Err(error);
            }
            entries.push(entry);
        }
        // Keys written here win over merged ones; of several merged mappings the first wins.
        for entry in merged {
            if seen.insert(entry.key.clone(), entry.line).is_none() {
                entries.push(entry);
            }
        }
        Ok(entries)
    }
}

fn merge_sources(value: Node, span: &Span) -> Result<Vec<Entry>, YamlError> {
    match value.shape {
        Shape::Map(entries) => Ok(entries),
        Shape::List(items) => {
            let mut all = Vec::new();
            for item in items {
                match item.shape {
                    Shape::Map(entries) => all.extend(entries),
                    _ => return Err(YamlError::new(span, "`<<` takes mappings only")),
                }
            }
            Ok(all)
        }
        Shape::Scalar(_) => Err(YamlError::new(span, "`<<` takes mappings only")),
    }
}

fn key_text(node: &Node, span: &Span) -> Result<String, YamlError> {
    match &node.shape {
        Shape::Scalar(Value::String(text)) => Ok(text.clone()),
        Shape::Scalar(Value::Null) => Err(YamlError::new(span, "a key is empty")),
        Shape::Scalar(value) => Ok(value.to_string()),
        Shape::List(_) | Shape::Map(_) => {
            let mut error = YamlError::new(span, "a key must be a text, not a list or mapping");
            error.hint = Some(
                "a value such as `{{ values.x }}` at the start of a value needs quotes in YAML"
                    .to_owned(),
            );
            Err(error)
        }
    }
}

fn scalar_value(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    span: &Span,
) -> Result<Value, YamlError> {
    let plain = style == ScalarStyle::Plain;
    let resolved = match tag.map(Tag::suffix) {
        None if plain => scalar::resolve(text),
        None | Some("str" | "") => return Ok(Value::String(text.to_owned())),
        Some("int" | "float" | "bool" | "null" | "timestamp") => scalar::resolve(text),
        Some("binary") => return binary(text, span),
        Some(other) => {
            return Err(YamlError::new(
                span,
                format!("the tag `{other}` means nothing to Kubernetes"),
            ));
        }
    };
    resolved.ok_or_else(|| {
        YamlError::new(
            span,
            format!("`{text}` is a number that JSON cannot hold; put it in quotes"),
        )
    })
}

fn binary(text: &str, span: &Span) -> Result<Value, YamlError> {
    use base64::Engine as _;
    let packed: String = text.split_whitespace().collect();
    base64::engine::general_purpose::STANDARD
        .decode(packed)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .map(Value::String)
        .ok_or_else(|| YamlError::new(span, "`!!binary` is not base64 of a text"))
}

fn height(node: &Node) -> usize {
    match &node.shape {
        Shape::Scalar(_) => 0,
        Shape::List(items) => 1 + items.iter().map(height).max().unwrap_or(0),
        Shape::Map(entries) => {
            1 + entries
                .iter()
                .map(|entry| height(&entry.value))
                .max()
                .unwrap_or(0)
        }
    }
}

fn scan_hint(message: &str) -> Option<String> {
    let message = message.to_lowercase();
    if message.contains("tab") {
        Some("YAML is indented with spaces, never with tabs".to_owned())
    } else if message.contains("mapping values") || message.contains("simple key") {
        Some("check the indentation, and put a text that holds `: ` in quotes".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
