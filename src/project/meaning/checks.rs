//! The HTTP checks of deploy.yaml: whom they ask, and within what bounds.

use std::time::Duration;

use reqwest::Url;

use super::Checks;
use crate::project::schema::{Check, PortName, Spec};
use crate::project::{environment, names, placeholders};

/// A deploy does not wait longer for one check.
const LONGEST: Duration = Duration::from_hours(1);

impl Checks<'_> {
    pub(super) fn http_checks(&mut self, spec: &Spec) {
        for (index, check) in spec.checks.iter().enumerate() {
            let index = index.to_string();
            let path = ["checks", index.as_str()];
            match (&check.url, &check.service) {
                (Some(url), None) => {
                    self.url(spec, &path, check, url);
                }
                (None, Some(service)) => self.service(&path, check, service),
                (Some(_), Some(_)) => self.found(
                    &path,
                    "the check has both `url` and `service`",
                    Some("make two checks of it".to_owned()),
                ),
                (None, None) => self.found(
                    &path,
                    "the check has neither `url` nor `service`",
                    Some(
                        "write {service: shop, port: http, path: /healthz}, or {url: https://…}"
                            .to_owned(),
                    ),
                ),
            }
            self.bounds(&path, check);
        }
    }

    fn url(&mut self, spec: &Spec, path: &[&str], check: &Check, url: &str) {
        for (key, written) in [
            ("port", check.port.is_some()),
            ("path", check.path.is_some()),
        ] {
            if written {
                self.found(
                    &[path, &[key]].concat(),
                    format!("`{key}` belongs to `service`, and this check has a `url`"),
                    Some(format!("write the {key} in the URL")),
                );
            }
        }
        let path = &[path, &["url"]].concat();
        if let Some(unknown) = placeholders::unknown(url) {
            let known = Some("known: {environment} and {target}".to_owned());
            self.found(path, format!("`{{{unknown}}}` is not a placeholder"), known);
            return;
        }
        let places = spec.environments.iter().flat_map(|(name, settings)| {
            let targets = environment::targets(&spec.app, name, settings);
            targets.into_iter().map(move |target| (name, target.name))
        });
        for (environment, target) in places {
            if let Some(problem) = problem(&placeholders::fill(url, environment, &target)) {
                let hint = Some("write https://shop.example.com/healthz".to_owned());
                self.found(path, format!("the URL {problem}"), hint);
                return;
            }
        }
    }

    fn service(&mut self, path: &[&str], check: &Check, service: &str) {
        if let Some(problem) = names::label_problem(service) {
            self.found(
                &[path, &["service"]].concat(),
                format!("the Service's name `{service}` {problem}"),
                None,
            );
        }
        let wrong = match &check.port {
            None => {
                self.found(
                    path,
                    format!("the check of the Service `{service}` has no port"),
                    Some("write the port of the Service by name or number: port: http".to_owned()),
                );
                return self.path_of(path, check);
            }
            Some(PortName::Number(number)) => *number == 0,
            Some(PortName::Name(name)) => names::label_problem(name).is_some(),
        };
        if wrong {
            self.found(
                &[path, &["port"]].concat(),
                "the port is neither a name nor a number from 1 to 65535",
                None,
            );
        }
        self.path_of(path, check);
    }

    fn path_of(&mut self, path: &[&str], check: &Check) {
        let Some(asked) = &check.path else { return };
        let path = &[path, &["path"]].concat();
        if !asked.starts_with('/') {
            let hint = Some(format!("write /{asked}"));
            self.found(
                path,
                format!("the path `{asked}` does not start with `/`"),
                hint,
            );
        } else if asked.parse::<http::uri::PathAndQuery>().is_err() {
            let hint = Some("escape blanks and other odd letters: %20".to_owned());
            self.found(
                path,
                format!("the path `{asked}` is not one of a URL"),
                hint,
            );
        }
    }

    fn bounds(&mut self, path: &[&str], check: &Check) {
        if let Some(expect) = check.expect
            && !(100..=599).contains(&expect)
        {
            self.found(
                &[path, &["expect"]].concat(),
                format!("{expect} is not an HTTP status"),
                Some("statuses go from 100 to 599".to_owned()),
            );
        }
        if let Some(within) = check.within
            && (within.0.is_zero() || within.0 > LONGEST)
        {
            self.found(
                &[path, &["within"]].concat(),
                "`within` is more than 0 and at most 1h",
                None,
            );
        }
    }
}

/// What is wrong with a URL.
fn problem(url: &str) -> Option<String> {
    match Url::parse(url) {
        Err(error) => Some(format!("cannot be read: {error}")),
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            Some("begins with neither http:// nor https://".to_owned())
        }
        Ok(_) => None,
    }
}
