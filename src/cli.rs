//! The command line's root: global flags, parsing, and the one place where a result becomes an exit code.

use std::path::PathBuf;

use clap::{ColorChoice, CommandFactory as _, FromArgMatches as _, Parser};

use crate::commands::Command;
use crate::env::Env;
use crate::error::{Failure, Outcome, Result};
use crate::session::Session;
use crate::shell::{OutputFormat, Shell};
use crate::vars;

/// Deploy apps to Kubernetes, know why a rollout failed, and get the last good release back.
#[derive(Debug, Parser)]
#[command(
    name = "deploy",
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

/// Flags that every command takes.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// The folder that holds `deploy/` (default: this folder or the nearest one above)
    #[arg(long, global = true, value_name = "DIR")]
    pub project: Option<PathBuf>,
    /// The environment (default: the only one)
    #[arg(short, long = "env", global = true, value_name = "NAME")]
    pub environment: Option<String>,
    /// One target of the environment (default: all of them)
    #[arg(long, global = true, value_name = "NAME")]
    pub target: Option<String>,
    /// The app, found by its releases in the cluster instead of by a checkout
    #[arg(long, global = true, value_name = "NAME")]
    pub app: Option<String>,
    /// The kubeconfig context to use instead of the target's
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// The namespace to use instead of the target's
    #[arg(short, long, global = true, value_name = "NAME")]
    pub namespace: Option<String>,
    /// The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// How to speak
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT"
    )]
    pub output: OutputFormat,
    /// Answer yes to every question
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// No colours
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Say more; twice for every request
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// The clap command, for help, completions, man pages and their tests.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

/// Parses, runs, prints what remains to be printed, and returns the exit code.
pub fn main(mut env: Env) -> u8 {
    let color = env.var(vars::NO_COLOR).is_none() && env.terminal.stderr;
    let choice = if color {
        ColorChoice::Always
    } else {
        ColorChoice::Never
    };
    let matches = Cli::command()
        .color(choice)
        .try_get_matches_from(std::iter::once("deploy".to_owned()).chain(env.args.clone()));
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return parse_failure(&mut env, &error),
    };
    let shell = Shell::new(&mut env, cli.global.output, color && !cli.global.no_color);
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            shell.failure(&Failure::bug(format!("cannot start the runtime: {error}")));
            return 70;
        }
    };
    let session = Session {
        env,
        shell: shell.clone(),
        global: cli.global,
    };
    let result = runtime.block_on(run(session, cli.command));
    runtime.shutdown_background();
    match result {
        Ok(outcome) => outcome.exit_code(),
        Err(failure) => {
            shell.failure(&failure);
            failure.exit_code()
        }
    }
}

async fn run(session: Session, command: Command) -> Result<Outcome> {
    crate::commands::run(session, command).await
}

/// clap's own message goes where it belongs: help to stdout, errors to stderr with exit 2.
fn parse_failure(env: &mut Env, error: &clap::Error) -> u8 {
    use std::io::Write as _;
    let text = error.render();
    let code = u8::try_from(error.exit_code()).unwrap_or(2);
    let stream = if error.use_stderr() {
        &mut env.stderr
    } else {
        &mut env.stdout
    };
    let _ = write!(stream, "{text}");
    code
}
