//! Service levels, their rules, clocks, the log and its cells.

use super::{Place, TestDb, at, rows};
use crate::engine::Tx;
use crate::error::StoreError;
use crate::tables::sla::clocks::{self, Watched};
use crate::tables::sla::log::{self, Closing, Kept, LogFilter, LogPage, Recount, Times as Taken, WrongCell};
use crate::tables::sla::{self, SlaRule};
use crate::tables::{agents, conversations, customers, departments};
use deskbell_domain::agent::{Agent, AgentStatus, Role};
use deskbell_domain::calendar::Calendar;
use deskbell_domain::conversation::{Channel, Conversation};
use deskbell_domain::customer::Customer;
use deskbell_domain::department::Department;
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, CustomerId, DepartmentId, SlaItemId, SlaLevelId, SlaRuleId};
use deskbell_domain::measure::{Medium, Span};
use deskbell_domain::sla::clock::{Clock, Run, Settled, Subject};
use deskbell_domain::sla::{Goal, Level, Times};

const CUSTOMER: CustomerId = CustomerId::from_i64(1);
const ANN: AgentId = AgentId::from_i64(5);
const SALES: DepartmentId = DepartmentId::from_i64(7);

fn level(number: i64, name: &str) -> Level {
    Level {
        id: SlaLevelId::from_i64(number),
        name: name.to_owned(),
        times: Times::default().with(Goal::FirstAnswer, 3_600).with(Goal::CallAnswer, 20),
        calendar: Calendar::parse("Europe/Berlin; mon 09:00-12:00 13:00-17:00; off 2026-12-25").expect("it is one"),
    }
}

fn conversation(number: i64) -> ConversationId {
    ConversationId::from_i64(number)
}

/// A department, an agent, a customer, a level, and conversations 1 to 4; the first has the level.
fn fill(test: &TestDb) {
    test.put(|tx| {
        departments::put(tx, &Department { name: "Sales".to_owned(), ..rows::department(SALES) }, at(0))?;
        customers::insert(tx, &Customer { name: "Cleo van Dyk".to_owned(), ..Customer::anonymous(CUSTOMER, at(0)) })?;
        let agent = Agent {
            id: ANN,
            contact: CUSTOMER,
            email: "ann@desk.test".to_owned(),
            first_name: "Ann".to_owned(),
            last_name: "Lee".to_owned(),
            role: Role::Agent,
            slots: 3,
            enabled: true,
            preset: AgentStatus::ONLINE,
            online: AgentStatus::OFFLINE,
        };
        agents::insert(tx, &agent, "none", at(0))?;
        sla::insert_level(tx, &level(1, "Usual"), at(0))?;
        for number in 1..=4 {
            let assigned = (number == 1).then_some(ANN);
            let row = Conversation { department: SALES, assigned, channel: Channel::Email, ..rows::conversation(number) };
            conversations::insert(tx, &row)?;
        }
        sla::set_level(tx, conversation(1), Some(SlaLevelId::from_i64(1)))
    });
}

fn clock(number: i64, of: i64, goal: Goal, due: i64) -> Clock {
    Clock {
        id: SlaItemId::from_i64(number),
        conversation: conversation(of),
        level: SlaLevelId::from_i64(1),
        goal,
        subject: match goal.medium() {
            Medium::Tickets => Subject::Ticket,
            Medium::Chats | Medium::Calls => Subject::Chat(ChatId::from_i64(number)),
        },
        started: at(0),
        allowed_micros: 3_600_000_000,
        used_micros: 5,
        run: Run::Since { since: at(1), due: at(due) },
        breached: false,
    }
}

fn insert(test: &TestDb, all: Vec<Clock>) {
    test.put(move |tx| all.iter().try_for_each(|clock| clocks::insert(tx, clock)));
}

pub(super) fn levels_and_rules_come_back(place: &Place) {
    let test = place.open();
    fill(&test);
    let (usual, zebra) = (level(1, "Usual"), level(2, "a Zebra"));
    let other = zebra.clone();
    test.put(move |tx| sla::insert_level(tx, &other, at(1)));
    assert_eq!(test.see(sla::levels), [zebra.clone(), usual.clone()], "by name, whatever its case");
    let taken = Level { name: "USUAL".to_owned(), ..zebra.clone() };
    let again = taken.clone();
    assert!(test.write(move |tx| sla::update_level(tx, &again)).is_err(), "a name is taken in any case");
    let mut changed = Level { name: "Always".to_owned(), calendar: Calendar::always(), ..usual };
    changed.times.set(Goal::FirstAnswer, None);
    let stored = changed.clone();
    test.put(move |tx| sla::update_level(tx, &stored));
    assert_eq!(test.see(|tx| sla::level_by_name(tx, "ALWAYS")), Some(changed.clone()));
    test.put(|tx| sla::remove_level(tx, SlaLevelId::from_i64(1), at(2)));
    assert_eq!(test.see(sla::levels), [zebra]);
    assert_eq!(test.see(|tx| sla::level_now(tx, SlaLevelId::from_i64(1))), None);
    assert_eq!(test.see(|tx| sla::level_ever(tx, SlaLevelId::from_i64(1))), Some(changed));
    assert_eq!(test.see(|tx| sla::level_by_name(tx, "always")), None);
    test.put(move |tx| sla::insert_level(tx, &Level { id: SlaLevelId::from_i64(3), name: "Always".to_owned(), ..taken }, at(3)));

    let rule = |number: i64, enabled| SlaRule {
        id: SlaRuleId::from_i64(number),
        name: format!("rule {number}"),
        enabled,
        level: SlaLevelId::from_i64(2),
        definition: "[]".to_owned(),
    };
    test.put(move |tx| [(9, true), (8, false), (7, true)].into_iter().try_for_each(|(id, on)| sla::insert_rule(tx, &rule(id, on), at(1))));
    assert_eq!(test.see(sla::rules), [rule(9, true), rule(8, false), rule(7, true)], "as they came");
    let renamed = SlaRule { name: "new".to_owned(), definition: "[[]]".to_owned(), ..rule(8, true) };
    let stored = renamed.clone();
    test.put(move |tx| {
        sla::update_rule(tx, &stored)?;
        (1i64..).zip([7, 8, 9]).try_for_each(|(place, id)| sla::place_rule(tx, SlaRuleId::from_i64(id), place))
    });
    assert_eq!(test.see(sla::rules), [rule(7, true), renamed, rule(9, true)]);
    test.put(|tx| sla::remove_rule(tx, SlaRuleId::from_i64(8)));
    assert_eq!(test.see(sla::rules).len(), 2);
}

pub(super) fn clocks_are_found_by_what_is_due(place: &Place) {
    let test = place.open();
    fill(&test);
    let watched = Watched { level: SlaLevelId::from_i64(1), department: SALES, assigned: Some(ANN), customer: CUSTOMER };
    assert_eq!(test.see(|tx| clocks::watched(tx, conversation(1))), Some(watched));
    assert_eq!(test.see(|tx| clocks::watched(tx, conversation(2))), None);
    assert_eq!(test.see(|tx| clocks::dues(tx, &[conversation(1)])), [].into(), "nothing at all is open");
    let still = Clock { run: Run::Still, ..clock(13, 1, Goal::FirstResolve, 0) };
    let all =
        vec![clock(11, 1, Goal::FirstAnswer, 50), clock(12, 2, Goal::ChatAnswer, 40), still.clone(), clock(14, 3, Goal::NextAnswer, 60)];
    insert(&test, all.clone());
    assert_eq!(test.see(|tx| clocks::open(tx, conversation(1))), [all[0].clone(), still.clone()]);
    assert_eq!(test.see(|tx| clocks::open(tx, conversation(2))), [all[1].clone()]);
    let asked = [1, 2, 4].map(conversation);
    assert_eq!(test.see(move |tx| clocks::dues(tx, &asked)), [(conversation(1), at(50)), (conversation(2), at(40))].into());
    let overdue =
        |now: i64| test.see(move |tx| clocks::overdue(tx, at(now), 10)).into_iter().map(|clock| clock.id.get()).collect::<Vec<_>>();
    assert_eq!([overdue(40), overdue(41), overdue(100)], [vec![], vec![12], vec![12, 11, 14]]);
    let any = |now: i64| test.see(move |tx| clocks::any_overdue(tx, at(now)));
    assert_eq!((any(40), any(41)), (false, true), "at the due moment itself it is in time");
    assert_eq!(test.see(clocks::next_due), Some(at(40)));
    assert_eq!(test.see(|tx| clocks::overdue(tx, at(100), 1)).len(), 1);
    // What was told is not found again, nor what ended or stands still.
    test.put(|tx| clocks::mark_breached(tx, &[SlaItemId::from_i64(12)], at(41)));
    assert_eq!(overdue(100), [11, 14]);
    assert!(test.see(|tx| clocks::open(tx, conversation(2)))[0].breached);
    test.put(|tx| clocks::drop(tx, SlaItemId::from_i64(11), at(42)));
    let mut moved = all[3].clone();
    (moved.used_micros, moved.run) = (77, Run::Still);
    let stored = moved.clone();
    test.put(move |tx| clocks::update(tx, &stored));
    assert_eq!((overdue(100), test.see(clocks::next_due)), (vec![], None));
    assert_eq!(test.see(|tx| clocks::open(tx, conversation(3))), [moved]);
    assert_eq!(test.see(|tx| clocks::open(tx, conversation(1))), [still]);
    assert_eq!(test.see(|tx| clocks::reached(tx, conversation(1))), [], "what was dropped was not reached");
}

fn close(tx: &mut Tx<'_>, clock: &Clock, moment: i64, due: i64, agent: Option<AgentId>) -> Result<i64, StoreError> {
    let settled = Settled { due: at(due), taken_micros: moment * 1_000 };
    log::close(tx, clock, &Closing { settled, at: at(moment), department: SALES, agent, customer: CUSTOMER })
}

pub(super) fn the_log_and_its_cells(place: &Place) {
    let test = place.open();
    fill(&test);
    let quarter = Span::Quarter.micros() / 1_000_000;
    // In the first quarter one in time and two too late, in the third one in time; a chat in between.
    let closings = [
        (1, Goal::FirstAnswer, 100, 100, Some(ANN)),
        (2, Goal::NextAnswer, 200, 150, Some(ANN)),
        (3, Goal::FirstResolve, 300, 10, None),
        (4, Goal::ChatAnswer, quarter, 9_999, Some(ANN)),
        (1, Goal::FirstAssign, 2 * quarter + 5, 9_999, None),
    ];
    let all: Vec<Clock> = closings.iter().zip(11i64..).map(|((of, goal, ..), id)| clock(id, *of, *goal, 50)).collect();
    insert(&test, all.clone());
    let numbers = test.put(move |tx| {
        closings
            .iter()
            .zip(&all)
            .map(|((_, _, moment, due, agent), clock)| close(tx, clock, *moment, *due, *agent))
            .collect::<Result<Vec<_>, _>>()
    });
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    let found = |medium, filter: LogFilter, until: i64, skip: i64, rows: i64| {
        let rows = test.see(move |tx| log::rows(tx, medium, &filter, (at(0), at(until)), LogPage { beyond: None, skip, rows }));
        rows.iter().map(|row| row.number).collect::<Vec<_>>()
    };
    let any = LogFilter::default;
    assert_eq!(found(Medium::Tickets, any(), 10_000, 0, 10), [1, 2, 3, 5]);
    assert_eq!(found(Medium::Tickets, any(), 300, 0, 10), [1, 2], "the end does not belong to it");
    assert_eq!(found(Medium::Tickets, any(), 10_000, 1, 2), [2, 3]);
    assert_eq!(found(Medium::Chats, any(), 10_000, 0, 10), [4]);
    assert_eq!(found(Medium::Calls, any(), 10_000, 0, 10), [0; 0]);
    // By key: rows that were closed at one moment are told apart by their numbers.
    let behind = |beyond: (i64, i64)| {
        let page = LogPage { beyond: Some((at(beyond.0), beyond.1)), rows: 10, ..LogPage::default() };
        let rows = test.see(move |tx| log::rows(tx, Medium::Tickets, &LogFilter::default(), (at(0), at(10_000)), page));
        rows.iter().map(|row| row.number).collect::<Vec<_>>()
    };
    assert_eq!((behind((100, 1)), behind((100, 0)), behind((200, 2))), (vec![2, 3, 5], vec![1, 2, 3, 5], vec![3, 5]));
    assert_eq!(behind((10_000, 5)), [0; 0]);
    let nobody = LogFilter { agent: Some(AgentId::from_i64(6)), ..any() };
    let everything =
        LogFilter { department: Some(SALES), agent: Some(ANN), requester: Some(CUSTOMER), level: Some(SlaLevelId::from_i64(1)) };
    assert_eq!(
        (found(Medium::Tickets, nobody.clone(), 10_000, 0, 10), found(Medium::Tickets, everything.clone(), 10_000, 0, 10)),
        (vec![], vec![1, 2])
    );
    for filter in [
        LogFilter { department: Some(DepartmentId::DEFAULT), ..everything.clone() },
        LogFilter { requester: Some(CustomerId::from_i64(2)), ..everything.clone() },
        LogFilter { level: Some(SlaLevelId::from_i64(2)), ..everything.clone() },
    ] {
        assert_eq!(found(Medium::Tickets, filter, 10_000, 0, 10), [0; 0]);
    }
    let newest = |filter: LogFilter, kept: Option<Kept>, until: i64, behind: Option<(i64, i64)>, rows: i64| {
        let behind = behind.map(|(closed, number)| (at(closed), number));
        let rows = test.see(move |tx| log::newest(tx, Medium::Tickets, &filter, kept, (at(0), at(until)), behind, rows));
        rows.iter().map(|row| (row.closed.seconds(), row.number)).collect::<Vec<_>>()
    };
    let all = newest(any(), None, 10_000, None, 10);
    assert_eq!(all.iter().map(|(_, number)| *number).collect::<Vec<_>>(), [5, 3, 2, 1]);
    for place in 0..all.len() {
        assert_eq!(newest(any(), None, 10_000, Some(all[place]), 10), all[place + 1..], "behind a row");
    }
    assert_eq!(newest(any(), None, 10_000, None, 2), all[..2]);
    assert_eq!(newest(any(), None, 300, None, 10), all[2..], "the end does not belong to it");
    assert_eq!(newest(nobody, None, 10_000, None, 10), []);
    let kept: Vec<_> = [Kept::InTime, Kept::Late].into_iter().map(|kept| newest(any(), Some(kept), 10_000, None, 10)).collect();
    let mut both = kept.concat();
    both.sort_by_key(|row| std::cmp::Reverse(*row));
    assert!(kept.iter().all(|rows| !rows.is_empty()) && both == all, "in time, or late: {kept:?}");
    let rows = test
        .see(|tx| log::rows(tx, Medium::Tickets, &LogFilter::default(), (at(0), at(1_000)), LogPage { rows: 10, ..LogPage::default() }));
    assert_eq!((rows[0].code.as_str(), rows[0].department_name.as_str(), rows[0].level_name.as_str()), ("ABC-1", "Sales", "Usual"));
    assert_eq!((rows[0].created, rows[0].due, rows[0].closed), (at(0), at(100), at(100)));
    assert_eq!((rows[0].agent.clone(), rows[2].agent.clone()), (Some((ANN, "Ann".to_owned(), "Lee".to_owned())), None));
    assert_eq!((rows[0].requester_first.as_str(), rows[0].requester_last.as_str()), ("Cleo", "van Dyk"));

    let cells = |span: Span, filter: LogFilter| {
        test.see(move |tx| {
            let mut cells = Vec::new();
            log::each_cell(tx, Medium::Tickets, &filter, span, (0, 100), |slot, cell| {
                cells.push((slot, cell.fulfilled, cell.unfulfilled))
            })?;
            Ok(cells)
        })
    };
    let quarters = |filter: LogFilter| cells(Span::Quarter, filter);
    let late = Taken { count: 2, sum_micros: 500_000, max_micros: 300_000, min_micros: 200_000 };
    let (one, none) = (Taken::one(100_000), Taken::default());
    let last = Taken::one((2 * quarter + 5) * 1_000);
    assert_eq!(quarters(LogFilter::default()), [(0, one, late), (2, last, none)]);
    let both = Taken { count: 2, sum_micros: 100_000 + last.sum_micros, max_micros: last.sum_micros, min_micros: 100_000 };
    assert_eq!(cells(Span::Hour, LogFilter::default()), [(0, both, late)]);
    let of_ann = LogFilter { requester: None, ..everything };
    assert_eq!(quarters(of_ann.clone()), [(0, one, Taken::one(200_000))]);
    assert_eq!(cells(Span::Hour, of_ann.clone()), quarters(of_ann.clone()), "she had none in the others");
    for filter in [LogFilter { level: None, ..of_ann.clone() }, LogFilter { department: None, ..of_ann.clone() }] {
        assert_eq!(quarters(filter), quarters(of_ann.clone()));
    }
    assert_eq!(quarters(LogFilter { agent: None, ..of_ann }), quarters(LogFilter::default()));
    let within = |from: i64, until: i64| {
        test.see(move |tx| {
            let mut slots = Vec::new();
            let any = LogFilter::default();
            log::each_cell(tx, Medium::Tickets, &any, Span::Quarter, (from, until), |slot, _| slots.push(slot))?;
            Ok(slots)
        })
    };
    assert_eq!((within(0, 2), within(1, 3), within(3, 9)), (vec![0], vec![2], vec![]), "the end does not belong to it");
    let taken = test.see(|tx| {
        let mut rows = Vec::new();
        log::each_taken(tx, Medium::Tickets, &LogFilter::default(), (at(150), at(10_000)), |at, in_time, taken| {
            rows.push((at, in_time, taken))
        })?;
        rows.sort_unstable();
        Ok(rows)
    });
    assert_eq!(taken, [(at(200), false, 200_000), (at(300), false, 300_000), (at(2 * quarter + 5), true, last.sum_micros)]);
    let first = test.see(|tx| clocks::reached(tx, conversation(1)));
    assert!(first.contains(&Goal::FirstAnswer) && first.contains(&Goal::FirstAssign) && first.len() == 2, "{first:?}");
    assert_eq!(test.see(log::recount), Recount { logged: 5, ..Recount::default() });
}

pub(super) fn what_is_wrong_is_found(place: &Place) {
    let test = place.open();
    fill(&test);
    let all = vec![
        clock(11, 1, Goal::FirstAnswer, 50),
        clock(12, 2, Goal::FirstAnswer, 50),
        clock(13, 2, Goal::NextAnswer, 50),
        clock(14, 3, Goal::FirstAnswer, 50),
        clock(15, 4, Goal::FirstResolve, 50),
    ];
    insert(&test, all.clone());
    test.put(move |tx| {
        tx.exec("UPDATE conversations SET status = 'A' WHERE id = 3", &[])?;
        tx.exec("UPDATE conversations SET status = 'X' WHERE id = 4", &[])?;
        close(tx, &all[0], 100, 200, None)
    });
    let found = test.see(log::recount);
    let items = |numbers: &[i64]| numbers.iter().map(|number| SlaItemId::from_i64(*number)).collect::<Vec<_>>();
    assert_eq!((found.open, found.logged, found.wrong_cells, found.named_cells), (4, 1, 0, vec![]));
    assert_eq!((found.stray, found.untrue, found.doubled), (items(&[15]), items(&[14]), items(&[13])));

    let wrong = |damage: &'static str| {
        test.put(move |tx| tx.exec(damage, &[]));
        let found = test.see(log::recount);
        let (first, last) = test.see(log::blocks).expect("there are rows");
        for (block, medium) in (first..=last).flat_map(|block| Medium::ALL.map(|medium| (block, medium))) {
            test.put(move |tx| log::add_up(tx, medium, block));
        }
        assert_eq!(test.see(log::recount).wrong_cells, 0, "{damage}");
        (found.wrong_cells, found.named_cells)
    };
    let (department, level) = (Some(SALES), Some(SlaLevelId::from_i64(1)));
    let cell = |department, level, span| WrongCell { medium: Medium::Tickets, department, agent: None, level, span, start: at(0) };
    // One of other sums is one too many and one too few.
    for (span, sum) in [
        (Span::Quarter, "UPDATE sla_cells SET kept_total = kept_total + 1 WHERE level_id = 0 AND department_id = 0 AND span = 1"),
        (Span::Hour, "UPDATE sla_cells SET kept_total = kept_total + 1 WHERE level_id = 0 AND department_id = 0 AND span = 4"),
        (Span::Hour, "UPDATE sla_cells SET late_shortest = 1 WHERE level_id = 0 AND department_id = 0 AND span = 4"),
    ] {
        assert_eq!(wrong(sum), (2, vec![cell(None, None, span)]), "{sum}");
    }
    let missing = "DELETE FROM sla_cells WHERE level_id <> 0 AND department_id <> 0 AND span = 4";
    assert_eq!(wrong(missing), (1, vec![cell(department, level, Span::Hour)]));
    let superfluous =
        "INSERT INTO sla_cells (medium, department_id, agent_id, level_id, span, slot, kept_items) VALUES ('calls', 0, 9, 0, 4, 2, 1)";
    let calls = WrongCell { medium: Medium::Calls, agent: Some(AgentId::from_i64(9)), start: at(7_200), ..cell(None, None, Span::Hour) };
    assert_eq!(wrong(superfluous), (1, vec![calls]));
    assert_eq!(wrong("DELETE FROM sla_cells").0, 8, "four of each length: nobody was in charge");
}
