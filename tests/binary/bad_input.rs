//! Bad input that needs no cluster: one clear message, the documented exit code, nothing written.

use super::{talk, write};

const PROJECT: &str = "app: shop\nimages: {web: registry.example.com/shop}\nenvironments: {staging: {}, production: {}}\n";

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "deploy/deploy.yaml", PROJECT);
    write(
        folder.path(),
        "deploy/templates/map.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    );
    folder
}

/// A command, its exit code, and words its message must have.
type Case<'a> = (&'a [&'a str], i32, &'a [&'a str]);

#[test]
fn commands_say_what_is_wrong_and_what_to_do() {
    let folder = project();
    write(folder.path(), "notes.txt", "hello\n");
    let cases: &[Case<'_>] = &[
        (&["stagign"], 2, &["unrecognized subcommand"]),
        (&["app", "--evn", "staging"], 2, &["--evn", "--env"]),
        (
            &["render", "--env", "stagign"],
            2,
            &["no environment `stagign`", "did you mean `staging`?"],
        ),
        (&["render"], 2, &["which environment?", "--env"]),
        (
            &["render", "--env", "staging", "--target", "eu"],
            2,
            &["no target `eu`"],
        ),
        (
            &["render", "--env", "staging", "--image", "wbe=1"],
            2,
            &["wbe", "web"],
        ),
        (
            &["app", "--env", "staging", "--image", "web=1"],
            4,
            &["kubeconfig", "deploy sandbox up"],
        ),
        (
            &["app", "--env", "staging", "--kubeconfig", "nowhere"],
            4,
            &["nowhere"],
        ),
        (
            &["explain", "image-not-fuond"],
            2,
            &["did you mean `image-not-found`?"],
        ),
        (&["app", "--project", "nowhere"], 2, &["nowhere"]),
        (
            &["app", "--env", "staging", "--plan", "nowhere.json"],
            4,
            &["kubeconfig"],
        ),
        (&["status", "--file", "nowhere.yaml"], 2, &["nowhere.yaml"]),
        (
            &["status", "--file", "notes.txt"],
            2,
            &["notes.txt holds no objects", "kubectl get"],
        ),
        (
            &["rollback", "--to", "last"],
            2,
            &["a release number is wanted", "deploy history"],
        ),
    ];
    for (arguments, code, words) in cases {
        let (ended, text) = talk(folder.path(), arguments);
        assert_eq!(ended, *code, "{arguments:?}\n{text}");
        for word in *words {
            assert!(
                text.contains(word),
                "{arguments:?} should say `{word}`:\n{text}"
            );
        }
    }
}

#[test]
fn a_kubeconfig_without_that_context_suggests_one() {
    let folder = project();
    let kubeconfig = "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: \"https://127.0.0.1:1\"}}]\nusers: [{name: u, user: {token: t}}]\ncontexts: [{name: staging, context: {cluster: c, user: u}}]\n";
    write(folder.path(), ".kube/config", kubeconfig);
    let (code, text) = talk(
        folder.path(),
        &[
            "app",
            "--env",
            "staging",
            "--image",
            "web=1",
            "--context",
            "stagign",
        ],
    );
    assert!(code == 2 && text.contains("staging"), "{code}\n{text}");
    let (code, text) = talk(
        folder.path(),
        &[
            "app",
            "--env",
            "staging",
            "--image",
            "web=1",
            "--context",
            "staging",
        ],
    );
    assert!(code == 4 && text.contains("127.0.0.1:1"), "{code}\n{text}");
}

#[test]
fn mistakes_in_the_project_come_all_at_once_with_their_places() {
    let folder = project();
    write(
        folder.path(),
        "deploy/deploy.yaml",
        "app: Shop_1\nenvironments: {staging: {contxt: a}}\nrollout: {soak: soon}\n",
    );
    let (code, text) = talk(folder.path(), &["lint"]);
    assert_eq!(code, 3, "{text}");
    for word in [
        "deploy.yaml:1:",
        "Shop_1",
        "deploy.yaml:2:",
        "contxt",
        "context",
        "deploy.yaml:3:",
        "soon",
        "3 mistakes",
    ] {
        assert!(text.contains(word), "should say `{word}`:\n{text}");
    }
}

#[test]
fn templates_that_are_bombs_end_quickly_with_a_message() {
    let folder = project();
    let bombs = [
        (
            "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
            "template",
        ),
        (
            "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
            "recursion",
        ),
        (
            "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n",
            "alias",
        ),
    ];
    for (template, _) in bombs {
        write(folder.path(), "deploy/templates/map.yaml", template);
        let (code, text) = talk(
            folder.path(),
            &["render", "--env", "staging", "--image", "web=1"],
        );
        assert_eq!(code, 3, "{text}");
        assert!(text.contains("templates/map.yaml"), "{text}");
    }
    write(
        folder.path(),
        "deploy/templates/map.yaml",
        &"a: b\n".repeat(10_000_000),
    );
    let (code, text) = talk(
        folder.path(),
        &["render", "--env", "staging", "--image", "web=1"],
    );
    assert!(code == 3 && text.contains("MB"), "{code}\n{text}");
}

#[test]
fn a_symlink_that_leaves_the_folder_is_refused() {
    let folder = project();
    std::os::unix::fs::symlink(
        "/etc/passwd",
        folder.path().join("deploy/templates/users.yaml"),
    )
    .unwrap();
    let (code, text) = talk(folder.path(), &["lint"]);
    assert!(code == 3 && text.contains("users.yaml"), "{code}\n{text}");
}

#[test]
fn later_features_are_refused_not_ignored() {
    let folder = project();
    write(
        folder.path(),
        "deploy/deploy.yaml",
        "app: shop\nenvironments: {staging: {promoteFrom: dev}}\nsecrets: {db: {vault: {path: a}}}\n",
    );
    let (code, text) = talk(folder.path(), &["lint"]);
    assert_eq!(code, 3, "{text}");
    assert_eq!(text.matches("not supported yet").count(), 2, "{text}");
}

#[test]
fn a_deploy_needs_a_checkout_and_says_how_to_do_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = talk(folder.path(), &["app", "--env", "staging"]);
    assert!(code == 2 && text.contains("deploy/deploy.yaml"), "{text}");
    let (code, text) = talk(folder.path(), &["app", "--app", "shop"]);
    assert!(code == 2 && text.contains("--from-live"), "{text}");
}

#[test]
fn github_is_pointed_at_the_file_in_the_repository() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "services/shop/deploy/deploy.yaml",
        "app: shop\nenvironments: {staging: {contxt: a}}\n",
    );
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_deploy"))
        .args(["lint", "--project", "services/shop", "--output", "github"])
        .current_dir(folder.path())
        .env("GITHUB_WORKSPACE", folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("file=services/shop/deploy/deploy.yaml,line=2"),
        "{text}"
    );
}
