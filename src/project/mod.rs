//! What the user wrote, checked: `deploy.yaml`, environments, values, the bundle. All mistakes at once.

pub mod bundle;
pub mod git;
pub mod inputs;
pub mod mistake;
pub mod schema;
pub mod span;
