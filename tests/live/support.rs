//! A cluster for all tests, a namespace for each, and short verbs on both.

mod api;
mod cluster;
mod own;
mod run;
mod templates;

use std::any::Any;
use std::fs;
use std::path::Path;

pub use cluster::Cluster;
pub use own::Own;
pub use run::{Ended, ended, signal, until};
pub use templates::{deployment, job, web};

/// The binary under test.
pub const DEPLOY: &str = env!("CARGO_BIN_EXE_deploy");

/// A namespace and a project folder.
pub struct Space {
    /// Where the namespace is.
    pub cluster: &'static Cluster,
    /// Holds `deploy/`.
    pub folder: tempfile::TempDir,
    /// The namespace.
    pub namespace: String,
}

impl Space {
    /// Writes a file of the project, making its folders.
    pub fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a file");
        self
    }

    /// Writes the smallest project: an app `shop` with one Deployment `web`.
    pub fn small(&self) -> &Self {
        self.write(
            "deploy/deploy.yaml",
            "app: shop\nimages: {web: registry.example.com/shop}\nenvironments: {staging: {}}\nrollout: {soak: 1s}\n",
        )
        .write("deploy/templates/web.yaml", &web("{{ images.web }}", ""))
    }

    /// Deletes the namespace; its end is not waited for.
    pub fn remove(&self) {
        self.api(
            "DELETE",
            &format!("/api/v1/namespaces/{}", self.namespace),
            None,
        );
    }

    /// The project folder.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }
}

/// Copies a folder with all that is in it.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder to copy") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a copy");
        }
    }
}

/// What a panicking test said.
pub fn panic_text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "panicked".to_owned())
}
