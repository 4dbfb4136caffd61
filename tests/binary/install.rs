//! install.sh: a clear message where something is missing, and no surprise in its arguments.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

fn install(arguments: &[&str], path: &str) -> (i32, String) {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new("/bin/bash")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/install.sh"))
        .args(arguments)
        .env("PATH", path)
        .env("HOME", home.path())
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

/// A folder with the everyday tools that install.sh needs, and these stand-ins for what it asks for.
fn machine(programs: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for tool in ["bash", "sh", "cat", "cut", "sed", "dirname", "printf"] {
        let from = ["/bin", "/usr/bin"].map(|bin| Path::new(bin).join(tool));
        let from = from.iter().find(|path| path.exists()).unwrap();
        symlink(from, folder.path().join(tool)).unwrap();
    }
    for (name, says) in programs {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\necho '{says}'\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

/// Stand-ins, arguments, and words of the message.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], &'a [&'a str]);

#[test]
fn what_is_missing_or_too_old_is_said_before_anything_is_built() {
    let new_rust = ("cargo", "cargo 9999.0.0 (stand-in)");
    let cases: &[Case<'_>] = &[
        (&[], &[], &["cargo is missing", "Rust 1.", "rustup.rs"]),
        (
            &[("cargo", "cargo 1.70.0 (stand-in)")],
            &[],
            &["this is 1.70.0", "rustup update"],
        ),
        (
            &[new_rust],
            &["--demo"],
            &["Go is missing", "Go 1.26", "go.dev/dl", "--context NAME"],
        ),
        (
            &[new_rust, ("go", "go1.20.3")],
            &["--demo"],
            &["this is 1.20.3", "--context NAME"],
        ),
        (
            &[new_rust],
            &["--context", "kind-kind"],
            &["pass --demo too"],
        ),
        (&[new_rust], &["--prefix"], &["--prefix needs a folder"]),
    ];
    for (programs, arguments, words) in cases {
        let machine = machine(programs);
        let (code, text) = install(arguments, machine.path().to_str().unwrap());
        assert_eq!(code, 1, "{arguments:?}: {text}");
        for word in *words {
            assert!(
                text.contains(word),
                "{arguments:?} should say `{word}`: {text}"
            );
        }
        assert!(!text.contains("Building"), "{text}");
    }
}
