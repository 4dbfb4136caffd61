use std::io::Write;
use std::sync::{Arc, Mutex};

use super::sample::{Script, applied, at, failure, same, success, ticks};
use super::*;
use crate::env::Env;

/// Catches what a shell writes.
#[derive(Clone, Default)]
pub struct Screen {
    out: Stream,
    err: Stream,
}

#[derive(Clone, Default)]
struct Stream(Arc<Mutex<Vec<u8>>>);

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Stream {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Screen {
    /// An environment without variables whose streams are caught.
    pub fn env(&self) -> Env {
        Env {
            args: Vec::new(),
            cwd: "/".into(),
            variables: std::collections::BTreeMap::default(),
            stdin: Box::new(std::io::empty()),
            stdout: Box::new(self.out.clone()),
            stderr: Box::new(self.err.clone()),
            terminal: crate::env::Terminal::default(),
            clock: Clock::System,
            client: None,
            process: crate::env::Process::default(),
        }
    }

    pub fn out(&self) -> String {
        self.out.text()
    }

    pub fn err(&self) -> String {
        self.err.text()
    }
}

/// Tells a reporter a whole run.
pub fn tell(script: &Script, reporter: &mut dyn Reporter) {
    let mut now = at(0.0);
    for message in &script.messages {
        ticks(now, message.time).for_each(|tick| reporter.tick(tick));
        match &message.event {
            Event::Finished(finished) if finished.error.is_some() && script.single() => {
                reporter.failed(message)
            }
            _ => reporter.message(message),
        }
        .unwrap();
        now = message.time;
    }
    reporter.finish();
}

fn told(format: OutputFormat, script: &Script) -> (String, String) {
    let screen = Screen::default();
    let mut env = screen.env();
    let shell = Shell::new(&mut env, format, false);
    tell(script, reporter(&shell, &env).as_mut());
    (screen.out(), screen.err())
}

#[test]
fn json_is_one_event_a_line_and_ends_with_finished() {
    let (out, err) = told(OutputFormat::Json, &success());
    same(
        out.trim_end(),
        r#"
{"app":"shop","command":"app","context":"kind-a","environment":"staging","event":"started","flags":"","namespace":"shop-staging","run":"r-1","time":"2027-01-15T08:00:00Z","version":1}
{"event":"phase","phase":"load","time":"2027-01-15T08:00:00.1Z"}
{"event":"phase","phase":"plan","time":"2027-01-15T08:00:00.2Z"}
{"event":"planned","plan":{"app":"shop","base":7,"environment":"staging","head":7,"namespace":"shop-staging","notes":[],"steps":[{"action":{"do":"create"},"changes":[],"checkedLater":null,"conflicts":[],"desired":null,"object":"ConfigMap/shop-common-3f2a","origin":{"file":"deploy/templates/shop-common-3f2a.yaml","line":3},"resourceVersion":null,"restartsPods":false,"wave":0},{"action":{"do":"update"},"changes":[{"from":"registry.example/shop:1.4.1","path":"spec.template.spec.containers[name=web].image","to":"registry.example/shop:1.4.2"},{"from":null,"path":"spec.minReadySeconds","to":5}],"checkedLater":null,"conflicts":[],"desired":null,"object":"Deployment/web","origin":{"file":"deploy/templates/web.yaml","line":3},"resourceVersion":null,"restartsPods":true,"wave":1},{"action":{"do":"unchanged"},"changes":[],"checkedLater":null,"conflicts":[],"desired":null,"object":"Deployment/worker","origin":{"file":"deploy/templates/worker.yaml","line":3},"resourceVersion":null,"restartsPods":false,"wave":0},{"action":{"do":"unchanged"},"changes":[],"checkedLater":null,"conflicts":[],"desired":null,"object":"Service/web","origin":{"file":"deploy/templates/web.yaml","line":3},"resourceVersion":null,"restartsPods":false,"wave":0}],"target":"staging","version":1},"time":"2027-01-15T08:00:00.9Z"}
{"event":"phase","phase":"lock","time":"2027-01-15T08:00:00.9Z"}
{"event":"phase","phase":"record","time":"2027-01-15T08:00:01Z"}
{"event":"recorded","release":8,"time":"2027-01-15T08:00:01.1Z"}
{"event":"phase","phase":"apply","time":"2027-01-15T08:00:01.1Z"}
{"action":"create","event":"applied","object":"ConfigMap/shop-common-3f2a","time":"2027-01-15T08:00:01.3Z"}
{"action":"update","event":"applied","object":"Deployment/web","time":"2027-01-15T08:00:01.4Z"}
{"event":"phase","phase":"rollout","time":"2027-01-15T08:00:01.5Z"}
{"event":"progress","object":"Service/web","readiness":"ready","reason":"","time":"2027-01-15T08:00:01.5Z"}
{"desired":2,"event":"progress","object":"Deployment/worker","readiness":"ready","ready":2,"reason":"","time":"2027-01-15T08:00:01.5Z","updated":2}
{"desired":3,"event":"progress","object":"Deployment/web","readiness":"waiting","ready":3,"reason":"2 pods are starting","time":"2027-01-15T08:00:01.6Z","updated":1}
{"desired":3,"event":"progress","object":"Deployment/web","readiness":"waiting","ready":3,"reason":"1 pod is starting","time":"2027-01-15T08:00:04Z","updated":2}
{"desired":3,"event":"progress","object":"Deployment/web","readiness":"ready","ready":3,"reason":"","time":"2027-01-15T08:00:08.9Z","updated":3}
{"event":"phase","phase":"soak","time":"2027-01-15T08:00:08.9Z"}
{"event":"soaking","seconds":5.0,"time":"2027-01-15T08:00:08.9Z"}
{"event":"phase","phase":"finish","time":"2027-01-15T08:00:13.9Z"}
{"changed":1,"created":1,"deleted":0,"event":"finished","exitCode":0,"findings":[],"next":[],"outcome":"done","release":8,"requests":31,"running":8,"sinceLastGood":[],"time":"2027-01-15T08:00:14Z","timings":[["plan",0.7],["apply",0.4],["rollout",7.4],["soak",5.0]]}
"#,
    );
    assert_eq!(err, "");
}

#[test]
fn plain_talk_is_on_stderr() {
    let (out, err) = told(OutputFormat::Human, &applied());
    assert_eq!(out, "");
    assert!(
        err.starts_with("shop → staging (context kind-a, namespace shop-staging)\n"),
        "{err}"
    );
}

#[test]
fn no_reporter_lets_a_secret_or_an_escape_through() {
    let script = failure();
    for format in [
        OutputFormat::Human,
        OutputFormat::Plain,
        OutputFormat::Json,
        OutputFormat::Github,
    ] {
        for live in [false, true] {
            let screen = Screen::default();
            let mut env = screen.env();
            env.terminal.stderr = live;
            let shell = Shell::new(&mut env, format, false);
            shell.redactor.learn("DB_URL is not");
            let mut reporter = reporter(&shell, &env);
            for message in &script.messages {
                reporter.message(message).unwrap();
                reporter.tick(message.time);
            }
            reporter.finish();
            let text = screen.out() + &screen.err();
            assert!(
                text.contains("panic:") && text.contains("***"),
                "{format:?}: {text}"
            );
            assert!(!text.contains("is not set"), "{format:?}");
            assert!(!text.contains("\u{1b}[31m"), "{format:?}: {text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_pump_ends_with_the_last_sender_and_reminds_meanwhile() {
    let screen = Screen::default();
    let mut env = screen.env();
    env.clock = Clock::Fixed(at(0.0), tokio::time::Instant::now());
    let shell = Shell::new(&mut env, OutputFormat::Plain, false);
    let (events, receiver) = crate::event::Events::channel(env.clock);
    let run = async move {
        for message in applied().messages {
            events.send(message.event);
        }
        tokio::time::sleep(std::time::Duration::from_secs(33)).await;
    };
    let ((), ()) = tokio::join!(
        pump(receiver, reporter(&shell, &env), None, env.clock, false),
        run
    );
    assert!(
        screen
            .err()
            .contains("still waiting for 1 of 3 objects: Deployment/web"),
        "{}",
        screen.err()
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_is_told_before_somebody_is_asked() {
    let screen = Screen::default();
    let mut env = screen.env();
    let shell = Shell::new(&mut env, OutputFormat::Plain, false);
    let (events, receiver) = crate::event::Events::channel(env.clock);
    let run = async {
        let events = events;
        for message in applied().messages {
            events.send(message.event);
        }
        events.settle().await;
        screen.err()
    };
    let ((), told) = tokio::join!(
        pump(receiver, reporter(&shell, &env), None, env.clock, false),
        run
    );
    assert!(told.contains("Deployment/worker is ready (2/2)"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_gone_does_not_stop_the_run() {
    struct Gone(std::rc::Rc<std::cell::Cell<usize>>);
    impl Reporter for Gone {
        fn message(&mut self, _message: &Message) -> Result<()> {
            self.0.set(self.0.get() + 1);
            Err(std::io::Error::from(std::io::ErrorKind::BrokenPipe).into())
        }
        fn tick(&mut self, _now: Timestamp) {}
        fn finish(&mut self) {}
    }
    let (events, receiver) = crate::event::Events::channel(Clock::System);
    for message in applied().messages {
        events.send(message.event);
    }
    drop(events);
    let asked = std::rc::Rc::default();
    let gone = Gone(std::rc::Rc::clone(&asked));
    pump(receiver, Box::new(gone), None, Clock::System, false).await;
    assert_eq!(asked.get(), 1, "one broken pipe is enough");
}
