//! One file per command. This one is the index: the enum and one match, nothing else.

use crate::error::{Outcome, Result};
use crate::session::Session;

mod completions;
mod man;
mod schema;

/// The commands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Schema(schema::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Runs a command.
pub(crate) async fn run(session: Session, command: Command) -> Result<Outcome> {
    match command {
        Command::Schema(args) => schema::run(&session, &args),
        Command::Completions(args) => completions::run(&session, &args),
        Command::Man(args) => man::run(&session, &args),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    const README: &str = "README.md";

    #[test]
    fn the_command_line_is_sound() {
        crate::cli::command().debug_assert();
    }

    #[test]
    fn the_readme_lists_the_commands_that_exist() {
        let (start, end) = ("<!-- commands -->\n", "<!-- end of commands -->");
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(README);
        let readme = std::fs::read_to_string(path).unwrap();
        let (before, rest) = readme.split_once(start).unwrap();
        let (_, after) = rest.split_once(end).unwrap();
        let mut table = "| command | |\n| --- | --- |\n".to_owned();
        for command in crate::cli::command().get_subcommands() {
            let about = command.get_about().map(ToString::to_string).unwrap();
            let _ = writeln!(
                table,
                "| `{}` | {} |",
                command.get_name(),
                about.replace('|', "\\|")
            );
        }
        crate::generated::check(README, &format!("{before}{start}{table}{end}{after}"));
    }
}
