//! Whether an answer is the one that a check wants, and in words why not. Pure.

use std::time::Duration;

use http::StatusCode;

use crate::project::schema::Check;
use crate::redact::Redactor;
use crate::track::read;
use crate::web::Reply;
use crate::words;

/// Lines of a body that are shown.
const LINES: usize = 5;

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub code: u16,
    /// The beginning of the body.
    pub body: Vec<u8>,
    /// Where it came from in the end, when redirects led there.
    pub from: Option<String>,
}

impl Answer {
    /// From the last reply.
    pub fn new(reply: Reply, from: Option<String>) -> Self {
        Self {
            code: reply.code,
            body: reply.body,
            from,
        }
    }
}

/// Why one try did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// Code of the finding that it becomes.
    pub code: &'static str,
    /// What was wrong.
    pub words: String,
    /// The first lines of the body.
    pub body: Vec<String>,
    /// What to do, when the usual next step of the code is not it.
    pub hint: Option<String>,
}

impl Miss {
    /// Without a body.
    pub fn new(code: &'static str, words: impl Into<String>) -> Self {
        Self {
            code,
            words: words.into(),
            body: Vec::new(),
            hint: None,
        }
    }

    /// With something better to do than the usual.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Nothing came in time.
    pub fn silence(limit: Duration) -> Self {
        Self::new(
            "check-unreachable",
            format!("no answer within {}", words::whole(limit)),
        )
    }

    /// Whether another try would end like this one.
    pub fn lasting(&self) -> bool {
        self.code == "check-forbidden"
    }
}

/// The status that a check wants.
pub fn wanted(check: &Check) -> u16 {
    check.expect.unwrap_or(200)
}

/// Compares an answer with what the check wants. What is kept of its body is masked before it is cut: half a secret would
/// not be recognised later.
pub fn judge(answer: &Answer, check: &Check, redactor: &Redactor) -> Result<(), Miss> {
    let status = status(answer.code);
    let from = match &answer.from {
        Some(from) => format!(" from {from}, where it was redirected"),
        None => String::new(),
    };
    let text = String::from_utf8_lossy(&answer.body);
    let miss = |code, words| Miss {
        body: lines(&redactor.mask(&text)),
        ..Miss::new(code, words)
    };
    if answer.code != wanted(check) {
        let words = format!("{status}{from}, wanted {}", wanted(check));
        return Err(miss("check-status", words));
    }
    match &check.contains {
        Some(wanted) if !text.contains(wanted.as_str()) => {
            let what = if is_html(&text) {
                "the body, an HTML page,"
            } else if text.trim().is_empty() {
                "the body, which is empty,"
            } else {
                "the body"
            };
            let words = format!("{status}{from}, but {what} does not contain `{wanted}`");
            Err(miss("check-body", words))
        }
        _ => Ok(()),
    }
}

/// `503 Service Unavailable`.
fn status(code: u16) -> String {
    let known = StatusCode::from_u16(code).ok();
    match known.and_then(|status| status.canonical_reason()) {
        Some(reason) => format!("{code} {reason}"),
        None => code.to_string(),
    }
}

fn is_html(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(14).collect();
    let start = start.to_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

fn lines(text: &str) -> Vec<String> {
    let filled = text.lines().filter(|line| !line.trim().is_empty());
    filled.take(LINES).map(read::clip).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(code: u16, body: &str, check: &Check) -> Option<(&'static str, String)> {
        let answer = Answer {
            code,
            body: body.as_bytes().to_vec(),
            from: None,
        };
        let miss = judge(&answer, check, &Redactor::default()).err()?;
        Some((miss.code, miss.words))
    }

    #[test]
    fn status_and_body_are_compared() {
        let plain = Check::default();
        let text = Check {
            expect: Some(401),
            contains: Some("log in".to_owned()),
            ..Check::default()
        };
        assert_eq!(words(200, "", &plain), None);
        assert_eq!(words(401, "please log in", &text), None);
        let cases = [
            (
                204,
                "",
                &plain,
                "check-status",
                "204 No Content, wanted 200",
            ),
            (799, "", &plain, "check-status", "799, wanted 200"),
            (200, "log in", &text, "check-status", "200 OK, wanted 401"),
            (
                401,
                " \n",
                &text,
                "check-body",
                "401 Unauthorized, but the body, which is empty, does not contain `log in`",
            ),
            (
                401,
                "\n<!DOCTYPE HTML><title>x",
                &text,
                "check-body",
                "401 Unauthorized, but the body, an HTML page, does not contain `log in`",
            ),
            (
                401,
                "\u{fffd}no",
                &text,
                "check-body",
                "401 Unauthorized, but the body does not contain `log in`",
            ),
        ];
        for (code, body, check, finding, sentence) in cases {
            assert_eq!(
                words(code, body, check),
                Some((finding, sentence.to_owned()))
            );
        }
    }

    #[test]
    fn what_is_shown_of_a_body_is_short_and_where_it_came_from_is_said() {
        let answer = Answer {
            code: 500,
            body: format!("\n{}\n\nb\nc\nd\ne\nf", "x".repeat(1000)).into_bytes(),
            from: Some("https://login.example.com/".to_owned()),
        };
        let redactor = Redactor::default();
        let miss = judge(&answer, &Check::default(), &redactor).unwrap_err();
        assert_eq!(miss.body.len(), 5);
        assert_eq!(miss.body[0].chars().count(), 301);
        assert_eq!(miss.body[4], "e");
        assert_eq!(
            miss.words,
            "500 Internal Server Error from https://login.example.com/, where it was redirected, wanted 200"
        );
        // A secret across the place where a line is cut.
        redactor.learn("hunter2-hunter2");
        let answer = Answer {
            body: format!("{}hunter2-hunter2", "x".repeat(290)).into_bytes(),
            ..answer
        };
        let miss = judge(&answer, &Check::default(), &redactor).unwrap_err();
        assert!(!miss.body[0].contains("hunter"), "{}", miss.body[0]);
    }
}
