use super::super::sample::{
    Script, applied, at, failure, same, several, success, ticks, with_jobs,
};
use super::*;

/// All that is said of a run, with the ticks that come between its messages.
fn transcript(script: &Script) -> String {
    let mut narrator = Narrator::new(Pen::default());
    let mut lines = Vec::new();
    let mut now = at(0.0);
    for message in &script.messages {
        for tick in ticks(now, message.time) {
            lines.extend(narrator.remind(tick));
        }
        lines.extend(narrator.tell(message));
        now = message.time;
    }
    lines.join("\n")
}

#[test]
fn a_success() {
    same(
        transcript(&success()),
        r"
shop → staging (context kind-a, namespace shop-staging)
[   0s] reading the project
[   0s] planning
  + ConfigMap/shop-common-3f2a
  ~ Deployment/web  image 1.4.1 → 1.4.2, restarts its pods, 1 more field
  1 to create, 1 to change, 2 unchanged
[   1s] release 8 is recorded
[   1s] applying
[   1s] 2 objects written in 0.4s
[   1s] rolling out
[   1s] ✓ Deployment/worker is ready (2/2)
[   3s] · Deployment/web (3/3, 1 new): 2 pods are starting
[   6s] · Deployment/web (3/3, 2 new): 1 pod is starting
[   8s] ✓ Deployment/web is ready (3/3)
[   8s] all ready, soaking
✓ shop release 8 is live in staging after 14s
  1 created, 1 changed; plan 0.7s, apply 0.4s, rollout 7.4s, soak 5.0s
",
    );
}

#[test]
fn a_failure() {
    same(
        transcript(&failure()),
        r"
shop → staging (context kind-a, namespace shop-staging)
[   0s] reading the project
[   0s] planning
  + ConfigMap/shop-common-3f2a
  ~ Deployment/web  image 1.4.1 → 1.4.2, restarts its pods, 1 more field
  1 to create, 1 to change, 2 unchanged
[   1s] release 8 is recorded
[   1s] applying
[   1s] 2 objects written in 0.4s
[   1s] rolling out
[   1s] ✓ Deployment/worker is ready (2/2)
[   1s] Pod/web-6c9f-x2x web | ::error::panic: DB_URL is not set
[   3s] · Deployment/web (3/3, 1 new): 2 pods are starting
[  32s] ! Deployment/web: container web ends with exit code 1 right after its start (crash)
[  32s] ✗ Deployment/web has failed (2/3, 1 new): container web ends with exit code 1
[  32s] undoing release 8: putting release 7 back
[  35s] · Deployment/web (2/3): 1 pod is starting
[  36s] ✓ Deployment/web is ready (3/3)
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
",
    );
}

#[test]
fn a_silence_is_broken_every_half_minute() {
    let mut narrator = Narrator::new(Pen::default());
    for message in &applied().messages {
        narrator.tell(message);
    }
    let said: Vec<String> = (2..70)
        .flat_map(|second| narrator.remind(at(f64::from(second))))
        .collect();
    same(
        said.join("\n"),
        r"
[   4s] · Deployment/web (3/3, 1 new): 2 pods are starting
[  34s] still waiting for 1 of 3 objects: Deployment/web (3/3, 1 new): 2 pods are starting
[1m04s] still waiting for 1 of 3 objects: Deployment/web (3/3, 1 new): 2 pods are starting
",
    );
}

#[test]
fn what_passes_within_moments_and_numbers_alone_are_no_news() {
    let mut script = Script::new().phase(0.0, Phase::Rollout);
    for (seconds, readiness, reason) in [
        (1.0, State::Waiting, "waiting to see it"),
        (1.2, State::Waiting, "1 pod is starting"),
        (4.0, State::Waiting, "2 pods are starting"),
        (8.0, State::Waiting, "waiting for an image"),
        (8.5, State::Waiting, "3 pods are starting"),
        (20.0, State::Ready, ""),
        (25.0, State::Ready, "a remark"),
    ] {
        script = script.news(seconds, "Deployment/web", readiness, reason, &[0, 1, 1]);
    }
    same(
        transcript(&script),
        r"
shop → staging (context kind-a, namespace shop-staging)
[   0s] rolling out
[   3s] · Deployment/web (0/1): 1 pod is starting
[   6s] · Deployment/web (0/1): 2 pods are starting
[  20s] ✓ Deployment/web is ready (0/1)
",
    );
}

#[test]
fn a_cause_is_told_once() {
    let mut script = Script::new();
    for (seconds, message) in [(1.0, "exit code 1"), (5.0, "exit code 1, restarts: 2")] {
        let mut finding = super::super::sample::crash();
        message.clone_into(&mut finding.message);
        let finding = Box::new(finding);
        script = script.and(seconds, Event::Found { finding });
    }
    same(
        transcript(&script),
        r"
shop → staging (context kind-a, namespace shop-staging)
[   1s] ! Deployment/web: exit code 1 (crash)
",
    );
}

#[test]
fn several_targets_are_named() {
    let script = Script::new()
        .target("eu")
        .phase(1.0, Phase::Plan)
        .target("us")
        .phase(1.0, Phase::Rollout)
        .news(2.0, "Deployment/web", State::Ready, "", &[1, 1, 1]);
    same(
        transcript(&script),
        r"
shop → staging (context kind-a, namespace shop-staging)
[   1s] eu: planning
[   1s] us: rolling out
[   2s] us: ✓ Deployment/web is ready (1/1)
",
    );
}

#[test]
fn jobs_and_checks() {
    same(
        transcript(&with_jobs()),
        r"
shop → staging (context kind-a, namespace shop-staging)
[   1s] running jobs before the rollout
[   1s] job migrate runs as Job/migrate-r8
[   3s] · job migrate: 0 of 1 succeeded, 1 running
[   4s] migrate | adding orders.note
[  13s] ✓ job migrate succeeded after 12s
[  13s] rolling out
[  15s] ✓ Deployment/web is ready (3/3)
[  15s] checking the new version
[  15s] · check Service/web:http/healthz: 503 Service Unavailable, wanted 200
[  17s] ✓ check Service/web:http/healthz: passed after 3 tries
[  17s] running jobs after the rollout
[  17s] job smoke runs as Job/smoke-r8
[  17s] smoke | GET / 200
[  18s] ✓ job smoke succeeded after 1.2s
✓ shop release 8 is live in staging after 18s
  1 created, 1 changed; jobs: migrate 12s, smoke 1.2s; 1 check passed; rollout 2.0s, checks 2.0s
",
    );
}

#[test]
fn targets_have_an_end_each_and_the_run_has_one() {
    same(
        transcript(&several()),
        r"
shop → production eu (context prod-eu, namespace shop)
shop → production us (context prod-us, namespace shop)
shop → production ap (context prod-ap, namespace shop)
[   0s] ap: planning
[   0s] eu: planning
[   1s] eu: rolling out
[   1s] eu: ✓ Deployment/web is ready (3/3)
[   1s] us: rolling out
[   3s] us: · Deployment/web (2/3, 2 new): 1 pod is starting
✗ shop in production (ap) could not be carried out
  cannot reach prod-ap: connection refused

  nothing written
✓ shop release 8 is live in production (eu) after 6.0s
  1 created, 1 changed; plan 0.7s, apply 0.4s, rollout 7.4s, soak 5.0s
[  32s] us: undoing release 8: putting release 7 back
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
✗ 1 of 3 targets of production succeeded
  us failed and was rolled back, release 7 is running: Deployment/web: container web ends with exit code 1 right after …
  ap failed: cannot reach prod-ap: connection refused
  next: deploy status --env production
",
    );
}

#[test]
fn each_apply_counts_what_it_wrote_itself() {
    let wrote = |object: &str| Event::Applied {
        object: super::super::sample::id(object),
        action: "create".into(),
    };
    let script = Script::default()
        .phase(0.0, Phase::Apply)
        .and(0.1, wrote("ConfigMap/a"))
        .phase(0.2, Phase::BeforeJobs)
        .phase(1.0, Phase::Apply)
        .and(1.1, wrote("Deployment/b"))
        .and(1.1, wrote("Deployment/c"))
        .phase(1.2, Phase::Rollout);
    let told = transcript(&script);
    let counts: Vec<&str> = told
        .lines()
        .filter_map(|line| line.split("] ").nth(1))
        .filter(|text| text.contains("written"))
        .collect();
    assert_eq!(
        counts,
        ["1 object written in 0.2s", "2 objects written in 0.2s"]
    );
}
