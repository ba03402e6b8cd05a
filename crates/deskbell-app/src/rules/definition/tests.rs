mod kinds;

use deskbell_domain::rule::{Clause, FieldTest, TextTest, TimeTest, Who};
use deskbell_domain::sla::Goal;
use deskbell_domain::trigger::{Case, Pattern};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::definitions::DEFINITION_BYTES_MAX;
use crate::error::Kind;

fn with(conditions: Json) -> Json {
    json!({"events": ["tags_changed"], "conditions": conditions, "actions": [{"add_tag": "a"}]})
}

fn condition(json: &Json) -> Result<Clause, AppError> {
    Ok(parse(&with(json!([[json]])))?.conditions.0.remove(0).remove(0))
}

fn timed(conditions: Json) -> Result<TimeRuleDefinition, AppError> {
    parse_timed(&json!({"conditions": conditions, "actions": [{"add_tag": "a"}]}))
}

fn refusal<T: std::fmt::Debug>(read: Result<T, AppError>) -> String {
    read.expect_err("it is refused").public.into_owned()
}

#[test]
fn a_rule_in_all_its_parts() {
    let read = parse(&json!({
        "events": ["customer_message", "conversation_created"],
        "conditions": [[{"status": ["N", "C"]}, {"not": {"tag": " vip "}}], [{"by": "customer"}]],
        "actions": [
            {"note": "From {{customer.name}}"},
            {"add_tag": ["a", "b"]},
            {"remove_tag": "c"},
            {"assign": {"department": "default", "agent": "none"}},
            {"assign": {"agent": "56df98rt"}},
            {"status": "R"},
            {"postpone": "2d"},
            {"answer": "Thank you."},
            {"answer": {"name": "Desk", "text": "Your code: {{conversation.code}}"}},
            {"field": {"code": "plan", "value": "gold"}},
        ],
        "stop": true,
    }))
    .unwrap();
    let text = |text: &str| Template::parse(text).unwrap();
    let clause = |condition, negated| Clause { condition, negated };
    let ann = AgentId::parse("56df98rt").unwrap();
    assert_eq!(read.events, [RuleEvent::CustomerMessage, RuleEvent::ConversationCreated]);
    assert_eq!(
        read.conditions.0,
        [
            vec![clause(Condition::Status(vec![Status::New, Status::Open]), false), clause(Condition::Tag(vec!["vip".to_owned()]), true)],
            vec![clause(Condition::By(vec![Who::Customer]), false)],
        ]
    );
    assert_eq!(
        read.actions,
        [
            Action::Note(text("From {{customer.name}}")),
            Action::AddTags(vec!["a".to_owned(), "b".to_owned()]),
            Action::RemoveTags(vec!["c".to_owned()]),
            Action::Assign { department: Some(DepartmentId::DEFAULT), agent: Some(None) },
            Action::Assign { department: None, agent: Some(Some(ann)) },
            Action::SetStatus(Status::Resolved),
            Action::Postpone(2 * 86_400),
            Action::Answer { name: None, text: text("Thank you.") },
            Action::Answer { name: Some("Desk".to_owned()), text: text("Your code: {{conversation.code}}") },
            Action::SetField { code: "plan".to_owned(), value: "gold".to_owned() },
        ]
    );
    assert_eq!(read.others, Others::Stop);
    let plain = parse(&json!({"events": "rated", "actions": [{"note": "x"}]})).unwrap();
    assert_eq!((plain.conditions, plain.others), (Conditions::default(), Others::GoOn), "always, and others go on");
}

#[test]
fn conditions_as_they_are_written() {
    let contains = |text: &str| TextTest::Contains(text.to_owned());
    let matches = |source, case| TextTest::Matches(Pattern::within(source, case).unwrap());
    let texts = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    for (json, wanted) in [
        (json!({"text": "Money Back"}), Condition::Text(contains("money back"))),
        (json!({"text": "/a|b/"}), Condition::Text(matches("a|b", Case::Counts))),
        (json!({"subject": "/a|b/i"}), Condition::Subject(matches("a|b", Case::Ignored))),
        (json!({"subject": "/a|b/x"}), Condition::Subject(contains("/a|b/x"))),
        (json!({"subject": "a/b"}), Condition::Subject(contains("a/b"))),
        (json!({"customer_domain": ["@Shop.Example", "x.test"]}), Condition::CustomerDomain(texts(&["shop.example", "x.test"]))),
        (json!({"agent": ["none"]}), Condition::Agent(vec![None])),
        (json!({"company": "none"}), Condition::Company(vec![None])),
        (json!({"by": ["agent", "system"]}), Condition::By(vec![Who::AnyAgent, Who::System])),
        (json!({"field": {"code": "plan"}}), Condition::ConversationField("plan".to_owned(), FieldTest::Filled)),
        (
            json!({"field": {"code": "plan", "is": "Gold"}}),
            Condition::ConversationField("plan".to_owned(), FieldTest::Is("Gold".to_owned())),
        ),
        (
            json!({"customer_field": {"code": "plan", "has": "Gold"}}),
            Condition::CustomerField("plan".to_owned(), FieldTest::Has(contains("gold"))),
        ),
        (json!({"sla_goal": "next_answer"}), Condition::SlaGoal(vec![Goal::NextAnswer])),
        (json!({"tag_added": ["a"]}), Condition::TagAdded(texts(&["a"]))),
        (json!({"status_before": "R"}), Condition::StatusBefore(vec![Status::Resolved])),
    ] {
        assert_eq!(condition(&json).map_err(|error| error.public), Ok(Clause { condition: wanted, negated: false }), "{json}");
    }
    let Condition::Hours(calendar) = condition(&json!({"hours": "Europe/Berlin; mon 09:00-17:00"})).unwrap().condition else { panic!() };
    assert_eq!(calendar.zone_name(), "Europe/Berlin");
}

#[test]
fn waits() {
    for (json, seconds) in
        [(json!(60), 60), (json!("90"), 90), (json!("30m"), 1_800), (json!(" 4 h"), 14_400), (json!("3650d"), WAIT_SECONDS_MAX)]
    {
        let read = timed(json!([[{"created_more_than": json}]])).unwrap();
        assert_eq!(read.conditions.0[0][0].condition, Condition::Time(TimeTest::CreatedMoreThan, seconds), "{json}");
    }
    for json in [json!(59), json!("3651d"), json!(-60), json!("9223372036854775807d"), json!("1w"), json!(""), json!(1.5), json!(null)] {
        let refusal = refusal(timed(json!([[{"status_changed_more_than": json}]])));
        assert!(refusal.starts_with("definition.conditions[0][0].status_changed_more_than must be 60 to"), "{refusal}");
    }
    timed(json!([[{"overdue_by_more_than": 0}]])).unwrap();
}

#[test]
fn refusals_name_the_place() {
    for (json, said) in [
        (json!([]), "definition must be an object"),
        (json!({"actions": [{"note": "x"}]}), "definition.events is missing"),
        (json!({"events": ["sneezed"], "actions": [{"note": "x"}]}), "definition.events[0] must be one of conversation_created, "),
        (json!({"events": [], "actions": [{"note": "x"}]}), "definition.events must have 1 to 100 entries"),
        (json!({"events": "rated"}), "definition.actions is missing"),
        (json!({"events": "rated", "actions": []}), "definition.actions must have 1 to 20 entries"),
        (json!({"events": "rated", "actions": {"note": "x"}}), "definition.actions must be a list"),
        (json!({"events": "rated", "actions": [{"note": "x", "add_tag": "y"}]}), "definition.actions[0] must be an object with one member"),
        (json!({"events": "rated", "actions": [{"call_url": "x"}]}), "definition.actions[0].call_url is not known"),
        (
            json!({"events": "rated", "actions": [{"note": "{{customer.password}}"}]}),
            "definition.actions[0].note has a placeholder that is not known: customer.password",
        ),
        (json!({"events": "rated", "actions": [{"note": " "}]}), "definition.actions[0].note must not be empty"),
        (json!({"events": "rated", "actions": [{"status": "T"}]}), "definition.actions[0].status must be one of A, C, R, X, B"),
        (json!({"events": "rated", "actions": [{"sla_level": "gold"}]}), "definition.actions[0].sla_level is not an id"),
        (json!({"events": "rated", "actions": [{"assign": {}}]}), "definition.actions[0].assign.department and"),
        (json!({"events": "rated", "actions": [{"assign": {"agent": "Ann"}}]}), "definition.actions[0].assign.agent is not an id"),
        (json!({"events": "rated", "actions": [{"add_tag": "a,b"}]}), "definition.actions[0].add_tag: a tag has at most"),
        (
            json!({"events": "rated", "actions": [{"answer": {"text": "x", "html": true}}]}),
            "definition.actions[0].answer.html is not known",
        ),
        (json!({"events": "rated", "actions": [{"field": {"code": "x"}}]}), "definition.actions[0].field.value is missing"),
        (json!({"events": "rated", "actions": [{"note": "x"}], "stop": 1}), "definition.stop must be true or false"),
        (json!({"events": "rated", "actions": [{"note": "x"}], "order": 1}), "definition.order is not known"),
        (with(json!({})), "definition.conditions must be a list of groups"),
        (with(json!([{"status": "N"}])), "definition.conditions[0] must be a list of conditions"),
        (with(json!([[]])), "definition.conditions[0] must be a list of conditions"),
        (with(json!([[{"status": ["N", "?"]}]])), "definition.conditions[0][0].status[1] must be one of I, N"),
        (with(json!([[{"priority": 1}]])), "definition.conditions[0][0].priority is not known"),
        (with(json!([[{"not": {"not": {"tag": "a"}}}]])), "definition.conditions[0][0].not.not is not known"),
        (with(json!([[{"text": "/a(/"}]])), "definition.conditions[0][0].text: a regular expression is not understood"),
        (with(json!([[{"text": ""}]])), "definition.conditions[0][0].text must have 1 to 2000 characters"),
        (with(json!([[{"hours": "Mars/Base; mon 09:00-17:00"}]])), "definition.conditions[0][0].hours names a time zone"),
        (with(json!([[{"hours": "Europe/Berlin"}]])), "definition.conditions[0][0].hours is open on no day"),
        (with(json!([[{"hours": "GMT; off 2026-12-25"}]])), "definition.conditions[0][0].hours is open on no day"),
        (
            with(json!([[{"tag": "a"}], [{"tag": "b"}, {"not": {"hours": "GMT"}}]])),
            "definition.conditions[1][1].not.hours is open on no day",
        ),
        (with(json!([[{"field": {"code": "a", "is": "b", "has": "c"}}]])), "definition.conditions[0][0].field has either"),
        (with(json!([[{"created_more_than": "2h"}]])), "definition.conditions[0][0].created_more_than is for time rules"),
    ] {
        let refusal = refusal(parse(&json));
        assert!(refusal.starts_with(said), "{json}: {refusal}");
    }
    for (conditions, said) in [
        (json!([]), "definition.conditions must have a group"),
        (json!([[{"status": "N"}]]), "definition.conditions[0] needs a condition about time"),
        (json!([[{"not": {"created_more_than": 60}}]]), "definition.conditions[0] needs a condition about time"),
        (json!([[{"created_more_than": 60}], [{"tag": "a"}]]), "definition.conditions[1] needs a condition about time"),
        (json!([[{"created_more_than": 60}, {"tag_added": "a"}]]), "definition.conditions[0][1].tag_added is for rules"),
        (json!([[{"created_more_than": 60}, {"hours": "GMT"}]]), "definition.conditions[0][1].hours is open on no day"),
    ] {
        let refusal = refusal(timed(conditions));
        assert!(refusal.starts_with(said), "{refusal}");
    }
    assert!(
        refusal(parse_timed(&json!({"events": "rated", "conditions": [], "actions": []}))).starts_with("definition.events is not known")
    );
}

#[test]
fn what_older_programs_stored_is_understood() {
    let closed = || json!({"not": {"hours": "GMT; off 2026-12-25"}});
    let (plain, waits) = (with(json!([[closed()]])), json!([[{"created_more_than": 60}, closed()]]));
    let stored_wait = json!({"conditions": waits, "actions": [{"add_tag": "a"}]});
    assert!(parse(&plain).is_err() && parse_timed(&stored_wait).is_err(), "they are written no more");
    let conditions = [read(&plain.to_string()).unwrap().conditions, read_timed(&stored_wait.to_string()).unwrap().conditions];
    for clause in conditions.map(|mut conditions| conditions.0.remove(0).pop().unwrap()) {
        assert!(matches!(&clause.condition, Condition::Hours(calendar) if calendar.is_never_open()) && clause.negated, "{clause:?}");
    }
}

#[test]
fn hostile_definitions() {
    let many = |count| with(Json::Array(vec![json!(vec![json!({"tag": "a"}); count])]));
    parse(&many(50)).unwrap();
    assert!(refusal(parse(&many(51))).contains("at most 50 conditions"));
    let expressions = |count| with(json!([vec![json!({"text": "/a/"}); count]]));
    parse(&expressions(10)).unwrap();
    assert!(refusal(parse(&expressions(11))).contains("count as 5"));
    assert!(refusal(parse(&with(json!(vec![json!([{"tag": "a"}]); 21])))).contains("at most 20 groups"));
    assert!(refusal(parse(&with(json!([[{"tag": vec!["a"; 101]}]])))).contains("1 to 100 entries"));
    // Nested repetitions would take gigabytes.
    assert!(refusal(parse(&with(json!([[{"text": "/((a{1,100}){1,100}){1,100}/"}]])))).contains("too large"));
    let long = "x".repeat(100_000);
    assert!(refusal(parse(&with(json!([[{"text": long}]])))).len() < 200, "a refusal repeats little of it");
    assert!(refusal(parse(&with(json!([[{&long: 1}]])))).len() < 200);
    assert!(refusal(parse(&json!({&long: 1}))).len() < 250);
    assert_eq!(definitions::source(&json!({"a": "x".repeat(DEFINITION_BYTES_MAX)})).unwrap_err().kind, Kind::TooLarge);
    assert!(read(&format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000))).is_err());
    assert!(read_timed("{").is_err());
}

/// Any JSON, of the words that mean something and others.
fn any_json() -> impl Strategy<Value = Json> {
    let word = prop::sample::select(vec![
        "events",
        "conditions",
        "actions",
        "stop",
        "not",
        "tag",
        "status",
        "N",
        "text",
        "/a/",
        "note",
        "answer",
        "assign",
        "agent",
        "none",
        "created_more_than",
        "2h",
        "field",
        "code",
        "hours",
        "GMT; mon 09:00-17:00",
        "x",
    ]);
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        word.clone().prop_map(Json::from)
    ];
    leaf.prop_recursive(5, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((word.clone(), inner), 0..4)
                .prop_map(|members| Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_given_is_read_or_refused(json in any_json()) {
        for read in [parse(&json).map(drop), parse_timed(&json).map(drop), parse(&with(json.clone())).map(drop), timed(json.clone()).map(drop)] {
            if let Err(error) = read {
                prop_assert!(matches!(error.kind, Kind::Invalid | Kind::Missing | Kind::TooLarge), "{error}");
            }
        }
    }
}
