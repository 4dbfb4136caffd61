//! Short words for what the tests of this ring need.

use deploy::cluster::Cluster;
use deploy::error::{Failure, Result};
use deploy::event::Events;
use deploy::manifest::{Manifest, ObjectId, Origin, edit};
use deploy::ops::applying;
use deploy::ops::planning::{self, Desired, PlanHeader};
use deploy::plan::{Mark, Plan, PlanOptions, Previous};
use serde_json::{Value, json};

use crate::fake::Fake;

pub const NAMESPACE: &str = "shop";

pub fn cluster(fake: &Fake) -> Cluster {
    Cluster::new(
        fake.client(NAMESPACE),
        "test",
        NAMESPACE,
        "https://cluster.test",
    )
}

pub fn manifest(object: Value) -> Manifest {
    let id = ObjectId::of(&object, NAMESPACE).unwrap();
    let origin = Origin {
        file: format!("deploy/templates/{}.yaml", id.name),
        line: 1,
    };
    let mut manifest = Manifest { id, object, origin };
    edit::stamp(&mut manifest, "shop");
    manifest
}

pub fn config(name: &str, value: &str) -> Manifest {
    manifest(
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"value": value}}),
    )
}

pub fn deployment(name: &str, image: &str) -> Manifest {
    manifest(
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "main", "image": image}]}},
        }}),
    )
}

pub async fn plan(
    cluster: &Cluster,
    desired: &[Manifest],
    previous: &Previous,
    options: &PlanOptions,
) -> Result<Plan> {
    let header = PlanHeader {
        app: "shop".to_owned(),
        environment: "staging".to_owned(),
        target: "staging".to_owned(),
    };
    let desired = Desired {
        manifests: desired,
        jobs: &[],
        restores: false,
    };
    planning::plan(cluster, &header, desired, previous, options).await
}

/// Applies and prunes, and returns what the next plan is compared with.
pub async fn carry_out(cluster: &Cluster, plan: &Plan, desired: &[Manifest]) -> Result<Previous> {
    let (events, _reporters) = Events::channel(deploy::env::Clock::System);
    let gate = || Ok::<(), Failure>(());
    let applied = applying::apply(cluster, &plan.steps, &gate, &events).await?;
    applying::prune(cluster, plan, &gate, &events).await?;
    Ok(Previous {
        objects: desired.to_vec(),
        marks: applied
            .iter()
            .map(|(id, object)| (id.clone(), Mark::of(object)))
            .collect(),
        ..Previous::default()
    })
}

/// `create Deployment/web`, in the plan's order.
pub fn lines(plan: &Plan) -> Vec<String> {
    plan.steps
        .iter()
        .map(|step| format!("{} {}", step.action.name(), step.object))
        .collect()
}
