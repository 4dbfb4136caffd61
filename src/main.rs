//! The process edge: builds the [`Env`](deploy::env::Env), runs, exits with the code.

fn main() -> std::process::ExitCode {
    // The panic's own report would bypass the redactor; the message is printed with exit code 70 instead.
    std::panic::set_hook(Box::new(|_| {}));
    let code = deploy::main(deploy::env::Env::from_process());
    std::process::ExitCode::from(code)
}
