//! `deploy notify test`

use crate::error::{Failure, Outcome, Result};
use crate::notify::{Trial, try_all};
use crate::ops::locate::locate;
use crate::project::Project;
use crate::session::Session;
use crate::shell::OutputFormat;
use crate::style::Label;
use crate::words;

/// Send one marked test message through each notifier of the environment, or through those you name
///
/// Exits with 0 when every service took its message, with 6 when one did not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  deploy notify test --env staging
  deploy notify test team --output json")]
pub struct Args {
    /// Names under `notify` in deploy.yaml (default: those of the environment)
    names: Vec<String>,
}

/// What `deploy notify test --output json` prints.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "NotifyTest")]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    /// Version of this document: within it, fields are only added.
    version: u32,
    /// The environment that the messages name.
    environment: String,
    /// What became of each message.
    notifiers: &'a [Trial],
}

/// Runs `deploy notify test`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    let project = if session.has_checkout() || session.global.app.is_none() {
        session.project()?
    } else {
        locate(session).await?.project
    };
    let (environment, names) =
        chosen(&project, session.global.environment.as_deref(), &args.names)?;
    let trials = try_all(&project, &environment, &names, &session.env, &session.shell).await?;
    let shell = &session.shell;
    if shell.format == OutputFormat::Json {
        shell.json(&Document {
            version: 1,
            environment,
            notifiers: &trials,
        })?;
    } else {
        for trial in &trials {
            tell(session, trial);
        }
    }
    Ok(if trials.iter().all(|trial| trial.accepted) {
        Outcome::Done
    } else {
        Outcome::Failed
    })
}

/// The environment that the message names, and who is told.
fn chosen(
    project: &Project,
    environment: Option<&str>,
    names: &[String],
) -> Result<(String, Vec<String>)> {
    let known = project.spec.notify.keys().map(String::as_str);
    if let Some(unknown) = names
        .iter()
        .find(|name| !project.spec.notify.contains_key(*name))
    {
        return Err(Failure::usage(format!(
            "there is no `{unknown}` under `notify` in deploy.yaml"
        ))
        .hint(words::suggest(unknown, known)));
    }
    if environment.is_none() && !names.is_empty() && project.spec.environments.len() > 1 {
        return Ok(("every environment".to_owned(), names.to_vec()));
    }
    let environment = project.environment(environment)?;
    let names = if names.is_empty() {
        environment.spec.notify.clone()
    } else {
        names.to_vec()
    };
    if names.is_empty() {
        return Err(
            Failure::usage(format!("environment {} tells nobody", environment.name)).hint(format!(
                "write environments.{}.notify: [NAME] in deploy.yaml, or name a notifier here",
                environment.name
            )),
        );
    }
    Ok((environment.name, names))
}

fn tell(session: &Session, trial: &Trial) {
    let shell = &session.shell;
    let Trial {
        name,
        service,
        seconds,
        ..
    } = trial;
    let after =
        words::duration(std::time::Duration::try_from_secs_f64(*seconds).unwrap_or_default());
    match &trial.problem {
        None => shell.status(format!(
            "{} {name} ({service}) took it after {after}",
            shell
                .dress
                .paint(Label::Good, shell.dress.symbol(Label::Good))
        )),
        Some(problem) => shell.status(format!(
            "{} {name} ({service}) did not take it after {after}: {problem}",
            shell
                .dress
                .paint(Label::Bad, shell.dress.symbol(Label::Bad))
        )),
    }
    if let Some(hint) = &trial.hint {
        shell.hint(hint);
    }
}
