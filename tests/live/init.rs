//! `deploy init`: what it writes deploys at once, and an app that runs already is taken over from its export.

use serde_json::json;

use super::Test;
use super::support::Space;

pub const TESTS: &[Test] = &[
    ("init::web", |space| template(space, "web")),
    ("init::web_migrate", |space| template(space, "web-migrate")),
    ("init::worker", |space| template(space, "worker")),
    ("init::cron", |space| template(space, "cron")),
    ("init::an_app_that_runs", an_app_that_runs),
];

fn template(space: &Space, name: &str) {
    space
        .deploy(&["init", "--yes", "--app", "shop", "--template", name])
        .exits(0);
    space
        .deploy(&["app", "--env", "staging"])
        .exits(0)
        .says("shop release 1 is live in staging");
    space
        .deploy(&["app", "--env", "staging"])
        .exits(0)
        .says("nothing to do");
}

/// Made with kubectl, exported with everything the server wrote, and deployed again: the pods go over to versioned config.
fn an_app_that_runs(space: &Space) {
    let manifests = [
        (
            "v1/configmaps",
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"LEVEL": "info"}}),
        ),
        (
            "v1/services",
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}),
        ),
        (
            "apps/v1/deployments",
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {
                "selector": {"matchLabels": {"app": "web"}},
                "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
                    "containers": [{"name": "web", "image": "registry.example.com/shop:1", "envFrom": [{"configMapRef": {"name": "settings"}}]}]}}}}),
        ),
    ];
    let mut items = Vec::new();
    for (kind, manifest) in manifests {
        let mut sent = manifest.clone();
        sent["metadata"]["annotations"] =
            json!({"kubectl.kubernetes.io/last-applied-configuration": manifest.to_string()});
        let path = format!(
            "{}?fieldManager=kubectl-client-side-apply",
            space.path(kind)
        );
        let mut object = space.api("POST", &path, Some(&sent));
        object["apiVersion"] = manifest["apiVersion"].clone();
        object["kind"] = manifest["kind"].clone();
        items.push(object);
    }
    let before = space.get("v1/services/web")["spec"]["clusterIP"].clone();
    let export = json!({"apiVersion": "v1", "kind": "List", "items": items});
    space.write("export.json", &export.to_string());
    space
        .deploy(&["init", "--yes", "--app", "shop", "--from", "export.json"])
        .exits(0)
        .says("what kubectl applied is taken over without a flag");
    let plan = space.deploy(&["plan"]).exits(0).says("2 to adopt");
    assert!(
        plan.stdout.contains("is taken over from kubectl"),
        "{}",
        plan.stdout
    );
    space.deploy(&["app"]).exits(0);
    let web = space.get("apps/v1/deployments/web");
    let container = &web["spec"]["template"]["spec"]["containers"][0];
    let config = container["envFrom"][0]["configMapRef"]["name"]
        .as_str()
        .unwrap();
    assert!(config.starts_with("shop-settings-"), "{config}");
    assert_eq!(container["image"], "registry.example.com/shop:1");
    assert_eq!(space.get("v1/services/web")["spec"]["clusterIP"], before);
    assert_eq!(
        space.get("v1/configmaps/settings")["data"]["LEVEL"],
        "info",
        "what is not ours stays"
    );
    space.deploy(&["app"]).exits(0).says("nothing to do");
}
