//! Who is told, and how.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Somebody who is told: exactly one service. A notifier that is down never fails a deploy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Notifier {
    /// Slack: `{webhook: {env: SLACK_WEBHOOK}}`, or `{token: {env: SLACK_TOKEN}, channel: "#deploys"}`.
    pub slack: Option<Slack>,
    /// Microsoft Teams, by the webhook of a workflow.
    pub teams: Option<Hook>,
    /// Discord.
    pub discord: Option<Hook>,
    /// Google Chat.
    pub google_chat: Option<Hook>,
    /// Mattermost.
    pub mattermost: Option<Hook>,
    /// Anything that takes an HTTP request.
    pub webhook: Option<Webhook>,
    /// GitHub deployments and statuses.
    pub github: Option<BTreeMap<String, Value>>,
    /// What is told. (YAML reads a key `on` as true, so it is not called that.) Default: all but `waiting`.
    pub when: Option<Vec<Occasion>>,
}

impl Notifier {
    /// The keys of the services that are set.
    #[must_use]
    pub fn services(&self) -> Vec<&'static str> {
        [
            ("slack", self.slack.is_some()),
            ("teams", self.teams.is_some()),
            ("discord", self.discord.is_some()),
            ("googleChat", self.google_chat.is_some()),
            ("mattermost", self.mattermost.is_some()),
            ("webhook", self.webhook.is_some()),
            ("github", self.github.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, set)| set.then_some(name))
        .collect()
    }

    /// Whether this is told.
    #[must_use]
    pub fn hears(&self, occasion: Occasion) -> bool {
        match &self.when {
            Some(chosen) => chosen.contains(&occasion),
            None => occasion != Occasion::Waiting,
        }
    }

    /// Texts that come from elsewhere, with the path of each below this notifier.
    #[must_use]
    pub fn secret_texts(&self) -> Vec<(Vec<&str>, &SecretText)> {
        let mut texts = Vec::new();
        if let Some(slack) = &self.slack {
            texts.extend(
                slack
                    .webhook
                    .iter()
                    .map(|text| (vec!["slack", "webhook"], text)),
            );
            texts.extend(
                slack
                    .token
                    .iter()
                    .map(|text| (vec!["slack", "token"], text)),
            );
        }
        for (service, hook) in [
            ("teams", &self.teams),
            ("discord", &self.discord),
            ("googleChat", &self.google_chat),
            ("mattermost", &self.mattermost),
        ] {
            texts.extend(
                hook.iter()
                    .map(|hook| (vec![service, "webhook"], &hook.webhook)),
            );
        }
        if let Some(webhook) = &self.webhook {
            if let UrlText::From(text) = &webhook.url {
                texts.push((vec!["webhook", "url"], text));
            }
            let secrets = webhook.secrets.iter();
            texts.extend(secrets.map(|(name, text)| (vec!["webhook", "secrets", name], text)));
        }
        texts
    }
}

/// What a message is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Occasion {
    /// A deploy waits for somebody's lock for more than a few seconds.
    Waiting,
    /// The release is recorded, writing begins.
    Started,
    /// It is live.
    Succeeded,
    /// It failed or was stopped, and was not rolled back.
    Failed,
    /// It failed, and the last good release is back.
    RolledBack,
}

/// A text that does not belong into deploy.yaml: exactly one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(extend("format" = "secret-text"))]
pub struct SecretText {
    /// The environment variable that holds it. With a trailing `?` it may be absent: then nobody is told, and nothing is said
    /// of it.
    pub env: Option<String>,
    /// The file that holds it: absolute, or relative to the folder of deploy.yaml. Read with a checkout only, and never kept
    /// in a release.
    pub file: Option<String>,
}

/// Slack: an incoming webhook, or a bot that keeps one message per run up to date, with details in its thread.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Slack {
    /// URL of an incoming webhook.
    pub webhook: Option<SecretText>,
    /// A bot's token (`xoxb-…`) with the scope `chat:write`.
    pub token: Option<SecretText>,
    /// Where the bot writes: `#deploys` or a channel's id. The bot must be a member.
    pub channel: Option<String>,
    /// Where Slack's methods are. Default: `https://slack.com/api`.
    pub api: Option<String>,
}

/// A service that gives out URLs to post to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hook {
    /// The URL.
    pub webhook: SecretText,
}

/// Any HTTP request. Its texts are templates, with the message and `secrets` in scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Webhook {
    /// The URL: a template, or where to read it from.
    pub url: UrlText,
    /// The method. Default: `POST`.
    #[serde(default)]
    pub method: Option<String>,
    /// Headers. `Content-Type` is `application/json` unless it is here.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body. Default: the whole message as JSON.
    #[serde(default)]
    pub body: Option<String>,
    /// Texts for the templates, as `secrets.NAME`.
    #[serde(default)]
    pub secrets: BTreeMap<String, SecretText>,
}

/// A URL that may be written in deploy.yaml.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum UrlText {
    /// A template.
    Template(String),
    /// Read from elsewhere.
    From(SecretText),
}

/// Names that the templates of a [`Webhook`] may use.
pub const MESSAGE_NAMES: [&str; 22] = [
    "app",
    "cause",
    "ci",
    "command",
    "commits",
    "commitsOmitted",
    "config",
    "details",
    "duration",
    "environment",
    "images",
    "next",
    "occasion",
    "release",
    "rolledBackTo",
    "run",
    "since",
    "targets",
    "test",
    "text",
    "title",
    "user",
];
