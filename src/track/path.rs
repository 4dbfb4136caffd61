//! Paths into objects for rules that are data: `status.phase`, `{.status.conditions[?(@.type=="Ready")].status}`, `status.parents[*].name`.
//!
//! The part of `JSONPath` that readiness rules need: names, indexes, `[*]`, and a filter by one key.

use serde_json::Value;

/// A parsed path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
    Each,
    Where(String, String),
}

impl Path {
    /// Parses a path.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text.trim();
        rest = rest
            .strip_prefix('{')
            .and_then(|inner| inner.strip_suffix('}'))
            .unwrap_or(rest);
        rest = rest.strip_prefix('$').unwrap_or(rest);
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[') {
                let end = inner
                    .find(']')
                    .ok_or_else(|| format!("`{text}`: a `[` is never closed"))?;
                steps.push(bracket(&inner[..end]).ok_or_else(|| {
                    format!(
                        "`{text}`: `[{}]` is neither an index, `*` nor a filter such as `[type=Ready]`",
                        &inner[..end]
                    )
                })?);
                rest = &inner[end + 1..];
                continue;
            }
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            if end == 0 {
                return Err(format!("`{text}`: a name is missing"));
            }
            steps.push(Step::Name(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        if steps.is_empty() {
            return Err("the path is empty".to_owned());
        }
        Ok(Self(steps))
    }

    /// Everything the path points at.
    pub fn find<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        self.0.iter().fold(vec![value], |found, step| match step {
            Step::Name(name) => found.iter().filter_map(|value| value.get(name)).collect(),
            Step::Index(index) => found.iter().filter_map(|value| value.get(index)).collect(),
            Step::Each => found
                .iter()
                .filter_map(|value| value.as_array())
                .flatten()
                .collect(),
            Step::Where(key, wanted) => found
                .iter()
                .filter_map(|value| value.as_array())
                .flatten()
                .filter(|item| item.get(key).is_some_and(|value| &scalar(value) == wanted))
                .collect(),
        })
    }
}

/// A value as rules compare it: strings bare, everything else as JSON.
pub fn scalar(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn bracket(inner: &str) -> Option<Step> {
    if inner == "*" {
        return Some(Step::Each);
    }
    if let Ok(index) = inner.parse() {
        return Some(Step::Index(index));
    }
    let filter = inner
        .strip_prefix("?(")
        .and_then(|filter| filter.strip_suffix(')'))
        .unwrap_or(inner);
    let (key, value) = filter.split_once('=')?;
    let key = key.trim().trim_start_matches("@.");
    let value = value
        .trim_start_matches('=')
        .trim()
        .trim_matches(['"', '\'']);
    (!key.is_empty()).then(|| Step::Where(key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_ways_people_write_paths() {
        let object = json!({"status": {"phase": "Healthy", "parents": [{"n": 1}, {"n": 2}], "conditions": [{"type": "Ready", "status": "True"}]}});
        for (path, found) in [
            ("status.phase", vec!["Healthy"]),
            ("{.status.phase}", vec!["Healthy"]),
            ("$.status.parents[*].n", vec!["1", "2"]),
            ("status.parents[1].n", vec!["2"]),
            ("status.conditions[type=Ready].status", vec!["True"]),
            (
                r#"{.status.conditions[?(@.type=="Ready")].status}"#,
                vec!["True"],
            ),
            ("status.phase.nothing", vec![]),
        ] {
            let values: Vec<String> = Path::parse(path)
                .unwrap()
                .find(&object)
                .into_iter()
                .map(scalar)
                .collect();
            assert_eq!(values, found, "{path}");
        }
        for path in ["", "a..b", "a[", "a[x]"] {
            assert!(Path::parse(path).is_err(), "{path}");
        }
    }
}
