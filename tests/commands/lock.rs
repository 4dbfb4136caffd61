//! The lock: what ends a run, and what does not.

use std::time::Duration;

use deploy::env::Clock;
use deploy::error::{Failure, Result};
use deploy::event::Events;
use deploy::release::Lock;
use deploy::release::lease::Holder;
use deploy::release::lock::Patience;
use deploy::release::record::Who;
use serde_json::json;

use crate::fake::Fake;
use crate::support::{NAMESPACE, cluster};

const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/shop/leases/deploy-shop";

/// Holds the lock for a minute, with something happening right after it was taken.
async fn hold(fake: &Fake, happens: impl FnOnce(&Fake)) -> Result<()> {
    let cluster = cluster(fake);
    let start: jiff::Timestamp = crate::fake::START.parse().unwrap();
    let clock = Clock::Fixed(start, tokio::time::Instant::now());
    let (events, _receiver) = Events::channel(clock);
    let holder = Holder {
        run: "r-1".to_owned(),
        who: Who::default(),
        reason: "app".to_owned(),
        frozen: false,
    };
    let lock = Lock::take(&cluster, clock, "shop", holder, Patience::Refuse, &events)
        .await
        .unwrap();
    happens(fake);
    lock.hold(async {
        tokio::time::sleep(Duration::from_mins(1)).await;
        Ok::<(), Failure>(())
    })
    .await?;
    lock.confirm().await
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_for_longer_than_the_lock_lives_does_not_end_the_run() {
    let away = |fake: &Fake| fake.fail("PUT", "leases", 6, 500, "InternalError", "etcd is away");
    hold(&Fake::new(NAMESPACE), away).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_while_the_lock_cannot_be_renewed() {
    let away = |fake: &Fake| fake.fail("PUT", "leases", 100, 500, "InternalError", "etcd is away");
    let failure = hold(&Fake::new(NAMESPACE), away).await.unwrap_err();
    assert_eq!(failure.exit_code(), 7);
    assert!(failure.source.to_string().contains("last renewed"));
}

#[tokio::test(start_paused = true)]
async fn a_renewal_whose_answer_was_lost_is_no_rival() {
    let lost = |fake: &Fake| {
        fake.change(LEASE, |lease| {
            lease["spec"]["renewTime"] = json!("2026-01-01T00:00:00.000000Z");
        });
    };
    hold(&Fake::new(NAMESPACE), lost).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn somebody_who_took_it_over_ends_the_run_and_is_named() {
    let taken = |fake: &Fake| {
        fake.change(LEASE, |lease| {
            lease["spec"]["holderIdentity"] = json!("r-2");
            lease["metadata"]["annotations"]["deploy.cli/user"] = json!("ann");
        });
    };
    let failure = hold(&Fake::new(NAMESPACE), taken).await.unwrap_err();
    assert_eq!(failure.exit_code(), 7);
    assert!(failure.source.to_string().contains("ann took it over"));
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_was_deleted_is_lost_and_not_made_anew() {
    let fake = Fake::new(NAMESPACE);
    let failure = hold(&fake, |fake| fake.remove(LEASE)).await.unwrap_err();
    assert_eq!(failure.exit_code(), 7);
    assert!(failure.source.to_string().contains("was deleted"));
    assert_eq!(fake.object(LEASE), None);
}
