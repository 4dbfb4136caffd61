//! Secret values from files of the checkout.

use std::collections::BTreeSet;
use std::path::PathBuf;

use futures::future::LocalBoxFuture;

use super::{Place, Source, SourceError, Values, parse};
use crate::project::schema::{FileSource, Notifier, SecretSource};
use crate::project::{Project, dotenv, environment, placeholders};
use crate::redact::Secret;

/// Largest file, in bytes: a Secret cannot hold more.
const LARGEST: u64 = 1024 * 1024;

/// Paths inside the bundle that hold secrets, in any environment: they must never become part of a record.
pub fn paths(project: &Project) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for secret in project.spec.secrets.values() {
        for source in std::iter::once(secret).chain(secret.per_environment.values()) {
            collect(project, source, &mut paths);
        }
    }
    let notifiers = project.spec.notify.values();
    paths.extend(
        notifiers
            .flat_map(Notifier::secret_texts)
            .filter_map(|(_, text)| placeholders::inside(text.file.as_deref()?)),
    );
    paths
}

fn collect(project: &Project, source: &SecretSource, paths: &mut BTreeSet<String>) {
    let patterns: Vec<&String> = match &source.file {
        Some(FileSource::All(path)) => vec![path],
        Some(FileSource::Each(files)) => files.values().collect(),
        None => return,
    };
    for (name, settings) in &project.spec.environments {
        for target in environment::targets(&project.app, name, settings) {
            paths.extend(patterns.iter().filter_map(|pattern| {
                placeholders::inside(&placeholders::fill(pattern, name, &target.name))
            }));
        }
    }
}

impl Source for FileSource {
    fn fetch<'a>(
        &'a self,
        place: &'a Place<'a>,
    ) -> LocalBoxFuture<'a, Result<Values, SourceError>> {
        Box::pin(std::future::ready(match self {
            Self::All(path) => all(path, place),
            Self::Each(files) => files
                .iter()
                .map(|(key, path)| Ok((key.clone(), Secret::new(read(path, place)?.1))))
                .collect(),
        }))
    }
}

fn all(path: &str, place: &Place<'_>) -> Result<Values, SourceError> {
    let (path, bytes) = read(path, place)?;
    let values = if dotenv::is_env_file(&path) {
        parse::env_lines(&bytes)
    } else {
        parse::mapping(&bytes)
    };
    values.map_err(|problem| {
        SourceError::new(
            format!("{} {problem}", path.display()),
            "a .env file holds KEY=value lines, any other a YAML or JSON mapping",
        )
    })
}

/// Paths are relative to the folder of deploy.yaml.
fn read(pattern: &str, place: &Place<'_>) -> Result<(PathBuf, Vec<u8>), SourceError> {
    let path = place.root.join("deploy").join(placeholders::fill(
        pattern,
        place.environment,
        place.target,
    ));
    let fail = |problem: String| {
        SourceError::new(
            format!("{} {problem}", path.display()),
            "paths are relative to the folder deploy/",
        )
    };
    let facts =
        std::fs::metadata(&path).map_err(|error| fail(format!("cannot be read: {error}")))?;
    if !facts.is_file() || facts.len() > LARGEST {
        return Err(fail("is not a file of at most 1 MB".to_owned()));
    }
    let bytes = std::fs::read(&path).map_err(|error| fail(format!("cannot be read: {error}")))?;
    Ok((path, bytes))
}
