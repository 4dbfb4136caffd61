//! Template tags in values: a stand-in that any YAML writer leaves alone, until the text is done. Pure.

/// Stand-ins with what they stand for.
#[derive(Debug)]
pub struct Marks {
    prefix: String,
    /// Tag of the template, and the text it renders to.
    all: Vec<(String, String)>,
}

impl Marks {
    /// Stand-ins that occur in none of these texts.
    pub fn new(texts: &[&str]) -> Self {
        let mut prefix = "deploytag".to_owned();
        while texts.iter().any(|text| text.contains(&prefix)) {
            prefix.push('x');
        }
        Self {
            prefix,
            all: Vec::new(),
        }
    }

    /// The stand-in for a tag that renders to `literal`.
    pub fn stand_in(&mut self, tag: &str, literal: &str) -> String {
        let wanted = (tag.to_owned(), literal.to_owned());
        let index = self.all.iter().position(|mark| *mark == wanted);
        let index = index.unwrap_or_else(|| {
            self.all.push(wanted);
            self.all.len() - 1
        });
        format!("{}{index}z", self.prefix)
    }

    /// A template: stand-ins become tags, and what looks like a tag but is none is protected. `None` when it cannot be.
    pub fn template(&self, text: &str) -> Option<String> {
        let parts: Vec<(&str, &str)> = self.cut(text).collect();
        let tagged = parts.iter().any(|(_, tag)| !tag.is_empty());
        if !tagged && !text.contains("{{") && !text.contains("{%") {
            return Some(text.to_owned());
        }
        if text.contains("endraw") && text.contains("{%") {
            return None;
        }
        let mut result = String::new();
        for (literal, tag) in parts {
            result.push_str(&protected(literal));
            result.push_str(tag);
        }
        Some(result)
    }

    /// The text as it is to be: stand-ins become what they stand for.
    pub fn literal(&self, text: &str) -> String {
        let mut result = text.to_owned();
        for (index, (_, literal)) in self.all.iter().enumerate() {
            result = result.replace(&format!("{}{index}z", self.prefix), literal);
        }
        result
    }

    /// Literal text and the tag that follows it; the last tag is empty.
    fn cut<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut rest = Some(text);
        std::iter::from_fn(move || {
            let text = rest?;
            let Some((literal, after)) = text.split_once(self.prefix.as_str()) else {
                rest = None;
                return Some((text, ""));
            };
            let (number, after) = after.split_once('z')?;
            rest = Some(after);
            Some((
                literal,
                self.all.get(number.parse::<usize>().ok()?)?.0.as_str(),
            ))
        })
    }
}

/// Lines from the first to the last one with braces that a template would read, between `raw` tags.
fn protected(text: &str) -> String {
    let is_tag = |line: &str| ["{{", "{%", "{#"].iter().any(|tag| line.contains(tag));
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (Some(first), Some(last)) = (
        lines.iter().position(|line| is_tag(line)),
        lines.iter().rposition(|line| is_tag(line)),
    ) else {
        return text.to_owned();
    };
    let inside = lines[first..=last].concat();
    let bare = inside.trim_end_matches(['\r', '\n']);
    format!(
        "{}{{% raw %}}{bare}{{% endraw %}}{}{}",
        lines[..first].concat(),
        &inside[bare.len()..],
        lines[last + 1..].concat()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_take_their_places_and_other_braces_are_protected() {
        let text = "a: deploytag\n";
        let mut marks = Marks::new(&[text]);
        let image = marks.stand_in("{{ images.a }}", "nginx:1");
        assert_eq!(marks.stand_in("{{ images.a }}", "nginx:1"), image);
        let text = format!("a: deploytag\nb: {image}\nc: '{{{{ $x }}}}'\nd: {{# no\ne: f\n");
        assert_eq!(
            marks.template(&text).unwrap(),
            "a: deploytag\nb: {{ images.a }}\n{% raw %}c: '{{ $x }}'\nd: {# no{% endraw %}\ne: f\n"
        );
        assert_eq!(marks.literal(&format!("x {image}")), "x nginx:1");
    }

    #[test]
    fn a_text_without_tags_stays_as_it_is_unless_it_would_be_read_as_a_template() {
        let marks = Marks::new(&[]);
        assert_eq!(marks.template("a: {#\n").unwrap(), "a: {#\n");
        assert_eq!(marks.template("{% endraw %}"), None);
    }
}
