//! Writing: server-side apply first of all, and the few places where something else is right.

use serde_json::{Value, json};

use super::send::{Call, escape};
use super::{ApiError, Cluster, Kind};
use crate::manifest::{FIELD_MANAGER, ObjectId};

/// How to apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Apply {
    /// Check everything, write nothing.
    pub dry_run: bool,
    /// Take fields that other managers own.
    pub force: bool,
}

impl Apply {
    /// Checks everything, writes nothing.
    #[must_use]
    pub fn dry_run() -> Self {
        Self {
            dry_run: true,
            force: false,
        }
    }

    /// Writes.
    #[must_use]
    pub fn write() -> Self {
        Self::default()
    }

    /// Takes fields that other managers own.
    #[must_use]
    pub fn forced(self, force: bool) -> Self {
        Self { force, ..self }
    }
}

/// The server's answer to an apply.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The object as it is now, or would be.
    pub object: Value,
    /// It was not there before.
    pub created: bool,
}

/// What must still be true for a deletion, and what becomes of dependents.
#[derive(Clone, Copy, Debug, Default)]
pub struct Delete<'a> {
    /// Only this very object.
    pub uid: Option<&'a str>,
    /// Only in this version.
    pub resource_version: Option<&'a str>,
    /// What becomes of its pods.
    pub propagation: Propagation,
}

/// What becomes of the objects that a deleted object owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// They are deleted after it.
    #[default]
    Background,
    /// They are deleted before it.
    Foreground,
    /// They stay, owned by nobody.
    Orphan,
}

impl Cluster {
    /// Server-side apply as field manager `deploy`. Unknown fields are refused by name.
    pub async fn apply(&self, object: &Value, how: Apply) -> Result<Applied, ApiError> {
        let place = self.place(object, "patch").await?;
        self.apply_kind(&place.kind, object, how).await
    }

    /// The same for a kind that discovery may not list yet.
    pub async fn apply_kind(
        &self,
        kind: &Kind,
        object: &Value,
        how: Apply,
    ) -> Result<Applied, ApiError> {
        let object = self.settled(object, kind);
        let (namespace, name) = (
            object["metadata"]["namespace"].as_str(),
            object["metadata"]["name"].as_str().unwrap_or_default(),
        );
        let dry_run = if how.dry_run { "&dryRun=All" } else { "" };
        let path = format!(
            "{}/{name}?fieldManager={FIELD_MANAGER}&fieldValidation=Strict&force={}{dry_run}",
            kind.path(namespace),
            how.force
        );
        let about = self.about("patch", kind, namespace, Some(name));
        let call = Call {
            content_type: "application/apply-patch+yaml",
            repeatable: true,
            ..Call::write(http::Method::PATCH, path, &object, about.clone())
        };
        let answer = self.send(call).await?;
        Ok(Applied {
            created: answer.code == 201,
            object: answer.json(about)?,
        })
    }

    /// Makes an object that must not exist yet.
    pub async fn create(&self, object: &Value) -> Result<Value, ApiError> {
        self.post(object, "").await
    }

    /// What creating an object would do. Nothing is written.
    pub async fn create_dry_run(&self, object: &Value) -> Result<Value, ApiError> {
        self.post(object, "&dryRun=All").await
    }

    async fn post(&self, object: &Value, query: &str) -> Result<Value, ApiError> {
        let place = self.place(object, "create").await?;
        let path = format!(
            "{}?fieldManager={FIELD_MANAGER}{query}",
            place.kind.path(place.namespace())
        );
        self.json(Call::write(
            http::Method::POST,
            path,
            &place.object,
            place.about(self, "create"),
        ))
        .await
    }

    /// Makes an object, or leaves the one that is there.
    pub async fn create_if_absent(&self, object: &Value) -> Result<(), ApiError> {
        match self.create(object).await {
            Err(error) if !error.is_already_exists() => Err(error),
            _ => Ok(()),
        }
    }

    /// Writes an object over the one that is there. With a resourceVersion in it, only over that version.
    pub async fn replace(&self, object: &Value) -> Result<Value, ApiError> {
        let place = self.place(object, "update").await?;
        let path = format!("{}?fieldManager={FIELD_MANAGER}", place.path());
        self.json(Call::write(
            http::Method::PUT,
            path,
            &place.object,
            place.about(self, "update"),
        ))
        .await
    }

    /// Makes an object or writes it over the one that is there.
    pub async fn create_or_replace(&self, object: &Value) -> Result<Value, ApiError> {
        match self.create(object).await {
            Err(error) if error.is_already_exists() => self.replace(object).await,
            result => result,
        }
    }

    /// A JSON merge patch: `null` removes a field.
    pub async fn merge_patch(&self, id: &ObjectId, patch: &Value) -> Result<Value, ApiError> {
        self.patch(id, patch, "application/merge-patch+json").await
    }

    /// A JSON patch: a list of operations.
    pub async fn json_patch(&self, id: &ObjectId, patch: &Value) -> Result<Value, ApiError> {
        self.patch(id, patch, "application/json-patch+json").await
    }

    async fn patch(
        &self,
        id: &ObjectId,
        body: &Value,
        content_type: &'static str,
    ) -> Result<Value, ApiError> {
        let kind = self.kind_of(id, "patch").await?;
        let namespace = self.namespace_of(id);
        let path = format!(
            "{}/{}?fieldManager={FIELD_MANAGER}",
            kind.path(Some(namespace)),
            id.name
        );
        let about = self.about("patch", kind, Some(namespace), Some(&id.name));
        let call = Call {
            content_type,
            ..Call::write(http::Method::PATCH, path, body, about)
        };
        self.json(call).await
    }

    /// Deletes an object. `false` when it was not there.
    pub async fn delete(&self, id: &ObjectId, how: Delete<'_>) -> Result<bool, ApiError> {
        let kind = self.kind_of(id, "delete").await?;
        self.delete_kind(kind, self.namespace_of(id), &id.name, how)
            .await
    }

    /// Deletes an object of the target's namespace by name. `false` when it was not there.
    pub async fn delete_named(&self, kind: &Kind, name: &str) -> Result<bool, ApiError> {
        self.delete_kind(kind, &self.namespace, name, Delete::default())
            .await
    }

    /// Deletes an object of the target's namespace in one version only.
    pub async fn delete_exactly(
        &self,
        kind: &Kind,
        name: &str,
        resource_version: &str,
    ) -> Result<bool, ApiError> {
        let how = Delete {
            resource_version: Some(resource_version),
            ..Delete::default()
        };
        self.delete_kind(kind, &self.namespace, name, how).await
    }

    async fn delete_kind(
        &self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        how: Delete<'_>,
    ) -> Result<bool, ApiError> {
        let mut preconditions = json!({});
        if let Some(uid) = how.uid {
            preconditions["uid"] = json!(uid);
        }
        if let Some(version) = how.resource_version {
            preconditions["resourceVersion"] = json!(version);
        }
        let propagation = match how.propagation {
            Propagation::Background => "Background",
            Propagation::Foreground => "Foreground",
            Propagation::Orphan => "Orphan",
        };
        let body = json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation, "preconditions": preconditions});
        let path = format!("{}/{}", kind.path(Some(namespace)), escape(name));
        let about = self.about("delete", kind, Some(namespace), Some(name));
        let call = Call {
            repeatable: true,
            ..Call::write(http::Method::DELETE, path, &body, about)
        };
        match self.send(call).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn kind_of(&self, id: &ObjectId, verb: &'static str) -> Result<&Kind, ApiError> {
        self.kinds().await?.of(id).ok_or_else(|| {
            let about = super::About {
                verb,
                resource: id.kind_text(),
                name: Some(id.name.clone()),
                ..super::About::default()
            };
            ApiError::unknown_kind(
                format!("the server knows no kind `{}`", id.kind_text()),
                about,
            )
        })
    }

    /// The kind of an object as written, and the object with its namespace filled in.
    async fn place(&self, object: &Value, verb: &'static str) -> Result<Place, ApiError> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (api_version, kind) = (text(&object["apiVersion"]), text(&object["kind"]));
        // Our own records and locks are of kinds that every server has: no discovery needed for them.
        let built_in = [Kind::config_map(), Kind::secret(), Kind::lease()]
            .into_iter()
            .find(|known| known.api_version == api_version && known.kind == kind);
        let kind = match built_in {
            Some(kind) => kind,
            None => self
                .kinds()
                .await?
                .resolve(&api_version, &kind)
                .map_err(|unknown| {
                    let about = super::About {
                        verb,
                        resource: kind.clone(),
                        ..super::About::default()
                    };
                    ApiError::unknown_kind(format!("{unknown}; {}", unknown.hint()), about)
                })?
                .clone(),
        };
        Ok(Place {
            object: self.settled(object, &kind),
            kind,
        })
    }

    fn settled(&self, object: &Value, kind: &Kind) -> Value {
        let mut object = object.clone();
        if kind.namespaced && object["metadata"]["namespace"].as_str().is_none() {
            object["metadata"]["namespace"] = json!(self.namespace);
        }
        object
    }
}

/// An object on its way to the server.
struct Place {
    kind: Kind,
    object: Value,
}

impl Place {
    fn namespace(&self) -> Option<&str> {
        self.object["metadata"]["namespace"].as_str()
    }

    fn name(&self) -> &str {
        self.object["metadata"]["name"].as_str().unwrap_or_default()
    }

    fn path(&self) -> String {
        format!("{}/{}", self.kind.path(self.namespace()), self.name())
    }

    fn about(&self, cluster: &Cluster, verb: &'static str) -> super::About {
        cluster.about(verb, &self.kind, self.namespace(), Some(self.name()))
    }
}
