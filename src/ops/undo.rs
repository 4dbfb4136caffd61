//! Putting the last good release back when a rollout failed. It is part of that release's outcome, not a release of its own.

use std::time::Duration;

use super::applying;
use super::goal::{Around, Options};
use super::planning::{self, Desired, PlanHeader};
use super::previous::Past;
use crate::error::{Failure, Result};
use crate::manifest::ObjectId;
use crate::plan::{PlanOptions, Previous};
use crate::release::{Lock, Release, copies};
use crate::track::{Tracker, Verdict, Wait};

/// Applies the recorded objects of `base` verbatim, removes what the failed release added, and waits until it runs.
///
/// Fields that the failed release owned are forced; nothing else is.
pub async fn put_back(
    around: &Around<'_>,
    lock: &Lock<'_>,
    place: &PlanHeader,
    base: &Release,
    past: &Past,
    failed: Vec<ObjectId>,
    options: &Options,
) -> Result<()> {
    let started = around.clock.now();
    let manifests = copies::restore(
        around.cluster,
        &place.app,
        base.header.number,
        &base.payload,
    )
    .await?;
    let previous = Previous {
        since_good: past
            .previous
            .since_good
            .iter()
            .cloned()
            .chain(failed)
            .collect(),
        force_change: true,
        ..past.previous.clone()
    };
    let plan_options = PlanOptions {
        force_owned: true,
        ..options.plan.clone()
    };
    let desired = Desired {
        manifests: &manifests,
        jobs: &[],
        restores: true,
    };
    let plan = planning::plan(around.cluster, place, desired, &previous, &plan_options).await?;
    let gate = || {
        around.check_interrupt()?;
        lock.check()
    };
    let mut tracker = Tracker::start(around.cluster, &place.app, &manifests)
        .await?
        .with_rules(options.rules.clone());
    let applied = tracker
        .during(
            applying::apply(around.cluster, &plan.steps, &gate, around.events),
            around.events,
        )
        .await?;
    applying::unstick(around.cluster, &plan, &gate, around.events).await?;
    let wait = Wait {
        objects: super::rolling::watched(&plan, &applied),
        timeout: options.timeout,
        soak: Duration::ZERO,
        since: started,
    };
    match around.verdict(&mut tracker, wait).await? {
        Verdict::Ready => {
            applying::prune(around.cluster, &plan, &gate, around.events).await?;
            Ok(())
        }
        Verdict::Failed(findings) => Err(Failure::cluster(findings.first().map_or_else(
            || format!("release {} does not become ready", base.header.number),
            |finding| format!("{}: {}", finding.object, finding.message),
        ))),
        Verdict::Interrupted => Err(Failure::cluster(
            "stopped on request while it was being put back",
        )),
    }
}
