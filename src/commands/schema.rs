//! `deploy schema`

use crate::error::{Outcome, Result};
use crate::session::Session;

/// Print the JSON schema of deploy.yaml, for editors
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs `deploy schema`.
pub fn run(session: &Session, _args: &Args) -> Result<Outcome> {
    session.shell.data("{}")?;
    Ok(Outcome::Done)
}
