//! deploy.yaml of a project that is made from manifests, with comments on what came from where. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::config::Group;
use super::secrets::Left;
use crate::render::write::scalar_text;

/// What deploy.yaml says.
#[derive(Debug, Default)]
pub struct MainFile<'a> {
    /// Where the manifests came from.
    pub source: &'a str,
    /// Name of the app.
    pub app: &'a str,
    /// Image references by name.
    pub images: BTreeMap<String, String>,
    /// Name of the environment.
    pub environment: &'a str,
    /// Its kubeconfig context.
    pub context: Option<&'a str>,
    /// Its namespace.
    pub namespace: &'a str,
    /// The manifests made the namespace.
    pub create_namespace: bool,
    /// Config groups.
    pub groups: &'a [Group],
    /// Secrets that were left out.
    pub secrets: &'a [Left],
    /// Names of Jobs.
    pub jobs: &'a [String],
    /// Other namespaces that objects are in.
    pub namespaces: &'a [String],
    /// There are objects outside of namespaces.
    pub cluster_scoped: bool,
    /// Files that are no templates.
    pub raw: &'a [String],
}

impl MainFile<'_> {
    /// The text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let Self {
            app,
            environment,
            namespace,
            ..
        } = self;
        writeln!(
            out,
            "# Made from the manifests in {}. All keys: `deploy schema`, or docs/deploy-yaml.md.",
            self.source
        )?;
        writeln!(out, "app: {app}")?;
        if let Some(name) = self.images.keys().next() {
            writeln!(
                out,
                "\n# Lifted out of the templates, which say {{{{ images.{name} }}}}. A deploy brings a new tag: --image {name}=TAG"
            )?;
            writeln!(out, "images:")?;
            for (name, reference) in &self.images {
                writeln!(out, "  {}: {}", scalar_text(name), scalar_text(reference))?;
            }
        }
        writeln!(out, "\nenvironments:\n  {environment}:")?;
        match self.context {
            Some(context) => writeln!(out, "    context: {}", scalar_text(context))?,
            None => writeln!(
                out,
                "    # context: NAME   # of your kubeconfig; without this line, the current one"
            )?,
        }
        writeln!(out, "    namespace: {namespace}")?;
        if self.create_namespace {
            writeln!(out, "    createNamespace: true")?;
        }
        writeln!(
            out,
            "  # A second environment: what differs goes to values/NAME.yaml, or to templates/web.NAME.yaml"
        )?;
        writeln!(
            out,
            "  # production: {{context: production, namespace: {namespace}, confirm: true}}"
        )?;
        self.config(out)?;
        self.secrets(out)?;
        if let Some(job) = self.jobs.first() {
            writeln!(
                out,
                "\n# Jobs that should run once with each release, before the rollout or after it:"
            )?;
            writeln!(out, "# jobs: {{before: [{job}]}}")?;
        }
        if !self.namespaces.is_empty() || self.cluster_scoped {
            writeln!(
                out,
                "\n# What these templates touch outside of the environment's namespace.\nallow:"
            )?;
            if !self.namespaces.is_empty() {
                writeln!(out, "  namespaces: [{}]", self.namespaces.join(", "))?;
            }
            if self.cluster_scoped {
                writeln!(out, "  clusterScoped: true")?;
            }
        }
        if !self.raw.is_empty() {
            writeln!(
                out,
                "\n# Their braces are not ours: applied as they are, without templating.\nraw:"
            )?;
            for path in self.raw {
                writeln!(out, "- {}", scalar_text(path))?;
            }
        }
        Ok(())
    }

    fn config(&self, out: &mut String) -> std::fmt::Result {
        if self.groups.is_empty() {
            return Ok(());
        }
        writeln!(
            out,
            "\n# Were ConfigMaps. Each is now named by its content: a change restarts the pods that read it, a rollback brings it back."
        )?;
        writeln!(out, "config:")?;
        for group in self.groups {
            writeln!(out, "  {}:\n    from:", scalar_text(&group.name))?;
            for (path, _) in &group.files {
                writeln!(out, "    - {}", scalar_text(path))?;
            }
        }
        Ok(())
    }

    fn secrets(&self, out: &mut String) -> std::fmt::Result {
        if self.secrets.is_empty() {
            return Ok(());
        }
        writeln!(
            out,
            "\n# Secrets were left out, and pods go on reading those that are in the cluster."
        )?;
        let known: Vec<_> = self
            .secrets
            .iter()
            .filter_map(|left| Some((&left.name, left.variables.as_ref()?)))
            .collect();
        if known.is_empty() {
            return Ok(());
        }
        writeln!(
            out,
            "# To let deploy make and version them, from variables of whoever deploys:\n# secrets:"
        )?;
        for (name, variables) in known {
            writeln!(out, "#   {}:\n#     env:", scalar_text(name))?;
            for (key, variable) in variables {
                writeln!(out, "#       {}: {variable}", scalar_text(key))?;
            }
        }
        Ok(())
    }
}
