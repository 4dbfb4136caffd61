//! One file per command. This one is the index: the enum and one match, nothing else.

use crate::error::{Outcome, Result};
use crate::session::Session;

mod schema;

/// The commands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Schema(schema::Args),
}

/// Runs a command.
pub(crate) async fn run(session: Session, command: Command) -> Result<Outcome> {
    match command {
        Command::Schema(args) => schema::run(&session, &args),
    }
}
