//! Grammar as code: plurals, lists, durations, did-you-mean. Pure.

use std::time::Duration;

/// `1 pod`, `3 pods`, `2 replicas`; irregular plurals pass both forms with [`count_as`].
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    count_as(number, noun, &format!("{noun}s"))
}

/// `1 policy`, `2 policies`.
#[must_use]
pub fn count_as(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `a`, `a and b`, `a, b and c`; `last` is the word before the last one.
pub fn list<T: AsRef<str>>(items: &[T], last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., end] => format!(
            "{} {last} {}",
            first
                .iter()
                .map(AsRef::as_ref)
                .collect::<Vec<_>>()
                .join(", "),
            end.as_ref()
        ),
    }
}

/// `0.4s`, `12s`, `3m20s`, `2h05m`, `4d`: two units at most.
#[must_use]
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1}s", time.as_secs_f64()),
        10..60 => format!("{seconds}s"),
        60..3600 if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// How long ago: `12s ago`; `just now` below a second and for times in the future.
#[must_use]
pub fn age(now: jiff::Timestamp, then: jiff::Timestamp) -> String {
    match Duration::try_from(now.duration_since(then)) {
        Ok(time) if time.as_secs() >= 1 => format!(
            "{} ago",
            duration(Duration::from_secs(time.as_secs())).replace(".0s", "s")
        ),
        _ => "just now".to_owned(),
    }
}

/// `0s`, `12s`, `3m20s`: whole seconds, for what is redrawn or compared.
#[must_use]
pub fn whole(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..10 => format!("{seconds}s"),
        seconds => duration(Duration::from_secs(seconds)),
    }
}

/// Text of others (logs, events, names) on its way to a terminal: colour sequences go, other control characters and
/// those that reorder text become `?`. Line breaks stay.
#[must_use]
pub fn printable(text: &str) -> String {
    console::strip_ansi_codes(&text.replace("\r\n", "\n"))
        .chars()
        .map(|c| match c {
            '\n' => '\n',
            '\t' => ' ',
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '?',
            c if c.is_control() => '?',
            c => c,
        })
        .collect()
}

/// [`printable`] text on one line: line breaks and runs of blanks become one blank.
#[must_use]
pub fn one_line(text: &str) -> String {
    printable(text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Lines of at most `width` columns, broken between words, inside a word only when it is wider than a line.
///
/// Each character is measured once: messages of megabytes come by, and some lines have no limit.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let gap = usize::from(!line.is_empty());
        if used + gap + console::measure_text_width(word) > width && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if !line.is_empty() {
            line.push(' ');
            used += 1;
        }
        for c in word.chars() {
            if used >= width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += console::measure_text_width(c.encode_utf8(&mut [0; 4]));
        }
    }
    lines.push(line);
    lines
}

/// What an exit code of a container says; `None` for codes with a meaning of the program's own.
#[must_use]
pub fn exit_code(code: i64) -> Option<&'static str> {
    Some(match code {
        0 => "it ended by itself, without an error",
        126 => "the command cannot be executed",
        127 => "the command was not found",
        128 => "the exit code was invalid",
        130 => "SIGINT",
        132 => "SIGILL, often the wrong processor",
        134 => "SIGABRT, it aborted itself",
        135 => "SIGBUS",
        136 => "SIGFPE",
        137 => "SIGKILL, often the memory limit",
        139 => "SIGSEGV, a memory fault",
        143 => "SIGTERM, it was asked to stop",
        _ => return None,
    })
}

/// The candidate nearest to what was typed, when it is near enough to be a slip.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&typed.to_lowercase(), &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, candidate)| {
            *distance <= (candidate.chars().count().max(typed.chars().count()) / 3).max(1)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Asks whether the nearest name was meant when something is near, else `known: a, b and c`.
pub fn suggest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = nearest(typed, known.clone()) {
        return format!("did you mean `{near}`?");
    }
    let known: Vec<&str> = known.into_iter().collect();
    if known.is_empty() {
        "there are none".to_owned()
    } else {
        format!("known: {}", list(&known, "and"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grammar() {
        assert_eq!(count(1, "pod"), "1 pod");
        assert_eq!(count(0, "pod"), "0 pods");
        assert_eq!(count_as(2, "policy", "policies"), "2 policies");
        assert_eq!(list(&["a", "b", "c"], "or"), "a, b or c");
        assert_eq!(duration(Duration::from_millis(400)), "0.4s");
        assert_eq!(duration(Duration::from_secs(200)), "3m20s");
        assert_eq!(duration(Duration::from_mins(125)), "2h05m");
    }

    #[test]
    fn text_of_others_cannot_steer_the_terminal() {
        assert_eq!(
            printable("\u{1b}[31mred\u{1b}[0m\ta\u{7}\u{202e}b\r\nnext\rover"),
            "red a??b\nnext?over"
        );
        assert_eq!(one_line("a\n  b\n"), "a b");
        assert!(!printable("\u{1b}]0;title\u{7} \u{9b}2J \u{1b}c").contains(char::is_control));
    }

    #[test]
    fn lines_break_between_words_and_inside_only_when_they_must() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghijkl m", 8), ["abcdefgh", "ijkl m"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("漢字漢字漢字", 8), ["漢字漢字", "漢字"]);
    }

    #[test]
    fn a_long_text_on_a_line_without_limit_takes_no_longer_than_its_length() {
        let long = "漢字 word ".repeat(300_000);
        assert_eq!(wrap(&long, usize::MAX / 2), [long.trim_end()]);
    }

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        assert_eq!(
            nearest("stagign", ["staging", "production"]),
            Some("staging")
        );
        assert_eq!(nearest("qa", ["staging", "production"]), None);
        assert_eq!(
            suggest("qa", ["staging", "production"]),
            "known: staging and production"
        );
    }
}
