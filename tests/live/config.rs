//! Versioned config and secrets: what changes rolls what uses it, and a rollback restores it.

use super::Test;
use super::support::{Space, deployment};
use base64::Engine as _;

pub const TESTS: &[Test] = &[
    (
        "config::one_key_rolls_exactly_the_workloads_that_use_it",
        one_key_rolls_exactly_the_workloads_that_use_it,
    ),
    ("config::secrets_never_show", secrets_never_show),
    (
        "config::a_template_secret_comes_back_with_a_rollback",
        a_template_secret_comes_back_with_a_rollback,
    ),
    (
        "config::a_missing_config_version_is_recreated_and_a_missing_secret_refuses",
        missing_versions,
    ),
];

fn two_workloads(space: &Space) {
    space
        .write(
            "deploy/deploy.yaml",
            "app: shop\nenvironments: {staging: {}}\nrollout: {soak: 0s}\nconfig:\n  one: {from: [config/one.env]}\n  two: {from: [config/two.env]}\n",
        )
        .write("deploy/config/one.env", "A=1\nB=1\n")
        .write("deploy/config/two.env", "C=1\n")
        .write("deploy/templates/web.yaml", &deployment("web", "sandbox/ready:1", "          envFrom: [{configMapRef: {name: one}}]\n"))
        .write(
            "deploy/templates/worker.yaml",
            &deployment("worker", "sandbox/ready:1", "          env: [{name: C, valueFrom: {configMapKeyRef: {name: two, key: C}}}]\n"),
        );
}

/// The `ConfigMap` that the running pods of a workload read.
fn used(space: &Space, workload: &str) -> String {
    let pods = space.list("v1/pods");
    let pod = pods
        .iter()
        .find(|pod| {
            pod["metadata"]["labels"]["app"] == workload
                && pod["metadata"]["deletionTimestamp"].is_null()
        })
        .expect("a pod");
    let container = &pod["spec"]["containers"][0];
    let name = container["envFrom"][0]["configMapRef"]["name"]
        .as_str()
        .or_else(|| container["env"][0]["valueFrom"]["configMapKeyRef"]["name"].as_str());
    name.expect("a reference").to_owned()
}

fn one_key_rolls_exactly_the_workloads_that_use_it(space: &Space) {
    two_workloads(space);
    space.deploy(&["app"]).exits(0);
    let before = space.generations();
    let first = used(space, "web");
    assert_eq!(
        space.get(&format!("v1/configmaps/{first}"))["data"]["B"],
        "1"
    );
    assert_eq!(
        space.get(&format!("v1/configmaps/{first}"))["immutable"],
        true
    );

    space.write("deploy/config/one.env", "A=1\nB=2\n");
    space.deploy(&["app"]).exits(0);
    let after = space.generations();
    assert_ne!(after["web"], before["web"], "web uses `one`");
    assert_eq!(after["worker"], before["worker"], "worker does not");
    assert_eq!(
        space.get(&format!("v1/configmaps/{}", used(space, "web")))["data"]["B"],
        "2"
    );

    space.deploy(&["rollback"]).exits(0);
    assert_eq!(
        used(space, "web"),
        first,
        "the pods read the old value again"
    );
    assert_eq!(space.generations()["worker"], before["worker"]);
}

fn secrets_never_show(space: &Space) {
    const CANARY: &str = "canary-7391-hush";
    space
        .write(
            "deploy/deploy.yaml",
            "app: shop\nenvironments: {staging: {}}\nrollout: {soak: 0s}\nsecrets:\n  db: {file: secrets/db.env}\n",
        )
        .write("deploy/templates/web.yaml", &deployment("web", "sandbox/ready:1", "          envFrom: [{secretRef: {name: db}}]\n"));
    let secrets = space.root().join("deploy/secrets");
    std::fs::create_dir_all(&secrets).unwrap();
    std::fs::write(secrets.join("db.env"), format!("URL={CANARY}\n")).unwrap();
    let mut seen = String::new();
    for command in [
        &["plan"][..],
        &["app", "-vv"],
        &["app", "--output", "json", "--rerun"],
        &["show", "--objects"],
        &["status"],
        &["render"],
    ] {
        let ended = space.deploy(command).exits(0);
        seen += &ended.stdout;
        seen += &ended.stderr;
    }
    let encoded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(CANARY);
    assert!(!seen.contains(CANARY) && !seen.contains(&encoded), "{seen}");
    assert!(!records(space).contains(CANARY), "no record holds it");
    let live = space.list("v1/secrets");
    assert!(
        live.iter().any(|secret| secret["data"]["URL"]
            .as_str()
            .is_some_and(|value| value.starts_with(&encoded))),
        "the Secret itself is right"
    );
}

fn a_template_secret_comes_back_with_a_rollback(space: &Space) {
    let secret = |value: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: plain}}\nstringData: {{token: {value}}}\n"
        )
    };
    space
        .write(
            "deploy/deploy.yaml",
            "app: shop\nenvironments: {staging: {}}\nrollout: {soak: 0s}\n",
        )
        .write(
            "deploy/templates/web.yaml",
            &deployment(
                "web",
                "sandbox/ready:1",
                "          envFrom: [{secretRef: {name: plain}}]\n",
            ),
        )
        .write("deploy/templates/secret.yaml", &secret("first-value"));
    space.deploy(&["app"]).exits(0);
    let first = space.get("v1/secrets/plain")["data"]["token"].clone();
    space.write("deploy/templates/secret.yaml", &secret("second-value"));
    space.deploy(&["app"]).exits(0);
    assert_ne!(space.get("v1/secrets/plain")["data"]["token"], first);
    space.deploy(&["rollback"]).exits(0);
    assert_eq!(space.get("v1/secrets/plain")["data"]["token"], first);
    assert!(
        !records(space).contains("first-value"),
        "no record holds it"
    );

    // Nor does a plan file; the value comes from the checkout, or from what runs.
    space
        .deploy(&["plan", "--out", "plan.json"])
        .exits(0)
        .says("Secret/plain");
    let file = std::fs::read_to_string(space.root().join("plan.json")).unwrap();
    assert!(!file.contains("second-value"), "{file}");
    space.deploy(&["app", "--plan", "plan.json"]).exits(0);
    let second = space.get("v1/secrets/plain")["data"]["token"].clone();
    assert_ne!(second, first);
    space.deploy(&["app", "--from-live", "--rerun"]).exits(0);
    assert_eq!(space.get("v1/secrets/plain")["data"]["token"], second);
}

/// Everything that the large parts of all records say.
fn records(space: &Space) -> String {
    let chunks = space.list("v1/secrets");
    let chunks = chunks
        .iter()
        .filter(|secret| secret["type"] == "deploy.cli/release");
    chunks
        .map(|secret| {
            let text = secret["data"]["chunk"].as_str().unwrap();
            let bytes = base64::engine::general_purpose::STANDARD.decode(text);
            let json = zstd::decode_all(bytes.unwrap().as_slice()).unwrap();
            String::from_utf8(json).unwrap()
        })
        .collect()
}

fn missing_versions(space: &Space) {
    space
        .write(
            "deploy/deploy.yaml",
            "app: shop\nenvironments: {staging: {}}\nrollout: {soak: 0s}\nconfig: {one: {from: [config/one.env]}}\nsecrets: {db: {file: secrets/db.env}}\n",
        )
        .write("deploy/config/one.env", "A=1\n")
        .write("deploy/secrets/db.env", "URL=first-secret-value\n")
        .write(
            "deploy/templates/web.yaml",
            &deployment("web", "sandbox/ready:1", "          envFrom: [{configMapRef: {name: one}}, {secretRef: {name: db}}]\n"),
        );
    space.deploy(&["app"]).exits(0);
    let config = used(space, "web");
    space.write("deploy/config/one.env", "A=2\n");
    space.deploy(&["app"]).exits(0);
    space.api(
        "DELETE",
        &space.path(&format!("v1/configmaps/{config}")),
        None,
    );
    space.deploy(&["rollback"]).exits(0);
    assert_eq!(
        space.get(&format!("v1/configmaps/{config}"))["data"]["A"],
        "1",
        "recreated from the record"
    );

    space.write("deploy/secrets/db.env", "URL=second-secret-value\n");
    space.deploy(&["app"]).exits(0);
    for secret in space.names("v1/secrets") {
        space.api("DELETE", &space.path(&format!("v1/secrets/{secret}")), None);
    }
    let generations = space.generations();
    space
        .deploy(&["rollback"])
        .exits(4)
        .says("Secret/")
        .says("nothing was written");
    assert_eq!(space.generations(), generations);
}
