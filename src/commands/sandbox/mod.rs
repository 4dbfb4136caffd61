//! `deploy sandbox`: the index of its commands.

use crate::error::{Outcome, Result};
use crate::sandbox::Name;
use crate::session::Session;

mod down;
mod status;
mod up;

/// A real Kubernetes on this machine, no Docker needed
///
/// Etcd, the API server, the controller manager and the scheduler are the real ones; nodes are simulated: pods come
/// and go and fail as on real ones, chosen by their image (`sandbox/crash`, `sandbox/missing` …), but run nothing.
#[derive(Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Up(up::Args),
    Down(down::Args),
    Status(status::Args),
}

/// Which sandbox a command is about.
#[derive(Debug, clap::Args)]
struct Chosen {
    /// Which sandbox, when there are several; its context is `deploy-sandbox-NAME`
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

impl Chosen {
    fn name(&self) -> Result<Name> {
        self.name
            .as_deref()
            .map_or_else(|| Ok(Name::default()), Name::new)
    }
}

/// Runs `deploy sandbox`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    match &args.command {
        Command::Up(args) => up::run(session, args).await,
        Command::Down(args) => down::run(session, args).await,
        Command::Status(args) => status::run(session, args).await,
    }
}
