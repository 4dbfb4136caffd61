//! From a bundle and values to Kubernetes objects. No cluster, no clock, no disk: the same inputs give the same bytes.

pub mod scalar;
pub mod yaml;
