//! Where a command acts: from a checkout, or, without one, from what the releases in the cluster say.

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
    let headers = find(session, &cluster).await?;
    from_records(session, cluster, &headers).await
}

/// The headers of the one app that the flags mean, where the command looks.
pub async fn find(session: &Session, cluster: &Cluster) -> Result<Vec<Header>> {
    let app = session.global.app.as_deref();
    let headers = store::headers(cluster, Some(&cluster.namespace), app).await?;
    let mut apps: Vec<&str> = headers.iter().map(|header| header.app.as_str()).collect();
    apps.sort_unstable();
    apps.dedup();
    match apps.as_slice() {
        [_] => Ok(headers),
        [] => Err(nothing_found(cluster, app)),
        several => Err(Failure::usage(format!(
            "namespace {} holds {}",
            cluster.namespace,
            words::list(several, "and")
        ))
        .hint("choose one with --app")),
    }
}

fn nothing_found(cluster: &Cluster, app: Option<&str>) -> Failure {
    let what = app.map_or_else(|| "no app".to_owned(), |app| format!("no release of {app}"));
    Failure::usage(format!("{what} in namespace {} of context {}, and no deploy/ folder here", cluster.namespace, cluster.context))
        .hint("--context and --namespace say where to look; from a checkout, run it in the folder that holds deploy/")
}

async fn from_records(session: &Session, cluster: Cluster, headers: &[Header]) -> Result<Place> {
    let newest = last_good(headers)
        .filter(|header| header.restorable())
        .or(headers.last())
        .ok_or_else(|| nothing_found(&cluster, None))?;
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
