//! The transcripts in README.md and docs/demo.md are what a run prints, line by line.
//!
//! A block between `<!-- transcript: NAME -->` and `<!-- end of transcript -->` is compared with the step of that name.
//! Times, generated names and who ran it are made equal on both sides first, and so is the part of a rollout whose order
//! is the cluster's. Everything else has to be the same. `UPDATE=1` writes the blocks anew.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::Test;
use super::support::{DEPLOY, Space, copy_folder, ended};

pub const TESTS: &[Test] = &[("transcripts::are_what_a_run_prints", are_what_a_run_prints)];

/// Files with transcripts.
const PAGES: &[&str] = &["README.md", "docs/demo.md", "docs/incident.md"];

/// The demo: name of the step, command line, exit code.
const STEPS: &[(&str, &str, i32)] = &[
    ("first", "deploy app --env staging", 0),
    (
        "change",
        "deploy app --env staging --image web=1.27.4-alpine",
        0,
    ),
    (
        "failure",
        "deploy app --env staging --image web=sandbox/crash:exit-1-backoff-1s",
        5,
    ),
    ("rollback", "deploy rollback --env staging --yes", 0),
    ("history", "deploy history --env staging", 0),
];

fn are_what_a_run_prints(space: &Space) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    copy_folder(
        &root.join("examples/shop/deploy"),
        &space.root().join("deploy"),
    );
    // Not there before the first deploy, which makes it.
    let namespace = format!("{}-shop", space.namespace);
    let mut pages: Vec<String> = PAGES
        .iter()
        .map(|page| fs::read_to_string(root.join(page)).unwrap())
        .collect();
    let mut stale = Vec::new();
    let mut shown = 0;
    let chat = Chat::open(space);
    for (name, line, code) in STEPS {
        let mut command = space.hermetic(DEPLOY);
        command.args(line.split(' ').skip(1)).args([
            "--context",
            &space.cluster.admin,
            "--namespace",
            &namespace,
        ]);
        command.env("SHOP_CHAT", &chat.url);
        let ended = ended(command).exits(*code);
        if *name == "first" {
            scaled(space, &namespace);
        }
        let printed = format!("{}{}", ended.stderr, ended.stdout)
            .replace(&namespace, "shop-staging")
            .replace(&space.cluster.admin, "deploy-sandbox");
        let run = format!("```console\n$ {line}\n{}\n```\n", printed.trim_end());
        let mut blocks = vec![(*name, run)];
        if *name == "failure" {
            let told = chat.last(2);
            let told = told
                .replace(&namespace, "shop-staging")
                .replace(&space.cluster.admin, "deploy-sandbox");
            blocks.push(("chat", format!("```text\n{told}\n```\n")));
        }
        let places = blocks
            .iter()
            .flat_map(|block| (0..PAGES.len()).map(move |page| (block, page)));
        for ((name, actual), page) in places {
            let (page, text) = (PAGES[page], &mut pages[page]);
            let Some((before, block, after)) = block(text, name) else {
                continue;
            };
            shown += 1;
            if normal(block) != normal(actual) {
                stale.push(format!(
                    "{page}: transcript `{name}`\n--- written\n{}\n--- printed\n{}",
                    normal(block).join("\n"),
                    normal(actual).join("\n"),
                ));
                *text = format!("{before}{actual}{after}");
            }
        }
    }
    space.api("DELETE", &format!("/api/v1/namespaces/{namespace}"), None);
    assert!(shown >= STEPS.len(), "each step stands in a page");
    if std::env::var_os("UPDATE").is_some() {
        for (page, text) in PAGES.iter().zip(&pages) {
            fs::write(root.join(page), text).unwrap();
        }
    } else {
        assert!(
            stale.is_empty(),
            "run `UPDATE=1 cargo test --test live transcripts` and look at the difference\n{}",
            stale.join("\n")
        );
    }
}

/// A chat on this machine, and what it was told.
struct Chat {
    inbox: Child,
    told: PathBuf,
    url: String,
}

impl Chat {
    fn open(space: &Space) -> Self {
        let told = space.root().join("told");
        let mut inbox = space
            .hermetic(DEPLOY)
            .args(["notify", "inbox", "--port", "0"])
            .stdout(fs::File::create(&told).unwrap())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(inbox.stderr.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        let address = said
            .split_whitespace()
            .find(|word| word.starts_with("http"));
        let url = format!("{}/slack", address.unwrap().trim_end_matches(';'));
        Self { inbox, told, url }
    }

    /// The newest messages.
    fn last(&self, number: usize) -> String {
        let told = fs::read_to_string(&self.told).unwrap();
        let messages: Vec<&str> = told.trim_end().split("\n\n").collect();
        messages[messages.len() - number..].join("\n\n")
    }
}

impl Drop for Chat {
    fn drop(&mut self) {
        let _ = self.inbox.kill();
        let _ = self.inbox.wait();
    }
}

/// Waits until the autoscaler has brought web to its minimum: it acts by its own clock, and later steps print counts.
fn scaled(space: &Space, namespace: &str) {
    let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments/web");
    let begun = Instant::now();
    while space.api("GET", &path, None)["status"]["readyReplicas"] != 2 {
        assert!(
            begun.elapsed() < Duration::from_mins(2),
            "the autoscaler never acted"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// What is before a transcript, the transcript with its fences, and what is after it.
fn block<'a>(page: &'a str, name: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let start = format!("<!-- transcript: {name} -->\n");
    let begin = page.find(&start)? + start.len();
    let end = begin
        + page[begin..]
            .find("<!-- end of transcript -->")
            .expect("a transcript ends");
    Some((&page[..begin], &page[begin..end], &page[end..]))
}

/// A transcript without what differs from run to run.
fn normal(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    // Begin of the lines about objects that follow each other in whatever order the cluster made them ready.
    let mut unordered = 0;
    for line in text.lines() {
        let line = times(line);
        let line = match line.strip_prefix("  by ") {
            Some(_) => "  by somebody".to_owned(),
            None => line,
        };
        let news = line.strip_prefix("[ time] ").unwrap_or_default();
        if news.starts_with('·') {
            // Seen only where it lasted.
            continue;
        }
        // Lines of a job's log race with the news of its end.
        let of_a_job = news.starts_with("migrate |") || news.starts_with("smoke |");
        let about_an_object = news.starts_with('✓') || news.starts_with('!') || of_a_job;
        let line = match line.split_once(", restarts: ") {
            Some((cause, _)) if about_an_object => format!("{cause} (crash-loop)"),
            _ => names(&line),
        };
        lines.push(line);
        if about_an_object {
            lines[unordered..].sort();
        } else {
            unordered = lines.len();
        }
    }
    lines
}

/// The line with its times replaced.
fn times(line: &str) -> String {
    let line = match (line.starts_with('['), line.split_once("] ")) {
        (true, Some((_, rest))) => format!("[ time] {rest}"),
        _ => line.to_owned(),
    };
    // `  1 changed; plan 0.1s, rollout 5.2s`: which phases took long enough to be named differs, too.
    let counted = ["created", "changed", "deleted"];
    if let Some((counts, _)) = line.split_once("; ")
        && counts.starts_with("  ")
        && counted.iter().any(|word| counts.ends_with(word))
    {
        return format!("{counts}; times");
    }
    let words: Vec<&str> = line.split(' ').collect();
    let mut out = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let next = words
            .get(index + 1)
            .map_or("", |next| next.trim_matches([')', ',']));
        let before = index.checked_sub(1).map_or("", |before| words[before]);
        if is_time(word) && (next == "ago" || matches!(before, "after" | "in")) {
            out.push("time");
        } else {
            out.push(word);
        }
    }
    out.join(" ")
}

/// `5.2s`, `16s`, `1m05s`.
fn is_time(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
        && word.ends_with(['s', 'm', 'h'])
        && word
            .chars()
            .all(|c| c.is_ascii_digit() || ".msh".contains(c))
}

/// The line with generated names and the names of people and machines replaced.
fn names(line: &str) -> String {
    // Columns are as wide as what stands in them.
    let columns = line.starts_with(|c: char| c.is_ascii_digit());
    let mut out = String::new();
    let mut word = String::new();
    for c in line.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || "-@._".contains(c) {
            word.push(c);
            continue;
        }
        out.push_str(&name(&word));
        word.clear();
        if !(columns && c == ' ' && out.ends_with(' ')) {
            out.push(c);
        }
    }
    out.trim_end().to_owned()
}

fn name(word: &str) -> String {
    if word.contains('@') {
        return "somebody@somewhere".to_owned();
    }
    let is_generated = |part: &str, least: usize| {
        part.len() >= least
            && part
                .chars()
                .all(|c| "bcdfghjklmnpqrstvwxz2456789".contains(c))
    };
    let parts: Vec<&str> = word.split('-').collect();
    match parts.as_slice() {
        // A pod's name: its template's hash and five letters.
        [app @ .., hash, pod]
            if !app.is_empty()
                && pod.len() == 5
                && is_generated(pod, 5)
                && is_generated(hash, 6) =>
        {
            format!("{}-template-pod", app.join("-"))
        }
        // A Secret's name is keyed with a random key.
        ["shop", "db", _] => "shop-db-keyed".to_owned(),
        _ => word.to_owned(),
    }
}
