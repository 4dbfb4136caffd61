//! Notifiers beside a run: in order, and never in its way.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::time::Instant;

use super::*;
use crate::error::Outcome;
use crate::event::{Events, Finished};
use crate::project::Bundle;
use crate::report::sample::{Script, success};

/// Takes this long for each message, and may refuse it.
struct Slow {
    takes: Duration,
    refuses: bool,
    told: Rc<RefCell<Vec<String>>>,
}

impl Notifier for Slow {
    fn tell<'a>(
        &'a mut self,
        message: &'a Message,
        _: &'a Post,
    ) -> LocalBoxFuture<'a, Result<(), Problem>> {
        Box::pin(async move {
            sleep(self.takes).await;
            self.told
                .borrow_mut()
                .push(format!("{:?}", message.occasion));
            if self.refuses {
                Err(Problem::new("answered 404 Not Found"))
            } else {
                Ok(())
            }
        })
    }
}

/// What a run told its notifier, what was warned of among the events and afterwards, and how long the end took.
struct Ended {
    told: Vec<String>,
    warned: Vec<String>,
    after: Duration,
}

async fn run(script: Script, takes: Duration, refuses: bool, when: Option<&str>) -> Ended {
    let screen = crate::report::tests::Screen::default();
    let mut env = screen.env();
    env.clock = Clock::Fixed(crate::report::sample::at(0.0), Instant::now());
    let shell = Shell::new(&mut env, crate::shell::OutputFormat::Plain, false);
    let (events, mut receiver) = Events::channel(env.clock);
    let when = when.map_or(String::new(), |when| format!(", when: {when}"));
    let yaml = format!(
        "app: shop\nenvironments: {{staging: {{notify: [team]}}}}\nnotify: {{team: {{discord: {{webhook: {{env: HOOK}}}}{when}}}}}\n"
    );
    let project = Project::from_bundle(Bundle::new([(
        "deploy/deploy.yaml".to_owned(),
        yaml.into_bytes(),
    )]))
    .unwrap();
    let environment = project.environment(None).unwrap();
    let (mut notifiers, copies) = Notifiers::new(
        Some((&project, &environment)),
        &env,
        &shell,
        events.downgrade(),
    );
    let told = Rc::new(RefCell::new(Vec::new()));
    if !takes.is_zero() {
        notifiers.speakers = vec![Ok(Box::new(Slow {
            takes,
            refuses,
            told: told.clone(),
        }))];
    }
    let copies = copies.unwrap();
    let mut ended = None;
    let mut warned = Vec::new();
    let work = async {
        let play = async {
            let begun = Instant::now();
            for message in script.messages {
                let at = message.time.duration_since(crate::report::sample::at(0.0));
                tokio::time::sleep_until(begun + at.try_into().unwrap()).await;
                events.send(message.event);
            }
            drop(events);
        };
        let pump = async {
            let copies = copies;
            while let Some(message) = receiver.recv().await {
                if let Event::Warning { message, .. } = &message.event {
                    warned.push(message.clone());
                }
                let _ = copies.send(message);
            }
        };
        tokio::join!(play, pump);
        ended = Some(Instant::now());
    };
    notifiers.beside(work).await;
    warned.extend(screen.err().lines().map(str::to_owned));
    Ended {
        told: told.take(),
        warned,
        after: ended.unwrap().elapsed(),
    }
}

#[tokio::test(start_paused = true)]
async fn messages_are_told_in_their_order_beside_the_run() {
    let ended = run(success(), Duration::from_secs(1), false, None).await;
    assert_eq!(ended.told, ["Started", "Succeeded"]);
    assert_eq!(ended.warned, [""; 0]);
    assert_eq!(ended.after, Duration::from_secs(1));
    let ended = run(success(), Duration::from_secs(1), false, Some("[failed]")).await;
    assert_eq!(ended.told, [""; 0]);
    let ended = run(
        sample::waiting(),
        Duration::from_secs(1),
        false,
        Some("[waiting]"),
    )
    .await;
    assert_eq!(ended.told, ["Waiting"]);
}

#[tokio::test(start_paused = true)]
async fn a_dead_notifier_costs_three_seconds_at_most() {
    let ended = run(success(), Duration::from_mins(10), false, None).await;
    assert_eq!(ended.told, [""; 0]);
    assert_eq!(ended.after, FLUSH);
    assert_eq!(
        ended.warned,
        ["warning: team may not have been told: it took longer than 3s after the end"]
    );
}

#[tokio::test(start_paused = true)]
async fn one_warning_is_enough_and_nothing_comes_after_the_end() {
    // The first failure comes while the run is told, the second after it.
    let ended = run(success(), Duration::from_secs(2), true, None).await;
    assert_eq!(ended.told, ["Started", "Succeeded"]);
    assert_eq!(ended.warned, ["team is not told: answered 404 Not Found"]);
    let ended = run(success(), Duration::from_secs(2), true, Some("[succeeded]")).await;
    assert_eq!(
        ended.warned,
        ["warning: team is not told: answered 404 Not Found"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_missing_variable_is_a_warning_once_something_is_told() {
    let ended = run(success(), Duration::ZERO, false, Some("[failed]")).await;
    assert_eq!(ended.warned, ["team is not told: HOOK is not set"]);
    let nothing = Script::new().finished(1.0, Finished::new(Outcome::Done));
    assert_eq!(
        run(nothing, Duration::ZERO, false, None).await.warned,
        [""; 0]
    );
}
