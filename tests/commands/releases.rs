//! Records: written so that a kill leaves no half, readable by others and by other versions.

use serde_json::json;

use crate::world::{World, header_path};

#[tokio::test(start_paused = true)]
async fn a_half_written_record_is_never_seen_and_its_number_not_reused() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    // The chunks of release 2 are there when the header cannot be written.
    world
        .fake
        .fail("POST", "/configmaps", 1, 403, "Forbidden", "no");
    world
        .run("app --image web=2")
        .await
        .exits(4)
        .says("release 2");
    assert_eq!(world.image(), "registry.example.com/shop:1");
    world.run("history").await.exits(0).does_not_say("shop:2");
    world.run("app").await.exits(0).says("nothing to do");
    world.run("app --image web=3").await.exits(0);
    assert_eq!(world.header(2), None);
    assert_eq!(world.header(3).unwrap()["state"], "good");
    world.run("rollback").await.exits(0);
    assert_eq!(world.image(), "registry.example.com/shop:1");
}

#[tokio::test(start_paused = true)]
async fn history_needs_no_right_to_read_secrets() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.fake.fail(
        "GET",
        "/secrets",
        99,
        403,
        "Forbidden",
        "secrets is forbidden",
    );
    world.run("history").await.exits(0).says("good");
    world.leave_checkout();
    world.run("history --app shop").await.exits(0).says("good");
}

#[tokio::test(start_paused = true)]
async fn a_record_of_a_newer_format_is_refused_politely() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.change_header(1, |header| {
        header["version"] = json!(2);
        header["binary"] = json!("7.0.0");
        header["state"] = json!("aStateOfTheFuture");
    });
    for line in ["app", "history", "rollback", "status"] {
        world
            .run(line)
            .await
            .exits(4)
            .says("written by a newer deploy")
            .says("install deploy 7.0.0 or newer");
    }
}

#[tokio::test(start_paused = true)]
async fn fields_of_later_versions_are_no_trouble() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.run("app --image web=2").await.exits(0);
    world.change_header(1, |header| header["fieldOfTheFuture"] = json!({"a": 1}));
    world.run("rollback").await.exits(0);
    assert_eq!(world.image(), "registry.example.com/shop:1");
}

#[tokio::test(start_paused = true)]
async fn another_environment_cannot_share_a_history() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.write("deploy/deploy.yaml", "app: shop\nimages: {web: registry.example.com/shop}\nenvironments: {staging: {}, production: {}}\nrollout: {soak: 0s}\n");
    world.fake.forget_requests();
    world
        .run("app --env production --image web=2")
        .await
        .exits(3)
        .says("already holds shop of environment staging");
    assert_eq!(world.fake.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_project_may_ask_for_a_newer_binary() {
    let world = World::small();
    world.project("requires: \">=99\"\n");
    world
        .run("app --image web=1")
        .await
        .exits(3)
        .says("this project needs deploy >=99")
        .says("install a newer deploy");
    assert_eq!(world.fake.requests().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn failures_evict_no_good_release() {
    let world = World::small();
    world.project("keep: {releases: 1, history: 3}\n");
    world.run("app --image web=1").await.exits(0);
    for tag in ["broken1", "broken2", "broken3"] {
        world.run(&format!("app --image web={tag}")).await.exits(5);
    }
    assert_eq!(world.image(), "registry.example.com/shop:1");
    world.run("app --image web=2").await.exits(0);
    world.run("app --image web=3").await.exits(0);
    assert_eq!(
        world.fake.object(&header_path(1)),
        None,
        "its time has come"
    );
    assert_eq!(world.header(6).unwrap()["state"], "good");
}

#[tokio::test(start_paused = true)]
async fn damage_is_noticed_before_anything_is_done_with_it() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.run("app --image web=2").await.exits(0);
    let chunk = "/api/v1/namespaces/shop/secrets/deploy.shop.v1.payload.0";
    world
        .fake
        .change(chunk, |secret| secret["data"]["chunk"] = json!("AAAA"));
    world.fake.forget_requests();
    world
        .run("rollback --to 1")
        .await
        .exits(4)
        .says("release 1 of shop");
    assert_eq!(world.fake.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_record_says_who_where_and_what() {
    let mut world = World::small();
    world.set("CI_JOB_URL", "https://ci.example.com/9");
    world.run("app --image web=1").await.exits(0);
    let header = world.header(1).unwrap();
    assert_eq!(
        header["who"],
        json!({"user": "ann", "host": "laptop", "ci": "https://ci.example.com/9"})
    );
    assert_eq!(header["images"]["web"], "registry.example.com/shop:1");
    assert_eq!(
        (&header["environment"], &header["command"]),
        (&json!("staging"), &json!("app"))
    );
}
