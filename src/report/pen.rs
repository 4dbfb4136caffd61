//! How text gets onto a line of ours: masked first, then made harmless, then clipped. In this order, because half a
//! secret would no longer be recognised.

use crate::redact::Redactor;
use crate::shell::Shell;
use crate::style::{Dress, Label};
use crate::words;

/// Writes text for people: knows the dress of the terminal and what must not be shown.
#[derive(Clone, Default)]
pub struct Pen {
    /// Colours and symbols.
    pub dress: Dress,
    redactor: Redactor,
}

impl From<&Shell> for Pen {
    /// The pen that fits a shell.
    fn from(shell: &Shell) -> Self {
        Self {
            dress: shell.dress,
            redactor: shell.redactor.clone(),
        }
    }
}

impl Pen {
    /// Text from outside, on one line.
    pub fn clean(&self, text: impl std::fmt::Display) -> String {
        words::one_line(&self.redactor.mask(&text.to_string()))
    }

    /// Text from outside, line by line, indentation kept.
    #[must_use]
    pub fn clean_lines(&self, text: &str) -> Vec<String> {
        words::printable(&self.redactor.mask(text))
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// The text, coloured by its meaning.
    pub fn paint(&self, label: Label, text: impl AsRef<str>) -> String {
        self.dress.paint(label, text)
    }

    /// The symbol of a meaning, coloured.
    #[must_use]
    pub fn mark(&self, label: Label) -> String {
        self.paint(label, self.dress.symbol(label))
    }

    /// What fits into `width` columns, with an ellipsis where something is missing.
    #[must_use]
    pub fn clip(&self, line: &str, width: usize) -> String {
        console::truncate_str(line, width, self.ellipsis()).into_owned()
    }

    /// The text, clipped and filled with blanks to exactly `width` columns.
    #[must_use]
    pub fn column(&self, text: &str, width: usize) -> String {
        let text = self.clip(text, width);
        let missing = width.saturating_sub(console::measure_text_width(&text));
        text + &" ".repeat(missing)
    }

    /// Something is missing here.
    #[must_use]
    pub fn ellipsis(&self) -> &'static str {
        if self.dress.ascii { "..." } else { "…" }
    }

    /// From one to the other.
    #[must_use]
    pub fn arrow(&self) -> &'static str {
        if self.dress.ascii { "->" } else { "→" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_before_it_could_be_clipped() {
        let pen = Pen::default();
        pen.redactor.learn("hunter2hunter2");
        let line = pen.clean("password is hunter2hunter2 now");
        assert_eq!(pen.clip(&line, 17), "password is *** …");
    }

    #[test]
    fn columns_count_what_is_seen() {
        let pen = Pen::default();
        assert_eq!(pen.column("漢字", 6), "漢字  ");
        assert_eq!(
            pen.column("漢字漢字", 6),
            "漢字…  ".trim_end().to_owned() + " "
        );
    }
}
