//! `deploy` ships an app to Kubernetes, waits until the rollout is truly done, says why when it is not, and puts the last good release back.
//!
//! This page is the map of the code. Values flow one way: what decides is a pure function of values, what touches the
//! world sits in one named file or folder.
//!
//! - [`cli`] parses the command line; [`commands`] holds one file per command; [`session`] is what each command receives.
//! - [`mod@env`] is the only reader of the process, [`shell`] the only writer to the terminal, [`vars`] names every variable.
//! - [`project`] is what the user wrote, checked; [`secrets`] fetches secret values; [`render`] turns both into [`manifest`]s.
//! - [`plan`] compares desired and live and says what would happen; [`cluster`] is the only folder that talks to the API.
//! - [`track`] judges a rollout from watch events; [`diagnose`] says why it fails; [`release`] remembers what was deployed.
//! - [`ops`] strings these together: deploy, rollback, resume. Each reads as its phases.
//! - [`init`] makes a project where there is none: from a built-in template, or from manifests.
//! - [`event`] is the vocabulary of progress; [`report`] draws it for people, logs, programs and GitHub.
//!   [`workflow`] is GitHub's line format, [`words`] and [`style`] are grammar and colour.
//! - [`notify`] tells chats and other services about a run.
//! - [`web`] is the HTTP client for everything that is not the API server.
//! - [`sandbox`] runs a real Kubernetes control plane on this machine.

pub mod cli;
pub mod cluster;
pub mod commands;
pub mod diagnose;
pub mod env;
pub mod error;
pub mod event;
#[cfg(test)]
mod generated;
pub mod init;
pub mod interrupt;
pub mod manifest;
pub mod notify;
pub mod ops;
pub mod plan;
pub mod project;
pub mod redact;
pub mod release;
pub mod render;
pub mod report;
pub mod sandbox;
pub mod secrets;
pub mod session;
pub mod shell;
pub mod style;
pub mod track;
pub mod vars;
pub mod web;
pub mod words;
pub mod workflow;

/// Runs the program on a current-thread runtime and returns the exit code.
pub fn main(env: env::Env) -> u8 {
    cli::main(env)
}
