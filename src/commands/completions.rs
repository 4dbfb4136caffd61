//! `deploy completions`

use clap_complete::{Shell, generate};

use crate::cli;
use crate::error::{Failure, Outcome, Result};
use crate::session::Session;

/// Print the completions for a shell
///
/// `install.sh` puts them where bash, zsh and fish look for them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  deploy completions bash > ~/.local/share/bash-completion/completions/deploy
  deploy completions zsh > ~/.zfunc/_deploy      # with ~/.zfunc in $fpath
  deploy completions fish > ~/.config/fish/completions/deploy.fish")]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs `deploy completions`.
pub fn run(session: &Session, args: &Args) -> Result<Outcome> {
    session.shell.data(text(args.shell)?.trim_end())?;
    Ok(Outcome::Done)
}

fn text(shell: Shell) -> Result<String> {
    let mut bytes = Vec::new();
    generate(shell, &mut cli::command(), "deploy", &mut bytes);
    String::from_utf8(bytes)
        .map_err(|error| Failure::bug(format!("the completions are not text: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_completions_are_current() {
        for (shell, file) in [
            (Shell::Bash, "deploy.bash"),
            (Shell::Zsh, "_deploy"),
            (Shell::Fish, "deploy.fish"),
            (Shell::PowerShell, "_deploy.ps1"),
            (Shell::Elvish, "deploy.elv"),
        ] {
            let text = text(shell).unwrap();
            assert!(text.contains("kubeconfig"), "{file} knows no options");
            crate::generated::check(
                &format!("completions/{file}"),
                &(text.trim_end().to_owned() + "\n"),
            );
        }
    }
}
