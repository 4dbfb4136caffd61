use super::super::sample::{Script, applied, crash, end, failure, rolled_back, same, success};
use super::*;
use crate::event::{Event, Message};

fn told(script: &Script) -> String {
    told_at(80, script)
}

fn told_at(columns: usize, script: &Script) -> String {
    let mut run = Run::default();
    for message in &script.messages {
        run.apply(message);
    }
    let Some(Message {
        event: Event::Finished(finished),
        ..
    }) = script.messages.last()
    else {
        panic!("the run has no end");
    };
    summary(&run, None, finished, &Pen::default(), (columns, 24)).join("\n")
}

#[test]
fn success_is_short() {
    same(
        told(&success()),
        r"
✓ shop release 8 is live in staging after 14s
  1 created, 1 changed; plan 0.7s, apply 0.4s, rollout 7.4s, soak 5.0s
",
    );
}

#[test]
fn nothing_to_do() {
    let script = Script::new()
        .and(0.3, Event::NothingToDo { release: Some(7) })
        .finished(
            0.4,
            Finished {
                release: None,
                running: Some(7),
                created: 0,
                changed: 0,
                ..end(Outcome::Done)
            },
        );
    same(
        told(&script),
        r"
✓ nothing to do: shop release 7 is live in staging, as it should be
",
    );
}

#[test]
fn a_dry_run_claims_nothing() {
    let script = applied().before(1.0).finished(
        1.0,
        Finished {
            release: None,
            running: None,
            created: 0,
            changed: 0,
            ..end(Outcome::Done)
        },
    );
    assert_eq!(told(&script), "✓ dry run: nothing was written to staging");
}

#[test]
fn restart_and_delete_say_what_they_did() {
    for (command, expected) in [
        ("restart", "✓ restarted: shop is live in staging after 3.0s"),
        ("delete", "✓ deleted: shop is gone from staging after 3.0s"),
    ] {
        let mut script = Script::new().finished(
            3.0,
            Finished {
                release: None,
                ..end(Outcome::Done)
            },
        );
        if let Event::Started { command: name, .. } = &mut script.messages[0].event {
            *name = command.into();
        }
        assert_eq!(told(&script).lines().next(), Some(expected));
    }
}

#[test]
fn a_crash_that_was_rolled_back() {
    same(
        told(&failure()),
        r"
✗ shop release 8 failed in staging and was rolled back: release 7 is running
  Deployment/web: container web ends with exit code 1 right after its start
  changed since the last good release:
    image of web: 1.4.1 → 1.4.2
  what was seen:
    web-6c9f-x2x/web: exit code 137 (SIGKILL, often the memory limit), 3 restar…
    event BackOff of Pod/web-6c9f-x2x, 3 times: Back-off restarting failed cont…
    log of web-6c9f-x2x/web, before it was restarted:
      | starting
      | panic: DB_URL is not set

  next: add DB_URL to the config `common`, or deploy the image that does not
        need it
  next: deploy logs --app shop --env staging
  1 created, 1 changed; rollout 31s, undo 4.2s
  more: deploy show 8 --findings or deploy explain crash
",
    );
}

#[test]
fn a_failure_that_was_left() {
    let script = applied().finished(
        40.0,
        Finished {
            findings: vec![crash()],
            next: vec![
                "deploy delete --app shop --env staging, to remove a first release".into(),
                "deploy status --app shop --env staging".into(),
            ],
            ..end(Outcome::Failed)
        },
    );
    same(
        told(&script),
        r"
✗ shop release 8 failed in staging and was left as it is
  Deployment/web: container web ends with exit code 1 right after its start
  what was seen:
    web-6c9f-x2x/web: exit code 137 (SIGKILL, often the memory limit), 3 restar…
    event BackOff of Pod/web-6c9f-x2x, 3 times: Back-off restarting failed cont…
    log of web-6c9f-x2x/web, before it was restarted:
      | starting
      | panic: DB_URL is not set

  next: add DB_URL to the config `common`, or deploy the image that does not
        need it
  next: deploy delete --app shop --env staging, to remove a first release
  next: deploy status --app shop --env staging
  1 created, 1 changed; plan 0.7s, apply 0.4s, rollout 7.4s, soak 5.0s
  more: deploy show 8 --findings or deploy explain crash
",
    );
}

#[test]
fn an_undo_that_failed_too() {
    let script = applied()
        .and(32.5, Event::Undoing { release: 8, to: 7 })
        .finished(40.0, end(Outcome::Failed));
    same(
        told(&script),
        r"
✗ shop release 8 failed in staging, and putting release 7 back failed too
  no cause was found; what was seen is in the record

  1 created, 1 changed; plan 0.7s, apply 0.4s, rollout 7.4s, soak 5.0s
",
    );
}

#[test]
fn interrupted() {
    let script = applied().finished(
        5.0,
        Finished {
            next: vec![
                "deploy resume --app shop --env staging".into(),
                "deploy rollback --app shop --env staging".into(),
            ],
            timings: Vec::new(),
            ..end(Outcome::Interrupted)
        },
    );
    same(
        told(&script),
        r"
! stopped: shop release 8 in staging is not finished
  1 of 3 objects not ready yet; the cluster carries on by itself

  next: deploy resume --app shop --env staging
  next: deploy rollback --app shop --env staging
  1 created, 1 changed
",
    );
}

#[test]
fn a_rollback() {
    let mut script = success();
    if let Event::Started { command, .. } = &mut script.messages[0].event {
        *command = "rollback".into();
    }
    if let Event::Finished(finished) = &mut script.messages.last_mut().unwrap().event {
        finished.running = Some(6);
    }
    same(
        told(&script),
        r"
✓ rolled back: shop release 8 is live in staging after 14s, with the objects of
  release 6
  1 created, 1 changed; plan 0.7s, apply 0.4s, rollout 7.4s, soak 5.0s
",
    );
}

#[test]
fn on_a_narrow_terminal_commands_stay_whole() {
    let command = "deploy status --env staging --context production-europe-west";
    let finished = Finished {
        next: vec![command.into(); 2],
        ..rolled_back()
    };
    let text = told_at(40, &applied().finished(40.0, finished));
    let whole = text.lines().filter(|line| line.ends_with(command)).count();
    assert_eq!(whole, 2, "{text}");
}

#[test]
fn however_much_was_found_it_fits_a_small_terminal() {
    let mut finding = crash();
    let long = "a very long line without an end ".repeat(20);
    finding.message.clone_from(&long);
    finding.next.clone_from(&long);
    if let Some(crate::diagnose::Evidence::Log { lines, .. }) = finding.evidence.last_mut() {
        *lines = vec![long.clone(); 100];
    }
    let finished = Finished {
        findings: vec![finding; 30],
        since_last_good: vec![long.clone(); 30],
        next: vec![long; 30],
        ..rolled_back()
    };
    let text = told(&applied().finished(40.0, finished));
    assert!(text.lines().count() <= 23, "{text}");
    assert!(
        text.lines()
            .all(|line| console::measure_text_width(line) <= 80),
        "{text}"
    );
    for part in [
        "log of",
        "next:",
        "and 28 more",
        "exit code 137",
        "and 28 more findings",
        "deploy show 8",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
}
