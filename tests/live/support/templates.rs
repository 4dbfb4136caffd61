//! Templates that many tests share.

/// A Deployment `web` of two replicas; `extra` is YAML at container level (indented by 10).
pub fn web(image: &str, extra: &str) -> String {
    deployment("web", image, extra)
}

/// A Deployment of two replicas; `extra` is YAML at container level (indented by 10).
pub fn deployment(name: &str, image: &str, extra: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: 2
  revisionHistoryLimit: 3
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: {name}
          image: \"{image}\"
          resources: {{requests: {{cpu: 10m, memory: 16Mi}}, limits: {{memory: 32Mi}}}}
{extra}"
    )
}

/// A Job of one container that is tried once; `spec` is YAML at the level of its spec (indented by 2).
pub fn job(name: &str, image: &str, spec: &str) -> String {
    format!(
        "apiVersion: batch/v1
kind: Job
metadata: {{name: {name}}}
spec:
{spec}
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: {name}
          image: \"{image}\"
          resources: {{requests: {{cpu: 10m, memory: 16Mi}}, limits: {{memory: 32Mi}}}}
"
    )
}
