//! Going back: verbatim, past whatever rivals and later releases did, and honest about what cannot come back.

use serde_json::json;

use crate::fake::Fake;
use crate::world::{WEB, WEB_TEMPLATE, World};

#[tokio::test(start_paused = true)]
async fn what_comes_back_is_the_record_and_not_the_folder() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    let first = world.fake.object(WEB).unwrap()["spec"].clone();
    world.template("web", &WEB_TEMPLATE.replace("replicas: 2", "replicas: 4"));
    world.run("app --image web=2").await.exits(0);
    world.template("web", "broken: {{ nonsense");
    world
        .run("rollback")
        .await
        .exits(0)
        .says("going back from release 2 to release 1");
    assert_eq!(world.fake.object(WEB).unwrap()["spec"], first);
    let header = world.header(3).unwrap();
    assert_eq!(
        (&header["rollbackOf"], &header["state"]),
        (&json!(1), &json!("good"))
    );
    assert_eq!(world.header(2).unwrap()["rolledBackBy"], 3);
    world.run("rollback").await.exits(2).says("no good release");
}

#[tokio::test(start_paused = true)]
async fn an_undo_is_part_of_its_release_and_the_next_rollback_goes_on_from_there() {
    let world = World::small();
    for tag in ["1", "2"] {
        world.run(&format!("app --image web={tag}")).await.exits(0);
    }
    world.run("app --image web=broken").await.exits(5);
    assert_eq!(world.header(4), None, "an undo makes no release");
    assert_eq!(world.header(3).unwrap()["undoneTo"], 2);
    world
        .run("rollback")
        .await
        .exits(0)
        .says("release 3 failed and is not what runs: release 2 is running now");
    assert_eq!(world.image(), "registry.example.com/shop:1");
}

#[tokio::test(start_paused = true)]
async fn an_undo_removes_what_the_failed_release_added() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.template(
        "map",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: added}\n",
    );
    world.run("app --image web=broken").await.exits(5);
    assert_eq!(
        world
            .fake
            .object("/api/v1/namespaces/shop/configmaps/added"),
        None
    );
}

#[tokio::test(start_paused = true)]
async fn a_first_release_that_fails_is_left() {
    let world = World::small();
    world
        .run("app --image web=broken")
        .await
        .exits(6)
        .says("deploy delete");
    assert_eq!(world.image(), "registry.example.com/shop:broken");
    world
        .run("app --image web=broken --rerun")
        .await
        .exits(6)
        .says("deploy delete")
        .does_not_say("deploy rollback");
}

#[tokio::test(start_paused = true)]
async fn who_leaves_a_failed_release_is_shown_the_way_back_and_never_a_deletion() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world
        .run("app --image web=broken --no-rollback")
        .await
        .exits(6)
        .says("next: deploy rollback")
        .does_not_say("deploy delete");
}

#[tokio::test(start_paused = true)]
async fn a_failed_rollback_is_left_and_says_so() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.run("app --image web=2").await.exits(0);
    // What was good once is broken now.
    world.fake.before("POST", "/configmaps", Fake::break_all);
    world.run("rollback").await.exits(6);
    assert_eq!(world.header(3).unwrap()["state"], "failed");
    assert_eq!(
        world.image(),
        "registry.example.com/shop:1",
        "there is nothing better to fall back to"
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_come_back_is_said_first() {
    let world = World::small();
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: front}\nspec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}\n";
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: disk}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n";
    world.template("front", service).template("disk", claim);
    world.run("app --image web=1 --no-wait").await.exits(0);
    world.change_header(1, |header| header["state"] = json!("good"));
    std::fs::remove_file(world.folder.path().join("deploy/templates/front.yaml")).unwrap();
    world.run("app --image web=2 --no-wait").await.exits(0);
    world.fake.remove("/api/v1/namespaces/shop/services/front");
    world
        .run("rollback --dry-run")
        .await
        .exits(0)
        .says("Service/front gets a new address")
        .says("PersistentVolumeClaim/disk")
        .says("data");
    let plain = World::small();
    plain.run("app --image web=1").await.exits(0);
    plain.run("app --image web=2").await.exits(0);
    plain
        .run("rollback --dry-run")
        .await
        .exits(0)
        .does_not_say("address")
        .does_not_say("data in");
}

#[tokio::test(start_paused = true)]
async fn what_comes_back_passes_the_checks_that_it_was_made_with() {
    let world = World::small();
    let asks = |path: &str| {
        world.project(&format!(
            "checks: [{{service: web, port: 80, path: {path}, within: 1s}}]\n"
        ));
        let only = |known: &str| if known == path { 200 } else { 404 };
        for known in ["/old", "/new"] {
            let place = format!("http:web:80/proxy{known}");
            world.fake.app(&place, only(known), "", "");
        }
    };
    asks("/old");
    world.run("app --image web=1").await.exits(0);
    asks("/new");
    world.run("app --image web=2").await.exits(0);
    asks("/old");
    world.project("checks: [{service: web, port: 80, path: /new, within: 1s}]\n");
    world.run("rollback").await.exits(0).says("/old");
    assert_eq!(world.image(), "registry.example.com/shop:1");
}
