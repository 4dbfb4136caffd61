//! Sandboxes of a test's own, to be hurt.

use std::process::{Command, Output, Stdio};

use deploy::sandbox::{Machine, Name, Sandbox};
use serde_json::Value;

use super::DEPLOY;

/// A sandbox of the test's own, gone at its end.
pub struct Own {
    /// Its name.
    pub name: String,
    /// Holds its state and its kubeconfig.
    pub state: tempfile::TempDir,
}

impl Own {
    /// One that is not started yet.
    pub fn new(short: &str) -> Self {
        Self {
            name: format!("{short}-{}", std::process::id()),
            state: tempfile::tempdir().unwrap(),
        }
    }

    /// The binary, with this sandbox's state and kubeconfig.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(DEPLOY);
        command
            .args(arguments)
            .env("XDG_STATE_HOME", self.state.path())
            .env("KUBECONFIG", self.state.path().join("config"))
            .stdin(Stdio::null());
        command
    }

    /// `sandbox up`, `down` or `status`, as JSON.
    pub fn run(&self, what: &str) -> Output {
        self.command(&["sandbox", what, "--name", &self.name, "--output", "json"])
            .output()
            .unwrap()
    }

    /// The status as scripts read it. It exits 0 whether the sandbox runs or not.
    pub fn status(&self) -> Value {
        let output = self.run("status");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Starts it.
    pub fn up(&self) -> Value {
        let output = self.run("up");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let status: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(status["running"], true, "{status}");
        status
    }

    /// Stops it.
    pub fn down(&self) {
        let output = self.run("down");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }

    /// The running sandbox as a value that can be hurt.
    pub fn sandbox(&self) -> Sandbox {
        let machine = Machine::new(&deploy::env::Env::from_process()).unwrap();
        let machine = Machine {
            state: self.state.path().join("deploy/sandbox"),
            ..machine
        };
        Sandbox::load(&machine, &Name::new(&self.name).unwrap()).unwrap()
    }

    /// The admin's context.
    pub fn context(&self) -> String {
        format!("deploy-sandbox-{}", self.name)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.run("down");
    }
}
