//! What the snapshot links, forgets and remembers.

use super::*;
use serde_json::json;

fn pod(name: &str, uid: &str, waiting: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop", "uid": uid, "ownerReferences": [{"uid": "rs", "controller": true}]},
        "status": {"containerStatuses": [{"name": "web", "restartCount": 2, "state": {"waiting": {"reason": waiting, "message": waiting}}}]}})
}

fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot::new("shop");
    snapshot.insert(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop", "uid": "d"}}));
    snapshot.insert(json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web-1", "namespace": "shop", "uid": "rs", "ownerReferences": [{"uid": "d", "controller": true}]}}));
    snapshot.insert(pod("web-1-a", "p", "ErrImagePull"));
    snapshot
}

#[test]
fn pods_are_found_through_their_replica_set_and_back() {
    let mut snapshot = snapshot();
    let web = ObjectId::new("apps", "Deployment", "web");
    let deployment = snapshot.get(&web).unwrap().clone();
    assert_eq!(snapshot.pods(&deployment).len(), 1);
    let pod_id = ObjectId::new("", "Pod", "web-1-a");
    assert_eq!(snapshot.chain(&pod_id).last(), Some(&web));
    let changed = snapshot.replace("", "Pod", Some("shop"), vec![]);
    assert!(changed.contains(&pod_id));
    assert!(snapshot.pods(&deployment).is_empty());
}

#[test]
fn a_late_deletion_spares_the_successor() {
    let mut snapshot = snapshot();
    snapshot.insert(pod("web-1-a", "p2", ""));
    assert_eq!(snapshot.remove(&pod("web-1-a", "p", "")), None);
    assert!(snapshot.get(&ObjectId::new("", "Pod", "web-1-a")).is_some());
}

#[test]
fn failed_pulls_and_earlier_restarts_are_remembered() {
    let mut snapshot = snapshot();
    for waiting in [
        "ErrImagePull",
        "ImagePullBackOff",
        "ErrImagePull",
        "ImagePullBackOff",
    ] {
        snapshot.insert(pod("web-1-a", "p", waiting));
    }
    let last = pod("web-1-a", "p", "ImagePullBackOff");
    let pull = snapshot.pull(&last, "web").unwrap();
    assert_eq!((pull.failures, pull.message.as_str()), (2, "ErrImagePull"));
    let status = json!({"name": "web", "restartCount": 5});
    assert_eq!(
        snapshot.restarts(&last, &status, Some(Timestamp::UNIX_EPOCH)),
        3
    );
    assert_eq!(snapshot.restarts(&last, &status, None), 5);
}

#[test]
fn secrets_keep_no_data() {
    let mut snapshot = Snapshot::new("shop");
    let id = snapshot
        .insert(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "shop"}, "data": {"url": "eA=="}}))
        .unwrap();
    assert!(snapshot.get(&id).unwrap().get("data").is_none());
}
