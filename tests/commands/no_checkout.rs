//! Commands without a checkout find the app by its records, and trust nothing that came from there.

use serde_json::json;

use crate::support::NAMESPACE;
use crate::world::{WEB_TEMPLATE, World, executable, header_path};

/// A project whose values come from a script that leaves a trace. Real time: a script is waited for.
fn scripted() -> World {
    let world = World::new();
    world
        .project("values: {exec: {command: [./values.sh]}}\n")
        .template(
            "web",
            &WEB_TEMPLATE.replace("replicas: 2", "replicas: {{ values.replicas }}"),
        );
    executable(
        &world.folder.path().join("deploy/values.sh"),
        "#!/bin/sh\ntouch ../trace\necho 'replicas: 3'\n",
    );
    world
}

#[tokio::test]
async fn scripts_run_from_a_checkout_only() {
    let world = scripted();
    let trace = world.folder.path().join("trace");
    for line in ["app --image web=1", "app --image web=2"] {
        world.run(line).await.exits(0);
        std::fs::remove_file(&trace).expect("a deploy from a checkout runs the script");
    }
    for line in [
        "rollback",
        "rollback --app shop --to 2",
        "app --from-live --image web=3",
        "app --app shop --image web=4 --from-live",
    ] {
        world.run(line).await.exits(0);
        assert!(
            !trace.exists(),
            "`{line}` acts on a record: its script must not run"
        );
        assert_eq!(
            world.fake.object(crate::world::WEB).unwrap()["spec"]["replicas"],
            3,
            "the recorded output is used"
        );
    }
    world.leave_checkout();
    world
        .run("rollback --app shop")
        .await
        .exits(0)
        .says("found shop");
    assert!(!trace.exists());
}

#[tokio::test(start_paused = true)]
async fn several_apps_in_a_namespace_need_a_choice() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    let mut other = World::new();
    other.fake = world.fake.clone();
    other
        .write(
            "deploy/deploy.yaml",
            "app: stock\nenvironments: {staging: {namespace: shop}}\nrollout: {soak: 0s}\n",
        )
        .template(
            "map",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: stock}\n",
        );
    other.run("app").await.exits(0);
    other.leave_checkout();
    other
        .run("status")
        .await
        .exits(2)
        .says("shop and stock")
        .says("--app");
    other
        .run("status --app stock")
        .await
        .exits(0)
        .says("stock in staging");
    other
        .run("status --app sotck")
        .await
        .exits(2)
        .says("no release of sotck");
}

#[tokio::test(start_paused = true)]
async fn all_namespaces_are_searched_when_asked() {
    let mut world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.run("app --image web=2").await.exits(0);
    world.leave_checkout();
    world.namespace = "elsewhere";
    world
        .run("rollback --app shop")
        .await
        .exits(2)
        .says("elsewhere");
    world
        .run("rollback --app shop -A")
        .await
        .exits(0)
        .says(&format!("namespace {NAMESPACE}"));
    assert_eq!(world.image(), "registry.example.com/shop:1");
    world.run("history -A").await.exits(0).says("rollback of 1");

    // The same app in a second namespace: which one is meant must be said.
    let text = world.fake.object(&header_path(1)).unwrap().to_string();
    let text = text.replace("\"namespace\":\"shop\"", "\"namespace\":\"shop-2\"");
    world.fake.put(serde_json::from_str(&text).unwrap());
    world
        .run("rollback --app shop -A")
        .await
        .exits(2)
        .says("shop and shop-2")
        .says("--namespace");
}

#[tokio::test(start_paused = true)]
async fn a_context_for_several_targets_needs_one_of_them() {
    let world = World::new();
    world
        .write(
            "deploy/deploy.yaml",
            "app: shop\nenvironments: {live: {targets: [{name: eu, context: eu, namespace: shop}, {name: us, context: us, namespace: shop}]}}\nrollout: {soak: 0s}\n",
        )
        .template("map", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    world
        .run("app --context eu")
        .await
        .exits(2)
        .says("eu and us")
        .says("--target");
    world
        .run("app --context elsewhere --target us")
        .await
        .exits(0)
        .says("elsewhere");
    assert_eq!(world.header(1).unwrap()["target"], "us");
}

#[tokio::test(start_paused = true)]
async fn a_hotfix_by_hand_is_not_undone_in_silence() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.leave_checkout();
    world.fake.change(crate::world::WEB, |web| {
        web["spec"]["template"]["spec"]["containers"][0]["image"] = "hotfix:1".into();
    });
    world
        .run("app --app shop --from-live --image web=2")
        .await
        .exits(2)
        .says("hotfix:1")
        .says("--accept-drift");
    world
        .run("app --app shop --from-live --accept-drift --image web=2")
        .await
        .exits(0);
    assert_eq!(world.image(), "registry.example.com/shop:2");
}

#[tokio::test(start_paused = true)]
async fn a_commit_older_than_the_running_one_is_refused() {
    let mut world = World::small();
    world.git("init -q");
    world.commit("one", 1);
    world.git("tag one");
    // By ancestry, although the clock of whoever committed went backwards.
    world.commit("two", -100);
    world.run("app --image web=1").await.exits(0);
    world.git("checkout -q one");
    world
        .run("app --image web=2")
        .await
        .exits(2)
        .says("is older than")
        .says("--allow-older");
    assert_eq!(world.image(), "registry.example.com/shop:1");
    world.run("app --image web=2 --allow-older").await.exits(0);

    // A clone that lacks the running commit goes by commit time.
    world.change_header(2, |header| {
        header["git"]["commit"] = "0123456789012345678901234567890123456789".into();
        header["git"]["time"] = "2026-01-01T00:05:00Z".into();
    });
    world
        .run("app --image web=3")
        .await
        .exits(2)
        .says("is older than");
    world.commit("three", 600);
    world.run("app --image web=3").await.exits(0);
}

#[tokio::test(start_paused = true)]
async fn production_is_rolled_back_from_a_record_found_in_production() {
    let project = "app: shop\nimages: {web: registry.example.com/shop}\nenvironments: {staging: {}, production: {namespace: shop-live}}\nrollout: {soak: 0s}\n";
    let world = World::small();
    world.write("deploy/deploy.yaml", project);
    world
        .fake
        .put(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop-live"}}));
    for line in [
        "app --env staging --image web=1",
        "app --env staging --image web=2",
    ] {
        world.run(line).await.exits(0);
    }
    world.leave_checkout();
    // A record of staging knows production by name, and that is not enough.
    world
        .run("rollback --app shop --env production")
        .await
        .exits(2)
        .says("no release of shop in environment production")
        .says("shop-live");
    assert_eq!(world.image(), "registry.example.com/shop:2");

    world
        .write("deploy/deploy.yaml", project)
        .template("web", WEB_TEMPLATE);
    for line in [
        "app --env production --image web=1",
        "app --env production --image web=2",
    ] {
        world.run(line).await.exits(0);
    }
    world.leave_checkout();
    world
        .run("rollback --app shop --env production")
        .await
        .exits(0);
    let live = world
        .fake
        .object("/apis/apps/v1/namespaces/shop-live/deployments/web")
        .unwrap();
    assert_eq!(
        live["spec"]["template"]["spec"]["containers"][0]["image"],
        "registry.example.com/shop:1"
    );
    assert_eq!(
        world.image(),
        "registry.example.com/shop:2",
        "staging stays"
    );
}

#[tokio::test(start_paused = true)]
async fn the_records_that_led_to_a_place_are_not_read_again_to_prove_it() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.leave_checkout();
    world.fake.forget_requests();
    world.run("status --app shop").await.exits(0);
    let requests = world.fake.requests();
    let lists = requests
        .iter()
        .filter(|request| request.uri.contains("part%3Dheader"));
    assert_eq!(lists.count(), 2, "to find the place, and to see what runs");
}
