//! Cases as files: `tests/objects/<kind>/*.yaml`. Its first comment is the verdict on its first object; the rest of the
//! file is what else is seen. `# finding:` lines are causes that must be found, with their severity.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::event::State;
use crate::track::status::judge_saved;

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else {
            into.push(path);
        }
    }
}

fn documents(text: &str) -> Vec<Value> {
    text.split("\n---\n")
        .map(|document| serde_yaml::from_str(document).unwrap())
        .collect()
}

/// What is wrong with a case; empty when it holds.
fn check(text: &str) -> Vec<String> {
    let now = "2026-01-01T00:10:00Z".parse().unwrap();
    let status = judge_saved(documents(text), now).remove(0);
    let mut wrong = Vec::new();
    for line in text.lines().take_while(|line| line.starts_with('#')) {
        let line = line.trim_start_matches('#').trim();
        let (word, rest) = line.split_once(": ").unwrap_or((line, ""));
        let holds = match word {
            "ready" => status.readiness == State::Ready && status.reason.contains(rest),
            "waiting" => status.readiness == State::Waiting && status.reason.contains(rest),
            "failed" => status.readiness == State::Failed && status.reason.contains(rest),
            "finding" => status.findings.iter().any(|finding| {
                format!("{} {:?}", finding.code, finding.severity).to_lowercase() == rest
            }),
            "no finding" => status.findings.iter().all(|finding| finding.code != rest),
            "note" => true,
            _ => false,
        };
        if !holds {
            let found: Vec<String> = status
                .findings
                .iter()
                .map(|finding| {
                    format!(
                        "{} {:?}: {}",
                        finding.code, finding.severity, finding.message
                    )
                })
                .collect();
            wrong.push(format!(
                "wanted `{line}`, got {:?}: {} {found:#?}",
                status.readiness, status.reason
            ));
        }
    }
    wrong
}

#[test]
fn every_case_gets_its_verdict() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/objects");
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    paths.sort();
    assert!(paths.len() > 60, "the cases are there");
    let wrong: Vec<String> = paths
        .iter()
        .flat_map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            let name = path.strip_prefix(&folder).unwrap().display().to_string();
            check(&text)
                .into_iter()
                .map(move |wrong| format!("{name}: {wrong}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Whatever type stands in a field, no rule and no finder may panic, and a workload must not become ready by it.
#[test]
fn odd_types_never_panic_nor_make_a_workload_ready() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/objects");
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let now = "2026-01-01T00:10:00Z".parse().unwrap();
    for path in paths {
        let whole = documents(&std::fs::read_to_string(&path).unwrap());
        for odd in [
            Value::Null,
            serde_json::json!(-7),
            serde_json::json!("x"),
            serde_json::json!([[]]),
            serde_json::json!({"a": 1}),
            serde_json::json!(true),
        ] {
            for depth in 1..5 {
                let values = whole
                    .iter()
                    .map(|value| replaced(value, &odd, depth))
                    .collect();
                let judged = judge_saved(values, now);
                if depth == 1 {
                    assert!(judged.is_empty(), "an object without kind is no object");
                }
            }
            let values = whole
                .iter()
                .cloned()
                .map(|mut value| {
                    value["status"] = odd.clone();
                    value
                })
                .collect();
            for status in judge_saved(values, now) {
                let workload = ["Deployment", "StatefulSet", "DaemonSet", "Job", "Pod"]
                    .iter()
                    .any(|kind| status.id.is(kind));
                let scaled_down = status.reason.contains("scaled to 0");
                assert!(
                    !workload || scaled_down || status.readiness != State::Ready,
                    "{}: {} is ready with the status {odd}",
                    path.display(),
                    status.id
                );
            }
        }
    }
}

/// The value with everything at a depth replaced.
fn replaced(value: &Value, odd: &Value, depth: usize) -> Value {
    if depth == 0 {
        return odd.clone();
    }
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), replaced(value, odd, depth - 1)))
            .collect(),
        Value::Array(items) => items
            .iter()
            .map(|value| replaced(value, odd, depth - 1))
            .collect(),
        other => other.clone(),
    }
}

#[test]
fn ids_of_a_file_with_one_namespace_do_not_repeat_it() {
    let of = |namespace: &str| serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": namespace}});
    let now = "2026-01-01T00:10:00Z".parse().unwrap();
    let list = serde_json::json!({"kind": "List", "items": [of("shop"), of("shop")]});
    assert_eq!(
        judge_saved(vec![list], now)[0].id.to_string(),
        "ConfigMap/a"
    );
    let mixed = judge_saved(vec![of("shop"), of("other")], now);
    assert_eq!(mixed[0].id.to_string(), "ConfigMap/shop/a");
}
