//! Evidence of a finding as lines: what the cluster wrote, with exit codes explained and logs indented.

use super::pen::Pen;
use super::plan_text::Detail;
use crate::diagnose::{Evidence, Finding, Severity};
use crate::style::Label;
use crate::words;

/// Lines of evidence in [`Detail::Summary`].
const SUMMARY: usize = 8;

/// The most telling evidence in at most `room` lines. Logs, where there are any, get what the rest leaves.
#[must_use]
pub fn lines(evidence: &[Evidence], pen: &Pen, room: usize) -> Vec<String> {
    let logs = evidence.iter().filter(|one| is_log(one)).count();
    let others = evidence.len() - logs;
    // One log of at least three lines and its heading is worth more than a fourth event.
    let for_others = if logs == 0 {
        room
    } else {
        others.min(room.saturating_sub(4).max(1))
    };
    let mut for_logs = room.saturating_sub(for_others.min(others));
    let mut others_left = for_others;
    let mut lines = Vec::new();
    for one in evidence {
        if let Evidence::Log {
            pod,
            container,
            previous,
            lines: log,
        } = one
        {
            if for_logs < 2 {
                continue;
            }
            let shown = log.len().min(for_logs - 1);
            let which = if *previous {
                ", before it was restarted"
            } else {
                ""
            };
            lines.push(format!(
                "log of {}/{}{which}:",
                pen.clean(pod),
                pen.clean(container)
            ));
            lines.extend(
                log[log.len() - shown..]
                    .iter()
                    .map(|line| format!("  | {}", pen.clean_lines(line).join(" "))),
            );
            for_logs -= shown + 1;
        } else if others_left > 0 {
            lines.push(line(one, pen));
            others_left -= 1;
        }
    }
    lines
}

/// A finding on its own, for `status` and `show`: cause, evidence, next step.
#[must_use]
pub fn finding_lines(finding: &Finding, detail: Detail, pen: impl Into<Pen>) -> Vec<String> {
    let pen = &pen.into();
    let label = match finding.severity {
        Severity::Permanent | Severity::Likely => Label::Bad,
        Severity::Transient | Severity::Info => Label::Caution,
    };
    let mut all = vec![format!(
        "{} {}: {} [{}]",
        pen.mark(label),
        pen.clean(&finding.object),
        pen.clean(&finding.message),
        pen.clean(&finding.code)
    )];
    let room = match detail {
        Detail::Summary => SUMMARY,
        Detail::Full | Detail::Verbose => usize::MAX / 2,
    };
    all.extend(
        lines(&finding.evidence, pen, room)
            .into_iter()
            .map(|line| format!("    {line}")),
    );
    if !finding.next.is_empty() {
        all.push(format!(
            "    {} {}",
            pen.paint(Label::Name, "next:"),
            pen.clean(&finding.next)
        ));
    }
    all
}

fn is_log(evidence: &Evidence) -> bool {
    matches!(evidence, Evidence::Log { .. })
}

/// One piece of evidence on one line; a log by its last line.
#[must_use]
pub fn line(evidence: &Evidence, pen: &Pen) -> String {
    let text = match evidence {
        Evidence::Event {
            object,
            reason,
            message,
            count,
        } => {
            let times = if *count > 1 {
                format!(", {count} times")
            } else {
                String::new()
            };
            format!("event {reason} of {object}{times}: {message}")
        }
        Evidence::Container {
            pod,
            container,
            state,
            reason,
            message,
            exit_code,
            restarts,
        } => {
            // The most telling first: the end of the line may not be seen.
            let mut facts: Vec<String> = Vec::new();
            facts.extend(exit_code.map(|code| match words::exit_code(code) {
                Some(meaning) => format!("exit code {code} ({meaning})"),
                None => format!("exit code {code}"),
            }));
            if *restarts > 0 {
                facts.push(words::count(*restarts as usize, "restart"));
            }
            let mut named = vec![state.as_str(), reason.as_str()];
            named.retain(|word| !word.is_empty());
            facts.push(named.join(" "));
            facts.retain(|fact| !fact.is_empty());
            let message = if message.is_empty() {
                String::new()
            } else {
                format!(": {message}")
            };
            format!("{pod}/{container}: {}{message}", facts.join(", "))
        }
        Evidence::Log {
            pod,
            container,
            lines,
            ..
        } => format!(
            "log of {pod}/{container}: {}",
            lines.last().map_or("empty", String::as_str)
        ),
        Evidence::Condition {
            object,
            condition,
            status,
            reason,
            message,
        } => format!("{object} {condition}={status}, {reason}: {message}"),
        Evidence::Field {
            object,
            path,
            value,
        } => format!("{object} {path}: {value}"),
        Evidence::Answer {
            answer,
            tries,
            body,
            ..
        } => {
            let times = match tries {
                1 => String::new(),
                tries => format!(", {tries} times"),
            };
            let body = match body.as_slice() {
                [] => String::new(),
                lines => format!("; body: {}", lines.join(" ")),
            };
            format!("answer{times}: {answer}{body}")
        }
    };
    pen.clean(text)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{crash, same};
    use super::*;

    #[test]
    fn a_finding_on_its_own() {
        same(
            finding_lines(&crash(), Detail::Summary, Pen::default()).join("\n"),
            r"
✗ Deployment/web: container web ends with exit code 1 right after its start [crash]
    web-6c9f-x2x/web: exit code 137 (SIGKILL, often the memory limit), 3 restarts, terminated Error
    event BackOff of Pod/web-6c9f-x2x, 3 times: Back-off restarting failed container
    log of web-6c9f-x2x/web, before it was restarted:
      | starting
      | panic: DB_URL is not set
    next: add DB_URL to the config `common`, or deploy the image that does not need it
",
        );
    }

    #[test]
    fn where_room_is_short_the_last_log_lines_stay() {
        let mut finding = crash();
        if let Some(Evidence::Log { lines, .. }) = finding.evidence.last_mut() {
            *lines = (0..100).map(|n| format!("line {n}")).collect();
        }
        let short = lines(&finding.evidence, &Pen::default(), 5);
        assert_eq!(short.len(), 5);
        assert!(short[0].contains("exit code 137"), "{short:?}");
        assert_eq!(short[4], "  | line 99");
        let full = finding_lines(&finding, Detail::Full, Pen::default());
        assert_eq!(full.len(), 105);
    }
}
