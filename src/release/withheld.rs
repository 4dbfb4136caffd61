//! Secrets that were written as templates, taken out of the `deploy/` folder before it is kept. Pure.
//!
//! Records and plan files carry the folder, and neither may hold secret data. The values come back from the kept copies
//! (`app --from-live`, `rollback`) or from the checkout (`app --plan`).

use crate::manifest::{KIND_LABEL, Manifest};
use crate::project::bundle::Bundle;
use crate::redact::Redactor;

/// What stands where a value was. It is valid YAML unquoted, and valid base64.
pub const WITHHELD: &str = "withheld";

/// The folder without the values of template Secrets, and the files that were changed.
///
/// Only documents that are Secrets are touched, and only values long enough to be masked anywhere.
pub fn withhold(bundle: &Bundle, manifests: &[Manifest]) -> (Bundle, Vec<String>) {
    let mut kept = bundle.clone();
    let mut changed: Vec<String> = Vec::new();
    let secrets = manifests
        .iter()
        .filter(|manifest| manifest.id.is("Secret") && manifest.label(KIND_LABEL).is_none());
    for manifest in secrets {
        let path = &manifest.origin.file;
        let Ok(text) = kept.text(path) else { continue };
        let redactor = Redactor::default();
        for value in super::copies::values(std::slice::from_ref(manifest)) {
            redactor.learn(&value);
        }
        let masked: Vec<String> = documents(text)
            .iter()
            .map(|document| {
                if is_secret(document) {
                    redactor.replace(document, WITHHELD)
                } else {
                    document.clone()
                }
            })
            .collect();
        let masked = masked.concat();
        if masked != text {
            changed.push(path.clone());
            kept = kept.with(path, masked.into_bytes());
        }
    }
    changed.sort();
    changed.dedup();
    (kept, changed)
}

/// A file cut before each line that begins with `---`.
fn documents(text: &str) -> Vec<String> {
    let mut documents = vec![String::new()];
    for line in text.split_inclusive('\n') {
        if line.starts_with("---") {
            documents.push(String::new());
        }
        if let Some(last) = documents.last_mut() {
            last.push_str(line);
        }
    }
    documents
}

/// In doubt (a list, a kind that is itself a template) it is one.
fn is_secret(document: &str) -> bool {
    document.contains("Secret") || document.contains("List") || document.contains("{{")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{ObjectId, Origin};
    use serde_json::json;

    #[test]
    fn values_of_template_secrets_leave_the_folder_and_nothing_else_does() {
        let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {url: hunter22}\n---\napiVersion: v1\nkind: ConfigMap\ndata: {note: hunter22 is a name}\n";
        let bundle = Bundle::new([("deploy/templates/db.yaml".to_owned(), text.into())]);
        let secret = Manifest {
            id: ObjectId::new("", "Secret", "db"),
            object: json!({"kind": "Secret", "stringData": {"url": "hunter22"}}),
            origin: Origin {
                file: "deploy/templates/db.yaml".to_owned(),
                line: 1,
            },
        };
        let (kept, changed) = withhold(&bundle, &[secret]);
        assert_eq!(changed, ["deploy/templates/db.yaml"]);
        assert_eq!(
            kept.text("deploy/templates/db.yaml").unwrap(),
            text.replace("url: hunter22", "url: withheld")
        );
    }
}
