//! Starting a sandbox: find out what is there, clear what is broken, start the parts, wait, make it reachable by name.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::{Failure, Result};

use super::build::{self, Progress};
use super::parts::{Part, Ports, egress, files};
use super::state::{Sandbox, replace};
use super::{Machine, Name, down, kubeconfig, lock, ready};

/// Ports are free when we ask for them, but another program may be faster in taking them.
const ATTEMPTS: usize = 3;
const PORT_TAKEN: &str = "address already in use";

/// What [`up`] found or did.
#[derive(Debug)]
pub struct Started {
    /// The running sandbox.
    pub sandbox: Sandbox,
    /// It was running before.
    pub already: bool,
    /// Why the user's own kubeconfig did not get the contexts.
    pub not_merged: Option<Failure>,
}

/// Makes sure that a sandbox of this name runs.
///
/// # Errors
/// Cluster: it cannot be built or started. What was started is stopped again.
pub async fn up(
    machine: &Machine,
    name: &Name,
    progress: &mut dyn FnMut(Progress),
) -> Result<Started> {
    let binary = build::binary(machine, progress).await?;
    let _lock = lock::take(&machine.state.join(format!("{name}.lock")), || {
        progress(Progress::WaitingForLock);
    })
    .await?;
    let running = find(machine, name, &binary, progress).await;
    let already = running.is_some();
    let sandbox = if let Some(sandbox) = running {
        sandbox
    } else {
        progress(Progress::Starting);
        start_with_retries(machine, name, &binary).await?
    };
    let not_merged = kubeconfig::merge(machine, name, &sandbox.kubeconfig)
        .await
        .err();
    Ok(Started {
        sandbox,
        already,
        not_merged,
    })
}

/// The sandbox, if it runs, answers, and is what this version of `deploy` would start.
async fn find(
    machine: &Machine,
    name: &Name,
    binary: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Option<Sandbox> {
    let found = Sandbox::load(machine, name)?;
    if found.binary == binary && found.complete() && ready::answers(&found).await {
        return Some(found);
    }
    progress(Progress::Cleaning);
    None
}

async fn start_with_retries(machine: &Machine, name: &Name, binary: &Path) -> Result<Sandbox> {
    let mut attempt = 1;
    loop {
        down::clear(machine, name).await?;
        let mut sandbox = Sandbox::new(machine, name, binary.to_path_buf(), Ports::free()?);
        match start(&mut sandbox, name).await {
            Ok(()) => return Ok(sandbox),
            Err(failure) => {
                down::stop(&sandbox).await;
                let taken = format!("{:#}", failure.source).contains(PORT_TAKEN);
                if !taken || attempt == ATTEMPTS {
                    return Err(failure.context("the sandbox does not start"));
                }
                attempt += 1;
            }
        }
    }
}

/// Everything starts as soon as what it reads is there; the parts wait for each other by themselves.
async fn start(sandbox: &mut Sandbox, name: &Name) -> Result<()> {
    prepare(sandbox)?;
    sandbox.start(Part::Etcd)?;
    let tokens = kubeconfig::Tokens::random()?;
    replace(
        &sandbox.folder.join(files::TOKENS),
        tokens.file().as_bytes(),
    )?;
    replace(&sandbox.folder.join(files::EGRESS), egress().as_bytes())?;
    sandbox.start(Part::KubeApiserver)?;
    let certificate = sandbox.folder.join(files::CERTIFICATE);
    ready::file(sandbox, &certificate).await?;
    let server = format!("https://127.0.0.1:{}", sandbox.ports.api);
    let text = kubeconfig::text(name, &server, &std::fs::read(certificate)?, &tokens);
    replace(&sandbox.kubeconfig, text.as_bytes())?;
    for part in [
        Part::KubeControllerManager,
        Part::KubeScheduler,
        Part::Nodes,
    ] {
        sandbox.start(part)?;
    }
    ready::wait(sandbox).await
}

/// Makes the folder, which nobody else may read, and the key that two parts share.
fn prepare(sandbox: &Sandbox) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&sandbox.folder)?;
    let output = Command::new(&sandbox.binary)
        .arg("service-account-key")
        .arg(sandbox.folder.join(files::KEY))
        .env_clear()
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(Failure::cluster(format!(
        "{} does not work: {}",
        sandbox.binary.display(),
        String::from_utf8_lossy(&output.stderr).trim()
    ))
    .hint("remove that file and run `deploy sandbox up` again"))
}
