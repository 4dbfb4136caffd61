//! The parts of a control plane and how each one is called.

use std::net::TcpListener;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::Result;

use super::yaml;

/// One process of a sandbox. In the order in which they start; they stop in reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The store.
    Etcd,
    /// The API server.
    KubeApiserver,
    /// The controllers: rollouts, jobs, garbage collection.
    KubeControllerManager,
    /// The scheduler.
    KubeScheduler,
    /// The simulated nodes.
    Nodes,
}

impl Part {
    /// All of them, in the order in which they start.
    pub const ALL: [Self; 5] = [
        Self::Etcd,
        Self::KubeApiserver,
        Self::KubeControllerManager,
        Self::KubeScheduler,
        Self::Nodes,
    ];

    /// Its name: the first argument of the binary, and its log's.
    pub fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::KubeApiserver => "kube-apiserver",
            Self::KubeControllerManager => "kube-controller-manager",
            Self::KubeScheduler => "kube-scheduler",
            Self::Nodes => "nodes",
        }
    }

    /// Its flags. `folder` is the sandbox's own.
    pub(super) fn flags(self, folder: &Path, ports: &Ports) -> Vec<String> {
        let file = |name: &str| folder.join(name).display().to_string();
        let etcd = local(ports.etcd);
        let peer = local(ports.etcd_peer);
        let key = file(files::KEY);
        let kubeconfig = file(files::KUBECONFIG);
        let certificate = file(files::CERTIFICATE);
        let own_certificates = file(&format!("certs-{}", self.name()));
        let secure = |port: u16| {
            vec![
                ("--secure-port", port.to_string()),
                ("--bind-address", "127.0.0.1".to_owned()),
            ]
        };
        // With the default of 20 requests a second a rollout of 50 Deployments takes half a minute.
        let controller = |port: u16| {
            let mut flags = vec![
                ("--kubeconfig", kubeconfig.clone()),
                ("--leader-elect", "false".to_owned()),
                ("--kube-api-qps", "1000".to_owned()),
                ("--kube-api-burst", "2000".to_owned()),
                ("--cert-dir", own_certificates.clone()),
            ];
            flags.extend(secure(port));
            flags
        };
        let flags = match self {
            Self::Etcd => vec![
                ("--data-dir", file("etcd")),
                // Nothing here is worth surviving a crash of the machine.
                ("--unsafe-no-fsync", "true".to_owned()),
                ("--listen-client-urls", etcd.clone()),
                ("--advertise-client-urls", etcd),
                ("--listen-peer-urls", peer.clone()),
                ("--initial-advertise-peer-urls", peer.clone()),
                ("--initial-cluster", format!("default={peer}")),
                ("--log-level", "warn".to_owned()),
            ],
            Self::KubeApiserver => {
                let mut flags = vec![
                    ("--etcd-servers", etcd),
                    ("--cert-dir", file(files::CERTIFICATES)),
                    (
                        "--service-account-issuer",
                        "https://kubernetes.default.svc".to_owned(),
                    ),
                    ("--service-account-key-file", key.clone()),
                    ("--service-account-signing-key-file", key),
                    ("--service-cluster-ip-range", "10.96.0.0/16".to_owned()),
                    ("--authorization-mode", "Node,RBAC".to_owned()),
                    ("--token-auth-file", file(files::TOKENS)),
                    ("--enable-priority-and-fairness", "false".to_owned()),
                    ("--allow-privileged", "true".to_owned()),
                    // Where the simulated nodes serve logs.
                    ("--kubelet-preferred-address-types", "ExternalIP".to_owned()),
                    ("--egress-selector-config-file", file(files::EGRESS)),
                ];
                flags.extend(secure(ports.api));
                flags
            }
            Self::KubeControllerManager => {
                let mut flags = vec![
                    ("--service-account-private-key-file", key),
                    ("--root-ca-file", certificate),
                    // Its default is a system folder.
                    ("--flex-volume-plugin-dir", file("flex-volumes")),
                ];
                flags.extend(controller(ports.controllers));
                flags
            }
            Self::KubeScheduler => controller(ports.scheduler),
            Self::Nodes => vec![
                ("--kubeconfig", kubeconfig),
                ("--port", ports.nodes.to_string()),
                ("--socket", files::SOCKET.to_owned()),
            ],
        };
        flags
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }
}

/// Files in a sandbox's folder that several parts share.
pub(super) mod files {
    /// Signs service account tokens.
    pub const KEY: &str = "service-accounts.key";
    /// Who may call the API server, with which token.
    pub const TOKENS: &str = "tokens.csv";
    /// The API server makes its certificates here.
    pub const CERTIFICATES: &str = "certs";
    /// The certificate to trust.
    pub const CERTIFICATE: &str = "certs/apiserver.crt";
    /// How parts and users reach the API server.
    pub const KUBECONFIG: &str = "kubeconfig";
    /// Tells the API server how to reach pods, services and nodes.
    pub const EGRESS: &str = "egress.yaml";
    /// Where the nodes listen for that. Relative to the folder in which every part runs: a socket's whole path may
    /// have a hundred letters only.
    pub const SOCKET: &str = "nodes.sock";
}

/// The content of [`files::EGRESS`]. The API server asks only when it needs a connection, so it may start first.
pub(super) fn egress() -> String {
    yaml::write(&json!({
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [{"name": "cluster", "connection": {
            "proxyProtocol": "HTTPConnect",
            "transport": {"uds": {"udsName": files::SOCKET}},
        }}],
    }))
}

fn local(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// The ports of one sandbox, all on the loopback address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ports {
    pub etcd: u16,
    pub etcd_peer: u16,
    pub api: u16,
    pub controllers: u16,
    pub scheduler: u16,
    pub nodes: u16,
}

impl Ports {
    /// Asks the system for free ports. All are held until the last is known, so that they differ.
    pub fn free() -> Result<Self> {
        let listeners = (0..6)
            .map(|_| TcpListener::bind(("127.0.0.1", 0)))
            .collect::<Result<Vec<_>, _>>()?;
        let ports = listeners
            .iter()
            .map(|listener| Ok(listener.local_addr()?.port()))
            .collect::<Result<Vec<_>, std::io::Error>>()?;
        Ok(Self {
            etcd: ports[0],
            etcd_peer: ports[1],
            api: ports[2],
            controllers: ports[3],
            scheduler: ports[4],
            nodes: ports[5],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_start_in_order_and_share_their_files() {
        let mut sorted = Part::ALL;
        sorted.sort();
        assert_eq!(sorted, Part::ALL);
        let ports = Ports {
            etcd: 1,
            etcd_peer: 2,
            api: 3,
            controllers: 4,
            scheduler: 5,
            nodes: 6,
        };
        let flags = Part::KubeApiserver.flags(Path::new("/x"), &ports);
        assert!(flags.contains(&"--etcd-servers=http://127.0.0.1:1".to_owned()));
        assert!(flags.contains(&"--secure-port=3".to_owned()));
        assert!(flags.contains(&"--token-auth-file=/x/tokens.csv".to_owned()));
        let flags = Part::KubeControllerManager.flags(Path::new("/x"), &ports);
        assert!(flags.contains(&"--root-ca-file=/x/certs/apiserver.crt".to_owned()));
        let flags = Part::Nodes.flags(Path::new("/x"), &ports);
        assert!(flags.contains(&"--socket=nodes.sock".to_owned()));
        assert!(egress().contains("udsName: nodes.sock\n"));
    }

    #[test]
    fn free_ports_differ() {
        let ports = Ports::free().unwrap();
        assert_ne!(ports.etcd, ports.etcd_peer);
        assert_ne!(ports.api, ports.nodes);
    }
}
