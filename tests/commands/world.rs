//! A folder, a cluster and a clock: the whole program runs in it, in process, and what it printed and asked is looked at.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use deploy::env::{Clock, Env, Process, Terminal};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::fake::{Fake, START};
use crate::support::NAMESPACE;

/// The small project's workload.
pub const WEB: &str = "/apis/apps/v1/namespaces/shop/deployments/web";
/// The lock.
pub const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/shop/leases/deploy-shop";

/// A folder, a cluster and a clock.
pub struct World {
    /// The cluster.
    pub fake: Fake,
    /// Holds `deploy/`.
    pub folder: tempfile::TempDir,
    /// How far the local clock is ahead of the server's.
    pub ahead: SignedDuration,
    /// The namespace of the kubeconfig's context.
    pub namespace: &'static str,
    /// The host that locks and records name.
    pub host: &'static str,
    variables: BTreeMap<String, String>,
    begun: tokio::time::Instant,
}

/// What a finished command left.
#[derive(Debug)]
pub struct Ended {
    /// The exit code.
    pub code: u8,
    /// Data.
    pub stdout: String,
    /// Talk.
    pub stderr: String,
}

impl World {
    /// An empty folder and a cluster with the namespace `shop`.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let variables = [
            ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("HOME", folder.path().display().to_string()),
            ("GIT_AUTHOR_NAME", "ann".to_owned()),
            ("GIT_AUTHOR_EMAIL", "ann@example.com".to_owned()),
            ("GIT_COMMITTER_NAME", "ann".to_owned()),
            ("GIT_COMMITTER_EMAIL", "ann@example.com".to_owned()),
        ];
        Self {
            fake: Fake::new(NAMESPACE).with_controllers(),
            folder,
            ahead: SignedDuration::ZERO,
            namespace: NAMESPACE,
            host: "laptop",
            variables: variables
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
            begun: tokio::time::Instant::now(),
        }
    }

    /// With the smallest project: an app `shop` with one Deployment `web`.
    pub fn small() -> Self {
        let world = Self::new();
        world.project("").template("web", WEB_TEMPLATE);
        world
    }

    /// Writes deploy.yaml: the app, its image and environment, and more keys.
    pub fn project(&self, more: &str) -> &Self {
        self.write(
            "deploy/deploy.yaml",
            &format!("app: shop\nimages: {{web: registry.example.com/shop}}\nenvironments: {{staging: {{}}}}\nrollout: {{soak: 0s}}\n{more}"),
        )
    }

    /// Writes a template.
    pub fn template(&self, name: &str, text: &str) -> &Self {
        self.write(&format!("deploy/templates/{name}.yaml"), text)
    }

    /// Writes a file, making its folders.
    pub fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Takes the checkout away.
    pub fn leave_checkout(&self) -> &Self {
        fs::remove_dir_all(self.folder.path().join("deploy")).unwrap();
        self
    }

    /// Sets a variable.
    pub fn set(&mut self, key: &str, value: &str) -> &mut Self {
        self.variables.insert(key.to_owned(), value.to_owned());
        self
    }

    /// The local time.
    pub fn now(&self) -> Timestamp {
        let start: Timestamp = START.parse().unwrap();
        start + self.begun.elapsed() + self.ahead
    }

    /// Runs a command line, split at spaces.
    pub async fn run(&self, line: &str) -> Ended {
        self.run_at(Terminal::default(), "", line).await
    }

    /// The same on a terminal where somebody types these lines.
    pub async fn run_typing(&self, typed: &str, line: &str) -> Ended {
        let terminal = Terminal {
            stdin: true,
            stdout: true,
            stderr: true,
            ..Terminal::default()
        };
        self.run_at(terminal, typed, line).await
    }

    async fn run_at(&self, terminal: Terminal, typed: &str, line: &str) -> Ended {
        let (stdout, stderr) = (Sink::default(), Sink::default());
        let env = Env {
            args: line.split_whitespace().map(str::to_owned).collect(),
            cwd: self.folder.path().to_owned(),
            variables: self.variables.clone(),
            stdin: Box::new(std::io::Cursor::new(typed.to_owned())),
            stdout: Box::new(stdout.clone()),
            stderr: Box::new(stderr.clone()),
            terminal,
            clock: Clock::Fixed(self.now(), tokio::time::Instant::now()),
            client: Some(self.fake.client(self.namespace)),
            process: Process {
                host: self.host.to_owned(),
                id: 1,
                user: "ann".to_owned(),
            },
        };
        let code = Box::pin(deploy::cli::run(env)).await;
        if line.contains("--output json") {
            crate::schema::check_events(&stdout.text());
        }
        Ended {
            code,
            stdout: stdout.text(),
            stderr: stderr.text(),
        }
    }

    /// Runs git in the folder.
    pub fn git(&self, line: &str) -> &Self {
        let status = std::process::Command::new("git")
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .env_clear()
            .envs(&self.variables)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "git {line}");
        self
    }

    /// A commit of everything, so many seconds after 2026 began.
    pub fn commit(&mut self, message: &str, second: i64) -> &Self {
        let date = format!("{} +0000", 1_767_225_600 + second);
        self.set("GIT_COMMITTER_DATE", &date)
            .set("GIT_AUTHOR_DATE", &date);
        self.git("add -A")
            .git(&format!("commit --allow-empty -q -m {message}"))
    }

    /// The image of `web`.
    pub fn image(&self) -> String {
        let web = self.fake.object(WEB).unwrap();
        web["spec"]["template"]["spec"]["containers"][0]["image"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The header of a release.
    pub fn header(&self, number: u64) -> Option<Value> {
        let object = self.fake.object(&header_path(number))?;
        serde_json::from_str(object["data"]["release.json"].as_str()?).ok()
    }

    /// Changes the header of a release.
    pub fn change_header(&self, number: u64, change: impl FnOnce(&mut Value)) {
        let mut header = self.header(number).unwrap();
        change(&mut header);
        self.fake.change(&header_path(number), |object| {
            object["data"]["release.json"] = header.to_string().into();
        });
    }
}

/// Where the header of a release is.
pub fn header_path(number: u64) -> String {
    format!("/api/v1/namespaces/shop/configmaps/deploy.shop.v{number}")
}

impl Ended {
    /// Fails the test with everything printed, unless the exit code is this one.
    #[track_caller]
    pub fn exits(self, code: u8) -> Self {
        assert_eq!(
            self.code, code,
            "exit code\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Fails the test unless this was printed.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.stdout.contains(text) || self.stderr.contains(text),
            "`{text}` is missing\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Fails the test if this was printed.
    #[track_caller]
    pub fn does_not_say(self, text: &str) -> Self {
        assert!(
            !self.stdout.contains(text) && !self.stderr.contains(text),
            "`{text}` is there\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// The last event on stdout.
    #[track_caller]
    pub fn last_event(&self) -> Value {
        let line = self.stdout.lines().last().unwrap_or_else(|| {
            panic!("no event at all\n--- stderr\n{}", self.stderr);
        });
        serde_json::from_str(line).unwrap()
    }
}

/// A stream that is kept.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A file of the folder, for scripts.
pub fn executable(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The template of `web`.
pub const WEB_TEMPLATE: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  revisionHistoryLimit: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: \"{{ images.web }}\"
          resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 32Mi}}
";
