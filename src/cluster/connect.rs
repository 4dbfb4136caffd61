//! From kubeconfig, flags and environment to a client. Makes no request, except that a login program may make some.

use std::path::{Path, PathBuf};

use kube::config::{Config, KubeConfigOptions, Kubeconfig, KubeconfigError};

use super::{Cluster, http};
use crate::env::Env;
use crate::error::{Failure, Result};
use crate::{vars, words};

/// Where to connect to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Connect<'a> {
    /// `--kubeconfig`; else `$KUBECONFIG`, then `~/.kube/config`, then the service account of the pod we run in.
    pub kubeconfig: Option<&'a Path>,
    /// The first that exists in the kubeconfig wins; empty: see `server`, else the current one.
    pub contexts: &'a [String],
    /// The server's URL, since names of contexts differ between machines.
    pub server: Option<&'a str>,
    /// Default: the context's.
    pub namespace: Option<&'a str>,
}

impl Cluster {
    /// Connects. The client of the environment, when there is one, is used as it is.
    ///
    /// # Errors
    /// Usage, when the context is not there; cluster, when the kubeconfig cannot be read or its login program fails.
    pub async fn connect(env: &Env, how: Connect<'_>) -> Result<Self> {
        if let Some(client) = &env.client {
            let context = how.contexts.first().map_or("test", String::as_str);
            let namespace = how.namespace.unwrap_or(client.default_namespace());
            let server = how.server.unwrap_or("https://cluster.test");
            return Ok(Self::new(client.clone(), context, namespace, server));
        }
        let Some(kubeconfig) = read(env, how.kubeconfig)? else {
            return in_cluster(env, how);
        };
        let context = choose(&kubeconfig, how.contexts, how.server)?;
        let config = config(kubeconfig, &context).await?;
        let client = http::client(&config)?;
        let namespace = how.namespace.unwrap_or(&config.default_namespace);
        let server = config.cluster_url.to_string();
        Ok(Self::new(
            client,
            &context,
            namespace,
            server.trim_end_matches('/'),
        ))
    }
}

/// A context of a kubeconfig, by its names.
#[derive(Clone, Debug)]
pub struct KnownContext {
    /// Its own.
    pub name: String,
    /// The cluster's.
    pub cluster: String,
    /// Its default namespace; empty when it names none.
    pub namespace: String,
}

/// What a kubeconfig offers.
#[derive(Clone, Debug, Default)]
pub struct Contexts {
    /// All contexts.
    pub known: Vec<KnownContext>,
    /// The current one.
    pub current: Option<String>,
}

impl Contexts {
    /// Reads the kubeconfig: the file given, else as [`Connect`] does.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn read(env: &Env, kubeconfig: Option<&Path>) -> Result<Self> {
        let Some(kubeconfig) = read(env, kubeconfig)? else {
            return Ok(Self::default());
        };
        Ok(Self {
            current: kubeconfig.current_context.filter(|name| !name.is_empty()),
            known: kubeconfig.contexts.into_iter().map(known).collect(),
        })
    }

    /// The names of all contexts.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.known.iter().map(|context| context.name.as_str())
    }
}

fn known(named: kube::config::NamedContext) -> KnownContext {
    let context = named.context.unwrap_or_default();
    KnownContext {
        name: named.name,
        cluster: context.cluster,
        namespace: context.namespace.unwrap_or_default(),
    }
}

async fn config(kubeconfig: Kubeconfig, context: &str) -> Result<Config> {
    check_user(&kubeconfig, context)?;
    let options = KubeConfigOptions {
        context: Some(context.to_owned()),
        ..KubeConfigOptions::default()
    };
    Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .map_err(|error| {
            Failure::cluster(format!(
            "cannot use context `{context}` of the kubeconfig: {error}"
        ))
        .hint("`kubectl config view` shows the file; the files it names must exist and be readable")
        })
}

/// A context whose user is not there would be nobody, and be refused much later for the wrong reason.
fn check_user(kubeconfig: &Kubeconfig, context: &str) -> Result<()> {
    let named = kubeconfig
        .contexts
        .iter()
        .find(|named| named.name == context);
    let user = named
        .and_then(|named| named.context.as_ref())
        .and_then(|context| context.user.as_deref())
        .filter(|user| !user.is_empty());
    let known: Vec<&str> = kubeconfig
        .auth_infos
        .iter()
        .map(|known| known.name.as_str())
        .collect();
    match user {
        Some(user) if !known.contains(&user) => Err(Failure::usage(format!(
            "context `{context}` names the user `{user}`, which the kubeconfig does not have"
        ))
        .hint(words::suggest(user, known.iter().copied()))),
        _ => Ok(()),
    }
}

/// The merged kubeconfig. `None` when there is none and we run in a pod.
fn read(env: &Env, flag: Option<&Path>) -> Result<Option<Kubeconfig>> {
    let (files, listed) = if let Some(path) = flag {
        (vec![env.path(path)], false)
    } else if let Some(list) = env.var(vars::KUBECONFIG) {
        let files: Vec<PathBuf> = list
            .split(':')
            .filter(|path| !path.is_empty())
            .map(|path| env.path(path))
            .collect();
        (files, true)
    } else {
        let default = env.home().map(|home| home.join(".kube/config"));
        match default.filter(|path| path.exists()) {
            Some(default) => (vec![default], false),
            None if env.var(vars::KUBERNETES_SERVICE_HOST).is_some() => return Ok(None),
            None => {
                return Err(no_kubeconfig(
                    "there is no kubeconfig: neither $KUBECONFIG nor ~/.kube/config",
                ));
            }
        }
    };
    let mut merged: Option<Kubeconfig> = None;
    for file in &files {
        // Like kubectl: files of a list may be absent, as long as one is there.
        if listed && !file.exists() {
            continue;
        }
        let next = Kubeconfig::read_from(file).map_err(|error| unreadable(file, &error))?;
        merged = Some(match merged {
            None => next,
            Some(first) => first
                .merge(next)
                .map_err(|error| unreadable(file, &error))?,
        });
    }
    match merged {
        Some(kubeconfig) => Ok(Some(kubeconfig)),
        None => Err(no_kubeconfig("no file that $KUBECONFIG names exists")),
    }
}

fn no_kubeconfig(message: &str) -> Failure {
    Failure::cluster(message)
        .hint("pass --kubeconfig FILE, or get one from whoever runs the cluster")
        .hint("`deploy sandbox up` starts a cluster on this machine")
}

fn unreadable(file: &Path, error: &KubeconfigError) -> Failure {
    let message = match error {
        KubeconfigError::ReadConfig(cause, _) => {
            format!("cannot read the kubeconfig {}: {cause}", file.display())
        }
        // The rest of the parser's message quotes the file, tokens and all.
        other => {
            let text = other.to_string();
            let first = text.lines().next().unwrap_or_default();
            format!("the kubeconfig {} is damaged: {first}", file.display())
        }
    };
    no_kubeconfig(&message)
}

/// The context's name.
fn choose(kubeconfig: &Kubeconfig, wanted: &[String], server: Option<&str>) -> Result<String> {
    let known: Vec<&str> = kubeconfig
        .contexts
        .iter()
        .map(|context| context.name.as_str())
        .collect();
    if let Some(name) = wanted.iter().find(|name| known.contains(&name.as_str())) {
        return Ok(name.clone());
    }
    if let Some(server) = server {
        return by_server(kubeconfig, server).ok_or_else(|| {
            Failure::usage(format!("no context of the kubeconfig leads to {server}"))
                .hint(format!("contexts: {}", words::list(&known, "and")))
        });
    }
    match wanted {
        [] => kubeconfig
            .current_context
            .clone()
            .filter(|name| !name.is_empty())
            .ok_or_else(|| {
                Failure::usage("the kubeconfig has no current context").hint(format!(
                    "pass --context; {}",
                    words::suggest("", known.iter().copied())
                ))
            }),
        [name] => Err(
            Failure::usage(format!("the kubeconfig has no context `{name}`"))
                .hint(words::suggest(name, known.iter().copied())),
        ),
        [first, ..] => Err(Failure::usage(format!(
            "the kubeconfig has none of the contexts {}",
            words::list(wanted, "and")
        ))
        .hint(words::suggest(first, known.iter().copied()))),
    }
}

/// The current context when it leads to that server, else the first that does.
fn by_server(kubeconfig: &Kubeconfig, server: &str) -> Option<String> {
    let same = |url: &str| {
        url.trim_end_matches('/')
            .eq_ignore_ascii_case(server.trim_end_matches('/'))
    };
    let leads_there = |name: &str| {
        let context = kubeconfig
            .contexts
            .iter()
            .find(|context| context.name == name)?
            .context
            .as_ref()?;
        let cluster = kubeconfig
            .clusters
            .iter()
            .find(|cluster| cluster.name == context.cluster)?
            .cluster
            .as_ref()?;
        cluster.server.as_deref().map(same)
    };
    let current = kubeconfig.current_context.as_deref().into_iter();
    let all = kubeconfig
        .contexts
        .iter()
        .map(|context| context.name.as_str());
    current
        .chain(all)
        .find(|name| leads_there(name) == Some(true))
        .map(str::to_owned)
}

/// The service account of the pod we run in.
fn in_cluster(env: &Env, how: Connect<'_>) -> Result<Cluster> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::cluster(format!(
            "cannot use the service account of this pod: {error}"
        ))
    };
    let mut config = Config::incluster_dns().map_err(|error| failed(&error))?;
    let host = env
        .var(vars::KUBERNETES_SERVICE_HOST)
        .unwrap_or("kubernetes.default.svc");
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let port = env.var(vars::KUBERNETES_SERVICE_PORT).unwrap_or("443");
    config.cluster_url = format!("https://{host}:{port}")
        .parse()
        .map_err(|error| failed(&error))?;
    if let Some(wanted) = how.contexts.first().filter(|_| how.server.is_none()) {
        return Err(Failure::usage(format!(
            "there is no kubeconfig here, so no context `{wanted}`"
        ))
        .hint("in a pod, leave `context` out or match the cluster by `server`"));
    }
    let client = http::client(&config)?;
    let namespace = how.namespace.unwrap_or(&config.default_namespace);
    Ok(Cluster::new(
        client,
        "in-cluster",
        namespace,
        config.cluster_url.to_string().trim_end_matches('/'),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kubeconfig() -> Kubeconfig {
        Kubeconfig::from_yaml(
            "{current-context: b, clusters: [{name: one, cluster: {server: 'https://one:6443'}}, {name: two, cluster: {server: 'https://two'}}], users: [],
             contexts: [{name: staging, context: {cluster: one, user: x}}, {name: b, context: {cluster: two, user: x}}]}",
        )
        .unwrap()
    }

    #[test]
    fn the_first_context_that_exists_wins_then_the_server_then_the_current_one() {
        let names = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let cases = [
            (names(&["laptop", "staging"]), None, "staging"),
            (names(&["laptop"]), Some("https://ONE:6443/"), "staging"),
            (names(&[]), Some("https://two"), "b"),
            (names(&[]), None, "b"),
        ];
        for (wanted, server, context) in cases {
            assert_eq!(choose(&kubeconfig(), &wanted, server).unwrap(), context);
        }
    }

    #[test]
    fn a_context_without_its_user_is_refused() {
        let mut kubeconfig = kubeconfig();
        let failure = check_user(&kubeconfig, "staging").unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.source.to_string().contains("the user `x`"));
        kubeconfig.auth_infos = serde_json::from_str(r#"[{"name": "x", "user": {}}]"#).unwrap();
        check_user(&kubeconfig, "staging").unwrap();
    }

    #[test]
    fn an_unknown_context_gets_a_suggestion() {
        let failure = choose(&kubeconfig(), &["stagign".to_owned()], None).unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        assert_eq!(failure.hints, ["did you mean `staging`?"]);
        let failure = choose(&kubeconfig(), &[], Some("https://three")).unwrap_err();
        assert_eq!(failure.hints, ["contexts: staging and b"]);
    }
}
