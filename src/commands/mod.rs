//! One file per command. This one is the index: the enum and one match, nothing else.

use crate::error::{Outcome, Result};
use crate::session::Session;

pub mod inputs;
mod lint;
mod render;
mod schema;

/// The commands.
#[derive(Debug, clap::Subcommand)]
#[expect(
    missing_docs,
    reason = "each variant's help is the doc comment of its arguments"
)]
pub enum Command {
    Render(render::Args),
    Lint(lint::Args),
    Schema(schema::Args),
}

/// Runs a command.
pub(crate) async fn run(session: Session, command: Command) -> Result<Outcome> {
    match command {
        Command::Render(args) => render::run(&session, &args).await,
        Command::Lint(args) => lint::run(&session, &args).await,
        Command::Schema(args) => schema::run(&session, &args),
    }
}
