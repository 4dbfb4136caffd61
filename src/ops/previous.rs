//! What earlier releases left behind, as the plan needs it.

use crate::error::{Failure, Result};
use crate::plan::Previous;
use crate::release::record::{Header, Release, State, last_good};
use crate::release::store::Store;

/// The newest good release, loaded, and what the plan must know of everything since.
pub struct Past {
    /// All headers, oldest first.
    pub headers: Vec<Header>,
    /// The newest good release.
    pub base: Option<Release>,
    /// For the plan.
    pub previous: Previous,
}

impl Past {
    /// Reads the records: one list of headers, and one list of chunks for the last good release and each failed one since.
    pub async fn read(store: &Store<'_>) -> Result<Self> {
        let headers = store.headers().await?;
        let base = match last_good(&headers) {
            Some(header) => Some(store.load(header).await?),
            None => None,
        };
        let head = headers.last();
        let mut previous = Previous {
            head: head.map(|header| header.number),
            base: base.as_ref().map(|release| release.header.number),
            force_change: head.is_some_and(|header| header.state != State::Good),
            ..Previous::default()
        };
        if let Some(base) = &base {
            previous.objects.clone_from(&base.payload.objects);
            previous.marks.clone_from(&base.ending.marks);
        }
        for header in headers
            .iter()
            .filter(|header| Some(header.number) > previous.base && header.restorable())
        {
            let failed = store.load(header).await?;
            previous.since_good.extend(
                failed
                    .payload
                    .objects
                    .into_iter()
                    .map(|manifest| manifest.id),
            );
        }
        Ok(Self {
            headers,
            base,
            previous,
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

    /// The newest release, whatever became of it.
    pub fn head(&self) -> Option<&Header> {
        self.headers.last()
    }
}
