//! The way from a run to its reporters: one channel, however many targets.

use std::cell::Cell;
use std::rc::Rc;

use tokio::sync::mpsc;

use super::{Event, Message};
use crate::env::Clock;

/// Like [`Events`], for what runs beside a run and must not keep its channel open.
#[derive(Clone)]
pub struct WeakEvents {
    sender: mpsc::WeakUnboundedSender<Message>,
    clock: Clock,
    ended: Rc<Cell<bool>>,
}

impl WeakEvents {
    /// Sends a fact about the whole run. `false` when an end was told already: nothing may come after it.
    #[must_use]
    pub fn send(&self, event: Event) -> bool {
        if self.ended.get() {
            return false;
        }
        self.sender.upgrade().is_some_and(|sender| {
            let message = Message {
                time: self.clock.now(),
                target: None,
                event,
            };
            sender.send(message).is_ok()
        })
    }
}

/// The sending half. Clones send to the same reporters; a target's clone adds its name.
#[derive(Clone)]
pub struct Events {
    sender: mpsc::UnboundedSender<Message>,
    clock: Clock,
    target: Option<String>,
    /// Some target has ended; what comes after it may come after the end of the run.
    ended: Rc<Cell<bool>>,
}

impl Events {
    /// A channel.
    #[must_use]
    pub fn channel(clock: Clock) -> (Self, mpsc::UnboundedReceiver<Message>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (
            Self {
                sender,
                clock,
                target: None,
                ended: Rc::default(),
            },
            receiver,
        )
    }

    /// The same channel, speaking for one target.
    #[must_use]
    pub fn for_target(&self, target: &str) -> Self {
        Self {
            target: Some(target.to_owned()),
            ..self.clone()
        }
    }

    /// The same channel, held open by others only.
    #[must_use]
    pub fn downgrade(&self) -> WeakEvents {
        WeakEvents {
            sender: self.sender.downgrade(),
            clock: self.clock,
            ended: self.ended.clone(),
        }
    }

    /// Lets the reporter tell what was sent, before something else speaks or blocks (a prompt).
    pub async fn settle(&self) {
        // The reporter is joined with the run. Which of the two has its turn first is open: after the second wait, both had.
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
    }

    /// The time that facts sent now would carry.
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// Sends a fact. A reader that is gone is no reason to stop a deploy.
    pub fn send(&self, event: Event) {
        if matches!(event, Event::Finished(_)) {
            self.ended.set(true);
        }
        let _ = self.sender.send(Message {
            time: self.clock.now(),
            target: self.target.clone(),
            event,
        });
    }
}
