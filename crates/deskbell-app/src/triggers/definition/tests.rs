use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use serde_json::json;

use super::*;

fn with(condition: &Json, actions: &Json) -> Json {
    json!({"event": "chat_message", "condition": condition, "actions": actions})
}

fn refusal(json: &Json) -> String {
    parse(json).expect_err(&json.to_string()).public.into_owned()
}

/// Definitions as the original gives them out.
#[test]
fn definitions_of_the_original() {
    let rescuer = json!({"condition": ["and", ["not", ["firedBefore"]], ["and", ["neq", "@account_status", "offline"],
        ["stillOnSite", 60], ["eq", "@visitor_served", false]]], "event": "chat_requested",
        "actions": [["setTriggered", true], ["sendMessageToVisitor", "Customer Service", "Please wait."]]});
    let is = |variable, test| Condition::Is(variable, test);
    let say = |speaker: &str, text: &str| Action::Say { speaker: speaker.to_owned(), text: text.to_owned() };
    assert_eq!(
        parse(&rescuer).unwrap(),
        Definition {
            event: TriggerEvent::ChatRequested,
            condition: Condition::All(vec![
                Condition::Not(Box::new(Condition::FiredBefore)),
                Condition::All(vec![
                    is(Variable::AccountStatus, Test::Differs(Value::Text("offline".to_owned()))),
                    Condition::StillOnSite(60),
                    is(Variable::Served, Test::Equals(Value::Flag(false))),
                ]),
            ]),
            actions: vec![Action::SetTriggered(true), say("Customer Service", "Please wait.")],
        }
    );
    let checkout = json!({"event": "page_enter", "condition": ["and", ["eq", "@visitor_page_url", "www.shop.test/cart"],
        ["stillOnPage", 60], ["eq", "@visitor_requesting_chat", false]],
        "actions": [["wait", 5], ["sendMessageToVisitor", "Stephanie", "Any trouble?"]], "version": 1, "editor": "advanced"});
    let parsed = parse(&checkout).unwrap();
    assert_eq!(parsed.actions, [Action::Wait(5), say("Stephanie", "Any trouble?")]);
    assert!(parsed.condition.is_about_page());
    assert_eq!(definitions::source(&checkout).unwrap(), checkout.to_string());
    let menu = with(
        &json!(["and", ["eq", "@message", "agent"], ["eq", "@sender_type", "visitor"], ["not", ["hasTag", "vip"]]]),
        &json!([["setDepartment", 1_817_723_131], ["sendMessageToVisitor", "Desk", "Choose", "(1) Yes/(2) No"], ["addTag", " a "]]),
    );
    assert_eq!(
        parse(&menu).unwrap().actions,
        [
            Action::SetDepartment(DepartmentId::from_i64(1_817_723_131)),
            say("Desk", "Choose\n(1) Yes\n(2) No"),
            Action::AddTag("a".to_owned()),
        ]
    );
}

#[test]
fn values_as_editors_write_them() {
    for (condition, expected) in [
        (json!(["gt", "@visitor_previous_chats", "3"]), Test::Compares(Comparison::Greater, 3)),
        (json!(["eq", "@visitor_served", "true"]), Test::Equals(Value::Flag(true))),
        (json!(["eq", "@visitor_served", 0]), Test::Equals(Value::Flag(false))),
        (json!(["eq", "@visitor_department", null]), Test::Equals(Value::Number(0))),
        (json!(["eq", "@message", 7]), Test::Equals(Value::Text("7".to_owned()))),
        (json!(["nicontains", "@message", "x"]), Test::Lacks("x".to_owned(), Case::Ignored)),
    ] {
        let Condition::Is(_, test) = parse(&with(&condition, &json!([["wait", 1]]))).unwrap().condition else { panic!("{condition}") };
        assert_eq!(test, expected, "{condition}");
    }
}

#[test]
fn what_is_not_understood_is_refused_by_name() {
    let wait = json!([["wait", 1]]);
    let holds = json!(["and"]);
    for (wrong, part) in [
        (json!(7), "must be an object"),
        (json!({}), "definition.event"),
        (json!({"event": "page_left", "condition": ["and"], "actions": [["wait", 1]]}), "page_enter, chat_requested, chat_message"),
        (json!({"event": "page_enter", "actions": [["wait", 1]]}), "definition.condition is missing"),
        (json!({"event": "page_enter", "condition": ["and"]}), "definition.actions is missing"),
        (with(&json!("and"), &wait), "list that begins with a word"),
        (with(&json!([]), &wait), "list that begins with a word"),
        (with(&json!([1]), &wait), "list that begins with a word"),
        (with(&json!(["xor"]), &wait), r#"not understood: ["xor"]"#),
        (with(&json!(["not"]), &wait), "not understood"),
        (with(&json!(["not", ["and"], ["and"]]), &wait), "not understood"),
        (with(&json!(["firedBefore", 1]), &wait), "not understood"),
        (with(&json!(["eq", "@weather", "rain"]), &wait), "@weather"),
        (with(&json!(["lt", "@message", 5]), &wait), "not understood"),
        (with(&json!(["lt", "@hour_of_day", 1.5]), &wait), "not understood"),
        (with(&json!(["contains", "@hour_of_day", "1"]), &wait), "not understood"),
        (with(&json!(["eq", "@visitor_served", "perhaps"]), &wait), "not understood"),
        (with(&json!(["regex", "@message", "("]), &wait), "regular expression"),
        (with(&json!(["eq", "@message", "a\u{0}"]), &wait), "at most 2000 characters"),
        (with(&json!(["eq", "@message", "x".repeat(2_001)]), &wait), "at most 2000 characters"),
        (with(&json!(["stillOnPage", -1]), &wait), "delay"),
        (with(&json!(["stillOnSite", 86_401]), &wait), "delay"),
        (with(&json!(["hasTag", ""]), &wait), "tag"),
        (with(&holds, &json!([])), "1 to 50 actions"),
        (with(&holds, &json!("wait")), "must be a list"),
        (with(&holds, &json!([["launch"]])), r#"not understood: ["launch"]"#),
        (with(&holds, &json!([["wait", "long"]])), "delay"),
        (with(&holds, &json!([["sendMessageToVisitor", "", "x"]])), "who speaks"),
        (with(&holds, &json!([["sendMessageToVisitor", "Ann", " "]])), "must not be empty"),
        (with(&holds, &json!([["sendMessageToVisitor", "Ann", "a\u{0}"]])), "NUL"),
        (with(&holds, &json!([["setDepartment", "sales"]])), "not understood"),
        (with(&holds, &Json::Array(vec![json!(["wait", 1]); 51])), "1 to 50 actions"),
        (with(&Json::Array(vec![json!("and"); 2]), &wait), "list that begins with a word"),
    ] {
        let said = refusal(&wrong);
        assert!(said.contains(part), "{wrong}: {said}");
        assert!(said.chars().count() < 200, "{said}");
    }
}

#[test]
fn definitions_are_bounded() {
    let mut deep = json!(["and"]);
    for _ in 0..CONDITION_DEPTH_MAX - 1 {
        deep = json!(["not", deep]);
    }
    let wait = json!([["wait", 1]]);
    parse(&with(&deep, &wait)).unwrap();
    assert!(refusal(&with(&json!(["not", deep]), &wait)).contains("deep"));
    let mut wide = vec![json!("or")];
    wide.extend(std::iter::repeat_n(json!(["firedBefore"]), CONDITIONS_MAX));
    assert!(refusal(&with(&Json::Array(wide.clone()), &wait)).contains("at most 100 conditions"));
    wide.pop();
    parse(&with(&Json::Array(wide), &wait)).unwrap();
    let expressions =
        |count| Json::Array(std::iter::once(json!("or")).chain(std::iter::repeat_n(json!(["regex", "@message", "a"]), count)).collect());
    parse(&with(&expressions(9), &wait)).unwrap();
    assert!(refusal(&with(&expressions(10), &wait)).contains("counts as 10"));
    let large = json!({"editor": "x".repeat(definitions::DEFINITION_BYTES_MAX)});
    assert_eq!(definitions::source(&large).unwrap_err().kind, crate::error::Kind::TooLarge);
    assert!(read(&format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000))).is_err());
}

/// A condition in the words of a definition.
fn written(condition: &Condition) -> Json {
    let joined = |word: &str, parts: &[Condition]| {
        let mut list = vec![json!(word)];
        list.extend(parts.iter().map(written));
        Json::Array(list)
    };
    let value = |value: &Value| match value {
        Value::Text(text) => json!(text),
        Value::Number(number) => json!(number),
        Value::Flag(flag) => json!(flag),
    };
    match condition {
        Condition::All(parts) => joined("and", parts),
        Condition::Any(parts) => joined("or", parts),
        Condition::Not(part) => json!(["not", written(part)]),
        Condition::HasTag(tag) => json!(["hasTag", tag]),
        Condition::FiredBefore => json!(["firedBefore"]),
        Condition::StillOnSite(seconds) => json!(["stillOnSite", seconds]),
        Condition::StillOnPage(seconds) => json!(["stillOnPage", seconds]),
        Condition::Is(variable, test) => {
            let (operator, wanted) = match test {
                Test::Equals(wanted) => ("eq", value(wanted)),
                Test::Differs(wanted) => ("neq", value(wanted)),
                Test::Compares(Comparison::Less, number) => ("lt", json!(number)),
                Test::Compares(Comparison::LessOrEqual, number) => ("lte", json!(number)),
                Test::Compares(Comparison::Greater, number) => ("gt", json!(number)),
                Test::Compares(Comparison::GreaterOrEqual, number) => ("gte", json!(number)),
                Test::Contains(text, Case::Counts) => ("contains", json!(text)),
                Test::Contains(text, Case::Ignored) => ("icontains", json!(text)),
                Test::Lacks(text, Case::Counts) => ("ncontains", json!(text)),
                Test::Lacks(text, Case::Ignored) => ("nicontains", json!(text)),
                Test::Matches(_) => ("regex", json!("a+")),
            };
            json!([operator, variable.text(), wanted])
        }
    }
}

fn some_condition() -> impl Strategy<Value = Condition> {
    let case = || prop_oneof![Just(Case::Counts), Just(Case::Ignored)];
    let comparison =
        prop_oneof![Just(Comparison::Less), Just(Comparison::LessOrEqual), Just(Comparison::Greater), Just(Comparison::GreaterOrEqual)];
    let text_test = prop_oneof![
        "[a-z ]{0,8}".prop_map(|text| Test::Equals(Value::Text(text))),
        "\\PC{0,8}".prop_map(|text| Test::Differs(Value::Text(text))),
        ("\\PC{0,8}", case()).prop_map(|(text, case)| Test::Contains(text, case)),
        ("\\PC{0,8}", case()).prop_map(|(text, case)| Test::Lacks(text, case)),
    ];
    let number_test = prop_oneof![
        any::<i64>().prop_map(|number| Test::Equals(Value::Number(number))),
        (comparison, any::<i64>()).prop_map(|(comparison, number)| Test::Compares(comparison, number)),
    ];
    let flag_test = any::<bool>().prop_map(|flag| Test::Equals(Value::Flag(flag)));

    let is = (prop::sample::select(Variable::ALL), text_test, number_test, flag_test).prop_map(|(variable, text, number, flag)| {
        let test = match variable.kind() {
            ValueKind::Text => text,
            ValueKind::Number => number,
            ValueKind::Flag => flag,
        };
        Condition::Is(variable, test)
    });
    let leaf = prop_oneof![
        is,
        "[a-z]{1,8}".prop_map(Condition::HasTag),
        Just(Condition::FiredBefore),
        (0..=DELAY_SECONDS_MAX).prop_map(Condition::StillOnSite),
        (0..=DELAY_SECONDS_MAX).prop_map(Condition::StillOnPage),
    ];
    leaf.prop_recursive(4, 30, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Condition::All),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Condition::Any),
            inner.prop_map(|part| Condition::Not(Box::new(part))),
        ]
    })
}

/// Any JSON at all, of words that conditions use among others.
fn some_json() -> impl Strategy<Value = Json> {
    let word = prop_oneof![
        prop::sample::select(vec!["and", "or", "not", "eq", "regex", "@message", "@hour_of_day", "stillOnPage", "wait", "addTag"])
            .prop_map(str::to_owned),
        ".{0,12}",
    ];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(|flag| json!(flag)),
        any::<f64>().prop_map(|n| json!(n)),
        any::<i64>().prop_map(|n| json!(n)),
        word.clone().prop_map(Json::String)
    ];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::Array),
            prop::collection::vec((word.clone(), inner), 0..4).prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(condition in some_condition()) {
        let json = with(&written(&condition), &json!([["wait", 1]]));
        prop_assert_eq!(parse(&json).unwrap().condition, condition.clone());
        prop_assert_eq!(read(&definitions::source(&json).unwrap()).unwrap().condition, condition);
    }

    #[test]
    fn nothing_makes_it_panic(condition in some_json(), action in some_json(), whole in some_json()) {
        let _ = parse(&whole);
        if let Ok(definition) = parse(&with(&condition, &json!([action]))) {
            prop_assert!(definition.actions.len() == 1);
        }
    }
}
