//! An API server that is a value: a tower service under a real client. It keeps objects, lists, watches from any version,
//! merges what is applied in the simplest way, writes down every request, and fails on demand. Time is tokio's, so tests may pause it.
//!
//! It does not validate, default or admit: the live ring owns the truth about that.
#![allow(dead_code, reason = "each test target uses its own part of it")]

mod answer;
mod controllers;
mod logs;
mod merge;
mod query;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};

use http_body_util::BodyExt as _;
use kube::client::Body;
use serde_json::{Value, json};

/// Kinds that are served: version, kind, plural, and whether they are namespaced.
const KINDS: [(&str, &str, &str, bool); 27] = [
    ("v1", "ConfigMap", "configmaps", true),
    ("v1", "Event", "events", true),
    ("v1", "LimitRange", "limitranges", true),
    ("v1", "Namespace", "namespaces", false),
    ("v1", "Node", "nodes", false),
    (
        "v1",
        "PersistentVolumeClaim",
        "persistentvolumeclaims",
        true,
    ),
    ("v1", "Pod", "pods", true),
    ("v1", "ResourceQuota", "resourcequotas", true),
    ("v1", "Secret", "secrets", true),
    ("v1", "Service", "services", true),
    ("v1", "ServiceAccount", "serviceaccounts", true),
    ("apps/v1", "DaemonSet", "daemonsets", true),
    ("apps/v1", "Deployment", "deployments", true),
    ("apps/v1", "ReplicaSet", "replicasets", true),
    ("apps/v1", "StatefulSet", "statefulsets", true),
    (
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        true,
    ),
    ("batch/v1", "CronJob", "cronjobs", true),
    ("batch/v1", "Job", "jobs", true),
    ("coordination.k8s.io/v1", "Lease", "leases", true),
    (
        "discovery.k8s.io/v1",
        "EndpointSlice",
        "endpointslices",
        true,
    ),
    ("networking.k8s.io/v1", "Ingress", "ingresses", true),
    (
        "networking.k8s.io/v1",
        "IngressClass",
        "ingressclasses",
        false,
    ),
    (
        "networking.k8s.io/v1",
        "NetworkPolicy",
        "networkpolicies",
        true,
    ),
    (
        "policy/v1",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        true,
    ),
    ("rbac.authorization.k8s.io/v1", "Role", "roles", true),
    (
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        "rolebindings",
        true,
    ),
    ("storage.k8s.io/v1", "StorageClass", "storageclasses", false),
];

/// The server. Clones are the same server.
#[derive(Clone)]
pub struct Fake {
    state: Arc<Mutex<State>>,
    news: tokio::sync::watch::Sender<u64>,
}

/// The server's time at its first answer.
pub const START: &str = "2026-01-02T03:04:05Z";

#[derive(Default)]
struct State {
    /// By path: `/apis/apps/v1/namespaces/shop/deployments/web`.
    objects: BTreeMap<String, Value>,
    /// What was applied last, by path.
    applied: BTreeMap<String, Value>,
    /// Every change: version, path, type, object.
    history: Vec<(u64, String, &'static str, Value)>,
    version: u64,
    begun: Option<tokio::time::Instant>,
    requests: Vec<Seen>,
    failures: Vec<Script>,
    logs: BTreeMap<(String, String, bool), String>,
    /// Logs that are followed, by pod and container.
    followed: BTreeMap<(String, String), logs::Followed>,
    /// What apps answer through the service proxy, by path: status, `Location`, body.
    apps: BTreeMap<String, (u16, String, String)>,
    /// Whether workloads are rolled out as they are written.
    controllers: bool,
    /// Whether all of them fail.
    broken: bool,
    moments: Vec<Moment>,
}

/// Something that happens just before a request is answered.
struct Moment {
    method: String,
    part: String,
    what: Box<dyn FnOnce(&Fake) + Send>,
}

/// A request that was made.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// Path and query.
    pub uri: String,
    /// The body; null when there was none.
    pub body: Value,
}

/// A failure to come.
struct Script {
    method: String,
    part: String,
    times: usize,
    code: u16,
    status: Value,
}

impl Default for Fake {
    fn default() -> Self {
        Self {
            state: Arc::default(),
            news: tokio::sync::watch::channel(0).0,
        }
    }
}

impl Fake {
    /// A server with one namespace.
    pub fn new(namespace: &str) -> Self {
        let fake = Self::default();
        fake.put(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}, "status": {"phase": "Active"}}));
        fake
    }

    /// A client of it.
    pub fn client(&self, namespace: &str) -> kube::Client {
        let fake = self.clone();
        let service = tower::service_fn(move |request: http::Request<Body>| {
            let fake = fake.clone();
            async move {
                let (parts, body) = request.into_parts();
                let bytes = body
                    .collect()
                    .await
                    .map(http_body_util::Collected::to_bytes)
                    .unwrap_or_default();
                let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
                Ok::<_, Infallible>(fake.answer(&parts, body))
            }
        });
        kube::Client::new(service, namespace)
    }

    /// Puts an object there, as a controller or a person would, and tells the watches. Fills in uid and version.
    pub fn put(&self, mut object: Value) {
        let path = path_of(&object);
        let mut state = self.state();
        let verb = if state.objects.contains_key(&path) {
            "MODIFIED"
        } else {
            "ADDED"
        };
        let uid = state
            .objects
            .get(&path)
            .map(|old| old["metadata"]["uid"].clone());
        let version = state.version + 1;
        if object["metadata"]["uid"].is_null() {
            object["metadata"]["uid"] = uid
                .filter(|uid| !uid.is_null())
                .unwrap_or_else(|| json!(format!("uid-{version}")));
        }
        state.store(path, verb, object);
        self.tell(&state);
    }

    /// Changes an object in place.
    pub fn change(&self, path: &str, change: impl FnOnce(&mut Value)) {
        let mut object = self
            .state()
            .objects
            .get(path)
            .cloned()
            .unwrap_or_else(|| panic!("no object at {path}"));
        change(&mut object);
        self.put(object);
    }

    /// Takes an object away.
    pub fn remove(&self, path: &str) {
        let mut state = self.state();
        state.take(path);
        self.tell(&state);
    }

    /// The object at a path.
    pub fn object(&self, path: &str) -> Option<Value> {
        self.state().objects.get(path).cloned()
    }

    /// Lets the next `times` requests fail whose method is this and whose path and query contain this part.
    pub fn fail(
        &self,
        method: &str,
        part: &str,
        times: usize,
        code: u16,
        reason: &str,
        message: &str,
    ) {
        let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message});
        self.fail_with(method, part, times, code, status);
    }

    /// Takes back the failures to come of requests that contain this part.
    pub fn heal(&self, part: &str) {
        self.state().failures.retain(|script| script.part != part);
    }

    /// The same with a whole Status.
    pub fn fail_with(&self, method: &str, part: &str, times: usize, code: u16, status: Value) {
        self.state().failures.push(Script {
            method: method.to_owned(),
            part: part.to_owned(),
            times,
            code,
            status,
        });
    }

    /// Rolls out Deployments as they are written; never those with an image called `broken`.
    #[must_use]
    pub fn with_controllers(self) -> Self {
        self.state().controllers = true;
        self
    }

    /// Rolls out everything that is there, and from now on what is written.
    pub fn heal_all(&self) {
        self.state().controllers = true;
        self.state().broken = false;
        let objects: Vec<Value> = self.state().objects.values().cloned().collect();
        for object in objects
            .into_iter()
            .filter(|object| object["kind"] == "Deployment")
        {
            self.put(object);
        }
    }

    /// From now on nobody writes a status.
    pub fn without_controllers(&self) {
        self.state().controllers = false;
    }

    /// From now on nothing that is written is rolled out.
    pub fn break_all(&self) {
        self.state().broken = true;
    }

    /// Lets something happen just before the next request is answered whose method is this and whose path and query contain this part.
    pub fn before(&self, method: &str, part: &str, what: impl FnOnce(&Self) + Send + 'static) {
        self.state().moments.push(Moment {
            method: method.to_owned(),
            part: part.to_owned(),
            what: Box::new(what),
        });
    }

    /// The log of a container.
    pub fn log(&self, pod: &str, container: &str, previous: bool, text: &str) {
        self.state().logs.insert(
            (pod.to_owned(), container.to_owned(), previous),
            text.to_owned(),
        );
    }

    /// What an app answers through the service proxy; the path begins after `/services/`. `location` may be empty.
    pub fn app(&self, path: &str, code: u16, location: &str, body: &str) {
        let answer = (code, location.to_owned(), body.to_owned());
        let path = format!("/api/v1/namespaces/shop/services/{path}");
        self.state().apps.insert(path, answer);
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Seen> {
        self.state().requests.clone()
    }

    /// Requests that write, dry runs left out: `PATCH /apis/…/web`.
    pub fn writes(&self) -> Vec<String> {
        self.requests()
            .iter()
            .filter(|seen| {
                seen.method != "GET"
                    && !seen.uri.contains("dryRun=All")
                    && !seen.uri.contains("selfsubject")
            })
            .map(|seen| {
                format!(
                    "{} {}",
                    seen.method,
                    seen.uri.split('?').next().unwrap_or_default()
                )
            })
            .collect()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.state().requests.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn tell(&self, state: &State) {
        self.news.send_replace(state.version);
    }
}

impl State {
    fn store(&mut self, path: String, verb: &'static str, mut object: Value) -> Value {
        if self.controllers {
            controllers::roll_out(&mut object, self.broken);
        }
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.history
            .push((self.version, path.clone(), verb, object.clone()));
        self.objects.insert(path, object.clone());
        object
    }

    fn take(&mut self, path: &str) -> Option<Value> {
        let mut object = self.objects.remove(path)?;
        self.applied.remove(path);
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.history
            .push((self.version, path.to_owned(), "DELETED", object.clone()));
        Some(object)
    }

    /// The server's time: [`START`] when it was made, then tokio's clock.
    fn now(&mut self) -> String {
        let begun = *self.begun.get_or_insert_with(tokio::time::Instant::now);
        let start: jiff::Timestamp = START.parse().unwrap();
        (start + begun.elapsed()).to_string()
    }
}

/// Where an object is.
pub fn path_of(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (api_version, kind) = (text(&object["apiVersion"]), text(&object["kind"]));
    let (_, _, plural, namespaced) = KINDS
        .iter()
        .find(|(version, known, ..)| *version == api_version && *known == kind)
        .unwrap_or_else(|| panic!("the fake serves no {kind} in {api_version}"));
    let root = if api_version.contains('/') {
        "/apis"
    } else {
        "/api"
    };
    let name = text(&object["metadata"]["name"]);
    if *namespaced {
        let namespace = text(&object["metadata"]["namespace"]);
        assert!(!namespace.is_empty(), "{kind}/{name} needs a namespace");
        format!("{root}/{api_version}/namespaces/{namespace}/{plural}/{name}")
    } else {
        format!("{root}/{api_version}/{plural}/{name}")
    }
}
