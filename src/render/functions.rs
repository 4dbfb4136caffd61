//! Filters that templates have besides minijinja's own. No clock, no randomness, no reading of anything.

#![expect(
    clippy::needless_pass_by_value,
    reason = "the engine hands arguments over by value"
)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::write;
use super::yaml::LARGEST;
use crate::manifest::digest;

/// Adds all filters.
pub fn add(environment: &mut Environment<'_>) {
    environment.add_filter("toyaml", to_yaml);
    environment.add_filter("tojson", to_json);
    environment.add_filter("indent", indent);
    environment.add_filter("nindent", nindent);
    environment.add_filter("quote", quote);
    environment.add_filter("b64encode", b64encode);
    environment.add_filter("b64decode", b64decode);
    environment.add_filter("sha256", sha256);
    environment.add_filter("required", required);
    environment.add_filter("replace", replace);
    environment.add_filter("join", join);
}

fn json(value: &Value) -> Result<serde_json::Value, Error> {
    if value.is_undefined() {
        return Err(Error::new(ErrorKind::UndefinedError, "undefined value"));
    }
    serde_json::to_value(value)
        .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

fn to_yaml(value: &Value) -> Result<String, Error> {
    Ok(write::to_yaml(&json(value)?))
}

fn to_json(value: &Value, options: Kwargs) -> Result<String, Error> {
    let pretty: Option<usize> = options.get("indent")?;
    options.assert_all_used()?;
    let value = json(value)?;
    let text = if pretty.is_some() {
        serde_json::to_string_pretty(&value)
    } else {
        serde_json::to_string(&value)
    };
    text.map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

/// Indents all lines but the first (all with `first=true`); empty lines stay empty unless `blank=true`.
fn indent(
    value: &Value,
    width: usize,
    indent_first: Option<bool>,
    indent_blank: Option<bool>,
    options: Kwargs,
) -> Result<String, Error> {
    let first: Option<bool> = options.get("first")?;
    let blank: Option<bool> = options.get("blank")?;
    options.assert_all_used()?;
    let first = first.or(indent_first).unwrap_or(false);
    let blank = blank.or(indent_blank).unwrap_or(false);
    let pad = padding(width)?;
    let text = text(value)?;
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        if (index > 0 || first) && (blank || !line.is_empty()) {
            out.push_str(&pad);
        }
        out.push_str(line);
    }
    Ok(out)
}

fn nindent(value: &Value, width: usize) -> Result<String, Error> {
    let pad = padding(width)?;
    let text = text(value)?;
    let lines = text.split('\n').map(|line| {
        if line.is_empty() {
            "\n".to_owned()
        } else {
            format!("\n{pad}{line}")
        }
    });
    Ok(lines.collect())
}

fn padding(width: usize) -> Result<String, Error> {
    if width > 1000 {
        let message = "an indentation of at most 1000 is enough";
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    Ok(" ".repeat(width))
}

/// A text that is about to be made must fit into one file: filters that multiply could fill the memory.
fn check_size(bytes: usize) -> Result<(), Error> {
    if bytes > LARGEST {
        let message = format!(
            "this makes a text of more than {} MB",
            LARGEST / 1024 / 1024
        );
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    Ok(())
}

fn replace(value: &Value, from: &str, to: &str) -> Result<String, Error> {
    let text = text(value)?;
    let growth = to.len().saturating_sub(from.len());
    check_size(
        text.len()
            .saturating_add(growth.saturating_mul(text.matches(from).count())),
    )?;
    Ok(text.replace(from, to))
}

fn join(value: &Value, between: Option<&str>) -> Result<String, Error> {
    let between = between.unwrap_or_default();
    let mut out = String::new();
    for (index, item) in value.try_iter()?.enumerate() {
        let item = item.to_string();
        check_size(out.len() + between.len() + item.len())?;
        if index > 0 {
            out.push_str(between);
        }
        out.push_str(&item);
    }
    Ok(out)
}

/// A scalar as YAML writes it: `true` and `null`, not Python's words.
pub fn text(value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::None => Ok("null".to_owned()),
        ValueKind::Bool => Ok(value.is_true().to_string()),
        ValueKind::Undefined => Err(Error::new(ErrorKind::UndefinedError, "undefined value")),
        ValueKind::Map | ValueKind::Seq => Err(Error::new(
            ErrorKind::InvalidOperation,
            "this is a mapping or a list; put `| toyaml` before it",
        )),
        _ => Ok(value.to_string()),
    }
}

/// A YAML text in double quotes, whatever the value is.
fn quote(value: &Value) -> Result<String, Error> {
    Ok(serde_json::Value::String(text(value)?).to_string())
}

fn b64encode(value: &Value) -> Result<String, Error> {
    match value.as_bytes() {
        Some(bytes) => Ok(STANDARD.encode(bytes)),
        None => Ok(STANDARD.encode(text(value)?)),
    }
}

fn b64decode(value: &str) -> Result<String, Error> {
    STANDARD
        .decode(value.trim())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "this is not base64 of a text"))
}

fn sha256(value: &Value) -> Result<String, Error> {
    Ok(digest::hex(text(value)?.as_bytes(), 64))
}

/// `{{ values.host | required('set it in values/production.yaml') }}`
fn required(value: &Value, message: Option<String>) -> Result<Value, Error> {
    let missing =
        value.is_undefined() || value.is_none() || value.as_str().is_some_and(str::is_empty);
    if missing {
        let message = message.unwrap_or_else(|| "a value is required here".to_owned());
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    Ok(value.clone())
}
