//! A plan for people: what happens to each object, which fields differ, what to know before saying yes.

use serde_json::Value;

use super::diff;
use super::pen::Pen;
use crate::manifest::job::JobTime;
use crate::plan::jobs::PlannedJob;
use crate::plan::{Action, Change, Plan, Step};
use crate::style::Label;
use crate::words;

/// How much of a plan or of a finding is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// One line per object that changes, a dozen at most, and the totals; the best evidence.
    Summary,
    /// Every field that differs; all evidence.
    Full,
    /// Also the waves, and the objects that stay as they are.
    Verbose,
}

/// Objects that [`Detail::Summary`] names before it counts the rest.
const SHORT: usize = 12;

/// The plan as text, without a line break at its end.
#[must_use]
pub fn plan_text(plan: &Plan, pen: impl Into<Pen>, detail: Detail) -> String {
    let pen = &pen.into();
    let mut lines = match detail {
        Detail::Summary => short(plan, pen),
        Detail::Full | Detail::Verbose => full(plan, pen, detail),
    };
    lines.extend(plan.jobs.iter().map(|job| job_line(job, pen)));
    for note in &plan.notes {
        lines.push(format!("{} {}", pen.mark(Label::Caution), pen.clean(note)));
    }
    lines.push(pen.paint(Label::Strong, totals(plan)));
    lines.join("\n")
}

/// `3 to create, 1 to change, 1 to delete, 12 unchanged`; parts that are zero are left out.
#[must_use]
pub fn totals(plan: &Plan) -> String {
    let counts = plan.counts();
    let parts: Vec<String> = [
        ("create", "to create"),
        ("update", "to change"),
        ("adopt", "to adopt"),
        ("replace", "to replace"),
        ("delete", "to delete"),
        ("keep", "kept"),
        ("unchanged", "unchanged"),
    ]
    .into_iter()
    .filter_map(|(name, words)| Some(format!("{} {words}", counts.get(name)?)))
    .collect();
    let jobs = (!plan.jobs.is_empty()).then(|| words::count(plan.jobs.len(), "job") + " to run");
    let parts: Vec<String> = parts.into_iter().chain(jobs).collect();
    if parts.is_empty() {
        "no objects".to_owned()
    } else {
        parts.join(", ")
    }
}

/// `» Job/migrate  before the rollout, changed; needs StatefulSet/db`.
fn job_line(job: &PlannedJob, pen: &Pen) -> String {
    let when = match job.when {
        JobTime::Before => "before the rollout",
        JobTime::After => "after the rollout",
    };
    let mut facts = when.to_owned();
    if job.once {
        facts += ", once for all targets";
    }
    if job.changed {
        facts += ", new or changed";
    }
    if !job.needs.is_empty() {
        let needs: Vec<String> = job.needs.iter().map(ToString::to_string).collect();
        facts = format!("{facts}; needs {}", words::list(&needs, "and"));
    }
    if let Some(later) = &job.checked_later {
        facts = format!("{facts}; checked later: {later}");
    }
    let symbol = if pen.dress.ascii { ">" } else { "»" };
    format!(
        "{} {}  {}",
        pen.paint(Label::Name, symbol),
        pen.clean(&job.object),
        pen.paint(Label::Faint, pen.clean(facts))
    )
}

fn short(plan: &Plan, pen: &Pen) -> Vec<String> {
    let changing: Vec<&Step> = plan
        .steps
        .iter()
        .filter(|step| step.action != Action::Unchanged)
        .collect();
    let mut lines: Vec<String> = changing
        .iter()
        .take(SHORT)
        .map(|step| {
            let brief = brief(step, pen);
            let gap = if brief.is_empty() { "" } else { "  " };
            format!(
                "{}{gap}{}",
                title(step, pen),
                pen.paint(Label::Faint, brief)
            )
        })
        .collect();
    if let Some(more) = changing.len().checked_sub(SHORT).filter(|more| *more > 0) {
        lines.push(format!("  and {more} more"));
    }
    lines
}

fn full(plan: &Plan, pen: &Pen, detail: Detail) -> Vec<String> {
    let mut lines = Vec::new();
    let mut steps: Vec<&Step> = plan
        .steps
        .iter()
        .filter(|step| detail == Detail::Verbose || step.action != Action::Unchanged)
        .collect();
    if detail == Detail::Verbose {
        steps.sort_by_key(|step| step.wave);
    }
    let mut wave = None;
    for step in steps {
        if detail == Detail::Verbose && wave != Some(step.wave) {
            wave = Some(step.wave);
            lines.push(pen.paint(Label::Faint, format!("wave {}", step.wave + 1)));
        }
        let origin = if step.origin.file.is_empty() {
            String::new()
        } else {
            format!("  {}", pen.paint(Label::Faint, pen.clean(&step.origin)))
        };
        lines.push(format!("{}{origin}", title(step, pen)));
        lines.extend(
            facts(step, pen)
                .into_iter()
                .map(|fact| format!("    {fact}")),
        );
        for change in &step.changes {
            lines.extend(
                change_lines(step, change, pen)
                    .into_iter()
                    .map(|line| format!("    {line}")),
            );
        }
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// `~ Deployment/web`.
fn title(step: &Step, pen: &Pen) -> String {
    let (label, symbol) = match &step.action {
        Action::Create => (Label::Added, "+"),
        Action::Update | Action::Adopt { .. } => (Label::Caution, "~"),
        Action::Replace { .. } if pen.dress.ascii => (Label::Bad, "-+"),
        Action::Replace { .. } => (Label::Bad, "±"),
        Action::Delete => (Label::Removed, "-"),
        Action::Keep { .. } | Action::Unchanged => (Label::Faint, "="),
    };
    format!("{} {}", pen.paint(label, symbol), pen.clean(&step.object))
}

/// What is special about a step, beyond its fields.
fn facts(step: &Step, pen: &Pen) -> Vec<String> {
    let mut facts = Vec::new();
    match &step.action {
        Action::Adopt { from } => facts.push(format!("is taken over from {}", pen.clean(from))),
        Action::Replace { orphan: false } => {
            facts.push("is deleted and made again: nothing runs in between".to_owned());
        }
        Action::Replace { orphan: true } => {
            facts.push("is deleted and made again; its pods run on".to_owned());
        }
        Action::Keep { why } => facts.push(format!("is kept: {}", pen.clean(why))),
        Action::Create | Action::Update | Action::Unchanged | Action::Delete => {}
    }
    if step.restarts_pods {
        facts.push("restarts its pods".to_owned());
    }
    if let Some(why) = &step.checked_later {
        facts.push(format!("checked later: {}", pen.clean(why)));
    }
    for conflict in &step.conflicts {
        facts.push(format!(
            "{} {} belongs to {}: {} there, {} here",
            pen.mark(Label::Caution),
            pen.clean(&conflict.path),
            pen.clean(&conflict.manager),
            value(conflict.live.as_ref(), pen),
            value(conflict.ours.as_ref(), pen),
        ));
    }
    facts
}

fn value(value: Option<&Value>, pen: &Pen) -> String {
    value.map_or("nothing".to_owned(), |value| diff::scalar(value, pen))
}

/// Whether a field holds secret data, which is never shown, whatever the plan says.
fn is_secret(step: &Step, change: &Change) -> bool {
    step.object.is("Secret")
        && (change.path.starts_with("data") || change.path.starts_with("stringData"))
}

fn change_lines(step: &Step, change: &Change, pen: &Pen) -> Vec<String> {
    let path = pen.clean(&change.path);
    if is_secret(step, change) {
        let what = match (&change.from, &change.to) {
            (None, _) => "is new",
            (_, None) => "goes",
            _ => "changes",
        };
        return vec![format!("{path} {what} (secret, not shown)")];
    }
    diff::lines(&path, change.from.as_ref(), change.to.as_ref(), pen)
}

/// The most telling differences of a step on one line: `image 1.4.1 → 1.4.2, 2 more fields`.
fn brief(step: &Step, pen: &Pen) -> String {
    let mut parts = facts(step, pen);
    let telling = step
        .changes
        .iter()
        .filter(|change| !is_secret(step, change));
    let shown: Vec<String> = telling
        .filter(|change| {
            ["image", "replicas", "schedule"]
                .iter()
                .any(|name| last_part(&change.path) == *name)
        })
        .take(2)
        .map(|change| {
            let (from, to) = (
                value(change.from.as_ref(), pen),
                value(change.to.as_ref(), pen),
            );
            let (from, to) = diff::tails(&from, &to);
            format!("{} {from} {} {to}", last_part(&change.path), pen.arrow())
        })
        .collect();
    let more = step.changes.len() - shown.len();
    let none = shown.is_empty();
    parts.splice(0..0, shown);
    if more > 0 {
        let noun = if none { "field" } else { "more field" };
        parts.push(words::count(more, noun));
    }
    parts.join(", ")
}

fn last_part(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

#[cfg(test)]
mod tests;
