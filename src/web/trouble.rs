//! Why a server was not reached: one class and one text from a chain of errors, whichever client it comes from.

use std::error::Error;

/// What kind of trouble it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing listens there.
    Refused,
    /// The name is unknown.
    UnknownHost,
    /// The two sides did not agree on TLS.
    Tls,
    /// No answer in time.
    Timeout,
    /// The connection broke.
    Reset,
    /// Something else.
    Other,
}

/// Classifies an error, and puts its causes into one line, each said once.
#[must_use]
pub fn trouble(error: &dyn Error) -> (Trouble, String) {
    let mut text = error.to_string();
    let mut refused = false;
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        refused |= cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused);
        source = cause.source();
    }
    if text.contains("close_notify") {
        // The TLS library's sentence ends in a link to its manual.
        "the connection was closed".clone_into(&mut text);
    }
    let lower = text.to_lowercase();
    let has = |needles: &[&str]| needles.iter().any(|needle| lower.contains(needle));
    let kind = if refused || has(&["connection refused"]) {
        Trouble::Refused
    } else if has(&["dns error", "failed to lookup"]) {
        Trouble::UnknownHost
    } else if has(&["certificate", "tls", "handshake", "corrupt message"]) {
        Trouble::Tls
    } else if has(&["timed out", "deadline"]) {
        Trouble::Timeout
    } else if has(&[
        "reset",
        "broken pipe",
        "closed",
        "eof",
        "end of file",
        "goaway",
    ]) {
        Trouble::Reset
    } else {
        Trouble::Other
    };
    (kind, text)
}
