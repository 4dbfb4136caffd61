//! Microsoft Teams: the webhook of a workflow, which posts an Adaptive Card. Limit: 28 KB, in practice half of it where the
//! service counts two bytes a character; so 12 KB here.
//!
//! Text runs are not Markdown, so texts of the app stay text without any escaping.

use serde_json::{Value, json};

use super::layout::{self, Span};
use super::limit::{self, json_bytes};
use super::markup::is_link;
use super::message::Message;

/// Most bytes of texts.
const TEXTS: usize = 8 * 1024;
/// Bytes around each text.
const RUN: usize = 160;

/// The message as a workflow takes it.
pub fn body(message: &Message) -> Value {
    let (mut blocks, mut actions) = (Vec::new(), Vec::new());
    let mut used = 0;
    for line in layout::lines(message) {
        let runs: Vec<Value> = line
            .iter()
            .filter_map(|span| run(span, &mut actions))
            .collect();
        used += runs
            .iter()
            .map(|run| json_bytes(&run["text"].to_string()) + RUN)
            .sum::<usize>();
        if used > TEXTS {
            blocks.push(block(&[json!({"type": "TextRun", "text": "…"})]));
            break;
        }
        if !runs.is_empty() {
            blocks.push(block(&runs));
        }
    }
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": limit::cut(&message.title, 500, json_bytes),
        "msteams": {"width": "Full"},
        "body": blocks,
        "actions": actions,
    });
    json!({
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    })
}

fn block(runs: &[Value]) -> Value {
    json!({"type": "RichTextBlock", "inlines": runs})
}

/// A piece of a line; a link becomes a button below the card.
fn run(span: &Span, actions: &mut Vec<Value>) -> Option<Value> {
    Some(match span {
        Span::Text(text) => json!({"type": "TextRun", "text": text}),
        Span::Bold(text) => json!({"type": "TextRun", "text": text, "weight": "Bolder"}),
        Span::Code(text) => json!({"type": "TextRun", "text": text, "fontType": "Monospace"}),
        Span::Link(text, url) if is_link(url) => {
            actions.push(json!({"type": "Action.OpenUrl", "title": text, "url": url}));
            return None;
        }
        Span::Link(text, url) => json!({"type": "TextRun", "text": format!("{text}: {url}")}),
    })
}
