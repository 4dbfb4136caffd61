//! What the API server refused, or why it was not reached, and the hint that fits.

use std::fmt;

use serde_json::Value;

use crate::error::Failure;
use crate::web::{Trouble, trouble};

/// A request that did not get what it asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status; 0 when there was no answer.
    pub code: u16,
    /// The server's word (`Invalid`, `Conflict`), or ours when there was no answer (`Refused`, `UnknownHost`, `Tls`, `Timeout`, `Reset`, `Login`, `Unreachable`).
    pub reason: String,
    /// The server's sentence, or what kept us from reaching it.
    pub message: String,
    /// Single fields the server objects to.
    pub causes: Vec<Cause>,
    /// What was asked for.
    pub about: Box<About>,
    /// Seconds the server wants us to wait.
    pub retry_after: Option<u64>,
}

/// One field the server objects to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// The field as the server writes it; may be empty.
    pub field: String,
    /// `FieldValueInvalid`, `FieldManagerConflict` …
    pub reason: String,
    /// The server's sentence.
    pub message: String,
}

/// What a request was about, in RBAC's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// `list`, `patch` …
    pub verb: &'static str,
    /// `deployments.apps`.
    pub resource: String,
    /// The namespace, when there is one.
    pub namespace: Option<String>,
    /// The object's name, when there is one.
    pub name: Option<String>,
    /// The server's URL.
    pub server: String,
}

impl ApiError {
    /// From the body of an answer that is no success.
    pub(super) fn answered(code: u16, body: &[u8], retry_after: Option<u64>, about: About) -> Self {
        let status: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let message = match status["message"].as_str() {
            Some(message) => message.to_owned(),
            None => String::from_utf8_lossy(body)
                .trim()
                .chars()
                .take(300)
                .collect(),
        };
        let causes = status["details"]["causes"].as_array().into_iter().flatten();
        Self {
            code,
            reason: text(&status["reason"]),
            message,
            causes: causes
                .map(|cause| Cause {
                    field: text(&cause["field"]),
                    reason: text(&cause["reason"]),
                    message: text(&cause["message"]),
                })
                .collect(),
            about: Box::new(about),
            retry_after: retry_after.or_else(|| status["details"]["retryAfterSeconds"].as_u64()),
        }
    }

    /// From an error below HTTP.
    pub(super) fn unreached(error: &kube::Error, about: About) -> Self {
        if let kube::Error::Api(status) = error {
            let body = serde_json::to_vec(status).unwrap_or_default();
            return Self::answered(status.code, &body, None, about);
        }
        let (kind, text) = trouble(error);
        let login = || {
            let lower = text.to_lowercase();
            matches!(error, kube::Error::Auth(_))
                || lower.contains("auth exec")
                || lower.contains("exec-plugin")
        };
        let reason = match kind {
            Trouble::Refused => "Refused",
            Trouble::UnknownHost => "UnknownHost",
            Trouble::Tls => "Tls",
            Trouble::Timeout => "Timeout",
            Trouble::Reset => "Reset",
            Trouble::Other if login() => "Login",
            Trouble::Other => "Unreachable",
        };
        Self {
            reason: reason.to_owned(),
            message: text
                .trim_start_matches("ServiceError: ")
                .trim_start_matches("client error (Connect): ")
                .to_owned(),
            about: Box::new(about),
            ..Self::default()
        }
    }

    /// Our own patience ran out.
    pub(super) fn timeout(seconds: u64, about: About) -> Self {
        Self {
            reason: "Timeout".to_owned(),
            message: format!("no answer within {seconds}s"),
            about: Box::new(about),
            ..Self::default()
        }
    }

    /// The server does not serve the kind.
    pub(super) fn unknown_kind(message: String, about: About) -> Self {
        Self {
            code: 404,
            reason: "UnknownKind".to_owned(),
            message,
            about: Box::new(about),
            ..Self::default()
        }
    }

    /// The object, or something it needs, is not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.code == 404
    }

    /// Somebody else was faster, or owns a field.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.code == 409 && self.reason != "AlreadyExists"
    }

    /// The object is there already.
    #[must_use]
    pub fn is_already_exists(&self) -> bool {
        self.reason == "AlreadyExists"
    }

    /// RBAC says no.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.code == 403
    }

    /// The version asked for is too old to be replayed.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.code == 410 || self.reason == "Expired" || self.reason == "Gone"
    }

    /// The status, or a word of ours when there was no answer.
    pub(super) fn short(&self) -> String {
        match self.code {
            0 => self.reason.clone(),
            code => code.to_string(),
        }
    }

    /// Whether the server never saw, or was too busy for, the request.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self.code, 429 | 503 | 504) || (self.code == 0 && self.reason == "Reset")
    }

    fn hint(&self) -> Option<String> {
        let about = &self.about;
        let scope = about
            .namespace
            .as_ref()
            .map_or_else(String::new, |namespace| {
                format!(" in namespace {namespace}")
            });
        let hint = match (self.code, self.reason.as_str()) {
            (401, _) => "the credentials in the kubeconfig are expired or wrong: log in again (the same command that made the kubeconfig), then retry".to_owned(),
            (403, _) if self.message.contains("is forbidden: exceeded quota") => "raise the quota, or ask for less".to_owned(),
            (403, _) if !self.message.contains("cannot") => return None,
            (403, _) => format!("ask for the right to `{}` {}{scope} (RBAC), or use a context whose user has it", about.verb, about.resource),
            (404, _) if self.message.starts_with("namespaces ") => "create the namespace, or set `createNamespace: true` for the environment".to_owned(),
            (_, "Refused") => format!("nothing listens at {}: is the cluster running? `deploy sandbox up` starts one on this machine", about.server),
            (_, "UnknownHost") => format!("the name in {} is unknown here: check the network or VPN, and `server` in the kubeconfig", about.server),
            (_, "Tls") => format!("the certificate of {} does not match the kubeconfig: was the cluster made anew? fetch its kubeconfig again", about.server),
            (_, "Timeout") => format!("{} does not answer: check the network or VPN", about.server),
            (_, "Login") => "the login program named in the kubeconfig failed: run `kubectl get pods` with the same context to see it alone".to_owned(),
            _ => return None,
        };
        Some(hint)
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if let Some(name) = &self.name {
            write!(f, "/{name}")?;
        }
        if let Some(namespace) = &self.namespace {
            write!(f, " in namespace {namespace}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            0 => write!(
                f,
                "cannot reach {} to {}: {}",
                self.about.server, self.about, self.message
            ),
            401 => write!(f, "{} does not accept our credentials", self.about.server),
            _ => write!(f, "cannot {}: {}", self.about, self.message),
        }
    }
}

impl std::error::Error for ApiError {}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let failure = Failure::cluster(&error);
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        About {
            verb: "patch",
            resource: "deployments.apps".to_owned(),
            namespace: Some("shop".to_owned()),
            name: Some("web".to_owned()),
            server: "https://example.com".to_owned(),
        }
    }

    #[test]
    fn a_status_is_taken_apart() {
        let body = br#"{"kind":"Status","message":"bad","reason":"Invalid","details":{"causes":[{"reason":"FieldValueInvalid","message":"no","field":"spec.replicas"}]}}"#;
        let error = ApiError::answered(422, body, None, about());
        assert_eq!(error.causes[0].field, "spec.replicas");
        assert_eq!(
            error.to_string(),
            "cannot patch deployments.apps/web in namespace shop: bad"
        );
    }

    #[test]
    fn hints_fit_the_trouble() {
        let cases = [
            (401, r#"{"message":"Unauthorized"}"#, "log in again"),
            (
                403,
                r#"{"message":"User \"ann\" cannot patch resource"}"#,
                "`patch` deployments.apps in namespace shop",
            ),
            (
                404,
                r#"{"message":"namespaces \"shop\" not found"}"#,
                "createNamespace",
            ),
        ];
        for (code, body, hint) in cases {
            let failure = Failure::from(ApiError::answered(code, body.as_bytes(), None, about()));
            assert!(
                failure.hints[0].contains(hint),
                "{code}: {:?}",
                failure.hints
            );
            assert_eq!(failure.exit_code(), 4);
        }
    }

    #[test]
    fn an_answer_that_is_no_status_is_quoted_in_part() {
        let error = ApiError::answered(502, "x".repeat(1000).as_bytes(), None, about());
        assert_eq!(error.message.len(), 300);
    }
}
