//! Google Chat: a webhook, one text. Limits: 4,096 characters of text, 32,000 bytes in all.

use serde_json::{Value, json};

use super::layout;
use super::limit::{self, characters};
use super::markup::{Markup, apart, loose};
use super::message::Message;

/// Most characters of a text.
const TEXT: usize = 4096;

const MARKUP: Markup = Markup {
    // Nothing escapes: what follows a `<` must not follow it any more.
    escape: |text| loose(&apart(text, "<"), "*_~`"),
    bold: "*",
    link: |text, url| format!("<{url}|{text}>"),
    code: |text| apart(text, "<"),
};

/// The message as Google Chat takes it.
pub fn body(message: &Message) -> Value {
    let lines = MARKUP.lines(&layout::lines(message));
    json!({"text": limit::join(&lines, TEXT, characters)})
}
