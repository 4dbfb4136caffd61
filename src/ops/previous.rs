//! What earlier releases left behind, as the plan needs it.

use crate::error::{Failure, Result};
use crate::plan::Previous;
use crate::release::record::{Header, Release, State};
use crate::release::store::Store;

/// The newest good release, loaded, and what the plan must know of everything since.
pub struct Past {
    /// All headers, oldest first.
    pub headers: Vec<Header>,
    /// The newest good release.
    pub base: Option<Release>,
    /// For the plan.
    pub previous: Previous,
    /// Records that could not be read and are done without, in words.
    lost: Vec<String>,
}

impl Past {
    /// Reads the records: one list of headers, and one list of chunks for the last good release and each failed one since.
    /// A record with missing or damaged parts is done without: the newest good one that can be read takes its place.
    pub async fn read(store: &Store<'_>) -> Result<Self> {
        let headers = store.headers().await?;
        let mut lost = Vec::new();
        let mut base: Option<Release> = None;
        let good = |header: &&Header| header.state == State::Good && header.restorable();
        for header in headers.iter().rev().filter(good) {
            match store.load_if_whole(header).await? {
                Ok(release) => {
                    base = Some(release);
                    break;
                }
                Err(failure) => lost.push(failure.source.to_string()),
            }
        }
        let head = headers.last();
        let mut previous = Previous {
            head: head.map(|header| header.number),
            base: base.as_ref().map(|release| release.header.number),
            force_change: head.is_some_and(|header| header.state != State::Good)
                || !lost.is_empty(),
            ..Previous::default()
        };
        if let Some(base) = &base {
            previous.objects.clone_from(&base.payload.objects);
            previous.marks.clone_from(&base.ending.marks);
            previous.jobs = base
                .payload
                .jobs
                .iter()
                .map(|job| (job.name.clone(), job.digest().to_owned()))
                .collect();
        }
        for header in headers
            .iter()
            .filter(|header| Some(header.number) > previous.base && header.restorable())
        {
            match store.load_if_whole(header).await? {
                Ok(failed) => previous.since_good.extend(
                    failed
                        .payload
                        .objects
                        .into_iter()
                        .map(|manifest| manifest.id),
                ),
                Err(failure) if header.state != State::Good => {
                    lost.push(failure.source.to_string());
                }
                Err(_) => {}
            }
        }
        Ok(Self {
            headers,
            base,
            previous,
            lost,
        })
    }

    /// Two environments in one namespace need different app names: their histories would mix.
    pub fn check_environment(&self, app: &str, environment: &str, namespace: &str) -> Result<()> {
        match self.headers.iter().rev().find(|header| header.environment != environment) {
            None => Ok(()),
            Some(other) => Err(Failure::project(format!(
                "namespace {namespace} already holds {app} of environment {} (release {}); environment {environment} cannot share it",
                other.environment, other.number
            ))
            .hint("give the environments different namespaces, or the apps different names")),
        }
    }

    /// What it means that records are damaged.
    pub fn warnings(&self) -> impl Iterator<Item = String> + '_ {
        let back = self.previous.base.map_or_else(
            || "no release can be put back".to_owned(),
            |base| format!("release {base} is the newest that can be put back"),
        );
        self.lost.iter().map(move |lost| {
            format!("{lost}; going on without it: what only it had is not removed, and {back}")
        })
    }

    /// Whether the newest release is still the one that was read, in the same state.
    ///
    /// # Errors
    /// The records cannot be read.
    pub async fn is_current(&self, store: &Store<'_>) -> Result<bool> {
        let newest = |headers: &[Header]| {
            let head = headers.last();
            head.map(|header| (header.number, header.state))
        };
        Ok(newest(&store.headers().await?) == newest(&self.headers))
    }
}
