//! Flags that say what to render besides the project: images and values. Shared by every command that renders.

use std::collections::BTreeMap;

use crate::env::Env;
use crate::error::{Failure, Result};
use crate::ops::locate::Place;
use crate::project::{Inputs, Project, Target, git, image, values};
use crate::session::Session;
use crate::words;

/// What to render besides the project.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct InputArgs {
    /// The image to use: a tag, `@sha256:…` or a full reference (NAME may be left out when there is just one image)
    #[arg(long = "image", value_name = "NAME=REF")]
    pub images: Vec<String>,
    /// A value for the templates; null deletes
    #[arg(long = "set", value_name = "A.B=VALUE")]
    pub set: Vec<String>,
    /// A YAML file of values for the templates
    #[arg(long = "values", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub values: Vec<String>,
}

impl InputArgs {
    /// Full image references by logical name, of those given.
    pub fn images(&self, project: &Project) -> Result<BTreeMap<String, String>> {
        let written = &project.spec.images;
        let known = written.keys().map(String::as_str);
        let mut images = BTreeMap::new();
        for given in &self.images {
            let (name, reference) = match given.split_once('=') {
                Some((name, reference)) => (name, reference),
                None if written.len() == 1 => {
                    (known.clone().next().unwrap_or_default(), given.as_str())
                }
                None if written.is_empty() => {
                    return Err(Failure::usage(format!("--image {given}: deploy.yaml names no images"))
                        .hint("list them under `images` in deploy.yaml, and write {{ images.NAME }} in templates"));
                }
                None => {
                    let names: Vec<&str> = known.collect();
                    return Err(
                        Failure::usage(format!("--image {given}: which image is it?")).hint(
                            format!(
                                "write --image NAME={given}, with NAME one of {}",
                                words::list(&names, "and")
                            ),
                        ),
                    );
                }
            };
            let Some(base) = written.get(name) else {
                return Err(Failure::usage(format!(
                    "--image {given}: deploy.yaml has no image `{name}`"
                ))
                .hint(words::suggest(name, known)));
            };
            let complete = image::complete(base, reference).map_err(|problem| {
                Failure::usage(format!("--image {given}: {problem}")).hint(format!(
                    "write --image {name}=1.4.2, {name}=@sha256:… or {name}={base}:1.4.2"
                ))
            })?;
            images.insert(name.to_owned(), complete);
        }
        Ok(images)
    }

    /// Values given with `--values` and `--set`, added to `inputs`.
    pub fn add_values(&self, env: &Env, inputs: &mut Inputs) -> Result<()> {
        for path in &self.values {
            inputs.values_files.push(values::read_file(env, path)?);
        }
        for text in &self.set {
            inputs.set.push(values::parse_set(text)?);
        }
        Ok(())
    }

    /// All inputs of a place. Scripts run and the commit counts only where the checkout is what gets deployed.
    pub async fn resolve(
        &self,
        session: &Session,
        place: &Place,
        from_live: bool,
    ) -> Result<Inputs> {
        let (project, env) = (&place.project, &session.env);
        if place.checkout && !from_live {
            return self
                .inputs(project, &place.environment.name, &place.target, env)
                .await;
        }
        let mut inputs = Inputs {
            images: self.images(project)?,
            ..Inputs::default()
        };
        self.add_values(env, &mut inputs)?;
        Ok(inputs)
    }

    /// All inputs of one target, from a checkout: flags, `values.exec`, the commit.
    pub async fn inputs(
        &self,
        project: &Project,
        environment: &str,
        target: &Target,
        env: &Env,
    ) -> Result<Inputs> {
        let mut inputs = Inputs {
            images: self.images(project)?,
            exec: values::run_exec(project, environment, target, env).await?,
            git: project
                .root
                .as_deref()
                .and_then(|root| git::head(root, env)),
            ..Inputs::default()
        };
        self.add_values(env, &mut inputs)?;
        Ok(inputs)
    }
}
