//! Which arguments take values that only the project, the kubeconfig or the cluster know.
//!
//! clap's engine finds the argument that is being typed, but asks for its values on the spot and without the other
//! arguments. So it is given a marker for an answer, which says what to look up afterwards.

use std::ffi::OsStr;

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

/// What an argument wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Environments of the project.
    Environments,
    /// Targets of the environment.
    Targets,
    /// Apps with releases in the cluster.
    Apps,
    /// Contexts of the kubeconfig.
    Contexts,
    /// Namespaces that the project and the kubeconfig name.
    Namespaces,
    /// Releases of the app.
    Releases,
    /// Releases that a rollback can return to.
    Goals,
    /// Codes of findings, and exit codes.
    Codes,
    /// Sandboxes of this machine.
    Sandboxes,
    /// Images of the project, with `=` for the reference that follows.
    Images,
}

impl Wanted {
    const ALL: [Self; 10] = [
        Self::Environments,
        Self::Targets,
        Self::Apps,
        Self::Contexts,
        Self::Namespaces,
        Self::Releases,
        Self::Goals,
        Self::Codes,
        Self::Sandboxes,
        Self::Images,
    ];

    fn of(command: &str, arg: &str) -> Option<Self> {
        Some(match (command, arg) {
            (_, "environment") => Self::Environments,
            (_, "targets") => Self::Targets,
            (_, "app") => Self::Apps,
            (_, "context") => Self::Contexts,
            (_, "namespace") => Self::Namespaces,
            (_, "images") => Self::Images,
            ("show", "number") => Self::Releases,
            ("rollback", "to") => Self::Goals,
            ("explain", "code") => Self::Codes,
            ("up" | "down" | "status", "name") => Self::Sandboxes,
            _ => return None,
        })
    }
}

/// Comes before a marker's number; nobody types it.
const MARK: char = '\u{1}';

/// The command with a marker in each argument that wants something.
pub fn marked(command: Command) -> Command {
    let name = command.get_name().to_owned();
    let command = command.mut_args(|arg| mark(&name, arg));
    command.mut_subcommands(marked)
}

fn mark(command: &str, arg: Arg) -> Arg {
    let Some(wanted) = Wanted::of(command, arg.get_id().as_str()) else {
        return arg;
    };
    let number = Wanted::ALL.iter().position(|one| *one == wanted);
    let marker = format!("{MARK}{}", number.unwrap_or_default());
    arg.add(ArgValueCompleter::new(move |_: &OsStr| {
        vec![CompletionCandidate::new(marker.clone())]
    }))
}

/// What stands before the marker of an answer, and what the marker wants; `None` for an answer that is one.
pub fn marker(answer: &str) -> Option<(&str, Wanted)> {
    let (before, number) = answer.split_once(MARK)?;
    let wanted = Wanted::ALL.get(number.parse::<usize>().ok()?)?;
    Some((before, *wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(command: &Command, found: &mut Vec<Wanted>) {
        let args = command.get_arguments();
        found.extend(args.filter_map(|arg| Wanted::of(command.get_name(), arg.get_id().as_str())));
        for command in command.get_subcommands() {
            all(command, found);
        }
    }

    #[test]
    fn each_kind_of_value_has_an_argument() {
        let mut found = Vec::new();
        all(&crate::cli::command(), &mut found);
        for wanted in Wanted::ALL {
            assert!(found.contains(&wanted), "no argument wants {wanted:?}");
        }
    }

    #[test]
    fn a_marker_says_what_is_wanted() {
        assert_eq!(
            marker("--env=\u{1}0"),
            Some(("--env=", Wanted::Environments))
        );
        assert_eq!(marker("\u{1}9"), Some(("", Wanted::Images)));
        assert_eq!(marker("--env"), None);
    }
}
