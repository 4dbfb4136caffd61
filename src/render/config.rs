//! Config groups and secrets to their versioned objects.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Request;
use crate::manifest::versioned::{self, LARGEST, Naming, PLACEHOLDER};
use crate::project::bundle::MAIN;
use crate::project::mistake::{Mistake, Mistakes};
use crate::project::schema::Config;
use crate::project::{dotenv, names, placeholders};
use crate::secrets;

/// A versioned object.
#[derive(Clone, Debug)]
pub struct Versioned {
    /// The config group's or secret's name in deploy.yaml.
    pub logical: String,
    /// Its object.
    pub object: Value,
    /// Hash of its content for a config group with a fixed name; such pods need an annotation to roll.
    pub fixed_hash: Option<String>,
}

impl Versioned {
    /// The object's name.
    pub fn name(&self) -> &str {
        self.object["metadata"]["name"].as_str().unwrap_or_default()
    }
}

/// The ConfigMaps of all config groups.
pub fn configs(request: &Request<'_>, mistakes: &mut Mistakes) -> Vec<Versioned> {
    let mut all = Vec::new();
    for (logical, config) in &request.project.spec.config {
        let Some(data) = data(request, config, mistakes) else {
            continue;
        };
        let size: usize = data
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum();
        if size > LARGEST {
            mistakes.0.push(
                Mistake::new(
                    MAIN,
                    format!(
                        "the config group `{logical}` has {} KiB; a ConfigMap holds 1024",
                        size / 1024
                    ),
                )
                .hint("split it into several groups, or put the data elsewhere"),
            );
        }
        let naming = if config.fixed_name {
            Naming::Fixed
        } else {
            Naming::ByContent
        };
        all.push(Versioned {
            logical: logical.clone(),
            object: versioned::config_map(&request.project.app, logical, &data, naming),
            fixed_hash: config.fixed_name.then(|| versioned::config_hash(&data)),
        });
    }
    all
}

/// Entries of a group; later files win. `None` when a mistake was found.
fn data(
    request: &Request<'_>,
    config: &Config,
    mistakes: &mut Mistakes,
) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut data = BTreeMap::new();
    let before = mistakes.0.len();
    for pattern in &config.from {
        let (pattern, optional) = placeholders::optional(pattern);
        let path = placeholders::fill(pattern, &request.environment.name, &request.target.name);
        let Some(path) = placeholders::inside(&path) else {
            continue;
        };
        let Some(bytes) = request.project.bundle.get(&path) else {
            if !optional {
                mistakes
                    .0
                    .push(Mistake::new(MAIN, format!("there is no file {path}")));
            }
            continue;
        };
        let name = path.rsplit('/').next().unwrap_or(&path);
        if dotenv::is_env_file(std::path::Path::new(name)) {
            match env_entries(request, &path) {
                Ok(entries) => data.extend(entries),
                Err(mistake) => mistakes.0.push(mistake),
            }
        } else if let Some(problem) = names::data_key_problem(name) {
            mistakes.0.push(Mistake::new(
                &path,
                format!("its name becomes a key, and a key {problem}"),
            ));
        } else {
            data.insert(name.to_owned(), bytes.to_vec());
        }
    }
    (mistakes.0.len() == before).then_some(data)
}

fn env_entries(request: &Request<'_>, path: &str) -> Result<Vec<(String, Vec<u8>)>, Mistake> {
    let source = request.project.bundle.text(path)?;
    let entries = dotenv::parse(source).map_err(|(line, problem)| {
        Mistake::new(path, problem)
            .at(line, None, source)
            .hint("a .env file holds KEY=value lines and # comments")
    })?;
    Ok(entries
        .into_iter()
        .map(|(key, value)| (key, value.into_bytes()))
        .collect())
}

/// The Secrets of an environment. Without values (offline), each has its placeholder name and no data.
pub fn secrets(
    request: &Request<'_>,
    mistakes: &mut Mistakes,
    warnings: &mut Vec<Mistake>,
) -> Vec<Versioned> {
    let app = &request.project.app;
    let mut all = Vec::new();
    for logical in secrets::sources(request.project, &request.environment.name).into_keys() {
        let values = request.secrets.and_then(|secrets| secrets.0.get(logical));
        let data: BTreeMap<String, Vec<u8>> = values
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.expose().clone()))
            .collect();
        if data.values().map(Vec::len).sum::<usize>() > LARGEST {
            mistakes.0.push(Mistake::new(
                MAIN,
                format!("the secret `{logical}` is larger than 1024 KiB"),
            ));
        }
        for (key, value) in &data {
            if value.len() < crate::redact::SHORTEST {
                warnings.push(
                    Mistake::new(
                        MAIN,
                        format!("the secret `{logical}` has a value under `{key}` too short to be masked in output"),
                    )
                    .hint(format!("values of {} bytes and more are masked", crate::redact::SHORTEST)),
                );
            }
        }
        let recorded = request
            .recorded_secrets
            .and_then(|names| names.get(logical));
        let hash = match (request.key, values) {
            (Some(key), Some(_)) => versioned::secret_hash(key, "Opaque", &data),
            _ => PLACEHOLDER.to_owned(),
        };
        let mut object = versioned::secret(app, logical, &hash, &data);
        if let Some(name) = recorded {
            object["metadata"]["name"] = Value::String(name.clone());
        }
        all.push(Versioned {
            logical: logical.to_owned(),
            object,
            fixed_hash: None,
        });
    }
    all
}
