//! What differs between the last good release and this one, in lines a person can act on. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::goal::Goal;
use crate::event::{Changes, ImageChange};
use crate::plan::{Action, Plan};
use crate::release::Release;
use crate::release::record::{Header, Payload, Who};

/// Most lines said; the plan has the rest.
const MOST: usize = 8;

/// Images first, then config by key, then the commit, then changed fields: the order in which they explain failures.
pub fn since(base: (&Header, &Payload), new: (&Header, &Payload), plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, image) in &new.0.images {
        match base.0.images.get(name) {
            Some(old) if old == image => {}
            Some(old) => lines.push(format!("image {name}: {old} → {image}")),
            None => lines.push(format!("image {name}: {image} is new")),
        }
    }
    for (name, object) in &new.1.configs {
        if base.1.configs.get(name) != Some(object) {
            let keys = changed_keys(
                &data_of(base.1, base.1.configs.get(name)),
                &data_of(new.1, Some(object)),
            );
            lines.push(if keys.is_empty() {
                format!("config {name} changed")
            } else {
                format!("config {name}: {} changed", keys.join(", "))
            });
        }
    }
    for (name, object) in &new.1.secrets {
        if base.1.secrets.get(name) != Some(object) {
            lines.push(format!("secret {name} changed"));
        }
    }
    if let (Some(old), Some(git)) = (&base.0.git, &new.0.git)
        && old.commit != git.commit
    {
        lines.push(format!("commit {} → {}", old.short, git.short));
    }
    for step in plan
        .steps
        .iter()
        .filter(|step| step.action == Action::Update)
    {
        for change in step
            .changes
            .iter()
            .filter(|change| change.path.rsplit('.').next() != Some("image"))
        {
            lines.push(format!("{}: {} changed", step.object, change.path));
        }
    }
    if lines.len() > MOST {
        let rest = lines.len() - MOST;
        lines.truncate(MOST);
        lines.push(format!("and {rest} more"));
    }
    lines
}

/// What a run brings since the last good release, and who brings it, for those who are told.
pub fn changes(base: Option<&Release>, goal: &Goal, who: &Who) -> Changes {
    let old = |name: &str| base.and_then(|base| base.header.images.get(name));
    let images = goal
        .images
        .iter()
        .filter(|(name, to)| old(name) != Some(to));
    let (commits, commits_omitted) = goal.commits.clone();
    let none = BTreeMap::new();
    let differing = |old: Option<&BTreeMap<String, String>>, new: &BTreeMap<String, String>| {
        let old = old.unwrap_or(&none);
        let names = new
            .iter()
            .filter(|(name, object)| old.get(*name) != Some(*object));
        names.map(|(name, _)| name.clone()).collect()
    };
    Changes {
        since: base.map(|base| base.header.number),
        images: images
            .map(|(name, to)| ImageChange {
                name: name.clone(),
                from: old(name).cloned(),
                to: to.clone(),
            })
            .collect(),
        config: differing(
            base.map(|base| &base.payload.configs),
            &goal.payload.configs,
        ),
        secrets: differing(
            base.map(|base| &base.payload.secrets),
            &goal.payload.secrets,
        ),
        commit: goal
            .payload
            .inputs
            .git
            .as_ref()
            .map(|git| git.short.clone()),
        commits,
        commits_omitted,
        user: who.user.clone(),
        host: who.host.clone(),
        ci: who.ci.clone(),
    }
}

fn data_of<'a>(payload: &'a Payload, name: Option<&String>) -> BTreeMap<&'a str, &'a Value> {
    payload
        .objects
        .iter()
        .filter(|manifest| manifest.id.is("ConfigMap") && Some(&manifest.id.name) == name)
        .flat_map(|manifest| {
            ["data", "binaryData"]
                .into_iter()
                .filter_map(|field| manifest.object[field].as_object())
        })
        .flatten()
        .map(|(key, value)| (key.as_str(), value))
        .collect()
}

fn changed_keys(old: &BTreeMap<&str, &Value>, new: &BTreeMap<&str, &Value>) -> Vec<String> {
    let keys: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    keys.into_iter()
        .filter(|key| old.get(key) != new.get(key))
        .map(str::to_owned)
        .collect()
}
