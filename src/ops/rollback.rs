//! `deploy rollback`: from a record to a goal. Nothing is rendered, executed or fetched: the recorded objects are applied as they are.

use super::deploy;
use super::finish::read_key;
use super::goal::{Goal, Key, Rollback};
use super::jobs::open;
use super::locate::Place;
use crate::cluster::Cluster;
use crate::error::{Failure, Result};
use crate::event::{Event, Events};
use crate::manifest::job::JobTime;
use crate::manifest::{Manifest, ObjectId};
use crate::project::Project;
use crate::project::schema::Check;
use crate::redact::Redactor;
use crate::release::record::{Header, Payload, State, last_good, rollback_goal};
use crate::release::{Release, Store, copies};
use crate::words;

/// Which release to go back to, and what the reader should know before.
pub struct Choice {
    /// What runs now.
    pub running: Header,
    /// What comes back.
    pub goal: Header,
    /// A release that failed and has already been undone by itself.
    pub undone: Option<Header>,
    /// The newest good release when it was chosen.
    pub good: Option<u64>,
}

/// Chooses the goal: `--to N`, else the newest good release older than the running one that differs from it.
pub fn choose(app: &str, headers: &[Header], to: Option<u64>) -> Result<Choice> {
    let head = headers.last().ok_or_else(|| {
        Failure::usage(format!("{app} has no releases here"))
            .hint("`deploy app` makes the first one")
    })?;
    let undone = (head.undone_to.is_some()).then(|| head.clone());
    let running = match head.state {
        // The failed release is gone already, or never touched a workload: what runs is the release before it.
        State::RolledBack | State::JobFailed if head.undone_to.is_some() => headers
            .iter()
            .find(|header| Some(header.number) == head.undone_to)
            .unwrap_or(head),
        _ => head,
    };
    let goal = match to {
        Some(number) => named(app, headers, number)?,
        None => rollback_goal(headers, running)
            .or_else(|| unfinished(headers, running))
            .ok_or_else(|| nothing_older(app, headers, running))?,
    };
    Ok(Choice {
        running: running.clone(),
        goal: goal.clone(),
        undone,
        good: last_good(headers).map(|header| header.number),
    })
}

/// The release that `--to` names.
pub enum Named {
    /// By its number here, or the default one.
    Here(Option<u64>),
    /// By the run that made release `number` in the first target.
    SameRun {
        /// Its number there.
        number: u64,
        /// The run's id.
        run: String,
    },
    /// Back from the newest run of the targets, where it runs: one that it never reached, or that has gone back by
    /// itself, is where the others go.
    From {
        /// The run's id.
        run: String,
    },
}

impl Named {
    /// Without a number, over the releases of several targets; what cannot be read has no say.
    #[must_use]
    pub fn newest(app: &str, targets: &[Option<Vec<Header>>]) -> Self {
        let running = targets
            .iter()
            .flatten()
            .filter_map(|headers| Some(choose(app, headers, None).ok()?.running));
        running
            .max_by_key(|running| running.started)
            .map_or(Self::Here(None), |running| Self::From { run: running.run })
    }

    /// Whether a target that runs this stays as it is.
    #[must_use]
    pub fn leaves(&self, running: &Header) -> bool {
        matches!(self, Self::From { run } if *run != running.run)
    }

    /// The number in one target.
    ///
    /// # Errors
    /// Usage, when the run made no release here.
    pub fn number(&self, headers: &[Header], target: &str) -> Result<Option<u64>> {
        match self {
            Self::Here(number) => Ok(*number),
            Self::From { .. } => Ok(None),
            Self::SameRun { number, run } => headers
                .iter()
                .find(|header| header.run == *run)
                .map(|header| Some(header.number))
                .ok_or_else(|| {
                    Failure::usage(format!(
                        "target {target} has no release of the run that made release {number} in the first target"
                    ))
                    .hint(format!("`deploy history` shows its releases; --target {target} with --to N chooses one"))
                }),
        }
    }
}

/// A head that is not good (failed, cut off, not watched) may want the same as the last good release; going back to that still helps.
fn unfinished<'a>(headers: &'a [Header], running: &Header) -> Option<&'a Header> {
    last_good(headers).filter(|good| {
        running.state != State::Good && good.number < running.number && good.restorable()
    })
}

fn named<'a>(app: &str, headers: &'a [Header], number: u64) -> Result<&'a Header> {
    let header = headers
        .iter()
        .find(|header| header.number == number)
        .ok_or_else(|| {
            let known: Vec<String> = headers
                .iter()
                .rev()
                .take(5)
                .map(|header| header.number.to_string())
                .collect();
            Failure::usage(format!("{app} has no release {number}")).hint(format!(
                "the newest are {}; `deploy history` shows all",
                words::list(&known, "and")
            ))
        })?;
    if !header.restorable() {
        return Err(Failure::usage(format!(
            "release {number} of {app} is too old to be restored: only its header is kept"
        ))
        .hint("keep.releases in deploy.yaml says how many good releases stay restorable"));
    }
    Ok(header)
}

fn nothing_older(app: &str, headers: &[Header], running: &Header) -> Failure {
    let failure = Failure::usage(format!(
        "there is no good release of {app} older than {} that differs from it",
        running.number
    ));
    if headers.iter().all(|header| header.state != State::Good) {
        return failure.hint("no release was ever good here; `deploy delete` removes the app, `deploy app` deploys a repaired one");
    }
    failure.hint("`deploy history` shows the releases; --to N chooses one")
}

/// Loads what comes back, and says what cannot.
pub async fn goal(
    place: &Place,
    store: &Store<'_>,
    choice: &Choice,
    redactor: &Redactor,
    events: &Events,
) -> Result<Goal> {
    let Release {
        mut payload,
        header,
        ..
    } = store.load(&choice.goal).await?;
    let manifests = copies::restore(&place.cluster, &header.app, header.number, &payload).await?;
    for value in copies::values(&manifests) {
        redactor.learn(&value);
    }
    let (running, ran) = if choice.running.restorable() {
        let payload = store.load(&choice.running).await?.payload;
        (payload.objects, payload.jobs)
    } else {
        (Vec::new(), Vec::new())
    };
    for job in ran.iter().filter(|job| job.when == JobTime::Before) {
        events.send(Event::Warning {
            code: "cannot-return".to_owned(),
            message: format!(
                "{} ran with release {}: what it changed in data stays changed",
                job.name, choice.running.number
            ),
            object: None,
        });
    }
    if !ran.is_empty() {
        tell_what_runs(place, events).await?;
    }
    for (object, message) in cannot_return(&running, &manifests) {
        events.send(Event::Warning {
            code: "cannot-return".to_owned(),
            message,
            object: Some(object.clone()),
        });
    }
    let key = kept_key(&place.cluster, payload.copies.is_empty()).await?;
    payload.copies.clear();
    Ok(Goal {
        command: "rollback",
        good: choice.good,
        place: deploy::header(place),
        images: header.images,
        jobs: payload.jobs_on_rollback(),
        checks: recorded_checks(place, &payload),
        payload,
        manifests,
        commits: (Vec::new(), 0),
        rollback: Some(Rollback {
            from: choice.running.number,
            of: header.number,
        }),
        resumes: None,
        key,
    })
}

/// A job of a run that was cut off is not stopped: half a migration may be worse than a whole one. That is for people to decide.
async fn tell_what_runs(place: &Place, events: &Events) -> Result<()> {
    let (cluster, app) = (&place.cluster, &place.project.app);
    for (id, job) in open::find(cluster, app, None).await? {
        events.send(Event::Warning {
            code: "job-runs".to_owned(),
            message: format!(
                "{} of release {} still runs and is left alone; `kubectl -n {} delete job {}` stops it",
                open::name(&job),
                open::release(&job),
                cluster.namespace,
                id.name
            ),
            object: Some(id),
        });
    }
    Ok(())
}

/// What going back does not bring back: data in volumes and their size, addresses that a load balancer gave.
fn cannot_return<'a>(running: &'a [Manifest], goal: &'a [Manifest]) -> Vec<(&'a ObjectId, String)> {
    let has = |objects: &[Manifest], id: &ObjectId| objects.iter().any(|other| other.id == *id);
    let balanced = |manifest: &&Manifest| {
        manifest.id.is("Service") && manifest.object["spec"]["type"] == "LoadBalancer"
    };
    let holds_data = |manifest: &&Manifest| {
        manifest.id.is("PersistentVolumeClaim")
            || manifest.object["spec"]["volumeClaimTemplates"].is_array()
    };
    let back = goal
        .iter()
        .filter(balanced)
        .filter(|service| !has(running, &service.id))
        .map(|service| {
            let message = format!(
                "{} gets a new address if its load balancer is gone",
                service.id
            );
            (&service.id, message)
        });
    let gone = running
        .iter()
        .filter(balanced)
        .filter(|service| !has(goal, &service.id))
        .map(|service| {
            let message = format!(
                "{} goes, and the address of its load balancer with it",
                service.id
            );
            (&service.id, message)
        });
    let data = goal.iter().filter(holds_data).map(|manifest| {
        let message = format!(
            "the data in {} stays as it is, and so does its size",
            manifest.id
        );
        (&manifest.id, message)
    });
    back.chain(gone).chain(data).collect()
}

/// The checks that a release was made with: a newer deploy.yaml may ask for what it does not have yet. Where that one cannot
/// be read any more, the newer one's.
pub fn recorded_checks(place: &Place, payload: &Payload) -> Vec<Check> {
    let recorded = Project::from_bundle(payload.bundle.clone());
    recorded.map_or_else(
        |_| place.project.spec.checks.clone(),
        |project| project.spec.checks,
    )
}

/// Copies of template Secrets are named with the namespace's key; without such Secrets it is not needed.
pub async fn kept_key(cluster: &Cluster, unneeded: bool) -> Result<Option<Key>> {
    if unneeded {
        return Ok(None);
    }
    Ok(match read_key(cluster).await? {
        Some(key) => Some(Key::Kept(key)),
        None => Some(deploy::key(cluster).await?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::record::tests::header;

    #[test]
    fn after_an_automatic_undo_it_goes_back_from_what_runs_now() {
        let mut headers = vec![
            header(1, State::Good),
            header(2, State::Good),
            header(3, State::RolledBack),
        ];
        headers[2].undone_to = Some(2);
        let choice = choose("shop", &headers, None).unwrap();
        assert_eq!(
            (
                choice.running.number,
                choice.goal.number,
                choice.undone.map(|undone| undone.number)
            ),
            (2, 1, Some(3))
        );
    }

    #[test]
    fn a_cut_off_release_goes_back_to_the_last_good_one_even_when_both_want_the_same() {
        let mut headers = vec![header(1, State::Good), header(2, State::Running)];
        headers[1].objects_digest = headers[0].objects_digest.clone();
        assert_eq!(choose("shop", &headers, None).unwrap().goal.number, 1);
    }

    #[test]
    fn a_first_release_that_failed_has_no_way_back() {
        let failure = choose("shop", &[header(1, State::Failed)], None)
            .map(|choice| choice.goal.number)
            .unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.hints[0].contains("deploy delete"));
    }

    #[test]
    fn addresses_and_data_do_not_come_back() {
        let object = |kind: &str, spec: serde_json::Value| Manifest {
            id: format!("{kind}/a").parse().unwrap(),
            object: serde_json::json!({"kind": kind, "spec": spec}),
            origin: crate::manifest::Origin::default(),
        };
        let balanced = object("Service", serde_json::json!({"type": "LoadBalancer"}));
        let plain = object("Service", serde_json::json!({}));
        let claim = object("PersistentVolumeClaim", serde_json::json!({}));
        let set = object(
            "StatefulSet",
            serde_json::json!({"volumeClaimTemplates": []}),
        );
        let told = |running: &[&Manifest], goal: &[&Manifest]| -> String {
            let owned =
                |list: &[&Manifest]| list.iter().map(|one| (*one).clone()).collect::<Vec<_>>();
            let (running, goal) = (owned(running), owned(goal));
            let told = cannot_return(&running, &goal);
            told.into_iter().map(|(_, message)| message).collect()
        };
        assert!(told(&[], &[&balanced]).contains("gets a new address"));
        assert!(told(&[&balanced], &[]).contains("goes, and the address"));
        assert!(told(&[], &[&claim]).contains("the data in PersistentVolumeClaim/a"));
        assert!(told(&[], &[&set]).contains("the data in StatefulSet"));
        assert_eq!(told(&[&balanced], &[&balanced]), "");
        assert_eq!(told(&[], &[&plain]), "");
    }

    #[test]
    fn an_unknown_number_names_the_known_ones() {
        let failure = choose("shop", &[header(4, State::Good)], Some(9))
            .map(|choice| choice.goal.number)
            .unwrap_err();
        assert_eq!(failure.source.to_string(), "shop has no release 9");
        assert!(failure.hints[0].starts_with("the newest are 4"));
    }
}
