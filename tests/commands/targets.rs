//! Several targets in one environment: each with its own outcome, none hurting the others unless it is told to.

use serde_json::{Value, json};

use crate::world::{WEB_TEMPLATE, World};

/// Two namespaces that stand for two clusters.
fn two(environment: &str, more: &str) -> World {
    let world = World::new();
    for namespace in ["eu", "us"] {
        world.fake.put(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}, "status": {"phase": "Active"}}));
    }
    world.write(
        "deploy/deploy.yaml",
        &format!(
            "app: shop
images: {{web: registry.example.com/shop}}
environments:
  production:
    targets: [{{name: eu, namespace: eu}}, {{name: us, namespace: us}}]
    {environment}
rollout: {{soak: 0s}}
{more}"
        ),
    );
    // What breaks one target only is the matter of the template, as it would be of its cluster.
    world.template(
        "web",
        &WEB_TEMPLATE.replace(
            "{{ images.web }}",
            "{{ images.web }}{% if values.broken == target %}broken{% endif %}",
        ),
    );
    world.write("deploy/values/common.yaml", "broken: none\n");
    world
}

/// A migration.
const MIGRATE: &str = "apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: migrate
          image: \"{{ images.web }}\"
          resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 32Mi}}
";

fn web(world: &World, namespace: &str) -> Option<String> {
    let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments/web");
    let object = world.fake.object(&path)?;
    let image = &object["spec"]["template"]["spec"]["containers"][0]["image"];
    Some(image.as_str()?.rsplit(':').next()?.to_owned())
}

fn header(world: &World, namespace: &str, number: u64) -> Value {
    let path = format!("/api/v1/namespaces/{namespace}/configmaps/deploy.shop.v{number}");
    let object = world.fake.object(&path).unwrap();
    serde_json::from_str(object["data"]["release.json"].as_str().unwrap()).unwrap()
}

/// Makes release 1 in us look like one whose client was killed.
fn cut_off(world: &World, passed: Value) {
    let path = "/api/v1/namespaces/us/configmaps/deploy.shop.v1";
    let mut object = world.fake.object(path).unwrap();
    let mut changed = header(world, "us", 1);
    changed["state"] = json!("interrupted");
    changed["jobsPassed"] = passed;
    object["data"]["release.json"] = json!(changed.to_string());
    world.fake.put(object);
}

fn outcomes(end: &Value) -> Vec<(&str, &str)> {
    let targets = end["targets"].as_array().unwrap();
    targets
        .iter()
        .map(|end| {
            (
                end["target"].as_str().unwrap(),
                end["outcome"].as_str().unwrap(),
            )
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn both_are_deployed_in_order_by_one_run() {
    let world = two("", "");
    let end = world.run("app --image web=1 --output json").await.exits(0);
    let end = end.last_event();
    assert_eq!(end["target"], Value::Null);
    assert_eq!(outcomes(&end), [("eu", "done"), ("us", "done")]);
    assert_eq!(web(&world, "eu").as_deref(), Some("1"));
    assert_eq!(web(&world, "us").as_deref(), Some("1"));
    assert_eq!(
        header(&world, "eu", 1)["run"],
        header(&world, "us", 1)["run"]
    );
    let writes = world.fake.writes();
    let closed = writes
        .iter()
        .position(|write| write.ends_with("/eu/configmaps/deploy.shop.v1"));
    let begun = writes.iter().position(|write| write.contains("/us/"));
    assert!(closed.is_some() && closed < begun, "one by one: {writes:?}");
    world.run("app").await.exits(0).says("nothing to do");
}

#[tokio::test(start_paused = true)]
async fn one_by_one_stops_at_the_first_failure() {
    let world = two("", "");
    world.run("app --image web=1").await.exits(0);
    let end = world
        .run("app --image web=2 --set broken=eu --output json")
        .await
        .exits(5)
        .last_event();
    assert_eq!(outcomes(&end), [("eu", "rolledBack"), ("us", "leftAlone")]);
    assert_eq!(web(&world, "us").as_deref(), Some("1"));
    world
        .run("app --image web=2 --set broken=eu")
        .await
        .exits(5)
        .says("us");
}

#[tokio::test(start_paused = true)]
async fn in_parallel_the_others_go_on() {
    let world = two("targetOrder: parallel", "");
    world.run("app --image web=1").await.exits(0);
    let end = world
        .run("app --image web=2 --set broken=eu --output json")
        .await
        .exits(5)
        .last_event();
    assert_eq!(outcomes(&end), [("eu", "rolledBack"), ("us", "done")]);
    assert_eq!(web(&world, "eu").as_deref(), Some("1"));
    assert_eq!(web(&world, "us").as_deref(), Some("2"));
}

#[tokio::test(start_paused = true)]
async fn all_go_back_and_hold_their_locks_to_the_end() {
    for order in ["oneByOne", "parallel"] {
        let world = two(
            &format!("targetOrder: {order}\n    onTargetFailure: rollBackAll"),
            "",
        );
        world.run("app --image web=1").await.exits(0);
        world.fake.forget_requests();
        let end = world
            .run("app --image web=2 --set broken=us --output json")
            .await
            .exits(5)
            .last_event();
        assert_eq!(
            outcomes(&end),
            [("eu", "rolledBack"), ("us", "rolledBack")],
            "{order}"
        );
        assert_eq!(web(&world, "eu").as_deref(), Some("1"));
        let eu = header(&world, "eu", 2);
        assert_eq!(
            (&eu["state"], &eu["undoneTo"], &eu["cause"]),
            (
                &json!("rolledBack"),
                &json!(1),
                &json!("another target failed, and all go back")
            )
        );
        let writes = world.fake.writes();
        let released = writes
            .iter()
            .position(|write| write.starts_with("DELETE") && write.contains("/eu/leases"));
        let us = writes
            .iter()
            .position(|write| write.starts_with("PATCH") && write.contains("/us/deployments"));
        assert!(us < released, "eu is locked while us fails: {writes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_cannot_be_reached_stops_nobody_where_they_keep_going() {
    let world = two("onTargetFailure: keepGoing", "");
    world
        .fake
        .fail("GET", "/namespaces/eu/", 99, 403, "Forbidden", "eu is down");
    let ended = world.run("app --image web=1 --output json").await.exits(4);
    let end = ended.last_event();
    assert_eq!(outcomes(&end), [("eu", "refused"), ("us", "done")]);
    assert!(
        end["targets"][0]["cause"]
            .as_str()
            .unwrap()
            .contains("eu is down")
    );
    assert_eq!(web(&world, "us").as_deref(), Some("1"));
}

#[tokio::test(start_paused = true)]
async fn where_a_failure_stops_the_run_a_plan_that_is_refused_lets_nothing_be_written() {
    let world = two("", "");
    world.fake.fail(
        "PATCH",
        "/namespaces/us/",
        99,
        403,
        "Forbidden",
        "us says no",
    );
    world
        .run("app --image web=1")
        .await
        .exits(4)
        .says("us says no")
        .says("eu");
    assert_eq!(world.fake.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_migration_of_a_shared_database_runs_once_and_all_wait_for_it() {
    for order in ["oneByOne", "parallel"] {
        let world = two(
            &format!("targetOrder: {order}"),
            "jobs: {before: [{name: migrate, runs: once}]}\n",
        );
        world.template("migrate", MIGRATE);
        world.run("app --image web=1").await.exits(0);
        let writes = world.fake.writes();
        let made: Vec<&String> = writes
            .iter()
            .filter(|write| write.starts_with("POST") && write.ends_with("/jobs"))
            .collect();
        assert_eq!(made, ["POST /apis/batch/v1/namespaces/eu/jobs"], "{order}");
        assert_eq!(
            header(&world, "us", 1)["jobsPassed"],
            json!(["migrate"]),
            "a resume of us alone must not run it again"
        );
        let end = world
            .run("app --image web=broken --output json")
            .await
            .exits(8)
            .last_event();
        let us = if order == "parallel" {
            "jobFailed"
        } else {
            "leftAlone"
        };
        assert_eq!(outcomes(&end), [("eu", "jobFailed"), ("us", us)]);
        assert_eq!(web(&world, "us").as_deref(), Some("1"), "{order}");
    }
    let world = two("", "jobs: {before: [migrate]}\n");
    world.template("migrate", MIGRATE);
    world
        .run("app --image web=1")
        .await
        .exits(3)
        .says("production has 2 targets, so the job `migrate` must say how often it runs")
        .says("runs: once");
}

#[tokio::test(start_paused = true)]
async fn a_rollback_goes_back_everywhere_and_a_number_means_its_run() {
    let world = two("", "");
    world.run("app --target us --image web=0").await.exits(0);
    for tag in ["1", "2", "3"] {
        world.run(&format!("app --image web={tag}")).await.exits(0);
    }
    world.run("rollback").await.exits(0);
    assert_eq!(web(&world, "eu").as_deref(), Some("2"));
    assert_eq!(web(&world, "us").as_deref(), Some("2"));
    world.run("rollback --to 1").await.exits(0);
    assert_eq!(web(&world, "eu").as_deref(), Some("1"));
    assert_eq!(web(&world, "us").as_deref(), Some("1"), "its release 2");
    world.run("rollback --to 1 --target us").await.exits(0);
    assert_eq!(web(&world, "us").as_deref(), Some("0"));
    world
        .run("rollback --to 99")
        .await
        .exits(2)
        .says("no release 99 in target eu");
    world
        .fake
        .fail("GET", "/namespaces/eu/", 99, 403, "Forbidden", "eu is down");
    world
        .run("rollback --to 1")
        .await
        .exits(4)
        .says("--to means a release of the first target, eu")
        .says("--target NAME goes back in another one");
}

#[tokio::test(start_paused = true)]
async fn flags_that_mean_one_target_and_lists_with_a_typo_are_refused() {
    let world = two("", "");
    for (line, says) in [
        ("app --image web=1 --target eu,usa", "`usa`"),
        (
            "app --image web=1 --namespace eu",
            "--namespace means one target",
        ),
        (
            "app --image web=1 --context other",
            "choose one with --target",
        ),
        ("restart", "choose one with --target"),
        ("delete --yes", "choose one with --target"),
    ] {
        world.run(line).await.exits(2).says(says);
    }
    assert_eq!(world.fake.writes(), Vec::<String>::new());
    world.run("app --image web=1 --target us,eu").await.exits(0);
    assert_eq!(web(&world, "eu").as_deref(), Some("1"));
}

#[tokio::test(start_paused = true)]
async fn two_targets_that_are_one_place_are_a_mistake() {
    let world = two("", "");
    world.write(
        "deploy/deploy.yaml",
        "app: shop
images: {web: registry.example.com/shop}
environments:
  production:
    targets: [{name: eu, context: a, namespace: eu}, {name: us, context: b, namespace: eu}]
",
    );
    world
        .run("app --image web=1")
        .await
        .exits(3)
        .says("the targets eu (context a) and us (context b) are the same");
    assert_eq!(world.fake.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_is_read_is_read_of_all_targets() {
    let world = two("", "");
    world
        .run("plan --image web=1")
        .await
        .exits(0)
        .says("eu (context test, namespace eu)")
        .says("us (context test, namespace us)");
    let plans = world.run("plan --image web=1 --output json").await.exits(0);
    let plans: Value = serde_json::from_str(&plans.stdout).unwrap();
    assert_eq!(plans["plans"][1]["target"], "us");
    world
        .run("plan --image web=1 --out plan.json")
        .await
        .exits(2)
        .says("--target");
    world.run("app --image web=1").await.exits(0);
    world.run("app --target us --image web=2").await.exits(0);
    world
        .run("status")
        .await
        .says("shop in production us (")
        .says("shop in production eu (");
    let status = world.run("status --output json").await.exits(0);
    let status: Value = serde_json::from_str(&status.stdout).unwrap();
    assert_eq!(status["releases"]["us"]["number"], 2);
    assert_eq!(status["objects"][0]["target"], "eu");
    let history = world.run("history").await.exits(0);
    let first = history.stdout.lines().next().unwrap();
    assert!(
        first.starts_with("us") && first.contains("web=2"),
        "{first}"
    );
    world
        .fake
        .fail("GET", "/namespaces/us/", 99, 403, "Forbidden", "us is down");
    world
        .run("status")
        .await
        .exits(4)
        .says("Deployment/web")
        .says("target us");
    let history = world.run("history").await.exits(4).says("target us");
    let line = history.stdout.lines().next().unwrap();
    assert!(line.starts_with("eu") && line.contains("web=1"), "{line}");
}

#[tokio::test(start_paused = true)]
async fn a_reviewed_plan_goes_to_its_target() {
    let world = two("", "");
    world
        .run("plan --target us --image web=1 --out plan.json")
        .await
        .exits(0);
    world.run("app --plan plan.json").await.exits(0);
    assert_eq!(web(&world, "us").as_deref(), Some("1"));
    assert_eq!(web(&world, "eu"), None);
}

#[tokio::test(start_paused = true)]
async fn a_rollback_goes_back_from_the_newest_run_and_leaves_what_it_never_reached() {
    let world = two("", "");
    world.run("app --image web=1").await.exits(0);
    world.run("app --image web=2").await.exits(0);
    tokio::time::advance(std::time::Duration::from_mins(1)).await;
    let end = world
        .run("app --image web=3 --set broken=us --output json")
        .await
        .exits(5)
        .last_event();
    assert_eq!(outcomes(&end), [("eu", "done"), ("us", "rolledBack")]);
    world.run("rollback").await.exits(0);
    assert_eq!(web(&world, "eu").as_deref(), Some("2"));
    assert_eq!(
        web(&world, "us").as_deref(),
        Some("2"),
        "it is back already"
    );
}

#[tokio::test(start_paused = true)]
async fn a_job_of_all_that_passed_in_a_target_that_is_good_by_now_is_not_run_again_by_a_resume() {
    for list in ["before", "after"] {
        let jobs = format!("jobs: {{{list}: [{{name: migrate, runs: once}}]}}\n");
        let world = two("", &jobs);
        world.template("migrate", MIGRATE);
        world.run("app --image web=1").await.exits(0);
        cut_off(&world, json!([]));
        world.fake.forget_requests();
        world.run("resume").await.exits(0);
        let made = |write: &String| write.starts_with("POST") && write.ends_with("/jobs");
        assert!(!world.fake.writes().iter().any(made), "{list}");
        assert_eq!(header(&world, "us", 1)["state"], "good");
        cut_off(&world, json!([]));
        world
            .run("resume --target us")
            .await
            .exits(2)
            .says("migrate runs once for all targets");
    }
}

#[tokio::test(start_paused = true)]
async fn one_target_is_not_resumed_alone_while_another_may_run_the_job_of_all() {
    let world = two("", "jobs: {before: [{name: migrate, runs: once}]}\n");
    world.template("migrate", MIGRATE);
    world.run("app --image web=1").await.exits(0);
    cut_off(&world, json!([]));
    world.fake.forget_requests();
    world
        .run("resume --target us")
        .await
        .exits(2)
        .says("migrate runs once for all targets of production and has not passed yet")
        .says("leave --target out");
    assert_eq!(world.fake.writes(), Vec::<String>::new());
    cut_off(&world, json!(["migrate"]));
    world.run("resume --target us").await.exits(0);
}

#[tokio::test(start_paused = true)]
async fn a_resume_carries_on_where_something_was_cut_off() {
    let world = two("", "");
    world.run("app --image web=1").await.exits(0);
    world.run("resume").await.exits(2).says("nothing to resume");
    world
        .run("app --image web=2 --no-wait --target us")
        .await
        .exits(0);
    let end = world
        .run("resume --output json")
        .await
        .exits(0)
        .last_event();
    assert_eq!(outcomes(&end), [("eu", "done"), ("us", "done")]);
    assert_eq!(header(&world, "us", 2)["state"], "good");
}
