//! The Go sources of the control plane, embedded so that an installed `deploy` can build it anywhere.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::error::Result;

/// Every file that the build needs, by name.
pub(super) const FILES: &[(&str, &str)] = &[
    ("go.mod", include_str!("../../sandbox/go.mod")),
    ("go.sum", include_str!("../../sandbox/go.sum")),
    ("main.go", include_str!("../../sandbox/main.go")),
    ("behaviour.go", include_str!("../../sandbox/behaviour.go")),
    ("cluster.go", include_str!("../../sandbox/cluster.go")),
    ("container.go", include_str!("../../sandbox/container.go")),
    (
        "environment.go",
        include_str!("../../sandbox/environment.go"),
    ),
    ("firsts.go", include_str!("../../sandbox/firsts.go")),
    ("logs.go", include_str!("../../sandbox/logs.go")),
    ("logserver.go", include_str!("../../sandbox/logserver.go")),
    ("network.go", include_str!("../../sandbox/network.go")),
    ("nodes.go", include_str!("../../sandbox/nodes.go")),
    ("objects.go", include_str!("../../sandbox/objects.go")),
    ("probes.go", include_str!("../../sandbox/probes.go")),
    ("status.go", include_str!("../../sandbox/status.go")),
    ("tunnel.go", include_str!("../../sandbox/tunnel.go")),
    ("volumes.go", include_str!("../../sandbox/volumes.go")),
    ("worker.go", include_str!("../../sandbox/worker.go")),
];

/// Names what would be built: the same sources, flags and target give the same name.
pub(super) fn hash(flags: &[&str], target: &str) -> String {
    let mut hasher = Sha256::new();
    for part in flags.iter().copied().chain([target]) {
        hasher.update(part);
        hasher.update([0]);
    }
    for (name, content) in FILES {
        hasher.update(name);
        hasher.update([0]);
        hasher.update(content);
        hasher.update([0]);
    }
    let digest = hasher.finalize();
    digest
        .iter()
        .take(8)
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Writes the sources into a folder.
pub(super) fn write(folder: &Path) -> Result<()> {
    for (name, content) in FILES {
        std::fs::write(folder.join(name), content)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_embedded() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sandbox");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.ends_with("_test.go"))
            .collect();
        let mut embedded: Vec<String> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
        found.sort();
        embedded.sort();
        assert_eq!(embedded, found);
    }

    #[test]
    fn the_hash_depends_on_flags_and_target() {
        let name = hash(&["-trimpath"], "linux/amd64");
        assert_eq!(name.len(), 16);
        assert_eq!(name, hash(&["-trimpath"], "linux/amd64"));
        assert_ne!(name, hash(&["-trimpath"], "linux/arm64"));
        assert_ne!(name, hash(&[], "linux/amd64"));
    }

    #[test]
    fn the_version_is_the_one_in_go_mod() {
        let (_, module) = FILES[0];
        assert!(module.contains(&format!("k8s.io/kubernetes {}", super::super::VERSION)));
    }
}
