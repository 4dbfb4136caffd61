//! Which kinds the server serves, by aggregated discovery: two requests.

use std::fmt;

use serde_json::Value;

use super::Kind;
use crate::manifest::ObjectId;
use crate::words;

/// Every kind the server serves, in its own order of preference.
#[derive(Clone, Debug, Default)]
pub struct Kinds(Vec<Kind>);

/// A kind the server does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKind {
    /// As asked for.
    pub api_version: String,
    /// As asked for.
    pub kind: String,
    /// The one that was probably meant: api version and kind.
    pub nearest: Option<(String, String)>,
}

impl Kinds {
    /// Reads the answers of `/api` and `/apis`. `None` when they are not aggregated.
    pub(super) fn from_discovery(answers: &[Value]) -> Option<Self> {
        let mut kinds = Vec::new();
        for answer in answers {
            if answer["kind"] != "APIGroupDiscoveryList" {
                return None;
            }
            for group in each(&answer["items"]) {
                let group_name = group["metadata"]["name"].as_str().unwrap_or_default();
                for version in each(&group["versions"]) {
                    let version_name = version["version"].as_str().unwrap_or_default();
                    let api_version = if group_name.is_empty() {
                        version_name.to_owned()
                    } else {
                        format!("{group_name}/{version_name}")
                    };
                    kinds.extend(
                        each(&version["resources"])
                            .filter_map(|resource| read_kind(resource, &api_version)),
                    );
                }
            }
        }
        Some(Self(kinds))
    }

    /// The kind of an object as it is written.
    ///
    /// # Errors
    /// The nearest kind that is served.
    pub fn resolve(&self, api_version: &str, kind: &str) -> Result<&Kind, UnknownKind> {
        self.0
            .iter()
            .find(|known| known.api_version == api_version && known.kind == kind)
            .ok_or_else(|| self.unknown(api_version, kind))
    }

    /// The preferred version of the kind of an id.
    #[must_use]
    pub fn of(&self, id: &ObjectId) -> Option<&Kind> {
        self.find(&id.group, &id.kind)
    }

    /// The preferred version of a kind.
    #[must_use]
    pub fn find(&self, group: &str, kind: &str) -> Option<&Kind> {
        self.0
            .iter()
            .find(|known| known.kind == kind && known.group() == group)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Kind> {
        self.0.iter()
    }

    fn unknown(&self, api_version: &str, kind: &str) -> UnknownKind {
        let same_name = self.0.iter().find(|known| known.kind == kind);
        let near = || {
            let same_version = self
                .0
                .iter()
                .filter(|known| known.api_version == api_version)
                .map(|known| known.kind.as_str());
            let all = self.0.iter().map(|known| known.kind.as_str());
            let name = words::nearest(kind, same_version).or_else(|| words::nearest(kind, all))?;
            self.0
                .iter()
                .filter(|known| known.kind == name)
                .min_by_key(|known| known.api_version != api_version)
        };
        UnknownKind {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            nearest: same_name
                .or_else(near)
                .map(|known| (known.api_version.clone(), known.kind.clone())),
        }
    }
}

impl UnknownKind {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match &self.nearest {
            Some((api_version, kind)) if *kind == self.kind => {
                format!("this server serves {kind} as `apiVersion: {api_version}`")
            }
            Some((api_version, kind)) => {
                format!("did you mean `{kind}` (`apiVersion: {api_version}`)?")
            }
            None => {
                "if it is a custom resource, install its CustomResourceDefinition first".to_owned()
            }
        }
    }
}

impl fmt::Display for UnknownKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the server knows no kind `{}` in `{}`",
            self.kind, self.api_version
        )
    }
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn read_kind(resource: &Value, api_version: &str) -> Option<Kind> {
    // Subresources that answer with another kind (Scale, Eviction) are listed below their parents, not here.
    let kind = resource["responseKind"]["kind"].as_str()?;
    Some(Kind {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        plural: resource["resource"].as_str()?.to_owned(),
        namespaced: resource["scope"] == "Namespaced",
        verbs: each(&resource["verbs"])
            .filter_map(|verb| Some(verb.as_str()?.to_owned()))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kinds() -> Kinds {
        let resource = |kind: &str, plural: &str| json!({"resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced", "verbs": ["list"]});
        let answer = json!({"kind": "APIGroupDiscoveryList", "items": [
            {"metadata": {}, "versions": [{"version": "v1", "resources": [resource("Pod", "pods")]}]},
            {"metadata": {"name": "apps"}, "versions": [{"version": "v1", "resources": [resource("Deployment", "deployments"), resource("DaemonSet", "daemonsets")]}]},
        ]});
        Kinds::from_discovery(&[answer]).unwrap()
    }

    #[test]
    fn kinds_are_found_by_version_and_by_id() {
        let kinds = kinds();
        assert_eq!(kinds.resolve("v1", "Pod").unwrap().plural, "pods");
        let id = ObjectId::new("apps", "Deployment", "web");
        assert_eq!(kinds.of(&id).unwrap().api_version, "apps/v1");
    }

    #[test]
    fn the_nearest_kind_is_named() {
        let kinds = kinds();
        for (api_version, kind, hint) in [
            ("apps/v1", "Deploymnt", "did you mean `Deployment`"),
            ("apps/v1beta1", "Deployment", "as `apiVersion: apps/v1`"),
            ("v1", "deployment", "did you mean `Deployment`"),
            ("example.com/v1", "Spaceship", "CustomResourceDefinition"),
        ] {
            let unknown = kinds.resolve(api_version, kind).unwrap_err();
            assert!(unknown.hint().contains(hint), "{kind}: {}", unknown.hint());
        }
    }

    #[test]
    fn an_old_server_is_noticed() {
        assert!(Kinds::from_discovery(&[json!({"kind": "APIVersions"})]).is_none());
    }
}
