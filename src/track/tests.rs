//! The tracker in virtual time: scripted watch items in, events and a verdict out. No cluster, no waiting.

mod calibration;

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::LocalBoxStream;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use super::sight::Sight;
use super::{Budget, Tracker, Verdict, Wait};
use crate::cluster::Watch;
use crate::diagnose::{Finding, Severity};
use crate::env::Clock;
use crate::event::{Event, Events, Message};
use crate::manifest::ObjectId;

const START: Timestamp = Timestamp::UNIX_EPOCH;

fn sight(group: &str, kind: &str) -> Sight {
    Sight {
        group: group.to_owned(),
        kind: kind.to_owned(),
        namespace: None,
        labels: None,
    }
}

/// Watch items, each at a second of the run.
fn script(items: Vec<(u64, Watch)>) -> LocalBoxStream<'static, Watch> {
    let start = Instant::now();
    futures::stream::iter(items)
        .then(move |(second, item)| async move {
            tokio::time::sleep_until(start + Duration::from_secs(second)).await;
            item
        })
        .chain(futures::stream::pending())
        .boxed_local()
}

fn web(generation: u64, replicas: u64, ready: u64) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "uid": "d", "generation": 2},
        "spec": {"replicas": replicas},
        "status": {"observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas, "readyReplicas": ready, "availableReplicas": ready}})
}

fn set() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web-1", "uid": "rs", "ownerReferences": [{"uid": "d", "controller": true}]}})
}

/// The one pod; `container` is its container's status, `ready` its condition.
fn pod(ready: bool, container: &Value) -> Value {
    let mut status = container.clone();
    status["name"] = json!("web");
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web-1-a", "uid": "p", "creationTimestamp": "1970-01-01T00:00:01Z", "ownerReferences": [{"uid": "rs", "controller": true}]},
        "spec": {"containers": [{"name": "web", "image": "shop:2"}]},
        "status": {"phase": "Pending", "conditions": [{"type": "Ready", "status": if ready {"True"} else {"False"}}], "containerStatuses": [status]}})
}

fn waiting(reason: &str, message: &str) -> Value {
    pod(
        false,
        &json!({"restartCount": 0, "state": {"waiting": {"reason": reason, "message": message}}}),
    )
}

fn ended(restarts: u64) -> Value {
    pod(
        false,
        &json!({"restartCount": restarts, "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}),
    )
}

fn running(restarts: u64) -> Value {
    pod(
        true,
        &json!({"restartCount": restarts, "ready": true, "state": {"running": {}}}),
    )
}

struct Run {
    verdict: Verdict,
    seconds: u64,
    messages: Vec<Message>,
}

impl Run {
    fn findings(&self) -> &[Finding] {
        match &self.verdict {
            Verdict::Failed(findings) => findings,
            other => panic!("expected a failure, got {other:?}"),
        }
    }

    fn reasons(&self) -> Vec<String> {
        self.messages
            .iter()
            .filter_map(|message| match &message.event {
                Event::Progress(progress) => Some(progress.reason.clone()),
                _ => None,
            })
            .collect()
    }
}

fn drain(receiver: &mut UnboundedReceiver<Message>) -> Vec<Message> {
    std::iter::from_fn(|| receiver.try_recv().ok()).collect()
}

/// Objects as a watch reports them: those of second 0 as its first list.
fn applied(items: Vec<(u64, Value)>) -> Vec<(u64, Watch)> {
    let (first, later): (Vec<_>, Vec<_>) = items.into_iter().partition(|(second, _)| *second == 0);
    let listed = first.into_iter().map(|(_, object)| object).collect();
    std::iter::once((0, Watch::Listed(listed)))
        .chain(
            later
                .into_iter()
                .map(|(second, object)| (second, Watch::Applied(object))),
        )
        .collect()
}

/// A Deployment `web` with the pods the script shows, waited for with a soak of 5 s and at most 100 s.
async fn run(deployments: Vec<(u64, Value)>, pods: Vec<(u64, Value)>) -> Run {
    run_streams(vec![
        (sight("apps", "Deployment"), script(applied(deployments))),
        (
            sight("apps", "ReplicaSet"),
            script(vec![(0, Watch::Listed(vec![set()]))]),
        ),
        (sight("", "Pod"), script(applied(pods))),
    ])
    .await
}

async fn run_streams(streams: Vec<(Sight, LocalBoxStream<'static, Watch>)>) -> Run {
    let start = Instant::now();
    let (events, mut receiver) = Events::channel(Clock::Fixed(START, start));
    let mut tracker = Tracker::over("shop", streams);
    let wait = Wait {
        objects: vec![(
            ObjectId::new("apps", "Deployment", "web"),
            json!({"metadata": {"uid": "d", "generation": 2}}),
        )],
        timeout: Budget::Fixed(Duration::from_secs(100)),
        soak: Duration::from_secs(5),
        since: START,
    };
    let verdict = tracker.wait(wait, &events).await.unwrap();
    Run {
        verdict,
        seconds: start.elapsed().as_secs(),
        messages: drain(&mut receiver),
    }
}

#[tokio::test(start_paused = true)]
async fn ready_is_ready_after_the_soak_and_speaks_on_change_only() {
    let run = run(
        vec![
            (0, web(1, 1, 1)),
            (1, web(2, 1, 0)),
            (2, web(2, 1, 0)),
            (9, web(2, 1, 1)),
        ],
        vec![(1, waiting("ContainerCreating", "")), (9, running(0))],
    )
    .await;
    assert_eq!(run.verdict, Verdict::Ready);
    assert_eq!(run.seconds, 14);
    assert_eq!(
        run.reasons(),
        [
            "waiting for the controller to observe generation 2",
            "0 of 1 pod ready; web-1-a: container web is waiting: ContainerCreating",
            "",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_crash_within_the_soak_is_a_failed_rollout() {
    let run = run(
        vec![(0, web(2, 1, 1)), (3, web(2, 1, 0))],
        vec![(0, running(0)), (3, ended(0)), (4, running(1))],
    )
    .await;
    assert_eq!(run.seconds, 3);
    let cause = &run.findings()[0];
    assert_eq!(
        (cause.code.as_str(), cause.severity),
        ("crash-loop", Severity::Permanent)
    );
    assert!(cause.message.ends_with("after everything had been ready"));
}

#[tokio::test(start_paused = true)]
async fn when_time_is_up_it_says_what_was_missing() {
    let run = run(
        vec![(0, web(2, 3, 1))],
        vec![(1, waiting("ContainerCreating", ""))],
    )
    .await;
    assert_eq!(run.seconds, 100);
    let late = run.findings().last().unwrap();
    assert_eq!(late.code, "deadline");
    assert!(
        late.message
            .starts_with("not done after 1m40s (as given): Deployment/web: 1 of 3 pods ready"),
        "{}",
        late.message
    );
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_watch_is_ridden_out_and_said() {
    let run = run_streams(vec![
        (
            sight("apps", "Deployment"),
            script(vec![
                (0, Watch::Applied(web(2, 1, 0))),
                (2, Watch::Interrupted("connection refused".to_owned())),
                (20, Watch::Listed(vec![web(2, 1, 1)])),
            ]),
        ),
        (
            sight("", "Pod"),
            script(vec![(0, Watch::Forbidden("no right".to_owned()))]),
        ),
    ])
    .await;
    assert_eq!(run.verdict, Verdict::Ready);
    let warnings: Vec<&str> = run
        .messages
        .iter()
        .filter_map(|message| match &message.event {
            Event::Warning { code, .. } => Some(code.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(warnings, ["not-checked", "watch-interrupted"]);
}

#[tokio::test(start_paused = true)]
async fn workloads_that_may_not_be_watched_end_it_with_a_hint() {
    let (events, _receiver) = Events::channel(Clock::Fixed(START, Instant::now()));
    let mut tracker = Tracker::over(
        "shop",
        vec![(
            sight("apps", "Deployment"),
            script(vec![(0, Watch::Forbidden("no right".to_owned()))]),
        )],
    );
    let wait = Wait {
        objects: vec![(ObjectId::new("apps", "Deployment", "web"), Value::Null)],
        timeout: Budget::Auto,
        soak: Duration::ZERO,
        since: START,
    };
    let failure = tracker.wait(wait, &events).await.unwrap_err();
    assert_eq!(failure.exit_code(), 4);
    assert!(!failure.hints.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_fell_silent_is_named_and_nothing_is_judged() {
    let (events, mut receiver) = Events::channel(Clock::Fixed(START, Instant::now()));
    let away = Watch::Interrupted("connection refused".to_owned());
    let stream = script(vec![(0, Watch::Applied(web(2, 1, 0))), (2, away)]);
    let mut tracker = Tracker::over("shop", vec![(sight("apps", "Deployment"), stream)]);
    let wait = Wait {
        objects: vec![(ObjectId::new("apps", "Deployment", "web"), Value::Null)],
        timeout: Budget::Fixed(Duration::from_secs(100)),
        soak: Duration::ZERO,
        since: START,
    };
    let failure = tracker.wait(wait, &events).await.unwrap_err();
    assert_eq!(failure.exit_code(), 4);
    assert_eq!(
        failure.source.to_string(),
        "what became of the rollout is not known: the cluster has not answered for 1m38s (connection refused)"
    );
    let mut told = Vec::new();
    while let Ok(message) = receiver.try_recv() {
        if let Event::Warning { message, .. } = message.event {
            told.push(message);
        }
    }
    assert_eq!(told.len(), 4, "now and then: {told:?}");
    assert_eq!(
        told[1],
        "the cluster has not answered for 35s: connection refused"
    );
}

#[tokio::test(start_paused = true)]
async fn an_object_that_somebody_deletes_is_missed() {
    let run = run_streams(vec![(
        sight("apps", "Deployment"),
        script(vec![
            (0, Watch::Applied(web(2, 1, 0))),
            (3, Watch::Deleted(web(2, 1, 0))),
        ]),
    )])
    .await;
    assert_eq!(run.seconds, 8);
    assert_eq!(run.findings()[0].code, "gone");
}

#[tokio::test(start_paused = true)]
async fn two_hundred_pods_are_followed_without_delay() {
    let mut items = vec![(0, Watch::Applied(web(2, 200, 0)))];
    items.push((5, Watch::Applied(web(2, 200, 200))));
    let pods = (0..200)
        .flat_map(|number| {
            (0..10).map(move |step| {
                let mut pod = if step == 9 {
                    running(0)
                } else {
                    waiting("ContainerCreating", "")
                };
                pod["metadata"]["name"] = json!(format!("web-1-{number}"));
                pod["metadata"]["uid"] = json!(format!("p{number}"));
                (1 + step / 3, Watch::Applied(pod))
            })
        })
        .collect::<Vec<_>>();
    let real = std::time::Instant::now();
    let run = run_streams(vec![
        (sight("apps", "Deployment"), script(items)),
        (
            sight("apps", "ReplicaSet"),
            script(vec![(0, Watch::Listed(vec![set()]))]),
        ),
        (sight("", "Pod"), script(pods)),
    ])
    .await;
    assert_eq!(run.verdict, Verdict::Ready);
    assert!(
        real.elapsed() < Duration::from_secs(20),
        "far from quadratic"
    );
}
