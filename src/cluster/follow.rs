//! A container's log while it is being written. A broken connection is taken up where it broke: no line twice, none left out.
//!
//! Follows <https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#read-log-pod-v1-core>. The server rounds
//! `sinceTime` down to a whole second, so the lines of that second come again and are counted off.

use std::collections::VecDeque;

use http_body_util::BodyExt as _;
use jiff::Timestamp;
use kube::client::Body;

use super::send::{Call, escape};
use super::{ApiError, Cluster, Kind};

/// Bytes of a line that are kept.
const LONGEST: usize = 16 * 1024;
/// What the kubelet says, as if it were the log, when it has none any more.
const NO_LOG: &str = "unable to retrieve container logs";

/// The log of one container, line by line.
pub struct FollowLog<'a> {
    cluster: &'a Cluster,
    pod: String,
    namespace: String,
    container: String,
    body: Option<Body>,
    lines: Lines,
    ready: VecDeque<String>,
    place: Place,
}

impl Cluster {
    /// The log of a container from its beginning, read while it is written. Makes no request yet.
    pub fn follow_log(&self, namespace: &str, pod: &str, container: &str) -> FollowLog<'_> {
        FollowLog {
            cluster: self,
            pod: pod.to_owned(),
            namespace: namespace.to_owned(),
            container: container.to_owned(),
            body: None,
            lines: Lines::default(),
            ready: VecDeque::new(),
            place: Place::default(),
        }
    }
}

impl FollowLog<'_> {
    /// The next line. `None` when the server has ended the stream: because the container has ended, or for reasons of its
    /// own. After that, and after an error, the next call goes on from where this one stopped, on a new connection.
    pub async fn next(&mut self) -> Result<Option<String>, ApiError> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                return Ok(Some(line));
            }
            if self.body.is_none() {
                self.open().await?;
            }
            let Some(body) = &mut self.body else {
                continue;
            };
            match body.frame().await {
                Some(Ok(frame)) => {
                    for line in self.lines.take(&frame.into_data().unwrap_or_default()) {
                        self.ready.extend(self.place.accept(&line));
                    }
                }
                Some(Err(error)) => {
                    self.body = None;
                    let error = kube::Error::Service(error.into());
                    return Err(ApiError::unreached(&error, self.call().about));
                }
                None => {
                    self.body = None;
                    return Ok(None);
                }
            }
        }
    }

    /// What came after the last line break, once the stream has ended and the container is known to have ended before it.
    pub fn rest(&mut self) -> Option<String> {
        let rest = self.lines.rest()?;
        self.place.accept(&rest)
    }

    async fn open(&mut self) -> Result<(), ApiError> {
        // Half a line from a broken connection comes again as a whole one.
        self.lines = Lines::default();
        self.place.go_back();
        let body = self.cluster.open(&self.call()).await?;
        self.body = Some(body);
        Ok(())
    }

    fn call(&self) -> Call {
        let since = self.place.second.map_or_else(String::new, |second| {
            format!("&sinceTime={}", escape(&second.to_string()))
        });
        let path = format!(
            "{}/{}/log?container={}&follow=true&timestamps=true{since}",
            Kind::pod().path(Some(&self.namespace)),
            self.pod,
            escape(&self.container)
        );
        let mut about =
            self.cluster
                .about("get", &Kind::pod(), Some(&self.namespace), Some(&self.pod));
        about.resource.push_str("/log");
        Call {
            accept: "*/*",
            ..Call::get(path, about)
        }
    }
}

/// How far a log has been read.
#[derive(Default)]
struct Place {
    /// The second of the newest line.
    second: Option<Timestamp>,
    /// The time of the newest line.
    newest: Timestamp,
    /// Lines read from `second` on.
    read: usize,
    /// How many of them the present connection has still to repeat.
    repeats: usize,
}

impl Place {
    /// A new connection begins at `second`.
    fn go_back(&mut self) {
        self.repeats = self.read;
    }

    /// The line without its time; `None` when it has been read before, or is none.
    fn accept(&mut self, line: &str) -> Option<String> {
        let stamped = line.split_once(' ').unwrap_or((line, ""));
        let Ok(at) = stamped.0.parse::<Timestamp>() else {
            return (!line.starts_with(NO_LOG)).then(|| line.to_owned());
        };
        if self.repeats > 0 && at <= self.newest {
            self.repeats -= 1;
            return None;
        }
        self.repeats = 0;
        let second = Timestamp::from_second(at.as_second()).unwrap_or(at);
        if self.second.is_none_or(|known| second > known) {
            self.second = Some(second);
            self.read = 0;
        }
        // An older line, of the other of a container's two streams, does not come again.
        if self.second == Some(second) {
            self.read += 1;
        }
        self.newest = self.newest.max(at);
        Some(stamped.1.to_owned())
    }
}

/// Bytes to lines. Keeps no more than one line.
#[derive(Default)]
struct Lines {
    begun: Vec<u8>,
    cut: bool,
}

impl Lines {
    fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut pieces = bytes.split(|byte| *byte == b'\n');
        let mut lines = Vec::new();
        if let Some(first) = pieces.next() {
            self.add(first);
        }
        for piece in pieces {
            lines.push(self.end());
            self.add(piece);
        }
        lines
    }

    fn rest(&mut self) -> Option<String> {
        (!self.begun.is_empty()).then(|| self.end())
    }

    fn add(&mut self, piece: &[u8]) {
        let room = LONGEST - self.begun.len();
        self.cut |= piece.len() > room;
        self.begun
            .extend_from_slice(&piece[..piece.len().min(room)]);
    }

    fn end(&mut self) -> String {
        let bytes = std::mem::take(&mut self.begun);
        let mut line = String::from_utf8_lossy(&bytes).into_owned();
        if std::mem::take(&mut self.cut) {
            line.push('…');
        } else if line.ends_with('\r') {
            line.pop();
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_cut_and_made_readable() {
        let mut lines = Lines::default();
        assert_eq!(lines.take(b"one\r\ntw"), ["one"]);
        assert_eq!(lines.take(b"o\n\n\xff"), ["two", ""]);
        assert_eq!(lines.rest().as_deref(), Some("\u{fffd}"));
        assert_eq!(lines.rest(), None);
        for _ in 0..100 {
            assert!(lines.take(&[b'x'; 1024]).is_empty());
        }
        assert!(lines.begun.capacity() <= 2 * LONGEST);
        let long = lines.take(b"\nnext\n");
        assert_eq!(long[0].len(), LONGEST + '…'.len_utf8());
        assert!(long[0].ends_with('…'));
        assert_eq!(long[1], "next");
    }

    fn read(place: &mut Place, lines: &[&str]) -> Vec<String> {
        lines.iter().filter_map(|line| place.accept(line)).collect()
    }

    #[test]
    fn a_second_that_comes_again_is_counted_off() {
        let mut place = Place::default();
        let first = [
            "2026-01-01T00:00:01.9Z a",
            "2026-01-01T00:00:02.1Z b",
            "2026-01-01T00:00:02.1Z b",
        ];
        assert_eq!(read(&mut place, &first), ["a", "b", "b"]);
        assert_eq!(place.second.unwrap().to_string(), "2026-01-01T00:00:02Z");
        place.go_back();
        // The same time and text once more is a line of its own.
        let again = [
            first[1],
            first[2],
            "2026-01-01T00:00:02.1Z b",
            "2026-01-01T00:00:03Z c",
        ];
        assert_eq!(read(&mut place, &again), ["b", "c"]);
        place.go_back();
        assert_eq!(read(&mut place, &["2026-01-01T00:00:03Z c"]), [""; 0]);
    }

    #[test]
    fn a_new_instance_in_the_same_second_is_read_from_its_start() {
        let mut place = Place::default();
        read(
            &mut place,
            &["2026-01-01T00:00:02.1Z old", "2026-01-01T00:00:02.2Z old"],
        );
        place.go_back();
        let new = ["2026-01-01T00:00:02.3Z new", "2026-01-01T00:00:02.4Z newer"];
        assert_eq!(read(&mut place, &new), ["new", "newer"]);
    }

    #[test]
    fn what_is_no_line_of_the_log_is_told_apart() {
        let mut place = Place::default();
        assert_eq!(
            read(
                &mut place,
                &["unable to retrieve container logs for containerd://1"]
            ),
            [""; 0]
        );
        assert_eq!(read(&mut place, &["2026-01-01T00:00:02Z "]), [""]);
        assert_eq!(read(&mut place, &["no time here"]), ["no time here"]);
    }
}
