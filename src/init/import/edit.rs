//! Changes values inside a YAML text and leaves the rest of it as it was written: comments, order, quotes, blank lines. Pure.
//!
//! Knows two changes: another scalar in the place of one, and an entry of a mapping that goes. Whatever else is wanted, and
//! whatever does not read back as wanted, is refused: the caller then writes the value anew.

use std::ops::Range;

use serde_json::Value;

use crate::render::write;
use crate::render::yaml::{self, Entry, Node, Shape};

/// The text of one document, changed so that it reads as `wanted`. `None` when these small changes cannot do that.
#[must_use]
pub fn apply(text: &str, node: &Node, wanted: &Value) -> Option<String> {
    let mut edits = Vec::new();
    compare(text, node, wanted, &mut edits)?;
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    // An anchor's text is met once for itself and once for each alias.
    edits.dedup();
    let mut result = text.to_owned();
    let mut above = text.len();
    for (range, new) in edits.into_iter().rev() {
        if range.end > above {
            return None;
        }
        above = range.start;
        result.replace_range(range, &new);
    }
    let read = yaml::parse_one(&result).ok()??;
    (read.to_json() == *wanted).then_some(result)
}

type Edit = (Range<usize>, String);

fn compare(text: &str, node: &Node, wanted: &Value, edits: &mut Vec<Edit>) -> Option<()> {
    match (&node.shape, wanted) {
        (Shape::Map(entries), Value::Object(wanted)) => {
            if wanted.keys().any(|key| node.entry(key).is_none()) {
                return None;
            }
            let kept: Vec<bool> = entries
                .iter()
                .map(|entry| wanted.contains_key(&entry.key))
                .collect();
            for (index, entry) in entries.iter().enumerate() {
                match wanted.get(&entry.key) {
                    Some(wanted) => compare(text, &entry.value, wanted, edits)?,
                    None => edits.push((gone(text, node, entries, &kept, index)?, String::new())),
                }
            }
        }
        (Shape::List(items), Value::Array(wanted)) if items.len() == wanted.len() => {
            for (item, wanted) in items.iter().zip(wanted) {
                compare(text, item, wanted, edits)?;
            }
        }
        (Shape::Scalar(old), wanted) if old == wanted => {}
        (Shape::Scalar(_), Value::String(new)) => {
            edits.push((node.bytes.clone(), write::scalar_text(new)));
        }
        _ => return None,
    }
    Some(())
}

/// What to take out of the text for an entry that goes.
fn gone(
    text: &str,
    map: &Node,
    entries: &[Entry],
    kept: &[bool],
    index: usize,
) -> Option<Range<usize>> {
    let entry = &entries[index];
    let end = entry.value.bytes.end.max(entry.start);
    if text.get(map.bytes.start..)?.starts_with('{') {
        // With the comma before it, or the one after it when nothing before it stays.
        let before = (0..index).rev().find(|before| kept[*before]);
        return match (before, entries.get(index + 1)) {
            (Some(_), _) => Some(entries[index - 1].value.bytes.end..end),
            (None, Some(next)) => Some(entry.start..next.start),
            (None, None) => Some(entry.start..end),
        };
    }
    let line = text[..entry.start].rfind('\n').map_or(0, |at| at + 1);
    if !text[line..entry.start].trim().is_empty() {
        return None;
    }
    // A block text ends behind its last line break already, or within the white space that follows.
    let last = text[..end].rfind('\n').map_or(0, |at| at + 1);
    let whole = if last > entry.start && text[last..end].trim().is_empty() {
        last
    } else {
        text[end..].find('\n').map_or(text.len(), |at| end + at + 1)
    };
    Some(line..whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn changed(text: &str, change: impl Fn(&mut Value)) -> Option<String> {
        let node = yaml::parse_one(text).unwrap().unwrap();
        let mut wanted = node.to_json();
        change(&mut wanted);
        apply(text, &node, &wanted)
    }

    fn remove(object: &mut Value, pointer: &str, key: &str) {
        let map = object.pointer_mut(pointer).unwrap();
        map.as_object_mut().unwrap().remove(key).unwrap();
    }

    #[test]
    fn what_is_not_changed_stays_as_written() {
        let text = "# head\nkind: \"Pod\" # é\n\nspec:\n    containers:\n    - image: 'nginx:1'   # old\n      name: a\n";
        assert_eq!(
            changed(text, |it| it["spec"]["containers"][0]["image"] = json!("x")).unwrap(),
            "# head\nkind: \"Pod\" # é\n\nspec:\n    containers:\n    - image: x   # old\n      name: a\n"
        );
    }

    #[test]
    fn entries_go_from_blocks() {
        let text = "metadata:\n  name: a\n  uid: x # gone\n  annotations:\n    a: |\n      one\n\n      two\n    b: c\n  labels: {}\nstatus:\n  list:\n  - a: b\n  # c\n# end\n";
        let result = changed(text, |it| {
            remove(it, "", "status");
            remove(it, "/metadata", "uid");
            remove(it, "/metadata/annotations", "a");
        });
        assert_eq!(
            result.unwrap(),
            "metadata:\n  name: a\n  annotations:\n    b: c\n  labels: {}\n  # c\n# end\n"
        );
        let last = changed("a: b\nstatus:\n  x:", |it| remove(it, "", "status"));
        assert_eq!(last.unwrap(), "a: b\n");
    }

    #[test]
    fn entries_go_from_braces() {
        for (text, left) in [
            ("m: {a: 1, x: 2, b: 3}", "m: {a: 1, b: 3}"),
            ("m: {x: 2, b: 3}", "m: {b: 3}"),
            ("m: {a: 1, x: {y: [1]}}", "m: {a: 1}"),
            ("m: {x: 2}", "m: {}"),
            ("m: {\n  a: 1,\n  x: 2\n}", "m: {\n  a: 1\n}"),
        ] {
            assert_eq!(
                changed(text, |it| remove(it, "/m", "x")).unwrap(),
                left,
                "{text}"
            );
        }
        let both = changed("m: {w: 1, x: 2, b: 3}", |it| {
            remove(it, "/m", "w");
            remove(it, "/m", "x");
        });
        assert_eq!(both.unwrap(), "m: {b: 3}");
    }

    #[test]
    fn an_anchor_is_changed_where_it_stands() {
        let text = "a: &i nginx:1\nb: *i\n";
        let result = changed(text, |it| {
            it["a"] = json!("x");
            it["b"] = json!("x");
        });
        assert_eq!(result.unwrap(), "a: &i x\nb: *i\n");
        assert_eq!(
            changed(text, |it| it["a"] = json!("x")),
            None,
            "b would change, too"
        );
    }

    #[test]
    fn what_cannot_be_done_in_place_is_refused() {
        assert_eq!(changed("a: b\n", |it| it["c"] = json!("d")), None);
        assert_eq!(changed("a: [1, 2]\n", |it| it["a"] = json!([1])), None);
        assert_eq!(
            changed("- x: 1\n  y: 2\n", |it| remove(it, "/0", "x")),
            None
        );
    }
}
