//! The end of a run for people: first line the outcome, second the cause, then evidence and the next step.
//!
//! Written for somebody who was woken by it: it fits a terminal of 24 lines, whatever was found; the record has the rest.

use super::evidence;
use super::pen::Pen;
use super::run::{Run, Target, between};
use crate::diagnose::{Finding, Severity};
use crate::error::Outcome;
use crate::event::{Finished, Phase, State};
use crate::style::Label;
use crate::words;

/// Lines of the terminal that are not ours: the prompt that follows, and the command above.
const RESERVED: usize = 2;
/// Differences since the last good release that are shown.
const DIFFERENCES: usize = 3;
/// Findings that are named besides the first.
const OTHERS: usize = 2;
/// Lines of evidence, where the terminal is tall enough.
const EVIDENCE: usize = 12;
/// Next steps that are shown.
const STEPS: usize = 3;

/// The lines of the summary for a terminal of `(columns, rows)`.
#[must_use]
pub fn summary(
    run: &Run,
    target: Option<&str>,
    finished: &Finished,
    pen: &Pen,
    (width, height): (usize, usize),
) -> Vec<String> {
    if target.is_none() && run.finished.is_some() {
        return super::overall::lines(run, finished, pen, width.max(20));
    }
    let nothing = Target::default();
    let end = End {
        run,
        target: run.target(target).unwrap_or(&nothing),
        finished,
        pen,
        width: width.max(20),
    };
    let mut lines = end.outcome();
    if end.went_well() {
        lines.extend(end.counts());
        lines.extend(end.next());
        return lines;
    }
    let closing: Vec<String> = [end.next(), end.counts(), end.record()].concat();
    let differences = end.differences();
    let others = end.others();
    let used = lines.len() + differences.len() + others.len() + closing.len() + 1;
    let room = height.saturating_sub(RESERVED + used);
    lines.extend(differences);
    lines.extend(end.evidence(room));
    lines.extend(others);
    lines.push(String::new());
    lines.extend(closing);
    lines
}

struct End<'a> {
    run: &'a Run,
    target: &'a Target,
    finished: &'a Finished,
    pen: &'a Pen,
    width: usize,
}

impl End<'_> {
    fn went_well(&self) -> bool {
        matches!(self.finished.outcome, Outcome::Done | Outcome::Changes)
    }

    /// `shop release 8`, `shop`.
    fn release(&self) -> String {
        let app = self.pen.clean(&self.run.app);
        match self.finished.release.or(self.target.release) {
            Some(release) => format!("{app} release {release}"),
            None => app,
        }
    }

    /// `staging`, `production (eu)`.
    fn place(&self) -> String {
        let environment = self.pen.clean(&self.run.environment);
        match &self.target.name {
            Some(name) if self.run.targets.len() > 1 => {
                format!("{environment} ({})", self.pen.clean(name))
            }
            _ => environment,
        }
    }

    /// A plan was made, and it was all: nobody asked for more.
    fn is_dry(&self) -> bool {
        let finished = self.finished;
        let writes = finished.created + finished.changed + finished.deleted;
        match self.run.command.as_str() {
            "delete" => writes == 0,
            "restart" => false,
            _ => finished.release.is_none() && !self.target.totals.is_empty(),
        }
    }

    /// How long it took: ` after 14s`.
    fn after(&self) -> String {
        match (self.run.started, self.target.ended.or(self.run.latest)) {
            (Some(from), Some(to)) => format!(" after {}", words::duration(between(from, to))),
            _ => String::new(),
        }
    }

    /// The outcome, and the cause below it.
    fn outcome(&self) -> Vec<String> {
        let (release, place) = (self.release(), self.place());
        let running = match self.finished.running {
            Some(running) if Some(running) != self.finished.release => Some(running),
            _ => None,
        };
        let now = running.map_or(String::new(), |running| {
            format!(": release {running} is running")
        });
        let (label, sentence) = match self.finished.outcome {
            Outcome::Done if self.target.idle => {
                let app = self.pen.clean(&self.run.app);
                let live = match self.finished.running.or(self.target.release) {
                    Some(live) => format!("{app} release {live} is live in {place}"),
                    None => format!("{app} in {place}"),
                };
                (
                    Label::Good,
                    format!("nothing to do: {live}, as it should be"),
                )
            }
            Outcome::Done if self.is_dry() => (
                Label::Good,
                format!("dry run: nothing was written to {place}"),
            ),
            Outcome::Done if self.run.command == "rollback" => {
                let to = running.map_or(String::new(), |to| {
                    format!(", with the objects of release {to}")
                });
                (
                    Label::Good,
                    format!(
                        "rolled back: {release} is live in {place}{}{to}",
                        self.after()
                    ),
                )
            }
            Outcome::Done if self.run.command == "restart" => (
                Label::Good,
                format!("restarted: {release} is live in {place}{}", self.after()),
            ),
            Outcome::Done if self.run.command == "delete" => (
                Label::Good,
                format!("deleted: {release} is gone from {place}{}", self.after()),
            ),
            Outcome::Done => (
                Label::Good,
                format!("{release} is live in {place}{}", self.after()),
            ),
            Outcome::Changes => (Label::Caution, format!("{release} in {place} would change")),
            Outcome::RolledBack => (
                Label::Bad,
                format!("{release} failed in {place} and was rolled back{now}"),
            ),
            Outcome::Failed => match self.target.undoing {
                Some((_, to)) => (
                    Label::Bad,
                    format!(
                        "{release} failed in {place}, and putting release {to} back failed too"
                    ),
                ),
                None => (
                    Label::Bad,
                    format!("{release} failed in {place} and was left as it is"),
                ),
            },
            Outcome::JobFailed => (
                Label::Bad,
                format!("{release} stopped in {place}: a job before the rollout failed{now}"),
            ),
            Outcome::LeftAlone => (
                Label::Caution,
                format!("{release} was not begun in {place}: another target failed first"),
            ),
            // Printed as a failure, not told by a reporter; here only so that nothing falls through in silence.
            Outcome::Usage
            | Outcome::Project
            | Outcome::Refused
            | Outcome::Locked
            | Outcome::Bug => (
                Label::Bad,
                format!("{release} in {place} could not be carried out"),
            ),
            Outcome::Interrupted | Outcome::Terminated => (
                Label::Caution,
                format!("stopped: {release} in {place} is not finished"),
            ),
        };
        let lead = format!("{} ", self.pen.mark(label));
        let mut lines = self.wrapped(&lead, &sentence, 2);
        lines.extend(self.cause());
        lines
    }

    /// The worst finding in its own words, or what is known without one.
    fn cause(&self) -> Vec<String> {
        let text = match (self.finished.findings.first(), self.finished.outcome) {
            (_, Outcome::Done | Outcome::Changes | Outcome::LeftAlone) => return Vec::new(),
            (Some(finding), _) => format!(
                "{}: {}",
                self.pen.clean(&finding.object),
                self.pen.clean(&finding.message)
            ),
            (None, _) if let Some(error) = &self.finished.error => self.pen.clean(error),
            (None, Outcome::RolledBack | Outcome::Failed | Outcome::JobFailed) => {
                "no cause was found; what was seen is in the record".to_owned()
            }
            (None, _) if self.finished.error.is_some() => self
                .pen
                .clean(self.finished.error.as_deref().unwrap_or_default()),
            (None, _) => {
                let missing = self.target.missing().count();
                if self.target.written == 0 && self.target.rows.is_empty() {
                    "nothing was written yet".to_owned()
                } else if missing > 0 {
                    format!(
                        "{} of {} not ready yet; the cluster carries on by itself",
                        missing,
                        words::count(self.target.objects().count(), "object")
                    )
                } else {
                    format!(
                        "{} of {} written",
                        self.target.written,
                        words::count(self.target.to_write, "object")
                    )
                }
            }
        };
        self.wrapped("  ", &text, 3)
    }

    /// What may explain a failure: the differences since the last good release.
    fn differences(&self) -> Vec<String> {
        let all = &self.finished.since_last_good;
        if all.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![self.heading("changed since the last good release")];
        let shown = named(all.len(), DIFFERENCES);
        lines.extend(
            all[..shown]
                .iter()
                .map(|difference| self.clip(&format!("    {}", self.pen.clean(difference)))),
        );
        if all.len() > shown {
            lines.push(format!("    and {} more", all.len() - shown));
        }
        lines
    }

    /// What was seen of the worst finding, and its next step: as much as there is room for.
    fn evidence(&self, room: usize) -> Vec<String> {
        let Some(finding) = self.finished.findings.first().filter(|_| room >= 2) else {
            return Vec::new();
        };
        let seen = evidence::lines(&finding.evidence, self.pen, (room - 1).min(EVIDENCE));
        if seen.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![self.heading("what was seen")];
        lines.extend(seen.iter().map(|line| self.clip(&format!("    {line}"))));
        lines
    }

    /// Findings besides the first.
    fn others(&self) -> Vec<String> {
        let rest = self.finished.findings.get(1..).unwrap_or_default();
        let shown = named(rest.len(), OTHERS);
        let mut lines: Vec<String> = rest[..shown]
            .iter()
            .map(|finding| self.clip(&format!("  also {}", self.named(finding))))
            .collect();
        if rest.len() > shown {
            lines.push(format!(
                "  and {}",
                words::count(rest.len() - shown, "more finding")
            ));
        }
        lines
    }

    fn named(&self, finding: &Finding) -> String {
        let grade = match finding.severity {
            Severity::Info | Severity::Transient => " (may pass)",
            Severity::Likely | Severity::Permanent => "",
        };
        format!(
            "{}: {}{grade}",
            self.pen.clean(&finding.object),
            self.pen.clean(&finding.message)
        )
    }

    /// What to do: the finding's own advice first, then command lines.
    fn next(&self) -> Vec<String> {
        let advice = self
            .finished
            .findings
            .first()
            .map(|finding| finding.next.as_str())
            .filter(|next| !next.is_empty() && !self.went_well());
        let mut lines: Vec<String> = Vec::new();
        for step in advice
            .into_iter()
            .chain(self.finished.next.iter().map(String::as_str))
            .take(STEPS)
        {
            let lead = format!("  {} ", self.pen.paint(Label::Name, "next:"));
            let step = self.pen.clean(step);
            if step.starts_with("deploy ") {
                // Not clipped: half a command is of no use.
                lines.push(lead + &step);
                continue;
            }
            // The first step is the one to take: it is shown whole.
            let most = if lines.is_empty() { 2 } else { 1 };
            lines.extend(self.wrapped(&lead, &step, most));
        }
        lines
    }

    /// What was written, and where the time went.
    fn counts(&self) -> Vec<String> {
        let finished = self.finished;
        let mut parts: Vec<String> = [
            (finished.created, "created"),
            (finished.changed, "changed"),
            (finished.deleted, "deleted"),
        ]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
        let ran = self.ran();
        if parts.is_empty() {
            if self.went_well() && ran.is_empty() {
                return Vec::new();
            }
            // A run that broke off does not say how far it came, but we heard.
            parts.push(match self.target.written {
                0 => "nothing written".to_owned(),
                written => format!("{} written", words::count(written, "object")),
            });
        }
        let times: Vec<String> = finished
            .timings
            .iter()
            .filter(|(phase, seconds)| {
                // Each job is told with its own time.
                *seconds >= 0.05 && !matches!(phase, Phase::BeforeJobs | Phase::AfterJobs)
            })
            .filter_map(|(phase, seconds)| {
                let time = std::time::Duration::try_from_secs_f64(*seconds).ok()?;
                Some(format!("{} {}", phase.name(), words::duration(time)))
            })
            .collect();
        let mut parts = vec![parts.join(", ")];
        parts.extend(ran);
        if let Some((commits @ 1.., since)) = self.target.commits {
            let commits = words::count(commits, "commit");
            parts.push(format!("{commits} since release {since}"));
        }
        if !times.is_empty() {
            parts.push(times.join(", "));
        }
        let text = parts.join("; ");
        vec![self.clip(&format!("  {}", self.pen.paint(Label::Faint, text)))]
    }

    /// `jobs: migrate 12s, smoke 1.2s` and `2 checks passed`.
    fn ran(&self) -> Vec<String> {
        let jobs: Vec<String> = self
            .target
            .jobs
            .iter()
            .filter_map(|job| {
                let time = words::duration(between(job.since, job.until?));
                let failed = if job.readiness == State::Failed {
                    " (failed)"
                } else {
                    ""
                };
                Some(format!("{} {time}{failed}", self.pen.clean(&job.name)))
            })
            .collect();
        let jobs = (!jobs.is_empty()).then(|| format!("jobs: {}", jobs.join(", ")));
        let (all, passed) = (self.target.checks.len(), self.target.passed());
        let checks = match (all, passed) {
            (0, _) => None,
            (all, passed) if all == passed => Some(words::count(all, "check") + " passed"),
            (all, passed) => Some(format!("{passed} of {} passed", words::count(all, "check"))),
        };
        jobs.into_iter().chain(checks).collect()
    }

    /// Where the rest is, and what the cause's code means.
    fn record(&self) -> Vec<String> {
        let Some(finding) = self.finished.findings.first() else {
            return Vec::new();
        };
        let mut commands = vec![format!("deploy explain {}", self.pen.clean(&finding.code))];
        if let Some(release) = self.finished.release {
            let show = format!("deploy show {release} --findings {}", self.target.flags);
            commands.insert(0, show.trim_end().to_owned());
        }
        // Not clipped: half a command is of no use.
        let commands = self.pen.clean(commands.join(" or "));
        vec![format!("  more: {commands}")]
    }

    fn heading(&self, text: &str) -> String {
        format!("  {}", self.pen.paint(Label::Faint, format!("{text}:")))
    }

    fn clip(&self, line: &str) -> String {
        self.pen.clip(line, self.width)
    }

    /// Text after a lead, on as many lines as it needs up to `most`.
    fn wrapped(&self, lead: &str, text: &str, most: usize) -> Vec<String> {
        let indent = console::measure_text_width(lead);
        let mut lines = words::wrap(text, self.width.saturating_sub(indent));
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                last.push(' ');
                last.push_str(self.pen.ellipsis());
            }
        }
        lines
            .iter()
            .enumerate()
            .map(|(index, line)| {
                if index == 0 {
                    self.clip(&format!("{lead}{line}"))
                } else {
                    self.clip(&format!("{}{line}", " ".repeat(indent)))
                }
            })
            .collect()
    }
}

/// How many of `all` are named in `room` lines, when the last line may have to count the rest.
fn named(all: usize, room: usize) -> usize {
    if all <= room { all } else { room - 1 }
}

#[cfg(test)]
mod tests;
