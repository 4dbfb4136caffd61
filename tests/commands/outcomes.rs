//! Exit codes, the last event, and questions.

use serde_json::json;

use crate::world::{WEB, WEB_TEMPLATE, World};

#[tokio::test(start_paused = true)]
async fn every_stream_of_events_ends_with_finished_and_its_exit_code() {
    let world = World::small();
    let run = async |line: &str, code: u8, outcome: &str| {
        let ended = world
            .run(&format!("{line} --output json"))
            .await
            .exits(code);
        let last = ended.last_event();
        assert_eq!(
            (&last["event"], &last["exitCode"], &last["outcome"]),
            (&json!("finished"), &json!(code), &json!(outcome)),
            "{line}: {last}"
        );
    };
    world
        .fake
        .fail("PATCH", "dryRun=All", 1, 422, "Invalid", "no");
    run("app --image web=1", 4, "refused").await;
    run("app --image web=broken", 6, "failed").await;
    run("app --image web=1", 0, "done").await;
    run("app", 0, "done").await;
    run("app --image web=broken", 5, "rolledBack").await;
    run("rollback --to 99", 2, "usage").await;
    run("resume", 2, "usage").await;
    world.fake.put(json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "deploy-shop", "namespace": "shop", "annotations": {"deploy.cli/frozen": "true", "deploy.cli/reason": "audit", "deploy.cli/user": "ben"}},
        "spec": {"holderIdentity": "ben"},
    }));
    run("app --image web=2", 7, "locked").await;
    world.template(
        "bad",
        "apiVersion: v1\nkind: Cofnigmap\nmetadata: {name: a}\n",
    );
    run("app", 3, "project").await;
}

#[tokio::test(start_paused = true)]
async fn a_frozen_app_says_by_whom_and_why() {
    let world = World::small();
    world.fake.put(json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "deploy-shop", "namespace": "shop", "annotations": {"deploy.cli/frozen": "true", "deploy.cli/reason": "audit", "deploy.cli/user": "ben"}},
        "spec": {"holderIdentity": "ben"},
    }));
    for line in ["app --image web=2", "app --image web=2 --wait-for-lock"] {
        world
            .run(line)
            .await
            .exits(7)
            .says("frozen by ben")
            .says("audit");
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_that_nobody_can_answer_names_the_flag() {
    let world = World::small();
    world.write("deploy/deploy.yaml", "app: shop\nimages: {web: registry.example.com/shop}\nenvironments: {staging: {confirm: true}}\nrollout: {soak: 0s}\n");
    world.run("app --image web=1").await.exits(2).says("--yes");
    assert_eq!(world.fake.writes(), Vec::<String>::new());
    world.run("app --image web=1 --yes").await.exits(0);
    world.run("app").await.exits(0).says("nothing to do");
    world.run("plan --image web=2").await.exits(0);
}

#[tokio::test(start_paused = true)]
async fn codes_for_scripts() {
    let world = World::small();
    world.run("plan --image web=1 --exit-code").await.exits(10);
    world.run("plan --image web=1").await.exits(0);
    world.run("app --image web=broken").await.exits(6);
    world.run("status").await.exits(0);
    world.run("status --exit-code").await.exits(6);
    world.run("app --image web=1").await.exits(0);
    world.run("plan --exit-code").await.exits(0);
    world.run("status --exit-code").await.exits(0);
}

#[tokio::test(start_paused = true)]
async fn expired_credentials_are_named() {
    let world = World::small();
    world
        .fake
        .fail("GET", "/", 99, 401, "Unauthorized", "Unauthorized");
    world
        .run("app --image web=1")
        .await
        .exits(4)
        .says("credentials");
    assert_eq!(world.fake.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn keys_of_later_features_are_refused_one_by_one() {
    for (key, line) in [
        ("github", "notify: {team: {github: {}}}"),
        ("strategy", "strategy: {blueGreen: {}}"),
        ("preview", "preview: {ttl: 3d}"),
        ("vault", "secrets: {db: {vault: {path: a, keys: [url]}}}"),
        ("sops", "secrets: {db: {sops: {file: secrets/a.yaml}}}"),
        ("s3", "secrets: {db: {s3: {bucket: a, key: b}}}"),
    ] {
        let world = World::small();
        world.project(line);
        for command in ["lint", "app --image web=1"] {
            world
                .run(command)
                .await
                .exits(3)
                .says("not supported yet")
                .says(key);
        }
        assert_eq!(world.fake.requests().len(), 0, "{key}");
    }
    for key in ["promoteFrom: staging", "approval: {required: true}"] {
        let world = World::small();
        world.write(
            "deploy/deploy.yaml",
            &format!("app: shop\nenvironments: {{staging: {{{key}}}}}\n"),
        );
        world.run("lint").await.exits(3).says("not supported yet");
    }
}

#[tokio::test(start_paused = true)]
async fn status_masks_what_the_app_keeps_secret() {
    let world = World::new();
    world
        .project("secrets: {db: {file: secrets/db.env}}\n")
        .template(
            "web",
            &format!("{WEB_TEMPLATE}          envFrom: [{{secretRef: {{name: db}}}}]\n"),
        )
        .write("deploy/secrets/db.env", "URL=canary-in-a-file\n");
    world.run("app --image web=broken").await.exits(6);
    world.fake.without_controllers();
    world.fake.change(WEB, |web| {
        web["status"]["conditions"][0]["message"] = json!("cannot reach canary-in-a-file");
        web["status"]["updatedReplicas"] = json!(0);
    });
    for line in ["status", "status --output json"] {
        world
            .run(line)
            .await
            .exits(0)
            .says("cannot reach")
            .does_not_say("canary-in-a-file");
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_too_short_to_be_masked_is_warned_about() {
    let world = World::new();
    world
        .project("secrets: {db: {file: secrets/db.env}}\n")
        .template(
            "web",
            &format!("{WEB_TEMPLATE}          envFrom: [{{secretRef: {{name: db}}}}]\n"),
        )
        .write("deploy/secrets/db.env", "PIN=1234\n");
    for line in ["plan --image web=1", "lint"] {
        world
            .run(line)
            .await
            .exits(0)
            .says("`db`")
            .says("too short to be masked")
            .does_not_say("1234");
    }
}
