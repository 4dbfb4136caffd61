//! `deploy rollback`

use super::app::How;
use super::reporting::with_reporter;
use crate::error::{Outcome, Result};
use crate::event::Event;
use crate::ops::carry_out::carry_out;
use crate::ops::locate::locate;
use crate::ops::rollback;
use crate::project::schema::OnFailure;
use crate::release::Store;
use crate::release::lock::Patience;
use crate::session::Session;

/// Go back to the last good release, or to the one you name; works with no checkout
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  deploy rollback --app shop --env production      # from anywhere
  deploy rollback --to 12")]
pub struct Args {
    /// The release to go back to (default: the newest good one that differs from what runs)
    #[arg(long, value_name = "N", value_parser = super::release_number)]
    to: Option<u64>,
    /// Show what would come back, and stop
    #[arg(long)]
    dry_run: bool,
    /// Take the lock from a run that is alive: it stops at its next write
    #[arg(long)]
    take_over: bool,
    #[command(flatten)]
    how: How,
}

/// Runs `deploy rollback`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    let place = locate(session).await?.quiet(args.dry_run);
    let mut options = args.how.options(&place)?;
    options.dry_run = args.dry_run;
    options.plan.force_owned = true;
    // A rollback that fails is left as it is: there is nothing better to fall back to by itself.
    options.on_failure = OnFailure::Leave;
    if args.take_over {
        options.patience = Patience::TakeOver;
    }
    with_reporter(session, &place, "rollback", async |around| {
        let store = Store::new(&place.cluster, &place.project.app);
        let headers = store.headers().await?;
        let choice = rollback::choose(&place.project.app, &headers, args.to)?;
        around.events.send(Event::GoingBack {
            from: choice.running.number,
            to: choice.goal.number,
            images: choice.goal.images.clone(),
            deployed: choice.goal.started,
            undone: choice.undone.as_ref().map(|undone| undone.number),
        });
        let redactor = &session.shell.redactor;
        let goal = rollback::goal(&place, &store, &choice, redactor, around.events).await?;
        carry_out(around, goal, &options).await
    })
    .await
}
