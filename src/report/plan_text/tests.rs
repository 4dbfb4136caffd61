use serde_json::json;

use super::super::sample::{change, plan, same, step};
use super::*;
use crate::plan::Conflict;

fn text(plan: &Plan, detail: Detail) -> String {
    plan_text(plan, Pen::default(), detail)
}

/// Every kind of step and of value.
fn rich() -> Plan {
    let mut rich = plan();
    rich.steps.extend([
        Step {
            changes: vec![
                change(
                    "data[nginx.conf]",
                    json!("one\ntwo\nthree\nfour\nfive\nsix\n"),
                    json!("one\ntwo\nthree\nFOUR\nfive\nsix\n"),
                ),
                change("data.ENABLED", json!("true"), json!("")),
                change("metadata.labels.old", json!("x"), serde_json::Value::Null),
            ],
            ..step("ConfigMap/nginx", Action::Update)
        },
        Step {
            changes: vec![change("data.password", json!("aHVudGVy"), json!("Zm9v"))],
            ..step("Secret/db", Action::Update)
        },
        Step {
            conflicts: vec![Conflict {
                manager: "kubectl-scale".into(),
                path: "spec.replicas".into(),
                live: Some(json!(5)),
                ours: Some(json!(3)),
            }],
            checked_later: Some("its namespace does not exist yet".into()),
            ..step("StatefulSet/db", Action::Replace { orphan: true })
        },
        step(
            "Service/old",
            Action::Adopt {
                from: "Helm".into(),
            },
        ),
        step("Ingress/old", Action::Delete),
        step(
            "PersistentVolumeClaim/data",
            Action::Keep {
                why: "volumes are never deleted; kubectl delete pvc data".into(),
            },
        ),
    ]);
    rich.notes = vec!["Deployment/web lacks our label: its pods restart once".into()];
    rich
}

#[test]
fn in_short() {
    same(
        text(&rich(), Detail::Summary),
        r"
+ ConfigMap/shop-common-3f2a
~ Deployment/web  image 1.4.1 → 1.4.2, restarts its pods, 1 more field
~ ConfigMap/nginx  3 fields
~ Secret/db  1 field
± StatefulSet/db  is deleted and made again; its pods run on, checked later: its namespace does not exist yet, ! spec.replicas belongs to kubectl-scale: 5 there, 3 here
~ Service/old  is taken over from Helm
- Ingress/old
= PersistentVolumeClaim/data  is kept: volumes are never deleted; kubectl delete pvc data
! Deployment/web lacks our label: its pods restart once
1 to create, 3 to change, 1 to adopt, 1 to replace, 1 to delete, 1 kept, 2 unchanged
",
    );
}

#[test]
fn in_full() {
    same(
        text(&rich(), Detail::Full),
        r#"
+ ConfigMap/shop-common-3f2a  deploy/templates/shop-common-3f2a.yaml:3
~ Deployment/web  deploy/templates/web.yaml:3
    restarts its pods
    spec.template.spec.containers[name=web].image:
      - registry.example/shop:1.4.1
      + registry.example/shop:1.4.2
    + spec.minReadySeconds: 5
~ ConfigMap/nginx  deploy/templates/nginx.yaml:3
    data[nginx.conf]:
        two
        three
      - four
      + FOUR
        five
        six
    data.ENABLED: "true" → ""
    - metadata.labels.old: x
~ Secret/db  deploy/templates/db.yaml:3
    data.password changes (secret, not shown)
± StatefulSet/db  deploy/templates/db.yaml:3
    is deleted and made again; its pods run on
    checked later: its namespace does not exist yet
    ! spec.replicas belongs to kubectl-scale: 5 there, 3 here
~ Service/old  deploy/templates/old.yaml:3
    is taken over from Helm
- Ingress/old  deploy/templates/old.yaml:3
= PersistentVolumeClaim/data  deploy/templates/data.yaml:3
    is kept: volumes are never deleted; kubectl delete pvc data

! Deployment/web lacks our label: its pods restart once
1 to create, 3 to change, 1 to adopt, 1 to replace, 1 to delete, 1 kept, 2 unchanged
"#,
    );
}

#[test]
fn verbose_shows_waves_and_what_stays() {
    same(
        text(&plan(), Detail::Verbose),
        r"
wave 1
+ ConfigMap/shop-common-3f2a  deploy/templates/shop-common-3f2a.yaml:3
= Deployment/worker  deploy/templates/worker.yaml:3
= Service/web  deploy/templates/web.yaml:3
wave 2
~ Deployment/web  deploy/templates/web.yaml:3
    restarts its pods
    spec.template.spec.containers[name=web].image:
      - registry.example/shop:1.4.1
      + registry.example/shop:1.4.2
    + spec.minReadySeconds: 5

1 to create, 1 to change, 2 unchanged
",
    );
}

#[test]
fn a_long_plan_is_counted() {
    let mut long = plan();
    long.steps = (0..20)
        .map(|n| step(&format!("ConfigMap/c{n}"), Action::Create))
        .collect();
    let text = text(&long, Detail::Summary);
    assert_eq!(text.lines().count(), 14);
    assert!(text.ends_with("  and 8 more\n20 to create"), "{text}");
}

#[test]
fn values_steer_no_terminal_and_do_not_flood_it() {
    let mut hostile = plan();
    hostile.steps[1].changes = vec![
        change("data.a", json!("x"), json!("\u{1b}[2J\u{7}y")),
        change("data.b", json!("x"), json!("y".repeat(5000))),
        change("data.c", json!("a\nb\n"), json!("a line\n".repeat(500))),
    ];
    let text = text(&hostile, Detail::Full);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'));
    assert!(text.lines().count() < 60);
    assert!(text.lines().all(|line| line.chars().count() < 140));
}
