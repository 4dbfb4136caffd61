//! Secrets and records: a record never holds secret data, so Secrets that were written as templates are kept as immutable
//! copies beside it, and versioned ones stay as long as a kept release names them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::record::Payload;
use crate::cluster::{Cluster, Kind};
use crate::error::{Failure, Result};
use crate::manifest::versioned::{self, NameKey};
use crate::manifest::{APP_LABEL, KIND_LABEL, Manifest, ObjectId, edit};
use crate::words;

/// Immutable copies of the Secrets among `manifests` that were written as templates, by the id of the original.
///
/// The name is made with the keyed hash, so it gives nothing away; equal data has one copy.
pub fn of_templates(manifests: &[Manifest], app: &str, key: &NameKey) -> BTreeMap<ObjectId, Value> {
    manifests
        .iter()
        .filter(|manifest| manifest.id.is("Secret") && manifest.label(KIND_LABEL).is_none())
        .map(|manifest| {
            let data = plain_data(&manifest.object);
            let kind = manifest.object["type"].as_str().unwrap_or("Opaque");
            let content = data
                .iter()
                .map(|(key, value)| (key.clone(), value.to_string().into_bytes()))
                .collect();
            let name = format!(
                "{app}-{}-{}",
                manifest.id.name,
                versioned::secret_hash(key, kind, &content)
            );
            let copy = json!({
                "apiVersion": "v1",
                "kind": "Secret",
                "immutable": true,
                "metadata": {"name": name, "labels": {APP_LABEL: app, KIND_LABEL: "copy"}},
                "type": kind,
                "data": data,
            });
            (manifest.id.clone(), copy)
        })
        .collect()
}

/// `data` with `stringData` laid over it, as the API server stores it.
fn plain_data(secret: &Value) -> Map<String, Value> {
    use base64::Engine as _;
    let mut data = secret["data"].as_object().cloned().unwrap_or_default();
    for (key, value) in secret["stringData"].as_object().into_iter().flatten() {
        let text = value.as_str().unwrap_or_default();
        data.insert(
            key.clone(),
            json!(base64::engine::general_purpose::STANDARD.encode(text)),
        );
    }
    data
}

/// The objects of a record with the data of their Secrets put back from the cluster.
///
/// # Errors
/// Names every Secret whose data is gone; nothing has been written then.
pub async fn restore(
    cluster: &Cluster,
    app: &str,
    number: u64,
    payload: &Payload,
) -> Result<Vec<Manifest>> {
    if !payload
        .objects
        .iter()
        .any(|manifest| manifest.id.is("Secret"))
    {
        return Ok(payload.objects.clone());
    }
    let kept = kept(cluster, app).await?;
    let kept: BTreeMap<&str, &Value> = kept
        .iter()
        .filter_map(|secret| Some((secret["metadata"]["name"].as_str()?, secret)))
        .collect();
    let mut missing = Vec::new();
    let mut objects = Vec::with_capacity(payload.objects.len());
    for manifest in &payload.objects {
        let mut manifest = manifest.clone();
        if manifest.id.is("Secret") {
            let source = payload
                .copies
                .get(&manifest.id)
                .unwrap_or(&manifest.id.name);
            match kept.get(source.as_str()) {
                Some(secret) => {
                    manifest.object["data"] = secret["data"].clone();
                    edit::stamp(&mut manifest, app);
                }
                None => missing.push(format!("Secret/{source}")),
            }
        }
        objects.push(manifest);
    }
    if missing.is_empty() {
        return Ok(objects);
    }
    Err(Failure::cluster(format!(
        "release {number} of {app} needs {}, gone from namespace {}; nothing was written",
        words::list(&missing, "and"),
        cluster.namespace
    ))
    .hint("records hold no secret data: deploy that commit again from a checkout, where the values can be fetched"))
}

/// The app's versioned Secrets and copies of templates. One request.
async fn kept(cluster: &Cluster, app: &str) -> Result<Vec<Value>> {
    let labels = format!("{APP_LABEL}={app},{KIND_LABEL} in (config,copy)");
    let secrets = cluster
        .list(&Kind::secret(), Some(&cluster.namespace), Some(&labels))
        .await?;
    Ok(secrets.items)
}

/// Every secret value that is kept for an app, for the redactor of commands that show what its pods say.
pub async fn kept_values(cluster: &Cluster, app: &str) -> Result<Vec<String>> {
    Ok(kept(cluster, app).await?.iter().flat_map(texts).collect())
}

/// Every secret value among some objects, decoded, for the redactor.
pub fn values(objects: &[Manifest]) -> impl Iterator<Item = String> {
    objects
        .iter()
        .filter(|manifest| manifest.id.is("Secret"))
        .flat_map(|manifest| texts(&manifest.object))
}

/// The values of a Secret that are text.
fn texts(secret: &Value) -> Vec<String> {
    use base64::Engine as _;
    let decode = |value: &Value| {
        let bytes = base64::engine::general_purpose::STANDARD.decode(value.as_str()?);
        String::from_utf8(bytes.ok()?).ok()
    };
    plain_data(secret).values().filter_map(decode).collect()
}
