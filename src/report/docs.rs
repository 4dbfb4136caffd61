//! Keeps `docs/events.schema.json` and `docs/events.md` true: both are made from the types.

use std::fmt::Write as _;

use serde_json::Value;

use super::sample::{failure, seldom, several, success, with_jobs};
use crate::event::{Event, Message};
use crate::generated::check;
use crate::generated::reference::{self, fields, table, words};

const INTRO: &str = include_str!("events_intro.txt");

fn schema() -> Value {
    let mut schema = schemars::schema_for!(Message).to_value();
    schema["title"] = "One line of `deploy app --output json`".into();
    schema
}

#[test]
fn the_schema_is_current() {
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    check("docs/events.schema.json", &text);
}

#[test]
fn the_page_is_current() {
    check("docs/events.md", &page(&schema()));
}

#[test]
fn what_is_sent_is_what_is_described() {
    let schema = schema();
    let kinds = schema["oneOf"].as_array().unwrap();
    for message in &examples() {
        let sent = serde_json::to_value(message).unwrap();
        let kind = kinds
            .iter()
            .find(|kind| kind["properties"]["event"]["const"] == sent["event"])
            .unwrap();
        let (described, required) = fields(&schema, kind);
        for name in sent.as_object().unwrap().keys() {
            let known = name == "event"
                || described.iter().any(|(field, _)| field == name)
                || schema["properties"].get(name).is_some();
            assert!(known, "{name} of {} is not described", sent["event"]);
        }
        for name in required {
            assert!(
                sent.get(&name).is_some(),
                "{name} of {} is missing",
                sent["event"]
            );
        }
    }
}

/// Messages with every kind of event.
fn examples() -> Vec<Message> {
    [seldom(), success(), with_jobs(), failure(), several()]
        .into_iter()
        .flat_map(|script| script.messages)
        .collect()
}

/// One line of a stream, short enough for a page.
fn example(name: &str) -> String {
    let sent = examples().into_iter().filter_map(|mut message| {
        if let Event::Planned { plan } = &mut message.event {
            plan.steps.truncate(2);
            plan.steps.drain(..1);
            plan.steps[0].desired = None;
        }
        serde_json::to_value(&message).ok()
    });
    let line = sent.into_iter().find(|sent| sent["event"] == name);
    line.unwrap_or_else(|| panic!("no sample has the event {name}"))
        .to_string()
}

fn page(schema: &Value) -> String {
    let mut page = INTRO.to_owned();
    page += "\n## Events\n";
    for kind in schema["oneOf"].as_array().unwrap() {
        let name = kind["properties"]["event"]["const"].as_str().unwrap();
        let (fields, required) = fields(schema, kind);
        let _ = write!(page, "\n### `{name}`\n\n{}\n", words(kind));
        table(&mut page, &fields, &required);
        let _ = write!(page, "\n```json\n{}\n```\n", example(name));
    }
    page + &reference::types(schema)
}
