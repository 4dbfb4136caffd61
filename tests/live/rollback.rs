//! Going back: from anywhere, under rivals, with what later releases added or removed.

use super::Test;
use super::support::{Space, web};
use serde_json::json;

pub const TESTS: &[Test] = &[
    (
        "rollback::works_from_an_empty_folder",
        works_from_an_empty_folder,
    ),
    (
        "rollback::never_goes_back_and_forth",
        never_goes_back_and_forth,
    ),
    (
        "rollback::restores_what_was_pruned_and_removes_what_was_added",
        restores_what_was_pruned,
    ),
    (
        "rollback::forces_what_was_changed_by_hand",
        forces_what_was_changed_by_hand,
    ),
    (
        "rollback::of_an_undone_release_says_what_runs",
        of_an_undone_release_says_what_runs,
    ),
    ("rollback::takes_over_a_live_lock", takes_over_a_live_lock),
];

fn works_from_an_empty_folder(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    space.deploy(&["app", "--image", "web=1.1"]).exits(0);
    std::fs::remove_dir_all(space.root().join("deploy")).unwrap();
    space
        .deploy(&["rollback", "--app", "shop", "--env", "staging"])
        .exits(0)
        .says("found shop")
        .says("release 1");
    assert_eq!(space.image("web"), "registry.example.com/shop:1.0");
    space
        .deploy(&["status", "--app", "shpo"])
        .exits(2)
        .says("no release of shpo");
    space
        .deploy(&["rollback", "--app", "shop", "--env", "prod"])
        .exits(2)
        .says("staging");
}

fn never_goes_back_and_forth(space: &Space) {
    space.small();
    for tag in ["1.0", "1.1", "1.2"] {
        space
            .deploy(&["app", "--image", &format!("web={tag}")])
            .exits(0);
    }
    space.deploy(&["rollback"]).exits(0);
    assert_eq!(space.image("web"), "registry.example.com/shop:1.1");
    space.deploy(&["rollback"]).exits(0);
    assert_eq!(
        space.image("web"),
        "registry.example.com/shop:1.0",
        "not 1.2, which was rolled back from"
    );
    let shown = space
        .deploy(&["show", "4", "--output", "json"])
        .exits(0)
        .json();
    assert_eq!(shown["release"]["rollbackOf"], 2);
}

fn restores_what_was_pruned(space: &Space) {
    let map = |name: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{of: {name}}}\n"
        )
    };
    space
        .small()
        .write("deploy/templates/map.yaml", &map("before"));
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    space.write("deploy/templates/map.yaml", &map("after"));
    space.deploy(&["app"]).exits(0);
    assert_eq!(space.names("v1/configmaps"), ["after"]);
    space.deploy(&["rollback"]).exits(0);
    assert_eq!(space.names("v1/configmaps"), ["before"]);
}

fn forces_what_was_changed_by_hand(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    space.deploy(&["app", "--image", "web=1.1"]).exits(0);
    let by_hand = json!({"spec": {"replicas": 5, "template": {"spec": {"containers": [{"name": "web", "image": "registry.example.com/shop:hotfix"}]}}}});
    space.request(
        "PATCH",
        &space.path("apps/v1/deployments/web"),
        "application/strategic-merge-patch+json",
        Some(&by_hand),
    );
    space
        .deploy(&["app", "--image", "web=1.2"])
        .exits(4)
        .says("--force-conflicts");
    space.deploy(&["rollback"]).exits(0);
    assert_eq!(space.image("web"), "registry.example.com/shop:1.0");
    assert_eq!(space.get("apps/v1/deployments/web")["spec"]["replicas"], 2);
}

fn of_an_undone_release_says_what_runs(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    space.deploy(&["app", "--image", "web=1.1"]).exits(0);
    space
        .deploy(&["app", "--image", "web=sandbox/missing:1"])
        .exits(5);
    space
        .deploy(&["rollback"])
        .exits(0)
        .says("release 2 is running now");
    assert_eq!(space.image("web"), "registry.example.com/shop:1.0");
}

fn takes_over_a_live_lock(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    space.write(
        "deploy/templates/web.yaml",
        &web(
            "{{ images.web }}",
            "          readinessProbe: {httpGet: {path: /, port: 80}}\n",
        ),
    );
    let child = space.until(&["app", "--image", "web=sandbox/unready:1"], |event| {
        event["phase"] == "rollout"
    });
    space
        .deploy(&["app", "--image", "web=1.1"])
        .exits(7)
        .says("holds the lock");
    space
        .deploy(&["rollback", "--take-over"])
        .exits(0)
        .says("lock");
    assert_eq!(space.image("web"), "registry.example.com/shop:1.0");
    let loser = child.wait_with_output().unwrap();
    assert_eq!(
        loser.status.code(),
        Some(7),
        "{}",
        String::from_utf8_lossy(&loser.stderr)
    );
    let states = space.states();
    assert_eq!(states.len(), 3, "both runs are in the record: {states:?}");
    assert_eq!(
        space.image("web"),
        "registry.example.com/shop:1.0",
        "the loser writes nothing more"
    );
}
