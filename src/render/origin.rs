//! Which template line each rendered line came from.
//!
//! A second rendering carries invisible marks: text outside of tags gets one behind the last visible character of each line, so
//! that whitespace control trims what it trimmed before. Where that changes the text all the same (a template that measures its
//! own text), lines are matched by their content instead.

/// Private-use characters around `file:line`.
const OPEN: char = '\u{F8F0}';
const CLOSE: char = '\u{F8F1}';

/// Where a rendered line came from: number of the template and line from 1.
pub type Place = (usize, usize);

/// A template's source with marks in it.
pub fn mark(source: &str, file: usize) -> String {
    let mut marked = String::with_capacity(source.len() * 2);
    let mut line = 1;
    let mut rest = source;
    let mut after_expression = false;
    while !rest.is_empty() {
        let (data, tag) = match rest.find(['{']).map(|_| next_tag(rest)) {
            Some(Some(start)) => rest.split_at(start),
            _ => (rest, ""),
        };
        mark_data(&mut marked, data, file, &mut line, after_expression);
        let (tag, after) = tag.split_at(tag_end(tag));
        marked.push_str(tag);
        line += tag.matches('\n').count();
        after_expression = tag.starts_with("{{") && !tag.ends_with("-}}");
        rest = after;
        if is_raw(tag) {
            // Between raw and endraw everything is text.
            let end = rest
                .match_indices("{%")
                .find(|(start, _)| tag_word(&rest[*start..]) == "endraw")
                .map_or(rest.len(), |(start, _)| start);
            mark_data(&mut marked, &rest[..end], file, &mut line, false);
            rest = &rest[end..];
        }
    }
    marked
}

fn mark_data(
    marked: &mut String,
    data: &str,
    file: usize,
    line: &mut usize,
    after_expression: bool,
) {
    for (index, chunk) in data.split_inclusive('\n').enumerate() {
        let visible = chunk.trim_end().len();
        if visible > 0 || (index == 0 && after_expression) {
            marked.push_str(&chunk[..visible]);
            push_mark(marked, file, *line);
            marked.push_str(&chunk[visible..]);
        } else {
            marked.push_str(chunk);
        }
        *line += usize::from(chunk.ends_with('\n'));
    }
    if data.is_empty() && after_expression {
        push_mark(marked, file, *line);
    }
}

fn push_mark(marked: &mut String, file: usize, line: usize) {
    use std::fmt::Write as _;
    let _ = write!(marked, "{OPEN}{file}:{line}{CLOSE}");
}

fn next_tag(text: &str) -> Option<usize> {
    ["{{", "{%", "{#"]
        .iter()
        .filter_map(|open| text.find(open))
        .min()
}

/// Length of the tag a text begins with; strings inside it may hold its closing characters.
fn tag_end(tag: &str) -> usize {
    let close = match tag.get(..2) {
        Some("{{") => "}}",
        Some("{%") => "%}",
        Some("{#") => return tag.find("#}").map_or(tag.len(), |end| end + 2),
        _ => return tag.len(),
    };
    let mut quote = None;
    let mut characters = tag.char_indices().skip(2);
    while let Some((index, character)) = characters.next() {
        match (quote, character) {
            (Some(_), '\\') => {
                characters.next();
            }
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, _) if tag[index..].starts_with(close) => return index + 2,
            _ => {}
        }
    }
    tag.len()
}

fn tag_word(tag: &str) -> &str {
    tag.get(2..)
        .unwrap_or_default()
        .trim_start_matches(['-', '+'])
        .trim_start()
        .split(|c: char| !c.is_ascii_alphabetic())
        .next()
        .unwrap_or_default()
}

fn is_raw(tag: &str) -> bool {
    tag.starts_with("{%") && tag_word(tag) == "raw"
}

/// The place of each line of `plain`, given the same text rendered with marks.
pub fn places(plain: &str, marked: &str, sources: &[&str], main: usize) -> Vec<Place> {
    let (text, marks) = take_marks(marked);
    if text != plain {
        return by_content(plain, sources.get(main).copied().unwrap_or_default(), main);
    }
    let mut marks = marks.into_iter().peekable();
    let mut last = (main, 1);
    let mut start = 0;
    plain
        .split_inclusive('\n')
        .map(|line| {
            while marks.peek().is_some_and(|(at, _)| *at < start) {
                marks.next();
            }
            if let Some((_, place)) = marks.peek() {
                last = *place;
            }
            start += line.len();
            last
        })
        .collect()
}

/// The text without marks, and each mark's byte position in it.
fn take_marks(marked: &str) -> (String, Vec<(usize, Place)>) {
    let mut text = String::with_capacity(marked.len());
    let mut marks = Vec::new();
    let mut rest = marked;
    while let Some((before, after)) = rest.split_once(OPEN) {
        text.push_str(before);
        let Some((place, after)) = after.split_once(CLOSE) else {
            break;
        };
        if let Some((file, line)) = place.split_once(':')
            && let (Ok(file), Ok(line)) = (file.parse(), line.parse())
        {
            marks.push((text.len(), (file, line)));
        }
        rest = after;
    }
    text.push_str(rest);
    (text, marks)
}

fn by_content(plain: &str, source: &str, main: usize) -> Vec<Place> {
    let source: Vec<&str> = source.lines().map(str::trim).collect();
    let mut at = 0;
    plain
        .lines()
        .map(|line| {
            let line = line.trim();
            if !line.is_empty()
                && let Some(offset) = source[at..].iter().position(|source| *source == line)
            {
                at += offset;
            }
            (main, at + 1)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rendered text and, per line, the template line.
    fn trace(source: &str) -> Vec<(String, usize)> {
        let render = |source: &str| {
            let mut environment = minijinja::Environment::new();
            environment.set_syntax(crate::render::engine::syntax());
            environment
                .render_named_str("t", source, minijinja::context!(many => "p: 1\nq: 2"))
                .unwrap()
        };
        let plain = render(source);
        let places = places(&plain, &render(&mark(source, 0)), &[source], 0);
        plain
            .lines()
            .map(str::to_owned)
            .zip(places.into_iter().map(|(_, line)| line))
            .collect()
    }

    fn lines(wanted: &[(&str, usize)]) -> Vec<(String, usize)> {
        wanted
            .iter()
            .map(|(text, line)| ((*text).to_owned(), *line))
            .collect()
    }

    #[test]
    fn loops_blocks_and_whitespace_control() {
        assert_eq!(
            trace("a: 1\n{%- for i in [1, 2] %}\n- x{{ i }}\n  y: '%}'\n{%- endfor %}\nb: 2\n"),
            lines(&[
                ("a: 1", 1),
                ("- x1", 3),
                ("  y: '%}'", 4),
                ("- x2", 3),
                ("  y: '%}'", 4),
                ("b: 2", 6)
            ])
        );
        assert_eq!(
            trace(
                "{# one\ntwo #}\n{% if true -%}\n  k:\n{{ many }}\n{% endif -%}\nz: {{ '}}' }}\n"
            ),
            lines(&[("", 4), ("k:", 4), ("p: 1", 5), ("q: 2", 5), ("z: }}", 7)])
        );
        assert_eq!(
            trace("{% raw %}\na: {{ x }}\n{% endraw %}\nb: 1"),
            lines(&[("", 2), ("a: {{ x }}", 2), ("", 4), ("b: 1", 4)])
        );
    }

    #[test]
    fn a_template_that_measures_its_own_text_is_matched_by_content() {
        assert_eq!(
            trace("{% set x %}abc\n{% endset %}\nn: {{ x | length }}\nend: 1\n"),
            lines(&[("", 1), ("n: 4", 1), ("end: 1", 4)])
        );
    }

    #[test]
    fn odd_sources_do_not_panic() {
        for source in [
            "{",
            "{{",
            "{%",
            "{#",
            "{{ 'a",
            "é{{ \"\\",
            "{% raw %}",
            "{% raw %}{%",
            "\u{F8F0}x",
        ] {
            let _ = mark(source, 0);
            let _ = places(source, source, &[source], 0);
        }
    }
}
