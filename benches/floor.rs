//! How much time `deploy` adds to what the API server and the rollout take.
//!
//! The floor applies the same 200 objects raw, 32 requests in flight and one watch, in the same run and on the same sandbox.
//! Prints ratios; the absolute figures belong to this machine and are asserted nowhere.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench speaks for itself and stops at the first surprise"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use deploy::cluster::{Apply, Cluster, Connect, Kind, Watch};
use deploy::env::Env;
use futures::StreamExt as _;
use serde_json::{Value, json};

const DEPLOY: &str = env!("CARGO_BIN_EXE_deploy");
/// Apps in the project; each is four objects.
const APPS: usize = 50;
const ROUNDS: usize = 5;

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return; // `cargo test --benches` only checks that it compiles.
    }
    start_up();
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::up(folder.path());
    let mut rows = [
        ("install", Pair::default()),
        ("no change", Pair::default()),
        ("new image", Pair::default()),
    ];
    for round in 0..ROUNDS {
        let (ours, floors) = (format!("ours-{round}"), format!("floor-{round}"));
        sandbox.namespace(&ours);
        sandbox.namespace(&floors);
        let project = project(folder.path());
        for (row, tag) in [(0, "1"), (1, "1"), (2, "2")] {
            rows[row].1.floor.push(sandbox.floor(&floors, tag));
            rows[row].1.ours.push(sandbox.deploy(&project, &ours, tag));
        }
        for namespace in [&ours, &floors] {
            sandbox.remove(namespace);
        }
    }
    println!(
        "{} objects, {ROUNDS} rounds, medians with (least to most), soak 0",
        APPS * 4
    );
    println!(
        "{:<10} {:>22} {:>22} {:>6}",
        "", "floor", "deploy app", "ratio"
    );
    for (name, pair) in rows {
        let ratio = median(&pair.ours) / median(&pair.floor);
        println!(
            "{name:<10} {:>22} {:>22} {ratio:>6.2}",
            spread(&pair.floor),
            spread(&pair.ours)
        );
    }
}

#[derive(Default)]
struct Pair {
    floor: Vec<f64>,
    ours: Vec<f64>,
}

fn start_up() {
    let mut times: Vec<f64> = (0..200)
        .map(|_| {
            let start = Instant::now();
            let status = Command::new(DEPLOY)
                .arg("--version")
                .stdout(Stdio::null())
                .status()
                .unwrap();
            assert!(status.success());
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let size = std::fs::metadata(DEPLOY).unwrap().len();
    println!(
        "start-up of `deploy --version`: {:.1} ms (median of 200)",
        times[100]
    );
    println!(
        "size of the binary: {}.{} MB",
        size / 1_000_000,
        size / 100_000 % 10
    );
}

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn spread(times: &[f64]) -> String {
    let (least, most) = times
        .iter()
        .fold((f64::MAX, 0.0_f64), |(least, most), time| {
            (least.min(*time), most.max(*time))
        });
    format!("{:.2}s ({least:.2} to {most:.2})", median(times))
}

/// The objects of one app.
fn objects(app: usize, tag: &str) -> [Value; 4] {
    let name = format!("app{app}");
    let labels = json!({"app": name});
    [
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"app": name}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"selector": labels, "ports": [{"port": 80}]}}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {
            "replicas": 2, "revisionHistoryLimit": 2, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"serviceAccountName": name, "containers": [{
                "name": "app", "image": format!("registry.example.com/app:{tag}"),
                "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "32Mi"}}}]}}}}),
    ]
}

/// The same objects as a project, the tag as an image.
fn project(folder: &Path) -> PathBuf {
    let root = folder.join("project");
    let templates = root.join("deploy/templates");
    std::fs::create_dir_all(&templates).unwrap();
    let spec = "app: bench\nimages: {app: registry.example.com/app}\nenvironments: {bench: {}}\nrollout: {soak: 0s}\n";
    std::fs::write(root.join("deploy/deploy.yaml"), spec).unwrap();
    for app in 0..APPS {
        let text: Vec<String> = objects(app, "TAG").iter().map(Value::to_string).collect();
        let text = text
            .join("\n---\n")
            .replace("registry.example.com/app:TAG", "{{ images.app }}");
        std::fs::write(templates.join(format!("app{app}.yaml")), text).unwrap();
    }
    root
}

struct Sandbox {
    name: String,
    state: PathBuf,
}

impl Sandbox {
    fn up(folder: &Path) -> Self {
        let sandbox = Self {
            name: format!("bench-{}", std::process::id()),
            state: folder.join("state"),
        };
        std::fs::create_dir_all(&sandbox.state).unwrap();
        assert!(
            sandbox
                .command(&["sandbox", "up", "--name", &sandbox.name])
                .status()
                .unwrap()
                .success()
        );
        sandbox
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(DEPLOY);
        command
            .args(arguments)
            .env("XDG_STATE_HOME", &self.state)
            .env("KUBECONFIG", self.kubeconfig())
            .stdout(Stdio::null());
        command
    }

    fn kubeconfig(&self) -> PathBuf {
        self.state.join("config")
    }

    fn context(&self) -> String {
        format!("deploy-sandbox-{}", self.name)
    }

    fn run<T>(&self, namespace: &str, work: impl AsyncFnOnce(&Cluster) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let how = Connect {
                kubeconfig: Some(&self.kubeconfig()),
                contexts: &[self.context()],
                server: None,
                namespace: Some(namespace),
            };
            let cluster = Cluster::connect(&Env::from_process(), how)
                .await
                .map_err(|failure| failure.source)
                .unwrap();
            work(&cluster).await
        })
    }

    fn namespace(&self, name: &str) {
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        self.run(name, async |cluster| cluster.create(&object).await.unwrap());
    }

    fn remove(&self, name: &str) {
        self.run(name, async |cluster| {
            cluster
                .delete_named(&Kind::namespace(), name)
                .await
                .unwrap()
        });
    }

    /// Raw server-side apply, 32 in flight, one watch; done when every Deployment has observed its generation and is whole.
    fn floor(&self, namespace: &str, tag: &str) -> f64 {
        let start = Instant::now();
        self.run(namespace, async |cluster| {
            let kinds = [
                ("v1", "ServiceAccount", "serviceaccounts"),
                ("v1", "ConfigMap", "configmaps"),
                ("v1", "Service", "services"),
                ("apps/v1", "Deployment", "deployments"),
            ]
            .map(|(version, kind, plural)| Kind::built_in(version, kind, plural));
            let all: Vec<Value> = (0..APPS).flat_map(|app| objects(app, tag)).collect();
            let applied: Vec<Value> = futures::stream::iter(&all)
                .map(|object| {
                    let kind = kinds
                        .iter()
                        .find(|kind| object["kind"] == kind.kind())
                        .unwrap();
                    async move {
                        cluster
                            .apply_kind(kind, object, Apply::write())
                            .await
                            .unwrap()
                            .object
                    }
                })
                .buffer_unordered(32)
                .collect()
                .await;
            let mut missing: std::collections::BTreeMap<String, i64> = applied
                .iter()
                .filter(|object| object["kind"] == "Deployment")
                .map(|object| {
                    (
                        object["metadata"]["name"].as_str().unwrap().to_owned(),
                        object["metadata"]["generation"].as_i64().unwrap(),
                    )
                })
                .collect();
            let mut watch = std::pin::pin!(cluster.watch(&kinds[3], Some(namespace), None));
            while !missing.is_empty() {
                let objects = match watch.next().await.unwrap() {
                    Watch::Listed(objects) => objects,
                    Watch::Applied(object) => vec![object],
                    _ => Vec::new(),
                };
                for object in objects {
                    let name = object["metadata"]["name"].as_str().unwrap();
                    let status = &object["status"];
                    let whole = ["updatedReplicas", "availableReplicas", "replicas"]
                        .iter()
                        .all(|field| status[field] == object["spec"]["replicas"]);
                    if whole
                        && missing.get(name).is_some_and(|generation| {
                            status["observedGeneration"].as_i64() >= Some(*generation)
                        })
                    {
                        missing.remove(name);
                    }
                }
            }
        });
        start.elapsed().as_secs_f64()
    }

    fn deploy(&self, project: &Path, namespace: &str, tag: &str) -> f64 {
        let start = Instant::now();
        let mut command = self.command(&[
            "app",
            "--context",
            &self.context(),
            "--namespace",
            namespace,
            "--image",
            &format!("app={tag}"),
        ]);
        let output = command
            .current_dir(project)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let taken = start.elapsed().as_secs_f64();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        // Let the controllers settle, so that one measurement does not pay for the one before.
        std::thread::sleep(Duration::from_secs(2));
        taken
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self
            .command(&["sandbox", "down", "--name", &self.name])
            .stderr(Stdio::null())
            .status();
    }
}
