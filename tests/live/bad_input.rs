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
    space
        .write(
            "deploy/deploy.yaml",
            "app: shop\nenvironments: {staging: {}}\n",
        )
        .write(
            "deploy/templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
        );
    let mut command = space.command(&["app"]);
    command.args(["--namespace", &elsewhere]);
    let output = command.output().unwrap();
    // The flag given twice is a usage error; the namespace is set in the project instead.
    assert_eq!(output.status.code(), Some(2));
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
