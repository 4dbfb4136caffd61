//! `deploy app`: from the user's files, or from the bundle that is running, to a goal.

use std::collections::BTreeMap;
use std::path::Path;

use super::finish::{KEY_SECRET, read_key};
use super::goal::{Goal, Key};
use super::locate::Place;
use super::planning::PlanHeader;
use crate::cluster::Cluster;
use crate::env::Env;
use crate::error::{Failure, Result};
use crate::event::{Event, Events};
use crate::manifest::Manifest;
use crate::manifest::versioned::NameKey;
use crate::project::git::{self, Commit};
use crate::project::inputs::Inputs;
use crate::redact::Redactor;
use crate::release::record::{Header, Payload, last_good};
use crate::release::withheld::withhold;
use crate::release::{Release, Store, copies};
use crate::render::{self, Rendered, Request};
use crate::secrets;

/// Commits that are listed; more are counted.
const COMMITS: usize = 20;

/// What `app` and `plan` are asked to deploy.
pub struct Wish {
    /// Images, values and settings given on the command line, and the commit.
    pub inputs: Inputs,
    /// Start from the bundle that is running.
    pub from_live: bool,
    /// Deploy a commit older than the running one.
    pub allow_older: bool,
    /// With `from_live`: live images that differ from the record are accepted.
    pub accept_drift: bool,
}

/// Renders the wish into a goal. Reads the cluster for the last release and the key of secret names; writes nothing.
pub async fn goal(
    place: &Place,
    wish: Wish,
    env: &Env,
    redactor: &Redactor,
    events: &Events,
) -> Result<Goal> {
    let cluster = &place.cluster;
    let store = Store::new(cluster, &place.project.app);
    let headers = store.headers().await?;
    let good = last_good(&headers);
    if wish.from_live || !place.checkout {
        return from_live(place, wish, &store, good, redactor).await;
    }
    let mut inputs = wish.inputs;
    inherit_images(&mut inputs, good, place.project.spec.images.keys());
    if !wish.allow_older {
        refuse_older(place.project.root.as_deref(), env, &inputs, good)?;
    }
    let values = secrets::fetch(
        &place.project,
        &place.environment.name,
        &place.target,
        env,
        redactor,
    )
    .await?;
    let key = if place.project.spec.secrets.is_empty() {
        None
    } else {
        Some(key(cluster).await?)
    };
    let rendered = render::render(&Request {
        project: &place.project,
        environment: &place.environment,
        target: &place.target,
        inputs: &inputs,
        secrets: Some(&values),
        recorded_secrets: None,
        key: key.as_ref().map(Key::name_key),
    })?;
    let key = match key {
        None if has_template_secret(&rendered.manifests) => Some(self::key(cluster).await?),
        key => key,
    };
    if let (Some(Key::Fresh(_)), Some(good)) = (&key, good) {
        warn_of_lost_key(&store, good, events).await?;
    }
    let commits = commits_since(place.project.root.as_deref(), env, &inputs, good);
    Ok(Goal {
        good: good.map(|good| good.number),
        commits,
        ..from_rendered(place, rendered, inputs, key, redactor, events)
    })
}

/// A key that is made anew although the last good release used one was lost: all names of secrets change, once.
async fn warn_of_lost_key(store: &Store<'_>, good: &Header, events: &Events) -> Result<()> {
    if !good.restorable() {
        return Ok(());
    }
    let payload = store.load(good).await?.payload;
    if payload.secrets.is_empty() && payload.copies.is_empty() {
        return Ok(());
    }
    events.send(Event::Warning {
        code: "key-lost".to_owned(),
        message: format!(
            "Secret/{KEY_SECRET} is gone, so secrets get new names: pods that use them restart once"
        ),
        object: None,
    });
    Ok(())
}

fn from_rendered(
    place: &Place,
    rendered: Rendered,
    inputs: Inputs,
    key: Option<Key>,
    redactor: &Redactor,
    events: &Events,
) -> Goal {
    for value in copies::values(&rendered.manifests) {
        redactor.learn(&value);
    }
    for warning in &rendered.warnings {
        events.send(Event::Warning {
            code: "policy".to_owned(),
            message: warning.one_line(),
            object: None,
        });
    }
    let (bundle, withheld) = withhold(&place.project.bundle, &rendered.manifests);
    Goal {
        command: "app",
        good: None,
        place: header(place),
        payload: Payload {
            bundle,
            withheld,
            inputs,
            objects: Vec::new(),
            jobs: rendered.jobs.clone(),
            configs: rendered.configs,
            secrets: rendered.secrets,
            copies: BTreeMap::new(),
        },
        manifests: rendered.manifests,
        jobs: rendered.jobs,
        checks: place.project.spec.checks.clone(),
        images: rendered.images,
        commits: (Vec::new(), 0),
        rollback: None,
        resumes: None,
        key,
    }
}

/// Bundle, values, config and secret versions as they run; only images and settings given now change.
async fn from_live(
    place: &Place,
    wish: Wish,
    store: &Store<'_>,
    good: Option<&Header>,
    redactor: &Redactor,
) -> Result<Goal> {
    let good = good.ok_or_else(|| {
        Failure::usage(format!(
            "no good release of {} in namespace {} to start from",
            place.project.app, place.cluster.namespace
        ))
        .hint("--from-live needs one; deploy from a checkout first")
    })?;
    let Release { payload, .. } = store.load(good).await?;
    if !wish.accept_drift {
        super::drift::refuse_drift(&place.cluster, good, &payload).await?;
    }
    let project = crate::project::Project::from_bundle(payload.bundle.clone())?;
    let mut inputs = payload.inputs.clone();
    inputs.images.extend(wish.inputs.images);
    inputs.set.extend(wish.inputs.set);
    inputs.values_files.extend(wish.inputs.values_files);
    if wish.inputs.git.is_some() {
        inputs.git = wish.inputs.git;
    }
    let rendered = render::render(&Request {
        project: &project,
        environment: &place.environment,
        target: &place.target,
        inputs: &inputs,
        secrets: None,
        recorded_secrets: Some(&payload.secrets),
        key: None,
    })?;
    let mut kept = copies::restore(&place.cluster, &project.app, good.number, &payload).await?;
    // Secrets stay as they run: the record's folder does not have their values.
    kept.retain(|manifest| manifest.id.is("Secret"));
    let mut manifests = rendered.manifests;
    manifests.retain(|manifest| !manifest.id.is("Secret"));
    manifests.extend(kept);
    manifests.sort_by(|one, other| one.id.cmp(&other.id));
    for value in copies::values(&manifests) {
        redactor.learn(&value);
    }
    let key = if has_template_secret(&manifests) {
        Some(key(&place.cluster).await?)
    } else {
        None
    };
    Ok(Goal {
        command: "app",
        good: Some(good.number),
        place: header(place),
        payload: Payload {
            bundle: payload.bundle,
            withheld: payload.withheld,
            inputs,
            objects: Vec::new(),
            jobs: rendered.jobs.clone(),
            configs: rendered.configs,
            secrets: payload.secrets,
            copies: BTreeMap::new(),
        },
        manifests,
        jobs: rendered.jobs,
        checks: project.spec.checks,
        images: rendered.images,
        commits: (Vec::new(), 0),
        rollback: None,
        resumes: None,
        key,
    })
}

/// App, environment and target of a place.
pub fn header(place: &Place) -> PlanHeader {
    PlanHeader {
        app: place.project.app.clone(),
        environment: place.environment.name.clone(),
        target: place.target.name.clone(),
    }
}

fn has_template_secret(manifests: &[Manifest]) -> bool {
    manifests.iter().any(|manifest| {
        manifest.id.is("Secret") && manifest.label(crate::manifest::KIND_LABEL).is_none()
    })
}

/// The namespace's key of secret names, or a new one that the first record keeps.
pub async fn key(cluster: &Cluster) -> Result<Key> {
    Ok(match read_key(cluster).await? {
        Some(key) => Key::Kept(key),
        None => Key::Fresh(NameKey::random().map_err(|error| Failure::bug(format!("{error:#}")))?),
    })
}

/// An image that is not named now stays what it was in the last good release.
fn inherit_images<'a>(
    inputs: &mut Inputs,
    good: Option<&Header>,
    names: impl Iterator<Item = &'a String>,
) {
    let names: Vec<&String> = names.collect();
    for (name, image) in good.iter().flat_map(|header| &header.images) {
        if names.contains(&name) {
            inputs
                .images
                .entry(name.clone())
                .or_insert_with(|| image.clone());
        }
    }
}

/// What was committed since the last good release, where git knows both commits.
fn commits_since(
    root: Option<&Path>,
    env: &Env,
    inputs: &Inputs,
    good: Option<&Header>,
) -> (Vec<Commit>, usize) {
    let older = good.and_then(|good| good.git.as_ref());
    let (Some(root), Some(older), Some(newer)) = (root, older, &inputs.git) else {
        return (Vec::new(), 0);
    };
    if older.commit == newer.commit {
        return (Vec::new(), 0);
    }
    git::log(root, env, (&older.commit, &newer.commit), COMMITS).unwrap_or_default()
}

/// CI jobs may finish out of order: a commit older than the running one is not deployed by accident.
fn refuse_older(
    root: Option<&Path>,
    env: &Env,
    inputs: &Inputs,
    good: Option<&Header>,
) -> Result<()> {
    let (Some(new), Some(good)) = (&inputs.git, good) else {
        return Ok(());
    };
    let Some(running) = &good.git else {
        return Ok(());
    };
    // Ancestry where git knows both commits, else commit time.
    let older =
        match root.and_then(|root| git::is_ancestor(root, env, &new.commit, &running.commit)) {
            Some(ancestor) => ancestor,
            None => new.time < running.time,
        };
    if new.commit == running.commit || !older {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "commit {} is older than {}, which runs as release {}",
        new.short, running.short, good.number
    ))
    .hint(
        "--allow-older deploys it all the same; `deploy rollback` goes back to an earlier release",
    ))
}
