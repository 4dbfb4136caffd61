//! Puts a bundle on the disk, whole or not at all.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::{Failure, Result};
use crate::project::Bundle;

/// Fails where there is a `deploy` in the folder already, or the folder is not one.
///
/// # Errors
/// Usage.
pub fn check(root: &Path) -> Result<()> {
    if !root.is_dir() {
        return Err(
            Failure::usage(format!("there is no folder {}", root.display()))
                .hint("--project names the folder that gets a deploy/"),
        );
    }
    let folder = root.join("deploy");
    if folder.symlink_metadata().is_err() {
        return Ok(());
    }
    let failure = Failure::usage(format!(
        "{} is there already; nothing was written",
        folder.display()
    ));
    Err(if folder.join("deploy.yaml").exists() {
        failure.hint("`deploy lint` checks it; remove or rename it to begin anew")
    } else {
        failure.hint("if it holds manifests: mv deploy manifests && deploy init --from manifests")
    })
}

/// Writes `deploy/` below `root`: into a folder beside it that is then renamed, so that it is never there by halves.
///
/// # Errors
/// What [`check`] says, or the disk.
pub fn put(root: &Path, bundle: &Bundle) -> Result<()> {
    check(root)?;
    write(root, bundle).map_err(|error| {
        Failure::from(error)
            .context(format!("cannot write {}", root.join("deploy").display()))
            .hint("nothing was written")
    })
}

fn write(root: &Path, bundle: &Bundle) -> io::Result<()> {
    let beside = tempfile::Builder::new()
        .prefix(".deploy-init-")
        .tempdir_in(root)?;
    for path in bundle.paths() {
        let file = beside.path().join(path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&file, bundle.get(path).unwrap_or_default())?;
    }
    fs::rename(beside.path().join("deploy"), root.join("deploy"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle() -> Bundle {
        Bundle::new([
            ("deploy/deploy.yaml".to_owned(), b"app: a\n".to_vec()),
            ("deploy/templates/a/b.yaml".to_owned(), b"x\n".to_vec()),
        ])
    }

    fn names(root: &Path) -> Vec<String> {
        let entries = fs::read_dir(root).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn the_folder_appears_whole_and_nothing_else_stays() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), &bundle()).unwrap();
        assert_eq!(names(root.path()), ["deploy"]);
        assert_eq!(Bundle::load(root.path()).unwrap(), bundle());
        let again = put(root.path(), &bundle()).unwrap_err();
        assert_eq!(again.exit_code(), 2);
    }

    /// A path that is both a file and a folder cannot be written, just as a full disk cannot.
    #[test]
    fn a_write_that_fails_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let bad = bundle().with("deploy/deploy.yaml/x", b"y".to_vec());
        let failure = put(root.path(), &bad).unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.one_line().starts_with("cannot write "));
        assert_eq!(names(root.path()), Vec::<String>::new());
    }
}
