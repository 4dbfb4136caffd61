//! The commit a project is at, asked from `git`. No git or no repository is no error: there is just no commit.

use std::path::Path;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::env::Env;

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Git {
    /// Full hash.
    pub commit: String,
    /// The first characters of it, as git abbreviates them.
    pub short: String,
    /// Branch, unless the head is detached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// When it was committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub time: Option<Timestamp>,
    /// Whether the checkout differs from the commit.
    #[serde(default)]
    pub dirty: bool,
    /// First line of its message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// A commit, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Commit {
    /// Its hash, abbreviated.
    pub short: String,
    /// First line of its message.
    pub subject: String,
    /// Who wrote it.
    pub author: String,
}

/// The commit the folder is at. `None` without git, without a repository, or before the first commit.
pub fn head(root: &Path, env: &Env) -> Option<Git> {
    let log = ask(
        root,
        env,
        &[
            "log",
            "-1",
            "--format=%H%n%h%n%ct%n%s",
            "--no-show-signature",
        ],
    )?;
    let mut lines = log.lines();
    let commit = lines.next()?.to_owned();
    let short = lines.next()?.to_owned();
    let time = lines
        .next()
        .and_then(|seconds| seconds.parse().ok())
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    let subject = lines.next().map(str::to_owned);
    Some(Git {
        commit,
        short,
        branch: ask(root, env, &["symbolic-ref", "--short", "-q", "HEAD"])
            .map(|branch| branch.trim().to_owned()),
        time,
        dirty: ask(root, env, &["status", "--porcelain", "--", "."])
            .is_some_and(|status| !status.trim().is_empty()),
        subject,
    })
}

/// The URL of the remote `origin`. It may hold credentials.
pub fn remote(root: &Path, env: &Env) -> Option<String> {
    ask(root, env, &["config", "--get", "remote.origin.url"]).map(|url| url.trim().to_owned())
}

/// Whether this is a hash. What a record in a cluster calls a commit could be an option of git's, such as `--output=FILE`.
fn is_hash(commit: &str) -> bool {
    !commit.is_empty() && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether `older` is an ancestor of `newer`. `None` when git cannot tell.
pub fn is_ancestor(root: &Path, env: &Env, older: &str, newer: &str) -> Option<bool> {
    if !is_hash(older) || !is_hash(newer) {
        return None;
    }
    let status = command(root, env, &["merge-base", "--is-ancestor", older, newer])
        .status()
        .ok()?;
    match status.code() {
        Some(0) => Some(true),
        Some(1) => Some(false),
        _ => None,
    }
}

/// Commits to the folder that `newer` has and `older` has not, newest first, at most `most`, and how many more there are.
/// `None` when git cannot tell: a commit that a shallow clone does not have.
pub fn log(
    root: &Path,
    env: &Env,
    (older, newer): (&str, &str),
    most: usize,
) -> Option<(Vec<Commit>, usize)> {
    if !is_hash(older) || !is_hash(newer) {
        return None;
    }
    let range = format!("{older}..{newer}");
    let count = format!("--max-count={most}");
    let format = "--format=%h%x1f%an%x1f%s";
    let log = ask(
        root,
        env,
        &[
            "log",
            &count,
            format,
            "--no-show-signature",
            &range,
            "--",
            ".",
        ],
    )?;
    let commits: Vec<Commit> = log
        .lines()
        .filter_map(|line| {
            let mut parts = line.splitn(3, '\u{1f}').map(str::to_owned);
            Some(Commit {
                short: parts.next()?,
                author: parts.next()?,
                subject: parts.next()?,
            })
        })
        .collect();
    let all: usize = ask(root, env, &["rev-list", "--count", &range, "--", "."])?
        .trim()
        .parse()
        .ok()?;
    let omitted = all.saturating_sub(commits.len());
    Some((commits, omitted))
}

fn ask(root: &Path, env: &Env, arguments: &[&str]) -> Option<String> {
    let output = command(root, env, arguments).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn command(root: &Path, env: &Env, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .args(arguments)
        .current_dir(root)
        .env_clear()
        .envs(&env.variables)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_record_calls_a_commit_is_never_an_option_of_gits() {
        let env = crate::report::tests::Screen::default().env();
        let root = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| {
            let status = command(root.path(), &env, arguments).status().unwrap();
            assert!(status.success(), "{arguments:?}");
        };
        git(&["init", "-q"]);
        for _ in 0..2 {
            let who = ["-c", "user.name=a", "-c", "user.email=a@b"];
            git(&[&who[..], &["commit", "-q", "--allow-empty", "-m", "x"]].concat());
        }
        let head = head(root.path(), &env).unwrap().commit;
        let seen = || std::fs::read_dir(root.path()).unwrap().count();
        let before = seen();
        assert_eq!(log(root.path(), &env, ("--output=stolen", &head), 5), None);
        assert_eq!(is_ancestor(root.path(), &env, "--all", &head), None);
        assert_eq!(seen(), before, "git wrote a file");
        assert_eq!(is_ancestor(root.path(), &env, &head, &head), Some(true));
    }
}
