//! Where a command acts: from a checkout, or, without one, from what the releases in the cluster say.

use std::collections::BTreeSet;

use crate::cluster::Cluster;
use crate::error::{Failure, Result};
use crate::project::{Environment, Project, Target};
use crate::release::Store;
use crate::release::record::{Header, last_good};
use crate::release::store;
use crate::session::{Session, choose};
use crate::words;

/// Where a command acts.
pub struct Place {
    /// The project: from the checkout or from the newest readable record.
    pub project: Project,
    /// Its environment.
    pub environment: Environment,
    /// Its target.
    pub target: Target,
    /// The target's cluster.
    pub cluster: Cluster,
    /// Whether the project came from a checkout: only then may its scripts run.
    pub checkout: bool,
}

impl Place {
    /// The same, with nobody to tell: a dry run is no news.
    #[must_use]
    pub fn quiet(mut self, dry_run: bool) -> Self {
        if dry_run {
            self.environment.spec.notify.clear();
        }
        self
    }
}

/// Finds the place by the checkout, or by `--app` and the records where `--context` and `--namespace` point.
pub async fn locate(session: &Session) -> Result<Place> {
    if session.has_checkout() {
        let project = session.project()?;
        let (environment, target) = session.place(&project)?;
        let cluster = session.connect(&target).await?;
        return Ok(Place {
            project,
            environment,
            target,
            cluster,
            checkout: true,
        });
    }
    if session.global.project.is_some() {
        // The folder was named, so its absence is the mistake to report.
        session.project()?;
    }
    let cluster = session.connect_current().await?;
    let (cluster, headers) = find(session, cluster).await?;
    from_records(session, cluster, &headers).await
}

/// The headers of the one app that the flags mean, and the cluster seen from its namespace.
pub async fn find(session: &Session, mut cluster: Cluster) -> Result<(Cluster, Vec<Header>)> {
    let app = session.global.app.as_deref();
    let all = session.global.all_namespaces;
    let within = (!all).then_some(cluster.namespace.as_str());
    let mut found = store::find(&cluster, within, app).await?;
    let apps: BTreeSet<&str> = found
        .values()
        .flatten()
        .map(|header| header.app.as_str())
        .collect();
    let namespaces: Vec<&str> = found.keys().map(String::as_str).collect();
    if apps.len() > 1 {
        let place = if all {
            format!("context {}", cluster.context)
        } else {
            format!("namespace {}", cluster.namespace)
        };
        let apps: Vec<&str> = apps.into_iter().collect();
        let failure = Failure::usage(format!("{place} holds {}", words::list(&apps, "and")));
        return Err(failure.hint("choose one with --app"));
    }
    if namespaces.len() > 1 {
        return Err(Failure::usage(format!(
            "{} is in the namespaces {}",
            apps.first().copied().unwrap_or_default(),
            words::list(&namespaces, "and")
        ))
        .hint("choose one with --namespace instead of -A"));
    }
    let Some((namespace, headers)) = found.pop_first() else {
        return Err(nothing_found(session, &cluster, app, all));
    };
    cluster.namespace = namespace;
    Ok((cluster, headers))
}

fn nothing_found(session: &Session, cluster: &Cluster, app: Option<&str>, all: bool) -> Failure {
    let what = app.map_or_else(|| "no app".to_owned(), |app| format!("no release of {app}"));
    let place = if all {
        "any namespace".to_owned()
    } else {
        format!("namespace {}", cluster.namespace)
    };
    let what = format!("{what} in {place} of context {}", cluster.context);
    if Project::find(&session.env, session.global.project.as_deref()).is_ok() {
        return Failure::usage(what).hint("--context and --namespace (or -A) say where to look; leave --app out to use the deploy/ folder here");
    }
    Failure::usage(format!("{what}, and no deploy/ folder here"))
        .hint("--context and --namespace (or -A) say where to look; from a checkout, run it in the folder that holds deploy/")
}

async fn from_records(session: &Session, cluster: Cluster, headers: &[Header]) -> Result<Place> {
    let newest = last_good(headers)
        .filter(|header| header.restorable())
        .or(headers.last())
        .ok_or_else(|| nothing_found(session, &cluster, None, false))?;
    let payload = Store::new(&cluster, &newest.app)
        .load(newest)
        .await?
        .payload;
    let project = Project::from_bundle(payload.bundle)?;
    let wanted = session
        .global
        .environment
        .as_deref()
        .unwrap_or(&newest.environment);
    let environment = project.environment(Some(wanted))?;
    let target_name = session
        .global
        .target
        .as_deref()
        .or((wanted == newest.environment).then_some(newest.target.as_str()));
    let mut target = choose(&environment, target_name)?.clone();
    session.shell.status(format!(
        "found {} in namespace {} of context {} (environment {}, release {})",
        newest.app, cluster.namespace, cluster.context, newest.environment, newest.number
    ));
    if wanted == newest.environment {
        // We stand where its records are: that is the target, whatever name its cluster has on this machine.
        target.namespace.clone_from(&cluster.namespace);
        return Ok(Place {
            project,
            environment,
            target,
            cluster,
            checkout: false,
        });
    }
    let cluster = session.connect(&target).await?;
    let there = store::headers(&cluster, Some(&cluster.namespace), Some(&project.app)).await?;
    if !there.iter().any(|header| header.environment == wanted) {
        return Err(Failure::usage(format!("no release of {} in environment {wanted} (context {}, namespace {})", project.app, cluster.context, cluster.namespace))
            .hint("a command without a checkout acts on releases it finds there; deploy it once from a checkout or CI"));
    }
    Ok(Place {
        project,
        environment,
        target,
        cluster,
        checkout: false,
    })
}
