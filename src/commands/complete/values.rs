//! Values for a word that is being typed: from the project, the kubeconfig and, within a second, the cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::wanted::Wanted;
use crate::cli::GlobalArgs;
use crate::cluster::Contexts;
use crate::commands::explain::EXIT_CODES;
use crate::commands::history;
use crate::diagnose;
use crate::env::Env;
use crate::error::Result;
use crate::interrupt::Interrupt;
use crate::ops::locate::{find, locate};
use crate::project::{Environment, Project, Target};
use crate::release::record::{Header, State};
use crate::release::{Store, store};
use crate::sandbox::{self, Machine};
use crate::session::Session;
use crate::shell::{OutputFormat, Shell};
use crate::words;

/// Who presses a key does not wait longer.
const PATIENCE: Duration = Duration::from_secs(1);
/// Releases that are offered.
const RELEASES: usize = 50;

/// What a word may become.
#[derive(Debug)]
pub struct Value {
    /// The word.
    pub value: String,
    /// What it stands for; may be empty.
    pub about: String,
}

impl Value {
    fn new(value: impl Into<String>, about: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            about: about.into(),
        }
    }
}

/// The values, or none: when something goes wrong, and when it takes too long.
///
/// The search has a thread of its own, because a login program of the kubeconfig is waited for without a way to stop.
pub async fn look_up(env: &Env, flags: GlobalArgs, wanted: Wanted) -> Vec<Value> {
    let mut env = env.in_silence();
    let runtime = tokio::runtime::Handle::current();
    let search = tokio::task::spawn_blocking(move || {
        let session = Session {
            shell: Shell::new(&mut env, OutputFormat::Plain, false),
            env,
            global: flags,
            interrupt: Interrupt::default(),
        };
        runtime
            .block_on(values(&session, wanted))
            .unwrap_or_default()
    });
    match tokio::time::timeout(PATIENCE, search).await {
        Ok(Ok(values)) => values,
        _ => Vec::new(),
    }
}

async fn values(session: &Session, wanted: Wanted) -> Result<Vec<Value>> {
    Ok(match wanted {
        Wanted::Environments => {
            let project = project(session).await?;
            let names = project.spec.environments.keys();
            let known = names.filter_map(|name| project.environment(Some(name)).ok());
            known
                .map(|known| Value::new(&known.name, leads_to(&known)))
                .collect()
        }
        Wanted::Targets => {
            let project = project(session).await?;
            let environment = project.environment(session.global.environment.as_deref())?;
            let targets = environment.targets.iter();
            targets
                .map(|target| Value::new(&target.name, place(target)))
                .collect()
        }
        Wanted::Apps => apps(session).await?,
        Wanted::Contexts => contexts(session)?
            .known
            .into_iter()
            .map(|known| Value::new(known.name, format!("cluster {}", known.cluster)))
            .collect(),
        Wanted::Namespaces => namespaces(session),
        Wanted::Releases => releases(session, |_| true).await?,
        Wanted::Goals => {
            releases(session, |header| {
                header.state == State::Good && header.restorable()
            })
            .await?
        }
        Wanted::Codes => {
            let causes = diagnose::catalogue().iter();
            let causes = causes.map(|cause| Value::new(cause.code, cause.cause));
            let codes = EXIT_CODES.iter();
            causes
                .chain(codes.map(|(code, meaning, _)| Value::new(code.to_string(), *meaning)))
                .collect()
        }
        Wanted::Sandboxes => sandbox::names(&Machine::new(&session.env)?)
            .into_iter()
            .map(|name| Value::new(name.as_str(), format!("context {}", name.context())))
            .collect(),
        Wanted::Images => {
            let project = project(session).await?;
            let images = project.spec.images.iter();
            images
                .map(|(name, image)| Value::new(format!("{name}="), image))
                .collect()
        }
    })
}

fn contexts(session: &Session) -> Result<Contexts> {
    Contexts::read(&session.env, session.global.kubeconfig.as_deref())
}

/// The project of the checkout, else of the newest record.
async fn project(session: &Session) -> Result<Project> {
    if session.has_checkout() {
        return session.project();
    }
    // The environment is what is being asked for, or may be a name that nobody knows yet.
    Ok(locate(session).await?.project)
}

fn leads_to(environment: &Environment) -> String {
    match environment.targets.as_slice() {
        [target] => place(target),
        targets => {
            let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
            words::list(&names, "and")
        }
    }
}

fn place(target: &Target) -> String {
    match target.contexts.first().or(target.server.as_ref()) {
        Some(context) => format!("{context}/{}", target.namespace),
        None => format!("namespace {}", target.namespace),
    }
}

async fn apps(session: &Session) -> Result<Vec<Value>> {
    let cluster = session.connect_current().await?;
    let all = session.global.all_namespaces;
    let within = (!all).then_some(cluster.namespace.as_str());
    let mut apps: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (namespace, headers) in store::find(&cluster, within, None).await? {
        for header in headers {
            apps.entry(header.app)
                .or_default()
                .insert(namespace.clone());
        }
    }
    Ok(apps
        .into_iter()
        .map(|(app, namespaces)| {
            let namespaces: Vec<&String> = namespaces.iter().collect();
            Value::new(app, format!("in {}", words::list(&namespaces, "and")))
        })
        .collect())
}

/// From the files only: listing those of the cluster is a right that few have.
fn namespaces(session: &Session) -> Vec<Value> {
    let mut found = BTreeMap::new();
    for known in contexts(session).unwrap_or_default().known {
        found.insert(known.namespace, format!("of context {}", known.name));
    }
    if session.has_checkout()
        && let Ok(project) = session.project()
    {
        for name in project.spec.environments.keys() {
            let targets = project.environment(Some(name)).map(|known| known.targets);
            for target in targets.unwrap_or_default() {
                found.insert(target.namespace, format!("of environment {name}"));
            }
        }
    }
    found.remove("");
    found
        .into_iter()
        .map(|(name, about)| Value::new(name, about))
        .collect()
}

/// Newest first.
async fn releases(session: &Session, fits: impl Fn(&Header) -> bool) -> Result<Vec<Value>> {
    let headers = if session.has_checkout() {
        let project = session.project()?;
        // A number belongs to the first target where there are several, as with `rollback --to`.
        let (_, targets) = session.targets(&project)?;
        let Some(target) = targets.first() else {
            return Ok(Vec::new());
        };
        let cluster = session.connect(target).await?;
        Store::new(&cluster, &project.app).headers().await?
    } else {
        find(session, session.connect_current().await?).await?.1
    };
    let now = session.env.now();
    Ok(headers
        .iter()
        .rev()
        .filter(|header| fits(header))
        .take(RELEASES)
        .map(|header| {
            let mut about = vec![
                header.state.words().to_owned(),
                words::age(now, header.started),
            ];
            about.extend(Some(history::what(header)).filter(|what| !what.is_empty()));
            Value::new(header.number.to_string(), about.join(", "))
        })
        .collect())
}
