//! What deploy.yaml means together: names, references to files and environments, and keys whose feature is not built yet.

mod checks;
mod jobs;
mod notify;

use super::bundle::{Bundle, MAIN, suggest_path};
use super::mistake::{Mistake, Mistakes};
use super::schema::{Environment, SecretSource, Spec};
use super::{environment, names, placeholders};
use crate::render::yaml::Node;
use crate::words;

/// Everything that types alone do not say.
pub fn check(spec: &Spec, bundle: &Bundle, tree: &Node, source: &str) -> Mistakes {
    let mut checks = Checks {
        tree,
        source,
        mistakes: Mistakes::default(),
    };
    checks.unbuilt(spec);
    checks.requires(spec);
    checks.names(spec);
    checks.environments(spec);
    checks.config(spec, bundle);
    checks.jobs(spec);
    for (name, secret) in &spec.secrets {
        checks.secret(spec, &["secrets", name], secret);
    }
    checks.globs(spec);
    checks.http_checks(spec);
    notify::check(&mut checks, spec);
    checks
        .mistakes
        .0
        .sort_by_key(|mistake| (mistake.line, mistake.column));
    checks.mistakes
}

/// Collects mistakes while the settings are read.
struct Checks<'a> {
    tree: &'a Node,
    source: &'a str,
    mistakes: Mistakes,
}

impl Checks<'_> {
    fn found(&mut self, path: &[&str], message: impl Into<String>, hint: Option<String>) {
        let (line, column) = self.tree.locate(path);
        let mut mistake = Mistake::new(MAIN, message).at(line, Some(column), self.source);
        mistake.hint = hint;
        self.mistakes.0.push(mistake);
    }

    fn unbuilt(&mut self, spec: &Spec) {
        let mut used: Vec<(Vec<&str>, &str)> = Vec::new();
        let mut when = |is: bool, path: &[&'static str]| {
            if is {
                used.push((path.to_vec(), path[path.len() - 1]));
            }
        };
        when(spec.strategy.is_some(), &["strategy"]);
        when(spec.preview.is_some(), &["preview"]);
        for (name, environment) in &spec.environments {
            let mut when = |is: bool, key: &'static str| {
                if is {
                    used.push((vec!["environments", name, key], key));
                }
            };
            when(environment.promote_from.is_some(), "promoteFrom");
            when(environment.approval.is_some(), "approval");
        }
        for (name, notifier) in &spec.notify {
            if notifier.github.is_some() {
                used.push((vec!["notify", name, "github"], "github"));
            }
        }
        for (path, key) in used {
            self.not_supported(&path, key);
        }
    }

    fn not_supported(&mut self, path: &[&str], key: &str) {
        self.found(
            path,
            format!("`{key}` is not supported yet"),
            Some("remove it; a later version will know it".to_owned()),
        );
    }

    fn requires(&mut self, spec: &Spec) {
        let Some(wanted) = &spec.requires else { return };
        let version = env!("CARGO_PKG_VERSION");
        match satisfies(version, wanted) {
            Some(true) => {}
            Some(false) => self.found(
                &["requires"],
                format!("this project needs deploy {wanted}, and this is {version}"),
                Some("install a newer deploy".to_owned()),
            ),
            None => self.found(
                &["requires"],
                format!("`requires: {wanted}` is not a version"),
                Some("write `>=1.4`".to_owned()),
            ),
        }
    }

    fn names(&mut self, spec: &Spec) {
        let groups: [(&str, Vec<&String>); 3] = [
            ("environments", spec.environments.keys().collect()),
            ("config", spec.config.keys().collect()),
            ("secrets", spec.secrets.keys().collect()),
        ];
        for (group, keys) in groups {
            for key in keys {
                if let Some(problem) = names::label_problem(key) {
                    self.found(&[group, key], format!("the name `{key}` {problem}"), None);
                }
            }
        }
        for name in spec.secrets.keys() {
            if spec.config.contains_key(name) {
                self.found(
                    &["secrets", name],
                    format!("`{name}` is both a config group and a secret"),
                    Some("give one of them another name".to_owned()),
                );
            }
        }
        for (name, image) in &spec.images {
            if let Err(problem) = super::image::parse(image) {
                self.found(
                    &["images", name],
                    format!("`{image}` is not an image: {problem}"),
                    Some("write registry.example.com/team/name, without https://".to_owned()),
                );
            }
        }
        for name in &spec.allow.namespaces {
            if let Some(problem) = names::label_problem(name) {
                self.found(
                    &["allow", "namespaces"],
                    format!("the namespace `{name}` {problem}"),
                    None,
                );
            }
        }
    }

    fn environments(&mut self, spec: &Spec) {
        if spec.environments.is_empty() {
            self.found(
                &["environments"],
                "there is no environment",
                Some("add one: environments: {staging: {namespace: shop}}".to_owned()),
            );
        }
        for (name, environment) in &spec.environments {
            self.environment(spec, name, environment);
        }
    }

    fn environment(&mut self, spec: &Spec, name: &str, environment: &Environment) {
        let path = ["environments", name];
        if environment.targets.is_empty() {
            if environment.namespace.is_none() && names::label_problem(&spec.app).is_some() {
                self.found(&path, "needs a namespace", None);
            }
            return;
        }
        for (key, written) in [
            ("context", !environment.context.to_vec().is_empty()),
            ("server", environment.server.is_some()),
        ] {
            if written {
                self.found(
                    &["environments", name, key],
                    format!("`{key}` stands beside `targets`"),
                    Some("write it in each target".to_owned()),
                );
            }
        }
        let mut seen: Vec<&str> = Vec::new();
        let mut places: Vec<(_, String)> = Vec::new();
        for (index, target) in environment.targets.iter().enumerate() {
            let position = index.to_string();
            let path = ["environments", name, "targets", &position, "name"];
            if seen.contains(&target.name.as_str()) {
                self.found(
                    &path,
                    format!("there are two targets `{}`", target.name),
                    None,
                );
            }
            seen.push(&target.name);
        }
        let targets = environment::targets(&spec.app, name, environment);
        for (index, target) in targets.into_iter().enumerate() {
            let place = (target.contexts, target.server, target.namespace);
            if let Some((_, other)) = places.iter().find(|(seen, _)| *seen == place) {
                let position = index.to_string();
                self.found(
                    &["environments", name, "targets", &position],
                    format!(
                        "the targets `{other}` and `{}` are the same cluster and namespace",
                        target.name
                    ),
                    Some("give one of them another context or namespace".to_owned()),
                );
            }
            places.push((place, target.name));
        }
    }

    fn config(&mut self, spec: &Spec, bundle: &Bundle) {
        for (name, config) in &spec.config {
            if config.fixed_name && name.len() > 56 {
                self.found(
                    &["config", name],
                    format!("`{name}` is longer than 56 characters, too long for a fixed name"),
                    None,
                );
            }
            if config.from.is_empty() {
                self.found(
                    &["config", name],
                    format!("the config group `{name}` has no files"),
                    Some("list them: from: [config/shop.yaml]".to_owned()),
                );
            }
            for (index, pattern) in config.from.iter().enumerate() {
                let position = index.to_string();
                let path = ["config", name, "from", &position];
                self.config_file(spec, bundle, &path, pattern);
            }
        }
    }

    fn config_file(&mut self, spec: &Spec, bundle: &Bundle, path: &[&str], pattern: &str) {
        if let Some(unknown) = placeholders::unknown(pattern) {
            self.found(
                path,
                format!("`{{{unknown}}}` is not a placeholder"),
                Some("known: {environment} and {target}".to_owned()),
            );
            return;
        }
        let (pattern, optional) = placeholders::optional(pattern);
        let mut missing = Vec::new();
        for (environment, settings) in &spec.environments {
            for target in environment::targets(&spec.app, environment, settings) {
                let file = placeholders::fill(pattern, environment, &target.name);
                match placeholders::inside(&file) {
                    Some(file) if optional || bundle.get(&file).is_some() => {}
                    Some(file) if missing.contains(&file) => {}
                    Some(file) => missing.push(file),
                    None => {
                        return self.found(
                            path,
                            format!("`{file}` leads out of deploy/"),
                            Some("copy the file into deploy/config/".to_owned()),
                        );
                    }
                }
            }
        }
        for file in missing {
            let near = suggest_path(bundle, &file);
            self.found(
                path,
                format!("there is no file {file}"),
                Some(format!("{near}; a trailing `?` means it may be absent")),
            );
        }
    }

    fn secret(&mut self, spec: &Spec, path: &[&str], secret: &SecretSource) {
        for (key, used) in [
            ("vault", secret.vault.is_some()),
            ("sops", secret.sops.is_some()),
            ("s3", secret.s3.is_some()),
        ] {
            if used {
                self.not_supported(&[path, &[key]].concat(), key);
            }
        }
        let sources = [
            secret.env.is_some(),
            secret.file.is_some(),
            secret.exec.is_some(),
            secret.vault.is_some(),
            secret.sops.is_some(),
            secret.s3.is_some(),
        ]
        .into_iter()
        .filter(|used| *used)
        .count();
        let name = path[path.len() - 1];
        if sources > 1 {
            self.found(
                path,
                format!("the secret `{name}` has {sources} sources"),
                Some(
                    "keep one of env, file and exec; `in` names another one for an environment"
                        .to_owned(),
                ),
            );
        } else if sources == 0 && secret.per_environment.is_empty() {
            self.found(
                path,
                format!("the secret `{name}` has no source"),
                Some(
                    "write env: {url: DATABASE_URL}, file: PATH or exec: {command: […]}".to_owned(),
                ),
            );
        }
        let environments = secret.environments.iter().flatten();
        for environment in environments.chain(secret.per_environment.keys()) {
            if !spec.environments.contains_key(environment) {
                self.found(
                    path,
                    format!("there is no environment `{environment}`"),
                    Some(words::suggest(
                        environment,
                        spec.environments.keys().map(String::as_str),
                    )),
                );
            }
        }
        if let Some(exec) = &secret.exec
            && exec.command.is_empty()
        {
            self.found(path, "the command is empty", None);
        }
        for (environment, other) in &secret.per_environment {
            self.secret(spec, &[path, &["in", environment]].concat(), other);
        }
    }

    fn globs(&mut self, spec: &Spec) {
        for (index, pattern) in spec.raw.iter().enumerate() {
            if let Err(error) = globset::Glob::new(pattern) {
                self.found(
                    &["raw", &index.to_string()],
                    format!("`{pattern}` is not a glob: {}", error.kind()),
                    None,
                );
            }
        }
        if let Some(exec) = &spec.values.exec
            && exec.command.is_empty()
        {
            self.found(&["values", "exec"], "the command is empty", None);
        }
    }
}

/// Whether a version satisfies `>=1.4`. `None` when the wish is no version.
fn satisfies(version: &str, wish: &str) -> Option<bool> {
    let wish = wish.trim();
    let wish = wish.strip_prefix(">=").unwrap_or(wish).trim();
    let numbers = |text: &str| -> Option<Vec<u64>> {
        text.split('.').map(|part| part.parse().ok()).collect()
    };
    let (mut have, mut want) = (numbers(version)?, numbers(wish)?);
    have.resize(3.max(want.len()), 0);
    want.resize(have.len(), 0);
    Some(have >= want)
}

#[cfg(test)]
mod tests {
    use super::satisfies;

    #[test]
    fn older_binaries_are_told_apart() {
        assert_eq!(satisfies("1.4.0", ">=1.4"), Some(true));
        assert_eq!(satisfies("1.3.9", ">=1.4"), Some(false));
        assert_eq!(satisfies("2.0.0", "1.4.2"), Some(true));
        assert_eq!(satisfies("2.0.0", "soon"), None);
    }
}
