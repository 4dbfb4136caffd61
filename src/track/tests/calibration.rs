//! Pairs that look alike at first: the doomed one must fail soon, the other must pass.

use serde_json::json;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_missing_image_fails_after_its_grace_and_not_before() {
    let run = run(
        vec![(0, web(2, 1, 0))],
        vec![
            (1, waiting("ErrImagePull", "shop:2: not found")),
            (2, waiting("ImagePullBackOff", "Back-off pulling image")),
        ],
    )
    .await;
    assert_eq!(run.seconds, 6);
    assert_eq!(run.findings()[0].code, "image-not-found");
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_pulled_at_the_second_try_is_no_failure() {
    let run = run(
        vec![(0, web(2, 1, 0)), (40, web(2, 1, 1))],
        vec![
            (1, waiting("ErrImagePull", "dial tcp: i/o timeout")),
            (2, waiting("ImagePullBackOff", "Back-off pulling image")),
            (30, waiting("ErrImagePull", "dial tcp: i/o timeout")),
            (40, running(0)),
        ],
    )
    .await;
    assert_eq!(run.verdict, Verdict::Ready);
}

#[tokio::test(start_paused = true)]
async fn a_dependency_may_need_two_restarts_but_the_third_is_too_many() {
    let crashes = |most: u64| {
        let mut pods: Vec<(u64, Value)> = (0..=most)
            .map(|restarts| (1 + 10 * restarts, ended(restarts)))
            .collect();
        pods.push((15 + 10 * most, running(most)));
        pods
    };
    let healthy = run(vec![(0, web(2, 1, 0)), (35, web(2, 1, 1))], crashes(2)).await;
    assert_eq!(healthy.verdict, Verdict::Ready);
    let doomed = run(vec![(0, web(2, 1, 0)), (45, web(2, 1, 1))], crashes(3)).await;
    assert_eq!(doomed.seconds, 31);
    assert_eq!(doomed.findings()[0].code, "crash-loop");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_arrives_late_is_waited_for() {
    let missing = waiting("CreateContainerConfigError", "secret \"db\" not found");
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}});
    let applied = |items| script(super::applied(items));
    let streams = |secrets: Vec<(u64, Value)>| {
        vec![
            (
                sight("apps", "Deployment"),
                applied(vec![(0, web(2, 1, 0)), (15, web(2, 1, 1))]),
            ),
            (sight("apps", "ReplicaSet"), applied(vec![(0, set())])),
            (
                sight("", "Pod"),
                applied(vec![(1, missing.clone()), (14, running(0))]),
            ),
            (sight("", "Secret"), applied(secrets)),
        ]
    };
    let late = run_streams(streams(vec![(4, secret)])).await;
    assert_eq!(late.verdict, Verdict::Ready);
    let never = run_streams(streams(Vec::new())).await;
    assert_eq!(never.seconds, 7);
    assert_eq!(never.findings()[0].message, "Secret db does not exist");
}

#[tokio::test(start_paused = true)]
async fn no_node_fails_after_its_grace_unless_one_is_added() {
    let unscheduled = || {
        let mut pod = waiting("", "");
        pod["status"] = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available: 3 Insufficient cpu."}]});
        pod
    };
    let doomed = run(vec![(0, web(2, 1, 0))], vec![(1, unscheduled())]).await;
    assert_eq!(doomed.seconds, 21);
    assert_eq!(doomed.findings()[0].code, "schedule-resources");
    let helped = run(
        vec![(0, web(2, 1, 0)), (18, web(2, 1, 1))],
        vec![(1, unscheduled()), (17, running(0))],
    )
    .await;
    assert_eq!(helped.verdict, Verdict::Ready);
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_freed_in_time_is_no_failure() {
    let refused = |generation: u64| {
        let mut web = web(generation, 1, 0);
        web["status"]["conditions"] = json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "pods \"web-\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2"}]);
        web
    };
    let doomed = run(vec![(0, refused(2))], vec![]).await;
    assert_eq!(doomed.seconds, 2);
    assert_eq!(doomed.findings()[0].code, "create-quota");
    let freed = run(
        vec![(0, refused(2)), (1, web(2, 1, 1))],
        vec![(1, running(0))],
    )
    .await;
    assert_eq!(freed.verdict, Verdict::Ready);
}
