//! `deploy plan`

use std::path::{Path, PathBuf};

use super::app::How;
use super::inputs::InputArgs;
use crate::error::{Failure, Outcome, Result};
use crate::event::Events;
use crate::ops::deploy::{self, Wish};
use crate::ops::goal::{Goal, Key};
use crate::ops::locate::{Place, locate_all};
use crate::ops::plan_file::PlanFile;
use crate::ops::planning;
use crate::ops::previous::Past;
use crate::plan::{Plan, VERSION};
use crate::release::Store;
use crate::report;
use crate::session::Session;
use crate::shell::OutputFormat;
use crate::style::Label;

/// What `deploy plan --output json` prints where there are several targets.
#[derive(serde::Serialize, schemars::JsonSchema)]
pub struct Plans<'a> {
    /// Version of this document: within it, fields are only added.
    version: u32,
    /// One for each target.
    plans: &'a [&'a Plan],
}

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
    let places = locate_all(session).await?;
    if args.out.is_some() && places.len() > 1 {
        return Err(
            Failure::usage("--out keeps the plan of one target").hint("choose one with --target")
        );
    }
    let plans = places
        .iter()
        .map(|place| Box::pin(plan(session, args, place)));
    let plans = futures::future::join_all(plans).await;
    let (mut made, mut failed) = (Vec::new(), None);
    for (place, plan) in places.iter().zip(plans) {
        match plan {
            Ok(plan) => made.push((place, plan)),
            Err(failure) if places.len() == 1 => return Err(failure),
            Err(failure) => session.put_off(&mut failed, failure, &place.target),
        }
    }
    show(session, &made, places.len() > 1)?;
    if let Some(failure) = failed {
        return Err(failure);
    }
    if let (Some(path), [(place, made)]) = (&args.out, made.as_slice()) {
        keep(session, path, place, made)?;
    }
    let changes = made.iter().any(|(_, made)| made.changes);
    Ok(if args.exit_code && changes {
        Outcome::Changes
    } else {
        Outcome::Done
    })
}

/// A plan, with what it was made from.
struct Made {
    plan: Plan,
    goal: Goal,
    changes: bool,
}

async fn plan(session: &Session, args: &Args, place: &Place) -> Result<Made> {
    let how = How {
        force_conflicts: args.force_conflicts,
        adopt: args.adopt,
        ..How::default()
    };
    let options = how.options(place)?;
    // Progress of a plan is of no use to anybody; what it finds is printed below.
    let (events, mut receiver) = Events::channel(session.env.clock);
    let wish = Wish {
        inputs: args.inputs.resolve(session, place, args.from_live).await?,
        from_live: args.from_live,
        allow_older: true,
        accept_drift: true,
    };
    let goal = deploy::goal(place, wish, &session.env, &session.shell.redactor, &events).await?;
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
    Ok(Made {
        changes: !plan.is_empty() || past.previous.force_change,
        plan,
        goal,
    })
}

fn show(session: &Session, made: &[(&Place, Made)], several: bool) -> Result<()> {
    let shell = &session.shell;
    if shell.format == OutputFormat::Json {
        let plans: Vec<&Plan> = made.iter().map(|(_, made)| &made.plan).collect();
        return match plans.as_slice() {
            [plan] if !several => shell.json(plan),
            plans => shell.json(&Plans {
                version: VERSION,
                plans,
            }),
        };
    }
    for (place, made) in made {
        if several {
            shell.data(shell.dress.paint(
                Label::Strong,
                format!(
                    "{} (context {}, namespace {})",
                    place.target.name, place.cluster.context, place.cluster.namespace
                ),
            ))?;
        }
        shell.data(report::plan_text(&made.plan, shell, report::Detail::Full))?;
    }
    Ok(())
}

fn keep(session: &Session, path: &Path, place: &Place, made: &Made) -> Result<()> {
    let payload = &made.goal.payload;
    let file = PlanFile {
        plan: made.plan.clone(),
        bundle: payload.bundle.clone(),
        withheld: payload.withheld.clone(),
        inputs: payload.inputs.clone(),
    };
    file.write(&session.env.path(path))?;
    session.shell.status(format!(
        "wrote {}; apply it with `deploy app --env {} --plan {}`",
        path.display(),
        place.environment.name,
        path.display()
    ));
    Ok(())
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
