//! Reading: lists, single objects, logs, who we are, what is served.

use serde_json::{Value, json};

use super::send::{Call, JSON, escape};
use super::{About, ApiError, Cluster, Kind, Kinds};
use crate::manifest::ObjectId;

/// Objects per page of a list.
const PAGE: usize = 500;
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const DISCOVERY: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// What a list found.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// The objects, each with its `apiVersion` and `kind`.
    pub items: Vec<Value>,
    /// Where a watch goes on from.
    pub resource_version: String,
}

/// How much of each object is wanted.
#[derive(Clone, Copy)]
enum Detail {
    Full,
    Metadata,
}

impl Cluster {
    pub(super) async fn discover(&self) -> Result<Kinds, ApiError> {
        let call = |path: &str| {
            let about = About {
                verb: "get",
                resource: path.to_owned(),
                server: self.server.clone(),
                ..About::default()
            };
            Call {
                accept: DISCOVERY,
                ..Call::get(path.to_owned(), about)
            }
        };
        let (core, groups) = futures::try_join!(self.json(call("/api")), self.json(call("/apis")))?;
        Kinds::from_discovery(&[core, groups]).ok_or_else(|| {
            let text = "the server does not offer aggregated discovery: deploy needs Kubernetes 1.27 or newer";
            ApiError::answered(406, text.as_bytes(), None, call("/apis").about)
        })
    }

    /// Objects of a kind, all pages. Without a namespace, of all namespaces.
    pub async fn list(
        &self,
        kind: &Kind,
        namespace: Option<&str>,
        labels: Option<&str>,
    ) -> Result<List, ApiError> {
        self.pages(kind, namespace, &by_labels(labels), Detail::Full)
            .await
    }

    /// The same with nothing but `metadata`.
    pub async fn list_metadata(
        &self,
        kind: &Kind,
        namespace: Option<&str>,
        labels: Option<&str>,
    ) -> Result<List, ApiError> {
        self.pages(kind, namespace, &by_labels(labels), Detail::Metadata)
            .await
    }

    /// Objects that a part of a query selects.
    pub(super) async fn list_selected(
        &self,
        kind: &Kind,
        namespace: Option<&str>,
        selector: &str,
    ) -> Result<List, ApiError> {
        self.pages(kind, namespace, selector, Detail::Full).await
    }

    async fn pages(
        &self,
        kind: &Kind,
        namespace: Option<&str>,
        selector: &str,
        detail: Detail,
    ) -> Result<List, ApiError> {
        let mut list = List::default();
        let mut from = String::new();
        loop {
            let mut path = format!("{}?limit={PAGE}{selector}", kind.path(namespace));
            if !from.is_empty() {
                path = format!("{path}&continue={}", escape(&from));
            }
            let mut call = Call::get(path, self.about("list", kind, namespace, None));
            if matches!(detail, Detail::Metadata) {
                call.accept = METADATA_LIST;
            }
            let mut page = match self.json(call).await {
                Ok(page) => page,
                // Pages expire after some minutes; a fresh start is whole again.
                Err(error) if error.is_expired() && !from.is_empty() => {
                    list.items.clear();
                    from.clear();
                    continue;
                }
                Err(error) => return Err(error),
            };
            if let Value::Array(items) = page["items"].take() {
                list.items
                    .extend(items.into_iter().map(|item| named(item, kind)));
            }
            let text = |field: &str| {
                page["metadata"][field]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            };
            list.resource_version = text("resourceVersion");
            from = text("continue");
            if from.is_empty() {
                return Ok(list);
            }
        }
    }

    /// One object. `None` when it is not there or its kind is not served.
    pub async fn get(&self, id: &ObjectId) -> Result<Option<Value>, ApiError> {
        match self.kinds().await?.of(id) {
            Some(kind) => {
                self.get_kind(kind, Some(self.namespace_of(id)), &id.name)
                    .await
            }
            None => Ok(None),
        }
    }

    /// One object of a known kind.
    pub async fn get_kind(
        &self,
        kind: &Kind,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Value>, ApiError> {
        self.one(kind, namespace, name, JSON).await
    }

    /// The metadata of one object.
    pub async fn get_metadata(
        &self,
        kind: &Kind,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Value>, ApiError> {
        self.one(kind, namespace, name, METADATA).await
    }

    async fn one(
        &self,
        kind: &Kind,
        namespace: Option<&str>,
        name: &str,
        accept: &'static str,
    ) -> Result<Option<Value>, ApiError> {
        let path = format!("{}/{name}", kind.path(namespace));
        let call = Call {
            accept,
            ..Call::get(path, self.about("get", kind, namespace, Some(name)))
        };
        match self.json(call).await {
            Ok(object) => Ok(Some(named(object, kind))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The last `tail` lines of a container's log, at most `limit_bytes`. `None` when there is none to be had.
    pub async fn log(
        &self,
        pod: &str,
        container: &str,
        previous: bool,
        tail: u32,
        limit_bytes: u32,
    ) -> Result<Option<String>, ApiError> {
        let path = format!(
            "{}/{pod}/log?container={}&previous={previous}&tailLines={tail}&limitBytes={limit_bytes}",
            Kind::pod().path(Some(&self.namespace)),
            escape(container)
        );
        let mut about = self.about("get", &Kind::pod(), Some(&self.namespace), Some(pod));
        about.resource.push_str("/log");
        match self
            .send(Call {
                accept: "*/*",
                ..Call::get(path, about)
            })
            .await
        {
            Ok(answer) => {
                let text = String::from_utf8_lossy(&answer.body).into_owned();
                // The kubelet answers 200 with this sentence when the log was rotated away.
                Ok(
                    Some(text)
                        .filter(|text| !text.starts_with("unable to retrieve container logs")),
                )
            }
            // Not started, or no previous instance; or the pod is gone.
            Err(error) if error.code == 400 || error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Our user name, as the server sees it.
    pub async fn whoami(&self) -> Result<String, ApiError> {
        let kind = Kind {
            namespaced: false,
            ..Kind::built_in(
                "authentication.k8s.io/v1",
                "SelfSubjectReview",
                "selfsubjectreviews",
            )
        };
        let review = json!({"apiVersion": kind.api_version, "kind": kind.kind});
        let about = self.about("create", &kind, None, None);
        let call = Call {
            repeatable: true,
            ..Call::write(http::Method::POST, kind.path(None), &review, about)
        };
        let answer = self.json(call).await?;
        Ok(answer["status"]["userInfo"]["username"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }
}

fn by_labels(labels: Option<&str>) -> String {
    labels.map_or_else(String::new, |labels| {
        format!("&labelSelector={}", escape(labels))
    })
}

/// Items of lists come without `apiVersion` and `kind`; metadata-only ones name another kind.
pub(super) fn named(mut object: Value, kind: &Kind) -> Value {
    object["apiVersion"] = json!(kind.api_version);
    object["kind"] = json!(kind.kind);
    object
}
