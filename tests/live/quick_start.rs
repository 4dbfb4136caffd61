//! docs/quick-start.md: its files are written and its commands are run, in their order.

use std::path::Path;

use super::Test;
use super::support::Space;

pub const TESTS: &[Test] = &[("quick_start::every_command_works", every_command_works)];

fn every_command_works(space: &Space) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/quick-start.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut ran = 0;
    // Fenced blocks are the odd parts; a shell block that begins with a path is a file.
    for block in page.split("```").skip(1).step_by(2) {
        let (fence, text) = block.split_once('\n').unwrap();
        if fence != "sh" {
            continue;
        }
        if let Some((file, content)) = text
            .strip_prefix("# deploy/")
            .and_then(|rest| rest.split_once('\n'))
        {
            space.write(&format!("deploy/{file}"), content);
            continue;
        }
        for line in text.lines() {
            let (command, comment) = line.split_once('#').unwrap_or((line, ""));
            let arguments: Vec<&str> = command.split_whitespace().skip(1).collect();
            if arguments.first() == Some(&"sandbox") {
                // The tests have one of their own.
                continue;
            }
            let code = comment
                .trim()
                .strip_prefix("exit code ")
                .map_or(0, |code| code.parse().unwrap());
            space.deploy(&arguments).exits(code);
            ran += 1;
        }
    }
    assert_eq!(ran, 14, "commands of the page");
    assert_eq!(space.names("apps/v1/deployments"), Vec::<String>::new());
}
