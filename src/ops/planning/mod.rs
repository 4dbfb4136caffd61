//! From desired objects to a plan that has passed the server's dry run. Reads only; everything that speaks against it is told at once.

mod dry_run;
mod jobs;
mod live;
mod moved;
mod namespace;
mod probe;
mod refusal;

pub use self::moved::{check_reviewed, check_unmoved};

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;

use self::dry_run::Answer;
use self::live::{Objects, Place};
use self::refusal::Refusals;
use crate::cluster::{Apply, Cluster, Kind};
use crate::error::Result;
use crate::manifest::job::ReleaseJob;
use crate::manifest::{Manifest, ObjectId, edit};
use crate::plan::check::{self, Wanted};
use crate::plan::draft::{self, Draft};
use crate::plan::ownership::Owner;
use crate::plan::{
    Action, Mark, Plan, PlanOptions, Previous, Step, VERSION, depend, diff, prune, remarks,
    replicas,
};

/// Dry runs in flight.
const AT_ONCE: usize = 32;

/// What a plan is for.
#[derive(Clone, Debug)]
pub struct PlanHeader {
    /// The app.
    pub app: String,
    /// The environment.
    pub environment: String,
    /// The target's name.
    pub target: String,
}

/// What should be there, and what should run.
#[derive(Clone, Copy)]
pub struct Desired<'a> {
    /// The objects.
    pub manifests: &'a [Manifest],
    /// The jobs of the release.
    pub jobs: &'a [ReleaseJob],
    /// An older release comes back: its jobs are no change.
    pub restores: bool,
}

/// Makes a plan. Nothing is written.
///
/// # Errors
/// Project, for kinds the server does not know and objects that are not ours; cluster, for whatever the server refuses.
pub async fn plan(
    cluster: &Cluster,
    header: &PlanHeader,
    desired: Desired<'_>,
    previous: &Previous,
    options: &PlanOptions,
) -> Result<Plan> {
    let all = desired;
    let desired = all.manifests;
    let kinds = cluster.kinds().await?;
    let mut wanted = check::wanted(desired, kinds, &options.allow)?;
    let gone = leftover(cluster, desired, previous).await?;
    let places: Vec<Place<'_>> = wanted
        .iter()
        .filter(|wanted| wanted.later.is_none())
        .map(|wanted| (&wanted.manifest.id, &wanted.kind))
        .chain(gone.iter().map(|(id, kind)| (id, kind)))
        .collect();
    let metadata = live::metadata(cluster, &header.app, &places).await?;
    let namespace_step = namespace::step(cluster, desired, &metadata, options).await?;
    namespace::postpone(
        &mut wanted,
        &metadata,
        &cluster.namespace,
        namespace_step.is_some(),
    );

    let mut notes = Vec::new();
    let scaled = scaled(cluster, desired, &mut notes).await?;
    let picture = Picture {
        cluster,
        app: &header.app,
        options,
        scaled,
        metadata,
        waves: depend::waves(&desired.iter().collect::<Vec<_>>()),
        after_namespace: usize::from(namespace_step.is_some()),
    };
    let mut steps: Vec<Step> = namespace_step.into_iter().collect();
    let mut refusals = Refusals::default();
    steps.extend(picture.steps(&wanted, previous, &mut refusals).await?);
    let last = steps.iter().map(|step| step.wave).max().unwrap_or(0);
    steps.extend(prune::steps(
        desired,
        previous,
        &picture.metadata,
        &header.app,
        &cluster.namespace,
        last + 1,
    ));
    steps.sort_by(|one, other| (one.wave, &one.object).cmp(&(other.wave, &other.object)));
    notes.extend(remarks::remarks(&steps));
    let jobs = jobs::planned(&all, previous);
    let mut plan = Plan {
        version: VERSION,
        app: header.app.clone(),
        environment: header.environment.clone(),
        target: header.target.clone(),
        namespace: cluster.namespace.clone(),
        head: previous.head,
        base: previous.base,
        steps,
        jobs,
        notes,
    };
    if !plan.is_empty() || previous.force_change || options.rerun {
        let made = |step: &Step| {
            step.action == Action::Create
                && step.object.is("Namespace")
                && step.object.name == cluster.namespace
        };
        let later = plan.steps.iter().any(made).then_some(namespace::NOT_YET);
        jobs::ask(
            cluster,
            &all,
            previous,
            later,
            &mut plan.jobs,
            &mut refusals,
        )
        .await?;
    } else {
        plan.jobs.clear();
    }
    plan.notes.extend(refusals.into_result()?);
    if plan.after_failure() || options.force_owned {
        plan.notes.extend(remarks::unsticking(&plan.steps));
    }
    Ok(plan)
}

/// Objects of earlier releases that are not desired, with their kinds; kinds that are not served any more are gone with their objects.
async fn leftover(
    cluster: &Cluster,
    desired: &[Manifest],
    previous: &Previous,
) -> Result<Vec<(ObjectId, Kind)>> {
    let kinds = cluster.kinds().await?;
    let wanted: BTreeSet<&ObjectId> = desired.iter().map(|manifest| &manifest.id).collect();
    let earlier: BTreeSet<&ObjectId> = previous
        .objects
        .iter()
        .map(|manifest| &manifest.id)
        .chain(&previous.since_good)
        .collect();
    Ok(earlier
        .into_iter()
        .filter(|id| !wanted.contains(id))
        .filter_map(|id| {
            let same = desired
                .iter()
                .find(|manifest| manifest.id.group == id.group && manifest.id.kind == id.kind);
            let kind = match same {
                // One list serves both when they have the same version.
                Some(manifest) => kinds
                    .resolve(
                        manifest.object["apiVersion"].as_str().unwrap_or_default(),
                        &id.kind,
                    )
                    .ok(),
                None => kinds.of(id),
            };
            Some((id.clone(), kind?.clone()))
        })
        .collect())
}

/// Workloads whose replicas an autoscaler sets.
async fn scaled(
    cluster: &Cluster,
    desired: &[Manifest],
    notes: &mut Vec<String>,
) -> Result<BTreeSet<ObjectId>> {
    let objects = desired.iter().map(|manifest| &manifest.object);
    let mut scaled = replicas::scaled(objects, &cluster.namespace);
    if desired
        .iter()
        .all(|manifest| manifest.object["spec"]["replicas"].is_null())
    {
        return Ok(scaled);
    }
    match live::autoscalers(cluster).await? {
        Some(live) => scaled.extend(replicas::scaled(&live, &cluster.namespace)),
        None => notes.push(
            "not checked: autoscalers that this app does not declare (we may not list them)"
                .to_owned(),
        ),
    }
    Ok(scaled)
}

/// What all steps are judged by.
struct Picture<'a> {
    cluster: &'a Cluster,
    app: &'a str,
    options: &'a PlanOptions,
    scaled: BTreeSet<ObjectId>,
    metadata: Objects,
    waves: BTreeMap<ObjectId, usize>,
    after_namespace: usize,
}

impl Picture<'_> {
    async fn steps(
        &self,
        wanted: &[Wanted<'_>],
        previous: &Previous,
        refusals: &mut Refusals,
    ) -> Result<Vec<Step>> {
        let mut steps = Vec::with_capacity(wanted.len());
        let mut open: Vec<(&Wanted<'_>, Draft)> = Vec::new();
        for wanted in wanted {
            let id = &wanted.manifest.id;
            let live = self.metadata.get(id);
            let draft = draft::judge(
                wanted.manifest,
                live,
                previous.marks.get(id),
                self.app,
                self.scaled.contains(id),
            );
            match draft {
                Draft::Unchanged => steps.push(self.step(wanted, Action::Unchanged)),
                Draft::Check(Owner::Other(whose)) if !self.options.adopt => {
                    refusals.owned(wanted.manifest, &whose);
                }
                draft => open.push((wanted, draft)),
            }
        }
        let places: Vec<Place<'_>> = open
            .iter()
            .filter(|(_, draft)| *draft != Draft::Create)
            .map(|(wanted, _)| (&wanted.manifest.id, &wanted.kind))
            .collect();
        let live = live::whole(self.cluster, self.app, &places).await?;
        let made_here: BTreeSet<&ObjectId> =
            open.iter().map(|(wanted, _)| &wanted.manifest.id).collect();
        let asked = open
            .into_iter()
            .map(|(wanted, draft)| self.ask(wanted, draft, &live, &made_here));
        let answers: Vec<_> = futures::stream::iter(asked)
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        for (wanted, draft, sent, answer) in answers {
            steps.extend(self.conclude(
                wanted,
                draft,
                sent,
                answer,
                live.get(&wanted.manifest.id),
                refusals,
            ));
        }
        Ok(steps)
    }

    async fn ask<'w>(
        &self,
        wanted: &'w Wanted<'w>,
        draft: Draft,
        live: &Objects,
        made_here: &BTreeSet<&ObjectId>,
    ) -> Result<(&'w Wanted<'w>, Draft, Value, Answer)> {
        let id = &wanted.manifest.id;
        let live = live.get(id);
        let sent = if self.scaled.contains(id) {
            replicas::settle(&wanted.manifest.object, live)
        } else {
            wanted.manifest.object.clone()
        };
        if let Some(why) = &wanted.later {
            return Ok((wanted, draft, sent, Answer::Later(why.clone())));
        }
        let needed: Vec<String> = depend::references(wanted.manifest)
            .into_iter()
            .filter(|needed| made_here.contains(needed))
            .map(|needed| needed.name)
            .collect();
        let ours = matches!(draft, Draft::Check(Owner::Ours));
        let adopted = matches!(draft, Draft::Check(Owner::Other(_)));
        let force = self.options.force_conflicts || adopted || (self.options.force_owned && ours);
        let mut answer = dry_run::ask(
            self.cluster,
            wanted,
            &sent,
            live,
            Apply::dry_run().forced(force),
            &needed,
        )
        .await?;
        if let Answer::Fine(fine) = &mut answer
            && edit::pod_template(&fine.object) != live.and_then(edit::pod_template)
        {
            fine.pod = probe::pod(self.cluster, wanted.manifest, &needed).await?;
        }
        Ok((wanted, draft, sent, answer))
    }

    fn conclude(
        &self,
        wanted: &Wanted<'_>,
        draft: Draft,
        sent: Value,
        answer: Answer,
        live: Option<&Value>,
        refusals: &mut Refusals,
    ) -> Option<Step> {
        let action = match draft {
            Draft::Create | Draft::Unchanged => Action::Create,
            Draft::Check(Owner::Ours) => Action::Update,
            Draft::Check(owner) => Action::Adopt {
                from: owner.text().to_owned(),
            },
        };
        let mut step = self.step(wanted, action);
        step.desired = Some(sent);
        match answer {
            Answer::Fine(fine) => {
                refusals.pod(wanted.manifest, fine.pod);
                if let Some(live) = live {
                    step.changes = diff::changes(live, &fine.object);
                    if step.changes.is_empty() && step.action == Action::Update {
                        return Some(self.step(wanted, Action::Unchanged));
                    }
                }
                step.restarts_pods =
                    live.is_some() && remarks::restarts_pods(wanted.manifest, &step.changes);
                step.conflicts = fine.forced;
                step.takes_over = fine.takes_over;
            }
            Answer::Replace { orphan } => {
                step.changes = live
                    .zip(step.desired.as_ref())
                    .map(|(live, desired)| diff::changes_wanted(live, desired))
                    .unwrap_or_default();
                step.restarts_pods = edit::pod_template(&wanted.manifest.object).is_some();
                step.action = Action::Replace { orphan };
            }
            Answer::Later(why) => step.checked_later = Some(why),
            Answer::Conflicted(conflicts) => {
                refusals.conflicts(wanted.manifest, &conflicts);
                return None;
            }
            Answer::Refused(error, hint) => {
                refusals.refused(wanted.manifest, error, hint);
                return None;
            }
        }
        Some(step)
    }

    fn step(&self, wanted: &Wanted<'_>, action: Action) -> Step {
        let id = &wanted.manifest.id;
        let live = self.metadata.get(id);
        Step {
            object: id.clone(),
            mark: live.map(Mark::of),
            action,
            wave: self.waves.get(id).copied().unwrap_or_default() + self.after_namespace,
            changes: Vec::new(),
            conflicts: Vec::new(),
            desired: Some(wanted.manifest.object.clone()),
            resource_version: live.and_then(|live| {
                live["metadata"]["resourceVersion"]
                    .as_str()
                    .map(str::to_owned)
            }),
            origin: wanted.manifest.origin.clone(),
            checked_later: None,
            restarts_pods: false,
            takes_over: false,
            seen: live.map(draft::fingerprint),
        }
    }
}
