use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::manifest::edit;
use crate::project::{Inputs, Project};
use crate::render::yaml::{self, Node};
use crate::render::{Request, render};

const ANSWERS: Answers<'static> = Answers {
    app: "shop",
    environment: "staging",
    namespace: None,
    context: None,
};

fn source(files: &[(&str, &str)]) -> Source {
    Source {
        name: "k8s".to_owned(),
        files: Bundle::new(
            files
                .iter()
                .map(|(path, text)| (format!("k8s/{path}"), text.as_bytes().to_vec())),
        ),
        others: Vec::new(),
    }
}

fn made(files: &[(&str, &str)]) -> Made {
    make(&source(files), &ANSWERS).unwrap()
}

fn text<'a>(made: &'a Made, path: &str) -> &'a str {
    made.bundle.text(&format!("deploy/{path}")).unwrap()
}

/// What the project renders to, without our marks and with config groups under their own names.
fn rendered(made: &Made) -> BTreeMap<String, Value> {
    let project = Project::from_bundle(made.bundle.clone())
        .unwrap_or_else(|mistakes| panic!("{mistakes}\n{}", text(made, "deploy.yaml")));
    let environment = project.environment(None).unwrap();
    let rendered = render(&Request {
        project: &project,
        environment: &environment,
        target: &environment.targets[0],
        inputs: &Inputs::default(),
        secrets: None,
        recorded_secrets: None,
        key: None,
    })
    .unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let objects = rendered.manifests.iter().map(|manifest| {
        let mut text = manifest.object.to_string();
        for (logical, name) in &rendered.configs {
            text = text.replace(name, logical);
        }
        let mut object: Value = serde_json::from_str(&text).unwrap();
        let ours = |metadata: &mut Value| {
            for marks in ["labels", "annotations"] {
                if let Some(map) = metadata[marks].as_object_mut() {
                    map.retain(|key, _| !key.starts_with("deploy.cli/"));
                    if map.is_empty() {
                        metadata.as_object_mut().unwrap().remove(marks);
                    }
                }
                metadata
                    .as_object_mut()
                    .unwrap()
                    .retain(|_, value| !value.is_null());
            }
        };
        ours(&mut object["metadata"]);
        if let Some(template) = edit::pod_template_mut(&mut object) {
            ours(&mut template["metadata"]);
            if template["metadata"] == json!({}) {
                template.as_object_mut().unwrap().remove("metadata");
            }
        }
        if object["immutable"] == true {
            object.as_object_mut().unwrap().remove("immutable");
        }
        (ObjectId::of(&object, "").unwrap().to_string(), object)
    });
    objects.collect()
}

/// The objects of the source without the namespace that all of them share.
fn written(files: &[(&str, &str)], namespace: &str) -> BTreeMap<String, Value> {
    let nodes = files
        .iter()
        .flat_map(|(_, text)| yaml::parse(text).unwrap());
    nodes
        .flat_map(Node::unfold)
        .map(|node| {
            let mut object = node.to_json();
            let metadata = object["metadata"].as_object_mut().unwrap();
            if metadata.get("namespace").is_some_and(|it| it == namespace) {
                metadata.remove("namespace");
            }
            (ObjectId::of(&object, "").unwrap().to_string(), object)
        })
        .collect()
}

/// Anchors, flow and block style, quotes, octal, block texts, several documents, a ConfigMap of both kinds of entries.
const SHOP: &str = r#"# licence
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop-ns}
spec:
  selector: {matchLabels: &labels {app: "web"}}
  template:
    metadata: {labels: *labels}
    spec:
      volumes:
      - {name: files, configMap: {name: settings, defaultMode: 0644}}
      initContainers:
      - {name: wait, image: 'busybox:1.36', args: ["until nc {{ $HOST }}", "{% x %}"]}
      containers:
      - {name: side, image: envoy:1}
      - name: web   # the server
        image: registry.example.com/team/shop:1.4   # pinned
        envFrom: [{configMapRef: {name: settings}}]
        env:
        - name: MODE
          value: "0755"
---

# how it is reached
apiVersion: v1
kind: Service
metadata:
  namespace: shop-ns
  name: web
spec:
  selector: {app: web}
  clusterIP: None
  ports: [{port: 80}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop-ns}
data:
  LEVEL: info
  QUOTED: ' "a" # b'
  nginx.conf: |
    server {
      listen 80;
    }
"#;

const REST: &str = r#"{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "tidy", "namespace": "shop-ns"}, "spec": {
    "schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": {"spec": {"restartPolicy": "Never",
      "containers": [{"name": "tidy", "image": "registry.example.com/team/shop:1.4"}]}}}}}},
  {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "r", "namespace": "shop-ns"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
    "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "shop-ns"}]}]}"#;

const ALERTS: &str = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: alerts\n  namespace: monitoring\nspec:\n  groups:\n  - name: a\n    rules:\n    - {alert: Down, expr: up == 0, annotations: {text: '{{ $labels.pod }} {% endraw %}'}}\n";

#[test]
fn the_project_renders_what_was_written() {
    for files in [
        vec![("web.yaml", SHOP)],
        vec![("all.json", REST)],
        vec![
            ("a/web.yaml", SHOP),
            ("a/rest.json", REST),
            ("rules/alerts.prod.yml", ALERTS),
        ],
    ] {
        assert_eq!(rendered(&made(&files)), written(&files, "shop-ns"));
    }
}

#[test]
fn text_and_comments_stay() {
    let made = made(&[("web.yaml", SHOP)]);
    let template = text(&made, "templates/web.yaml");
    for kept in [
        "# licence\n",
        "metadata: {name: web}\n",
        "image: {{ images.web }}   # pinned\n",
        "- name: web   # the server\n",
        "\n# how it is reached\n",
        "defaultMode: 0644",
        "{% raw %}",
    ] {
        assert!(template.contains(kept), "{kept} in\n{template}");
    }
    assert!(!template.contains("ConfigMap"), "{template}");
    assert_eq!(
        text(&made, "config/settings.env"),
        "LEVEL=info\nQUOTED=' \"a\" # b'\n".replace("' \"a\" # b'", "\" \\\"a\\\" # b\"")
    );
    assert_eq!(
        text(&made, "config/settings/nginx.conf"),
        "server {\n  listen 80;\n}\n"
    );
    assert_eq!(made.report.namespace, "shop-ns");
    assert_eq!(made.report.rewritten, Vec::<String>::new());
}

#[test]
fn files_whose_braces_cannot_be_protected_are_no_templates() {
    let made = made(&[("rules/alerts.prod.yml", ALERTS)]);
    let main = text(&made, "deploy.yaml");
    assert!(
        main.contains("raw:\n- templates/rules/alerts-prod.yaml\n"),
        "{main}"
    );
}

#[test]
fn an_export_becomes_manifests_again() {
    let export = r#"
apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: web
    namespace: default
    uid: 1-2
    resourceVersion: "5"
    creationTimestamp: "2026-01-01T00:00:00Z"
    annotations: {deployment.kubernetes.io/revision: "3"}
    managedFields: [{manager: kubectl}]
  spec:
    selector: {matchLabels: {app: web}}
    template:
      metadata: {creationTimestamp: null, labels: {app: web}}
      spec: {containers: [{name: web, image: nginx}]}
  status: {replicas: 1}
- apiVersion: v1
  kind: Service
  metadata: {name: web, namespace: default, uid: "3", resourceVersion: "6"}
  spec: {clusterIP: 10.0.0.7, clusterIPs: [10.0.0.7], ports: [{port: 80}]}
  status: {loadBalancer: {}}
- apiVersion: apps/v1
  kind: ReplicaSet
  metadata: {name: web-1, namespace: default, ownerReferences: [{kind: Deployment, name: web, uid: 1-2, controller: true}]}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: kube-root-ca.crt, namespace: default}
  data: {ca.crt: x}
- apiVersion: v1
  kind: Secret
  metadata: {name: db, namespace: default}
  data: {password: aHVudGVyMjI=}
"#;
    let made = made(&[("all.yaml", export)]);
    let objects = rendered(&made);
    assert_eq!(
        json!(objects),
        json!({
            "Deployment/web": {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {
                "selector": {"matchLabels": {"app": "web"}},
                "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "nginx:latest"}]}}}},
            "Service/web": {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}},
        })
    );
    let left: Vec<&str> = made
        .report
        .left_out
        .iter()
        .map(|note| note.object.as_str())
        .collect();
    assert_eq!(
        left,
        [
            "ReplicaSet/web-1",
            "ConfigMap/kube-root-ca.crt",
            "Secret/db"
        ]
    );
    assert_eq!(made.report.remarks.len(), 1, "no tag");
    let paths: Vec<&str> = made.bundle.paths().collect();
    assert_eq!(
        paths,
        [
            "deploy/deploy.yaml",
            "deploy/templates/web-deployment.yaml",
            "deploy/templates/web-service.yaml"
        ]
    );
    for path in paths {
        let text = made.bundle.text(path).unwrap();
        assert!(
            !text.contains("hunter22") && !text.contains("aHVudGVyMjI"),
            "{path}: {text}"
        );
    }
    let main = text(&made, "deploy.yaml");
    assert!(
        main.contains("#   db:\n#     env:\n#       password: DB_PASSWORD\n"),
        "{main}"
    );
    assert_eq!(made.learnt.len(), 1);
}

#[test]
fn the_commented_secrets_of_deploy_yaml_are_right() {
    let secret =
        "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {url: x, API_KEY: y}\n";
    let made = made(&[("web.yaml", SHOP), ("secret.yaml", secret)]);
    let main = text(&made, "deploy.yaml");
    let (before, after) = main.split_once("# secrets:").unwrap();
    let uncommented = format!("{before}secrets:{}", after.replace("\n# ", "\n"));
    let bundle = made
        .bundle
        .clone()
        .with("deploy/deploy.yaml", uncommented.into_bytes());
    let project = Project::from_bundle(bundle).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert_eq!(project.spec.secrets.len(), 1);
}

#[test]
fn namespaces() {
    let map = |name: &str, namespace: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}}}\n---\n"
        )
    };
    let own = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: one\n";
    let files = [
        map("a", "one"),
        map("b", "one"),
        map("c", "two"),
        own.to_owned(),
    ]
    .concat();
    let plain = made(&[("a.yaml", &files)]);
    let main = text(&plain, "deploy.yaml");
    for wanted in [
        "    namespace: one\n    createNamespace: true\n",
        "allow:\n  namespaces: [two]\n",
    ] {
        assert!(main.contains(wanted), "{main}");
    }
    assert_eq!(
        rendered(&plain).into_keys().collect::<Vec<_>>(),
        ["ConfigMap/a", "ConfigMap/b", "ConfigMap/two/c"]
    );

    let labelled = format!("{files}  labels: {{pod-security.kubernetes.io/enforce: restricted}}\n");
    let made = made(&[("a.yaml", &labelled)]);
    assert!(text(&made, "templates/a.yaml").contains("name: {{ namespace }}\n"));
    assert!(text(&made, "deploy.yaml").contains("  clusterScoped: true\n"));
    assert_eq!(rendered(&made)["Namespace/one"]["metadata"]["name"], "one");
}

#[test]
fn marks_of_other_tools_are_told() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {app.kubernetes.io/managed-by: Helm}}\n";
    assert_eq!(
        made(&[("a.yaml", map)]).report.owners,
        ["Helm".to_owned()].into()
    );
}

#[test]
fn what_is_no_manifest_is_told_with_its_line() {
    for (file, bad, line, message) in [
        ("a.yaml", "a: b\n  c: d\n", 2, "not valid YAML"),
        ("a.yaml", "# a\n---\n- x\n", 3, "not a mapping"),
        ("a.yaml", "\nreplicas: 2\n", 2, "it has no `apiVersion`"),
        (
            "a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n",
            1,
            "no metadata.name",
        ),
        (
            "a.yaml",
            "apiVersion: v1\nkind: A\nmetadata:\n  name: {{ .Release.Name }}\n",
            4,
            "a template of a Helm chart",
        ),
        (
            "a.yaml",
            "apiVersion: v1\nkind: A\nmetadata: {name: \"{{ .Values.x }}\"}\n",
            3,
            "a template of a Helm chart",
        ),
        ("a.json", "{\n\"a\": }}\n", 2, "not valid YAML"),
    ] {
        let mistakes = make(&source(&[(file, bad)]), &ANSWERS).unwrap_err();
        assert_eq!(mistakes.0[0].file, format!("k8s/{file}"));
        assert_eq!(mistakes.0[0].line, Some(line), "{bad}: {mistakes}");
        assert!(mistakes.0[0].message.contains(message), "{bad}: {mistakes}");
    }
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {x: hunter22\n";
    let mistakes = make(&source(&[("a.yaml", secret)]), &ANSWERS).unwrap_err();
    assert!(!mistakes.to_string().contains("hunter22"), "{mistakes}");
}

#[test]
fn a_text_that_speaks_of_helm_is_data() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  t: |\n    {{ .Values.x }}\n    y\n";
    let files = [("a.yaml", map)];
    assert_eq!(rendered(&made(&files)), written(&files, ""));
}

#[test]
fn another_namespace_takes_accounts_along() {
    let answers = Answers {
        namespace: Some("other"),
        ..ANSWERS
    };
    let made = make(&source(&[("all.json", REST)]), &answers).unwrap();
    let subject = &rendered(&made)["RoleBinding/r"]["subjects"][0];
    assert_eq!(subject["namespace"], "other");
    assert!(text(&made, "deploy.yaml").contains("    namespace: other\n"));
}
