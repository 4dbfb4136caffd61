//! Mattermost: an incoming webhook, one text in Markdown. Limit: 16,383 characters of a post.

use serde_json::{Value, json};

use super::layout;
use super::limit::{self, characters};
use super::markup::{Markup, apart, back_slash};
use super::message::Message;

/// Most characters of a post.
const POST: usize = 16_383;

const MARKUP: Markup = Markup {
    // A back-slash does not keep `@channel` from calling everybody.
    escape: |text| apart(&back_slash(text, "\\*_~`|>#[]"), "@"),
    bold: "**",
    link: |text, url| format!("[{text}]({url})"),
    code: |text| apart(text, "@"),
};

/// The message as Mattermost takes it.
pub fn body(message: &Message) -> Value {
    let lines = MARKUP.lines(&layout::lines(message));
    json!({"text": limit::join(&lines, POST, characters)})
}
