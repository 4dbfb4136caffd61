//! A lock as data: the Lease of an app in a namespace, read and written as JSON. Pure.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::record::Who;
use crate::manifest::{APP_LABEL, KIND_LABEL};

/// Seconds a lock outlives its last renewal.
pub const PERIOD: u32 = 15;

/// Annotations that say more than a Lease's fields can.
const REASON: &str = "deploy.cli/reason";
const HOST: &str = "deploy.cli/host";
const CI: &str = "deploy.cli/ci";
const USER: &str = "deploy.cli/user";
const COMMAND: &str = "deploy.cli/command";
const FROZEN: &str = "deploy.cli/frozen";

/// Who holds a lock, since when, what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The run's id; unique.
    pub run: String,
    /// Who runs it.
    pub who: Who,
    /// The command, or the reason given to `deploy lock`.
    pub reason: String,
    /// A person froze the app: the lock does not expire.
    pub frozen: bool,
}

/// A lock that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Who holds it.
    pub holder: Holder,
    /// Since when.
    pub since: Option<Timestamp>,
    /// The last renewal, by the server's clock where it noted one, else by the holder's.
    pub renewed: Option<Timestamp>,
    /// Changes with each renewal: two equal ones a period apart prove a dead holder.
    pub version: Version,
}

/// Which Lease, and which state of it.
///
/// The server makes a Lease that is gone anew when one is written with a resourceVersion alone: a holder that lost its lock
/// would have it back. The uid forbids that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    uid: Option<String>,
    /// Changes with each write.
    pub resource_version: String,
}

impl Version {
    /// That of a Lease as the server answered.
    pub fn of(lease: &Value) -> Self {
        let metadata = &lease["metadata"];
        Self {
            uid: metadata["uid"].as_str().map(str::to_owned),
            resource_version: metadata["resourceVersion"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        }
    }
}

/// The Lease's name.
pub fn name(app: &str) -> String {
    format!("deploy-{app}")
}

/// Reads a Lease. `None` when nobody holds it.
pub fn read(lease: &Value) -> Option<Held> {
    let run = lease["spec"]["holderIdentity"]
        .as_str()
        .filter(|run| !run.is_empty())?;
    let note = |key: &str| {
        lease["metadata"]["annotations"][key]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let time = |key: &str| {
        lease["spec"][key]
            .as_str()
            .and_then(|text| text.parse().ok())
    };
    let frozen = !note(FROZEN).is_empty();
    Some(Held {
        holder: Holder {
            run: run.to_owned(),
            who: Who {
                user: note(USER),
                host: note(HOST),
                ci: Some(note(CI)).filter(|link| !link.is_empty()),
            },
            reason: if frozen { note(REASON) } else { note(COMMAND) },
            frozen,
        },
        since: time("acquireTime"),
        renewed: written(lease).or_else(|| time("renewTime")),
        version: Version::of(lease),
    })
}

/// When the server last saw a change of the Lease. The holder's clock may be wrong by more than the period; this one is ours to compare with.
fn written(lease: &Value) -> Option<Timestamp> {
    let entries = lease["metadata"]["managedFields"].as_array()?;
    entries
        .iter()
        .filter_map(|entry| entry["time"].as_str()?.parse().ok())
        .max()
}

/// Writes a Lease. With `over`, the write succeeds only while the Lease is the one that was read.
pub fn write(
    app: &str,
    holder: &Holder,
    since: Timestamp,
    now: Timestamp,
    over: Option<&Version>,
) -> Value {
    let mut annotations = json!({USER: holder.who.user, HOST: holder.who.host});
    if let Some(ci) = &holder.who.ci {
        annotations[CI] = json!(ci);
    }
    if holder.frozen {
        annotations[FROZEN] = json!("true");
        annotations[REASON] = json!(holder.reason);
    } else {
        annotations[COMMAND] = json!(holder.reason);
    }
    let mut lease = json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "name": name(app),
            "labels": {APP_LABEL: app, KIND_LABEL: "lock"},
            "annotations": annotations,
        },
        "spec": {
            "holderIdentity": holder.run,
            "leaseDurationSeconds": PERIOD,
            "acquireTime": micros(since),
            "renewTime": micros(now),
        },
    });
    if let Some(version) = over {
        lease["metadata"]["resourceVersion"] = json!(version.resource_version);
        lease["metadata"]["uid"] = json!(version.uid);
    }
    lease
}

/// Whether the holder missed its renewal, by the server's clock. A frozen app never expires.
pub fn expired(held: &Held, server_now: Timestamp) -> bool {
    let period = SignedDuration::from_secs(PERIOD.into());
    !held.holder.frozen
        && held
            .renewed
            .is_none_or(|renewed| server_now.duration_since(renewed) > period)
}

/// `MicroTime` as the API writes it: always six digits.
fn micros(time: Timestamp) -> String {
    format!("{time:.6}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(frozen: bool) -> Holder {
        Holder {
            run: "r-1".into(),
            who: Who {
                user: "ann".into(),
                host: "laptop".into(),
                ci: None,
            },
            reason: "app".into(),
            frozen,
        }
    }

    #[test]
    fn a_lease_comes_back_as_it_was_written() {
        let since: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let seen = Version::of(&json!({"metadata": {"uid": "u", "resourceVersion": "7"}}));
        let lease = write("shop", &holder(false), since, since, Some(&seen));
        assert_eq!(lease["spec"]["renewTime"], "2026-01-02T03:04:05.000000Z");
        let held = read(&lease).unwrap();
        assert_eq!(
            (held.holder, held.since, held.version),
            (holder(false), Some(since), seen)
        );
    }

    #[test]
    fn a_lock_expires_a_period_after_its_last_renewal_unless_a_person_froze_the_app() {
        let since: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        for (seconds, frozen, dead) in [
            (10, false, false),
            (15, false, false),
            (16, false, true),
            (3600, true, false),
        ] {
            let held = read(&write("shop", &holder(frozen), since, since, None)).unwrap();
            assert_eq!(
                expired(&held, since + SignedDuration::from_secs(seconds)),
                dead,
                "{seconds} {frozen}"
            );
        }
    }

    #[test]
    fn a_renewal_is_dated_by_the_server_whatever_the_holders_clock_says() {
        let local: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let mut lease = write("shop", &holder(false), local, local, None);
        lease["metadata"]["managedFields"] =
            json!([{"time": "2026-01-02T03:14:00Z"}, {"time": "2026-01-02T03:14:05Z"}, {}]);
        let held = read(&lease).unwrap();
        assert_eq!(held.renewed, "2026-01-02T03:14:05Z".parse().ok());
        assert!(!expired(&held, local + SignedDuration::from_secs(610)));
    }

    #[test]
    fn an_empty_holder_is_nobody() {
        assert_eq!(read(&json!({"spec": {"holderIdentity": ""}})), None);
    }
}
