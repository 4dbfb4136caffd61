//! Templates to text with minijinja: strict, deterministic, bounded, and blind to everything but its scope.

use std::collections::BTreeMap;
use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Template, UndefinedBehavior, Value};

use super::scope::{Scope, Used};
use super::select::FOLDER;
use super::{functions, origin};
use crate::project::Bundle;
use crate::project::mistake::Mistake;

/// Steps one template may take; a simple loop of some 500,000 turns.
const FUEL: u64 = 5_000_000;
/// Depth of includes and macro calls.
const RECURSION: usize = 100;
/// Most bytes one template may produce.
const MOST_OUTPUT: usize = super::yaml::LARGEST;

/// A rendered file with the way back to its source.
#[derive(Clone, Debug)]
pub struct Rendition {
    /// Path in the bundle.
    pub file: String,
    /// The file as written.
    pub source: String,
    /// The text after rendering.
    pub text: String,
    /// For each rendered line: file and line it came from. Empty when the text is the source.
    places: Vec<(String, usize)>,
}

impl Rendition {
    /// A file that is not templated.
    pub fn plain(file: &str, source: &str) -> Self {
        Self {
            file: file.to_owned(),
            source: source.to_owned(),
            text: source.to_owned(),
            places: Vec::new(),
        }
    }

    /// File and line of the source that a rendered line came from.
    pub fn place(&self, rendered_line: usize) -> (&str, usize) {
        if self.places.is_empty() {
            return (&self.file, rendered_line);
        }
        self.places
            .get(rendered_line.saturating_sub(1))
            .or(self.places.last())
            .map_or((&self.file, 1), |(file, line)| (file, *line))
    }

    /// A mistake that shows in a rendered line: points at the source, and shows the rendered lines where they differ.
    pub fn mistake(
        &self,
        bundle: &Bundle,
        line: usize,
        column: Option<usize>,
        message: impl Into<String>,
    ) -> Mistake {
        let (file, source_line) = self.place(line);
        let source = bundle.text(file).unwrap_or(&self.source);
        if self.places.is_empty() {
            return Mistake::new(file, message).at(line, column, source);
        }
        Mistake::new(file, message)
            .at(source_line, None, source)
            .rendered(line, &self.text)
    }
}

/// Every template of a bundle, compiled twice: as written, and with marks that tell lines apart.
pub struct Engine<'a> {
    bundle: &'a Bundle,
    scope: &'a Scope,
    plain: Environment<'static>,
    marked: Environment<'static>,
    /// Index is the number in marks.
    files: Vec<String>,
    broken: BTreeMap<String, Error>,
}

impl<'a> Engine<'a> {
    /// Compiles all files of `deploy/templates/`, so that they can include each other.
    pub fn new(bundle: &'a Bundle, scope: &'a Scope) -> Self {
        let mut engine = Self {
            bundle,
            scope,
            plain: environment(scope),
            marked: environment(scope),
            files: Vec::new(),
            broken: BTreeMap::new(),
        };
        for path in bundle.paths().filter(|path| path.starts_with(FOLDER)) {
            let Ok(source) = bundle.text(path) else {
                continue;
            };
            let name = path[FOLDER.len()..].to_owned();
            let source = source.strip_prefix('\u{feff}').unwrap_or(source);
            let marked = origin::mark(source, engine.files.len());
            engine.files.push(path.to_owned());
            if let Err(error) = engine
                .plain
                .add_template_owned(name.clone(), source.to_owned())
            {
                engine.broken.insert(path.to_owned(), error);
            }
            // Where marks break a template, lines are matched by content.
            let _ = engine.marked.add_template_owned(name, marked);
        }
        engine
    }

    /// Renders one file.
    ///
    /// # Errors
    /// The first thing that is wrong in it, at its place.
    pub fn render(&mut self, path: &str) -> Result<Rendition, Mistake> {
        let source = self.bundle.text(path)?;
        if !source.contains("{{") && !source.contains("{%") {
            return Ok(Rendition::plain(path, source));
        }
        if let Some(error) = self.broken.remove(path) {
            return Err(self.mistake(&error, path));
        }
        let name = path.strip_prefix(FOLDER).unwrap_or(path);
        let text =
            render(&self.plain, name, self.scope).map_err(|error| self.mistake(&error, path))?;
        let marked = render(&self.marked, name, self.scope).unwrap_or_default();
        let main = self.files.iter().position(|file| file == path).unwrap_or(0);
        let sources: Vec<&str> = self
            .files
            .iter()
            .map(|file| self.bundle.text(file).unwrap_or_default())
            .collect();
        let places = origin::places(&text, &marked, &sources, main)
            .into_iter()
            .map(|(file, line)| {
                let file = self.files.get(file).map_or(path, String::as_str);
                (file.to_owned(), line)
            })
            .collect();
        Ok(Rendition {
            file: path.to_owned(),
            source: source.to_owned(),
            text,
            places,
        })
    }

    fn mistake(&self, error: &Error, path: &str) -> Mistake {
        // The innermost error knows the place: an include reports its own line, too.
        let mut inner = error;
        while let Some(source) =
            std::error::Error::source(inner).and_then(|it| it.downcast_ref::<Error>())
        {
            inner = source;
        }
        let file = inner
            .name()
            .map(|name| format!("{FOLDER}{name}"))
            .filter(|file| self.bundle.get(file).is_some())
            .unwrap_or_else(|| path.to_owned());
        let source = self.bundle.text(&file).unwrap_or_default();
        let used = inner.range().map(|range| Used::new(source, &range));
        let (message, hint) = self.scope.explain(inner, &used.unwrap_or_default());
        let mistake = match inner.line() {
            Some(line) => {
                let column = inner
                    .range()
                    .and_then(|range| column(source, name_start(source, range.start)));
                Mistake::new(file, message).at(line, column, source)
            }
            None => Mistake::new(file, message),
        };
        match hint {
            Some(hint) => mistake.hint(hint),
            None => mistake,
        }
    }
}

/// Where the dotted name begins that an offset is in: the engine points at its last part.
fn name_start(source: &str, offset: usize) -> usize {
    let before = source.get(..offset).unwrap_or_default();
    let name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    before.trim_end_matches(name).len()
}

fn column(source: &str, offset: usize) -> Option<usize> {
    let before = source.get(..offset)?;
    let line = before.rsplit('\n').next()?;
    Some(line.chars().count() + 1)
}

/// Delimiters and line breaks as usual; the last line break stays.
pub fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder()
        .keep_trailing_newline(true)
        .build()
        .unwrap_or_default()
}

fn environment(scope: &Scope) -> Environment<'static> {
    let mut environment = bare();
    scope.add_functions(&mut environment);
    environment
}

/// Our filters and limits, with nothing in scope.
pub fn bare() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_syntax(syntax());
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_debug(true);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(RECURSION);
    environment.set_formatter(|out, state, value| {
        if matches!(value.kind(), ValueKind::None | ValueKind::Bool) {
            return out.write_str(&functions::text(value)?).map_err(Error::from);
        }
        if matches!(value.kind(), ValueKind::Map | ValueKind::Seq) {
            // JSON is YAML; Python's notation is not.
            let json = serde_json::to_string(value)
                .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
            return out.write_str(&json).map_err(Error::from);
        }
        minijinja::escape_formatter(out, state, value)
    });
    functions::add(&mut environment);
    environment
}

fn render(environment: &Environment<'_>, name: &str, scope: &Scope) -> Result<String, Error> {
    bounded(&environment.get_template(name)?, scope.context())
}

/// Renders a template that may not write without end.
pub fn bounded(template: &Template<'_, '_>, context: Value) -> Result<String, Error> {
    let mut out = Bounded(Vec::new());
    template.render_captured_to(context, &mut out)?;
    String::from_utf8(out.0)
        .map_err(|_| Error::new(ErrorKind::InvalidOperation, "the output is not UTF-8"))
}

/// Stops a template that writes without end.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_OUTPUT {
            return Err(io::Error::other(format!(
                "it writes more than {} MB",
                MOST_OUTPUT / 1024 / 1024
            )));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The value of a context.
pub fn value(of: &impl serde::Serialize) -> Value {
    Value::from(minijinja::value::Serde(of))
}
#[cfg(test)]
mod tests;
