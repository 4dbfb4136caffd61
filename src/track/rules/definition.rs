//! What extends the API: `CustomResourceDefinition` and `APIService`.

use super::{Readiness, Subject};
use crate::diagnose::build;
use crate::track::read;

pub fn crd(subject: &Subject<'_>) -> Readiness {
    if let Some(names) = read::condition(subject.object, "NamesAccepted")
        && names.status == "False"
    {
        return Readiness::Failed(Box::new(build::names_not_accepted(subject, &names)));
    }
    for condition in ["NamesAccepted", "Established"] {
        if !read::is(subject.object, condition, "True") {
            return Readiness::waiting(format!("waiting for the condition {condition}"));
        }
    }
    Readiness::ready()
}

pub fn api_service(subject: &Subject<'_>) -> Readiness {
    match read::condition(subject.object, "Available") {
        Some(available) if available.status == "True" => Readiness::ready(),
        Some(available) => Readiness::waiting(available.words()),
        None => Readiness::waiting("waiting for the condition Available"),
    }
}
