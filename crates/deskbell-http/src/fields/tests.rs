//! The grammar from tables; the projection against parse, prune, write.

use deskbell_app::Kind;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

fn select(fields: &str, json: &str) -> String {
    let fields = Fields::parse(fields).expect("a good expression");
    let mut out = Vec::new();
    project(fields.group("chats").expect("the group is named"), json, &mut out).expect("good JSON");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn projections() {
    let stored = r#"{"id":"1.2","comment":null,"rt":{"max":3,"avg":1.50,"by":{"a":1,"b":[]}},"tags":["a","b"],"h":[{"t":"x","n":{"m":1}},5,{"t":"y"}],"z/\"k":1}"#;
    for (fields, wanted) in [
        ("chats(*)", stored),
        ("chats(id)", r#"{"id":"1.2"}"#),
        (" chats ( comment , id ) ", r#"{"id":"1.2","comment":null}"#),
        ("chats(rt.max)", r#"{"rt":{"max":3}}"#),
        ("chats(rt.max,rt.by.b)", r#"{"rt":{"max":3,"by":{"b":[]}}}"#),
        ("chats(rt.max,rt)", r#"{"rt":{"max":3,"avg":1.50,"by":{"a":1,"b":[]}}}"#),
        ("chats(rt,rt.max)", r#"{"rt":{"max":3,"avg":1.50,"by":{"a":1,"b":[]}}}"#),
        ("chats(rt.*)", r#"{"rt":{"max":3,"avg":1.50,"by":{"a":1,"b":[]}}}"#),
        ("chats(tags)", r#"{"tags":["a","b"]}"#),
        ("chats(h.t)", r#"{"h":[{"t":"x"},5,{"t":"y"}]}"#),
        ("chats(h.n.m)", r#"{"h":[{"n":{"m":1}},5,{}]}"#),
        ("chats(comment.x)", r#"{"comment":null}"#),
        ("chats(none)", "{}"),
        ("chats(id),chats(comment)", r#"{"id":"1.2","comment":null}"#),
        ("agents(*) chats(id)", r#"{"id":"1.2"}"#),
        ("chats(id,*)", stored),
    ] {
        assert_eq!(select(fields, stored), wanted, "{fields}");
    }
}

#[test]
fn stored_text_with_blanks_and_escapes() {
    assert_eq!(select("chats(a,b)", "{ \"a\" : [ 1 , 2 ] , \"c\" : \"}\\\"\" ,\n\"b\" : true }"), r#"{"a":[ 1 , 2 ],"b":true}"#);
    assert_eq!(select("chats(ab)", r#"{"\u0061b":"x\\"}"#), r#"{"\u0061b":"x\\"}"#);
    assert_eq!(select("chats(a)", "[{\"a\":1,\"b\":2}, 3]"), r#"[{"a":1},3]"#);
    assert_eq!(select("chats(a)", " 5 "), "5");
}

#[test]
fn malformed_expressions() {
    let deep = format!("chats({})", vec!["a"; FIELDS_DEPTH_MAX + 1].join("."));
    let long = format!("chats({})", "a".repeat(FIELDS_BYTES_MAX));
    let many = format!("chats({})", vec!["a"; FIELDS_NAMES_MAX + 1].join(","));
    for (text, wanted) in [
        ("chats", "parameter fields is malformed: expected '(' at character 6"),
        ("chats(", "parameter fields is malformed: expected a field's name or '*' at character 7"),
        ("chats()", "parameter fields is malformed: expected a field's name or '*' at character 7"),
        ("chats(id", "parameter fields is malformed: expected ')' at character 9"),
        ("chats(id,)", "parameter fields is malformed: expected a field's name or '*' at character 10"),
        ("chats(id comment)", "parameter fields is malformed: expected ')' at character 10"),
        ("chats(a.)", "parameter fields is malformed: expected a field's name or '*' at character 9"),
        ("chats(.a)", "parameter fields is malformed: expected a field's name or '*' at character 7"),
        ("chats(a(b))", "parameter fields is malformed: expected ')' at character 8"),
        ("chats(*.a)", "parameter fields is malformed: expected ')' at character 8"),
        ("(id)", "parameter fields is malformed: expected the name of a group at character 1"),
        ("chats(id),", "parameter fields is malformed: expected the name of a group at character 11"),
        ("chats(id))", "parameter fields is malformed: expected the name of a group at character 10"),
        ("chats(\"id\")", "parameter fields is malformed: expected a field's name or '*' at character 7"),
        (&deep, "parameter fields has a name of more than 16 parts"),
        (&many, "parameter fields has more than 500 names"),
        (&long, "parameter fields is longer than 16384 bytes"),
    ] {
        let error = Fields::parse(text).expect_err("is malformed");
        assert_eq!((error.kind, &*error.public), (Kind::Invalid, wanted), "{text}");
    }
    assert_eq!(Fields::parse("  ").expect("an empty expression").group("chats"), None);
}

#[test]
fn broken_text_appends_nothing() {
    let projection = Projection::only(&["a"]);
    let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    for text in [
        "",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\" 1}",
        "{a:1}",
        "[1",
        "[1 2]",
        "{\"a\":\"x",
        "{\"b\":\"\\",
        "1 2",
        "{}}",
        "]",
        &deep,
    ] {
        let mut out = b"kept".to_vec();
        assert!(project(&projection, text, &mut out).is_err(), "{text}");
        assert_eq!(out, b"kept");
    }
}

/// The slow way.
fn prune(projection: &Projection, value: Value) -> Value {
    match (projection, value) {
        (Projection::Only(members), Value::Object(object)) => {
            let mut kept = Map::new();
            for (key, value) in object {
                if let Some((_, inner)) = members.iter().find(|(name, _)| *name == key) {
                    kept.insert(key, prune(inner, value));
                }
            }
            Value::Object(kept)
        }
        (Projection::Only(_), Value::Array(items)) => items.into_iter().map(|item| prune(projection, item)).collect(),
        (_, other) => other,
    }
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof![8 => "[a-d]", 1 => "[a-c]{2}", 1 => any::<String>()]
}

fn trees() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9f64).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!("quote \" brace } bracket ] slash \\")),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names(), inner), 0..6).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn projecting_is_parse_prune_write(tree in trees(), paths in prop::collection::vec(prop::collection::vec("[a-d]", 1..4), 1..5)) {
        let dotted: Vec<String> = paths.iter().map(|path| path.join(".")).collect();
        let fields = Fields::parse(&format!("chats({})", dotted.join(","))).expect("a good expression");
        let projection = fields.group("chats").expect("the group is named");
        let mut out = Vec::new();
        project(projection, &tree.to_string(), &mut out).expect("good JSON");
        prop_assert_eq!(String::from_utf8(out).expect("UTF-8"), prune(projection, tree).to_string());
    }

    #[test]
    fn no_text_is_read_past_its_end(text in any::<String>(), json in "[\\[\\]{}:,\"\\\\a1 ]{0,24}") {
        let projection = Projection::only(&["a"]);
        for text in [text, json] {
            let _ = Fields::parse(&text);
            let mut out = Vec::new();
            let _ = project(&projection, &text, &mut out);
            prop_assert!(std::str::from_utf8(&out).is_ok());
        }
    }
}
