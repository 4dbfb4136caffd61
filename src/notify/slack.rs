//! Slack: an incoming webhook, or a bot that keeps one message up to date and puts details into its thread.
//!
//! Limits: a section holds 3,000 characters and a message 50 blocks; all blocks together are refused from some 13,000 on, which
//! Slack does not document. A text without blocks holds 40,000 characters.

use futures::future::LocalBoxFuture;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde_json::{Value, json};

use super::delivery::{Post, Problem, Request};
use super::limit::{self, characters};
use super::markup::{Markup, loose};
use super::message::Message;
use super::{Notifier, layout};
use crate::redact::Secret;

/// Most characters of a section.
const SECTION: usize = 3000;
/// Most characters, before they are escaped, of what a notification or a screen reader says.
const FALLBACK: usize = 300;
/// Most characters of a line of the details.
const LINE: usize = 500;
/// Most characters of the details in a thread.
const DETAILS: usize = 12_000;

const MARKUP: Markup = Markup {
    escape,
    bold: "*",
    link: |text, url| format!("<{}|{text}>", entities(url)),
    code: entities,
};

fn escape(text: &str) -> String {
    loose(&entities(text), "*_~`")
}

/// The three characters that Slack asks to escape.
fn entities(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn body(message: &Message) -> Value {
    let lines = MARKUP.lines(&layout::lines(message));
    let text = limit::join(&lines, SECTION, characters);
    let section =
        json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}});
    json!({
        "text": escape(&limit::cut(&message.title, FALLBACK, characters)),
        "blocks": [section],
        "unfurl_links": false,
    })
}

/// An incoming webhook.
pub struct Hook(pub Secret<String>);

impl Notifier for Hook {
    fn tell<'a>(
        &'a mut self,
        message: &'a Message,
        post: &'a Post,
    ) -> LocalBoxFuture<'a, Result<(), Problem>> {
        Box::pin(async move {
            let answer = post.send(&Request::json(&self.0, &body(message))).await?;
            accepted(post, &answer).map(drop)
        })
    }
}

/// A bot with a token.
pub struct Bot {
    /// `https://slack.com/api`.
    pub api: String,
    /// `xoxb-…`.
    pub token: Secret<String>,
    /// `#deploys` or an id.
    pub channel: String,
    /// Channel id and time stamp of the message of this run.
    pub posted: Option<(String, String)>,
}

impl Bot {
    async fn call(&self, post: &Post, method: &str, body: &Value) -> Result<Value, Problem> {
        let url = Secret::new(format!("{}/{method}", self.api.trim_end_matches('/')));
        let mut request = Request::json(&url, body);
        let bearer = HeaderValue::from_str(&format!("Bearer {}", self.token.expose()))
            .map_err(|_| Problem::new("has a token that no header can hold"))?;
        request.headers.insert(AUTHORIZATION, bearer);
        accepted(post, &post.send(&request).await?)
    }
}

impl Notifier for Bot {
    fn tell<'a>(
        &'a mut self,
        message: &'a Message,
        post: &'a Post,
    ) -> LocalBoxFuture<'a, Result<(), Problem>> {
        Box::pin(async move {
            let mut body = body(message);
            let method = if let Some((channel, ts)) = &self.posted {
                body["channel"] = json!(channel);
                body["ts"] = json!(ts);
                "chat.update"
            } else {
                body["channel"] = json!(self.channel);
                "chat.postMessage"
            };
            let answer = self.call(post, method, &body).await?;
            if let (Some(channel), Some(ts)) = (answer["channel"].as_str(), answer["ts"].as_str()) {
                self.posted = Some((channel.to_owned(), ts.to_owned()));
            }
            let Some((channel, ts)) = self.posted.as_ref().filter(|_| !message.details.is_empty())
            else {
                return Ok(());
            };
            let line = |line: &String| {
                let line = limit::cut(&line.replace("```", "'''"), LINE, characters);
                entities(&line)
            };
            let lines: Vec<String> = message.details.iter().map(line).collect();
            let details = limit::join(&lines, DETAILS, characters);
            let thread = json!({
                "channel": channel,
                "thread_ts": ts,
                "text": format!("```\n{details}\n```"),
                "unfurl_links": false,
            });
            self.call(post, "chat.postMessage", &thread).await.map(drop)
        })
    }

    fn updates(&self) -> bool {
        true
    }
}

/// Slack answers 200 to what it refuses, with `ok: false`. A webhook answers `ok`, which is no JSON.
fn accepted(post: &Post, answer: &str) -> Result<Value, Problem> {
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    if answer["ok"] != false {
        return Ok(answer);
    }
    let error = answer["error"].as_str().unwrap_or("unknown error");
    let problem = Problem::new(format!("refused: {}", post.excerpt(error)));
    Err(match error {
        "not_in_channel" | "channel_not_found" => problem
            .hint("invite the bot: /invite @NAME in the channel; `channel` is #name or an id"),
        "invalid_auth" | "not_authed" | "token_revoked" | "account_inactive" => {
            problem.hint("the token is wrong or was revoked; a bot's begins with xoxb-")
        }
        "missing_scope" => problem.hint("give the bot the scope chat:write and install it again"),
        _ => problem,
    })
}
