//! From a bundle and values to Kubernetes objects. No cluster, no clock, no disk: the same inputs give the same bytes.

mod checks;
mod config;
pub mod engine;
pub mod functions;
mod jobs;
pub mod kinds;
mod located;
mod node;
pub mod objects;
pub mod origin;
pub mod policy;
pub mod scalar;
pub mod scope;
pub mod select;
mod template_secret;
pub mod text;
pub mod write;
pub mod yaml;

use std::collections::BTreeMap;

use crate::manifest::job::ReleaseJob;
use crate::manifest::versioned::NameKey;
use crate::manifest::{Manifest, ObjectId, Origin, edit, refs};
use crate::project::bundle::MAIN;
use crate::project::mistake::{Mistake, Mistakes};
use crate::project::schema::Policy;
use crate::project::values::Values;
use crate::project::{Environment, Inputs, Project, Target, image};
use crate::redact::Secret;
use crate::secrets::SecretValues;
use crate::words;
use config::Versioned;
use engine::{Engine, Rendition};
use objects::{Draft, Rules};
pub use template_secret::masked;

/// Annotation prefix on pod templates that read a config group with a fixed name.
const CONFIG_DIGEST: &str = "deploy.cli/config-";

/// Most bytes of YAML all templates of a target may give.
const MOST_TEXT: usize = 32 * 1024 * 1024;

/// What is rendered.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The project.
    pub project: &'a Project,
    /// The environment.
    pub environment: &'a Environment,
    /// The target.
    pub target: &'a Target,
    /// Images, values, commit.
    pub inputs: &'a Inputs,
    /// Secret values; `None` offline, and then Secrets have no data.
    pub secrets: Option<&'a SecretValues>,
    /// Names of Secrets that a record kept: they are used as they are, and no Secret is made.
    pub recorded_secrets: Option<&'a BTreeMap<String, String>>,
    /// The key for names of Secrets; `None` offline, and then names hold a placeholder.
    pub key: Option<&'a NameKey>,
}

/// The result.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// All objects, stamped, sorted by id; versioned config and secrets included.
    pub manifests: Vec<Manifest>,
    /// The jobs that deploy.yaml lists, in their order; not among the manifests.
    pub jobs: Vec<ReleaseJob>,
    /// Broken policies and what looks like a slip.
    pub warnings: Vec<Mistake>,
    /// Image references in use, by logical name.
    pub images: BTreeMap<String, String>,
    /// Config groups: logical name to object name.
    pub configs: BTreeMap<String, String>,
    /// Secrets: logical name to object name.
    pub secrets: BTreeMap<String, String>,
    /// Values of Secrets that were written as templates, for the redactor.
    pub learnt: Vec<Secret<String>>,
}

/// Renders one target.
///
/// # Errors
/// Every mistake found.
pub fn render(request: &Request<'_>) -> Result<Rendered, Mistakes> {
    let project = request.project;
    let mut mistakes = Mistakes::default();
    let mut warnings = Vec::new();
    let images = images(request, &mut mistakes);
    let configs = config::configs(request, &mut mistakes);
    let secrets = config::secrets(request, &mut mistakes, &mut warnings);
    let values = gather(
        Values::load(
            project,
            &request.environment.name,
            request.target,
            request.inputs,
        ),
        &mut mistakes,
    );
    let selection = gather(
        select::select(project, &request.environment.name),
        &mut mistakes,
    );
    let (Some(values), Some(selection)) = (values, selection) else {
        return Err(mistakes);
    };
    // Templates that use an image without a reference would only repeat that mistake.
    mistakes.clone().into_result()?;
    warnings.extend(selection.warnings);
    let scope = scope::Scope {
        app: project.app.clone(),
        environment: request.environment.name.clone(),
        target: request.target.name.clone(),
        namespace: request.target.namespace.clone(),
        images: images.clone(),
        values: values.merged,
        configs: names(&configs),
        secrets: names(&secrets),
        git: request.inputs.git.clone(),
    };
    let renditions = renditions(project, &scope, &selection.files, &mut mistakes);
    let rules = Rules {
        bundle: &project.bundle,
        namespace: &request.target.namespace,
        allow: &project.spec.allow,
        configs: logical(&configs),
        secrets: logical(&secrets),
    };
    let mut drafts = objects::read(&renditions, &rules, &mut mistakes);
    let named = point_at_versions(&mut drafts, &configs, &secrets);
    warnings.extend(unused(&configs, &secrets, &drafts, &named));
    let broken = policies(&project.bundle, &renditions, &drafts);
    match request.environment.spec.policy {
        Policy::Warn => warnings.extend(broken),
        Policy::Enforce => mistakes.0.extend(broken),
    }
    if drafts.is_empty() && mistakes.0.is_empty() {
        mistakes.0.push(
            Mistake::new(
                "deploy/templates",
                format!("holds no object for {}", request.environment.name),
            )
            .hint("put Kubernetes YAML into deploy/templates/"),
        );
    }
    let learnt = drafts
        .iter()
        .flat_map(|draft| template_secret::values(&draft.manifest))
        .collect();
    let whole = mistakes.0.is_empty();
    let mut manifests: Vec<Manifest> = drafts.into_iter().map(|draft| draft.manifest).collect();
    // Where a template could not be read, a job that is not found would only repeat that mistake.
    let jobs = if whole {
        checks::compare(project, &manifests, &mut mistakes, &mut warnings);
        jobs::take(
            project,
            &request.environment.name,
            &mut manifests,
            &mut mistakes,
        )
    } else {
        Vec::new()
    };
    in_order(mistakes).into_result()?;
    let scope_configs = scope.configs;
    let scope_secrets = scope.secrets;
    // Kept Secrets are in the cluster already; a record has their names only.
    let made = secrets
        .into_iter()
        .filter(|_| request.recorded_secrets.is_none());
    manifests.extend(configs.into_iter().chain(made).filter_map(versioned));
    for manifest in &mut manifests {
        edit::stamp(manifest, &project.app);
    }
    manifests.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Rendered {
        manifests,
        jobs,
        warnings,
        images,
        configs: scope_configs,
        secrets: scope_secrets,
        learnt,
    })
}

fn gather<T>(result: Result<T, Mistakes>, mistakes: &mut Mistakes) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(found) => {
            mistakes.0.extend(found.0);
            None
        }
    }
}

/// By place, each said once.
fn in_order(mut mistakes: Mistakes) -> Mistakes {
    mistakes
        .0
        .sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    mistakes.0.dedup();
    mistakes
}

fn logical(all: &[Versioned]) -> Vec<&str> {
    all.iter().map(|one| one.logical.as_str()).collect()
}

fn names(all: &[Versioned]) -> BTreeMap<String, String> {
    all.iter()
        .map(|one| (one.logical.clone(), one.name().to_owned()))
        .collect()
}

/// Every image with tag or digest: given, or written in deploy.yaml. Names that deploy.yaml no longer has are left out.
fn images(request: &Request<'_>, mistakes: &mut Mistakes) -> BTreeMap<String, String> {
    let written = &request.project.spec.images;
    let mut images = BTreeMap::new();
    for (name, reference) in written {
        let pinned = image::parse(reference)
            .is_ok_and(|image| image.tag.is_some() || image.digest.is_some());
        match request.inputs.images.get(name) {
            Some(given) => {
                images.insert(name.clone(), given.clone());
            }
            None if pinned => {
                images.insert(name.clone(), reference.clone());
            }
            None => mistakes.0.push(
                Mistake::new(
                    MAIN,
                    format!(
                        "the image `{name}` has neither tag nor digest, and no release gives one"
                    ),
                )
                .hint(format!("pass --image {name}=TAG")),
            ),
        }
    }
    images
}

fn renditions(
    project: &Project,
    scope: &scope::Scope,
    files: &[select::File],
    mistakes: &mut Mistakes,
) -> Vec<Rendition> {
    let mut engine = Engine::new(&project.bundle, scope);
    let mut renditions = Vec::new();
    let mut total = 0;
    for file in files {
        let rendition = match file.how {
            select::How::Template => engine.render(&file.path),
            select::How::Raw => project
                .bundle
                .text(&file.path)
                .map(|source| Rendition::plain(&file.path, source)),
        };
        match rendition {
            Ok(rendition) => {
                total += rendition.text.len();
                renditions.push(rendition);
            }
            Err(mistake) => mistakes.0.push(mistake),
        }
        if total > MOST_TEXT {
            let message = format!(
                "all templates together give over {} MB",
                MOST_TEXT / 1024 / 1024
            );
            mistakes
                .0
                .push(Mistake::new(&file.path, message).hint("look for a loop over a huge range"));
            break;
        }
    }
    renditions
}

/// Rewrites logical names to object names. Returns every name that objects refer to, as written.
fn point_at_versions(
    drafts: &mut [Draft],
    configs: &[Versioned],
    secrets: &[Versioned],
) -> Vec<String> {
    let mut named = Vec::new();
    for draft in drafts {
        let mut digests: Vec<(String, String)> = Vec::new();
        refs::visit(&mut draft.manifest.object, &mut |target, name| {
            named.push(name.clone());
            let versions = match target {
                refs::Target::ConfigMap => configs,
                refs::Target::Secret => secrets,
            };
            let found = versions.iter().find(|version| {
                version.logical == *name || (version.fixed_hash.is_some() && version.name() == name)
            });
            if let Some(version) = found {
                version.name().clone_into(name);
                digests.extend(
                    version
                        .fixed_hash
                        .iter()
                        .map(|hash| (version.logical.clone(), hash.clone())),
                );
            }
        });
        if let Some(template) = edit::pod_template_mut(&mut draft.manifest.object) {
            for (config, hash) in digests {
                let key = format!("{CONFIG_DIGEST}{config}");
                edit::set(template, &["metadata", "annotations"], &key, &hash);
            }
        }
    }
    named
}

/// Config groups and secrets that no object names.
fn unused(
    configs: &[Versioned],
    secrets: &[Versioned],
    drafts: &[Draft],
    named: &[String],
) -> Vec<Mistake> {
    let texts: Vec<String> = drafts
        .iter()
        .map(|draft| draft.manifest.object.to_string())
        .collect();
    let known: Vec<&str> = configs
        .iter()
        .chain(secrets)
        .map(|one| one.logical.as_str())
        .collect();
    let all = configs.iter().map(|one| ("config group", one));
    all.chain(secrets.iter().map(|one| ("secret", one)))
        .filter(|(_, one)| !texts.iter().any(|text| text.contains(one.name())))
        .map(|(what, one)| {
            let strangers = named
                .iter()
                .map(String::as_str)
                .filter(|name| !known.contains(name));
            let hint = match words::nearest(&one.logical, strangers) {
                Some(near) => format!("an object names `{near}`: did it mean `{}`?", one.logical),
                None => "name it in a pod (envFrom, volumes), or remove it".to_owned(),
            };
            Mistake::new(MAIN, format!("no object uses the {what} `{}`", one.logical)).hint(hint)
        })
        .collect()
}

fn policies(
    bundle: &crate::project::Bundle,
    renditions: &[Rendition],
    drafts: &[Draft],
) -> Vec<Mistake> {
    let manifests: Vec<&Manifest> = drafts.iter().map(|draft| &draft.manifest).collect();
    policy::check(&manifests)
        .into_iter()
        .map(|breach| {
            let draft = &drafts[breach.object];
            let path: Vec<&str> = breach.path.iter().map(String::as_str).collect();
            let (line, column) = draft.node.locate(&path);
            renditions[draft.rendition]
                .mistake(bundle, line, Some(column), breach.message)
                .hint(breach.hint)
        })
        .collect()
}

fn versioned(one: Versioned) -> Option<Manifest> {
    Some(Manifest {
        id: ObjectId::of(&one.object, "")?,
        object: one.object,
        origin: Origin {
            file: MAIN.to_owned(),
            line: 0,
        },
    })
}

#[cfg(test)]
mod tests;
