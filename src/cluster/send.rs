//! One request: counted, repeated while that is safe and may help, given up in time.

use std::time::Duration;

use http_body_util::BodyExt as _;
use kube::client::Body;
use serde_json::Value;

use super::{About, ApiError, Cluster};

/// Seconds a request may take. The API server gives up after 60 by itself and then says why.
const PATIENCE: u64 = 65;
/// Seconds that repetitions of one request may take in all.
const REPEAT: Duration = Duration::from_secs(30);
/// The wait before the first repetition; doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// A request to make.
pub(super) struct Call {
    /// The method.
    pub method: http::Method,
    /// Path and query.
    pub path: String,
    /// The body's type.
    pub content_type: &'static str,
    /// What is understood.
    pub accept: &'static str,
    /// The body.
    pub body: Vec<u8>,
    /// For messages.
    pub about: About,
    /// Whether doing it twice is as good as doing it once.
    pub repeatable: bool,
}

/// An answer whose body is still to be read.
pub(super) type Response = http::Response<Body>;

/// An answer that is a success.
pub(super) struct Answer {
    /// HTTP status.
    pub code: u16,
    /// The body.
    pub body: Vec<u8>,
}

pub(super) const JSON: &str = "application/json";

impl Call {
    /// A reading request.
    pub fn get(path: String, about: About) -> Self {
        Self {
            method: http::Method::GET,
            path,
            content_type: JSON,
            accept: JSON,
            body: Vec::new(),
            about,
            repeatable: true,
        }
    }

    /// A writing request with a JSON body, made once.
    pub fn write(method: http::Method, path: String, body: &Value, about: About) -> Self {
        Self {
            method,
            body: body.to_string().into_bytes(),
            repeatable: false,
            ..Self::get(path, about)
        }
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self, about: About) -> Result<Value, ApiError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            ApiError::answered(
                self.code,
                format!("the answer is no JSON ({error}): is this an API server?").as_bytes(),
                None,
                about,
            )
        })
    }
}

impl Cluster {
    pub(super) async fn json(&self, call: Call) -> Result<Value, ApiError> {
        let about = call.about.clone();
        self.send(call).await?.json(about)
    }

    /// Makes a request, repeating it while the server is busy or the connection breaks.
    pub(super) async fn send(&self, call: Call) -> Result<Answer, ApiError> {
        let begun = tokio::time::Instant::now();
        let mut wait = FIRST_WAIT;
        loop {
            let error = match self.once(&call).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            // A server that answers 429 has not looked at the request yet.
            let safe = call.repeatable || error.code == 429;
            let pause = error
                .retry_after
                .map_or(wait, Duration::from_secs)
                .max(wait);
            if !safe || !error.may_pass() || begun.elapsed() + pause > REPEAT {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            wait *= 2;
        }
    }

    async fn once(&self, call: &Call) -> Result<Answer, ApiError> {
        let begun = tokio::time::Instant::now();
        let limit = Duration::from_secs(PATIENCE);
        let result = tokio::time::timeout(limit, self.exchange(call))
            .await
            .unwrap_or_else(|_| Err(ApiError::timeout(PATIENCE, call.about.clone())));
        let outcome = match &result {
            Ok(answer) => answer.code.to_string(),
            Err(error) => error.short(),
        };
        self.tell(call, &outcome, begun.elapsed());
        result
    }

    async fn exchange(&self, call: &Call) -> Result<Answer, ApiError> {
        let response = success(self.begin(call).await?, call).await?;
        let code = response.status().as_u16();
        let body = whole(response.into_body(), call).await?;
        Ok(Answer { code, body })
    }

    /// Makes a request once whose answer is read while it comes. No time limit: a log may be silent for long.
    pub(super) async fn open(&self, call: &Call) -> Result<Body, ApiError> {
        let response = success(self.respond(call).await?, call).await?;
        Ok(response.into_body())
    }

    /// Makes a request once. Whatever is answered is an answer, of which nothing but the head is read yet.
    pub(super) async fn respond(&self, call: &Call) -> Result<Response, ApiError> {
        let begun = tokio::time::Instant::now();
        let result = self.begin(call).await;
        let outcome = match &result {
            Ok(response) => response.status().as_u16().to_string(),
            Err(error) => error.short(),
        };
        self.tell(call, &outcome, begun.elapsed());
        result
    }

    async fn begin(&self, call: &Call) -> Result<Response, ApiError> {
        self.count();
        let request = http::Request::builder()
            .method(call.method.clone())
            .uri(&call.path)
            .header(http::header::ACCEPT, call.accept)
            .header(http::header::CONTENT_TYPE, call.content_type)
            .header(http::header::USER_AGENT, USER_AGENT)
            .body(Body::from(call.body.clone()))
            .map_err(|error| {
                ApiError::unreached(&kube::Error::HttpError(error), call.about.clone())
            })?;
        self.client
            .send(request)
            .await
            .map_err(|error| ApiError::unreached(&error, call.about.clone()))
    }

    pub(super) fn count(&self) {
        self.requests.set(self.requests.get() + 1);
    }

    fn tell(&self, call: &Call, outcome: &str, time: Duration) {
        if let Some(trace) = &self.trace {
            trace(&format!(
                "{} {} {outcome} {}ms",
                call.method,
                call.path,
                time.as_millis()
            ));
        }
    }

    /// For messages about a request.
    pub(super) fn about(
        &self,
        verb: &'static str,
        kind: &super::Kind,
        namespace: Option<&str>,
        name: Option<&str>,
    ) -> About {
        About {
            verb,
            resource: kind.resource(),
            namespace: namespace.filter(|_| kind.namespaced).map(str::to_owned),
            name: name.map(str::to_owned),
            server: self.server.clone(),
        }
    }
}

/// The answer, when it is a success.
async fn success(response: Response, call: &Call) -> Result<Response, ApiError> {
    let code = response.status().as_u16();
    if (200..300).contains(&code) {
        return Ok(response);
    }
    let retry_after = response
        .headers()
        .get(http::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let body = whole(response.into_body(), call).await?;
    let about = call.about.clone();
    Err(ApiError::answered(code, &body, retry_after, about))
}

/// The whole of a body.
async fn whole(body: Body, call: &Call) -> Result<Vec<u8>, ApiError> {
    let collected = body
        .collect()
        .await
        .map_err(|error| ApiError::unreached(&error, call.about.clone()))?;
    Ok(collected.to_bytes().to_vec())
}

/// Shown in the API server's audit log.
pub(super) const USER_AGENT: &str = concat!("deploy/", env!("CARGO_PKG_VERSION"));

/// A value for a query string.
pub(super) fn escape(value: &str) -> String {
    use std::fmt::Write as _;
    value.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}
