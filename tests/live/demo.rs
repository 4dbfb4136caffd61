//! `./install.sh --demo`, with a build that takes no minutes: cargo is a stand-in that hands over the binary under test.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::Test;
use super::support::{DEPLOY, Ended, Space, copy_folder, ended};

pub const TESTS: &[Test] = &[("demo::runs_and_runs_again", runs_and_runs_again)];

fn runs_and_runs_again(space: &Space) {
    // A copy of what the script reads, with a namespace of its own: the cluster may have run the demo before.
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let namespace = format!("{}-shop", space.namespace);
    for file in ["install.sh", "Cargo.toml"] {
        fs::copy(root.join(file), space.root().join(file)).unwrap();
    }
    copy_folder(&root.join("examples"), &space.root().join("examples"));
    let project = space.root().join("examples/shop/deploy/deploy.yaml");
    let text = fs::read_to_string(&project).unwrap();
    fs::write(&project, text.replace("shop-staging", &namespace)).unwrap();

    let cargo = format!(
        "#!/bin/sh\ncase $1 in\n--version) echo 'cargo 9999.0.0' ;;\nbuild) mkdir -p \"$CARGO_TARGET_DIR/release\" && cp '{DEPLOY}' \"$CARGO_TARGET_DIR/release/deploy\" ;;\nesac\n"
    );
    space.write("tools/cargo", &cargo);
    let program = space.root().join("tools/cargo");
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();

    let first = demo(space);
    for heading in [
        "1/6  ",
        "2/6  ",
        "3/6  ",
        "4/6  ",
        "5/6  ",
        "6/6  ",
        "Try next:",
    ] {
        assert!(first.stderr.contains(heading), "{}", first.stderr);
    }
    for outcome in [
        "release 1 is live in staging",
        "release 2 is live in staging",
        "release 3 failed in staging and was rolled back: release 2 is running",
        "rolled back: shop release 4 is live in staging",
        "deploy show 3 ",
        "migrate | applied migration 0001",
        "check Service/web:http/healthz: passed",
        "job smoke succeeded",
        "  | POST /slack",
        "shop release 1 is live in staging",
        "shop release 3 failed in staging",
    ] {
        assert!(first.stderr.contains(outcome), "{}", first.stderr);
    }
    for file in [
        "bin/deploy",
        "share/man/man1/deploy.1",
        "share/man/man1/deploy-rollback.1",
        "share/bash-completion/completions/deploy",
        "share/zsh/site-functions/_deploy",
        "share/fish/vendor_completions.d/deploy.fish",
    ] {
        let path = space.root().join("prefix").join(file);
        assert!(path.metadata().is_ok_and(|file| file.len() > 0), "{file}");
    }

    // What the first run left is where the second one starts.
    demo(space)
        .says("nothing to do: shop release 4 is live")
        .says("rolled back: shop release 7 is live");
    space.api("DELETE", &format!("/api/v1/namespaces/{namespace}"), None);
}

fn demo(space: &Space) -> Ended {
    let mut command = space.hermetic("bash");
    command
        .args(["install.sh", "--demo", "--prefix"])
        .arg(space.root().join("prefix"))
        .args(["--context", &space.cluster.admin])
        .env("CARGO_TARGET_DIR", space.root().join("target"))
        .env("PATH", path_with(&space.root().join("tools")));
    ended(command).exits(0)
}

fn path_with(folder: &Path) -> std::ffi::OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_path_buf()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).unwrap()
}
