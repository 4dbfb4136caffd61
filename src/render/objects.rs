//! Rendered text to Kubernetes objects, with every check that needs no cluster. Each finding points at the template's line.

use std::collections::BTreeMap;

use serde_json::Value;

use super::engine::Rendition;
use super::yaml::{self, Node, Shape};
use crate::manifest::{Manifest, ObjectId, Origin, edit, id};
use crate::project::mistake::Mistakes;
use crate::project::schema::Allow;
use crate::project::{Bundle, names};
use crate::words;

/// One object with the text it was written as.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Which of the renditions it came from.
    pub rendition: usize,
    /// The object with lines of the rendered text.
    pub node: Node,
    /// The object.
    pub manifest: Manifest,
}

/// What objects are checked against.
pub struct Rules<'a> {
    /// For excerpts.
    pub bundle: &'a Bundle,
    /// The target's namespace.
    pub namespace: &'a str,
    /// What may be touched outside of it.
    pub allow: &'a Allow,
    /// Logical names of config groups.
    pub configs: Vec<&'a str>,
    /// Logical names of secrets.
    pub secrets: Vec<&'a str>,
}

/// Reads and checks all objects.
pub fn read(renditions: &[Rendition], rules: &Rules<'_>, mistakes: &mut Mistakes) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut seen: BTreeMap<ObjectId, Origin> = BTreeMap::new();
    for (index, rendition) in renditions.iter().enumerate() {
        let documents = match yaml::parse(&rendition.text) {
            Ok(documents) => documents,
            Err(error) => {
                let mut mistake =
                    rendition.mistake(rules.bundle, error.line, Some(error.column), &error.message);
                mistake.hint = error.hint;
                mistakes.0.push(mistake);
                continue;
            }
        };
        for node in documents.into_iter().flat_map(unfold) {
            let mut check = Check {
                rendition,
                rules,
                node: &node,
                mistakes,
            };
            let Some(manifest) = check.object() else {
                continue;
            };
            if let Some(first) = seen.get(&manifest.id) {
                let message = format!("{} is defined twice", manifest.id);
                let hint = format!("the other one is at {first}");
                check.found(&["metadata", "name"], message, Some(hint));
                continue;
            }
            seen.insert(manifest.id.clone(), manifest.origin.clone());
            drafts.push(Draft {
                rendition: index,
                node,
                manifest,
            });
        }
    }
    drafts
}

/// `kind: List` (and `ConfigMapList` and the like) is its items.
fn unfold(node: Node) -> Vec<Node> {
    let is_list = node
        .entry("kind")
        .is_some_and(|kind| matches!(&kind.value.shape, Shape::Scalar(Value::String(kind)) if kind.ends_with("List")));
    let items = node.entry("items").map(|items| items.value.shape.clone());
    match items {
        Some(Shape::List(items)) if is_list => items.into_iter().flat_map(unfold).collect(),
        _ => vec![node],
    }
}

struct Check<'a> {
    rendition: &'a Rendition,
    rules: &'a Rules<'a>,
    node: &'a Node,
    mistakes: &'a mut Mistakes,
}

impl Check<'_> {
    fn found(&mut self, path: &[&str], message: impl Into<String>, hint: Option<String>) {
        let (line, column) = self.node.locate(path);
        let mut mistake = self
            .rendition
            .mistake(self.rules.bundle, line, Some(column), message);
        mistake.hint = hint;
        self.mistakes.0.push(mistake);
    }

    /// The object when it can be identified; anything else wrong with it is noted.
    fn object(&mut self) -> Option<Manifest> {
        let object = self.node.to_json();
        if !object.is_object() {
            self.found(
                &[],
                "this is not a Kubernetes object: a mapping with apiVersion, kind and metadata",
                Some("a file that others include begins its name with `_`".to_owned()),
            );
            return None;
        }
        let mut whole = true;
        for key in ["apiVersion", "kind"] {
            if object[key].as_str().is_none_or(str::is_empty) {
                whole = false;
                let hint = match key {
                    "apiVersion" => "`v1` for core kinds, `apps/v1` for a Deployment",
                    _ => "such as Deployment or Service",
                };
                self.missing(&object, key, hint);
            }
        }
        if !object["metadata"].is_object() {
            self.missing(&object, "metadata", "metadata: {name: web}");
            return None;
        }
        if object["metadata"].get("generateName").is_some() {
            self.found(
                &["metadata", "generateName"],
                "generateName makes a new object with every deploy",
                Some("give it a fixed metadata.name".to_owned()),
            );
            return None;
        }
        match &object["metadata"]["name"] {
            Value::String(name) if !name.is_empty() => {}
            Value::Null => {
                self.found(&["metadata"], "metadata.name is missing", None);
                return None;
            }
            other => {
                let hint = format!("YAML reads it as {other}; put it in quotes");
                self.found(
                    &["metadata", "name"],
                    "metadata.name must be a text",
                    Some(hint),
                );
                return None;
            }
        }
        if !whole {
            return None;
        }
        let id = ObjectId::of(&object, self.rules.namespace)?;
        let before = self.mistakes.0.len();
        self.name(&id);
        self.namespace(&id, &object);
        self.reserved(&id);
        self.texts(&object);
        if let Some(pointer) = edit::pod_template_path(&id.kind)
            && (id::is_built_in(&id.group) || object.pointer(pointer).is_some())
        {
            let path: Vec<&str> = pointer.split('/').skip(1).collect();
            self.pod_template(&object, &path);
        }
        let (file, line) = self.rendition.place(self.node.line);
        let origin = Origin {
            file: file.to_owned(),
            line,
        };
        (self.mistakes.0.len() == before).then_some(Manifest { id, object, origin })
    }

    fn missing(&mut self, object: &Value, key: &str, hint: &str) {
        let near = object
            .as_object()
            .and_then(|map| words::nearest(key, map.keys().map(String::as_str)))
            .filter(|near| *near != key);
        let hint = match near {
            Some(near) => format!("`{near}` is nearly it"),
            None => hint.to_owned(),
        };
        let message = if object.get(key).is_some() {
            format!("`{key}` must not be empty or of another type")
        } else {
            format!("this object has no `{key}`")
        };
        self.found(&[near.unwrap_or(key)], message, Some(hint));
    }

    fn name(&mut self, id: &ObjectId) {
        let problem = match id.kind.as_str() {
            "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding"
                if id::is_built_in(&id.group) =>
            {
                id.name
                    .contains(['/', '%'])
                    .then(|| "may not hold `/` or `%`".to_owned())
            }
            "Service"
                if id.group.is_empty() && id.name.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                Some("must begin with a letter".to_owned())
            }
            "Service" | "Namespace" if id.group.is_empty() => names::label_problem(&id.name),
            // Longer names of CronJobs leave no room for the names of their Jobs.
            "CronJob" if id.group == "batch" && id.name.len() > 52 => {
                Some("is longer than 52 characters".to_owned())
            }
            _ => names::subdomain_problem(&id.name),
        };
        if let Some(problem) = problem {
            let message = format!("the name `{}` of {} {problem}", id.name, id.kind);
            self.found(&["metadata", "name"], message, None);
        }
    }

    fn namespace(&mut self, id: &ObjectId, object: &Value) {
        if is_cluster_scoped(id) {
            if !self.rules.allow.cluster_scoped {
                self.found(
                    &["kind"],
                    format!("{} is outside of any namespace", id.kind),
                    Some("if this app may change it, write allow: {clusterScoped: true} in deploy.yaml".to_owned()),
                );
            }
            return;
        }
        let namespace = &object["metadata"]["namespace"];
        let Some(namespace) = namespace.as_str() else {
            if !namespace.is_null() {
                self.found(
                    &["metadata", "namespace"],
                    "metadata.namespace must be a text",
                    Some(format!("YAML reads it as {namespace}; put it in quotes")),
                );
            }
            return;
        };
        if namespace != self.rules.namespace
            && !self.rules.allow.namespaces.iter().any(|it| it == namespace)
        {
            self.found(
                &["metadata", "namespace"],
                format!(
                    "the namespace `{namespace}` is not this target's, which is `{}`",
                    self.rules.namespace
                ),
                Some(format!(
                    "remove the line, or write allow: {{namespaces: [{namespace}]}} in deploy.yaml"
                )),
            );
        }
    }

    /// A name of ours on an object of theirs would make references ambiguous.
    fn reserved(&mut self, id: &ObjectId) {
        let (names, what) = match id.kind.as_str() {
            "ConfigMap" if id.group.is_empty() => (&self.rules.configs, "a config group"),
            "Secret" if id.group.is_empty() => (&self.rules.secrets, "a secret"),
            _ => return,
        };
        if names.contains(&id.name.as_str()) {
            self.found(
                &["metadata", "name"],
                format!("{id} has the name of {what} in deploy.yaml"),
                Some("references would be ambiguous: rename one of them".to_owned()),
            );
        }
    }

    /// Numbers and booleans where the API takes texts only: the most common slip of YAML.
    fn texts(&mut self, object: &Value) {
        self.map_of_texts(object, &["metadata", "labels"]);
        self.map_of_texts(object, &["metadata", "annotations"]);
        match object["kind"].as_str() {
            Some("ConfigMap") => self.map_of_texts(object, &["data"]),
            Some("Secret") => {
                self.map_of_texts(object, &["stringData"]);
                self.map_of_texts(object, &["data"]);
            }
            Some("Service") => self.map_of_texts(object, &["spec", "selector"]),
            Some("Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") => {
                self.map_of_texts(object, &["spec", "selector", "matchLabels"]);
            }
            Some("Pod") => self.containers(object, &["spec"]),
            _ => {}
        }
    }

    fn map_of_texts(&mut self, object: &Value, path: &[&str]) {
        let Some(map) = at(object, path).filter(|value| !value.is_null()) else {
            return;
        };
        let Some(map) = map.as_object() else {
            let message = format!("{} must be a mapping of texts", path.join("."));
            return self.found(path, message, None);
        };
        let labels = matches!(path.last(), Some(&"labels" | &"matchLabels"));
        for (key, value) in map {
            let place: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
            match value.as_str() {
                Some(text) if labels => {
                    if let Some(problem) = names::label_value_problem(text) {
                        self.found(&place, format!("the label `{key}: {text}` {problem}"), None);
                    }
                }
                Some(_) => {}
                None => self.not_a_text(&place, value),
            }
        }
    }

    fn not_a_text(&mut self, place: &[&str], value: &Value) {
        let path = place.join(".");
        let (message, hint) = match value {
            Value::Null => (
                format!("{path} is empty, and must be a text"),
                "write \"\"".to_owned(),
            ),
            Value::Object(_) | Value::Array(_) => (
                format!("{path} must be a text"),
                "indent it as a block text: `key: |`".to_owned(),
            ),
            value => (
                format!("{path} must be a text, but YAML reads it as {value}"),
                "put it in quotes; in a template, add `| quote`".to_owned(),
            ),
        };
        self.found(place, message, Some(hint));
    }

    fn pod_template(&mut self, object: &Value, path: &[&str]) {
        let with = |more: &[&'static str]| -> Vec<&str> {
            path.iter().copied().chain(more.iter().copied()).collect()
        };
        match at(object, path) {
            Some(Value::Object(template)) => {
                if template
                    .get("metadata")
                    .is_some_and(|it| !it.is_object() && !it.is_null())
                {
                    return self.found(
                        &with(&["metadata"]),
                        "the pod template's metadata must be a mapping",
                        None,
                    );
                }
            }
            _ => return self.found(path, format!("{} must be a mapping", path.join(".")), None),
        }
        self.map_of_texts(object, &with(&["metadata", "labels"]));
        self.map_of_texts(object, &with(&["metadata", "annotations"]));
        self.containers(object, &with(&["spec"]));
    }

    fn containers(&mut self, object: &Value, spec: &[&str]) {
        self.map_of_texts(object, &[spec, &["nodeSelector"]].concat());
        for kind in ["initContainers", "containers"] {
            let path = [spec, &[kind]].concat();
            for (index, container) in items(object, &path).iter().enumerate() {
                let index = index.to_string();
                let env = [path.as_slice(), &[index.as_str(), "env"]].concat();
                let variables = container["env"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .enumerate();
                for (position, variable) in variables {
                    let value = &variable["value"];
                    if !value.is_string() && !value.is_null() {
                        let position = position.to_string();
                        let place = [env.as_slice(), &[position.as_str(), "value"]].concat();
                        let name = variable["name"].as_str().unwrap_or("?");
                        let message = format!(
                            "the variable {name} must be a text, but YAML reads it as {value}"
                        );
                        let hint = "put it in quotes; in a template, add `| quote`";
                        self.found(&place, message, Some(hint.to_owned()));
                    }
                }
            }
        }
    }
}

fn at<'a>(object: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(object, |value, part| value.get(part))
}

fn items<'a>(object: &'a Value, path: &[&str]) -> &'a [Value] {
    at(object, path)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Built-in kinds that live outside of namespaces.
pub fn is_cluster_scoped(id: &ObjectId) -> bool {
    const KINDS: [(&str, &str); 29] = [
        ("", "Namespace"),
        ("", "Node"),
        ("", "PersistentVolume"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("storage.k8s.io", "StorageClass"),
        ("storage.k8s.io", "CSIDriver"),
        ("storage.k8s.io", "CSINode"),
        ("storage.k8s.io", "VolumeAttachment"),
        ("storage.k8s.io", "VolumeAttributesClass"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apiregistration.k8s.io", "APIService"),
        (
            "admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration",
        ),
        (
            "admissionregistration.k8s.io",
            "MutatingWebhookConfiguration",
        ),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
        (
            "admissionregistration.k8s.io",
            "ValidatingAdmissionPolicyBinding",
        ),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
        (
            "admissionregistration.k8s.io",
            "MutatingAdmissionPolicyBinding",
        ),
        ("scheduling.k8s.io", "PriorityClass"),
        ("networking.k8s.io", "IngressClass"),
        ("networking.k8s.io", "IPAddress"),
        ("networking.k8s.io", "ServiceCIDR"),
        ("node.k8s.io", "RuntimeClass"),
        ("certificates.k8s.io", "CertificateSigningRequest"),
        ("certificates.k8s.io", "ClusterTrustBundle"),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
        ("gateway.networking.k8s.io", "GatewayClass"),
        ("resource.k8s.io", "DeviceClass"),
    ];
    KINDS.contains(&(id.group.as_str(), id.kind.as_str()))
}
