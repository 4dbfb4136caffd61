//! The built-in templates: the projects in the folder `templates/`, each of them valid as it stands, held in the binary.
//!
//! A new one is a folder there and an entry in [`TEMPLATES`].

use crate::project::Bundle;
use crate::render::write;

/// A project to start from.
#[derive(Debug)]
pub struct Template {
    /// The name that `--template` takes.
    pub name: &'static str,
    /// What it is for, on one line.
    pub about: &'static str,
    /// Its app listens on a port.
    pub port: bool,
    /// Path below `deploy/` and text.
    files: &'static [(&'static str, &'static str)],
}

/// What a template leaves open.
#[derive(Clone, Debug)]
pub struct Answers {
    /// Name of the app, a DNS label.
    pub app: String,
    /// Namespace of the environment `staging`, a DNS label.
    pub namespace: String,
    /// The kubeconfig context of `staging`; `None` for whatever is current.
    pub context: Option<String>,
    /// Image reference.
    pub image: String,
    /// The port its app listens on.
    pub port: u16,
}

macro_rules! files {
    ($template:literal: $($path:literal)*) => {
        &[$(($path, include_str!(concat!("../../templates/", $template, "/deploy/", $path)))),*]
    };
}

/// The templates, the most wanted first.
pub const TEMPLATES: &[Template] = &[
    Template {
        name: "web",
        about: "a web service: Deployment, Service, Ingress and autoscaler",
        port: true,
        files: files!("web": "deploy.yaml" "config/common.env" "config/production.env" "values/common.yaml"
            "values/production.yaml" "templates/web.yaml" "templates/ingress.yaml" "templates/autoscaler.yaml"),
    },
    Template {
        name: "web-migrate",
        about: "the same with a database migration before each rollout and a smoke test after it",
        port: true,
        files: files!("web-migrate": "deploy.yaml" "config/common.env" "config/production.env" "values/common.yaml"
            "values/production.yaml" "templates/web.yaml" "templates/ingress.yaml" "templates/autoscaler.yaml"
            "templates/jobs/migrate.yaml" "templates/jobs/smoke.yaml"),
    },
    Template {
        name: "worker",
        about: "pods that work without being asked: a queue's consumer, a bot",
        port: false,
        files: files!("worker": "deploy.yaml" "config/common.env" "config/production.env" "values/common.yaml"
            "values/production.yaml" "templates/worker.yaml"),
    },
    Template {
        name: "cron",
        about: "a job on a schedule",
        port: false,
        files: files!("cron": "deploy.yaml" "config/common.env" "config/production.env" "values/common.yaml"
            "values/production.yaml" "templates/cron.yaml"),
    },
];

impl Template {
    /// The template of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        TEMPLATES.iter().find(|template| template.name == name)
    }

    /// Its files with the answers in them.
    #[must_use]
    pub fn fill(&self, answers: &Answers) -> Bundle {
        let context = match &answers.context {
            Some(context) => format!("context: {}", write::scalar_text(context)),
            None => "# context: NAME".to_owned(),
        };
        let image = write::scalar_text(&answers.image);
        let port = format!("port: {}", answers.port);
        // What stands in the templates, longer ones first where one begins with another.
        let open: [(&str, &str); 5] = [
            ("registry.example.com/my-app:0.1.0", &image),
            ("context: my-context", &context),
            ("my-app-staging", &answers.namespace),
            ("my-app", &answers.app),
            ("port: 8080", &port),
        ];
        Bundle::new(self.files.iter().map(|(path, text)| {
            let text = replace_all(text, &open);
            (format!("deploy/{path}"), text.into_bytes())
        }))
    }
}

/// Replaces in one pass, so that an answer that looks like a placeholder stays as it is.
fn replace_all(text: &str, pairs: &[(&str, &str)]) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if let Some((from, to)) = pairs.iter().find(|(from, _)| rest.starts_with(from)) {
            result.push_str(to);
            rest = &rest[from.len()..];
        } else {
            result.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn files_below(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files_below(&path, found);
            } else {
                found.insert(path.display().to_string());
            }
        }
    }

    #[test]
    fn the_binary_holds_every_file_of_the_folder() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let mut there = BTreeSet::new();
        files_below(&root, &mut there);
        let held = TEMPLATES.iter().flat_map(|template| {
            let folder = root.join(template.name).join("deploy");
            template
                .files
                .iter()
                .map(move |(path, _)| folder.join(path).display().to_string())
        });
        assert_eq!(held.collect::<BTreeSet<_>>(), there);
    }

    #[test]
    fn answers_take_the_place_of_what_a_template_leaves_open() {
        let answers = Answers {
            app: "shop".to_owned(),
            namespace: "qa".to_owned(),
            context: Some("a: b".to_owned()),
            image: "my-app.example:8080/my-app/web:1".to_owned(),
            port: 3000,
        };
        for template in TEMPLATES {
            let bundle = template.fill(&answers);
            let main = bundle.text("deploy/deploy.yaml").unwrap();
            for wanted in [
                "app: shop\n",
                ": my-app.example:8080/my-app/web:1\n",
                "    context: \"a: b\" ",
                "    namespace: qa\n",
                "    namespace: shop\n",
            ] {
                assert!(main.contains(wanted), "{wanted} in {main}");
            }
            let values = bundle.text("deploy/values/common.yaml").unwrap();
            assert_eq!(values.contains("port: 3000\n"), template.port, "{values}");
            let unset = template.fill(&Answers {
                context: None,
                ..answers.clone()
            });
            let main = unset.text("deploy/deploy.yaml").unwrap();
            assert!(main.contains("    # context: NAME "), "{main}");
        }
    }
}
