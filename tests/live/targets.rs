//! One run in several real clusters: one of them dies, is away, comes back.

use std::process::{Child, Command, Stdio};

use deploy::sandbox::Part;
use serde_json::Value;

use super::Test;
use super::support::{Ended, Own, Space, deployment, ended, job, until};

/// Not run against another cluster: they need a second one, which is killed.
pub const TESTS: &[Test] = &[
    (
        "targets::a_cluster_that_dies_does_not_stop_the_others",
        a_cluster_that_dies_does_not_stop_the_others,
    ),
    (
        "targets::of_three_clusters_two_go_on_when_one_dies",
        of_three_clusters_two_go_on_when_one_dies,
    ),
    (
        "targets::all_go_back_when_a_cluster_dies",
        all_go_back_when_a_cluster_dies,
    ),
    (
        "targets::two_contexts_that_are_one_place_are_refused",
        two_contexts_that_are_one_place_are_refused,
    ),
];

/// Two clusters: `eu` is the one that all tests share, `us` one of the test's own.
struct Two<'a> {
    space: &'a Space,
    us: Own,
}

impl<'a> Two<'a> {
    fn up(space: &'a Space, short: &str) -> Self {
        let us = Own::new(short);
        us.up();
        Self { space, us }
    }

    fn project(&self, environment: &str, more: &str) {
        let (eu, us) = (&self.space.cluster.admin, self.us.context());
        let namespace = &self.space.namespace;
        self.space.write(
            "deploy/deploy.yaml",
            &format!(
                "app: shop
images: {{web: registry.example.com/shop}}
environments:
  production:
    targets: [{{name: eu, context: {eu}, namespace: {namespace}}}, {{name: us, context: {us}, namespace: sandbox}}]
    {environment}
rollout: {{soak: 0s}}
{more}"
            ),
        );
        let probe = "          readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 1}\n";
        self.space.write(
            "deploy/templates/web.yaml",
            &deployment("web", "{{ images.web }}", probe),
        );
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.space.hermetic(super::support::DEPLOY);
        let own = self.us.state.path().join("config");
        let both = match &self.space.cluster.kubeconfig() {
            Some(shared) => format!("{}:{}", shared.display(), own.display()),
            None => own.display().to_string(),
        };
        command.args(arguments).env("KUBECONFIG", both);
        command
    }

    fn deploy(&self, arguments: &[&str]) -> Ended {
        ended(self.command(arguments))
    }

    /// Starts a deploy of something slow, and returns once it rolls out in `us`.
    fn rolling_in_us(&self) -> Child {
        let slow = "web=sandbox/slow-start:ready-3s";
        let command = self.command(&["app", "--image", slow, "--timeout", "10s"]);
        until(command, |event| {
            event["phase"] == "rollout" && event["target"] == "us"
        })
    }

    fn kill_us(&self) {
        runtime().block_on(self.us.sandbox().kill(Part::KubeApiserver));
    }

    fn revive_us(&self) {
        let mut sandbox = self.us.sandbox();
        runtime()
            .block_on(sandbox.restart(Part::KubeApiserver))
            .unwrap();
    }

    /// The tag that runs in `us`.
    fn tag_in_us(&self) -> String {
        let said = self.deploy(&["status", "--target", "us", "--output", "json"]);
        let release = &said.json()["release"];
        release["images"]["web"]
            .as_str()
            .and_then(|image| image.rsplit(':').next())
            .unwrap_or_default()
            .to_owned()
    }

    fn tag_in_eu(&self) -> String {
        let image = self.space.image("web");
        image.rsplit(':').next().unwrap().to_owned()
    }
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// The outcome of each target, from the last event.
fn outcomes(events: &[Value]) -> Vec<(String, String)> {
    let end = events.last().unwrap();
    assert_eq!(end["event"], "finished", "{end}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let targets = end["targets"].as_array().unwrap();
    targets
        .iter()
        .map(|target| (text(&target["target"]), text(&target["outcome"])))
        .collect()
}

#[track_caller]
fn ends(events: &[Value], eu: &str, us: &str) {
    let told = outcomes(events);
    let wanted = [("eu", eu), ("us", us)].map(|(name, end)| (name.to_owned(), end.to_owned()));
    assert_eq!(told, wanted, "{:?}", events.last());
}

fn of_three_clusters_two_go_on_when_one_dies(space: &Space) {
    let two = Two::up(space, "second");
    let ap = Own::new("third");
    ap.up();
    two.project("targetOrder: parallel", "");
    let file = space.root().join("deploy/deploy.yaml");
    let third = format!(
        "namespace: sandbox}}, {{name: ap, context: {}, namespace: sandbox}}]",
        ap.context()
    );
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("namespace: sandbox}]", &third)).unwrap();

    let mut command = two.command(&["app", "--image", "web=sandbox/slow-start:ready-3s"]);
    let kubeconfig = command
        .get_envs()
        .find(|(name, _)| *name == "KUBECONFIG")
        .and_then(|(_, value)| value)
        .unwrap()
        .to_owned();
    let third = ap.state.path().join("config");
    let all =
        std::env::join_paths(std::env::split_paths(&kubeconfig).chain(std::iter::once(third)));
    command
        .args(["--timeout", "10s"])
        .env("KUBECONFIG", all.unwrap());
    let deploy = until(command, |event| {
        event["phase"] == "rollout" && event["target"] == "us"
    });
    two.kill_us();
    let output = deploy.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    assert_eq!(two.tag_in_eu(), "ready-3s");
    let mut status = two.command(&["status", "--target", "ap", "--output", "json"]);
    status.env("KUBECONFIG", ap.state.path().join("config"));
    assert_eq!(ended(status).exits(0).json()["release"]["state"], "good");
}

fn a_cluster_that_dies_does_not_stop_the_others(space: &Space) {
    let two = Two::up(space, "dies");
    two.project(
        "targetOrder: oneByOne",
        "jobs: {before: [{name: migrate, runs: once}]}\n",
    );
    space.write(
        "deploy/templates/migrate.yaml",
        &job("migrate", "sandbox/migrate:500ms", "  backoffLimit: 0"),
    );
    let events = two
        .deploy(&["app", "--image", "web=1.0", "--output", "json"])
        .exits(0)
        .events();
    ends(&events, "done", "done");
    let ran = events.iter().filter(|event| event["event"] == "jobStarted");
    let ran: Vec<&Value> = ran.map(|event| &event["target"]).collect();
    assert_eq!(ran, ["eu"], "it runs once for both");

    two.project("targetOrder: parallel", "");
    std::fs::remove_file(space.root().join("deploy/templates/migrate.yaml")).unwrap();
    let deploy = two.rolling_in_us();
    two.kill_us();
    let output = deploy.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    assert_eq!(two.tag_in_eu(), "ready-3s", "eu went on");

    // Away from the start: at once, by name, and with nothing written where a failure stops the run.
    two.project("targetOrder: oneByOne", "");
    let refused = two
        .deploy(&["app", "--image", "web=2.0", "--output", "json"])
        .exits(4);
    ends(&refused.events(), "leftAlone", "refused");
    assert_eq!(two.tag_in_eu(), "ready-3s");
    two.project("onTargetFailure: keepGoing", "");
    two.deploy(&["app", "--image", "web=2.0"])
        .exits(4)
        .says("us failed: cannot reach");
    assert_eq!(two.tag_in_eu(), "2.0");
    two.deploy(&["app", "--image", "web=2.1", "--target", "eu"])
        .exits(0);

    two.revive_us();
    let resumed = two.deploy(&["resume", "--wait-for-lock", "--output", "json"]);
    ends(&resumed.exits(0).events(), "done", "done");
    assert_eq!(two.tag_in_us(), "ready-3s");
    assert_eq!(two.tag_in_eu(), "2.1");
}

fn all_go_back_when_a_cluster_dies(space: &Space) {
    let two = Two::up(space, "back");
    two.project("onTargetFailure: rollBackAll", "");
    for tag in ["web=1.0", "web=2.0"] {
        two.deploy(&["app", "--image", tag, "--target", "us,eu"])
            .exits(0);
    }
    let deploy = two.rolling_in_us();
    assert_eq!(two.tag_in_eu(), "ready-3s", "one by one: eu was first");
    two.kill_us();
    let output = deploy.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    assert_eq!(two.tag_in_eu(), "2.0");
    two.revive_us();

    // Both, from anywhere: eu is back already, us was cut off.
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = two.command(&[
        "rollback",
        "--app",
        "shop",
        "--env",
        "production",
        "--context",
        &space.cluster.admin,
        "--namespace",
        &space.namespace,
        "--take-over",
        "--output",
        "json",
    ]);
    command.current_dir(elsewhere.path()).stdin(Stdio::null());
    ends(&ended(command).exits(0).events(), "done", "done");
    assert_eq!(
        (two.tag_in_eu(), two.tag_in_us()),
        ("2.0".to_owned(), "2.0".to_owned())
    );
}

fn two_contexts_that_are_one_place_are_refused(space: &Space) {
    let user = space.cluster.user.as_deref().unwrap();
    space.small().write(
        "deploy/deploy.yaml",
        &format!(
            "app: shop
images: {{web: registry.example.com/shop}}
environments:
  production:
    targets: [{{name: eu, context: {}, namespace: {}}}, {{name: us, context: {user}, namespace: {}}}]
",
            space.cluster.admin, space.namespace, space.namespace
        ),
    );
    let mut command = space.hermetic(super::support::DEPLOY);
    command.args(["app", "--image", "web=1.0"]);
    ended(command).exits(3).says("are the same: namespace");
    assert!(space.list("apps/v1/deployments").is_empty());
}
