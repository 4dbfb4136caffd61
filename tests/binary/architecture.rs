//! Imports point down: what decides knows nothing of what draws, and only two folders talk to the API server.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What a module may not import, and why.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "report",
        &[
            "ops", "commands", "cluster", "release", "project", "render", "secrets", "session",
            "track", "notify",
        ],
    ),
    (
        // It reads settings of the project and renders their templates, but knows nothing of runs and clusters.
        "notify",
        &[
            "ops", "commands", "cluster", "release", "secrets", "session", "track", "plan",
        ],
    ),
    (
        "render",
        &[
            "cluster", "ops", "commands", "report", "release", "session", "track",
        ],
    ),
    (
        "manifest",
        &[
            "cluster", "ops", "commands", "report", "release", "render", "session", "track", "plan",
        ],
    ),
    (
        "diagnose",
        &[
            "cluster", "ops", "commands", "report", "release", "session", "shell",
        ],
    ),
    (
        "project",
        &[
            "cluster", "ops", "commands", "report", "release", "session", "track", "plan",
        ],
    ),
    (
        "cluster",
        &[
            "ops", "commands", "report", "release", "render", "session", "track", "plan",
        ],
    ),
    (
        "track",
        &["ops", "commands", "report", "release", "render", "session"],
    ),
    (
        "init",
        &[
            "cluster", "ops", "commands", "report", "release", "session", "shell", "track",
        ],
    ),
    ("release", &["ops", "commands", "report", "session"]),
    ("ops", &["commands", "report", "notify"]),
    ("words", &["ops", "commands", "report", "cluster"]),
    ("redact", &["ops", "commands", "report", "cluster", "shell"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn modules() -> BTreeMap<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    found
        .into_iter()
        .map(|path| {
            (
                path.strip_prefix(&root).unwrap().to_owned(),
                fs::read_to_string(&path).unwrap(),
            )
        })
        .collect()
}

#[test]
fn imports_point_down() {
    let mut breaches = Vec::new();
    for (path, text) in modules() {
        let module = path
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_string_lossy()
            .trim_end_matches(".rs")
            .to_owned();
        let Some((_, forbidden)) = FORBIDDEN.iter().find(|(name, _)| *name == module) else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            for target in *forbidden {
                if line
                    .trim_start()
                    .starts_with(&format!("use crate::{target}::"))
                    || line.contains(&format!(" crate::{target}::"))
                {
                    breaches.push(format!(
                        "{}:{}: {}",
                        path.display(),
                        number + 1,
                        line.trim()
                    ));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn files_stay_short() {
    let long: Vec<String> = modules()
        .into_iter()
        .filter(|(path, _)| !path.ends_with("tests.rs"))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > 500)
        .map(|(path, lines)| format!("{}: {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "split these: {long:#?}");
}
