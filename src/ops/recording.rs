//! The record of a run under the lock: written before anything is applied, closed at the end.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::finish::{self, Tally};
use super::goal::Key;
use super::locked::Locked;
use super::previous::Past;
use super::sweep::Sweep;
use crate::diagnose::Finding;
use crate::error::{Failure, Result};
use crate::manifest::fields::owned_fields_digest;
use crate::manifest::{DIGEST_ANNOTATION, Manifest, ObjectId};
use crate::plan::{Mark, Plan};
use crate::release::copies;
use crate::release::record::{self, Ending, Header, State};

impl Locked<'_> {
    /// Writes the record, with what it needs: the key of secret names and copies of template Secrets.
    pub(super) async fn record(&mut self, past: &Past, started: Timestamp) -> Result<Header> {
        let cluster = self.around.cluster;
        if let Some(key) = &self.goal.key {
            if let Key::Fresh(key) = key {
                self.lock.check()?;
                finish::keep_key(cluster, key).await?;
            }
            let copies =
                copies::of_templates(&self.goal.manifests, &self.goal.place.app, key.name_key());
            for (id, copy) in copies {
                self.lock.check()?;
                cluster.create_if_absent(&copy).await.map_err(|error| {
                    Failure::from(error).context(format!("keeping a copy of {id}"))
                })?;
                let name = copy["metadata"]["name"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                self.goal.payload.copies.insert(id, name);
            }
        }
        self.goal.payload.objects = record::without_secret_data(&self.goal.manifests);
        self.lock.check()?;
        if let Some(resumed) = &self.goal.resumes {
            let mut header = resumed.clone();
            header.state = State::Running;
            self.store.update(&header).await?;
            return Ok(header);
        }
        let number = self.store.next_number(&past.headers).await?;
        self.store
            .begin(self.header(number, started), &self.goal.payload)
            .await
    }

    fn header(&self, number: u64, started: Timestamp) -> Header {
        let payload = &self.goal.payload;
        let place = &self.goal.place;
        Header {
            version: record::VERSION,
            binary: env!("CARGO_PKG_VERSION").to_owned(),
            app: place.app.clone(),
            environment: place.environment.clone(),
            target: place.target.clone(),
            number,
            run: self.around.run.clone(),
            command: self.goal.command.to_owned(),
            state: State::Running,
            started,
            finished: None,
            who: self.who.clone(),
            images: self.goal.images.clone(),
            git: payload.inputs.git.clone(),
            rollback_of: self.goal.rollback.map(|rollback| rollback.of),
            rollback_from: self.goal.rollback.map(|rollback| rollback.from),
            undone_to: None,
            rolled_back_by: None,
            jobs_passed: Vec::new(),
            cause: None,
            versions: payload
                .configs
                .values()
                .chain(payload.secrets.values())
                .chain(payload.copies.values())
                .cloned()
                .collect(),
            objects_digest: record::objects_digest(&payload.objects, &payload.copies),
            payload: record::Stored {
                chunks: 0,
                digest: String::new(),
            },
            result: None,
        }
    }

    /// Best effort: the reason why we stop matters more than a record that cannot be closed.
    pub(super) async fn give_up(
        &self,
        header: &mut Header,
        ending: Ending,
        tally: &mut Tally<'_>,
        failure: &Failure,
    ) {
        header.state = State::Interrupted;
        header.cause = Some(
            self.around
                .shell
                .redactor
                .mask(&format!("{:#}", failure.source)),
        );
        header.finished = Some(self.around.clock.now());
        tally.close_phase();
        if self.lock.check().is_ok() {
            let _ = self.store.finish(header, &ending).await;
        }
    }

    pub(super) async fn close(
        &self,
        header: &mut Header,
        state: State,
        mut ending: Ending,
        past: &Past,
        tally: &mut Tally<'_>,
    ) -> Result<()> {
        self.mask(&mut ending.findings)?;
        header.state = state;
        header.finished = Some(self.around.clock.now());
        if let Some(finding) = ending.findings.first() {
            header.cause = Some(finding.message.clone());
        }
        tally.findings.clone_from(&ending.findings);
        tally.close_phase();
        ending.timings.clone_from(&tally.timings);
        self.lock.check()?;
        self.store.finish(header, &ending).await?;
        if state != State::Good {
            return Ok(());
        }
        tally.running = Some(header.number);
        let from = past
            .headers
            .iter()
            .find(|old| Some(old.number) == header.rollback_from);
        if let Some(mut from) = from.cloned() {
            from.rolled_back_by = Some(header.number);
            self.store.update(&from).await?;
        }
        let has_jobs = !self.goal.payload.jobs.is_empty() || !past.previous.jobs.is_empty();
        let before = past.base.as_ref().map(|base| base.header.number);
        Sweep {
            around: self.around,
            store: self.store,
            lock: self.lock,
            keep: self.options.keep,
            jobs_before: before.filter(|_| has_jobs),
        }
        .run(header, past)
        .await;
        Ok(())
    }

    /// Records are written with what reporters would print: masked.
    fn mask(&self, findings: &mut [Finding]) -> Result<()> {
        for finding in findings {
            let mut value = serde_json::to_value(&*finding)
                .map_err(|error| Failure::bug(format!("cannot write a finding: {error}")))?;
            self.around.shell.redactor.mask_json(&mut value);
            *finding = serde_json::from_value(value)
                .map_err(|error| Failure::bug(format!("cannot read a finding: {error}")))?;
        }
        Ok(())
    }
}

/// What each object looked like right after it was applied. Objects that were not sent keep what the plan saw.
pub(super) fn marks(
    manifests: &[Manifest],
    plan: &Plan,
    applied: &[(ObjectId, serde_json::Value)],
) -> BTreeMap<ObjectId, Mark> {
    let mut marks: BTreeMap<ObjectId, Mark> = plan
        .steps
        .iter()
        .filter_map(|step| Some((step.object.clone(), step.mark.clone()?)))
        .collect();
    for (id, object) in applied {
        marks.insert(
            id.clone(),
            Mark {
                digest: object["metadata"]["annotations"][DIGEST_ANNOTATION]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
                fields: owned_fields_digest(object),
                uid: object["metadata"]["uid"].as_str().map(str::to_owned),
            },
        );
    }
    let wanted: std::collections::BTreeSet<&ObjectId> =
        manifests.iter().map(|manifest| &manifest.id).collect();
    marks.retain(|id, _| wanted.contains(id));
    marks
}
