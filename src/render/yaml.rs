//! YAML to located JSON, read the way kubectl reads it. Bounded in size, depth and aliases.
//!
//! Decides what a text means; what the objects mean is decided elsewhere. Scalars are resolved in [`super::scalar`]. Known
//! difference to kubectl: whole numbers above 2^63 stay exact.

use std::collections::HashMap;

use serde_json::Value;
use serde_yaml::granit_parser::{self, Event, Marker, Parser, ScalarStyle, Span, Tag};

pub use super::node::{Entry, Node, Shape};
use super::scalar;

/// Largest YAML text we read, in bytes. Larger than any object an API server takes.
pub const LARGEST: usize = 10 * 1024 * 1024;
/// Deepest nesting. Records are read back by a JSON parser that stops at 128.
const DEEPEST: usize = 100;
/// Most nodes of one text after aliases are filled in; an alias bomb passes this long before it fills memory.
const MOST_NODES: usize = 1_000_000;
/// Most bytes of text after aliases are filled in.
const MOST_TEXT: usize = 4 * LARGEST;

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
        let start = offset(span.start);
        let (shape, anchor, end) = match event {
            Event::Alias(id) => return self.alias(id, &span, depth),
            Event::Scalar(text, style, anchor, tag) => {
                self.spend(&span, 1, text.len())?;
                let value = scalar_value(&text, style, tag.as_deref(), &span)?;
                (Shape::Scalar(value), anchor, offset(span.end))
            }
            Event::SequenceStart(_, anchor, _) => {
                self.spend(&span, 1, 0)?;
                let (items, end) = self.list(&span, depth)?;
                let last = items.last().map(|item| item.bytes.end);
                (Shape::List(items), anchor, end.or(last).unwrap_or(start))
            }
            Event::MappingStart(_, anchor, _) => {
                self.spend(&span, 1, 0)?;
                let (entries, end) = self.map(&span, depth)?;
                let last = entries.iter().map(|entry| entry.value.bytes.end).max();
                (Shape::Map(entries), anchor, end.or(last).unwrap_or(start))
            }
            _ => return Err(YamlError::new(&span, "not valid YAML")),
        };
        let node = Node {
            shape,
            line: span.start.line(),
            column: span.start.col() + 1,
            bytes: start..end.max(start),
        };
        if anchor != 0 {
            let kept = Anchor {
                nodes: self.nodes - before.0,
                text: self.text - before.1,
                depth: node.height(),
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

    /// The items, and where the list ends when a bracket says so.
    fn list(&mut self, span: &Span, depth: usize) -> Result<(Vec<Node>, Option<usize>), YamlError> {
        let mut items = Vec::new();
        loop {
            match self.expect(span)? {
                (Event::SequenceEnd, end) => return Ok((items, bracket(&end))),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    /// The entries, and where the mapping ends when a bracket says so.
    fn map(&mut self, span: &Span, depth: usize) -> Result<(Vec<Entry>, Option<usize>), YamlError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen = HashMap::new();
        let mut merged = Vec::new();
        let end = loop {
            let (event, key_span) = self.expect(span)?;
            let merge = match &event {
                Event::MappingEnd => break bracket(&key_span),
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
                start: key_node.bytes.start,
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
        };
        // Keys written here win over merged ones; of several merged mappings the first wins.
        for entry in merged {
            if seen.insert(entry.key.clone(), entry.line).is_none() {
                entries.push(entry);
            }
        }
        Ok((entries, end))
    }
}

fn offset(marker: Marker) -> usize {
    marker.byte_offset().unwrap_or_default()
}

/// The end of a mapping or list takes up room only where it is a bracket.
fn bracket(end: &Span) -> Option<usize> {
    (!end.is_empty()).then(|| offset(end.end))
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
