//! `deploy sandbox down`

use crate::error::{Outcome, Result};
use crate::sandbox::{self, Machine, Progress};
use crate::session::Session;

/// Stop a sandbox and remove all that was in it
///
/// What was built stays, so that the next start takes seconds.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    chosen: super::Chosen,
}

/// Runs `deploy sandbox down`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    let shell = &session.shell;
    let name = args.chosen.name()?;
    let machine = Machine::new(&session.env)?;
    let existed = sandbox::down(&machine, &name, &mut |progress| {
        if progress == Progress::WaitingForLock {
            shell.status("waiting for another command on this sandbox");
        }
    })
    .await?;
    shell.status(if existed {
        "The sandbox is gone, with all that was in it."
    } else {
        "There was no sandbox."
    });
    Ok(Outcome::Done)
}
