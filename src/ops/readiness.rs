//! The project's own readiness rules, before those that come with the program.

use std::collections::BTreeMap;

use crate::error::{Failure, Result};
use crate::project::schema::ReadinessRule;
use crate::track::CustomRule;

/// The rules of `readiness:` in deploy.yaml.
///
/// # Errors
/// Project: a path that is no JSONPath.
pub fn own(written: &BTreeMap<String, ReadinessRule>) -> Result<Vec<CustomRule>> {
    written
        .iter()
        .map(|(kind, rule)| {
            CustomRule::new(kind, &rule.path, &rule.ready, &rule.failed).map_err(|problem| {
                Failure::project(format!("readiness of {kind} in deploy.yaml: {problem}"))
            })
        })
        .collect()
}

/// Those, then the built-in ones.
///
/// # Errors
/// As [`own`].
pub fn all(written: &BTreeMap<String, ReadinessRule>) -> Result<Vec<CustomRule>> {
    let mut rules = own(written)?;
    rules.extend_from_slice(CustomRule::built_in());
    Ok(rules)
}
