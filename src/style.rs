//! Labels to colours and symbols. The only file that names a colour.

use console::Style;

/// What a piece of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Something went well.
    Good,
    /// Something is wrong.
    Bad,
    /// Something needs attention.
    Caution,
    /// Worth a second look.
    Strong,
    /// Can be skipped.
    Faint,
    /// Something new in a diff.
    Added,
    /// Something that goes in a diff.
    Removed,
    /// A name.
    Name,
}

/// How text is dressed: with colours or without, with Unicode symbols or ASCII ones.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dress {
    /// Colours are wanted.
    pub color: bool,
    /// The terminal cannot show Unicode.
    pub ascii: bool,
}

impl Dress {
    /// The text, coloured by its meaning.
    #[must_use]
    pub fn paint(self, label: Label, text: impl AsRef<str>) -> String {
        if !self.color {
            return text.as_ref().to_owned();
        }
        let style = Style::new().force_styling(true);
        let style = match label {
            Label::Good | Label::Added => style.green(),
            Label::Bad => style.red().bold(),
            Label::Removed => style.red(),
            Label::Caution => style.yellow(),
            Label::Strong => style.bold(),
            Label::Faint => style.dim(),
            Label::Name => style.cyan(),
        };
        style.apply_to(text.as_ref()).to_string()
    }

    /// The symbol in front of a line of this meaning.
    #[must_use]
    pub fn symbol(self, label: Label) -> &'static str {
        match (label, self.ascii) {
            (Label::Good, false) => "✓",
            (Label::Good, true) => "ok",
            (Label::Bad, false) => "✗",
            (Label::Bad, true) => "x",
            (Label::Caution, _) => "!",
            (Label::Added, _) => "+",
            (Label::Removed, _) => "-",
            (_, false) => "·",
            (_, true) => "*",
        }
    }
}
