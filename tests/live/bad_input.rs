//! Bad input that only a real server can refuse: one clear message, the right exit code, nothing written.

use super::Test;
use super::support::Space;

pub const TESTS: &[Test] = &[
    (
        "bad_input::an_unknown_kind_is_named_with_the_nearest",
        an_unknown_kind_is_named_with_the_nearest,
    ),
    (
        "bad_input::rbac_says_verb_resource_and_namespace",
        rbac_says_verb_resource_and_namespace,
    ),
    (
        "bad_input::a_namespace_that_does_not_exist",
        a_namespace_that_does_not_exist,
    ),
    (
        "bad_input::what_is_not_there_is_named_with_the_way_on",
        what_is_not_there_is_named_with_the_way_on,
    ),
    (
        "bad_input::a_namespace_that_was_made_before_a_refusal_is_owned_up_to",
        a_namespace_that_was_made_before_a_refusal_is_owned_up_to,
    ),
    (
        "bad_input::a_second_environment_in_one_namespace",
        a_second_environment_in_one_namespace,
    ),
];

fn an_unknown_kind_is_named_with_the_nearest(space: &Space) {
    space
        .write(
            "deploy/deploy.yaml",
            "app: shop\nenvironments: {staging: {}}\n",
        )
        .write(
            "deploy/templates/a.yaml",
            "apiVersion: apps/v1\nkind: Deploymnet\nmetadata: {name: web}\n",
        );
    space
        .deploy(&["app"])
        .exits(3)
        .says("Deploymnet")
        .says("Deployment")
        .says("templates/a.yaml");
    assert!(space.list("v1/secrets").is_empty());
}

fn rbac_says_verb_resource_and_namespace(space: &Space) {
    space
        .write(
            "deploy/deploy.yaml",
            "app: shop\nenvironments: {staging: {}}\nallow: {clusterScoped: true}\n",
        )
        .write(
            "deploy/templates/a.yaml",
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: not-mine}\n",
        );
    space
        .deploy_as_user(&["app"])
        .exits(4)
        .says("namespaces")
        .says("list");
}

fn a_namespace_that_does_not_exist(space: &Space) {
    let elsewhere = format!("{}-x", space.namespace);
    let project = |extra: &str| {
        format!(
            "app: shop\nenvironments: {{staging: {{namespace: {elsewhere}{extra}}}}}\nrollout: {{soak: 0s}}\n"
        )
    };
    space.write("deploy/deploy.yaml", &project("")).write(
        "deploy/templates/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    );
    space
        .deploy_anywhere(&["app"])
        .exits(4)
        .says(&elsewhere)
        .says("createNamespace: true");
    space.write("deploy/deploy.yaml", &project(", createNamespace: true"));
    space.deploy_anywhere(&["app"]).exits(0).says("2 created");
    let path = format!("/api/v1/namespaces/{elsewhere}");
    space.api("DELETE", &path, None);
}

fn a_second_environment_in_one_namespace(space: &Space) {
    space
        .write(
            "deploy/deploy.yaml",
            "app: shop\nenvironments: {staging: {}, production: {}}\n",
        )
        .write(
            "deploy/templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
        );
    space.deploy(&["app", "--env", "staging"]).exits(0);
    space
        .deploy(&["app", "--env", "production"])
        .exits(3)
        .says("staging")
        .says(&space.namespace);
    space.deploy(&["app"]).exits(2).says("--env");
}

fn what_is_not_there_is_named_with_the_way_on(space: &Space) {
    space.small();
    for command in ["rollback", "resume", "restart", "status", "history"] {
        space.deploy(&[command]).exits(2).says("`deploy app` makes");
    }
    space
        .deploy_elsewhere(&["history", "-A", "--app", "nobody"])
        .exits(2)
        .says("no release of nobody in any namespace");
    // There is a deploy/ folder here, so it must not say that there is none.
    let told = space.deploy(&["status", "--app", "nobody"]).exits(2);
    assert!(!told.stderr.contains("no deploy/ folder"), "{told:?}");
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    space
        .deploy_elsewhere(&["history", "-A"])
        .exits(0)
        .says(&format!("{}/shop", space.namespace));
}

fn a_namespace_that_was_made_before_a_refusal_is_owned_up_to(space: &Space) {
    let elsewhere = format!("{}-made", space.namespace);
    space
        .write(
            "deploy/deploy.yaml",
            &format!("app: shop\nenvironments: {{staging: {{namespace: {elsewhere}, createNamespace: true}}}}\n"),
        )
        .write(
            "deploy/templates/a.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 70000}]}\n",
        );
    let told = space.deploy_elsewhere(&["app"]).exits(4);
    let told = told.says("nothing was written");
    told.says(&format!("only namespace {elsewhere} was made"));
    space.api("DELETE", &format!("/api/v1/namespaces/{elsewhere}"), None);
}
