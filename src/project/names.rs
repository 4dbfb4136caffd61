//! Which names Kubernetes takes: DNS labels and subdomains (RFC 1123), label values.

/// What is wrong with a DNS label: lower case letters, digits and `-`, at most 63. `None` when it is one.
pub fn label_problem(name: &str) -> Option<String> {
    if name.len() > 63 {
        return Some("is longer than 63 characters".to_owned());
    }
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let good = name.starts_with(alphanumeric)
        && name.ends_with(alphanumeric)
        && name.chars().all(|c| alphanumeric(c) || c == '-');
    (!good).then(|| {
        "is not a DNS label: lower case letters, digits and `-`, with a letter or digit at both ends"
            .to_owned()
    })
}

/// What is wrong with a DNS subdomain: labels joined by `.`, at most 253 characters. `None` when it is one.
pub fn subdomain_problem(name: &str) -> Option<String> {
    if name.len() > 253 {
        return Some("is longer than 253 characters".to_owned());
    }
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let good = name.split('.').all(|part| {
        part.starts_with(alphanumeric)
            && part.ends_with(alphanumeric)
            && part.chars().all(|c| alphanumeric(c) || c == '-')
    });
    (!good).then(|| {
        "is not a DNS name: lower case letters, digits, `-` and `.`, with a letter or digit at both ends"
            .to_owned()
    })
}

/// What is wrong with a key of a ConfigMap or Secret: letters, digits, `-`, `_` and `.`, at most 253. `None` when it is one.
pub fn data_key_problem(key: &str) -> Option<&'static str> {
    if key.is_empty() || key.len() > 253 {
        return Some("must have 1 to 253 characters");
    }
    if key == "." || key.starts_with("..") {
        return Some("may not be `.` or begin with `..`");
    }
    let good = key
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    (!good).then_some("may hold letters, digits, `-`, `_` and `.` only")
}

/// What is wrong with a label's value: at most 63 letters, digits, `-`, `_` and `.`. `None` when it is one.
pub fn label_value_problem(value: &str) -> Option<&'static str> {
    if value.is_empty() {
        return None;
    }
    if value.len() > 63 {
        return Some("is longer than 63 characters");
    }
    let ends = |c: char| c.is_ascii_alphanumeric();
    let good = value.starts_with(ends)
        && value.ends_with(ends)
        && value
            .chars()
            .all(|c| ends(c) || matches!(c, '-' | '_' | '.'));
    (!good).then_some(
        "may hold letters, digits, `-`, `_` and `.` only, with a letter or digit at both ends",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_kubernetes_takes() {
        for (name, label, subdomain) in [
            ("web", true, true),
            ("web-1", true, true),
            ("1web", true, true),
            ("web.eu", false, true),
            ("Web", false, false),
            ("-web", false, false),
            ("web_1", false, false),
            ("", false, false),
        ] {
            assert_eq!(label_problem(name).is_none(), label, "{name}");
            assert_eq!(subdomain_problem(name).is_none(), subdomain, "{name}");
        }
        assert!(label_problem(&"a".repeat(64)).is_some());
        assert!(data_key_problem("shop.yaml").is_none());
        assert!(data_key_problem("a/b").is_some());
        assert!(label_value_problem("1.4-rc_1").is_none());
        assert!(label_value_problem("a b").is_some());
    }
}
