use proptest::prelude::*;

use super::*;

/// What a query is printed as once it is read.
fn read(text: &str) -> String {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).to_string()
}

#[test]
fn what_clients_send() {
    for (text, wanted) in [
        (
            "type:chat AND end_timestamp:[2020-12-01T00:00:00 TO 2020-12-15T00:00:00]",
            r#"type:chat AND end_timestamp:["2020-12-01T00:00:00" TO "2020-12-15T00:00:00"]"#,
        ),
        (
            "type:offline_msg AND timestamp:[2020-12-01T00:00:00.123456 TO *]",
            r#"type:offline_msg AND timestamp:["2020-12-01T00:00:00.123456" TO *]"#,
        ),
        ("timestamp:[* TO 2020-12-20]", r#"timestamp:[* TO "2020-12-20"]"#),
        ("timestamp: [2020-12-20T00:00:00Z TO *] AND \"Ann A\"", r#"timestamp:["2020-12-20T00:00:00Z" TO *] AND "Ann A""#),
        (
            "end_timestamp:[2020-12-20 TO 2020-12-20] AND \"Ann\" AND rating:good",
            r#"end_timestamp:["2020-12-20" TO "2020-12-20"] AND "Ann" AND rating:good"#,
        ),
        ("visitor_email:ann@shop.test", "visitor_email:ann@shop.test"),
        ("rating:good", "rating:good"),
    ] {
        assert_eq!(read(text), wanted);
    }
}

#[test]
fn how_parts_are_joined() {
    for (text, wanted) in [
        ("a b", "a AND b"),
        ("a b OR c", "a AND b OR c"),
        ("a AND (b OR c)", "a AND (b OR c)"),
        ("a || b && c", "a OR b AND c"),
        ("NOT a b", "NOT a AND b"),
        ("-a +b !c", "NOT a AND b AND NOT c"),
        ("NOT NOT a", "NOT NOT a"),
        ("-(a OR b)", "NOT (a OR b)"),
        ("((a))", "a"),
        ("rating:(good OR bad) -missed:true", "(rating:good OR rating:bad) AND NOT missed:true"),
        ("a:(b c:d)", "a:b AND c:d"),
        ("duration:(>5 <=10)", r#"duration:{"5" TO *] AND duration:[* TO "10"]"#),
        ("a and b or not c", "a AND and AND b AND or AND not AND c"),
        ("a - b", r"a AND \- AND b"),
        ("*:*", "*"),
        ("*", "*"),
        ("rating:*", "rating:*"),
        ("hel*", "hel*"),
        (r"hel\*", r"hel\*"),
        ("https://shop.test/x", r"https\://shop.test/x"),
        ("10:30", r"10\:30"),
        (r"a\ b", r"a\ b"),
        (r"\AND", r"\AND"),
        ("foo\"bar baz\"", r#"foo AND "bar baz""#),
        (r#""say \"hi\"""#, r#""say \"hi\"""#),
        ("e-mail", r"e\-mail"),
        ("duration:>= 30", r#"duration:["30" TO *]"#),
        ("d:{1 TO 5]", r#"d:{"1" TO "5"]"#),
        ("visitor.name:ann", "visitor.name:ann"),
        ("url:(//shop.test)", r"url:\//shop.test"),
    ] {
        assert_eq!(read(text), wanted, "{text}");
    }
}

#[test]
fn what_is_refused_and_where() {
    let deep = "(".repeat(DEPTH_MAX + 1) + "a";
    let negated = "-".repeat(DEPTH_MAX + 1) + "a";
    let many = "a ".repeat(CLAUSES_MAX + 1);
    for (text, place, what) in [
        ("", 1, "something is missing at the end"),
        ("  ", 3, "something is missing at the end"),
        ("a AND", 6, "something is missing at the end"),
        ("AND a", 1, "something must stand before this word"),
        ("a OR OR b", 6, "something must stand before this word"),
        ("NOT", 4, "something is missing at the end"),
        ("(a", 1, "this parenthesis is not closed"),
        ("a)", 2, "this parenthesis closes none"),
        ("()", 2, "something is missing before this parenthesis"),
        ("\"a", 1, "this quote is not closed"),
        ("a:", 3, "a value is missing"),
        ("a:)", 3, "a value is missing"),
        ("a*b", 2, "a * stands at the end of a word"),
        ("*a", 1, "a * stands at the end of a word"),
        ("a\\", 2, "nothing follows this backslash"),
        ("t:[1 TO 2", 3, "this range is not closed"),
        ("t:[1 2]", 6, "a range is written [A TO B]"),
        ("t:[1 TO 2 3]", 11, "a range is written [A TO B]"),
        ("t:[1* TO 2]", 4, "a * stands alone in a range"),
        ("t:>1*", 4, "a * cannot be compared with"),
        ("[1 TO 2]", 1, "a range stands behind a field and a colon"),
        ("a\u{0}b", 2, "control characters are not searched for"),
        (&deep, DEPTH_MAX + 2, "it nests too deep"),
        (&negated, DEPTH_MAX + 2, "it nests too deep"),
        (&many, 2 * CLAUSES_MAX + 2, "it has too many clauses"),
    ] {
        let refused = parse(text).expect_err(text);
        assert_eq!(refused.public, format!("the search cannot be understood at character {place}: {what}"), "{text}");
    }
    assert!(parse(&"a".repeat(QUERY_CHARS_MAX)).is_ok());
    assert_eq!(parse(&"a".repeat(1 << 20)).unwrap_err().kind, crate::Kind::TooLarge);
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        r#"[ -~é東]{1,8}"#,
        Just("AND".to_owned()),
        Just("OR".to_owned()),
        Just("NOT".to_owned()),
        Just("||".to_owned()),
        Just("a:b".to_owned()),
        Just("\n\t".to_owned()),
    ]
}

fn edges() -> impl Strategy<Value = Edge> {
    prop_oneof![Just(Edge::Open), text().prop_map(Edge::Including), text().prop_map(Edge::Excluding)]
}

fn clause() -> impl Strategy<Value = Node> {
    let loose = prop_oneof![
        text().prop_map(Test::Value),
        prop_oneof![text(), Just(String::new())].prop_map(Test::Quoted),
        text().prop_map(Test::Beginning),
        Just(Test::Present),
    ];
    let range = (edges(), edges()).prop_map(|(low, high)| Test::Range(low, high));
    let of_field = (r"[a-z_][a-z0-9_.]{0,9}", prop_oneof![3 => loose.clone(), 1 => range]);
    prop_oneof![
        loose.prop_map(|test| Node::Clause(Clause { field: None, test })),
        of_field.prop_map(|(field, test)| Node::Clause(Clause { field: Some(field), test })),
    ]
}

/// Any query in the form in which it is read.
fn query() -> impl Strategy<Value = Node> {
    clause().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Node::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Node::Or),
            inner.prop_map(|part| Node::Not(Box::new(part))),
        ]
    })
}

proptest! {
    #[test]
    fn printing_and_reading_is_nothing(query in query()) {
        let printed = query.to_string();
        prop_assert_eq!(parse(&printed).map_err(|error| TestCaseError::fail(format!("{printed}: {error}")))?, query);
    }

    #[test]
    fn whatever_is_read_is_read_again(text in r#"([a-c" :()\[\]{}*<>=!+\\|&-]|AND |OR |NOT | TO |[^x]){0,40}"#) {
        if let Ok(query) = parse(&text) {
            let printed = query.to_string();
            prop_assert_eq!(parse(&printed).map_err(|error| TestCaseError::fail(format!("{printed}: {error}")))?, query);
        }
    }
}
