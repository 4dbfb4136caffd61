//! One file per command. This one is the index: the enum and one match, nothing else.

use crate::error::{Outcome, Result};
use crate::session::Session;

mod sandbox;
mod schema;

/// The commands.
#[derive(Debug, clap::Subcommand)]
#[expect(
    missing_docs,
    reason = "each variant's help is the doc comment of its arguments"
)]
pub enum Command {
    Sandbox(sandbox::Args),
    Schema(schema::Args),
}

/// Runs a command.
pub(crate) async fn run(session: Session, command: Command) -> Result<Outcome> {
    match command {
        Command::Sandbox(args) => sandbox::run(&session, &args).await,
        Command::Schema(args) => schema::run(&session, &args),
    }
}
