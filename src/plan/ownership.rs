//! Whose a live object is, by the marks that deploy, Helm, Argo CD, Flux and kubectl leave. Pure; metadata is enough.

use serde_json::Value;

use crate::manifest::{APP_LABEL, fields};

/// Whose an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// This app's.
    Ours,
    /// Made with kubectl; nobody looks after it.
    Kubectl,
    /// Nobody's, as far as its marks say.
    Nobody,
    /// Another app's or another tool's: `the Helm release shop`.
    Other(String),
}

impl Owner {
    /// Reads an object's marks.
    #[must_use]
    pub fn of(live: &Value, app: &str) -> Self {
        let metadata = &live["metadata"];
        let label = |name: &str| metadata["labels"][name].as_str();
        let annotation = |name: &str| metadata["annotations"][name].as_str();
        match label(APP_LABEL) {
            Some(owner) if owner == app => return Self::Ours,
            Some(other) => return Self::Other(format!("the app `{other}` of deploy")),
            None => {}
        }
        if let Some(release) = annotation("meta.helm.sh/release-name") {
            return Self::Other(format!("the Helm release `{release}`"));
        }
        if label("app.kubernetes.io/managed-by") == Some("Helm") {
            return Self::Other("Helm".to_owned());
        }
        if let Some(tracking) = annotation("argocd.argoproj.io/tracking-id") {
            let name = tracking.split(':').next().unwrap_or(tracking);
            return Self::Other(format!("the Argo CD application `{name}`"));
        }
        if let Some(name) = label("argocd.argoproj.io/instance") {
            return Self::Other(format!("the Argo CD application `{name}`"));
        }
        if managers(live).any(|manager| manager.starts_with("argocd-")) {
            let name = label("app.kubernetes.io/instance").unwrap_or("unknown");
            return Self::Other(format!("the Argo CD application `{name}`"));
        }
        for tool in ["kustomize", "helm"] {
            if let Some(name) = label(&format!("{tool}.toolkit.fluxcd.io/name")) {
                return Self::Other(format!("the Flux {tool} `{name}`"));
            }
        }
        if annotation(fields::LAST_APPLIED).is_some() || fields::is_client_side(live) {
            return Self::Kubectl;
        }
        Self::Nobody
    }

    /// What the plan says an adopted object was.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Ours => "this app",
            Self::Kubectl => "kubectl",
            Self::Nobody => "nobody",
            Self::Other(whose) => whose,
        }
    }
}

fn managers(live: &Value) -> impl Iterator<Item = &str> {
    live["metadata"]["managedFields"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["manager"].as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn marks_tell_whose_it_is() {
        let cases = [
            (
                json!({"labels": {"deploy.cli/app": "shop", "app.kubernetes.io/managed-by": "Helm"}}),
                "this app",
            ),
            (
                json!({"labels": {"deploy.cli/app": "other"}}),
                "the app `other` of deploy",
            ),
            (
                json!({"annotations": {"meta.helm.sh/release-name": "r"}}),
                "the Helm release `r`",
            ),
            (
                json!({"labels": {"app.kubernetes.io/managed-by": "Helm"}}),
                "Helm",
            ),
            (
                json!({"annotations": {"argocd.argoproj.io/tracking-id": "a:apps/Deployment:n/w"}}),
                "the Argo CD application `a`",
            ),
            (
                json!({"labels": {"app.kubernetes.io/instance": "a"}, "managedFields": [{"manager": "argocd-controller"}]}),
                "the Argo CD application `a`",
            ),
            (
                json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "k"}}),
                "the Flux kustomize `k`",
            ),
            (
                json!({"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}),
                "kubectl",
            ),
            (
                json!({"labels": {"app.kubernetes.io/instance": "a"}}),
                "nobody",
            ),
        ];
        for (metadata, whose) in cases {
            assert_eq!(
                Owner::of(&json!({"metadata": metadata}), "shop").text(),
                whose
            );
        }
    }
}
