//! Whatever breaks off, each rule acts once on each event.

use std::collections::BTreeMap;

use deskbell_domain::automation::FiringOutcome;
use deskbell_domain::message::Actor;
use deskbell_domain::time::Timestamp;
use deskbell_store::tables::merging::Browsers;
use proptest::prelude::*;
use proptest::strategy::Strategy;
use proptest::test_runner::Config;
use serde_json::json;

use super::*;
use crate::conversations::stage::{Stage, stage};
use crate::conversations::{self, Authority, Writing, Written as Letter};
use crate::error::Kind;
use crate::rules::{self, Changes, LogFilter};
use crate::{customers, time_rules};

fn rule(stage: &Stage, name: &str, definition: &serde_json::Value) {
    let changes = Changes { name: Some(name.to_owned()), definition: Some(definition.clone()), ..Changes::default() };
    stage.write(move |tx, cx| rules::create(tx, cx, &changes));
}

fn remark(stage: &Stage, conversation: ConversationId) {
    let agent = stage.ann;
    stage.write(move |tx, cx| {
        let note = Letter { writing: Writing::Note, text: "a remark", files: &[], key: None, authority: Authority::Desk };
        conversations::write(tx, cx, Actor::Agent(agent), conversation, note)
    });
}

/// How often each rule acted on each entry of the journal.
fn firings(stage: &Stage) -> BTreeMap<(String, i64), usize> {
    let mut times = BTreeMap::new();
    for firing in stage.see(|tx| rules::firings(tx, LogFilter::default(), i64::MAX, 100_000)) {
        *times.entry((firing.name, firing.event.expect("a rule listens to events").1)).or_default() += 1;
    }
    times
}

/// Numbers of the entries that tell of a note.
fn notes(stage: &Stage, by_system: bool) -> Vec<i64> {
    let events = stage.see(|tx| Ok(journal::after(tx, 0, 100_000)?));
    let is_note = |recorded: &&Recorded| {
        matches!(&recorded.event, Event::MessageAdded { kind: deskbell_domain::message::MessageKind::Note, author, .. }
            if (*author == Actor::System) == by_system)
    };
    events.iter().filter(is_note).map(|recorded| recorded.number).collect()
}

/// What happens between two looks.
#[derive(Debug, Clone)]
enum Step {
    Remark(usize),
    /// The tag that a rule asks for comes or goes.
    Tag(usize, bool),
    /// One of two readers, as two nodes have them, takes a bite.
    Bite(usize),
    /// It is killed between its look and its write.
    KilledAfterLook(usize),
    /// Its write is broken off at the end: nothing of it stands.
    KilledInWrite(usize),
    /// It is killed after its write, before it knows; what it had looked at is written again later.
    Late(usize),
    Restart(usize, i64),
}

fn step() -> impl Strategy<Value = Step> {
    let reader = 0usize..2;
    prop_oneof![
        6 => (0usize..3).prop_map(Step::Remark),
        2 => (0usize..3, any::<bool>()).prop_map(|(conversation, on)| Step::Tag(conversation, on)),
        4 => reader.clone().prop_map(Step::Bite),
        2 => reader.clone().prop_map(Step::KilledAfterLook),
        2 => reader.clone().prop_map(Step::KilledInWrite),
        2 => reader.clone().prop_map(Step::Late),
        2 => (reader, 1i64..9).prop_map(|(reader, bite)| Step::Restart(reader, bite)),
    ]
}

fn next_plan(stage: &Stage, reader: &Reader) -> Plan {
    let cursor = stage.see(|tx| Ok(cursors::get(tx, CURSOR)?)).expect("a rule was made");
    reader.plan(cursor).unwrap()
}

proptest! {
    #![proptest_config(Config { cases: 24, ..Config::default() })]
    #[test]
    fn each_rule_acts_once_on_each_event(steps in prop::collection::vec(step(), 1..40)) {
        let stage = stage();
        rule(&stage, "all", &json!({"events": ["note_added"], "conditions": [[{"by": "agent"}]], "actions": [{"note": "seen"}]}));
        rule(&stage, "never", &json!({"events": ["note_added"], "conditions": [[{"tag": "no such tag"}]], "actions": [{"note": "no"}]}));
        rule(&stage, "some", &json!({"events": ["note_added"], "conditions": [[{"by": "system"}, {"tag": "x"}]], "actions": [{"note": "x"}]}));
        let conversations: Vec<ConversationId> =
            (0..3).map(|place| stage.ticket(&stage.visit(), &format!("c{place}@x.test"), "Hello").id).collect();
        let reader = |bite| stage.desk.rule_reader().biting(bite);
        let mut readers = [reader(BITE_EVENTS), reader(3)];
        for step in steps {
            match step {
                Step::Remark(place) => remark(&stage, conversations[place]),
                Step::Tag(place, on) => {
                    let (agent, conversation) = (stage.ann, conversations[place]);
                    let tags: Vec<String> = if on { vec!["x".to_owned()] } else { Vec::new() };
                    stage.write(move |tx, cx| conversations::set_tags(tx, cx, Actor::Agent(agent), conversation, &tags));
                }
                Step::Bite(place) => drop(readers[place].bite().unwrap()),
                Step::KilledAfterLook(place) => {
                    next_plan(&stage, &readers[place]);
                    readers[place] = reader(BITE_EVENTS);
                }
                Step::KilledInWrite(place) => {
                    let plan = next_plan(&stage, &readers[place]);
                    let broken = stage.try_write(move |tx, cx| {
                        apply(tx, cx, &plan)?;
                        Err::<(), _>(AppError::unavailable("killed"))
                    });
                    prop_assert_eq!(broken.unwrap_err().kind, Kind::Unavailable);
                    readers[place] = reader(BITE_EVENTS);
                }
                Step::Late(place) => {
                    let plan = next_plan(&stage, &readers[place]);
                    let again = plan.clone();
                    let moved = plan.until > plan.from;
                    prop_assert_eq!(readers[place].write(plan).unwrap(), Written::Yes);
                    if moved {
                        prop_assert_eq!(readers[1 - place].write(again).unwrap(), Written::Overtaken);
                    }
                }
                Step::Restart(place, bite) => readers[place] = reader(bite),
            }
        }
        readers[0].catch_up().unwrap();
        readers[1].catch_up().unwrap();
        let times = firings(&stage);
        prop_assert!(times.values().all(|times| *times == 1), "{:?}", times);
        let of = |name: &str| -> Vec<i64> { times.keys().filter(|(rule, _)| rule == name).map(|(_, number)| *number).collect() };
        prop_assert_eq!(of("all"), notes(&stage, false), "each remark once");
        prop_assert_eq!(of("never"), Vec::<i64>::new());
        // Each firing left one note.
        prop_assert_eq!(of("all").len() + of("some").len(), notes(&stage, true).len());
        stage.is_sound();
    }
}

#[test]
fn a_restart_between_event_and_action_loses_nothing() {
    let stage = stage();
    rule(&stage, "seen", &json!({"events": ["note_added"], "conditions": [[{"by": "agent"}]], "actions": [{"add_tag": "seen"}]}));
    let one = stage.ticket(&stage.visit(), "c@x.test", "Hello");
    stage.desk.rule_reader().catch_up().unwrap();
    remark(&stage, one.id);
    // Looked at and not written: the process ends.
    assert_eq!(next_plan(&stage, &stage.desk.rule_reader()).heard.len(), 1);
    stage.desk.rule_reader().catch_up().unwrap();
    stage.desk.rule_reader().catch_up().unwrap();
    assert_eq!(firings(&stage).into_values().collect::<Vec<_>>(), [1]);
    assert_eq!(stage.conversation(one.id).tags, ["seen"]);
}

#[test]
fn what_was_judged_is_not_judged_again_after_a_restart() {
    let stage = stage();
    rule(&stage, "vip", &json!({"events": ["note_added"], "conditions": [[{"tag": "vip"}]], "actions": [{"note": "a vip"}]}));
    let one = stage.ticket(&stage.visit(), "c@x.test", "Hello");
    remark(&stage, one.id);
    stage.desk.rule_reader().catch_up().unwrap();
    let (agent, id) = (stage.ann, one.id);
    stage.write(move |tx, cx| conversations::set_tags(tx, cx, Actor::Agent(agent), id, &["vip".to_owned()]));
    stage.desk.rule_reader().catch_up().unwrap();
    assert_eq!(firings(&stage).len(), 0);
    remark(&stage, one.id);
    stage.desk.rule_reader().catch_up().unwrap();
    assert_eq!(firings(&stage).len(), 1);
}

#[test]
fn a_desk_without_rules_costs_no_writes() {
    let stage = stage();
    let one = stage.ticket(&stage.visit(), "c@x.test", "Hello");
    let mut reader = stage.desk.rule_reader();
    reader.catch_up().unwrap();
    remark(&stage, one.id);
    reader.catch_up().unwrap();
    assert_eq!(stage.see(|tx| Ok(cursors::get(tx, CURSOR)?)), None);
    // A rule that is made now begins now, also for a reader that was ahead.
    rule(&stage, "seen", &json!({"events": ["note_added"], "conditions": [[{"by": "agent"}]], "actions": [{"note": "seen"}]}));
    remark(&stage, one.id);
    reader.catch_up().unwrap();
    assert_eq!(firings(&stage).len(), 1);
}

#[test]
fn a_defect_keeps_only_its_own_event_from_being_acted_on() {
    let stage = stage();
    rule(&stage, "seen", &json!({"events": ["note_added"], "conditions": [[{"by": "agent"}]], "actions": [{"add_tag": "seen"}]}));
    let (broken, whole) = (stage.ticket(&stage.visit(), "a@x.test", "Hello"), stage.ticket(&stage.visit(), "b@x.test", "Hello"));
    stage.desk.rule_reader().catch_up().unwrap();
    for conversation in [broken.id, whole.id] {
        remark(&stage, conversation);
    }
    // It leads to itself, as no merge leaves it: nobody can read it any more.
    let id = broken.id;
    stage.write(move |tx, _| Ok(tables::merging::move_all(tx, id, id, Browsers::Same)?));
    stage.desk.rule_reader().catch_up().unwrap();
    assert_eq!(firings(&stage).len(), 1);
    assert_eq!(stage.conversation(whole.id).tags, ["seen"]);
    assert_eq!(stage.conversation(broken.id).tags, [""; 0]);
}

#[test]
fn what_a_defect_keeps_a_rule_from_is_in_the_log() {
    let stage = stage();
    rule(&stage, "seen", &json!({"events": ["note_added"], "conditions": [[{"by": "agent"}]], "actions": [{"add_tag": "seen"}]}));
    rule(&stage, "never", &json!({"events": ["note_added"], "conditions": [[{"by": "customer"}]], "actions": [{"add_tag": "x"}]}));
    let one = stage.ticket(&stage.visit(), "a@x.test", "Hello");
    remark(&stage, one.id);
    let plan = next_plan(&stage, &stage.desk.rule_reader());
    assert_eq!(stage.write(move |tx, cx| give_up(tx, cx, &plan)), Written::Yes);
    stage.desk.rule_reader().catch_up().unwrap();
    let log = stage.see(|tx| rules::firings(tx, LogFilter::default(), i64::MAX, 10));
    let shown: Vec<_> = log.iter().map(|firing| (firing.name.as_str(), firing.outcome)).collect();
    assert_eq!(shown, [("seen", FiringOutcome::Failed)]);
    assert_eq!(stage.conversation(one.id).tags, [""; 0], "and it is not tried again");
}

#[test]
fn much_that_time_rules_are_told_of_is_written_in_bites() {
    let stage = stage();
    let definition = json!({"conditions": [[{"created_more_than": "10h"}]], "actions": [{"add_tag": "old"}]});
    let changes = Changes { name: Some("old".to_owned()), definition: Some(definition), ..Changes::default() };
    stage.write(move |tx, cx| time_rules::create(tx, cx, &changes));
    let first = stage.ticket(&stage.visit(), "one@x.test", "Hello");
    let customers: Vec<CustomerId> = stage.write(move |tx, cx| {
        (0..8)
            .map(|_| {
                let customer = customers::anonymous(tx, cx)?.id;
                for _ in 0..CONVERSATIONS_OF_CUSTOMER_MAX {
                    let id = ConversationId::from_i64(tx.next_id()?);
                    let (code, public_code) = (format!("C-{id}"), format!("P{id}"));
                    tables::conversations::insert(tx, &Conversation { id, code, public_code, customer, ..first.clone() })?;
                }
                Ok(customer)
            })
            .collect::<Result<_, AppError>>()
    });
    stage.desk.rule_reader().catch_up().unwrap();
    let all = 8 * CONVERSATIONS_OF_CUSTOMER_MAX as usize;
    stage.write(move |tx, cx| {
        customers.iter().try_for_each(|customer| {
            let changes = customers::Changes { name: Some("Cleo".to_owned()), ..customers::Changes::default() };
            customers::change(tx, cx, *customer, &changes).map(drop)
        })
    });
    let told = || stage.see(|tx| Ok(tables::time_rules::due(tx, Timestamp::from_micros(i64::MAX), i64::MAX)?)).len();
    let mut reader = stage.desk.rule_reader();
    let first = told();
    let mut before = first;
    while reader.bite().unwrap() == Left::Some {
        let bite = told() - before;
        assert!(bite <= TOUCHED_PER_WRITE_MAX + CONVERSATIONS_OF_CUSTOMER_MAX as usize, "{bite} in one write");
        before += bite;
    }
    assert_eq!(told() - first, all);
}
