//! Grammar as code: plurals, lists, durations, did-you-mean. Pure.

use std::time::Duration;

/// `1 pod`, `3 pods`, `2 replicas`; irregular plurals pass both forms with [`count_as`].
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    count_as(number, noun, &format!("{noun}s"))
}

/// `1 policy`, `2 policies`.
#[must_use]
pub fn count_as(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `a`, `a and b`, `a, b and c`; `last` is the word before the last one.
pub fn list<T: AsRef<str>>(items: &[T], last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., end] => format!(
            "{} {last} {}",
            first
                .iter()
                .map(AsRef::as_ref)
                .collect::<Vec<_>>()
                .join(", "),
            end.as_ref()
        ),
    }
}

/// `0.4s`, `12s`, `3m20s`, `2h05m`, `4d`: two units at most.
#[must_use]
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1}s", time.as_secs_f64()),
        10..60 => format!("{seconds}s"),
        60..3600 if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// How long ago: `12s ago`; `just now` below a second and for times in the future.
#[must_use]
pub fn age(now: jiff::Timestamp, then: jiff::Timestamp) -> String {
    match Duration::try_from(now.duration_since(then)) {
        Ok(time) if time.as_secs() >= 1 => format!(
            "{} ago",
            duration(Duration::from_secs(time.as_secs())).replace(".0s", "s")
        ),
        _ => "just now".to_owned(),
    }
}

/// The candidate nearest to what was typed, when it is near enough to be a slip.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&typed.to_lowercase(), &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, candidate)| {
            *distance <= (candidate.chars().count().max(typed.chars().count()) / 3).max(1)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Asks whether the nearest name was meant when something is near, else `known: a, b and c`.
pub fn suggest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = nearest(typed, known.clone()) {
        return format!("did you mean `{near}`?");
    }
    let known: Vec<&str> = known.into_iter().collect();
    if known.is_empty() {
        "there are none".to_owned()
    } else {
        format!("known: {}", list(&known, "and"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grammar() {
        assert_eq!(count(1, "pod"), "1 pod");
        assert_eq!(count(0, "pod"), "0 pods");
        assert_eq!(count_as(2, "policy", "policies"), "2 policies");
        assert_eq!(list(&["a", "b", "c"], "or"), "a, b or c");
        assert_eq!(duration(Duration::from_millis(400)), "0.4s");
        assert_eq!(duration(Duration::from_secs(200)), "3m20s");
        assert_eq!(duration(Duration::from_mins(125)), "2h05m");
    }

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        assert_eq!(
            nearest("stagign", ["staging", "production"]),
            Some("staging")
        );
        assert_eq!(nearest("qa", ["staging", "production"]), None);
        assert_eq!(
            suggest("qa", ["staging", "production"]),
            "known: staging and production"
        );
    }
}
