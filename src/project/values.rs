//! Values: data for the templates, in layers. Knows which layer set what.
//!
//! Later wins: `values/common.yaml`, `values/<environment>.yaml`, `values/<environment>.<target>.yaml`, the output of
//! `values.exec`, `--values`, `--set`. Maps merge, lists replace, null deletes.

use serde_json::{Map, Value};

use super::bundle::Bundle;
use super::exec;
use super::mistake::{Mistake, Mistakes};
use super::{Inputs, Project, Target, from_yaml};
use crate::env::Env;
use crate::error::{Failure, Result};
use crate::render::yaml::{self, Node, Shape};
use crate::words;

/// Merged values with the layers they came from.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// The result, always a mapping.
    pub merged: Value,
    layers: Vec<Layer>,
}

#[derive(Clone, Debug)]
struct Layer {
    name: String,
    value: Value,
    tree: Option<Node>,
}

/// Which layers said something about one value, the deciding one last.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The value; `None` when there is none in the end.
    pub value: Option<Value>,
    /// Place (`deploy/values/common.yaml:3`, `--set`) and what it said; null means deleted.
    pub said: Vec<(String, Value)>,
}

impl Values {
    /// Merges the layers of one target.
    ///
    /// # Errors
    /// Every file that cannot be read as a mapping, and files whose name is nearly an environment's.
    pub fn load(
        project: &Project,
        environment: &str,
        target: &Target,
        inputs: &Inputs,
    ) -> Result<Self, Mistakes> {
        let mut mistakes = near_misses(project);
        let mut layers = Vec::new();
        let stems = [
            "common".to_owned(),
            environment.to_owned(),
            format!("{environment}.{}", target.name),
        ];
        for stem in stems {
            for extension in ["yaml", "yml"] {
                let path = format!("deploy/values/{stem}.{extension}");
                if project.bundle.get(&path).is_none() {
                    continue;
                }
                match file(&project.bundle, &path) {
                    Ok(Some(tree)) => layers.push(Layer {
                        value: tree.to_json(),
                        name: path,
                        tree: Some(tree),
                    }),
                    Ok(None) => {}
                    Err(mistake) => mistakes.0.push(mistake),
                }
            }
        }
        mistakes.into_result()?;
        let plain = |name: &str, value: &Value| Layer {
            name: name.to_owned(),
            value: value.clone(),
            tree: None,
        };
        layers.extend(inputs.exec.iter().map(|value| plain("values.exec", value)));
        for (path, value) in &inputs.values_files {
            layers.push(plain(&format!("--values {path}"), value));
        }
        for (path, value) in &inputs.set {
            layers.push(plain("--set", &nested(path, value)));
        }
        let mut merged = Value::Object(Map::new());
        for layer in &layers {
            merge(&mut merged, &layer.value);
        }
        Ok(Self { merged, layers })
    }

    /// Which layers said something about `values.a.b` (the word `values` may be left out).
    pub fn explain(&self, path: &str) -> Explanation {
        let parts = split(path.strip_prefix("values.").unwrap_or(path));
        let said = self
            .layers
            .iter()
            .filter_map(|layer| {
                let value = lookup(&layer.value, &parts)?;
                let place = match &layer.tree {
                    Some(tree) => {
                        let path: Vec<&str> = parts.iter().map(String::as_str).collect();
                        format!("{}:{}", layer.name, tree.locate(&path).0)
                    }
                    None => layer.name.clone(),
                };
                Some((place, value.clone()))
            })
            .collect();
        Explanation {
            value: lookup(&self.merged, &parts).cloned(),
            said,
        }
    }

    /// Every path there is, for did-you-mean.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        collect(&self.merged, "values", &mut paths);
        paths
    }
}

fn collect(value: &Value, path: &str, paths: &mut Vec<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        collect(value, &path, paths);
        paths.push(path);
    }
}

fn lookup<'a>(value: &'a Value, parts: &[String]) -> Option<&'a Value> {
    parts.iter().try_fold(value, |value, part| match value {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        value => value.get(part),
    })
}

/// `a.b\.c` is `a`, then `b.c`.
fn split(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = path.chars();
    while let Some(character) = characters.next() {
        match character {
            '.' => parts.push(String::new()),
            '\\' => parts
                .last_mut()
                .into_iter()
                .for_each(|part| part.extend(characters.next())),
            other => parts
                .last_mut()
                .into_iter()
                .for_each(|part| part.push(other)),
        }
    }
    parts
}

fn nested(path: &str, value: &Value) -> Value {
    split(path)
        .into_iter()
        .rev()
        .fold(value.clone(), |inner, key| {
            Value::Object(Map::from_iter([(key, inner)]))
        })
}

/// Maps merge, lists replace, null deletes.
fn merge(into: &mut Value, layer: &Value) {
    let Some(layer) = layer.as_object() else {
        *into = layer.clone();
        return;
    };
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    let Some(map) = into.as_object_mut() else {
        return;
    };
    for (key, value) in layer {
        if value.is_null() {
            map.remove(key);
        } else {
            merge(map.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

fn file(bundle: &Bundle, path: &str) -> Result<Option<Node>, Mistake> {
    let source = bundle.text(path)?;
    let tree = yaml::parse_one(source).map_err(|error| from_yaml(&error, path, source))?;
    match tree {
        Some(tree) if !matches!(tree.shape, Shape::Map(_)) => {
            Err(Mistake::new(path, "must hold a mapping")
                .at(tree.line, Some(tree.column), source)
                .hint("write `key: value` lines"))
        }
        tree => Ok(tree),
    }
}

/// Files in values/ that no environment reads, though their name is nearly one's.
fn near_misses(project: &Project) -> Mistakes {
    let mut known = vec!["common".to_owned()];
    for (name, settings) in &project.spec.environments {
        known.push(name.clone());
        for target in super::environment::targets(&project.app, name, settings) {
            known.push(format!("{name}.{}", target.name));
        }
    }
    let mut mistakes = Mistakes::default();
    for path in project.bundle.paths() {
        let Some(stem) = path
            .strip_prefix("deploy/values/")
            .and_then(|name| name.strip_suffix(".yaml").or(name.strip_suffix(".yml")))
        else {
            continue;
        };
        if known.iter().any(|known| known == stem) {
            continue;
        }
        if let Some(near) = words::nearest(stem, known.iter().map(String::as_str)) {
            mistakes.0.push(
                Mistake::new(path, format!("`{stem}` is no environment or target"))
                    .hint(format!("did you mean `{near}`? Rename the file")),
            );
        }
    }
    mistakes
}

/// One `--set a.b=c`. The value is read as YAML; an empty one is an empty text, `null` deletes.
///
/// # Errors
/// Usage: no `=`, an empty key, or no YAML.
pub fn parse_set(text: &str) -> Result<(String, Value)> {
    let Some((path, value)) = text.split_once('=') else {
        return Err(
            Failure::usage(format!("--set {text}: there is no `=`")).hint("write --set a.b=c")
        );
    };
    let path = path.trim();
    let path = path.strip_prefix("values.").unwrap_or(path);
    if split(path).iter().any(String::is_empty) {
        return Err(Failure::usage(format!(
            "--set {text}: a part of the key is empty"
        )));
    }
    if value.is_empty() {
        return Ok((path.to_owned(), Value::String(String::new())));
    }
    match yaml::parse_one(value) {
        Ok(Some(tree)) => Ok((path.to_owned(), tree.to_json())),
        Ok(None) => Ok((path.to_owned(), Value::Null)),
        Err(error) => Err(Failure::usage(format!("--set {path}: {}", error.message))
            .hint(format!("to mean a text, quote it: --set '{path}=\"…\"'"))),
    }
}

/// The contents of a `--values` file.
///
/// # Errors
/// Usage when it cannot be read; project when it is no mapping.
pub fn read_file(env: &Env, typed: &str) -> Result<(String, Value)> {
    let path = env.path(typed);
    let fail = |error: std::io::Error| Failure::usage(format!("--values {typed}: {error}"));
    if std::fs::metadata(&path).map_err(fail)?.len() > yaml::LARGEST as u64 {
        return Err(Failure::usage(format!(
            "--values {typed}: it is over 10 MB"
        )));
    }
    let bytes = std::fs::read(&path).map_err(fail)?;
    let bundle = Bundle::new([(typed.to_owned(), bytes)]);
    let tree = file(&bundle, typed).map_err(Mistakes::from)?;
    Ok((
        typed.to_owned(),
        tree.map_or(Value::Object(Map::new()), |tree| tree.to_json()),
    ))
}

/// What `values.exec` prints for one target; `None` without such a command. From a checkout only.
///
/// # Errors
/// Project: the command fails, or prints something else than a mapping.
pub async fn run_exec(
    project: &Project,
    environment: &str,
    target: &Target,
    env: &Env,
) -> Result<Option<Value>> {
    let (Some(source), Some(root)) = (&project.spec.values.exec, &project.root) else {
        return Ok(None);
    };
    let output = exec::run(source, root, (environment, &target.name), env)
        .await
        .map_err(|error| {
            let failure = Failure::project(format!("values.exec: {}", error.message));
            if error.stderr.is_empty() {
                failure
            } else {
                failure.hint(format!("it wrote: {}", error.stderr))
            }
        })?;
    let bundle = Bundle::new([("output of values.exec".to_owned(), output)]);
    let tree = file(&bundle, "output of values.exec").map_err(Mistakes::from)?;
    Ok(tree.map(|tree| tree.to_json()))
}

#[cfg(test)]
mod tests;
