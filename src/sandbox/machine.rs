//! What a sandbox needs to know of the machine: folders, the user's kubeconfig, and the variables to hand on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::env::Env;
use crate::error::{Failure, Result};
use crate::vars;

use super::Name;

/// What a sandbox needs to know of the machine. Taken from [`Env`] once, so that tests can point it elsewhere.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Built binaries, one folder for each version of the sources.
    pub cache: PathBuf,
    /// One folder for each running sandbox.
    pub state: PathBuf,
    /// The kubeconfig that gets our contexts.
    pub user_kubeconfig: PathBuf,
    /// What `go` is started with.
    pub variables: BTreeMap<String, String>,
}

impl Machine {
    /// Reads the folders from the environment, by the XDG rules.
    ///
    /// # Errors
    /// Usage: there is neither a home folder nor the variables that replace it.
    pub fn new(env: &Env) -> Result<Self> {
        let folder = |variable: &str, below_home: &str| {
            env.var(variable)
                .map(PathBuf::from)
                // The XDG rules say that a relative path is to be ignored.
                .filter(|path| path.is_absolute())
                .or_else(|| Some(env.home()?.join(below_home)))
                .ok_or_else(|| {
                    Failure::usage(format!("neither {variable} nor {} is set", vars::HOME))
                })
        };
        let listed = env
            .var(vars::KUBECONFIG)
            .and_then(|list| list.split(':').find(|path| !path.is_empty()))
            .map(|path| env.path(path));
        let user_kubeconfig = match listed {
            Some(path) => path,
            None => folder(vars::HOME, "")?.join(".kube").join("config"),
        };
        Ok(Self {
            cache: folder(vars::XDG_CACHE_HOME, ".cache")?.join("deploy/sandbox"),
            state: folder(vars::XDG_STATE_HOME, ".local/state")?.join("deploy/sandbox"),
            user_kubeconfig,
            variables: env.variables.clone(),
        })
    }

    /// The folder of one sandbox.
    pub fn folder(&self, name: &Name) -> PathBuf {
        self.state.join(name.as_str())
    }

    /// Where an outside program is, as a shell would find it.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let listed = self.variables.get(vars::PATH).map_or("", String::as_str);
        listed
            .split(':')
            .filter(|folder| !folder.is_empty())
            .map(|folder| Path::new(folder).join(name))
            .find(|path| path.is_file())
    }
}
