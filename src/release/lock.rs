//! One run at a time changes an app in a namespace: a Lease, renewed while the run lasts.
//!
//! A Lease is no fence, so [`Lock::check`] is asked before every write and compares the age of the last renewal on the
//! wall clock: a laptop may have slept. Whether a holder is dead is judged by the server's clock, never by ours.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::lease::{self, Held, Holder, PERIOD, Version};
use crate::cluster::{Apply, Cluster, Kind};
use crate::env::Clock;
use crate::error::{Failure, FailureKind, Result};
use crate::event::{Event, Events};
use crate::words;

/// How to deal with a lock that somebody holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Say who holds it and end with exit code 7.
    Refuse,
    /// Wait until it is free.
    Wait,
    /// Take it from a live holder: on call must not wait behind CI.
    TakeOver,
}

/// A lock that is held.
pub struct Lock<'a> {
    cluster: &'a Cluster,
    clock: Clock,
    app: String,
    holder: Holder,
    since: Timestamp,
    renewed: Cell<Timestamp>,
    version: RefCell<Version>,
    renewing: tokio::sync::Mutex<()>,
}

impl<'a> Lock<'a> {
    /// Takes the lock of an app in the cluster's namespace.
    pub async fn take(
        cluster: &'a Cluster,
        clock: Clock,
        app: &str,
        holder: Holder,
        patience: Patience,
        events: &Events,
    ) -> Result<Lock<'a>> {
        let mut told = None;
        loop {
            let lease = cluster
                .get_kind(&Kind::lease(), Some(&cluster.namespace), &lease::name(app))
                .await?;
            let held = lease
                .as_ref()
                .and_then(lease::read)
                .filter(|held| held.holder.run != holder.run);
            if let Some(held) = &held {
                let dead = lease::expired(held, server_now(cluster, app).await?);
                if !dead && patience != Patience::TakeOver {
                    if patience == Patience::Refuse || held.holder.frozen {
                        return Err(refusal(app, held, clock.now()));
                    }
                    if told.as_ref() != Some(&held.holder.run) {
                        events.send(Event::WaitingForLock {
                            holder: held.holder.who.user.clone(),
                            since: held.since,
                            reason: Some(held.holder.reason.clone()),
                        });
                        told = Some(held.holder.run.clone());
                    }
                    // Nobody can be asked to call back when a Lease goes; a third of its period is often enough.
                    tokio::time::sleep(Duration::from_secs(u64::from(PERIOD) / 3)).await;
                    continue;
                }
                events.send(Event::LockTaken {
                    from: format!("{} on {}", held.holder.who.user, held.holder.who.host),
                    dead,
                });
            }
            let over = lease.as_ref().map(Version::of);
            let now = clock.now();
            let object = lease::write(app, &holder, now, now, over.as_ref());
            let written = if over.is_some() {
                cluster.replace(&object).await
            } else {
                cluster.create(&object).await
            };
            match written {
                Ok(lease) => {
                    return Ok(Lock {
                        cluster,
                        clock,
                        app: app.to_owned(),
                        holder,
                        since: now,
                        renewed: Cell::new(now),
                        version: RefCell::new(Version::of(&lease)),
                        renewing: tokio::sync::Mutex::new(()),
                    });
                }
                // Somebody was faster: look again.
                Err(error)
                    if error.is_conflict() || error.is_already_exists() || error.is_not_found() => {
                }
                Err(error) => {
                    return Err(Failure::from(error).context(format!("taking the lock of {app}")));
                }
            }
        }
    }

    /// Asked before every write.
    pub fn check(&self) -> Result<()> {
        let age = self.clock.now().duration_since(self.renewed.get());
        if age > SignedDuration::from_secs(PERIOD.into()) {
            return Err(self.lost(&format!(
                "it was last renewed {} ago",
                words::duration(age.unsigned_abs())
            )));
        }
        Ok(())
    }

    /// Runs some work while renewing the lock. Ends early when the lock is lost: the work stops where it waits.
    pub async fn hold<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            biased;
            done = work => done,
            lost = self.renew() => Err(lost),
        }
    }

    /// Asked after a long wait, before what follows is written: renews, so that only its holder goes on.
    pub async fn confirm(&self) -> Result<()> {
        self.renew_once().await?;
        self.check()
    }

    /// Renews until somebody else holds the lock. While the server is away nobody can take it, and nothing can be
    /// written: the run waits on, and what it writes next is refused by [`Self::check`] unless the lock is still ours then.
    async fn renew(&self) -> Failure {
        loop {
            tokio::time::sleep(Duration::from_secs(u64::from(PERIOD) / 3)).await;
            if let Err(lost) = self.renew_once().await {
                return lost;
            }
        }
    }

    /// Renews once, if the server answers.
    ///
    /// # Errors
    /// The lock is gone, or somebody else holds it.
    async fn renew_once(&self) -> Result<()> {
        // Two renewals at once would take each other for a rival.
        let _alone = self.renewing.lock().await;
        for _ in 0..2 {
            let now = self.clock.now();
            let over = self.version.borrow().clone();
            let object = lease::write(&self.app, &self.holder, self.since, now, Some(&over));
            match self.cluster.replace(&object).await {
                Ok(lease) => {
                    self.renewed.set(now);
                    *self.version.borrow_mut() = Version::of(&lease);
                    return Ok(());
                }
                // A renewal whose answer was lost is ours, too.
                Err(error) if error.is_conflict() && self.read_again().await? => {}
                Err(error) if error.is_not_found() => {
                    return Err(self.lost("its Lease was deleted"));
                }
                // The server may be away for a while; the age decides before each write.
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// Reads the Lease after a conflict. `false` when it cannot be read now.
    ///
    /// # Errors
    /// Somebody else holds it.
    async fn read_again(&self) -> Result<bool> {
        let name = lease::name(&self.app);
        let namespace = Some(self.cluster.namespace.as_str());
        let Ok(lease) = self
            .cluster
            .get_kind(&Kind::lease(), namespace, &name)
            .await
        else {
            return Ok(false);
        };
        match lease.as_ref().and_then(lease::read) {
            Some(held) if held.holder.run == self.holder.run => {
                *self.version.borrow_mut() = held.version;
                Ok(true)
            }
            Some(held) => Err(self.lost(&format!(
                "{} took it over for `deploy {}`",
                held.holder.who.user, held.holder.reason
            ))),
            None => Err(self.lost("its Lease was deleted")),
        }
    }

    /// Gives the lock back. A lock that cannot be given back expires by itself.
    pub async fn release(self) {
        let name = lease::name(&self.app);
        for _ in 0..2 {
            let seen = self.version.borrow().clone();
            let deleted = self
                .cluster
                .delete_exactly(&Kind::lease(), &name, &seen.resource_version)
                .await;
            // A renewal that was cut short when the work ended may have arrived all the same.
            match deleted {
                Err(error) if error.is_conflict() => {
                    if self.read_again().await.is_err() {
                        return;
                    }
                }
                _ => return,
            }
        }
    }

    fn lost(&self, why: &str) -> Failure {
        Failure::new(FailureKind::Locked, format!("the lock of {} is lost: {why}; this run stops here", self.app))
            .hint("`deploy status` shows what is running; `deploy resume` carries on, `deploy rollback` goes back")
    }
}

/// The server's time, read from the answer to a dry run: nothing is written.
async fn server_now(cluster: &Cluster, app: &str) -> Result<Timestamp> {
    let probe = json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": format!("{}-clock", lease::name(app))},
    });
    let answer = cluster
        .apply(&probe, Apply::dry_run())
        .await
        .map_err(|error| Failure::from(error).context("asking the API server for its time"))?;
    answer.object["metadata"]["creationTimestamp"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Failure::cluster("the API server did not say what time it is"))
}

fn refusal(app: &str, held: &Held, now: Timestamp) -> Failure {
    let who = &held.holder.who;
    let since = held.since.map_or_else(String::new, |since| {
        format!(" since {}", words::age(now, since))
    });
    let ci = who
        .ci
        .as_ref()
        .map_or_else(String::new, |link| format!(" ({link})"));
    if held.holder.frozen {
        return Failure::new(
            FailureKind::Locked,
            format!(
                "{app} is frozen by {}{since}: {}",
                who.user, held.holder.reason
            ),
        )
        .hint("`deploy unlock` lifts it, when you know that you may");
    }
    Failure::new(
        FailureKind::Locked,
        format!(
            "{} on {} holds the lock of {app}{since}, for `deploy {}`{ci}",
            who.user, who.host, held.holder.reason
        ),
    )
    .hint("--wait-for-lock waits for it; in an incident, `deploy rollback --take-over` takes it")
}
