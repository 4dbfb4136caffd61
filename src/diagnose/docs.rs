//! Keeps `docs/findings.md` what the table of causes says.

use std::fmt::Write as _;

use super::{Severity, catalogue};
use crate::generated::check;

#[test]
fn the_page_of_findings_is_current() {
    let mut page = INTRO.to_owned();
    let mut family = "";
    for cause in catalogue() {
        if cause.family != family {
            family = cause.family;
            let _ = write!(page, "\n## {family}\n\n{HEAD}");
        }
        let grace = match cause.grace {
            0 => String::new(),
            seconds => format!(", after {seconds} s"),
        };
        let cells = [
            format!("`{}`", cause.code),
            cause.cause.to_owned(),
            format!("{}{grace}", word(cause.severity)),
            cause.decided.to_owned(),
            cause.next.to_owned(),
        ];
        let _ = writeln!(
            page,
            "| {} |",
            cells.map(|cell| cell.replace('|', "\\|")).join(" | ")
        );
    }
    check("docs/findings.md", &page);
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Transient => "transient",
        Severity::Likely => "likely",
        Severity::Permanent => "permanent",
    }
}

const HEAD: &str =
    "| code | cause | severity | decided by | what to do |\n| --- | --- | --- | --- | --- |\n";

const INTRO: &str = "\
# Findings

When a rollout does not get anywhere, `deploy` names the cause: a code, an object, a sentence, the evidence it was decided
by, and what to do. The code stays the same across versions, so scripts may rely on it (`findings` in the
[events](events.md)). `deploy explain CODE` prints one line of these tables.

The severity says what the rollout does about it:

| severity | |
| --- | --- |
| permanent | it will not get better by itself: the rollout fails at once |
| likely | it hardly ever gets better: the rollout fails when it has lasted for the time given |
| transient | it may pass: the rollout waits, up to its time-out, and names it when that is reached |
| info | worth knowing; it decides nothing |

What is seen can make a finding graver or milder than the table says, where the table tells so.
";
