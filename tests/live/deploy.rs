//! The main job: first deploy, no-op, change, failure, and what is left of each.

use super::Test;
use super::support::{Space, web};
use serde_json::json;

pub const TESTS: &[Test] = &[
    (
        "deploy::first_then_nothing_then_a_change",
        first_then_nothing_then_a_change,
    ),
    (
        "deploy::a_no_op_makes_few_requests_and_writes_nothing",
        a_no_op_makes_few_requests_and_writes_nothing,
    ),
    (
        "deploy::a_failing_image_is_named_and_undone",
        a_failing_image_is_named_and_undone,
    ),
    (
        "deploy::a_crash_names_its_exit_code_and_log",
        a_crash_names_its_exit_code_and_log,
    ),
    (
        "deploy::a_crash_during_the_soak_is_a_failure",
        a_crash_during_the_soak_is_a_failure,
    ),
    (
        "deploy::a_first_release_that_fails_is_left",
        a_first_release_that_fails_is_left,
    ),
    ("deploy::no_rollback_leaves_it", no_rollback_leaves_it),
    (
        "deploy::what_is_not_wanted_any_more_is_pruned",
        what_is_not_wanted_any_more_is_pruned,
    ),
    (
        "deploy::from_live_needs_no_checkout",
        from_live_needs_no_checkout,
    ),
    (
        "deploy::namespace_rights_are_enough",
        namespace_rights_are_enough,
    ),
    (
        "deploy::a_record_of_several_chunks_comes_back",
        a_record_of_several_chunks_comes_back,
    ),
    (
        "deploy::no_wait_leaves_the_rollout_to_resume",
        no_wait_leaves_the_rollout_to_resume,
    ),
    (
        "deploy::restart_rolls_pods_and_the_next_deploy_leaves_them",
        restart_rolls_pods_and_the_next_deploy_leaves_them,
    ),
    (
        "deploy::delete_says_what_it_keeps",
        delete_says_what_it_keeps,
    ),
    (
        "deploy::old_payloads_and_versions_go",
        old_payloads_and_versions_go,
    ),
];

fn first_then_nothing_then_a_change(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    assert_eq!(space.image("web"), "registry.example.com/shop:1.0");
    let generations = space.generations();
    space.deploy(&["app"]).exits(0).says("nothing to do");
    assert_eq!(space.generations(), generations, "a no-op restarts nothing");
    space.deploy(&["app", "--image", "web=1.1"]).exits(0);
    assert_eq!(space.image("web"), "registry.example.com/shop:1.1");
    assert_eq!(
        space.states(),
        [(1, "good".to_owned()), (2, "good".to_owned())]
    );
    let pods = space.list("v1/pods");
    assert!(
        pods.iter()
            .all(|pod| pod["metadata"]["deletionTimestamp"].is_string()
                || pod["spec"]["containers"][0]["image"] == "registry.example.com/shop:1.1")
    );
    assert!(
        space.list("coordination.k8s.io/v1/leases").is_empty(),
        "the lock is given back"
    );
}

fn a_no_op_makes_few_requests_and_writes_nothing(space: &Space) {
    space.small();
    for number in 0..12 {
        space.write(
            &format!("deploy/templates/extra{number}.yaml"),
            &format!("apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: extra{number}}}\n"),
        );
    }
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    let records = space.list("v1/configmaps").len();
    let events = space.deploy(&["app", "--output", "json"]).exits(0).events();
    let finished = events.last().unwrap();
    let kinds = 2;
    assert!(
        finished["requests"].as_u64().unwrap() <= kinds + 10,
        "{finished}"
    );
    assert_eq!(finished["release"], json!(null));
    assert_eq!(
        space.list("v1/configmaps").len(),
        records,
        "no record is made"
    );
}

fn a_failing_image_is_named_and_undone(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    space
        .deploy(&["app", "--image", "web=sandbox/missing:9.9"])
        .exits(5)
        .says("sandbox/missing:9.9")
        .says("release 1");
    assert_eq!(space.image("web"), "registry.example.com/shop:1.0");
    assert_eq!(
        space.states(),
        [(1, "good".to_owned()), (2, "rolledBack".to_owned())]
    );
    space
        .deploy(&["show", "2"])
        .exits(0)
        .says("image-not-found")
        .says("undone to");
    // After a failed release there is always something to do, and the same image works as before.
    space.deploy(&["app", "--image", "web=1.1"]).exits(0);
    assert_eq!(space.image("web"), "registry.example.com/shop:1.1");
}

fn a_crash_names_its_exit_code_and_log(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    let ended = space
        .deploy(&[
            "app",
            "--image",
            "web=sandbox/crash:exit-3-after-1s-backoff-1s",
            "--output",
            "json",
        ])
        .exits(5);
    let finished = ended.events().pop().unwrap();
    assert_eq!(
        (
            &finished["event"],
            &finished["outcome"],
            &finished["exitCode"]
        ),
        (&json!("finished"), &json!("rolledBack"), &json!(5))
    );
    let finding = &finished["findings"][0];
    let text = finding.to_string();
    assert!(text.contains("\"exitCode\":3"), "{text}");
    assert!(
        finding["evidence"]
            .as_array()
            .unwrap()
            .iter()
            .any(|evidence| evidence["kind"] == "log"),
        "{text}"
    );
}

fn a_crash_during_the_soak_is_a_failure(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    space.write("deploy/deploy.yaml", "app: shop\nimages: {web: registry.example.com/shop}\nenvironments: {staging: {}}\nrollout: {soak: 8s}\n");
    space
        .deploy(&[
            "app",
            "--image",
            "web=sandbox/crash-late:after-3s-backoff-1s",
        ])
        .exits(5);
    assert_eq!(space.image("web"), "registry.example.com/shop:1.0");
}

fn a_first_release_that_fails_is_left(space: &Space) {
    space.small();
    space
        .deploy(&["app", "--image", "web=sandbox/missing:1"])
        .exits(6)
        .says("deploy delete");
    assert_eq!(space.image("web"), "sandbox/missing:1");
    space.deploy(&["rollback"]).exits(2).says("no good release");
}

fn no_rollback_leaves_it(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    space
        .deploy(&["app", "--image", "web=sandbox/missing:2", "--no-rollback"])
        .exits(6)
        .says("deploy rollback");
    assert_eq!(space.image("web"), "sandbox/missing:2");
    space
        .deploy(&["status", "--exit-code"])
        .exits(6)
        .says("image-not-found");
    space.deploy(&["rollback"]).exits(0);
    assert_eq!(space.image("web"), "registry.example.com/shop:1.0");
    space.deploy(&["status", "--exit-code"]).exits(0);
}

fn what_is_not_wanted_any_more_is_pruned(space: &Space) {
    space.small();
    space.write(
        "deploy/templates/old.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: old}\ndata: {a: b}\n",
    );
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: disk}\nspec:\n  accessModes: [ReadWriteOnce]\n  resources: {requests: {storage: 1Gi}}\n";
    space.write("deploy/templates/disk.yaml", claim);
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    std::fs::remove_file(space.root().join("deploy/templates/old.yaml")).unwrap();
    std::fs::remove_file(space.root().join("deploy/templates/disk.yaml")).unwrap();
    space
        .deploy(&["plan"])
        .exits(0)
        .says("ConfigMap/old")
        .says("kubectl");
    space.deploy(&["app"]).exits(0);
    assert!(!space.names("v1/configmaps").contains(&"old".to_owned()));
    assert_eq!(
        space.names("v1/persistentvolumeclaims"),
        ["disk"],
        "claims are never deleted"
    );
}

fn from_live_needs_no_checkout(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    std::fs::remove_dir_all(space.root().join("deploy")).unwrap();
    space
        .deploy(&["app", "--app", "shop", "--from-live", "--image", "web=1.2"])
        .exits(0);
    assert_eq!(space.image("web"), "registry.example.com/shop:1.2");
    // A hotfix by hand is not undone in silence.
    space.request(
        "PATCH",
        &space.path("apps/v1/deployments/web"),
        "application/strategic-merge-patch+json",
        Some(&json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "registry.example.com/shop:hotfix"}]}}}})),
    );
    space
        .deploy(&["app", "--app", "shop", "--from-live", "--image", "web=1.3"])
        .exits(2)
        .says("hotfix")
        .says("--accept-drift");
    assert_eq!(space.image("web"), "registry.example.com/shop:hotfix");
}

fn namespace_rights_are_enough(space: &Space) {
    space.small();
    space
        .deploy_as_user(&["app", "--image", "web=1.0"])
        .exits(0);
    space
        .deploy_as_user(&["app", "--image", "web=1.1"])
        .exits(0);
    space.deploy_as_user(&["rollback"]).exits(0);
    assert_eq!(space.image("web"), "registry.example.com/shop:1.0");
    for command in [
        &["status"][..],
        &["history"],
        &["show", "1"],
        &["plan"],
        &["delete", "--yes"],
    ] {
        space.deploy_as_user(command).exits(0);
    }
}

fn a_record_of_several_chunks_comes_back(space: &Space) {
    space.small();
    let mut state = 7_u64;
    let noise: String = (0..1_600_000)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            char::from(b'#' + u8::try_from((state >> 33) % 80).unwrap())
        })
        .collect();
    space.write("deploy/notes.txt", &noise);
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    let chunks = space
        .list("v1/secrets")
        .iter()
        .filter(|secret| secret["metadata"]["labels"]["deploy.cli/part"] == "payload")
        .count();
    assert!(chunks > 1, "{chunks} chunks");
    space.deploy(&["app", "--image", "web=1.1"]).exits(0);
    space.deploy(&["rollback"]).exits(0);
    assert_eq!(space.image("web"), "registry.example.com/shop:1.0");
}

fn no_wait_leaves_the_rollout_to_resume(space: &Space) {
    space.small();
    space
        .deploy(&["app", "--image", "web=1.0", "--no-wait"])
        .exits(0);
    assert_eq!(space.states(), [(1, "unwatched".to_owned())]);
    space.deploy(&["resume"]).exits(0);
    assert_eq!(space.states(), [(1, "good".to_owned())]);
}

fn restart_rolls_pods_and_the_next_deploy_leaves_them(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    let before = space.generations();
    space.deploy(&["restart", "web"]).exits(0);
    let after = space.generations();
    assert_ne!(before, after);
    space.deploy(&["app"]).exits(0).says("nothing to do");
    assert_eq!(space.generations(), after);
    space
        .deploy(&["restart", "wbe"])
        .exits(2)
        .says("did you mean");
}

fn delete_says_what_it_keeps(space: &Space) {
    space.small();
    space.write(
        "deploy/templates/kept.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept, annotations: {deploy.cli/keep: \"true\"}}\n",
    );
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    space.deploy(&["delete"]).exits(2).says("--yes");
    assert_eq!(
        space.image("web"),
        "registry.example.com/shop:1.0",
        "nothing is deleted without an answer"
    );
    space
        .deploy(&["delete", "--yes"])
        .exits(0)
        .says("ConfigMap/kept: kept")
        .says("kubectl");
    assert_eq!(space.names("v1/configmaps"), ["kept"]);
    assert!(
        space
            .list("v1/secrets")
            .iter()
            .all(|secret| secret["metadata"]["labels"]["deploy.cli/kind"] != "release")
    );
}

fn old_payloads_and_versions_go(space: &Space) {
    space.write(
        "deploy/deploy.yaml",
        "app: shop\nimages: {web: registry.example.com/shop}\nenvironments: {staging: {}}\nrollout: {soak: 0s}\nkeep: {releases: 2}\nconfig: {common: {from: [config/common.env]}}\n",
    );
    space.write(
        "deploy/templates/web.yaml",
        &web(
            "{{ images.web }}",
            "          envFrom: [{configMapRef: {name: common}}]\n",
        ),
    );
    for number in 1..=4 {
        space.write("deploy/config/common.env", &format!("NUMBER={number}\n"));
        space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    }
    assert_eq!(space.states().len(), 4, "headers stay");
    space
        .deploy(&["rollback", "--to", "1"])
        .exits(2)
        .says("too old");
    let named: Vec<String> = space.names("v1/configmaps");
    assert!(
        named.len() <= 4,
        "config versions that only forgotten releases used go: {named:?}"
    );
    space.deploy(&["rollback", "--to", "3"]).exits(0);
}
