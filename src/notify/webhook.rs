//! Any HTTP request: URL, method, headers and body are templates over the message, and nothing else.

use std::collections::BTreeMap;

use futures::future::LocalBoxFuture;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use super::delivery::{Post, Problem, Request};
use super::message::Message;
use super::{Notifier, layout};
use crate::redact::Secret;
use crate::render::text;

/// A request to be filled in.
pub struct Webhook {
    /// Template, or a URL from elsewhere.
    pub url: Url,
    /// Template.
    pub method: String,
    /// Templates by name.
    pub headers: BTreeMap<String, String>,
    /// Template; `None` is the message as JSON.
    pub body: Option<String>,
    /// `secrets.NAME` in the templates.
    pub secrets: BTreeMap<String, Secret<String>>,
}

/// Where the request goes.
pub enum Url {
    /// As written in deploy.yaml.
    Template(String),
    /// As read from a variable or a file.
    Known(Secret<String>),
}

/// What the templates see of a message.
pub fn scope(message: &Message) -> Map<String, Value> {
    let mut scope = match json!(message) {
        Value::Object(scope) => scope,
        _ => Map::new(),
    };
    scope.insert("text".to_owned(), json!(layout::plain(message)));
    scope
}

impl Webhook {
    fn request(&self, message: &Message) -> Result<Request, Problem> {
        let mut scope = scope(message);
        let whole = Value::Object(scope.clone()).to_string();
        let secrets = self.secrets.iter();
        let secrets: Map<String, Value> = secrets
            .map(|(name, secret)| (name.clone(), json!(secret.expose())))
            .collect();
        scope.insert("secrets".to_owned(), Value::Object(secrets));
        let fill = |what: &str, source: &str| {
            text::render(source, &scope)
                .map_err(|problem| Problem::new(format!("cannot be told: its {what}, {problem}")))
        };
        let url = match &self.url {
            Url::Template(source) => Secret::new(fill("url", source)?.trim().to_owned()),
            Url::Known(url) => url.clone(),
        };
        let method = fill("method", &self.method)?;
        let method = Method::from_bytes(method.trim().as_bytes()).map_err(|_| {
            Problem::new(format!(
                "cannot be told: `{}` is not a method",
                method.trim()
            ))
        })?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, source) in &self.headers {
            let value = fill(&format!("header {name}"), source)?;
            let header = HeaderName::from_bytes(name.as_bytes()).ok();
            let (Some(header), Ok(value)) = (header, HeaderValue::from_str(value.trim())) else {
                return Err(Problem::new(format!(
                    "cannot be told: its header {name} does not fit into one line of ASCII"
                )));
            };
            headers.insert(header, value);
        }
        let body = match &self.body {
            Some(source) => fill("body", source)?,
            None => whole,
        };
        Ok(Request {
            method,
            url,
            headers,
            body,
        })
    }
}

impl Notifier for Webhook {
    fn tell<'a>(
        &'a mut self,
        message: &'a Message,
        post: &'a Post,
    ) -> LocalBoxFuture<'a, Result<(), Problem>> {
        Box::pin(async move { post.send(&self.request(message)?).await.map(drop) })
    }
}
