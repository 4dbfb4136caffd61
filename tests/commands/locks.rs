//! One run at a time: who is dead is judged by the server's clock, whatever the clocks of holder and rival say.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::fake::{Fake, START};
use crate::support::NAMESPACE;
use crate::world::{LEASE, WEB, World};

/// Ben's lock, last renewed so many seconds after the server's clock began. His own clock is ahead by `skew`.
fn bens(renewed: i64, skew: SignedDuration) -> Value {
    let server = START.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(renewed);
    let local = server + skew;
    json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {
            "name": "deploy-shop", "namespace": "shop",
            "annotations": {"deploy.cli/user": "ben", "deploy.cli/host": "ci-7", "deploy.cli/command": "app", "deploy.cli/ci": "https://ci.example.com/7"},
            "managedFields": [{"manager": "deploy", "operation": "Update", "time": server.to_string()}],
        },
        "spec": {"holderIdentity": "r-ben", "leaseDurationSeconds": 15, "acquireTime": format!("{local:.6}"), "renewTime": format!("{local:.6}")},
    })
}

const SKEWS: [SignedDuration; 3] = [
    SignedDuration::ZERO,
    SignedDuration::from_mins(10),
    SignedDuration::from_mins(-10),
];

#[tokio::test(start_paused = true)]
async fn what_was_deployed_while_a_deletion_was_being_confirmed_is_not_deleted() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.fake.forget_requests();
    world.fake.before("POST", "/leases", |fake| {
        let mut second = fake
            .object("/api/v1/namespaces/shop/configmaps/deploy.shop.v1")
            .unwrap();
        let header = second["data"]["release.json"].as_str().unwrap();
        let header = header.replace("\"number\":1", "\"number\":2");
        second["data"]["release.json"] = header.into();
        second["metadata"]["name"] = "deploy.shop.v2".into();
        fake.put(second);
    });
    world
        .run("delete --yes")
        .await
        .exits(4)
        .says("shop was deployed after this was planned; nothing was deleted");
    let deleted = |write: &String| write.starts_with("DELETE") && !write.contains("/leases");
    assert!(!world.fake.writes().iter().any(deleted));
}

#[tokio::test(start_paused = true)]
async fn a_live_lock_refuses_and_says_whose_it_is_whatever_the_clocks_say() {
    for ours in SKEWS {
        for theirs in SKEWS {
            let mut world = World::small();
            world.ahead = ours;
            world.fake.put(bens(0, theirs));
            tokio::time::advance(Duration::from_secs(10)).await;
            world
                .run("app --image web=1")
                .await
                .exits(7)
                .says("ben on ci-7 holds the lock of shop")
                .says("`deploy app`")
                .says("https://ci.example.com/7")
                .says("--wait-for-lock");
            assert_eq!(world.fake.object(WEB), None, "{ours} {theirs}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_lock_is_taken_and_it_is_said_whatever_the_clocks_say() {
    for ours in SKEWS {
        for theirs in SKEWS {
            let mut world = World::small();
            world.ahead = ours;
            world.fake.put(bens(-16, theirs));
            world.run("app --image web=1").await.exits(0).says("ben");
            assert_eq!(world.fake.object(LEASE), None);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_goes_on_when_the_lock_is_free() {
    let world = World::small();
    world.fake.put(bens(0, SignedDuration::ZERO));
    let fake = world.fake.clone();
    let ben = async {
        tokio::time::sleep(Duration::from_secs(12)).await;
        fake.remove(LEASE);
    };
    let (ended, ()) = tokio::join!(world.run("app --image web=1 --wait-for-lock"), ben);
    ended.exits(0).says("ben");
    assert_eq!(world.header(1).unwrap()["state"], "good");
}

#[tokio::test(start_paused = true)]
async fn of_two_runs_at_once_exactly_one_proceeds() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    let (one, other) = tokio::join!(
        world.run("app --image web=2"),
        world.run("app --image web=3")
    );
    let mut codes = [one.code, other.code];
    codes.sort_unstable();
    assert_eq!(codes, [0, 7], "{one:?}\n{other:?}");
    assert_eq!(world.header(3), None, "one release was made");
    let (one, other) = tokio::join!(
        world.run("app --image web=4 --wait-for-lock"),
        world.run("app --image web=5 --wait-for-lock")
    );
    one.exits(0);
    other.exits(0);
    assert_eq!(world.header(4).unwrap()["state"], "good");
}

#[tokio::test(start_paused = true)]
async fn the_loser_of_a_lock_writes_nothing_more() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    // Ben takes the lock over while our record is being written.
    world.fake.before("POST", "/configmaps", |fake| {
        fake.put(bens(0, SignedDuration::ZERO));
    });
    world.write(
        "deploy/templates/web.yaml",
        &crate::world::WEB_TEMPLATE.replace("replicas: 2", "replicas: 3"),
    );
    let ended = world.run("app --image web=2").await.exits(7);
    ended.says("the lock of shop is lost");
    assert_eq!(
        world.fake.object(LEASE).unwrap()["spec"]["holderIdentity"],
        "r-ben",
        "his lock is not deleted"
    );
    assert_eq!(
        world.header(2).unwrap()["state"],
        "running",
        "nor is the record closed"
    );
}

#[tokio::test(start_paused = true)]
async fn take_over_is_for_those_on_call() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.run("app --image web=2").await.exits(0);
    world.fake.put(bens(0, SignedDuration::ZERO));
    world.run("rollback").await.exits(7).says("--take-over");
    world.run("rollback --take-over").await.exits(0).says("ben");
    assert_eq!(world.image(), "registry.example.com/shop:1");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_cannot_renew_its_lock_watches_on_and_writes_nothing_more() {
    let mut world = World::small();
    // Nothing is ever rolled out, so the run is still waiting when its renewals fail.
    world.fake = Fake::new(NAMESPACE);
    world
        .fake
        .fail("PUT", "/leases/", 9999, 503, "ServiceUnavailable", "no");
    let begun = tokio::time::Instant::now();
    world
        .run("app --image web=1 --timeout 10m")
        .await
        .exits(7)
        .says("the lock of shop is lost");
    // The server may come back; until then nobody else can take the lock either.
    assert_eq!(begun.elapsed().as_secs(), 600, "the rollout's own time");
    assert_eq!(world.header(1).unwrap()["state"], "running");
}

#[tokio::test(start_paused = true)]
async fn a_rollout_longer_than_the_period_keeps_its_lock() {
    let mut world = World::small();
    world.fake = Fake::new(NAMESPACE);
    let fake = world.fake.clone();
    let rival = async {
        tokio::time::sleep(Duration::from_secs(100)).await;
        world
            .run("app --image web=2")
            .await
            .exits(7)
            .says("ann on laptop holds the lock");
        fake.heal_all();
    };
    let (ended, ()) = tokio::join!(world.run("app --image web=1 --timeout 10m"), rival);
    ended.exits(0);
}

#[tokio::test(start_paused = true)]
async fn who_waited_starts_from_what_became_good_meanwhile() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.fake.put(bens(0, SignedDuration::ZERO));
    let fake = world.fake.clone();
    let ben = async {
        tokio::time::sleep(Duration::from_secs(12)).await;
        fake.remove(LEASE);
    };
    let later = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        world.run("app --rerun --wait-for-lock").await
    };
    let (first, second, ()) =
        tokio::join!(world.run("app --image web=2 --wait-for-lock"), later, ben);
    first.exits(0);
    second
        .exits(0)
        .says("release 2 has become good meanwhile")
        .says("release 3 is live");
    assert_eq!(world.image(), "registry.example.com/shop:2");
}
