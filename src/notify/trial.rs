//! One marked message through each notifier, to see whether messages arrive.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::Instant;

use super::caller;
use super::delivery::{Post, Problem};
use super::message::Message;
use super::settings::Settings;
use crate::env::Env;
use crate::error::Result;
use crate::project::Project;
use crate::project::schema::Occasion;
use crate::shell::Shell;

/// What became of a test message.
#[derive(Clone, Debug, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trial {
    /// The notifier's name in deploy.yaml.
    pub name: String,
    /// The service: `slack`.
    pub service: &'static str,
    /// The service took it.
    pub accepted: bool,
    /// How long that took.
    pub seconds: f64,
    /// Why it did not.
    pub problem: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Sends a test message to each of these notifiers of the project, all at once. `environment` is what the message names.
///
/// # Errors
/// No request can be made at all.
pub async fn try_all(
    project: &Project,
    environment: &str,
    names: &[String],
    env: &Env,
    shell: &Shell,
) -> Result<Vec<Trial>> {
    let settings = Settings::new(project, env, &shell.redactor);
    let post = Post::new(&shell.redactor)?;
    let message = message(&project.app, environment, env);
    let chosen = names
        .iter()
        .filter_map(|name| Some((name, project.spec.notify.get(name)?)));
    let trials = chosen.map(async |(name, spec)| {
        let begun = Instant::now();
        let told = match settings.notifier(spec) {
            Ok(mut notifier) => notifier.tell(&message, &post).await,
            Err(problem) => Err(problem),
        };
        let Problem { message, hint } = match &told {
            Ok(()) => Problem::new(""),
            Err(problem) => problem.clone(),
        };
        Trial {
            name: name.clone(),
            service: spec.services().first().copied().unwrap_or_default(),
            accepted: told.is_ok(),
            seconds: rounded(begun.elapsed()),
            problem: told.is_err().then_some(message),
            hint,
        }
    });
    Ok(join_all(trials).await)
}

/// To the millisecond: more is noise.
fn rounded(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}

fn message(app: &str, environment: &str, env: &Env) -> Message {
    let caller = caller(env);
    Message {
        occasion: Occasion::Succeeded,
        test: true,
        title: format!(
            "test message: {app} in {environment} would be told here; nothing was deployed"
        ),
        command: "notify test".to_owned(),
        app: app.to_owned(),
        environment: environment.to_owned(),
        run: String::new(),
        release: None,
        targets: Vec::new(),
        since: None,
        images: Vec::new(),
        config: Vec::new(),
        commits: Vec::new(),
        commits_omitted: 0,
        user: caller.name(""),
        ci: caller.ci,
        duration: String::new(),
        cause: None,
        next: Vec::new(),
        rolled_back_to: None,
        details: Vec::new(),
    }
}
