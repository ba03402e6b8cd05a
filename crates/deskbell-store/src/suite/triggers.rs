//! Goals with their conversions, and triggers with what they wait for, said and noted.

use super::{Place, TestDb, at, rows};
use crate::tables::goals::{self, CONVERSIONS_PER_SECOND_MAX, Who};
use crate::tables::triggers::{self, Marks, Step};
use crate::tables::{agents, chats, conversations, customers, departments, engagements, visits};
use deskbell_domain::agent::{Agent, AgentStatus, Role};
use deskbell_domain::chat::{Chat, Engagement, EngagementStart, NewChat, Responses, StartedBy};
use deskbell_domain::conversation::{Channel, Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::department::{Department, Strategy};
use deskbell_domain::goal::{Attribution, AttributionModel, Conversion, Goal, GoalCondition, GoalConditionKind, GoalOperator};
use deskbell_domain::ids::{
    AgentId, ChatId, ConversionId, CustomerId, DepartmentId, EngagementId, GoalId, GroupId, TriggerId, VisitId, VisitorId,
};
use deskbell_domain::trigger::{Greeting, Trigger};
use deskbell_domain::visit::{Page, Visit};

fn goal(number: i64, name: &str) -> Goal {
    Goal {
        id: GoalId::from_i64(number),
        name: name.to_owned(),
        description: "described".to_owned(),
        enabled: number % 2 == 0,
        attribution: AttributionModel::LastTouch,
        attribution_days: 7,
        conditions: vec![
            GoalCondition { kind: GoalConditionKind::Url, operator: GoalOperator::Equals, value: "https://a/".to_owned() },
            GoalCondition { kind: GoalConditionKind::Url, operator: GoalOperator::Contains, value: "b".to_owned() },
        ],
    }
}

fn conversion(number: i64, chat: Option<i64>) -> Conversion {
    Conversion {
        id: ConversionId::from_i64(number),
        public_id: format!("id {number:05}"),
        goal: GoalId::from_i64(1),
        goal_name: "Order".to_owned(),
        at: at(number),
        visit: VisitId::from_i64(number),
        customer: CustomerId::from_i64(1),
        attribution: chat.map(|chat| Attribution {
            agent: AgentId::from_i64(5),
            agent_name: "Ann".to_owned(),
            department: DepartmentId::DEFAULT,
            department_name: "Support".to_owned(),
            chat: ChatId::from_i64(chat),
            chat_public_id: format!("chat {chat}"),
            chat_at: at(1),
        }),
    }
}

fn visit(number: i64, visitor: i64, started: i64) -> Visit {
    Visit {
        id: VisitId::from_i64(number),
        visitor: VisitorId::from_i64(visitor),
        customer: CustomerId::from_i64(1),
        started: at(started),
        seen: at(started),
        user_agent: String::new(),
        address: String::new(),
        referrer: String::new(),
        language: String::new(),
    }
}

pub(super) fn goals_come_back_change_and_go(place: &Place) {
    let test = place.open();
    let (first, second) = (goal(2, "first"), goal(1, "second"));
    let rows = (first.clone(), second.clone());
    test.put(move |tx| {
        goals::insert(tx, &rows.0, at(1))?;
        goals::insert(tx, &rows.1, at(2))
    });
    assert_eq!(test.see(goals::all), [first.clone(), second.clone()]);
    let changed = Goal { enabled: true, conditions: first.conditions[1..].to_vec(), name: "changed".to_owned(), ..first };
    let row = changed.clone();
    test.put(move |tx| {
        goals::update(tx, &row)?;
        goals::remove(tx, GoalId::from_i64(1))
    });
    assert_eq!(test.see(goals::all), [changed]);
    assert_eq!(test.see(goals::version), 0);
    for version in [7, i64::MIN, i64::MAX] {
        test.put(move |tx| goals::set_version(tx, version));
        assert_eq!(test.see(goals::version), version);
    }
}

pub(super) fn conversions_by_page_chat_and_visitor(place: &Place) {
    let test = place.open();
    test.put(|tx| {
        customers::insert(tx, &Customer::anonymous(CustomerId::from_i64(1), at(1)))?;
        for number in 1..=30 {
            visits::insert(tx, &visit(number, number % 3, number))?;
            goals::insert_conversion(tx, &conversion(number, (number % 2 == 0).then_some(77)), number / 10)?;
        }
        Ok(())
    });
    let (mut found, mut after): (Vec<Conversion>, (i64, String)) = (Vec::new(), (0, String::new()));
    loop {
        let from = after.clone();
        let page = test.see(move |tx| goals::page(tx, (from.0, &from.1), 2, 7));
        let Some((second, last)) = page.last() else { break };
        after = (*second, last.public_id.clone());
        found.extend(page.into_iter().map(|(_, conversion)| conversion));
    }
    let wanted: Vec<Conversion> = (1..30).map(|number| conversion(number, (number % 2 == 0).then_some(77))).collect();
    assert_eq!(found, wanted, "each once, in order, none newer than asked for");
    let of_chat = test.see(|tx| goals::conversions_of_chat(tx, ChatId::from_i64(77), 3));
    assert_eq!(of_chat.iter().map(|conversion| conversion.id.get()).collect::<Vec<_>>(), [26, 28, 30]);
    for (visitor, goal, since, converted) in [(0, 1, 30, true), (0, 1, 31, false), (1, 1, 28, true), (1, 2, 0, false), (9, 1, 0, false)] {
        let (visitor, goal) = (VisitorId::from_i64(visitor), GoalId::from_i64(goal));
        assert_eq!(
            test.see(move |tx| goals::is_converted(tx, visitor, VisitId::from_i64(0), goal, at(since))),
            converted,
            "{visitor} {goal} {since}"
        );
    }
    let own = VisitId::from_i64(3);
    assert!(test.see(move |tx| goals::is_converted(tx, VisitorId::from_i64(0), own, GoalId::from_i64(1), at(1_000))), "on this very visit");
    assert!(test.write(|tx| goals::insert_conversion(tx, &conversion(7, None), 99)).is_err(), "once per visit and goal");
}

pub(super) fn conversions_of_a_crowded_second(place: &Place) {
    let test = place.open();
    test.put(|tx| {
        for number in 1..=CONVERSIONS_PER_SECOND_MAX {
            goals::insert_conversion(tx, &conversion(number, None), 5)?;
        }
        Ok(())
    });
    assert_eq!(test.see(|tx| goals::free_second(tx, 5)), 6);
    assert_eq!(test.see(|tx| goals::free_second(tx, 4)), 4);
}

/// Two chats of customer 1, and one that was asked for from browser 9 under another name; agents joined at 10, 20 and 30.
fn put_touches(test: &TestDb) {
    test.put(|tx| {
        let department =
            Department { name: "Support".to_owned(), strategy: Strategy::LeastBusy, ..rows::department(DepartmentId::DEFAULT) };
        departments::put(tx, &department, at(1))?;
        let agent = Agent {
            id: AgentId::from_i64(5),
            contact: CustomerId::from_i64(50),
            email: "ann@desk.test".to_owned(),
            first_name: String::new(),
            last_name: String::new(),
            role: Role::Agent,
            slots: 1,
            enabled: true,
            preset: AgentStatus::ONLINE,
            online: AgentStatus::ONLINE,
        };
        agents::insert(tx, &agent, "none", at(1))?;
        for (number, customer, visitor) in [(1, 1, 8), (2, 1, 8), (3, 2, 9)] {
            if number != 2 {
                customers::insert(tx, &Customer::anonymous(CustomerId::from_i64(customer), at(1)))?;
            }
            put_chat(tx, number, customer, visitor)?;
        }
        Ok(())
    });
}

fn put_chat(tx: &mut crate::Tx<'_>, number: i64, customer: i64, visitor: i64) -> Result<(), crate::StoreError> {
    let conversation = Conversation {
        code: format!("code {number}"),
        public_code: format!("public {number}"),
        customer: CustomerId::from_i64(customer),
        visitor: Some(VisitorId::from_i64(visitor)),
        status: Status::Chatting,
        channel: Channel::Button,
        created: at(number),
        changed: at(number),
        ..rows::conversation(number)
    };
    conversations::insert(tx, &conversation)?;
    let chat = Chat::requested(NewChat {
        id: ChatId::from_i64(number),
        public_id: format!("chat {number}"),
        conversation: conversation.id,
        group: GroupId::from_i64(1),
        customer: conversation.customer,
        customer_name: String::new(),
        visit: None,
        department: DepartmentId::DEFAULT,
        started_by: StartedBy::Visitor,
        requested: at(number),
    });
    chats::insert(tx, &chat)?;
    let engagement = Engagement {
        id: EngagementId::from_i64(number),
        chat: chat.id,
        conversation: conversation.id,
        agent: AgentId::from_i64(5),
        department: DepartmentId::DEFAULT,
        ordinal: 1,
        start: EngagementStart::Visitor,
        skills_fulfilled: false,
        assigned: true,
        joined: at(number * 10),
        left: None,
        visitor_messages: 0,
        agent_messages: 0,
        responses: Responses::default(),
    };
    engagements::insert(tx, &engagement, number)
}

pub(super) fn conversions_are_put_down_to_touches(place: &Place) {
    let test = place.open();
    put_touches(&test);
    for (customer, visitor, since, model, wanted) in [
        (1, 0, 0, AttributionModel::FirstTouch, Some(1)),
        (1, 0, 0, AttributionModel::LastTouch, Some(2)),
        (1, 0, 11, AttributionModel::FirstTouch, Some(2)),
        (1, 0, 21, AttributionModel::FirstTouch, None),
        (1, 9, 0, AttributionModel::LastTouch, Some(3)),
        (1, 9, 0, AttributionModel::FirstTouch, Some(1)),
        (7, 8, 0, AttributionModel::FirstTouch, Some(1)),
        (7, 7, 0, AttributionModel::FirstTouch, None),
    ] {
        let who = Who { customer: CustomerId::from_i64(customer), visitor: VisitorId::from_i64(visitor) };
        let touch = test.see(move |tx| goals::touch(tx, who, at(since), model));
        let wanted = wanted.map(|chat| Attribution {
            agent: AgentId::from_i64(5),
            agent_name: "ann".to_owned(),
            department: DepartmentId::DEFAULT,
            department_name: "Support".to_owned(),
            chat: ChatId::from_i64(chat),
            chat_public_id: format!("chat {chat}"),
            chat_at: at(chat),
        });
        assert_eq!(touch, wanted, "{who:?} since {since} {model:?}");
    }
}

fn step(number: i64, trigger: i64, visitor: i64, due: i64) -> Step {
    Step {
        id: number,
        trigger: TriggerId::from_i64(trigger),
        visitor: VisitorId::from_i64(visitor),
        visit: VisitId::from_i64(number),
        happened: at(1),
        page: (number % 2 == 0).then(|| at(2)),
        message: "said".to_owned(),
        next_action: (number % 3 == 0).then_some(4),
        due: at(due),
        absent: None,
    }
}

pub(super) fn triggers_come_back_wait_and_go(place: &Place) {
    let test = place.open();
    let trigger = Trigger {
        id: TriggerId::from_i64(1),
        name: "Hello".to_owned(),
        description: String::new(),
        enabled: true,
        source: r#"{"event":"page_enter"}"#.to_owned(),
    };
    let rows = [trigger.clone(), Trigger { id: TriggerId::from_i64(2), name: "Other".to_owned(), ..trigger.clone() }];
    let put = rows.clone();
    test.put(move |tx| put.iter().try_for_each(|row| triggers::insert(tx, row, at(row.id.get()))));
    assert_eq!(test.see(triggers::all), rows);
    let same_name = Trigger { id: TriggerId::from_i64(3), ..trigger.clone() };
    assert!(test.write(move |tx| triggers::insert(tx, &same_name, at(3))).is_err());
    test.put(|tx| {
        for (number, trigger, due) in [(1, 1, 30), (2, 2, 10), (3, 1, 20), (4, 1, 10)] {
            triggers::put_step(tx, &step(number, trigger, number % 2, due))?;
        }
        triggers::note_fired(tx, VisitorId::from_i64(1), TriggerId::from_i64(1), at(1))?;
        triggers::note_fired(tx, VisitorId::from_i64(1), TriggerId::from_i64(1), at(2))
    });
    let due = |now: i64, limit: i64| -> Vec<i64> {
        test.see(move |tx| triggers::due(tx, at(now), limit)).into_iter().map(|step| step.id).collect()
    };
    assert_eq!((due(9, 9), due(10, 9), due(25, 9), due(25, 2)), (vec![], vec![2, 4], vec![2, 4, 3], vec![2, 4]));
    let put_off = Step { due: at(99), absent: Some(at(5)), ..step(2, 2, 0, 10) };
    let row = put_off.clone();
    test.put(move |tx| triggers::put_step(tx, &row));
    assert_eq!(test.see(|tx| triggers::steps_of_visitor(tx, VisitorId::from_i64(0))), [put_off, step(4, 1, 0, 10)]);
    test.put(|tx| triggers::drop_step(tx, 2));
    for (visitor, trigger, fired) in [(1, 1, true), (1, 2, false), (2, 1, false)] {
        let (visitor, trigger) = (VisitorId::from_i64(visitor), TriggerId::from_i64(trigger));
        assert_eq!(test.see(move |tx| triggers::has_fired(tx, visitor, trigger)), fired);
    }
    test.put(|tx| triggers::remove(tx, TriggerId::from_i64(1)));
    assert_eq!((test.see(triggers::all).len(), due(1_000, 9).len()), (1, 0));
    assert!(!test.see(|tx| triggers::has_fired(tx, VisitorId::from_i64(1), TriggerId::from_i64(1))));
}

pub(super) fn greetings_and_marks_of_visitors(place: &Place) {
    let test = place.open();
    let (visitor, other) = (VisitorId::from_i64(1), VisitorId::from_i64(2));
    let greeting = |number: i64| Greeting { speaker: "Sarah".to_owned(), text: format!("{number}"), at: at(number) };
    let marks = Marks { triggered: true, department: Some(DepartmentId::DEFAULT), tags: vec!["a".to_owned(), "b c".to_owned()] };
    let put = marks.clone();
    test.put(move |tx| {
        for (number, whose) in [(3, visitor), (1, visitor), (2, other)] {
            triggers::add_greeting(tx, number, (whose, VisitId::from_i64(9)), TriggerId::from_i64(1), &greeting(number))?;
        }
        triggers::set_marks(tx, visitor, &Marks::default(), at(1))?;
        triggers::set_marks(tx, visitor, &put, at(1))?;
        triggers::set_marks(tx, other, &Marks { triggered: true, ..Marks::default() }, at(5))
    });
    assert_eq!(test.see(move |tx| triggers::greetings(tx, visitor, at(0))), [greeting(1), greeting(3)]);
    assert_eq!(test.see(move |tx| triggers::greeting_numbers(tx, visitor, at(2))), [3]);
    assert_eq!(test.see(move |tx| triggers::marks(tx, visitor)), marks);
    test.put(|tx| triggers::forget_before(tx, at(2), at(2)));
    assert_eq!(test.see(move |tx| triggers::greetings(tx, visitor, at(0))), [greeting(3)]);
    assert_eq!(test.see(move |tx| triggers::marks(tx, visitor)), Marks::default());
    assert!(test.see(move |tx| triggers::marks(tx, other)).triggered);
    test.put(move |tx| triggers::forget_greetings(tx, visitor));
    assert!(test.see(move |tx| triggers::greetings(tx, visitor, at(0))).is_empty());
    assert_eq!(test.see(move |tx| triggers::greetings(tx, other, at(0))), [greeting(2)]);
}

pub(super) fn how_a_browser_has_come(place: &Place) {
    let test = place.open();
    put_touches(&test);
    test.put(|tx| {
        for number in 1..=4 {
            visits::insert(tx, &visit(number, 8, number))?;
        }
        let visit = VisitId::from_i64(4);
        for second in 1..=3 {
            let page = Page { visit, at: at(second), url: format!("{second}"), title: String::new(), from: String::new() };
            visits::add_page(tx, &page)?;
        }
        let mut chat = chats::get(tx, ChatId::from_i64(1))?.expect("it is there");
        chat.end(deskbell_domain::chat::EndReason::Visitor, at(50));
        chats::update(tx, &chat)
    });
    let visitor = VisitorId::from_i64(8);
    let latest = test.see(move |tx| visits::of_visitor(tx, visitor, 3));
    assert_eq!(latest.iter().map(|visit| visit.id.get()).collect::<Vec<_>>(), [4, 3, 2]);
    assert_eq!(test.see(|tx| visits::count_pages(tx, VisitId::from_i64(4))), 3);
    assert_eq!(test.see(move |tx| triggers::count_ended_chats(tx, visitor)), 1);
}
