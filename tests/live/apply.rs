//! Server-side apply as the server sees it: conflicts, take-over, autoscalers, immutable fields, custom resources.

use super::Test;
use super::support::{Space, deployment};
use serde_json::json;

pub const TESTS: &[Test] = &[
    (
        "apply::a_conflict_shows_manager_and_both_values",
        a_conflict_shows_manager_and_both_values,
    ),
    (
        "apply::what_kubectl_applied_is_taken_over",
        what_kubectl_applied_is_taken_over,
    ),
    (
        "apply::replicas_under_an_autoscaler_are_left_alone",
        replicas_under_an_autoscaler_are_left_alone,
    ),
    (
        "apply::an_immutable_field_is_reported_with_the_way_out",
        an_immutable_field_is_reported_with_the_way_out,
    ),
    (
        "apply::a_definition_and_its_object_in_one_deploy",
        a_definition_and_its_object_in_one_deploy,
    ),
    ("apply::ordinary_yaml_just_works", ordinary_yaml_just_works),
    (
        "apply::another_apps_object_is_not_taken",
        another_apps_object_is_not_taken,
    ),
];

fn a_conflict_shows_manager_and_both_values(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    let path = format!(
        "{}?fieldManager=somebody",
        space.path("apps/v1/deployments/web")
    );
    space.request(
        "PATCH",
        &path,
        "application/merge-patch+json",
        Some(&json!({"spec": {"replicas": 7}})),
    );
    space.write(
        "deploy/templates/web.yaml",
        &deployment("web", "{{ images.web }}", "").replace("replicas: 2", "replicas: 3"),
    );
    space
        .deploy(&["app"])
        .exits(4)
        .says("somebody")
        .says("spec.replicas")
        .says("7")
        .says("3")
        .says("--force-conflicts");
    assert_eq!(
        space.get("apps/v1/deployments/web")["spec"]["replicas"],
        7,
        "nothing was written"
    );
    space.deploy(&["app", "--force-conflicts"]).exits(0);
    assert_eq!(space.get("apps/v1/deployments/web")["spec"]["replicas"], 3);
}

fn what_kubectl_applied_is_taken_over(space: &Space) {
    let applied = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": space.namespace},
        "data": {"stays": "1", "goes": "1"},
    });
    let mut sent = applied.clone();
    sent["metadata"]["annotations"] =
        json!({"kubectl.kubernetes.io/last-applied-configuration": applied.to_string()});
    let path = format!(
        "{}?fieldManager=kubectl-client-side-apply",
        space.path("v1/configmaps")
    );
    space.api("POST", &path, Some(&sent));
    space
        .write(
            "deploy/deploy.yaml",
            "app: shop\nenvironments: {staging: {}}\n",
        )
        .write(
            "deploy/templates/settings.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {stays: \"2\"}\n",
        );
    space.deploy(&["app"]).exits(0);
    assert_eq!(
        space.get("v1/configmaps/settings")["data"],
        json!({"stays": "2"}),
        "what kubectl applied and we do not want goes"
    );
}

fn replicas_under_an_autoscaler_are_left_alone(space: &Space) {
    space.small();
    space.deploy(&["app", "--image", "web=1.0"]).exits(0);
    let scaler = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 2\n  maxReplicas: 9\n  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]\n";
    space.write("deploy/templates/scaler.yaml", scaler);
    space.write(
        "deploy/templates/web.yaml",
        &deployment("web", "{{ images.web }}", "").replace("  replicas: 2\n", ""),
    );
    space.deploy(&["app"]).exits(0);
    assert_eq!(
        space.get("apps/v1/deployments/web")["spec"]["replicas"],
        2,
        "a field that we alone own is not dropped to 1"
    );
    let path = format!(
        "{}/scale?fieldManager=autoscaler",
        space.path("apps/v1/deployments/web")
    );
    space.request(
        "PATCH",
        &path,
        "application/merge-patch+json",
        Some(&json!({"spec": {"replicas": 6}})),
    );
    space.deploy(&["app", "--image", "web=1.1"]).exits(0);
    assert_eq!(space.get("apps/v1/deployments/web")["spec"]["replicas"], 6);
}

fn an_immutable_field_is_reported_with_the_way_out(space: &Space) {
    let workload = |label: &str, annotations: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, annotations: {{{annotations}}}}}\nspec:\n  selector: {{matchLabels: {{app: {label}}}}}\n  template:\n    metadata: {{labels: {{app: {label}}}}}\n    spec: {{containers: [{{name: web, image: \"sandbox/ready:1\"}}]}}\n"
        )
    };
    space
        .write(
            "deploy/deploy.yaml",
            "app: shop\nenvironments: {staging: {}}\nrollout: {soak: 0s}\n",
        )
        .write("deploy/templates/web.yaml", &workload("one", ""));
    space.deploy(&["app"]).exits(0);
    space.write("deploy/templates/web.yaml", &workload("two", ""));
    space
        .deploy(&["app"])
        .exits(4)
        .says("spec.selector")
        .says("immutable")
        .says("deploy.cli/on-immutable")
        .says("templates/web.yaml");
    space.write(
        "deploy/templates/web.yaml",
        &workload("two", "deploy.cli/on-immutable: replace"),
    );
    space.deploy(&["plan"]).exits(0).says("replace");
    space.deploy(&["app"]).exits(0);
    assert_eq!(
        space.get("apps/v1/deployments/web")["spec"]["selector"]["matchLabels"]["app"],
        "two"
    );
}

fn a_definition_and_its_object_in_one_deploy(space: &Space) {
    let group = format!("{}.example.com", space.namespace);
    space
        .write("deploy/deploy.yaml", "app: shop\nenvironments: {staging: {}}\nallow: {clusterScoped: true}\nrollout: {soak: 0s}\n")
        .write(
            "deploy/templates/definition.yaml",
            &format!(
                "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: widgets.{group}}}
spec:
  group: {group}
  scope: Namespaced
  names: {{kind: Widget, plural: widgets}}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {{openAPIV3Schema: {{type: object, properties: {{spec: {{type: object, properties: {{size: {{type: integer}}}}}}}}}}}}
"
            ),
        )
        .write("deploy/templates/a-widget.yaml", &format!("apiVersion: {group}/v1\nkind: Widget\nmetadata: {{name: one}}\nspec: {{size: 3}}\n"));
    space.deploy(&["plan"]).exits(0).says("checked later");
    space.deploy(&["app"]).exits(0);
    assert_eq!(
        space.get(&format!("{group}/v1/widgets/one"))["spec"]["size"],
        3
    );
    space.deploy(&["app"]).exits(0).says("nothing to do");
    space
        .deploy(&["delete", "--yes"])
        .exits(0)
        .says("kept: deploy never deletes a CustomResourceDefinition");
    space.api(
        "DELETE",
        &format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{group}"),
        None,
    );
}

fn ordinary_yaml_just_works(space: &Space) {
    space.write("deploy/deploy.yaml", "app: shop\nenvironments: {staging: {}}\nrollout: {soak: 0s}\n").write(
        "deploy/templates/all.yaml",
        "# several documents, a list, YAML 1.1 scalars
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web}
---
---
apiVersion: v1
kind: ConfigMap
metadata: {name: files}
data: {start.sh: 'echo $HOME'}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store}
spec:
  serviceName: store
  replicas: 2
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec:
      serviceAccountName: web
      containers:
        - name: store
          image: sandbox/ready:1
          ports: [{name: tcp, containerPort: 5432}]
          volumeMounts: [{name: files, mountPath: /files}, {name: disk, mountPath: /data}]
      volumes: [{name: files, configMap: {name: files, defaultMode: 0644}}]
  volumeClaimTemplates:
    - metadata: {name: disk}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Service
metadata: {name: store}
spec: {clusterIP: None, selector: {app: store}, ports: [{port: 5432, targetPort: tcp}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: '0 3 * * *'
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: nightly, image: 'sandbox/succeed:1'}]}}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: once, image: 'sandbox/succeed:1'}]}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: store}
spec:
  ingressClassName: sandbox
  rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: store, port: {number: 5432}}}}]}}]
",
    );
    space.deploy(&["app"]).exits(0);
    let mode = &space.get("apps/v1/statefulsets/store")["spec"]["template"]["spec"]["volumes"][0]["configMap"]
        ["defaultMode"];
    assert_eq!(mode, &json!(0o644), "0644 is octal, as kubectl reads it");
    space.deploy(&["app"]).exits(0).says("nothing to do");
}

fn another_apps_object_is_not_taken(space: &Space) {
    let project =
        |app: &str| format!("app: {app}\nenvironments: {{staging: {{}}}}\nrollout: {{soak: 0s}}\n");
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared}\ndata: {a: \"1\"}\n";
    space
        .write("deploy/deploy.yaml", &project("first"))
        .write("deploy/templates/map.yaml", map);
    space.deploy(&["app"]).exits(0);
    space.write("deploy/deploy.yaml", &project("second"));
    space
        .deploy(&["app"])
        .exits(3)
        .says("ConfigMap/shared")
        .says("first")
        .says("--adopt");
    space.deploy(&["app", "--adopt"]).exits(0);
    assert_eq!(
        space.get("v1/configmaps/shared")["metadata"]["labels"]["deploy.cli/app"],
        "second"
    );
    let helm = json!({"metadata": {"name": "chart", "labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": {"meta.helm.sh/release-name": "web"}}});
    space.api("POST", &space.path("v1/configmaps"), Some(&helm));
    space.write("deploy/templates/map.yaml", &map.replace("shared", "chart"));
    space.deploy(&["app"]).exits(3).says("Helm");
}
