//! The messages that every service's tests send: told by the runs that the reporters' tests tell, too.

use super::Pen;
use super::message::Message;
use super::story::{Caller, Said, Story};
use crate::error::Outcome;
use crate::event::{Event, Finished};
use crate::project::git::Commit;
use crate::report::sample::{Script, applied, at, changes, crash, end, failure, success};

pub fn caller() -> Caller {
    Caller {
        user: "ann".into(),
        host: "laptop".into(),
        ci: Some("https://ci.example.com/jobs/7".into()),
        in_ci: true,
    }
}

/// The script with what it brings, told before anything is recorded.
pub fn with_changes(mut script: Script) -> Script {
    let mut brings = script.messages[0].clone();
    brings.time = at(0.95);
    brings.event = Event::Changes(Box::new(changes()));
    let record = script
        .messages
        .iter()
        .position(|message| matches!(message.event, Event::Recorded { .. }));
    script.messages.insert(record.unwrap_or(1), brings);
    script
}

/// Everything that is said about a run.
pub fn told(script: &Script) -> Vec<Said> {
    told_by(caller(), script)
}

pub fn told_by(caller: Caller, script: &Script) -> Vec<Said> {
    let mut story = Story::new(caller, Pen::default());
    let mut said = Vec::new();
    for message in &script.messages {
        while let Some(due) = story.due().filter(|due| *due < message.time) {
            said.extend(story.waits(due));
        }
        said.extend(story.apply(message));
    }
    said.extend(story.ends());
    said
}

/// The messages of their own among what is said.
pub fn new(said: Vec<Said>) -> Vec<Message> {
    said.into_iter()
        .filter_map(|said| match said {
            Said::New(message) => Some(message),
            Said::Update(_) => None,
        })
        .collect()
}

/// Waits for a lock for a minute.
pub fn waiting() -> Script {
    Script::new()
        .and(
            1.0,
            Event::WaitingForLock {
                holder: "ben".into(),
                since: None,
                reason: Some("audit".into()),
            },
        )
        .and(61.0, Event::Recorded { release: 8 })
        .finished(70.0, end(Outcome::Done))
}

/// A run in two targets, of which the second fails.
pub fn two_targets() -> Script {
    Script::new()
        .target("eu")
        .and(1.0, Event::Recorded { release: 8 })
        .target("us")
        .and(1.0, Event::Recorded { release: 6 })
        .target("eu")
        .finished(9.0, end(Outcome::Done))
        .target("us")
        .finished(
            12.0,
            Finished {
                release: Some(6),
                running: Some(5),
                findings: vec![crash()],
                ..end(Outcome::RolledBack)
            },
        )
        .whole()
        .finished(12.1, Finished::new(Outcome::RolledBack))
}

/// The messages that all services are shown.
pub fn messages() -> Vec<Message> {
    let mut messages = new(told(&with_changes(success())));
    messages.extend(new(told(&with_changes(failure()))).pop());
    messages.extend(new(told(&waiting())).into_iter().next());
    messages.extend(new(told(&two_targets())).pop());
    messages.extend(new(told(&interrupted())).pop());
    messages
}

pub fn interrupted() -> Script {
    applied().finished(20.0, end(Outcome::Interrupted))
}

/// A failure whose every text tries to be markup.
pub fn hostile() -> Message {
    let evil = "*bold* _it_ ~no~ `code` <!channel> <users/all> <@U1> @everyone @channel [x](http://evil.example) & \\ # | ||s|| https://evil.example";
    let mut message = messages().remove(2);
    message.title = evil.into();
    if let Some(cause) = &mut message.cause {
        cause.message = evil.into();
        cause.object = Some(evil.into());
    }
    message.commits[0].subject = evil.into();
    message.images[0].to = evil.into();
    message.ci = Some("https://ci.example.com/x|y>(<!channel>".into());
    message.details = vec!["``` <!channel>".into()];
    message
}

/// A failure that is far too long everywhere.
pub fn huge() -> Message {
    let long = "é\"🚀 <&>*_ word\n".repeat(100);
    let mut message = hostile();
    message.title.clone_from(&long);
    message.user.clone_from(&long);
    if let Some(cause) = &mut message.cause {
        cause.message.clone_from(&long);
    }
    message.next = vec![long.clone(); 5];
    message.config = vec![long.clone(); 50];
    message.images = vec![message.images[0].clone(); 50];
    message.commits = vec![
        Commit {
            subject: long.clone(),
            ..message.commits[0].clone()
        };
        50
    ];
    message.targets = vec![message.targets[0].clone(); 50];
    message
        .targets
        .iter_mut()
        .for_each(|target| target.state.clone_from(&long));
    message.details = vec![long; 100];
    message
}
