//! From a folder of Kubernetes manifests to a project that renders the same objects.
//!
//! The text of a file is kept wherever it can be ([`edit`]); lists, JSON and what needs larger changes is written anew. Values of
//! Secrets are never taken over.

mod clean;
mod config;
mod edit;
mod images;
mod main_file;
mod marks;
mod namespace;
mod passing;
pub mod read;
mod secrets;
mod templates;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::manifest::ObjectId;
use crate::plan::ownership::Owner;
use crate::project::Bundle;
use crate::project::mistake::Mistakes;
use crate::redact::Secret;
use main_file::MainFile;
use marks::Marks;
use read::{Document, Source};

/// What the manifests do not say.
#[derive(Clone, Copy, Debug)]
pub struct Answers<'a> {
    /// Name of the app, a DNS label.
    pub app: &'a str,
    /// Name of the environment.
    pub environment: &'a str,
    /// Its namespace; `None` for that of the manifests, else the app's name.
    pub namespace: Option<&'a str>,
    /// Its kubeconfig context; `None` for whatever is current.
    pub context: Option<&'a str>,
}

/// A project that was made, and what was done for it.
#[derive(Debug)]
pub struct Made {
    /// The files.
    pub bundle: Bundle,
    /// What was made of what.
    pub report: Report,
    /// Values of Secrets that were read, for the redactor.
    pub learnt: Vec<Secret<String>>,
}

/// What was made of what.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Number of objects in the templates.
    pub objects: usize,
    /// Images that were lifted out, by name.
    pub images: BTreeMap<String, String>,
    /// ConfigMaps that became config groups of the same name: number of entries by name.
    pub config: BTreeMap<String, usize>,
    /// The environment's namespace.
    pub namespace: String,
    /// The templates had a namespace of their own, which is the environment's now.
    pub namespace_lifted: bool,
    /// Objects that are not in the project, and why.
    pub left_out: Vec<Note>,
    /// ConfigMaps that stay templates, and why.
    pub kept: Vec<Note>,
    /// Names of Jobs.
    pub jobs: Vec<String>,
    /// Templates that were written anew, without their comments.
    pub rewritten: Vec<String>,
    /// Whatever else is worth a word.
    pub remarks: Vec<String>,
    /// Other tools that say in the objects' marks that they are theirs.
    pub owners: BTreeSet<String>,
    /// Files that were passed over.
    pub passed_over: Vec<String>,
}

/// A word about one object.
#[derive(Debug, Serialize)]
pub struct Note {
    /// Its id.
    pub object: String,
    /// A part of a sentence.
    pub why: String,
}

/// One object on its way into a template.
struct Item {
    /// Number of its document.
    document: usize,
    /// Its id, with its namespace where it has one.
    id: ObjectId,
    /// As it is to be; `None` when it is not in the templates.
    wanted: Option<Value>,
    /// A comment for its template.
    comment: Option<String>,
}

impl Item {
    fn note(&self, why: impl Into<String>) -> Note {
        Note {
            object: ObjectId {
                namespace: None,
                ..self.id.clone()
            }
            .to_string(),
            why: why.into(),
        }
    }
}

/// Makes a project.
///
/// # Errors
/// Every file that is no manifest.
pub fn make(source: &Source, answers: &Answers<'_>) -> Result<Made, Mistakes> {
    let documents = read::documents(source)?;
    let mut report = Report {
        passed_over: source.others.clone(),
        ..Report::default()
    };
    let mut items = items(&documents);
    for item in &items {
        if let Some(Owner::Other(whose)) = item.wanted.as_ref().map(|it| Owner::of(it, answers.app))
        {
            report.owners.insert(whose);
        }
    }
    leave_out(&mut items, &mut report, |item, object| {
        passing::maker(object, &item.id).map(str::to_owned)
    });
    let (secrets, learnt) = take_secrets(&mut items, &mut report);
    wanted(&mut items).for_each(clean::clean);
    let texts: Vec<&str> = source
        .files
        .paths()
        .filter_map(|path| source.files.text(path).ok())
        .collect();
    let mut marks = Marks::new(&texts);
    let place = namespace::lift(&mut items, answers, &mut marks, &mut report);
    let groups = take_config(&mut items, &secrets, &mut report);
    let mut objects: Vec<&mut Value> = wanted(&mut items).collect();
    report.objects = objects.len();
    let (images, remarks) = images::lift(&mut objects, &mut marks);
    report.remarks.extend(remarks);
    report.images.clone_from(&images);
    report.jobs = items
        .iter()
        .filter(|item| item.wanted.is_some() && item.id.is("Job"))
        .map(|item| item.id.name.clone())
        .collect();
    let written = templates::write(source, &documents, &items, &marks);
    report.rewritten = written.rewritten;
    let main = MainFile {
        source: &source.name,
        app: answers.app,
        images,
        environment: answers.environment,
        context: answers.context,
        namespace: &report.namespace,
        create_namespace: place.create,
        groups: &groups,
        secrets: &secrets,
        jobs: &report.jobs,
        namespaces: &place.others,
        cluster_scoped: place.cluster_scoped,
        raw: &written.raw,
    };
    let mut files = written.files;
    files.push(("deploy.yaml".to_owned(), main.text()));
    files.extend(groups.into_iter().flat_map(|group| group.files));
    let files = files
        .into_iter()
        .map(|(path, text)| (format!("deploy/{path}"), text.into_bytes()));
    Ok(Made {
        bundle: Bundle::new(files),
        report,
        learnt,
    })
}

fn items(documents: &[Document]) -> Vec<Item> {
    let mut items = Vec::new();
    for (document, found) in documents.iter().enumerate() {
        for object in &found.objects {
            // What is no object was refused when it was read.
            items.extend(ObjectId::of(object, "").map(|id| Item {
                document,
                id,
                wanted: Some(object.clone()),
                comment: None,
            }));
        }
    }
    items
}

fn wanted(items: &mut [Item]) -> impl Iterator<Item = &mut Value> {
    items.iter_mut().filter_map(|item| item.wanted.as_mut())
}

/// Takes objects out of the templates for which there is a reason.
fn leave_out(
    items: &mut [Item],
    report: &mut Report,
    reason: impl Fn(&Item, &Value) -> Option<String>,
) {
    for item in items {
        let why = item.wanted.as_ref().and_then(|object| reason(item, object));
        if let Some(why) = why {
            report.left_out.push(item.note(why));
            item.wanted = None;
        }
    }
}

fn take_secrets(
    items: &mut [Item],
    report: &mut Report,
) -> (Vec<secrets::Left>, Vec<Secret<String>>) {
    let (mut left, mut learnt) = (Vec::new(), Vec::new());
    for item in items {
        let Some(object) = item.wanted.take_if(|object| secrets::holds_values(object)) else {
            continue;
        };
        learnt.extend(secrets::values(&object));
        let secret = secrets::left(&object);
        let why = match secret.variables {
            Some(_) => "its values are not copied; uncomment `secrets:` in deploy.yaml, or make it in the cluster".to_owned(),
            None => format!("its values are not copied; a Secret of type {} is made in the cluster", secret.kind),
        };
        report.left_out.push(item.note(why));
        left.push(secret);
    }
    (left, learnt)
}

/// Takes ConfigMaps that can be versioned out of the templates.
fn take_config(
    items: &mut [Item],
    secrets: &[secrets::Left],
    report: &mut Report,
) -> Vec<config::Group> {
    let read = config::read_by_pods(items.iter().filter_map(|item| item.wanted.as_ref()));
    let mut groups = Vec::new();
    for index in 0..items.len() {
        let item = &items[index];
        let Some(map) = item.wanted.as_ref().filter(|_| item.id.is("ConfigMap")) else {
            continue;
        };
        let others: Vec<&Value> = items
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index)
            .filter_map(|(_, item)| item.wanted.as_ref())
            .collect();
        let group = if !map["metadata"]["namespace"].is_null() {
            Err("it is in another namespace".to_owned())
        } else if !read.contains(&item.id.name) {
            Err("no pod here reads it".to_owned())
        } else if secrets.iter().any(|secret| secret.name == item.id.name) {
            Err("a Secret has the same name".to_owned())
        } else {
            config::group(map, &others)
        };
        match group {
            Ok(group) => {
                report.config.insert(group.name.clone(), group.entries);
                groups.push(group);
                items[index].wanted = None;
            }
            Err(why) => {
                report.kept.push(item.note(why.clone()));
                items[index].comment = Some(format!("No config group of deploy.yaml: {why}."));
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests;
