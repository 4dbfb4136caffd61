use super::super::sample::{Script, applied, at, failure, same, success};
use super::*;

fn transcript(script: &Script) -> String {
    let mut narrator = Narrator::new(Pen::default());
    script
        .messages
        .iter()
        .flat_map(|message| narrator.tell(message))
        .collect::<Vec<_>>()
        .join("\n")
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
[   1s] · Deployment/web (3/3, 1 new): 2 pods are starting
[   4s] · Deployment/web (3/3, 2 new): 1 pod is starting
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
[   1s] · Deployment/web (3/3, 1 new): 2 pods are starting
[   1s] Pod/web-6c9f-x2x web | ::error::panic: DB_URL is not set
[  32s] ! Deployment/web: container web ends with exit code 1 right after its start (crash)
[  32s] ✗ Deployment/web has failed (2/3, 1 new): container web ends with exit code 1
[  32s] undoing release 8: putting release 7 back
[  33s] · Deployment/web (2/3): 1 pod is starting
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
[  32s] still waiting for 1 of 3 objects: Deployment/web (3/3, 1 new): 2 pods are starting
[1m02s] still waiting for 1 of 3 objects: Deployment/web (3/3, 1 new): 2 pods are starting
",
    );
}

#[test]
fn numbers_alone_are_no_news() {
    let mut narrator = Narrator::new(Pen::default());
    let script = applied()
        .news(
            3.0,
            "Deployment/web",
            State::Waiting,
            "1 pods are starting",
            &[3, 3, 2],
        )
        .news(
            4.0,
            "Deployment/web",
            State::Waiting,
            "waiting for an image",
            &[3, 3, 2],
        );
    let said: Vec<Vec<String>> = script
        .messages
        .iter()
        .map(|message| narrator.tell(message))
        .collect();
    assert!(said[said.len() - 2].is_empty(), "{said:?}");
    assert_eq!(said[said.len() - 1].len(), 1, "{said:?}");
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
