//! HTTP checks through the API server's real service proxy, and the logs of real Jobs.

use std::path::Path;

use deploy::diagnose::{Evidence, Finding};
use deploy::env::Clock;
use deploy::event::Events;
use deploy::ops::checks;
use deploy::ops::planning::PlanHeader;
use deploy::project::schema::Check;
use deploy::redact::Redactor;
use serde_json::{Value, json};

use super::Test;
use super::pods::{answer, create, outside, serve};
use super::support::Space;

/// Not run against another cluster: real pods do what their images do.
pub const TESTS: &[Test] = &[
    (
        "checks::services_are_checked_through_the_api_server",
        services_are_checked_through_the_api_server,
    ),
    (
        "checks::redirects_are_followed_inside_a_service",
        redirects_are_followed_inside_a_service,
    ),
    (
        "checks::a_proxy_that_is_forbidden_is_named",
        a_proxy_that_is_forbidden_is_named,
    ),
    (
        "checks::logs_of_a_job_stream_through_its_retry",
        logs_of_a_job_stream_through_its_retry,
    ),
];

fn run(space: &Space, checks: &Value) -> Vec<Finding> {
    run_with(space, None, checks)
}

fn run_with(space: &Space, kubeconfig: Option<&Path>, checks: &Value) -> Vec<Finding> {
    let checks: Vec<Check> = serde_json::from_value(checks.clone()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let cluster = space.connect(kubeconfig).await;
        let (events, _told) = Events::channel(Clock::System);
        let place = PlanHeader {
            app: "shop".to_owned(),
            environment: "staging".to_owned(),
            target: "staging".to_owned(),
        };
        checks::run(&cluster, &checks, &place, &Redactor::default(), &events)
            .await
            .unwrap()
    })
}

#[track_caller]
fn says(findings: &[Finding], service: &str, code: &str, words: &str) {
    let object = format!("Service/{service}");
    let found = findings
        .iter()
        .find(|found| found.object.to_string() == object)
        .unwrap_or_else(|| panic!("nothing of {object}: {findings:?}"));
    assert_eq!(found.code, code, "{found:?}");
    assert!(found.message.contains(words), "{found:?}");
}

fn services_are_checked_through_the_api_server(space: &Space) {
    serve(space, "good", "registry.example.com/shop:1.4.2", 8080);
    serve(space, "late", "sandbox/http:status-503-for-3s", 8080);
    serve(space, "bad", "sandbox/http:status-503", 8080);
    serve(space, "deaf", "sandbox/http:1.4.2", 9090);
    create(
        space,
        "v1/services",
        &json!({"metadata": {"name": "empty"}, "spec": {"selector": {"app": "nobody"}, "ports": [{"name": "http", "port": 80}]}}),
    );
    let check = |service: &str, port: Value| json!({"service": service, "port": port, "path": "/healthz?deep=yes", "within": "2s"});
    let mut good = check("good", json!("http"));
    good["contains"] = json!("shop:1.4.2");
    let mut late = check("late", json!(80));
    late["within"] = json!("30s");
    let findings = run(
        space,
        &json!([
            good,
            late,
            check("bad", json!("http")),
            check("deaf", json!(80)),
            check("empty", json!("http")),
            check("good", json!(81)),
            check("nowhere", json!("http")),
        ]),
    );
    assert_eq!(findings.len(), 5, "{findings:?}");
    says(
        &findings,
        "bad",
        "check-status",
        "503 Service Unavailable, wanted 200",
    );
    let Some(Evidence::Answer { body, .. }) = findings[0].evidence.first() else {
        panic!("{:?}", findings[0]);
    };
    assert_eq!(*body, ["bad (sandbox/http:status-503)"]);
    says(
        &findings,
        "deaf",
        "check-unreachable",
        "the API server cannot reach the pods behind the Service: nothing listens at",
    );
    says(
        &findings,
        "empty",
        "check-unreachable",
        "no pod behind the Service is ready",
    );
    says(
        &findings,
        "good",
        "check-unreachable",
        "the Service has no port 81",
    );
    says(
        &findings,
        "nowhere",
        "check-unreachable",
        "there is no Service `nowhere`",
    );
}

fn redirects_are_followed_inside_a_service(space: &Space) {
    let there = outside(space, |line| match line.split(' ').nth(1) {
        Some("/path") => answer("302 Found\r\nLocation: /end?k=1", ""),
        Some("/end?k=1") => answer("200 OK", "the end"),
        Some("/away") => answer(
            "302 Found\r\nLocation: https://login.example.com/?next=x",
            "",
        ),
        _ => answer("302 Found\r\nLocation: /round", ""),
    });
    if !there {
        return;
    }
    let check =
        |path: &str| json!({"service": "outside", "port": "http", "path": path, "within": "1s"});
    let mut found = check("/path");
    found["contains"] = json!("the end");
    let mut stay = check("/path");
    stay["expect"] = json!(302);
    assert_eq!(run(space, &json!([found, stay])), []);
    let findings = run(space, &json!([check("/away")]));
    says(
        &findings,
        "outside",
        "check-redirect",
        "302 redirects away from the Service, to https://login.example.com/?…",
    );
    let findings = run(space, &json!([check("/round")]));
    says(
        &findings,
        "outside",
        "check-redirect",
        "redirected more than 5 times, at last to /round",
    );
}

fn a_proxy_that_is_forbidden_is_named(space: &Space) {
    serve(space, "web", "registry.example.com/shop:1.4.2", 8080);
    let account = json!({"metadata": {"name": "nobody"}});
    create(space, "v1/serviceaccounts", &account);
    let token = space.api(
        "POST",
        &space.path("v1/serviceaccounts/nobody/token"),
        Some(&json!({"spec": {}})),
    );
    let kubeconfig = space.kubeconfig_with_token(token["status"]["token"].as_str().unwrap());
    let checks = json!([{"service": "web", "port": "http", "within": "1h"}]);
    let findings = run_with(space, Some(&kubeconfig), &checks);
    says(
        &findings,
        "web",
        "check-forbidden",
        "cannot get resource \"services/proxy\"",
    );
    assert!(
        findings[0]
            .next
            .contains("--verb=get --resource=services/proxy"),
        "{findings:?}"
    );
}

fn logs_of_a_job_stream_through_its_retry(space: &Space) {
    space.small();
    space.write("deploy/deploy.yaml", "app: shop\nimages: {web: registry.example.com/shop}\nenvironments: {staging: {}}\nrollout: {soak: 0s}\njobs: {before: [migrate]}\n");
    space.write(
        "deploy/templates/migrate.yaml",
        "apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  backoffLimit: 1
  template:
    spec:
      restartPolicy: Never
      initContainers:
        - {name: prepare, image: sandbox/succeed:300ms}
      containers:
        - {name: main, image: 'sandbox/migrate:1s-exit-1-once', resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 32Mi}}}
",
    );
    let ended = space
        .deploy(&["app", "--image", "web=1.4.2", "--yes", "--output", "json"])
        .exits(0);
    let lines: Vec<String> = ended
        .events()
        .iter()
        .filter(|event| event["event"] == "log")
        .map(|event| {
            let pod = if event["pod"].is_null() { "" } else { "again " };
            format!(
                "{pod}{}: {}",
                event["container"].as_str().unwrap(),
                event["line"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "prepare: starting prepare",
            "prepare: step 1 of 2",
            "prepare: step 2 of 2",
            "prepare: done",
            "main: starting main",
            "main: applied migration 0001",
            "main: applied migration 0002",
            "main: applied migration 0003",
            "main: error: migration 0004 failed: relation \"orders\" already exists",
            "again prepare: starting prepare",
            "again prepare: step 1 of 2",
            "again prepare: step 2 of 2",
            "again prepare: done",
            "again main: starting main",
            "again main: step 1 of 2",
            "again main: step 2 of 2",
            "again main: done",
        ]
    );
}
