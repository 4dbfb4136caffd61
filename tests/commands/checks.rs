//! HTTP checks: against servers on this machine, and against the fake API server's service proxy.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use deploy::cluster::Cluster;
use deploy::diagnose::{Evidence, Finding, Severity};
use deploy::env::Clock;
use deploy::event::{Event, Events, State};
use deploy::ops::checks;
use deploy::ops::planning::PlanHeader;
use deploy::project::schema::Check;
use deploy::redact::Redactor;
use serde_json::json;

use crate::fake::Fake;
use crate::support::{NAMESPACE, cluster};

/// A server on this machine. Answers the n-th request, given its first line, with what the function makes of it; without an
/// answer the connection stays open and silent. Returns the port and the requests.
fn server(
    answer: impl Fn(usize, &str) -> Option<Vec<u8>> + Send + 'static,
) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let requests = Arc::clone(&seen);
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let first = request.lines().next().unwrap_or_default().to_owned();
            requests.lock().unwrap().push(request);
            match answer(number, &first) {
                Some(bytes) => drop(stream.write_all(&bytes)),
                None => open.push(stream),
            }
        }
    });
    (port, seen)
}

#[expect(clippy::unnecessary_wraps, reason = "reads better where it is used")]
fn http(status: &str, body: &str) -> Option<Vec<u8>> {
    let length = body.len();
    Some(
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
            .into_bytes(),
    )
}

fn redirect(to: &str) -> Option<Vec<u8>> {
    http(&format!("302 Found\r\nlocation: {to}"), "")
}

async fn run(
    cluster: &Cluster,
    checks: &[Check],
    events: &Events,
) -> deploy::error::Result<Vec<Finding>> {
    let place = PlanHeader {
        app: "shop".to_owned(),
        environment: "staging".to_owned(),
        target: "eu".to_owned(),
    };
    checks::run(cluster, checks, &place, &Redactor::default(), events).await
}

/// Runs one check, given as in deploy.yaml. Its findings, and what was told: `waiting 503 …`, `ready after 2`.
async fn check(fake: &Fake, check: serde_json::Value) -> (Vec<Finding>, Vec<String>) {
    let check: Check = serde_json::from_value(check).unwrap();
    let (events, mut told) = Events::channel(Clock::System);
    let findings = run(&cluster(fake), &[check], &events).await.unwrap();
    let mut lines = Vec::new();
    while let Ok(message) = told.try_recv() {
        let Event::Check(progress) = message.event else {
            panic!("{:?}", message.event);
        };
        lines.push(match progress.readiness {
            State::Waiting => format!("{} waiting: {}", progress.check, progress.reason),
            State::Ready => format!("{} ready after {}", progress.check, progress.tries),
            State::Failed => format!("{} failed: {}", progress.check, progress.reason),
        });
    }
    (findings, lines)
}

/// The one finding of a URL that is checked for a second.
async fn miss(url: &str, more: serde_json::Value) -> Finding {
    let mut wanted = json!({"url": url, "within": "1s"});
    wanted
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let (mut findings, _) = check(&Fake::new(NAMESPACE), wanted).await;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].severity, Severity::Permanent);
    findings.remove(0)
}

#[tokio::test]
async fn a_url_is_asked_until_it_answers_as_wanted() {
    let (port, requests) = server(|number, _| match number {
        0 | 1 => http("503 Service Unavailable", "starting"),
        2 => http("200 OK", "not yet"),
        _ => http("200 OK", "all is well"),
    });
    let wanted = json!({"url": format!("http://ann:secret@127.0.0.1:{port}/{{environment}}/{{target}}?key=hidden"), "contains": "well"});
    let (findings, told) = check(&Fake::new(NAMESPACE), wanted).await;
    let label = format!("http://***@127.0.0.1:{port}/staging/eu?…");
    assert_eq!(findings, []);
    assert_eq!(
        told,
        [
            format!("{label} waiting: 503 Service Unavailable, wanted 200"),
            format!("{label} waiting: 200 OK, but the body does not contain `well`"),
            format!("{label} ready after 4"),
        ]
    );
    let requests = requests.lock().unwrap();
    assert!(
        requests[0].starts_with("GET /staging/eu?key=hidden HTTP/1.1"),
        "{}",
        requests[0]
    );
    assert!(
        requests[0].to_lowercase().contains("authorization: basic"),
        "{}",
        requests[0]
    );
}

#[tokio::test]
async fn a_url_that_never_answers_as_wanted_is_a_finding_with_its_answers() {
    let (port, _) = server(|number, _| match number {
        0 => http("502 Bad Gateway", ""),
        _ => http("500 Internal Server Error", "<html>\n\n<h1>oops</h1>"),
    });
    let found = miss(&format!("http://127.0.0.1:{port}/"), json!({})).await;
    assert_eq!(
        (found.code.as_str(), found.object.to_string()),
        ("check-status", "Check/127.0.0.1".to_owned())
    );
    assert!(
        found.message.starts_with(&format!(
            "http://127.0.0.1:{port}/: 500 Internal Server Error, wanted 200; "
        )),
        "{}",
        found.message
    );
    let [
        Evidence::Answer { body, tries, .. },
        Evidence::Answer {
            answer, tries: 1, ..
        },
    ] = found.evidence.as_slice()
    else {
        panic!("{:?}", found.evidence);
    };
    assert!(*tries >= 1);
    assert_eq!(*body, ["<html>", "<h1>oops</h1>"]);
    assert_eq!(answer, "502 Bad Gateway, wanted 200");

    let (port, _) = server(|_, _| http("200 OK", "<!doctype html><title>x</title>"));
    let found = miss(
        &format!("http://127.0.0.1:{port}/"),
        json!({"contains": "ok"}),
    )
    .await;
    assert_eq!(found.code, "check-body");
    assert!(
        found
            .message
            .contains("the body, an HTML page, does not contain `ok`"),
        "{}",
        found.message
    );
}

#[tokio::test]
async fn redirects_are_followed_but_not_in_circles() {
    let (port, _) = server(|_, first| {
        if first.starts_with("GET /start ") {
            redirect("/end?token=1")
        } else if first.starts_with("GET /end") {
            http("404 Not Found", "")
        } else {
            redirect("/round")
        }
    });
    let found = miss(&format!("http://127.0.0.1:{port}/start"), json!({})).await;
    let words = format!(
        "404 Not Found from http://127.0.0.1:{port}/end?…, where it was redirected, wanted 200"
    );
    assert!(found.message.contains(&words), "{}", found.message);
    let found = miss(&format!("http://127.0.0.1:{port}/round"), json!({})).await;
    assert_eq!(found.code, "check-redirect");
    assert!(
        found.message.contains("redirected more than 5 times"),
        "{}",
        found.message
    );
    let wanted = json!({"url": format!("http://127.0.0.1:{port}/start"), "expect": 302});
    assert_eq!(check(&Fake::new(NAMESPACE), wanted).await.0, []);
}

#[tokio::test]
async fn what_is_no_web_server_is_said_in_words() {
    let unused = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let (silent, _) = server(|_, _| None);
    let (plain, _) = server(|_, _| http("400 Bad Request", ""));
    let (alert, _) = server(|_, _| Some(b"\x15\x03\x01\x00\x02\x02\x46".to_vec()));
    let (short, _) =
        server(|_, _| Some(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_vec()));
    // Too long for a DNS label, so no resolver is asked.
    let nameless = "x".repeat(70);
    let cases = [
        (
            format!("http://127.0.0.1:{unused}"),
            "nothing listens at 127.0.0.1:",
        ),
        (format!("http://127.0.0.1:{silent}"), "no answer within 1s"),
        (
            format!("https://127.0.0.1:{plain}"),
            "does not speak TLS; should the address begin with http://?",
        ),
        (
            format!("http://127.0.0.1:{alert}"),
            "does not speak HTTP; should the address begin with https://?",
        ),
        (
            format!("http://127.0.0.1:{short}"),
            "closed the connection without a whole answer",
        ),
        (
            format!("http://{nameless}.example/"),
            ".example is unknown here",
        ),
    ];
    for (url, words) in cases {
        let found = miss(&url, json!({})).await;
        assert_eq!(found.code, "check-unreachable");
        assert!(found.message.contains(words), "{}", found.message);
        assert!(
            found.message.contains(" tries in ") || found.message.contains(": no answer"),
            "{}",
            found.message
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_is_asked_through_the_api_server() {
    let fake = Fake::new(NAMESPACE);
    fake.app("http:shop:http/proxy/healthz", 503, "", "warming up");
    let late = fake.clone();
    let wanted = json!({"service": "shop", "port": "http", "path": "/healthz"});
    let heal = async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        late.app("http:shop:http/proxy/healthz", 200, "", "fine");
    };
    let ((findings, told), ()) = tokio::join!(check(&fake, wanted), heal);
    assert_eq!(findings, []);
    assert_eq!(
        told,
        [
            "Service/shop:http/healthz waiting: 503 Service Unavailable, wanted 200",
            "Service/shop:http/healthz ready after 11",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_api_servers_own_words_are_told_from_the_apps() {
    let fake = Fake::new(NAMESPACE);
    let begun = tokio::time::Instant::now();
    let wanted = json!({"service": "shop", "port": 443});
    let (findings, _) = check(&fake, wanted.clone()).await;
    assert!(begun.elapsed() <= Duration::from_mins(1) && begun.elapsed() > Duration::from_secs(58));
    assert_eq!(findings[0].code, "check-unreachable");
    assert_eq!(findings[0].object.to_string(), "Service/shop");
    assert_eq!(
        findings[0].message,
        "/ at port 443: no pod behind the Service is ready at port 443 (said by the API server); 27 tries in 59s"
    );
    assert!(
        fake.requests()[0]
            .uri
            .ends_with("/services/https:shop:443/proxy/")
    );

    for (code, reason, said, words) in [
        (
            503,
            "ServiceUnavailable",
            "error trying to reach service: dial tcp 10.0.0.7:8080: connect: connection refused",
            "cannot reach the pods behind the Service: nothing listens at 10.0.0.7:8080 (connection refused)",
        ),
        (
            503,
            "ServiceUnavailable",
            "no service port 443 found for service \"shop\"",
            "the Service has no port 443",
        ),
        (
            404,
            "NotFound",
            "services \"shop\" not found",
            "there is no Service `shop` in namespace shop",
        ),
    ] {
        fake.fail("GET", "/proxy", 1000, code, reason, said);
        let (findings, _) = check(&fake, wanted.clone()).await;
        assert!(
            findings[0].message.contains(words),
            "{}",
            findings[0].message
        );
        fake.heal("/proxy");
    }
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_is_forbidden_is_not_tried_again() {
    let fake = Fake::new(NAMESPACE);
    let said = "services \"http:shop:80\" is forbidden: User \"ann\" cannot get resource \"services/proxy\"";
    fake.fail("GET", "/proxy", 1000, 403, "Forbidden", said);
    let (findings, told) = check(&fake, json!({"service": "shop", "port": 80})).await;
    assert_eq!(fake.requests().len(), 1);
    assert_eq!(told.len(), 2);
    assert_eq!(findings[0].code, "check-forbidden");
    assert!(
        findings[0].message.contains(said),
        "{}",
        findings[0].message
    );
    assert!(
        findings[0].next.contains("kubectl create role deploy-checks --namespace shop --verb=get --resource=services/proxy"),
        "{}",
        findings[0].next
    );
}

#[tokio::test(start_paused = true)]
async fn redirects_of_a_service_stay_inside_it() {
    let fake = Fake::new(NAMESPACE);
    let base = "/api/v1/namespaces/shop/services/http:shop:80/proxy";
    fake.app("http:shop:80/proxy/", 302, &format!("{base}/home"), "");
    fake.app("http:shop:80/proxy/home", 200, "", "");
    assert_eq!(
        check(&fake, json!({"service": "shop", "port": 80})).await.0,
        []
    );
    fake.app(
        "http:shop:80/proxy/",
        302,
        "https://login.example.com/?next=secret",
        "",
    );
    let (findings, _) = check(&fake, json!({"service": "shop", "port": 80})).await;
    assert_eq!(findings[0].code, "check-redirect");
    let words = "302 redirects away from the Service, to https://login.example.com/?…";
    assert!(
        findings[0].message.contains(words),
        "{}",
        findings[0].message
    );
    fake.forget_requests();
    fake.app(
        "http:shop:80/proxy/",
        302,
        &format!("{base}/../../../secrets/db"),
        "",
    );
    let (findings, _) = check(&fake, json!({"service": "shop", "port": 80})).await;
    assert!(
        findings[0].message.contains("leads out of the Service"),
        "{}",
        findings[0].message
    );
    let requests = fake.requests();
    assert!(
        !requests
            .iter()
            .any(|request| request.uri.contains("secrets"))
    );
}

#[tokio::test(start_paused = true)]
async fn checks_run_side_by_side_and_only_what_failed_is_found() {
    let fake = Fake::new(NAMESPACE);
    fake.app("http:good:80/proxy/", 200, "", "");
    let checks: Vec<Check> = serde_json::from_value(json!([
        {"service": "bad", "port": 80, "within": "30s"},
        {"service": "good", "port": 80},
        {"service": "ugly", "port": 80, "within": "30s"},
    ]))
    .unwrap();
    let (events, _told) = Events::channel(Clock::System);
    let begun = tokio::time::Instant::now();
    let findings = run(&cluster(&fake), &checks, &events).await.unwrap();
    let objects: Vec<String> = findings
        .iter()
        .map(|found| found.object.to_string())
        .collect();
    assert_eq!(objects, ["Service/bad", "Service/ugly"]);
    assert!(begun.elapsed() <= Duration::from_secs(30));
}
