//! `deploy init`: what it asks, what it writes, and that it writes nothing when something is wrong.

use std::fs;
use std::path::PathBuf;

use crate::world::World;

const WEB: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: nginx:1, envFrom: [{secretRef: {name: db}}]}]}\n";

impl World {
    fn made(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join("deploy").join(path)).unwrap()
    }

    /// Everything in the folder.
    fn entries(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn kubeconfig(&mut self) -> PathBuf {
        let context = |name: &str| format!("{{name: {name}, context: {{cluster: c, user: u}}}}");
        self.write(
            "kubeconfig",
            &format!(
                "apiVersion: v1\nkind: Config\ncurrent-context: kind-b\nclusters: []\nusers: []\ncontexts: [{}, {}]\n",
                context("kind-a"),
                context("kind-b")
            ),
        );
        let path = self.folder.path().join("kubeconfig");
        self.set("KUBECONFIG", &path.display().to_string());
        path
    }
}

#[tokio::test(start_paused = true)]
async fn every_template_lints_without_a_word_and_says_what_is_next() {
    let list = World::new().run("init --list --output json").await;
    let list: serde_json::Value = serde_json::from_str(&list.stdout).unwrap();
    let templates = list["templates"].as_array().unwrap();
    assert!(templates.len() >= 4, "{list}");
    for template in templates {
        let world = World::new();
        let name = template["name"].as_str().unwrap();
        let init = world
            .run(&format!("init --yes --app shop --template {name}"))
            .await;
        assert_eq!(init.code, 0, "{name}: {}", init.stderr);
        assert!(
            init.stderr.contains("  deploy app --env staging "),
            "{}",
            init.stderr
        );
        assert_eq!(world.entries(), ["deploy"]);
        let checked = world.run("lint").await;
        assert_eq!(checked.code, 0, "{name}: {}", checked.stderr);
        assert!(
            checked.stderr.contains(" 0 warnings"),
            "{name}: {}",
            checked.stderr
        );
    }
}

#[tokio::test(start_paused = true)]
async fn questions_have_proposals_and_bad_answers_are_asked_again() {
    let mut world = World::new();
    world.kubeconfig();
    world
        .git("init -q")
        .git("remote add origin git@github.com:acme/Shop.git");
    let typed = "wokrer\nworker\nMy Shop\nshop\n\nkind-c\nkind-a\n";
    let init = world.run_typing(typed, "init").await;
    assert_eq!(init.code, 0, "{}", init.stderr);
    for said in [
        "Template (web, web-migrate, worker or cron) [web] ",
        "`wokrer` is no template; did you mean `worker`?",
        "`My Shop` is not a DNS label",
        "Image [ghcr.io/acme/shop:0.1.0] ",
        "Kubeconfig context of staging (- for whichever is current) [kind-b] ",
        "`kind-c` is no context; did you mean `kind-a`?",
    ] {
        assert!(init.stderr.contains(said), "{said}\n{}", init.stderr);
    }
    assert!(
        !init.stderr.contains("Port"),
        "a worker has none: {}",
        init.stderr
    );
    let main = world.made("deploy.yaml");
    for wanted in [
        "app: shop\n",
        "  worker: ghcr.io/acme/shop:0.1.0\n",
        "    context: kind-a ",
    ] {
        assert!(main.contains(wanted), "{main}");
    }
}

#[tokio::test(start_paused = true)]
async fn flags_are_answers() {
    let mut world = World::new();
    world.kubeconfig();
    let flags = "--template web --app shop --image r.example/shop:2 --port 3000 --context kind-a --namespace qa";
    let init = world.run(&format!("init {flags}")).await;
    assert_eq!(init.code, 0, "nothing is left to ask: {}", init.stderr);
    let main = world.made("deploy.yaml");
    for wanted in [
        "  web: r.example/shop:2\n",
        "    context: kind-a ",
        "    namespace: qa\n",
    ] {
        assert!(main.contains(wanted), "{main}");
    }
    assert!(world.made("values/common.yaml").contains("port: 3000\n"));
    let again = world.run(&format!("init {flags}")).await;
    assert_eq!(again.code, 2, "{}", again.stderr);
    assert!(
        again
            .stderr
            .contains("is there already; nothing was written")
    );
}

#[tokio::test(start_paused = true)]
async fn the_current_context_is_proposed_and_none_is_needed() {
    let mut world = World::new();
    world.run("init --yes").await;
    assert!(world.made("deploy.yaml").contains("    # context: NAME "));
    fs::remove_dir_all(world.folder.path().join("deploy")).unwrap();
    world.kubeconfig();
    world.run("init --yes").await;
    assert!(world.made("deploy.yaml").contains("    context: kind-b "));
}

#[tokio::test(start_paused = true)]
async fn wrong_command_lines_write_nothing() {
    let world = World::new();
    world.write("k8s/web.yaml", WEB).write("file", "");
    for (line, said) in [
        ("init", "pass --yes to take what it proposes"),
        ("init --template", "a value is required"),
        (
            "init --yes --template wbe",
            "possible values: web, web-migrate, worker, cron",
        ),
        ("init --yes --app Shop", "--app Shop: is not a DNS label"),
        ("init --yes --app 1shop", "begins with a digit"),
        (
            "init --yes --namespace A_B",
            "--namespace A_B: is not a DNS label",
        ),
        ("init --yes --image a:b:c", "--image a:b:c: "),
        (
            "init --yes --template cron --port 80",
            "the template cron listens on none",
        ),
        ("init --yes --port 0", "0 is not in"),
        (
            "init --yes --env qa",
            "a template has staging and production",
        ),
        ("init --yes --project nowhere", "there is no folder "),
        ("init --yes --kubeconfig nowhere", "nowhere"),
        ("init --yes --from nowhere", "cannot read "),
        ("init --yes --from k8s --image x:1", "cannot be used with"),
    ] {
        let init = world.run(line).await;
        let wanted = if line.contains("kubeconfig") { 4 } else { 2 };
        assert_eq!(init.code, wanted, "{line}: {}", init.stderr);
        assert!(init.stderr.contains(said), "{line}: {}", init.stderr);
        assert_eq!(world.entries(), ["file", "k8s"], "{line}");
    }
    let closed = world.run_typing("web\n", "init").await;
    assert_eq!(
        (closed.code, world.entries().len()),
        (2, 2),
        "{}",
        closed.stderr
    );
}

#[tokio::test(start_paused = true)]
async fn manifests_that_cannot_be_read_write_nothing() {
    for (file, text, said) in [
        ("a.yaml", "a: b\n c: d\n", "m/a.yaml:2"),
        (
            "a.yaml",
            "replicas: 2\n",
            "m/a.yaml:1:1: this is no Kubernetes manifest",
        ),
        (
            "a.yaml",
            "kind: {{ .Values.kind }}\n",
            "helm template RELEASE CHART",
        ),
        ("a.yaml", "kind: {{ kind }}/x\n", "another tool's template"),
        (
            "kustomization.yaml",
            "resources: []\n",
            "kustomize build m > manifests.yaml",
        ),
        (
            "x/Chart.yaml",
            "name: shop\n",
            "helm template RELEASE m/x > manifests.yaml",
        ),
        (
            "README.md",
            "words\n",
            "m holds no .yaml, .yml or .json file",
        ),
        (
            "a.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: A_B}\n",
            "the name `A_B` of Pod is not a DNS name",
        ),
        (
            "a.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {x: hunter22}\n",
            "Secret/a is left out: its values are not copied",
        ),
    ] {
        let world = World::new();
        world.write(&format!("m/{file}"), text);
        let init = world.run("init --yes --from m").await;
        assert_eq!(init.code, 3, "{text}: {}", init.stderr);
        assert!(init.stderr.contains(said), "{text}: {}", init.stderr);
        assert!(!init.stderr.contains("hunter22"), "{}", init.stderr);
        assert_eq!(world.entries(), ["m"], "{text}");
    }
    let world = World::new();
    fs::create_dir(world.folder.path().join("m")).unwrap();
    fs::write(world.folder.path().join("m/a.yaml"), [b'a', b'\n', 0xff]).unwrap();
    let init = world.run("init --yes --from m").await;
    assert!(
        init.code == 3 && init.stderr.contains("m/a.yaml:2: is not UTF-8 text"),
        "{}",
        init.stderr
    );
}

#[tokio::test(start_paused = true)]
async fn manifests_become_a_project_and_the_summary_says_how() {
    let world = World::new();
    world
        .write("k8s/web.yaml", WEB)
        .write("k8s/notes.md", "")
        .write("k8s/.hidden.yaml", ":")
        .write("k8s/jobs/migrate.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: m, image: nginx:1}]}}}\n")
        .write("k8s/db.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: db, annotations: {meta.helm.sh/release-name: old}}\ndata: {url: aHVudGVyMjJodW50ZXI=}\n");
    let init = world
        .run("init --yes --app shop --env qa --from ./k8s/")
        .await;
    assert_eq!(init.code, 0, "{}", init.stderr);
    for said in [
        "deploy/ is made for the app shop: 2 objects in 2 templates",
        "image      nginx: nginx:1",
        "left out   Secret/db: its values are not copied",
        "job        migrate: a plain template",
        "not read   k8s/notes.md",
        "  deploy plan --env qa ",
        "belong to the Helm release `old`: where they run, take them over with --adopt",
    ] {
        assert!(init.stderr.contains(said), "{said}\n{}", init.stderr);
    }
    assert!(
        world
            .made("templates/web.yaml")
            .contains("image: {{ images.nginx }},")
    );
    assert_eq!(world.run("render --env qa").await.code, 0);
    for (path, text) in [
        ("deploy.yaml", world.made("deploy.yaml")),
        ("talk", init.stderr),
    ] {
        assert!(
            !text.contains("hunter22") && !text.contains("aHVudGVy"),
            "{path}: {text}"
        );
    }
    fs::remove_dir_all(world.folder.path().join("deploy")).unwrap();
    let file = world
        .run("init --yes --output json --from k8s/web.yaml")
        .await;
    let made: serde_json::Value = serde_json::from_str(&file.stdout).unwrap();
    assert_eq!(
        made["files"],
        serde_json::json!(["deploy/deploy.yaml", "deploy/templates/web.yaml"])
    );
    assert_eq!(made["made"]["images"]["web"], "nginx:1");
}

/// A folder of manifests is often called `deploy` already.
#[tokio::test(start_paused = true)]
async fn a_folder_deploy_of_manifests_is_left_alone() {
    let world = World::new();
    world.write("deploy/web.yaml", WEB);
    let init = world.run("init --yes --from deploy").await;
    assert_eq!(init.code, 2);
    assert!(
        init.stderr
            .contains("mv deploy manifests && deploy init --from manifests"),
        "{}",
        init.stderr
    );
}
