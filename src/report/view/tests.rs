use super::super::sample::{Script, applied, at, failure, same, success, with_jobs};
use super::*;
use crate::event::Event;

fn view(script: &Script) -> View {
    let mut view = View::default();
    for message in &script.messages {
        view.apply(message);
    }
    view
}

fn picture(script: &Script, width: usize, height: usize, now: f64) -> String {
    view(script).lines(width, height, at(now)).join("\n")
}

#[test]
fn a_rollout_in_80_and_in_120_columns() {
    same(
        picture(&applied(), 80, 24, 4.0),
        r"
shop → staging  kind-a/shop-staging  release 8  1 to create, 1 to change, 2 unc…
✓ Deployment/worker  █████ 2/2            0s
· Deployment/web     █···· 3/3, 1 new     2s  2 pods are starting
✓ 1 more ready
⠙ rolling out  2s
",
    );
    same(
        picture(&applied(), 120, 24, 4.0),
        r"
shop → staging  kind-a/shop-staging  release 8  1 to create, 1 to change, 2 unchanged
✓ Deployment/worker  ██████████ 2/2            0s
· Deployment/web     ███······· 3/3, 1 new     2s  2 pods are starting
✓ 1 more ready
⠙ rolling out  2s
",
    );
}

#[test]
fn phases_in_words() {
    let undoing = failure().before(33.0);
    let soaking = success().before(9.0);
    let locked = applied().and(
        2.0,
        Event::WaitingForLock {
            holder: "ann@laptop".into(),
            since: Some(at(-118.0)),
            reason: Some("hotfix".into()),
        },
    );
    for (script, now, expected) in [
        (soaking, 11.2, "all ready, soaking 3s more"),
        (undoing, 33.0, "undoing: putting release 7 back"),
        (locked, 2.0, "waiting for ann@laptop, locked 2m ago: hotfix"),
        (
            applied().phase(2.0, Phase::Apply),
            2.0,
            "applying: 2 of 2 written",
        ),
    ] {
        let last = view(&script).lines(80, 24, at(now)).pop().unwrap();
        assert!(last.contains(expected), "{last}");
    }
}

#[test]
fn what_does_not_fit_becomes_a_number() {
    let mut script = applied();
    for number in 0..30 {
        let state = if number == 29 {
            State::Failed
        } else if number < 12 {
            State::Ready
        } else {
            State::Waiting
        };
        script = script.news(
            2.0,
            &format!("Deployment/d{number:02}"),
            state,
            "because",
            &[0, 1, 1],
        );
    }
    let text = picture(&script, 60, 10, 3.0);
    same(
        &text,
        r"
shop → staging  kind-a/shop-staging  release 8  1 to create…
✗ Deployment/d29  ▒▒▒▒▒ 0/1            0s  because
· Deployment/web  █···· 3/3, 1 new     1s  2 pods are start…
· Deployment/d12  ▒▒▒▒▒ 0/1            1s  because
· Deployment/d13  ▒▒▒▒▒ 0/1            1s  because
· Deployment/d14  ▒▒▒▒▒ 0/1            1s  because
· 14 more not ready
✓ 14 ready
⠙ rolling out  1s
",
    );
    assert_eq!(text.lines().count(), 9, "one line is left free");
}

#[test]
fn nothing_is_drawn_over_a_question_or_after_the_end() {
    let mut asking = applied().before(1.0);
    asking.messages.pop();
    assert!(matches!(
        asking.messages.last().unwrap().event,
        Event::Planned { .. }
    ));
    assert_eq!(picture(&asking, 80, 24, 1.0), "");
    assert_eq!(picture(&success(), 80, 24, 15.0), "");
}

#[test]
fn several_targets_share_the_terminal() {
    let script = applied()
        .target("eu")
        .phase(2.0, Phase::Rollout)
        .target("us")
        .phase(2.0, Phase::Plan);
    same(
        picture(&script, 60, 24, 3.0),
        r"
shop → staging  eu  kind-a/shop-staging  release 8  1 to cr…
✓ Deployment/worker  █████ 2/2            0s
· Deployment/web     █···· 3/3, 1 new     1s  2 pods are st…
✓ 1 more ready
⠙ rolling out  1s
shop → staging  us
⠙ planning  1s
",
    );
}

#[test]
fn ascii_and_wide_names() {
    let mut view = View::default();
    view.pen.dress.ascii = true;
    for message in &applied()
        .news(
            2.0,
            "Deployment/漢字漢字",
            State::Failed,
            "a reason that is far too long for it",
            &[0, 2, 1],
        )
        .messages
    {
        view.apply(message);
    }
    same(
        view.lines(60, 24, at(3.0)).join("\n"),
        r"
shop -> staging  kind-a/shop-staging  release 8  1 to cre...
ok Deployment/worker    ##### 2/2            0s
*  Deployment/web       #.... 3/3, 1 new     1s  2 pods a...
x  Deployment/漢字漢字  ==... 0/2, 1 new     0s  a reason...
ok 1 more ready
/ rolling out  1s
",
    );
}

#[test]
fn jobs_and_checks_have_rows() {
    let pictures = [6.0, 16.0, 17.6].map(|seconds| {
        let script = with_jobs().before(seconds);
        picture(&script, 80, 24, seconds)
    });
    same(
        pictures.join("\n\n"),
        r"
shop → staging  kind-a/shop-staging
· job migrate     5s  0 of 1 succeeded, 1 running
⠹ running job migrate before the rollout  5s

shop → staging  kind-a/shop-staging
✓ job migrate                                  12s
✓ Deployment/web                  █████ 3/3     1s
· check Service/web:http/healthz                0s  503 Service Unavailable, wa…
⠴ checking the new version: 0 of 1 passed  1s

shop → staging  kind-a/shop-staging
✓ job migrate                                  12s
✓ Deployment/web                  █████ 3/3     1s
✓ check Service/web:http/healthz                1s
⠹ running job smoke after the rollout  0s
",
    );
}
