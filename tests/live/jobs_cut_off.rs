//! Runs that end while a job runs: what they started is found again, never started twice.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use rustix::process::Signal;
use serde_json::Value;

use super::Test;
use super::jobs::{jobs, listed, once};
use super::support::{Space, signal};

/// Not run against another cluster: real Jobs do what their images do.
pub const TESTS: &[Test] = &[
    (
        "jobs::a_killed_run_is_resumed_with_the_very_same_job",
        a_killed_run_is_resumed_with_the_very_same_job,
    ),
    (
        "jobs::one_that_ended_while_nobody_looked_is_not_run_again",
        one_that_ended_while_nobody_looked_is_not_run_again,
    ),
    (
        "jobs::the_next_deploy_waits_for_the_job_of_a_stopped_one",
        the_next_deploy_waits_for_the_job_of_a_stopped_one,
    ),
    (
        "jobs::a_rollback_says_what_still_runs",
        a_rollback_says_what_still_runs,
    ),
];

fn started(event: &Value) -> bool {
    event["event"] == "log"
}

fn uid(space: &Space, made: &str) -> Value {
    space.get(&format!("batch/v1/jobs/{made}"))["metadata"]["uid"].clone()
}

/// Kills a run whose migration has begun, and lets its lock expire at once.
fn killed(space: &Space, tag: &str) -> Value {
    let mut child = space.until(&["app", "--image", &format!("web={tag}")], started);
    signal(&child, Signal::KILL);
    child.wait().unwrap();
    space.api(
        "DELETE",
        &space.path("coordination.k8s.io/v1/leases/deploy-shop"),
        None,
    );
    uid(space, "migrate-r1")
}

fn completed(space: &Space, made: &str) {
    let begun = std::time::Instant::now();
    while space.get(&format!("batch/v1/jobs/{made}"))["status"]["completionTime"].is_null() {
        assert!(begun.elapsed().as_secs() < 30, "{made} does not end");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

fn a_killed_run_is_resumed_with_the_very_same_job(space: &Space) {
    listed(space, "{before: [migrate]}");
    once(space, "migrate", "sandbox/migrate:4s");
    let first = killed(space, "1.0");
    let resumed = space
        .deploy(&["resume", "--output", "json"])
        .exits(0)
        .events();
    let job = resumed.iter().find(|event| event["event"] == "jobStarted");
    assert_eq!(job.unwrap()["reattached"], true);
    let lines = resumed.iter().filter(|event| event["event"] == "log");
    assert!(lines.count() > 8, "its log is shown from its start");
    assert_eq!(jobs(space), ["migrate-r1"]);
    assert_eq!(uid(space, "migrate-r1"), first);
    assert!(space.image("web").ends_with(":1.0"));
}

fn one_that_ended_while_nobody_looked_is_not_run_again(space: &Space) {
    listed(space, "{before: [migrate]}");
    let template = super::support::job(
        "migrate",
        "sandbox/migrate:1s",
        "  ttlSecondsAfterFinished: 0",
    );
    space.write("deploy/templates/migrate.yaml", &template);
    let first = killed(space, "1.0");
    completed(space, "migrate-r1");
    // A time to live would end about now.
    std::thread::sleep(std::time::Duration::from_secs(2));
    space.deploy(&["resume"]).exits(0);
    assert_eq!(uid(space, "migrate-r1"), first);
}

fn the_next_deploy_waits_for_the_job_of_a_stopped_one(space: &Space) {
    listed(space, "{before: [migrate]}");
    once(space, "migrate", "sandbox/migrate:5s");
    let child = space.until(&["app", "--image", "web=1.0"], started);
    signal(&child, Signal::INT);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{ended:?}");
    once(space, "migrate", "sandbox/migrate:1s");
    let said = space
        .deploy_as_user(&["app", "--image", "web=2.0"])
        .exits(0)
        .says("migrate of release 1 has not ended");
    drop(said);
    let time = |made: &str, which: &str| {
        let job = space.get(&format!("batch/v1/jobs/{made}"));
        job["status"][which].as_str().unwrap().to_owned()
    };
    assert!(time("migrate-r1", "completionTime") <= time("migrate-r2", "startTime"));
}

fn a_rollback_says_what_still_runs(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    listed(space, "{before: [migrate]}");
    once(space, "migrate", "sandbox/migrate:1m");
    let mut deploy = space.command(&["app", "--image", "web=2.0"]);
    let mut child = deploy.stderr(Stdio::piped()).spawn().unwrap();
    let mut talk = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    while !talk.contains("migrate |") {
        assert!(stderr.read_line(&mut talk).unwrap() > 0, "{talk}");
    }
    signal(&child, Signal::TERM);
    stderr.read_to_string(&mut talk).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143), "{talk}");
    assert!(talk.contains("Job/migrate-r2: it goes on"), "{talk}");
    space
        .deploy(&["rollback"])
        .exits(0)
        .says("migrate of release 2 still runs")
        .says(&format!(
            "kubectl -n {} delete job migrate-r2",
            space.namespace
        ));
    assert!(space.image("web").ends_with(":1.0"));
    assert_eq!(jobs(space), ["migrate-r2"], "it is left alone");
}
