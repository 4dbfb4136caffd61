//! Runs that are stopped or killed: what the next command says, and that it carries on.

use super::Test;
use super::support::{Space, signal, web};
use rustix::process::Signal;

pub const TESTS: &[Test] = &[
    (
        "interrupted::ctrl_c_stops_cleanly_and_resume_carries_on",
        ctrl_c_stops_cleanly_and_resume_carries_on,
    ),
    (
        "interrupted::kill_9_is_resumed_once_the_lock_expires",
        kill_9_is_resumed_once_the_lock_expires,
    ),
    (
        "interrupted::a_lock_whose_lease_was_deleted_is_lost",
        a_lock_whose_lease_was_deleted_is_lost,
    ),
    (
        "interrupted::rollback_undoes_what_was_cut_off",
        rollback_undoes_what_was_cut_off,
    ),
];

/// An image that becomes ready after some seconds, so that there is a rollout to interrupt.
const SLOW: &str = "web=sandbox/slow-start:ready-6s";

fn slow(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    space.write(
        "deploy/templates/web.yaml",
        &web(
            "{{ images.web }}",
            "          readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 1}\n",
        ),
    );
}

fn ctrl_c_stops_cleanly_and_resume_carries_on(space: &Space) {
    slow(space);
    let child = space.until(&["app", "--image", SLOW], |event| {
        event["phase"] == "rollout"
    });
    signal(&child, Signal::INT);
    let ended = child.wait_with_output().unwrap();
    let talk = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(130), "{talk}");
    assert!(talk.contains("stopping cleanly"), "{talk}");
    assert_eq!(space.states()[1], (2, "interrupted".to_owned()));
    assert!(
        space.list("coordination.k8s.io/v1/leases").is_empty(),
        "the lock is given back"
    );
    space
        .deploy(&["resume"])
        .exits(0)
        .says("carrying on release 2");
    assert_eq!(
        space.states(),
        [(1, "good".to_owned()), (2, "good".to_owned())]
    );
    space.deploy(&["resume"]).exits(2).says("nothing to resume");
}

fn kill_9_is_resumed_once_the_lock_expires(space: &Space) {
    slow(space);
    let mut child = space.until(&["app", "--image", SLOW], |event| {
        event["phase"] == "rollout"
    });
    signal(&child, Signal::KILL);
    child.wait().unwrap();
    assert_eq!(space.states()[1], (2, "running".to_owned()));
    space.deploy(&["resume"]).exits(7).says("holds the lock");
    space
        .deploy(&["resume", "--wait-for-lock"])
        .exits(0)
        .says("carrying on release 2");
    assert_eq!(
        space.states(),
        [(1, "good".to_owned()), (2, "good".to_owned())]
    );
}

fn rollback_undoes_what_was_cut_off(space: &Space) {
    slow(space);
    let child = space.until(&["app", "--image", SLOW], |event| {
        event["event"] == "applied"
    });
    signal(&child, Signal::TERM);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(143));
    space.deploy(&["rollback"]).exits(0);
    assert_eq!(space.image("web"), "registry.example.com/shop:1.0");
    assert_eq!(space.states().last(), Some(&(3, "good".to_owned())));
}

fn a_lock_whose_lease_was_deleted_is_lost(space: &Space) {
    slow(space);
    let child = space.until(&["app", "--image", SLOW], |event| {
        event["phase"] == "rollout"
    });
    let path = format!(
        "/apis/coordination.k8s.io/v1/namespaces/{}/leases/deploy-shop",
        space.namespace
    );
    space.api("DELETE", &path, None);
    let ended = child.wait_with_output().unwrap();
    let talk = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(7), "{talk}");
    assert!(talk.contains("its Lease was deleted"), "{talk}");
    assert!(
        space.list("coordination.k8s.io/v1/leases").is_empty(),
        "it is not made anew"
    );
}
