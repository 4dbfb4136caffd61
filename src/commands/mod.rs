//! One file per command. This one is the index: the enum and one match, nothing else.

use crate::error::{Outcome, Result};
use crate::session::Session;

mod app;
mod complete;
mod completions;
mod delete;
mod explain;
mod history;
mod init;
mod inputs;
mod lint;
mod man;
mod notify;
mod plan;
mod render;
mod reporting;
mod restart;
mod resume;
mod rollback;
mod sandbox;
mod schema;
mod show;
mod status;

/// The commands.
#[derive(Debug, clap::Subcommand)]
#[expect(
    missing_docs,
    reason = "each variant's help is the doc comment of its arguments"
)]
pub enum Command {
    Init(init::Args),
    App(Box<app::Args>),
    Plan(Box<plan::Args>),
    Rollback(rollback::Args),
    Resume(resume::Args),
    Status(status::Args),
    History(history::Args),
    Show(show::Args),
    Restart(restart::Args),
    Delete(delete::Args),
    Render(render::Args),
    Lint(lint::Args),
    Notify(notify::Args),
    Explain(explain::Args),
    Sandbox(sandbox::Args),
    Schema(schema::Args),
    Completions(completions::Args),
    Complete(complete::Args),
    Man(man::Args),
}

impl Command {
    /// Whether it writes, so that a signal must let it stop cleanly; the others end at the first one.
    pub(crate) fn writes(&self) -> bool {
        matches!(
            self,
            Self::App(_)
                | Self::Rollback(_)
                | Self::Resume(_)
                | Self::Restart(_)
                | Self::Delete(_)
                | Self::Sandbox(_)
        )
    }
}

/// A release's number as an argument.
fn release_number(text: &str) -> std::result::Result<u64, String> {
    text.trim_start_matches('v').parse().map_err(|_| {
        "a release number is wanted, such as 3; `deploy history` lists them".to_owned()
    })
}

/// Runs a command.
pub(crate) async fn run(session: Session, command: Command) -> Result<Outcome> {
    match command {
        Command::Init(args) => init::run(&session, &args).await,
        Command::App(args) => app::run(&session, &args).await,
        Command::Plan(args) => plan::run(&session, &args).await,
        Command::Rollback(args) => rollback::run(&session, &args).await,
        Command::Resume(args) => resume::run(&session, &args).await,
        Command::Status(args) => status::run(&session, &args).await,
        Command::History(args) => history::run(&session, &args).await,
        Command::Show(args) => show::run(&session, &args).await,
        Command::Restart(args) => restart::run(&session, &args).await,
        Command::Delete(args) => delete::run(&session, &args).await,
        Command::Render(args) => render::run(&session, &args).await,
        Command::Lint(args) => lint::run(&session, &args).await,
        Command::Notify(args) => notify::run(&session, &args).await,
        Command::Explain(args) => explain::run(&session, &args),
        Command::Sandbox(args) => sandbox::run(&session, &args).await,
        Command::Schema(args) => schema::run(&session, &args),
        Command::Completions(args) => completions::run(&session, &args),
        Command::Complete(args) => complete::run(&session, &args).await,
        Command::Man(args) => man::run(&session, &args),
    }
}

#[cfg(test)]
mod docs;
