//! A message as lines of spans: the one wording of all chat services. Texts are whole here; each service clips them to its limits.

use super::message::{Message, Target};
use crate::event::ImageChange;
use crate::project::schema::Occasion;
use crate::words;

/// Most characters of one text of somebody else.
const LONGEST: usize = 400;
/// Commits that are named.
const COMMITS: usize = 10;
/// Next steps that are named.
const STEPS: usize = 3;

/// A piece of a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Span {
    /// Plain words.
    Text(String),
    /// The headline.
    Bold(String),
    /// A name, to be shown as it is.
    Code(String),
    /// Words that lead somewhere.
    Link(String, String),
}

/// A line of a message.
pub type Line = Vec<Span>;

/// The lines of a message, most important first.
#[must_use]
pub fn lines(message: &Message) -> Vec<Line> {
    let mut lines = vec![vec![
        text(symbol(message)),
        text(" "),
        Span::Bold(clip(&message.title)),
    ]];
    lines.extend(cause(message));
    if message.is_last() && message.occasion != Occasion::Succeeded {
        let steps = message.next.iter().take(STEPS);
        lines.extend(steps.map(|step| vec![text("next: "), command(step)]));
    }
    if message.targets.len() > 1 {
        lines.extend(message.targets.iter().map(target));
    }
    lines.extend(message.images.iter().map(image));
    if !message.config.is_empty() {
        let names: Vec<String> = message.config.iter().map(|name| clip(name)).collect();
        lines.push(vec![text(format!(
            "config: {}",
            words::list(&names, "and")
        ))]);
    }
    lines.extend(commits(message));
    lines.push(foot(message));
    lines
}

/// The lines without any markup.
#[must_use]
pub fn plain(message: &Message) -> String {
    let lines = lines(message);
    let lines: Vec<String> = lines.iter().map(flat).collect();
    lines.join("\n")
}

/// A line without any markup.
fn flat(line: &Line) -> String {
    let spans = line.iter().map(|span| match span {
        Span::Text(text) | Span::Bold(text) | Span::Code(text) => text.clone(),
        Span::Link(text, url) => format!("{text}: {url}"),
    });
    spans.collect()
}

fn symbol(message: &Message) -> &'static str {
    match message.occasion {
        _ if message.test => "🔔",
        Occasion::Waiting => "⏳",
        Occasion::Started => "🚀",
        Occasion::Succeeded => "✅",
        Occasion::Failed => "❌",
        Occasion::RolledBack => "↩️",
    }
}

fn cause(message: &Message) -> Option<Line> {
    let cause = message.cause.as_ref()?;
    let mut line = Vec::new();
    if let Some(object) = &cause.object {
        line.extend([Span::Code(clip(object)), text(": ")]);
    }
    line.push(text(clip(&cause.message)));
    Some(line)
}

fn target(target: &Target) -> Line {
    vec![
        Span::Code(clip(&target.name)),
        text(format!(": {}", clip(&target.state))),
    ]
}

/// `web: 1.4.1 → 1.4.2` where only the tag differs, whole references elsewhere.
fn image(change: &ImageChange) -> Line {
    let ImageChange { name, from, to } = change;
    let mut line = vec![text(format!("{}: ", clip(name)))];
    let Some(from) = from else {
        line.push(Span::Code(clip(to)));
        return line;
    };
    let (from, to) = match (split(from), split(to)) {
        ((one, old), (other, new)) if one == other && !old.is_empty() && !new.is_empty() => {
            (old, new)
        }
        _ => (from.as_str(), to.as_str()),
    };
    line.extend([Span::Code(clip(from)), text(" → "), Span::Code(clip(to))]);
    line
}

/// Repository, and tag or digest.
fn split(image: &str) -> (&str, &str) {
    if let Some((repository, digest)) = image.split_once('@') {
        return (repository, digest);
    }
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (image, ""),
    }
}

fn commits(message: &Message) -> Vec<Line> {
    let all = message.commits.len() + message.commits_omitted;
    if all == 0 {
        return Vec::new();
    }
    let since = message
        .since
        .map_or(String::new(), |since| format!(" since release {since}"));
    let mut lines = vec![vec![text(format!(
        "{}{since}:",
        words::count(all, "commit")
    ))]];
    let shown = message.commits.iter().take(COMMITS);
    lines.extend(shown.map(|commit| {
        vec![
            text("• "),
            Span::Code(clip(&commit.short)),
            text(format!(
                " {} ({})",
                clip(&commit.subject),
                clip(&commit.author)
            )),
        ]
    }));
    if let more @ 1.. = all - message.commits.len().min(COMMITS) {
        lines.push(vec![text(format!("• and {more} more"))]);
    }
    lines
}

/// Who, where from, how long.
fn foot(message: &Message) -> Line {
    let mut line = Vec::new();
    if !message.user.is_empty() {
        line.push(text(format!("by {}", clip(&message.user))));
    }
    if !message.duration.is_empty() {
        let gap = if line.is_empty() { "" } else { ", " };
        line.push(text(format!("{gap}after {}", message.duration)));
    }
    if let Some(url) = &message.ci {
        if !line.is_empty() {
            line.push(text(" · "));
        }
        line.push(Span::Link("CI job".to_owned(), url.clone()));
    }
    line
}

fn text(text: impl Into<String>) -> Span {
    Span::Text(text.into())
}

/// A command line is shown as it is to be typed.
fn command(step: &str) -> Span {
    if step.starts_with("deploy ") {
        Span::Code(clip(step))
    } else {
        text(clip(step))
    }
}

/// Text of somebody else, on one line, not longer than is of use in a chat.
fn clip(text: &str) -> String {
    super::limit::cut(&words::one_line(text), LONGEST, super::limit::characters)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_wording_of_every_occasion() {
        let all: Vec<String> = sample::messages().iter().map(plain).collect();
        crate::generated::check("src/notify/samples/plain.txt", &(all.join("\n\n") + "\n"));
    }

    #[test]
    fn images_are_named_by_what_differs() {
        let line = |from: &str, to: &str| {
            flat(&image(&ImageChange {
                name: "web".into(),
                from: Some(from.into()),
                to: to.into(),
            }))
        };
        assert_eq!(line("r:5000/shop:1", "r:5000/shop:2"), "web: 1 → 2");
        assert_eq!(
            line("shop@sha256:a", "shop@sha256:b"),
            "web: sha256:a → sha256:b"
        );
        assert_eq!(line("a/shop:1", "b/shop:1"), "web: a/shop:1 → b/shop:1");
        assert_eq!(
            line("r:5000/shop", "r:5000/shop:2"),
            "web: r:5000/shop → r:5000/shop:2"
        );
    }
}
