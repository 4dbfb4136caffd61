//! The API server: the only folder that talks to it. Objects come and go as raw JSON; nothing here decides what to send.
//!
//! Every request passes [`Cluster::send`], which counts it, repeats what may be repeated, and gives up in time.

mod connect;
mod discover;
mod error;
mod follow;
mod http;
mod kind;
mod proxy;
mod read;
mod send;
mod watch;
mod write;

pub use connect::{Connect, Contexts};
pub use discover::{Kinds, UnknownKind};
pub use error::{About, ApiError, Cause};
pub use follow::FollowLog;
pub use kind::Kind;
pub use proxy::proxy_path;
pub use read::List;
pub use watch::Watch;
pub use write::{Applied, Apply, Delete, Propagation};

use std::cell::{Cell, OnceCell};

use crate::manifest::ObjectId;

/// One cluster, seen from one namespace.
pub struct Cluster {
    /// The kubeconfig context.
    pub context: String,
    /// The target's namespace.
    pub namespace: String,
    /// The server's URL.
    pub server: String,
    client: kube::Client,
    requests: Cell<usize>,
    kinds: OnceCell<Box<Discovered>>,
    trace: Option<Trace>,
}

/// Is told of every request: one line with method, path, status and time.
pub type Trace = Box<dyn Fn(&str)>;

/// What discovery said, and what it said later: kinds appear while a deploy makes them.
struct Discovered {
    kinds: Kinds,
    later: OnceCell<Box<Discovered>>,
}

impl Cluster {
    /// Over a client.
    pub fn new(client: kube::Client, context: &str, namespace: &str, server: &str) -> Self {
        Self {
            context: context.to_owned(),
            namespace: namespace.to_owned(),
            server: server.to_owned(),
            client,
            requests: Cell::new(0),
            kinds: OnceCell::new(),
            trace: None,
        }
    }

    /// Tells `trace` of every request (`-vv`).
    #[must_use]
    pub fn traced(mut self, trace: Trace) -> Self {
        self.trace = Some(trace);
        self
    }

    /// Requests made so far, repeated ones included.
    pub fn requests(&self) -> usize {
        self.requests.get()
    }

    /// The kinds the server serves. The first call makes two requests.
    pub async fn kinds(&self) -> Result<&Kinds, ApiError> {
        if self.kinds.get().is_none() {
            let kinds = self.discover().await?;
            let _ = self.kinds.set(Box::new(Discovered {
                kinds,
                later: OnceCell::new(),
            }));
        }
        let mut newest = self.kinds.get();
        while let Some(later) = newest.and_then(|found| found.later.get()) {
            newest = Some(later);
        }
        newest.map(|found| &found.kinds).ok_or_else(|| {
            ApiError::unknown_kind("no kinds were discovered".to_owned(), About::default())
        })
    }

    /// Asks again which kinds the server serves. Two requests.
    pub async fn refresh(&self) -> Result<&Kinds, ApiError> {
        let kinds = self.discover().await?;
        let mut place = &self.kinds;
        while let Some(found) = place.get() {
            place = &found.later;
        }
        let _ = place.set(Box::new(Discovered {
            kinds,
            later: OnceCell::new(),
        }));
        self.kinds().await
    }

    /// The namespace an object is in: its own, else the target's.
    pub fn namespace_of<'a>(&'a self, id: &'a ObjectId) -> &'a str {
        id.namespace.as_deref().unwrap_or(&self.namespace)
    }
}
