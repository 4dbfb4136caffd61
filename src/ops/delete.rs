//! `deploy delete`: removes an app from a target, and says what it keeps.

use super::applying;
use super::goal::Around;
use super::planning::{self, PlanHeader};
use super::previous::Past;
use crate::cluster::Kind;
use crate::error::{Failure, Result};
use crate::event::{Event, Phase};
use crate::manifest::{APP_LABEL, KIND_LABEL, ObjectId};
use crate::plan::{Action, Plan, PlanOptions};
use crate::release::lease::Holder;
use crate::release::lock::Patience;
use crate::release::store::Remove;
use crate::release::{Lock, Store};

/// What would go and what stays: nothing is wanted any more of all that was applied since the last good release.
pub async fn plan(around: &Around<'_>, header: &PlanHeader, past: &Past) -> Result<Plan> {
    let mut plan = planning::plan(
        around.cluster,
        header,
        planning::Desired {
            manifests: &[],
            jobs: &[],
            restores: false,
        },
        &past.previous,
        &PlanOptions::default(),
    )
    .await?;
    plan.notes.push(
        "its release records, kept config versions and kept copies of Secrets go as well"
            .to_owned(),
    );
    Ok(plan)
}

/// Deletes what the plan says, then versions, copies and records, the newest record last.
pub async fn run(around: &Around<'_>, app: &str, plan: &Plan, past: &Past) -> Result<usize> {
    let cluster = around.cluster;
    let holder = Holder {
        run: around.run.clone(),
        who: around.who.clone(),
        reason: "delete".to_owned(),
        frozen: false,
    };
    let lock = Lock::take(
        cluster,
        around.clock,
        app,
        holder,
        Patience::Refuse,
        around.events,
    )
    .await?;
    let store = Store::new(cluster, app);
    let done = lock
        .hold(async {
            // Somebody may have deployed while the question was being read.
            if !past.is_current(&store).await? {
                return Err(Failure::cluster(format!(
                    "{app} was deployed after this was planned; nothing was deleted"
                ))
                .hint("run the same command again to see what would go now"));
            }
            around.events.send(Event::Phase {
                phase: Phase::Prune,
            });
            let gate = || {
                around.check_interrupt()?;
                lock.check()
            };
            let deleted = applying::prune(cluster, plan, &gate, around.events).await?;
            let labels = format!("{APP_LABEL}={app},{KIND_LABEL} in (config,copy,job)");
            for kind in [Kind::config_map(), Kind::secret(), Kind::job()] {
                for item in cluster
                    .list_metadata(&kind, Some(&cluster.namespace), Some(&labels))
                    .await?
                    .items
                {
                    gate()?;
                    cluster
                        .delete_named(&kind, item["metadata"]["name"].as_str().unwrap_or_default())
                        .await?;
                }
            }
            for header in &past.headers {
                gate()?;
                store.remove(header, Remove::All).await?;
            }
            Ok(deleted)
        })
        .await;
    lock.release().await;
    done
}

/// Whether anything at all is left to delete.
pub fn check(app: &str, namespace: &str, past: &Past) -> Result<()> {
    if past.headers.is_empty() {
        return Err(Failure::usage(format!(
            "{app} has no releases in namespace {namespace}: nothing to delete"
        )));
    }
    Ok(())
}

/// The objects that stay, and why.
pub fn kept(plan: &Plan) -> impl Iterator<Item = (&ObjectId, &str)> {
    plan.steps.iter().filter_map(|step| match &step.action {
        Action::Keep { why } => Some((&step.object, why.as_str())),
        _ => None,
    })
}
