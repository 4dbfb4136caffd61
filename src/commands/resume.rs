//! `deploy resume`

use super::app::How;
use super::reporting::{Together, with_reporter};
use crate::error::{Outcome, Result};
use crate::event::Event;
use crate::ops::carry_out::carry_out;
use crate::ops::locate::locate_all;
use crate::ops::resume;
use crate::release::Store;
use crate::session::Session;

/// Carry on a release that was interrupted, under its own number
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    how: How,
}

/// Runs `deploy resume`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    let places = locate_all(session).await?;
    with_reporter(
        session,
        &places,
        Together::AtOnce,
        "resume",
        async |place, around| {
            let mut options = args.how.options(place)?;
            options.plan.rerun = true;
            let store = Store::new(&place.cluster, &place.project.app);
            let headers = store.headers().await?;
            let header = resume::cut_off(&place.project.app, &headers)?;
            around.events.send(Event::CarryingOn {
                release: header.number,
                started: header.started,
                user: header.who.user.clone(),
                host: header.who.host.clone(),
            });
            let goal = resume::goal(place, &store, header, &session.shell.redactor).await?;
            carry_out(around, goal, &options).await
        },
    )
    .await
}
