//! Rules that act on conversations of a small desk. What the reader does when it breaks off is in its own tests.

use deskbell_domain::automation::{AnyRuleId, FiringOutcome};
use deskbell_domain::call::Direction;
use deskbell_domain::chat::Rating;
use deskbell_domain::conversation::{Conversation, Status};
use deskbell_domain::event::Event;
use deskbell_domain::field::{FieldOwner, FieldValue};
use deskbell_domain::ids::{ConversationId, RuleId};
use deskbell_domain::message::Actor;
use deskbell_domain::sla::Goal;
use serde_json::{Value as Json, json};

use super::*;
use crate::calls::{self, NewCall, Teller, Telling};
use crate::conversations::stage::{Stage, stage};
use crate::conversations::{self, Authority, Change, Writing, Written};
use crate::error::Kind;
use crate::sla::levels::LevelDraft;
use crate::{chats, customers, fields, sla, timers};

fn named(name: &str, definition: &Json) -> Changes {
    Changes { name: Some(name.to_owned()), definition: Some(definition.clone()), ..Changes::default() }
}

fn rule(stage: &Stage, name: &str, definition: &Json) -> RuleId {
    let changes = named(name, definition);
    stage.write(move |tx, cx| create(tx, cx, &changes)).id
}

/// A rule with one event, some conditions and one action.
fn simple(stage: &Stage, name: &str, event: &str, conditions: Json, action: Json) -> RuleId {
    rule(stage, name, &json!({"events": [event], "conditions": conditions, "actions": [action]}))
}

fn run(stage: &Stage) {
    stage.desk.rule_reader().catch_up().unwrap();
}

/// Name, outcome and detail of what is in the log, the oldest first.
fn logged(stage: &Stage) -> Vec<(String, FiringOutcome, String)> {
    let mut log = stage.see(|tx| firings(tx, LogFilter::default(), i64::MAX, 1_000));
    log.reverse();
    log.into_iter().map(|firing| (firing.name, firing.outcome, firing.detail)).collect()
}

fn names(stage: &Stage) -> Vec<String> {
    logged(stage).into_iter().map(|(name, ..)| name).collect()
}

fn ticket(stage: &Stage, text: &str) -> Conversation {
    let visit = stage.visit();
    stage.ticket(&visit, "carla@shop.example", text)
}

fn tag(stage: &Stage, conversation: ConversationId, tags: &[&str]) {
    let (agent, tags): (_, Vec<String>) = (stage.ann, tags.iter().map(|tag| (*tag).to_owned()).collect());
    stage.write(move |tx, cx| conversations::set_tags(tx, cx, Actor::Agent(agent), conversation, &tags));
}

fn tags(stage: &Stage, conversation: ConversationId) -> Vec<String> {
    stage.conversation(conversation).tags
}

#[test]
fn a_new_ticket_is_sorted() {
    let stage = stage();
    let sales = stage.sales.to_string();
    rule(
        &stage,
        "Refunds",
        &json!({
            "events": ["conversation_created"],
            "conditions": [[{"channel": "M"}, {"text": "/refund|money back/i"}, {"customer_domain": "shop.example"}]],
            "actions": [
                {"add_tag": ["refund", "money"]},
                {"assign": {"department": sales, "agent": stage.ann.to_string()}},
                {"note": "{{customer.name}} wants {{conversation.subject}}"},
                {"answer": "Hello {{customer.email}}, {{agent.name}} of {{department.name}} looks into {{conversation.code}}."},
                {"field": {"code": "kind", "value": "refund"}},
            ],
        }),
    );
    let wanted = ticket(&stage, "I want my MONEY BACK");
    let other = ticket(&stage, "Do you sell tents?");
    run(&stage);
    let found = stage.conversation(wanted.id);
    assert_eq!(
        (found.department, found.assigned, found.status),
        (stage.sales, Some(stage.ann), Status::New),
        "an answer leaves the status"
    );
    assert_eq!(found.tags, ["refund", "money"]);
    let said = stage.exchange(wanted.id);
    assert!(said.contains(&"I:N carla@shop.example wants I want my MONEY BACK".to_owned()), "{said:?}");
    assert!(said.contains(&format!("4:M Hello carla@shop.example, Ann of Sales looks into {}.", found.code)), "{said:?}");
    let field = stage.see(move |tx| fields::custom(tx, FieldOwner::Conversation(wanted.id)));
    assert_eq!(field, [FieldValue { code: "kind".to_owned(), value: "refund".to_owned() }]);
    assert_eq!((tags(&stage, other.id).len(), stage.conversation(other.id).assigned), (0, None));
    let detail = "add_tag: refund, money\nassign: Ann (Sales)\nnote\nanswer\nfield: kind";
    assert_eq!(logged(&stage), [("Refunds".to_owned(), FiringOutcome::Done, detail.to_owned())]);
    // A reader that comes again finds nothing to do.
    run(&stage);
    assert_eq!(logged(&stage).len(), 1);
    stage.is_sound();
}

#[test]
fn who_did_it_and_what_changed() {
    let stage = stage();
    simple(&stage, "by an agent", "status_changed", json!([[{"by": "agent"}, {"status_before": "N"}]]), json!({"add_tag": "handled"}));
    simple(&stage, "tagged", "tags_changed", json!([[{"tag_added": "vip"}, {"not": {"by": "system"}}]]), json!({"status": "R"}));
    simple(&stage, "untagged", "tags_changed", json!([[{"tag_removed": "vip"}]]), json!({"note": "no vip any more"}));
    let one = ticket(&stage, "Hello");
    run(&stage);
    assert_eq!(names(&stage), [""; 0]);
    stage.answer(stage.ann, one.id, "Hi");
    run(&stage);
    assert_eq!(tags(&stage, one.id), ["handled"]);
    tag(&stage, one.id, &["handled", "vip"]);
    run(&stage);
    assert_eq!(stage.status(one.id), Status::Resolved);
    tag(&stage, one.id, &["handled"]);
    run(&stage);
    assert_eq!(names(&stage), ["by an agent", "tagged", "untagged"], "the status that a rule sets is not set by an agent");
}

#[test]
fn actions_that_cannot_be_done_are_passed_over() {
    let stage = stage();
    rule(
        &stage,
        "all at once",
        &json!({
            "events": ["note_added"],
            "actions": [{"status": "X"}, {"status": "R"}, {"answer": "Bye"}, {"postpone": "1h"}, {"add_tag": "late"}, {"remove_tag": "x"}],
        }),
    );
    let one = ticket(&stage, "Hello");
    let (agent, id) = (stage.ann, one.id);
    stage.write(move |tx, cx| {
        let note = Written { writing: Writing::Note, text: "delete it", files: &[], key: None, authority: Authority::Desk };
        conversations::write(tx, cx, Actor::Agent(agent), id, note)
    });
    run(&stage);
    let (.., detail) = logged(&stage).remove(0);
    let lines: Vec<&str> = detail.lines().collect();
    assert_eq!(lines.len(), 6, "{detail}");
    assert_eq!((lines[0], lines[4], lines[5]), ("status: X", "add_tag: late", "remove_tag: as it was"));
    for (line, action) in [(lines[1], "status"), (lines[2], "answer"), (lines[3], "postpone")] {
        assert!(line.starts_with(&format!("{action}: passed over: ")), "{line}");
    }
    assert_eq!((stage.status(id), tags(&stage, id)), (Status::Deleted, vec!["late".to_owned()]));
    stage.is_sound();
}

#[test]
fn order_and_stop() {
    let stage = stage();
    let definition = |tag: &str, stop: bool| json!({"events": ["customer_message"], "conditions": [[{"not": {"tag": "done"}}]], "actions": [{"add_tag": tag}], "stop": stop});
    let first = rule(&stage, "first", &definition("1", false));
    let second = rule(&stage, "second", &definition("2", true));
    let third = rule(&stage, "third", &definition("3", false));
    let one = ticket(&stage, "Hello");
    run(&stage);
    assert_eq!(tags(&stage, one.id), ["1", "2"]);
    let order = stage.write(move |tx, cx| reorder(tx, cx, &[third, second, first]));
    assert_eq!(order.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>(), ["third", "second", "first"]);
    let two = ticket(&stage, "Hello again");
    run(&stage);
    assert_eq!(tags(&stage, two.id), ["3", "2"]);
    stage.write(move |tx, cx| change(tx, cx, second, &Changes { enabled: Some(false), ..Changes::default() }));
    stage.write(move |tx, cx| remove(tx, cx, third));
    let three = ticket(&stage, "And again");
    run(&stage);
    assert_eq!(tags(&stage, three.id), ["1"]);
    for order in [vec![first], vec![first, first], vec![first, second, third], vec![]] {
        let refused = stage.try_write(move |tx, cx| reorder(tx, cx, &order)).unwrap_err();
        assert_eq!((refused.kind, refused.public.as_ref()), (Kind::Invalid, "order must name each of them once"));
    }
}

#[test]
fn what_one_does_the_next_sees() {
    let stage = stage();
    let tagging =
        |wanted: &str, tag: &str| json!({"events": ["customer_message"], "conditions": [[{"tag": wanted}]], "actions": [{"add_tag": tag}]});
    rule(&stage, "a", &json!({"events": ["customer_message"], "actions": [{"add_tag": "a"}]}));
    rule(&stage, "b", &tagging("a", "b"));
    rule(&stage, "c", &tagging("b", "c"));
    let one = ticket(&stage, "Hello");
    run(&stage);
    assert_eq!(tags(&stage, one.id), ["a", "b", "c"]);
}

#[test]
fn two_rules_that_undo_each_other_end() {
    let stage = stage();
    simple(&stage, "tag", "tags_changed", json!([[{"not": {"tag": "x"}}]]), json!({"add_tag": "x"}));
    simple(&stage, "untag", "tags_changed", json!([[{"tag": "x"}]]), json!({"remove_tag": "x"}));
    let one = ticket(&stage, "Hello");
    tag(&stage, one.id, &["y"]);
    run(&stage);
    let log = logged(&stage);
    let short: Vec<(&str, FiringOutcome)> = log.iter().map(|(name, outcome, _)| (name.as_str(), *outcome)).collect();
    // Both act on what the agent did, the second one seeing what the first did; what they did makes them act once more at the most.
    let done = FiringOutcome::Done;
    assert_eq!(short, [("tag", done), ("untag", done), ("tag", done), ("untag", FiringOutcome::Loop)]);
    assert_eq!(log[3].2, "held back: it has acted already in this chain of 2 rules");
    assert_eq!(tags(&stage, one.id), ["y", "x"]);
    // What an agent does begins anew. That one is held back stands in the log once an hour.
    tag(&stage, one.id, &["z"]);
    run(&stage);
    assert_eq!(logged(&stage).len(), 7);
    let causes: Vec<bool> = stage.see(|tx| firings(tx, LogFilter::default(), i64::MAX, 10)).iter().map(|one| one.cause.is_some()).collect();
    assert_eq!(causes, [true, false, false, true, true, false, false]);
    stage.clock.advance_seconds(3_600);
    tag(&stage, one.id, &["z"]);
    run(&stage);
    assert_eq!(logged(&stage).len(), 11);
}

#[test]
fn a_rule_does_not_fire_on_what_it_did_itself() {
    let stage = stage();
    let adds = json!({"events": ["tags_changed", "note_added"], "actions": [{"note": "again"}, {"add_tag": "n"}]});
    rule(&stage, "endless", &adds);
    let one = ticket(&stage, "Hello");
    tag(&stage, one.id, &["y"]);
    run(&stage);
    assert_eq!(names(&stage), ["endless"]);
}

#[test]
fn long_chains_are_cut() {
    let stage = stage();
    for step in 0..12 {
        let (before, after) = (format!("t{step}"), format!("t{}", step + 1));
        simple(&stage, &format!("step {step}"), "tags_changed", json!([[{"tag_added": before}]]), json!({"add_tag": after}));
    }
    let one = ticket(&stage, "Hello");
    tag(&stage, one.id, &["t0"]);
    run(&stage);
    let log = logged(&stage);
    assert_eq!(log.len(), 11);
    assert!(log[..10].iter().all(|(_, outcome, _)| *outcome == FiringOutcome::Done));
    let (name, outcome, detail) = &log[10];
    assert_eq!((name.as_str(), *outcome), ("step 10", FiringOutcome::Chain));
    assert_eq!(detail, "held back: 10 rules in a chain are the most there may be");
    assert_eq!(tags(&stage, one.id).len(), 11);
}

#[test]
fn two_programs_do_not_answer_each_other_for_ever() {
    let stage = stage();
    rule(&stage, "receipt", &json!({"events": ["customer_message"], "actions": [{"answer": "We have got it."}]}));
    let visit = stage.visit();
    stage.all_online();
    let chat = stage.chat(&visit, "Hello");
    for _ in 0..150 {
        let visit = visit.clone();
        stage.write(move |tx, cx| crate::chats::visitor_says(tx, cx, &visit, "We have got your receipt.", None, None));
        run(&stage);
    }
    let said = stage.exchange(chat.conversation);
    assert_eq!(said.iter().filter(|line| line.ends_with("We have got it.")).count(), 5);
    let log = logged(&stage);
    assert_eq!(log.len(), 101, "a hundred an hour, and one row that says so");
    assert_eq!((log[5].1, log[5].2.as_str()), (FiringOutcome::Done, "answer: passed over: rules have sent 5 answers within an hour"));
    assert_eq!(
        (log[100].1, log[100].2.as_str()),
        (FiringOutcome::Often, "held back: it acts at most 100 times an hour on one conversation")
    );
    stage.clock.advance_seconds(3_601);
    stage.write(move |tx, cx| crate::chats::visitor_says(tx, cx, &visit, "Still there?", None, None));
    run(&stage);
    assert_eq!(logged(&stage).last().unwrap().2, "answer");
}

#[test]
fn a_rule_fires_on_what_happens_from_then_on() {
    let stage = stage();
    let before = ticket(&stage, "before");
    let definition = json!({"events": ["conversation_created"], "actions": [{"add_tag": "seen"}]});
    let id = rule(&stage, "seen", &definition);
    let switch = |on: bool| {
        stage.write(move |tx, cx| change(tx, cx, id, &Changes { enabled: Some(on), ..Changes::default() }));
    };
    let on = ticket(&stage, "on");
    run(&stage);
    switch(false);
    let off = ticket(&stage, "off");
    switch(true);
    let again = ticket(&stage, "again");
    run(&stage);
    let seen = [before.id, on.id, off.id, again.id].map(|conversation| !tags(&stage, conversation).is_empty());
    assert_eq!(seen, [false, true, false, true]);
    // What it has not looked at when it is changed is dealt with by neither definition.
    let unseen = ticket(&stage, "unseen");
    let other = json!({"events": ["conversation_created"], "actions": [{"add_tag": "other"}]});
    stage.write(move |tx, cx| change(tx, cx, id, &Changes { definition: Some(other), ..Changes::default() }));
    let later = ticket(&stage, "later");
    run(&stage);
    assert_eq!((tags(&stage, unseen.id), tags(&stage, later.id)), (vec![], vec!["other".to_owned()]));
}

#[test]
fn business_hours_are_those_of_the_event() {
    let stage = stage();
    // The stage's clock stands at 2026-09-21 14:13:20 UTC, a Monday.
    let hours = json!([[{"hours": "GMT; mon 09:00-17:00"}]]);
    simple(&stage, "open", "conversation_created", hours, json!({"add_tag": "in hours"}));
    simple(
        &stage,
        "closed",
        "conversation_created",
        json!([[{"not": {"hours": "GMT; mon 09:00-17:00"}}]]),
        json!({"add_tag": "out of hours"}),
    );
    let early = ticket(&stage, "early");
    stage.clock.advance_seconds(8 * 3_600);
    let late = ticket(&stage, "late");
    // The reader was down until now.
    run(&stage);
    assert_eq!((tags(&stage, early.id), tags(&stage, late.id)), (vec!["in hours".to_owned()], vec!["out of hours".to_owned()]));
}

#[test]
fn chats_are_handed_over_and_ended() {
    let stage = stage();
    stage.all_online();
    let sales = stage.sales.to_string();
    simple(&stage, "to sales", "customer_message", json!([[{"text": "offer"}]]), json!({"assign": {"department": sales}}));
    simple(&stage, "bye", "customer_message", json!([[{"text": "bye"}]]), json!({"status": "R"}));
    simple(&stage, "missed", "chat_missed", json!([]), json!({"add_tag": "missed"}));
    let visit = stage.visit();
    let chat = stage.chat(&visit, "Make me an offer");
    run(&stage);
    let moved = stage.see(move |tx| Ok(tables::chats::get(tx, chat.id)?.expect("the chat")));
    assert_eq!(moved.department, stage.sales);
    let speaker = visit.clone();
    stage.write(move |tx, cx| crate::chats::visitor_says(tx, cx, &speaker, "bye", None, None));
    run(&stage);
    assert_eq!(stage.status(chat.conversation), Status::Resolved);
    assert_eq!(tags(&stage, chat.conversation), ["missed"]);
    assert_eq!(names(&stage), ["to sales", "bye", "missed"]);
    stage.is_sound();
}

#[test]
fn postponed_conversations_come_back() {
    let stage = stage();
    simple(&stage, "wait", "tags_changed", json!([[{"tag_added": "wait"}]]), json!({"postpone": "2h"}));
    let (one, two) = (ticket(&stage, "one"), ticket(&stage, "two"));
    stage.answer(stage.ann, one.id, "a moment");
    for conversation in [one.id, two.id] {
        tag(&stage, conversation, &["wait"]);
    }
    run(&stage);
    assert_eq!((stage.status(one.id), stage.status(two.id)), (Status::Postponed, Status::Postponed));
    // The customer cannot wait: it is open, and nothing comes back.
    stage.write(move |tx, cx| conversations::change_status(tx, cx, Actor::System, two.id, Change::Open));
    stage.clock.advance_seconds(2 * 3_600 - 1);
    let end = || stage.write(conversations::postponing::end_postponements);
    end();
    assert_eq!(stage.status(one.id), Status::Postponed);
    stage.clock.advance_seconds(1);
    end();
    assert_eq!((stage.status(one.id), stage.status(two.id)), (Status::Answered, Status::Open));
    let refused = stage.try_write(move |tx, cx| conversations::postponing::postpone(tx, cx, Actor::System, one.id, cx.now));
    assert_eq!(refused.unwrap_err().kind, Kind::Invalid);
}

#[test]
fn a_rule_does_not_fire_on_the_end_of_its_own_postponement() {
    let stage = stage();
    let aside = simple(&stage, "aside", "status_changed", json!([[{"status": ["N", "C"]}]]), json!({"postpone": "1d"}));
    simple(&stage, "back", "status_changed", json!([[{"status_before": "W"}]]), json!({"add_tag": "back"}));
    let one = ticket(&stage, "one");
    let by_ann = Actor::Agent(stage.ann);
    stage.write(move |tx, cx| {
        conversations::change_status(tx, cx, by_ann, one.id, Change::Answered)?;
        conversations::change_status(tx, cx, by_ann, one.id, Change::Open)
    });
    run(&stage);
    assert_eq!((names(&stage), stage.status(one.id)), (vec!["aside".to_owned()], Status::Postponed));
    let day = || {
        stage.clock.advance_seconds(86_400);
        stage.write(conversations::postponing::end_postponements);
        run(&stage);
    };
    day();
    assert_eq!((names(&stage), stage.status(one.id)), (vec!["aside".to_owned(), "back".to_owned()], Status::Open));
    let log = stage.see(|tx| firings(tx, LogFilter::default(), i64::MAX, 10));
    assert_eq!(log[0].cause, Some(log[1].number), "what others do about it is the same chain");
    // What an agent does begins a new one, and so does the end of what an agent set aside.
    stage.write(move |tx, cx| conversations::postponing::postpone(tx, cx, by_ann, one.id, cx.now.plus_seconds(3_600)));
    day();
    assert_eq!(names(&stage)[2..], ["aside", "back"]);
    assert_eq!(stage.status(one.id), Status::Postponed);
    // An agent puts it off yet again: then the end is no longer what the rule did.
    stage.write(move |tx, cx| conversations::postponing::postpone(tx, cx, by_ann, one.id, cx.now.plus_seconds(7_200)));
    day();
    assert_eq!(names(&stage)[4..], ["aside", "back"]);
    stage.write(move |tx, cx| remove(tx, cx, aside));
    day();
    assert_eq!(stage.status(one.id), Status::Open);
    stage.is_sound();
}

#[test]
fn who_rates_is_the_customer() {
    let stage = stage();
    simple(&stage, "thanks", "rated", json!([[{"by": "customer"}, {"rating": "good"}]]), json!({"add_tag": "thanks"}));
    simple(&stage, "nobody else", "rated", json!([[{"by": ["agent", "system"]}]]), json!({"add_tag": "else"}));
    stage.all_online();
    let visit = stage.visit();
    let chat = stage.chat(&visit, "Hello?");
    stage.accept(stage.owner, chat.id);
    stage.write(move |tx, cx| chats::rate(tx, cx, &visit, Some(Rating::Good), None));
    run(&stage);
    assert_eq!((names(&stage), tags(&stage, chat.conversation)), (vec!["thanks".to_owned()], vec!["thanks".to_owned()]));
}

#[test]
fn service_levels_are_given_and_their_breaches_heard() {
    let stage = stage();
    let draft = LevelDraft { name: Some("Gold".to_owned()), times: vec![(Goal::FirstAnswer, Some(3_600))], ..LevelDraft::default() };
    let gold = stage.write(move |tx, cx| sla::levels::create(tx, cx, &draft)).id;
    simple(&stage, "gold", "tags_changed", json!([[{"tag_added": "vip"}]]), json!({"sla_level": gold.to_string()}));
    simple(&stage, "none", "tags_changed", json!([[{"tag_removed": "vip"}]]), json!({"sla_level": "none"}));
    simple(&stage, "late", "sla_breached", json!([[{"sla_goal": "first_answer"}]]), json!({"add_tag": "late"}));
    let one = ticket(&stage, "Hello");
    let due = || stage.see(move |tx| Ok(sla::standing(tx, one.id)?.due()));
    tag(&stage, one.id, &["vip"]);
    assert_eq!(due(), None);
    run(&stage);
    assert!(due().is_some());
    assert_eq!(logged(&stage), [("gold".to_owned(), FiringOutcome::Done, "sla_level: Gold".to_owned())]);
    tag(&stage, one.id, &[]);
    run(&stage);
    assert_eq!(due(), None);
    tag(&stage, one.id, &["vip"]);
    run(&stage);
    stage.clock.advance_seconds(4_000);
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let mut timers = timers::Timers::new(stage.desk.now().plus_seconds(-60));
        timers.tick(&stage.desk).await.unwrap();
    });
    run(&stage);
    assert_eq!(names(&stage), ["gold", "none", "gold", "late"]);
    assert_eq!(tags(&stage, one.id), ["vip", "late"]);
    let unknown = json!({"events": ["rated"], "actions": [{"sla_level": "zzzzzzzz"}]});
    let refused = stage.try_write(move |tx, cx| create(tx, cx, &named("unknown", &unknown))).unwrap_err();
    assert_eq!(refused.public, "no such service level: zzzzzzzz");
}

#[test]
fn merged_conversations_and_customers_taken_away() {
    let stage = stage();
    simple(&stage, "seen", "customer_message", json!([]), json!({"add_tag": "seen"}));
    let (one, two) = (ticket(&stage, "one"), ticket(&stage, "two"));
    stage.write(move |tx, cx| conversations::merge::merge(tx, cx, Actor::System, one.id, two.id));
    run(&stage);
    assert_eq!(tags(&stage, two.id), ["seen"], "what happened to one that was merged counts for where it went");
    let three = ticket(&stage, "three");
    let customer = three.customer;
    stage.write(move |tx, cx| customers::removal::remove(tx, cx, customer));
    run(&stage);
    assert_eq!(tags(&stage, three.id), ["seen"]);
    stage.is_sound();
}

#[test]
fn managing() {
    let stage = stage();
    let definition = json!({"events": ["rated"], "actions": [{"note": "x"}]});
    let id = rule(&stage, "one", &definition);
    let refused = |changes: Changes| stage.try_write(move |tx, cx| create(tx, cx, &changes)).unwrap_err();
    for (changes, kind, said) in [
        (Changes::default(), Kind::Missing, "name is missing"),
        (Changes { name: Some("two".to_owned()), ..Changes::default() }, Kind::Missing, "definition is missing"),
        (named("one", &definition), Kind::Invalid, "name: another rule has it"),
        (named(" ", &definition), Kind::Invalid, "name must not be empty"),
        (
            named("two", &json!({"events": ["rated"], "actions": [{"assign": {"agent": "zzzzzzzz"}}]})),
            Kind::Invalid,
            "no such agent: zzzzzzzz",
        ),
        (
            named("two", &json!({"events": ["rated"], "conditions": [[{"department": "zzzzzzzz"}]], "actions": [{"note": "x"}]})),
            Kind::Invalid,
            "no such department: zzzzzzzz",
        ),
    ] {
        let error = refused(changes);
        assert_eq!((error.kind, error.public.as_ref()), (kind, said));
    }
    let kept = stage.see(move |tx| get(tx, id));
    assert_eq!((kept.name.as_str(), kept.enabled, kept.source.as_str()), ("one", true, definition.to_string().as_str()));
    let head = stage.head();
    stage.write(move |tx, cx| change(tx, cx, id, &named("one", &json!({"events": ["rated"], "actions": [{"note": "x"}]}))));
    assert_eq!(stage.head(), head, "nothing changed, nothing is told");
    stage.write(move |tx, cx| remove(tx, cx, id));
    assert_eq!(stage.try_write(move |tx, cx| remove(tx, cx, id)).unwrap_err().kind, Kind::NotFound);
    for place in 0..RULES_MAX {
        rule(&stage, &format!("rule {place}"), &definition);
    }
    assert_eq!(refused(named("one more", &definition)).kind, Kind::Conflict);
}

#[test]
fn the_log_by_rule_and_conversation_is_forgotten_in_time() {
    let stage = stage();
    let first = simple(&stage, "first", "conversation_created", json!([]), json!({"add_tag": "1"}));
    simple(&stage, "second", "conversation_created", json!([]), json!({"add_tag": "2"}));
    let (one, two) = (ticket(&stage, "one"), ticket(&stage, "two"));
    run(&stage);
    let log = |filter: LogFilter| stage.see(move |tx| firings(tx, filter, i64::MAX, 10));
    assert_eq!(log(LogFilter::default()).len(), 4);
    let by_rule = log(LogFilter { rule: Some(AnyRuleId::Rule(first)), conversation: None });
    assert_eq!(by_rule.iter().map(|firing| firing.conversation).collect::<Vec<_>>(), [two.id, one.id]);
    assert_eq!(log(LogFilter { rule: None, conversation: Some(one.id) }).len(), 2);
    let told = stage.events(0).iter().filter(|event| matches!(event, Event::Automation(AutomationEvent::RuleFired { .. }))).count();
    assert_eq!(told, 4);
    stage.clock.advance_seconds(91 * 86_400);
    let three = ticket(&stage, "three");
    run(&stage);
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let mut timers = timers::Timers::new(stage.desk.now().plus_seconds(-86_400));
        timers.tick(&stage.desk).await.unwrap();
    });
    assert!(log(LogFilter::default()).iter().all(|firing| firing.conversation == three.id));
}

#[test]
fn who_began_it() {
    let stage = stage();
    for (name, event, by) in [
        ("customers", "conversation_created", "customer"),
        ("agents", "conversation_created", "agent"),
        ("nobodys", "conversation_created", "system"),
        ("asked", "chat_started", "customer"),
    ] {
        simple(&stage, name, event, json!([[{"by": by}]]), json!({"add_tag": name}));
    }
    let written = ticket(&stage, "Hello").id;
    let owner = stage.owner;
    let telling = Telling { teller: Teller::Desk, agent: Some(owner.to_string()), key: None };
    let new = NewCall { number: Some("+44 1632 960001".to_owned()), ..NewCall::new(Direction::Outgoing) };
    let called = stage.write(move |tx, cx| calls::start(tx, cx, &telling, &new)).conversation.unwrap();
    stage.all_online();
    let chat = stage.chat(&stage.visit(), "Hello?").conversation;
    run(&stage);
    let seen = [written, called, chat].map(|conversation| tags(&stage, conversation).join(" "));
    assert_eq!(seen, ["customers", "agents", "customers asked"]);
}
