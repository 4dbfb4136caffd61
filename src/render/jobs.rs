//! The jobs that deploy.yaml lists, taken out of the rendered objects: a release makes them, an apply does not.

use serde_json::json;

use super::located::in_main;
use crate::manifest::job::{JobTime, ReleaseJob};
use crate::manifest::{Manifest, ObjectId, edit};
use crate::project::Project;
use crate::project::mistake::{Mistake, Mistakes};
use crate::project::schema::{DetailedJob, JobRuns};
use crate::words;

/// How long a job may take that says nothing of it, in seconds: long enough for a migration, and an end to one that hangs.
const DEADLINE: u64 = 30 * 60;

/// Takes the listed jobs out of the objects, in the order of the lists.
pub fn take(
    project: &Project,
    environment: &str,
    manifests: &mut Vec<Manifest>,
    mistakes: &mut Mistakes,
) -> Vec<ReleaseJob> {
    let lists = [
        (JobTime::Before, &project.spec.jobs.before),
        (JobTime::After, &project.spec.jobs.after),
    ];
    let listed: Vec<Listed> = lists
        .into_iter()
        .flat_map(|(when, list)| {
            list.iter()
                .enumerate()
                .map(move |(index, step)| (when, index, step.detailed()))
        })
        .collect();
    let (mine, rest): (Vec<Manifest>, Vec<Manifest>) =
        std::mem::take(manifests).into_iter().partition(|manifest| {
            manifest.id.is("Job")
                && listed
                    .iter()
                    .any(|(_, _, job)| job.name == manifest.id.name)
        });
    *manifests = rest;
    let known: Vec<&Manifest> = manifests.iter().chain(&mine).collect();
    listed
        .iter()
        .filter_map(|(when, index, job)| {
            let place = Place {
                project,
                listed: &listed,
                when: *when,
                index: *index,
            };
            let Some(manifest) = mine.iter().find(|manifest| manifest.id.name == job.name) else {
                mistakes.0.push(place.unknown(environment, job, &known));
                return None;
            };
            let needs = job
                .needs
                .iter()
                .enumerate()
                .filter_map(|(at, need)| place.need(at, need, manifests, mistakes))
                .collect();
            Some(ReleaseJob {
                name: job.name.clone(),
                when: *when,
                needs,
                once: job.runs == Some(JobRuns::Once),
                on_rollback: job.on_rollback,
                manifest: run_once(manifest, job, &project.app),
            })
        })
        .collect()
}

/// The cluster ends a job that takes too long, also when nobody watches any more; and it keeps one that has ended until
/// a later release cleans it up: were it gone, a resumed run could not know that it ran, and would run it twice.
fn run_once(manifest: &Manifest, job: &DetailedJob, app: &str) -> Manifest {
    let mut manifest = manifest.clone();
    let spec = &mut manifest.object["spec"];
    if let Some(spec) = spec.as_object_mut() {
        spec.remove("ttlSecondsAfterFinished");
    }
    if let Some(timeout) = job.timeout {
        spec["activeDeadlineSeconds"] = json!(timeout.0.as_secs().max(1));
    } else if spec["activeDeadlineSeconds"].is_null() {
        spec["activeDeadlineSeconds"] = json!(DEADLINE);
    }
    edit::stamp(&mut manifest, app);
    manifest
}

/// A job, its list and its place in it.
type Listed = (JobTime, usize, DetailedJob);

/// Where a job stands in deploy.yaml.
struct Place<'a> {
    project: &'a Project,
    listed: &'a [Listed],
    when: JobTime,
    index: usize,
}

impl Place<'_> {
    fn mistake(&self, rest: &[&str], message: String) -> Mistake {
        let index = self.index.to_string();
        let path = ["jobs", self.when.name(), &index];
        in_main(self.project, &[&path[..], rest].concat(), message)
    }

    fn unknown(&self, environment: &str, job: &DetailedJob, known: &[&Manifest]) -> Mistake {
        let same = known.iter().find(|manifest| manifest.id.name == job.name);
        let jobs = known
            .iter()
            .filter(|manifest| manifest.id.is("Job"))
            .map(|manifest| manifest.id.name.as_str());
        let hint = match same {
            Some(other) => format!(
                "{} is no Job: only Jobs run before or after a rollout",
                other.id
            ),
            None => words::suggest(&job.name, jobs),
        };
        let message = format!(
            "the templates for {environment} hold no Job named `{}`",
            job.name
        );
        self.mistake(&[], message).hint(hint)
    }

    fn need(
        &self,
        at: usize,
        need: &str,
        manifests: &[Manifest],
        mistakes: &mut Mistakes,
    ) -> Option<ObjectId> {
        let at = at.to_string();
        let path = ["needs", at.as_str()];
        let id = need.parse::<ObjectId>().ok();
        let is_listed = |id: &ObjectId| {
            let named = |(_, _, job): &Listed| job.name == id.name;
            id.is("Job") && self.listed.iter().any(named)
        };
        if id.as_ref().is_some_and(is_listed) {
            let message =
                format!("`needs: {need}` is a job of the lists, and no job waits for another");
            let hint = "jobs run one after the other, in the order of their list; those of `after` once all is ready";
            mistakes.0.push(self.mistake(&path, message).hint(hint));
            return None;
        }
        let found = id.filter(|id| manifests.iter().any(|manifest| manifest.id == *id));
        if found.is_none() {
            let ids: Vec<String> = manifests
                .iter()
                .map(|manifest| manifest.id.to_string())
                .collect();
            let message = format!("`needs: {need}` is no object of this app");
            mistakes.0.push(
                self.mistake(&path, message)
                    .hint(words::suggest(need, ids.iter().map(String::as_str))),
            );
        }
        found
    }
}
