//! What commands that make a run share: the event channel, the reporter beside the work, the run's id.

use crate::error::{Outcome, Result};
use crate::event::{self, Event, Events, Finished};
use crate::notify::Notifiers;
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
    let flags = follow_up(session, place);
    let (notifiers, copies) = Notifiers::new(
        &place.project,
        &place.environment,
        &session.env,
        &session.shell,
        events.downgrade(),
    );
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
            flags: flags.clone(),
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
            flags,
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
    let told = report::pump(receiver, reporter, copies, session.env.clock);
    // On the heap: a run is a large future, and every layer around it would copy it.
    let run = Box::pin(async { tokio::join!(work, told) });
    let (result, ()) = notifiers.beside(run).await;
    result
}

/// The flags that lead a follow-up command to the same place: it must work when it is pasted as it stands.
fn follow_up(session: &Session, place: &Place) -> String {
    let global = &session.global;
    let mut flags = Vec::new();
    if !place.checkout {
        flags.push(format!("--app {}", place.project.app));
    }
    flags.push(format!("--env {}", place.environment.name));
    let given = [
        ("--target", &global.target),
        ("--context", &global.context),
        ("--namespace", &global.namespace),
    ];
    flags.extend(
        given
            .into_iter()
            .filter_map(|(flag, value)| Some(format!("{flag} {}", value.as_ref()?))),
    );
    flags.join(" ")
}
