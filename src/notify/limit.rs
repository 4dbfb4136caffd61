//! Texts that fit: cut at a character, with `…` where something is missing. Each service measures in its own unit.

/// Characters as most services count them: UTF-16 units, the strictest way.
#[must_use]
pub fn characters(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Bytes that a text takes inside JSON.
#[must_use]
pub fn json_bytes(text: &str) -> usize {
    serde_json::to_string(text).map_or(usize::MAX, |json| json.len() - 2)
}

/// The text, or its beginning and `…`, in at most `most` units.
#[must_use]
pub fn cut(text: &str, most: usize, measure: fn(&str) -> usize) -> String {
    if measure(text) <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub(measure("…"));
    let mut used = 0;
    let mut buffer = [0; 4];
    let end = text.char_indices().find(|(_, c)| {
        used += measure(c.encode_utf8(&mut buffer));
        used > room
    });
    let kept = &text[..end.map_or(text.len(), |(at, _)| at)];
    format!("{kept}…")
}

/// As many whole lines as fit into `most` units, joined; then `…`. Whole lines, so that no markup is cut in two.
#[must_use]
pub fn join(lines: &[String], most: usize, measure: fn(&str) -> usize) -> String {
    let gap = measure("\n");
    let all: usize = lines.iter().map(|line| measure(line) + gap).sum();
    if all <= most + gap {
        return lines.join("\n");
    }
    let room = most.saturating_sub(measure("…"));
    let mut used = 0;
    let mut kept: Vec<&str> = Vec::new();
    for line in lines {
        used += measure(line) + gap;
        if used > room {
            break;
        }
        kept.push(line);
    }
    kept.push("…");
    kept.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_between_characters_and_says_so() {
        assert_eq!(cut("abcdef", 6, characters), "abcdef");
        assert_eq!(cut("abcdefg", 6, characters), "abcde…");
        assert_eq!(cut("ab🚀🚀", 5, characters), "ab🚀…");
        assert_eq!(cut("a\"\"\"", 7, json_bytes), "a\"\"\"");
        assert_eq!(cut("a\"\"\"\"", 8, json_bytes), "a\"\"…");
        for most in 3..40 {
            let text = cut(&"é🚀\"\n".repeat(20), most, json_bytes);
            assert!(json_bytes(&text) <= most, "{most}: {text}");
        }
    }

    #[test]
    fn lines_stay_whole() {
        let lines: Vec<String> = ["one", "two", "three"].map(str::to_owned).to_vec();
        assert_eq!(join(&lines, 13, characters), "one\ntwo\nthree");
        assert_eq!(join(&lines, 12, characters), "one\ntwo\n…");
        assert_eq!(join(&lines, 2, characters), "…");
    }
}
