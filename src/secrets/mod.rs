//! Where secret values come from.

pub mod file;
