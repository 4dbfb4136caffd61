//! `deploy history`

use serde::Serialize;

use crate::error::{Failure, Outcome, Result};
use crate::ops::locate;
use crate::release::record::{Header, State};
use crate::release::{Store, record, store};
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

/// What `deploy history --output json` prints.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "History")]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    /// Version of this document: within it, fields are only added.
    version: u32,
    /// The releases, newest first.
    releases: Vec<Row<'a>>,
}

/// A release as `history` lists it.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "ListedRelease")]
struct Row<'a> {
    /// Its namespace; with -A only.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    /// What stands before its line, where there are several places.
    #[serde(skip)]
    place: Option<&'a str>,
    #[serde(flatten)]
    header: &'a Header,
}

/// Where a release is, as far as that is not clear from the command.
#[derive(Clone, Default)]
struct Where {
    /// With -A.
    namespace: Option<String>,
    /// In words.
    text: Option<String>,
}

/// Runs `deploy history`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    let all = session.global.all_namespaces;
    let (found, failed) = if all {
        (everywhere(session).await?, None)
    } else {
        headers(session).await?
    };
    let rows: Vec<Row<'_>> = found
        .iter()
        .rev()
        .take(args.limit)
        .map(|(place, header)| Row {
            namespace: place.namespace.as_deref(),
            place: place.text.as_deref(),
            header,
        })
        .collect();
    if session.shell.format == OutputFormat::Json {
        session.shell.json(&Document {
            version: record::VERSION,
            releases: rows,
        })?;
    } else {
        let now = session.env.now();
        for line in table(&rows, now, session.shell.dress) {
            session.shell.data(line)?;
        }
    }
    failed.map_or(Ok(Outcome::Done), Err)
}

async fn everywhere(session: &Session) -> Result<Vec<(Where, Header)>> {
    let cluster = session.connect_current().await?;
    let app = session.global.app.as_deref();
    let found = store::find(&cluster, None, app).await?;
    let place = format!("in any namespace of context {}", cluster.context);
    match app {
        Some(app) if found.is_empty() => {
            return Err(Failure::usage(format!("no release of {app} {place}"))
                .hint("--context says where to look"));
        }
        // An empty list is an answer, too; silence is none.
        None if found.is_empty() => session.shell.status(format!("no releases {place}")),
        _ => {}
    }
    let mut found: Vec<(Where, Header)> = found
        .into_iter()
        .flat_map(|(namespace, headers)| {
            headers.into_iter().map(move |header| {
                let place = Where {
                    namespace: Some(namespace.clone()),
                    text: Some(format!("{namespace}/{}", header.app)),
                };
                (place, header)
            })
        })
        .collect();
    // Numbers of different apps say nothing about each other.
    found.sort_by_key(|(_, header)| header.started);
    Ok(found)
}

/// The headers of one app, oldest first; of each of its targets, where there are several, with the last failure: one that
/// cannot be read hides none of the others.
async fn headers(session: &Session) -> Result<(Vec<(Where, Header)>, Option<Failure>)> {
    if !session.has_checkout() {
        let cluster = session.connect_current().await?;
        let (_, headers) = locate::find(session, cluster).await?;
        let here = headers.into_iter();
        let here = here.map(|header| (Where::default(), header)).collect();
        return Ok((here, None));
    }
    let project = session.project()?;
    let (_, targets) = session.targets(&project)?;
    let several = targets.len() > 1;
    let (mut found, mut failed) = (Vec::new(), None);
    for target in &targets {
        let cluster = session.connect(target).await?;
        let headers = match Store::new(&cluster, &project.app).headers().await {
            Ok(headers) => headers,
            Err(failure) if !several => return Err(failure),
            Err(failure) => {
                session.put_off(&mut failed, failure, target);
                continue;
            }
        };
        if headers.is_empty() {
            let nothing = format!(
                "{} has no releases in namespace {} of context {}",
                project.app, cluster.namespace, cluster.context
            );
            if !several {
                return Err(Failure::usage(nothing).hint("`deploy app` makes the first one"));
            }
            session.shell.status(nothing);
        }
        let place = Where {
            namespace: None,
            text: several.then(|| target.name.clone()),
        };
        found.extend(headers.into_iter().map(|header| (place.clone(), header)));
    }
    if several {
        // Numbers of different targets say nothing about each other.
        found.sort_by_key(|(_, header)| header.started);
    }
    Ok((found, failed))
}

/// One line per release: number, state, age, environment, who, what; before it, where more than one app may be.
fn table(found: &[Row<'_>], now: jiff::Timestamp, dress: Dress) -> Vec<String> {
    let rows: Vec<[String; 6]> = found
        .iter()
        .map(|Row { header, .. }| {
            [
                header.number.to_string(),
                header.state.words().to_owned(),
                words::age(now, header.started),
                header.environment.clone(),
                format!("{}@{}", header.who.user, header.who.host),
                what(header),
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
    let places = found
        .iter()
        .filter_map(|row| Some(row.place?.chars().count()))
        .max()
        .unwrap_or(0);
    rows.iter()
        .zip(found)
        .map(|(row, Row { place, header, .. })| {
            let label = match header.state {
                State::Good => Label::Good,
                State::Running | State::Interrupted | State::Unwatched => Label::Caution,
                State::Failed | State::RolledBack | State::JobFailed => Label::Bad,
            };
            let place = place.map_or_else(String::new, |place| format!("{place:places$}  "));
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
            crate::report::printable(format!("{place}{}", cells.join("  ")).trim_end())
        })
        .collect()
}

/// What makes a release: `web=1.4.2, 3f2a1c0, rollback of 7`.
pub fn what(header: &Header) -> String {
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
            .map(|number| format!("rollback of {number}")),
    );
    what.retain(|part| !part.is_empty());
    what.join(", ")
}

/// The part of a reference that changes from release to release.
fn tag(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split_once('@')
        .or_else(|| last.split_once(':'))
        .map_or(last, |(_, tag)| tag)
}
