//! What can be said about the desired objects before the server is asked about each: kinds, scopes, namespaces. Pure.

use crate::cluster::{Kind, Kinds};
use crate::manifest::Manifest;
use crate::project::mistake::{Mistake, Mistakes};

use super::Allow;

/// A desired object with its kind.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The object.
    pub manifest: &'a Manifest,
    /// Its kind.
    pub kind: Kind,
    /// Why the server cannot be asked about it yet.
    pub later: Option<String>,
}

/// Finds the kind of every object, or says what is wrong with all that have none.
pub fn wanted<'a>(
    desired: &'a [Manifest],
    kinds: &Kinds,
    allow: &Allow,
) -> Result<Vec<Wanted<'a>>, Mistakes> {
    let mut mistakes = Vec::new();
    let mut found = Vec::with_capacity(desired.len());
    for manifest in desired {
        let text = |field: &str| manifest.object[field].as_str().unwrap_or_default();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let (kind, later) = match kinds.resolve(api_version, kind) {
            Ok(kind) => (kind.clone(), None),
            Err(unknown) => {
                let Some(kind) = defined_here(desired, api_version, kind) else {
                    mistakes.push(mistake(manifest, unknown.to_string()).hint(unknown.hint()));
                    continue;
                };
                let why = "its CustomResourceDefinition is made by this deploy";
                (kind, Some(why.to_owned()))
            }
        };
        if let Some(mistake) = out_of_bounds(manifest, &kind, allow) {
            mistakes.push(mistake);
            continue;
        }
        found.push(Wanted {
            manifest,
            kind,
            later,
        });
    }
    Mistakes(mistakes).into_result()?;
    Ok(found)
}

fn defined_here(desired: &[Manifest], api_version: &str, kind: &str) -> Option<Kind> {
    let (_, version) = api_version.split_once('/')?;
    desired
        .iter()
        .filter(|manifest| manifest.id.is("CustomResourceDefinition"))
        .filter_map(|manifest| Kind::of_definition(&manifest.object, version))
        .find(|defined| defined.kind == kind && defined.api_version == api_version)
}

fn out_of_bounds(manifest: &Manifest, kind: &Kind, allow: &Allow) -> Option<Mistake> {
    if !kind.namespaced {
        return (!allow.cluster_scoped).then(|| {
            mistake(
                manifest,
                format!(
                    "{} is not in a namespace but belongs to the whole cluster",
                    manifest.id
                ),
            )
            .hint("allow it in deploy.yaml: `allow: {clusterScoped: true}`")
        });
    }
    let namespace = manifest.id.namespace.as_ref()?;
    (!allow.namespaces.contains(namespace)).then(|| {
        mistake(manifest, format!("{} is in namespace `{namespace}`, not in the target's", manifest.id))
            .hint(format!("leave `metadata.namespace` out, or allow it in deploy.yaml: `allow: {{namespaces: [{namespace}]}}`"))
    })
}

/// A mistake at an object's origin.
#[must_use]
pub fn mistake(manifest: &Manifest, message: impl Into<String>) -> Mistake {
    let origin = &manifest.origin;
    let file = if origin.file.is_empty() {
        manifest.id.to_string()
    } else {
        origin.file.clone()
    };
    let mut mistake = Mistake::new(file, message);
    mistake.line = Some(origin.line).filter(|line| *line > 0);
    mistake
}
