use super::super::sample::{caller, new, told, told_by, two_targets, waiting, with_changes};
use super::*;
use crate::report::sample::{Script, end, failure, success};

fn titles(said: &[Said]) -> Vec<String> {
    said.iter()
        .map(|said| match said {
            Said::New(message) => format!("{:?}: {}", message.occasion, message.title),
            Said::Update(message) => format!("update: {}", message.title),
        })
        .collect()
}

fn refused(outcome: Outcome) -> Script {
    let error = Some("cannot read the cluster\nand more".to_owned());
    Script::new().finished(
        1.0,
        Finished {
            error,
            ..Finished::new(outcome)
        },
    )
}

#[test]
fn a_success_is_told_when_it_begins_and_when_it_ends() {
    let said = told(&with_changes(success()));
    assert_eq!(
        titles(&said),
        [
            "Started: deploying shop release 8 to staging",
            "Succeeded: shop release 8 is live in staging"
        ]
    );
    let last = new(said).pop().unwrap();
    assert_eq!(last.duration, "14s");
    assert_eq!(last.user, "ci-bot on laptop");
    assert_eq!(
        (last.since, last.commits.len(), last.commits_omitted),
        (Some(7), 2, 1)
    );
    assert_eq!(last.config, ["common", "db"]);
    assert_eq!(last.details, Vec::<String>::new());
}

#[test]
fn a_failure_names_its_cause_the_way_out_and_what_runs_now() {
    let last = new(told(&failure())).pop().unwrap();
    assert_eq!(last.occasion, Occasion::RolledBack);
    assert_eq!(
        last.title,
        "shop release 8 failed in staging and was rolled back: release 7 is running"
    );
    assert_eq!(last.rolled_back_to, Some(7));
    let cause = last.cause.unwrap();
    assert_eq!(cause.object.as_deref(), Some("Deployment/web"));
    assert!(last.next[0].starts_with("add DB_URL"), "{:?}", last.next);
    assert!(
        last.next
            .last()
            .unwrap()
            .starts_with("deploy show 8 --findings"),
        "{:?}",
        last.next
    );
    assert!(
        last.details
            .iter()
            .any(|line| line.contains("panic: DB_URL is not set"))
    );
}

#[test]
fn nothing_to_do_and_a_dry_run_are_no_news() {
    let nothing = Script::new().and(1.0, Event::NothingToDo { release: Some(7) });
    assert_eq!(
        titles(&told(&nothing.finished(1.1, Finished::new(Outcome::Done)))),
        [""; 0]
    );
    let dry = Script::new()
        .phase(0.5, Phase::Plan)
        .finished(1.0, Finished::new(Outcome::Done));
    assert_eq!(titles(&told(&dry)), [""; 0]);
}

#[test]
fn a_run_that_could_not_begin_is_told_when_ci_started_it() {
    for outcome in [
        Outcome::Project,
        Outcome::Refused,
        Outcome::Locked,
        Outcome::Bug,
    ] {
        let said = told(&refused(outcome));
        assert_eq!(
            titles(&said),
            ["Failed: app of shop in staging could not begin"]
        );
        let message = new(said).pop().unwrap();
        assert_eq!(message.cause.unwrap().message, "cannot read the cluster");
        let person = Caller {
            in_ci: false,
            ..caller()
        };
        assert_eq!(titles(&told_by(person, &refused(outcome))), [""; 0]);
    }
    for outcome in [Outcome::Usage, Outcome::Interrupted] {
        assert_eq!(titles(&told(&refused(outcome))), [""; 0], "{outcome:?}");
    }
}

#[test]
fn waiting_for_a_lock_is_told_once_after_a_few_seconds() {
    assert_eq!(
        titles(&told(&waiting())),
        [
            "Waiting: shop in staging waits for the lock of ben (audit)",
            "Started: deploying shop release 8 to staging",
            "Succeeded: shop release 8 is live in staging"
        ]
    );
    let mut short = waiting();
    short.messages[2].time = short.messages[1].time + Duration::from_secs(4);
    assert_eq!(told(&short).len(), 2);
    let given_up = waiting()
        .before(60.0)
        .finished(30.0, Finished::new(Outcome::Interrupted));
    assert_eq!(
        titles(&told(&given_up)).last().unwrap(),
        "Failed: stopped: app of shop in staging is not finished"
    );
}

#[test]
fn several_targets_are_one_message_with_a_line_each() {
    let said = told(&two_targets());
    assert_eq!(
        titles(&said),
        [
            "Started: deploying shop release 8 to staging",
            "update: deploying shop to staging",
            "update: deploying shop to staging",
            "RolledBack: shop failed in 1 of 2 targets of staging and was rolled back"
        ]
    );
    let last = new(said).pop().unwrap();
    let states: Vec<&str> = last
        .targets
        .iter()
        .map(|target| target.state.as_str())
        .collect();
    assert_eq!(
        states,
        [
            "release 8 is live",
            "release 6 failed, release 5 is running"
        ]
    );
    assert_eq!(last.cause.unwrap().code.as_deref(), Some("crash"));
}

#[test]
fn how_each_outcome_is_called() {
    let title = |command: &str, outcome: Outcome| {
        let mut script = with_changes(success());
        script.messages.pop();
        if let Event::Started { command: name, .. } = &mut script.messages[0].event {
            command.clone_into(name);
        }
        let end = Finished {
            running: (outcome == Outcome::JobFailed).then_some(7),
            ..end(outcome)
        };
        new(told(&script.finished(20.0, end))).pop().unwrap().title
    };
    assert_eq!(
        title("rollback", Outcome::Done),
        "rolled back: shop release 8 is live in staging"
    );
    assert_eq!(
        title("restart", Outcome::Done),
        "restarted: shop in staging"
    );
    assert_eq!(
        title("delete", Outcome::Done),
        "deleted: shop is gone from staging"
    );
    assert_eq!(
        title("app", Outcome::Interrupted),
        "stopped: app of shop release 8 in staging is not finished"
    );
    assert_eq!(
        title("app", Outcome::JobFailed),
        "shop release 8 stopped in staging: a job before the rollout failed, release 7 is running"
    );
    assert_eq!(
        title("app", Outcome::Failed),
        "shop release 8 failed in staging and was left as it is"
    );
}
