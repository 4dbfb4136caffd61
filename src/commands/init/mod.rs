//! `deploy init`: asks little, makes everything in memory, checks it, and writes it in one piece.

mod answers;
mod tell;

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser};

use super::inputs::InputArgs;
use super::lint::{self, Found};
use crate::error::{Failure, Outcome, Result};
use crate::init::import::{self, read};
use crate::init::templates::{TEMPLATES, Template};
use crate::init::{place, templates};
use crate::project::{Bundle, Project};
use crate::session::Session;
use crate::shell::OutputFormat;
use answers::Answers;

/// Make a deploy/ folder: from a built-in template, or from the manifests you have
///
/// On a terminal it asks for what no flag says; --yes takes what it would propose. --app, --namespace, --context and, with
/// --from, --env are answers, too.
///
/// --from reads Kubernetes manifests: YAML or JSON, sub-folders, Lists, `kubectl get -o yaml`. Images are lifted out, ConfigMaps
/// become versioned config where that is safe, values of Secrets are never copied. An existing deploy/ is never touched.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The built-in template
    #[arg(long, value_name = "NAME", value_parser = names())]
    template: Option<String>,
    /// Make it from the manifests in this folder or file
    #[arg(long, value_name = "DIR", conflicts_with_all = ["template", "image", "port"])]
    from: Option<PathBuf>,
    /// The app's image
    #[arg(long, value_name = "REF")]
    image: Option<String>,
    /// The port the app listens on
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// List the built-in templates
    #[arg(long, conflicts_with_all = ["template", "from", "image", "port"])]
    list: bool,
}

/// The templates' names, for help and completions.
fn names() -> PossibleValuesParser {
    let value = |template: &Template| PossibleValue::new(template.name).help(template.about);
    PossibleValuesParser::new(TEMPLATES.iter().map(value))
}

/// Runs `deploy init`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    if args.list {
        return list(session);
    }
    let global = &session.global;
    let root = global.project.as_deref().unwrap_or(Path::new(""));
    let root = session.env.path(root);
    place::check(&root)?;
    let answers = Answers::new(session, &root)?;
    let cluster = answers.has_cluster();
    match &args.from {
        Some(typed) => from(session, &root, typed, answers).await?,
        None => template(session, &root, args, answers).await?,
    }
    if !cluster {
        session.shell.hint(
            "no kubeconfig here: `deploy sandbox up` starts a cluster on this machine to try it on",
        );
    }
    Ok(Outcome::Done)
}

async fn template(
    session: &Session,
    root: &Path,
    args: &Args,
    mut answers: Answers<'_>,
) -> Result<()> {
    if let Some(name) = session
        .global
        .environment
        .as_deref()
        .filter(|it| *it != "staging")
    {
        return Err(Failure::usage(format!(
            "--env {name}: a template has staging and production"
        ))
        .hint("rename them in deploy.yaml afterwards"));
    }
    let template = answers.template(args.template.as_deref()).await?;
    if args.port.is_some() && !template.port {
        return Err(Failure::usage(format!(
            "--port: the template {} listens on none",
            template.name
        )));
    }
    let app = answers.app().await?;
    let filled = templates::Answers {
        image: answers.image(args.image.as_deref(), &app).await?,
        port: if template.port {
            answers.port(args.port).await?
        } else {
            0
        },
        context: answers.context("staging").await?,
        namespace: answers.namespace()?.unwrap_or(format!("{app}-staging")),
        app,
    };
    let bundle = template.fill(&filled);
    let found = checked(session, &bundle).await?;
    place::put(root, &bundle)?;
    tell::template(session, template, &filled, &bundle, &found)
}

async fn from(
    session: &Session,
    root: &Path,
    typed: &Path,
    mut answers: Answers<'_>,
) -> Result<()> {
    let source = read::source(&session.env.path(typed), typed)?;
    let environment = answers.environment()?;
    let app = answers.app().await?;
    let namespace = answers.namespace()?;
    let context = answers.context(&environment).await?;
    let made = import::make(
        &source,
        &import::Answers {
            app: &app,
            environment: &environment,
            namespace: namespace.as_deref(),
            context: context.as_deref(),
        },
    )?;
    for value in &made.learnt {
        session.shell.redactor.learn(value.expose());
    }
    if made.report.objects == 0 {
        return Err(tell::nothing(&source.name, &made));
    }
    let found = checked(session, &made.bundle).await.map_err(|failure| {
        failure
            .hint(format!(
                "these are the files that would be written; they come from {}",
                source.name
            ))
            .hint("mend the manifests, or leave files out, and try again")
    })?;
    place::put(root, &made.bundle)?;
    tell::import(session, &app, &environment, &made, &found)
}

/// Loads and lints what is about to be written.
async fn checked(session: &Session, bundle: &Bundle) -> Result<Found> {
    let project = Project::from_bundle(bundle.clone())?;
    let names: Vec<String> = project.spec.environments.keys().cloned().collect();
    let mut found = lint::check(session, &project, &names, &InputArgs::default()).await?;
    std::mem::take(&mut found.mistakes).into_result()?;
    Ok(found)
}

fn list(session: &Session) -> Result<Outcome> {
    if session.shell.format == OutputFormat::Json {
        let all: Vec<_> = TEMPLATES
            .iter()
            .map(|template| serde_json::json!({"name": template.name, "about": template.about}))
            .collect();
        session
            .shell
            .json(&serde_json::json!({"version": 1, "templates": all}))?;
        return Ok(Outcome::Done);
    }
    let line = |template: &Template| format!("{:12} {}", template.name, template.about);
    let lines: Vec<String> = TEMPLATES.iter().map(line).collect();
    session.shell.data(lines.join("\n"))?;
    Ok(Outcome::Done)
}
