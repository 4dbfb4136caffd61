//! Messages of a run to people, logs, programs and GitHub. All four tell the same stream; none can change a run's course.

use futures::StreamExt as _;
use jiff::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use crate::env::{Clock, Env};
use crate::error::Result;
use crate::event::{Event, Message};
use crate::shell::{OutputFormat, Shell};
use crate::vars;

mod diff;
mod evidence;
mod github;
mod json;
mod live;
mod markdown;
mod origin;
mod overall;
mod pen;
mod plain;
mod plan_text;
mod run;
mod summary;
mod view;

#[cfg(test)]
mod docs;
#[cfg(test)]
pub(crate) mod sample;

pub use evidence::finding_lines;
pub use pen::Pen;
pub use plan_text::{Detail, plan_text, totals};
pub use summary::summary;
pub use view::View;

pub use crate::words::printable;

/// Tells a run to somebody.
pub trait Reporter {
    /// Tells one message.
    ///
    /// # Errors
    /// Nobody reads any more.
    fn message(&mut self, message: &Message) -> Result<()>;

    /// The run could not be carried out. The program prints why in its one place for failures, so people are told there.
    ///
    /// # Errors
    /// Nobody reads any more.
    fn failed(&mut self, _message: &Message) -> Result<()> {
        Ok(())
    }

    /// Time has passed without a message: redraw, or remind of what is still missing.
    fn tick(&mut self, now: Timestamp);

    /// Nothing comes any more: leave the terminal as a shell wants it.
    fn finish(&mut self);
}

/// The reporter that fits the output format and the terminal.
#[must_use]
pub fn reporter(shell: &Shell, env: &Env) -> Box<dyn Reporter> {
    match shell.format {
        OutputFormat::Human if redraws(shell, env) => Box::new(live::Live::new(shell)),
        OutputFormat::Human | OutputFormat::Plain => Box::new(plain::Plain::new(shell)),
        OutputFormat::Json => Box::new(json::Json::new(shell)),
        OutputFormat::Github => Box::new(github::Github::new(shell, env)),
    }
}

/// Whether lines may be redrawn: a terminal that understands it, and no CI that records it.
fn redraws(shell: &Shell, env: &Env) -> bool {
    shell.live() && env.var(vars::CI).is_none() && env.var(vars::TERM) != Some("dumb")
}

/// How often [`Reporter::tick`] is called: often enough for a smooth picture, seldom enough for a slow terminal.
const TICK: std::time::Duration = std::time::Duration::from_millis(80);

/// Tells every message until all senders are gone, and hands a copy on once it is told. To be joined with the run itself.
///
/// A reader that is gone does not stop the run: the rest is received in silence. With several targets, a failure of one is
/// told as its end, since the program itself then ends with an outcome.
pub async fn pump(
    mut receiver: UnboundedReceiver<Message>,
    mut reporter: Box<dyn Reporter>,
    copies: Option<UnboundedSender<Message>>,
    clock: Clock,
    several: bool,
) {
    let mut told: Result<()> = Ok(());
    let messages = futures::stream::poll_fn(|context| receiver.poll_recv(context));
    tokio::pin!(messages);
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = ticks.tick() => reporter.tick(clock.now()),
            message = messages.next() => match message {
                Some(message) => {
                    if told.is_ok() {
                        told = match &message.event {
                            Event::Finished(finished) if finished.error.is_some() && !several => reporter.failed(&message),
                            _ => reporter.message(&message),
                        };
                    }
                    if let Some(copies) = &copies {
                        let _ = copies.send(message);
                    }
                }
                None => break,
            },
        }
    }
    reporter.finish();
}

#[cfg(test)]
pub(crate) mod tests;
