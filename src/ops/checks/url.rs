//! A URL, asked from where the command runs.

use reqwest::Url;

use super::ask::{BODY, REDIRECTS, circle, shown, shown_text};
use super::judge::{Answer, Miss};
use crate::web::{self, Reply, Trouble};

/// Asks once, and goes where redirects lead unless they are the answer.
pub async fn ask(client: &reqwest::Client, first: &Url, stay: bool) -> Result<Answer, Miss> {
    let mut url = first.clone();
    for redirects in 0..=REDIRECTS {
        let reply = fetch(client, &url)
            .await
            .map_err(|error| unreached(error, &url))?;
        let Some(to) = reply.redirect().filter(|_| !stay) else {
            let from = (redirects > 0).then(|| shown(&url));
            return Ok(Answer::new(reply, from));
        };
        url = next(&url, reply.code, to)?;
    }
    Err(circle(&shown(&url)))
}

async fn fetch(client: &reqwest::Client, url: &Url) -> reqwest::Result<Reply> {
    let mut response = client.get(url.clone()).send().await?;
    let location = response.headers().get(http::header::LOCATION);
    let mut reply = Reply {
        code: response.status().as_u16(),
        location: location.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
        body: Vec::new(),
    };
    while reply.body.len() < BODY
        && let Some(chunk) = response.chunk().await?
    {
        reply.body.extend_from_slice(&chunk);
    }
    reply.body.truncate(BODY);
    Ok(reply)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(from: &str, to: &str) -> Result<String, String> {
        next(&Url::parse(from).unwrap(), 302, to)
            .map(|url| url.to_string())
            .map_err(|miss| miss.words)
    }

    #[test]
    fn redirects_lead_to_no_worse_place() {
        let from = "https://ann:secret@a.example/x/y";
        for (to, url) in [
            ("../z?k=1", "https://ann:secret@a.example/z?k=1"),
            ("https://a.example/z", "https://ann:secret@a.example/z"),
            ("https://a.example:8443/z", "https://a.example:8443/z"),
            ("https://b.example/", "https://b.example/"),
        ] {
            assert_eq!(leads(from, to).as_deref(), Ok(url));
        }
        for (to, words) in [
            (
                "http://a.example/z?token=1",
                "302 redirects to http://a.example/z?…, which is not encrypted, so not followed",
            ),
            (
                "ftp://a.example/",
                "302 redirects to ftp://a.example/, which is neither http nor https",
            ),
            (
                "https://a b/",
                "302 redirects to https://a b/, which is no address",
            ),
        ] {
            assert_eq!(leads(from, to), Err(words.to_owned()));
        }
        assert!(leads("http://a.example/", "https://a.example/").is_ok());
    }
}
