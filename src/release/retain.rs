//! Which records and config versions stay. Pure.
//!
//! Retention counts *good* releases, so failures never evict the last good one. Clean-up of versions is mark and sweep: what
//! a kept release names, and what a live pod or ReplicaSet still names, stays.

use std::collections::BTreeSet;

use super::record::{Header, State};

/// What to remove from the history.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Removal {
    /// Numbers whose payload goes.
    pub payloads: BTreeSet<u64>,
    /// Numbers that go altogether.
    pub headers: BTreeSet<u64>,
}

/// Decides what goes, with `good` good releases kept restorable and `history` headers kept readable.
pub fn removal(headers: &[Header], good: usize, history: usize) -> Removal {
    let oldest_kept = oldest_kept(headers, good);
    let forgotten = headers.len().saturating_sub(history.max(good));
    let headers_gone: BTreeSet<u64> = headers[..forgotten]
        .iter()
        .map(|header| header.number)
        .filter(|number| *number < oldest_kept)
        .collect();
    Removal {
        payloads: headers
            .iter()
            .filter(|header| {
                header.restorable()
                    && header.number < oldest_kept
                    && !headers_gone.contains(&header.number)
            })
            .map(|header| header.number)
            .collect(),
        headers: headers_gone,
    }
}

/// Names of versioned objects that kept releases need.
pub fn roots(headers: &[Header], good: usize) -> BTreeSet<&str> {
    let oldest_kept = oldest_kept(headers, good);
    headers
        .iter()
        .filter(|header| header.number >= oldest_kept)
        .flat_map(|header| header.versions.iter().map(String::as_str))
        .collect()
}

/// The number of the oldest good release that stays restorable; everything newer stays with it.
fn oldest_kept(headers: &[Header], good: usize) -> u64 {
    headers
        .iter()
        .rev()
        .filter(|header| header.state == State::Good)
        .take(good.max(1))
        .last()
        .or(headers.first())
        .map_or(0, |header| header.number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::record::tests::header;

    fn history(states: &[State]) -> Vec<Header> {
        (1..)
            .zip(states)
            .map(|(number, state)| header(number, *state))
            .collect()
    }

    #[test]
    fn failures_never_evict_the_last_good_release() {
        let headers = history(&[State::Good, State::Failed, State::Failed, State::Failed]);
        assert_eq!(removal(&headers, 2, 2), Removal::default());
    }

    #[test]
    fn payloads_go_before_headers() {
        use State::{Failed, Good};
        let headers = history(&[Good, Good, Failed, Good, Good]);
        assert_eq!(
            removal(&headers, 2, 4),
            Removal {
                payloads: [2, 3].into(),
                headers: [1].into()
            }
        );
    }

    #[test]
    fn kept_releases_name_the_roots() {
        let mut headers = history(&[State::Good, State::Good, State::Failed]);
        for header in &mut headers {
            header.versions = vec![format!("config-{}", header.number)];
        }
        assert_eq!(roots(&headers, 1), ["config-2", "config-3"].into());
    }
}
