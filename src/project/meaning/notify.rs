//! What `notify` means: one service each, secrets from somewhere, templates that compile, names that exist.

use super::Checks;
use crate::project::schema::{MESSAGE_NAMES, Notifier, SecretText, Slack, Spec, UrlText, Webhook};
use crate::render::text;
use crate::words;

/// Checks the notifiers and who names them.
pub fn check(checks: &mut Checks<'_>, spec: &Spec) {
    for (name, notifier) in &spec.notify {
        one_service(checks, name, notifier);
        for (below, text) in notifier.secret_texts() {
            let path: Vec<&str> = ["notify", name].into_iter().chain(below).collect();
            one_source(checks, &path, text);
        }
        if let Some(slack) = &notifier.slack {
            one_way(checks, name, slack);
        }
        if let Some(webhook) = &notifier.webhook {
            templates(checks, name, webhook);
        }
    }
    for (environment, settings) in &spec.environments {
        for (index, name) in settings.notify.iter().enumerate() {
            if !spec.notify.contains_key(name) {
                let position = index.to_string();
                checks.found(
                    &["environments", environment, "notify", &position],
                    format!("there is no `{name}` under `notify`"),
                    Some(words::suggest(name, spec.notify.keys().map(String::as_str))),
                );
            }
        }
    }
}

fn one_service(checks: &mut Checks<'_>, name: &str, notifier: &Notifier) {
    let services = notifier.services();
    let (problem, hint) = match services.as_slice() {
        [_] => return,
        [] => (
            format!("`notify.{name}` names no service"),
            format!(
                "write {name}: {{slack: {{webhook: {{env: SLACK_WEBHOOK}}}}}}; others are teams, discord, googleChat, mattermost and webhook"
            ),
        ),
        several => (
            format!("`notify.{name}` names {}", words::list(several, "and")),
            "give each a name of its own".to_owned(),
        ),
    };
    checks.found(&["notify", name], problem, Some(hint));
}

fn one_source(checks: &mut Checks<'_>, path: &[&str], text: &SecretText) {
    let filled = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    if filled(&text.env) == filled(&text.file) {
        checks.found(
            path,
            format!("`{}` needs one source", path.join(".")),
            Some("write {env: NAME} or {file: PATH}".to_owned()),
        );
    }
}

fn one_way(checks: &mut Checks<'_>, name: &str, slack: &Slack) {
    let problem = match (&slack.webhook, &slack.token, &slack.channel) {
        (Some(_), None, None) | (None, Some(_), Some(_)) => return,
        (None, Some(_), None) => "has a token and no channel",
        (None, None, _) => "has neither a webhook nor a token",
        (Some(_), Some(_), _) => "has both a webhook and a token",
        (Some(_), None, Some(_)) => "has a channel, but a webhook has its own",
    };
    checks.found(
        &["notify", name, "slack"],
        format!("`notify.{name}.slack` {problem}"),
        Some("write {webhook: {env: SLACK_WEBHOOK}}, or {token: {env: SLACK_TOKEN}, channel: \"#deploys\"}".to_owned()),
    );
}

fn templates(checks: &mut Checks<'_>, name: &str, webhook: &Webhook) {
    let secrets: Vec<String> = webhook
        .secrets
        .keys()
        .map(|name| format!("secrets.{name}"))
        .collect();
    let mut known: Vec<&str> = MESSAGE_NAMES.to_vec();
    known.extend(secrets.iter().map(String::as_str));
    let mut texts: Vec<(Vec<&str>, &str)> = Vec::new();
    if let UrlText::Template(url) = &webhook.url {
        texts.push((vec!["url"], url));
    }
    texts.extend(
        webhook
            .method
            .iter()
            .map(|method| (vec!["method"], method.as_str())),
    );
    texts.extend(
        webhook
            .body
            .iter()
            .map(|body| (vec!["body"], body.as_str())),
    );
    texts.extend(
        webhook
            .headers
            .iter()
            .map(|(key, value)| (vec!["headers", key], value.as_str())),
    );
    for (below, source) in texts {
        if let Err((problem, hint)) = text::check(source, &known) {
            let path: Vec<&str> = ["notify", name, "webhook"]
                .into_iter()
                .chain(below)
                .collect();
            checks.found(&path, problem, hint);
        }
    }
}
