use super::*;
use serde_json::json;

fn one(text: &str) -> Value {
    parse_one(text).unwrap().unwrap().to_json()
}

/// Each line was read by kubectl itself; the right side is what it made of it.
#[test]
fn scalars_mean_what_they_mean_to_kubectl() {
    for (text, wanted) in [
        ("0644", json!(420)),
        ("08", json!(8)),
        ("0o17", json!(15)),
        ("0b11", json!(3)),
        ("-0x1F", json!(-31)),
        ("1_000", json!(1000)),
        ("+5", json!(5)),
        ("yes", json!(true)),
        ("y", json!(true)),
        ("Off", json!(false)),
        ("n", json!(false)),
        ("1e3", json!(1000)),
        ("1e-3", json!(0.001)),
        ("1.0", json!(1)),
        (".5", json!(0.5)),
        ("1e17", json!(100_000_000_000_000_000_i64)),
        ("1e400", json!("1e400")),
        ("0x", json!("0x")),
        ("1:30", json!("1:30")),
        ("2001-01-01", json!("2001-01-01")),
        ("9007199254740993", json!(9_007_199_254_740_993_i64)),
        ("~", json!(null)),
        ("'0644'", json!("0644")),
        ("\"yes\"", json!("yes")),
        ("!!str 12", json!("12")),
        ("1.4.2", json!("1.4.2")),
    ] {
        assert_eq!(one(&format!("x: {text}\n"))["x"], wanted, "{text}");
    }
}

#[test]
fn keys_merges_and_documents() {
    assert_eq!(
        one("yes: 1\n2: b\nbase: &b {a: 1, b: 2}\nuse: {<<: *b, b: 3}\n"),
        json!({"true": 1, "2": "b", "base": {"a": 1, "b": 2}, "use": {"a": 1, "b": 3}})
    );
    let documents = parse("# only words\n---\na: 1\n--- # second\n---\nb: 2\n...\n").unwrap();
    assert_eq!(
        documents
            .iter()
            .map(|node| (node.line, node.to_json()))
            .collect::<Vec<_>>(),
        [(3, json!({"a": 1})), (6, json!({"b": 2}))]
    );
}

#[test]
fn mistakes_have_a_place() {
    for (text, message, line, column) in [
        ("a: 1\nb: 2\na: 3\n", "the key `a` is here twice", 3, 1),
        ("a: [1\n", "not valid YAML", 1, 4),
        ("a: .inf\n", "JSON cannot hold", 1, 4),
        ("a: {{ b }}\n", "a key must be a text", 1, 5),
        ("x: *nowhere\n", "not valid YAML", 1, 4),
        ("x: &x [*x]\n", "", 1, 8),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.message.contains(message), "{text}: {}", error.message);
        assert_eq!((error.line, error.column), (line, column), "{text}");
    }
}

#[test]
fn bombs_are_refused() {
    let bomb = (1..12).fold("a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned(), |bomb, level| {
        let before = format!("*a{}", level - 1);
        let nine = [before.as_str(); 9].join(",");
        format!("{bomb}a{level}: &a{level} [{nine}]\n")
    });
    assert!(parse(&bomb).unwrap_err().message.contains("too large"));
    assert!(parse(&"[".repeat(5000)).is_err());
    let deep = (0..150).fold(String::new(), |deep, level| {
        deep + &" ".repeat(level) + "a:\n"
    });
    assert!(parse(&deep).unwrap_err().message.contains("deeper"));
    assert!(
        parse(&"x".repeat(LARGEST + 1))
            .unwrap_err()
            .message
            .contains("limit")
    );
}
