//! A single text of deploy.yaml as a template: the same filters and limits as the files of `templates/`, and nothing in scope
//! but what is handed in.

use minijinja::{Environment, Error};
use serde::Serialize;

use super::engine;
use crate::redact::url_escape;
use crate::words;

/// Why a text is no template for these names, with a hint. `known` are dotted names or their beginnings: `app`, `secrets.token`.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(source: &str, known: &[&str]) -> Result<(), (String, Option<String>)> {
    let environment = environment();
    let template = environment
        .template_from_str(source)
        .map_err(|error| (problem(&error), None))?;
    let mut used: Vec<String> = template.undeclared_variables(true).into_iter().collect();
    used.sort();
    let covered = |name: &String| {
        known.iter().any(|known| {
            name == known
                || name
                    .strip_prefix(known)
                    .is_some_and(|rest| rest.starts_with('.'))
        })
    };
    match used.iter().find(|name| !covered(name)) {
        None => Ok(()),
        Some(unknown) => Err((
            format!("`{unknown}` is not a name of a message"),
            Some(words::suggest(unknown, known.iter().copied())),
        )),
    }
}

/// Renders a text.
///
/// # Errors
/// What went wrong, in words.
pub fn render(source: &str, context: &impl Serialize) -> Result<String, String> {
    let environment = environment();
    environment
        .template_from_str(source)
        .and_then(|template| engine::bounded(&template, engine::value(context)))
        .map_err(|error| problem(&error))
}

fn environment() -> Environment<'static> {
    let mut environment = engine::bare();
    environment.add_filter("urlencode", |text: String| url_escape(&text));
    environment
}

fn problem(error: &Error) -> String {
    let detail = error.detail().unwrap_or_default();
    match error.line() {
        Some(line) if !detail.is_empty() => format!("line {line}: {}: {detail}", error.kind()),
        Some(line) => format!("line {line}: {}", error.kind()),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_and_syntax_are_checked_before_anything_is_sent() {
        let known = ["app", "targets", "secrets.token"];
        for good in [
            "{{ app | tojson }}",
            "{% for target in targets %}{{ target.name }}{% endfor %}",
            "Bearer {{ secrets.token }}",
        ] {
            assert_eq!(check(good, &known), Ok(()), "{good}");
        }
        let (problem, hint) = check("{{ apq }}", &known).unwrap_err();
        assert_eq!(problem, "`apq` is not a name of a message");
        assert_eq!(hint.as_deref(), Some("did you mean `app`?"));
        assert!(check("{{ secrets.other }}", &known).is_err());
        assert!(
            check("{{ app", &known)
                .unwrap_err()
                .0
                .contains("syntax error")
        );
    }

    #[test]
    fn a_text_sees_what_is_handed_in_and_no_more() {
        let context = json!({"app": "a \"b\"", "release": null, "test": true});
        let render = |source| render(source, &context);
        assert_eq!(render("{{ app | tojson }}").unwrap(), "\"a \\\"b\\\"\"");
        assert_eq!(render("{{ app | urlencode }}").unwrap(), "a%20%22b%22");
        assert_eq!(render("{{ release }} {{ test }}").unwrap(), "null true");
        assert!(render("{{ nothing }}").unwrap_err().contains("undefined"));
        assert!(render("{% include 'x' %}").is_err());
    }
}
