//! `{environment}` and `{target}` in paths and commands of deploy.yaml, and the trailing `?`.

/// The path with its placeholders filled in.
pub fn fill(pattern: &str, environment: &str, target: &str) -> String {
    pattern
        .replace("{environment}", environment)
        .replace("{target}", target)
}

/// The first placeholder we do not know.
pub fn unknown(pattern: &str) -> Option<&str> {
    let mut rest = pattern;
    while let Some((_, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        if name != "environment" && name != "target" {
            return Some(name);
        }
        rest = after;
    }
    None
}

/// The pattern without its trailing `?`, and whether it had one.
pub fn optional(pattern: &str) -> (&str, bool) {
    match pattern.strip_suffix('?') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    }
}

/// The path inside a bundle of a path relative to deploy/. `None` when it leads out.
pub fn inside(path: &str) -> Option<String> {
    let mut parts = vec!["deploy"];
    if path.starts_with('/') {
        return None;
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
                if parts.is_empty() {
                    return None;
                }
            }
            part => parts.push(part),
        }
    }
    (parts.len() > 1).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        assert_eq!(
            inside("config/./a/../b.env").as_deref(),
            Some("deploy/config/b.env")
        );
        for out in ["../x", "/etc/passwd", "config/../../x", ".."] {
            assert_eq!(inside(out), None, "{out}");
        }
        assert_eq!(unknown("a/{environment}/{tagret}"), Some("tagret"));
        assert_eq!(
            fill("{environment}.{target}", "production", "eu"),
            "production.eu"
        );
    }
}
