//! `deploy explain CODE`

use crate::diagnose;
use crate::error::{Failure, Outcome, Result};
use crate::session::Session;
use crate::words;

/// Explain a finding or an exit code: what it means, how it is decided, what to do
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A finding's code (`image-not-found`) or an exit code (`5`); lists them when left out
    code: Option<String>,
}

/// Exit codes with their meaning and what to do.
pub const EXIT_CODES: [(u8, &str, &str); 13] = [
    (0, "done, or nothing to do", "nothing"),
    (
        2,
        "the command line is wrong",
        "read the hint; `deploy COMMAND --help` lists the flags",
    ),
    (
        3,
        "the project is wrong",
        "mend the places named; `deploy lint` checks them offline",
    ),
    (
        4,
        "the cluster cannot be reached or refuses",
        "read the hint: access, permission or a refused object",
    ),
    (
        5,
        "the rollout failed; the last good release is back",
        "`deploy show` has the cause and the evidence",
    ),
    (
        6,
        "the rollout failed and was left as it is; also `status --exit-code` when unhealthy, `notify test` when a message was not taken",
        "`deploy status` shows why; `deploy rollback` goes back",
    ),
    (
        7,
        "somebody else holds the lock",
        "wait with --wait-for-lock; in an incident `deploy rollback --take-over`",
    ),
    (
        8,
        "a `before` job failed; workloads were not touched",
        "read the job's log in the output",
    ),
    (9, "waiting for approval, or refused", "ask who approves"),
    (10, "`plan --exit-code`: there are changes", "deploy them"),
    (70, "a bug in deploy", "please report it with the output"),
    (
        130,
        "interrupted by Ctrl-C",
        "`deploy resume` carries on, `deploy rollback` goes back",
    ),
    (
        143,
        "stopped by SIGTERM or a closed terminal",
        "`deploy resume` carries on, `deploy rollback` goes back",
    ),
];

/// Runs `deploy explain`.
pub fn run(session: &Session, args: &Args) -> Result<Outcome> {
    let shell = &session.shell;
    let Some(code) = &args.code else {
        for cause in diagnose::catalogue() {
            shell.data(format!("{:<26} {}", cause.code, cause.cause))?;
        }
        for (code, meaning, _) in EXIT_CODES {
            shell.data(format!("{code:<26} {meaning}"))?;
        }
        return Ok(Outcome::Done);
    };
    if let Some((number, meaning, next)) = EXIT_CODES
        .iter()
        .find(|(number, ..)| number.to_string() == *code)
    {
        shell.data(format!("exit code {number}: {meaning}\nwhat to do: {next}"))?;
        return Ok(Outcome::Done);
    }
    let cause = diagnose::explain(code).ok_or_else(|| {
        Failure::usage(format!("there is no code `{code}`")).hint(words::suggest(
            code,
            diagnose::catalogue().iter().map(|cause| cause.code),
        ))
    })?;
    let severity = format!("{:?}", cause.severity).to_lowercase();
    let grace = if cause.grace == 0 {
        String::new()
    } else {
        format!(", after {} s", cause.grace)
    };
    shell.data(format!(
        "{}: {}\n\nseverity    {severity}{grace}\ndecided by  {}\nwhat to do  {}",
        cause.code, cause.cause, cause.decided, cause.next
    ))?;
    Ok(Outcome::Done)
}
