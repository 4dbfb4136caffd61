//! `deploy show N`

use serde::Serialize;

use crate::diagnose::Finding;
use crate::error::{Failure, Outcome, Result};
use crate::event::Phase;
use crate::manifest::ObjectId;
use crate::ops::locate::locate;
use crate::release::record::{Header, last_good};
use crate::release::{Store, record};
use crate::report;
use crate::session::Session;
use crate::shell::OutputFormat;
use crate::words;

/// Show one release: what, who, when, how it ended and why
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The release's number (default: the newest)
    #[arg(value_parser = super::release_number)]
    number: Option<u64>,
    /// Every finding with all its evidence
    #[arg(long)]
    findings: bool,
    /// The objects it applied, as YAML; secrets without their data
    #[arg(long)]
    objects: bool,
}

/// What `deploy show N --output json` prints.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "Show")]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    /// Version of this document: within it, fields are only added.
    version: u32,
    /// The release.
    release: &'a Header,
    /// The objects it applied.
    objects: Vec<&'a ObjectId>,
    /// Why it failed, worst first.
    findings: &'a [Finding],
    /// Seconds per phase.
    timings: &'a [(Phase, f64)],
}

/// Runs `deploy show`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    let place = locate(session).await?;
    let app = &place.project.app;
    let store = Store::new(&place.cluster, app);
    let headers = store.headers().await?;
    let header = match args.number {
        None => headers.last(),
        Some(number) => headers.iter().find(|header| header.number == number),
    };
    let header = header.ok_or_else(|| {
        let what = args.number.map_or_else(
            || {
                format!(
                    "{app} has no releases in namespace {} of context {}",
                    place.cluster.namespace, place.cluster.context
                )
            },
            |number| format!("{app} has no release {number}"),
        );
        Failure::usage(what).hint("`deploy history` lists them")
    })?;
    if !header.restorable() {
        return Err(Failure::usage(format!(
            "only the header of release {} is kept: {}",
            header.number,
            header.state.words()
        ))
        .hint("keep.releases in deploy.yaml says how many good releases are kept whole"));
    }
    let release = store.load(header).await?;
    if args.objects {
        for manifest in &release.payload.objects {
            let text = serde_yaml::to_string(&manifest.object)
                .map_err(|error| Failure::bug(format!("cannot write YAML: {error}")))?;
            session
                .shell
                .data(format!("---\n# {}\n{}", manifest.origin, text.trim_end()))?;
        }
        return Ok(Outcome::Done);
    }
    if session.shell.format == OutputFormat::Json {
        session.shell.json(&Document {
            version: record::VERSION,
            release: header,
            objects: release
                .payload
                .objects
                .iter()
                .map(|manifest| &manifest.id)
                .collect(),
            findings: &release.ending.findings,
            timings: &release.ending.timings,
        })?;
        return Ok(Outcome::Done);
    }
    let running = last_good(&headers).is_some_and(|good| good.number == header.number);
    for line in lines(header, running, session.env.now()) {
        session.shell.data(report::printable(&line))?;
    }
    session.shell.data(format!(
        "objects      {}",
        words::count(release.payload.objects.len(), "object")
    ))?;
    for finding in &release.ending.findings {
        let detail = if args.findings {
            report::Detail::Full
        } else {
            report::Detail::Summary
        };
        for line in report::finding_lines(finding, detail, &session.shell) {
            session.shell.data(line)?;
        }
    }
    Ok(Outcome::Done)
}

fn lines(header: &Header, running: bool, now: jiff::Timestamp) -> Vec<String> {
    let mut lines = vec![format!(
        "release {} of {} in {} ({}): {}{}",
        header.number,
        header.app,
        header.environment,
        header.target,
        header.state.words(),
        if running { ", the last good one" } else { "" }
    )];
    let mut say = |what: &str, text: String| lines.push(format!("{what:<12} {text}"));
    if let Some(cause) = &header.cause {
        say("cause", cause.clone());
    }
    say("command", format!("deploy {}", header.command));
    let took = header.finished.map_or_else(String::new, |end| {
        format!(
            ", took {}",
            words::duration(end.duration_since(header.started).unsigned_abs())
        )
    });
    say(
        "started",
        format!(
            "{} ({}{took})",
            header.started.strftime("%Y-%m-%d %H:%M:%S UTC"),
            words::age(now, header.started)
        ),
    );
    say("by", format!("{} on {}", header.who.user, header.who.host));
    if let Some(link) = &header.who.ci {
        say("job", link.clone());
    }
    if let Some(git) = &header.git {
        let dirty = if git.dirty {
            ", with uncommitted changes"
        } else {
            ""
        };
        say(
            "commit",
            format!(
                "{}{dirty} {}",
                git.short,
                git.subject.as_deref().unwrap_or_default()
            ),
        );
    }
    for (name, image) in &header.images {
        say("image", format!("{name}={image}"));
    }
    for (what, number) in [
        ("rollback of", header.rollback_of),
        ("undone to", header.undone_to),
        ("rolled back", header.rolled_back_by),
    ] {
        if let Some(number) = number {
            say(what, format!("release {number}"));
        }
    }
    lines
}
