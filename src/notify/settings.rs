//! From `notify` of deploy.yaml to notifiers that can speak: secrets are read here, and learnt by the redactor.

use std::path::Path;

use super::delivery::Problem;
use super::webhook::{self, Webhook};
use super::{JsonHook, Notifier, discord, google_chat, mattermost, slack, teams};
use crate::env::Env;
use crate::project::schema::{self, SecretText, UrlText};
use crate::project::{Project, placeholders};
use crate::redact::{Redactor, Secret};

/// Slack's own addresses of its methods: a token may go there wherever the project came from.
const SLACK: [&str; 2] = ["https://slack.com/api", "https://slack-gov.com/api"];
/// Largest file with a secret text, in bytes.
const LARGEST: u64 = 64 * 1024;
/// Shortest path of a URL that is masked on its own: shorter ones are words.
const PATH: usize = 16;

/// Reads the texts of one project's notifiers.
pub struct Settings<'a> {
    /// The variables of this machine.
    pub env: &'a Env,
    /// Learns what is read.
    pub redactor: &'a Redactor,
    /// The folder that holds `deploy/`; without a checkout no file is read.
    pub root: Option<&'a Path>,
}

impl<'a> Settings<'a> {
    /// For a project.
    pub fn new(project: &'a Project, env: &'a Env, redactor: &'a Redactor) -> Self {
        Self {
            env,
            redactor,
            root: project.root.as_deref(),
        }
    }

    /// Whether it is to keep silent on this machine: a variable that may be absent is.
    pub fn is_absent(&self, spec: &schema::Notifier) -> bool {
        spec.secret_texts().into_iter().any(|(_, text)| {
            let name = text.env.as_deref().map(placeholders::optional);
            name.is_some_and(|(name, optional)| optional && self.env.var(name).is_none())
        })
    }

    /// The notifier, ready to speak.
    ///
    /// # Errors
    /// Something it needs is missing on this machine.
    pub fn notifier(&self, spec: &schema::Notifier) -> Result<Box<dyn Notifier>, Problem> {
        let schema::Notifier {
            slack,
            teams,
            discord,
            google_chat,
            mattermost,
            webhook,
            github: _,
            when: _,
        } = spec;
        if let Some(slack) = slack {
            return self.slack(slack);
        }
        if let Some(webhook) = webhook {
            return Ok(Box::new(self.webhook(webhook)?));
        }
        let hooks: [(&Option<schema::Hook>, super::Body); 4] = [
            (teams, teams::body),
            (discord, discord::body),
            (google_chat, google_chat::body),
            (mattermost, mattermost::body),
        ];
        for (hook, body) in hooks {
            if let Some(hook) = hook {
                let url = self.url(&hook.webhook)?;
                return Ok(Box::new(JsonHook { url, body }));
            }
        }
        Err(Problem::new("no service is set"))
    }

    fn slack(&self, slack: &schema::Slack) -> Result<Box<dyn Notifier>, Problem> {
        if let Some(webhook) = &slack.webhook {
            return Ok(Box::new(slack::Hook(self.url(webhook)?)));
        }
        let (Some(token), Some(channel)) = (&slack.token, &slack.channel) else {
            return Err(Problem::new("no webhook and no token is set"));
        };
        let api = slack.api.as_deref().unwrap_or(SLACK[0]);
        if self.root.is_none() && !SLACK.contains(&api.trim_end_matches('/')) {
            return Err(untrusted());
        }
        Ok(Box::new(slack::Bot {
            api: api.to_owned(),
            token: self.text(token)?,
            channel: channel.clone(),
            posted: None,
        }))
    }

    fn webhook(&self, webhook: &schema::Webhook) -> Result<Webhook, Problem> {
        let url = match &webhook.url {
            // Who can write releases must not be able to choose where variables of this machine are sent.
            UrlText::Template(_) if self.root.is_none() && !webhook.secrets.is_empty() => {
                return Err(untrusted());
            }
            UrlText::Template(url) => webhook::Url::Template(url.clone()),
            UrlText::From(text) => webhook::Url::Known(self.url(text)?),
        };
        let secrets = webhook.secrets.iter();
        Ok(Webhook {
            url,
            method: webhook.method.clone().unwrap_or_else(|| "POST".to_owned()),
            headers: webhook.headers.clone(),
            body: webhook.body.clone(),
            secrets: secrets
                .map(|(name, text)| Ok((name.clone(), self.text(text)?)))
                .collect::<Result<_, Problem>>()?,
        })
    }

    /// A URL that is secret: its path alone is masked, too, because error messages may hold just that.
    fn url(&self, text: &SecretText) -> Result<Secret<String>, Problem> {
        let url = self.text(text)?;
        let path = url
            .expose()
            .split_once("://")
            .and_then(|(_, rest)| rest.split_once('/'));
        if let Some((_, path)) = path.filter(|(_, path)| path.len() >= PATH) {
            self.redactor.learn(path);
        }
        Ok(url)
    }

    fn text(&self, text: &SecretText) -> Result<Secret<String>, Problem> {
        let value = match (&text.env, &text.file) {
            (Some(name), _) => {
                let (name, _) = placeholders::optional(name);
                self.env.var(name).map(str::to_owned).ok_or_else(|| {
                    Problem::new(format!("{name} is not set"))
                        .hint(format!("export {name} where deploy runs"))
                })?
            }
            (None, Some(file)) => self.file(file)?,
            (None, None) => return Err(Problem::new("no variable and no file is named")),
        };
        let value = value.trim().to_owned();
        self.redactor.learn(&value);
        Ok(Secret::new(value))
    }

    fn file(&self, file: &str) -> Result<String, Problem> {
        let Some(root) = self.root else {
            return Err(Problem::new(format!(
                "its secret is in the file {file}, which is read with a checkout only"
            ))
            .hint("variables work without one"));
        };
        let path = root.join("deploy").join(file);
        let problem = |what: String| Problem::new(format!("{} {what}", path.display()));
        let facts = std::fs::metadata(&path)
            .map_err(|error| problem(format!("cannot be read: {error}")))?;
        if !facts.is_file() || facts.len() > LARGEST {
            return Err(problem("is not a small file".to_owned()));
        }
        std::fs::read_to_string(&path).map_err(|error| problem(format!("cannot be read: {error}")))
    }
}

fn untrusted() -> Problem {
    Problem::new("without a checkout, variables of this machine are not sent to an address that a release names")
        .hint("read the address from a variable, too: url: {env: NAME}")
}
