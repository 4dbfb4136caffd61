//! The docs are tests: commands they show exist, and transcripts are what a run prints.

use std::fs;
use std::path::{Path, PathBuf};

use super::talk;

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    pages.extend(
        fs::read_dir(root.join("docs"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "md")),
    );
    pages
}

/// Lines of fenced blocks that begin with `deploy ` (or `$ deploy `), and steps of CI jobs that do.
fn commands(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some(fence) = line.trim_start().strip_prefix("```") {
            inside = !inside && matches!(fence, "sh" | "bash" | "console" | "yaml");
            continue;
        }
        let line = line.trim_start();
        let line = line.trim_start_matches("- ").trim_start_matches("run: ");
        let line = line.trim_start_matches("$ ");
        if inside && line.starts_with("deploy ") {
            let line = line.split(" #").next().unwrap().trim();
            found.push(filled_in(line));
        }
    }
    found
}

/// A line without GitHub's placeholders, which have spaces in them.
fn filled_in(line: &str) -> String {
    let mut parts = line.split("${{");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |line, part| {
        line + "x" + part.split_once("}}").map_or("", |(_, rest)| rest)
    })
}

#[test]
fn every_command_in_the_docs_parses() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for page in pages() {
        for command in commands(&fs::read_to_string(&page).unwrap()) {
            // Only the part before a shell operator is ours.
            let first = command.split(['|', '>', ';', '&']).next().unwrap();
            let arguments = first
                .split_whitespace()
                .map(|word| word.trim_matches(['"', '\'']));
            seen += 1;
            if let Err(error) = deploy::cli::command().try_get_matches_from(arguments)
                && !matches!(
                    error.kind(),
                    clap::error::ErrorKind::DisplayHelp | clap::error::ErrorKind::DisplayVersion
                )
            {
                wrong.push(format!(
                    "{}: {command}\n  {}",
                    page.display(),
                    error.to_string().lines().next().unwrap_or_default()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 10, "the docs show commands");
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let path = link.split('#').next().unwrap();
            if path.is_empty() || path.contains("://") {
                continue;
            }
            if !page.parent().unwrap().join(path).exists() {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_exit_code_is_documented_and_explained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let listed = String::from_utf8(super::deploy(folder.path(), &["explain"]).stdout).unwrap();
    let codes: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| word.parse::<u8>().is_ok())
        .collect();
    assert_eq!(codes.len(), 13, "{codes:?}");
    for page in ["README.md", "docs/exit-codes.md"] {
        let text = fs::read_to_string(root.join(page)).unwrap();
        let written: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split(' ').next())
            .filter(|word| word.parse::<u8>().is_ok())
            .collect();
        assert_eq!(written, codes, "{page}");
    }
    for code in codes {
        assert_eq!(talk(folder.path(), &["explain", code]).0, 0);
    }
}

#[test]
fn the_check_before_a_merge_runs_the_test_command_of_the_readme() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let command = readme
        .lines()
        .filter_map(|line| line.split_once(" #"))
        .map(|(command, _)| command.trim())
        .find(|command| command.starts_with("cargo "))
        .unwrap();
    let script = fs::read_to_string(root.join(".ci/run")).unwrap();
    assert!(
        script.lines().any(|line| line == command),
        ".ci/run should run `{command}`"
    );
}

#[test]
fn the_examples_of_the_templates_page_render() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/templates.md");
    let page = fs::read_to_string(page).unwrap();
    let blocks: Vec<&str> = page
        .split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    let folder = tempfile::tempdir().unwrap();
    super::write(
        folder.path(),
        "deploy/deploy.yaml",
        "app: shop\nimages: {web: registry.example.com/shop:1}\nenvironments: {staging: {}, production: {}}\nconfig: {common: {from: [common.env]}}\n",
    );
    super::write(folder.path(), "deploy/common.env", "A=b\n");
    super::write(
        folder.path(),
        "deploy/values/common.yaml",
        "web: {replicas: 2, host: shop.example, resources: {limits: {memory: 64Mi}}}\n",
    );
    super::write(folder.path(), "deploy/templates/web.yaml", blocks[0]);
    super::write(folder.path(), "deploy/templates/_labels.yaml", blocks[1]);
    super::write(
        folder.path(),
        "deploy/templates/map.yaml",
        &blocks[2].replacen(
            "metadata:\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: map\n",
            1,
        ),
    );
    for (environment, limited) in [("staging", false), ("production", true)] {
        let output = super::deploy(folder.path(), &["render", "--env", environment]);
        let yaml = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(yaml.contains("memory: 64Mi"), limited, "{yaml}");
        assert!(yaml.contains("app.kubernetes.io/part-of: shop"), "{yaml}");
    }
}

#[test]
fn the_examples_of_the_notifications_page_are_settings_without_mistakes() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/notifications.md");
    let page = fs::read_to_string(page).unwrap();
    let blocks = page.split("```yaml\n").skip(1);
    let blocks: Vec<&str> = blocks
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(blocks.len() > 8, "every service has one");
    for block in blocks {
        let whole = if block.contains("app: ") {
            block.to_owned()
        } else {
            format!("app: shop\nenvironments: {{staging: {{}}}}\n{block}")
        };
        let folder = tempfile::tempdir().unwrap();
        super::write(folder.path(), "deploy/deploy.yaml", &whole);
        let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
        super::write(folder.path(), "deploy/templates/a.yaml", config);
        let (code, text) = talk(folder.path(), &["lint"]);
        assert_eq!(code, 0, "{block}\n{text}");
    }
}

#[test]
fn every_built_in_template_is_a_project_without_mistakes_or_warnings() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for entry in fs::read_dir(root.join("templates")).unwrap() {
        let folder = entry.unwrap().path();
        let (code, text) = talk(&folder, &["lint"]);
        assert!(
            code == 0 && text.contains("0 warnings"),
            "{}: {text}",
            folder.display()
        );
        seen += 1;
    }
    let page = fs::read_to_string(root.join("docs/init.md")).unwrap();
    let list = String::from_utf8(super::deploy(root, &["init", "--list"]).stdout).unwrap();
    assert_eq!(list.lines().count(), seen);
    for line in list.lines() {
        let (name, about) = line.split_once(' ').unwrap();
        let row = format!(
            "| [`{name}`](../templates/{name}/deploy/deploy.yaml) | {} |",
            about.trim()
        );
        assert!(page.contains(&row), "docs/init.md has no row: {row}");
    }
}

/// Fenced YAML blocks, without the indent that they have in a list.
fn yaml_blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        match (&mut open, line.trim_start()) {
            (Some(_), "```") => blocks.extend(open.take().map(|(_, block)| block)),
            (Some((indent, block)), _) => {
                block.push_str(line.get(*indent..).unwrap_or_default());
                block.push('\n');
            }
            (None, "```yaml") => open = Some((indent, String::new())),
            (None, _) => {}
        }
    }
    blocks
}

/// GitHub's placeholders are YAML; those of templates are not.
fn is_template(block: &str) -> bool {
    block.replace("${{", "").contains("{{") || block.contains("{%")
}

#[test]
fn every_yaml_block_in_the_docs_parses() {
    let mut seen = 0;
    for page in pages() {
        for block in yaml_blocks(&fs::read_to_string(&page).unwrap()) {
            if is_template(&block) {
                continue;
            }
            for document in block.split("\n---\n") {
                let parsed = serde_yaml::from_str::<serde_json::Value>(document);
                assert!(parsed.is_ok(), "{}: {parsed:?}\n{block}", page.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 10, "the docs show YAML");
}

/// What a whole deploy.yaml in the docs may name.
const JOB: &str = "apiVersion: batch/v1
kind: Job
metadata: {name: NAME}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: main
          image: registry.example.com/shop:1
          resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 32Mi}}
";

/// What a job in the docs may need.
const DATABASE: &str = "apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: registry.example.com/db:1}]}
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {selector: {app: db}, ports: [{port: 5432}]}
";

#[test]
fn every_deploy_yaml_in_the_docs_is_right() {
    let mut seen = 0;
    for page in pages() {
        for block in yaml_blocks(&fs::read_to_string(&page).unwrap()) {
            let is_project = |line: &str| line.starts_with("app: ");
            if !block.lines().any(is_project) || is_template(&block) {
                continue;
            }
            let folder = tempfile::tempdir().unwrap();
            super::write(folder.path(), "deploy/deploy.yaml", &block);
            let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\n";
            super::write(folder.path(), "deploy/templates/map.yaml", map);
            for name in ["common", "web"] {
                super::write(folder.path(), &format!("deploy/config/{name}.env"), "A=b\n");
            }
            for job in ["migrate", "smoke"]
                .iter()
                .filter(|job| block.contains(**job))
            {
                let template = format!("deploy/templates/{job}.yaml");
                super::write(folder.path(), &template, &JOB.replace("NAME", job));
            }
            if block.contains("StatefulSet/db") {
                super::write(folder.path(), "deploy/templates/db.yaml", DATABASE);
            }
            let (code, text) = talk(folder.path(), &["lint"]);
            assert_eq!(code, 0, "{}: {text}\n{block}", page.display());
            seen += 1;
        }
    }
    assert!(seen > 4, "the docs show projects");
}
