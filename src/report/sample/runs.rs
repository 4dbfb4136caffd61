//! Runs with jobs and checks, in several targets, and with what seldom happens.

use super::{Script, at, changes, end, id, rolled_back};
use crate::error::Outcome;
use crate::event::{Event, Finished, Phase, State};
use crate::manifest::job::JobTime;

/// A migration before the rollout, a check and a smoke test after it.
pub fn with_jobs() -> Script {
    Script::new()
        .phase(1.0, Phase::BeforeJobs)
        .job(1.0, "migrate", JobTime::Before)
        .news(
            1.1,
            "Job/migrate-r8",
            State::Waiting,
            "0 of 1 succeeded, 1 running",
            &[0, 1],
        )
        .job_says(4.0, "migrate", "adding orders.note")
        .news(13.0, "Job/migrate-r8", State::Ready, "", &[1, 1])
        .phase(13.0, Phase::Rollout)
        .news(
            13.1,
            "Deployment/web",
            State::Waiting,
            "1 pod is starting",
            &[2, 3, 2],
        )
        .news(15.0, "Deployment/web", State::Ready, "", &[3, 3, 3])
        .phase(15.0, Phase::Checks)
        .check(
            15.1,
            State::Waiting,
            1,
            "503 Service Unavailable, wanted 200",
        )
        .check(17.0, State::Ready, 3, "")
        .phase(17.0, Phase::AfterJobs)
        .job(17.0, "smoke", JobTime::After)
        .job_says(17.5, "smoke", "GET / 200")
        .news(18.2, "Job/smoke-r8", State::Ready, "", &[1, 1])
        .phase(18.2, Phase::Finish)
        .finished(
            18.3,
            Finished {
                timings: vec![
                    (Phase::BeforeJobs, 12.0),
                    (Phase::Rollout, 2.0),
                    (Phase::Checks, 2.0),
                    (Phase::AfterJobs, 1.2),
                ],
                ..end(Outcome::Done)
            },
        )
}

/// Three targets: one is live, one is rolled back, one cannot be reached.
pub fn several() -> Script {
    let names = ["eu", "us", "ap"];
    let mut script = Script::default();
    for name in names {
        let context = format!("prod-{name}");
        script = script.target(name).started("production", &context, "shop");
    }
    script = script
        .target("ap")
        .phase(0.1, Phase::Plan)
        .target("eu")
        .phase(0.1, Phase::Plan)
        .phase(1.0, Phase::Rollout)
        .news(1.0, "Deployment/web", State::Ready, "", &[3, 3, 3])
        .target("us")
        .phase(1.0, Phase::Rollout)
        .news(
            1.0,
            "Deployment/web",
            State::Waiting,
            "1 pod is starting",
            &[2, 3, 2],
        )
        .target("ap")
        .finished(
            3.0,
            Finished {
                error: Some("cannot reach prod-ap: connection refused".into()),
                ..Finished::new(Outcome::Refused)
            },
        )
        .target("eu")
        .finished(6.0, end(Outcome::Done))
        .target("us")
        .phase(32.5, Phase::Undo)
        .and(32.5, Event::Undoing { release: 8, to: 7 })
        .finished(36.7, rolled_back());
    script.whole().finished(
        36.7,
        Finished {
            next: vec!["deploy status --env production".into()],
            ..Finished::new(Outcome::RolledBack)
        },
    )
}

/// Events that the runs above do not have.
pub fn seldom() -> Script {
    Script::default()
        .and(0.4, Event::Changes(Box::new(changes())))
        .and(
            0.5,
            Event::GoingBack {
                from: 8,
                to: 7,
                images: [("web".to_owned(), "registry.example/shop:1.4.1".to_owned())].into(),
                deployed: at(-3600.0),
                undone: None,
            },
        )
        .and(
            0.5,
            Event::CarryingOn {
                release: 8,
                started: at(-300.0),
                user: "ci".into(),
                host: "runner-3".into(),
            },
        )
        .and(
            0.6,
            Event::WaitingForLock {
                holder: "ann@laptop".into(),
                since: Some(at(-60.0)),
                reason: Some("app".into()),
            },
        )
        .and(
            0.7,
            Event::LockTaken {
                from: "ann@laptop".into(),
                dead: true,
            },
        )
        .and(
            0.8,
            Event::Warning {
                code: "no-limits".into(),
                message: "container web has no memory limit".into(),
                object: Some(id("Deployment/web")),
            },
        )
        .and(0.9, Event::NothingToDo { release: Some(8) })
}
