//! What an app may touch, and what stays: other namespaces, others' objects, versions that something still names, the key.

use serde_json::json;

use crate::world::{WEB, WEB_TEMPLATE, World};

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a";

#[tokio::test(start_paused = true)]
async fn other_namespaces_and_the_clusters_own_kinds_must_be_allowed() {
    let world = World::small();
    world.template("map", &format!("{MAP}, namespace: elsewhere}}\n"));
    world
        .run("app --image web=1")
        .await
        .exits(3)
        .says("elsewhere")
        .says("allow: {namespaces: [elsewhere]}");
    world
        .fake
        .put(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "elsewhere"}}));
    world.project("allow: {namespaces: [elsewhere]}\n");
    world.run("app --image web=1").await.exits(0);
    assert!(
        world
            .fake
            .object("/api/v1/namespaces/elsewhere/configmaps/a")
            .is_some()
    );

    let world = World::small();
    world.template("class", "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: own}\nspec: {controller: example.com/own}\n");
    world
        .run("app --image web=1")
        .await
        .exits(3)
        .says("clusterScoped");
    world.project("allow: {clusterScoped: true}\n");
    world.run("app --image web=1").await.exits(0);
}

#[tokio::test(start_paused = true)]
async fn what_belongs_to_others_stops_the_plan_unless_it_is_adopted() {
    for (metadata, whose) in [
        (
            json!({"annotations": {"meta.helm.sh/release-name": "r"}}),
            "Helm",
        ),
        (
            json!({"annotations": {"argocd.argoproj.io/tracking-id": "a:b"}}),
            "Argo CD",
        ),
        (
            json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "f", "kustomize.toolkit.fluxcd.io/namespace": "f"}}),
            "Flux",
        ),
        (json!({"labels": {"deploy.cli/app": "stock"}}), "stock"),
    ] {
        let world = World::small();
        let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
        object["metadata"]["name"] = json!("a");
        object["metadata"]["namespace"] = json!("shop");
        world.fake.put(object);
        world.template("map", &format!("{MAP}}}\n"));
        world
            .run("app --image web=1")
            .await
            .exits(3)
            .says(whose)
            .says("--adopt");
        assert_eq!(world.fake.writes(), Vec::<String>::new(), "{whose}");
        world.run("app --image web=1 --adopt").await.exits(0);
    }
}

#[tokio::test(start_paused = true)]
async fn adopting_a_workload_says_that_its_pods_restart_once() {
    let world = World::small();
    world.fake.put(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop", "generation": 1, "labels": {"deploy.cli/app": "stock"}},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "registry.example.com/shop:1"}]}}}}));
    world
        .run("app --image web=1 --adopt")
        .await
        .exits(0)
        .says("restart once");
}

#[tokio::test(start_paused = true)]
async fn raw_files_are_not_templated() {
    let world = World::small();
    world.project("raw: [\"templates/alerts/*.yaml\"]\n");
    world.template("alerts/a", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: alerts}\ndata: {rule: '{{ $labels.pod }} is down'}\n");
    world.run("app --image web=1").await.exits(0);
    let alerts = world
        .fake
        .object("/api/v1/namespaces/shop/configmaps/alerts")
        .unwrap();
    assert_eq!(alerts["data"]["rule"], "{{ $labels.pod }} is down");
}

#[tokio::test(start_paused = true)]
async fn a_near_miss_of_an_environment_is_a_mistake() {
    let world = World::small();
    world.template("web.stagign", "a: b\n");
    world
        .run("app --image web=1")
        .await
        .exits(3)
        .says("web.stagign.yaml")
        .says("staging");
}

const USES_COMMON: &str = "          envFrom: [{configMapRef: {name: common}}]\n";

fn configured() -> World {
    let world = World::new();
    world
        .project("keep: {releases: 1}\nconfig: {common: {from: [config/common.env]}}\n")
        .template("web", &format!("{WEB_TEMPLATE}{USES_COMMON}"));
    world
}

async fn deploy_with(world: &World, value: &str) -> String {
    world.write("deploy/config/common.env", &format!("A={value}\n"));
    world.run("app --image web=1").await.exits(0);
    let web = world.fake.object(WEB).unwrap();
    let name =
        &web["spec"]["template"]["spec"]["containers"][0]["envFrom"][0]["configMapRef"]["name"];
    format!(
        "/api/v1/namespaces/shop/configmaps/{}",
        name.as_str().unwrap()
    )
}

#[tokio::test(start_paused = true)]
async fn a_version_that_a_live_replica_set_names_is_never_swept() {
    let world = configured();
    let first = deploy_with(&world, "1").await;
    let name = first.rsplit('/').next().unwrap().to_owned();
    let old = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web-1", "namespace": "shop", "labels": {"deploy.cli/app": "shop"}},
        "spec": {"template": {"spec": {"containers": [{"name": "web", "envFrom": [{"configMapRef": {"name": name}}]}]}}}});
    world.fake.put(old);
    let second = deploy_with(&world, "2").await;
    let third = deploy_with(&world, "3").await;
    assert!(world.fake.object(&first).is_some(), "a ReplicaSet names it");
    assert!(world.fake.object(&second).is_none(), "nothing names it");
    assert!(world.fake.object(&third).is_some());
    world
        .fake
        .remove("/apis/apps/v1/namespaces/shop/replicasets/web-1");
    deploy_with(&world, "4").await;
    assert!(world.fake.object(&first).is_none());
}

#[tokio::test(start_paused = true)]
async fn equal_content_has_an_equal_name_and_another_key_does_not_roll_others() {
    let world = configured();
    let first = deploy_with(&world, "1").await;
    assert_ne!(deploy_with(&world, "2").await, first);
    assert_eq!(
        deploy_with(&world, "1").await,
        first,
        "the name is of the content"
    );
}

const USES_DB: &str = "          envFrom: [{secretRef: {name: db}}]\n";

#[tokio::test(start_paused = true)]
async fn a_lost_key_is_one_roll_and_is_said() {
    let world = World::new();
    world
        .project("secrets: {db: {file: secrets/db.env}}\n")
        .template("web", &format!("{WEB_TEMPLATE}{USES_DB}"))
        .write("deploy/secrets/db.env", "URL=a-secret-value\n");
    world
        .run("app --image web=1")
        .await
        .exits(0)
        .does_not_say("deploy-key");
    world.run("app").await.exits(0).says("nothing to do");
    world
        .fake
        .remove("/api/v1/namespaces/shop/secrets/deploy-key");
    world
        .run("app")
        .await
        .exits(0)
        .says("Secret/deploy-key is gone")
        .says("restart once")
        .does_not_say("a-secret-value");
    world.run("app").await.exits(0).says("nothing to do");
}

#[tokio::test(start_paused = true)]
async fn a_first_secret_is_no_lost_key() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world
        .project("secrets: {db: {file: secrets/db.env}}\n")
        .template("web", &format!("{WEB_TEMPLATE}{USES_DB}"))
        .write("deploy/secrets/db.env", "URL=a-secret-value\n");
    world.run("app").await.exits(0).does_not_say("is gone");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_gone_stops_a_rollback_before_its_first_write() {
    let world = World::new();
    world
        .project("secrets: {db: {file: secrets/db.env}}\n")
        .template("web", &format!("{WEB_TEMPLATE}{USES_DB}"))
        .write("deploy/secrets/db.env", "URL=first-secret\n");
    world.run("app --image web=1").await.exits(0);
    let web = world.fake.object(WEB).unwrap();
    let name = web["spec"]["template"]["spec"]["containers"][0]["envFrom"][0]["secretRef"]["name"]
        .as_str()
        .unwrap();
    world.write("deploy/secrets/db.env", "URL=second-secret\n");
    world.run("app").await.exits(0);
    world
        .fake
        .remove(&format!("/api/v1/namespaces/shop/secrets/{name}"));
    world.fake.forget_requests();
    world
        .run("rollback")
        .await
        .exits(4)
        .says(name)
        .says("nothing was written");
    assert_eq!(world.fake.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn no_record_and_no_event_holds_a_secret_value() {
    let world = World::new();
    world
        .project("secrets: {db: {file: secrets/db.env}}\n")
        .template("web", &format!("{WEB_TEMPLATE}{USES_DB}"))
        .template("plain", "apiVersion: v1\nkind: Secret\nmetadata: {name: plain}\nstringData: {token: canary-in-a-template}\n")
        .write("deploy/secrets/db.env", "URL=canary-in-a-file\n");
    for line in [
        "app --image web=1 --output json",
        "app --image web=2 -vv",
        "rollback",
        "show 1 --objects",
        "status --output json",
        "render --env staging --image web=3",
    ] {
        world.run(line).await.exits(0).does_not_say("canary-in");
    }
    // A server that quotes what it was sent.
    world.fake.fail(
        "PATCH",
        "dryRun=All",
        1,
        422,
        "Invalid",
        "bad value canary-in-a-file",
    );
    world
        .run("app --image web=3")
        .await
        .exits(4)
        .does_not_say("canary-in");
}

#[tokio::test(start_paused = true)]
async fn classes_that_may_not_be_read_are_not_checked_and_it_says_so() {
    let world = World::small();
    world.template("front", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: front}\nspec: {ingressClassName: outside}\n");
    world.fake.fail(
        "GET",
        "/ingressclasses",
        99,
        403,
        "Forbidden",
        "ingressclasses is forbidden: User \"ann\" cannot list resource",
    );
    world
        .run("app --image web=1")
        .await
        .exits(0)
        .says("IngressClass cannot be watched, so not checked");
    world
        .run("status --exit-code")
        .await
        .exits(0)
        .says("not checked");
}

#[tokio::test(start_paused = true)]
async fn policies_warn_and_stop_where_the_environment_says_so() {
    let world = World::small();
    world.template(
        "web",
        &WEB_TEMPLATE.replace(
            "          resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 32Mi}}\n",
            "",
        ),
    );
    world
        .run("plan --image web=1")
        .await
        .exits(0)
        .says("resources");
    world.write("deploy/deploy.yaml", "app: shop\nimages: {web: registry.example.com/shop}\nenvironments: {staging: {policy: enforce}}\nrollout: {soak: 0s}\n");
    world
        .run("app --image web=1")
        .await
        .exits(3)
        .says("templates/web.yaml")
        .says("resources");
    assert_eq!(world.fake.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn replicas_that_an_autoscaler_sets_are_sent_as_they_are() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.template("scaler", "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 9}\n");
    world.fake.change(WEB, |web| {
        web["spec"]["replicas"] = json!(7);
        web["metadata"]["annotations"]["note"] = json!("scaled");
    });
    world.run("app --image web=2 --no-wait").await.exits(0);
    assert_eq!(
        world.fake.object(WEB).unwrap()["spec"]["replicas"],
        7,
        "we alone own the field: dropping it would make it 1, sending ours would undo the autoscaler"
    );
}

#[tokio::test(start_paused = true)]
async fn a_stable_name_rolls_pods_by_an_annotation() {
    let world = World::new();
    world
        .project("config: {common: {from: [config/common.env], fixedName: true}}\n")
        .template("web", &format!("{WEB_TEMPLATE}{USES_COMMON}"));
    let template = |world: &World| world.fake.object(WEB).unwrap()["spec"]["template"].clone();
    let name = deploy_with(&world, "1").await;
    assert!(
        name.ends_with("/common") || name.ends_with("/shop-common"),
        "{name}"
    );
    let first = template(&world);
    assert_eq!(deploy_with(&world, "2").await, name);
    assert_ne!(template(&world), first, "its pods roll");
    world.run("rollback").await.exits(0);
    assert_eq!(world.fake.object(&name).unwrap()["data"]["A"], "1");
    assert_eq!(template(&world), first);
}
