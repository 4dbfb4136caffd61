use super::super::sample::{applied, at, same, success};
use super::super::tests::Screen;
use super::*;
use crate::shell::OutputFormat;
use std::io::Write as _;

const COLUMNS: usize = 60;

fn shell(screen: &Screen) -> Shell {
    let mut env = screen.env();
    env.terminal.stderr = true;
    env.terminal.width = u16::try_from(COLUMNS).ok();
    env.terminal.height = Some(12);
    Shell::new(&mut env, OutputFormat::Human, false)
}

/// What a terminal shows after these writes: just enough of one to know the five moves we make.
fn seen(writes: &str) -> String {
    let mut rows: Vec<Vec<char>> = vec![Vec::new()];
    let (mut row, mut column) = (0, 0);
    let mut chars = writes.chars();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => {
                let code: String = chars.by_ref().skip(1).take(2).collect();
                let (number, move_to) = code.split_at(1);
                let number: usize = number.parse().unwrap();
                match move_to {
                    "A" => row -= number,
                    "B" => row += number,
                    "K" => rows[row].clear(),
                    other => panic!("an unknown move {other}"),
                }
            }
            '\r' => column = 0,
            '\n' => (row, column) = (row + 1, 0),
            c => {
                if column == COLUMNS {
                    (row, column) = (row + 1, 0);
                }
                rows.resize_with(rows.len().max(row + 1), Vec::new);
                let width = rows[row].len().max(column + 1);
                rows[row].resize(width, ' ');
                rows[row][column] = c;
                column += 1;
            }
        }
        rows.resize_with(rows.len().max(row + 1), Vec::new);
    }
    let lines: Vec<String> = rows
        .into_iter()
        .map(|row| row.into_iter().collect::<String>().trim_end().to_owned())
        .collect();
    lines.join("\n").trim_end().to_owned()
}

#[test]
fn the_picture_is_redrawn_in_place_below_what_scrolls_by() {
    let screen = Screen::default();
    let shell = shell(&screen);
    let mut live = Live::new(&shell);
    for message in &applied().messages {
        live.message(message).unwrap();
        live.tick(message.time);
    }
    let log = crate::event::Message {
        time: at(3.0),
        target: None,
        event: Event::Log {
            object: super::super::sample::id("Job/migrate-r8"),
            job: None,
            pod: None,
            container: "migrate".into(),
            line: "1 of 2 migrations".into(),
        },
    };
    live.message(&log).unwrap();
    live.tick(at(3.0));
    shell.aside("stopping cleanly");
    live.tick(at(4.0));
    same(
        seen(&screen.err()),
        r"
+ ConfigMap/shop-common-3f2a
~ Deployment/web  image 1.4.1 → 1.4.2, restarts its pods, 1
more field
1 to create, 1 to change, 2 unchanged
Job/migrate-r8 migrate | 1 of 2 migrations
stopping cleanly
shop → staging  kind-a/shop-staging  release 8  1 to create…
✓ Deployment/worker  █████ 2/2            0s
· Deployment/web     █···· 3/3, 1 new     2s  2 pods are st…
✓ 1 more ready
⠙ rolling out  2s
",
    );
    shell.aside("stopping at once");
    screen.env().stderr.write_all(b"^C").unwrap();
    drop(live);
    assert!(
        seen(&screen.err()).ends_with("stopping cleanly\nstopping at once"),
        "dropped, it leaves the terminal clean"
    );
}

#[test]
fn the_end_replaces_the_picture() {
    let screen = Screen::default();
    let mut live = Live::new(&shell(&screen));
    for message in &success().messages {
        live.message(message).unwrap();
        live.tick(message.time);
    }
    live.finish();
    live.tick(at(20.0));
    same(
        seen(&screen.err()),
        r"
+ ConfigMap/shop-common-3f2a
~ Deployment/web  image 1.4.1 → 1.4.2, restarts its pods, 1
more field
1 to create, 1 to change, 2 unchanged
✓ shop release 8 is live in staging after 14s
  1 created, 1 changed; plan 0.7s, apply 0.4s, rollout 7.4s…
",
    );
}
