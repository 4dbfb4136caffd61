//! Where an environment leads: its targets, complete with what they inherit.

use super::schema;

/// A named place to deploy to.
#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// At least one.
    pub targets: Vec<Target>,
    /// As written.
    pub spec: schema::Environment,
}

/// One cluster and one namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name; the environment's when it has just one.
    pub name: String,
    /// Contexts to look for, most wanted first; empty means the current one.
    pub contexts: Vec<String>,
    /// URL of the API server, to find the context by.
    pub server: Option<String>,
    /// The namespace.
    pub namespace: String,
    /// Create the namespace when it does not exist.
    pub create_namespace: bool,
}

impl AsRef<Target> for Target {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// The targets of an environment as written.
pub fn targets(app: &str, name: &str, environment: &schema::Environment) -> Vec<Target> {
    let namespace = environment
        .namespace
        .clone()
        .unwrap_or_else(|| app.to_owned());
    if environment.targets.is_empty() {
        return vec![Target {
            name: name.to_owned(),
            contexts: environment.context.to_vec(),
            server: environment.server.clone(),
            namespace,
            create_namespace: environment.create_namespace,
        }];
    }
    environment
        .targets
        .iter()
        .map(|target| Target {
            name: target.name.clone(),
            contexts: target
                .context
                .as_ref()
                .map(schema::OneOrMany::to_vec)
                .unwrap_or_default(),
            server: target.server.clone(),
            namespace: target
                .namespace
                .clone()
                .unwrap_or_else(|| namespace.clone()),
            create_namespace: target
                .create_namespace
                .unwrap_or(environment.create_namespace),
        })
        .collect()
}
