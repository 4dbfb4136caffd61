//! Asking once: a URL from where the command runs, or a Service through the API server.

use reqwest::Url;

use super::judge::{Answer, Miss, wanted};
use crate::cluster::{ApiError, Cluster, proxy_path};
use crate::error::{Failure, Result};
use crate::manifest::ObjectId;
use crate::project::placeholders;
use crate::project::schema::{Check, PortName};
use crate::web::{self, Redirects, Trouble};

/// Redirects that are followed.
const REDIRECTS: usize = 5;
/// Bytes of a body that are read.
const BODY: usize = 64 * 1024;

/// What a check asks, and whom.
pub struct Question<'a> {
    whom: Whom<'a>,
    /// A redirect is an answer, not a way.
    stay: bool,
}

enum Whom<'a> {
    Url {
        client: reqwest::Client,
        url: Url,
    },
    Service {
        cluster: &'a Cluster,
        name: &'a str,
        port: String,
        path: &'a str,
    },
}

/// One step on the way to an answer.
enum Step {
    Answer(u16, Vec<u8>),
    /// A redirect, with its status and where it points as it is written.
    Redirect(u16, String),
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
            (None, Some(name)) => Whom::Service {
                cluster,
                name,
                port: match &check.port {
                    Some(PortName::Number(number)) => number.to_string(),
                    Some(PortName::Name(name)) => name.clone(),
                    None => String::new(),
                },
                path: check.path.as_deref().unwrap_or("/"),
            },
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
            Whom::Service {
                name, port, path, ..
            } => {
                let path = path
                    .split_once('?')
                    .map_or((*path).to_owned(), |(path, _)| format!("{path}?…"));
                format!("Service/{name}:{port}{path}")
            }
        }
    }

    /// What a finding is about: the Service, or `Check/shop.example.com`.
    pub fn object(&self) -> ObjectId {
        match &self.whom {
            Whom::Service { name, .. } => ObjectId::new("", "Service", *name),
            Whom::Url { url, .. } => ObjectId::new("", "Check", url.host_str().unwrap_or_default()),
        }
    }

    /// Asks once, and goes where redirects lead. The caller sets a time limit.
    pub async fn ask(&self) -> Result<Answer, Miss> {
        match &self.whom {
            Whom::Url { client, url } => self.ask_url(client, url).await,
            Whom::Service {
                cluster,
                name,
                port,
                path,
            } => self.ask_service(cluster, name, port, path).await,
        }
    }

    async fn ask_url(&self, client: &reqwest::Client, first: &Url) -> Result<Answer, Miss> {
        let mut url = first.clone();
        for redirects in 0..=REDIRECTS {
            let (code, to) = match fetch(client, &url).await? {
                Step::Redirect(code, to) if !self.stay => (code, to),
                Step::Redirect(code, _) => return Ok(answer(code, Vec::new(), None)),
                Step::Answer(code, body) => {
                    let from = (redirects > 0).then(|| shown(&url));
                    return Ok(answer(code, body, from));
                }
            };
            url = next(&url, code, &to)?;
        }
        Err(circle(&shown(&url)))
    }

    async fn ask_service(
        &self,
        cluster: &Cluster,
        name: &str,
        port: &str,
        path: &str,
    ) -> Result<Answer, Miss> {
        let scheme = if matches!(port, "https" | "443" | "8443") {
            "https"
        } else {
            "http"
        };
        let base = proxy_path(&cluster.namespace, scheme, name, port);
        let mut path = path.to_owned();
        for redirects in 0..=REDIRECTS {
            let asked = cluster.ask_service(&format!("{base}{path}"), BODY).await;
            let proxied = asked.map_err(|error| refused(&error, cluster, name, port))?;
            let Some(to) = proxied
                .location
                .filter(|_| is_redirect(proxied.code) && !self.stay)
            else {
                let from = (redirects > 0).then(|| path.clone());
                return Ok(answer(proxied.code, proxied.body, from));
            };
            // Addresses of the same Service come back as the proxy's own.
            path = match to.strip_prefix(&base) {
                Some("") => "/".to_owned(),
                Some(path) => path.to_owned(),
                None => {
                    let words = format!(
                        "{} redirects away from the Service, to {}",
                        proxied.code,
                        shown_text(&to)
                    );
                    return Err(Miss::new("check-redirect", words));
                }
            };
        }
        Err(circle(&path))
    }
}

fn answer(code: u16, body: Vec<u8>, from: Option<String>) -> Answer {
    Answer { code, body, from }
}

async fn fetch(client: &reqwest::Client, url: &Url) -> Result<Step, Miss> {
    let lost = |error: reqwest::Error| unreached(error, url);
    let mut response = client.get(url.clone()).send().await.map_err(lost)?;
    let code = response.status().as_u16();
    let location = response
        .headers()
        .get(http::header::LOCATION)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    if let Some(to) = location.filter(|_| is_redirect(code)) {
        return Ok(Step::Redirect(code, to));
    }
    let mut body = Vec::new();
    while body.len() < BODY
        && let Some(chunk) = response.chunk().await.map_err(lost)?
    {
        body.extend_from_slice(&chunk);
    }
    body.truncate(BODY);
    Ok(Step::Answer(code, body))
}

fn is_redirect(code: u16) -> bool {
    matches!(code, 301 | 302 | 303 | 307 | 308)
}

/// Where a redirect leads.
fn next(from: &Url, code: u16, to: &str) -> Result<Url, Miss> {
    let broken = |why: &str| {
        let words = format!("{code} redirects to {}, {why}", shown_text(to));
        Err(Miss::new("check-redirect", words))
    };
    let Ok(mut url) = from.join(to) else {
        return broken("which is no address");
    };
    if !matches!(url.scheme(), "http" | "https") {
        return broken("which is neither http nor https");
    }
    if from.scheme() == "https" && url.scheme() == "http" {
        return broken("which is not encrypted, so not followed");
    }
    // The same server still wants to know who asks; no other one may.
    if url.origin() == from.origin() && url.username().is_empty() {
        let _ = url.set_username(from.username());
        let _ = url.set_password(from.password());
    }
    Ok(url)
}

fn circle(last: &str) -> Miss {
    let words = format!("redirected more than {REDIRECTS} times, at last to {last}");
    Miss::new("check-redirect", words)
}

/// The connection or the exchange failed.
fn unreached(error: reqwest::Error, url: &Url) -> Miss {
    let (kind, text) = web::trouble(&error.without_url());
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    let has = |word: &str| text.contains(word);
    let words = match kind {
        Trouble::Refused => format!("nothing listens at {host}:{port} (connection refused)"),
        Trouble::UnknownHost => format!("the name {host} is unknown here"),
        Trouble::Timeout => format!("no connection to {host}:{port} in time"),
        Trouble::Reset => format!("{host}:{port} closed the connection without a whole answer"),
        Trouble::Tls if has("UnknownIssuer") => {
            format!("no authority that this machine trusts has signed the certificate of {host}")
        }
        Trouble::Tls if has("Expired") => format!("the certificate of {host} has expired"),
        Trouble::Tls if has("NotValidForName") => {
            format!("the certificate at {host}:{port} is for another name")
        }
        Trouble::Tls if has("corrupt message") => {
            format!("{host}:{port} does not speak TLS; should the address begin with http://?")
        }
        Trouble::Tls => format!("no TLS with {host}:{port}: {}", last(&text)),
        Trouble::Other if has("invalid HTTP version") => {
            format!("{host}:{port} does not speak HTTP; should the address begin with https://?")
        }
        Trouble::Other => format!("cannot ask {host}:{port}: {}", last(&text)),
    };
    Miss::new("check-unreachable", words)
}

/// The innermost cause.
fn last(text: &str) -> &str {
    text.rsplit(": ").next().unwrap_or(text)
}

/// The API server itself said no.
fn refused(error: &ApiError, cluster: &Cluster, service: &str, port: &str) -> Miss {
    let namespace = &cluster.namespace;
    let said = &error.message;
    if matches!(error.code, 401 | 403) {
        return Miss::new("check-forbidden", error.to_string()).hint(format!(
            "allow `get` on `services/proxy`: kubectl create role deploy-checks --namespace {namespace} --verb=get --resource=services/proxy, then bind it to the user; or check a `url` instead"
        ));
    }
    let words = if said.starts_with("no endpoints available") {
        format!("no pod behind the Service is ready at port {port} (said by the API server)")
    } else if said.starts_with("no service port") {
        format!("the Service has no port {port} (said by the API server)")
    } else if let Some(why) = said.strip_prefix("error trying to reach service: ") {
        format!(
            "the API server cannot reach the pods behind the Service: {}",
            dial(why)
        )
    } else if error.is_not_found() {
        format!("there is no Service `{service}` in namespace {namespace}")
    } else {
        error.to_string()
    };
    Miss::new("check-unreachable", words)
}

/// What Go says of a connection, shorter.
fn dial(why: &str) -> String {
    let Some(rest) = why.strip_prefix("dial tcp ") else {
        return why.to_owned();
    };
    match rest.split_once(": ") {
        Some((address, why)) if why.ends_with("connection refused") => {
            format!("nothing listens at {address} (connection refused)")
        }
        _ => rest.to_owned(),
    }
}

/// A URL without user, password and query, which may be secret.
fn shown(url: &Url) -> String {
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
fn shown_text(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) => shown(&url),
        Err(_) => text.split(['?', '#']).next().unwrap_or_default().to_owned(),
    }
}
