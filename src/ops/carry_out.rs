//! From a goal to an outcome in one target: plan, lock, record, apply, roll out, undo, prune, finish.
//!
//! `deploy app`, `rollback` and `resume` differ only in the goal they bring here. What happens under the lock is in
//! [`locked`](super::locked).

use super::applying;
use super::explain_change;
use super::finish::Tally;
use super::goal::{Around, Goal, Options};
use super::locked::Locked;
use super::planning;
use super::previous::Past;
use crate::error::{Failure, Outcome, Result};
use crate::event::{Event, Phase};
use crate::plan::Plan;
use crate::release::lease::Holder;
use crate::release::record::Who;
use crate::release::{Lock, Store};
use crate::words;

/// Carries a goal out. Emits everything but `Started`; the last event is `Finished`.
pub async fn carry_out(around: &Around<'_>, goal: Goal, options: &Options) -> Result<Outcome> {
    let mut tally = Tally::new(around.cluster, &around.flags);
    let app = goal.place.app.clone();
    let store = Store::new(around.cluster, &app);
    tally.phase(around.events, Phase::Plan);
    let (past, plan) = around
        .unless_stopped(async {
            let past = Past::read(&store).await?;
            for message in past.warnings() {
                around.events.send(Event::Warning {
                    code: "record".to_owned(),
                    message,
                    object: None,
                });
            }
            past.check_environment(
                &goal.place.app,
                &goal.place.environment,
                &around.cluster.namespace,
            )?;
            goal.check_fresh(&past.headers)?;
            let plan = plan(around, &goal, &past, options).await?;
            Ok((past, plan))
        })
        .await?;
    tell(around, &plan);
    let nothing = plan.is_empty() && !past.previous.force_change && !options.plan.rerun;
    around
        .unless_stopped(around.member.planned(!nothing && !options.dry_run))
        .await?;
    if nothing {
        around
            .events
            .send(Event::NothingToDo { release: plan.base });
        tally.running = plan.base;
        return Ok(tally.finished(around, Outcome::Done));
    }
    if options.dry_run {
        return Ok(tally.finished(around, Outcome::Done));
    }
    if options.confirm
        && !around
            .unless_stopped(around.member.agreed(ask(around, &goal)))
            .await?
    {
        return Err(Failure::usage("not confirmed; nothing was written"));
    }
    // Waiting for others is no phase of ours.
    tally.close_phase();
    around.unless_stopped(around.member.turn()).await?;

    tally.phase(around.events, Phase::Lock);
    let made_namespace = applying::own_namespace(around.cluster, &plan).await?;
    tally.created += usize::from(made_namespace);
    let who = Who {
        user: around.cluster.whoami().await.unwrap_or_default(),
        ..around.who.clone()
    };
    let changes = explain_change::changes(past.base.as_ref(), &goal, &who);
    around.events.send(Event::Changes(Box::new(changes)));
    let holder = Holder {
        run: around.run.clone(),
        who: who.clone(),
        reason: goal.command.to_owned(),
        frozen: false,
    };
    let lock = around
        .unless_stopped(Lock::take(
            around.cluster,
            around.clock,
            &app,
            holder,
            options.patience,
            around.events,
        ))
        .await?;
    let locked = Locked {
        around,
        goal,
        options,
        store: &store,
        lock: &lock,
        who,
    };
    let outcome = lock
        .hold(Box::pin(locked.run(plan, past, &mut tally)))
        .await;
    lock.release().await;
    let only_namespace = made_namespace && tally.release.is_none();
    outcome.map_err(|failure| {
        if only_namespace {
            failure.hint(format!(
                "only namespace {} was made, as `createNamespace` asks; it stays",
                around.cluster.namespace
            ))
        } else {
            failure
        }
    })
}

pub(super) async fn plan(
    around: &Around<'_>,
    goal: &Goal,
    past: &Past,
    options: &Options,
) -> Result<Plan> {
    let plan = planning::plan(
        around.cluster,
        &goal.place,
        goal.desired(),
        &past.previous,
        &options.plan,
    )
    .await?;
    if let Some(reviewed) = &options.reviewed {
        planning::check_reviewed(reviewed, &plan)?;
    }
    Ok(plan)
}

pub(super) fn tell(around: &Around<'_>, plan: &Plan) {
    around.events.send(Event::Planned {
        plan: Box::new(plan.masked()),
    });
}

async fn ask(around: &Around<'_>, goal: &Goal) -> Result<bool> {
    let place = &goal.place;
    let targets = around.member.to_do();
    let whom = if targets.len() > 1 {
        words::list(&targets, "and")
    } else {
        around.cluster.context.clone()
    };
    around.events.settle().await;
    around
        .shell
        .confirm(
            &format!("Deploy {} to {} ({})?", place.app, place.environment, whom),
            around.yes,
        )
        .await
}
