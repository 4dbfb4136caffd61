//! Records that somebody removed or changed: what they mean is said, and deploying goes on.

use super::Test;
use super::support::{Space, deployment};
use serde_json::json;

pub const TESTS: &[Test] = &[
    (
        "damaged::a_lost_record_does_not_stop_the_next_deploy",
        a_lost_record_does_not_stop_the_next_deploy,
    ),
    (
        "damaged::a_damaged_header_is_named_with_the_way_out",
        a_damaged_header_is_named_with_the_way_out,
    ),
    (
        "damaged::a_lost_key_is_said_and_rolls_once",
        a_lost_key_is_said_and_rolls_once,
    ),
];

fn a_lost_record_does_not_stop_the_next_deploy(space: &Space) {
    space.small();
    for tag in ["1.0", "1.1"] {
        space
            .deploy(&["app", "--image", &format!("web={tag}")])
            .exits(0);
    }
    let payload = format!(
        "/api/v1/namespaces/{}/secrets/deploy.shop.v2.payload.0",
        space.namespace
    );
    space.api("DELETE", &payload, None);
    space
        .deploy(&["status"])
        .exits(4)
        .says("release 2, good")
        .says("`deploy app` goes on without it");
    space
        .deploy(&["plan", "--image", "web=1.2"])
        .exits(0)
        .says("record of release 2");
    space
        .deploy(&["app", "--image", "web=1.2"])
        .exits(0)
        .says("release 1 is the newest that can be put back");
    assert_eq!(space.image("web"), "registry.example.com/shop:1.2");
    space.deploy(&["status"]).exits(0);
}

fn a_damaged_header_is_named_with_the_way_out(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    let header = format!(
        "/api/v1/namespaces/{}/configmaps/deploy.shop.v1",
        space.namespace
    );
    let patch = json!({"data": {"release.json": "{"}});
    space.request(
        "PATCH",
        &header,
        "application/merge-patch+json",
        Some(&patch),
    );
    space
        .deploy(&["history"])
        .exits(4)
        .says("ConfigMap/deploy.shop.v1")
        .says("kubectl delete configmap deploy.shop.v1");
    space.api("DELETE", &header, None);
    space.deploy(&["app", "--image", "web=1.1"]).exits(0);
}

fn a_lost_key_is_said_and_rolls_once(space: &Space) {
    space
        .write(
            "deploy/deploy.yaml",
            "app: shop\nenvironments: {staging: {}}\nrollout: {soak: 0s}\nsecrets: {db: {file: db.env}}\n",
        )
        .write("deploy/db.env", "URL=somewhere\n")
        .write(
            "deploy/templates/web.yaml",
            &deployment(
                "web",
                "sandbox/ready:1",
                "          envFrom: [{secretRef: {name: db}}]\n",
            ),
        );
    let first = space.deploy(&["app"]).exits(0);
    assert!(!first.stderr.contains("deploy-key is gone"), "{first:?}");
    let key = format!("/api/v1/namespaces/{}/secrets/deploy-key", space.namespace);
    space.api("DELETE", &key, None);
    space
        .deploy(&["app"])
        .exits(0)
        .says("deploy-key is gone")
        .says("1 changed");
    space.deploy(&["app"]).exits(0).says("nothing to do");
}
