//! The client: what it repeats, what it survives.

use std::time::Duration;

use deploy::cluster::{Kind, Watch};
use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::support::{NAMESPACE, cluster, config};

fn names(items: &[Value]) -> Vec<&str> {
    items
        .iter()
        .filter_map(|item| item["metadata"]["name"].as_str())
        .collect()
}

fn settings(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": NAMESPACE}})
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_is_asked_again_and_not_for_ever() {
    let fake = Fake::new(NAMESPACE);
    let cluster = cluster(&fake);
    fake.fail("GET", "configmaps", 2, 429, "TooManyRequests", "slow down");
    cluster
        .list(&Kind::config_map(), Some(NAMESPACE), None)
        .await
        .unwrap();
    assert_eq!(cluster.requests(), 3);

    fake.fail("GET", "configmaps", 1000, 503, "ServiceUnavailable", "no");
    let begun = tokio::time::Instant::now();
    let error = cluster
        .list(&Kind::config_map(), Some(NAMESPACE), None)
        .await
        .unwrap_err();
    assert_eq!(error.code, 503);
    assert!(begun.elapsed() < Duration::from_secs(31));
}

#[tokio::test(start_paused = true)]
async fn a_creation_is_repeated_only_when_it_was_not_looked_at() {
    let fake = Fake::new(NAMESPACE);
    let cluster = cluster(&fake);
    fake.fail("POST", "configmaps", 1, 503, "ServiceUnavailable", "no");
    let object = config("settings", "a").object;
    assert_eq!(cluster.create(&object).await.unwrap_err().code, 503);
    fake.fail("POST", "configmaps", 1, 429, "TooManyRequests", "slow down");
    cluster.create(&object).await.unwrap();
    assert!(
        cluster
            .create(&object)
            .await
            .unwrap_err()
            .is_already_exists()
    );
}

#[tokio::test(start_paused = true)]
async fn a_watch_goes_on_through_expiry_and_errors() {
    let fake = Fake::new(NAMESPACE);
    fake.put(settings("a"));
    let cluster = cluster(&fake);
    let mut watch = std::pin::pin!(cluster.watch(&Kind::config_map(), Some(NAMESPACE), None));
    assert!(matches!(watch.next().await, Some(Watch::Listed(items)) if names(&items) == ["a"]));

    fake.put(settings("b"));
    assert!(
        matches!(watch.next().await, Some(Watch::Applied(object)) if object["kind"] == "ConfigMap")
    );
    fake.remove("/api/v1/namespaces/shop/configmaps/a");
    assert!(
        matches!(watch.next().await, Some(Watch::Deleted(object)) if object["metadata"]["name"] == "a")
    );

    // The silent connection is given up after five minutes; the next one is told that its version is too old, then fails once.
    fake.fail(
        "GET",
        "watch=true",
        1,
        410,
        "Expired",
        "too old resource version",
    );
    assert!(matches!(watch.next().await, Some(Watch::Listed(items)) if names(&items) == ["b"]));
    fake.fail("GET", "watch=true", 1, 500, "InternalError", "oops");
    assert!(matches!(watch.next().await, Some(Watch::Interrupted(_))));
    fake.put(settings("c"));
    assert!(
        matches!(watch.next().await, Some(Watch::Applied(object)) if object["metadata"]["name"] == "c")
    );
}

#[tokio::test(start_paused = true)]
async fn a_forbidden_watch_ends() {
    let fake = Fake::new(NAMESPACE);
    fake.fail("GET", "nodes", 1, 403, "Forbidden", "no");
    let cluster = cluster(&fake);
    let node = Kind {
        namespaced: false,
        ..Kind::built_in("v1", "Node", "nodes")
    };
    let seen: Vec<Watch> = cluster.watch(&node, None, None).collect().await;
    assert!(matches!(seen.as_slice(), [Watch::Forbidden(_)]));
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_not_there_is_no_error() {
    let fake = Fake::new(NAMESPACE);
    fake.log("web-1", "main", false, "hello\n");
    fake.log(
        "web-2",
        "main",
        true,
        "unable to retrieve container logs for containerd://x",
    );
    let cluster = cluster(&fake);
    assert_eq!(
        cluster
            .log("web-1", "main", false, 10, 1000)
            .await
            .unwrap()
            .as_deref(),
        Some("hello\n")
    );
    assert_eq!(
        cluster.log("web-1", "main", true, 10, 1000).await.unwrap(),
        None
    );
    assert_eq!(
        cluster.log("web-2", "main", true, 10, 1000).await.unwrap(),
        None
    );
}
