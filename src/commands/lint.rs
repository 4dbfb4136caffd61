//! `deploy lint`

use super::inputs::InputArgs;
use crate::error::{Outcome, Result};
use crate::project::mistake::{Mistake, Mistakes};
use crate::project::{Project, image};
use crate::render::{self, Request};
use crate::secrets;
use crate::session::{Session, choose};
use crate::shell::OutputFormat;
use crate::words;

/// The tag that stands in for one that only a deploy knows.
const ANY_TAG: &str = "lint";

/// Check the project without asking a cluster: every environment, or the one that --env names
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    inputs: InputArgs,
}

/// Runs `deploy lint`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    let project = session.project()?;
    let names: Vec<String> = match &session.global.environment {
        Some(name) => vec![name.clone()],
        None => project.spec.environments.keys().cloned().collect(),
    };
    let found = check(session, &project, &names, &args.inputs).await?;
    report(session, &found)?;
    let (objects, warnings) = (found.objects, found.warnings.len());
    found.mistakes.into_result()?;
    if session.shell.format != OutputFormat::Json {
        session.shell.status(format!(
            "{}: no mistakes in {} ({}), {}",
            project.app,
            words::list(&names, "and"),
            words::count(objects, "object"),
            words::count(warnings, "warning"),
        ));
    }
    Ok(Outcome::Done)
}

/// What lint found in all environments.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What keeps the project from being deployed.
    pub mistakes: Mistakes,
    /// What looks like a slip.
    pub warnings: Vec<Mistake>,
    /// Objects of all targets.
    objects: usize,
}

/// Renders the named environments of a project.
pub(super) async fn check(
    session: &Session,
    project: &Project,
    names: &[String],
    given: &InputArgs,
) -> Result<Found> {
    let mut found = Found::default();
    for name in names {
        let environment = project.environment(Some(name))?;
        let wanted = &session.global.targets;
        if names.len() == 1 {
            // A name that is none is a mistake where the environment is known.
            choose(&environment, wanted)?;
        }
        let skipped = |name: &String| !wanted.is_empty() && !wanted.contains(name);
        for target in &environment.targets {
            if skipped(&target.name) {
                continue;
            }
            let mut inputs = given.inputs(project, name, target, &session.env).await?;
            for (name, written) in &project.spec.images {
                let open = image::parse(written)
                    .is_ok_and(|image| image.tag.is_none() && image.digest.is_none());
                if open && !inputs.images.contains_key(name) {
                    inputs
                        .images
                        .insert(name.clone(), format!("{written}:{ANY_TAG}"));
                }
            }
            let redactor = &session.shell.redactor;
            let secrets = secrets::at_hand(project, name, target, &session.env, redactor).await;
            let result = render::render(&Request {
                project,
                environment: &environment,
                target,
                inputs: &inputs,
                secrets: Some(&secrets),
                recorded_secrets: None,
                key: None,
            });
            match result {
                Ok(rendered) => {
                    found.objects += rendered.manifests.len() + rendered.jobs.len();
                    add(&mut found.warnings, rendered.warnings);
                }
                Err(mistakes) => add(&mut found.mistakes.0, mistakes.0),
            }
        }
    }
    Ok(found)
}

/// The same mistake shows in several environments; once is enough.
fn add(all: &mut Vec<Mistake>, found: Vec<Mistake>) {
    for mistake in found {
        if !all.contains(&mistake) {
            all.push(mistake);
        }
    }
}

fn report(session: &Session, found: &Found) -> Result<()> {
    if session.shell.format == OutputFormat::Json {
        return session.shell.json(&serde_json::json!({
            "version": 1,
            "mistakes": found.mistakes.0,
            "warnings": found.warnings,
        }));
    }
    for warning in &found.warnings {
        session.shell.warn_at(warning);
    }
    Ok(())
}
