//! What `deploy init` says when it is done: what was made of what, and what to do next.

use serde_json::json;

use super::super::lint::Found;
use crate::error::{Failure, Result};
use crate::init::import::{Made, Note};
use crate::init::templates::{Answers, Template};
use crate::project::Bundle;
use crate::session::Session;
use crate::shell::OutputFormat;
use crate::words;

/// After a template.
pub(super) fn template(
    session: &Session,
    template: &Template,
    answers: &Answers,
    bundle: &Bundle,
    found: &Found,
) -> Result<()> {
    if session.shell.format == OutputFormat::Json {
        return session.shell.json(&json!({
            "version": 1, "app": answers.app, "template": template.name, "image": answers.image,
            "files": files(bundle), "warnings": found.warnings,
        }));
    }
    let say = |text: String| session.shell.status(text);
    say(format!(
        "deploy/ is made for the app {}, from the template {}:",
        answers.app, template.name
    ));
    for file in files(bundle) {
        say(format!("  {file}"));
    }
    warnings(session, found);
    next(session, "staging");
    Ok(())
}

/// After an import.
pub(super) fn import(
    session: &Session,
    app: &str,
    environment: &str,
    made: &Made,
    found: &Found,
) -> Result<()> {
    let report = &made.report;
    if session.shell.format == OutputFormat::Json {
        return session.shell.json(&json!({
            "version": 1, "app": app, "environment": environment, "files": files(&made.bundle),
            "made": report, "warnings": found.warnings,
        }));
    }
    let say = |text: &str| session.shell.status(words::printable(text));
    say(&format!(
        "deploy/ is made for the app {app}: {} in {}",
        words::count(report.objects, "object"),
        words::count(
            files(&made.bundle)
                .iter()
                .filter(|it| it.starts_with("deploy/templates/"))
                .count(),
            "template"
        ),
    ));
    let from = if report.namespace_lifted {
        ", lifted out of the templates"
    } else {
        ""
    };
    say(&format!(
        "  namespace  {} of {environment}{from}",
        report.namespace
    ));
    for (name, reference) in &report.images {
        say(&format!("  image      {name}: {reference}"));
    }
    for (name, entries) in &report.config {
        let entries = words::count_as(*entries, "entry", "entries");
        say(&format!("  config     {name}: was a ConfigMap, {entries}"));
    }
    let notes = |heading: &str, notes: &[Note]| {
        for note in notes {
            say(&format!("  {heading} {}: {}", note.object, note.why));
        }
    };
    notes("template  ", &report.kept);
    notes("left out  ", &report.left_out);
    for job in &report.jobs {
        say(&format!(
            "  job        {job}: a plain template; to run it with each release: jobs: {{before: [{job}]}}"
        ));
    }
    for path in &report.rewritten {
        say(&format!("  comments   {path}: written anew, without them"));
    }
    for path in &report.passed_over {
        say(&format!("  not read   {path}: neither YAML nor JSON"));
    }
    for remark in &report.remarks {
        session.shell.warn(words::printable(remark));
    }
    warnings(session, found);
    next(session, environment);
    running(session, made);
    Ok(())
}

/// Why there is nothing to deploy.
pub(super) fn nothing(source: &str, made: &Made) -> Failure {
    let failure = Failure::project(format!(
        "nothing in {source} becomes a template; nothing was written"
    ));
    let left = made.report.left_out.iter();
    left.take(5).fold(failure, |failure, note| {
        failure.hint(format!("{} is left out: {}", note.object, note.why))
    })
}

/// What the first plan of an app that runs already needs.
fn running(session: &Session, made: &Made) {
    let owners: Vec<&str> = made.report.owners.iter().map(String::as_str).collect();
    if owners.is_empty() {
        session.shell.hint("does it run already? Then what kubectl applied is taken over without a flag; the plan shows it. Pods restart once, for the app's label");
    } else {
        session.shell.hint(words::printable(&format!(
            "the objects say that they belong to {}: where they run, take them over with --adopt",
            words::list(&owners, "and")
        )));
    }
}

fn warnings(session: &Session, found: &Found) {
    if !found.warnings.is_empty() {
        session.shell.warn(format!(
            "{}; `deploy lint` shows what could be better",
            words::count(found.warnings.len(), "warning")
        ));
    }
}

fn next(session: &Session, environment: &str) {
    let project = session.global.project.as_ref();
    let project = project.map_or(String::new(), |dir| format!(" --project {}", dir.display()));
    let steps = [
        (
            format!("deploy lint{project}"),
            "is it right? asks no cluster",
        ),
        (
            format!("deploy plan --env {environment}{project}"),
            "what would change; writes nothing",
        ),
        (
            format!("deploy app --env {environment}{project}"),
            "deploy, and wait until it is really done",
        ),
    ];
    let widest = steps
        .iter()
        .map(|(command, _)| command.len())
        .max()
        .unwrap_or(0);
    session.shell.status("next:");
    for (command, what) in steps {
        session
            .shell
            .status(format!("  {command:widest$}   # {what}"));
    }
}

fn files(bundle: &Bundle) -> Vec<&str> {
    bundle.paths().collect()
}
