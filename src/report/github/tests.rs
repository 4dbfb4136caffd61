use std::path::Path;

use super::super::sample::{Script, failure, same, several, with_jobs};
use super::super::tests::{Screen, tell};
use super::*;

fn github(script: &Script, folder: &Path) -> String {
    let screen = Screen::default();
    let mut env = screen.env();
    env.cwd = folder.join("services/shop");
    for (name, value) in [
        (vars::GITHUB_WORKSPACE, folder.to_path_buf()),
        (vars::GITHUB_STEP_SUMMARY, folder.join("summary.md")),
        (vars::GITHUB_OUTPUT, folder.join("outputs")),
    ] {
        env.variables
            .insert(name.into(), value.display().to_string());
    }
    let shell = Shell::new(&mut env, crate::shell::OutputFormat::Github, false);
    tell(script, &mut Github::new(&shell, &env));
    assert_eq!(screen.err(), "", "everything is on stdout");
    screen.out()
}

#[test]
fn groups_annotations_summary_and_outputs() {
    let folder = tempfile::tempdir().unwrap();
    same(
        github(&failure(), folder.path()).trim_end(),
        r"
shop → staging (context kind-a, namespace shop-staging)
::group::Plan
[   0s] reading the project
[   0s] planning
  + ConfigMap/shop-common-3f2a
  ~ Deployment/web  image 1.4.1 → 1.4.2, restarts its pods, 1 more field
  1 to create, 1 to change, 2 unchanged
[   1s] release 8 is recorded
::endgroup::
::group::Apply
[   1s] applying
[   1s] 2 objects written in 0.4s
::endgroup::
::group::Roll out
[   1s] rolling out
[   1s] ✓ Deployment/worker is ready (2/2)
[   1s] Pod/web-6c9f-x2x web | ::error::panic: DB_URL is not set
[   3s] · Deployment/web (3/3, 1 new): 2 pods are starting
[  32s] ! Deployment/web: container web ends with exit code 1 right after its start (crash)
[  32s] ✗ Deployment/web has failed (2/3, 1 new): container web ends with exit code 1
::endgroup::
::group::Undo
[  32s] undoing release 8: putting release 7 back
[  35s] · Deployment/web (2/3): 1 pod is starting
[  36s] ✓ Deployment/web is ready (3/3)
::endgroup::
✗ shop release 8 failed in staging and was rolled back: release 7 is running
  Deployment/web: container web ends with exit code 1 right after its start
  changed since the last good release:
    image of web: 1.4.1 → 1.4.2
  what was seen:
    web-6c9f-x2x/web: exit code 137 (SIGKILL, often the memory limit), 3 restarts, terminated Error
    event BackOff of Pod/web-6c9f-x2x, 3 times: Back-off restarting failed container
    log of web-6c9f-x2x/web, before it was restarted:
      | starting
      | panic: DB_URL is not set

  next: add DB_URL to the config `common`, or deploy the image that does not need it
  next: deploy logs --app shop --env staging
  1 created, 1 changed; rollout 31s, undo 4.2s
  more: deploy show 8 --findings or deploy explain crash
::error file=services/shop/deploy/templates/web.yaml,line=3,title=shop in staging::Deployment/web: container web ends with exit code 1 right after its start [crash]%0Aadd DB_URL to the config `common`, or deploy the image that does not need it
",
    );
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    same(
        read("outputs").trim_end(),
        r#"
outcome=rolledBack
exit-code=5
release=8
run=r-1
targets={"staging":{"exitCode":5,"outcome":"rolledBack","release":8,"running":7}}
"#,
    );
    same(
        read("summary.md").trim_end(),
        r"
### ✗ shop release 8 failed in staging and was rolled back: release 7 is running

| object | result | pods | reason |
| --- | --- | --- | --- |
| `Deployment/web` | ready | 3/3 |  |

**Deployment/web**: container web ends with exit code 1 right after its start (`crash`)

````text
web-6c9f-x2x/web: exit code 137 (SIGKILL, often the memory limit), 3 restarts, terminated Error
event BackOff of Pod/web-6c9f-x2x, 3 times: Back-off restarting failed container
log of web-6c9f-x2x/web, before it was restarted:
  | starting
  | panic: DB_URL is not set
````

Next: add DB_URL to the config 'common', or deploy the image that does not need it
",
    );
}

#[test]
fn a_warning_points_at_the_template() {
    let folder = tempfile::tempdir().unwrap();
    let script = super::super::sample::applied().and(
        2.0,
        Event::Warning {
            code: "no-limits".into(),
            message: "no limits, 100% of the node".into(),
            object: Some(super::super::sample::id("Deployment/web")),
        },
    );
    let text = github(&script, folder.path());
    assert!(
        text.contains("::warning file=services/shop/deploy/templates/web.yaml,line=3,title=shop in staging::no limits, 100%25 of the node"),
        "{text}"
    );
}

#[test]
fn jobs_and_checks_are_in_groups_and_in_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let text = github(&with_jobs(), folder.path());
    let summary = std::fs::read_to_string(folder.path().join("summary.md")).unwrap();
    same(
        format!("{text}\n{}", summary.trim_end()),
        r"
shop → staging (context kind-a, namespace shop-staging)
::group::Jobs before the rollout
[   1s] running jobs before the rollout
[   1s] job migrate runs as Job/migrate-r8
[   3s] · job migrate: 0 of 1 succeeded, 1 running
[   4s] migrate | adding orders.note
[  13s] ✓ job migrate succeeded after 12s
::endgroup::
::group::Roll out
[  13s] rolling out
[  15s] ✓ Deployment/web is ready (3/3)
::endgroup::
::group::Checks
[  15s] checking the new version
[  15s] · check Service/web:http/healthz: 503 Service Unavailable, wanted 200
[  17s] ✓ check Service/web:http/healthz: passed after 3 tries
::endgroup::
::group::Jobs after the rollout
[  17s] running jobs after the rollout
[  17s] job smoke runs as Job/smoke-r8
[  17s] smoke | GET / 200
[  18s] ✓ job smoke succeeded after 1.2s
::endgroup::
::group::Clean up
::endgroup::
✓ shop release 8 is live in staging after 18s
  1 created, 1 changed; jobs: migrate 12s, smoke 1.2s; 1 check passed; rollout 2.0s, checks 2.0s

### ✓ shop release 8 is live in staging after 18s

| object | result | pods | reason |
| --- | --- | --- | --- |
| `Deployment/web` | ready | 3/3 |  |
| `job migrate` | succeeded |  |  |
| `job smoke` | succeeded |  |  |
| `check Service/web:http/healthz` | passed |  |  |
",
    );
}

#[test]
fn several_targets_have_a_section_each_and_one_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let text = github(&several(), folder.path());
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let all = format!(
        "{text}\n{}\n{}",
        read("summary.md"),
        read("outputs").trim_end()
    );
    same(
        all,
        r#"
shop → production eu (context prod-eu, namespace shop)
shop → production us (context prod-us, namespace shop)
shop → production ap (context prod-ap, namespace shop)
::group::ap: Plan
[   0s] ap: planning
::endgroup::
::group::eu: Plan
[   0s] eu: planning
::endgroup::
::group::eu: Roll out
[   1s] eu: rolling out
[   1s] eu: ✓ Deployment/web is ready (3/3)
::endgroup::
::group::us: Roll out
[   1s] us: rolling out
::endgroup::
[   3s] us: · Deployment/web (2/3, 2 new): 1 pod is starting
✗ shop in production (ap) could not be carried out
  cannot reach prod-ap: connection refused

  nothing written
::error title=shop in production (ap)::cannot reach prod-ap: connection refused
✓ shop release 8 is live in production (eu) after 6.0s
  1 created, 1 changed; plan 0.7s, apply 0.4s, rollout 7.4s, soak 5.0s
::group::us: Undo
[  32s] us: undoing release 8: putting release 7 back
::endgroup::
✗ shop release 8 failed in production (us) and was rolled back: release 7 is running
  Deployment/web: container web ends with exit code 1 right after its start
  changed since the last good release:
    image of web: 1.4.1 → 1.4.2
  what was seen:
    web-6c9f-x2x/web: exit code 137 (SIGKILL, often the memory limit), 3 restarts, terminated Error
    event BackOff of Pod/web-6c9f-x2x, 3 times: Back-off restarting failed container
    log of web-6c9f-x2x/web, before it was restarted:
      | starting
      | panic: DB_URL is not set

  next: add DB_URL to the config `common`, or deploy the image that does not need it
  next: deploy logs --app shop --env staging
  1 created, 1 changed; rollout 31s, undo 4.2s
  more: deploy show 8 --findings or deploy explain crash
::error title=shop in production (us)::Deployment/web: container web ends with exit code 1 right after its start [crash]%0Aadd DB_URL to the config `common`, or deploy the image that does not need it
✗ 1 of 3 targets of production succeeded
  us failed and was rolled back, release 7 is running: Deployment/web: container web ends with exit code 1 right after …
  ap failed: cannot reach prod-ap: connection refused
  next: deploy status --env production

## ✗ 1 of 3 targets of production succeeded

- us failed and was rolled back, release 7 is running: Deployment/web: container web ends with exit code 1 right after its start

- ap failed: cannot reach prod-ap: connection refused

- next: deploy status --env production

### ✓ shop release 8 is live in production (eu) after 6.0s

| object | result | pods | reason |
| --- | --- | --- | --- |
| `Deployment/web` | ready | 3/3 |  |

### ✗ shop release 8 failed in production (us) and was rolled back: release 7 is running

**Deployment/web**: container web ends with exit code 1 right after its start (`crash`)

````text
web-6c9f-x2x/web: exit code 137 (SIGKILL, often the memory limit), 3 restarts, terminated Error
event BackOff of Pod/web-6c9f-x2x, 3 times: Back-off restarting failed container
log of web-6c9f-x2x/web, before it was restarted:
  | starting
  | panic: DB_URL is not set
````

Next: add DB_URL to the config 'common', or deploy the image that does not need it

### ✗ shop in production (ap) could not be carried out

cannot reach prod-ap: connection refused


outcome=rolledBack
exit-code=5
release=
run=r-1
targets={"ap":{"exitCode":4,"outcome":"refused","release":null,"running":null},"eu":{"exitCode":0,"outcome":"done","release":8,"running":8},"us":{"exitCode":5,"outcome":"rolledBack","release":8,"running":7}}
"#,
    );
}

/// GitHub drops the whole of a summary that is longer.
#[test]
fn a_summary_that_is_too_long_is_cut_and_says_so() {
    let long = |findings: usize| {
        let mut script = failure();
        let Some(Event::Finished(finished)) =
            script.messages.last_mut().map(|message| &mut message.event)
        else {
            panic!("it ends");
        };
        finished.findings = vec![super::super::sample::crash(); findings];
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("summary.md"), "of a step before\n").unwrap();
        github(&script, folder.path());
        std::fs::read_to_string(folder.path().join("summary.md")).unwrap()
    };
    assert!(!long(10).contains("left out"));
    let text = long(5000);
    assert!(text.len() <= SUMMARY, "{}", text.len());
    assert!(text.starts_with("of a step before\n### ✗ shop release 8 failed"));
    assert!(text.trim_end().ends_with("`deploy show` has it all."));
    assert_eq!(text.matches("````").count() % 2, 0);
}

#[test]
fn a_run_that_could_not_be_carried_out_has_outputs_and_a_summary() {
    let folder = tempfile::tempdir().unwrap();
    let script = Script::new().phase(0.1, Phase::Plan).finished(
        1.0,
        Finished {
            error: Some("cannot reach kind-a".into()),
            ..Finished::new(crate::error::Outcome::Refused)
        },
    );
    let text = github(&script, folder.path());
    assert!(
        !text.contains("cannot reach"),
        "the program says it: {text}"
    );
    assert!(text.trim_end().ends_with("::endgroup::"), "{text}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("summary.md").contains("cannot reach kind-a"));
    assert!(read("outputs").starts_with("outcome=refused\nexit-code=4\nrelease=\n"));
}
