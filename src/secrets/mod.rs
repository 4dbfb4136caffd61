//! Where secret values come from: one file per source. Decides nothing about objects; values are learnt by the redactor at once.
//!
//! Values never appear in errors: only names of secrets, keys, variables, files and programs do.

mod env;
mod exec;
pub mod file;
mod parse;

use std::collections::BTreeMap;

use base64::Engine as _;
use futures::future::LocalBoxFuture;

use crate::env::Env;
use crate::error::Result;
use crate::project::bundle::MAIN;
use crate::project::mistake::{Mistake, Mistakes};
use crate::project::schema::SecretSource;
use crate::project::{Project, Target, names};
use crate::redact::{Redactor, Secret};

/// Keys and values of one secret.
pub type Values = BTreeMap<String, Secret<Vec<u8>>>;

/// Values by the secret's name in deploy.yaml and by key.
#[derive(Clone, Debug, Default)]
pub struct SecretValues(pub BTreeMap<String, Values>);

/// Where and for what values are fetched.
pub struct Place<'a> {
    /// The folder that holds `deploy/`.
    pub root: &'a std::path::Path,
    /// The environment.
    pub environment: &'a str,
    /// The target.
    pub target: &'a str,
    /// The process.
    pub env: &'a Env,
}

/// A source of secret values.
pub trait Source {
    /// Fetches all values of one secret.
    ///
    /// # Errors
    /// What is missing, as a sentence without a full stop and without any value.
    fn fetch<'a>(&'a self, place: &'a Place<'a>)
    -> LocalBoxFuture<'a, Result<Values, SourceError>>;
}

/// Why a source gave nothing.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceError {
    /// What is missing.
    pub message: String,
    /// What to do next.
    pub hint: String,
}

impl SourceError {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

/// The secrets an environment has, with the source that counts there.
pub fn sources<'a>(project: &'a Project, environment: &str) -> BTreeMap<&'a str, &'a SecretSource> {
    project
        .spec
        .secrets
        .iter()
        .filter(|(_, secret)| {
            secret
                .environments
                .as_ref()
                .is_none_or(|only| only.iter().any(|name| name == environment))
        })
        .map(|(name, secret)| {
            let source = secret.per_environment.get(environment).unwrap_or(secret);
            (name.as_str(), source)
        })
        .collect()
}

/// Fetches every secret of an environment, all at once. From a checkout only.
///
/// # Errors
/// Project: every secret that cannot be fetched, never a value.
pub async fn fetch(
    project: &Project,
    environment: &str,
    target: &Target,
    env: &Env,
    redactor: &Redactor,
) -> Result<SecretValues> {
    let sources = sources(project, environment);
    let Some(root) = &project.root else {
        return Ok(SecretValues::default());
    };
    let place = Place {
        root,
        environment,
        target: &target.name,
        env,
    };
    let place = &place;
    let fetched = futures::future::join_all(
        sources
            .iter()
            .map(|(name, source)| async move { (*name, fetch_one(source, place).await) }),
    )
    .await;
    let mut mistakes = Mistakes::default();
    let mut all = SecretValues::default();
    for (name, result) in fetched {
        match result.and_then(check_keys) {
            Ok(values) => {
                learn(&values, redactor);
                all.0.insert(name.to_owned(), values);
            }
            Err(error) => mistakes.0.push(
                Mistake::new(MAIN, format!("secret `{name}`: {}", error.message)).hint(error.hint),
            ),
        }
    }
    mistakes.into_result()?;
    Ok(all)
}

/// Values that offline checks can look at: those in files of the checkout. What cannot be read is left out.
pub async fn at_hand(
    project: &Project,
    environment: &str,
    target: &Target,
    env: &Env,
    redactor: &Redactor,
) -> SecretValues {
    let mut found = SecretValues::default();
    let Some(root) = &project.root else {
        return found;
    };
    let place = Place {
        root,
        environment,
        target: &target.name,
        env,
    };
    for (name, source) in sources(project, environment) {
        if source.file.is_some()
            && let Ok(values) = fetch_one(source, &place).await.and_then(check_keys)
        {
            learn(&values, redactor);
            found.0.insert(name.to_owned(), values);
        }
    }
    found
}

async fn fetch_one(source: &SecretSource, place: &Place<'_>) -> Result<Values, SourceError> {
    let sources: [Option<&dyn Source>; 3] = [
        source.env.as_ref().map(|source| source as &dyn Source),
        source.file.as_ref().map(|source| source as &dyn Source),
        source.exec.as_ref().map(|source| source as &dyn Source),
    ];
    match sources.into_iter().flatten().next() {
        Some(source) => source.fetch(place).await,
        None => Err(SourceError::new(
            format!("it has no source in {}", place.environment),
            "name one under `in`, or list its environments under `environments`",
        )),
    }
}

fn check_keys(values: Values) -> Result<Values, SourceError> {
    if values.is_empty() {
        return Err(SourceError::new("it has no keys", "its source is empty"));
    }
    for key in values.keys() {
        if let Some(problem) = names::data_key_problem(key) {
            return Err(SourceError::new(
                format!("the key `{key}` {problem}"),
                "rename it in its source",
            ));
        }
    }
    Ok(values)
}

fn learn(values: &Values, redactor: &Redactor) {
    for value in values.values() {
        match std::str::from_utf8(value.expose()) {
            Ok(text) => {
                redactor.learn(text);
                redactor.learn(text.trim());
            }
            Err(_) => {
                redactor.learn(&base64::engine::general_purpose::STANDARD.encode(value.expose()));
            }
        }
    }
}

#[cfg(test)]
mod tests;
