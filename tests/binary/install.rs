//! install.sh: a clear message where something is missing, and no surprise in its arguments.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

fn install(arguments: &[&str], path: &str) -> (i32, String) {
    let home = tempfile::tempdir().unwrap();
    install_at(home.path(), arguments, path)
}

fn install_at(home: &Path, arguments: &[&str], path: &str) -> (i32, String) {
    let output = Command::new("/bin/bash")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/install.sh"))
        .args(arguments)
        .env("PATH", path)
        .env("HOME", home)
        .env("SHELL", "/bin/zsh")
        .env("CARGO_TARGET_DIR", home.join("target"))
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
    for tool in [
        "bash", "sh", "cat", "cut", "sed", "dirname", "printf", "mkdir", "cp", "chmod", "mv", "rm",
    ] {
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

fn files(folder: &Path, found: &mut Vec<String>, root: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found, root);
        } else {
            found.push(path.strip_prefix(root).unwrap().display().to_string());
        }
    }
}

/// The stand-in for cargo builds nothing: what it would have built is there already.
#[test]
fn everything_is_put_in_place_and_taken_away_again() {
    let home = tempfile::tempdir().unwrap();
    super::write(home.path(), "target/release/x", "");
    symlink(
        env!("CARGO_BIN_EXE_deploy"),
        home.path().join("target/release/deploy"),
    )
    .unwrap();
    let machine = machine(&[("cargo", "cargo 9999.0.0 (stand-in)"), ("pwsh", "")]);
    let path = machine.path().to_str().unwrap();
    let prefix = home.path().join("here");
    let arguments = ["--prefix", prefix.to_str().unwrap()];
    for page_of_an_old_version in [true, false] {
        if page_of_an_old_version {
            super::write(&prefix, "share/man/man1/deploy-gone.1", "");
        }
        let (code, text) = install_at(home.path(), &arguments, path);
        assert_eq!(code, 0, "{text}");
        for words in [
            "is not in PATH",
            "share/zsh/site-functions $fpath) into ~/.zshrc",
            "completions powershell >> $PROFILE",
            "--uninstall --prefix",
        ] {
            assert!(text.contains(words), "`{words}` is missing: {text}");
        }
        let mut found = Vec::new();
        files(&prefix, &mut found, &prefix);
        for file in [
            "bin/deploy",
            "share/bash-completion/completions/deploy",
            "share/fish/vendor_completions.d/deploy.fish",
            "share/man/man1/deploy-sandbox-up.1",
            "share/man/man1/deploy.1",
            "share/zsh/site-functions/_deploy",
        ] {
            assert!(found.iter().any(|name| name == file), "{file}: {found:?}");
        }
        assert!(
            !found
                .iter()
                .any(|name| name.contains("gone") || name.contains("complete.1")),
            "{found:?}"
        );
    }
    let arguments = ["--uninstall", arguments[0], arguments[1]];
    let (code, text) = install_at(home.path(), &arguments, path);
    assert_eq!(code, 0, "{text}");
    let mut left = Vec::new();
    files(&prefix, &mut left, &prefix);
    assert!(left.is_empty(), "{left:?}");
}
