//! From a bundle and values to Kubernetes objects. No cluster, no clock, no disk: the same inputs give the same bytes.

mod checks;
mod config;
pub mod engine;
pub mod functions;
mod jobs;
pub mod kinds;
mod located;
