//! The logs of one pod: init containers one after the other, then the others side by side, each from its first line to its last.

use std::time::Duration;

use futures::future::{self, FutureExt as _, LocalBoxFuture};
use serde_json::Value;
use tokio::sync::{mpsc, watch};

use super::Line;
use crate::cluster::{ApiError, Cluster};
use crate::track::{pods, read};

const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// Reads the logs of one pod.
pub struct Reader<'a> {
    pub cluster: &'a Cluster,
    pub namespace: &'a str,
    pub pod: String,
    /// The pod as it changes; null when it is gone.
    pub state: watch::Receiver<Value>,
    pub lines: mpsc::Sender<Line>,
}

/// How far a container has come, as far as its log is concerned. Instances are told apart by their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Life {
    /// It has not begun.
    Waiting,
    /// This instance runs.
    Running(String),
    /// This instance has ended, and another one may come.
    Ended(String),
    /// This instance was the last one.
    Over(String),
    /// It will not run, or its log went with the pod.
    Gone,
}

/// Whether nothing will run in the pod any more, now or soon.
pub fn over(pod: &Value) -> bool {
    pod.is_null() || pods::finished(pod) || read::terminating(pod)
}

impl Reader<'_> {
    /// Until every container has been read to its end. The only error is that we may not read.
    pub async fn run(&self) -> Result<(), ApiError> {
        let pod = self.state.borrow().clone();
        let (mut first, mut beside): (Vec<_>, Vec<LocalBoxFuture<'_, _>>) = Default::default();
        for spec in read::list(&pod, "/spec/initContainers") {
            let name = read::text(spec, "/name").to_owned();
            if read::text(spec, "/restartPolicy") == "Always" {
                beside.push(self.container(name).boxed_local());
            } else {
                first.push(name);
            }
        }
        let mains = read::list(&pod, "/spec/containers")
            .iter()
            .map(|spec| self.container(read::text(spec, "/name").to_owned()));
        let mains: Vec<_> = mains.collect();
        let in_turn = async {
            for name in first {
                self.container(name).await?;
            }
            future::try_join_all(mains).await.map(drop)
        };
        beside.push(in_turn.boxed_local());
        future::try_join_all(beside).await.map(drop)
    }

    async fn container(&self, container: String) -> Result<(), ApiError> {
        let name = container.as_str();
        let mut log = self.cluster.follow_log(self.namespace, &self.pod, name);
        let mut state = self.state.clone();
        let mut wait = FIRST_WAIT;
        let mut done = None;
        loop {
            let readable = |pod: &Value| match life(pod, name) {
                Life::Waiting => false,
                Life::Ended(instance) => done.as_ref() != Some(&instance),
                Life::Running(_) | Life::Over(_) | Life::Gone => true,
            };
            let Ok(life) = state.wait_for(readable).await.map(|pod| life(&pod, name)) else {
                return Ok(());
            };
            let ended = match life {
                Life::Ended(instance) => Some(instance),
                Life::Over(instance) if done.as_ref() != Some(&instance) => Some(instance),
                Life::Over(_) | Life::Gone => return Ok(()),
                Life::Waiting | Life::Running(_) => None,
            };
            let error = loop {
                match log.next().await {
                    Ok(Some(text)) => self.say(name, text).await,
                    Ok(None) => break None,
                    Err(error) => break Some(error),
                }
                wait = FIRST_WAIT;
            };
            match error {
                Some(error) if error.is_forbidden() => return Err(error),
                Some(error) if error.is_not_found() => return Ok(()),
                // An end is the end only when the container had ended before we asked; servers end streams for reasons of their own.
                None if ended.is_some() => {
                    if let Some(line) = log.rest() {
                        self.say(name, line).await;
                    }
                    done = ended;
                }
                // There is no log of a container that could not be started.
                Some(error) if ended.is_some() && error.code == 400 => done = ended,
                _ => {
                    // Mostly it has just ended, and the word of it comes at once.
                    let _ = tokio::time::timeout(wait, state.changed()).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
            }
        }
    }

    async fn say(&self, container: &str, text: String) {
        let line = Line {
            pod: self.pod.clone(),
            container: container.to_owned(),
            text,
        };
        // Nobody listens any more when the work is done.
        let _ = self.lines.send(line).await;
    }
}

fn life(pod: &Value, name: &str) -> Life {
    let containers = pods::containers(pod);
    let Some(container) = containers.iter().find(|container| container.name == name) else {
        return if over(pod) { Life::Gone } else { Life::Waiting };
    };
    if container.status.pointer("/state/running").is_some() {
        return Life::Running(read::text(container.status, "/containerID").to_owned());
    }
    let Some(end) = container.ended() else {
        return if over(pod) { Life::Gone } else { Life::Waiting };
    };
    let instance = match read::text(end, "/containerID") {
        "" => read::text(end, "/finishedAt"),
        id => id,
    };
    let passed = container.role == "init container" && read::number(end, "/exitCode") == Some(0);
    if over(pod) || passed {
        Life::Over(instance.to_owned())
    } else {
        Life::Ended(instance.to_owned())
    }
}
