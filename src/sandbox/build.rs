//! From embedded sources to a binary in the cache. Built once for each version of the sources, by one process at a time.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::error::{Failure, Result};

use super::{Machine, VERSION, lock, sources};

/// The oldest Go that can build Kubernetes [`VERSION`], from its go.mod.
const GO: (u32, u32) = (1, 26);
const BINARY: &str = "control-plane";
const LINK_FLAGS: &str = "-s -w -X k8s.io/component-base/version.gitVersion=";
/// How much of a failed build's output is worth showing.
const LAST_LINES: usize = 15;

/// How far an operation is. Numbers where there are any, so that it can be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Another process builds the same; we wait for it.
    WaitingForBuild,
    /// Modules are being fetched.
    Fetching {
        /// How many so far.
        modules: usize,
    },
    /// Packages are being compiled.
    Compiling {
        /// How many are done.
        done: usize,
        /// Out of how many at most: those that Go has cached are skipped.
        total: usize,
    },
    /// The last step of a build.
    Linking,
    /// Another command works on the same sandbox; we wait for it.
    WaitingForLock,
    /// What an earlier run left behind is being removed.
    Cleaning,
    /// The control plane is starting.
    Starting,
}

/// Returns the binary, building it if this version of the sources was never built here.
pub(super) async fn binary(
    machine: &Machine,
    progress: &mut dyn FnMut(Progress),
) -> Result<PathBuf> {
    let link = format!("{LINK_FLAGS}{VERSION}");
    let target = format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH);
    let name = sources::hash(&["-trimpath", &link, "CGO_ENABLED=0"], &target);
    let folder = machine.cache.join(&name);
    let binary = folder.join(BINARY);
    if binary.is_file() {
        return Ok(binary);
    }
    let _lock = lock::take(&machine.cache.join(format!("{name}.lock")), || {
        progress(Progress::WaitingForBuild);
    })
    .await?;
    if binary.is_file() {
        return Ok(binary);
    }
    let go = find_go(machine).await?;
    let work = tempfile::Builder::new()
        .prefix(&format!(".{name}-"))
        .tempdir_in(&machine.cache)?;
    sources::write(work.path())?;
    let total = packages(&go, machine, work.path(), progress).await?;
    compile(&go, machine, work.path(), &link, total, progress).await?;

    // The folder appears whole or not at all.
    let finished = tempfile::Builder::new()
        .prefix(&format!(".{name}-"))
        .tempdir_in(&machine.cache)?;
    std::fs::rename(work.path().join(BINARY), finished.path().join(BINARY))?;
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::rename(finished.keep(), &folder)?;
    Ok(binary)
}

/// Go, set up so that the user's own settings cannot change what is built.
fn go_command(go: &Path, machine: &Machine, folder: &Path) -> Command {
    let mut command = Command::new(go);
    command
        .current_dir(folder)
        .env_clear()
        .envs(&machine.variables)
        .env("CGO_ENABLED", "0")
        .env("GOFLAGS", "-mod=readonly -buildvcs=false")
        .env("GOWORK", "off")
        .env("GOTOOLCHAIN", "local")
        .env_remove("GOOS")
        .env_remove("GOARCH")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

async fn find_go(machine: &Machine) -> Result<PathBuf> {
    let needed = format!("Go {}.{} or newer", GO.0, GO.1);
    let explain = |problem: String| {
        Failure::cluster(problem)
            .hint(format!("install {needed} (https://go.dev/dl): the sandbox compiles Kubernetes {VERSION} with it, once"))
            .hint("or use any other cluster (kind, minikube, a test cluster) with --context: nothing else needs Go")
    };
    let go = machine
        .program("go")
        .ok_or_else(|| explain(format!("the sandbox must be built first, which needs {needed}, and there is no `go` on the PATH")))?;
    let output = go_command(&go, machine, Path::new("/"))
        .args(["env", "GOVERSION"])
        .output()
        .await?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match go_version(&text) {
        Some(version) if version >= GO => Ok(go),
        Some((major, minor)) => Err(explain(format!(
            "the sandbox must be built first, which needs {needed}, but {} is Go {major}.{minor}",
            go.display()
        ))),
        None => Err(explain(format!(
            "the sandbox must be built first, which needs {needed}, but {} does not say its version: {text} {}",
            go.display(),
            String::from_utf8_lossy(&output.stderr).trim()
        ))),
    }
}

/// `go1.26.8` or `go1.27rc1` as (1, 26) or (1, 27).
fn go_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text
        .strip_prefix("go")?
        .split(|letter: char| !letter.is_ascii_digit())
        .map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// Fetches what is missing and counts the packages that a build may compile.
async fn packages(
    go: &Path,
    machine: &Machine,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<usize> {
    let mut command = go_command(go, machine, folder);
    command.args(["list", "-deps", "."]);
    let mut modules = 0;
    let list = run(command, &mut |line| {
        if line.starts_with("go: downloading ") {
            modules += 1;
            progress(Progress::Fetching { modules });
        }
    })
    .await
    .map_err(|failure| {
        failure
            .context("cannot fetch the sandbox's Go modules")
            .hint("the first `deploy sandbox up` needs the network, or a filled Go module cache (GOPROXY, GOMODCACHE)")
    })?;
    Ok(list.lines().count())
}

async fn compile(
    go: &Path,
    machine: &Machine,
    folder: &Path,
    link: &str,
    total: usize,
    progress: &mut dyn FnMut(Progress),
) -> Result<()> {
    let mut command = go_command(go, machine, folder);
    command.args([
        "build",
        "-v",
        "-trimpath",
        "-ldflags",
        link,
        "-o",
        BINARY,
        ".",
    ]);
    let mut done = 0;
    progress(Progress::Compiling { done, total });
    run(command, &mut |line| {
        if is_package(line) {
            done += 1;
            // Our own package comes last; after it only the linker runs.
            progress(if line == "deploy/sandbox" {
                Progress::Linking
            } else {
                Progress::Compiling {
                    done: done.min(total),
                    total,
                }
            });
        }
    })
    .await
    .map_err(|failure| failure.context("cannot build the sandbox"))?;
    Ok(())
}

/// A line of `go build -v` is an import path; everything else is a message.
fn is_package(line: &str) -> bool {
    !line.is_empty()
        && !line.starts_with('#')
        && !line.starts_with("go: ")
        && !line.contains([' ', '\t', ':'])
}

/// Runs Go, passing on each line of stderr; returns stdout.
async fn run(mut command: Command, line: &mut dyn FnMut(&str)) -> Result<String> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let stdout = child
        .stdout
        .take()
        .ok_or_else(|| Failure::bug("no stdout"))?;
    let stderr = child
        .stderr
        .take()
        .ok_or_else(|| Failure::bug("no stderr"))?;
    let mut data = String::new();
    let mut talk: Vec<String> = Vec::new();
    let read_data = async {
        let mut lines = BufReader::new(stdout).lines();
        while let Some(next) = lines.next_line().await? {
            data.push_str(&next);
            data.push('\n');
        }
        Ok::<(), Failure>(())
    };
    let read_talk = async {
        let mut lines = BufReader::new(stderr).lines();
        while let Some(next) = lines.next_line().await? {
            line(&next);
            if !is_package(&next) {
                talk.push(next);
            }
        }
        Ok::<(), Failure>(())
    };
    tokio::try_join!(read_data, read_talk)?;
    // Both pipes are closed, so the end is near; a hung child must still not hang us.
    let ended = tokio::time::timeout(Duration::from_mins(1), child.wait())
        .await
        .map_err(|_| Failure::cluster("go does not end"))??;
    if ended.success() {
        return Ok(data);
    }
    let last = talk.len().saturating_sub(LAST_LINES);
    Err(Failure::cluster(format!(
        "go ended with {ended}:\n{}",
        talk[last..].join("\n")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_go() {
        assert_eq!(go_version("go1.26.8"), Some((1, 26)));
        assert_eq!(go_version("go1.27rc1"), Some((1, 27)));
        assert_eq!(go_version("go2.0"), Some((2, 0)));
        assert_eq!(go_version("devel"), None);
        assert!(go_version("go1.9") < Some(GO));
    }

    #[test]
    fn packages_are_told_from_messages() {
        assert!(is_package("k8s.io/api/core/v1"));
        assert!(is_package("fmt"));
        assert!(!is_package("go: downloading k8s.io/api v0.36.3"));
        assert!(!is_package("# k8s.io/api"));
        assert!(!is_package("./main.go:3:2: undefined: x"));
    }
}
