//! Keys and values from text: a YAML or JSON mapping, or `.env` lines. Errors never hold a value.

use serde_json::Value;

use super::Values;
use crate::project::dotenv;
use crate::redact::Secret;
use crate::render::yaml;

/// A YAML or JSON mapping of keys to texts.
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub fn mapping(bytes: &[u8]) -> Result<Values, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?;
    // The parser's own words may quote the text, so only the place is told.
    let tree = yaml::parse_one(text)
        .map_err(|error| format!("is not YAML (line {})", error.line))?
        .ok_or("is empty")?;
    let Value::Object(map) = tree.to_json() else {
        return Err("is not a mapping of keys to texts".to_owned());
    };
    map.into_iter()
        .map(|(key, value)| match value {
            Value::String(text) => Ok((key, Secret::new(text.into_bytes()))),
            Value::Number(number) => Ok((key, Secret::new(number.to_string().into_bytes()))),
            Value::Bool(_) | Value::Null => Err(format!(
                "has true, false or nothing under `{key}`, where a text is needed; put it in quotes"
            )),
            Value::Array(_) | Value::Object(_) => {
                Err(format!("has more than a text under `{key}`"))
            }
        })
        .collect()
}

/// `.env` lines.
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub fn env_lines(bytes: &[u8]) -> Result<Values, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?;
    let entries =
        dotenv::parse(text).map_err(|(line, _)| format!("is not KEY=value (line {line})"))?;
    Ok(entries
        .into_iter()
        .map(|(key, value)| (key, Secret::new(value.into_bytes())))
        .collect())
}
