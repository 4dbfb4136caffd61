//! Requests to answers.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::StreamExt as _;
use http::request::Parts;
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use serde_json::{Value, json};

use super::query::{selected, unescape};
use super::{Fake, KINDS, Seen, State, merge};

pub(super) type Response = http::Response<UnsyncBoxBody<Bytes, std::io::Error>>;

/// A path taken apart.
struct Route {
    /// `/api/v1/namespaces/shop/pods` or, across namespaces, `/api/v1/pods`.
    collection: String,
    api_version: String,
    kind: String,
    namespace: Option<String>,
    name: Option<String>,
    subresource: Option<String>,
}

impl Route {
    fn path(&self) -> String {
        format!(
            "{}/{}",
            self.collection,
            self.name.as_deref().unwrap_or_default()
        )
    }

    /// Whether an object's path is in this collection.
    fn holds(&self, path: &str) -> bool {
        let (above, plural) = self.collection.rsplit_once('/').unwrap_or_default();
        match path.rsplit_once('/') {
            Some((collection, _)) if collection == self.collection => true,
            Some((collection, _)) => {
                self.namespace.is_none()
                    && collection.starts_with(&format!("{above}/namespaces/"))
                    && collection.ends_with(&format!("/{plural}"))
            }
            None => false,
        }
    }
}

impl Fake {
    pub(super) fn answer(&self, parts: &Parts, body: Value) -> Response {
        let (method, uri) = (parts.method.as_str(), parts.uri.to_string());
        let mut state = self.state();
        let moment = state
            .moments
            .iter()
            .position(|moment| moment.method == method && uri.contains(&moment.part));
        if let Some(moment) = moment.map(|at| state.moments.remove(at)) {
            drop(state);
            (moment.what)(self);
            state = self.state();
        }
        state.requests.push(Seen {
            method: method.to_owned(),
            uri: uri.clone(),
            body: body.clone(),
        });
        let script = state.failures.iter_mut().find(|script| {
            script.times > 0 && script.method == method && uri.contains(&script.part)
        });
        if let Some(script) = script {
            script.times -= 1;
            return respond(script.code, &script.status);
        }
        let query: BTreeMap<String, String> = parts
            .uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.to_owned(), unescape(value)))
            .collect();
        if matches!(parts.uri.path(), "/api" | "/apis") {
            return respond(200, &discovery(parts.uri.path() == "/api"));
        }
        if parts.uri.path().ends_with("/selfsubjectreviews") {
            return respond(201, &json!({"status": {"userInfo": {"username": "ann"}}}));
        }
        if parts.uri.path().contains("/proxy") {
            return proxy(&state, &uri);
        }
        let Some(route) = route(parts.uri.path()) else {
            return refuse(
                404,
                "NotFound",
                &format!("the server has nothing at {}", parts.uri.path()),
            );
        };
        if method == "GET" && query.get("watch").is_some_and(|watch| watch == "true") {
            drop(state);
            return self.watch(route, query);
        }
        if query.get("follow").is_some_and(|follow| follow == "true") {
            drop(state);
            let pod = route.name.clone().unwrap_or_default();
            return self
                .follow(&pod, &query["container"], &query)
                .unwrap_or_else(|| refuse(400, "BadRequest", "the container is waiting to start"));
        }
        let accept = parts
            .headers
            .get("accept")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let content_type = parts
            .headers
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let before = state.version;
        let response = match (method, &route.name) {
            ("GET", None) => list(
                &state,
                &route,
                &query,
                accept.contains("PartialObjectMetadataList"),
            ),
            ("GET", Some(_)) => read(
                &state,
                &route,
                &query,
                accept.contains("PartialObjectMetadata"),
            ),
            ("POST", _) => create(&mut state, &route, &query, body),
            ("PUT", Some(_)) => replace(&mut state, &route, &query, body),
            ("PATCH", Some(_)) => patch(&mut state, &route, &query, &content_type, &body),
            ("DELETE", Some(_)) => delete(&mut state, &route, &body),
            _ => refuse(405, "MethodNotAllowed", "the fake does not do this"),
        };
        if state.version != before {
            self.tell(&state);
        }
        response
    }

    /// Events after the version asked for, then whatever comes.
    fn watch(&self, route: Route, query: BTreeMap<String, String>) -> Response {
        let seen: u64 = query
            .get("resourceVersion")
            .and_then(|version| version.parse().ok())
            .unwrap_or(0);
        let start = (self.clone(), self.news.subscribe(), seen);
        let events = futures::stream::unfold(start, move |(fake, mut news, seen)| {
            let next = fake
                .state()
                .history
                .iter()
                .find(|(version, path, _, object)| {
                    *version > seen && route.holds(path) && selected(object, &query)
                })
                .cloned();
            let whole = route.api_version.clone();
            let kind = route.kind.clone();
            async move {
                if let Some((version, _, verb, mut object)) = next {
                    object["apiVersion"] = json!(whole);
                    object["kind"] = json!(kind);
                    let mut line = json!({"type": verb, "object": object}).to_string();
                    line.push('\n');
                    return Some((Some(line), (fake, news, version)));
                }
                news.changed().await.ok()?;
                Some((None, (fake, news, seen)))
            }
        });
        let frames =
            events.filter_map(|line| async move { Some(Ok(Frame::data(Bytes::from(line?)))) });
        http::Response::new(StreamBody::new(frames.boxed()).boxed_unsync())
    }
}

fn list(
    state: &State,
    route: &Route,
    query: &BTreeMap<String, String>,
    metadata_only: bool,
) -> Response {
    let items: Vec<Value> = state
        .objects
        .iter()
        .filter(|(path, object)| route.holds(path) && selected(object, query))
        .map(|(_, object)| {
            if metadata_only {
                json!({"metadata": object["metadata"]})
            } else {
                object.clone()
            }
        })
        .collect();
    respond(
        200,
        &json!({"metadata": {"resourceVersion": state.version.to_string()}, "items": items}),
    )
}

fn read(
    state: &State,
    route: &Route,
    query: &BTreeMap<String, String>,
    metadata_only: bool,
) -> Response {
    if route.subresource.as_deref() == Some("log") {
        let key = (
            route.name.clone().unwrap_or_default(),
            query.get("container").cloned().unwrap_or_default(),
            query
                .get("previous")
                .is_some_and(|previous| previous == "true"),
        );
        return match state.logs.get(&key) {
            Some(text) => whole(text.clone()),
            None => refuse(400, "BadRequest", "previous terminated container not found"),
        };
    }
    match state.objects.get(&route.path()) {
        Some(object) if metadata_only => respond(200, &json!({"metadata": object["metadata"]})),
        Some(object) => respond(200, object),
        None => not_found(route),
    }
}

fn create(
    state: &mut State,
    route: &Route,
    query: &BTreeMap<String, String>,
    mut object: Value,
) -> Response {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let path = format!("{}/{name}", route.collection);
    if state.objects.contains_key(&path) {
        return refuse(
            409,
            "AlreadyExists",
            &format!("{} \"{name}\" already exists", route.kind),
        );
    }
    begin(&mut object, state, route);
    date(&mut object, state, query);
    if query.contains_key("dryRun") {
        return respond(201, &object);
    }
    respond(201, &state.store(path, "ADDED", object))
}

fn replace(
    state: &mut State,
    route: &Route,
    query: &BTreeMap<String, String>,
    mut object: Value,
) -> Response {
    let Some(old) = state.objects.get(&route.path()).cloned() else {
        // A Lease that is gone is made anew by a PUT, whatever its resourceVersion; its uid alone forbids that.
        if object["kind"] == "Lease" && object["metadata"]["uid"].is_null() {
            return respond(201, &state.store(route.path(), "ADDED", object));
        }
        if object["kind"] == "Lease" {
            return refuse(409, "Conflict", "Precondition failed: UID in precondition");
        }
        return not_found(route);
    };
    let wanted = &object["metadata"]["resourceVersion"];
    if !wanted.is_null() && *wanted != old["metadata"]["resourceVersion"] {
        return refuse(
            409,
            "Conflict",
            "the object has been modified; please apply your changes to the latest version and try again",
        );
    }
    for field in ["uid", "creationTimestamp"] {
        object["metadata"][field] = old["metadata"][field].clone();
    }
    count(&mut object, &old);
    date(&mut object, state, query);
    if query.contains_key("dryRun") {
        return respond(200, &object);
    }
    respond(200, &state.store(route.path(), "MODIFIED", object))
}

fn patch(
    state: &mut State,
    route: &Route,
    query: &BTreeMap<String, String>,
    content_type: &str,
    body: &Value,
) -> Response {
    let path = route.path();
    let old = state.objects.get(&path).cloned();
    let wanted_uid = &body["metadata"]["uid"];
    if !wanted_uid.is_null()
        && old
            .as_ref()
            .is_none_or(|old| old["metadata"]["uid"] != *wanted_uid)
    {
        return refuse(
            409,
            "Conflict",
            "Precondition failed: UID in precondition does not match",
        );
    }
    let mut object = match (&old, content_type) {
        (old, "application/apply-patch+yaml") => {
            let manager = query.get("fieldManager").map_or("", String::as_str);
            merge::apply(old.as_ref(), state.applied.get(&path), body, manager)
        }
        (None, _) => return not_found(route),
        (Some(old), kind) => {
            let mut object = old.clone();
            if kind.contains("json-patch") {
                merge::json_patch(&mut object, body);
            } else {
                merge::merge_patch(&mut object, body);
            }
            object
        }
    };
    let code = if let Some(old) = &old {
        count(&mut object, old);
        200
    } else {
        begin(&mut object, state, route);
        201
    };
    if query.contains_key("dryRun") {
        return respond(code, &object);
    }
    if content_type == "application/apply-patch+yaml" {
        state.applied.insert(path.clone(), body.clone());
    }
    // An apply that changes nothing writes nothing.
    if old.as_ref() == Some(&object) {
        return respond(200, &object);
    }
    let verb = if old.is_some() { "MODIFIED" } else { "ADDED" };
    respond(code, &state.store(path, verb, object))
}

fn delete(state: &mut State, route: &Route, options: &Value) -> Response {
    let Some(object) = state.objects.get(&route.path()) else {
        return not_found(route);
    };
    for field in ["uid", "resourceVersion"] {
        let wanted = &options["preconditions"][field];
        if !wanted.is_null() && *wanted != object["metadata"][field] {
            return refuse(409, "Conflict", &format!("Precondition failed: {field}"));
        }
    }
    let object = state.take(&route.path()).unwrap_or_default();
    respond(200, &object)
}

/// What the server fills in when an object is made.
fn begin(object: &mut Value, state: &mut State, route: &Route) {
    object["metadata"]["uid"] = json!(format!("uid-{}", state.version + 1));
    object["metadata"]["generation"] = json!(1);
    object["metadata"]["creationTimestamp"] = json!(state.now());
    if let Some(namespace) = &route.namespace {
        object["metadata"]["namespace"] = json!(namespace);
    }
}

/// Notes down who wrote the object, and when by the server's clock.
fn date(object: &mut Value, state: &mut State, query: &BTreeMap<String, String>) {
    object["metadata"]["managedFields"] = json!([{
        "manager": query.get("fieldManager"), "operation": "Update", "time": state.now(),
    }]);
}

/// A changed spec is a new generation.
fn count(object: &mut Value, old: &Value) {
    let generation = old["metadata"]["generation"].as_u64().unwrap_or(1);
    object["metadata"]["generation"] = json!(generation + u64::from(object["spec"] != old["spec"]));
}

fn route(path: &str) -> Option<Route> {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let (api_version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ((*version).to_owned(), rest),
        ["apis", group, version, rest @ ..] => (format!("{group}/{version}"), rest),
        _ => return None,
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, plural, rest @ ..] => {
            (Some((*namespace).to_owned()), [&[*plural], rest].concat())
        }
        rest => (None, rest.to_vec()),
    };
    let plural = *rest.first()?;
    let (_, kind, ..) = KINDS
        .iter()
        .find(|(version, _, known, _)| *version == api_version && *known == plural)?;
    let root = path.find(&format!("/{plural}")).map(|at| &path[..at])?;
    let root = match &namespace {
        Some(namespace) => {
            &path[..path.find(&format!("/namespaces/{namespace}/"))?
                + "/namespaces/".len()
                + namespace.len()]
        }
        None => root,
    };
    Some(Route {
        collection: format!("{root}/{plural}"),
        api_version,
        kind: (*kind).to_owned(),
        namespace,
        name: rest.get(1).map(|name| (*name).to_owned()),
        subresource: rest.get(2).map(|name| (*name).to_owned()),
    })
}

fn discovery(core: bool) -> Value {
    let mut groups: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (api_version, kind, plural, namespaced) in KINDS
        .iter()
        .filter(|(version, ..)| version.contains('/') != core)
    {
        let scope = if *namespaced { "Namespaced" } else { "Cluster" };
        groups.entry(api_version).or_default().push(json!({
            "resource": plural, "responseKind": {"kind": kind}, "scope": scope,
            "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"],
        }));
    }
    let items: Vec<Value> = groups
        .into_iter()
        .map(|(api_version, resources)| {
            let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
            json!({"metadata": {"name": group}, "versions": [{"version": version, "resources": resources}]})
        })
        .collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items})
}

/// What the app behind a Service answers, or the API server in its stead.
fn proxy(state: &State, uri: &str) -> Response {
    let Some((code, location, body)) = state.apps.get(uri) else {
        let words = "no endpoints available for service \"shop\"";
        return refuse(503, "ServiceUnavailable", words);
    };
    let mut response = whole(body.clone());
    *response.status_mut() = http::StatusCode::from_u16(*code).unwrap();
    if !location.is_empty() {
        let headers = response.headers_mut();
        headers.insert("location", location.parse().unwrap());
    }
    response
}

fn not_found(route: &Route) -> Response {
    refuse(
        404,
        "NotFound",
        &format!(
            "{} \"{}\" not found",
            route.kind,
            route.name.as_deref().unwrap_or_default()
        ),
    )
}

fn refuse(code: u16, reason: &str, message: &str) -> Response {
    respond(
        code,
        &json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message}),
    )
}

fn respond(code: u16, body: &Value) -> Response {
    let mut response = whole(body.to_string());
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap();
    response
}

fn whole(text: String) -> Response {
    let body = Full::new(Bytes::from(text)).map_err(|never| match never {});
    http::Response::new(body.boxed_unsync())
}
