//! One changed field for people: on one line where it is short, line by line where it is text.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::pen::Pen;
use crate::style::Label;

/// Columns that `path: from → to` may take before it is split into two lines.
const ONE_LINE: usize = 100;
/// Columns of one value.
const CLIP: usize = 120;
/// Lines of one field.
const MOST: usize = 40;

/// The lines that show how a field changes.
#[must_use]
pub fn lines(path: &str, from: Option<&Value>, to: Option<&Value>, pen: &Pen) -> Vec<String> {
    if is_text(from) || is_text(to) {
        return text(path, from, to, pen);
    }
    let (old, new) = (
        from.map(|value| scalar(value, pen)),
        to.map(|value| scalar(value, pen)),
    );
    let one = match (&old, &new) {
        (Some(old), Some(new)) => format!("{path}: {old} {} {new}", pen.arrow()),
        (None, Some(new)) => pen.paint(Label::Added, format!("+ {path}: {new}")),
        (Some(old), None) => pen.paint(Label::Removed, format!("- {path}: {old}")),
        (None, None) => path.to_owned(),
    };
    match (old, new) {
        (Some(old), Some(new)) if console::measure_text_width(&one) > ONE_LINE => vec![
            format!("{path}:"),
            pen.paint(Label::Removed, format!("  - {old}")),
            pen.paint(Label::Added, format!("  + {new}")),
        ],
        _ => vec![one],
    }
}

/// A value on one line: strings bare unless that would mislead, all else as JSON.
#[must_use]
pub fn scalar(value: &Value, pen: &Pen) -> String {
    let text = match value {
        Value::String(text) if reads_as_text(text) => pen.clean(text),
        other => pen.clean(other),
    };
    pen.clip(&text, CLIP)
}

/// Whether a string without quotes cannot be taken for another type, or for nothing.
fn reads_as_text(text: &str) -> bool {
    !text.is_empty()
        && text.trim() == text
        && serde_json::from_str::<Value>(text).is_err()
        && !text.contains('\n')
}

fn is_text(value: Option<&Value>) -> bool {
    value
        .and_then(Value::as_str)
        .is_some_and(|text| text.trim_end().contains('\n'))
}

/// A text of several lines, as the lines that go and come with two around them.
fn text(path: &str, from: Option<&Value>, to: Option<&Value>, pen: &Pen) -> Vec<String> {
    let plain = |value: Option<&Value>| match value {
        None => String::new(),
        Some(Value::String(text)) => pen.clean_lines(text).join("\n") + "\n",
        Some(other) => pen.clean(other) + "\n",
    };
    let (old, new) = (plain(from), plain(to));
    let difference = TextDiff::from_lines(&old, &new);
    let mut lines = vec![format!("{path}:")];
    for (index, group) in difference.grouped_ops(2).iter().enumerate() {
        if index > 0 {
            lines.push(pen.paint(Label::Faint, format!("  {}", pen.ellipsis())));
        }
        for change in group.iter().flat_map(|op| difference.iter_changes(op)) {
            let line = pen.clip(change.value().trim_end_matches('\n'), CLIP);
            lines.push(match change.tag() {
                ChangeTag::Delete => pen.paint(Label::Removed, format!("  - {line}")),
                ChangeTag::Insert => pen.paint(Label::Added, format!("  + {line}")),
                ChangeTag::Equal => pen.paint(Label::Faint, format!("    {line}")),
            });
        }
    }
    if lines.len() > MOST {
        let more = lines.len() - MOST;
        lines.truncate(MOST);
        lines.push(format!("  and {more} more lines"));
    }
    lines
}

/// What differs at the end of two references: `registry/shop:1.4.1` and `registry/shop:1.4.2` become `1.4.1` and `1.4.2`.
#[must_use]
pub fn tails<'a>(from: &'a str, to: &'a str) -> (&'a str, &'a str) {
    let same = |text: &str| text.rfind([':', '@']).map(|at| at + 1);
    match (same(from), same(to)) {
        (Some(a), Some(b)) if from[..a] == to[..b] => (&from[a..], &to[b..]),
        _ => (from, to),
    }
}
