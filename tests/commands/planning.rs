//! Plans and their application: which requests, in which order, and nothing written when anything speaks against it.

use deploy::ops::planning;
use deploy::plan::{PlanOptions, Previous};
use serde_json::json;

use crate::fake::Fake;
use crate::support::{NAMESPACE, carry_out, cluster, config, deployment, lines, manifest, plan};

const WEB: &str = "/apis/apps/v1/namespaces/shop/deployments/web";

#[tokio::test(start_paused = true)]
async fn a_first_deploy_creates_config_before_workloads() {
    let fake = Fake::new(NAMESPACE);
    let cluster = cluster(&fake);
    let desired = [deployment("web", "web:1"), config("settings", "a")];
    let made = plan(
        &cluster,
        &desired,
        &Previous::default(),
        &PlanOptions::default(),
    )
    .await
    .unwrap();
    assert_eq!(
        lines(&made),
        ["create ConfigMap/settings", "create Deployment/web"]
    );
    assert_eq!(fake.writes(), Vec::<String>::new(), "a plan only reads");

    carry_out(&cluster, &made, &desired).await.unwrap();
    assert_eq!(
        fake.writes(),
        [
            "PATCH /api/v1/namespaces/shop/configmaps/settings",
            &format!("PATCH {WEB}")
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_no_op_of_200_objects_costs_a_list_per_kind() {
    let fake = Fake::new(NAMESPACE);
    let cluster = cluster(&fake);
    let service = |index: usize| {
        manifest(
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": format!("s{index}")}, "spec": {"ports": [{"port": 80}]}}),
        )
    };
    let budget = |index: usize| {
        manifest(
            json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": format!("b{index}")}, "spec": {"minAvailable": 1}}),
        )
    };
    let desired: Vec<_> = (0..50)
        .flat_map(|index| {
            [
                deployment(&format!("d{index}"), "web:1"),
                config(&format!("c{index}"), "a"),
                service(index),
                budget(index),
            ]
        })
        .collect();
    let first = plan(
        &cluster,
        &desired,
        &Previous::default(),
        &PlanOptions::default(),
    )
    .await
    .unwrap();
    let previous = carry_out(&cluster, &first, &desired).await.unwrap();

    fake.forget_requests();
    let again = plan(
        &super::support::cluster(&fake),
        &desired,
        &previous,
        &PlanOptions::default(),
    )
    .await
    .unwrap();
    assert!(again.is_empty());
    // Four kinds, two of discovery, one for autoscalers; records and the rest of a run have room up to kinds + 10.
    assert_eq!(fake.requests().len(), 4 + 3, "{:#?}", fake.requests());
}

#[tokio::test(start_paused = true)]
async fn a_change_is_shown_by_field_and_what_is_gone_from_the_project_goes() {
    let fake = Fake::new(NAMESPACE);
    let cluster = cluster(&fake);
    let before = [
        deployment("web", "web:1"),
        deployment("old", "old:1"),
        config("settings", "a"),
    ];
    let first = plan(
        &cluster,
        &before,
        &Previous::default(),
        &PlanOptions::default(),
    )
    .await
    .unwrap();
    let previous = carry_out(&cluster, &first, &before).await.unwrap();

    let after = [deployment("web", "web:2"), config("settings", "a")];
    let second = plan(&cluster, &after, &previous, &PlanOptions::default())
        .await
        .unwrap();
    assert_eq!(
        lines(&second),
        [
            "unchanged ConfigMap/settings",
            "update Deployment/web",
            "delete Deployment/old"
        ]
    );
    let step = &second.steps[1];
    assert!(step.restarts_pods);
    assert_eq!(
        step.changes
            .iter()
            .map(|change| change.path.as_str())
            .collect::<Vec<_>>(),
        ["spec.template.spec.containers[name=main].image"]
    );

    fake.forget_requests();
    carry_out(&cluster, &second, &after).await.unwrap();
    assert_eq!(
        fake.writes(),
        [
            format!("PATCH {WEB}"),
            "DELETE /apis/apps/v1/namespaces/shop/deployments/old".to_owned()
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn all_refusals_are_told_at_once_and_nothing_is_written() {
    let fake = Fake::new(NAMESPACE);
    fake.fail(
        "PATCH",
        "deployments/web",
        1,
        422,
        "Invalid",
        "spec.replicas: must be positive",
    );
    fake.fail(
        "PATCH",
        "configmaps/settings",
        1,
        403,
        "Forbidden",
        "User \"ann\" cannot patch resource \"configmaps\"",
    );
    let desired = [deployment("web", "web:1"), config("settings", "a")];
    let failure = plan(
        &cluster(&fake),
        &desired,
        &Previous::default(),
        &PlanOptions::default(),
    )
    .await
    .unwrap_err();
    assert_eq!(failure.exit_code(), 4);
    let text = failure.source.to_string();
    assert!(
        text.starts_with("the cluster refuses 2 changes; nothing was written"),
        "{text}"
    );
    assert!(
        text.contains(
            "Deployment/web (deploy/templates/web.yaml:1): spec.replicas: must be positive"
        ),
        "{text}"
    );
    assert!(
        failure.hints[0].contains("`patch` configmaps in namespace shop"),
        "{:?}",
        failure.hints
    );
    assert_eq!(fake.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_conflict_shows_manager_and_values_and_can_be_forced() {
    let fake = Fake::new(NAMESPACE);
    let cluster = cluster(&fake);
    let desired = [deployment("web", "web:1")];
    let first = plan(
        &cluster,
        &desired,
        &Previous::default(),
        &PlanOptions::default(),
    )
    .await
    .unwrap();
    carry_out(&cluster, &first, &desired).await.unwrap();
    fake.change(WEB, |web| web["spec"]["replicas"] = json!(5));
    let status = json!({"kind": "Status", "code": 409, "reason": "Conflict", "message": "Apply failed with 1 conflict", "details": {"causes": [
        {"reason": "FieldManagerConflict", "field": ".spec.replicas", "message": "conflict with \"kubectl-edit\" using apps/v1"}]}});
    fake.fail_with("PATCH", "force=false", 10, 409, status);

    let failure = plan(
        &cluster,
        &desired,
        &Previous::default(),
        &PlanOptions::default(),
    )
    .await
    .unwrap_err();
    let text = failure.source.to_string();
    assert!(
        text.contains("spec.replicas: `kubectl-edit` set 5, the template says 2"),
        "{text}"
    );
    assert!(failure.hints[0].contains("--force-conflicts"));

    let forced = PlanOptions {
        force_owned: true,
        ..PlanOptions::default()
    };
    let made = plan(&cluster, &desired, &Previous::default(), &forced)
        .await
        .unwrap();
    assert_eq!(made.steps[0].conflicts[0].manager, "kubectl-edit");
    carry_out(&cluster, &made, &desired).await.unwrap();
    assert_eq!(fake.object(WEB).unwrap()["spec"]["replicas"], 2);
}

#[tokio::test(start_paused = true)]
async fn an_object_of_another_tool_stops_the_plan_unless_it_is_adopted() {
    let fake = Fake::new(NAMESPACE);
    fake.put(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": NAMESPACE, "annotations": {"meta.helm.sh/release-name": "r"}}}));
    let desired = [config("settings", "a")];
    let failure = plan(
        &cluster(&fake),
        &desired,
        &Previous::default(),
        &PlanOptions::default(),
    )
    .await
    .unwrap_err();
    assert_eq!(failure.exit_code(), 3);
    assert!(
        failure
            .source
            .to_string()
            .contains("belongs to the Helm release `r`")
    );
    let adopt = PlanOptions {
        adopt: true,
        ..PlanOptions::default()
    };
    let made = plan(&cluster(&fake), &desired, &Previous::default(), &adopt)
        .await
        .unwrap();
    assert_eq!(lines(&made), ["adopt ConfigMap/settings"]);
}

#[tokio::test(start_paused = true)]
async fn a_namespace_is_made_only_when_allowed() {
    let fake = Fake::default();
    let desired = [config("settings", "a")];
    let failure = plan(
        &cluster(&fake),
        &desired,
        &Previous::default(),
        &PlanOptions::default(),
    )
    .await
    .unwrap_err();
    assert_eq!(
        (
            failure.exit_code(),
            failure.hints[0].contains("createNamespace")
        ),
        (4, true)
    );
    let options = PlanOptions {
        create_namespace: true,
        ..PlanOptions::default()
    };
    let made = plan(&cluster(&fake), &desired, &Previous::default(), &options)
        .await
        .unwrap();
    assert_eq!(
        lines(&made),
        ["create Namespace/shop", "create ConfigMap/settings"]
    );
    assert_eq!(
        made.steps[1].checked_later.as_deref(),
        Some("its namespace does not exist yet")
    );
}

#[tokio::test(start_paused = true)]
async fn a_plan_notices_what_moved_but_not_status() {
    let fake = Fake::new(NAMESPACE);
    let cluster = cluster(&fake);
    let desired = [deployment("web", "web:1")];
    let first = plan(
        &cluster,
        &desired,
        &Previous::default(),
        &PlanOptions::default(),
    )
    .await
    .unwrap();
    let previous = carry_out(&cluster, &first, &desired).await.unwrap();
    let made = plan(
        &cluster,
        &[deployment("web", "web:2")],
        &previous,
        &PlanOptions::default(),
    )
    .await
    .unwrap();

    fake.change(WEB, |web| web["status"]["readyReplicas"] = json!(1));
    assert!(planning::check_unmoved(&cluster, &made).await.unwrap());
    // An autoscaler writes through the scale subresource and raises the generation: no reason to plan again.
    fake.change(WEB, |web| web["metadata"]["generation"] = json!(9));
    assert!(planning::check_unmoved(&cluster, &made).await.unwrap());
    let edit = json!({"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:spec": {"f:paused": {}}}});
    fake.change(WEB, |web| {
        let entries = web["metadata"]["managedFields"].as_array_mut();
        entries.unwrap().push(edit);
    });
    assert!(!planning::check_unmoved(&cluster, &made).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_masked_plan_holds_no_secret_value_and_is_recognised() {
    let fake = Fake::new(NAMESPACE);
    let secret = manifest(
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "stringData": {"url": "hunter22"}}),
    );
    let made = plan(
        &cluster(&fake),
        &[secret],
        &Previous::default(),
        &PlanOptions::default(),
    )
    .await
    .unwrap();
    let text = serde_json::to_string(&made.masked()).unwrap();
    assert!(
        !text.contains("hunter22") && !text.contains("applied-digest"),
        "{text}"
    );
    planning::check_reviewed(&made.masked(), &made).unwrap();
    let other = plan(
        &cluster(&fake),
        &[config("settings", "a")],
        &Previous::default(),
        &PlanOptions::default(),
    )
    .await
    .unwrap();
    assert_eq!(
        planning::check_reviewed(&made.masked(), &other)
            .unwrap_err()
            .exit_code(),
        4
    );
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_would_not_be_let_in_is_seen_before_anything_is_written() {
    let fake = Fake::new(NAMESPACE);
    fake.fail(
        "POST",
        "pods?",
        1,
        403,
        "Forbidden",
        "pods \"web-x\" is forbidden: violates PodSecurity \"restricted:latest\"",
    );
    let desired = [deployment("web", "web:1")];
    let failure = plan(
        &cluster(&fake),
        &desired,
        &Previous::default(),
        &PlanOptions::default(),
    )
    .await
    .unwrap_err();
    let text = failure.source.to_string();
    assert!(text.contains("Deployment/web (deploy/templates/web.yaml:1): its pods are refused: pods \"web-x\" is forbidden: violates PodSecurity"), "{text}");
    assert_eq!(fake.writes(), Vec::<String>::new());
}
