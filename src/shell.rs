//! Streams by meaning. The only writer to the terminal; everything passes the redactor.

use std::cell::RefCell;
use std::io::{BufRead, Write};
use std::path::Path;
use std::rc::Rc;

use crate::env::{Env, Terminal};
use crate::error::{Failure, Result};
use crate::project::mistake::Mistake;
use crate::redact::Redactor;
use crate::style::{Dress, Label};
use crate::{vars, words, workflow};

/// How a command speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// For people: live lines on a terminal, plain lines elsewhere.
    #[default]
    Human,
    /// For people, nothing redrawn.
    Plain,
    /// For programs: JSON.
    Json,
    /// For GitHub Actions: groups, annotations, a step summary.
    Github,
}

/// A folder inside the repository that GitHub checked out; empty elsewhere.
fn inside_workspace(env: &Env, folder: &Path) -> String {
    env.var(vars::GITHUB_WORKSPACE)
        .and_then(|workspace| folder.strip_prefix(workspace).ok())
        .map_or(String::new(), |folder| {
            folder.to_string_lossy().into_owned()
        })
}

/// The terminal, by meaning: stdout is data, stderr is talk. Clones share the streams.
#[derive(Clone)]
pub struct Shell {
    out: Rc<RefCell<Box<dyn Write + Send>>>,
    err: Rc<RefCell<Box<dyn Write + Send>>>,
    /// `None` while a question waits for its answer.
    typed: Rc<RefCell<Option<Box<dyn BufRead + Send>>>>,
    /// How text is dressed.
    pub dress: Dress,
    /// How the command speaks.
    pub format: OutputFormat,
    /// What the terminal can do.
    pub terminal: Terminal,
    /// Somebody can answer.
    pub interactive: bool,
    /// Masks what was learnt.
    pub redactor: Redactor,
    /// The project's folder inside its repository.
    folder: Rc<RefCell<String>>,
    /// What others say while a live view is on the terminal; the view prints it above itself.
    above: Rc<RefCell<Option<Vec<String>>>>,
}

impl Shell {
    /// Takes the streams of the environment.
    pub fn new(env: &mut Env, format: OutputFormat, color: bool) -> Self {
        Self {
            out: Rc::new(RefCell::new(std::mem::replace(
                &mut env.stdout,
                Box::new(std::io::sink()),
            ))),
            err: Rc::new(RefCell::new(std::mem::replace(
                &mut env.stderr,
                Box::new(std::io::sink()),
            ))),
            typed: Rc::new(RefCell::new(Some(std::mem::replace(
                &mut env.stdin,
                Box::new(std::io::empty()),
            )))),
            dress: Dress {
                color,
                ascii: env
                    .var("LC_ALL")
                    .or(env.var("LC_CTYPE"))
                    .or(env.var("LANG"))
                    .is_some_and(|locale| locale == "C" || locale == "POSIX"),
            },
            format,
            terminal: env.terminal,
            interactive: env.interactive(),
            redactor: Redactor::default(),
            folder: Rc::new(RefCell::new(inside_workspace(env, &env.cwd))),
            above: Rc::default(),
        }
    }

    /// Whether lines may be redrawn.
    #[must_use]
    pub fn live(&self) -> bool {
        self.format == OutputFormat::Human && self.terminal.stderr
    }

    /// Data: what a program or a pipe wants. Ends with a line break of its own.
    ///
    /// # Errors
    /// A closed pipe, which ends the program quietly.
    pub fn data(&self, text: impl AsRef<str>) -> Result<()> {
        let mut out = self.out.borrow_mut();
        writeln!(out, "{}", self.redactor.mask(text.as_ref()))?;
        out.flush()?;
        Ok(())
    }

    /// A JSON document or event on one line of stdout.
    ///
    /// # Errors
    /// A closed pipe.
    pub fn json(&self, value: &impl serde::Serialize) -> Result<()> {
        let mut value = serde_json::to_value(value)
            .map_err(|error| Failure::bug(format!("cannot write JSON: {error}")))?;
        self.redactor.mask_json(&mut value);
        self.data(value.to_string())
    }

    /// Talk: one line of progress. Silent when it cannot be written.
    pub fn status(&self, text: impl AsRef<str>) {
        let _ = writeln!(
            self.err.borrow_mut(),
            "{}",
            self.redactor.mask(text.as_ref())
        );
    }

    /// Talk from outside of a run while it may be drawing: a live view prints it above itself with its next drawing.
    pub fn aside(&self, text: &str) {
        if let Some(above) = self.above.borrow_mut().as_mut() {
            above.push(text.to_owned());
            return;
        }
        self.status(text);
    }

    /// A live view is on the terminal, or no longer. Returns what was said aside since.
    pub fn drawn(&self, drawn: bool) -> Vec<String> {
        let now = drawn.then(Vec::new);
        self.above.replace(now).unwrap_or_default()
    }

    /// Moves of the cursor and text of a live view, on stderr, as they are. Silent when they cannot be written.
    pub fn draw(&self, text: &str) {
        let mut err = self.err.borrow_mut();
        let _ = err.write_all(self.redactor.mask(text).as_bytes());
        let _ = err.flush();
    }

    /// A warning, on stderr.
    pub fn warn(&self, text: impl AsRef<str>) {
        self.status(format!(
            "{} {}",
            self.dress.paint(Label::Caution, "warning:"),
            text.as_ref()
        ));
    }

    /// Something to do next, on stderr.
    pub fn hint(&self, text: impl AsRef<str>) {
        self.status(format!(
            "{} {}",
            self.dress.paint(Label::Name, "hint:"),
            text.as_ref()
        ));
    }

    /// Prints a failure: heading, cause chain, hints. The one place where errors become output.
    pub fn failure(&self, failure: &Failure) {
        use crate::error::FailureKind;
        if failure.told {
            return;
        }
        let heading = match failure.kind {
            FailureKind::BrokenPipe => return,
            FailureKind::Bug => "bug in deploy:",
            FailureKind::Locked => "locked:",
            FailureKind::Stopped(_) => "stopped:",
            FailureKind::Usage
            | FailureKind::Project
            | FailureKind::Cluster
            | FailureKind::LeftAlone
            | FailureKind::Stale => "error:",
        };
        if let Some(mistakes) = failure.mistakes() {
            if self.format == OutputFormat::Github {
                self.annotate(workflow::Level::Error, &mistakes.0);
            }
            self.status(words::printable(&mistakes.to_string()));
            self.status("");
            let number = mistakes.0.len();
            self.status(format!(
                "{} {}",
                self.dress.paint(Label::Bad, heading),
                words::count(number, "mistake") + " in the project; nothing was written"
            ));
        } else {
            let text = words::printable(&failure.one_line());
            if self.format == OutputFormat::Github {
                let _ = self.data(workflow::annotation(
                    workflow::Level::Error,
                    None,
                    "deploy",
                    &self.redactor.mask(&text),
                ));
            }
            self.status(format!("{} {text}", self.dress.paint(Label::Bad, heading)));
        }
        for hint in &failure.hints {
            self.hint(words::printable(hint));
        }
        if failure.kind == FailureKind::Bug {
            self.hint("please report this, with the command and the lines above");
        }
    }

    /// A warning about a place in the project's files; GitHub is pointed at it, too.
    pub fn warn_at(&self, mistake: &Mistake) {
        if self.format == OutputFormat::Github {
            self.annotate(workflow::Level::Warning, std::slice::from_ref(mistake));
        }
        self.warn(mistake.to_string());
    }

    /// Points at each mistake in the project's files, for GitHub.
    fn annotate(&self, level: workflow::Level, mistakes: &[Mistake]) {
        for mistake in mistakes {
            let hint = mistake
                .hint
                .as_ref()
                .map_or(String::new(), |hint| format!("\nhint: {hint}"));
            let place = workflow::Place {
                file: &self.repository_path(&mistake.file),
                line: mistake.line,
                column: mistake.column,
            };
            let _ = self.data(workflow::annotation(
                level,
                Some(&place),
                "deploy",
                &self.redactor.mask(&format!("{}{hint}", mistake.message)),
            ));
        }
    }

    /// Says which folder the project's paths are relative to, so that GitHub finds them in the repository.
    pub fn project_at(&self, env: &Env, root: &Path) {
        *self.folder.borrow_mut() = inside_workspace(env, root);
    }

    /// A path of the project as GitHub needs it: relative to the repository's root.
    #[must_use]
    pub fn repository_path(&self, file: &str) -> String {
        let folder = self.folder.borrow();
        let folder = folder.trim_matches('/');
        if folder.is_empty() {
            file.to_owned()
        } else {
            format!("{folder}/{file}")
        }
    }

    /// Asks yes or no. `assume` answers without asking (`--yes`).
    ///
    /// # Errors
    /// Usage, when nobody can answer.
    pub async fn confirm(&self, question: &str, assume: bool) -> Result<bool> {
        if assume {
            return Ok(true);
        }
        if !self.interactive {
            return Err(Failure::usage(format!("{question} Nobody can answer here"))
                .hint("pass --yes to go on without asking"));
        }
        let answer = self.answer(&format!("{question} [y/N]")).await?;
        Ok(answer.is_some_and(|answer| matches!(answer.to_lowercase().as_str(), "y" | "yes")))
    }

    /// Asks for a text until `problem` finds nothing wrong with it. An empty answer means `default`, which is not questioned.
    ///
    /// # Errors
    /// Usage, when nobody answers.
    pub async fn ask(
        &self,
        question: &str,
        default: &str,
        problem: impl Fn(&str) -> Option<String>,
    ) -> Result<String> {
        loop {
            let Some(answer) = self.answer(&format!("{question} [{default}]")).await? else {
                return Err(Failure::usage(format!("{question}? Nobody answers here"))
                    .hint("pass --yes to go on with the defaults"));
            };
            match answer.as_str() {
                "" => return Ok(default.to_owned()),
                answer => match problem(answer) {
                    None => return Ok(answer.to_owned()),
                    Some(problem) => self.warn(format!("`{answer}` {problem}")),
                },
            }
        }
    }

    /// What is typed on one line after a question, trimmed. `None` at the end of the input.
    ///
    /// The read has a thread of its own, so that signals are heard while it waits.
    async fn answer(&self, question: &str) -> Result<Option<String>> {
        {
            let mut err = self.err.borrow_mut();
            write!(err, "{} ", self.redactor.mask(question))?;
            err.flush()?;
        }
        let Some(mut typed) = self.typed.take() else {
            return Err(Failure::bug("two questions at once"));
        };
        let read = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            let read = typed.read_line(&mut line);
            (typed, read.map(|length| (length > 0).then_some(line)))
        });
        let (typed, line) = read
            .await
            .map_err(|error| Failure::bug(format!("cannot read an answer: {error}")))?;
        self.typed.replace(Some(typed));
        Ok(line?.map(|line| line.trim().to_owned()))
    }

    /// Appends to a file that a CI system gave us (`GITHUB_STEP_SUMMARY`).
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append(&self, path: &Path, text: &str) -> Result<()> {
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)?;
        file.write_all(self.redactor.mask(text).as_bytes())?;
        Ok(())
    }
}
