//! `web/shared/kinds.json` says to the console what there is: words of rules with examples, letters, measures. Held here against the program,
//! and by a test of the console against its forms.

use deskbell_domain::chat::Rating;
use deskbell_domain::conversation::Channel;
use deskbell_domain::measure::{REGISTRY, Unit};
use deskbell_domain::rule::{ActionWord, ConditionWord, Online, Placeholder};

use super::*;

const FILE: &str = include_str!("../../../../../../web/shared/kinds.json");

/// Conditions with each word, as the console writes them: lists are always lists.
fn examples_of(word: ConditionWord) -> Json {
    let texts =
        || json!(["refund", "/refund|money back/", "/refund/i", {"contains": "/shop/"}, ["refund", "/money back/i", {"contains": "/a/i"}]]);
    let fields = || {
        json!([{"code": "plan"}, {"code": "plan", "is": "gold"}, {"code": "plan", "has": "old"}, {"code": "plan", "has": "/^g/i"},
            {"code": "plan", "has": ["/g.*d/", "silver"]}])
    };
    match word {
        ConditionWord::Event => json!([["customer_message", "rated"]]),
        ConditionWord::By => json!([["customer", "agent", "system", "56df98rt"]]),
        ConditionWord::Status | ConditionWord::StatusBefore => json!([["N", "C"]]),
        ConditionWord::Channel => json!([["E", "M"]]),
        ConditionWord::Department => json!([["default"]]),
        ConditionWord::Agent => json!([["56df98rt", "none"]]),
        ConditionWord::Tag | ConditionWord::TagAdded | ConditionWord::TagRemoved => json!([["vip", "two words"]]),
        ConditionWord::Subject | ConditionWord::Text | ConditionWord::CustomerName | ConditionWord::CustomerEmail => texts(),
        ConditionWord::Referrer | ConditionWord::Page => texts(),
        ConditionWord::CustomerDomain => json!([["acme.example", "*.shop.example"]]),
        ConditionWord::Language => json!([["de", "en-gb"]]),
        ConditionWord::AgentStatus => json!([["M", "P", "T", "F"]]),
        ConditionWord::CustomerGroup => json!([["fz3k"]]),
        ConditionWord::Company => json!([["56df98rt", "none"]]),
        ConditionWord::Field | ConditionWord::CustomerField => fields(),
        ConditionWord::Hours => json!([
            "Europe/Berlin; mon 09:00-12:00 13:00-17:00; tue 09:00-17:00; off 2026-12-25 2027-01-01",
            "UTC; fri 22:00-24:00; sat 00:00-06:00",
        ]),
        ConditionWord::Rating => json!([["good", "bad"]]),
        ConditionWord::SlaGoal => json!([["first_answer", "call_answer"]]),
        ConditionWord::CreatedMoreThan | ConditionWord::StatusChangedMoreThan => json!(["1d", "2h"]),
        ConditionWord::LastMessageMoreThan | ConditionWord::DueInLessThan => json!(["30m", 90]),
        ConditionWord::OverdueByMoreThan => json!([0, "15m"]),
    }
}

/// Actions with each word.
fn actions(word: ActionWord) -> Json {
    match word {
        ActionWord::Note => json!(["From {{customer.name}}"]),
        ActionWord::AddTag | ActionWord::RemoveTag => json!([["vip", "two words"]]),
        ActionWord::Assign => json!([{"department": "default"}, {"agent": "none"}, {"department": "default", "agent": "56df98rt"}]),
        ActionWord::Status => json!(["R"]),
        ActionWord::Postpone => json!(["2d", 90]),
        ActionWord::Answer => json!([{"text": "Thank you."}, {"text": "Thank you.", "name": "Desk"}]),
        ActionWord::SlaLevel => json!(["none", "56df98rt"]),
        ActionWord::Field => json!([{"code": "plan", "value": "gold"}]),
    }
}

/// Whether a rule, or a time rule, may have the condition.
fn is_for_rules(condition: &Json) -> bool {
    parse(&with(json!([[condition]]))).is_ok()
}

fn is_for_time_rules(condition: &Json) -> bool {
    let waits = json!({"created_more_than": 60});
    timed(json!([[waits, condition]])).is_ok()
}

/// Whether a rule that chooses a service level may have it.
fn is_for_sla_rules(condition: &Json) -> bool {
    conditions::read("conditions", &json!([[condition]]), conditions::Kind::Beginning).is_ok()
}

fn words<T: Copy>(all: &[T], spell: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| spell(*one)).collect()
}

#[test]
fn the_console_is_told_what_there_is() {
    let condition = |word: &ConditionWord| {
        let examples = examples_of(*word);
        let all: Vec<Json> = examples.as_array().unwrap().iter().map(|value| json!({ word.text(): value })).collect();
        let may = |is_for: fn(&Json) -> bool| all.iter().all(is_for);
        let (rules, time_rules, sla_rules) = (may(is_for_rules), may(is_for_time_rules), may(is_for_sla_rules));
        assert!(rules || time_rules, "{}", word.text());
        (word.text().to_owned(), json!({"rules": rules, "time_rules": time_rules, "sla_rules": sla_rules, "examples": examples}))
    };
    let action = |word: &ActionWord| {
        let examples = actions(*word);
        for value in examples.as_array().unwrap() {
            read_action("action", &json!({ word.text(): value })).unwrap();
        }
        (word.text().to_owned(), json!({"examples": examples}))
    };
    let unit = |unit: Unit| match unit {
        Unit::Count => "count",
        Unit::Micros => "milliseconds",
    };
    let measures: Vec<Json> = REGISTRY.iter().map(|entry| json!({"name": entry.name, "unit": unit(entry.unit)})).collect();
    let wanted = json!({
        "events": words(RuleEvent::ALL, RuleEvent::text),
        "conditions": ConditionWord::ALL.iter().map(condition).collect::<Map<String, Json>>(),
        "actions": ActionWord::ALL.iter().map(action).collect::<Map<String, Json>>(),
        "placeholders": words(Placeholder::ALL, Placeholder::text),
        "statuses": words(Status::ALL, Status::text),
        "settable_statuses": words(&SETTABLE, Status::text),
        "channels": words(Channel::ALL, Channel::text),
        "ratings": words(Rating::ALL, Rating::text),
        "goals": words(Goal::ALL, Goal::text),
        "agent_statuses": words(Online::ALL, Online::text),
        "measures": measures,
    });
    let told: Json = serde_json::from_str(FILE).unwrap();
    assert_eq!(told, wanted, "web/shared/kinds.json must be\n{wanted}");
}
