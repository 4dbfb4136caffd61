//! A tree of YAML values that know where they were written.

use std::ops::Range;

use serde_json::{Map, Value};

/// A YAML value that knows where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub shape: Shape,
    /// Line from 1.
    pub line: usize,
    /// Column from 1.
    pub column: usize,
    /// Bytes of the text it was written in, without anchor and tag. A block mapping or list ends where its last value does.
    pub bytes: Range<usize>,
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
    /// Where the key begins in the text, in bytes.
    pub start: usize,
    /// What it maps to.
    pub value: Node,
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

    /// `kind: List` (and `ConfigMapList` and the like) is its items.
    #[must_use]
    pub fn unfold(self) -> Vec<Self> {
        let text = |key| match self.entry(key).map(|entry| &entry.value.shape) {
            Some(Shape::Scalar(Value::String(text))) => text.as_str(),
            _ => "",
        };
        let is_list = text("kind").ends_with("List");
        match self.entry("items").map(|items| items.value.shape.clone()) {
            Some(Shape::List(items)) if is_list => {
                items.into_iter().flat_map(Self::unfold).collect()
            }
            _ => vec![self],
        }
    }

    /// Levels of nesting below it.
    pub(super) fn height(&self) -> usize {
        match &self.shape {
            Shape::Scalar(_) => 0,
            Shape::List(items) => 1 + items.iter().map(Self::height).max().unwrap_or(0),
            Shape::Map(entries) => {
                1 + entries
                    .iter()
                    .map(|entry| entry.value.height())
                    .max()
                    .unwrap_or(0)
            }
        }
    }
}
