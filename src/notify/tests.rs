mod beside;
mod trust;

use std::fmt::Write as _;

use serde_json::json;

use super::bad_server::Server;
use super::inbox::{Received, Reply};
use super::webhook::{Url, Webhook};
use super::*;
use crate::project::Bundle;
use crate::project::schema::MESSAGE_NAMES;
use crate::redact::Redactor;
use crate::report::sample::failure;

/// Every service, pointed at one server.
fn services(server: &Server) -> Vec<(&'static str, Box<dyn Notifier>)> {
    let hook = |path: &str, body: Body| -> Box<dyn Notifier> {
        Box::new(JsonHook {
            url: server.url(path),
            body,
        })
    };
    let webhook = Webhook {
        url: Url::Template(format!("{}/flows/{{{{ app | urlencode }}}}", server.address)),
        method: "{{ 'PUT' if test else 'POST' }}".into(),
        headers: [("Authorization".to_owned(), "Bearer {{ secrets.token }}".to_owned())].into(),
        body: Some("{\"event\": \"message\", \"content\": {{ text | tojson }}, \"tags\": [{{ occasion | tojson }}]}".into()),
        secrets: [("token".to_owned(), Secret::new("sesame".to_owned()))].into(),
    };
    vec![
        ("slack", Box::new(slack::Hook(server.url("/slack")))),
        (
            "slack_bot",
            Box::new(slack::Bot {
                api: server.address.clone(),
                token: Secret::new("xoxb-1".into()),
                channel: "#deploys".into(),
                posted: None,
            }),
        ),
        ("teams", hook("/teams", teams::body)),
        ("discord", hook("/discord", discord::body)),
        ("google_chat", hook("/chat", google_chat::body)),
        ("mattermost", hook("/mattermost", mattermost::body)),
        ("webhook", Box::new(webhook)),
    ]
}

/// The requests that a service makes for these messages.
async fn requests(name: &str, messages: &[Message]) -> Vec<Received> {
    let (server, serve) =
        Server::that(vec![super::bad_server::Does::Answers(Reply::accepted(1))]).await;
    let mut notifier = services(&server)
        .into_iter()
        .find(|(service, _)| *service == name)
        .unwrap()
        .1;
    let post = Post::new(&Redactor::default()).unwrap();
    let tell = async {
        for message in messages {
            notifier.tell(message, &post).await.unwrap();
        }
    };
    tokio::select! {
        () = tell => {}
        () = serve => unreachable!(),
    }
    server.received.take()
}

async fn names() -> Vec<&'static str> {
    let (server, _) = Server::that(Vec::new()).await;
    services(&server)
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

#[tokio::test]
async fn the_requests_of_every_service() {
    for name in names().await {
        let mut text = String::new();
        for Received {
            method,
            path,
            headers,
            body,
        } in requests(name, &sample::messages()).await
        {
            let _ = writeln!(text, "{method} {path}");
            let told = ["content-type", "authorization"];
            for (name, value) in headers
                .iter()
                .filter(|(name, _)| told.contains(&name.as_str()))
            {
                let _ = writeln!(text, "{name}: {value}");
            }
            let body: Value = serde_json::from_str(&body).unwrap();
            let _ = writeln!(text, "{}\n", serde_json::to_string_pretty(&body).unwrap());
        }
        crate::generated::check(&format!("src/notify/samples/{name}.txt"), &text);
    }
}

/// The texts of a service's own limits, and the bytes of its body.
fn sizes(name: &str, body: &Value) -> Vec<(String, usize, usize)> {
    let text =
        |pointer: &str| limit::characters(body.pointer(pointer).and_then(Value::as_str).unwrap());
    let bytes = body.to_string().len();
    let sizes: Vec<(&str, usize, usize)> = match name {
        "slack" | "slack_bot" if body["thread_ts"].is_string() => {
            vec![("text", text("/text"), 40_000)]
        }
        "slack" | "slack_bot" => vec![
            ("text", text("/text"), 4000),
            ("section", text("/blocks/0/text/text"), 3000),
            ("blocks", body["blocks"].as_array().unwrap().len(), 50),
        ],
        "teams" => vec![("body", bytes, 14_000)],
        "discord" => vec![("description", text("/embeds/0/description"), 4096)],
        "google_chat" => vec![("text", text("/text"), 4096), ("body", bytes, 32_000)],
        "mattermost" => vec![("text", text("/text"), 16_383)],
        _ => vec![],
    };
    sizes
        .into_iter()
        .map(|(what, size, most)| (format!("{name} {what}"), size, most))
        .collect()
}

#[tokio::test]
async fn huge_messages_are_cut_to_what_each_service_takes() {
    for name in names().await {
        for request in requests(name, &[sample::huge()]).await {
            let body: Value = serde_json::from_str(&request.body).unwrap();
            for (what, size, most) in sizes(name, &body) {
                assert!(size <= most, "{what}: {size} of {most}");
            }
            assert!(
                request.body.contains('…'),
                "{name} says that something is missing"
            );
        }
    }
}

#[tokio::test]
async fn texts_of_the_app_are_no_markup() {
    /// What formats, outside of code; what calls somebody, anywhere.
    type Never = (
        &'static str,
        &'static [&'static str],
        &'static [&'static str],
    );
    let never: [Never; 5] = [
        (
            "slack",
            &["*bold*", "_it_", "~no~"],
            &["<!channel>", "<@U1>", "<users", "|y>"],
        ),
        (
            "slack_bot",
            &["*bold*", "_it_", "~no~"],
            &["<!channel>", "<@U1>", "<users"],
        ),
        (
            "discord",
            &[" *bold*", " _it_", " ||s||", "[x](", "<@U1>"],
            &[],
        ),
        (
            "google_chat",
            &["*bold*", "_it_", "~no~"],
            &["<users/all>", "<!channel>"],
        ),
        (
            "mattermost",
            &[" *bold*", " _it_", "[x]("],
            &["@channel", "@everyone"],
        ),
    ];
    for (name, formats, calls) in never {
        for request in requests(name, &[sample::hostile()]).await {
            let body: Value = serde_json::from_str(&request.body).unwrap();
            let mut texts = Vec::new();
            strings(&body, &mut texts);
            let all = texts.join("\n");
            let in_code = |(number, _): &(usize, &str)| number % 2 == 1;
            let parts = all.split('`').enumerate().filter(|part| !in_code(part));
            let outside: String = parts.map(|(_, part)| part).collect();
            for format in formats {
                assert!(!outside.contains(format), "{name}: {format} in {outside}");
            }
            for call in calls {
                assert!(!all.contains(call), "{name}: {call} in {all}");
            }
            assert_eq!(
                body["allowed_mentions"] == json!({"parse": []}),
                name == "discord"
            );
        }
    }
    let card = &requests("teams", &[sample::hostile()]).await[0].body;
    assert!(
        !card.contains("\"TextBlock\"") && card.contains("RichTextBlock"),
        "{card}"
    );
    assert!(
        !card.contains("Action.OpenUrl"),
        "a link that is none: {card}"
    );
}

fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(map) => map.values().for_each(|item| strings(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn a_bot_keeps_one_message_and_puts_details_into_its_thread() {
    let messages: Vec<Message> = sample::new(sample::told(&sample::with_changes(failure())));
    let requests = requests("slack_bot", &messages).await;
    let paths: Vec<&str> = requests
        .iter()
        .map(|request| request.path.as_str())
        .collect();
    assert_eq!(
        paths,
        ["/chat.postMessage", "/chat.update", "/chat.postMessage"]
    );
    let body: Vec<Value> = requests
        .iter()
        .map(|request| serde_json::from_str(&request.body).unwrap())
        .collect();
    assert_eq!(
        (&body[0]["channel"], &body[0]["ts"]),
        (&json!("#deploys"), &Value::Null)
    );
    assert_eq!(
        (&body[1]["channel"], &body[1]["ts"]),
        (&json!("inbox"), &json!("1.0"))
    );
    assert_eq!(
        (&body[2]["channel"], &body[2]["thread_ts"]),
        (&json!("inbox"), &json!("1.0"))
    );
    assert!(
        body[2]["text"]
            .as_str()
            .unwrap()
            .contains("panic: DB_URL is not set")
    );
}

#[tokio::test]
async fn slack_says_no_with_a_200() {
    let reply =
        super::bad_server::answers("200 OK", &[], r#"{"ok": false, "error": "not_in_channel"}"#);
    let (server, serve) = Server::that(vec![reply]).await;
    let mut bot = services(&server).remove(1).1;
    let post = Post::new(&Redactor::default()).unwrap();
    let message = sample::messages().remove(0);
    let problem = tokio::select! {
        told = bot.tell(&message, &post) => told.unwrap_err(),
        () = serve => unreachable!(),
    };
    assert_eq!(problem.message, "refused: not_in_channel");
    assert!(problem.hint.unwrap().contains("/invite"));
}

#[test]
fn templates_are_checked_against_the_names_that_a_message_has() {
    for message in sample::messages() {
        let scope = webhook::scope(&message);
        let names: Vec<&str> = scope.keys().map(String::as_str).collect();
        assert_eq!(names, MESSAGE_NAMES);
    }
}

#[test]
fn a_learnt_secret_is_in_no_part_of_a_message() {
    let redactor = Redactor::default();
    for secret in [
        "DB_URL is not",
        "1.4.2",
        "Pay by card",
        "ci-bot",
        "laptop",
        "staging",
        "succeeded",
        "rolledBack",
        "common",
    ] {
        redactor.learn(secret);
    }
    redactor.learn("ci.example.com");
    for message in sample::messages() {
        let masked = message.masked(&redactor).unwrap();
        assert_eq!(masked.occasion, message.occasion);
        let text = format!("{masked:?} {}", layout::plain(&masked));
        for secret in [
            "DB_URL is not",
            "Pay by card",
            "ci-bot",
            "laptop",
            "staging",
            "ci.example.com",
        ] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}
