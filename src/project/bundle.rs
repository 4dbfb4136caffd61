//! The `deploy/` folder as a value: small, content-addressed, kept in the cluster. The only place that reads it from disk.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::mistake::{Mistake, Mistakes};
use crate::manifest::digest;
use crate::words;

/// Largest file, in bytes.
const LARGEST_FILE: u64 = 4 * 1024 * 1024;
/// Largest folder, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;
/// Most files.
const MOST_FILES: usize = 2000;
/// Deepest folder.
const DEEPEST: usize = 20;

/// Path of the main file inside a bundle.
pub const MAIN: &str = "deploy/deploy.yaml";

/// The files of a `deploy/` folder by their path from the folder above it, `/`-separated: `deploy/templates/web.yaml`.
///
/// Files under `deploy/secrets/` and files that a secret source names are never part of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Bundle {
    files: BTreeMap<String, Vec<u8>>,
}

impl Bundle {
    /// A bundle of files in memory.
    pub fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self {
            files: files.into_iter().collect(),
        }
    }

    /// Reads `deploy/` below `root`.
    ///
    /// # Errors
    /// What cannot be read, is too large, or leads out of the folder.
    pub fn load(root: &Path) -> Result<Self, Mistakes> {
        Self::read(&root.join("deploy"), "deploy", &|path, _| {
            path != "deploy/secrets"
        })
    }

    /// Reads a folder, which `name` stands for in paths. `wanted` gets the path of each file and folder in it, and whether it
    /// is a folder.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn read(
        folder: &Path,
        name: &str,
        wanted: &dyn Fn(&str, bool) -> bool,
    ) -> Result<Self, Mistakes> {
        let mut reader = Reader {
            home: folder.canonicalize().map_err(|error| {
                Mistakes::from(Mistake::new(name, format!("cannot be read: {error}")))
            })?,
            name,
            wanted,
            files: BTreeMap::new(),
            total: 0,
            mistakes: Mistakes::default(),
        };
        reader.folder(folder, name, 0);
        reader.mistakes.into_result()?;
        Ok(Self {
            files: reader.files,
        })
    }

    /// A file's bytes.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// A file as text.
    ///
    /// # Errors
    /// The file is not there or not UTF-8.
    pub fn text(&self, path: &str) -> Result<&str, Mistake> {
        let bytes = self
            .get(path)
            .ok_or_else(|| Mistake::new(path, "there is no such file"))?;
        std::str::from_utf8(bytes).map_err(|error| {
            let before = &bytes[..error.valid_up_to()];
            let line = before.split(|byte| *byte == b'\n').count();
            let mut mistake = Mistake::new(path, "is not UTF-8 text");
            mistake.line = Some(line);
            mistake.hint("save it as UTF-8")
        })
    }

    /// All paths, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> + Clone {
        self.files.keys().map(String::as_str)
    }

    /// The same without some files.
    #[must_use]
    pub fn without(mut self, unwanted: impl Fn(&str) -> bool) -> Self {
        self.files.retain(|path, _| !unwanted(path));
        self
    }

    /// The same with other contents of one file.
    #[must_use]
    pub fn with(mut self, path: &str, contents: Vec<u8>) -> Self {
        self.files.insert(path.to_owned(), contents);
        self
    }

    /// Hex SHA-256 over paths and contents.
    pub fn digest(&self) -> String {
        let mut all = Vec::new();
        for (path, bytes) in &self.files {
            all.extend_from_slice(&(path.len() as u64).to_be_bytes());
            all.extend_from_slice(path.as_bytes());
            all.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
            all.extend_from_slice(bytes);
        }
        digest::hex(&all, 64)
    }
}

/// Contents stay out of debug output: they are long, and may be private.
impl std::fmt::Debug for Bundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.files.keys()).finish()
    }
}

struct Reader<'a> {
    home: std::path::PathBuf,
    name: &'a str,
    wanted: &'a dyn Fn(&str, bool) -> bool,
    files: BTreeMap<String, Vec<u8>>,
    total: u64,
    mistakes: Mistakes,
}

impl Reader<'_> {
    fn fail(&mut self, path: &str, message: impl Into<String>, hint: Option<&str>) {
        let mut mistake = Mistake::new(path, message);
        mistake.hint = hint.map(str::to_owned);
        self.mistakes.0.push(mistake);
    }

    fn folder(&mut self, folder: &Path, path: &str, depth: usize) {
        if depth > DEEPEST {
            return self.fail(
                path,
                format!("is nested deeper than {DEEPEST} folders"),
                None,
            );
        }
        let entries =
            match std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
                Ok(entries) => entries,
                Err(error) => return self.fail(path, format!("cannot be read: {error}"), None),
            };
        for entry in entries {
            let Ok(name) = entry.file_name().into_string() else {
                self.fail(path, "holds a file whose name is not UTF-8", None);
                continue;
            };
            let inside = format!("{path}/{name}");
            if left_out(&name) {
                continue;
            }
            if self.files.len() >= MOST_FILES {
                let hint = "deploy/ is kept with every release: keep it small";
                return self.fail(path, format!("holds over {MOST_FILES} files"), Some(hint));
            }
            self.entry(&entry.path(), &inside, depth);
        }
    }

    fn entry(&mut self, place: &Path, path: &str, depth: usize) {
        let facts = std::fs::metadata(place);
        if !(self.wanted)(path, facts.as_ref().is_ok_and(std::fs::Metadata::is_dir)) {
            return;
        }
        let real = match place.canonicalize() {
            Ok(real) => real,
            Err(error) => return self.fail(path, format!("cannot be read: {error}"), None),
        };
        if !real.starts_with(&self.home) {
            let hint = "a release must hold everything it is made from: copy the file";
            let message = format!("is a link that leads out of {}/", self.name);
            return self.fail(path, message, Some(hint));
        }
        let facts = match facts {
            Ok(facts) => facts,
            Err(error) => return self.fail(path, format!("cannot be read: {error}"), None),
        };
        if facts.is_dir() {
            let folder = place.parent().and_then(|folder| folder.canonicalize().ok());
            if folder.is_some_and(|folder| folder.starts_with(&real)) {
                let message = "is a link to a folder that it is in: reading it would never end";
                return self.fail(path, message, Some("remove the link"));
            }
            return self.folder(place, path, depth + 1);
        }
        if !facts.is_file() {
            return self.fail(path, "is neither a file nor a folder", None);
        }
        self.total += facts.len();
        if facts.len() > LARGEST_FILE || self.total > LARGEST {
            let size = |bytes: u64| format!("{} MB", bytes / 1024 / 1024);
            let message = if facts.len() > LARGEST_FILE {
                format!(
                    "is too large: {}, where one file may have {}",
                    size(facts.len()),
                    size(LARGEST_FILE)
                )
            } else {
                format!("makes deploy/ larger than {}", size(LARGEST))
            };
            let hint = "deploy/ is kept with every release: move data elsewhere";
            return self.fail(path, message, Some(hint));
        }
        match std::fs::read(place) {
            Ok(bytes) => {
                self.files.insert(path.to_owned(), bytes);
            }
            Err(error) => self.fail(path, format!("cannot be read: {error}"), None),
        }
    }
}

/// What editors and version control leave lying about.
fn left_out(name: &str) -> bool {
    name.starts_with(".git")
        || name == ".DS_Store"
        || [".swp", ".orig", "~"]
            .iter()
            .any(|ending| name.ends_with(ending))
}

/// Serialises as a mapping: text as it is, other bytes as `{"base64": …}`.
impl Serialize for Bundle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.files.iter().map(|(path, bytes)| {
            let stored = match std::str::from_utf8(bytes) {
                Ok(text) => Stored::Text(text.to_owned()),
                Err(_) => Stored::Bytes {
                    base64: STANDARD.encode(bytes),
                },
            };
            (path, stored)
        }))
    }
}

impl<'de> Deserialize<'de> for Bundle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = BTreeMap::<String, Stored>::deserialize(deserializer)?;
        let mut files = BTreeMap::new();
        for (path, stored) in stored {
            let bytes = match stored {
                Stored::Text(text) => text.into_bytes(),
                Stored::Bytes { base64 } => STANDARD.decode(base64).map_err(D::Error::custom)?,
            };
            files.insert(path, bytes);
        }
        Ok(Self { files })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Text(String),
    Bytes { base64: String },
}

/// `did you mean …?` over the paths of a bundle.
pub fn suggest_path(bundle: &Bundle, path: &str) -> String {
    match words::nearest(path, bundle.paths()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "paths are relative to the folder deploy/".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        root
    }

    #[test]
    fn a_record_gives_back_the_same_bundle() {
        let root = project(&[
            ("deploy/deploy.yaml", b"app: a"),
            ("deploy/config/logo.png", b"\xff\x00"),
            ("deploy/.git/HEAD", b"x"),
            ("deploy/secrets/staging.env", b"A=b"),
        ]);
        let bundle = Bundle::load(root.path()).unwrap();
        assert_eq!(
            bundle.paths().collect::<Vec<_>>(),
            ["deploy/config/logo.png", "deploy/deploy.yaml"]
        );
        let json = serde_json::to_string(&bundle).unwrap();
        let back: Bundle = serde_json::from_str(&json).unwrap();
        assert_eq!(back, bundle);
        assert_eq!(back.digest(), bundle.digest());
    }

    #[test]
    fn a_link_in_a_circle_is_named_and_not_followed() {
        let root = project(&[("deploy/deploy.yaml", b"app: a"), ("deploy/a/b", b"x")]);
        std::os::unix::fs::symlink("..", root.path().join("deploy/a/loop")).unwrap();
        std::os::unix::fs::symlink("a", root.path().join("deploy/fine")).unwrap();
        let mistakes = Bundle::load(root.path()).unwrap_err().0;
        let mut messages: Vec<String> = mistakes.iter().map(Mistake::one_line).collect();
        messages.sort();
        let circle = "is a link to a folder that it is in: reading it would never end";
        let expected =
            ["deploy/a/loop", "deploy/fine/loop"].map(|path| format!("{path}: {circle}"));
        assert_eq!(messages, expected);
    }

    #[test]
    fn large_files_and_links_out_are_refused_together() {
        let root = project(&[("deploy/deploy.yaml", b"app: a"), ("outside", b"x")]);
        std::os::unix::fs::symlink(root.path().join("outside"), root.path().join("deploy/link"))
            .unwrap();
        let file = std::fs::File::create(root.path().join("deploy/big.yaml")).unwrap();
        file.set_len(50 * 1024 * 1024).unwrap();
        let mut messages: Vec<String> = Bundle::load(root.path())
            .unwrap_err()
            .0
            .iter()
            .map(|mistake| format!("{}: {}", mistake.file, mistake.message))
            .collect();
        messages.sort();
        assert_eq!(
            messages,
            [
                "deploy/big.yaml: is too large: 50 MB, where one file may have 4 MB",
                "deploy/link: is a link that leads out of deploy/"
            ]
        );
    }
}
