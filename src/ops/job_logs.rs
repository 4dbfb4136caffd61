//! The logs of a release's job while it runs: every container of every pod of it, each line once, as events.
//!
//! A log is for people: one that cannot be read is said once and never stops the job.

mod container;

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use futures::future::LocalBoxFuture;
use futures::stream::{FuturesUnordered, LocalBoxStream};
use futures::{FutureExt as _, StreamExt as _};
use serde_json::Value;
use tokio::sync::{mpsc, watch};

use crate::cluster::{ApiError, Cluster, Kind, Watch};
use crate::event::{Event, Events};
use crate::manifest::ObjectId;
use crate::track::read;

/// Lines of each container that are kept.
const KEPT: usize = 20;
/// How long ended containers may still speak when the work is done.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// Lines that may wait to be told. Beyond that the server has to wait.
const WAITING: usize = 64;

/// The last lines of one container of a job's pod, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// At most 20.
    pub lines: Vec<String>,
}

/// A line of a container's log.
struct Line {
    pod: String,
    container: String,
    text: String,
}

/// Streams the logs of all pods of a Job as [`Event::Log`] while `work` goes on; after that, reads out what ended
/// containers still have to say, for 3 s at most. Returns the work's result and the last lines per container, in the
/// order in which they first spoke.
pub async fn beside<T>(
    cluster: &Cluster,
    job: &ObjectId,
    name: &str,
    events: &Events,
    work: impl Future<Output = T>,
) -> (T, Vec<Tail>) {
    let mut logs = Logs::new(cluster, job, name, events);
    let mut work = pin!(work);
    let result = loop {
        tokio::select! {
            biased;
            result = &mut work => break result,
            () = logs.step() => {}
        }
    };
    // Out of time: what was not said by now is not worth holding up a deploy for.
    let _ = tokio::time::timeout(LAST_WORDS, logs.read_out()).await;
    (result, logs.finish().await)
}

struct Logs<'a> {
    cluster: &'a Cluster,
    job: &'a ObjectId,
    name: &'a str,
    events: &'a Events,
    selector: String,
    watch: LocalBoxStream<'a, Watch>,
    /// Every pod that was seen, and where its reader is told of its changes; `None` when it has been read out.
    pods: BTreeMap<String, Option<watch::Sender<Value>>>,
    readers: FuturesUnordered<LocalBoxFuture<'a, (String, Result<(), ApiError>)>>,
    sender: mpsc::Sender<Line>,
    lines: mpsc::Receiver<Line>,
    kept: Vec<Tail>,
}

impl<'a> Logs<'a> {
    fn new(cluster: &'a Cluster, job: &'a ObjectId, name: &'a str, events: &'a Events) -> Self {
        let selector = format!("batch.kubernetes.io/job-name={}", job.name);
        let namespace = cluster.namespace_of(job);
        let watch = cluster.watch(&Kind::pod(), Some(namespace), Some(&selector));
        let (sender, lines) = mpsc::channel(WAITING);
        Self {
            cluster,
            job,
            name,
            events,
            selector,
            watch: watch.boxed_local(),
            pods: BTreeMap::new(),
            readers: FuturesUnordered::new(),
            sender,
            lines,
            kept: Vec::new(),
        }
    }

    /// Goes on by one line, one pod, or one log that is read out. May be dropped at any time.
    async fn step(&mut self) {
        tokio::select! {
            biased;
            Some(line) = self.lines.recv() => self.tell(line).await,
            Some((pod, end)) = self.readers.next() => self.read_to_the_end(&pod, end),
            Some(seen) = self.watch.next() => self.see(seen),
            else => std::future::pending().await,
        }
    }

    /// Until every pod that has ended is read out. The watch may be late, so the pods are listed once more.
    async fn read_out(&mut self) {
        let namespace = self.cluster.namespace_of(self.job);
        let list = self
            .cluster
            .list(&Kind::pod(), Some(namespace), Some(&self.selector))
            .await;
        if let Ok(list) = list {
            self.see(Watch::Listed(list.items));
        }
        let ended = |pod: &watch::Sender<Value>| container::over(&pod.borrow());
        while self.pods.values().flatten().any(ended) {
            self.step().await;
        }
    }

    fn see(&mut self, seen: Watch) {
        match seen {
            Watch::Listed(pods) => {
                let listed: Vec<&str> = pods.iter().map(read::name).collect();
                for (name, pod) in &self.pods {
                    if let Some(pod) = pod
                        && !listed.contains(&name.as_str())
                    {
                        pod.send_replace(Value::Null);
                    }
                }
                for pod in pods {
                    self.see(Watch::Applied(pod));
                }
            }
            Watch::Applied(pod) => match self.pods.get(read::name(&pod)) {
                Some(Some(known)) => drop(known.send_replace(pod)),
                Some(None) => {}
                None => self.begin(pod),
            },
            Watch::Deleted(pod) => {
                if let Some(Some(known)) = self.pods.get(read::name(&pod)) {
                    known.send_replace(Value::Null);
                }
            }
            // The watch of the Job itself says so.
            Watch::Interrupted(_) => {}
            Watch::Forbidden(why) => self.refused(&why, "`list` and `watch` on pods"),
        }
    }

    fn begin(&mut self, pod: Value) {
        let name = read::name(&pod).to_owned();
        let (sender, receiver) = watch::channel(pod);
        self.pods.insert(name.clone(), Some(sender));
        let reader = container::Reader {
            cluster: self.cluster,
            namespace: self.cluster.namespace_of(self.job),
            pod: name.clone(),
            state: receiver,
            lines: self.sender.clone(),
        };
        let reader = async move { (name, reader.run().await) };
        self.readers.push(reader.boxed_local());
    }

    fn read_to_the_end(&mut self, pod: &str, end: Result<(), ApiError>) {
        self.pods.insert(pod.to_owned(), None);
        if let Err(error) = end {
            self.refused(&error.to_string(), "`get` on pods/log");
        }
    }

    /// No right to read: no other pod will do better.
    fn refused(&mut self, why: &str, right: &str) {
        self.readers.clear();
        self.pods.values_mut().for_each(|pod| *pod = None);
        self.watch = futures::stream::pending().boxed_local();
        self.events.send(Event::Warning {
            code: "log-not-shown".to_owned(),
            message: format!(
                "the log of job {} is not shown: {why}; it needs {right}",
                self.name
            ),
            object: Some(self.job.clone()),
        });
    }

    async fn tell(&mut self, line: Line) {
        self.events.send(Event::Log {
            object: self.job.clone(),
            job: Some(self.name.to_owned()),
            pod: (self.pods.len() > 1).then(|| line.pod.clone()),
            container: line.container.clone(),
            line: line.text.clone(),
        });
        self.keep(line);
        // A flood of lines must not outrun those who print them.
        self.events.settle().await;
    }

    fn keep(&mut self, line: Line) {
        let same = |tail: &Tail| tail.pod == line.pod && tail.container == line.container;
        let at = self.kept.iter().position(same).unwrap_or_else(|| {
            self.kept.push(Tail {
                pod: line.pod.clone(),
                container: line.container.clone(),
                lines: Vec::new(),
            });
            self.kept.len() - 1
        });
        let lines = &mut self.kept[at].lines;
        if lines.len() == KEPT {
            lines.remove(0);
        }
        lines.push(line.text);
    }

    async fn finish(mut self) -> Vec<Tail> {
        while let Ok(line) = self.lines.try_recv() {
            self.tell(line).await;
        }
        self.kept
    }
}
