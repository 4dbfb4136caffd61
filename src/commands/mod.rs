//! One file per command. This one is the index: the enum and one match, nothing else.

use crate::error::{Outcome, Result};
use crate::session::Session;

mod completions;
mod man;
mod schema;

/// The commands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Schema(schema::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Runs a command.
pub(crate) async fn run(session: Session, command: Command) -> Result<Outcome> {
    match command {
        Command::Schema(args) => schema::run(&session, &args),
        Command::Completions(args) => completions::run(&session, &args),
        Command::Man(args) => man::run(&session, &args),
    }
}

#[cfg(test)]
mod docs;
