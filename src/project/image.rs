//! Image references: how `--image NAME=REF` completes what deploy.yaml says.

/// A reference taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// `registry.example.com/team/web`.
    pub repository: String,
    /// `1.4.2`.
    pub tag: Option<String>,
    /// `sha256:…`.
    pub digest: Option<String>,
}

/// Takes a reference apart.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn parse(text: &str) -> Result<Image, String> {
    if text.contains("://") {
        return Err("it begins with a protocol".to_owned());
    }
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    let (repository, tag) = match rest.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (rest, None),
    };
    if let Some(tag) = tag
        && !is_tag(tag)
    {
        return Err(format!("the tag `{tag}` is not valid"));
    }
    if let Some(digest) = digest
        && !is_digest(digest)
    {
        return Err(format!(
            "the digest `{digest}` is not sha256: and 64 hex digits"
        ));
    }
    // Only what comes before a `/` can be a registry, with upper case and a port.
    let host_end = repository.find('/').unwrap_or(0);
    let path = &repository[host_end..];
    let good = |c: char| c.is_ascii_alphanumeric() || "-_./:[]".contains(c);
    if text.is_empty() {
        return Err("the reference is empty".to_owned());
    }
    if repository.is_empty() || repository.ends_with('/') || !repository.chars().all(good) {
        return Err(format!("`{repository}` is not a repository"));
    }
    if path.chars().any(|c| c.is_ascii_uppercase() || c == ':') {
        return Err(format!("`{repository}` must be lower case"));
    }
    Ok(Image {
        repository: repository.to_owned(),
        tag: tag.map(str::to_owned),
        digest: digest.map(str::to_owned),
    })
}

/// What `REF` of `--image NAME=REF` means for the image written in deploy.yaml: a tag, `:tag`, a digest, or a full reference.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn complete(written: &str, given: &str) -> Result<String, String> {
    let repository = parse(written)?.repository;
    if let Some(tag) = given.strip_prefix(':') {
        return if is_tag(tag) {
            Ok(format!("{repository}:{tag}"))
        } else {
            Err(format!("the tag `{tag}` is not valid"))
        };
    }
    let digest = given.strip_prefix('@').unwrap_or(given);
    if digest.starts_with("sha256:") {
        return if is_digest(digest) {
            Ok(format!("{repository}@{digest}"))
        } else {
            Err(format!(
                "the digest `{digest}` is not sha256: and 64 hex digits"
            ))
        };
    }
    if is_tag(given) {
        return Ok(format!("{repository}:{given}"));
    }
    let image = parse(given)?;
    if image.tag.is_none() && image.digest.is_none() {
        return Err("it has neither tag nor digest".to_owned());
    }
    Ok(given.to_owned())
}

fn is_tag(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64
            && hex
                .chars()
                .all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_a_digest_or_a_full_reference() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for (given, wanted) in [
            ("1.4.2", "r.example:5000/shop:1.4.2".to_owned()),
            (":1.4.2", "r.example:5000/shop:1.4.2".to_owned()),
            (&digest, format!("r.example:5000/shop@{digest}")),
            (
                &format!("@{digest}"),
                format!("r.example:5000/shop@{digest}"),
            ),
            ("other/web:2", "other/web:2".to_owned()),
        ] {
            assert_eq!(
                complete("r.example:5000/shop:1", given),
                Ok(wanted),
                "{given}"
            );
        }
        for bad in [
            "",
            "a b",
            "other/web",
            "sha256:12",
            "https://x/y:1",
            "R/Web:1 ",
            "A:B:C",
            "Web:1:2",
        ] {
            assert!(complete("shop", bad).is_err(), "{bad}");
        }
        assert_eq!(parse("localhost:5000/a").unwrap().tag, None);
    }
}
