//! Jobs of a release on the real Job controller: when they run, how often, what they leave behind.

use serde_json::{Value, json};

use super::Test;
use super::support::{Space, job};

/// Not run against another cluster: real Jobs do what their images do.
pub const TESTS: &[Test] = &[
    (
        "jobs::a_migration_streams_before_any_workload_changes",
        a_migration_streams_before_any_workload_changes,
    ),
    (
        "jobs::what_fails_before_touches_nothing_and_what_fails_after_goes_back",
        what_fails_before_touches_nothing_and_what_fails_after_goes_back,
    ),
    (
        "jobs::evicted_pods_are_retried_and_several_are_told_apart",
        evicted_pods_are_retried_and_several_are_told_apart,
    ),
    (
        "jobs::a_job_that_hangs_is_ended_by_the_cluster",
        a_job_that_hangs_is_ended_by_the_cluster,
    ),
    (
        "jobs::what_a_job_needs_is_ready_before_it_and_nothing_else_is_there",
        what_a_job_needs_is_ready_before_it_and_nothing_else_is_there,
    ),
    (
        "jobs::a_pod_that_cannot_start_fails_soon_and_never_starts_later",
        a_pod_that_cannot_start_fails_soon_and_never_starts_later,
    ),
    (
        "jobs::restarts_within_a_pod_are_the_jobs_own_affair",
        restarts_within_a_pod_are_the_jobs_own_affair,
    ),
    ("jobs::a_quota_is_named", a_quota_is_named),
    (
        "jobs::old_ones_go_and_delete_takes_them_all",
        old_ones_go_and_delete_takes_them_all,
    ),
    (
        "jobs::one_that_no_list_names_is_made_anew_when_it_changes",
        one_that_no_list_names_is_made_anew_when_it_changes,
    ),
];

/// The smallest project with these lists of jobs.
pub fn listed(space: &Space, lists: &str) {
    space.small();
    space.write(
        "deploy/deploy.yaml",
        &format!(
            "app: shop\nimages: {{web: registry.example.com/shop}}\nenvironments: {{staging: {{}}}}\nrollout: {{soak: 0s}}\njobs: {lists}\n"
        ),
    );
}

/// The template of a Job that is tried once.
pub fn once(space: &Space, name: &str, image: &str) {
    space.write(
        &format!("deploy/templates/{name}.yaml"),
        &job(name, image, "  backoffLimit: 0"),
    );
}

/// A good release 1 without a job's help, so that release 2 has something to leave alone.
fn released(space: &Space, lists: &str) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    listed(space, lists);
}

fn version(space: &Space) -> Value {
    space.get("apps/v1/deployments/web")["metadata"]["resourceVersion"].clone()
}

fn pods_of(space: &Space, made: &str) -> Vec<Value> {
    let mut pods = space.list("v1/pods");
    pods.retain(|pod| pod["metadata"]["labels"]["batch.kubernetes.io/job-name"] == made);
    pods
}

/// Names of all Jobs.
pub fn jobs(space: &Space) -> Vec<String> {
    let jobs = space.list("batch/v1/jobs");
    let name = |job: &Value| job["metadata"]["name"].as_str().unwrap().to_owned();
    jobs.iter().map(name).collect()
}

fn a_migration_streams_before_any_workload_changes(space: &Space) {
    released(space, "{before: [migrate]}");
    once(space, "migrate", "sandbox/migrate:1.0");
    let before = version(space);
    let user = space.cluster.user.as_deref().unwrap();
    let child = super::support::until(
        space.command_as(user, &["app", "--image", "web=2.0"]),
        |event| event["event"] == "log" && event["line"] == "applied migration 0002",
    );
    assert_eq!(space.get("batch/v1/jobs/migrate-r2")["status"]["active"], 1);
    assert_eq!(version(space), before, "the job runs before the rollout");
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    assert!(space.image("web").ends_with(":2.0"));
    let log = space
        .deploy(&["app", "--rerun", "--output", "json"])
        .exits(0)
        .events();
    let lines = log
        .iter()
        .filter(|event| event["job"] == "migrate" && event["event"] == "log");
    assert_eq!(lines.count(), 8, "each line once");
}

fn what_fails_before_touches_nothing_and_what_fails_after_goes_back(space: &Space) {
    released(space, "{before: [migrate], after: [smoke]}");
    once(space, "migrate", "sandbox/migrate:exit-1-after-1s");
    once(space, "smoke", "sandbox/fail:exit-3");
    let before = version(space);
    space
        .deploy(&["app", "--image", "web=2.0"])
        .exits(8)
        .says("release 1 is running")
        .says("| error: migration");
    assert_eq!(version(space), before, "no workload was written");
    space
        .deploy(&["show", "2"])
        .exits(0)
        .says("job-backoff-limit")
        .says("| error: migration");

    once(space, "migrate", "sandbox/migrate:500ms");
    let user = space
        .deploy_as_user(&["app", "--image", "web=3.0"])
        .exits(5);
    let user = user.says("Job/smoke-r3").says("exit code 3");
    drop(user.says("release 1 is running"));
    assert!(space.image("web").ends_with(":1.0"));
    assert_eq!(
        space.states()[1..],
        [(2, "jobFailed".to_owned()), (3, "rolledBack".to_owned())]
    );
}

fn evicted_pods_are_retried_and_several_are_told_apart(space: &Space) {
    listed(space, "{before: [wide, moody]}");
    space.write(
        "deploy/templates/wide.yaml",
        &job(
            "wide",
            "sandbox/migrate:1s",
            "  parallelism: 2\n  completions: 2",
        ),
    );
    space.write(
        "deploy/templates/moody.yaml",
        &job("moody", "sandbox/evicted:1s-once", "  backoffLimit: 1"),
    );
    let events = space
        .deploy(&["app", "--image", "web=1.0", "--output", "json"])
        .exits(0)
        .events();
    let wide: Vec<&Value> = events
        .iter()
        .filter(|event| event["event"] == "log" && event["job"] == "wide")
        .collect();
    let named: std::collections::BTreeSet<_> = wide
        .iter()
        .filter_map(|event| event["pod"].as_str())
        .collect();
    assert_eq!(named.len(), 2, "{wide:?}");
    assert_eq!(pods_of(space, "moody-r1").len(), 2);
}

fn a_job_that_hangs_is_ended_by_the_cluster(space: &Space) {
    listed(space, "{before: [{name: migrate, timeout: 2s}]}");
    once(space, "migrate", "sandbox/migrate:1m");
    space
        .deploy(&["app", "--image", "web=1.0"])
        .exits(8)
        .says("job-deadline")
        .says("log of migrate-r1-")
        .says("| applied migration 0001");
    space
        .deploy(&["show", "1"])
        .exits(0)
        .says("| applied migration 0001");
    assert!(space.list("apps/v1/deployments").is_empty());
}

/// A Service, and a `StatefulSet` that takes its time.
const DATABASE: &str = "apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
        - name: db
          image: sandbox/slow-start:2s
          envFrom: [{configMapRef: {name: \"{{ config('db') }}\"}}]
          readinessProbe: {tcpSocket: {port: 5432}, periodSeconds: 1}
          resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 32Mi}}
";

fn what_a_job_needs_is_ready_before_it_and_nothing_else_is_there(space: &Space) {
    let elsewhere = format!("{}-new", space.namespace);
    listed(
        space,
        "{before: [{name: migrate, needs: [StatefulSet/db]}]}\nconfig: {db: {from: [db.env]}, other: {from: [db.env]}}",
    );
    space.write(
        "deploy/deploy.yaml",
        &std::fs::read_to_string(space.root().join("deploy/deploy.yaml"))
            .unwrap()
            .replace(
                "staging: {}",
                &format!("staging: {{namespace: {elsewhere}, createNamespace: true}}"),
            ),
    );
    space.write("deploy/db.env", "MODE=fast\n");
    space.write("deploy/templates/db.yaml", DATABASE);
    once(space, "migrate", "sandbox/migrate:1s");
    let mut command = space.hermetic(super::support::DEPLOY);
    command.args([
        "app",
        "--image",
        "web=1.0",
        "--context",
        &space.cluster.admin,
    ]);
    let child = super::support::until(command, |event| event["event"] == "jobStarted");
    let list = |path: &str| {
        let found = space.api(
            "GET",
            &format!("{path}/namespaces/{elsewhere}/statefulsets"),
            None,
        );
        found["items"].as_array().unwrap().clone()
    };
    assert_eq!(list("/apis/apps/v1")[0]["status"]["readyReplicas"], 1);
    let there = |path: &str| {
        let found = space.api("GET", &path.replace("NS", &elsewhere), None);
        let items = found["items"].as_array().unwrap();
        items
            .iter()
            .filter(|item| {
                item["metadata"]["labels"]["deploy.cli/app"] == "shop"
                    && item["metadata"]["labels"]["deploy.cli/kind"] != "release"
            })
            .count()
    };
    assert_eq!(there("/api/v1/namespaces/NS/services"), 1);
    assert_eq!(there("/api/v1/namespaces/NS/configmaps"), 1);
    assert_eq!(there("/apis/apps/v1/namespaces/NS/deployments"), 0);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(there("/api/v1/namespaces/NS/configmaps"), 2);
    assert_eq!(there("/apis/apps/v1/namespaces/NS/deployments"), 1);
    space.api("DELETE", &format!("/api/v1/namespaces/{elsewhere}"), None);
}

fn a_pod_that_cannot_start_fails_soon_and_never_starts_later(space: &Space) {
    released(space, "{before: [migrate]}");
    once(space, "migrate", "sandbox/missing:1");
    space
        .deploy(&["app", "--image", "web=2.0"])
        .exits(8)
        .says("sandbox/missing:1 does not exist in its registry");
    // It would begin as soon as somebody pushes the image, beside whatever runs then.
    let left = space.list("batch/v1/jobs");
    let going = |job: &Value| !job["metadata"]["deletionTimestamp"].is_string();
    assert!(!left.iter().any(going), "{left:?}");

    std::fs::remove_file(space.root().join("deploy/templates/migrate.yaml")).unwrap();
    listed(space, "{after: [smoke]}");
    once(space, "smoke", "sandbox/config-error:1");
    space
        .deploy(&["app", "--image", "web=2.0"])
        .exits(5)
        .says("Job/smoke-r3");
    let left = space.list("batch/v1/jobs");
    assert!(!left.iter().any(going), "{left:?}");
}

fn restarts_within_a_pod_are_the_jobs_own_affair(space: &Space) {
    listed(space, "{before: [migrate]}");
    let moody = job(
        "migrate",
        "sandbox/fail:after-100ms-backoff-1s",
        "  backoffLimit: 4",
    );
    space.write(
        "deploy/templates/migrate.yaml",
        &moody.replace("restartPolicy: Never", "restartPolicy: OnFailure"),
    );
    space
        .deploy(&["app", "--image", "web=1.0"])
        .exits(8)
        .says("backoffLimit of 4");
}

fn a_quota_is_named(space: &Space) {
    listed(space, "{before: [migrate]}");
    once(space, "migrate", "sandbox/migrate:1s");
    space.api(
        "POST",
        &space.path("v1/resourcequotas"),
        Some(&json!({"metadata": {"name": "few"}, "spec": {"hard": {"pods": "0"}}})),
    );
    // The quota controller fills the status in, without which nothing is refused.
    let begun = std::time::Instant::now();
    while space.get("v1/resourcequotas/few")["status"]["hard"].is_null() {
        assert!(begun.elapsed().as_secs() < 20);
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let ended = space.deploy(&["app", "--image", "web=1.0"]);
    assert!([4, 8].contains(&ended.code), "{ended:?}");
    drop(ended.says("quota").says("few"));
}

fn old_ones_go_and_delete_takes_them_all(space: &Space) {
    listed(space, "{before: [migrate]}");
    for (tag, image, code) in [
        ("1.0", "sandbox/migrate:300ms", 0),
        ("2.0", "sandbox/migrate:exit-1-after-300ms", 8),
        ("3.0", "sandbox/migrate:300ms", 0),
        ("4.0", "sandbox/migrate:300ms", 0),
    ] {
        once(space, "migrate", image);
        space
            .deploy(&["app", "--image", &format!("web={tag}")])
            .exits(code);
    }
    assert_eq!(jobs(space), ["migrate-r3", "migrate-r4"]);
    space.deploy_as_user(&["delete", "--yes"]).exits(0);
    assert!(jobs(space).is_empty(), "{:?}", jobs(space));
    let begun = std::time::Instant::now();
    while !space.list("v1/pods").is_empty() {
        assert!(begun.elapsed().as_secs() < 60, "its pods are left");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

fn one_that_no_list_names_is_made_anew_when_it_changes(space: &Space) {
    space.small();
    once(space, "seed", "sandbox/succeed:1");
    let uid = || space.get("batch/v1/jobs/seed")["metadata"]["uid"].clone();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    let first = uid();
    space.deploy(&["app", "--image", "web=2.0"]).exits(0);
    assert_eq!(uid(), first, "unchanged, left");
    once(space, "seed", "sandbox/succeed:2");
    space
        .deploy(&["plan"])
        .exits(0)
        .says("Job/seed")
        .says("replace");
    space.deploy(&["app"]).exits(0);
    assert_ne!(uid(), first, "changed, made anew");
}
