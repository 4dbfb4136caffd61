//! Secrets are a type that cannot be printed, and a [`Redactor`] masks what was learnt in any text on its way out.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use base64::Engine as _;

/// A value that must not leave the process. No `Display`, no serialisation; `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for the one place that must use it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Shortest value that is masked, in bytes: shorter ones would blank out ordinary words.
pub const SHORTEST: usize = 6;

/// What stands where a secret was.
pub const MASK: &str = "***";

/// Masks every learnt value, plain, base64, URL-escaped and JSON-escaped. Clones share what they learn.
#[derive(Clone, Default)]
pub struct Redactor {
    needles: Rc<RefCell<Vec<String>>>,
}

impl Redactor {
    /// Learns a value in all the encodings we mask. Values under [`SHORTEST`] bytes are ignored.
    pub fn learn(&self, value: &str) {
        if value.len() < SHORTEST {
            return;
        }
        let mut needles = self.needles.borrow_mut();
        let json = serde_json::to_string(value).unwrap_or_default();
        let mut forms = vec![
            value.to_owned(),
            json.trim_matches('"').to_owned(),
            url_escape(value),
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value),
            base64::engine::general_purpose::STANDARD_NO_PAD.encode(value),
        ];
        // A value of several lines may be printed line by line.
        forms.extend(
            value
                .lines()
                .map(str::trim)
                .filter(|line| line.len() >= SHORTEST)
                .map(str::to_owned),
        );
        for form in forms {
            if !needles.contains(&form) {
                needles.push(form);
            }
        }
        // Longest first, so that a value that contains another is masked whole.
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
    }

    /// The text without any learnt value.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        self.replace(text, MASK)
    }

    /// The text with something else in the place of every learnt value.
    #[must_use]
    pub fn replace(&self, text: &str, with: &str) -> String {
        let mut masked = text.to_owned();
        for needle in self.needles.borrow().iter() {
            if masked.contains(needle.as_str()) {
                masked = masked.replace(needle.as_str(), with);
            }
        }
        self.replace_cut(masked, with)
    }

    /// The same for a value that was cut in two where `…` ends the text: log lines and answers have a longest length.
    fn replace_cut(&self, mut text: String, with: &str) -> String {
        let Some(before) = text.strip_suffix('…') else {
            return text;
        };
        let needles = self.needles.borrow();
        let longest = needles.iter().filter_map(|needle| begun(before, needle));
        if let Some(length) = longest.max() {
            text.truncate(before.len() - length);
            text += with;
            text.push('…');
        }
        text
    }

    /// Whether the text holds a learnt value.
    #[must_use]
    pub fn finds(&self, text: &str) -> bool {
        self.needles
            .borrow()
            .iter()
            .any(|needle| text.contains(needle.as_str()))
    }

    /// Masks every string inside a JSON value. Keys stay: they are names of fields, and a reader looks for them.
    pub fn mask_json(&self, value: &mut serde_json::Value) {
        use serde_json::Value;
        match value {
            Value::String(text) => *text = self.mask(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask_json(item)),
            Value::Object(map) => {
                for item in map.values_mut() {
                    self.mask_json(item);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Bytes at the end of the text that are the beginning of a needle, [`SHORTEST`] at least.
fn begun(text: &str, needle: &str) -> Option<usize> {
    let beginnings = needle.char_indices().map(|(at, _)| at);
    beginnings
        .filter(|length| *length >= SHORTEST)
        .rev()
        .find(|length| text.ends_with(&needle[..*length]))
}

/// Percent-encodes everything but letters, digits and `-._~`.
pub fn url_escape(value: &str) -> String {
    use std::fmt::Write as _;
    value.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_masked_in_every_encoding() {
        let redactor = Redactor::default();
        redactor.learn("p@ss\"word1");
        for text in [
            "p@ss\"word1",
            "p@ss\\\"word1",
            "p%40ss%22word1",
            "cEBzcyJ3b3JkMQ",
        ] {
            assert_eq!(redactor.mask(&format!("a {text} b")), "a *** b", "{text}");
        }
    }

    #[test]
    fn a_value_that_was_cut_in_two_is_masked_as_far_as_it_is_there() {
        let redactor = Redactor::default();
        redactor.learn("hunter2hunter2");
        assert_eq!(redactor.mask("a hunter2hun…"), "a ***…");
        assert_eq!(redactor.mask("a hunter2hunter2…"), "a ***…");
        assert_eq!(redactor.mask("a hunte…"), "a hunte…");
        assert_eq!(redactor.mask("a hunter2hun"), "a hunter2hun");
    }

    #[test]
    fn short_values_are_left_and_debug_says_nothing() {
        let redactor = Redactor::default();
        redactor.learn("true");
        assert_eq!(redactor.mask("it is true"), "it is true");
        assert_eq!(format!("{:?}", Secret::new("hunter22")), "Secret(***)");
    }
}
