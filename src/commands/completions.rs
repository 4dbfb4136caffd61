//! `deploy completions`

use crate::error::{Outcome, Result};
use crate::session::Session;

/// Print the completions for a shell
///
/// They complete commands, options and their values: environments, targets, apps, releases, contexts. Values of the
/// cluster are left out when it does not answer within a second. `install.sh` puts them where bash, zsh and fish look.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  deploy completions bash > ~/.local/share/bash-completion/completions/deploy
  deploy completions zsh > ~/.zfunc/_deploy      # with ~/.zfunc in $fpath
  deploy completions fish > ~/.config/fish/completions/deploy.fish
  deploy completions powershell >> $PROFILE      # in PowerShell")]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// A shell that completes words.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

/// Runs `deploy completions`.
pub fn run(session: &Session, args: &Args) -> Result<Outcome> {
    session.shell.data(script(args.shell).trim_end())?;
    Ok(Outcome::Done)
}

/// The script, as it is in the repository.
fn script(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("../../completions/deploy.bash"),
        Shell::Elvish => include_str!("../../completions/deploy.elv"),
        Shell::Fish => include_str!("../../completions/deploy.fish"),
        Shell::Powershell => include_str!("../../completions/_deploy.ps1"),
        Shell::Zsh => include_str!("../../completions/_deploy"),
    }
}
