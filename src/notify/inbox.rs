//! A receiver of messages on this machine, to see what would be sent. It takes everything and answers as every service would.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Most bytes of a message that are taken.
const LARGEST: usize = 1024 * 1024;
/// How long a request may take to come in.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most header lines.
const HEADERS: usize = 100;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// `POST`.
    pub method: String,
    /// `/slack`.
    pub path: String,
    /// Lower-case names, in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// `200 OK`.
    pub status: &'static str,
    /// Besides the length.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl Reply {
    /// What every service answers in some form: accepted. `number` is the id of the message.
    #[must_use]
    pub fn accepted(number: usize) -> Self {
        let body = json!({"ok": true, "channel": "inbox", "ts": format!("{number}.0")});
        Self {
            status: "200 OK",
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string(),
        }
    }
}

/// Takes one request after the other, for ever.
///
/// # Errors
/// No connection can be accepted any more.
pub async fn serve(
    listener: &TcpListener,
    mut answer: impl FnMut(Received) -> Reply,
) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        // Whoever breaks off, talks nonsense or says nothing is not worth a word.
        let _ = timeout(PATIENCE, exchange(stream, &mut answer)).await;
    }
}

/// Reads one request and answers it.
pub(super) async fn exchange(
    stream: TcpStream,
    answer: &mut impl FnMut(Received) -> Reply,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let Some(received) = read(&mut stream).await? else {
        return Ok(());
    };
    let reply = answer(received);
    let mut head = format!("HTTP/1.1 {}\r\nconnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let _ = write!(head, "content-length: {}\r\n\r\n", reply.body.len());
    stream.write_all((head + &reply.body).as_bytes()).await?;
    stream.shutdown().await
}

/// One request. `None` when it is none that our own client could have made.
async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Received>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        let read = (&mut *stream).take(16 * 1024).read_line(&mut line).await?;
        let line = line.trim_end().to_owned();
        if read == 0 || lines.len() > HEADERS {
            return Ok(None);
        }
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let mut request = lines.first().map_or("", String::as_str).split(' ');
    let (Some(method), Some(path)) = (request.next(), request.next()) else {
        return Ok(None);
    };
    let headers: Vec<(String, String)> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    if length > LARGEST {
        return Ok(None);
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some(Received {
        method: method.to_owned(),
        path: path.to_owned(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }))
}

/// What a person would read of a body: the texts of a chat message, else the body as it is.
#[must_use]
pub fn readable(body: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(body) else {
        return body.to_owned();
    };
    let mut lines = Vec::new();
    texts(&value, &mut lines);
    if lines.is_empty() {
        return serde_json::to_string_pretty(&value).unwrap_or_default();
    }
    lines.join("\n")
}

/// The parts that hold texts, in the forms that our services use.
fn texts(value: &Value, lines: &mut Vec<String>) {
    for parts in ["blocks", "attachments", "embeds"] {
        if let Some(parts) = value[parts].as_array() {
            for part in parts {
                texts(part, lines);
            }
            return;
        }
    }
    for inner in ["content", "text"] {
        if value[inner].is_object() {
            return texts(&value[inner], lines);
        }
    }
    for block in value["body"].as_array().into_iter().flatten() {
        let runs = block["inlines"].as_array().into_iter().flatten();
        lines.push(runs.filter_map(|run| run["text"].as_str()).collect());
    }
    for action in value["actions"].as_array().into_iter().flatten() {
        let text = |key: &str| action[key].as_str().unwrap_or_default().to_owned();
        lines.push(format!("[{}] {}", text("title"), text("url")));
    }
    for key in ["text", "content", "description"] {
        lines.extend(value[key].as_str().map(str::to_owned));
    }
}
