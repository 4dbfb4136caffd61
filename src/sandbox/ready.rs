//! When a sandbox is up: the API server answers, every node is ready and new pods can be made at once.

use std::path::Path;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Node, ServiceAccount};
use kube::api::ListParams;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};

use crate::error::{Failure, Result};

use super::parts::Part;
use super::{NAMESPACE, Sandbox};

/// A machine under heavy load may take this long.
const PATIENCE: Duration = Duration::from_secs(90);
const INTERVAL: Duration = Duration::from_millis(50);
/// How much of a failed part's log is worth showing.
const LAST_LINES: usize = 10;

/// Waits until the sandbox can be used.
pub(super) async fn wait(sandbox: &Sandbox) -> Result<()> {
    let client = client(sandbox).await?;
    watch(sandbox, || answers_with(&client)).await?;
    watch(sandbox, || populated(&client)).await
}

/// Whether the API server says that it is ready.
pub(super) async fn answers(sandbox: &Sandbox) -> bool {
    let asked = async {
        let client = client(sandbox).await.ok()?;
        answers_with(&client).await.then_some(())
    };
    matches!(
        tokio::time::timeout(Duration::from_secs(2), asked).await,
        Ok(Some(()))
    )
}

/// Waits for a file that a part writes.
pub(super) async fn file(sandbox: &Sandbox, path: &Path) -> Result<()> {
    watch(sandbox, || async {
        std::fs::metadata(path).is_ok_and(|file| file.len() > 0)
    })
    .await
}

/// Asks again and again, unless a part has ended meanwhile: then nothing will come of it.
async fn watch<F: Future<Output = bool>>(sandbox: &Sandbox, ask: impl Fn() -> F) -> Result<()> {
    let asking = async {
        while !ask().await {
            for part in sandbox.processes.keys() {
                if sandbox.pid(*part).is_none() {
                    return Err(ended(sandbox, *part));
                }
            }
            tokio::time::sleep(INTERVAL).await;
        }
        Ok(())
    };
    if let Ok(result) = tokio::time::timeout(PATIENCE, asking).await {
        return result;
    }
    let last = sandbox
        .processes
        .keys()
        .next_back()
        .copied()
        .unwrap_or(Part::Etcd);
    Err(Failure::cluster(format!(
        "the sandbox is not ready after {}s; the last lines of {}:\n{}",
        PATIENCE.as_secs(),
        last.name(),
        last_lines(sandbox, last)
    )))
}

fn ended(sandbox: &Sandbox, part: Part) -> Failure {
    Failure::cluster(format!(
        "{} ended; its last lines:\n{}",
        part.name(),
        last_lines(sandbox, part)
    ))
    .hint(format!("the whole log is {}", sandbox.log(part).display()))
}

fn last_lines(sandbox: &Sandbox, part: Part) -> String {
    let text = std::fs::read(sandbox.log(part)).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

async fn client(sandbox: &Sandbox) -> Result<Client> {
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::cluster(format!(
            "cannot use {}: {error}",
            sandbox.kubeconfig.display()
        ))
    };
    let kubeconfig = Kubeconfig::read_from(&sandbox.kubeconfig).map_err(|error| wrong(&error))?;
    let options = KubeConfigOptions {
        context: Some(sandbox.admin.clone()),
        ..KubeConfigOptions::default()
    };
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .map_err(|error| wrong(&error))?;
    config.connect_timeout = Some(Duration::from_secs(2));
    config.read_timeout = Some(Duration::from_secs(5));
    // The loopback address is never behind a proxy.
    config.proxy_url = None;
    Client::try_from(config).map_err(|error| wrong(&error))
}

async fn answers_with(client: &Client) -> bool {
    let request = http::Request::get("/readyz").body(Vec::new());
    match request {
        Ok(request) => client
            .request_text(request)
            .await
            .is_ok_and(|answer| answer == "ok"),
        Err(_) => false,
    }
}

/// Nodes that take pods, and the service account without which a namespace takes none.
async fn populated(client: &Client) -> bool {
    let nodes: Api<Node> = Api::all(client.clone());
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), NAMESPACE);
    let default: Api<ServiceAccount> = Api::default_namespaced(client.clone());
    let (nodes, account, default) = tokio::join!(
        async { nodes.list(&ListParams::default()).await },
        accounts.get_opt("default"),
        default.get_opt("default")
    );
    let schedulable = nodes.is_ok_and(|nodes| {
        !nodes.items.is_empty()
            && nodes.items.iter().all(|node| {
                let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_ref());
                taints.is_none_or(Vec::is_empty)
            })
    });
    schedulable && matches!(account, Ok(Some(_))) && matches!(default, Ok(Some(_)))
}
