//! `deploy man`

use std::path::{Path, PathBuf};

use crate::cli;
use crate::error::{Failure, Outcome, Result};
use crate::session::Session;
use crate::words;

/// Print the manual page, or write all pages to a folder
///
/// One page for each command: deploy.1, deploy-app.1 and so on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  deploy man | man -l -
  deploy man ~/.local/share/man/man1")]
pub struct Args {
    /// The folder that receives the pages; it is made when it is missing
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Runs `deploy man`.
pub fn run(session: &Session, args: &Args) -> Result<Outcome> {
    let Some(folder) = &args.folder else {
        session.shell.data(page()?.trim_end())?;
        return Ok(Outcome::Done);
    };
    let folder = session.env.path(folder);
    let number = write(&folder).map_err(|error| {
        Failure::usage(format!(
            "cannot write manual pages to {}: {error}",
            folder.display()
        ))
    })?;
    session.shell.status(format!(
        "{} written to {}",
        words::count(number, "manual page"),
        folder.display()
    ));
    Ok(Outcome::Done)
}

/// The page of `deploy` itself.
fn page() -> Result<String> {
    let mut bytes = Vec::new();
    clap_mangen::Man::new(cli::command()).render(&mut bytes)?;
    String::from_utf8(bytes)
        .map_err(|error| Failure::bug(format!("the manual page is not text: {error}")))
}

/// Writes every page and says how many there are.
fn write(folder: &Path) -> std::io::Result<usize> {
    std::fs::create_dir_all(folder)?;
    clap_mangen::generate_to(cli::command(), folder)?;
    let mut root = cli::command();
    root.build();
    Ok(pages(&root))
}

fn pages(command: &clap::Command) -> usize {
    1 + command
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(pages)
        .sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_has_a_page() {
        let folder = tempfile::tempdir().unwrap();
        let number = write(&folder.path().join("man1")).unwrap();
        let names: Vec<String> = std::fs::read_dir(folder.path().join("man1"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(names.len(), number, "{names:?}");
        for name in ["deploy.1", "deploy-schema.1", "deploy-man.1"] {
            assert!(names.iter().any(|found| found == name), "{names:?}");
        }
        assert!(page().unwrap().contains("Deploy apps to Kubernetes"));
    }
}
