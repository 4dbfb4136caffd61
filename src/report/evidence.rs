//! Evidence of a finding as lines: what the cluster wrote, with exit codes explained and logs indented.

use super::pen::Pen;
use crate::diagnose::Evidence;
use crate::words;

/// Log lines that are shown at most, the last ones.
const LOG: usize = 10;

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
            let shown = log.len().min(LOG).min(for_logs - 1);
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
    };
    pen.clean(text)
}
