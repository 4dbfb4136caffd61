use std::path::Path;

use super::super::sample::{Script, failure, same};
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
    same(read("outputs").trim_end(), "outcome=rolledBack\nrelease=8");
    same(
        read("summary.md").trim_end(),
        r"
### ✗ shop release 8 failed in staging and was rolled back: release 7 is running

| object | state | pods | |
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
