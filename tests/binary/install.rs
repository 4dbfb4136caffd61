//! install.sh: a clear message where something is missing, and no surprise in its arguments.

use std::process::Command;

fn install(arguments: &[&str], path: &str) -> (i32, String) {
    let output = Command::new("bash")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/install.sh"))
        .args(arguments)
        .env("PATH", path)
        .output()
        .unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.code().unwrap_or(-1), text)
}

#[test]
fn help_and_unknown_arguments() {
    let path = std::env::var("PATH").unwrap();
    let (code, text) = install(&["--help"], &path);
    assert!(
        code == 0 && text.contains("--prefix") && text.contains("--demo"),
        "{text}"
    );
    let (code, text) = install(&["--dmeo"], &path);
    assert!(code == 2 && text.contains("--dmeo"), "{text}");
}

#[test]
fn without_rust_it_says_what_to_install() {
    let (code, text) = install(&[], "/usr/bin:/bin");
    if code != 0 {
        assert!(text.contains("Rust"), "{text}");
    }
}
