//! What programs read: each event of a run and each JSON document is as docs/ describes it.

use serde_json::Value;

use crate::schema::Schema;
use crate::world::{Ended, World};

/// Every line of a stream; the last is the end. Each was checked when it was run.
fn stream(ended: &Ended) -> Vec<Value> {
    let events: Vec<Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events[0]["event"], "started", "{}", ended.stderr);
    assert_eq!(events.last().unwrap()["event"], "finished");
    events
}

fn document(ended: &Ended, name: &str) -> Value {
    let value: Value = serde_json::from_str(&ended.stdout).unwrap();
    Schema::read("json.schema.json", name).check(&value);
    assert_eq!(value["version"], 1);
    value
}

#[tokio::test(start_paused = true)]
async fn streams_and_documents_are_as_described() {
    let world = World::small();
    let run = async |line: &str| world.run(&format!("{line} --output json")).await;
    let plan = run("plan --image web=1").await.exits(0);
    document(&plan, "Plan");
    stream(&run("app --image web=1").await.exits(0));
    stream(&run("app --image web=1").await.exits(0));
    stream(&run("app --image web=2 --dry-run").await.exits(0));

    world.fake.break_all();
    let failed = run("app --image web=2 --timeout 5s --no-rollback")
        .await
        .exits(6);
    let events = stream(&failed);
    let end = events.last().unwrap();
    assert!(!end["findings"].as_array().unwrap().is_empty(), "{end}");
    let shown = document(&run("show").await.exits(0), "Show");
    assert_eq!(shown["findings"], end["findings"]);
    document(&run("status").await.exits(0), "Status");
    world.fake.heal_all();

    stream(&run("rollback --yes").await.exits(0));
    world.change_header(3, |header| header["state"] = "interrupted".into());
    stream(&run("resume").await.exits(0));
    let history = document(&run("history").await.exits(0), "History");
    assert_eq!(history["releases"].as_array().unwrap().len(), 3);
    document(&run("history -A").await.exits(0), "History");

    world.fake.fail("GET", "/api", 99, 403, "Forbidden", "no");
    let refused = run("app --image web=3").await;
    assert_ne!(refused.code, 0);
    let events = stream(&refused);
    assert!(events.last().unwrap()["error"].is_string());
}

#[test]
#[should_panic(expected = ".exitCode: \"0\" is not type")]
fn a_wrong_type_is_found() {
    let mut event: Value = serde_json::from_str(include_str!("../schema/finished.json")).unwrap();
    let schema = Schema::read("events.schema.json", "");
    schema.check(&event);
    event["exitCode"] = "0".into();
    schema.check(&event);
}

#[test]
#[should_panic(expected = "has no \"outcome\"")]
fn a_missing_field_is_found() {
    let mut event: Value = serde_json::from_str(include_str!("../schema/finished.json")).unwrap();
    event.as_object_mut().unwrap().remove("outcome");
    Schema::read("events.schema.json", "").check(&event);
}

#[tokio::test(start_paused = true)]
async fn github_is_pointed_at_what_lint_finds() {
    let world = World::small();
    world.template(
        "web",
        &crate::world::WEB_TEMPLATE.replace("limits: {memory: 32Mi}", ""),
    );
    let ended = world.run("lint --output github").await.exits(0);
    let expected = "::warning file=deploy/templates/web.yaml,line=";
    assert!(ended.stdout.starts_with(expected), "{ended:?}");
    world.template("web", "kind: [\n");
    for line in ["lint", "plan --image web=1", "app --image web=1"] {
        let ended = world.run(&format!("{line} --output github")).await.exits(3);
        let expected = "::error file=deploy/templates/web.yaml,line=";
        assert!(ended.stdout.contains(expected), "{line}: {ended:?}");
    }
    let ended = world.run("rollback --output github").await.exits(2);
    assert!(ended.stdout.contains("::error title="), "{ended:?}");
}
