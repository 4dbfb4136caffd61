//! Where a run that starts from a record starts, in words: what goes back to what, or what is carried on.

use jiff::Timestamp;

use super::Pen;
use crate::event::Event;
use crate::words;

/// The lines for an event that says it; none for every other event.
pub fn lines(event: &Event, now: Timestamp, pen: &Pen) -> Vec<String> {
    match event {
        Event::GoingBack {
            from,
            to,
            images,
            deployed,
            undone,
        } => {
            let mut facts: Vec<String> = images
                .iter()
                .map(|(name, image)| format!("{name}={image}"))
                .collect();
            facts.push(format!("deployed {}", words::age(now, *deployed)));
            let undone = undone.map(|undone| {
                format!(
                    "release {undone} failed and is not what runs: release {from} is running now"
                )
            });
            let going = format!(
                "going back from release {from} to release {to} ({})",
                facts.join(", ")
            );
            undone
                .into_iter()
                .chain([going])
                .map(|line| pen.clean(line))
                .collect()
        }
        Event::CarryingOn {
            release,
            started,
            user,
            host,
        } => vec![pen.clean(format!(
            "carrying on release {release}, begun {} by {user} on {host}",
            words::age(now, *started)
        ))],
        _ => Vec::new(),
    }
}
