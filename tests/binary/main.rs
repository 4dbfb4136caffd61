//! Ring 3: the real executable: exit codes, streams, no terminal, bad input that needs no cluster.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test harness reads its own environment"
)]

mod architecture;
mod bad_input;
mod completions;
mod install;
mod readme;

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The binary in a folder, with nothing of this machine's environment but PATH.
fn deploy(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_deploy"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Exit code and stderr.
fn talk(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = deploy(folder, arguments);
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// Writes a file, making its folders.
fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
