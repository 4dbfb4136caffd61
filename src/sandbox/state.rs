//! What a later command must know of a sandbox: one JSON file in its folder, written after each step of a start.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Failure, Result};

use super::parts::{Part, Ports, files};
use super::process::Process;
use super::{Machine, Name, VERSION, ready};

const FILE: &str = "state.json";

/// A sandbox that was started.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sandbox {
    /// Its name.
    pub name: String,
    /// Its kubeconfig, which holds both contexts.
    pub kubeconfig: PathBuf,
    /// The administrator's context.
    pub admin: String,
    /// The context of the user who may only work in bound namespaces.
    pub namespaced: String,
    /// Its folder.
    pub folder: PathBuf,
    pub(super) binary: PathBuf,
    pub(super) ports: Ports,
    pub(super) processes: BTreeMap<Part, Process>,
}

/// Names of the sandboxes that this machine knows, running or not.
pub fn names(machine: &Machine) -> Vec<Name> {
    let entries = std::fs::read_dir(&machine.state)
        .into_iter()
        .flatten()
        .flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().join(FILE).is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
        .iter()
        .filter_map(|name| Name::new(name).ok())
        .collect()
}

impl Sandbox {
    pub(super) fn new(machine: &Machine, name: &Name, binary: PathBuf, ports: Ports) -> Self {
        let folder = machine.folder(name);
        Self {
            name: name.to_string(),
            kubeconfig: folder.join(files::KUBECONFIG),
            admin: name.context(),
            namespaced: name.user_context(),
            folder,
            binary,
            ports,
            processes: BTreeMap::new(),
        }
    }

    /// What is known of a sandbox; nothing if it was never started, or if what is there cannot be read.
    pub fn load(machine: &Machine, name: &Name) -> Option<Self> {
        let text = std::fs::read_to_string(machine.folder(name).join(FILE)).ok()?;
        serde_json::from_str(&text).ok()
    }

    pub(super) fn save(&self) -> Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(Failure::bug)?;
        replace(&self.folder.join(FILE), text.as_bytes())
    }

    /// The process id of a part, while it runs.
    pub fn pid(&self, part: Part) -> Option<i32> {
        let process = self.processes.get(&part)?;
        process.alive().then_some(process.pid)
    }

    /// Whether every part runs.
    pub fn complete(&self) -> bool {
        Part::ALL.iter().all(|part| self.pid(*part).is_some())
    }

    /// The log of a part.
    pub fn log(&self, part: Part) -> PathBuf {
        self.folder.join(format!("{}.log", part.name()))
    }

    pub(super) fn start(&mut self, part: Part) -> Result<()> {
        let mut arguments = vec![part.name().to_owned()];
        arguments.extend(part.flags(&self.folder, &self.ports));
        let process = Process::start(&self.binary, &arguments, &self.folder, &self.log(part))?;
        self.processes.insert(part, process);
        self.save()
    }
}

/// Writes a private file so that a reader sees the old content or the new one.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<()> {
    use std::io::Write as _;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    if let Ok(existing) = std::fs::metadata(path) {
        file.as_file().set_permissions(existing.permissions())?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// What `deploy sandbox status` says; its JSON is a contract.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The sandbox's name.
    pub name: String,
    /// Whether the control plane answers.
    pub running: bool,
    /// The Kubernetes version that it runs, or would run.
    pub version: &'static str,
    /// Where its kubeconfig is, or would be.
    pub kubeconfig: PathBuf,
    /// The names of its contexts.
    pub contexts: Contexts,
    /// The parts that run, by name, with their process ids.
    pub processes: BTreeMap<&'static str, i32>,
}

/// The contexts of a sandbox.
#[derive(Clone, Debug, Serialize)]
pub struct Contexts {
    /// May do everything.
    pub admin: String,
    /// May only work in bound namespaces.
    pub namespaced: String,
}

/// Looks at a sandbox. Never fails: one that is not there is simply not running.
pub async fn status(machine: &Machine, name: &Name) -> Status {
    let sandbox = Sandbox::load(machine, name);
    let running = match &sandbox {
        Some(sandbox) if sandbox.complete() => ready::answers(sandbox).await,
        _ => false,
    };
    let processes = sandbox.iter().flat_map(|sandbox| {
        Part::ALL
            .into_iter()
            .filter_map(|part| Some((part.name(), sandbox.pid(part)?)))
    });
    Status {
        name: name.to_string(),
        running,
        version: VERSION,
        kubeconfig: machine.folder(name).join(files::KUBECONFIG),
        contexts: Contexts {
            admin: name.context(),
            namespaced: name.user_context(),
        },
        processes: processes.collect(),
    }
}
