//! What commands that make a run share: the event channel, the reporter beside the work, the run's id, and its targets.

use crate::error::{Failure, FailureKind, Outcome, Result};
use crate::event::{self, Event, Events, Finished, TargetEnd};
use crate::notify::Notifiers;
use crate::ops::convoy::{Convoy, Member, worst};
use crate::ops::goal::Around;
use crate::ops::locate::Place;
use crate::project::schema::{OnTargetFailure, TargetOrder};
use crate::report;
use crate::session::Session;

/// How the targets of a run go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Together {
    /// As the environment says.
    AsWritten,
    /// All at once, each for itself: who goes back or carries on is in a hurry.
    AtOnce,
}

/// Runs some work in each place, with a reporter beside it. The reporter has drawn everything when this returns.
pub async fn with_reporter(
    session: &Session,
    places: &[Place],
    together: Together,
    command: &'static str,
    work: impl AsyncFn(&Place, &Around<'_>) -> Result<Outcome>,
) -> Result<Outcome> {
    let (events, receiver) = Events::channel(session.env.clock);
    let reporter = report::reporter(&session.shell, &session.env);
    let run = session.run_id()?;
    let convoy = convoy(places, together);
    let several = places.len() > 1;
    let told = places
        .first()
        .map(|place| (&place.project, &place.environment));
    let (notifiers, copies) =
        Notifiers::new(told, &session.env, &session.shell, events.downgrade());
    // Moved in, so that the channel closes and the reporter ends when the work does.
    let work = async move {
        let one = Run {
            session,
            command,
            id: &run,
            several,
        };
        let runs = convoy
            .members()
            .zip(places)
            .map(|(member, place)| one.target(&events, member, place, &work));
        let results = futures::future::join_all(runs).await;
        if several {
            conclude(&events, &convoy, results)
        } else {
            results.into_iter().next().unwrap_or(Ok(Outcome::Done))
        }
    };
    let pump = report::pump(receiver, reporter, copies, session.env.clock, several);
    // On the heap: a run is a large future, and every layer around it would copy it.
    let run = Box::pin(async {
        let (result, ()) = tokio::join!(work, pump);
        // Before notifiers get their time: nobody who waits at a terminal should wait for a chat to learn why.
        result.map_err(|failure| {
            session.shell.failure(&failure);
            failure.told()
        })
    });
    notifiers.beside(run).await
}

fn convoy(places: &[Place], together: Together) -> Convoy {
    let names: Vec<&str> = places
        .iter()
        .map(|place| place.target.name.as_str())
        .collect();
    let written = places.first().map(|place| &place.environment.spec);
    match (together, written) {
        (Together::AsWritten, Some(environment)) => Convoy::new(
            &names,
            environment.target_order,
            environment.on_target_failure,
        ),
        _ => Convoy::new(
            &names,
            TargetOrder::Parallel,
            Some(OnTargetFailure::KeepGoing),
        ),
    }
}

/// What the targets of a run share.
struct Run<'a> {
    session: &'a Session,
    command: &'static str,
    id: &'a str,
    several: bool,
}

impl Run<'_> {
    /// The run in one target. Its end is told whatever comes of it.
    async fn target(
        &self,
        events: &Events,
        member: Member<'_>,
        place: &Place,
        work: &impl AsyncFn(&Place, &Around<'_>) -> Result<Outcome>,
    ) -> Result<Outcome> {
        let session = self.session;
        let events = events.for_target(&place.target.name);
        let flags = follow_up(session, place, self.several);
        events.send(Event::Started {
            version: event::VERSION,
            command: self.command.to_owned(),
            app: place.project.app.clone(),
            environment: place.environment.name.clone(),
            context: place.cluster.context.clone(),
            namespace: place.cluster.namespace.clone(),
            run: self.id.to_owned(),
            flags: flags.clone(),
        });
        let around = Around {
            cluster: &place.cluster,
            events: &events,
            interrupt: &session.interrupt,
            member,
            shell: &session.shell,
            clock: session.env.clock,
            who: session.who(),
            run: self.id.to_owned(),
            yes: session.global.yes,
            flags,
        };
        let result = Box::pin(work(place, &around)).await;
        if let Err(failure) = &result {
            around.finished(Finished {
                requests: place.cluster.requests(),
                error: (failure.kind != FailureKind::LeftAlone).then(|| failure.one_line()),
                // Where there are several, nobody prints the failure itself.
                next: if self.several {
                    failure.hints.clone()
                } else {
                    Vec::new()
                },
                ..Finished::new(failure.outcome())
            });
        }
        result
    }
}

/// The end of a run in several targets: the worst of theirs. Mistakes in the project come back as a failure, since they
/// are the same for all and need their excerpts.
fn conclude(events: &Events, convoy: &Convoy, results: Vec<Result<Outcome>>) -> Result<Outcome> {
    let ends = convoy.ends();
    let outcome = worst(ends.iter().map(|(_, end)| end.outcome));
    let sum = |count: fn(&Finished) -> usize| ends.iter().map(|(_, end)| count(end)).sum();
    events.send(Event::Finished(Box::new(Finished {
        findings: ends
            .iter()
            .flat_map(|(_, end)| end.findings.clone())
            .collect(),
        targets: ends
            .iter()
            .map(|(name, end)| TargetEnd {
                target: name.clone(),
                outcome: end.outcome,
                exit_code: end.exit_code,
                release: end.release,
                running: end.running,
                cause: end.cause(),
            })
            .collect(),
        requests: sum(|end| end.requests),
        created: sum(|end| end.created),
        changed: sum(|end| end.changed),
        deleted: sum(|end| end.deleted),
        ..Finished::new(outcome)
    })));
    let told = |failure: &Failure| failure.mistakes().is_some() || failure.kind == FailureKind::Bug;
    let untold = results
        .into_iter()
        .filter_map(Result::err)
        .find(|failure| told(failure) && failure.outcome() == outcome);
    untold.map_or(Ok(outcome), Err)
}

/// The flags that lead a follow-up command to the same place: it must work when it is pasted as it stands.
fn follow_up(session: &Session, place: &Place, several: bool) -> String {
    let global = &session.global;
    let mut flags = Vec::new();
    if !place.checkout {
        flags.push(format!("--app {}", place.project.app));
    }
    flags.push(format!("--env {}", place.environment.name));
    let target = (several || !global.targets.is_empty()).then_some(&place.target.name);
    let given = [
        ("--target", target),
        ("--context", global.context.as_ref()),
        ("--namespace", global.namespace.as_ref()),
    ];
    flags.extend(
        given
            .into_iter()
            .filter_map(|(flag, value)| Some(format!("{flag} {}", value?))),
    );
    flags.join(" ")
}
