//! `deploy render`

use super::inputs::InputArgs;
use crate::error::{Failure, Outcome, Result};
use crate::manifest::Manifest;
use crate::project::Inputs;
use crate::project::values::{Explanation, Values};
use crate::render::{self, Request, write};
use crate::session::Session;
use crate::shell::OutputFormat;
use crate::words;

/// Print the YAML of one target, without asking a cluster
///
/// Secrets have no values here, and their names end in a placeholder: the key that makes names is in the cluster.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    inputs: InputArgs,
    /// Say which layer set a value, instead of printing YAML: `values.a.b`
    #[arg(long, value_name = "PATH")]
    explain: Option<String>,
}

/// Runs `deploy render`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    let project = session.project()?;
    let (environment, target) = session.place(&project)?;
    let inputs: Inputs = args
        .inputs
        .inputs(&project, &environment.name, &target, &session.env)
        .await?;
    if let Some(path) = &args.explain {
        let values = Values::load(&project, &environment.name, &target, &inputs)?;
        return explain(session, &values, path);
    }
    let rendered = render::render(&Request {
        project: &project,
        environment: &environment,
        target: &target,
        inputs: &inputs,
        secrets: None,
        recorded_secrets: None,
        key: None,
    })?;
    for value in &rendered.learnt {
        session.shell.redactor.learn(value.expose());
    }
    for warning in &rendered.warnings {
        session.shell.warn(warning.to_string());
    }
    let jobs = rendered.jobs.iter().map(|job| &job.manifest);
    let all: Vec<&Manifest> = rendered.manifests.iter().chain(jobs).collect();
    if session.shell.format == OutputFormat::Json {
        let objects: Vec<_> = all
            .iter()
            .map(|manifest| render::masked(&manifest.object))
            .collect();
        session
            .shell
            .json(&serde_json::json!({"version": 1, "objects": objects}))?;
    } else {
        let documents: Vec<String> = all.into_iter().map(document).collect();
        session.shell.data(documents.join("\n"))?;
    }
    Ok(Outcome::Done)
}

fn document(manifest: &Manifest) -> String {
    format!(
        "---\n# {}\n{}",
        manifest.origin,
        write::to_yaml(&render::masked(&manifest.object))
    )
}

fn explain(session: &Session, values: &Values, path: &str) -> Result<Outcome> {
    let Explanation { value, said } = values.explain(path);
    let full = format!("values.{}", path.strip_prefix("values.").unwrap_or(path));
    if said.is_empty() {
        let paths = values.paths();
        let near = words::nearest(&full, paths.iter().map(String::as_str));
        let failure = Failure::usage(format!("no layer sets {full}"));
        return Err(match near {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure
                .hint("`deploy render --explain values.a.b` follows one value through its layers"),
        });
    }
    let shown = |value: &serde_json::Value| value.to_string();
    if session.shell.format == OutputFormat::Json {
        let said: Vec<_> = said
            .iter()
            .map(|(place, value)| serde_json::json!({"place": place, "value": value}))
            .collect();
        session.shell.json(
            &serde_json::json!({"version": 1, "path": full, "value": value, "layers": said}),
        )?;
        return Ok(Outcome::Done);
    }
    let mut lines = match &value {
        Some(value) => vec![format!("{full} = {}", shown(value))],
        None => vec![format!("{full} is deleted")],
    };
    for (index, (place, value)) in said.iter().rev().enumerate() {
        let role = match (index, value.is_null()) {
            (0, true) => "deleted by",
            (0, false) => "set by    ",
            (_, _) => "before    ",
        };
        lines.push(format!("  {role} {place}: {}", shown(value)));
    }
    session.shell.data(lines.join("\n"))?;
    Ok(Outcome::Done)
}
