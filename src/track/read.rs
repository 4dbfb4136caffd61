//! Tolerant reading of objects: a field that is missing or of an odd type reads as "nothing there", never as a panic.

use jiff::Timestamp;
use serde_json::Value;

/// A string at a JSON pointer; empty when there is none.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A whole number at a JSON pointer. Numbers written as strings (some controllers do) count.
pub fn number(value: &Value, pointer: &str) -> Option<i64> {
    let value = value.pointer(pointer)?;
    value
        .as_i64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

/// A count at a JSON pointer: 0 when absent (the API leaves zeroes out), negative or odd.
pub fn count(value: &Value, pointer: &str) -> u32 {
    number(value, pointer)
        .and_then(|number| u32::try_from(number).ok())
        .unwrap_or(0)
}

/// The items of a list at a JSON pointer.
pub fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Whether a flag is set.
pub fn flag(value: &Value, pointer: &str) -> bool {
    value
        .pointer(pointer)
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

/// A time at a JSON pointer.
pub fn time(value: &Value, pointer: &str) -> Option<Timestamp> {
    text(value, pointer).parse().ok()
}

/// The object's name.
pub fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

/// The object's uid.
pub fn uid(object: &Value) -> &str {
    text(object, "/metadata/uid")
}

/// Whether its deletion was asked for.
pub fn terminating(object: &Value) -> bool {
    !text(object, "/metadata/deletionTimestamp").is_empty()
}

/// Replicas wanted: absent means 1.
pub fn replicas(object: &Value) -> u32 {
    match number(object, "/spec/replicas") {
        Some(number) => u32::try_from(number).unwrap_or(0),
        None => 1,
    }
}

/// One condition of a status.
#[derive(Clone, Copy, Debug, Default)]
pub struct Condition<'a> {
    /// `Ready`.
    pub name: &'a str,
    /// `True`, `False`, `Unknown`, or empty.
    pub status: &'a str,
    /// Machine-readable reason.
    pub reason: &'a str,
    /// For people.
    pub message: &'a str,
    /// The generation it speaks of, when it says so.
    pub generation: Option<i64>,
    /// When it last changed.
    pub since: Option<Timestamp>,
}

impl Condition<'_> {
    /// The condition's own words: `reason: message`, or what there is of it.
    pub fn words(&self) -> String {
        match (self.reason, self.message) {
            ("", "") => format!("{} is {}", self.name, self.status),
            (reason, "") => reason.to_owned(),
            ("", message) => message.to_owned(),
            (reason, message) => format!("{reason}: {}", clip(message)),
        }
    }
}

/// All conditions below `status` at a pointer to the list.
pub fn conditions<'a>(
    object: &'a Value,
    pointer: &str,
) -> impl Iterator<Item = Condition<'a>> + use<'a> {
    list(object, pointer).iter().map(|condition| Condition {
        name: text(condition, "/type"),
        status: text(condition, "/status"),
        reason: text(condition, "/reason"),
        message: text(condition, "/message"),
        generation: number(condition, "/observedGeneration"),
        since: time(condition, "/lastTransitionTime"),
    })
}

/// The condition of that type.
pub fn condition<'a>(object: &'a Value, name: &str) -> Option<Condition<'a>> {
    conditions(object, "/status/conditions").find(|condition| condition.name == name)
}

/// Whether a condition of that type has that status.
pub fn is(object: &Value, name: &str, status: &str) -> bool {
    condition(object, name).is_some_and(|condition| condition.status == status)
}

/// The first line of a text, of at most 300 characters: messages of events can be huge.
pub fn clip(text: &str) -> String {
    const MOST: usize = 300;
    let line = text.trim().lines().next().unwrap_or_default().trim_end();
    if line.chars().count() <= MOST {
        line.to_owned()
    } else {
        line.chars().take(MOST).chain(['…']).collect()
    }
}

/// Whether labels match a plain `matchLabels`-like map. An empty map matches nothing here: it is never what was meant.
pub fn matches(selector: &Value, labels: &Value) -> bool {
    selector
        .as_object()
        .is_some_and(|map| !map.is_empty() && map.iter().all(|(key, value)| &labels[key] == value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn odd_types_read_as_nothing() {
        let odd = json!({"spec": {"replicas": -3}, "status": {"readyReplicas": [1], "conditions": {"type": "Ready"}, "observedGeneration": "7"}, "metadata": 4});
        assert_eq!(count(&odd, "/status/readyReplicas"), 0);
        assert_eq!(replicas(&odd), 0);
        assert_eq!(number(&odd, "/status/observedGeneration"), Some(7));
        assert!(condition(&odd, "Ready").is_none());
        assert_eq!(name(&odd), "");
        assert!(!matches(&json!({}), &json!({"app": "web"})));
    }

    #[test]
    fn conditions_speak_for_themselves() {
        let object = json!({"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "Pending", "message": "no issuer\nsecond line"}]}});
        assert_eq!(
            condition(&object, "Ready").unwrap().words(),
            "Pending: no issuer"
        );
    }
}
