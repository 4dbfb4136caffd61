//! A cluster for all tests, a namespace for each, and short verbs on both.

use std::any::Any;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

/// The binary under test.
pub const DEPLOY: &str = env!("CARGO_BIN_EXE_deploy");

/// The cluster that all tests share.
pub struct Cluster {
    /// Kubeconfig file; `None` for the user's own.
    kubeconfig: Option<PathBuf>,
    /// Context with every right.
    pub admin: String,
    /// Context with rights in one namespace only; the admin's where the cluster is not ours.
    pub user: Option<String>,
    /// The sandbox to stop at the end, with the folder of its state.
    sandbox: Option<(String, tempfile::TempDir)>,
}

impl Cluster {
    /// The cluster that `DEPLOY_TEST_CONTEXT` names, else a sandbox of our own.
    pub fn ready() -> Result<Self, String> {
        if let Ok(context) = std::env::var("DEPLOY_TEST_CONTEXT") {
            eprintln!("live tests: using context {context} (DEPLOY_TEST_CONTEXT)");
            return Ok(Self {
                kubeconfig: None,
                admin: context,
                user: None,
                sandbox: None,
            });
        }
        let name = format!("test-{}", std::process::id());
        let state =
            tempfile::tempdir().map_err(|error| format!("cannot make a folder: {error}"))?;
        eprintln!(
            "live tests: starting a sandbox (the first time it is built from Go modules, which takes some minutes)"
        );
        let up = Command::new(DEPLOY)
            .args(["sandbox", "up", "--name", &name, "--output", "plain"])
            .env("XDG_STATE_HOME", state.path())
            .env("KUBECONFIG", state.path().join("config"))
            .stdout(Stdio::null())
            .status()
            .map_err(|error| format!("cannot run {DEPLOY}: {error}"))?;
        if !up.success() {
            return Err("live tests: the sandbox did not start; DEPLOY_TEST_CONTEXT=<context> runs them against any other cluster".to_owned());
        }
        Ok(Self {
            kubeconfig: Some(state.path().join("config")),
            admin: format!("deploy-sandbox-{name}"),
            user: Some(format!("deploy-sandbox-{name}-user")),
            sandbox: Some((name, state)),
        })
    }

    /// Stops what was started.
    pub fn down(&self) {
        if let Some((name, state)) = &self.sandbox {
            let _ = Command::new(DEPLOY)
                .args(["sandbox", "down", "--name", name])
                .env("XDG_STATE_HOME", state.path())
                .env("KUBECONFIG", state.path().join("config"))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
    }

    /// A namespace and a folder for one test.
    pub fn space(&'static self, test: &str) -> Space {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let short: String = test
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .take(30)
            .collect();
        let namespace = format!(
            "t{}-{number}-{}",
            std::process::id(),
            short.trim_matches('-')
        );
        let space = Space {
            cluster: self,
            folder: tempfile::tempdir().expect("a folder for the test"),
            namespace,
        };
        space.api(
            "POST",
            "/api/v1/namespaces",
            Some(&serde_json::json!({"metadata": {"name": space.namespace}})),
        );
        let binding = serde_json::json!({
            "metadata": {"name": "deployers"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "sandbox-deployer"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "deployers"}],
        });
        if self.user.is_some() {
            let path = format!(
                "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
                space.namespace
            );
            space.api("POST", &path, Some(&binding));
        }
        space
    }
}

/// A namespace and a project folder.
pub struct Space {
    /// Where the namespace is.
    pub cluster: &'static Cluster,
    /// Holds `deploy/`.
    pub folder: tempfile::TempDir,
    /// The namespace.
    pub namespace: String,
}

/// What a finished command left.
#[derive(Debug)]
pub struct Ended {
    /// The exit code.
    pub code: i32,
    /// Data.
    pub stdout: String,
    /// Talk.
    pub stderr: String,
}

impl Ended {
    /// Fails the test with everything printed, unless the exit code is this one.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "exit code\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Fails the test unless the talk holds this text.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.stderr.contains(text) || self.stdout.contains(text),
            "`{text}` is missing\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// The only document on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!(
                "not one JSON document: {error}\n{}\n{}",
                self.stdout, self.stderr
            )
        })
    }

    /// The events on stdout.
    #[track_caller]
    pub fn events(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| {
                serde_json::from_str(line)
                    .unwrap_or_else(|error| panic!("not JSON: {error}: {line}"))
            })
            .collect()
    }
}

impl Space {
    /// Writes a file of the project, making its folders.
    pub fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a file");
        self
    }

    /// Writes the smallest project: an app `shop` with one Deployment `web`.
    pub fn small(&self) -> &Self {
        self.write(
            "deploy/deploy.yaml",
            "app: shop\nimages: {web: registry.example.com/shop}\nenvironments: {staging: {}}\nrollout: {soak: 1s}\n",
        )
        .write("deploy/templates/web.yaml", &web("{{ images.web }}", ""))
    }

    /// The binary, hermetic: cleared environment, this cluster, this namespace.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_as(&self.cluster.admin, arguments)
    }

    /// The same as the user whose rights end at the namespace.
    pub fn command_as(&self, context: &str, arguments: &[&str]) -> Command {
        let mut command = self.hermetic(DEPLOY);
        command
            .args(arguments)
            .args(["--context", context, "--namespace", &self.namespace]);
        command
    }

    /// Any program, started in the test's folder with a cleared environment and this cluster's kubeconfig.
    pub fn hermetic(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("USER", "tester")
            .stdin(Stdio::null());
        match &self.cluster.kubeconfig {
            Some(file) => command.env("KUBECONFIG", file),
            None => command.env("HOME", std::env::var_os("HOME").unwrap_or_default()),
        };
        command
    }

    /// Runs the binary to its end.
    pub fn deploy(&self, arguments: &[&str]) -> Ended {
        ended(self.command(arguments))
    }

    /// The same, in the namespace that the project names.
    pub fn deploy_elsewhere(&self, arguments: &[&str]) -> Ended {
        let here = self.command(arguments);
        let kept: Vec<_> = here.get_args().collect();
        let mut command = Command::new(DEPLOY);
        command
            .args(&kept[..kept.len() - 2])
            .current_dir(self.folder.path())
            .env_clear()
            .envs(
                here.get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .stdin(Stdio::null());
        ended(command)
    }

    /// Runs the binary to its end where the project says, not in the test's namespace.
    pub fn deploy_anywhere(&self, arguments: &[&str]) -> Ended {
        let mut command = self.hermetic(DEPLOY);
        command
            .args(arguments)
            .args(["--context", &self.cluster.admin]);
        ended(command)
    }

    /// Runs the binary to its end as the user whose rights end at the namespace.
    pub fn deploy_as_user(&self, arguments: &[&str]) -> Ended {
        ended(self.command_as(
            self.cluster.user.as_ref().unwrap_or(&self.cluster.admin),
            arguments,
        ))
    }

    /// Starts the binary with JSON output and returns at the first event that `reached` accepts.
    pub fn until(&self, arguments: &[&str], reached: impl Fn(&Value) -> bool) -> Child {
        until(self.command(arguments), reached)
    }

    /// A kubeconfig like the admin's, for whoever has this token.
    pub fn kubeconfig_with_token(&self, token: &str) -> PathBuf {
        let mut kubeconfig = match &self.cluster.kubeconfig {
            Some(file) => kube::config::Kubeconfig::read_from(file),
            None => kube::config::Kubeconfig::read(),
        }
        .expect("a kubeconfig");
        for user in &mut kubeconfig.auth_infos {
            user.auth_info = Some(kube::config::AuthInfo {
                token: Some(token.to_owned().into()),
                ..kube::config::AuthInfo::default()
            });
        }
        // Written by hand: what serializes a kubeconfig leaves its secrets out.
        let mut value = serde_json::to_value(&kubeconfig).expect("JSON");
        for user in value["users"].as_array_mut().into_iter().flatten() {
            user["user"] = serde_json::json!({"token": token});
        }
        let path = self.folder.path().join("kubeconfig");
        fs::write(&path, value.to_string()).expect("a file");
        path
    }

    /// A request to the API server, through the admin's credentials.
    pub fn api(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        self.request(method, path, "application/json", body)
    }

    /// The same with a content type.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        content_type: &str,
        body: Option<&Value>,
    ) -> Value {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let client = self.client().await;
            let request = http::Request::builder()
                .method(method)
                .uri(path)
                .header("content-type", content_type)
                .body(
                    body.map(|body| serde_json::to_vec(body).expect("JSON"))
                        .unwrap_or_default(),
                )
                .expect("a request");
            client
                .request::<Value>(request)
                .await
                .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
        })
    }

    /// What is at a path that is no JSON: a log.
    pub fn text(&self, short: &str) -> String {
        self.try_text(short)
            .unwrap_or_else(|error| panic!("GET {short}: {error}"))
    }

    /// The same, where a refusal is an answer too.
    pub fn try_text(&self, short: &str) -> Result<String, kube::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let request = http::Request::get(self.path(short)).body(Vec::new());
            let client = self.client().await;
            client.request_text(request.expect("a request")).await
        })
    }

    /// The API server, as the admin.
    pub async fn client(&self) -> kube::Client {
        let options = kube::config::KubeConfigOptions {
            context: Some(self.cluster.admin.clone()),
            ..Default::default()
        };
        let kubeconfig = match &self.cluster.kubeconfig {
            Some(file) => kube::config::Kubeconfig::read_from(file),
            None => kube::config::Kubeconfig::read(),
        };
        let mut config =
            kube::Config::from_custom_kubeconfig(kubeconfig.expect("a kubeconfig"), &options)
                .await
                .expect("a config");
        // A 503 from behind a service is an answer.
        config.default_retry = false;
        kube::Client::try_from(config).expect("a client")
    }

    /// The program's own connection, for what no command does by itself: the admin's, unless a kubeconfig says otherwise.
    pub async fn connect(&self, kubeconfig: Option<&Path>) -> deploy::cluster::Cluster {
        let how = deploy::cluster::Connect {
            kubeconfig: kubeconfig.or(self.cluster.kubeconfig.as_deref()),
            contexts: &[self.cluster.admin.clone()],
            namespace: Some(&self.namespace),
            ..deploy::cluster::Connect::default()
        };
        deploy::cluster::Cluster::connect(&deploy::env::Env::from_process(), how)
            .await
            .expect("a connection")
    }

    /// Path of a collection or object in this namespace: `apps/v1/deployments/web`, `v1/configmaps`.
    pub fn path(&self, short: &str) -> String {
        let parts: Vec<&str> = short.split('/').collect();
        let core = parts[0] == "v1";
        let (version, rest) = parts.split_at(if core { 1 } else { 2 });
        let root = if core { "/api" } else { "/apis" };
        format!(
            "{root}/{}/namespaces/{}/{}",
            version.join("/"),
            self.namespace,
            rest.join("/")
        )
    }

    /// One object.
    pub fn get(&self, short: &str) -> Value {
        self.api("GET", &self.path(short), None)
    }

    /// All objects of a kind.
    pub fn list(&self, short: &str) -> Vec<Value> {
        self.api("GET", &self.path(short), None)["items"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    }

    /// Names of all objects of a kind that belong to the app and are no records of ours.
    pub fn names(&self, short: &str) -> Vec<String> {
        self.list(short)
            .iter()
            .filter(|object| {
                object["metadata"]["labels"]["deploy.cli/app"].is_string()
                    && object["metadata"]["labels"]["deploy.cli/kind"] != "release"
            })
            .map(|object| {
                object["metadata"]["name"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    }

    /// The image of a Deployment's first container.
    pub fn image(&self, deployment: &str) -> String {
        let object = self.get(&format!("apps/v1/deployments/{deployment}"));
        object["spec"]["template"]["spec"]["containers"][0]["image"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// States of all releases, oldest first.
    pub fn states(&self) -> Vec<(u64, String)> {
        let history = self
            .deploy(&["history", "--output", "json"])
            .exits(0)
            .json();
        let mut states: Vec<(u64, String)> = history["releases"]
            .as_array()
            .expect("releases")
            .iter()
            .map(|release| {
                (
                    release["number"].as_u64().unwrap_or_default(),
                    release["state"].as_str().unwrap_or_default().to_owned(),
                )
            })
            .collect();
        states.sort();
        states
    }

    /// Generations of all Deployments: what changed its template shows here.
    pub fn generations(&self) -> BTreeMap<String, u64> {
        self.list("apps/v1/deployments")
            .iter()
            .map(|object| {
                let name = object["metadata"]["name"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                (
                    name,
                    object["metadata"]["generation"]
                        .as_u64()
                        .unwrap_or_default(),
                )
            })
            .collect()
    }

    /// Deletes the namespace; its end is not waited for.
    pub fn remove(&self) {
        self.api(
            "DELETE",
            &format!("/api/v1/namespaces/{}", self.namespace),
            None,
        );
    }

    /// The project folder.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }
}

/// Starts a command with JSON output and returns at the first event that `reached` accepts.
pub fn until(mut command: Command, reached: impl Fn(&Value) -> bool) -> Child {
    let mut child = command
        .args(["--output", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut seen = Vec::new();
    for line in lines.by_ref() {
        let line = line.expect("a line");
        let event: Value = serde_json::from_str(&line).expect("an event");
        seen.push(line);
        if reached(&event) {
            // Somebody must go on reading, or the pipe fills.
            std::thread::spawn(move || lines.for_each(drop));
            return child;
        }
    }
    let ended = child.wait_with_output().expect("it ended");
    panic!(
        "it ended before: {}\n{}",
        seen.join("\n"),
        String::from_utf8_lossy(&ended.stderr)
    );
}

/// Runs a command to its end.
pub fn ended(mut command: Command) -> Ended {
    let output = command.output().expect("the binary runs");
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Copies a folder with all that is in it.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder to copy") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a copy");
        }
    }
}

/// What a panicking test said.
pub fn panic_text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "panicked".to_owned())
}

/// A Deployment `web` of two replicas; `extra` is YAML at container level (indented by 10).
pub fn web(image: &str, extra: &str) -> String {
    deployment("web", image, extra)
}

/// A Deployment of two replicas; `extra` is YAML at container level (indented by 10).
pub fn deployment(name: &str, image: &str, extra: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: 2
  revisionHistoryLimit: 3
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: {name}
          image: \"{image}\"
          resources: {{requests: {{cpu: 10m, memory: 16Mi}}, limits: {{memory: 32Mi}}}}
{extra}"
    )
}
