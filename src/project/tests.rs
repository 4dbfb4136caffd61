use super::*;

fn load(main: &str, files: &[&str]) -> Result<Project, Mistakes> {
    let files = files
        .iter()
        .map(|path| (format!("deploy/{path}"), b"A=b\n".to_vec()));
    Project::from_bundle(Bundle::new(
        std::iter::once((MAIN.to_owned(), main.as_bytes().to_vec())).chain(files),
    ))
}

fn mistakes(main: &str, files: &[&str]) -> Vec<String> {
    load(main, files)
        .unwrap_err()
        .0
        .iter()
        .map(|mistake| {
            format!(
                "{}:{} {} | {}",
                mistake.line.unwrap_or(0),
                mistake.column.unwrap_or(0),
                mistake.message,
                mistake.hint.as_deref().unwrap_or("-")
            )
        })
        .collect()
}

#[test]
fn the_example_of_the_product_page_without_later_features() {
    let project = load(
        "
app: shop
images: {web: registry.example.com/shop}
environments:
  staging:
  production:
    targets:
      - {name: eu, context: [prod-eu, eu], namespace: shop}
      - {name: us, context: prod-us}
    targetOrder: parallel
    onTargetFailure: rollBackAll
config:
  common: {from: [config/common.env]}
  shop: {from: [config/common.env, 'config/{environment}/shop.yaml?'], fixedName: true}
secrets:
  db: {env: {url: DATABASE_URL}, in: {staging: {file: secrets/staging.env}}}
rollout: {timeout: 1h30m, onFailure: leave, soak: 0s}
keep: {releases: 3}
allow: {namespaces: [monitoring]}
",
        &["config/common.env"],
    )
    .unwrap();
    assert_eq!(
        project.environment(Some("staging")).unwrap().targets,
        [Target {
            name: "staging".into(),
            contexts: vec![],
            server: None,
            namespace: "shop".into(),
            create_namespace: false
        }]
    );
    let production = project.environment(Some("production")).unwrap();
    assert_eq!(production.target("eu").unwrap().contexts, ["prod-eu", "eu"]);
    assert_eq!(production.target("us").unwrap().namespace, "shop");
    assert_eq!(project.spec.keep.history, 500);
    assert_eq!(project.environment(None).unwrap_err().exit_code(), 2);
    assert_eq!(
        project.environment(Some("stagign")).unwrap_err().hints,
        ["did you mean `staging`?"]
    );
}

#[test]
fn all_mistakes_of_form_at_once() {
    assert_eq!(
        mistakes(
            "app: Shop
enviroments: {}
environments:
  staging: {namespace: 12, polcy: warn, policy: enforec}
rollout: {soak: 5, timeout: soon}
keep: {releases: 0}
raw: templates/*.yaml
",
            &[]
        ),
        [
            "1:6 `app` `Shop` is not a DNS label: lower case letters, digits and `-`, with a letter or digit at both ends | -",
            "2:1 the key `enviroments` means nothing here | did you mean `environments`?",
            "4:24 `environments.staging.namespace` must be a text, but is a whole number | YAML reads this as 12; put it in quotes",
            "4:28 the key `polcy` means nothing in environments.staging | did you mean `policy`?",
            "4:49 `environments.staging.policy` cannot be `enforec` | did you mean `enforce`?",
            "5:17 `rollout.soak` must be a text, but is a whole number | YAML reads this as 5; put it in quotes",
            "5:29 `rollout.timeout` `soon` is not a duration | write `auto`, 5s, 10m or 1h30m",
            "6:18 `keep.releases` must be at least 1 | -",
            "7:6 `raw` must be a list, but is a text | write [templates/*.yaml]",
        ]
    );
}

#[test]
fn all_mistakes_of_meaning_at_once() {
    assert_eq!(
        mistakes(
            "app: shop
requires: '>=99'
images: {web: https://x/y}
environments:
  staging: {promoteFrom: qa}
config:
  shop: {from: [config/shpo.env, ../x]}
secrets:
  db: {vault: {path: a}}
  none: {}
",
            &["config/shop.env"]
        ),
        [
            "2:1 this project needs deploy >=99, and this is 0.1.0 | install a newer deploy",
            "3:10 `https://x/y` is not an image: it begins with a protocol | write registry.example.com/team/name, without https://",
            "5:13 `promoteFrom` is not supported yet | remove it; a later version will know it",
            "7:17 there is no file deploy/config/shpo.env | did you mean `deploy/config/shop.env`?; a trailing `?` means it may be absent",
            "7:34 `../x` leads out of deploy/ | copy the file into deploy/config/",
            "9:8 `vault` is not supported yet | remove it; a later version will know it",
            "10:3 the secret `none` has no source | write env: {url: DATABASE_URL}, file: PATH or exec: {command: […]}",
        ]
    );
}

#[test]
fn no_input_panics() {
    for text in [
        "",
        "[]",
        "1",
        "app: {}",
        "? [a]: b",
        "app: shop\nenvironments: 1\n",
        "a: &a [*a]",
        "\u{feff}app: shop",
        "app: \"\\xff\"",
    ] {
        assert!(load(text, &[]).is_err(), "{text}");
    }
    assert!(Project::from_bundle(Bundle::new([(MAIN.to_owned(), vec![0xff, 0xfe])])).is_err());
}

#[test]
fn checks_say_whom_they_ask_and_within_bounds() {
    let main = "app: shop
environments: {staging: {}}
checks:
  - {service: shop, port: http, path: /healthz, expect: 204, contains: ok, within: 1h}
  - {url: 'https://{environment}.example.com/{target}', expect: 302}
";
    load(main, &[]).unwrap();
    let wrong = |check: &str| {
        let text = format!("app: shop\nenvironments: {{staging: {{}}}}\nchecks: [{check}]\n");
        mistakes(&text, &[]).join("; ")
    };
    for (check, line) in [
        ("{}", "3:10 the check has neither `url` nor `service`"),
        ("{url: 'http://a', service: a}", "3:10 the check has both"),
        (
            "{service: shop}",
            "3:10 the check of the Service `shop` has no port | write the port",
        ),
        ("{service: shop, port: 0}", "3:26 the port is neither"),
        (
            "{service: shop, port: 70000}",
            "3:32 `checks[0].port` must be at most 65535",
        ),
        (
            "{service: Shop, port: 80}",
            "the Service's name `Shop` is not a DNS label",
        ),
        (
            "{service: shop, port: 80, path: healthz}",
            "the path `healthz` does not start with `/` | write /healthz",
        ),
        (
            "{service: shop, port: 80, path: '/a b'}",
            "the path `/a b` is not one of a URL",
        ),
        (
            "{url: shop.example.com}",
            "3:11 the URL cannot be read: relative URL without a base",
        ),
        (
            "{url: 'ftp://shop.example.com'}",
            "the URL begins with neither http:// nor https://",
        ),
        (
            "{url: 'http://{host}/'}",
            "`{host}` is not a placeholder | known: {environment} and {target}",
        ),
        ("{url: 'http://a', path: /b}", "`path` belongs to `service`"),
        ("{url: 'http://a', expect: 99}", "99 is not an HTTP status"),
        (
            "{url: 'http://a', within: 0s}",
            "`within` is more than 0 and at most 1h",
        ),
        (
            "{url: 'http://a', within: 61m}",
            "`within` is more than 0 and at most 1h",
        ),
        ("{url: 'http://a', expct: 200}", "did you mean `expect`"),
    ] {
        let found = wrong(check);
        assert!(found.contains(line), "{check}: {found}");
    }
}

#[test]
fn the_examples_of_the_page_on_checks_and_jobs_are_projects() {
    let page = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/docs/checks-and-jobs.md"
    ))
    .unwrap();
    let blocks = page.split("```yaml\n").skip(1);
    let examples: Vec<&str> = blocks
        .filter_map(|block| block.split("```").next())
        .filter(|block| block.starts_with("app:"))
        .collect();
    assert!(!examples.is_empty());
    for example in examples {
        load(example, &[]).unwrap();
    }
}

#[test]
fn a_secret_under_a_wrong_key_is_not_shown() {
    let main = "app: a\nenvironments: {staging: {}}\nnotify: {team: {slack: {webhook: {url: 'https://hooks.example.com/hunter2'}}}}\n";
    let text = load(main, &[]).unwrap_err().to_string();
    assert!(text.contains("the key `url` means nothing"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn targets_that_are_the_same_are_named() {
    let main = "app: a\nenvironments:\n  staging:\n    targets:\n      - {name: eu, context: a}\n      - {name: us, context: a}\n";
    assert_eq!(
        mistakes(main, &[]),
        [
            "6:9 the targets `eu` and `us` are the same cluster and namespace | give one of them another context or namespace"
        ]
    );
}
