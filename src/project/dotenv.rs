//! `.env` files: `KEY=value` lines, comments, quotes. No expansion: what is written is what the app gets.

use std::collections::BTreeMap;
use std::path::Path;

/// Whether a file is read as `KEY=value` lines: `common.env`, `.env`.
pub fn is_env_file(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "env")
        || path.file_name().is_some_and(|name| name == ".env")
}

/// Entries of a file, later lines win.
///
/// Blank lines and lines that begin with `#` are skipped, a leading `export ` is allowed. In double quotes `\n`, `\t`, `\"` and `\\`
/// are escapes, and both kinds of quotes may span lines; a value without quotes ends before ` #` and is trimmed.
///
/// # Errors
/// Line (from 1) and what is wrong with it. Never holds a value.
pub fn parse(text: &str) -> Result<BTreeMap<String, String>, (usize, String)> {
    let mut entries = BTreeMap::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let number = index + 1;
        let trimmed = line.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let trimmed = trimmed.strip_prefix("export ").unwrap_or(trimmed);
        let Some((key, value)) = trimmed.split_once('=') else {
            return Err((number, "there is no `=` in this line".to_owned()));
        };
        let key = key.trim();
        if let Some(problem) = super::names::data_key_problem(key) {
            return Err((number, format!("the key `{key}` {problem}")));
        }
        let value = value.trim_start();
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let mut quoted = value[1..].to_owned();
                loop {
                    match unquote(&quoted, quote) {
                        Some((value, rest))
                            if rest.trim().is_empty() || rest.trim().starts_with('#') =>
                        {
                            break value;
                        }
                        Some(_) => {
                            return Err((number, format!("something follows the closing {quote}")));
                        }
                        None => match lines.next() {
                            Some((_, line)) => {
                                quoted.push('\n');
                                quoted.push_str(line);
                            }
                            None => return Err((number, format!("the {quote} is never closed"))),
                        },
                    }
                }
            }
            _ => value
                .split_once(" #")
                .map_or(value, |(value, _)| value)
                .trim_end()
                .to_owned(),
        };
        entries.insert(key.to_owned(), value);
    }
    Ok(entries)
}

/// The value up to the closing quote and what follows it. `None` when there is no closing quote.
fn unquote(text: &str, quote: char) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            c if c == quote => return Some((value, &text[index + c.len_utf8()..])),
            '\\' if quote == '"' => match characters.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                'r' => value.push('\r'),
                escaped @ ('"' | '\\' | '$') => value.push(escaped),
                other => value.extend(['\\', other]),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_comments_and_quotes() {
        let entries = parse(
            "# words\nexport A=1\nB = two words # comment\nC=\"x\\ny # z\" # c\nD='$x\\n'\nE=\nF=\"one\ntwo\"\nG=a#b=c\r\n",
        )
        .unwrap();
        let wanted = [
            ("A", "1"),
            ("B", "two words"),
            ("C", "x\ny # z"),
            ("D", "$x\\n"),
            ("E", ""),
            ("F", "one\ntwo"),
            ("G", "a#b=c"),
        ];
        assert_eq!(
            entries
                .iter()
                .map(|(k, v)| (k.as_str(), v.as_str()))
                .collect::<Vec<_>>(),
            wanted
        );
        for (text, line) in [("A=1\noops", 2), ("A B=1", 1), ("A=\"x", 1), ("A='x' y", 1)] {
            assert_eq!(parse(text).unwrap_err().0, line, "{text}");
        }
    }
}
