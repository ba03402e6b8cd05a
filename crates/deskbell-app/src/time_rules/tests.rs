//! Time rules on a small desk with a clock that is moved by hand. What a restart is to them is nothing: all they know is in rows.

mod parting;

use deskbell_domain::automation::FiringOutcome;
use deskbell_domain::conversation::{Conversation, Status};
use deskbell_domain::ids::CustomerId;
use deskbell_domain::message::Actor;
use deskbell_domain::sla::Goal;
use serde_json::{Value as Json, json};

use super::*;
use crate::conversations::stage::{Stage, stage};
use crate::conversations::{self, Change};
use crate::error::Kind;
use crate::rules::{self, LogFilter};
use crate::sla::levels::LevelDraft;
use crate::timers::Timers;
use crate::{companies, customers, groups, sla};

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

fn rule(stage: &Stage, name: &str, conditions: Json, actions: Json) -> TimeRuleId {
    let definition = json!({"conditions": conditions, "actions": actions});
    let changes = Changes { name: Some(name.to_owned()), definition: Some(definition), ..Changes::default() };
    stage.write(move |tx, cx| create(tx, cx, &changes)).id
}

/// A minute goes by as often as it takes: the reader tells what happened, and the timers of a process that has just begun look.
fn minutes(stage: &Stage, count: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for _ in 0..count {
        stage.clock.advance_seconds(60);
        stage.desk.rule_reader().catch_up().unwrap();
        let mut timers = Timers::new(stage.desk.now().plus_seconds(-60));
        for _ in 0..3 {
            runtime.block_on(timers.tick(&stage.desk)).unwrap();
        }
    }
    stage.desk.rule_reader().catch_up().unwrap();
}

fn fired(stage: &Stage) -> Vec<String> {
    let mut log = stage.see(|tx| rules::firings(tx, LogFilter::default(), i64::MAX, 1_000));
    log.reverse();
    log.into_iter().map(|firing| firing.name).collect()
}

fn ticket(stage: &Stage, text: &str) -> Conversation {
    let visit = stage.visit();
    stage.ticket(&visit, "carla@shop.example", text)
}

#[test]
fn each_wait_once() {
    let stage = stage();
    rule(&stage, "old", json!([[{"created_more_than": "2h"}]]), json!([{"add_tag": "old"}]));
    rule(&stage, "silent", json!([[{"last_message_more_than": "1h"}, {"status": ["N", "C"]}]]), json!([{"note": "nobody answers"}]));
    rule(&stage, "answered", json!([[{"status_changed_more_than": "1h"}, {"status": "A"}]]), json!([{"status": "R"}]));
    let one = ticket(&stage, "Hello");
    minutes(&stage, 58);
    assert_eq!(fired(&stage), [""; 0]);
    minutes(&stage, 3);
    assert_eq!(fired(&stage), ["silent"]);
    minutes(&stage, 61);
    assert_eq!(fired(&stage), ["silent", "old"]);
    minutes(&stage, 30);
    stage.answer(stage.ann, one.id, "Here I am");
    minutes(&stage, 59);
    assert_eq!(stage.status(one.id), Status::Answered);
    minutes(&stage, 3);
    assert_eq!(
        (fired(&stage), stage.status(one.id)),
        (vec!["silent".to_owned(), "old".to_owned(), "answered".to_owned()], Status::Resolved)
    );
    // A new wait is a new time.
    stage.write(move |tx, cx| conversations::change_status(tx, cx, Actor::System, one.id, Change::Open));
    stage.answer(stage.ann, one.id, "And again");
    minutes(&stage, 62);
    assert_eq!(fired(&stage).last().map(String::as_str), Some("answered"));
    minutes(&stage, 200);
    assert_eq!(fired(&stage).len(), 4, "and never twice");
    stage.is_sound();
}

#[test]
fn a_state_that_comes_back_is_no_new_wait() {
    let stage = stage();
    rule(&stage, "old and tagged", json!([[{"created_more_than": "1h"}, {"tag": "x"}]]), json!([{"note": "look"}]));
    let one = ticket(&stage, "Hello");
    let tag = |tags: &[&str]| {
        let (agent, tags): (_, Vec<String>) = (stage.ann, tags.iter().map(|tag| (*tag).to_owned()).collect());
        stage.write(move |tx, cx| conversations::set_tags(tx, cx, Actor::Agent(agent), one.id, &tags));
    };
    minutes(&stage, 90);
    assert_eq!(fired(&stage), [""; 0]);
    tag(&["x"]);
    minutes(&stage, 2);
    assert_eq!(fired(&stage).len(), 1, "it is looked at again when something happens");
    tag(&[]);
    minutes(&stage, 2);
    tag(&["x"]);
    minutes(&stage, 2);
    assert_eq!(fired(&stage).len(), 1);
}

#[test]
fn business_hours_are_waited_for() {
    let stage = stage();
    // The stage's clock stands at 2026-09-21 14:13:20 UTC, a Monday.
    rule(
        &stage,
        "in the evening",
        json!([[{"created_more_than": "1h"}, {"not": {"hours": "GMT; mon 09:00-17:00"}}]]),
        json!([{"note": "late"}]),
    );
    let one = ticket(&stage, "Hello");
    minutes(&stage, 120);
    assert_eq!(fired(&stage), [""; 0]);
    let next = stage.see(move |tx| Ok(tables::time_rules::next_look(tx, one.id)?));
    assert_eq!(next.map(|next| next.seconds() % DAY), Some(17 * HOUR), "nobody looks before the evening");
    minutes(&stage, 50);
    assert_eq!(fired(&stage), ["in the evening"]);
}

#[test]
fn due_times() {
    let stage = stage();
    rule(&stage, "soon", json!([[{"due_in_less_than": "30m"}]]), json!([{"note": "soon"}]));
    rule(&stage, "overdue", json!([[{"overdue_by_more_than": "10m"}]]), json!([{"note": "overdue"}]));
    let one = ticket(&stage, "Hello");
    let level = |hours: i64| {
        let times = vec![(Goal::FirstAnswer, Some(hours * HOUR))];
        let draft = LevelDraft { name: Some(format!("{hours} hours")), times, calendar: None };
        stage.write(move |tx, cx| {
            let level = sla::levels::create(tx, cx, &draft)?;
            sla::clocks::set_level(tx, cx, Actor::System, one.id, Some(level.id))
        });
    };
    level(2);
    minutes(&stage, 85);
    assert_eq!(fired(&stage), [""; 0]);
    minutes(&stage, 10);
    assert_eq!(fired(&stage), ["soon"]);
    // It is put off: a new time.
    level(3);
    minutes(&stage, 60);
    assert_eq!(fired(&stage), ["soon", "soon"]);
    minutes(&stage, 25);
    assert_eq!(fired(&stage), ["soon", "soon"]);
    minutes(&stage, 15);
    assert_eq!(fired(&stage), ["soon", "soon", "overdue"]);
    stage.answer(stage.ann, one.id, "Here you are");
    minutes(&stage, 5);
    assert_eq!(stage.see(move |tx| Ok(tables::time_rules::next_look(tx, one.id)?)), None, "nothing to wait for");
}

#[test]
fn each_due_time_counts() {
    let stage = stage();
    rule(&stage, "soon", json!([[{"due_in_less_than": "30m"}]]), json!([{"note": "soon"}]));
    rule(&stage, "overdue", json!([[{"overdue_by_more_than": "10m"}]]), json!([{"note": "overdue"}]));
    let one = ticket(&stage, "Hello");
    let times = vec![(Goal::FirstResolve, Some(HOUR)), (Goal::NextAnswer, Some(HOUR))];
    let draft = LevelDraft { name: Some("An hour".to_owned()), times, calendar: None };
    stage.write(move |tx, cx| {
        let level = sla::levels::create(tx, cx, &draft)?;
        sla::clocks::set_level(tx, cx, Actor::System, one.id, Some(level.id))
    });
    minutes(&stage, 75);
    assert_eq!(fired(&stage), ["soon", "overdue"]);
    // The first resolve stays overdue; beside it the next answer comes due.
    stage.answer(stage.ann, one.id, "A moment");
    stage.write(move |tx, cx| conversations::change_status(tx, cx, Actor::System, one.id, Change::Open));
    minutes(&stage, 25);
    assert_eq!(fired(&stage), ["soon", "overdue"]);
    minutes(&stage, 10);
    assert_eq!(fired(&stage), ["soon", "overdue", "soon"]);
    minutes(&stage, 30);
    assert_eq!(fired(&stage), ["soon", "overdue", "soon"]);
    minutes(&stage, 10);
    assert_eq!(fired(&stage), ["soon", "overdue", "soon", "overdue"]);
    minutes(&stage, 60);
    assert_eq!(fired(&stage).len(), 4, "each once");
}

#[test]
fn a_rule_that_is_new_sees_what_is_old() {
    let stage = stage();
    let old: Vec<Conversation> = (0..60).map(|number| ticket(&stage, &format!("old {number}"))).collect();
    stage.clock.advance_seconds(DAY);
    let new = ticket(&stage, "new");
    let id = rule(&stage, "old", json!([[{"created_more_than": "10h"}]]), json!([{"add_tag": "old"}]));
    minutes(&stage, 2);
    let tagged = |conversation: &Conversation| !stage.conversation(conversation.id).tags.is_empty();
    assert!(old.iter().all(tagged));
    assert!(!tagged(&new));
    assert!(!stage.see(|tx| Ok(tables::time_rules::is_sweeping(tx)?)));
    // Changed, it sees them again, and acts only where its conditions come to hold later than they did.
    let shorter = json!({"conditions": [[{"created_more_than": "1m"}]], "actions": [{"add_tag": "again"}]});
    let changes = Changes { definition: Some(shorter), ..Changes::default() };
    stage.write(move |tx, cx| change(tx, cx, id, &changes));
    minutes(&stage, 2);
    assert_eq!((stage.conversation(old[0].id).tags, stage.conversation(new.id).tags), (vec!["old".to_owned()], vec!["again".to_owned()]));
}

#[test]
fn order_stop_and_switch() {
    let stage = stage();
    let stopping = json!({"conditions": [[{"created_more_than": "1h"}]], "actions": [{"add_tag": "1"}], "stop": true});
    let changes = Changes { name: Some("first".to_owned()), definition: Some(stopping), ..Changes::default() };
    let first = stage.write(move |tx, cx| create(tx, cx, &changes)).id;
    let second = rule(&stage, "second", json!([[{"created_more_than": "1h"}]]), json!([{"add_tag": "2"}]));
    let one = ticket(&stage, "Hello");
    minutes(&stage, 90);
    assert_eq!(stage.conversation(one.id).tags, ["1"], "the one behind rests");
    stage.write(move |tx, cx| change(tx, cx, first, &Changes { enabled: Some(false), ..Changes::default() }));
    minutes(&stage, 2);
    assert_eq!(stage.conversation(one.id).tags, ["1", "2"], "it is held back no longer");
    let order = stage.write(move |tx, cx| reorder(tx, cx, &[second, first]));
    assert_eq!(order.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>(), ["second", "first"]);
    stage.write(move |tx, cx| remove(tx, cx, second));
    assert_eq!(stage.try_write(move |tx, cx| remove(tx, cx, second)).unwrap_err().kind, Kind::NotFound);
}

#[test]
fn rules_that_turn_a_status_back_and_forth_are_stopped() {
    let stage = stage();
    rule(&stage, "close", json!([[{"status_changed_more_than": "1m"}, {"status": ["N", "C"]}]]), json!([{"status": "R"}]));
    rule(&stage, "open", json!([[{"status_changed_more_than": "1m"}, {"status": "R"}]]), json!([{"status": "C"}]));
    ticket(&stage, "Hello");
    minutes(&stage, 120);
    let log = stage.see(|tx| rules::firings(tx, LogFilter::default(), i64::MAX, 1_000));
    let often: Vec<&str> =
        log.iter().filter(|firing| firing.outcome == FiringOutcome::Often).map(|firing| firing.detail.as_str()).collect();
    assert_eq!(often, ["held back: it acts at most 10 times a day on one conversation"]);
    assert_eq!(log.len(), 21);
}

#[test]
fn what_a_time_rule_does_rules_hear() {
    let stage = stage();
    rule(&stage, "old", json!([[{"created_more_than": "1h"}]]), json!([{"add_tag": "old"}]));
    let heard = json!({"events": ["tags_changed"], "conditions": [[{"tag_added": "old"}]], "actions": [{"note": "it is old"}]});
    let changes = Changes { name: Some("heard".to_owned()), definition: Some(heard), ..Changes::default() };
    stage.write(move |tx, cx| rules::create(tx, cx, &changes));
    ticket(&stage, "Hello");
    minutes(&stage, 62);
    let log = stage.see(|tx| rules::firings(tx, LogFilter::default(), i64::MAX, 10));
    assert_eq!(log.iter().map(|firing| firing.name.as_str()).collect::<Vec<_>>(), ["heard", "old"]);
    assert_eq!(log[0].cause, Some(log[1].number), "one in a chain");
}

#[test]
fn customers_and_merges_count_too() {
    let stage = stage();
    let group = stage.write(|tx, cx| groups::create(tx, cx, &groups::GroupDraft { name: Some("VIP".to_owned()), ..Default::default() })).id;
    rule(&stage, "a vip waits", json!([[{"created_more_than": "1h"}, {"customer_group": group.to_string()}]]), json!([{"note": "hurry"}]));
    let (one, two) = (ticket(&stage, "one"), ticket(&stage, "two"));
    minutes(&stage, 70);
    assert_eq!(fired(&stage), [""; 0]);
    stage.write(move |tx, cx| conversations::merge::merge(tx, cx, Actor::System, two.id, one.id));
    let customer: CustomerId = one.customer;
    stage.write(move |tx, cx| {
        let known = customers::get(tx, customer)?;
        groups::enter(tx, cx, &known, "VIP")
    });
    minutes(&stage, 2);
    let log = stage.see(|tx| rules::firings(tx, LogFilter::default(), i64::MAX, 10));
    assert_eq!(log.iter().map(|firing| firing.conversation).collect::<Vec<_>>(), [one.id], "of the merged one nothing is left to look at");
    let looks = stage.see(move |tx| Ok((tables::time_rules::next_look(tx, one.id)?, tables::time_rules::next_look(tx, two.id)?)));
    assert_eq!(looks, (None, None));
}

#[test]
fn groups_of_a_company_count_too() {
    let stage = stage();
    let group = stage.write(|tx, cx| groups::create(tx, cx, &groups::GroupDraft { name: Some("VIP".to_owned()), ..Default::default() })).id;
    rule(&stage, "a vip waits", json!([[{"created_more_than": "1h"}, {"customer_group": group.to_string()}]]), json!([{"note": "hurry"}]));
    let (one, other) = (ticket(&stage, "one"), stage.ticket(&stage.visit(), "bob@other.example", "two"));
    let draft = companies::CompanyDraft { name: Some("Acme".to_owned()), ..Default::default() };
    let customer = one.customer;
    let company = stage.write(move |tx, cx| {
        let company = companies::create(tx, cx, &draft)?.company.id;
        let changes = customers::Changes { company: Some(Some(company)), ..Default::default() };
        customers::change(tx, cx, customer, &changes)?;
        Ok(company)
    });
    minutes(&stage, 70);
    assert_eq!(fired(&stage), [""; 0]);
    let draft = companies::CompanyDraft { groups: Some(vec![group]), ..Default::default() };
    stage.write(move |tx, cx| companies::change(tx, cx, company, &draft));
    minutes(&stage, 2);
    let log = stage.see(|tx| rules::firings(tx, LogFilter::default(), i64::MAX, 10));
    assert_eq!(log.iter().map(|firing| firing.conversation).collect::<Vec<_>>(), [one.id]);
    assert!(stage.see(move |tx| Ok(tables::time_rules::next_look(tx, other.id)?)).is_none(), "whom it does not concern is not looked at");
}

#[test]
fn hours_that_older_programs_stored_open_on_no_day() {
    let stage = stage();
    let id = rule(&stage, "old", json!([[{"created_more_than": "1h"}]]), json!([{"add_tag": "old"}]));
    let conditions = json!([[{"created_more_than": "1h"}, {"not": {"hours": "GMT; off 2026-12-25"}}]]);
    let definition = json!({"conditions": conditions, "actions": [{"add_tag": "old"}]});
    let changes = Changes { definition: Some(definition.clone()), ..Changes::default() };
    let error = stage.try_write(move |tx, cx| change(tx, cx, id, &changes)).unwrap_err();
    assert_eq!((error.kind, error.public.as_ref()), (Kind::Invalid, "definition.conditions[0][1].not.hours is open on no day"));
    stage.write(move |tx, cx| {
        let stored = TimeRule { source: definition.to_string(), ..get(tx, id)? };
        tables::time_rules::update(tx, &stored)?;
        automation::changed(tx, cx)
    });
    let one = ticket(&stage, "Hello");
    minutes(&stage, 70);
    assert_eq!(stage.conversation(one.id).tags, ["old"], "it goes on");
    assert_eq!(stage.see(move |tx| Ok(tables::time_rules::next_look(tx, one.id)?)), None, "nothing to wait for");
    // What is changed beside its definition asks nothing of that.
    let renamed = Changes { name: Some("older".to_owned()), ..Changes::default() };
    assert_eq!(stage.write(move |tx, cx| change(tx, cx, id, &renamed)).name, "older");
}
