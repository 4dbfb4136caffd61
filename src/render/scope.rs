//! The names a template can use, and the words for using one that is not there.

use std::collections::BTreeMap;

use minijinja::{Environment, Error, ErrorKind, Value};
use serde_json::json;

use super::engine;
use crate::project::inputs::Git;
use crate::words;

/// The names a template can use.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// `app`.
    pub app: String,
    /// `environment`.
    pub environment: String,
    /// `target`.
    pub target: String,
    /// `namespace`.
    pub namespace: String,
    /// `images.web`: full references.
    pub images: BTreeMap<String, String>,
    /// `values`.
    pub values: serde_json::Value,
    /// `config('shop')`: object names by logical name.
    pub configs: BTreeMap<String, String>,
    /// `secret('db')`.
    pub secrets: BTreeMap<String, String>,
    /// `release.git`.
    pub git: Option<Git>,
}

/// Names of our filters, for did-you-mean; minijinja's own are added when asked.
const FILTERS: [&str; 24] = [
    "toyaml",
    "tojson",
    "indent",
    "nindent",
    "quote",
    "b64encode",
    "b64decode",
    "sha256",
    "required",
    "default",
    "upper",
    "lower",
    "replace",
    "trim",
    "join",
    "length",
    "first",
    "last",
    "sort",
    "int",
    "float",
    "items",
    "map",
    "split",
];

impl Scope {
    /// The scope as a template sees it.
    pub fn context(&self) -> Value {
        let mut release = serde_json::Map::new();
        if let Some(git) = &self.git {
            release.insert("git".to_owned(), json!(git));
        }
        engine::value(&json!({
            "app": self.app,
            "environment": self.environment,
            "target": self.target,
            "namespace": self.namespace,
            "images": self.images,
            "values": self.values,
            "release": release,
        }))
    }

    /// Adds `config()` and `secret()`.
    pub fn add_functions(&self, environment: &mut Environment<'_>) {
        for (function, what, names) in [
            ("config", "config group", self.configs.clone()),
            ("secret", "secret", self.secrets.clone()),
        ] {
            environment.add_function(function, move |name: &str| {
                names.get(name).cloned().ok_or_else(|| {
                    let hint = words::suggest(name, names.keys().map(String::as_str));
                    Error::new(
                        ErrorKind::InvalidOperation,
                        format!("there is no {what} `{name}` in deploy.yaml; {hint}"),
                    )
                })
            });
        }
    }

    /// What an error of the engine means, and what to do about it.
    pub fn explain(&self, error: &Error, used: &Used<'_>) -> (String, Option<String>) {
        let detail = error.detail().unwrap_or_default();
        match error.kind() {
            ErrorKind::UndefinedError => self.undefined(used),
            ErrorKind::SyntaxError => {
                let foreign = used.text.starts_with(['$', '.'])
                    || detail.contains('$')
                    || detail.contains("`.`");
                let hint = if foreign {
                    "if these braces belong to another tool (Prometheus, Argo, Helm), list the file under `raw` in deploy.yaml"
                } else {
                    "tags look like {{ values.name }} and {% if … %} … {% endif %}"
                };
                (format!("the template is not valid: {detail}"), Some(hint.to_owned()))
            }
            ErrorKind::UnknownFilter => {
                let name = quoted(detail).unwrap_or(used.word());
                let hint = words::suggest(name, FILTERS);
                (format!("there is no filter `{name}`"), Some(hint))
            }
            ErrorKind::UnknownFunction => {
                let name = quoted(detail).unwrap_or(used.word());
                let hint = words::suggest(name, ["config", "secret", "range", "dict", "namespace"]);
                (format!("there is no function `{name}`"), Some(hint))
            }
            ErrorKind::TemplateNotFound => (
                detail.to_owned(),
                Some("paths are relative to deploy/templates/; nothing outside of it can be included".to_owned()),
            ),
            ErrorKind::OutOfFuel => (
                "the template runs too long".to_owned(),
                Some("a template may take 5 million steps; look for a loop over a huge range".to_owned()),
            ),
            ErrorKind::WriteFailure => (
                "the template writes more than 10 MB".to_owned(),
                Some("look for a loop over a huge range".to_owned()),
            ),
            ErrorKind::InvalidOperation if !detail.is_empty() => (detail.to_owned(), None),
            kind => (
                if detail.is_empty() {
                    kind.to_string()
                } else {
                    format!("{kind}: {detail}")
                },
                None,
            ),
        }
    }

    /// Follows the names of a tag as far as they go, and says what is near where one breaks off.
    fn undefined(&self, used: &Used<'_>) -> (String, Option<String>) {
        let context = serde_json::to_value(self.context()).unwrap_or_default();
        let names = used.names();
        let broken = |name: &&Vec<&str>| {
            let known = context.get(name[0]).is_some();
            known && lookup(&context, name).is_err()
        };
        // A name that is written where the error is counts first, then one of ours; others may be a loop's.
        let name = names
            .iter()
            .find(|(name, hit)| *hit && lookup(&context, name).is_err())
            .map(|(name, _)| name)
            .or_else(|| names.iter().map(|(name, _)| name).find(broken));
        let Some(name) = name else {
            return (
                "this uses something undefined".to_owned(),
                Some(
                    "test it with `is defined`, or give it a default: {{ x | default('y') }}"
                        .to_owned(),
                ),
            );
        };
        let path = name.join(".");
        let Err((walked, at)) = lookup(&context, name) else {
            return (format!("`{path}` is undefined here"), None);
        };
        let part = name[walked];
        let known: Vec<&str> = at
            .as_object()
            .map(|map| map.keys().map(String::as_str).collect())
            .unwrap_or_default();
        let message = if walked == 0 {
            format!("`{path}` is undefined")
        } else {
            format!(
                "`{path}` is undefined: {} has no `{part}`",
                name[..walked].join(".")
            )
        };
        let hint = if name[..walked] == ["release"] {
            "release.git is there only in a git checkout with a commit".to_owned()
        } else if name[0] == "values" && words::nearest(part, known.iter().copied()).is_none() {
            format!(
                "set it in values/common.yaml or values/{}.yaml",
                self.environment
            )
        } else {
            words::suggest(part, known)
        };
        (message, Some(hint))
    }
}

/// Follows a path; on failure, how many parts it went and what was there.
fn lookup<'a>(
    context: &'a serde_json::Value,
    name: &[&str],
) -> Result<(), (usize, &'a serde_json::Value)> {
    let mut at = context;
    for (walked, part) in name.iter().enumerate() {
        at = at.get(part).ok_or((walked, at))?;
    }
    Ok(())
}

/// The tag an error happened in.
#[derive(Clone, Debug, Default)]
pub struct Used<'a> {
    /// What the engine points at.
    text: &'a str,
    /// The whole tag, and where in it the text is.
    tag: &'a str,
    range: std::ops::Range<usize>,
}

impl<'a> Used<'a> {
    /// Finds the tag around a range of a source.
    pub fn new(source: &'a str, range: &std::ops::Range<usize>) -> Self {
        let (Some(before), Some(after)) = (source.get(..range.start), source.get(range.start..))
        else {
            return Self::default();
        };
        let start = before
            .rfind("{{")
            .max(before.rfind("{%"))
            .map_or(0, |start| start + 2);
        let end = [after.find("}}"), after.find("%}")]
            .into_iter()
            .flatten()
            .min()
            .map_or(source.len(), |end| range.start + end);
        Self {
            text: source.get(range.clone()).unwrap_or_default(),
            tag: &source[start..end],
            range: range.start - start..range.end.max(range.start) - start,
        }
    }

    /// The word it begins with.
    fn word(&self) -> &'a str {
        self.text
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .next()
            .unwrap_or_default()
    }

    /// Dotted names in the tag, each with whether the error is there. Filters, calls, words in quotes and keywords are left out.
    fn names(&self) -> Vec<(Vec<&'a str>, bool)> {
        const KEYWORDS: [&str; 17] = [
            "if", "elif", "else", "for", "in", "not", "is", "and", "or", "set", "include",
            "import", "from", "with", "true", "false", "none",
        ];
        let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let mut names = Vec::new();
        let mut at = 0;
        let mut before = ' ';
        while let Some(first) = self.tag[at..].chars().next() {
            if first == '"' || first == '\'' {
                let length = self.tag[at + 1..]
                    .find(first)
                    .map_or(self.tag.len() - at, |end| end + 2);
                at += length;
                before = first;
                continue;
            }
            if !is_name(first) {
                if !first.is_whitespace() {
                    before = first;
                }
                at += first.len_utf8();
                continue;
            }
            let rest = &self.tag[at..];
            let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            let parts: Vec<&str> = rest[..length]
                .split('.')
                .filter(|part| !part.is_empty())
                .collect();
            let called = rest[length..].trim_start().starts_with('(');
            let is_one = parts
                .first()
                .is_some_and(|part| !part.starts_with(|c: char| c.is_ascii_digit()));
            if is_one && before != '|' && !called && !KEYWORDS.contains(&parts[0]) {
                let hit =
                    at < self.range.end.max(self.range.start + 1) && self.range.start < at + length;
                names.push((parts, hit));
            }
            at += length;
            before = 'x';
        }
        names
    }
}

/// The first thing in quotes or backticks of a message.
fn quoted(detail: &str) -> Option<&str> {
    let (_, rest) = detail.split_once(['`', '\'', '"'])?;
    rest.split(['`', '\'', '"']).next()
}
