//! The logs of a job while it runs.

use std::time::Duration;

use deploy::cluster::Cluster;
use deploy::env::Clock;
use deploy::event::{Event, Events, Message};
use deploy::manifest::ObjectId;
use deploy::ops::job_logs::{self, Tail};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::fake::Fake;
use crate::support::{NAMESPACE, cluster};

/// A pod of the job `migrate-r3`, with the states of its containers: `waiting`, `running`, `0` for one that has ended well.
fn pod(name: &str, phase: &str, containers: &[(&str, &str)]) -> Value {
    let state = |state: &str| match state {
        "waiting" => json!({"waiting": {"reason": "ContainerCreating"}}),
        "running" => json!({"running": {}}),
        code => {
            json!({"terminated": {"exitCode": code.parse::<i32>().unwrap(), "containerID": name}})
        }
    };
    let is_init = |name: &str| name.starts_with("init");
    let specs = |init: bool| -> Vec<Value> {
        let those = containers.iter().filter(|(name, _)| is_init(name) == init);
        those.map(|(name, _)| json!({"name": name})).collect()
    };
    let statuses = |init: bool| -> Vec<Value> {
        let those = containers.iter().filter(|(name, _)| is_init(name) == init);
        those
            .map(|(container, now)| json!({"name": container, "containerID": name, "state": state(now)}))
            .collect()
    };
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"batch.kubernetes.io/job-name": "migrate-r3"}},
        "spec": {"initContainers": specs(true), "containers": specs(false)},
        "status": {"phase": phase, "initContainerStatuses": statuses(true), "containerStatuses": statuses(false)},
    })
}

struct Logs {
    fake: Fake,
    cluster: Cluster,
    events: Events,
    told: UnboundedReceiver<Message>,
}

impl Logs {
    fn new() -> Self {
        let fake = Fake::new(NAMESPACE);
        let (events, told) = Events::channel(Clock::System);
        Self {
            cluster: cluster(&fake),
            fake,
            events,
            told,
        }
    }

    /// Runs the work beside the logs; what was told, as `[pod/]container: line`, and the tails.
    async fn during(&mut self, work: impl Future<Output = ()>) -> (Vec<String>, Vec<Tail>) {
        let job = ObjectId::new("batch", "Job", "migrate-r3");
        let ((), tails) =
            job_logs::beside(&self.cluster, &job, "migrate", &self.events, work).await;
        let mut told = Vec::new();
        while let Ok(message) = self.told.try_recv() {
            told.push(match message.event {
                Event::Log {
                    object,
                    job: name,
                    pod,
                    container,
                    line,
                } => {
                    assert_eq!((object, name.as_deref()), (job.clone(), Some("migrate")));
                    let pod = pod.map_or(String::new(), |pod| format!("{pod}/"));
                    format!("{pod}{container}: {line}")
                }
                Event::Warning { message, .. } => format!("warning: {message}"),
                other => panic!("{other:?}"),
            });
        }
        (told, tails)
    }

    fn log_requests(&self) -> usize {
        let requests = self.fake.requests();
        requests
            .iter()
            .filter(|seen| seen.uri.contains("/log?"))
            .count()
    }
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(400)).await;
}

#[tokio::test(start_paused = true)]
async fn a_log_is_told_while_it_is_written_and_read_to_its_end() {
    let mut logs = Logs::new();
    let fake = logs.fake.clone();
    let (told, tails) = logs
        .during(async {
            fake.put(pod("m-1", "Pending", &[("main", "waiting")]));
            pause().await;
            fake.write_log("m-1", "main", "step 1\n");
            fake.put(pod("m-1", "Running", &[("main", "running")]));
            pause().await;
            // The work is done as soon as the Job is; its last words are still on their way.
            fake.write_log("m-1", "main", "step 2\nno line break");
            fake.end_log("m-1", "main");
            fake.put(pod("m-1", "Succeeded", &[("main", "0")]));
        })
        .await;
    let lines = ["step 1", "step 2", "no line break"];
    assert_eq!(told, lines.map(|line| format!("main: {line}")));
    assert_eq!(
        tails,
        [Tail {
            pod: "m-1".to_owned(),
            container: "main".to_owned(),
            lines: lines.map(str::to_owned).to_vec(),
        }]
    );
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_neither_repeats_nor_loses_a_line() {
    let mut logs = Logs::new();
    let fake = logs.fake.clone();
    let (told, _) = logs
        .during(async {
            fake.write_log("m-1", "main", "one\n");
            fake.put(pod("m-1", "Running", &[("main", "running")]));
            pause().await;
            fake.write_log("m-1", "main", "two\n");
            fake.write_log("m-1", "main", "two\n");
            pause().await;
            fake.cut_logs();
            fake.write_log("m-1", "main", "two\n");
            pause().await;
            fake.fail("GET", "/log?", 2, 500, "InternalError", "the node is away");
            fake.write_log("m-1", "main", "four\n");
            fake.cut_logs();
            tokio::time::sleep(Duration::from_secs(20)).await;
            fake.write_log("m-1", "main", "five\n");
            pause().await;
        })
        .await;
    let lines = ["one", "two", "two", "two", "four", "five"];
    assert_eq!(told, lines.map(|line| format!("main: {line}")));
}

#[tokio::test(start_paused = true)]
async fn a_container_that_waits_is_not_asked_for_its_log() {
    let mut logs = Logs::new();
    let fake = logs.fake.clone();
    logs.during(async {
        fake.put(pod("m-1", "Pending", &[("main", "waiting")]));
        tokio::time::sleep(Duration::from_mins(10)).await;
    })
    .await;
    assert_eq!(logs.log_requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn init_containers_come_first_and_retries_are_told_apart() {
    let mut logs = Logs::new();
    let fake = logs.fake.clone();
    let (told, tails) = logs
        .during(async {
            for (pod, container) in [
                ("m-1", "init-a"),
                ("m-1", "init-b"),
                ("m-1", "main"),
                ("m-2", "main"),
            ] {
                fake.write_log(pod, container, &format!("{container} speaks\n"));
                fake.end_log(pod, container);
            }
            fake.put(pod(
                "m-1",
                "Failed",
                &[("init-a", "0"), ("init-b", "0"), ("main", "1")],
            ));
            pause().await;
            fake.put(pod("m-2", "Succeeded", &[("main", "0")]));
        })
        .await;
    assert_eq!(
        told,
        [
            "init-a: init-a speaks",
            "init-b: init-b speaks",
            "main: main speaks",
            "m-2/main: main speaks"
        ]
    );
    assert_eq!(tails.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_may_not_be_read_is_said_once() {
    let mut logs = Logs::new();
    let fake = logs.fake.clone();
    fake.fail(
        "GET",
        "/log?",
        1000,
        403,
        "Forbidden",
        "pods \"m-1\" is forbidden: no",
    );
    let (told, tails) = logs
        .during(async {
            fake.put(pod(
                "m-1",
                "Running",
                &[("main", "running"), ("proxy", "running")],
            ));
            pause().await;
            fake.put(pod("m-2", "Running", &[("main", "running")]));
            pause().await;
        })
        .await;
    assert_eq!(
        told,
        [
            "warning: the log of job migrate is not shown: cannot get pods/log/m-1 in namespace shop: pods \"m-1\" is forbidden: no; it needs `get` on pods/log"
        ]
    );
    assert!(tails.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_silent_container_holds_up_the_end_for_three_seconds_and_a_running_one_not_at_all() {
    let mut logs = Logs::new();
    let fake = logs.fake.clone();
    fake.write_log("m-1", "main", "half a line");
    let begun = tokio::time::Instant::now();
    logs.during(async { fake.put(pod("m-1", "Running", &[("main", "running")])) })
        .await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
    logs.during(async { fake.put(pod("m-1", "Failed", &[("main", "1")])) })
        .await;
    assert_eq!(begun.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn of_a_flood_only_the_end_is_kept() {
    let mut logs = Logs::new();
    let fake = logs.fake.clone();
    for number in 0..5000 {
        fake.write_log("m-1", "main", &format!("{number}\n"));
    }
    fake.end_log("m-1", "main");
    let (told, tails) = logs
        .during(async { fake.put(pod("m-1", "Succeeded", &[("main", "0")])) })
        .await;
    assert_eq!(told.len(), 5000);
    assert_eq!(tails[0].lines.len(), 20);
    assert_eq!(tails[0].lines[19], "4999");
}
