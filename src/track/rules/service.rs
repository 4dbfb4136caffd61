//! Service: selects at least one ready endpoint on a port that exists; a load balancer has its address.

use serde_json::Value;

use super::{Readiness, Subject};
use crate::manifest::edit::pod_template;
use crate::track::read;

pub fn judge(subject: &Subject<'_>) -> Readiness {
    let service = subject.object;
    if read::text(service, "/spec/type") == "ExternalName" {
        let name = read::text(service, "/spec/externalName");
        return if name.is_empty() {
            Readiness::waiting("externalName is empty")
        } else {
            Readiness::ready()
        };
    }
    if read::text(service, "/spec/type") == "LoadBalancer"
        && read::list(service, "/status/loadBalancer/ingress").is_empty()
    {
        return Readiness::waiting("waiting for the load balancer's address");
    }
    let selector = &service["spec"]["selector"];
    if selector.as_object().is_none_or(serde_json::Map::is_empty) {
        return Readiness::ready_but("has no selector: its endpoints are not checked");
    }
    if let Some(why) = subject.snapshot.unread("discovery.k8s.io", "EndpointSlice") {
        return Readiness::ready_but(format!("endpoints not checked: {why}"));
    }
    if let Some(port) = missing_port(subject) {
        return Readiness::waiting(format!("no container has a port named {port}"));
    }
    endpoints(subject)
}

fn endpoints(subject: &Subject<'_>) -> Readiness {
    let name = read::name(subject.object);
    let mut all = 0;
    for (id, slice) in subject
        .snapshot
        .of_kind("discovery.k8s.io", "EndpointSlice")
    {
        if id.namespace != subject.id.namespace
            || slice["metadata"]["labels"]["kubernetes.io/service-name"] != name
        {
            continue;
        }
        for endpoint in read::list(slice, "/endpoints") {
            all += 1;
            // An absent condition counts as ready, as the API defines it; anything that is no boolean does not.
            if matches!(
                endpoint.pointer("/conditions/ready"),
                None | Some(Value::Null | Value::Bool(true))
            ) {
                return Readiness::ready();
            }
        }
    }
    if all > 0 {
        return Readiness::waiting(format!(
            "none of {} is ready",
            crate::words::count(all, "endpoint")
        ));
    }
    let workloads: Vec<&Value> = selected(subject).collect();
    if !workloads.is_empty()
        && workloads
            .iter()
            .all(|workload| read::replicas(workload) == 0)
    {
        return Readiness::ready_but("its pods are scaled to 0");
    }
    Readiness::waiting("no endpoints: its selector matches no running pod")
}

/// A target port name that none of the selected pod templates has.
pub fn missing_port<'a>(subject: &Subject<'a>) -> Option<&'a str> {
    let templates: Vec<&Value> = selected(subject).filter_map(pod_template).collect();
    if templates.is_empty() {
        return None;
    }
    read::list(subject.object, "/spec/ports")
        .iter()
        .map(|port| read::text(port, "/targetPort"))
        .filter(|name| !name.is_empty() && name.parse::<u16>().is_err())
        .find(|name| {
            !templates.iter().any(|template| {
                ["/spec/containers", "/spec/initContainers"]
                    .iter()
                    .flat_map(|list| read::list(template, list))
                    .flat_map(|container| read::list(container, "/ports"))
                    .any(|port| read::text(port, "/name") == *name)
            })
        })
}

/// Workloads whose pods the Service selects.
pub fn selected<'a>(subject: &Subject<'a>) -> impl Iterator<Item = &'a Value> + use<'a> {
    let selector = &subject.object["spec"]["selector"];
    let (snapshot, namespace) = (subject.snapshot, &subject.id.namespace);
    ["Deployment", "StatefulSet", "DaemonSet"]
        .into_iter()
        .flat_map(move |kind| snapshot.of_kind("apps", kind))
        .filter(move |(id, workload)| {
            &id.namespace == namespace
                && pod_template(workload).is_some_and(|template| {
                    read::matches(selector, &template["metadata"]["labels"])
                })
        })
        .map(|(_, workload)| workload)
}
