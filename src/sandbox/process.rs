//! Processes that outlive us. A process is known by its id *and* its start time, so that a recycled id is never signalled.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};

use crate::error::{Failure, Result};

/// A process that we started, now or in an earlier run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Process {
    pub pid: i32,
    /// When it started, in whatever words the system has for that.
    pub started: String,
}

impl Process {
    /// Starts a program on its own: away from our terminal's signals, nothing of ours kept open.
    pub fn start(program: &Path, arguments: &[String], folder: &Path, log: &Path) -> Result<Self> {
        let log = File::options().create(true).append(true).open(log)?;
        let child = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            // Nobody's tokens belong in a process that stays, and etcd would read flags from variables.
            .env_clear()
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| {
                Failure::from(error).context(format!("cannot start {}", program.display()))
            })?;
        let pid = i32::try_from(child.id()).map_err(Failure::bug)?;
        Ok(Self {
            pid,
            started: start_time(pid).unwrap_or_default(),
        })
    }

    /// Whether it still runs, and is still the one we started.
    pub fn alive(&self) -> bool {
        !self.started.is_empty() && start_time(self.pid).as_ref() == Some(&self.started)
    }

    /// Sends a signal, unless it is gone.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = Pid::from_raw(self.pid).filter(|_| self.alive()) {
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
}

/// Ends processes: politely, and after `patience` without asking.
pub(super) async fn stop(processes: &[&Process], patience: Duration) {
    for process in processes {
        process.signal(Signal::TERM);
        // One that a test has paused must be able to end.
        process.signal(Signal::CONT);
    }
    if !wait(processes, patience).await {
        for process in processes {
            process.signal(Signal::KILL);
        }
        wait(processes, Duration::from_secs(5)).await;
    }
}

/// Waits until all have ended; says whether they did.
async fn wait(processes: &[&Process], patience: Duration) -> bool {
    let gone = async {
        while processes.iter().any(|process| process.alive()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(patience, gone).await.is_ok()
}

/// When a process started, if it runs. One that has ended but was not waited for counts as gone.
fn start_time(pid: i32) -> Option<String> {
    if Path::new("/proc/self/stat").exists() {
        return parse_stat(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?);
    }
    let output = Command::new("ps")
        .args(["-o", "state=,lstart=", "-p", &pid.to_string()])
        .stdin(Stdio::null())
        .output()
        .ok()?;
    parse_ps(&String::from_utf8_lossy(&output.stdout))
}

/// `PID (name) STATE …`, where the start time is the 22nd field and the name may hold anything.
fn parse_stat(stat: &str) -> Option<String> {
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    if matches!(*fields.first()?, "Z" | "X") {
        return None;
    }
    Some((*fields.get(19)?).to_owned())
}

/// `STATE DATE`; the date says the start time to the second.
fn parse_ps(line: &str) -> Option<String> {
    let (state, started) = line.trim().split_once(char::is_whitespace)?;
    (!state.starts_with('Z')).then(|| started.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_times_are_read_past_any_name() {
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 9 0 777 1000 2";
        assert_eq!(parse_stat(stat), Some("777".to_owned()));
        assert_eq!(parse_stat(&stat.replace(" S 1", " Z 1")), None);
        assert_eq!(
            parse_ps("Ss  Sat Nov 21 02:20:00 2026\n"),
            Some("Sat Nov 21 02:20:00 2026".to_owned())
        );
        assert_eq!(parse_ps("Z    Sat Nov 21 02:20:00 2026\n"), None);
        assert_eq!(parse_ps(""), None);
    }

    #[tokio::test]
    async fn a_recycled_id_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let sleep = Path::new("/bin/sleep");
        let process = Process::start(sleep, &["60".to_owned()], folder.path(), &log).unwrap();
        assert!(process.alive());
        let other = Process {
            started: "1".to_owned(),
            ..process.clone()
        };
        assert!(!other.alive());
        stop(&[&other], Duration::from_millis(1)).await;
        assert!(
            process.alive(),
            "a process with another start time was stopped"
        );
        stop(&[&process], Duration::from_secs(5)).await;
        assert!(!process.alive());
    }
}
