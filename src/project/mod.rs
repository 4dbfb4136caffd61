//! What the user wrote, checked: `deploy.yaml`, environments, values, the bundle. All mistakes at once.

pub mod mistake;
