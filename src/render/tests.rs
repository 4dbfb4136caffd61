use super::*;
use crate::project::Bundle;
use serde_json::json;

const MAIN_YAML: &str = "
app: shop
images: {web: registry.example.com/shop:1}
environments: {staging: {}, strict: {policy: enforce}}
config:
  shop: {from: [config/shop.env]}
  fixed: {from: [config/shop.env], fixedName: true}
secrets: {db: {env: [DB]}}
allow: {namespaces: [monitoring]}
";

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  revisionHistoryLimit: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: {{ images.web }}
        resources: {requests: {cpu: 1, memory: 1Mi}, limits: {memory: 1Mi}}
        envFrom: [{configMapRef: {name: shop}}, {configMapRef: {name: fixed}}, {secretRef: {name: db}}, {secretRef: {name: other}}]
";

fn project(files: &[(&str, &str)]) -> Project {
    let mut all = vec![
        ("deploy/deploy.yaml".to_owned(), MAIN_YAML.into()),
        ("deploy/config/shop.env".to_owned(), b"A=1\n".to_vec()),
    ];
    all.extend(
        files
            .iter()
            .map(|(path, text)| (format!("deploy/{path}"), text.as_bytes().to_vec())),
    );
    Project::from_bundle(Bundle::new(all)).unwrap()
}

fn render_in(
    project: &Project,
    environment: &str,
    values: Option<(&str, &NameKey)>,
) -> Result<Rendered, Mistakes> {
    let environment = project.environment(Some(environment)).unwrap();
    let secrets = values.map(|(value, _)| {
        SecretValues(BTreeMap::from([(
            "db".to_owned(),
            BTreeMap::from([("DB".to_owned(), Secret::new(value.as_bytes().to_vec()))]),
        )]))
    });
    render(&Request {
        project,
        environment: &environment,
        target: &environment.targets[0],
        inputs: &Inputs::default(),
        secrets: secrets.as_ref(),
        key: values.map(|(_, key)| key),
        recorded_secrets: None,
    })
}

/// `file:line message` of everything wrong with templates in staging.
fn wrong(files: &[(&str, &str)]) -> Vec<String> {
    let mistakes = render_in(&project(files), "staging", None).unwrap_err();
    mistakes
        .0
        .iter()
        .map(|it| {
            format!(
                "{}:{} {}",
                it.file.rsplit('/').next().unwrap(),
                it.line.unwrap_or(0),
                it.message
            )
        })
        .collect()
}

#[test]
fn references_follow_the_content() {
    let files = [("templates/web.yaml", WEB)];
    let rendered = render_in(&project(&files), "staging", None).unwrap();
    let names = |rendered: &Rendered| -> Vec<String> {
        let web = rendered
            .manifests
            .iter()
            .find(|it| it.id.is("Deployment"))
            .unwrap();
        let from = &web.object["spec"]["template"]["spec"]["containers"][0]["envFrom"];
        from.as_array()
            .unwrap()
            .iter()
            .map(|it| {
                it["configMapRef"]["name"]
                    .as_str()
                    .or(it["secretRef"]["name"].as_str())
                    .unwrap()
                    .to_owned()
            })
            .collect()
    };
    assert_eq!(names(&rendered)[0], rendered.configs["shop"]);
    assert!(rendered.configs["shop"].starts_with("shop-shop-"));
    assert_eq!(
        names(&rendered)[1..],
        ["shop-fixed", "shop-db-xxxxxxxxxx", "other"]
    );

    let key = NameKey::from_bytes(&[1; 32]).unwrap();
    let one = render_in(&project(&files), "staging", Some(("hunter22", &key))).unwrap();
    let two = render_in(&project(&files), "staging", Some(("hunter23", &key))).unwrap();
    assert_ne!(
        one.secrets["db"], two.secrets["db"],
        "another value, another name"
    );
    assert_eq!(one.configs, two.configs);

    let mut changed = project(&files);
    changed.bundle = Bundle::new(changed.bundle.paths().map(|path| {
        let bytes = changed.bundle.get(path).unwrap();
        let bytes = if path.contains("shop.env") {
            b"A=2\n"
        } else {
            bytes
        };
        (path.to_owned(), bytes.to_vec())
    }));
    let changed = render_in(&changed, "staging", None).unwrap();
    assert_ne!(changed.configs["shop"], rendered.configs["shop"]);
    assert_eq!(changed.configs["fixed"], "shop-fixed");
    let annotation = |rendered: &Rendered| {
        let web = rendered
            .manifests
            .iter()
            .find(|it| it.id.is("Deployment"))
            .unwrap();
        web.object["spec"]["template"]["metadata"]["annotations"]["deploy.cli/config-fixed"].clone()
    };
    assert!(annotation(&rendered).is_string());
    assert_ne!(
        annotation(&changed),
        annotation(&rendered),
        "pods roll by the annotation"
    );
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let project = project(&[("templates/web.yaml", WEB)]);
    let text = |rendered: Rendered| serde_json::to_string(&rendered.manifests).unwrap();
    assert_eq!(
        text(render_in(&project, "staging", None).unwrap()),
        text(render_in(&project, "staging", None).unwrap())
    );
}

#[test]
fn origins_point_into_templates() {
    let service = "{% for name in ['a', 'b'] %}\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {{ name }}\n{% endfor %}\n";
    let rendered = render_in(
        &project(&[("templates/web.yaml", WEB), ("templates/s.yaml", service)]),
        "staging",
        None,
    )
    .unwrap();
    let origins: Vec<String> = rendered
        .manifests
        .iter()
        .map(|it| format!("{} {}", it.id, it.origin))
        .filter(|it| it.contains("templates"))
        .collect();
    assert_eq!(
        origins,
        [
            "Service/a deploy/templates/s.yaml:3",
            "Service/b deploy/templates/s.yaml:3",
            "Deployment/web deploy/templates/web.yaml:1"
        ]
    );
}

#[test]
fn every_mistake_of_every_file_at_once() {
    assert_eq!(
        wrong(&[
            (
                "templates/a.yaml",
                "{% if true %}\n{% endif %}\napiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  labels: {num: 1, bad: 'a b'}\n"
            ),
            (
                "templates/b.yaml",
                "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\nkind: Service\n---\n- x\n"
            ),
            ("templates/c.yaml", "a: b: c\n"),
            (
                "templates/d.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata: {a: 1}\n"
            ),
            (
                "templates/e.yaml",
                "apiVersion: v1\nkind: Namespace\nmetadata: {name: Not_A_Name}\n"
            ),
            (
                "templates/f.yaml",
                "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: 1}\n"
            ),
            (
                "templates/g.yaml",
                "apiVersion: v1\nkind: Service\nmetadata: {name: g, namespace: other}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: g, namespace: monitoring}\n"
            ),
            (
                "templates/h.yaml",
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: h}\nspec: {template: x}\n"
            ),
            (
                "templates/i.yaml",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: i}\nspec:\n  containers:\n  - env:\n    - {name: A, value: yes}\n"
            ),
        ]),
        [
            "a.yaml:7 the label `bad: a b` may hold letters, digits, `-`, `_` and `.` only, with a letter or digit at both ends",
            "a.yaml:7 metadata.labels.num must be a text, but YAML reads it as 1",
            "b.yaml:5 this object has no `apiVersion`",
            "b.yaml:5 this object has no `metadata`",
            "b.yaml:7 this is not a Kubernetes object: a mapping with apiVersion, kind and metadata",
            "c.yaml:1 not valid YAML: mapping values are not allowed in this context",
            "d.yaml:3 ConfigMap/shop has the name of a config group in deploy.yaml",
            "d.yaml:4 data.a must be a text, but YAML reads it as 1",
            "e.yaml:2 Namespace is outside of any namespace",
            "e.yaml:3 the name `Not_A_Name` of Namespace is not a DNS label: lower case letters, digits and `-`, with a letter or digit at both ends",
            "f.yaml:3 generateName makes a new object with every deploy",
            "f.yaml:7 metadata.name must be a text",
            "g.yaml:3 the namespace `other` is not this target's, which is `shop`",
            "h.yaml:4 spec.template must be a mapping",
            "i.yaml:7 the variable A must be a text, but YAML reads it as true",
        ]
    );
}

#[test]
fn two_objects_with_one_id_show_both_places() {
    let a = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n";
    let mistakes = render_in(
        &project(&[("templates/a.yaml", a), ("templates/b.yaml", a)]),
        "staging",
        None,
    )
    .unwrap_err();
    assert_eq!(mistakes.0[0].message, "Service/a is defined twice");
    assert_eq!(
        mistakes.0[0].hint.as_deref(),
        Some("the other one is at deploy/templates/a.yaml:1")
    );
}

#[test]
fn a_yaml_error_shows_source_and_rendered_lines() {
    let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n{% for n in [1] %}\n  labels: {{ '{' }}\n{% endfor %}\n";
    let mistakes = render_in(&project(&[("templates/a.yaml", text)]), "staging", None).unwrap_err();
    let mistake = &mistakes.0[0];
    assert!(mistake.line.is_some_and(|line| line == 6), "{mistake}");
    assert!(mistake.rendered.is_some(), "{mistake}");
}

#[test]
fn policies_warn_or_stop() {
    let web = WEB
        .replace(
            "resources: {requests: {cpu: 1, memory: 1Mi}, limits: {memory: 1Mi}}",
            "ports: [{containerPort: 80}]",
        )
        .replace("{{ images.web }}", "nginx:latest")
        .replace("  revisionHistoryLimit: 3\n", "");
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}}\n";
    let project = project(&[
        ("templates/web.yaml", &web),
        ("templates/service.yaml", service),
    ]);
    let texts = |mistakes: &[Mistake]| -> Vec<String> {
        mistakes
            .iter()
            .map(|it| format!("{} {}", it.line.unwrap_or(0), it.message))
            .collect()
    };
    let warned = texts(&render_in(&project, "staging", None).unwrap().warnings);
    assert_eq!(
        warned,
        [
            "10 Deployment/web: container `web` has no resources.requests.cpu, requests.memory and limits.memory",
            "11 Deployment/web: container `web`: the image nginx:latest has the tag `latest`",
            "4 Deployment/web: revisionHistoryLimit is not set",
            "10 Deployment/web: container `web` is behind a Service and has no readinessProbe",
        ]
    );
    assert_eq!(render_in(&project, "strict", None).unwrap_err().0.len(), 4);
}

#[test]
fn unused_config_and_template_secrets() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: hunter22}\ndata: {b: aHVudGVyMjM=}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\nimagePullSecrets: [{name: dbb}]\n";
    let rendered = render_in(&project(&[("templates/s.yaml", text)]), "staging", None).unwrap();
    let learnt: Vec<&String> = rendered.learnt.iter().map(Secret::expose).collect();
    assert_eq!(learnt, ["hunter22", "hunter23"]);
    let warnings: Vec<&str> = rendered
        .warnings
        .iter()
        .map(|it| it.message.as_str())
        .collect();
    assert_eq!(
        warnings,
        [
            "no object uses the config group `fixed`",
            "no object uses the config group `shop`",
            "no object uses the secret `db`"
        ]
    );
    assert!(
        rendered.warnings[2]
            .hint
            .as_ref()
            .unwrap()
            .contains("`dbb`")
    );
    let secret = &rendered
        .manifests
        .iter()
        .find(|it| it.id.name == "s")
        .unwrap()
        .object;
    assert_eq!(masked(secret)["data"], json!({"b": "***"}));
    let annotations = &masked(secret)["metadata"]["annotations"];
    assert!(
        annotations["deploy.cli/applied-digest"].is_null(),
        "a short value could be guessed from its digest"
    );
}

#[test]
fn lists_are_unfolded_and_empty_projects_say_so() {
    let list = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: a}}\n- {apiVersion: v1, kind: Service, metadata: {name: b}}\n";
    let rendered = render_in(&project(&[("templates/l.yaml", list)]), "staging", None).unwrap();
    assert_eq!(
        rendered
            .manifests
            .iter()
            .filter(|it| it.id.is("Service"))
            .count(),
        2
    );
    assert_eq!(
        wrong(&[("templates/_x.yaml", "a")]),
        ["templates:0 holds no object for staging"]
    );
}

fn shop() -> Project {
    Project::load(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop")).unwrap()
}

#[test]
fn the_example_has_neither_mistakes_nor_warnings() {
    let shop = shop();
    for name in ["staging", "production"] {
        let rendered = render_in(&shop, name, None).unwrap();
        assert_eq!(rendered.warnings, [], "{name}");
        assert_eq!(rendered.manifests.len(), 9, "{name}");
    }
    assert!(shop.bundle.get("deploy/secrets/staging.env").is_none());
}

/// Whatever the bytes, there is an answer and no panic.
#[test]
fn broken_files_give_mistakes() {
    let shop = shop();
    let files: Vec<(String, Vec<u8>)> = shop
        .bundle
        .paths()
        .map(|path| (path.to_owned(), shop.bundle.get(path).unwrap().to_vec()))
        .collect();
    let mut state: u64 = 42;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let pieces: [&[u8]; 12] = [
        b"{{", b"}}", b"{%", b"\n", b": ", b"- ", b"\"", b"*a", b"&a ", b"\xff", b"[", b"{",
    ];
    for _ in 0..300 {
        let mut files = files.clone();
        let file = next(files.len());
        let bytes = &mut files[file].1;
        let at = next(bytes.len());
        match next(3) {
            0 => bytes.truncate(at),
            1 => drop(bytes.splice(at..at, pieces[next(pieces.len())].iter().copied())),
            _ => drop(bytes.splice(
                at..(at + 3).min(bytes.len()),
                pieces[next(pieces.len())].iter().copied(),
            )),
        }
        if let Ok(project) = Project::from_bundle(Bundle::new(files)) {
            let _ = project
                .environment(Some("staging"))
                .map(|_| render_in(&project, "staging", None));
        }
    }
}

#[test]
fn recorded_secrets_are_named_and_not_made() {
    let project = project(&[("templates/web.yaml", WEB)]);
    let environment = project.environment(Some("staging")).unwrap();
    let recorded = BTreeMap::from([("db".to_owned(), "shop-db-0123456789".to_owned())]);
    let rendered = render(&Request {
        project: &project,
        environment: &environment,
        target: &environment.targets[0],
        inputs: &Inputs::default(),
        secrets: None,
        recorded_secrets: Some(&recorded),
        key: None,
    })
    .unwrap();
    assert_eq!(rendered.secrets, recorded);
    assert!(!rendered.manifests.iter().any(|it| it.id.is("Secret")));
    let text = serde_json::to_string(&rendered.manifests).unwrap();
    assert!(text.contains("shop-db-0123456789"));
}

#[test]
fn checks_are_compared_with_the_services_there_are() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {ports: [{name: http, port: 80}, {port: 9090}]}\n";
    let with = |checks: &str| {
        let main = format!("app: shop\nenvironments: {{staging: {{}}}}\nchecks: [{checks}]\n");
        let files = [
            ("deploy/deploy.yaml", main.as_str()),
            ("deploy/templates/s.yaml", service),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        render_in(
            &Project::from_bundle(Bundle::new(files)).unwrap(),
            "staging",
            None,
        )
    };
    let line = |mistake: &Mistake| {
        let hint = mistake.hint.as_deref().unwrap_or_default();
        format!("{} | {hint}", mistake.one_line())
    };
    let good = "{service: shop, port: http}, {service: shop, port: 80}, {service: shop, port: 9090}, {url: 'http://a'}";
    assert_eq!(with(good).unwrap().warnings, []);
    for (check, warning) in [
        (
            "{service: shpo, port: http}",
            "deploy/deploy.yaml:3: a check asks the Service `shpo`, which is not part of this app | did you mean `shop`?",
        ),
        (
            "{service: billing, port: 80}",
            "deploy/deploy.yaml:3: a check asks the Service `billing`, which is not part of this app | that is fine when something else makes it",
        ),
    ] {
        assert_eq!(line(&with(check).unwrap().warnings[0]), warning);
    }
    for (check, mistake) in [
        (
            "{service: shop, port: htpp}",
            "deploy/deploy.yaml:3: the Service `shop` has no port `htpp` | did you mean `http`?",
        ),
        (
            "{service: shop, port: 8080}",
            "deploy/deploy.yaml:3: the Service `shop` has no port `8080` | known: http, 80 and 9090",
        ),
    ] {
        assert_eq!(line(&with(check).unwrap_err().0[0]), mistake);
    }
}
