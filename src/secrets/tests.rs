use super::*;
use crate::project::Project;

const VALUE: &str = "hunter22-hunter22";

fn env() -> Env {
    Env::silent([("DB_URL", VALUE), ("PATH", "/usr/bin:/bin")])
}

async fn run(secrets: &str, files: &[(&str, &str)]) -> (Result<SecretValues>, Redactor, Project) {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("deploy/secrets")).unwrap();
    let main = format!("app: shop\nenvironments: {{staging: {{}}}}\nsecrets: {secrets}\n");
    std::fs::write(root.path().join("deploy/deploy.yaml"), main).unwrap();
    for (path, text) in files {
        std::fs::write(root.path().join("deploy").join(path), text).unwrap();
    }
    let project = Project::load(root.path()).unwrap();
    let target = project.environment(None).unwrap().targets[0].clone();
    let redactor = Redactor::default();
    let result = fetch(&project, "staging", &target, &env(), &redactor).await;
    (result, redactor, project)
}

#[tokio::test]
async fn every_source_gives_values_that_the_redactor_knows() {
    let yaml = format!("url: {VALUE}\n");
    let dotenv = format!("url={VALUE}\n");
    for source in [
        "{db: {env: {url: DB_URL}}}",
        "{db: {file: 'secrets/{environment}.yaml'}}",
        "{db: {file: staging.env}}",
        "{db: {file: {url: secrets/whole}}}",
        "{db: {exec: {command: [cat, secrets/staging.yaml]}}}",
        "{db: {exec: {command: [\"false\"]}, in: {staging: {env: {url: DB_URL}}}}}",
    ] {
        let files = [
            ("secrets/staging.yaml", yaml.as_str()),
            ("staging.env", &dotenv),
            ("secrets/whole", VALUE),
        ];
        let (result, redactor, project) = run(source, &files).await;
        assert_eq!(
            result.unwrap().0["db"]["url"].expose(),
            VALUE.as_bytes(),
            "{source}"
        );
        assert!(redactor.finds(VALUE), "{source}");
        if source.contains("file") {
            let json = serde_json::to_string(
                &project
                    .bundle
                    .clone()
                    .without(|path| !source.contains(path.rsplit('/').next().unwrap_or(""))),
            )
            .unwrap();
            assert!(
                !json.contains(VALUE),
                "{source}: a file with secrets is in the bundle"
            );
        }
    }
}

#[tokio::test]
async fn what_is_missing_is_named_and_values_are_not() {
    let bad = format!("url: [{VALUE}\n");
    for (source, message) in [
        (
            "{db: {env: [DB_URL, NOPE, NADA]}}",
            "NOPE and NADA are not set",
        ),
        ("{db: {file: secrets/none.yaml}}", "cannot be read"),
        ("{db: {file: secrets/bad.yaml}}", "is not YAML (line"),
        (
            "{db: {exec: {command: [sh, -c, 'echo hunter22-hunter22 >&2; exit 3']}}}",
            "exit status: 3",
        ),
        (
            "{db: {exec: {command: [sleep, '60'], timeout: 50ms}}}",
            "did not finish within",
        ),
        (
            "{db: {exec: {command: [no-such-program]}}}",
            "cannot be started",
        ),
        (
            "{db: {exec: {command: [echo, hunter22-hunter22]}}}",
            "is not a mapping",
        ),
    ] {
        let (result, _, _) = run(source, &[("secrets/bad.yaml", &bad)]).await;
        let failure = result.unwrap_err();
        let text = format!("{} {:?}", failure.mistakes().unwrap(), failure);
        assert!(text.contains(message), "{source}: {text}");
        assert!(
            !text.contains("hunter22-hunter22\n") && !text.contains("[hunter22"),
            "{text}"
        );
        assert_eq!(failure.exit_code(), 3);
    }
}
