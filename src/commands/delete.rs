//! `deploy delete`

use super::reporting::{Together, with_reporter};
use crate::error::{Failure, Outcome, Result};
use crate::event::{Event, Finished};
use crate::ops::delete;
use crate::ops::locate::locate;
use crate::ops::previous::Past;
use crate::release::Store;
use crate::session::Session;

/// Remove the app from a target; says what it keeps
///
/// `PersistentVolumeClaims`, Namespaces, `CustomResourceDefinitions` and whatever is annotated `deploy.cli/keep` are never deleted.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show what would go, and stop
    #[arg(long)]
    dry_run: bool,
}

/// Runs `deploy delete`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    let mut place = locate(session).await?;
    if args.dry_run {
        place.quiet();
    }
    let app = place.project.app.as_str();
    with_reporter(
        session,
        std::slice::from_ref(&place),
        Together::AtOnce,
        "delete",
        async |_, around| {
            let store = Store::new(&place.cluster, app);
            let past = Past::read(&store).await?;
            delete::check(app, &place.cluster.namespace, &past)?;
            past.check_environment(app, &place.environment.name, &place.cluster.namespace)?;
            let plan = delete::plan(around, &crate::ops::deploy::header(&place), &past).await?;
            around.events.send(Event::Planned {
                plan: Box::new(plan.clone()),
            });
            let mut deleted = 0;
            if !args.dry_run {
                let question = format!(
                    "Delete {app} from {} (context {}, namespace {})?",
                    place.environment.name, place.cluster.context, place.cluster.namespace
                );
                around.events.settle().await;
                let answer = session.shell.confirm(&question, session.global.yes);
                if !around.unless_stopped(answer).await? {
                    return Err(Failure::usage("not confirmed; nothing was deleted"));
                }
                deleted = delete::run(around, app, &plan, &past).await?;
                for (object, why) in delete::kept(&plan) {
                    around.events.send(Event::Warning {
                        code: "kept".to_owned(),
                        message: format!("kept: {why}"),
                        object: Some(object.clone()),
                    });
                }
            }
            around.finished(Finished {
                requests: place.cluster.requests(),
                deleted,
                ..Finished::new(Outcome::Done)
            });
            Ok(Outcome::Done)
        },
    )
    .await
}
