//! `deploy complete`: what the scripts of `deploy completions` ask when a word is to be completed.
//!
//! It answers quickly or not at all: whatever goes wrong, it prints nothing and ends well, because its reader is in the
//! middle of typing.

use std::ffi::OsString;

use clap::FromArgMatches as _;

use crate::cli::{self, GlobalArgs};
use crate::error::{Outcome, Result};
use crate::session::Session;
use crate::words;

mod values;
mod wanted;

use values::Value;

/// Answer a shell: what the word that is being typed may become
///
/// One answer a line, with a tab and its description where there is one.
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub struct Args {
    /// Which of the words is being typed, from 0; the last may be left out while it is empty
    index: usize,
    /// The command line up to there, the program's name first
    #[arg(last = true)]
    words: Vec<String>,
}

/// Runs `deploy complete`.
pub async fn run(session: &Session, args: &Args) -> Result<Outcome> {
    for answer in answers(session, args).await {
        let line = if answer.about.is_empty() {
            answer.value
        } else {
            format!("{}\t{}", answer.value, answer.about)
        };
        session.shell.data(line)?;
    }
    Ok(Outcome::Done)
}

async fn answers(session: &Session, args: &Args) -> Vec<Value> {
    let mut typed = args.words.clone();
    if args.index > typed.len() {
        return Vec::new();
    }
    typed.resize(args.index + 1, String::new());
    let current = typed.last().cloned().unwrap_or_default();
    let words = typed.iter().map(OsString::from).collect();
    let mut command = wanted::marked(cli::command());
    let folder = Some(session.env.cwd.as_path());
    let Ok(found) = clap_complete::engine::complete(&mut command, words, args.index, folder) else {
        return Vec::new();
    };
    let mut answers = Vec::new();
    for candidate in found.iter().filter(|candidate| !candidate.is_hide_set()) {
        let Some(text) = candidate.get_value().to_str() else {
            continue;
        };
        match wanted::marker(text) {
            // `--env=` stands before the value where both are one word.
            Some((before, wanted)) => {
                let flags = flags(&typed[..args.index]);
                let begun = current.strip_prefix(before).unwrap_or_default();
                let values = values::look_up(&session.env, flags, wanted).await;
                let fitting = values
                    .into_iter()
                    .filter(|value| value.value.starts_with(begun));
                answers.extend(fitting.map(|value| Value {
                    value: format!("{before}{}", value.value),
                    ..value
                }));
            }
            None => answers.push(Value {
                value: text.to_owned(),
                about: candidate
                    .get_help()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            }),
        }
    }
    tidy(answers, &current)
}

/// One line each, and no flags where something better is at hand and none was begun.
fn tidy(mut answers: Vec<Value>, current: &str) -> Vec<Value> {
    let is_flag = |value: &Value| value.value.starts_with('-');
    if current.is_empty() && !answers.iter().all(is_flag) {
        answers.retain(|value| !is_flag(value));
    }
    answers.retain(|value| words::one_line(&value.value) == value.value);
    for answer in &mut answers {
        answer.about = words::one_line(&answer.about);
    }
    answers
}

/// The global flags as far as they are typed. A line that is not finished is never right, so mistakes are passed over.
fn flags(typed: &[String]) -> GlobalArgs {
    cli::command()
        .ignore_errors(true)
        .try_get_matches_from(typed)
        .and_then(|matches| GlobalArgs::from_arg_matches(&matches))
        .unwrap_or_default()
}
