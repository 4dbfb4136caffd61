//! The step summary of GitHub Actions: the end of a run as Markdown.

use std::fmt::Write as _;

use super::pen::Pen;
use super::run::Run;
use super::{evidence, summary};
use crate::event::{Finished, State};

/// Objects that the table holds, those that are not ready first.
const ROWS: usize = 50;
/// Pieces of evidence per finding.
const EVIDENCE: usize = 12;

/// Outcome, cause, objects and findings of a run.
pub fn page(run: &Run, name: Option<&str>, finished: &Finished, pen: &Pen) -> String {
    let mut plain = pen.clone();
    plain.dress.color = false;
    let lines = summary(run, name, finished, &plain, (usize::MAX / 2, 8));
    let mut text = String::new();
    if let Some(outcome) = lines.first() {
        let _ = write!(text, "### {}\n\n", escape(outcome));
    }
    if let Some(target) = run.target(name)
        && !target.rows.is_empty()
    {
        text += "| object | state | pods | |\n| --- | --- | --- | --- |\n";
        let mut rows: Vec<_> = target.rows.iter().collect();
        rows.sort_by_key(|row| row.progress.readiness == State::Ready);
        for row in rows.iter().take(ROWS) {
            let state = match row.progress.readiness {
                State::Ready => "ready",
                State::Waiting => "not ready",
                State::Failed => "**failed**",
            };
            let _ = writeln!(
                text,
                "| `{}` | {state} | {} | {} |",
                escape(&plain.clean(&row.progress.object)),
                row.counts(),
                escape(&plain.clean(&row.progress.reason))
            );
        }
        if rows.len() > ROWS {
            let _ = write!(text, "\n{} more are not listed.\n", rows.len() - ROWS);
        }
        text += "\n";
    }
    for finding in &finished.findings {
        let _ = write!(
            text,
            "**{}**: {} (`{}`)\n\n",
            escape(&plain.clean(&finding.object)),
            escape(&plain.clean(&finding.message)),
            escape(&plain.clean(&finding.code))
        );
        let seen = evidence::lines(&finding.evidence, &plain, EVIDENCE);
        if !seen.is_empty() {
            // A fence longer than any in the text cannot be closed by it.
            let _ = write!(
                text,
                "````text\n{}\n````\n\n",
                seen.join("\n").replace("````", "```")
            );
        }
        if !finding.next.is_empty() {
            let _ = write!(text, "Next: {}\n\n", escape(&plain.clean(&finding.next)));
        }
    }
    text
}

/// Text inside a table cell or a heading, taken as text.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('<', "&lt;")
        .replace('`', "'")
}
