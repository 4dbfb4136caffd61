//! The name of a sandbox and the names that follow from it.

use crate::error::{Failure, Result};

const DEFAULT: &str = "default";
const USER: &str = "user";

/// The name of a sandbox: one folder of state and two contexts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Default for Name {
    fn default() -> Self {
        Self(DEFAULT.to_owned())
    }
}

impl Name {
    /// Checks a name as typed.
    ///
    /// # Errors
    /// Usage: it would not make a folder and a context that can be told from others.
    pub fn new(typed: &str) -> Result<Self> {
        let simple = !typed.is_empty()
            && typed.len() <= 40
            && typed
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !typed.starts_with('-')
            && !typed.ends_with('-');
        if !simple {
            return Err(
                Failure::usage(format!("`{typed}` is no name for a sandbox"))
                    .hint("use up to 40 lower-case letters, digits and dashes"),
            );
        }
        if typed == USER || typed.ends_with("-user") {
            return Err(Failure::usage(format!(
                "`{typed}` is no name for a sandbox: `-user` marks the context of the namespace-only user"
            )));
        }
        Ok(Self(typed.to_owned()))
    }

    /// The name itself, which is also the folder's.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The administrator's context, cluster and user in a kubeconfig.
    pub fn context(&self) -> String {
        if self.0 == DEFAULT {
            "deploy-sandbox".to_owned()
        } else {
            format!("deploy-sandbox-{}", self.0)
        }
    }

    /// The context and user that may only work in bound namespaces.
    pub fn user_context(&self) -> String {
        format!("{}-{USER}", self.context())
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_make_contexts() {
        assert_eq!(Name::default().context(), "deploy-sandbox");
        let name = Name::new("ci-2").unwrap();
        assert_eq!(name.context(), "deploy-sandbox-ci-2");
        assert_eq!(name.user_context(), "deploy-sandbox-ci-2-user");
        assert_eq!(Name::new("default").unwrap(), Name::default());
    }

    #[test]
    fn names_that_would_collide_or_escape_are_refused() {
        for wrong in [
            "",
            "user",
            "my-user",
            "../x",
            "A",
            "-a",
            "a-",
            &"x".repeat(41),
        ] {
            assert!(Name::new(wrong).is_err(), "{wrong}");
        }
    }
}
