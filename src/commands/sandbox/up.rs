//! `deploy sandbox up`

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::error::{Outcome, Result};
use crate::sandbox::{self, Machine, Progress, VERSION};
use crate::session::Session;
use crate::shell::{OutputFormat, Shell};
use crate::words;

/// Start a sandbox, or say that it runs already
///
/// The first start on a machine compiles Kubernetes from source: it needs Go and the network, and takes minutes. Every
/// later one takes seconds. The contexts `deploy-sandbox` (may do everything) and `deploy-sandbox-user` (may only work
/// in the namespace `sandbox`) are added to your kubeconfig, and `deploy sandbox down` removes them.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    chosen: super::Chosen,
}

/// Runs `deploy sandbox up`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    let shell = &session.shell;
    let name = args.chosen.name()?;
    let machine = Machine::new(&session.env)?;
    let mut drawing = Drawing::new(shell);
    let begun = tokio::time::Instant::now();
    let result = sandbox::up(&machine, &name, &mut |progress| drawing.show(&progress)).await;
    drawing.end();
    let started = result?;

    if shell.format == OutputFormat::Json {
        shell.json(&sandbox::status(&machine, &name).await)?;
    }
    let sandbox = &started.sandbox;
    if started.already {
        shell.status(format!("The sandbox runs already: Kubernetes {VERSION}."));
    } else {
        let time = words::duration(begun.elapsed());
        shell.status(format!(
            "The sandbox is up after {time}: Kubernetes {VERSION}."
        ));
    }
    match started.not_merged {
        None => shell.status(format!(
            "Its contexts are `{}` and, for the namespace `{}` only, `{}`.",
            sandbox.admin,
            sandbox::NAMESPACE,
            sandbox.namespaced
        )),
        Some(failure) => {
            shell.warn(format!(
                "your kubeconfig did not get its contexts: {:#}",
                failure.source
            ));
            shell.hint(format!("use --kubeconfig {}", sandbox.kubeconfig.display()));
        }
    }
    Ok(Outcome::Done)
}

/// A bar on a terminal, a line now and then elsewhere.
struct Drawing<'a> {
    shell: &'a Shell,
    bar: Option<ProgressBar>,
    /// The last line that was said, or the last tenth of the build that was reported.
    said: String,
}

impl<'a> Drawing<'a> {
    fn new(shell: &'a Shell) -> Self {
        let bar = shell.live().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(
                ProgressStyle::with_template("{spinner} {msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
            );
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self {
            shell,
            bar,
            said: String::new(),
        }
    }

    fn show(&mut self, progress: &Progress) {
        if let Some(bar) = &self.bar {
            if let Progress::Compiling { done, total } = progress {
                if bar.length().is_none() {
                    let style = ProgressStyle::with_template(
                        "{spinner} {msg} {bar:30} {pos}/{len}  {elapsed}",
                    );
                    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                    bar.set_length(*total as u64);
                }
                bar.set_position(*done as u64);
            }
            bar.set_message(text(progress));
            return;
        }
        let line = match progress {
            // Rounded down to tenths, so that a log stays short.
            Progress::Compiling { done, total } if *done > 0 => {
                let tenths = done * 10 / (*total).max(1);
                if tenths == 0 {
                    return;
                }
                format!("{tenths}0% of the packages compiled")
            }
            other => text(other),
        };
        if line != self.said {
            self.shell.status(&line);
            self.said = line;
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn text(progress: &Progress) -> String {
    match progress {
        Progress::WaitingForBuild => {
            "waiting for another process that builds the sandbox".to_owned()
        }
        Progress::Fetching { .. } => "fetching the Go modules of the sandbox".to_owned(),
        Progress::Compiling { .. } => format!("building the sandbox (Kubernetes {VERSION}, once)"),
        Progress::Linking => "linking the sandbox".to_owned(),
        Progress::WaitingForLock => "waiting for another command on this sandbox".to_owned(),
        Progress::Cleaning => "removing what an earlier run left".to_owned(),
        Progress::Starting => "starting the control plane".to_owned(),
    }
}
