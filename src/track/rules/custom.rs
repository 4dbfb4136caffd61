//! Custom resources: rules that are data (the user's, then `custom.yaml`), else the conventions of kstatus.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::SignedDuration;
use serde::Deserialize;

use super::{Readiness, Subject};
use crate::diagnose::build;
use crate::track::path::{Path, scalar};
use crate::track::read;

/// How long a new object without any status is given to get one before its existence is all there is to check.
const STATUS_GRACE: SignedDuration = SignedDuration::from_secs(10);

/// When objects of a kind count as ready, as data.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `Certificate.cert-manager.io`, or a bare kind of any group.
    pub kind: String,
    checks: Vec<Check>,
    message: Option<Path>,
}

/// One field and what its values mean. A path that finds several values wants all of them ready.
#[derive(Clone, Debug)]
struct Check {
    path: Path,
    text: String,
    ready: Vec<String>,
    failed: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    checks: Vec<WrittenCheck>,
    message: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCheck {
    path: String,
    #[serde(default)]
    ready: Vec<String>,
    #[serde(default)]
    failed: Vec<String>,
}

impl Rule {
    /// A rule of one field, as `readiness:` in deploy.yaml writes it.
    ///
    /// # Errors
    /// What is wrong with the path, in words.
    pub fn new(
        kind: &str,
        path: &str,
        ready: &[String],
        failed: &[String],
    ) -> Result<Self, String> {
        Ok(Self {
            kind: kind.to_owned(),
            checks: vec![Check {
                path: Path::parse(path)?,
                text: path.to_owned(),
                ready: ready.to_vec(),
                failed: failed.to_vec(),
            }],
            message: None,
        })
    }

    /// The rules that come with the program.
    pub fn built_in() -> &'static [Self] {
        static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
            let written: BTreeMap<String, WrittenRule> =
                serde_yaml::from_str(include_str!("custom.yaml")).unwrap_or_default();
            written.into_iter().filter_map(Rule::parsed).collect()
        });
        &RULES
    }

    fn parsed((kind, written): (String, WrittenRule)) -> Option<Self> {
        let mut checks = Vec::new();
        for check in written.checks {
            checks.push(Check {
                path: Path::parse(&check.path).ok()?,
                text: check.path,
                ready: check.ready,
                failed: check.failed,
            });
        }
        let message = match written.message {
            Some(path) => Some(Path::parse(&path).ok()?),
            None => None,
        };
        Some(Self {
            kind,
            checks,
            message,
        })
    }

    fn judge(&self, subject: &Subject<'_>) -> Readiness {
        let message = self
            .message
            .as_ref()
            .and_then(|path| path.find(subject.object).first().map(|value| scalar(value)))
            .filter(|message| !message.is_empty())
            .map(|message| format!(": {}", read::clip(&message)))
            .unwrap_or_default();
        let mut waiting = stale(subject);
        for check in &self.checks {
            let values: Vec<String> = check
                .path
                .find(subject.object)
                .into_iter()
                .map(scalar)
                .collect();
            if let Some(value) = values.iter().find(|value| check.failed.contains(value)) {
                let words = format!("{} is {value}{message}", check.text);
                return Readiness::Failed(Box::new(build::custom_failed(subject, &words)));
            }
            if check.ready.is_empty() {
                continue;
            }
            if values.is_empty() {
                waiting.get_or_insert(format!("waiting for {}{message}", check.text));
            } else if let Some(value) = values.iter().find(|value| !check.ready.contains(value)) {
                waiting.get_or_insert(format!("{} is {value}{message}", check.text));
            }
        }
        waiting.map_or_else(Readiness::ready, Readiness::waiting)
    }
}

/// Words for a Ready condition that speaks of an older generation.
fn stale(subject: &Subject<'_>) -> Option<String> {
    let generation = read::number(subject.object, "/metadata/generation")?;
    read::condition(subject.object, "Ready")?
        .generation
        .is_some_and(|observed| observed < generation)
        .then(|| format!("waiting for the controller to observe generation {generation}"))
}

/// Judges a custom resource.
pub fn judge(subject: &Subject<'_>) -> Readiness {
    let kind = subject.id.kind_text();
    let rule = subject
        .custom
        .iter()
        .find(|rule| rule.kind == kind || rule.kind == subject.id.kind);
    match rule {
        Some(rule) => rule.judge(subject),
        None => conventions(subject),
    }
}

/// kstatus: Stalled has failed, Reconciling is under way, Ready decides.
fn conventions(subject: &Subject<'_>) -> Readiness {
    let object = subject.object;
    if object
        .get("status")
        .and_then(serde_json::Value::as_object)
        .is_none_or(serde_json::Map::is_empty)
    {
        return without_status(subject);
    }
    if let Some(stalled) = read::condition(object, "Stalled")
        && stalled.status == "True"
    {
        return Readiness::Failed(Box::new(build::custom_failed(subject, &stalled.words())));
    }
    if let Some(reconciling) = read::condition(object, "Reconciling")
        && reconciling.status == "True"
    {
        return Readiness::waiting(reconciling.words());
    }
    let generation = read::number(object, "/metadata/generation").unwrap_or(0);
    for name in ["Ready", "Available", "Succeeded", "Complete"] {
        let Some(condition) = read::condition(object, name) else {
            continue;
        };
        if condition
            .generation
            .is_some_and(|observed| observed < generation)
        {
            return Readiness::waiting(format!(
                "waiting for the controller to observe generation {generation}"
            ));
        }
        if condition.status == "True" {
            return Readiness::ready();
        }
        return Readiness::waiting(condition.words());
    }
    Readiness::ready_but("says nothing about being ready: only its existence was checked")
}

fn without_status(subject: &Subject<'_>) -> Readiness {
    let made = read::time(subject.object, "/metadata/creationTimestamp");
    match made.map(|made| made + STATUS_GRACE) {
        Some(until) if subject.now < until => Readiness::Waiting {
            why: "waiting for its controller to write a status".to_owned(),
            until: Some(until),
        },
        _ => Readiness::ready_but("has no status: only its existence was checked"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_rule_parses() {
        let written: BTreeMap<String, WrittenRule> =
            serde_yaml::from_str(include_str!("custom.yaml")).unwrap();
        let rules = Rule::built_in();
        assert_eq!(written.len(), rules.len());
    }
}
