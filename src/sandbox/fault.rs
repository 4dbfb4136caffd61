//! Faults on purpose: a part that is killed, hangs, or comes back. For tests of what `deploy` does then.

use std::time::Duration;

use rustix::process::Signal;

use crate::error::Result;

use super::parts::Part;
use super::{Sandbox, process, ready};

impl Sandbox {
    /// Kills a part at once, as a crash would.
    pub async fn kill(&self, part: Part) {
        if let Some(running) = self.processes.get(&part) {
            running.signal(Signal::KILL);
            process::stop(&[running], Duration::from_secs(1)).await;
        }
    }

    /// Freezes a part: its connections stay open and nothing answers.
    pub fn pause(&self, part: Part) {
        if let Some(running) = self.processes.get(&part) {
            running.signal(Signal::STOP);
        }
    }

    /// Lets a frozen part go on.
    pub fn resume(&self, part: Part) {
        if let Some(running) = self.processes.get(&part) {
            running.signal(Signal::CONT);
        }
    }

    /// Starts a part again, on its old data and ports, and waits until the sandbox can be used.
    ///
    /// # Errors
    /// Cluster: it does not start.
    pub async fn restart(&mut self, part: Part) -> Result<()> {
        self.kill(part).await;
        self.start(part)?;
        ready::wait(self).await
    }
}
