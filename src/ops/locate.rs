//! Where a command acts: from a checkout, or, without one, from what the releases in the cluster say.

use std::collections::BTreeSet;

use crate::cluster::Cluster;
use crate::error::{Failure, Result};
use crate::project::{Environment, Project, Target};
use crate::release::Store;
use crate::release::record::{Header, last_good};
use crate::release::store;
use crate::session::{Session, choose, only};
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
    /// Nobody is to be told: a dry run is no news.
    pub fn quiet(&mut self) {
        self.environment.spec.notify.clear();
    }
}

impl AsRef<Target> for Place {
    fn as_ref(&self) -> &Target {
        &self.target
    }
}

/// The one place that the flags mean.
///
/// # Errors
/// Usage, when they mean several targets.
pub async fn locate(session: &Session) -> Result<Place> {
    let places = locate_all(session).await?;
    let environment = places
        .first()
        .map_or_else(String::new, |place| place.environment.name.clone());
    only(&environment, places)
}

/// Finds the places by the checkout, or by `--app` and the records where `--context` and `--namespace` point. At least one.
pub async fn locate_all(session: &Session) -> Result<Vec<Place>> {
    if session.has_checkout() {
        let project = session.project()?;
        let (environment, targets) = session.targets(&project)?;
        let several = targets.len() > 1;
        let mut places = Vec::with_capacity(targets.len());
        for target in targets {
            let cluster = connect(session, &target, several).await?;
            places.push(Place {
                project: project.clone(),
                environment: environment.clone(),
                target,
                cluster,
                checkout: true,
            });
        }
        check_apart(&places)?;
        return Ok(places);
    }
    if session.global.project.is_some() {
        // The folder was named, so its absence is the mistake to report.
        session.project()?;
    }
    let cluster = session.connect_current().await?;
    let (cluster, headers) = find(session, cluster).await?;
    let places = from_records(session, cluster, &headers).await?;
    check_apart(&places)?;
    Ok(places)
}

/// The releases in each place. One that cannot be read must not stop the others: it fails when its turn comes.
pub async fn headers(places: &[Place]) -> Vec<Option<Vec<Header>>> {
    let read = places.iter().map(async |place| {
        let store = Store::new(&place.cluster, &place.project.app);
        store.headers().await.ok()
    });
    futures::future::join_all(read).await
}

/// The cluster of a target. Of several, the one that fails is named.
async fn connect(session: &Session, target: &Target, several: bool) -> Result<Cluster> {
    session.connect(target).await.map_err(|failure| {
        if several {
            failure
                .context(format!("target {}", target.name))
                .hint("--target NAME leaves the other targets alone")
        } else {
            failure
        }
    })
}

/// Two targets in one place would deploy over each other, whatever their contexts are called.
fn check_apart(places: &[Place]) -> Result<()> {
    for (index, place) in places.iter().enumerate() {
        let same = places[..index].iter().find(|other| {
            other.cluster.server == place.cluster.server
                && other.cluster.namespace == place.cluster.namespace
        });
        if let Some(other) = same {
            return Err(Failure::project(format!(
                "the targets {} (context {}) and {} (context {}) are the same: namespace {} of {}",
                other.target.name,
                other.cluster.context,
                place.target.name,
                place.cluster.context,
                place.cluster.namespace,
                place.cluster.server
            ))
            .hint("give one of them another context or namespace in deploy.yaml"));
        }
    }
    Ok(())
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

async fn from_records(
    session: &Session,
    cluster: Cluster,
    headers: &[Header],
) -> Result<Vec<Place>> {
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
    let targets: Vec<Target> = choose(&environment, &session.global.targets)?
        .into_iter()
        .cloned()
        .collect();
    session.shell.status(format!(
        "found {} in namespace {} of context {} (environment {}, release {})",
        newest.app, cluster.namespace, cluster.context, newest.environment, newest.number
    ));
    let several = targets.len() > 1;
    let only_target = environment.targets.len() == 1;
    let mut here = Some(cluster);
    let mut places = Vec::with_capacity(targets.len());
    for mut target in targets {
        let stands_here =
            wanted == newest.environment && (target.name == newest.target || only_target);
        let cluster = match here.take_if(|_| stands_here) {
            Some(cluster) => {
                // We stand where its records are: that is the target, whatever name its cluster has on this machine.
                target.namespace.clone_from(&cluster.namespace);
                cluster
            }
            None => connect(session, &target, several).await?,
        };
        places.push(Place {
            project: project.clone(),
            environment: environment.clone(),
            target,
            cluster,
            checkout: false,
        });
    }
    // With several, each says for itself what it has: one that cannot be reached must not stop the others. Where we stand,
    // the records have just been read.
    if let [place] = places.as_slice()
        && here.is_some()
    {
        check_deployed(place, wanted).await?;
    }
    Ok(places)
}

/// A command without a checkout acts on what it finds.
async fn check_deployed(place: &Place, wanted: &str) -> Result<()> {
    let (app, cluster) = (&place.project.app, &place.cluster);
    let there = store::headers(cluster, Some(&cluster.namespace), Some(app)).await?;
    if there.iter().any(|header| header.environment == wanted) {
        return Ok(());
    }
    Err(Failure::usage(format!("no release of {app} in environment {wanted} (context {}, namespace {})", cluster.context, cluster.namespace))
        .hint("a command without a checkout acts on releases it finds there; deploy it once from a checkout or CI"))
}
