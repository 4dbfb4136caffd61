//! One request to a service: time limit, retries, and what its answer means. The only place of this folder that uses the network.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode};
use tokio::time::{sleep, timeout};

use crate::error::Failure;
use crate::redact::{Redactor, Secret};
use crate::{web, words};

/// How long one request may take.
const LIMIT: Duration = Duration::from_secs(10);
/// How often a request is tried.
const TRIES: u32 = 4;
/// The first pause between two tries; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest pause that a service may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Most bytes of an answer that are read.
const MOST_ANSWER: usize = 64 * 1024;
/// Most characters of an answer that are shown.
const EXCERPT: usize = 200;

/// Why a message did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What went wrong, one sentence without a full stop, masked.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem without a hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
        }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::new(failure.one_line())
    }
}

/// What is sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// `POST`.
    pub method: Method,
    /// Where to.
    pub url: Secret<String>,
    /// With a `Content-Type`.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Request {
    /// A JSON document for a URL.
    pub fn json(url: &Secret<String>, body: &serde_json::Value) -> Self {
        let json = reqwest::header::HeaderValue::from_static("application/json; charset=utf-8");
        Self {
            method: Method::POST,
            url: url.clone(),
            headers: HeaderMap::from_iter([(CONTENT_TYPE, json)]),
            body: body.to_string(),
        }
    }
}

/// The body of an answer that is no error, as far as it was read.
pub type Answer = String;

/// Sends requests.
pub struct Post {
    client: reqwest::Client,
    redactor: Redactor,
}

/// What became of one try.
enum Tried {
    Done(Answer),
    /// May go better after a pause; the service may have said how long.
    Again(Problem, Option<Duration>),
    Failed(Problem),
}

impl Post {
    /// With a client of its own. Redirects are not followed: a message may hold what its new receiver should not see.
    ///
    /// # Errors
    /// The system's root certificates cannot be read.
    pub fn new(redactor: &Redactor) -> crate::error::Result<Self> {
        Ok(Self {
            client: web::client(web::Redirects::Refuse)?,
            redactor: redactor.clone(),
        })
    }

    /// Sends a request until it is answered: again after 429, 5xx and lost connections, up to a limit.
    ///
    /// # Errors
    /// It is refused, or was tried too often.
    pub async fn send(&self, request: &Request) -> Result<Answer, Problem> {
        let mut pause = PAUSE;
        for tries in 1.. {
            match self.attempt(request).await {
                Tried::Done(answer) => return Ok(answer),
                Tried::Failed(problem) => return Err(problem),
                Tried::Again(problem, _) if tries == TRIES => {
                    let message = format!("{}, tried {tries} times", problem.message);
                    return Err(Problem { message, ..problem });
                }
                Tried::Again(_, asked) => sleep(asked.unwrap_or(pause)).await,
            }
            pause *= 2;
        }
        Err(Problem::new("was never tried"))
    }

    async fn attempt(&self, request: &Request) -> Tried {
        let sent = self
            .client
            .request(request.method.clone(), request.url.expose())
            .headers(request.headers.clone())
            .body(request.body.clone())
            .send();
        let answered = async {
            let mut response = sent.await?;
            let body = read(&mut response).await;
            Ok((response, body))
        };
        match timeout(LIMIT, answered).await {
            Ok(Ok((response, body))) => self.judge(&response, &body),
            Ok(Err(error)) => self.lost(error),
            // It may have arrived: sending it again could tell everybody twice.
            Err(_) => Tried::Failed(Problem::new(format!(
                "did not answer within {}",
                words::whole(LIMIT)
            ))),
        }
    }

    fn judge(&self, response: &Response, body: &str) -> Tried {
        let status = response.status();
        let excerpt = self.excerpt(body);
        let named = |what: &str| match excerpt.as_str() {
            "" => format!("answered {what}"),
            excerpt => format!("answered {what}: {excerpt}"),
        };
        let header = |name| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        if status.is_redirection() {
            let to = header(LOCATION).map_or(String::new(), |to| format!(" to {}", host(to)));
            return Tried::Failed(
                Problem::new(format!(
                    "answered {}, a redirect{to}, which is not followed",
                    name(status)
                ))
                .hint("use the URL that it leads to"),
            );
        }
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            let asked = header(RETRY_AFTER)
                .and_then(|seconds| seconds.trim().parse().ok())
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            let problem = Problem::new(named(&name(status)));
            return Tried::Again(problem, asked.map(|asked| asked.min(LONGEST_PAUSE)));
        }
        if !status.is_success() {
            let problem = Problem::new(named(&name(status)));
            return Tried::Failed(match status {
                StatusCode::NOT_FOUND | StatusCode::GONE => {
                    problem.hint("the webhook was removed, or its URL is not complete")
                }
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    problem.hint("its secret is wrong, or was revoked")
                }
                _ => problem,
            });
        }
        let html = header(CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html"));
        if html
            || body
                .trim_start()
                .to_lowercase()
                .starts_with("<!doctype html")
        {
            return Tried::Failed(
                Problem::new(format!(
                    "answered {} with a web page, so nobody took the message",
                    name(status)
                ))
                .hint("the URL is that of a page or of a proxy's login, not of a webhook"),
            );
        }
        Tried::Done(body.to_owned())
    }

    fn lost(&self, error: reqwest::Error) -> Tried {
        let builder = error.is_builder();
        let error = anyhow::Error::from(error.without_url());
        let mut causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
        causes.dedup();
        let text = match causes.as_slice() {
            [] => error.to_string(),
            causes => causes.join(": "),
        };
        let text = self.excerpt(&text);
        if builder {
            return Tried::Failed(
                Problem::new(format!("cannot be asked: {text}"))
                    .hint("is its URL complete, with https://?"),
            );
        }
        Tried::Again(Problem::new(format!("cannot be reached: {text}")), None)
    }

    /// A part of an answer, fit to be shown.
    pub fn excerpt(&self, body: &str) -> String {
        let text = words::one_line(&self.redactor.mask(body));
        super::limit::cut(&text, EXCERPT, super::limit::characters)
    }
}

/// The beginning of an answer. A body that breaks off is as good as a short one.
async fn read(response: &mut Response) -> String {
    let mut body = Vec::new();
    while body.len() < MOST_ANSWER
        && let Ok(Some(chunk)) = response.chunk().await
    {
        body.extend_from_slice(&chunk);
    }
    body.truncate(MOST_ANSWER);
    String::from_utf8_lossy(&body).into_owned()
}

fn name(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

/// Where a URL leads, without what may be secret in it.
fn host(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let host = host.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}")
        }
        None => "another path".to_owned(),
    }
}

#[cfg(test)]
mod tests;
