//! `deploy resume`

use super::app::How;
use super::reporting::{Together, with_reporter};
use crate::error::{Outcome, Result};
use crate::event::Event;
use crate::ops::carry_out::carry_out;
use crate::ops::locate::{Place, headers, locate_all};
use crate::ops::resume;
use crate::release::Store;
use crate::release::record::{Header, State};
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
    let several = places.len() > 1;
    let all = if several {
        let all = headers(&places).await;
        check_any(&places, &all)?;
        all
    } else {
        Vec::new()
    };
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
            if several && let Some(good) = headers.last().filter(|head| head.state == State::Good) {
                return around.nothing_to_do(good.number).await;
            }
            let header = resume::cut_off(&place.project.app, &headers)?;
            around.events.send(Event::CarryingOn {
                release: header.number,
                started: header.started,
                user: header.who.user.clone(),
                host: header.who.host.clone(),
            });
            let mut goal = resume::goal(place, &store, &headers, &session.shell.redactor).await?;
            resume::learn_passed(&mut goal, &all);
            let unread = all.iter().any(Option::is_none);
            if unread || places.len() < place.environment.targets.len() {
                resume::check_alone(&goal, &place.environment.name)?;
            }
            carry_out(around, goal, &options).await
        },
    )
    .await
}

/// Targets that are good need nothing, as long as there is one to carry on.
fn check_any(places: &[Place], all: &[Option<Vec<Header>>]) -> Result<()> {
    let mut nothing = Ok(());
    for (place, headers) in places.iter().zip(all) {
        let Some(headers) = headers else {
            return Ok(());
        };
        match resume::cut_off(&place.project.app, headers) {
            Ok(_) => return Ok(()),
            Err(failure) => nothing = nothing.and(Err(failure)),
        }
    }
    nothing
}
