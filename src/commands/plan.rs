//! `deploy plan`

use std::path::PathBuf;

use super::app::How;
use super::inputs::InputArgs;
use crate::error::{Failure, Outcome, Result};
use crate::event::Events;
use crate::ops::deploy::{self, Wish};
use crate::ops::goal::{Goal, Key};
use crate::ops::locate::locate;
use crate::ops::plan_file::PlanFile;
use crate::ops::planning;
use crate::ops::previous::Past;
use crate::release::Store;
use crate::report;
use crate::session::Session;
use crate::shell::OutputFormat;

/// Show what a deploy would change, checked by the server's dry run; writes nothing to the cluster
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  deploy plan --env production --image web=1.4.2
  deploy plan --env production --out plan.json && deploy app --env production --plan plan.json")]
pub struct Args {
    #[command(flatten)]
    inputs: InputArgs,
    /// Start from the bundle, values, config and secrets that are running
    #[arg(long)]
    from_live: bool,
    /// Write the plan to a file for `app --plan FILE`; secret values are not in it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// End with exit code 10 when there are changes
    #[arg(long)]
    exit_code: bool,
    /// Take over fields that another manager owns
    #[arg(long)]
    force_conflicts: bool,
    /// Take over objects that belong to another app or tool
    #[arg(long)]
    adopt: bool,
}

/// Runs `deploy plan`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    if !args.from_live {
        session.need_checkout()?;
    }
    let place = locate(session).await?;
    let how = How {
        force_conflicts: args.force_conflicts,
        adopt: args.adopt,
        ..How::default()
    };
    let options = how.options(&place)?;
    // Progress of a plan is of no use to anybody; what it finds is printed below.
    let (events, mut receiver) = Events::channel(session.env.clock);
    let wish = Wish {
        inputs: args.inputs.resolve(session, &place, args.from_live).await?,
        from_live: args.from_live,
        allow_older: true,
        accept_drift: true,
    };
    let goal = deploy::goal(&place, wish, &session.env, &session.shell.redactor, &events).await?;
    if args.out.is_some() {
        refuse_unnamed_secrets(&goal, &place.cluster.namespace)?;
    }
    let store = Store::new(&place.cluster, &place.project.app);
    let past = Past::read(&store).await?;
    for warning in past.warnings() {
        session.shell.warn(warning);
    }
    past.check_environment(
        &place.project.app,
        &place.environment.name,
        &place.cluster.namespace,
    )?;
    let plan = planning::plan(
        &place.cluster,
        &goal.place,
        goal.desired(),
        &past.previous,
        &options.plan,
    )
    .await?
    .masked();
    drop(events);
    while let Some(message) = receiver.recv().await {
        if let crate::event::Event::Warning { message, .. } = message.event {
            session.shell.warn(message);
        }
    }
    match session.shell.format {
        OutputFormat::Json => session.shell.json(&plan)?,
        _ => session.shell.data(report::plan_text(
            &plan,
            &session.shell,
            report::Detail::Full,
        ))?,
    }
    let changes = !plan.is_empty() || past.previous.force_change;
    if let Some(path) = &args.out {
        let file = PlanFile {
            plan,
            bundle: goal.payload.bundle,
            withheld: goal.payload.withheld,
            inputs: goal.payload.inputs,
        };
        file.write(&session.env.path(path))?;
        session.shell.status(format!(
            "wrote {}; apply it with `deploy app --env {} --plan {}`",
            path.display(),
            place.environment.name,
            path.display()
        ));
    }
    Ok(if args.exit_code && changes {
        Outcome::Changes
    } else {
        Outcome::Done
    })
}

/// Before the first release, every run makes up the key that names secrets: what was reviewed would never be made again.
fn refuse_unnamed_secrets(goal: &Goal, namespace: &str) -> Result<()> {
    if goal.payload.secrets.is_empty() || !matches!(goal.key, Some(Key::Fresh(_))) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "this plan cannot be kept in a file: the first deploy into namespace {namespace} makes the key that names its secrets"
    ))
    .hint("review it without --out, and deploy once without --plan; from then on plans can be kept"))
}
