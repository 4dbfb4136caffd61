//! The API server as a test sees it: requests of the admin, and short ways to what is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Space;

impl Space {
    /// A kubeconfig like the admin's, for whoever has this token.
    pub fn kubeconfig_with_token(&self, token: &str) -> PathBuf {
        let mut kubeconfig = match &self.cluster.kubeconfig {
            Some(file) => kube::config::Kubeconfig::read_from(file),
            None => kube::config::Kubeconfig::read(),
        }
        .expect("a kubeconfig");
        for user in &mut kubeconfig.auth_infos {
            user.auth_info = Some(kube::config::AuthInfo {
                token: Some(token.to_owned().into()),
                ..kube::config::AuthInfo::default()
            });
        }
        // Written by hand: what serializes a kubeconfig leaves its secrets out.
        let mut value = serde_json::to_value(&kubeconfig).expect("JSON");
        for user in value["users"].as_array_mut().into_iter().flatten() {
            user["user"] = serde_json::json!({"token": token});
        }
        let path = self.folder.path().join("kubeconfig");
        fs::write(&path, value.to_string()).expect("a file");
        path
    }

    /// A request to the API server, through the admin's credentials.
    pub fn api(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        self.request(method, path, "application/json", body)
    }

    /// The same with a content type.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        content_type: &str,
        body: Option<&Value>,
    ) -> Value {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let client = self.client().await;
            let request = http::Request::builder()
                .method(method)
                .uri(path)
                .header("content-type", content_type)
                .body(
                    body.map(|body| serde_json::to_vec(body).expect("JSON"))
                        .unwrap_or_default(),
                )
                .expect("a request");
            client
                .request::<Value>(request)
                .await
                .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
        })
    }

    /// What is at a path that is no JSON: a log.
    pub fn text(&self, short: &str) -> String {
        self.try_text(short)
            .unwrap_or_else(|error| panic!("GET {short}: {error}"))
    }

    /// The same, where a refusal is an answer too.
    pub fn try_text(&self, short: &str) -> Result<String, kube::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let request = http::Request::get(self.path(short)).body(Vec::new());
            let client = self.client().await;
            client.request_text(request.expect("a request")).await
        })
    }

    /// The API server, as the admin.
    pub async fn client(&self) -> kube::Client {
        let options = kube::config::KubeConfigOptions {
            context: Some(self.cluster.admin.clone()),
            ..Default::default()
        };
        let kubeconfig = match &self.cluster.kubeconfig {
            Some(file) => kube::config::Kubeconfig::read_from(file),
            None => kube::config::Kubeconfig::read(),
        };
        let mut config =
            kube::Config::from_custom_kubeconfig(kubeconfig.expect("a kubeconfig"), &options)
                .await
                .expect("a config");
        // A 503 from behind a service is an answer.
        config.default_retry = false;
        kube::Client::try_from(config).expect("a client")
    }

    /// The program's own connection, for what no command does by itself: the admin's, unless a kubeconfig says otherwise.
    pub async fn connect(&self, kubeconfig: Option<&Path>) -> deploy::cluster::Cluster {
        let how = deploy::cluster::Connect {
            kubeconfig: kubeconfig.or(self.cluster.kubeconfig.as_deref()),
            contexts: std::slice::from_ref(&self.cluster.admin),
            namespace: Some(&self.namespace),
            ..deploy::cluster::Connect::default()
        };
        deploy::cluster::Cluster::connect(&deploy::env::Env::from_process(), how)
            .await
            .expect("a connection")
    }

    /// Path of a collection or object in this namespace: `apps/v1/deployments/web`, `v1/configmaps`.
    pub fn path(&self, short: &str) -> String {
        let parts: Vec<&str> = short.split('/').collect();
        let core = parts[0] == "v1";
        let (version, rest) = parts.split_at(if core { 1 } else { 2 });
        let root = if core { "/api" } else { "/apis" };
        format!(
            "{root}/{}/namespaces/{}/{}",
            version.join("/"),
            self.namespace,
            rest.join("/")
        )
    }

    /// One object.
    pub fn get(&self, short: &str) -> Value {
        self.api("GET", &self.path(short), None)
    }

    /// All objects of a kind.
    pub fn list(&self, short: &str) -> Vec<Value> {
        self.api("GET", &self.path(short), None)["items"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    }

    /// Names of all objects of a kind that belong to the app and are no records of ours.
    pub fn names(&self, short: &str) -> Vec<String> {
        self.list(short)
            .iter()
            .filter(|object| {
                object["metadata"]["labels"]["deploy.cli/app"].is_string()
                    && object["metadata"]["labels"]["deploy.cli/kind"] != "release"
            })
            .map(|object| {
                object["metadata"]["name"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    }

    /// The image of a Deployment's first container.
    pub fn image(&self, deployment: &str) -> String {
        let object = self.get(&format!("apps/v1/deployments/{deployment}"));
        object["spec"]["template"]["spec"]["containers"][0]["image"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// States of all releases, oldest first.
    pub fn states(&self) -> Vec<(u64, String)> {
        let history = self
            .deploy(&["history", "--output", "json"])
            .exits(0)
            .json();
        let mut states: Vec<(u64, String)> = history["releases"]
            .as_array()
            .expect("releases")
            .iter()
            .map(|release| {
                (
                    release["number"].as_u64().unwrap_or_default(),
                    release["state"].as_str().unwrap_or_default().to_owned(),
                )
            })
            .collect();
        states.sort();
        states
    }

    /// Generations of all Deployments: what changed its template shows here.
    pub fn generations(&self) -> BTreeMap<String, u64> {
        self.list("apps/v1/deployments")
            .iter()
            .map(|object| {
                let name = object["metadata"]["name"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                (
                    name,
                    object["metadata"]["generation"]
                        .as_u64()
                        .unwrap_or_default(),
                )
            })
            .collect()
    }
}
