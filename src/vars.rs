//! Every environment variable that `deploy` honours.

/// Any value turns colours off (<https://no-color.org>).
pub const NO_COLOR: &str = "NO_COLOR";
/// Set by CI systems; live redrawing is off and prompts are never shown.
pub const CI: &str = "CI";
/// Colon-separated list of kubeconfig files, as kubectl reads it.
pub const KUBECONFIG: &str = "KUBECONFIG";
/// The home folder, where `.kube/config` is looked for.
pub const HOME: &str = "HOME";
/// Where built sandbox binaries are kept; default `~/.cache`.
pub const XDG_CACHE_HOME: &str = "XDG_CACHE_HOME";
/// Where running sandboxes keep their data; default `~/.local/state`.
pub const XDG_STATE_HOME: &str = "XDG_STATE_HOME";
/// Terminal width in columns, when it cannot be asked from the terminal.
pub const COLUMNS: &str = "COLUMNS";
/// Set by GitHub Actions; chooses nothing by itself, but links the run in locks and records.
pub const GITHUB_ACTIONS: &str = "GITHUB_ACTIONS";
/// Where GitHub Actions checked the repository out: annotations name files relative to it.
pub const GITHUB_WORKSPACE: &str = "GITHUB_WORKSPACE";
/// The terminal's kind; `dumb` turns live redrawing off.
pub const TERM: &str = "TERM";
/// File that GitHub Actions shows as the step's summary (`--output github` writes it).
pub const GITHUB_STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";
/// File that receives the step's outputs (`--output github` writes release and outcome).
pub const GITHUB_OUTPUT: &str = "GITHUB_OUTPUT";
/// Makes the search for outside programs (`git`, `go`, `values.exec`) reproducible.
pub const PATH: &str = "PATH";
/// Set in every pod: the API server's address, used when there is no kubeconfig.
pub const KUBERNETES_SERVICE_HOST: &str = "KUBERNETES_SERVICE_HOST";
/// Set in every pod: the API server's port.
pub const KUBERNETES_SERVICE_PORT: &str = "KUBERNETES_SERVICE_PORT";
