//! Ring 2: everything in process, over the fake API server and tokio's paused clock. What is asserted is what was asked of the server and what came of it.
#![allow(clippy::unwrap_used, reason = "tests")]

mod checks;
mod cluster;
mod completing;
mod documents;
#[path = "../fake/mod.rs"]
mod fake;
mod init;
mod job_logs;
mod jobs;
mod lock;
mod locks;
mod no_checkout;
mod notify;
mod order;
mod outcomes;
mod planning;
mod releases;
mod rollback;
mod rules;
#[path = "../schema/mod.rs"]
mod schema;
mod support;
mod targets;
mod world;
