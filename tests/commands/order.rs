//! The order of a deploy: reads and dry runs, the lock, the record, the objects, the record again; and nothing at all when there is nothing to do.

use serde_json::json;

use crate::fake::Fake;
use crate::world::{LEASE, WEB, World, header_path};

const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/shop/leases";
const MAPS: &str = "/api/v1/namespaces/shop/configmaps";
const SECRETS: &str = "/api/v1/namespaces/shop/secrets";

#[tokio::test(start_paused = true)]
async fn lock_then_record_then_objects_then_the_ending() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    assert_eq!(
        world.fake.writes(),
        [
            format!("POST {LEASES}"),
            format!("POST {SECRETS}"),
            format!("POST {MAPS}"),
            format!("PATCH {WEB}"),
            // The lock is confirmed after the rollout, before the release is called good.
            format!("PUT {LEASE}"),
            format!("POST {SECRETS}"),
            format!("PUT {}", header_path(1)),
            format!("DELETE {LEASE}"),
        ]
    );
    let requests = world.fake.requests();
    let at = |wanted: &dyn Fn(&str, &str) -> bool| {
        requests
            .iter()
            .position(|seen| wanted(&seen.method, &seen.uri))
            .unwrap()
    };
    let dry_run = at(&|method, uri| method == "PATCH" && uri.contains("dryRun=All"));
    let lock = at(&|method, uri| method == "POST" && uri.contains("/leases"));
    assert!(dry_run < lock, "the dry run needs no lock");
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_not_wanted_or_already_there_writes_nothing() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.fake.forget_requests();
    for (line, code, says) in [
        ("app", 0, "nothing to do"),
        ("app --image web=1", 0, "nothing to do"),
        ("app --image web=2 --dry-run", 0, "Deployment/web"),
        ("plan --image web=2", 0, "Deployment/web"),
        ("rollback", 2, "no good release"),
        ("rollback --to 7", 2, "no release 7"),
        ("app --env prodution", 2, "prodution"),
        ("app --target eu", 2, "eu"),
        ("app --image wbe=1", 2, "web"),
        ("app --image web=1 --timeout soon", 2, "10m"),
        ("app --plan nowhere.json", 2, "nowhere.json"),
        ("delete", 2, "--yes"),
        ("resume", 2, "nothing to resume"),
        ("restart nothing", 2, "web"),
        ("status", 0, "release 1"),
        ("history", 0, "good"),
        ("show 1", 0, "release 1"),
    ] {
        world.run(line).await.exits(code).says(says);
        assert_eq!(world.fake.writes(), Vec::<String>::new(), "{line}");
    }
    world
        .fake
        .fail("PATCH", "dryRun=All", 1, 422, "Invalid", "spec: no");
    world
        .run("app --image web=2")
        .await
        .exits(4)
        .says("spec: no")
        .says("nothing was written");
    assert_eq!(world.fake.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_no_op_asks_for_little() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.fake.forget_requests();
    let finished = world.run("app --output json").await.exits(0).last_event();
    let kinds = 1;
    assert!(world.fake.requests().len() <= kinds + 10, "{finished}");
    assert_eq!(
        finished["requests"].as_u64().unwrap(),
        world.fake.requests().len() as u64,
        "and counts right"
    );
}

#[tokio::test(start_paused = true)]
async fn a_release_that_appears_between_plan_and_lock_is_planned_on() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.run("app --image web=2").await.exits(0);
    world.run("rollback").await.exits(0);
    // Somebody else's release 4, equal to release 3, is recorded while our plan is being read.
    world.fake.before("POST", "/leases", |fake| {
        for path in [
            header_path(3),
            format!("{SECRETS}/deploy.shop.v3.payload.0"),
            format!("{SECRETS}/deploy.shop.v3.ending.0"),
        ] {
            let text = fake.object(&path).unwrap().to_string();
            let text = text
                .replace("deploy.shop.v3", "deploy.shop.v4")
                .replace("\\\"number\\\":3", "\\\"number\\\":4")
                .replace("deploy.cli/release\":\"3", "deploy.cli/release\":\"4");
            fake.put(serde_json::from_str(&text).unwrap());
        }
    });
    world.run("app --image web=3").await.exits(0);
    assert_eq!(world.header(5).unwrap()["state"], "good", "not 4 again");
    assert_eq!(
        world.header(4).unwrap()["images"],
        world.header(3).unwrap()["images"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_object_that_moves_between_plan_and_lock_is_planned_again() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.fake.forget_requests();
    world.fake.before("POST", "/leases", |fake| {
        fake.change(WEB, |web| {
            web["metadata"]["annotations"]["note"] = json!("by hand");
        });
    });
    world.run("app --image web=2").await.exits(0);
    let dry_runs = world
        .fake
        .requests()
        .iter()
        .filter(|seen| seen.method == "PATCH" && seen.uri.contains("dryRun=All"))
        .count();
    assert_eq!(dry_runs, 2, "the second plan passed the dry run as well");
    assert_eq!(world.image(), "registry.example.com/shop:2");
}

#[tokio::test(start_paused = true)]
async fn a_reviewed_plan_is_refused_when_something_moved_under_it() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world
        .run("plan --image web=2 --out plan.json")
        .await
        .exits(0);
    world.fake.before("POST", "/leases", |fake| {
        fake.change(WEB, |web| {
            web["metadata"]["annotations"]["note"] = json!("by hand");
        });
    });
    world
        .run("app --plan plan.json")
        .await
        .exits(4)
        .says("moved on")
        .says("nothing was written");
    assert_eq!(world.image(), "registry.example.com/shop:1");
    assert_eq!(world.fake.object(LEASE), None, "the lock is given back");
}

#[tokio::test(start_paused = true)]
async fn after_a_failed_release_there_is_always_something_to_do() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.run("app --image web=broken").await.exits(5);
    assert_eq!(
        world.image(),
        "registry.example.com/shop:1",
        "it was undone"
    );
    world.run("app --image web=1").await.exits(0);
    assert_eq!(world.header(3).unwrap()["state"], "good");
    world.run("app").await.exits(0).says("nothing to do");
}

#[tokio::test(start_paused = true)]
async fn a_new_commit_with_equal_objects_makes_no_release() {
    let mut world = World::small();
    world.git("init -q");
    world.commit("one", 1);
    world.run("app --image web=1").await.exits(0);
    world.commit("two", 2);
    world.run("app").await.exits(0).says("nothing to do");
    assert_eq!(world.header(2), None);
    world.run("app --rerun").await.exits(0);
    assert_eq!(world.header(2).unwrap()["git"]["subject"], "two");
}

#[tokio::test(start_paused = true)]
async fn without_the_right_to_make_pods_they_are_not_checked_and_it_says_so() {
    let world = World::small();
    world.fake.fail("POST", "/pods", 9, 403, "Forbidden", "pods is forbidden: User \"ann\" cannot create resource \"pods\" in API group \"\" in the namespace \"shop\"");
    world
        .run("app --image web=1")
        .await
        .exits(0)
        .says("not checked");
}

#[tokio::test(start_paused = true)]
async fn autoscalers_that_may_not_be_read_are_not_checked_and_it_says_so() {
    let world = World::small();
    world.fake.fail(
        "GET",
        "horizontalpodautoscalers",
        9,
        403,
        "Forbidden",
        "horizontalpodautoscalers is forbidden",
    );
    world
        .run("app --image web=1")
        .await
        .exits(0)
        .says("not checked: autoscalers");
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_checked_before_is_checked_before_it_is_written() {
    let world = World::small();
    world.template("rights", "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reads}\nrules: []\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: reads}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reads}\n");
    let binding = "rolebindings/reads?";
    world.fake.fail(
        "PATCH",
        binding,
        1,
        404,
        "NotFound",
        "roles.rbac.authorization.k8s.io \"reads\" not found",
    );
    world.fake.fail(
        "PATCH",
        binding,
        1,
        403,
        "Forbidden",
        "attempting to grant rights not held",
    );
    world
        .run("app --image web=1")
        .await
        .exits(4)
        .says("RoleBinding/reads  checked later: it needs `reads`, which this deploy makes")
        .says("could not be checked before")
        .says("attempting to grant")
        .says("deploy resume");
    let sent: Vec<bool> = world
        .fake
        .requests()
        .iter()
        .filter(|seen| seen.uri.contains(binding))
        .map(|seen| !seen.uri.contains("dryRun=All"))
        .collect();
    assert_eq!(sent, [false, false], "refused as a dry run, never sent");
    assert_eq!(world.header(1).unwrap()["state"], "interrupted");
    world.run("resume").await.exits(0);
    assert_eq!(world.header(1).unwrap()["state"], "good");
}

#[tokio::test(start_paused = true)]
async fn a_namespace_is_made_for_the_lock_and_then_everything_is_checked_in_it() {
    let mut world = World::small();
    world.fake = Fake::default().with_controllers();
    world
        .run("app --image web=1")
        .await
        .exits(4)
        .says("createNamespace");
    assert_eq!(world.fake.writes(), Vec::<String>::new());
    world.write("deploy/deploy.yaml", "app: shop\nimages: {web: registry.example.com/shop}\nenvironments: {staging: {createNamespace: true}}\nrollout: {soak: 0s}\n");
    world
        .run("app --image web=1")
        .await
        .exits(0)
        .says("checked later");
    let writes = world.fake.writes();
    assert_eq!(
        writes[..2],
        [
            "PATCH /api/v1/namespaces/shop".to_owned(),
            format!("POST {LEASES}")
        ]
    );
    let dry_runs = |part: &str| {
        let requests = world.fake.requests();
        let dry_run = requests
            .iter()
            .position(|seen| seen.uri.contains(part) && seen.uri.contains("dryRun=All"));
        let sent = requests.iter().position(|seen| {
            seen.uri.contains(part) && !seen.uri.contains("dryRun=All") && seen.method == "PATCH"
        });
        dry_run < sent && dry_run.is_some()
    };
    assert!(dry_runs("deployments/web?"), "checked before it was sent");
    world.run("app").await.exits(0).says("nothing to do");
}
