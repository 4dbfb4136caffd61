//! Logs that are followed while a test writes them.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::StreamExt as _;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use jiff::Timestamp;

use super::Fake;
use super::answer::Response;

/// What a container has written.
#[derive(Default)]
pub(super) struct Followed {
    lines: Vec<(Timestamp, String)>,
    ended: bool,
    /// How often its readers were cut off.
    cuts: usize,
}

impl Fake {
    /// A container writes lines, the last one with a line break or without, at the present time.
    pub fn write_log(&self, pod: &str, container: &str, text: &str) {
        let mut state = self.state();
        let now = state.now().parse().unwrap();
        let log = state.followed.entry(key(pod, container)).or_default();
        let lines = text.split_inclusive('\n');
        log.lines.extend(lines.map(|line| (now, line.to_owned())));
        self.tell(&state);
    }

    /// A container ends, and its log with it.
    pub fn end_log(&self, pod: &str, container: &str) {
        let mut state = self.state();
        state.followed.entry(key(pod, container)).or_default().ended = true;
        self.tell(&state);
    }

    /// Breaks the connections of all who read logs now.
    pub fn cut_logs(&self) {
        let mut state = self.state();
        state.followed.values_mut().for_each(|log| log.cuts += 1);
        self.tell(&state);
    }

    /// What a request for a followed log gets: lines from `sinceTime` on, rounded down to a second, then whatever comes.
    pub(super) fn follow(
        &self,
        pod: &str,
        container: &str,
        query: &BTreeMap<String, String>,
    ) -> Option<Response> {
        let key = key(pod, container);
        let cuts = self.state().followed.get(&key)?.cuts;
        let since: Timestamp = query
            .get("sinceTime")
            .map_or(Timestamp::UNIX_EPOCH, |since| since.parse().unwrap());
        let since = Timestamp::from_second(since.as_second()).unwrap();
        let start = (self.clone(), self.news.subscribe(), 0);
        let frames = futures::stream::unfold(start, move |(fake, mut news, mut next)| {
            let key = key.clone();
            async move {
                loop {
                    {
                        let state = fake.state();
                        let log = &state.followed[&key];
                        if log.cuts != cuts {
                            drop(state);
                            // The rest of the connection is not asked for.
                            return Some((
                                Err(std::io::Error::other("connection reset by peer")),
                                (fake, news, next),
                            ));
                        }
                        if let Some((at, text)) = log.lines.get(next) {
                            next += 1;
                            if *at < since {
                                continue;
                            }
                            let frame = Frame::data(Bytes::from(format!("{at:.9} {text}")));
                            drop(state);
                            return Some((Ok(frame), (fake, news, next)));
                        }
                        if log.ended {
                            return None;
                        }
                    }
                    news.changed().await.ok()?;
                }
            }
        });
        Some(http::Response::new(
            StreamBody::new(frames.boxed()).boxed_unsync(),
        ))
    }
}

fn key(pod: &str, container: &str) -> (String, String) {
    (pod.to_owned(), container.to_owned())
}
