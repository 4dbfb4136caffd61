//! `deploy rollback`

use super::app::How;
use super::reporting::{Together, with_reporter};
use crate::error::{Failure, Outcome, Result};
use crate::event::Event;
use crate::ops::carry_out::carry_out;
use crate::ops::goal::Around;
use crate::ops::locate::{Place, headers, locate_all};
use crate::ops::rollback::{self, Named};
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
    let mut places = locate_all(session).await?;
    if args.dry_run {
        places.iter_mut().for_each(Place::quiet);
    }
    let goal = named(&places, args.to).await?;
    let once = async |place: &Place, around: &Around<'_>| {
        let mut options = args.how.options(place)?;
        options.dry_run = args.dry_run;
        options.plan.force_owned = true;
        // A rollback that fails is left as it is: there is nothing better to fall back to by itself.
        options.on_failure = OnFailure::Leave;
        if args.take_over {
            options.patience = Patience::TakeOver;
        }
        let store = Store::new(&place.cluster, &place.project.app);
        let headers = store.headers().await?;
        let to = goal.number(&headers, &place.target.name)?;
        let choice = rollback::choose(&place.project.app, &headers, to)?;
        if goal.leaves(&choice.running) {
            return around.nothing_to_do(choice.running.number).await;
        }
        around.events.send(Event::GoingBack {
            from: choice.running.number,
            to: choice.goal.number,
            images: choice.goal.images.clone(),
            deployed: choice.goal.started,
            undone: choice.undone.as_ref().map(|undone| undone.number),
        });
        let redactor = &session.shell.redactor;
        let goal = rollback::goal(place, &store, &choice, redactor, around.events).await?;
        carry_out(around, goal, &options).await
    };
    let go_back = async |place: &Place, around: &Around<'_>| {
        around.afresh(async || once(place, around).await).await
    };
    with_reporter(session, &places, Together::AtOnce, "rollback", go_back).await
}

/// What is gone back to in each of several targets: from the newest run, or, with `--to`, to the release of the first one
/// and those of the same run in the others.
async fn named(places: &[Place], to: Option<u64>) -> Result<Named> {
    let [first, _, ..] = places else {
        return Ok(Named::Here(to));
    };
    let app = &first.project.app;
    let Some(number) = to else {
        return Ok(Named::newest(app, &headers(places).await));
    };
    let headers = Store::new(&first.cluster, app).headers().await;
    let headers = headers.map_err(|failure| {
        failure
            .context(format!(
                "--to means a release of the first target, {}",
                first.target.name
            ))
            .hint("--target NAME goes back in another one, by its own numbers")
    })?;
    let run = headers
        .into_iter()
        .find(|header| header.number == number)
        .map(|header| header.run);
    let run = run.ok_or_else(|| {
        Failure::usage(format!(
            "{app} has no release {number} in target {}",
            first.target.name
        ))
        .hint("numbers may differ by target: `deploy history` shows them; --target chooses one")
    })?;
    Ok(Named::SameRun { number, run })
}
