//! Stopping a sandbox: in reverse order, then without asking, then its data and its contexts are gone.

use std::time::Duration;

use crate::error::Result;

use super::build::Progress;
use super::parts::Part;
use super::process::{self, Process};
use super::{Machine, Name, Sandbox, kubeconfig, lock};

/// Nothing is kept, so nothing needs long.
const PATIENCE: Duration = Duration::from_secs(1);

/// Stops a sandbox and removes what it left; says whether there was one.
///
/// # Errors
/// Its folder or its contexts cannot be removed.
pub async fn down(
    machine: &Machine,
    name: &Name,
    progress: &mut dyn FnMut(Progress),
) -> Result<bool> {
    let path = machine.state.join(format!("{name}.lock"));
    let _lock = lock::take(&path, || progress(Progress::WaitingForLock)).await?;
    let existed = machine.folder(name).exists();
    clear(machine, name).await?;
    kubeconfig::remove(machine, name).await?;
    Ok(existed)
}

/// Stops whatever runs under this name and removes its folder.
pub(super) async fn clear(machine: &Machine, name: &Name) -> Result<()> {
    if let Some(sandbox) = Sandbox::load(machine, name) {
        stop(&sandbox).await;
    }
    match std::fs::remove_dir_all(machine.folder(name)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Stops the parts. The API server comes before etcd: without its store it would hang in its graceful stop.
pub(super) async fn stop(sandbox: &Sandbox) {
    let of = |parts: &[Part]| -> Vec<&Process> {
        parts
            .iter()
            .filter_map(|part| sandbox.processes.get(part))
            .collect()
    };
    process::stop(
        &of(&[
            Part::Nodes,
            Part::KubeScheduler,
            Part::KubeControllerManager,
        ]),
        PATIENCE,
    )
    .await;
    process::stop(&of(&[Part::KubeApiserver]), PATIENCE).await;
    process::stop(&of(&[Part::Etcd]), PATIENCE).await;
}
