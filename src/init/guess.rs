//! Answers that are probably right. Pure.

use crate::project::{image, names};

/// Longest name that we propose: objects' names add endings to it.
const LONGEST: usize = 40;

/// A name for the app from a folder's: lower case, `-` for what a DNS label cannot hold, a letter first.
#[must_use]
pub fn app(folder: &str) -> String {
    let mut name = String::new();
    for c in folder.to_lowercase().chars() {
        match c {
            c if c.is_ascii_alphanumeric() => name.push(c),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert_str(0, "app-");
    }
    name.truncate(LONGEST);
    let name = name.trim_end_matches('-');
    match app_problem(name) {
        None => name.to_owned(),
        Some(_) => "app".to_owned(),
    }
}

/// What is wrong with an app's name. `None` when objects can be named after it.
#[must_use]
pub fn app_problem(name: &str) -> Option<String> {
    if let Some(problem) = names::label_problem(name) {
        return Some(problem);
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return Some("begins with a digit, and a Service may not".to_owned());
    }
    (crate::render::write::scalar_text(name) != name)
        .then(|| "means something else in YAML".to_owned())
}

/// Where the image of a repository is usually kept, by the URL of its remote; else a place that is nobody's.
#[must_use]
pub fn image(remote: Option<&str>, app: &str) -> String {
    let kept = remote
        .and_then(host_and_path)
        .and_then(|(host, path)| match host {
            "github.com" => Some(format!("ghcr.io/{path}")),
            "gitlab.com" => Some(format!("registry.gitlab.com/{path}")),
            _ => None,
        })
        .filter(|reference| image::parse(reference).is_ok_and(|image| image.tag.is_none()));
    let repository = kept.unwrap_or_else(|| format!("registry.example.com/{app}"));
    format!("{repository}:0.1.0")
}

/// `git@github.com:acme/shop.git` and `https://user@github.com/acme/shop`: the host, and the path in lower case.
fn host_and_path(remote: &str) -> Option<(&str, String)> {
    let rest = remote
        .trim()
        .split_once("://")
        .map_or(remote.trim(), |it| it.1);
    let rest = rest.rsplit_once('@').map_or(rest, |it| it.1);
    let (host, path) = rest.split_once([':', '/'])?;
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!path.is_empty()).then(|| (host, path.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_become_names() {
        for (folder, name) in [
            ("shop", "shop"),
            ("My Shop_2", "my-shop-2"),
            ("--", "app"),
            ("2048", "app-2048"),
            ("été", "t"),
            ("no", "app"),
            (&"ab".repeat(30), &"ab".repeat(20)),
        ] {
            assert_eq!(app(folder), name, "{folder}");
            assert_eq!(app_problem(name), None, "{name}");
        }
        for bad in ["Shop", "1web", "yes", ""] {
            assert!(app_problem(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn remotes_become_images() {
        for (remote, reference) in [
            ("git@github.com:Acme/shop.git", "ghcr.io/acme/shop:0.1.0"),
            (
                "https://tok:en@github.com/acme/shop",
                "ghcr.io/acme/shop:0.1.0",
            ),
            (
                "ssh://git@gitlab.com/a/b/c.git",
                "registry.gitlab.com/a/b/c:0.1.0",
            ),
            ("/srv/git/shop.git", "registry.example.com/shop:0.1.0"),
            (
                "git@git.example.com:acme/x.git",
                "registry.example.com/shop:0.1.0",
            ),
            ("https://github.com/", "registry.example.com/shop:0.1.0"),
            (
                "https://github.com/a b/c",
                "registry.example.com/shop:0.1.0",
            ),
        ] {
            assert_eq!(image(Some(remote), "shop"), reference, "{remote}");
        }
        assert_eq!(image(None, "shop"), "registry.example.com/shop:0.1.0");
    }
}
