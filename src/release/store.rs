//! Reads and writes release records in the target's namespace.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::chunk;
use super::record::{Ending, Header, Payload, Release, State, Stored, VERSION};
use crate::cluster::{Cluster, Kind};
use crate::error::{Failure, Result};
use crate::manifest::{APP_LABEL, KIND_LABEL};

/// Label with the release's number on all of its parts.
pub const RELEASE_LABEL: &str = "deploy.cli/release";
/// Label that tells the parts apart: `header`, `payload`, `ending`.
const PART_LABEL: &str = "deploy.cli/part";

/// The records of one app in one namespace.
pub struct Store<'a> {
    cluster: &'a Cluster,
    app: &'a str,
}

impl<'a> Store<'a> {
    /// The records of `app` in the cluster's namespace.
    pub fn new(cluster: &'a Cluster, app: &'a str) -> Self {
        Self { cluster, app }
    }

    /// All headers, oldest first. One request.
    pub async fn headers(&self) -> Result<Vec<Header>> {
        headers(
            self.cluster,
            Some(self.cluster.namespace.as_str()),
            Some(self.app),
        )
        .await
    }

    /// The large parts of a release. One request.
    ///
    /// # Errors
    /// The cluster refuses, or a part is missing or damaged.
    pub async fn load(&self, header: &Header) -> Result<Release> {
        self.load_if_whole(header).await?
    }

    /// The same, with a part that is missing or damaged as the inner error: what was deployed can go on without it.
    ///
    /// # Errors
    /// The cluster refuses.
    pub async fn load_if_whole(&self, header: &Header) -> Result<Result<Release>> {
        let labels = format!("{},{RELEASE_LABEL}={}", self.labels(), header.number);
        let chunks = self
            .cluster
            .list(
                &Kind::secret(),
                Some(&self.cluster.namespace),
                Some(&labels),
            )
            .await?;
        Ok(self.assemble(&chunks.items, header))
    }

    fn assemble(&self, chunks: &[Value], header: &Header) -> Result<Release> {
        let payload = self.part(chunks, header, "payload", &header.payload)?;
        let ending = match &header.result {
            Some(stored) => self.part(chunks, header, "ending", stored)?,
            None => Ending::default(),
        };
        Ok(Release {
            header: header.clone(),
            payload,
            ending,
        })
    }

    fn part<T: DeserializeOwned>(
        &self,
        secrets: &[Value],
        header: &Header,
        part: &str,
        stored: &Stored,
    ) -> Result<T> {
        let by_name: BTreeMap<&str, &Value> = secrets
            .iter()
            .filter_map(|secret| Some((secret["metadata"]["name"].as_str()?, secret)))
            .collect();
        let chunks: Vec<Vec<u8>> = (0..stored.chunks)
            .filter_map(|index| {
                let secret = by_name.get(self.chunk_name(header.number, part, index).as_str())?;
                STANDARD.decode(secret["data"]["chunk"].as_str()?).ok()
            })
            .collect();
        chunk::unpack(stored, &chunks).map_err(|error| {
            Failure::cluster(format!("cannot read the record of release {} of {}: {error}", header.number, self.app))
                .hint(format!("`deploy app` goes on without it; `deploy rollback --to N` takes another one than {} (`deploy history` lists them)", header.number))
        })
    }

    /// The number after every number ever used, half-written records included. One request.
    pub async fn next_number(&self, headers: &[Header]) -> Result<u64> {
        let chunks = self
            .cluster
            .list_metadata(
                &Kind::secret(),
                Some(&self.cluster.namespace),
                Some(&self.labels()),
            )
            .await?;
        let written = chunks.items.iter().filter_map(|secret| {
            secret["metadata"]["labels"][RELEASE_LABEL]
                .as_str()?
                .parse()
                .ok()
        });
        Ok(headers
            .iter()
            .map(|header| header.number)
            .chain(written)
            .max()
            .unwrap_or(0)
            + 1)
    }

    /// Writes a new release: chunks first, the header last.
    pub async fn begin(&self, mut header: Header, payload: &Payload) -> Result<Header> {
        header.payload = self.write_part(header.number, "payload", payload).await?;
        self.cluster
            .create(&self.header_object(&header)?)
            .await
            .map_err(|error| {
                Failure::from(error)
                    .context(format!("writing the record of release {}", header.number))
            })?;
        Ok(header)
    }

    /// Closes a release: its ending first, the header last.
    pub async fn finish(&self, header: &mut Header, ending: &Ending) -> Result<()> {
        header.result = Some(self.write_part(header.number, "ending", ending).await?);
        self.update(header).await
    }

    /// Writes a header again.
    pub async fn update(&self, header: &Header) -> Result<()> {
        self.cluster
            .replace(&self.header_object(header)?)
            .await
            .map_err(|error| {
                Failure::from(error)
                    .context(format!("updating the record of release {}", header.number))
            })?;
        Ok(())
    }

    async fn write_part(
        &self,
        number: u64,
        part: &str,
        value: &impl serde::Serialize,
    ) -> Result<Stored> {
        let (stored, chunks) =
            chunk::pack(value).map_err(|error| Failure::bug(format!("{error:#}")))?;
        for (index, bytes) in chunks.iter().enumerate() {
            let secret = json!({
                "apiVersion": "v1",
                "kind": "Secret",
                "type": "deploy.cli/release",
                "metadata": {"name": self.chunk_name(number, part, index), "labels": self.part_labels(number, part)},
                "data": {"chunk": STANDARD.encode(bytes)},
            });
            // A resumed run writes its ending over that of the run that was cut off.
            self.cluster
                .create_or_replace(&secret)
                .await
                .map_err(|error| {
                    Failure::from(error).context(format!("writing the record of release {number}"))
                })?;
        }
        Ok(stored)
    }

    /// Removes the large parts of a release; with `header`, all of it.
    pub async fn remove(&self, header: &Header, what: Remove) -> Result<()> {
        let parts = [
            ("payload", Some(&header.payload)),
            ("ending", header.result.as_ref()),
        ];
        if what == Remove::All {
            self.cluster
                .delete_named(&Kind::config_map(), &self.header_name(header.number))
                .await?;
        }
        for (part, stored) in parts {
            for index in 0..stored.map_or(0, |stored| stored.chunks) {
                self.cluster
                    .delete_named(
                        &Kind::secret(),
                        &self.chunk_name(header.number, part, index),
                    )
                    .await?;
            }
        }
        Ok(())
    }

    fn labels(&self) -> String {
        format!("{APP_LABEL}={},{KIND_LABEL}=release", self.app)
    }

    fn part_labels(&self, number: u64, part: &str) -> Value {
        json!({APP_LABEL: self.app, KIND_LABEL: "release", PART_LABEL: part, RELEASE_LABEL: number.to_string()})
    }

    fn header_name(&self, number: u64) -> String {
        format!("deploy.{}.v{number}", self.app)
    }

    fn chunk_name(&self, number: u64, part: &str, index: usize) -> String {
        format!("deploy.{}.v{number}.{part}.{index}", self.app)
    }

    fn header_object(&self, header: &Header) -> Result<Value> {
        let text = serde_json::to_string(header)
            .map_err(|error| Failure::bug(format!("cannot write a record: {error}")))?;
        Ok(json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": self.header_name(header.number), "labels": self.part_labels(header.number, "header")},
            "data": {"release.json": text, "state": state_name(header.state), "environment": header.environment},
        }))
    }
}

/// How much of a record goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remove {
    /// Payload and ending; the header stays readable in `history`.
    Payload,
    /// Everything.
    All,
}

fn state_name(state: State) -> Value {
    json!(state)
}

/// Headers of one app or of all apps, in one namespace or in all that may be read; oldest first.
pub async fn headers(
    cluster: &Cluster,
    namespace: Option<&str>,
    app: Option<&str>,
) -> Result<Vec<Header>> {
    let found = find(cluster, namespace, app).await?;
    let mut headers: Vec<Header> = found.into_values().flatten().collect();
    headers.sort_by_key(|header| header.number);
    Ok(headers)
}

/// The same by namespace.
pub async fn find(
    cluster: &Cluster,
    namespace: Option<&str>,
    app: Option<&str>,
) -> Result<BTreeMap<String, Vec<Header>>> {
    let labels = app.map_or_else(
        || format!("{KIND_LABEL}=release,{PART_LABEL}=header"),
        |app| format!("{APP_LABEL}={app},{KIND_LABEL}=release,{PART_LABEL}=header"),
    );
    let found = cluster
        .list(&Kind::config_map(), namespace, Some(&labels))
        .await?;
    let mut headers: BTreeMap<String, Vec<Header>> = BTreeMap::new();
    for object in &found.items {
        let namespace = object["metadata"]["namespace"].as_str();
        let namespace = namespace.unwrap_or(&cluster.namespace).to_owned();
        headers
            .entry(namespace)
            .or_default()
            .push(read_header(object)?);
    }
    for headers in headers.values_mut() {
        headers.sort_by_key(|header| header.number);
    }
    Ok(headers)
}

/// Reads one header; a newer major version is refused politely.
fn read_header(object: &Value) -> Result<Header> {
    let text = |pointer: &str| {
        object
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let (name, namespace) = (text("/metadata/name"), text("/metadata/namespace"));
    let damaged = |error: serde_json::Error| {
        Failure::cluster(format!("the release record ConfigMap/{name} in namespace {namespace} is damaged: {error}")).hint(format!(
            "`kubectl delete configmap {name} --namespace {namespace}` gives this one release up; everything else goes on"
        ))
    };
    let value: Value = serde_json::from_str(text("/data/release.json")).map_err(damaged)?;
    let version = value["version"].as_u64().unwrap_or_default();
    if version > VERSION.into() {
        return Err(Failure::cluster(format!("the release record ConfigMap/{name} was written by a newer deploy (format {version}, this one reads {VERSION})"))
            .hint(format!("install deploy {} or newer", value["binary"].as_str().unwrap_or("with a newer major version"))));
    }
    serde_json::from_value(value).map_err(damaged)
}
