//! Asking an app through the API server: the service proxy.
//!
//! Follows <https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/#manually-constructing-apiserver-proxy-urls>.

use http_body_util::BodyExt as _;
use kube::client::Body;
use serde_json::Value;

use super::send::Call;
use super::{ApiError, Cluster, Kind};
use crate::web::Reply;

/// Where a Service's answers come from: `/api/v1/namespaces/shop/services/http:shop:80/proxy`. The port by name or number.
#[must_use]
pub fn proxy_path(namespace: &str, scheme: &str, service: &str, port: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/services/{scheme}:{service}:{port}/proxy")
}

impl Cluster {
    /// One `GET` of a path that begins with [`proxy_path`], never repeated. Every status is an answer; an error is the API
    /// server's own: it refuses, does not know the Service, or cannot reach what is behind it. Reads `most` bytes.
    pub async fn ask_service(&self, path: &str, most: usize) -> Result<Reply, ApiError> {
        let kind = Kind::built_in("v1", "Service", "services");
        let mut about = self.about("get", &kind, Some(&self.namespace), None);
        about.resource.push_str("/proxy");
        let call = Call {
            accept: "*/*",
            ..Call::get(path.to_owned(), about)
        };
        let response = self.respond(&call).await?;
        let code = response.status().as_u16();
        let location = response
            .headers()
            .get(http::header::LOCATION)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let body = beginning(response.into_body(), most)
            .await
            .map_err(|error| ApiError::unreached(&error, call.about.clone()))?;
        if code >= 400 && is_status(&body) {
            return Err(ApiError::answered(code, &body, None, call.about));
        }
        Ok(Reply {
            code,
            location,
            body,
        })
    }
}

async fn beginning(mut body: Body, most: usize) -> Result<Vec<u8>, kube::Error> {
    let mut read = Vec::new();
    while read.len() < most
        && let Some(frame) = body.frame().await
    {
        let frame = frame.map_err(|error| kube::Error::Service(error.into()))?;
        read.extend_from_slice(&frame.into_data().unwrap_or_default());
    }
    read.truncate(most);
    Ok(read)
}

/// Whether the API server speaks for itself.
fn is_status(body: &[u8]) -> bool {
    let status: Value = serde_json::from_slice(body).unwrap_or_default();
    status["kind"] == "Status" && status["apiVersion"] == "v1" && status["reason"].is_string()
}
