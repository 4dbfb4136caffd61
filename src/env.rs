//! The process as a value. The only reader of the process: arguments, variables, streams, time and terminal facts.
//!
//! Tests build an [`Env`] by hand, so nothing else may ask `std::env`, the clock or the terminal.

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::vars;

/// What the program knows of its surroundings.
pub struct Env {
    /// Arguments without the program's name.
    pub args: Vec<String>,
    /// The folder the command was typed in.
    pub cwd: PathBuf,
    /// Environment variables that are valid Unicode.
    pub variables: BTreeMap<String, String>,
    /// Answers to questions.
    pub stdin: Box<dyn BufRead + Send>,
    /// Receives data.
    pub stdout: Box<dyn Write + Send>,
    /// Receives talk.
    pub stderr: Box<dyn Write + Send>,
    /// Facts about the terminal.
    pub terminal: Terminal,
    /// Where time comes from.
    pub clock: Clock,
    /// A client to use instead of connecting: tests put a fake API server here.
    pub client: Option<kube::Client>,
    /// This process, for locks and records.
    pub process: Process,
}

/// Facts about the terminal, read once; only its size may be asked for again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terminal {
    /// Somebody can answer a prompt.
    pub stdin: bool,
    /// stdout is a terminal.
    pub stdout: bool,
    /// stderr is a terminal.
    pub stderr: bool,
    /// Columns, when known.
    pub width: Option<u16>,
    /// Rows, when known.
    pub height: Option<u16>,
    /// It is a real one, which people resize.
    pub resizable: bool,
}

impl Terminal {
    /// Columns and rows as they are now, when known.
    #[must_use]
    pub fn size(&self) -> (Option<u16>, Option<u16>) {
        let now = self
            .resizable
            .then(|| console::Term::stderr().size_checked())
            .flatten();
        match now {
            Some((height, width)) => (Some(width), Some(height)),
            None => (self.width, self.height),
        }
    }
}

/// Who runs this, for locks and records.
#[derive(Clone, Debug, Default)]
pub struct Process {
    /// Host name, `unknown` when it cannot be read.
    pub host: String,
    /// Process id.
    pub id: u32,
    /// Login name, empty when unknown.
    pub user: String,
}

/// Where time comes from.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The machine's wall clock.
    System,
    /// A fixed start that advances with tokio's clock, which tests may pause.
    Fixed(Timestamp, tokio::time::Instant),
}

impl Clock {
    /// The wall-clock time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one clock")]
            Self::System => Timestamp::now(),
            Self::Fixed(start, since) => *start + since.elapsed(),
        }
    }
}

impl Env {
    /// Reads the real process. Called once, by `main`.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one reader of the process")]
    pub fn from_process() -> Self {
        let variables: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let size = console::Term::stderr().size_checked();
        Self {
            args: std::env::args_os()
                .skip(1)
                .map(|arg| arg.to_string_lossy().into_owned())
                .collect(),
            cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            terminal: Terminal {
                stdin: std::io::stdin().is_terminal(),
                stdout: std::io::stdout().is_terminal(),
                stderr: std::io::stderr().is_terminal(),
                width: size
                    .map(|size| size.1)
                    .or_else(|| variables.get(vars::COLUMNS)?.parse().ok()),
                height: size.map(|size| size.0),
                resizable: size.is_some(),
            },
            process: Process {
                host: rustix::system::uname()
                    .nodename()
                    .to_string_lossy()
                    .into_owned(),
                id: std::process::id(),
                user: variables.get("USER").cloned().unwrap_or_default(),
            },
            variables,
            stdin: Box::new(std::io::BufReader::new(std::io::stdin())),
            stdout: Box::new(std::io::stdout()),
            stderr: Box::new(std::io::stderr()),
            clock: Clock::System,
            client: None,
        }
    }

    /// The same surroundings for work whose output nobody is to see.
    #[must_use]
    pub fn in_silence(&self) -> Self {
        Self {
            args: Vec::new(),
            cwd: self.cwd.clone(),
            variables: self.variables.clone(),
            stdin: Box::new(std::io::empty()),
            stdout: Box::new(std::io::sink()),
            stderr: Box::new(std::io::sink()),
            terminal: Terminal::default(),
            clock: self.clock,
            client: self.client.clone(),
            process: self.process.clone(),
        }
    }

    /// For tests: these variables, and nobody who types or reads.
    #[cfg(test)]
    pub fn silent<const N: usize>(variables: [(&str, &str); N]) -> Self {
        let text = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            args: Vec::new(),
            cwd: "/".into(),
            variables: variables.map(text).into(),
            stdin: Box::new(std::io::empty()),
            stdout: Box::new(std::io::sink()),
            stderr: Box::new(std::io::sink()),
            terminal: Terminal::default(),
            clock: Clock::System,
            client: None,
            process: Process::default(),
        }
    }

    /// A variable's value; an empty one counts as unset.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The wall-clock time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The user's home folder.
    #[must_use]
    pub fn home(&self) -> Option<PathBuf> {
        self.var(vars::HOME).map(PathBuf::from)
    }

    /// A path as typed, relative to the working folder.
    #[must_use]
    pub fn path(&self, typed: impl AsRef<Path>) -> PathBuf {
        self.cwd.join(typed)
    }

    /// Whether a prompt may be shown: a terminal on both ends and no CI.
    #[must_use]
    pub fn interactive(&self) -> bool {
        self.terminal.stdin && self.terminal.stderr && self.var(vars::CI).is_none()
    }

    /// A link to the CI job that runs this, where the CI system says enough.
    #[must_use]
    pub fn ci_link(&self) -> Option<String> {
        if let Some(url) = self
            .var("CI_JOB_URL")
            .or_else(|| self.var("CIRCLE_BUILD_URL"))
            .or_else(|| self.var("BUILD_URL"))
        {
            return Some(url.to_owned());
        }
        Some(format!(
            "{}/{}/actions/runs/{}",
            self.var("GITHUB_SERVER_URL")?,
            self.var("GITHUB_REPOSITORY")?,
            self.var("GITHUB_RUN_ID")?
        ))
    }
}
