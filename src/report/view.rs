//! The live view as a pure fold: messages in, lines for a terminal of a given size out. It never touches a terminal.

use jiff::Timestamp;

use super::pen::Pen;
use super::run::{Run, Target, between};
use crate::event::{Message, Phase, Progress, State};
use crate::style::Label;
use crate::words;

/// Columns when nobody knows them.
pub const WIDTH: usize = 80;
/// Rows when nobody knows them.
pub const HEIGHT: usize = 24;

/// What is drawn while a run goes on.
#[derive(Default)]
pub struct View {
    /// What is known of the run.
    pub run: Run,
    pen: Pen,
}

/// Widths of the columns that all rows of a target share.
struct Columns {
    name: usize,
    bar: usize,
    counts: usize,
}

impl View {
    /// An empty view.
    #[must_use]
    pub fn new(pen: Pen) -> Self {
        Self {
            run: Run::default(),
            pen,
        }
    }

    /// Takes in one message.
    pub fn apply(&mut self, message: &Message) {
        self.run.apply(message);
    }

    /// What a terminal shows now: at most `height - 1` lines of at most `width` columns. Nothing before the run
    /// begins, after it has ended, and while a plan may have to be confirmed.
    #[must_use]
    pub fn lines(&self, width: usize, height: usize, now: Timestamp) -> Vec<String> {
        let open: Vec<&Target> = self
            .run
            .targets
            .iter()
            .filter(|target| target.finished.is_none() && !target.asking && target.phase.is_some())
            .collect();
        let Some(share) = height.saturating_sub(1).checked_div(open.len()) else {
            return Vec::new();
        };
        open.iter()
            .flat_map(|target| self.target(target, width, share, now))
            .map(|line| self.pen.clip(&line, width))
            .collect()
    }

    fn target(&self, target: &Target, width: usize, height: usize, now: Timestamp) -> Vec<String> {
        let mut lines = vec![self.header(target)];
        let room = height.saturating_sub(2);
        lines.extend(self.rows(target, width, room, now));
        lines.push(self.footer(target, now));
        lines
    }

    /// `shop → staging  kind-a/shop-staging  release 8  2 to create, 1 to change`.
    fn header(&self, target: &Target) -> String {
        let pen = &self.pen;
        let mut parts = vec![pen.paint(
            Label::Strong,
            format!(
                "{} {} {}",
                pen.clean(&self.run.app),
                pen.arrow(),
                pen.clean(&self.run.environment)
            ),
        )];
        if let Some(name) = &target.name
            && *name != self.run.environment
        {
            parts.push(pen.clean(name));
        }
        if !target.context.is_empty() {
            parts.push(format!(
                "{}/{}",
                pen.clean(&target.context),
                pen.clean(&target.namespace)
            ));
        }
        if let Some(release) = target.release {
            parts.push(format!("release {release}"));
        }
        if !target.totals.is_empty() {
            parts.push(pen.paint(Label::Faint, &target.totals));
        }
        parts.join("  ")
    }

    /// One line per object, job and check. Where they do not fit, those that are ready become a number, then those that wait.
    fn rows(&self, target: &Target, width: usize, room: usize, now: Timestamp) -> Vec<String> {
        let all = lines(target, &self.pen);
        // Objects without pods that are ready say nothing new: they are a number from the start.
        let mut shown: Vec<&Line<'_>> = all
            .iter()
            .filter(|line| line.lasting || !line.ready())
            .collect();
        if shown.len() + usize::from(shown.len() < all.len()) > room {
            shown.retain(|line| !line.ready());
        }
        let ready_hidden = all.iter().filter(|line| line.ready()).count()
            - shown.iter().filter(|line| line.ready()).count();
        let mut waiting_hidden = 0;
        if shown.len() + usize::from(ready_hidden > 0) > room {
            shown.sort_by_key(|line| line.readiness != State::Failed);
            let most = room.saturating_sub(1 + usize::from(ready_hidden > 0));
            waiting_hidden = shown.len().saturating_sub(most);
            shown.truncate(most);
        } else {
            shown.sort_by_key(|line| !line.lasting);
        }
        let columns = Columns::of(&shown, width);
        let mut lines: Vec<String> = shown
            .iter()
            .map(|line| self.row(line, &columns, now))
            .collect();
        if waiting_hidden > 0 {
            lines.push(format!(
                "{} {waiting_hidden} more not ready",
                self.pen.mark(Label::Faint)
            ));
        }
        if ready_hidden > 0 {
            let more = if shown.iter().any(|line| line.ready()) {
                " more"
            } else {
                ""
            };
            lines.push(format!(
                "{} {ready_hidden}{more} ready",
                self.pen.mark(Label::Good)
            ));
        }
        lines
    }

    fn row(&self, line: &Line<'_>, columns: &Columns, now: Timestamp) -> String {
        let pen = &self.pen;
        let (label, reason_label) = match line.readiness {
            State::Ready => (Label::Good, Label::Faint),
            State::Waiting => (Label::Faint, Label::Faint),
            State::Failed => (Label::Bad, Label::Bad),
        };
        let symbol = pen.column(&pen.mark(label), if pen.dress.ascii { 2 } else { 1 });
        let mut parts = vec![format!("{symbol} {}", pen.column(&line.name, columns.name))];
        if columns.bar > 0 {
            parts.push(format!(
                "{} {}",
                self.bar(line.pods, columns.bar),
                pen.column(&line.counts, columns.counts)
            ));
        }
        let time = words::whole(between(line.since, line.until.unwrap_or(now)));
        parts.push(format!("{time:>5}"));
        if !line.reason.is_empty() {
            parts.push(pen.paint(reason_label, pen.clean(line.reason)));
        }
        parts.join("  ")
    }

    /// Full cells are ready pods of the new revision, half-full ones its other pods, empty ones what is missing.
    fn bar(&self, pods: Option<&Progress>, width: usize) -> String {
        let Some(
            pods @ &Progress {
                ready: Some(ready),
                desired: Some(desired),
                ..
            },
        ) = pods
        else {
            return " ".repeat(width);
        };
        let updated = pods.updated.unwrap_or(ready).min(desired) as usize;
        let (ready, desired) = ((ready as usize).min(updated), desired as usize);
        let cells = |pods: usize| (pods * width).checked_div(desired).unwrap_or(width);
        let (full, begun) = (cells(ready), cells(updated));
        let [done, half, none] = if self.pen.dress.ascii {
            ["#", "=", "."]
        } else {
            ["█", "▒", "·"]
        };
        self.pen.paint(Label::Good, done.repeat(full))
            + &half.repeat(begun - full)
            + &self.pen.paint(Label::Faint, none.repeat(width - begun))
    }

    /// What the run is doing: `⠹ rolling out  12s`.
    fn footer(&self, target: &Target, now: Timestamp) -> String {
        let Some((phase, since)) = target.phase else {
            return String::new();
        };
        format!(
            "{} {}  {}",
            self.pen.paint(Label::Name, self.spinner(now)),
            doing(target, phase, now, &self.pen),
            self.pen
                .paint(Label::Faint, words::whole(between(since, now)))
        )
    }

    fn spinner(&self, now: Timestamp) -> &'static str {
        const DOTS: [&str; 8] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧"];
        const ASCII: [&str; 4] = ["|", "/", "-", "\\"];
        let frames: &[&str] = if self.pen.dress.ascii { &ASCII } else { &DOTS };
        let turn = usize::try_from(now.as_millisecond().rem_euclid(100_000) / 120).unwrap_or(0);
        frames[turn % frames.len()]
    }
}

/// What a target is being put through, in words.
#[must_use]
pub fn doing(target: &Target, phase: Phase, now: Timestamp, pen: &Pen) -> String {
    if let Some((holder, since, reason)) = &target.lock {
        let since = since.map_or(String::new(), |since| {
            format!(", locked {}", words::age(now, since))
        });
        let reason = reason
            .as_ref()
            .map_or(String::new(), |reason| format!(": {}", pen.clean(reason)));
        return format!("waiting for {}{since}{reason}", pen.clean(holder));
    }
    match phase {
        Phase::Load => "reading the project".to_owned(),
        Phase::Plan => "planning".to_owned(),
        Phase::Lock => "taking the lock".to_owned(),
        Phase::Record => "recording the release".to_owned(),
        // A restart has no plan.
        Phase::Apply if target.to_write == 0 => format!("applying: {} written", target.written),
        Phase::Apply => format!(
            "applying: {} of {} written",
            target.written, target.to_write
        ),
        Phase::BeforeJobs => format!("running {} before the rollout", running(target, pen)),
        Phase::AfterJobs => format!("running {} after the rollout", running(target, pen)),
        Phase::Checks if target.checks.is_empty() => "checking the new version".to_owned(),
        Phase::Checks => format!(
            "checking the new version: {} of {} passed",
            target.passed(),
            target.checks.len()
        ),
        Phase::Rollout => match target.undoing {
            Some((_, to)) => format!("undoing: waiting for release {to}"),
            None => "rolling out".to_owned(),
        },
        Phase::Soak => match target.soaking_until {
            Some(until) => format!(
                "all ready, soaking {} more",
                words::whole(between(now, until) + std::time::Duration::from_millis(999))
            ),
            None => "all ready, soaking".to_owned(),
        },
        Phase::Diagnose => "gathering evidence".to_owned(),
        Phase::Undo => match target.undoing {
            Some((_, to)) => format!("undoing: putting release {to} back"),
            None => "undoing".to_owned(),
        },
        Phase::Prune => "removing what is not wanted any more".to_owned(),
        Phase::Finish => "closing the record".to_owned(),
    }
}

/// `job migrate`; `jobs` while none runs.
fn running(target: &Target, pen: &Pen) -> String {
    let job = target.jobs.iter().find(|job| job.until.is_none());
    job.map_or_else(
        || "jobs".to_owned(),
        |job| format!("job {}", pen.clean(&job.name)),
    )
}

impl Columns {
    fn of(lines: &[&Line<'_>], width: usize) -> Self {
        let widest = |texts: &mut dyn Iterator<Item = &String>| {
            texts
                .map(|text| console::measure_text_width(text))
                .max()
                .unwrap_or(0)
        };
        let counts = widest(&mut lines.iter().map(|line| &line.counts));
        Self {
            name: widest(&mut lines.iter().map(|line| &line.name)).min(width * 2 / 5),
            bar: match counts {
                0 => 0,
                _ if width < 100 => 5,
                _ => 10,
            },
            counts,
        }
    }
}

/// What one line of a target is about.
struct Line<'a> {
    name: String,
    readiness: State,
    reason: &'a str,
    counts: String,
    pods: Option<&'a Progress>,
    since: Timestamp,
    until: Option<Timestamp>,
    /// Worth its line when it is ready, too.
    lasting: bool,
}

impl Line<'_> {
    fn ready(&self) -> bool {
        self.readiness == State::Ready
    }
}

/// Objects and jobs of a target, then its checks.
fn lines<'a>(target: &'a Target, pen: &Pen) -> Vec<Line<'a>> {
    let rows = target.rows.iter().map(|row| Line {
        name: pen.clean(row.name()),
        readiness: row.progress.readiness,
        reason: &row.progress.reason,
        counts: row.counts(),
        pods: Some(&row.progress).filter(|_| row.job.is_none()),
        since: row.since,
        until: row.until,
        lasting: row.job.is_some() || row.progress.desired.is_some(),
    });
    let checks = target.checks.iter().map(|check| Line {
        name: format!("check {}", pen.clean(&check.progress.check)),
        readiness: check.progress.readiness,
        reason: &check.progress.reason,
        counts: String::new(),
        pods: None,
        since: check.since,
        until: check.until,
        lasting: true,
    });
    rows.chain(checks).collect()
}

#[cfg(test)]
mod tests;
