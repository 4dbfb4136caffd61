//! The end of a run that went to several targets, below the ends of each: how many are well, and what became of the others.

use super::pen::Pen;
use super::run::{Run, Target, between};
use crate::error::Outcome;
use crate::event::Finished;
use crate::style::Label;
use crate::words;

/// `✗ 2 of 3 targets of production succeeded; us failed and was rolled back: Deployment/web: …`.
pub fn lines(run: &Run, finished: &Finished, pen: &Pen, width: usize) -> Vec<String> {
    let (well, ill): (Vec<&Target>, Vec<&Target>) =
        run.targets.iter().partition(|target| went_well(target));
    let environment = pen.clean(&run.environment);
    let all = format!(
        "{} of {environment}",
        words::count(run.targets.len(), "target")
    );
    let after = match (run.started, run.latest) {
        (Some(from), Some(to)) => format!(" after {}", words::duration(between(from, to))),
        _ => String::new(),
    };
    let mut lines = Vec::new();
    let mut say = |label: Option<Label>, text: &str| {
        let lead = label.map_or_else(|| "  ".to_owned(), |label| format!("{} ", pen.mark(label)));
        lines.push(pen.clip(&format!("{lead}{text}"), width));
    };
    let state = if run.command == "delete" {
        "done"
    } else {
        "live"
    };
    match ill.as_slice() {
        [] if run.targets.iter().all(is_dry) => {
            say(
                Some(Label::Good),
                &format!("dry run: nothing was written to {all}"),
            );
        }
        [] => say(Some(Label::Good), &format!("{all} are {state}{after}")),
        ill => {
            let label = match finished.outcome {
                Outcome::Interrupted | Outcome::Terminated => Label::Caution,
                _ => Label::Bad,
            };
            let count = format!("{} of {all} succeeded", well.len());
            match ill {
                [one] => say(Some(label), &format!("{count}; {}", fate(one, pen))),
                several => {
                    say(Some(label), &count);
                    for target in several {
                        say(None, &fate(target, pen));
                    }
                }
            }
        }
    }
    for step in &finished.next {
        say(
            None,
            &format!("{} {}", pen.paint(Label::Name, "next:"), pen.clean(step)),
        );
    }
    lines
}

fn went_well(target: &Target) -> bool {
    let outcome = target.finished.as_ref().map(|finished| finished.outcome);
    matches!(outcome, Some(Outcome::Done | Outcome::Changes))
}

/// A plan was made, and it was all.
fn is_dry(target: &Target) -> bool {
    let nothing = |finished: &Finished| {
        finished.release.is_none() && finished.created + finished.changed + finished.deleted == 0
    };
    !target.idle && !target.totals.is_empty() && target.finished.as_ref().is_some_and(nothing)
}

/// `us failed and was rolled back: Deployment/web: …`.
fn fate(target: &Target, pen: &Pen) -> String {
    let name = pen.clean(target.name.as_deref().unwrap_or("one"));
    let Some(finished) = &target.finished else {
        return format!("{name} was not begun");
    };
    let end = match finished.outcome {
        Outcome::RolledBack => "failed and was rolled back",
        Outcome::JobFailed => "stopped at a job before the rollout",
        Outcome::LeftAlone => return format!("{name} was left alone"),
        Outcome::Interrupted | Outcome::Terminated => "was stopped",
        _ => "failed",
    };
    let found = finished.findings.first();
    let cause = found
        .map(|finding| format!("{}: {}", finding.object, finding.message))
        .or_else(|| finished.error.clone());
    let cause = cause.map_or_else(String::new, |cause| format!(": {}", pen.clean(cause)));
    let running = finished.running.map_or_else(String::new, |release| {
        format!(", release {release} is running")
    });
    format!("{name} {end}{running}{cause}")
}
