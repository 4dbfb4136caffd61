//! `deploy notify inbox`

use tokio::net::TcpListener;

use crate::error::{Failure, Outcome, Result};
use crate::notify::inbox::{self, Received, Reply};
use crate::session::Session;
use crate::shell::OutputFormat;
use crate::words;

/// Receive messages on this machine and print them, to see what would be sent
///
/// It takes every request at 127.0.0.1 and answers as a chat would: point a webhook, or `api` of a Slack bot, at it. It keeps
/// nothing, and ends with Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  deploy notify inbox &
  SLACK_WEBHOOK=http://127.0.0.1:9099/slack deploy app --env staging")]
pub struct Args {
    /// The port; 0 chooses a free one
    #[arg(long, value_name = "PORT", default_value_t = 9099)]
    port: u16,
}

/// Runs `deploy notify inbox`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    let cannot = |error: std::io::Error| {
        Failure::usage(format!("cannot listen on 127.0.0.1:{}: {error}", args.port))
            .hint("--port 0 chooses a free port")
    };
    let listener = TcpListener::bind(("127.0.0.1", args.port))
        .await
        .map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    let shell = &session.shell;
    shell.status(format!("listening on http://{address}; Ctrl-C ends it"));
    let mut number = 0;
    let served = inbox::serve(&listener, |received| {
        number += 1;
        // A reader that is gone is no reason to refuse messages.
        let _ = print(session, &received);
        Reply::accepted(number)
    });
    served.await.map_err(cannot)?;
    Ok(Outcome::Done)
}

fn print(session: &Session, received: &Received) -> Result<()> {
    let shell = &session.shell;
    let Received {
        method, path, body, ..
    } = received;
    if shell.format == OutputFormat::Json {
        let body = serde_json::from_str(body).unwrap_or_else(|_| serde_json::json!(body));
        return shell.json(&serde_json::json!({"method": method, "path": path, "body": body}));
    }
    let text = words::printable(&inbox::readable(body));
    shell.data(format!(
        "{method} {}\n  {}\n",
        words::one_line(path),
        text.replace('\n', "\n  ")
    ))
}
