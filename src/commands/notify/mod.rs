//! `deploy notify`: the index of its commands.

use crate::error::{Outcome, Result};
use crate::session::Session;

mod inbox;
pub(super) mod test;

/// Try the notifiers of deploy.yaml, or see their messages on this machine
#[derive(Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Test(test::Args),
    Inbox(inbox::Args),
}

/// Runs `deploy notify`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    match &args.command {
        Command::Test(args) => test::run(session, args).await,
        Command::Inbox(args) => inbox::run(session, args).await,
    }
}
