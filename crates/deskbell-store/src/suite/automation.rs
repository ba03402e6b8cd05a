//! Rules with their log, when time rules look at what, conversations that are set aside, texts that are kept ready.

use super::{Place, TestDb, at, rows};
use crate::tables::rules::{self, Firing, LogFilter};
use crate::tables::{companies, conversations, customers, departments, groups, postponements, replies, time_rules};
use deskbell_domain::automation::{AnyRuleId, FiringOutcome};
use deskbell_domain::company::Company;
use deskbell_domain::conversation::{Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::department::{Department, Strategy};
use deskbell_domain::group::CustomerGroup;
use deskbell_domain::ids::{
    AgentId, CannedMessageId, CompanyId, ConversationId, CustomerGroupId, CustomerId, DepartmentId, PredefinedAnswerId, RuleId, TimeRuleId,
};
use deskbell_domain::reply::{CannedMessage, PredefinedAnswer, ReplyFormat, Visibility};
use deskbell_domain::rule::{Rule, RuleEvent, TimeRule};

const RULE: AnyRuleId = AnyRuleId::Rule(RuleId::from_i64(1));
const TIME_RULE: AnyRuleId = AnyRuleId::TimeRule(TimeRuleId::from_i64(2));

fn rule(number: i64, place: i64) -> Rule {
    Rule {
        id: RuleId::from_i64(number),
        name: format!("rule {number}"),
        enabled: number % 2 == 0,
        place,
        source: "{}".to_owned(),
        since: number * 10,
    }
}

pub(super) fn rules_come_back_in_their_order(place: &Place) {
    let test = place.open();
    let all = || -> Vec<Rule> { test.see(rules::all) };
    for (number, place) in [(1, 2), (2, 1), (3, 3)] {
        test.put(move |tx| rules::insert(tx, &rule(number, place), at(0)));
    }
    assert_eq!(all(), [rule(2, 1), rule(1, 2), rule(3, 3)]);
    let changed = Rule { name: "other".to_owned(), enabled: true, source: "[]".to_owned(), since: 7, ..rule(1, 9) };
    let put = changed.clone();
    test.put(move |tx| rules::update(tx, &put));
    test.put(|tx| rules::remove(tx, RuleId::from_i64(3)));
    assert_eq!(all(), [rule(2, 1), changed]);
    let twice = test.write(|tx| rules::insert(tx, &Rule { name: "other".to_owned(), ..rule(5, 5) }, at(0)));
    assert!(twice.is_err_and(|error| error.is_conflict()), "a name is one rule's");

    let time_rule = |number: i64, place: i64| TimeRule {
        id: TimeRuleId::from_i64(number),
        name: format!("time rule {number}"),
        enabled: true,
        place,
        source: "{}".to_owned(),
    };
    for (number, place) in [(1, 2), (2, 1)] {
        test.put(move |tx| time_rules::insert(tx, &time_rule(number, place), at(0)));
    }
    assert_eq!(test.see(time_rules::all), [time_rule(2, 1), time_rule(1, 2)]);
    let moved = TimeRule { enabled: false, ..time_rule(2, 3) };
    let put = moved.clone();
    test.put(move |tx| time_rules::update(tx, &put));
    assert_eq!(test.see(time_rules::all), [time_rule(1, 2), moved]);
    test.put(|tx| time_rules::remove(tx, TimeRuleId::from_i64(1)));
    assert_eq!(test.see(time_rules::all).len(), 1);
    test.db.close();
}

fn firing(number: i64, rule: AnyRuleId, conversation: i64) -> Firing {
    Firing {
        number,
        rule,
        name: "a rule".to_owned(),
        conversation: ConversationId::from_i64(conversation),
        at: at(number),
        event: matches!(rule, AnyRuleId::Rule(_)).then_some((RuleEvent::TagsChanged, number - 5)),
        cause: (number == 40).then_some(20),
        last: number + 3,
        outcome: if number == 30 { FiringOutcome::Loop } else { FiringOutcome::Done },
        detail: "tag added\nnote left".to_owned(),
        answers: i64::from(number == 20),
    }
}

pub(super) fn the_log_by_rule_and_conversation(place: &Place) {
    let test = place.open();
    let all = [firing(10, RULE, 7), firing(20, TIME_RULE, 7), firing(30, RULE, 8), firing(40, RULE, 7)];
    for one in all.clone() {
        test.put(move |tx| rules::insert_firing(tx, &one));
    }
    let numbers = |filter: LogFilter, before: i64, limit: i64| -> Vec<i64> {
        test.see(move |tx| rules::firings(tx, filter, before, limit)).into_iter().map(|firing| firing.number).collect()
    };
    let (seven, everything) = (Some(ConversationId::from_i64(7)), LogFilter::default());
    for (filter, before, limit, wanted) in [
        (everything, i64::MAX, 10, &[40, 30, 20, 10][..]),
        (everything, 40, 2, &[30, 20]),
        (LogFilter { rule: Some(RULE), ..everything }, i64::MAX, 10, &[40, 30, 10]),
        (LogFilter { rule: Some(TIME_RULE), ..everything }, i64::MAX, 10, &[20]),
        (LogFilter { conversation: seven, ..everything }, 40, 10, &[20, 10]),
        (LogFilter { rule: Some(RULE), conversation: seven }, i64::MAX, 10, &[40, 10]),
        (LogFilter { rule: Some(TIME_RULE), conversation: Some(ConversationId::from_i64(8)) }, i64::MAX, 10, &[]),
    ] {
        assert_eq!(numbers(filter, before, limit), wanted, "{filter:?}");
    }
    assert_eq!(test.see(|tx| rules::get_firing(tx, 20)), Some(all[1].clone()));
    assert_eq!(test.see(|tx| rules::get_firing(tx, 21)), None);
    for (entry, cause) in [(10, None), (11, Some(10)), (13, Some(10)), (14, None), (23, Some(20)), (44, None)] {
        assert_eq!(test.see(move |tx| rules::cause_of(tx, entry)).map(|firing| firing.number), cause, "{entry}");
    }
    let times = |outcome, conversation: i64, since: i64| {
        test.see(move |tx| rules::times(tx, RULE, ConversationId::from_i64(conversation), at(since), outcome))
    };
    let done = FiringOutcome::Done;
    assert_eq!((times(done, 7, 0), times(done, 7, 10), times(done, 8, 0)), (2, 1, 0), "what was held back does not count");
    assert_eq!((times(FiringOutcome::Loop, 8, 0), times(FiringOutcome::Loop, 8, 30)), (1, 0));
    let sent =
        |conversation: i64, since: i64| test.see(move |tx| rules::answers_sent(tx, ConversationId::from_i64(conversation), at(since)));
    assert_eq!((sent(7, 0), sent(7, 20), sent(8, 0)), (1, 0, 0));
    // What a firing causes later; while there is something to come, it is not forgotten.
    test.put(|tx| rules::caused_later(tx, 10, 50..=52));
    for (entry, cause) in [(49, None), (50, Some(10)), (52, Some(10)), (53, None)] {
        assert_eq!(test.see(move |tx| rules::cause_of(tx, entry)).map(|firing| firing.number), cause, "{entry}");
    }
    let aside = ConversationId::from_i64(7);
    test.put(move |tx| {
        postponements::put(tx, aside, Status::New, at(90))?;
        postponements::caused(tx, aside, 10)
    });
    assert_eq!(test.see(move |tx| postponements::cause(tx, aside)), Some(10));
    assert_eq!(test.put(|tx| rules::forget_firings(tx, at(31), 1)), 1);
    assert_eq!(numbers(everything, i64::MAX, 10), [40, 30, 10]);
    test.put(move |tx| postponements::put(tx, aside, Status::New, at(95)));
    assert_eq!(test.see(move |tx| postponements::cause(tx, aside)), None, "somebody has put it off");
    assert_eq!(test.put(|tx| rules::forget_firings(tx, at(31), 1)), 1);
    assert_eq!(test.put(|tx| rules::forget_firings(tx, at(31), 2)), 1);
    assert_eq!(test.put(|tx| rules::forget_firings(tx, at(31), 2)), 0);
    assert_eq!(numbers(everything, i64::MAX, 10), [40]);
    // What a firing caused later is forgotten with the first firing behind its end.
    test.put(|tx| {
        rules::caused_later(tx, 40, 56..=61)?;
        rules::insert_firing(tx, &firing(60, RULE, 8))?;
        rules::insert_firing(tx, &firing(70, RULE, 8))
    });
    let effects = || -> Vec<i64> {
        test.see(|tx| tx.all("SELECT first_number FROM rule_effects ORDER BY first_number", &[]))
            .into_iter()
            .map(|(first,)| first)
            .collect()
    };
    for (forgotten, left) in [(40, &[50, 56][..]), (60, &[56]), (70, &[])] {
        assert_eq!(test.put(move |tx| rules::forget_firings(tx, at(forgotten + 1), 1)), 1);
        assert_eq!(effects(), left, "{forgotten}");
    }
    test.db.close();
}

fn conversation(number: i64) -> Conversation {
    Conversation { created: at(number), changed: at(number), ..rows::conversation(number) }
}

/// Three conversations of a customer.
fn peopled(place: &Place) -> TestDb {
    let test = place.open();
    test.put(|tx| {
        let department = Department {
            name: "Support".to_owned(),
            strategy: Strategy::LeastBusy,
            queue_chats_max: 5,
            ..rows::department(DepartmentId::DEFAULT)
        };
        departments::put(tx, &department, at(0))?;
        customers::insert(tx, &Customer::anonymous(CustomerId::from_i64(1), at(0)))?;
        [10, 20, 30].into_iter().try_for_each(|number| conversations::insert(tx, &conversation(number)))
    });
    test
}

pub(super) fn when_time_rules_look_at_what(place: &Place) {
    let test = peopled(place);
    let id = ConversationId::from_i64;
    let due = |now: i64, limit: i64| -> Vec<i64> {
        test.see(move |tx| time_rules::due(tx, at(now), limit)).into_iter().map(ConversationId::get).collect()
    };
    for (conversation, moment) in [(10, 5), (20, 3), (10, 9), (20, 2), (30, 50)] {
        test.put(move |tx| time_rules::look_by(tx, id(conversation), at(moment)));
    }
    assert_eq!((due(1, 9), due(4, 9), due(5, 9), due(5, 1)), (vec![], vec![20], vec![20, 10], vec![20]), "the sooner look counts");
    assert!(test.see(move |tx| time_rules::is_due(tx, id(10), at(5))));
    assert!(!test.see(move |tx| time_rules::is_due(tx, id(10), at(4))));
    test.put(move |tx| time_rules::looked(tx, id(10), Some(at(100))));
    test.put(move |tx| time_rules::looked(tx, id(20), None));
    assert_eq!(due(99, 9), [30]);
    let next = |conversation| test.see(move |tx| time_rules::next_look(tx, id(conversation)));
    assert_eq!((next(10), next(20)), (Some(at(100)), None));
    assert_eq!(test.see(|tx| time_rules::of_customer(tx, CustomerId::from_i64(1), 2)), [id(30), id(20)]);

    let (kept, gone) = (TimeRuleId::from_i64(1), TimeRuleId::from_i64(2));
    test.put(move |tx| {
        let rule = TimeRule { id: kept, name: String::new(), enabled: true, place: 1, source: String::new() };
        time_rules::insert(tx, &rule, at(0))?;
        for conversation in [10, 20, 30] {
            time_rules::mark(tx, kept, id(conversation), at(1))?;
            time_rules::mark(tx, gone, id(conversation), at(2))?;
        }
        time_rules::mark(tx, kept, id(10), at(3))
    });
    assert_eq!(test.see(move |tx| time_rules::held_since(tx, kept, id(10))), Some(at(3)));
    assert_eq!([0; 3].map(|_| test.put(|tx| time_rules::forget_marks(tx, 2))), [2, 1, 0]);
    assert_eq!(test.see(move |tx| time_rules::held_since(tx, gone, id(10))), None);
    assert_eq!(test.see(move |tx| time_rules::held_since(tx, kept, id(20))), Some(at(1)));

    assert!(!test.see(time_rules::is_sweeping));
    assert_eq!(test.put(|tx| time_rules::sweep(tx, at(0), 2)), 0);
    test.put(time_rules::begin_sweep);
    assert_eq!([0; 3].map(|_| test.put(|tx| time_rules::sweep(tx, at(7), 2))), [2, 1, 0]);
    assert!(!test.see(time_rules::is_sweeping));
    assert_eq!(due(7, 9), [10, 20, 30]);
    test.db.close();
}

pub(super) fn whom_companies_and_groups_concern(place: &Place) {
    let test = peopled(place);
    let (vip, empty) = (CustomerGroupId::from_i64(1), CustomerGroupId::from_i64(2));
    let acme = CompanyId::from_i64(1);
    test.put(move |tx| {
        for (id, name) in [(vip, "VIP"), (empty, "Empty")] {
            groups::insert(tx, &CustomerGroup { id, name: name.to_owned(), color: String::new(), background: String::new() }, at(0))?;
        }
        let (name, created) = ("Acme".to_owned(), at(0));
        let (language, address, emails, phones) = (String::new(), String::new(), Vec::new(), Vec::new());
        companies::insert(tx, &Company { id: acme, name, language, address, emails, phones, created })?;
        // Of customer 1 there are three conversations; he is in the group himself, the second by his company too, the third by it alone.
        for (number, company) in [(2, Some(acme)), (3, Some(acme)), (4, None)] {
            let id = CustomerId::from_i64(number);
            customers::insert(tx, &Customer { company, ..Customer::anonymous(id, at(0)) })?;
            conversations::insert(tx, &Conversation { customer: id, ..conversation(number * 100) })?;
        }
        for number in [1, 2] {
            groups::add_customer(tx, CustomerId::from_i64(number), vip)?;
        }
        groups::set_company(tx, acme, &[vip])
    });
    let of_group = |group: CustomerGroupId, limit: i64| -> Vec<i64> {
        let mut found: Vec<i64> = test.see(move |tx| time_rules::of_group(tx, group, limit)).into_iter().map(ConversationId::get).collect();
        found.sort_unstable();
        found
    };
    assert_eq!((of_group(vip, 9), of_group(empty, 9)), (vec![10, 20, 30, 200, 300], vec![]), "each once");
    assert_eq!(of_group(vip, 2).len(), 2);
    let id = ConversationId::from_i64;
    assert_eq!(test.see(move |tx| time_rules::of_company(tx, acme, 9)), [id(300), id(200)]);
    assert_eq!(test.see(move |tx| time_rules::of_company(tx, acme, 1)), [id(300)]);
    test.db.close();
}

pub(super) fn when_a_status_changed(place: &Place) {
    let test = peopled(place);
    let id = ConversationId::from_i64(10);
    let changed = || test.see(move |tx| conversations::status_changed(tx, id)).expect("the conversation");
    assert_eq!(changed(), at(10), "when it began");
    let put = |status, moment| {
        test.put(move |tx| conversations::update(tx, &Conversation { status, changed: at(moment), ..conversation(10) }));
    };
    put(Status::New, 20);
    assert_eq!(changed(), at(10), "another change");
    put(Status::Open, 30);
    put(Status::Open, 40);
    assert_eq!(changed(), at(30));
    test.put(|tx| tx.exec("UPDATE conversations SET status_at = NULL", &[]));
    assert_eq!(changed(), at(40), "of one from before this was noted the last change is known");
    put(Status::Open, 50);
    put(Status::New, 60);
    put(Status::New, 70);
    assert_eq!(changed(), at(60));

    test.put(move |tx| postponements::put(tx, id, Status::New, at(100)));
    test.put(|tx| postponements::put(tx, ConversationId::from_i64(20), Status::Answered, at(90)));
    test.put(move |tx| postponements::put(tx, id, Status::Open, at(80)));
    assert_eq!(test.see(move |tx| postponements::until(tx, id)), Some(at(80)));
    let over = |now, limit| test.see(move |tx| postponements::over(tx, at(now), limit));
    assert_eq!(over(79, 9), []);
    assert_eq!(over(100, 9), [(id, Status::Open), (ConversationId::from_i64(20), Status::Answered)]);
    assert_eq!(over(100, 1), [(id, Status::Open)]);
    put(Status::Calling, 80);
    assert_eq!(over(100, 1), [(ConversationId::from_i64(20), Status::Answered)], "a call goes on in the other one");
    assert_eq!(test.see(postponements::without_end), [""; 0]);
    test.put(move |tx| postponements::remove(tx, id));
    put(Status::Postponed, 90);
    assert_eq!(test.see(postponements::without_end), [conversation(10).code]);
    assert_eq!(over(100, 9), [(ConversationId::from_i64(20), Status::Answered)]);
    test.db.close();
}

pub(super) fn ready_texts_come_back_change_and_go(place: &Place) {
    let test = place.open();
    let message = |number: i64, name: &str, visibility| CannedMessage {
        id: CannedMessageId::from_i64(number),
        name: name.to_owned(),
        text: "Hello!".to_owned(),
        visibility,
    };
    let (bye, hello) = (message(1, "bye", Visibility::Everybody), message(2, "Hello", Visibility::Department(DepartmentId::DEFAULT)));
    let (one, other) = (hello.clone(), bye.clone());
    test.put(move |tx| replies::put_canned(tx, &one, at(0)).and_then(|()| replies::put_canned(tx, &other, at(0))));
    assert_eq!(test.see(replies::canned), [bye.clone(), hello]);
    assert_eq!(test.see(replies::count_canned), 2);
    let bye = CannedMessage { text: "Bye!".to_owned(), visibility: Visibility::Agent(AgentId::from_i64(3)), ..bye };
    let put = bye.clone();
    test.put(move |tx| replies::put_canned(tx, &put, at(9)));
    assert_eq!(test.see(|tx| replies::get_canned(tx, CannedMessageId::from_i64(1))), Some(bye));
    test.put(|tx| replies::remove_canned(tx, CannedMessageId::from_i64(1)));
    assert_eq!(test.see(|tx| replies::get_canned(tx, CannedMessageId::from_i64(1))), None);

    let files = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>();
    let answer = PredefinedAnswer {
        id: PredefinedAnswerId::from_i64(5),
        name: "Refund".to_owned(),
        subject: "Your money".to_owned(),
        message: "<p>It is on its way.</p>".to_owned(),
        format: ReplyFormat::Html,
        files: files(&["z", "a"]),
        visibility: Visibility::Everybody,
    };
    let put = answer.clone();
    test.put(move |tx| replies::put_answer(tx, &put, at(0)));
    assert_eq!(test.see(replies::answers), std::slice::from_ref(&answer), "files in their order");
    let changed = PredefinedAnswer { files: files(&["b"]), format: ReplyFormat::Text, ..answer };
    let put = changed.clone();
    test.put(move |tx| replies::put_answer(tx, &put, at(1)));
    assert_eq!(test.see(|tx| replies::get_answer(tx, PredefinedAnswerId::from_i64(5))), Some(changed));
    assert_eq!(test.see(replies::count_answers), 1);
    test.put(|tx| replies::remove_answer(tx, PredefinedAnswerId::from_i64(5)));
    assert_eq!(test.see(replies::answers), []);
    test.db.close();
}
