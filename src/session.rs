//! What a command receives: the environment, the shell, the global flags, and what is built from them on demand.

use crate::cli::GlobalArgs;
use crate::cluster::{Cluster, Connect};
use crate::env::Env;
use crate::error::{Failure, Result};
use crate::interrupt::Interrupt;
use crate::project::{Environment, Project, Target};
use crate::release::record::Who;
use crate::shell::Shell;
use crate::words;

/// What a command receives. Holds no business logic.
pub struct Session {
    /// The process as a value.
    pub env: Env,
    /// The terminal.
    pub shell: Shell,
    /// Flags that every command takes.
    pub global: GlobalArgs,
    /// The wish to stop.
    pub interrupt: Interrupt,
}

impl Session {
    /// The project of the checkout.
    pub fn project(&self) -> Result<Project> {
        let root = Project::find(&self.env, self.global.project.as_deref())?;
        self.shell.project_at(&self.env, &root);
        Ok(Project::load(&root)?)
    }

    /// Whether the command works from a checkout: neither `--app` nor `-A`, and a `deploy/` folder in sight.
    pub fn has_checkout(&self) -> bool {
        self.global.app.is_none()
            && !self.global.all_namespaces
            && Project::find(&self.env, self.global.project.as_deref()).is_ok()
    }

    /// Fails where there is no checkout to deploy from, and says how to do without one.
    pub fn need_checkout(&self) -> Result<()> {
        if self.has_checkout() {
            return Ok(());
        }
        if let Some(app) = &self.global.app {
            return Err(Failure::usage(format!("--app {app} means: without a checkout"))
                .hint("--from-live starts from the bundle, values, config and secrets that are running"));
        }
        self.project().map(drop)
    }

    /// The environment and the one target that the flags choose. `--context` and `--namespace` override that target's.
    pub fn place(&self, project: &Project) -> Result<(Environment, Target)> {
        let environment = project.environment(self.global.environment.as_deref())?;
        let mut target = choose(&environment, self.global.target.as_deref())?.clone();
        if let Some(context) = &self.global.context {
            target.contexts = vec![context.clone()];
            target.server = None;
        }
        if let Some(namespace) = &self.global.namespace {
            target.namespace.clone_from(namespace);
        }
        Ok((environment, target))
    }

    /// The cluster of a target.
    pub async fn connect(&self, target: &Target) -> Result<Cluster> {
        let how = Connect {
            kubeconfig: self.global.kubeconfig.as_deref(),
            contexts: &target.contexts,
            server: target.server.as_deref(),
            namespace: Some(&target.namespace),
        };
        Ok(self.trace(Cluster::connect(&self.env, how).await?))
    }

    /// With `-vv`, every request is told.
    fn trace(&self, cluster: Cluster) -> Cluster {
        if self.global.verbose < 2 {
            return cluster;
        }
        let shell = self.shell.clone();
        cluster.traced(Box::new(move |request| shell.status(request)))
    }

    /// The cluster that `--context` and `--namespace` name, for commands without a checkout.
    pub async fn connect_current(&self) -> Result<Cluster> {
        let contexts: Vec<String> = self.global.context.iter().cloned().collect();
        let how = Connect {
            kubeconfig: self.global.kubeconfig.as_deref(),
            contexts: &contexts,
            server: None,
            namespace: self.global.namespace.as_deref(),
        };
        Ok(self.trace(Cluster::connect(&self.env, how).await?))
    }

    /// Host and CI link of this process.
    pub fn who(&self) -> Who {
        Who {
            user: String::new(),
            host: self.env.process.host.clone(),
            ci: self.env.ci_link(),
        }
    }

    /// A new run id: time and randomness, so that runs of one moment differ.
    pub fn run_id(&self) -> Result<String> {
        let mut bytes = [0_u8; 4];
        getrandom::fill(&mut bytes)
            .map_err(|error| Failure::bug(format!("no randomness: {error}")))?;
        let time = self.env.now().strftime("%Y%m%d-%H%M%S");
        Ok(format!(
            "{time}-{}",
            crate::manifest::digest::encode(&bytes, 8)
        ))
    }
}

/// A target by name, or the only one.
pub fn choose<'a>(environment: &'a Environment, name: Option<&str>) -> Result<&'a Target> {
    match (name, environment.targets.as_slice()) {
        (Some(name), _) => environment.target(name),
        (None, [target]) => Ok(target),
        (None, targets) => {
            let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
            Err(Failure::usage(format!(
                "{} has {}: {}; several at once are not supported yet",
                environment.name,
                words::count(names.len(), "target"),
                words::list(&names, "and")
            ))
            .hint("choose one with --target"))
        }
    }
}
