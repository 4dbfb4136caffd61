//! Running the binary, and what it left.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, kill_process};
use serde_json::Value;

use super::{DEPLOY, Space};

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

/// Sends a signal to a command that runs.
pub fn signal(child: &Child, signal: rustix::process::Signal) {
    let pid = i32::try_from(child.id()).expect("a process id");
    kill_process(Pid::from_raw(pid).expect("a process id"), signal).expect("it runs");
}

/// Runs a command to its end.
pub fn ended(mut command: Command) -> Ended {
    let output = command.output().expect("the binary runs");
    crate::schema::check_events(&String::from_utf8_lossy(&output.stdout));
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
