//! `deploy history`

use serde::Serialize;

use crate::error::{Failure, Outcome, Result};
use crate::ops::locate;
use crate::release::record::{Header, State};
use crate::release::{Store, record};
use crate::session::Session;
use crate::shell::OutputFormat;
use crate::style::{Dress, Label};
use crate::words;

/// List the releases, newest first
#[derive(Debug, clap::Args)]
pub struct Args {
    /// At most this many releases
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    version: u32,
    releases: &'a [Header],
}

/// Runs `deploy history`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    let mut headers = headers(session).await?;
    headers.reverse();
    headers.truncate(args.limit);
    if session.shell.format == OutputFormat::Json {
        session.shell.json(&Document {
            version: record::VERSION,
            releases: &headers,
        })?;
        return Ok(Outcome::Done);
    }
    let now = session.env.now();
    for line in table(&headers, now, session.shell.dress) {
        session.shell.data(line)?;
    }
    Ok(Outcome::Done)
}

async fn headers(session: &Session) -> Result<Vec<Header>> {
    // A list may show several apps; every other command needs the one that is meant.
    if session.global.all_namespaces {
        let cluster = session.connect_current().await?;
        return crate::release::store::headers(&cluster, None, session.global.app.as_deref()).await;
    }
    if session.has_checkout() {
        let project = session.project()?;
        let (_, target) = session.place(&project)?;
        let cluster = session.connect(&target).await?;
        let headers = Store::new(&cluster, &project.app).headers().await?;
        if headers.is_empty() {
            return Err(Failure::usage(format!(
                "{} has no releases in namespace {} of context {}",
                project.app, cluster.namespace, cluster.context
            ))
            .hint("`deploy app` makes the first one"));
        }
        return Ok(headers);
    }
    let cluster = session.connect_current().await?;
    Ok(locate::find(session, cluster).await?.1)
}

/// One line per release: number, state, age, who, what.
fn table(headers: &[Header], now: jiff::Timestamp, dress: Dress) -> Vec<String> {
    let rows: Vec<[String; 6]> = headers
        .iter()
        .map(|header| {
            let images: Vec<String> = header
                .images
                .iter()
                .map(|(name, image)| format!("{name}={}", tag(image)))
                .collect();
            let mut what = vec![images.join(" ")];
            what.extend(header.git.as_ref().map(|git| git.short.clone()));
            what.extend(
                header
                    .rollback_of
                    .map(|number| format!("rollback of {number}"))
                    .filter(|_| header.rollback_of.is_some()),
            );
            what.retain(|part| !part.is_empty());
            [
                header.number.to_string(),
                header.state.words().to_owned(),
                words::age(now, header.started),
                header.environment.clone(),
                format!("{}@{}", header.who.user, header.who.host),
                what.join(", "),
            ]
        })
        .collect();
    let widths: Vec<usize> = (0..6)
        .map(|column| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    rows.iter()
        .zip(headers)
        .map(|(row, header)| {
            let label = match header.state {
                State::Good => Label::Good,
                State::Running | State::Interrupted | State::Unwatched => Label::Caution,
                State::Failed | State::RolledBack | State::JobFailed => Label::Bad,
            };
            let cells: Vec<String> = row
                .iter()
                .enumerate()
                .map(|(column, cell)| {
                    let padded = if column == 0 {
                        format!("{cell:>0$}", widths[0])
                    } else {
                        format!("{cell:0$}", widths[column])
                    };
                    if column == 1 {
                        dress.paint(label, padded)
                    } else {
                        padded
                    }
                })
                .collect();
            crate::report::printable(cells.join("  ").trim_end())
        })
        .collect()
}

/// The part of a reference that changes from release to release.
fn tag(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split_once('@')
        .or_else(|| last.split_once(':'))
        .map_or(last, |(_, tag)| tag)
}
