//! The files below `deploy/templates/`: the source's files with the small changes in their text, or objects written anew. Pure.

use std::collections::BTreeSet;

use serde_json::Value;

use super::marks::Marks;
use super::read::{Document, Source};
use super::{Item, edit};
use crate::render::write::to_yaml;

/// What was written.
#[derive(Debug, Default)]
pub struct Written {
    /// Path below `deploy/` and text.
    pub files: Vec<(String, String)>,
    /// Paths below `deploy/` of files that are no templates.
    pub raw: Vec<String>,
    /// Paths below `deploy/` of files that could not keep their text.
    pub rewritten: Vec<String>,
}

/// Writes all templates.
pub fn write(source: &Source, documents: &[Document], items: &[Item], marks: &Marks) -> Written {
    let mut writer = Writer {
        marks,
        taken: BTreeSet::new(),
        written: Written::default(),
    };
    for (file, path) in source.files.paths().enumerate() {
        let inside = path
            .strip_prefix(&format!("{}/", source.name))
            .unwrap_or_else(|| path.rsplit('/').next().unwrap_or(path));
        let mut text = String::new();
        let (mut any, mut anew) = (false, false);
        let all = documents
            .iter()
            .enumerate()
            .filter(|(_, it)| it.file == file);
        for (number, document) in all {
            let objects: Vec<(&Item, &Value)> = items
                .iter()
                .filter(|item| item.document == number)
                .filter_map(|item| Some((item, item.wanted.as_ref()?)))
                .collect();
            let alone = document.objects.len() == 1;
            match objects.as_slice() {
                [] if document.node.is_none() => push(&mut text, &document.text),
                [(item, object)] if alone => {
                    let kept = kept(document, object);
                    anew |= kept.is_none() && document.text.contains('#');
                    any = true;
                    let part = kept.unwrap_or_else(|| format!("---\n{}\n", to_yaml(object)));
                    push(&mut text, &commented(&part, item.comment.as_deref()));
                }
                objects => {
                    for (item, object) in objects {
                        let kind = item.id.kind.to_lowercase();
                        let folder = inside
                            .rsplit_once('/')
                            .map_or(String::new(), |(it, _)| format!("{it}/"));
                        let name = format!("{folder}{}-{kind}.yaml", item.id.name);
                        let part = format!("{}\n", to_yaml(object));
                        writer.file(
                            &name,
                            &commented(&part, item.comment.as_deref()),
                            document.text.contains('#'),
                        );
                    }
                }
            }
        }
        if any {
            writer.file(inside, &text, anew);
        }
    }
    writer.written
}

/// The document's own text with the changes in it.
fn kept(document: &Document, wanted: &Value) -> Option<String> {
    let node = document.node.as_ref().filter(|_| document.plain)?;
    edit::apply(&document.text, node, wanted)
}

/// Documents of one file below each other.
fn push(text: &mut String, part: &str) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    // The mark at the top of a file says nothing.
    let part = if text.is_empty() {
        part.strip_prefix("---\n").unwrap_or(part)
    } else {
        part
    };
    text.push_str(part);
}

/// With a comment on top, below the line that divides documents.
fn commented(part: &str, comment: Option<&str>) -> String {
    let Some(comment) = comment else {
        return part.to_owned();
    };
    let top = if part.starts_with("---") {
        part.find('\n').map_or(part.len(), |at| at + 1)
    } else {
        0
    };
    format!("{}# {comment}\n{}", &part[..top], &part[top..])
}

struct Writer<'a> {
    marks: &'a Marks,
    taken: BTreeSet<String>,
    written: Written,
}

impl Writer<'_> {
    fn file(&mut self, inside: &str, text: &str, anew: bool) {
        let path = self.path(inside);
        let text = self.marks.template(text).unwrap_or_else(|| {
            self.written.raw.push(path.clone());
            self.marks.literal(text)
        });
        if anew {
            self.written.rewritten.push(path.clone());
        }
        self.written.files.push((path, text));
    }

    /// A free path. A dot in a name would mean an environment, and a leading `_` a file that others include.
    fn path(&mut self, inside: &str) -> String {
        let (folder, name) = inside.rsplit_once('/').unwrap_or(("", inside));
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let plain = |text: &str| -> String {
            let letters = text.chars().map(|c| {
                if c.is_ascii_alphanumeric() || "-_/".contains(c) {
                    c
                } else {
                    '-'
                }
            });
            letters.collect()
        };
        let stem = plain(stem).trim_start_matches('_').to_owned();
        let stem = if stem.is_empty() {
            "manifest".to_owned()
        } else {
            stem
        };
        let base = if folder.is_empty() {
            format!("templates/{stem}")
        } else {
            format!("templates/{}/{stem}", plain(folder))
        };
        let mut path = format!("{base}.yaml");
        let mut number = 2;
        while !self.taken.insert(path.clone()) {
            path = format!("{base}-{number}.yaml");
            number += 1;
        }
        path
    }
}
