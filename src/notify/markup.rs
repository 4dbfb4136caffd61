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
        && !url
            .contains(|c: char| c.is_whitespace() || c.is_control() || "<>|()[]\"'`\\".contains(c))
}

/// A blank without width, to take away what a character means where nothing can escape it.
const NOTHING: char = '\u{200b}';

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

/// The text with nothing visible after each of these: they touch what follows no more.
pub fn apart(text: &str, special: &str) -> String {
    spaced(text, |c, _, _| special.contains(c))
}

/// Like [`apart`], but not inside of a word, where these mean nothing: names stay fit for copying.
pub fn loose(text: &str, special: &str) -> String {
    let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    spaced(text, |c, before, after| {
        special.contains(c) && !(word(before) && word(after))
    })
}

/// The text with [`NOTHING`] after each character that is chosen by itself and its neighbours.
fn spaced(text: &str, chosen: impl Fn(char, Option<char>, Option<char>) -> bool) -> String {
    let mut spaced = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        spaced.push(c);
        if chosen(c, before, rest.peek().copied()) {
            spaced.push(NOTHING);
        }
        before = Some(c);
    }
    spaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_fit_for_copying() {
        assert_eq!(loose("DB_URL", "_"), "DB_URL");
        assert_eq!(loose("_it_ is", "_"), "_\u{200b}it_\u{200b} is");
        assert_eq!(apart("a<b", "<"), "a<\u{200b}b");
        assert_eq!(back_slash("a*b", "*"), "a\\*b");
    }

    #[test]
    fn only_plain_urls_are_links() {
        assert!(is_link("https://ci.example.com/jobs/7?a=b&c=d#e"));
        for text in [
            "",
            "javascript:x",
            "https://a b",
            "https://a|b",
            "https://a>",
            "https://a)",
        ] {
            assert!(!is_link(text), "{text}");
        }
    }
}
