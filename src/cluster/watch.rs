//! One watch that lasts: lists, watches from there, and starts again by itself after expiry, disconnects and 410s.
//!
//! Follows <https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes>.

use std::collections::VecDeque;
use std::time::Duration;

use futures::stream::LocalBoxStream;
use futures::{Stream, StreamExt as _};
use kube::core::WatchEvent;
use serde_json::Value;

use super::read::named;
use super::send::{USER_AGENT, escape};
use super::{ApiError, Cluster, Kind};

/// Seconds after which the server ends a watch that we then take up again.
const ROUND: u32 = 290;
/// A watch that is silent for longer than its round is dead: the server would have ended it.
const SILENCE: Duration = Duration::from_mins(5);
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// What a watch reports.
#[derive(Clone, Debug)]
pub enum Watch {
    /// All objects there are; replaces everything known of that kind.
    Listed(Vec<Value>),
    /// One object is new or changed.
    Applied(Value),
    /// One object is gone; its last state.
    Deleted(Value),
    /// The connection broke; it is being taken up again.
    Interrupted(String),
    /// We may not watch this. The stream ends.
    Forbidden(String),
}

struct State<'a> {
    cluster: &'a Cluster,
    kind: Kind,
    namespace: Option<String>,
    /// The part of the query that selects objects.
    selector: String,
    phase: Phase<'a>,
    resource_version: String,
    wait: Duration,
    ready: VecDeque<Watch>,
}

enum Phase<'a> {
    List,
    Connect,
    Read(LocalBoxStream<'a, Result<WatchEvent<Value>, kube::Error>>),
    End,
}

impl Cluster {
    /// Watches a kind. Never ends by itself, except when it is forbidden.
    pub fn watch<'a>(
        &'a self,
        kind: &Kind,
        namespace: Option<&str>,
        labels: Option<&str>,
    ) -> impl Stream<Item = Watch> + use<'a> {
        let selector = labels.map_or_else(String::new, |labels| {
            format!("&labelSelector={}", escape(labels))
        });
        self.watch_selected(kind, namespace, selector)
    }

    /// Watches one object, in the same way.
    pub fn watch_one<'a>(
        &'a self,
        kind: &Kind,
        namespace: Option<&str>,
        name: &str,
    ) -> impl Stream<Item = Watch> + use<'a> {
        let selector = format!(
            "&fieldSelector={}",
            escape(&format!("metadata.name={name}"))
        );
        self.watch_selected(kind, namespace, selector)
    }

    fn watch_selected<'a>(
        &'a self,
        kind: &Kind,
        namespace: Option<&str>,
        selector: String,
    ) -> impl Stream<Item = Watch> + use<'a> {
        let state = State {
            cluster: self,
            kind: kind.clone(),
            namespace: namespace.map(str::to_owned),
            selector,
            phase: Phase::List,
            resource_version: String::new(),
            wait: FIRST_WAIT,
            ready: VecDeque::new(),
        };
        futures::stream::unfold(state, |mut state| async move {
            loop {
                if let Some(watch) = state.ready.pop_front() {
                    return Some((watch, state));
                }
                state.step().await?;
            }
        })
    }
}

impl<'a> State<'a> {
    /// Goes on by one list, one connection or one event. `None` at the end.
    async fn step(&mut self) -> Option<()> {
        match std::mem::replace(&mut self.phase, Phase::End) {
            Phase::List => self.list().await,
            Phase::Connect => match self.open().await {
                Ok(events) => self.phase = Phase::Read(events),
                Err(error) => self.trouble(&error).await,
            },
            Phase::Read(mut events) => match tokio::time::timeout(SILENCE, events.next()).await {
                Ok(Some(Ok(event))) => {
                    self.phase = Phase::Read(events);
                    self.read(event).await;
                }
                Ok(Some(Err(error))) => {
                    let error = ApiError::unreached(&error, self.about());
                    self.trouble(&error).await;
                }
                // The round is over, or the connection died without a word.
                Ok(None) | Err(_) => {
                    self.phase = Phase::Connect;
                    self.pause().await;
                }
            },
            Phase::End => return None,
        }
        Some(())
    }

    async fn list(&mut self) {
        let listed = self
            .cluster
            .list_selected(&self.kind, self.namespace.as_deref(), &self.selector)
            .await;
        match listed {
            Ok(list) => {
                self.resource_version = list.resource_version;
                self.ready.push_back(Watch::Listed(list.items));
                self.phase = Phase::Connect;
            }
            Err(error) => {
                self.phase = Phase::List;
                self.trouble(&error).await;
            }
        }
    }

    async fn open(
        &self,
    ) -> Result<LocalBoxStream<'a, Result<WatchEvent<Value>, kube::Error>>, ApiError> {
        let path = format!(
            "{}?watch=true&allowWatchBookmarks=true&timeoutSeconds={ROUND}&resourceVersion={}{}",
            self.kind.path(self.namespace.as_deref()),
            escape(&self.resource_version),
            self.selector
        );
        let request = http::Request::get(path)
            .header(http::header::USER_AGENT, USER_AGENT)
            .body(Vec::new())
            .map_err(|error| ApiError::unreached(&kube::Error::HttpError(error), self.about()))?;
        self.cluster.count();
        let events = self.cluster.client.request_events::<Value>(request).await;
        let events = events.map_err(|error| ApiError::unreached(&error, self.about()))?;
        Ok(events.boxed_local())
    }

    async fn read(&mut self, event: WatchEvent<Value>) {
        match event {
            WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                self.seen(&object);
                self.ready
                    .push_back(Watch::Applied(named(object, &self.kind)));
            }
            WatchEvent::Deleted(object) => {
                self.seen(&object);
                self.ready
                    .push_back(Watch::Deleted(named(object, &self.kind)));
            }
            WatchEvent::Bookmark(bookmark) => {
                self.resource_version = bookmark.metadata.resource_version;
                self.wait = FIRST_WAIT;
            }
            WatchEvent::Error(status) => {
                let error = ApiError::unreached(&kube::Error::Api(status), self.about());
                self.trouble(&error).await;
            }
        }
    }

    fn seen(&mut self, object: &Value) {
        if let Some(version) = object["metadata"]["resourceVersion"].as_str() {
            version.clone_into(&mut self.resource_version);
        }
        self.wait = FIRST_WAIT;
    }

    /// Decides how to go on after an error, and waits.
    async fn trouble(&mut self, error: &ApiError) {
        if error.is_forbidden() {
            self.ready.push_back(Watch::Forbidden(error.to_string()));
            self.phase = Phase::End;
            return;
        }
        if error.is_expired() || error.is_not_found() {
            self.phase = Phase::List;
        } else {
            self.ready.push_back(Watch::Interrupted(error.to_string()));
            if !matches!(self.phase, Phase::List) {
                self.phase = Phase::Connect;
            }
        }
        self.pause().await;
    }

    async fn pause(&mut self) {
        tokio::time::sleep(self.wait).await;
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
    }

    fn about(&self) -> super::About {
        self.cluster
            .about("watch", &self.kind, self.namespace.as_deref(), None)
    }
}
