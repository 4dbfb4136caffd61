use super::*;
use serde_json::json;

fn project(files: &[(&str, &str)]) -> Project {
    let main = "app: shop\nenvironments: {staging: {}, production: {}}\n";
    let files = files
        .iter()
        .map(|(path, text)| (format!("deploy/{path}"), text.as_bytes().to_vec()));
    Project::from_bundle(Bundle::new(
        std::iter::once(("deploy/deploy.yaml".to_owned(), main.into())).chain(files),
    ))
    .unwrap()
}

#[test]
fn later_layers_win_and_say_so() {
    let project = project(&[
        (
            "values/common.yaml",
            "web:\n  replicas: 1\n  hosts: [a, b]\n  debug: true\n",
        ),
        ("values/staging.yaml", "web:\n  replicas: 2\n"),
    ]);
    let staging = project.environment(Some("staging")).unwrap();
    let inputs = Inputs {
        exec: Some(json!({"region": "eu"})),
        values_files: vec![("x.yaml".into(), json!({"web": {"hosts": ["c"]}}))],
        set: vec![
            ("web.replicas".into(), json!(3)),
            ("web.debug".into(), Value::Null),
        ],
        ..Inputs::default()
    };
    let values = Values::load(&project, "staging", &staging.targets[0], &inputs).unwrap();
    assert_eq!(
        values.merged,
        json!({"region": "eu", "web": {"hosts": ["c"], "replicas": 3}})
    );
    assert_eq!(
        values.explain("values.web.replicas"),
        Explanation {
            value: Some(json!(3)),
            said: vec![
                ("deploy/values/common.yaml:2".into(), json!(1)),
                ("deploy/values/staging.yaml:2".into(), json!(2)),
                ("--set".into(), json!(3)),
            ]
        }
    );
}

#[test]
fn set_is_typed_like_yaml() {
    for (text, value) in [
        ("a.b=3", json!(3)),
        ("a.b=", json!("")),
        ("a.b=null", Value::Null),
        ("a.b=x=y", json!("x=y")),
        ("a.b=[1, b]", json!([1, "b"])),
        ("values.a.b='3'", json!("3")),
    ] {
        assert_eq!(
            parse_set(text).unwrap(),
            ("a.b".to_owned(), value),
            "{text}"
        );
    }
    for text in ["a", "=1", "a..b=1", "a={"] {
        assert_eq!(parse_set(text).unwrap_err().exit_code(), 2, "{text}");
    }
    assert_eq!(split(r"a.b\.c"), ["a", "b.c"]);
}

#[test]
fn a_file_for_nearly_an_environment_is_a_mistake() {
    let project = project(&[
        ("values/prodution.yaml", "a: 1"),
        ("values/staging.yaml", "- a"),
    ]);
    let staging = project.environment(Some("staging")).unwrap();
    let found =
        Values::load(&project, "staging", &staging.targets[0], &Inputs::default()).unwrap_err();
    let found: Vec<&str> = found
        .0
        .iter()
        .map(|mistake| mistake.message.as_str())
        .collect();
    assert_eq!(
        found,
        [
            "`prodution` is no environment or target",
            "must hold a mapping"
        ]
    );
}
