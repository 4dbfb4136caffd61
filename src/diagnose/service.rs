//! Services that lead nowhere.

use super::Finding;
use super::build::finding;
use super::case::{Case, field};
use crate::track::read;
use crate::track::rules::{self, Readiness};

pub fn find(case: &Case<'_>) -> Vec<Finding> {
    let service = case.subject.object;
    if !case.id().is("Service") {
        return Vec::new();
    }
    let Readiness::Waiting { why, .. } = rules::judge(&case.subject) else {
        return Vec::new();
    };
    let id = case.id();
    if why.contains("load balancer") {
        return vec![
            finding(
                id,
                "service-no-address",
                "the load balancer has no address yet",
            )
            .with(field(service, "status.loadBalancer", "{}")),
        ];
    }
    if let Some(port) = rules::missing_port(&case.subject) {
        let text = format!("no container of the pods it selects has a port named {port}");
        return vec![finding(id, "service-port", text).with(field(
            service,
            "spec.ports",
            service["spec"]["ports"].to_string(),
        ))];
    }
    let selector = field(
        service,
        "spec.selector",
        service["spec"]["selector"].to_string(),
    );
    let has_workload = rules::selected(&case.subject).next().is_some();
    let has_pods = case
        .subject
        .snapshot
        .of_kind("", "Pod")
        .any(|(other, pod)| {
            other.namespace == id.namespace
                && read::matches(&service["spec"]["selector"], &pod["metadata"]["labels"])
        });
    let code = if has_workload || has_pods || why.starts_with("none of") {
        "service-no-endpoints"
    } else {
        "service-selector"
    };
    vec![finding(id, code, why).with(selector)]
}
