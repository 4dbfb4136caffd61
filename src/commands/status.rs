//! `deploy status`

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use crate::error::{Failure, Outcome, Result};
use crate::event::State;
use crate::ops::locate::{Place, locate_all};
use crate::project::mistake::Mistakes;
use crate::release::record::{Header, last_good};
use crate::release::{self, Store, copies, lease};
use crate::render::yaml;
use crate::report;
use crate::session::Session;
use crate::shell::OutputFormat;
use crate::style::Label;
use crate::track::{self, ObjectStatus};
use crate::{cluster, words};

/// Show what is running and whether it is well, with the cause when it is not
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Judge the objects in a file (`-` reads stdin) instead of a cluster
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// End with exit code 6 when something is not ready
    #[arg(long)]
    exit_code: bool,
}

/// What `deploy status --output json` prints.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "Status")]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    /// Version of this document: within it, fields are only added.
    version: u32,
    /// The release that runs, where there is one target; absent when objects of a file are judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<&'a Header>,
    /// The releases that run, by target, where there are several.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    releases: BTreeMap<&'a str, &'a Header>,
    /// The objects of the releases, or of the file.
    objects: Vec<Row<'a>>,
}

/// One object's standing, with its target.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "StatusRow")]
struct Row<'a> {
    /// Its target, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    #[serde(flatten)]
    status: &'a ObjectStatus,
}

/// What was seen in one target, or in a file.
struct Seen {
    target: String,
    release: Option<Header>,
    objects: Vec<ObjectStatus>,
}

/// Runs `deploy status`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    let (seen, failed) = match &args.file {
        Some(path) => (vec![saved(session, path)?], None),
        None => live(session).await?,
    };
    if session.shell.format == OutputFormat::Json {
        session.shell.json(&document(&seen))?;
    }
    // One target that cannot be seen hides none of the others.
    if let Some(failure) = failed {
        return Err(failure);
    }
    let well = seen
        .iter()
        .flat_map(|seen| &seen.objects)
        .all(|status| status.readiness == State::Ready);
    Ok(if args.exit_code && !well {
        Outcome::Failed
    } else {
        Outcome::Done
    })
}

fn document(seen: &[Seen]) -> Document<'_> {
    let several = seen.len() > 1;
    let releases = seen
        .iter()
        .filter_map(|seen| Some((seen.target.as_str(), seen.release.as_ref()?)));
    Document {
        version: 1,
        release: seen
            .first()
            .and_then(|seen| seen.release.as_ref())
            .filter(|_| !several),
        releases: releases.filter(|_| several).collect(),
        objects: seen
            .iter()
            .flat_map(|seen| {
                let target = several.then_some(seen.target.as_str());
                seen.objects
                    .iter()
                    .map(move |status| Row { target, status })
            })
            .collect(),
    }
}

fn print(session: &Session, objects: &[ObjectStatus]) -> Result<()> {
    if session.shell.format == OutputFormat::Json {
        return Ok(());
    }
    for status in objects {
        for line in lines(session, status) {
            session.shell.data(line)?;
        }
    }
    Ok(())
}

/// Every target in turn; the last failure, where one of several could not be seen.
async fn live(session: &Session) -> Result<(Vec<Seen>, Option<Failure>)> {
    let places = locate_all(session).await?;
    let (mut all, mut failed) = (Vec::new(), None);
    for place in &places {
        match look(session, place).await {
            Ok(seen) => all.push(seen),
            Err(failure) if places.len() == 1 => return Err(failure),
            Err(failure) => session.put_off(&mut failed, failure, &place.target),
        }
    }
    Ok((all, failed))
}

async fn look(session: &Session, place: &Place) -> Result<Seen> {
    let app = &place.project.app;
    let store = Store::new(&place.cluster, app);
    let headers = store.headers().await?;
    let Some(head) = headers.last() else {
        return Err(Failure::usage(format!(
            "{app} has no releases in namespace {} of context {}",
            place.cluster.namespace, place.cluster.context
        ))
        .hint("`deploy app` makes the first one"));
    };
    // A failed release that was undone, or never touched a workload, is not what runs.
    let running = headers
        .iter()
        .find(|header| Some(header.number) == head.undone_to)
        .unwrap_or(head);
    if session.shell.format != OutputFormat::Json {
        heading(session, &place.cluster, head, running).await?;
    }
    let payload = store
        .load(if running.restorable() {
            running
        } else {
            last_good(&headers).unwrap_or(running)
        })
        .await?
        .payload;
    for value in copies::kept_values(&place.cluster, app).await? {
        session.shell.redactor.learn(&value);
    }
    let snapshot = track::look(&place.cluster, app, &payload.objects).await?;
    let rules = crate::ops::readiness::all(&place.project.spec.readiness)?;
    let ids = payload.objects.iter().map(|manifest| &manifest.id);
    let objects = track::status(&snapshot, ids, &rules, session.env.now());
    print(session, &objects)?;
    Ok(Seen {
        target: place.target.name.clone(),
        release: Some(running.clone()),
        objects,
    })
}

/// Who runs what since when, and what is going on just now.
async fn heading(
    session: &Session,
    cluster: &cluster::Cluster,
    head: &Header,
    running: &Header,
) -> Result<()> {
    let now = session.env.now();
    let shell = &session.shell;
    let target = match running.target.as_str() {
        "" => String::new(),
        target if target == running.environment => String::new(),
        target => format!(" {target}"),
    };
    shell.data(format!(
        "{} in {}{target} ({}, namespace {}): release {}, {}, {} by {}",
        running.app,
        running.environment,
        cluster.context,
        cluster.namespace,
        running.number,
        running.state.words(),
        words::age(now, running.started),
        running.who.user
    ))?;
    if head.number != running.number {
        let cause = head.cause.as_deref();
        let cause = cause.map_or_else(String::new, |cause| format!(" ({cause})"));
        let what = match head.state {
            release::State::JobFailed => "was stopped by a job before its rollout",
            _ => "failed and was undone",
        };
        shell.data(format!("release {} {what}{cause}", head.number))?;
    }
    let lease = cluster
        .get_kind(
            &cluster::Kind::lease(),
            Some(&cluster.namespace),
            &lease::name(&running.app),
        )
        .await;
    // Who may only look at workloads still learns how they are.
    let held_now = match lease {
        Err(error) if error.is_forbidden() => {
            shell.data("not checked: whether somebody holds the lock (we may not read leases)")?;
            None
        }
        lease => lease?.as_ref().and_then(lease::read),
    };
    if let Some(held) = &held_now {
        let since = held
            .since
            .map_or_else(String::new, |since| format!(", {}", words::age(now, since)));
        shell.data(format!(
            "locked by {} on {}: deploy {}{since}",
            held.holder.who.user, held.holder.who.host, held.holder.reason
        ))?;
    }
    let alive = held_now.is_some_and(|held| !lease::expired(&held, now));
    match head.state {
        release::State::Running if !alive => shell.hint(format!(
            "release {} was cut off: `deploy resume` carries on, `deploy rollback` goes back",
            head.number
        )),
        release::State::Interrupted | release::State::Unwatched => shell.hint(format!(
            "release {} is not finished: `deploy resume` carries on, `deploy rollback` goes back",
            head.number
        )),
        _ => {}
    }
    Ok(())
}

fn lines(session: &Session, status: &ObjectStatus) -> Vec<String> {
    let dress = session.shell.dress;
    let label = match status.readiness {
        State::Ready => Label::Good,
        State::Waiting => Label::Caution,
        State::Failed => Label::Bad,
    };
    let reason = if status.reason.is_empty() {
        String::new()
    } else {
        format!("  {}", status.reason)
    };
    let mut lines = vec![report::printable(&format!(
        "{} {}{reason}",
        dress.symbol(label),
        status.id
    ))];
    if let Some(first) = lines.first_mut() {
        *first = dress.paint(label, first.as_str());
    }
    // What is ready needs no explanation beyond its line.
    let findings = status
        .findings
        .iter()
        .filter(|_| status.readiness != State::Ready);
    for finding in findings {
        lines.extend(report::finding_lines(
            finding,
            report::Detail::Summary,
            &session.shell,
        ));
    }
    lines
}

/// Objects from a file: a list or several documents, with or without their events.
fn saved(session: &Session, path: &Path) -> Result<Seen> {
    let name = path.display();
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes)
    } else {
        std::fs::File::open(session.env.path(path))
            .and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
    let text = String::from_utf8_lossy(&bytes);
    let documents = yaml::parse(&text).map_err(|error| {
        Failure::from(Mistakes::from(crate::project::from_yaml(
            &error,
            &name.to_string(),
            &text,
        )))
    })?;
    let objects: Vec<Value> = documents.iter().map(yaml::Node::to_json).collect();
    let named = |object: &Value| {
        !object["kind"].is_null()
            && (object["metadata"]["name"].is_string() || object["items"].is_array())
    };
    if !objects.iter().any(named) {
        return Err(Failure::usage(format!("{name} holds no objects"))
            .hint("save some with `kubectl get deploy,rs,pod,event -o yaml`"));
    }
    let objects = track::judge_saved(objects, session.env.now());
    print(session, &objects)?;
    Ok(Seen {
        target: String::new(),
        release: None,
        objects,
    })
}
