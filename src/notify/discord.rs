//! Discord: a webhook, one embed. Limits: 4,096 characters of an embed's description, 6,000 of all its texts.

use serde_json::{Value, json};

use super::layout;
use super::limit::{self, characters};
use super::markup::{Markup, back_slash};
use super::message::Message;
use crate::project::schema::Occasion;

/// Most characters of a description.
const DESCRIPTION: usize = 4096;

const MARKUP: Markup = Markup {
    escape: |text| back_slash(text, "\\*_~`|>#[]<@"),
    bold: "**",
    link: |text, url| format!("[{text}]({url})"),
    code: str::to_owned,
};

/// The message as Discord takes it. Nobody is called: `allowed_mentions` is empty.
pub fn body(message: &Message) -> Value {
    let lines = MARKUP.lines(&layout::lines(message));
    let colour = match message.occasion {
        Occasion::Succeeded => 0x2e_b8_86,
        Occasion::Started | Occasion::Waiting => 0x43_9f_e0,
        Occasion::Failed => 0xd4_00_0e,
        Occasion::RolledBack => 0xe8_a3_17,
    };
    json!({
        "embeds": [{"description": limit::join(&lines, DESCRIPTION, characters), "color": colour}],
        "allowed_mentions": {"parse": []},
    })
}
