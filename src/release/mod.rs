//! What was deployed, by whom, with what result; and the lock that lets one run at a time change it.
//!
//! A release is a small ConfigMap (the [`record::Header`], readable without rights to Secrets) and Secret chunks for the
//! rest. Chunks are written first and the header last, so a half-written record is never seen.

pub mod chunk;
pub mod copies;
pub mod lease;
pub mod lock;
pub mod record;
pub mod retain;
pub mod store;
pub mod withheld;

pub use lock::Lock;
pub use record::{Header, Release, State};
pub use store::Store;
