//! Runs a command of the project (`values.exec`, `secrets.*.exec`): bounded in time and output, no shell, no input.

use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncReadExt as _;

use super::placeholders;
use super::schema::ExecSource;
use crate::env::Env;
use crate::words;

/// Most bytes a command may print.
const MOST_OUTPUT: u64 = 4 * 1024 * 1024;

/// Why a command gave nothing. Holds nothing the command printed on stdout.
#[derive(Debug, PartialEq, Eq)]
pub struct ExecError {
    /// What went wrong, without a full stop.
    pub message: String,
    /// The end of what it wrote to stderr; may hold secrets when the command fetches some.
    pub stderr: String,
}

/// Runs it in `deploy/` below `root` and returns what it printed.
///
/// # Errors
/// It cannot be started, fails, takes too long or prints too much.
pub async fn run(
    source: &ExecSource,
    root: &Path,
    place: (&str, &str),
    env: &Env,
) -> Result<Vec<u8>, ExecError> {
    let command: Vec<String> = source
        .command
        .iter()
        .map(|part| placeholders::fill(part, place.0, place.1))
        .collect();
    let fail = |message: String, stderr: &[u8]| ExecError {
        message,
        stderr: tail(stderr),
    };
    let folder = root.join("deploy");
    let Some((program, arguments)) = command.split_first() else {
        return Err(fail("the command is empty".to_owned(), &[]));
    };
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .current_dir(&folder)
        .env_clear()
        .envs(&env.variables)
        .env("DEPLOY_ENVIRONMENT", place.0)
        .env("DEPLOY_TARGET", place.1)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| fail(format!("`{program}` cannot be started: {error}"), &[]))?;
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let work = async {
        let out = async {
            match stdout {
                Some(stdout) => stdout.take(MOST_OUTPUT + 1).read_to_end(&mut output).await,
                None => Ok(0),
            }
        };
        let err = async {
            match stderr {
                Some(stderr) => stderr.take(MOST_OUTPUT).read_to_end(&mut errors).await,
                None => Ok(0),
            }
        };
        let (out, err) = futures::future::join(out, err).await;
        out.and(err)?;
        child.wait().await
    };
    let status = match tokio::time::timeout(source.timeout.0, work).await {
        Err(_) => {
            let limit = words::duration(source.timeout.0);
            return Err(fail(
                format!("`{program}` did not finish within {limit}"),
                &errors,
            ));
        }
        Ok(Err(error)) => return Err(fail(format!("`{program}`: {error}"), &errors)),
        Ok(Ok(status)) => status,
    };
    if output.len() as u64 > MOST_OUTPUT {
        return Err(fail(format!("`{program}` printed over 4 MB"), &errors));
    }
    if !status.success() {
        return Err(fail(format!("`{program}` failed: {status}"), &errors));
    }
    Ok(output)
}

fn tail(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}
