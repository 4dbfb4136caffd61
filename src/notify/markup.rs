//! Spans in a service's own markup. Whatever the app wrote stays text: it cannot format, link or call anybody.

use super::layout::{Line, Span};

/// How a service marks text up.
pub struct Markup {
    /// Makes text of others harmless.
    pub escape: fn(&str) -> String,
    /// What stands on both sides of bold text.
    pub bold: &'static str,
    /// Words that lead to a URL.
    pub link: fn(&str, &str) -> String,
    /// Makes text harmless that stands between back-ticks; they are replaced already.
    pub code: fn(&str) -> String,
}

impl Markup {
    /// The lines, marked up.
    pub fn lines(&self, lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| self.line(line)).collect()
    }

    fn line(&self, line: &Line) -> String {
        line.iter().map(|span| self.span(span)).collect()
    }

    fn span(&self, span: &Span) -> String {
        match span {
            Span::Text(text) => (self.escape)(text),
            Span::Bold(text) => format!("{0}{1}{0}", self.bold, (self.escape)(text)),
            // Nothing can leave the back-ticks.
            Span::Code(text) => format!("`{}`", (self.code)(&text.replace('`', "'"))),
            Span::Link(text, url) if is_link(url) => (self.link)(&(self.escape)(text), url),
            Span::Link(text, url) => (self.escape)(&format!("{text}: {url}")),
        }
    }
}

/// A plain URL: whatever else a variable of a CI system holds is shown as text.
pub fn is_link(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://"))
        && url.len() <= 2000
        && !url.contains(|c: char| c.is_whitespace() || c.is_control() || "<>|()[]\"'`\\".contains(c))
}

/// A blank without width, to take away what a character means where nothing can escape it.
pub const NOTHING: char = '\u{200b}';

/// The text with a back-slash before each of these.
pub fn back_slash(text: &str, special: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if special.contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// The text with nothing after each of these: they touch no word any more.
pub fn apart(text: &str, special: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        escaped.push(c);
        if special.contains(c) {
            escaped.push(NOTHING);
        }
    }
    escaped
}
