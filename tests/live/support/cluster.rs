//! The cluster that all tests share, and the namespaces in it.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{DEPLOY, Space};

/// The cluster that all tests share.
pub struct Cluster {
    /// Kubeconfig file; `None` for the user's own.
    pub(super) kubeconfig: Option<PathBuf>,
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

    /// Its kubeconfig file; `None` for the user's own.
    pub fn kubeconfig(&self) -> Option<&std::path::Path> {
        self.kubeconfig.as_deref()
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
