//! What simulated pods do that deploys rely on: they answer HTTP through the API server, and behave as jobs.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, TcpListener, UdpSocket};
use std::time::{Duration, Instant};

use futures::{AsyncBufReadExt as _, TryStreamExt as _};
use serde_json::{Value, json};

use super::Test;
use super::support::Space;

/// Not run against another cluster: real pods do what their images do.
pub const TESTS: &[Test] = &[
    (
        "pods::an_evicted_job_is_tried_again",
        an_evicted_job_is_tried_again,
    ),
    (
        "pods::a_log_is_followed_while_it_is_written",
        a_log_is_followed_while_it_is_written,
    ),
    (
        "pods::a_deadline_ends_a_job_and_its_log",
        a_deadline_ends_a_job_and_its_log,
    ),
    (
        "pods::services_are_answered_by_their_pods",
        services_are_answered_by_their_pods,
    ),
    (
        "pods::services_reach_servers_outside",
        services_reach_servers_outside,
    ),
];

/// Asks until there is something.
#[track_caller]
fn eventually<T>(what: &str, ask: impl Fn() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(begun.elapsed().as_secs() < 60, "never: {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

pub fn create(space: &Space, short: &str, object: &Value) {
    space.api("POST", &space.path(short), Some(object));
}

/// A GET through a service: the status and the body, or the API server's own complaint.
fn through(space: &Space, service: &str, path: &str) -> (u16, String) {
    match space.try_text(&format!("v1/services/http:{service}:http/proxy/{path}")) {
        Ok(body) => (200, body),
        Err(kube::Error::Api(status)) => (status.code, status.message),
        Err(other) => panic!("{service}: {other}"),
    }
}

/// A pod with one port and a service for it; `target` is the port that the service expects.
pub fn serve(space: &Space, name: &str, image: &str, target: u16) {
    create(
        space,
        "v1/pods",
        &json!({
            "metadata": {"name": name, "labels": {"app": name}},
            "spec": {"containers": [{"name": "main", "image": image, "ports": [{"containerPort": 8080}]}]},
        }),
    );
    create(
        space,
        "v1/services",
        &json!({
            "metadata": {"name": name},
            "spec": {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": target}]},
        }),
    );
    eventually(&format!("endpoints of {name}"), || {
        let (code, body) = through(space, name, "");
        (code != 503 || !body.contains("endpoints")).then_some(())
    });
}

fn services_are_answered_by_their_pods(space: &Space) {
    serve(space, "good", "registry.example.com/shop:1.4.2", 8080);
    assert_eq!(
        through(space, "good", "healthz"),
        (200, "good (registry.example.com/shop:1.4.2)\n".to_owned())
    );
    // Ready, and still wrong.
    serve(space, "bad", "sandbox/http:status-503", 8080);
    let (code, body) = through(space, "bad", "healthz");
    assert_eq!(code, 503);
    assert!(body.contains("bad (sandbox/http:status-503)"), "{body}");
    serve(space, "deaf", "sandbox/http:1.4.2", 9090);
    let (code, body) = through(space, "deaf", "");
    assert_eq!(code, 503);
    assert!(body.contains("connection refused"), "{body}");
}

/// The machine's own address, without sending anything. The API server takes no loopback address for an endpoint.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

fn services_reach_servers_outside(space: &Space) {
    if !outside(space, |line| answer("200 OK", line)) {
        return;
    }
    let (code, body) = through(space, "outside", "healthz");
    assert_eq!((code, body.as_str()), (200, "GET /healthz HTTP/1.1"));
}

/// An HTTP answer. The status may carry headers with it.
pub fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// The service `outside` with a server of this machine behind it, which gets the first lines of requests. Says and returns
/// `false` where that cannot be.
pub fn outside(space: &Space, respond: impl Fn(&str) -> String + Send + 'static) -> bool {
    let Some(address) = own_address() else {
        eprintln!(
            "skipped: this machine has no address but its loopback, and endpoints need another"
        );
        return false;
    };
    let server = TcpListener::bind((address, 0)).unwrap();
    let port = server.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for connection in server.incoming() {
            let mut connection = connection.unwrap();
            let mut request = [0; 4096];
            let length = connection.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..length]);
            let line = request.lines().next().unwrap_or_default();
            let _ = connection.write_all(respond(line).as_bytes());
        }
    });
    // The service proxy only goes to pods: this one is on no node and has the server's address.
    create(
        space,
        "v1/pods",
        &json!({"metadata": {"name": "outside"}, "spec": {
            "schedulerName": "nobody", "containers": [{"name": "main", "image": "none"}],
        }}),
    );
    space.request(
        "PATCH",
        &space.path("v1/pods/outside/status"),
        "application/merge-patch+json",
        Some(&json!({"status": {"podIP": address, "podIPs": [{"ip": address}]}})),
    );
    create(
        space,
        "v1/services",
        &json!({"metadata": {"name": "outside"}, "spec": {"ports": [{"name": "http", "port": 80}]}}),
    );
    create(
        space,
        "v1/endpoints",
        &json!({"metadata": {"name": "outside"}, "subsets": [{
            "addresses": [{"ip": address, "targetRef": {
                "kind": "Pod", "name": "outside", "namespace": space.namespace,
            }}],
            "ports": [{"name": "http", "port": port}],
        }]}),
    );
    true
}

fn job(space: &Space, name: &str, image: &str, extra: &Value) {
    let mut spec = json!({"backoffLimit": 0, "template": {
        // Keeps an ended pod for a look.
        "metadata": {"finalizers": ["sandbox.test/look"]},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": image}]},
    }});
    for (key, value) in extra.as_object().unwrap() {
        spec[key] = value.clone();
    }
    create(
        space,
        "batch/v1/jobs",
        &json!({"metadata": {"name": name}, "spec": spec}),
    );
}

/// The job's pods, oldest first.
fn pods(space: &Space) -> Vec<Value> {
    let mut pods = space.list("v1/pods");
    pods.sort_by_key(|pod| pod["metadata"]["creationTimestamp"].to_string());
    pods
}

fn name(pod: &Value) -> String {
    pod["metadata"]["name"].as_str().unwrap().to_owned()
}

/// Waits for the job's pod to run.
fn running(space: &Space) -> String {
    eventually("a running pod", || {
        let pod = pods(space).pop()?;
        (pod["status"]["phase"] == "Running").then(|| name(&pod))
    })
}

fn let_go(space: &Space) {
    for pod in space.list("v1/pods") {
        space.request(
            "PATCH",
            &space.path(&format!("v1/pods/{}", name(&pod))),
            "application/merge-patch+json",
            Some(&json!({"metadata": {"finalizers": null}})),
        );
    }
}

/// Follows a log to its end. `first` is called after its first lines, as soon as they came.
fn follow(space: &Space, pod: &str, first: impl FnOnce()) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let path = space.path(&format!("v1/pods/{pod}/log?follow=true"));
    let (log, line) = runtime.block_on(async {
        let request = http::Request::get(path).body(Vec::new()).unwrap();
        let client = space.client().await;
        let mut log = Box::pin(client.request_stream(request).await.unwrap()).lines();
        let line = log.try_next().await.unwrap().unwrap();
        (log, line)
    });
    first();
    let rest = runtime.block_on(async {
        let rest = log.try_collect::<Vec<String>>();
        tokio::time::timeout(Duration::from_mins(1), rest).await
    });
    let mut lines = vec![line];
    lines.extend(rest.expect("the log ends").unwrap());
    lines
}

fn a_log_is_followed_while_it_is_written(space: &Space) {
    job(space, "migrate", "sandbox/migrate:10s-exit-1", &json!({}));
    let pod = running(space);
    let lines = follow(space, &pod, || {
        let phase = space.get(&format!("v1/pods/{pod}"))["status"]["phase"].clone();
        assert_eq!(phase, "Running", "the first line came with the last");
    });
    assert_eq!(lines[0], "starting main");
    assert_eq!(lines[1], "applied migration 0001");
    assert!(lines.last().unwrap().starts_with("error: "), "{lines:?}");
    eventually("a failed job", || {
        (space.get("batch/v1/jobs/migrate")["status"]["failed"] == 1).then_some(())
    });
    let_go(space);
}

fn a_deadline_ends_a_job_and_its_log(space: &Space) {
    let extra = json!({"activeDeadlineSeconds": 5});
    job(space, "hang", "sandbox/hang", &extra);
    let pod = running(space);
    let lines = follow(space, &pod, || {});
    assert_eq!(
        lines,
        ["starting main", "waiting for something that never comes"]
    );
    let code = eventually("an ended container", || {
        let pod = space.get(&format!("v1/pods/{pod}"));
        let ended = &pod["status"]["containerStatuses"][0]["state"]["terminated"];
        ended["exitCode"].as_i64()
    });
    assert_eq!(code, 143);
    let_go(space);
    eventually("the deadline's word", || {
        let conditions = space.get("batch/v1/jobs/hang")["status"]["conditions"].to_string();
        conditions.contains("DeadlineExceeded").then_some(())
    });
}

fn an_evicted_job_is_tried_again(space: &Space) {
    let extra = json!({"backoffLimit": 1});
    job(space, "report", "sandbox/evicted:1s-once", &extra);
    eventually("a completed job", || {
        let status = space.get("batch/v1/jobs/report")["status"].clone();
        (status["succeeded"] == 1 && status["failed"] == 1).then_some(())
    });
    let pods = pods(space);
    assert_eq!(pods.len(), 2);
    assert_eq!(pods[0]["status"]["reason"], "Evicted");
    assert_eq!(pods[1]["status"]["phase"], "Succeeded");
    let_go(space);
}
