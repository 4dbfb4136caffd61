//! A lock between processes that ends with its holder, so that nothing stale is ever left behind.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use crate::error::{Failure, Result};

/// Held until dropped.
pub(super) struct Lock(#[expect(dead_code, reason = "closing the file is what unlocks")] File);

/// Takes the lock; `waiting` is called once if somebody else has it.
pub(super) async fn take(path: &Path, waiting: impl FnOnce()) -> Result<Lock> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    let mut waiting = Some(waiting);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => {
                if let Some(waiting) = waiting.take() {
                    waiting();
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(TryLockError::Error(error)) => {
                return Err(Failure::from(error).context(format!("cannot lock {}", path.display())));
            }
        }
    }
}
