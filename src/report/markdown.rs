//! The step summary of GitHub Actions: the end of a run as Markdown.

use std::fmt::Write as _;

use super::pen::Pen;
use super::run::{Run, Target};
use super::{evidence, summary};
use crate::event::{Finished, State};

/// Rows that a table holds, those that are not ready first.
const ROWS: usize = 50;
/// Pieces of evidence per finding.
const EVIDENCE: usize = 12;
/// Said where the rest had no room.
const CUT: &str = "\n\nThe rest is left out: a summary may have 1 MiB. `deploy show` has it all.\n";

/// Outcome, objects, causes and evidence of a run, a section for each target, in at most `room` bytes.
pub fn page(run: &Run, end: &Finished, pen: &Pen, room: usize) -> String {
    let mut plain = pen.clone();
    plain.dress.color = false;
    let pen = &plain;
    let mut text = String::new();
    if run.several() {
        let lines = summary(run, None, end, pen, (usize::MAX / 2, 8));
        for (index, line) in lines.iter().enumerate() {
            let level = if index == 0 { "## " } else { "- " };
            let _ = write!(text, "{level}{}\n\n", escape(line.trim()));
        }
    }
    for target in &run.targets {
        section(&mut text, run, target, pen);
    }
    clip(text, room)
}

fn section(text: &mut String, run: &Run, target: &Target, pen: &Pen) {
    let Some(finished) = &target.finished else {
        return;
    };
    let lines = summary(
        run,
        target.name.as_deref(),
        finished,
        pen,
        (usize::MAX / 2, 8),
    );
    if let Some(outcome) = lines.first() {
        let _ = write!(text, "### {}\n\n", escape(outcome));
    }
    if let Some(error) = &finished.error {
        let _ = write!(text, "{}\n\n", escape(&pen.clean(error)));
    }
    table(text, target, pen);
    for finding in &finished.findings {
        let _ = write!(
            text,
            "**{}**: {} (`{}`)\n\n",
            escape(&pen.clean(&finding.object)),
            escape(&pen.clean(&finding.message)),
            escape(&pen.clean(&finding.code))
        );
        let seen = evidence::lines(&finding.evidence, pen, EVIDENCE);
        if !seen.is_empty() {
            // A fence longer than any in the text cannot be closed by it.
            let _ = write!(
                text,
                "````text\n{}\n````\n\n",
                seen.join("\n").replace("````", "```")
            );
        }
        if !finding.next.is_empty() {
            let _ = write!(text, "Next: {}\n\n", escape(&pen.clean(&finding.next)));
        }
    }
}

/// Objects, jobs and checks.
fn table(text: &mut String, target: &Target, pen: &Pen) {
    let objects = target
        .rows
        .iter()
        .filter(|row| row.job.is_none())
        .map(|row| {
            let state = row.progress.readiness;
            (
                row.name(),
                state,
                ["ready", "not ready"],
                row.counts(),
                &*row.progress.reason,
            )
        });
    let jobs = target.jobs.iter().map(|job| {
        let row = target
            .rows
            .iter()
            .find(|row| row.progress.object == job.object);
        let reason = row.map_or("", |row| row.progress.reason.as_str());
        let name = format!("job {}", job.name);
        (
            name,
            job.readiness,
            ["succeeded", "not ended"],
            String::new(),
            reason,
        )
    });
    let checks = target.checks.iter().map(|check| {
        let progress = &check.progress;
        let name = format!("check {}", progress.check);
        (
            name,
            progress.readiness,
            ["passed", "not passed"],
            String::new(),
            &*progress.reason,
        )
    });
    let mut rows: Vec<_> = objects.chain(jobs).chain(checks).collect();
    if rows.is_empty() {
        return;
    }
    *text += "| object | result | pods | reason |\n| --- | --- | --- | --- |\n";
    rows.sort_by_key(|(_, state, ..)| *state == State::Ready);
    for (name, state, [ready, waiting], counts, reason) in rows.iter().take(ROWS) {
        let state = match state {
            State::Ready => ready,
            State::Waiting => waiting,
            State::Failed => "**failed**",
        };
        let _ = writeln!(
            text,
            "| `{}` | {state} | {counts} | {} |",
            escape(&pen.clean(name)),
            escape(&pen.clean(reason))
        );
    }
    if rows.len() > ROWS {
        let _ = write!(text, "\n{} more are not listed.\n", rows.len() - ROWS);
    }
    *text += "\n";
}

/// Cut at a line, with a word about it, where it does not fit.
fn clip(mut text: String, room: usize) -> String {
    if text.len() <= room {
        return text;
    }
    let Some(mut most) = room.checked_sub(CUT.len() + FENCE.len()) else {
        return String::new();
    };
    while !text.is_char_boundary(most) {
        most -= 1;
    }
    text.truncate(most);
    text.truncate(text.rfind('\n').map_or(0, |line| line + 1));
    // A fence that was cut off would swallow the word about it.
    if text.matches("````").count() % 2 == 1 {
        text += FENCE;
    }
    text + CUT
}

const FENCE: &str = "````\n";

/// Text inside a table cell or a heading, taken as text.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('<', "&lt;")
        .replace('`', "'")
}
