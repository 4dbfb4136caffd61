//! What a command receives: the environment, the shell, the global flags, and what is built from them on demand.

use crate::cli::GlobalArgs;
use crate::env::Env;
use crate::shell::Shell;

/// What a command receives. Holds no business logic.
pub struct Session {
    /// The process as a value.
    pub env: Env,
    /// The terminal.
    pub shell: Shell,
    /// Flags that every command takes.
    pub global: GlobalArgs,
}
