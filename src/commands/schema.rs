//! `deploy schema`

use crate::error::{Failure, Outcome, Result};
use crate::project::schema;
use crate::session::Session;

/// Print the JSON schema of deploy.yaml, for editors
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs `deploy schema`.
pub fn run(session: &Session, _args: &Args) -> Result<Outcome> {
    let text = serde_json::to_string_pretty(&schema::json_schema())
        .map_err(|error| Failure::bug(format!("cannot write the schema: {error}")))?;
    session.shell.data(text)?;
    Ok(Outcome::Done)
}
