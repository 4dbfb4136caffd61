//! Ring 4: the real binary against a real control plane, a namespace a test.
//!
//! What belongs here: whatever the API server decides (field ownership, admission, RBAC, garbage collection, rollouts).
//! The sandbox is built and started when it is needed, and stopped at the end. `DEPLOY_TEST_CONTEXT` names another cluster.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test harness reads its own environment and speaks for itself"
)]

mod apply;
mod bad_input;
mod checks;
mod config;
mod damaged;
mod demo;
mod deploy;
mod init;
mod interrupted;
mod jobs;
mod jobs_cut_off;
mod plan;
mod pods;
mod quick_start;
mod rollback;
mod rules;
mod sandbox;
#[path = "../schema/mod.rs"]
mod schema;
mod support;
mod targets;
mod transcripts;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use support::Cluster;

/// A test: its name and what it does in a namespace of its own.
type Test = (&'static str, fn(&support::Space));

/// Tests of the sandbox need it built; another cluster is chosen where it cannot be.
fn sandboxes() -> Vec<Test> {
    if std::env::var_os("DEPLOY_TEST_CONTEXT").is_none() {
        return [
            targets::TESTS,
            jobs::TESTS,
            jobs_cut_off::TESTS,
            sandbox::TESTS,
            pods::TESTS,
            checks::TESTS,
        ]
        .concat();
    }
    eprintln!(
        "live tests: the sandbox itself is not tested (DEPLOY_TEST_CONTEXT names another cluster)"
    );
    Vec::new()
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each test mostly waits for the cluster; more at once than cores is what makes the ring short.
    arguments.test_threads.get_or_insert(6);
    let tests: Vec<Test> = [
        // The longest ones first.
        &sandboxes(),
        demo::TESTS,
        transcripts::TESTS,
        quick_start::TESTS,
        apply::TESTS,
        bad_input::TESTS,
        config::TESTS,
        damaged::TESTS,
        deploy::TESTS,
        init::TESTS,
        interrupted::TESTS,
        plan::TESTS,
        rollback::TESTS,
        rules::TESTS,
    ]
    .concat();
    if arguments.list {
        let trials = tests
            .into_iter()
            .map(|(name, _)| Trial::test(name, || Ok(())))
            .collect();
        return libtest_mimic::run(&arguments, trials).exit_code();
    }
    let cluster: &'static Cluster = match Cluster::ready() {
        Ok(cluster) => Box::leak(Box::new(cluster)),
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    let trials = tests
        .into_iter()
        .map(|(name, test)| {
            Trial::test(name, move || {
                let space = cluster.space(name);
                let result =
                    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| test(&space)));
                space.remove();
                result.map_err(|panic| support::panic_text(&*panic).into())
            })
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    cluster.down();
    conclusion.exit_code()
}
