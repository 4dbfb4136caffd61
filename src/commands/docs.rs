//! Keeps what is written about the command line true: the table in README.md and `docs/cli.md` are made from the help.

use std::fmt::Write as _;

use crate::cli;
use crate::generated::{check, reference};

#[test]
fn the_command_line_is_sound() {
    cli::command().debug_assert();
}

#[test]
fn the_readme_lists_the_commands_that_exist() {
    let (start, end) = ("<!-- commands -->\n", "<!-- end of commands -->");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme.split_once(start).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    let mut table = "| command | |\n| --- | --- |\n".to_owned();
    let root = cli::command();
    for command in root
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
    {
        let about = command.get_about().map(ToString::to_string).unwrap();
        let about = about.replace('|', "\\|");
        let _ = writeln!(table, "| `{}` | {about} |", command.get_name());
    }
    check("README.md", &format!("{before}{start}{table}{end}{after}"));
}

/// The JSON documents of the commands that print one, and their schema.
#[test]
fn the_json_documents_are_current() {
    let mut generator = schemars::generate::SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator();
    generator.subschema_for::<crate::plan::Plan>();
    generator.subschema_for::<super::plan::Plans<'_>>();
    generator.subschema_for::<super::history::Document<'_>>();
    generator.subschema_for::<super::show::Document<'_>>();
    generator.subschema_for::<super::status::Document<'_>>();
    generator.subschema_for::<super::notify::test::Document<'_>>();
    let schema = serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "JSON documents of deploy: one of `$defs` each",
        "$defs": generator.take_definitions(true),
    });
    let page = include_str!("json_intro.txt").to_owned() + &reference::types(&schema);
    check("docs/json.md", &page);
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    check("docs/json.schema.json", &text);
}

#[test]
fn the_reference_is_current() {
    let mut root = cli::command().term_width(100);
    root.build();
    let mut page = "# Commands\n\nMade from `deploy COMMAND --help`. Every command also takes the global options of \
                    `deploy` itself.\n\n"
        .to_owned();
    section(&mut page, &mut root, "deploy");
    check("docs/cli.md", &(page.trim_end().to_owned() + "\n"));
}

fn section(page: &mut String, command: &mut clap::Command, path: &str) {
    let help = command.render_long_help().to_string();
    let help = if path == "deploy" {
        help
    } else {
        without_global_options(&help)
    };
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let help = lines.join("\n");
    let _ = write!(page, "## `{path}`\n\n```text\n{}\n```\n\n", help.trim());
    for command in command
        .get_subcommands_mut()
        .filter(|command| !command.is_hide_set())
    {
        let path = format!("{path} {}", command.get_name());
        section(page, command, &path);
    }
}

/// The help without the section that every command repeats.
fn without_global_options(help: &str) -> String {
    let Some((before, rest)) = help.split_once("Global options:\n") else {
        return help.to_owned();
    };
    // Sections begin in the first column.
    let after = rest
        .lines()
        .skip_while(|line| line.is_empty() || line.starts_with(' '));
    before.to_owned() + &after.collect::<Vec<_>>().join("\n")
}
