//! What commands that make a run share: the event channel, the reporter beside the work, the run's id.

use crate::error::{Outcome, Result};
use crate::event::{self, Event, Events, Finished};
use crate::ops::goal::Around;
use crate::ops::locate::Place;
use crate::report;
use crate::session::Session;

/// Runs some work with a reporter beside it. The reporter has drawn everything when this returns.
pub async fn with_reporter(
    session: &Session,
    place: &Place,
    command: &'static str,
    work: impl AsyncFnOnce(&Around<'_>) -> Result<Outcome>,
) -> Result<Outcome> {
    let (events, receiver) = Events::channel(session.env.clock);
    let reporter = report::reporter(&session.shell, &session.env);
    let run = session.run_id()?;
    // Moved in, so that the channel closes and the reporter ends when the work does.
    let work = async move {
        let events = events.for_target(&place.target.name);
        events.send(Event::Started {
            version: event::VERSION,
            command: command.to_owned(),
            app: place.project.app.clone(),
            environment: place.environment.name.clone(),
            context: place.cluster.context.clone(),
            namespace: place.cluster.namespace.clone(),
            run: run.clone(),
        });
        let around = Around {
            cluster: &place.cluster,
            events: &events,
            interrupt: &session.interrupt,
            shell: &session.shell,
            clock: session.env.clock,
            who: session.who(),
            run,
            yes: session.global.yes,
        };
        let result = work(&around).await;
        if let Err(failure) = &result {
            let outcome = failure.outcome();
            events.send(Event::Finished(Box::new(Finished {
                requests: place.cluster.requests(),
                error: Some(failure.one_line()),
                ..Finished::new(outcome)
            })));
        }
        result
    };
    let (result, ()) = tokio::join!(work, report::pump(receiver, reporter, session.env.clock));
    result
}
