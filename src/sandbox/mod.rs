//! A real Kubernetes control plane on this machine, without Docker: built once from Go modules, started in seconds.
//!
//! [`sources`] are embedded and [`build`] turns them into one binary in the cache; [`parts`] says how each part of the
//! control plane is called; [`process`] starts and stops them so that they outlive us and are never mistaken for
//! somebody else's; [`state`] is what a later command must know; [`kubeconfig`] makes the cluster reachable by name.
//! [`up()`], [`down()`] and [`status`] are the operations; [`Sandbox`] also injects faults, for tests.
//!
//! Nothing here knows the terminal: progress is a callback with [`Progress`] values.

mod build;
mod down;
mod fault;
mod kubeconfig;
mod lock;
mod machine;
mod name;
mod parts;
mod process;
mod ready;
mod sources;
mod state;
mod up;
mod yaml;

pub use build::Progress;
pub use down::down;
pub use machine::Machine;
pub use name::Name;
pub use parts::Part;
pub use state::{Sandbox, Status, names, status};
pub use up::{Started, up};

/// The Kubernetes version that a sandbox runs.
pub const VERSION: &str = "v1.36.3";

/// The namespace in which the namespace-only user may do everything from the start.
pub const NAMESPACE: &str = "sandbox";

/// The group of the namespace-only user: a test binds it in namespaces of its own.
pub const DEPLOYERS: &str = "deployers";

/// The `ClusterRole` to bind the group to.
pub const DEPLOYER_ROLE: &str = "sandbox-deployer";
