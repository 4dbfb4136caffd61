//! The process edge: builds the [`Env`](deploy::env::Env), runs, exits with the code.

fn main() -> std::process::ExitCode {
    let code = deploy::main(deploy::env::Env::from_process());
    std::process::ExitCode::from(code)
}
