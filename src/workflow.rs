//! GitHub's workflow commands: lines on stdout that a runner takes as groups and annotations. Pure text.
//!
//! See <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>.

/// How loud an annotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The run failed because of it.
    Error,
    /// Worth a look.
    Warning,
    /// Worth knowing.
    Notice,
}

/// What an annotation points at.
pub struct Place<'a> {
    /// Path from the repository's root.
    pub file: &'a str,
    /// Line from 1.
    pub line: Option<usize>,
    /// Column from 1.
    pub column: Option<usize>,
}

/// `::error file=deploy/templates/web.yaml,line=3,title=deploy::what is wrong`.
#[must_use]
pub fn annotation(level: Level, place: Option<&Place<'_>>, title: &str, message: &str) -> String {
    let command = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    };
    let mut properties = Vec::new();
    if let Some(place) = place.filter(|place| !place.file.is_empty()) {
        properties.push(format!("file={}", property(place.file)));
        properties.extend(place.line.map(|line| format!("line={line}")));
        properties.extend(place.column.map(|column| format!("col={column}")));
    }
    properties.push(format!("title={}", property(title)));
    format!("::{command} {}::{}", properties.join(","), data(message))
}

/// Opens a group that can be folded.
#[must_use]
pub fn group(title: &str) -> String {
    format!("::group::{}", data(title))
}

/// Closes the group.
pub const END_GROUP: &str = "::endgroup::";

/// Text of others on a line of its own, so that the runner takes it for text and for nothing else.
#[must_use]
pub fn inert(line: &str) -> String {
    // The older form of a command is recognised anywhere in a line.
    let line = line.replace("##[", "## [");
    if line.trim_start().starts_with("::") {
        format!("| {line}")
    } else {
        line
    }
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_runner_would_misread_is_escaped() {
        let place = Place {
            file: "deploy/a,b:c.yaml",
            line: Some(3),
            column: None,
        };
        assert_eq!(
            annotation(Level::Error, Some(&place), "100%", "one\r\ntwo: 5%"),
            "::error file=deploy/a%2Cb%3Ac.yaml,line=3,title=100%25::one%0D%0Atwo: 5%25"
        );
        assert_eq!(
            annotation(Level::Notice, None, "deploy", "a"),
            "::notice title=deploy::a"
        );
    }

    #[test]
    fn a_log_line_is_no_command() {
        for (line, expected) in [
            ("::error::pwned", "| ::error::pwned"),
            ("  ::set-output name=a::b", "|   ::set-output name=a::b"),
            ("a ##[error]b", "a ## [error]b"),
            ("std::io", "std::io"),
        ] {
            assert_eq!(inert(line), expected);
        }
    }
}
