//! One JSON event a line on stdout, as `docs/events.md` describes them.

use jiff::Timestamp;

use super::Reporter;
use crate::error::Result;
use crate::event::{Event, Message};
use crate::shell::Shell;

/// Tells a run to a program.
pub struct Json {
    shell: Shell,
}

impl Json {
    /// Writes to a shell's stdout.
    pub fn new(shell: &Shell) -> Self {
        Self {
            shell: shell.clone(),
        }
    }
}

impl Reporter for Json {
    fn message(&mut self, message: &Message) -> Result<()> {
        let mut message = message.clone();
        if let Event::Planned { plan } = &mut message.event {
            // Whole objects would make this line megabytes long, and may hold secret data. `plan --output json` has them.
            for step in &mut plan.steps {
                step.desired = None;
            }
            for job in &mut plan.jobs {
                job.desired = None;
            }
        }
        self.shell.json(&message)
    }

    fn failed(&mut self, message: &Message) -> Result<()> {
        self.message(message)
    }

    fn tick(&mut self, _now: Timestamp) {}

    fn finish(&mut self) {}
}
