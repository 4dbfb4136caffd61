//! The wish to stop. The first signal asks a run to stop cleanly; the second ends the program at once.

use tokio::sync::watch;

use crate::error::Outcome;

/// Which signal asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// A CI system or `kill`, or the terminal was closed.
    Terminate,
}

impl Signal {
    /// The outcome of a run that stopped because of it.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Interrupt => Outcome::Interrupted,
            Self::Terminate => Outcome::Terminated,
        }
    }
}

/// Clones share the wish.
#[derive(Clone, Debug)]
pub struct Interrupt {
    sender: watch::Sender<Option<Signal>>,
}

impl Default for Interrupt {
    fn default() -> Self {
        Self {
            sender: watch::channel(None).0,
        }
    }
}

impl Interrupt {
    /// Asks for a stop. The first wish stays.
    pub fn request(&self, signal: Signal) {
        self.sender.send_if_modified(|wish| {
            let first = wish.is_none();
            wish.get_or_insert(signal);
            first
        });
    }

    /// The wish, if there is one.
    pub fn requested(&self) -> Option<Signal> {
        *self.sender.borrow()
    }

    /// Waits for the wish. Never resolves when nobody asks.
    pub async fn wait(&self) -> Signal {
        let mut receiver = self.sender.subscribe();
        loop {
            if let Some(signal) = *receiver.borrow_and_update() {
                return signal;
            }
            if receiver.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

/// Listens for signals: the first becomes a wish and calls `told`, the second returns.
pub async fn listen(interrupt: &Interrupt, mut told: impl FnMut(Signal)) -> Signal {
    use tokio::signal::unix::{SignalKind, signal};
    let streams = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    );
    let (Ok(mut interrupts), Ok(mut terminations), Ok(mut hangups)) = streams else {
        return std::future::pending().await;
    };
    loop {
        let signal = tokio::select! {
            _ = interrupts.recv() => Signal::Interrupt,
            _ = terminations.recv() => Signal::Terminate,
            _ = hangups.recv() => Signal::Terminate,
        };
        if interrupt.requested().is_some() {
            return signal;
        }
        interrupt.request(signal);
        told(signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_wish_stays_and_wakes_who_waits() {
        let interrupt = Interrupt::default();
        let waiting = interrupt.clone();
        let (signal, ()) = tokio::join!(waiting.wait(), async {
            interrupt.request(Signal::Terminate);
            interrupt.request(Signal::Interrupt);
        });
        assert_eq!(signal, Signal::Terminate);
        assert_eq!(signal.outcome().exit_code(), 143);
    }
}
