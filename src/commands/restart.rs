//! `deploy restart`

use std::time::Duration;

use serde_json::json;

use super::app::How;
use super::reporting::{Together, with_reporter};
use crate::error::{Failure, Outcome, Result};
use crate::event::{Event, Phase};
use crate::manifest::{Manifest, ObjectId, edit};
use crate::ops::finish::Tally;
use crate::ops::locate::locate;
use crate::release::lease::Holder;
use crate::release::record::last_good;
use crate::release::{Lock, Store};
use crate::session::Session;
use crate::track::{Tracker, Verdict, Wait};
use crate::words;

/// Roll all pods of a workload, and wait until the new ones are ready
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The workloads, as in `Deployment/web` or just `web` (default: all of the app)
    workloads: Vec<String>,
    #[command(flatten)]
    how: How,
}

/// Annotation on the pod template that makes its pods roll. It is patched in, not applied, so a deploy does not own it and leaves it alone.
const RESTARTED: &str = "deploy.cli/restarted-at";

/// Runs `deploy restart`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    let place = locate(session).await?;
    let options = args.how.options(&place)?;
    let app = place.project.app.as_str();
    with_reporter(session, std::slice::from_ref(&place), Together::AtOnce, "restart", async |_, around| {
        let cluster = around.cluster;
        let store = Store::new(cluster, app);
        let headers = store.headers().await?;
        let good = last_good(&headers).ok_or_else(|| Failure::usage(format!("{app} has no good release here to restart")).hint("`deploy app` makes one"))?;
        let payload = store.load(good).await?.payload;
        let chosen = choose(&args.workloads, &payload.objects)?;
        let mut tally = Tally::new(cluster, &around.flags);
        tally.running = Some(good.number);
        tally.phase(around.events, Phase::Lock);
        let holder = Holder {
            run: around.run.clone(),
            who: around.who.clone(),
            reason: "restart".to_owned(),
            frozen: false,
        };
        let lock = Lock::take(cluster, around.clock, app, holder, options.patience, around.events).await?;
        let work = async {
            tally.phase(around.events, Phase::Apply);
            let started = around.clock.now();
            let mut tracker = Tracker::start(cluster, app, &chosen)
                .await?
                .with_rules(options.rules.clone());
            let mut applied = Vec::new();
            for manifest in &chosen {
                around.check_interrupt()?;
                lock.check()?;
                let patch = json!({"spec": {"template": {"metadata": {"annotations": {RESTARTED: started.to_string()}}}}});
                let object = cluster
                    .merge_patch(&manifest.id, &patch)
                    .await
                    .map_err(|error| Failure::from(error).context(format!("restarting {}", manifest.id)))?;
                around.events.send(Event::Applied {
                    object: manifest.id.clone(),
                    action: "restart".to_owned(),
                });
                applied.push((manifest.id.clone(), object));
            }
            tally.phase(around.events, Phase::Rollout);
            let wait = Wait {
                objects: applied,
                timeout: options.timeout,
                soak: if options.no_wait { Duration::ZERO } else { options.soak },
                since: started,
            };
            if options.no_wait {
                return Ok(Verdict::Ready);
            }
            around.verdict(&mut tracker, wait).await
        };
        let verdict = lock.hold(work).await;
        lock.release().await;
        let outcome = match verdict? {
            Verdict::Ready => Outcome::Done,
            Verdict::Failed(findings) => {
                tally.findings = findings;
                Outcome::Failed
            }
            Verdict::Interrupted => around.interrupt.requested().map_or(Outcome::Interrupted, crate::interrupt::Signal::outcome),
        };
        Ok(tally.finished(around, outcome))
    })
    .await
}

/// The workloads that were named, or all that keep pods running.
fn choose(named: &[String], objects: &[Manifest]) -> Result<Vec<Manifest>> {
    let workloads: Vec<&Manifest> = objects
        .iter()
        .filter(|manifest| {
            ["Deployment", "StatefulSet", "DaemonSet"]
                .iter()
                .any(|kind| manifest.id.is(kind))
        })
        .filter(|manifest| edit::pod_template(&manifest.object).is_some())
        .collect();
    if workloads.is_empty() {
        return Err(Failure::usage(
            "the app has no workload whose pods could be restarted",
        ));
    }
    if named.is_empty() {
        return Ok(workloads.into_iter().cloned().collect());
    }
    let mut chosen = Vec::new();
    for name in named {
        let found: Vec<&&Manifest> = workloads
            .iter()
            .filter(|manifest| names(name, &manifest.id))
            .collect();
        match found.as_slice() {
            [one] => chosen.push((**one).clone()),
            [] => {
                let known: Vec<String> = workloads
                    .iter()
                    .map(|manifest| manifest.id.name.clone())
                    .collect();
                let hint = words::suggest(name, known.iter().map(String::as_str));
                return Err(Failure::usage(format!("the app has no workload `{name}`")).hint(hint));
            }
            several => {
                let ids: Vec<String> = several
                    .iter()
                    .map(|manifest| manifest.id.to_string())
                    .collect();
                return Err(Failure::usage(format!(
                    "`{name}` may be {}",
                    words::list(&ids, "or")
                )));
            }
        }
    }
    Ok(chosen)
}

fn names(typed: &str, id: &ObjectId) -> bool {
    typed == id.name || typed.eq_ignore_ascii_case(&id.to_string())
}
