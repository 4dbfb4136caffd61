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
