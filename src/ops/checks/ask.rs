//! Asking once: a URL from where the command runs, or a Service through the API server.

use reqwest::Url;

use super::judge::{Answer, Miss, wanted};
use super::{service, url};
use crate::cluster::Cluster;
use crate::error::{Failure, Result};
use crate::manifest::ObjectId;
use crate::project::placeholders;
use crate::project::schema::{Check, PortName};
use crate::web::{self, Redirects};

/// Redirects that are followed.
pub const REDIRECTS: usize = 5;
/// Bytes of a body that are read.
pub const BODY: usize = 64 * 1024;

/// What a check asks, and whom.
pub struct Question<'a> {
    whom: Whom<'a>,
    /// A redirect is an answer, not a way.
    stay: bool,
}

enum Whom<'a> {
    Url { client: reqwest::Client, url: Url },
    Service(service::Place<'a>),
}

impl<'a> Question<'a> {
    /// # Errors
    /// The system's root certificates cannot be read. Or the check is one that the project's own check would have refused.
    pub fn new(
        cluster: &'a Cluster,
        check: &'a Check,
        environment: &str,
        target: &str,
    ) -> Result<Self> {
        let whom = match (&check.url, &check.service) {
            (Some(url), _) => {
                let url = placeholders::fill(url, environment, target);
                Whom::Url {
                    client: web::client(Redirects::Refuse)?,
                    url: Url::parse(&url).map_err(|error| {
                        Failure::project(format!("the URL of a check cannot be read: {error}"))
                    })?,
                }
            }
            (None, Some(service)) => Whom::Service(service::Place {
                cluster,
                service,
                port: match &check.port {
                    Some(PortName::Number(number)) => number.to_string(),
                    Some(PortName::Name(name)) => name.clone(),
                    None => String::new(),
                },
                path: check.path.as_deref().unwrap_or("/"),
            }),
            (None, None) => {
                return Err(Failure::project("a check has neither `url` nor `service`"));
            }
        };
        Ok(Self {
            whom,
            stay: (300..400).contains(&wanted(check)),
        })
    }

    /// What is asked, without what may be secret: `https://shop.example.com/healthz`, `Service/shop:http/healthz`.
    pub fn label(&self) -> String {
        match &self.whom {
            Whom::Url { url, .. } => shown(url),
            Whom::Service(place) => format!(
                "Service/{}:{}{}",
                place.service,
                place.port,
                shown_text(place.path)
            ),
        }
    }

    /// What is asked, beside the [`Self::object`] it is asked of.
    pub fn what(&self) -> String {
        match &self.whom {
            Whom::Url { .. } => self.label(),
            Whom::Service(place) => {
                format!("{} at port {}", shown_text(place.path), place.port)
            }
        }
    }

    /// What a finding is about: the Service, or `Check/shop.example.com`.
    pub fn object(&self) -> ObjectId {
        match &self.whom {
            Whom::Service(place) => ObjectId::new("", "Service", place.service),
            Whom::Url { url, .. } => ObjectId::new("", "Check", url.host_str().unwrap_or_default()),
        }
    }

    /// Asks once, and goes where redirects lead. The caller sets a time limit.
    pub async fn ask(&self) -> Result<Answer, Miss> {
        match &self.whom {
            Whom::Url { client, url } => url::ask(client, url, self.stay).await,
            Whom::Service(place) => service::ask(place, self.stay).await,
        }
    }
}

/// A check that is sent round and round.
pub fn circle(last: &str) -> Miss {
    let words = format!("redirected more than {REDIRECTS} times, at last to {last}");
    Miss::new("check-redirect", words)
}

/// A URL without user, password and query, which may be secret.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    if !url.username().is_empty() || url.password().is_some() {
        let _ = url.set_username("***");
        let _ = url.set_password(None);
    }
    let query = url.query().is_some();
    url.set_query(None);
    url.set_fragment(None);
    let dots = if query { "?…" } else { "" };
    format!("{url}{dots}")
}

/// The same for what a server wrote, which may be no URL at all.
pub fn shown_text(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) => shown(&url),
        Err(_) => match text.split_once(['?', '#']) {
            Some((path, _)) => format!("{path}?…"),
            None => text.to_owned(),
        },
    }
}
