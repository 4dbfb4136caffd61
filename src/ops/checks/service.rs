//! A Service, asked through the API server's service proxy.

use super::ask::{BODY, REDIRECTS, circle, shown_text};
use super::judge::{Answer, Miss};
use crate::cluster::{ApiError, Cluster, proxy_path};

/// Where a Service is asked.
pub struct Place<'a> {
    pub cluster: &'a Cluster,
    pub service: &'a str,
    /// By name or number.
    pub port: String,
    pub path: &'a str,
}

/// Asks once, and goes where redirects lead inside the Service unless they are the answer.
pub async fn ask(place: &Place<'_>, stay: bool) -> Result<Answer, Miss> {
    let cluster = place.cluster;
    // The proxy has to be told; these are the ports that mean TLS to everybody.
    let scheme = match place.port.as_str() {
        "https" | "443" | "8443" => "https",
        _ => "http",
    };
    let base = proxy_path(&cluster.namespace, scheme, place.service, &place.port);
    let mut path = place.path.to_owned();
    for redirects in 0..=REDIRECTS {
        if leads_up(&path) {
            let words = format!(
                "{} leads out of the Service, so not asked",
                shown_text(&path)
            );
            return Err(Miss::new("check-unreachable", words));
        }
        let reply = cluster
            .ask_service(&format!("{base}{path}"), BODY)
            .await
            .map_err(|error| refused(&error, place))?;
        let Some(to) = reply.redirect().filter(|_| !stay) else {
            let from = (redirects > 0).then(|| shown_text(&path));
            return Ok(Answer::new(reply, from));
        };
        path = inside(to, &base, place).ok_or_else(|| away(reply.code, to))?;
    }
    Err(circle(&shown_text(&path)))
}

/// The path inside the Service. The proxy writes addresses of the same Service as its own.
fn inside(to: &str, base: &str, place: &Place<'_>) -> Option<String> {
    let to = to.strip_prefix(&place.cluster.server).unwrap_or(to);
    match to.strip_prefix(base)? {
        path if path.starts_with('/') => Some(path.to_owned()),
        rest => Some(format!("/{rest}")),
    }
}

/// Whether a path climbs. Something between us and the API server might resolve it to another request, with our rights.
fn leads_up(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let plain = path.to_lowercase().replace("%2e", ".").replace("%2f", "/");
    plain.split(['/', '\\']).any(|part| part == "..")
}

fn away(code: u16, to: &str) -> Miss {
    let to = shown_text(to);
    Miss::new(
        "check-redirect",
        format!("{code} redirects away from the Service, to {to}"),
    )
}

/// The API server itself said no.
fn refused(error: &ApiError, place: &Place<'_>) -> Miss {
    let Place { service, port, .. } = place;
    let namespace = &place.cluster.namespace;
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

/// What Go says of a connection, shorter. A proxy between the API server and the pods puts its own words before it.
fn dial(why: &str) -> String {
    let Some((_, dialled)) = why.rsplit_once("dial tcp ") else {
        return why.to_owned();
    };
    match dialled.split_once(": ") {
        Some((address, why)) if why.ends_with("connection refused") => {
            format!("nothing listens at {address} (connection refused)")
        }
        _ => dialled.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{dial, leads_up};

    #[test]
    fn paths_that_climb_are_told_from_names_with_dots() {
        for path in ["/..", "/a/../b", "/a/%2E%2e/b", "/a%2f..%2fb", "/..?x"] {
            assert!(leads_up(path), "{path}");
        }
        for path in ["/", "/a..b/..c", "/.well-known/x", "/a?next=/../b"] {
            assert!(!leads_up(path), "{path}");
        }
    }

    #[test]
    fn connections_in_fewer_words() {
        let refused = "nothing listens at 10.0.0.7:80 (connection refused)";
        for (why, words) in [
            ("dial tcp 10.0.0.7:80: connect: connection refused", refused),
            (
                "proxy error from nodes.sock while dialing 10.0.0.7:80, code 502: 502 dial tcp 10.0.0.7:80: connect: connection refused",
                refused,
            ),
            (
                "dial tcp 10.0.0.7:80: i/o timeout",
                "10.0.0.7:80: i/o timeout",
            ),
            ("EOF", "EOF"),
        ] {
            assert_eq!(dial(why), words);
        }
    }
}
