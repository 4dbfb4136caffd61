//! Messages about a run to chats and other services. They are told beside the run: nothing here can change its course, fail it,
//! or hold it up for more than [`FLUSH`] at its end.
//!
//! To add a service: a file here with its markup and limits, a key in `project/schema/notify.rs`, a line in `settings.rs`.

#[cfg(test)]
mod bad_server;
mod delivery;
mod discord;
mod google_chat;
pub mod inbox;
mod layout;
mod limit;
mod markup;
mod mattermost;
mod message;
#[cfg(test)]
mod sample;
mod settings;
mod slack;
mod story;
mod teams;
mod trial;
mod webhook;

use std::cell::{Cell, OnceCell};
use std::time::Duration;

use futures::future::{LocalBoxFuture, join_all};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::{sleep, timeout};

use self::delivery::{Post, Problem, Request};
use self::message::Message;
use self::settings::Settings;
pub use self::story::Caller;
use self::story::{Said, Story};
pub use self::trial::{Trial, try_all};
use crate::env::{Clock, Env};
use crate::event::{self, Event, WeakEvents};
use crate::project::schema;
use crate::project::{Environment, Project};
use crate::redact::Secret;
use crate::report::Pen;
use crate::shell::Shell;
use crate::style::{Dress, Label};
use crate::{vars, words};

/// How long notifiers may take after a run has ended.
pub const FLUSH: Duration = Duration::from_secs(3);

/// Somebody who is told.
trait Notifier {
    /// Tells one message.
    ///
    /// # Errors
    /// It was not accepted.
    fn tell<'a>(
        &'a mut self,
        message: &'a Message,
        post: &'a Post,
    ) -> LocalBoxFuture<'a, Result<(), Problem>>;

    /// Whether it changes the message it has sent, so that it wants all news of a run.
    fn updates(&self) -> bool {
        false
    }
}

/// A message as a service wants its body.
type Body = fn(&Message) -> Value;

/// A service that takes JSON at a URL and has no more to it.
struct JsonHook {
    url: Secret<String>,
    body: Body,
}

impl Notifier for JsonHook {
    fn tell<'a>(
        &'a mut self,
        message: &'a Message,
        post: &'a Post,
    ) -> LocalBoxFuture<'a, Result<(), Problem>> {
        Box::pin(async move {
            let request = Request::json(&self.url, &(self.body)(message));
            post.send(&request).await.map(drop)
        })
    }
}

/// The notifiers of a run's environment.
pub struct Notifiers {
    voices: Vec<Voice>,
    speakers: Vec<Speaker>,
    story: Story,
    clock: Clock,
    shell: Shell,
    events: WeakEvents,
    receiver: UnboundedReceiver<event::Message>,
}

/// Who speaks, or what is missing for it.
type Speaker = Result<Box<dyn Notifier>, Problem>;

/// A notifier as others see it.
struct Voice {
    name: String,
    spec: schema::Notifier,
    /// Messages that wait to be told.
    pending: Cell<usize>,
    /// One warning for each is enough.
    warned: Cell<bool>,
}

impl Notifiers {
    /// Those of an environment, and where they want a copy of every event; nowhere when nobody is to be told.
    pub fn new(
        place: Option<(&Project, &Environment)>,
        env: &Env,
        shell: &Shell,
        events: WeakEvents,
    ) -> (Self, Option<UnboundedSender<event::Message>>) {
        let (mut voices, mut speakers) = (Vec::new(), Vec::new());
        if let Some((project, environment)) = place {
            let settings = Settings::new(project, env, &shell.redactor);
            for name in &environment.spec.notify {
                let spec = project.spec.notify.get(name);
                if let Some(spec) = spec.filter(|spec| !settings.is_absent(spec)) {
                    voices.push(Voice::new(name, spec));
                    speakers.push(settings.notifier(spec));
                }
            }
        }
        let (sender, receiver) = mpsc::unbounded_channel();
        let sender = (!voices.is_empty()).then_some(sender);
        let mut pen = Pen::from(shell);
        pen.dress = Dress::default();
        let notifiers = Self {
            voices,
            speakers,
            story: Story::new(caller(env), pen),
            clock: env.clock,
            shell: shell.clone(),
            events,
            receiver,
        };
        (notifiers, sender)
    }

    /// Does some work, and tells beside it. Afterwards there is as much time as [`FLUSH`] to tell the rest.
    pub async fn beside<T>(self, work: impl Future<Output = T>) -> T {
        let Self {
            voices,
            speakers,
            mut story,
            clock,
            shell,
            events,
            mut receiver,
        } = self;
        let redactor = &shell.redactor;
        let warn = |message: String| warn(&shell, &events, &redactor.mask(&message));
        let post = OnceCell::new();
        let post = || post.get_or_init(|| Post::new(redactor).map_err(Problem::from));
        let (queues, heard): (Vec<_>, Vec<_>) =
            voices.iter().map(|_| mpsc::unbounded_channel()).unzip();
        let all = voices.iter().zip(speakers).zip(heard);
        let speakers =
            all.map(|((voice, speaker), heard)| voice.speak(speaker, heard, &post, &warn));
        // Owns the queues: speakers end when everything is told.
        let tell = async {
            let queues = queues;
            let say = |said: Option<Said>| {
                let Some(said) = said.and_then(|said| said.masked(redactor)) else {
                    return;
                };
                for (voice, queue) in voices.iter().zip(&queues) {
                    voice.pending.update(|pending| pending + 1);
                    let _ = queue.send(said.clone());
                }
            };
            loop {
                say(match next(&mut receiver, story.due(), clock).await {
                    Next::Event(event) => story.apply(&event),
                    Next::Due => story.waits(clock.now()),
                    Next::End => break,
                });
            }
            say(story.ends());
        };
        let talk = async { tokio::join!(tell, join_all(speakers)) };
        tokio::pin!(work, talk);
        let done = tokio::select! {
            biased;
            done = &mut work => done,
            _ = &mut talk => return work.await,
        };
        if timeout(FLUSH, &mut talk).await.is_err() {
            for voice in voices.iter().filter(|voice| voice.pending.get() > 0) {
                if !voice.warned.replace(true) {
                    warn(format!(
                        "{} may not have been told: it took longer than {} after the end",
                        voice.name,
                        words::whole(FLUSH)
                    ));
                }
            }
        }
        done
    }
}

impl Voice {
    fn new(name: &str, spec: &schema::Notifier) -> Self {
        Self {
            name: name.to_owned(),
            spec: spec.clone(),
            pending: Cell::new(0),
            warned: Cell::new(false),
        }
    }

    /// Tells what is said, one after the other. Only the first failure is worth a warning; what follows is tried all the same.
    async fn speak<'a>(
        &self,
        mut speaker: Speaker,
        mut heard: UnboundedReceiver<Said>,
        post: &impl Fn() -> &'a Result<Post, Problem>,
        warn: &impl Fn(String),
    ) {
        let mut spoke = false;
        while let Some(said) = heard.recv().await {
            let told = match &mut speaker {
                Err(problem) => Err(problem.clone()),
                Ok(notifier) => match self.wants(said, spoke && notifier.updates()) {
                    None => Ok(()),
                    Some(message) => match post() {
                        Ok(post) => notifier.tell(&message, post).await.map(|()| spoke = true),
                        Err(problem) => Err(problem.clone()),
                    },
                },
            };
            self.pending.update(|pending| pending - 1);
            if let Err(problem) = told
                && !self.warned.replace(true)
            {
                warn(format!("{} is not told: {}", self.name, problem.message));
            }
        }
    }

    /// What this notifier is to be told of it. One that changes its message must not leave it at `deploying …`.
    fn wants(&self, said: Said, follows: bool) -> Option<Message> {
        match said {
            Said::New(message) => (follows || self.spec.hears(message.occasion)).then_some(message),
            Said::Update(message) => follows.then_some(message),
        }
    }
}

enum Next {
    Event(Box<event::Message>),
    Due,
    End,
}

async fn next(
    receiver: &mut UnboundedReceiver<event::Message>,
    due: Option<Timestamp>,
    clock: Clock,
) -> Next {
    let due = async {
        match due {
            None => std::future::pending().await,
            Some(due) => {
                let wait = due.duration_since(clock.now());
                sleep(wait.try_into().unwrap_or_default()).await;
            }
        }
    };
    tokio::select! {
        biased;
        event = receiver.recv() => event.map_or(Next::End, |event| Next::Event(Box::new(event))),
        () = due => Next::Due,
    }
}

/// Says it with the events of the run while there are any, so that it is where its reader looks.
fn warn(shell: &Shell, events: &WeakEvents, message: &str) {
    let event = Event::Warning {
        code: "notify".to_owned(),
        message: message.to_owned(),
        object: None,
    };
    if !events.send(event) {
        shell.aside(&format!(
            "{} {message}",
            shell.dress.paint(Label::Caution, "warning:")
        ));
    }
}

fn caller(env: &Env) -> Caller {
    let ci = env.ci_link();
    Caller {
        user: env.process.user.clone(),
        host: env.process.host.clone(),
        in_ci: ci.is_some() || env.var(vars::CI).is_some(),
        ci,
    }
}

#[cfg(test)]
mod tests;
