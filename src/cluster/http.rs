//! Our HTTP client: HTTP/2 where the server offers it, `ring` for TLS, no time-out on reading (watches are silent for long).

use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kube::client::{Body, ConfigExt as _};
use tower::timeout::Timeout;
use tower::util::MapFuture;
use tower::{BoxError, ServiceBuilder};

use crate::error::{Failure, Result};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// A server that does not answer a ping for this long is gone; silent watches would never notice.
const PING: Duration = Duration::from_secs(20);

/// A client for a loaded kubeconfig. Runs its login program, if it names one.
pub(super) fn client(config: &kube::Config) -> Result<kube::Client> {
    if config.proxy_url.is_some() {
        return Err(Failure::usage(
            "the kubeconfig asks for a proxy (`proxy-url`), which is not supported yet",
        )
        .hint("use a context without `proxy-url`, over a VPN or a tunnel"));
    }
    // A second call finds the provider installed, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let program = config
        .auth_info
        .exec
        .as_ref()
        .and_then(|exec| exec.command.as_deref());
    let failed = |error| login_failure(&error, program.unwrap_or_default());
    let tls = config.rustls_client_config().map_err(failed)?;
    let mut builder = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http();
    if let Some(name) = &config.tls_server_name {
        let name = name.clone().try_into().map_err(|_| {
            Failure::usage(format!(
                "`tls-server-name: {name}` in the kubeconfig is no host name"
            ))
        })?;
        builder =
            builder.with_server_name_resolver(hyper_rustls::FixedServerNameResolver::new(name));
    }
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT));
    tcp.set_keepalive(Some(PING));
    let connector = builder.enable_http1().enable_http2().wrap_connector(tcp);
    // The connector's own limit ends before TLS begins; a server that accepts and then says nothing would hold us up.
    let connector = MapFuture::new(Timeout::new(connector, CONNECT * 2), Box::pin);
    let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .http2_keep_alive_interval(PING)
        .http2_keep_alive_timeout(PING)
        .build::<_, Body>(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer().map_err(failed)?)
        .layer(config.extra_headers_layer().map_err(failed)?)
        .map_err(BoxError::from)
        .service(http);
    Ok(kube::Client::new(service, config.default_namespace.clone()))
}

/// Credentials that cannot be used. Arguments, variables and output of a login program may hold a token, so only its
/// name, its status and what it said on stderr are told.
fn login_failure(error: &kube::Error, program: &str) -> Failure {
    use kube::client::AuthError;
    let message = match error {
        kube::Error::Auth(AuthError::AuthExecStart(error)) => {
            return Failure::cluster(format!(
                "cannot run the login program `{program}` that the kubeconfig names: {error}"
            ))
            .hint("install it, or use another context");
        }
        kube::Error::Auth(AuthError::AuthExecRun { out, .. }) => {
            let complaint = String::from_utf8_lossy(&out.stderr);
            format!(
                "the login program `{program}` failed with {}: {}",
                out.status,
                complaint.trim()
            )
        }
        kube::Error::Auth(AuthError::AuthExecParse(_)) => {
            format!("the login program `{program}` did not print credentials")
        }
        other => format!("cannot use the credentials in the kubeconfig: {other}"),
    };
    Failure::cluster(message)
        .hint("log in again, then retry; `kubectl auth whoami` shows whether the credentials work")
}
