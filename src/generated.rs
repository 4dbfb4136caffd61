//! Files that are made from the source and committed, so that readers and packagers find them. A stale one fails a
//! test; `UPDATE=1 cargo test --lib` writes them anew.

use std::path::Path;

pub mod reference;

/// Fails when a committed file (path from the repository's root) differs, or writes it.
pub fn check(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    #[expect(
        clippy::disallowed_methods,
        reason = "a switch for who changes the source, not for users"
    )]
    let update = std::env::var_os("UPDATE").is_some();
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    if written == text {
        return;
    }
    assert!(
        update,
        "{path} is stale: run `UPDATE=1 cargo test --lib` and look at the difference"
    );
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, text).unwrap();
}
