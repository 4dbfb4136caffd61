//! The one HTTP client for everything that is not the API server: checks and messages. `ring` for TLS, the system's roots.

mod trouble;

use std::time::Duration;

use reqwest::redirect::Policy;

use crate::error::{Failure, Result};
pub use trouble::{Trouble, trouble};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);

/// Whether the client goes where a redirect points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// Up to five times.
    Follow,
    /// The redirect is the answer.
    Refuse,
}

/// What a server answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub code: u16,
    /// Where it points elsewhere.
    pub location: Option<String>,
    /// The body, or its beginning.
    pub body: Vec<u8>,
}

impl Reply {
    /// Where it redirects to.
    #[must_use]
    pub fn redirect(&self) -> Option<&str> {
        let redirects = matches!(self.code, 301 | 302 | 303 | 307 | 308);
        self.location.as_deref().filter(|_| redirects)
    }
}

/// A client. Each request sets its own time limit.
///
/// # Errors
/// The system's root certificates cannot be read.
pub fn client(redirects: Redirects) -> Result<reqwest::Client> {
    // A second call finds the provider installed, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let redirects = match redirects {
        Redirects::Follow => Policy::limited(5),
        Redirects::Refuse => Policy::none(),
    };
    reqwest::Client::builder()
        .user_agent(concat!("deploy/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .redirect(redirects)
        .build()
        .map_err(|error| Failure::cluster(format!("cannot make an HTTP client: {error}")))
}
