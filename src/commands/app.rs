//! `deploy app`

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::inputs::InputArgs;
use super::reporting::{Together, with_reporter};
use crate::error::{Failure, Outcome, Result};
use crate::ops::carry_out::carry_out;
use crate::ops::deploy::{self, Wish};
use crate::ops::goal::Around;
use crate::ops::locate::{Place, locate_all};
use crate::ops::plan_file::PlanFile;
use crate::project::schema::{OnFailure, Timeout};
use crate::project::span;
use crate::release::lock::Patience;
use crate::session::Session;
use crate::track::Budget;

/// Deploy the app: render, plan, apply, watch, and put the last good release back when it fails
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  deploy app --env staging
  deploy app --env production --image web=1.4.2 --output github
  deploy app --app shop --from-live --image web=1.4.3      # no checkout needed")]
pub struct Args {
    #[command(flatten)]
    inputs: InputArgs,
    #[command(flatten)]
    how: How,
    /// Show what would happen, with the server's dry run, and stop
    #[arg(long)]
    dry_run: bool,
    /// Apply exactly the plan that `plan --out FILE` wrote; refused when the cluster moved on
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from_live", "images", "set", "values"])]
    plan: Option<PathBuf>,
    /// Start from the bundle, values, config and secrets that are running
    #[arg(long)]
    from_live: bool,
    /// With --from-live: go on although live images differ from the record
    #[arg(long, requires = "from_live")]
    accept_drift: bool,
    /// Deploy a commit that is older than the running one
    #[arg(long)]
    allow_older: bool,
    /// Make a release even when nothing changed
    #[arg(long)]
    rerun: bool,
}

/// Flags of every command that changes a target.
#[derive(Debug, Default, clap::Args)]
pub struct How {
    /// How long the rollout may take: `auto` (computed from probes and replicas) or a duration such as 10m
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<String>,
    /// Do not wait for the rollout; `deploy resume` waits for it later
    #[arg(long)]
    pub no_wait: bool,
    /// Leave a failed rollout as it is instead of putting the last good release back
    #[arg(long)]
    pub no_rollback: bool,
    /// Take over fields that another manager owns
    #[arg(long)]
    pub force_conflicts: bool,
    /// Take over objects that belong to another app or tool
    #[arg(long)]
    pub adopt: bool,
    /// Wait for somebody's lock instead of ending with exit code 7
    #[arg(long)]
    pub wait_for_lock: bool,
}

impl How {
    /// The run's options for a place: flags first, then what the project says.
    pub fn options(&self, place: &Place) -> Result<crate::ops::goal::Options> {
        let rollout = &place.project.spec.rollout;
        let keep = place.project.spec.keep;
        let allow = &place.project.spec.allow;
        let timeout = match self.timeout.as_deref() {
            Some("auto") => Budget::Auto,
            Some(text) => span::parse(text).map(Budget::Fixed).ok_or_else(|| {
                Failure::usage(format!("--timeout {text} is neither `auto` nor a duration"))
                    .hint("durations look like 90s, 10m or 1h30m")
            })?,
            None => match rollout.timeout {
                Timeout::Auto => Budget::Auto,
                Timeout::Fixed(time) => Budget::Fixed(time),
            },
        };
        Ok(crate::ops::goal::Options {
            plan: crate::plan::PlanOptions {
                force_conflicts: self.force_conflicts,
                adopt: self.adopt,
                force_owned: false,
                rerun: false,
                allow: crate::plan::Allow {
                    namespaces: allow.namespaces.clone(),
                    cluster_scoped: allow.cluster_scoped,
                },
                create_namespace: place.target.create_namespace,
            },
            dry_run: false,
            no_wait: self.no_wait,
            confirm: place.environment.spec.confirm,
            patience: if self.wait_for_lock {
                Patience::Wait
            } else {
                Patience::Refuse
            },
            on_failure: if self.no_rollback {
                OnFailure::Leave
            } else {
                rollout.on_failure
            },
            timeout,
            soak: rollout.soak.0,
            keep: (keep.releases, keep.history),
            rules: crate::ops::readiness::own(&place.project.spec.readiness)?,
            reviewed: None,
        })
    }
}

/// Runs `deploy app`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    if !args.from_live && args.plan.is_none() {
        session.need_checkout()?;
    }
    let mut places = locate_all(session).await?;
    if args.dry_run {
        places.iter_mut().for_each(Place::quiet);
    }
    let reviewed = match &args.plan {
        None => None,
        Some(path) => Some(PlanFile::read(&session.env.path(path))?),
    };
    let places = match &reviewed {
        None => places,
        Some(file) => vec![file.place(places)?],
    };
    let mut inputs = BTreeMap::new();
    for place in &places {
        let mine = match &reviewed {
            None => args.inputs.resolve(session, place, args.from_live).await?,
            Some(file) => file.inputs.clone(),
        };
        inputs.insert(place.target.name.as_str(), mine);
    }
    let once = async |place: &Place, around: &Around<'_>| {
        let mut options = args.how.options(place)?;
        options.dry_run = args.dry_run;
        options.plan.rerun = args.rerun;
        options.reviewed = reviewed.as_ref().map(|file| file.plan.clone());
        let wish = Wish {
            inputs: inputs
                .get(place.target.name.as_str())
                .cloned()
                .unwrap_or_default(),
            from_live: args.from_live,
            // Who reviewed it has seen how old it is.
            allow_older: args.allow_older || reviewed.is_some(),
            accept_drift: args.accept_drift,
        };
        let redactor = &session.shell.redactor;
        let goal = deploy::goal(place, wish, &session.env, redactor, around.events).await?;
        carry_out(around, goal, &options).await
    };
    let deploy = async |place: &Place, around: &Around<'_>| {
        around.afresh(async || once(place, around).await).await
    };
    with_reporter(session, &places, Together::AsWritten, "app", deploy).await
}
