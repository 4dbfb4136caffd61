//! What `deploy init` needs to know: from a flag, else from whoever sits at the terminal, else a guess with `--yes`.

use std::path::Path;

use crate::cluster::Contexts;
use crate::error::{Failure, Result};
use crate::init::guess;
use crate::init::templates::{TEMPLATES, Template};
use crate::project::{git, image, names};
use crate::session::Session;
use crate::words;

/// An answer for "no context".
const NONE: &str = "-";

/// Finds answers, asking where it must.
pub(super) struct Answers<'a> {
    session: &'a Session,
    root: &'a Path,
    contexts: Option<Contexts>,
}

impl<'a> Answers<'a> {
    /// Fails when `--kubeconfig` names a file that cannot be read. Without that flag, no kubeconfig is needed.
    pub fn new(session: &'a Session, root: &'a Path) -> Result<Self> {
        let given = session.global.kubeconfig.as_deref();
        let contexts = match Contexts::read(&session.env, given) {
            Ok(contexts) => Some(contexts),
            Err(failure) if given.is_some() => return Err(failure),
            Err(_) => None,
        };
        Ok(Self {
            session,
            root,
            contexts,
        })
    }

    async fn text(
        &mut self,
        question: &str,
        given: Option<(&str, &str)>,
        default: &str,
        problem: impl Fn(&str) -> Option<String>,
    ) -> Result<String> {
        if let Some((flag, given)) = given {
            return match problem(given) {
                Some(problem) => Err(Failure::usage(format!("{flag} {given}: {problem}"))),
                None => Ok(given.to_owned()),
            };
        }
        let shell = &self.session.shell;
        if self.session.global.yes {
            return Ok(default.to_owned());
        }
        if !shell.interactive {
            return Err(
                Failure::usage("deploy init has questions, and nobody can answer here").hint(
                    format!(
                        "pass --yes to take what it proposes; the first one: {question} [{default}]"
                    ),
                ),
            );
        }
        shell.ask(question, default, problem).await
    }

    /// The built-in template.
    pub async fn template(&mut self, given: Option<&str>) -> Result<&'static Template> {
        let names = || TEMPLATES.iter().map(|template| template.name);
        let problem = |name: &str| {
            Template::named(name)
                .is_none()
                .then(|| format!("is no template; {}", words::suggest(name, names())))
        };
        let all: Vec<&str> = names().collect();
        let question = format!("Template ({})", words::list(&all, "or"));
        let name = self
            .text(
                &question,
                given.map(|name| ("--template", name)),
                all[0],
                problem,
            )
            .await?;
        Template::named(&name).ok_or_else(|| Failure::bug(format!("no template {name}")))
    }

    /// The app's name.
    pub async fn app(&mut self) -> Result<String> {
        let given = self.session.global.app.as_deref().map(|app| ("--app", app));
        let folder = self.root.canonicalize().ok();
        let folder = folder
            .as_deref()
            .and_then(Path::file_name)
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        self.text(
            "Name of the app",
            given,
            &guess::app(&folder),
            guess::app_problem,
        )
        .await
    }

    /// The image.
    pub async fn image(&mut self, given: Option<&str>, app: &str) -> Result<String> {
        let remote = git::remote(self.root, &self.session.env);
        let default = guess::image(remote.as_deref(), app);
        let problem = |text: &str| image::parse(text).err();
        self.text("Image", given.map(|it| ("--image", it)), &default, problem)
            .await
    }

    /// The port.
    pub async fn port(&mut self, given: Option<u16>) -> Result<u16> {
        if let Some(port) = given {
            return Ok(port);
        }
        let parse = |text: &str| text.parse().ok().filter(|port| *port > 0);
        let problem = |text: &str| {
            parse(text)
                .is_none()
                .then(|| "is no port: a number from 1 to 65535".to_owned())
        };
        let text = self
            .text("Port the app listens on", None, "8080", problem)
            .await?;
        parse(&text).ok_or_else(|| Failure::bug(format!("no port {text}")))
    }

    /// The kubeconfig context of an environment; `None` for whatever is current. Not asked for where no kubeconfig is.
    pub async fn context(&mut self, environment: &str) -> Result<Option<String>> {
        let known = self.contexts.clone().unwrap_or_default();
        if let Some(given) = &self.session.global.context {
            if self.contexts.is_some() && !known.names().any(|name| name == given) {
                let near = words::suggest(given, known.names());
                self.session
                    .shell
                    .warn(format!("the kubeconfig has no context `{given}`; {near}"));
            }
            return Ok(Some(given.clone()));
        }
        if known.known.is_empty() {
            return Ok(None);
        }
        let question =
            format!("Kubeconfig context of {environment} ({NONE} for whichever is current)");
        let default = known.current.as_deref().unwrap_or(NONE);
        let problem = |name: &str| {
            (name != NONE && !known.names().any(|it| it == name))
                .then(|| format!("is no context; {}", words::suggest(name, known.names())))
        };
        let answer = self.text(&question, None, default, problem).await?;
        Ok((answer != NONE).then_some(answer))
    }

    /// The namespace, where a flag says one.
    pub fn namespace(&self) -> Result<Option<String>> {
        label("--namespace", self.session.global.namespace.as_deref())
    }

    /// The name of the environment.
    pub fn environment(&self) -> Result<String> {
        let given = label("--env", self.session.global.environment.as_deref())?;
        Ok(given.unwrap_or_else(|| "staging".to_owned()))
    }

    /// Whether there is a cluster to try it on.
    pub fn has_cluster(&self) -> bool {
        self.contexts
            .as_ref()
            .is_some_and(|it| !it.known.is_empty())
    }
}

fn label(flag: &str, given: Option<&str>) -> Result<Option<String>> {
    match given.and_then(|name| Some((name, names::label_problem(name)?))) {
        Some((name, problem)) => Err(Failure::usage(format!("{flag} {name}: {problem}"))),
        None => Ok(given.map(str::to_owned)),
    }
}
