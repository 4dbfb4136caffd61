//! The view on a terminal, redrawn in place; plan, logs and warnings scroll by above it.
//!
//! indicatif decides which lines to clear; what it writes comes back over a channel, so that the shell stays the only
//! writer and nothing reaches the terminal unmasked.

use std::io;
use std::sync::mpsc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};
use jiff::Timestamp;

use super::pen::Pen;
use super::plain::{check_line, log_line, warning};
use super::plan_text::{Detail, plan_text};
use super::view::{HEIGHT, View, WIDTH};
use super::{Reporter, origin, summary};
use crate::env::Terminal;
use crate::error::Result;
use crate::event::{Event, Message, State};
use crate::shell::Shell;
use crate::style::Label;

/// Tells a run to somebody who watches.
pub struct Live {
    view: View,
    shell: Shell,
    pen: Pen,
    bar: ProgressBar,
    written: mpsc::Receiver<String>,
    drawn: bool,
    /// Lines to print above the view with the next drawing.
    above: Vec<String>,
}

/// A terminal that only remembers what was written to it.
#[derive(Debug)]
struct Canvas {
    writes: mpsc::Sender<String>,
    terminal: Terminal,
}

impl Live {
    /// Draws on a shell's stderr.
    pub fn new(shell: &Shell) -> Self {
        let (writes, written) = mpsc::channel();
        let canvas = Canvas {
            writes,
            terminal: shell.terminal,
        };
        let bar =
            ProgressBar::with_draw_target(None, ProgressDrawTarget::term_like(Box::new(canvas)));
        bar.set_style(
            ProgressStyle::with_template("{msg}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        let pen = Pen::from(shell);
        Self {
            view: View::new(pen.clone()),
            shell: shell.clone(),
            pen,
            bar,
            written,
            drawn: false,
            above: Vec::new(),
        }
    }

    /// Prints what scrolls by, then the view below it.
    fn draw(&mut self, now: Timestamp) {
        self.hear();
        let (width, height) = size(&self.shell);
        let lines = self.view.lines(width, height, now);
        if lines.is_empty() {
            self.clear();
        }
        self.print_above();
        if !lines.is_empty() {
            self.bar.set_message(lines.join("\n"));
            if !self.drawn {
                self.bar.reset();
                self.drawn = true;
                self.hear();
            }
        }
        self.copy();
    }

    /// Takes in what was said aside.
    fn hear(&mut self) {
        self.above.extend(self.shell.drawn(self.drawn));
    }

    fn print_above(&mut self) {
        if self.above.is_empty() {
            return;
        }
        let above = std::mem::take(&mut self.above);
        self.bar.suspend(|| {
            self.copy();
            for line in above {
                self.shell.status(line);
            }
        });
    }

    /// Takes the view off the terminal.
    fn clear(&mut self) {
        if self.drawn {
            self.bar.finish_and_clear();
            self.copy();
            self.drawn = false;
            self.hear();
        }
    }

    /// Hands what indicatif wrote to the shell, in one piece.
    fn copy(&self) {
        let mut writes: String = self.written.try_iter().collect();
        if !writes.is_empty() {
            // The last line fills its row: a terminal's `^C` behind it would move everything by a row.
            writes.push('\r');
            self.shell.draw(&writes);
        }
    }

    /// With the target's name where there are several.
    fn named(&self, message: &Message, line: String) -> String {
        match &message.target {
            Some(target) if self.view.run.several() => {
                format!("{}: {line}", self.pen.clean(target))
            }
            _ => line,
        }
    }

    fn above(&self, message: &Message) -> Vec<String> {
        let (pen, whole) = (&self.pen, message);
        match &message.event {
            Event::GoingBack { .. } | Event::CarryingOn { .. } => {
                origin::lines(&message.event, message.time, pen)
            }
            Event::Planned { plan } => {
                let several = self.view.run.several();
                let name = message.target.as_ref().filter(|_| several);
                let name = name.map(|name| pen.paint(Label::Strong, pen.clean(name)));
                let plan = plan_text(plan, pen.clone(), Detail::Summary);
                name.into_iter()
                    .chain(plan.lines().map(str::to_owned))
                    .collect()
            }
            Event::Log { .. } => log_line(&message.event, pen)
                .map(|line| self.named(message, line))
                .into_iter()
                .collect(),
            Event::Check(check) if check.readiness != State::Waiting => {
                vec![self.named(message, check_line(check, pen))]
            }
            Event::Warning {
                message, object, ..
            } => vec![self.named(whole, warning(message, object.as_ref(), pen))],
            Event::LockTaken { from, .. } => {
                let text = format!("took over the lock of {from}");
                vec![self.named(message, warning(&text, None, pen))]
            }
            Event::Found { finding } => {
                let text = format!(
                    "{} {}: {}",
                    pen.mark(Label::Caution),
                    pen.clean(&finding.object),
                    pen.clean(&finding.message)
                );
                vec![self.named(message, text)]
            }
            Event::Finished(finished) => summary(
                &self.view.run,
                message.target.as_deref(),
                finished,
                pen,
                size(&self.shell),
            ),
            _ => Vec::new(),
        }
    }
}

fn size(shell: &Shell) -> (usize, usize) {
    let (width, height) = shell.terminal.size();
    (
        width.map_or(WIDTH, usize::from),
        height.map_or(HEIGHT, usize::from),
    )
}

impl Reporter for Live {
    fn message(&mut self, message: &Message) -> Result<()> {
        self.view.apply(message);
        self.hear();
        let above = self.above(message);
        self.above.extend(above);
        // What somebody may have to answer, and the end, must be on the terminal before anything else is.
        if matches!(message.event, Event::Planned { .. } | Event::Finished(_)) {
            self.draw(message.time);
        }
        Ok(())
    }

    fn tick(&mut self, now: Timestamp) {
        self.draw(now);
    }

    fn finish(&mut self) {
        self.clear();
        self.print_above();
        self.copy();
    }
}

impl Drop for Live {
    /// Also when the run is cut short: the terminal is left clean.
    fn drop(&mut self) {
        self.finish();
    }
}

impl Canvas {
    fn send(&self, text: String) -> io::Result<()> {
        self.writes.send(text).map_err(io::Error::other)
    }

    fn move_cursor(&self, n: usize, direction: char) -> io::Result<()> {
        if n == 0 {
            return Ok(());
        }
        self.send(format!("\u{1b}[{n}{direction}"))
    }
}

impl TermLike for Canvas {
    fn width(&self) -> u16 {
        self.terminal.size().0.unwrap_or(80)
    }

    fn height(&self) -> u16 {
        self.terminal.size().1.unwrap_or(24)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.send(format!("{text}\n"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.send(text.to_owned())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.send("\r\u{1b}[2K".to_owned())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
