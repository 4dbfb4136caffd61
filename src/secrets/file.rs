//! Secret values from files of the checkout.

use std::collections::BTreeSet;

use crate::project::schema::{FileSource, SecretSource};
use crate::project::{Project, environment, placeholders};

/// Paths inside the bundle that hold secrets, in any environment: they must never become part of a record.
pub fn paths(project: &Project) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for secret in project.spec.secrets.values() {
        for source in std::iter::once(secret).chain(secret.per_environment.values()) {
            collect(project, source, &mut paths);
        }
    }
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
