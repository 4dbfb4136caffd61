//! Jobs of a release: when they run, how often, what a failing one leaves behind.

use serde_json::json;

use crate::world::{WEB, World};

const JOBS: &str = "/apis/batch/v1/namespaces/shop/jobs";

/// A project with a migration before and a smoke test after the rollout.
fn with_jobs() -> World {
    let world = World::small();
    world
        .project("jobs: {before: [migrate], after: [smoke]}\nconfig: {common: {from: [config/common.env]}}\n")
        .write("deploy/config/common.env", "A=1\n")
        .template("migrate", &job("migrate", "{{ images.web }}"))
        .template("smoke", &job("smoke", "registry.example.com/smoke:1"));
    world
}

fn job(name: &str, image: &str) -> String {
    format!(
        "apiVersion: batch/v1
kind: Job
metadata: {{name: {name}}}
spec:
  backoffLimit: 0
  ttlSecondsAfterFinished: 0
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: {name}
          image: \"{image}\"
          envFrom: [{{configMapRef: {{name: common}}}}]
          resources: {{requests: {{cpu: 10m, memory: 16Mi}}, limits: {{memory: 32Mi}}}}
"
    )
}

/// What was written of jobs, config and workloads, without records and lock.
fn order(world: &World) -> Vec<String> {
    let told = |write: &String| {
        ["/jobs", "/deployments", "/configmaps/shop-"]
            .iter()
            .any(|part| write.contains(part))
    };
    world.fake.writes().into_iter().filter(told).collect()
}

#[tokio::test(start_paused = true)]
async fn before_comes_after_its_config_and_before_the_workloads_after_comes_last() {
    let world = with_jobs();
    world.run("app --image web=1").await.exits(0);
    let order = order(&world);
    assert_eq!(order.len(), 4, "{order:?}");
    assert!(order[0].starts_with("PATCH /api/v1/namespaces/shop/configmaps/shop-common-"));
    assert_eq!(order[1], format!("POST {JOBS}"));
    assert_eq!(order[2], format!("PATCH {WEB}"));
    assert_eq!(order[3], format!("POST {JOBS}"));
    let migrate = world.fake.object(&format!("{JOBS}/migrate-r1")).unwrap();
    assert_eq!(migrate["metadata"]["labels"]["deploy.cli/release"], "1");
    assert_eq!(migrate["spec"]["activeDeadlineSeconds"], 1800);
    let kept = &migrate["spec"]["ttlSecondsAfterFinished"];
    assert!(kept.is_null(), "a resume must find it: {kept}");
    assert!(world.fake.object(&format!("{JOBS}/smoke-r1")).is_some());
    assert_eq!(
        world.header(1).unwrap()["jobsPassed"],
        json!(["migrate", "smoke"])
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_change_no_job_runs_and_a_changed_job_is_a_change() {
    let world = with_jobs();
    world.run("app --image web=1").await.exits(0);
    world.fake.forget_requests();
    world.run("app").await.exits(0).says("nothing to do");
    assert_eq!(world.fake.writes(), Vec::<String>::new());
    assert!(
        !world
            .fake
            .requests()
            .iter()
            .any(|request| request.method == "POST" && request.uri.contains("/jobs")),
        "not even as a dry run"
    );
    world.template("smoke", &job("smoke", "registry.example.com/smoke:2"));
    world.run("app").await.exits(0).says("release 2 is live");
    assert!(world.fake.object(&format!("{JOBS}/migrate-r2")).is_some());
    world.run("app --rerun").await.exits(0);
    assert!(
        world.fake.object(&format!("{JOBS}/migrate-r3")).is_some(),
        "a forced release runs its jobs"
    );
    assert_eq!(
        world.fake.object(&format!("{JOBS}/migrate-r1")),
        None,
        "jobs of releases before the last good one are cleaned up"
    );
    assert!(world.fake.object(&format!("{JOBS}/migrate-r2")).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_failing_before_job_leaves_the_workloads_untouched() {
    let world = with_jobs();
    world.run("app --image web=1").await.exits(0);
    let web = world.fake.object(WEB);
    let ended = world.run("app --image web=broken --output json").await;
    let last = ended.exits(8).last_event();
    assert_eq!(last["outcome"], "jobFailed");
    assert_eq!(last["running"], 1);
    assert_eq!(last["findings"][0]["code"], "job-backoff-limit");
    assert_eq!(last["findings"][0]["object"], "Job/migrate-r2");
    assert_eq!(world.fake.object(WEB), web);
    assert_eq!(world.header(2).unwrap()["state"], "jobFailed");
    world.run("app --image web=3").await.exits(0);
    assert_eq!(world.image(), "registry.example.com/shop:3");
}

#[tokio::test(start_paused = true)]
async fn after_a_failing_before_job_a_rollback_starts_from_what_runs() {
    let world = with_jobs();
    world.run("app --image web=1").await.exits(0);
    world.run("app --image web=2").await.exits(0);
    world.run("app --image web=broken").await.exits(8);
    world
        .run("rollback")
        .await
        .exits(0)
        .says("release 2 is running now");
    assert_eq!(world.image(), "registry.example.com/shop:1");
}

#[tokio::test(start_paused = true)]
async fn a_failing_after_job_fails_the_rollout_which_goes_back_without_jobs() {
    let world = with_jobs();
    world.run("app --image web=1").await.exits(0);
    world.template("smoke", &job("smoke", "registry.example.com/broken:1"));
    world.fake.forget_requests();
    let last = world.run("app --image web=2 --output json").await.exits(5);
    assert_eq!(last.last_event()["findings"][0]["object"], "Job/smoke-r2");
    assert_eq!(world.image(), "registry.example.com/shop:1");
    let made = order(&world);
    let jobs = made.iter().filter(|write| write.starts_with("POST"));
    assert_eq!(jobs.count(), 2, "the undo runs no job: {made:?}");
}

#[tokio::test(start_paused = true)]
async fn a_rollback_runs_only_after_jobs_that_ask_for_it() {
    let world = with_jobs();
    world.project(
        "jobs: {before: [migrate], after: [{name: smoke, onRollback: true}]}\nconfig: {common: {from: [config/common.env]}}\n",
    );
    world.run("app --image web=1").await.exits(0);
    world.run("app --image web=2").await.exits(0);
    world
        .run("rollback")
        .await
        .exits(0)
        .says("migrate ran with release 2");
    assert_eq!(world.fake.object(&format!("{JOBS}/migrate-r3")), None);
    assert!(world.fake.object(&format!("{JOBS}/smoke-r3")).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_job_of_that_name_that_another_run_made_is_never_taken_for_ours() {
    let world = with_jobs();
    let foreign = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "migrate-r1", "namespace": "shop"},
        "spec": {"template": {}}});
    world.fake.put(foreign);
    world
        .run("app --image web=1")
        .await
        .exits(4)
        .says("Job/migrate-r1 is there already and was not made by this run")
        .says("kubectl -n shop delete job migrate-r1");
    assert_eq!(world.fake.object(WEB), None);
}

#[tokio::test(start_paused = true)]
async fn what_was_changed_for_a_failing_job_is_said_and_can_go_back() {
    let world = with_jobs();
    world.project(
        "jobs: {before: [{name: migrate, needs: [Deployment/db]}]}\nconfig: {common: {from: [config/common.env]}}\n",
    );
    let database = |tag: &str| {
        crate::world::WEB_TEMPLATE
            .replace("web", "db")
            .replace("{{ images.db }}", &format!("registry.example.com/db:{tag}"))
    };
    world.template("db", &database("1"));
    world.run("app --image web=1").await.exits(0);
    world.template("db", &database("2"));
    world.template("migrate", &job("migrate", "registry.example.com/broken:1"));
    world
        .run("app --image web=2")
        .await
        .exits(8)
        .says("what the job needs was changed for it and stays so; the rest is still release 1")
        .says("deploy rollback --to 1 --env staging");
    world.run("rollback").await.exits(0);
    let live = world.fake.object(&WEB.replace("web", "db")).unwrap();
    let image = &live["spec"]["template"]["spec"]["containers"][0]["image"];
    assert_eq!(image, "registry.example.com/db:1");
}

#[tokio::test(start_paused = true)]
async fn two_apps_in_one_namespace_may_not_have_jobs_of_one_name() {
    let world = with_jobs();
    let other = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "migrate-r7", "namespace": "shop",
        "labels": {"deploy.cli/app": "other", "deploy.cli/kind": "job", "deploy.cli/job": "migrate", "deploy.cli/release": "7"}},
        "spec": {"template": {}}});
    world.fake.put(other);
    world
        .run("app --image web=1")
        .await
        .exits(3)
        .says("the app `other` in the same namespace has a job `migrate`, too")
        .says("deploy/templates/migrate.yaml:1");
    assert_eq!(world.fake.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_job_that_the_server_refuses_stops_the_plan() {
    let world = with_jobs();
    world.fake.fail(
        "POST",
        "/jobs?",
        9,
        422,
        "Invalid",
        "spec.template: Required value",
    );
    world
        .run("app --image web=1")
        .await
        .exits(4)
        .says("Job/migrate")
        .says("spec.template: Required value")
        .says("nothing was written");
    assert_eq!(world.fake.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn lists_that_make_no_sense_are_mistakes_with_a_place() {
    for (lists, says) in [
        ("{before: [migrat]}", "did you mean `migrate`?"),
        ("{before: [web]}", "Deployment/web is no Job"),
        ("{before: [migrate, migrate]}", "listed twice"),
        (
            "{before: [{name: migrate, needs: [StatefulSet/db]}]}",
            "`needs: StatefulSet/db` is no object of this app",
        ),
        (
            "{before: [{name: migrate, needs: [Job/smoke]}], after: [{name: smoke, needs: [Job/migrate]}]}",
            "`needs: Job/smoke` is a job of the lists, and no job waits for another",
        ),
        (
            "{before: [{name: migrate, timeout: 0s}]}",
            "has no time to run",
        ),
    ] {
        let world = with_jobs();
        world.project(&format!(
            "jobs: {lists}\nconfig: {{common: {{from: [config/common.env]}}}}\n"
        ));
        world
            .run("app --image web=1")
            .await
            .exits(3)
            .says(says)
            .says("deploy/deploy.yaml:5");
        assert_eq!(world.fake.writes(), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn checks_come_between_the_rollout_and_the_jobs_after_it() {
    let world = with_jobs();
    world.project(
        "jobs: {after: [smoke]}\nchecks: [{service: web, port: 80, path: /healthz, within: 5s}]\nconfig: {common: {from: [config/common.env]}}\n",
    );
    world.write("deploy/templates/migrate.yaml", "");
    world.run("app --image web=1 --output json").await.exits(6);
    assert_eq!(
        world.fake.object(&format!("{JOBS}/smoke-r1")),
        None,
        "a failed check ends the rollout before its jobs"
    );
    let asked = world.fake.requests();
    let proxy = "/api/v1/namespaces/shop/services/http:web:80/proxy/healthz";
    assert!(
        asked.iter().any(|request| request.uri.contains(proxy)),
        "the Service is asked through the API server"
    );
}
