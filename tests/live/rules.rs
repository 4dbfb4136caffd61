//! Rules that only a real server can break: admission of pods, rights, stuck pods, objects made anew, rivals.

use super::Test;
use super::support::{Space, deployment, web};
use serde_json::{Value, json};

pub const TESTS: &[Test] = &[
    (
        "rules::pod_security_is_found_before_the_first_write",
        pod_security_is_found_before_the_first_write,
    ),
    (
        "rules::a_stateful_set_goes_back_past_its_stuck_pod",
        a_stateful_set_goes_back_past_its_stuck_pod,
    ),
    (
        "rules::a_stuck_stateful_set_can_be_repaired_forward",
        a_stuck_stateful_set_can_be_repaired_forward,
    ),
    (
        "rules::a_stateful_set_is_made_anew_around_its_pods",
        a_stateful_set_is_made_anew_around_its_pods,
    ),
    (
        "rules::a_claim_is_never_made_anew",
        a_claim_is_never_made_anew,
    ),
    (
        "rules::history_needs_config_maps_only",
        history_needs_config_maps_only,
    ),
    (
        "rules::of_two_deploys_at_once_one_proceeds",
        of_two_deploys_at_once_one_proceeds,
    ),
    (
        "rules::fields_of_others_are_theirs",
        fields_of_others_are_theirs,
    ),
    (
        "rules::a_binding_to_a_role_of_the_same_deploy",
        a_binding_to_a_role_of_the_same_deploy,
    ),
    (
        "rules::old_pods_that_linger_hold_nothing_up",
        old_pods_that_linger_hold_nothing_up,
    ),
    (
        "rules::every_phase_of_a_run_may_be_killed",
        every_phase_of_a_run_may_be_killed,
    ),
];

fn pod_security_is_found_before_the_first_write(space: &Space) {
    space.request(
        "PATCH",
        &format!("/api/v1/namespaces/{}", space.namespace),
        "application/merge-patch+json",
        Some(
            &json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}),
        ),
    );
    space.small();
    space
        .deploy(&["app", "--image", "web=1.0"])
        .exits(4)
        .says("Deployment/web")
        .says("PodSecurity")
        .says("runAsNonRoot")
        .says("nothing was written");
    assert!(
        space.list("v1/secrets").is_empty()
            && space.list("coordination.k8s.io/v1/leases").is_empty()
    );
}

fn store(image: &str, more: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: store, annotations: {{deploy.cli/on-immutable: replace}}}}
spec:
  serviceName: store
  {more}
  replicas: 2
  selector: {{matchLabels: {{app: store}}}}
  template:
    metadata: {{labels: {{app: store}}}}
    spec:
      containers:
        - name: store
          image: {image}
          readinessProbe: {{httpGet: {{path: /, port: 80}}, periodSeconds: 1}}
          resources: {{requests: {{cpu: 10m, memory: 16Mi}}, limits: {{memory: 32Mi}}}}
"
    )
}

fn stateful(space: &Space, image: &str) {
    space
        .write(
            "deploy/deploy.yaml",
            "app: shop\nenvironments: {staging: {}}\nrollout: {soak: 0s, timeout: 12s}\n",
        )
        .write("deploy/templates/store.yaml", &store(image, ""));
}

/// Names, uids and images of the pods that are not on their way out.
fn pods(space: &Space) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut pods: Vec<_> = space
        .list("v1/pods")
        .iter()
        .filter(|pod| pod["metadata"]["deletionTimestamp"].is_null())
        .map(|pod| {
            (
                text(&pod["metadata"]["name"]),
                text(&pod["metadata"]["uid"]),
                text(&pod["spec"]["containers"][0]["image"]),
            )
        })
        .collect();
    pods.sort();
    pods
}

fn a_stateful_set_goes_back_past_its_stuck_pod(space: &Space) {
    stateful(space, "sandbox/ready:1");
    space.deploy(&["app"]).exits(0);
    stateful(space, "sandbox/unready:2");
    space.deploy(&["app"]).exits(5);
    assert!(pods(space).iter().all(|pod| pod.2 == "sandbox/ready:1"));

    // The same when a person goes back.
    space.deploy(&["app", "--no-rollback"]).exits(6);
    assert!(pods(space).iter().any(|pod| pod.2 == "sandbox/unready:2"));
    space
        .deploy(&["rollback"])
        .exits(0)
        .says("pods of StatefulSet/store that are not ready are deleted");
    assert!(pods(space).iter().all(|pod| pod.2 == "sandbox/ready:1"));
}

fn a_stuck_stateful_set_can_be_repaired_forward(space: &Space) {
    stateful(space, "sandbox/ready:1");
    space.deploy(&["app"]).exits(0);
    stateful(space, "sandbox/unready:2");
    space.deploy(&["app", "--no-rollback"]).exits(6);
    stateful(space, "sandbox/ready:3");
    space.deploy(&["app"]).exits(0);
    assert!(pods(space).iter().all(|pod| pod.2 == "sandbox/ready:3"));
}

fn a_stateful_set_is_made_anew_around_its_pods(space: &Space) {
    stateful(space, "sandbox/ready:1");
    space.deploy(&["app"]).exits(0);
    let before = pods(space);
    space.write(
        "deploy/templates/store.yaml",
        &store("sandbox/ready:1", "podManagementPolicy: Parallel"),
    );
    space.deploy(&["plan"]).exits(0).says("replace");
    space.deploy(&["app"]).exits(0);
    assert_eq!(
        space.get("apps/v1/statefulsets/store")["spec"]["podManagementPolicy"],
        "Parallel"
    );
    assert_eq!(pods(space), before, "the pods ran on");
}

fn a_claim_is_never_made_anew(space: &Space) {
    let claim = |mode: &str| {
        format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: disk, annotations: {{deploy.cli/on-immutable: replace}}}}\nspec: {{accessModes: [{mode}], resources: {{requests: {{storage: 1Gi}}}}}}\n"
        )
    };
    space
        .write(
            "deploy/deploy.yaml",
            "app: shop\nenvironments: {staging: {}}\nrollout: {soak: 0s}\n",
        )
        .write("deploy/templates/disk.yaml", &claim("ReadWriteOnce"));
    space.deploy(&["app", "--no-wait"]).exits(0);
    let uid = space.get("v1/persistentvolumeclaims/disk")["metadata"]["uid"].clone();
    space.write("deploy/templates/disk.yaml", &claim("ReadWriteMany"));
    space
        .deploy(&["app"])
        .exits(4)
        .says("PersistentVolumeClaim/disk");
    assert_eq!(
        space.get("v1/persistentvolumeclaims/disk")["metadata"]["uid"],
        uid
    );
}

fn history_needs_config_maps_only(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    space.api(
        "POST",
        &space.path("v1/serviceaccounts"),
        Some(&json!({"metadata": {"name": "reader"}})),
    );
    space.api(
        "POST",
        &space.path("rbac.authorization.k8s.io/v1/roles"),
        Some(&json!({"metadata": {"name": "reader"}, "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}]})),
    );
    space.api(
        "POST",
        &space.path("rbac.authorization.k8s.io/v1/rolebindings"),
        Some(&json!({"metadata": {"name": "reader"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
            "subjects": [{"kind": "ServiceAccount", "name": "reader", "namespace": space.namespace}]})),
    );
    let token = space.api(
        "POST",
        &space.path("v1/serviceaccounts/reader/token"),
        Some(&json!({"spec": {}})),
    );
    let kubeconfig = space.kubeconfig_with_token(token["status"]["token"].as_str().unwrap());
    let file = kubeconfig.to_str().unwrap();
    for line in [
        &["history", "--kubeconfig", file][..],
        &["history", "--app", "shop", "--kubeconfig", file],
    ] {
        space.deploy(line).exits(0).says("good").says("web=1.0");
    }
    space
        .deploy(&["show", "1", "--kubeconfig", file])
        .exits(4)
        .says("secrets")
        .says("list");
}

fn of_two_deploys_at_once_one_proceeds(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    space.write(
        "deploy/templates/web.yaml",
        &web(
            "{{ images.web }}",
            "          readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 1}\n",
        ),
    );
    let run = |tag: &str| {
        space
            .command(&["app", "--image", tag])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children = [
        run("web=sandbox/slow-start:4s-a"),
        run("web=sandbox/slow-start:4s-b"),
    ];
    let mut ended = children.map(|child| {
        let output = child.wait_with_output().unwrap();
        (
            output.status.code().unwrap_or(-1),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    });
    ended.sort();
    let [(first, winner), (second, loser)] = ended;
    assert_eq!((first, second), (0, 7), "{winner}\n{loser}");
    assert!(loser.contains("holds the lock of shop"), "{loser}");
    assert_eq!(space.states().len(), 2, "one release was made");
}

fn fields_of_others_are_theirs(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    let path = space.path("apps/v1/deployments/web");
    let edit = |by: &str, body: &Value| {
        space.request(
            "PATCH",
            &format!("{path}?fieldManager={by}"),
            "application/merge-patch+json",
            Some(body),
        );
    };
    edit(
        "costs",
        &json!({"metadata": {"labels": {"team": "blue"}}, "spec": {"minReadySeconds": 1}}),
    );
    space.deploy(&["app"]).exits(0).says("nothing to do");
    space.deploy(&["app", "--image", "web=1.1"]).exits(0);
    let live = space.get("apps/v1/deployments/web");
    assert_eq!(
        (
            &live["metadata"]["labels"]["team"],
            &live["spec"]["minReadySeconds"]
        ),
        (&json!("blue"), &json!(1))
    );
    // A field of ours that somebody else changed is noticed although nothing in the project did.
    edit("somebody", &json!({"spec": {"replicas": 3}}));
    space
        .deploy(&["app"])
        .exits(4)
        .says("somebody")
        .says("spec.replicas");
}

fn a_binding_to_a_role_of_the_same_deploy(space: &Space) {
    space
        .write(
            "deploy/deploy.yaml",
            "app: shop\nenvironments: {staging: {}}\nrollout: {soak: 0s}\n",
        )
        .write("deploy/templates/rights.yaml", "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: web}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}\nsubjects: [{kind: ServiceAccount, name: web}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: web}\nrules: [{apiGroups: [\"\"], resources: [configmaps], verbs: [get]}]\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n")
        .write("deploy/templates/web.yaml", &deployment("web", "sandbox/ready:1", "").replace("      containers:", "      serviceAccountName: web\n      containers:"));
    space.deploy_as_user(&["app"]).exits(0);
    space
        .deploy_as_user(&["app"])
        .exits(0)
        .says("nothing to do");
}

fn old_pods_that_linger_hold_nothing_up(space: &Space) {
    space.small();
    space
        .deploy(&["app", "--image", "web=sandbox/slow-stop:1"])
        .exits(0);
    let begun = std::time::Instant::now();
    space.deploy(&["app", "--image", "web=1.1"]).exits(0);
    assert!(
        begun.elapsed().as_secs() < 25,
        "pods take their 30 s to go, and nobody waits for it"
    );
    let lingering = space
        .list("v1/pods")
        .iter()
        .filter(|pod| pod["metadata"]["deletionTimestamp"].is_string())
        .count();
    assert!(lingering > 0, "the old pods are still going");
}

/// Wherever a run is cut off, the next command says so, and both ways on lead to a good release.
fn every_phase_of_a_run_may_be_killed(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    for (number, moment) in ["record", "apply"].into_iter().enumerate() {
        let tag = format!("web=2.{number}");
        let mut child = space.until(&["app", "--image", &tag], |event| event["phase"] == moment);
        child.kill().unwrap();
        child.wait().unwrap();
        // The lock of the dead run is taken when it has expired.
        space
            .deploy(&["app", "--image", &tag, "--wait-for-lock"])
            .exits(0);
        assert_eq!(
            space.image("web"),
            format!("registry.example.com/shop:2.{number}"),
            "{moment}"
        );
        let states = space.states();
        assert_eq!(states.last().unwrap().1, "good", "{moment}: {states:?}");
        assert!(
            states.iter().all(|(_, state)| state != "running"),
            "{states:?}"
        );
    }
}
