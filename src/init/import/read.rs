//! From files to objects that know where they were written. Whatever is no Kubernetes manifest is a mistake, with its line.

use std::cell::RefCell;
use std::path::Path;

use serde_json::Value;

use crate::error::{Failure, Result};
use crate::project::mistake::{Mistake, Mistakes};
use crate::project::{Bundle, from_yaml};
use crate::render::yaml::{self, Node, Shape};

/// The manifests that were found.
#[derive(Debug, Default)]
pub struct Source {
    /// The folder or file as typed.
    pub name: String,
    /// The files, by their path from the folder above.
    pub files: Bundle,
    /// Files that were passed over: neither YAML nor JSON.
    pub others: Vec<String>,
}

/// One document of a file.
#[derive(Debug)]
pub struct Document {
    /// Number of the file in [`Source::files`].
    pub file: usize,
    /// Its text, with the line `---` above it and comments.
    pub text: String,
    /// What it holds; `None` for comments alone.
    pub node: Option<Node>,
    /// Its objects; several for a `List`.
    pub objects: Vec<Value>,
    /// It is YAML that holds one object, so that its text can be kept.
    pub plain: bool,
}

/// Reads a folder, or one file.
///
/// # Errors
/// Usage: there is no such path. Project: something in it cannot be read, or needs another tool first.
pub fn source(path: &Path, typed: &Path) -> Result<Source> {
    let name = typed.to_string_lossy();
    let name = match name.trim_start_matches("./").trim_end_matches('/') {
        "" | "." => "manifests",
        name => name,
    };
    let facts = std::fs::metadata(path).map_err(|error| {
        Failure::usage(format!("cannot read {}: {error}", path.display()))
            .hint("--from names a folder of Kubernetes manifests, or one file")
    })?;
    let files = if facts.is_dir() {
        let others = RefCell::new(Vec::new());
        let files = Bundle::read(path, name, &|inside, folder| {
            let last = inside.rsplit('/').next().unwrap_or(inside);
            let wanted = !last.starts_with('.') && (folder || is_manifest(last));
            if !wanted && !folder {
                others.borrow_mut().push(inside.to_owned());
            }
            wanted
        })?;
        return found(Source {
            name: name.to_owned(),
            files,
            others: others.into_inner(),
        });
    } else {
        let bytes = std::fs::read(path).map_err(|error| {
            Failure::project(format!("cannot read {}: {error}", path.display()))
        })?;
        Bundle::new([(name.to_owned(), bytes)])
    };
    found(Source {
        name: name.to_owned(),
        files,
        others: Vec::new(),
    })
}

fn is_manifest(name: &str) -> bool {
    [".yaml", ".yml", ".json"]
        .iter()
        .any(|ending| name.ends_with(ending))
        || name == "Kustomization"
}

/// Fails for folders of other tools, and for folders without a manifest.
fn found(source: Source) -> Result<Source> {
    for path in source.files.paths() {
        let (folder, file) = path.rsplit_once('/').unwrap_or((".", path));
        let (what, first) = match file {
            "kustomization.yaml" | "kustomization.yml" | "Kustomization" => (
                "Kustomize",
                format!("kustomize build {folder} > manifests.yaml"),
            ),
            "Chart.yaml" => (
                "a Helm chart",
                format!("helm template RELEASE {folder} > manifests.yaml"),
            ),
            _ => continue,
        };
        return Err(Failure::project(format!(
            "{path}: this folder is for {what}; only plain manifests can be read"
        ))
        .hint(format!("render it first: {first}"))
        .hint("then: deploy init --from manifests.yaml"));
    }
    if source.files.paths().next().is_none() {
        return Err(Failure::project(format!(
            "{} holds no .yaml, .yml or .json file",
            source.name
        ))
        .hint("--from names a folder of Kubernetes manifests, or one file"));
    }
    Ok(source)
}

/// All documents of all files.
///
/// # Errors
/// Every file that is no manifest.
pub fn documents(source: &Source) -> Result<Vec<Document>, Mistakes> {
    let mut documents = Vec::new();
    let mut mistakes = Mistakes::default();
    for (file, path) in source.files.paths().enumerate() {
        match source.files.text(path) {
            Ok(text) => match read(file, path, text) {
                Ok(found) => documents.extend(found),
                Err(mistake) => mistakes.0.push(private(mistake, text)),
            },
            Err(mistake) => mistakes.0.push(mistake),
        }
    }
    mistakes.into_result()?;
    Ok(documents)
}

/// Lines of a file with Secrets are not shown.
fn private(mut mistake: Mistake, text: &str) -> Mistake {
    if text.contains("Secret") {
        mistake.excerpt = None;
    }
    mistake
}

fn read(file: usize, path: &str, text: &str) -> Result<Vec<Document>, Mistake> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let whole = match yaml::parse(text) {
        Ok(whole) => whole,
        Err(error) => {
            if let Some(line) = helm_line(text) {
                return Err(helm(path, line, text));
            }
            let mut mistake = from_yaml(&error, path, text);
            let line = text.lines().nth(error.line.saturating_sub(1));
            let tags = ["{{", "{%", "<%"];
            if line.is_some_and(|line| tags.iter().any(|tag| line.contains(tag))) {
                let hint = "this looks like another tool's template: let that tool render it first, and name the result";
                mistake.hint = Some(hint.to_owned());
            }
            return Err(mistake);
        }
    };
    if let Some(line) = whole.iter().find_map(helm_value) {
        return Err(helm(path, line, text));
    }
    let mut documents = Vec::new();
    let parts = parts(text);
    let apart: Option<Vec<(String, Option<Node>)>> = parts
        .into_iter()
        .map(|part| Some((part.to_owned(), yaml::parse_one(part).ok()?)))
        .collect();
    // Rare marks between documents: the file is taken apart by what the parser says, and its text is not kept.
    let apart = apart
        .filter(|apart| apart.iter().filter(|(_, node)| node.is_some()).count() == whole.len());
    let keep = apart.is_some() && !text.trim_start().starts_with('{');
    let apart = apart.unwrap_or_else(|| {
        whole
            .iter()
            .cloned()
            .map(|node| (String::new(), Some(node)))
            .collect()
    });
    let mut places = whole.iter();
    for (text_of, node) in apart {
        let mut objects = Vec::new();
        if node.is_some() {
            for object in places
                .next()
                .into_iter()
                .flat_map(|node| node.clone().unfold())
            {
                check(&object, path, text)?;
                objects.push(object.to_json());
            }
        }
        let single = node
            .as_ref()
            .is_some_and(|node| objects.first() == Some(&node.to_json()));
        documents.push(Document {
            file,
            text: text_of,
            plain: keep && (single || node.is_none()),
            node,
            objects,
        });
    }
    Ok(documents)
}

/// Cuts a text before each line `---`. A text inside a document cannot hold such a line.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        let mark = line.strip_prefix("---");
        if at > start
            && mark.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
        {
            parts.push(&text[start..at]);
            start = at;
        }
        at += line.len();
    }
    parts.push(&text[start..]);
    parts
}

fn check(node: &Node, path: &str, text: &str) -> Result<(), Mistake> {
    let problem = |message: &str, hint: &str| {
        Mistake::new(path, message)
            .at(node.line, Some(node.column), text)
            .hint(hint)
    };
    let other = "move files that are no manifests out of the folder, or name the folder that holds manifests only";
    if !matches!(node.shape, Shape::Map(_)) {
        return Err(problem(
            "this is no Kubernetes manifest: not a mapping",
            other,
        ));
    }
    let text_at = |node: &Node, key: &str| {
        node.entry(key).is_some_and(
            |entry| matches!(&entry.value.shape, Shape::Scalar(Value::String(text)) if !text.is_empty()),
        )
    };
    for key in ["apiVersion", "kind"] {
        if !text_at(node, key) {
            let message = format!("this is no Kubernetes manifest: it has no `{key}`");
            return Err(problem(&message, other));
        }
    }
    let named = node
        .entry("metadata")
        .is_some_and(|metadata| text_at(&metadata.value, "name"));
    if !named {
        return Err(problem(
            "this object has no metadata.name",
            "every object of a project has a fixed name",
        ));
    }
    Ok(())
}

fn helm(path: &str, line: usize, text: &str) -> Mistake {
    Mistake::new(path, "this is a template of a Helm chart, not a manifest")
        .at(line, None, text)
        .hint("render the chart first: helm template RELEASE CHART > manifests.yaml; then: deploy init --from manifests.yaml")
}

fn is_helm(line: &str) -> bool {
    line.split("{{").skip(1).any(|rest| {
        let inside = rest.split("}}").next().unwrap_or(rest);
        [".Values", ".Release", ".Chart", "include \"", "template \""]
            .iter()
            .any(|mark| inside.contains(mark))
    })
}

fn helm_line(text: &str) -> Option<usize> {
    text.lines().position(is_helm).map(|index| index + 1)
}

/// The line of a value that is Helm's. Texts of several lines are left alone: they are data, and may well speak of Helm.
fn helm_value(node: &Node) -> Option<usize> {
    match &node.shape {
        Shape::Scalar(Value::String(text)) => {
            (!text.contains('\n') && is_helm(text)).then_some(node.line)
        }
        Shape::Scalar(_) => None,
        Shape::List(items) => items.iter().find_map(helm_value),
        Shape::Map(entries) => entries.iter().find_map(|entry| helm_value(&entry.value)),
    }
}
