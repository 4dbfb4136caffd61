//! What a plan says beside its steps. Pure.

use super::{Action, Change, Step};
use crate::manifest::{Manifest, edit};
use crate::words;

/// Whether the pods of a workload are replaced: its template changes. Jobs never replace theirs.
#[must_use]
pub fn restarts_pods(manifest: &Manifest, changes: &[Change]) -> bool {
    let kind = manifest.id.kind.as_str();
    let template =
        edit::pod_template_path(kind).filter(|path| *path == "/spec/template" && kind != "Job");
    template.is_some()
        && changes.iter().any(|change| {
            change.path == "spec.template" || change.path.starts_with("spec.template.")
        })
}

/// What the reader should know that no single line of the plan says.
#[must_use]
pub fn remarks(steps: &[Step]) -> Vec<String> {
    let mut notes = Vec::new();
    let later = steps
        .iter()
        .filter(|step| step.checked_later.is_some())
        .count();
    if later > 0 {
        notes.push(format!("{} cannot be checked by the server before the deploy has begun: checked right before being written", words::count(later, "object")));
    }
    for step in steps {
        let labels_pods = step.changes.iter().any(|change| {
            change.path.starts_with("spec.template") && change.path.ends_with("[deploy.cli/app]")
        });
        if matches!(step.action, Action::Adopt { .. }) && labels_pods {
            notes.push(format!(
                "the pods of {} restart once: becoming part of this app gives them a label",
                step.object
            ));
        }
        if step.takes_over {
            notes.push(format!("{} was applied with kubectl: its fields become ours, and those that the template no longer has go", step.object));
        }
        if let Action::Replace { orphan: false } = step.action
            && step.object.kind != "Job"
        {
            notes.push(format!(
                "{} is deleted and made again: it is down in between",
                step.object
            ));
        }
    }
    notes
}

/// What a plan that goes back, or repairs what failed, does to pods that would hold it up.
#[must_use]
pub fn unsticking(steps: &[Step]) -> Vec<String> {
    let sets = steps
        .iter()
        .filter(|step| step.object.is("StatefulSet") && step.restarts_pods);
    sets.map(|step| {
        format!(
            "pods of {} that are not ready are deleted: it would wait for them for ever",
            step.object
        )
    })
    .collect()
}
