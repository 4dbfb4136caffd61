//! A mistake in the user's files: where, what, and what to do about it. All of them are reported at once.

use std::fmt;

/// One mistake in the project.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mistake {
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// Path relative to the project folder (`deploy/templates/web.yaml`), or what the text is called (`--set`).
    pub file: String,
    /// Line in that file, from 1; absent when the whole file is meant.
    pub line: Option<usize>,
    /// Column in that line, from 1.
    pub column: Option<usize>,
    /// The source line(s), as written.
    pub excerpt: Option<Excerpt>,
    /// The lines after rendering, when the mistake shows only there.
    pub rendered: Option<Excerpt>,
    /// What to do next.
    pub hint: Option<String>,
}

/// Lines of a file with the number of the first.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Excerpt {
    /// Number of the first line, from 1.
    pub first: usize,
    /// The lines.
    pub lines: Vec<String>,
    /// The line the mistake is on.
    pub line: usize,
}

impl Mistake {
    /// A mistake in a file.
    pub fn new(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            file: file.into(),
            line: None,
            column: None,
            excerpt: None,
            rendered: None,
            hint: None,
        }
    }

    /// Points at a line and column, showing the source around it.
    #[must_use]
    pub fn at(mut self, line: usize, column: Option<usize>, source: &str) -> Self {
        self.line = Some(line);
        self.column = column;
        self.excerpt = Excerpt::around(source, line);
        self
    }

    /// Shows the rendered lines around `line`.
    #[must_use]
    pub fn rendered(mut self, line: usize, text: &str) -> Self {
        self.rendered = Excerpt::around(text, line);
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Mistake {
    /// Place and message without excerpt and hint.
    #[must_use]
    pub fn one_line(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}: {}", self.file, self.message),
            None => format!("{}: {}", self.file, self.message),
        }
    }
}

impl Excerpt {
    /// The line with one before and one after. `None` when the text has no such line.
    #[must_use]
    pub fn around(text: &str, line: usize) -> Option<Self> {
        let first = line.saturating_sub(1).max(1);
        let lines: Vec<String> = text
            .lines()
            .skip(first - 1)
            .take(line + 2 - first)
            .map(|line| clip(&without_passwords(line)))
            .collect();
        (lines.len() > line - first).then_some(Self { first, lines, line })
    }
}

/// The line with a star for each character of `user:password@` in a URL: output goes to logs. As many stars, so that
/// the mark below the line stays where it belongs.
fn without_passwords(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("://") {
        let end = after.find(|c: char| c.is_whitespace() || "/?#\"'".contains(c));
        let authority = &after[..end.unwrap_or(after.len())];
        let hidden = authority.rfind('@').unwrap_or(0);
        shown += before;
        shown += "://";
        shown.extend(authority[..hidden].chars().map(|_| '*'));
        rest = &after[hidden..];
    }
    shown + rest
}

/// Very long lines (generated JSON) must not flood the terminal.
fn clip(line: &str) -> String {
    const MOST: usize = 160;
    if line.chars().count() <= MOST {
        line.to_owned()
    } else {
        line.chars().take(MOST).chain(['…']).collect()
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        write!(f, ": {}", self.message)?;
        if let Some(excerpt) = &self.excerpt {
            write_excerpt(f, excerpt, self.column)?;
        }
        if let Some(rendered) = &self.rendered {
            write!(f, "\n  rendered:")?;
            write_excerpt(f, rendered, None)?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

fn write_excerpt(
    f: &mut fmt::Formatter<'_>,
    excerpt: &Excerpt,
    column: Option<usize>,
) -> fmt::Result {
    let width = (excerpt.first + excerpt.lines.len()).to_string().len();
    for (number, line) in (excerpt.first..).zip(&excerpt.lines) {
        let mark = if number == excerpt.line { '>' } else { ' ' };
        write!(f, "\n  {mark} {number:width$} | {line}")?;
        if number == excerpt.line
            && let Some(column) = column
        {
            write!(f, "\n    {:width$} | {:>column$}", "", "^")?;
        }
    }
    Ok(())
}

/// Every mistake found, in file order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl Mistakes {
    /// `Ok` when nothing was found, else all of it.
    ///
    /// # Errors
    /// The mistakes themselves.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Self(vec![mistake])
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            write!(f, "{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_shows_no_password_of_a_url() {
        let source = "checks: [{url: 'https://ann:hunter2@shop.example.com/a@b', x: \"http://b:c@d\"}, http://e/f@g]";
        let text = Mistake::new("deploy.yaml", "is wrong")
            .at(1, Some(3), source)
            .to_string();
        assert!(
            text.contains("| checks: [{url: 'https://***********@shop.example.com/a@b', x: \"http://***@d\"}, http://e/f@g]"),
            "{text}"
        );
    }
}
