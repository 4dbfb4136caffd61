//! Plans: what they show, what they refuse, and that what was reviewed is what is applied.

use super::Test;
use super::support::{Space, deployment};

pub const TESTS: &[Test] = &[
    (
        "plan::shows_fields_and_ends_with_10",
        shows_fields_and_ends_with_10,
    ),
    (
        "plan::a_reviewed_plan_is_applied_exactly_or_not_at_all",
        a_reviewed_plan_is_applied_exactly_or_not_at_all,
    ),
    (
        "plan::every_refusal_is_shown_before_the_first_write",
        every_refusal_is_shown_before_the_first_write,
    ),
    ("plan::a_dry_run_writes_nothing", a_dry_run_writes_nothing),
    (
        "plan::with_secrets_is_kept_in_a_file_from_the_second_deploy_on",
        with_secrets_is_kept_in_a_file_from_the_second_deploy_on,
    ),
];

fn shows_fields_and_ends_with_10(space: &Space) {
    space.small();
    space
        .deploy(&["plan", "--image", "web=1.0", "--exit-code"])
        .exits(10)
        .says("Deployment/web");
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    space.deploy(&["plan", "--exit-code"]).exits(0);
    space
        .deploy(&["plan", "--image", "web=1.1", "--exit-code"])
        .exits(10)
        .says("spec.template.spec.containers[name=web].image")
        .says("shop:1.0")
        .says("shop:1.1");
    let plan = space
        .deploy(&["plan", "--image", "web=1.1", "--output", "json"])
        .exits(0)
        .json();
    assert_eq!(plan["version"], 1);
    assert_eq!(plan["steps"][0]["object"], "Deployment/web");
}

fn a_reviewed_plan_is_applied_exactly_or_not_at_all(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    space
        .deploy(&["plan", "--image", "web=1.1", "--out", "plan.json"])
        .exits(0);
    // What is in the folder by now does not matter: the plan carries its own.
    space.write(
        "deploy/templates/web.yaml",
        &deployment("web", "registry.example.com/shop:unreviewed", ""),
    );
    space.deploy(&["app", "--plan", "plan.json"]).exits(0);
    assert_eq!(space.image("web"), "registry.example.com/shop:1.1");
    space
        .deploy(&["app", "--plan", "plan.json"])
        .exits(4)
        .says("moved on");

    space
        .deploy(&[
            "plan",
            "--from-live",
            "--image",
            "web=1.2",
            "--out",
            "plan.json",
        ])
        .exits(0);
    let path = space.path("apps/v1/deployments/web");
    space.request(
        "PATCH",
        &path,
        "application/merge-patch+json",
        Some(&serde_json::json!({"spec": {"minReadySeconds": 1}})),
    );
    space
        .deploy(&["app", "--plan", "plan.json"])
        .exits(4)
        .says("moved on");
    assert_eq!(space.image("web"), "registry.example.com/shop:1.1");
}

fn every_refusal_is_shown_before_the_first_write(space: &Space) {
    space
        .write("deploy/deploy.yaml", "app: shop\nenvironments: {staging: {}}\n")
        .write("deploy/templates/good.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n")
        .write("deploy/templates/bad.yaml", &deployment("web", "sandbox/ready:1", "").replace("replicas: 2", "replicas: 2\n  replica: 3"))
        .write("deploy/templates/worse.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 99999}]}\n");
    space
        .deploy(&["app"])
        .exits(4)
        .says("templates/bad.yaml")
        .says("spec.replica")
        .says("templates/worse.yaml")
        .says("99999");
    assert!(
        space.names("v1/configmaps").is_empty() && space.list("v1/secrets").is_empty(),
        "nothing was written"
    );
    assert!(space.list("coordination.k8s.io/v1/leases").is_empty());
}

fn a_dry_run_writes_nothing(space: &Space) {
    space.small();
    space
        .deploy(&["app", "--image", "web=1.0", "--dry-run"])
        .exits(0)
        .says("Deployment/web");
    assert!(space.list("apps/v1/deployments").is_empty() && space.list("v1/secrets").is_empty());
}

fn with_secrets_is_kept_in_a_file_from_the_second_deploy_on(space: &Space) {
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
    space
        .deploy(&["plan", "--out", "plan.json"])
        .exits(2)
        .says("the first deploy")
        .says("without --out");
    space.deploy(&["app"]).exits(0);
    space.write("deploy/db.env", "URL=elsewhere\n");
    space.deploy(&["plan", "--out", "plan.json"]).exits(0);
    space.deploy(&["app", "--plan", "plan.json"]).exits(0);
    space.deploy(&["plan", "--exit-code"]).exits(0);
}
