//! `deploy sandbox status`

use crate::error::{Outcome, Result};
use crate::sandbox::{self, Machine, Part};
use crate::session::Session;
use crate::shell::OutputFormat;

/// Say whether a sandbox runs and how to reach it
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    chosen: super::Chosen,
}

/// Runs `deploy sandbox status`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    let shell = &session.shell;
    let name = args.chosen.name()?;
    let machine = Machine::new(&session.env)?;
    let status = sandbox::status(&machine, &name).await;
    if shell.format == OutputFormat::Json {
        shell.json(&status)?;
        return Ok(Outcome::Done);
    }
    if status.running {
        shell.data(format!(
            "Sandbox `{}` runs Kubernetes {}.",
            status.name, status.version
        ))?;
        shell.data(format!("  kubeconfig  {}", status.kubeconfig.display()))?;
        shell.data(format!(
            "  contexts    {}, {}",
            status.contexts.admin, status.contexts.namespaced
        ))?;
        return Ok(Outcome::Done);
    }
    shell.data(format!("Sandbox `{}` does not run.", status.name))?;
    let missing: Vec<&str> = Part::ALL
        .iter()
        .map(|part| part.name())
        .filter(|part| !status.processes.contains_key(part))
        .collect();
    if !status.processes.is_empty() && !missing.is_empty() {
        shell.data(format!("  not running: {}", missing.join(", ")))?;
    }
    shell.hint("start it with `deploy sandbox up`");
    Ok(Outcome::Done)
}
