//! Makes a project where there is none: from a built-in template, or from Kubernetes manifests.
//!
//! Everything is made in memory, as a bundle; [`place`] is what writes it. Nothing here asks a cluster or a person.

pub mod guess;
pub mod import;
pub mod place;
pub mod templates;
