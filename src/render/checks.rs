//! Whether the Services that HTTP checks ask are there, with their ports. One that another app makes may well be asked.

use serde_json::Value;

use super::located::in_main;
use crate::manifest::Manifest;
use crate::project::Project;
use crate::project::mistake::{Mistake, Mistakes};
use crate::project::schema::{Check, PortName};
use crate::words;

/// Compares the checks with the rendered Services.
pub fn compare(
    project: &Project,
    manifests: &[Manifest],
    mistakes: &mut Mistakes,
    warnings: &mut Vec<Mistake>,
) {
    let services: Vec<&Manifest> = manifests
        .iter()
        .filter(|manifest| manifest.id.is("Service") && manifest.id.namespace.is_none())
        .collect();
    for (index, check) in project.spec.checks.iter().enumerate() {
        let Some(name) = &check.service else { continue };
        let index = index.to_string();
        let Some(service) = services.iter().find(|service| service.id.name == *name) else {
            let names = services.iter().map(|service| service.id.name.as_str());
            let message =
                format!("a check asks the Service `{name}`, which is not part of this app");
            let hint = match words::nearest(name, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "that is fine when something else makes it".to_owned(),
            };
            warnings.push(in_main(project, &["checks", &index, "service"], message).hint(hint));
            continue;
        };
        mistakes
            .0
            .extend(port(project, &["checks", &index, "port"], check, service));
    }
}

fn port(project: &Project, path: &[&str], check: &Check, service: &Manifest) -> Option<Mistake> {
    let ports = service.object["spec"]["ports"].as_array()?;
    let (found, wanted) = match check.port.as_ref()? {
        PortName::Number(number) => (
            ports.iter().any(|port| port["port"] == *number),
            number.to_string(),
        ),
        PortName::Name(name) => (
            ports.iter().any(|port| port["name"] == name.as_str()),
            name.clone(),
        ),
    };
    if found {
        return None;
    }
    let known: Vec<String> = ports.iter().flat_map(names).collect();
    let message = format!("the Service `{}` has no port `{wanted}`", service.id.name);
    let hint = words::suggest(&wanted, known.iter().map(String::as_str));
    Some(in_main(project, path, message).hint(hint))
}

/// What a port may be called.
fn names(port: &Value) -> Vec<String> {
    let name = port["name"].as_str().map(str::to_owned);
    let number = port["port"].as_u64().map(|number| number.to_string());
    name.into_iter().chain(number).collect()
}
