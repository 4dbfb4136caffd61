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

    /// The environment and the targets that the flags choose. `--context` and `--namespace` override those of a single one.
    pub fn targets(&self, project: &Project) -> Result<(Environment, Vec<Target>)> {
        let environment = project.environment(self.global.environment.as_deref())?;
        let mut targets: Vec<Target> = choose(&environment, &self.global.targets)?
            .into_iter()
            .cloned()
            .collect();
        if self.global.context.is_none() && self.global.namespace.is_none() {
            return Ok((environment, targets));
        }
        if targets.len() > 1 {
            let flag = match self.global.context {
                Some(_) => "--context",
                None => "--namespace",
            };
            return Err(Failure::usage(format!(
                "{flag} means one target, and {} has {}",
                environment.name,
                several(&targets)
            ))
            .hint("choose one with --target"));
        }
        for target in &mut targets {
            if let Some(context) = &self.global.context {
                target.contexts = vec![context.clone()];
                target.server = None;
            }
            if let Some(namespace) = &self.global.namespace {
                target.namespace.clone_from(namespace);
            }
        }
        Ok((environment, targets))
    }

    /// The environment and its one target, for what is done in one place only.
    pub fn place(&self, project: &Project) -> Result<(Environment, Target)> {
        let (environment, targets) = self.targets(project)?;
        let target = only(&environment.name, targets)?;
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

    /// One of several targets failed, and the others go on: its failure is kept for the end, and one that was kept before is
    /// printed. Mistakes in the project are the same in all targets, and keep their excerpts.
    pub fn put_off(&self, kept: &mut Option<Failure>, failure: Failure, target: &Target) {
        let failure = if failure.mistakes().is_some() {
            failure
        } else {
            failure.context(format!("target {}", target.name))
        };
        if let Some(earlier) = kept.replace(failure) {
            self.shell.failure(&earlier);
        }
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

/// The targets of these names, in the order of deploy.yaml; all of them without names.
pub fn choose<'a>(environment: &'a Environment, names: &[String]) -> Result<Vec<&'a Target>> {
    for name in names {
        environment.target(name)?;
    }
    let chosen = |target: &&Target| names.is_empty() || names.contains(&target.name);
    Ok(environment.targets.iter().filter(chosen).collect())
}

/// The only one of some targets.
pub fn only<T: AsRef<Target>>(environment: &str, mut targets: Vec<T>) -> Result<T> {
    match (targets.pop(), targets.is_empty()) {
        (Some(target), true) => Ok(target),
        (last, _) => {
            targets.extend(last);
            Err(Failure::usage(format!(
                "this works in one target at a time, and {environment} has {}",
                several(&targets)
            ))
            .hint("choose one with --target"))
        }
    }
}

/// `2 targets: eu and us`.
fn several<T: AsRef<Target>>(targets: &[T]) -> String {
    let names: Vec<&str> = targets
        .iter()
        .map(|target| target.as_ref().name.as_str())
        .collect();
    format!(
        "{}: {}",
        words::count(names.len(), "target"),
        words::list(&names, "and")
    )
}
