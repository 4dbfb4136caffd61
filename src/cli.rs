//! The command line's root: global flags, parsing, and the one place where a result becomes an exit code.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;

use clap::{ColorChoice, CommandFactory as _, FromArgMatches as _, Parser};
use futures::FutureExt as _;

use crate::commands::Command;
use crate::env::Env;
use crate::error::{Failure, FailureKind, Outcome, Result};
use crate::interrupt::{self, Interrupt, Signal};
use crate::session::Session;
use crate::shell::{OutputFormat, Shell};
use crate::{vars, words};

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
    /// One or more targets of the environment (default: all of them)
    #[arg(
        long = "target",
        global = true,
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub targets: Vec<String>,
    /// The app, found by its releases in the cluster instead of by a checkout
    #[arg(long, global = true, value_name = "NAME")]
    pub app: Option<String>,
    /// The kubeconfig context to use instead of the target's
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// The namespace to use instead of the target's
    #[arg(short, long, global = true, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Without a checkout: search every namespace that may be read
    #[arg(short = 'A', long, global = true, conflicts_with = "namespace")]
    pub all_namespaces: bool,
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

/// Runs the program on a current-thread runtime of its own and returns the exit code.
pub fn main(env: Env) -> u8 {
    match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => {
            let code = runtime.block_on(run(env));
            // A blocking read of a prompt must not keep the program alive.
            runtime.shutdown_background();
            code
        }
        Err(_) => 70,
    }
}

/// Parses, runs, prints what remains to be printed, and returns the exit code.
pub async fn run(mut env: Env) -> u8 {
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
    let interrupt = Interrupt::default();
    let session = Session {
        env,
        shell: shell.clone(),
        global: cli.global,
        interrupt: interrupt.clone(),
    };
    let command = beside_signals(session, cli.command, &shell, &interrupt);
    // A panic is a bug of ours: it ends like every other failure, and its message passes the redactor.
    let result = match AssertUnwindSafe(command).catch_unwind().await {
        Ok(result) => result,
        Err(panic) => Err(Failure::bug(panic_text(&*panic))),
    };
    match result {
        Ok(outcome) => outcome.exit_code(),
        Err(failure) => {
            shell.failure(&failure);
            failure.exit_code()
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("panicked without a message")
}

/// Runs the command beside the signals. The second signal ends it where it is; one is enough for a command that only reads.
async fn beside_signals(
    session: Session,
    command: Command,
    shell: &Shell,
    interrupt: &Interrupt,
) -> Result<Outcome> {
    let writes = command.writes();
    let told = |signal| {
        let again = match signal {
            Signal::Interrupt => "Ctrl-C again",
            Signal::Terminate => "a second signal",
        };
        if writes {
            shell.aside(&format!("stopping cleanly; {again} stops at once"));
        }
    };
    let enough = async {
        if writes {
            std::future::pending().await
        } else {
            interrupt.wait().await
        }
    };
    let stopped = |signal| Failure::new(FailureKind::Stopped(signal), "at once");
    tokio::select! {
        result = crate::commands::run(session, command) => result,
        signal = enough => Err(stopped(signal)),
        signal = interrupt::listen(interrupt, told) => Err(stopped(signal)
            .hint("`deploy status` says what is running; `deploy resume` carries on, `deploy rollback` goes back")),
    }
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
    if let Some(flag) = meant(error) {
        let _ = writeln!(stream, "\nhint: did you mean `{flag}`?");
    }
    code
}

/// The flag that was probably meant, where clap has no suggestion of its own: it does not see short slips such as `--evn`.
fn meant(error: &clap::Error) -> Option<String> {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    if error.kind() != ErrorKind::UnknownArgument || error.get(ContextKind::SuggestedArg).is_some()
    {
        return None;
    }
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let root = Cli::command();
    let commands = std::iter::once(&root).chain(root.get_subcommands());
    let flags: Vec<&str> = commands
        .flat_map(|command| command.get_arguments().filter_map(clap::Arg::get_long))
        .collect();
    let near = words::nearest(typed.strip_prefix("--")?, flags)?;
    Some(format!("--{near}"))
}
