//! Lists of conversations: every filter and order beside the same filter written by hand, page by page. And what is counted of them.

use super::{Place, TestDb, at};
use crate::error::StoreError;
use crate::tables::conversations::{self, Changed, Filter, Lines, Listed, Order, Waiting};
use crate::tables::{customers, departments, desk, tags};
use deskbell_domain::conversation::{Channel, Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::department::{Department, Strategy};
use deskbell_domain::ids::{AgentId, ConversationId, CustomerId, DepartmentId, TagId};
use deskbell_domain::tag::Tag;
use deskbell_domain::time::Timestamp;

const CONVERSATIONS: u64 = 400;

/// Numbers without rhyme, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

/// A row and whether it was merged into another.
type Known = (Conversation, bool);

/// Conversations of seven customers, three departments and four agents, some in the same second, some merged.
fn fill(test: &TestDb) -> Vec<Known> {
    test.put(|tx| {
        for number in 1..=3 {
            let department = Department {
                id: DepartmentId::from_i64(number),
                name: format!("Department {number}"),
                description: String::new(),
                strategy: Strategy::Random,
                offer_seconds: 30,
                queue_chats_max: 10,
                enabled: true,
            };
            departments::put(tx, &department, at(0))?;
            let tag = Tag { id: TagId::from_i64(number), name: format!("tag, {number}"), color: String::new(), background: String::new() };
            tags::insert(tx, &tag, at(0))?;
        }
        for number in 1..=7 {
            let email = Some(format!("c{number}@x.test")).filter(|_| number > 2);
            customers::insert(tx, &Customer { email, ..Customer::anonymous(CustomerId::from_i64(number), at(0)) })?;
        }
        Ok(())
    });
    let mut dice = Dice(7);
    let known: Vec<Known> = (0..CONVERSATIONS).map(|number| conversation(&mut dice, number)).collect();
    let rows = known.clone();
    test.put(move |tx| {
        for (row, merged) in rows {
            conversations::insert(tx, &row)?;
            let tags: Vec<TagId> = row.tags.iter().map(|name| TagId::from_i64(name[5..].parse().expect("a number"))).collect();
            tags::set(tx, row.id, &tags)?;
            if merged {
                tx.exec("UPDATE conversations SET merged_into = 1 WHERE id = $1", &[&row.id.get()])?;
            }
        }
        tx.exec("UPDATE tags SET removed_at = 1 WHERE id = 3", &[])
    });
    known
        .into_iter()
        .map(|(mut row, merged)| {
            row.tags.retain(|name| name != "tag, 3");
            (row, merged)
        })
        .collect()
}

fn conversation(dice: &mut Dice, number: u64) -> Known {
    let created = at(1_000 + dice.below(40) as i64).plus_micros(dice.below(2) as i64);
    let long = format!("{} {}", "a subject longer than its index".repeat(3), dice.below(2));
    let tags = [&[][..], &["tag, 2", "tag, 1"], &["tag, 3", "tag, 1"]];
    let row = Conversation {
        // Ids have nothing to do with time.
        id: ConversationId::from_i64((number * 7_919 % 1_000_003) as i64 + 10),
        code: format!("C-{number}"),
        public_code: format!("P{number}"),
        customer: CustomerId::from_i64(1 + dice.below(7) as i64),
        visitor: None,
        visit: None,
        department: DepartmentId::from_i64(1 + dice.below(3) as i64),
        assigned: if dice.below(3) > 0 { Some(AgentId::from_i64(1 + dice.below(4) as i64)) } else { None },
        status: dice.of(Status::ALL),
        channel: dice.of(Channel::ALL),
        subject: if dice.below(2) == 0 { format!("s{}", dice.below(5)) } else { long },
        preview: "What it's about".to_owned(),
        created,
        changed: created.plus_seconds(dice.below(50) as i64),
        groups_in: 1,
        groups_out: 0,
        tags: dice.of(&tags).iter().map(|name| (*name).to_owned()).collect(),
    };
    (row, dice.below(10) == 0)
}

fn holds(filter: &Filter, row: &Conversation) -> bool {
    let changed = |changed: &Changed| match changed {
        Changed::Equal(from, end) => *from <= row.changed && row.changed < *end,
        Changed::NotEqual(from, end) => !(*from <= row.changed && row.changed < *end),
        Changed::Before(end) => row.changed < *end,
        Changed::From(from) => *from <= row.changed,
    };
    filter.customer.is_none_or(|customer| row.customer == customer)
        && filter.department.is_none_or(|department| row.department == department)
        && filter.assigned.is_none_or(|assigned| row.assigned == assigned)
        && (filter.statuses.is_empty() || filter.statuses.contains(&row.status))
        && (filter.channels.is_empty() || filter.channels.contains(&row.channel))
        && filter.created_from.is_none_or(|from| row.created >= from)
        && filter.created_to.is_none_or(|to| row.created <= to)
        && filter.changed.iter().all(changed)
        && filter.subject.as_ref().is_none_or(|subject| row.subject == *subject)
        && filter.search.as_ref().is_none_or(|search| row.subject.to_lowercase().contains(&search.to_lowercase()))
}

fn place(row: &Conversation, order: Order) -> (Timestamp, ConversationId) {
    match order {
        Order::CreatedAscending => (row.created, row.id),
        Order::ChangedAscending | Order::ChangedDescending => (row.changed, row.id),
    }
}

fn some<T: Copy>(dice: &mut Dice, all: &[T]) -> Vec<T> {
    (0..1 + dice.below(3)).map(|_| dice.of(all)).collect()
}

/// One to three conditions of any kind.
fn filter(dice: &mut Dice) -> Filter {
    let mut filter = Filter::default();
    for _ in 0..dice.below(4) {
        let moment = |dice: &mut Dice| at(1_000 + dice.below(90) as i64).plus_micros(dice.below(2) as i64);
        match dice.below(11) {
            0 => filter.customer = Some(CustomerId::from_i64(1 + dice.below(8) as i64)),
            1 => filter.department = Some(DepartmentId::from_i64(1 + dice.below(4) as i64)),
            2 => filter.assigned = Some(Some(AgentId::from_i64(1 + dice.below(5) as i64))),
            3 => filter.assigned = Some(None),
            4 => filter.statuses = if dice.below(4) == 0 { Status::ALL.to_vec() } else { some(dice, Status::ALL) },
            5 => filter.channels = if dice.below(4) == 0 { Channel::ALL.to_vec() } else { some(dice, Channel::ALL) },
            6 => filter.created_from = Some(moment(dice)),
            7 => filter.created_to = Some(moment(dice)),
            8 => {
                let subjects = ["s1".to_owned(), format!("{} 1", "a subject longer than its index".repeat(3)), "none".to_owned()];
                filter.subject = Some(subjects[dice.below(3) as usize].clone());
            }
            9 => filter.search = Some("S1".to_owned()),
            _ => {
                let (a, b) = (moment(dice), moment(dice));
                filter.changed.push(match dice.below(4) {
                    0 => Changed::Equal(a.min(b), a.max(b)),
                    1 => Changed::NotEqual(a.min(b), a.max(b)),
                    2 => Changed::Before(a),
                    _ => Changed::From(a),
                });
            }
        }
    }
    filter
}

pub(super) fn every_filter_in_every_order(place_of: &Place) {
    let test = place_of.open();
    let known = fill(&test);
    let mut dice = Dice(11);
    for round in 0..80 {
        let filter = filter(&mut dice);
        for order in [Order::CreatedAscending, Order::ChangedAscending, Order::ChangedDescending] {
            let mut wanted: Vec<&Conversation> =
                known.iter().filter(|(row, merged)| !merged && holds(&filter, row)).map(|(row, _)| row).collect();
            wanted.sort_by_key(|row| place(row, order));
            if order == Order::ChangedDescending {
                wanted.reverse();
            }
            let (limit, skip) = (20 + dice.below(60) as i64, dice.below(4) as i64);
            let found = pages(&test, &filter, order, limit, skip);
            let found: Vec<&Conversation> = found.iter().map(|listed| &listed.conversation).collect();
            let wanted = &wanted[(skip as usize).min(wanted.len())..];
            assert_eq!(found, wanted, "round {round}: {filter:?} {order:?} by {limit}, {skip} left out");
        }
    }
}

/// Page after page, each behind the last row of the one before.
fn pages(test: &TestDb, filter: &Filter, order: Order, limit: i64, skip: i64) -> Vec<Listed> {
    let (mut all, mut filter, mut skip): (Vec<Listed>, _, _) = (Vec::new(), filter.clone(), skip);
    loop {
        let asked = filter.clone();
        let (page, lines) = test.see(move |tx| -> Result<_, StoreError> {
            Ok((conversations::list(tx, &asked, order, limit, skip)?, conversations::lines(tx, &asked, order, limit, skip)?))
        });
        same_lines(&page, &lines, order);
        let is_last = (page.len() as i64) < limit;
        filter.beyond = page.last().map(|listed| place(&listed.conversation, order)).or(filter.beyond);
        skip = 0;
        all.extend(page);
        if is_last {
            return all;
        }
    }
}

/// Lines show what the rows of the same list do, also those that are taken over from another page.
fn same_lines(page: &[Listed], lines: &Lines, order: Order) {
    let mut copied = Lines::default();
    lines.iter().for_each(|line| copied.push(line));
    for lines in [lines, &copied] {
        assert_eq!(lines.len(), page.len());
        assert_eq!(lines.last().map(|line| line.place(order)), page.last().map(|listed| place(&listed.conversation, order)));
        for (line, listed) in lines.iter().zip(page) {
            let row = &listed.conversation;
            assert_eq!((line.id(), line.code(), line.public_code()), (row.id, &*row.code, &*row.public_code));
            assert_eq!((line.subject(), line.preview(), line.department()), (&*row.subject, &*row.preview, row.department));
            assert_eq!((line.status(), line.channel()), (row.status, row.channel));
            assert_eq!((line.created(), line.changed()), (row.created, row.changed));
            assert_eq!((line.groups_in(), line.groups_out()), (row.groups_in, row.groups_out));
            assert_eq!(line.department_name(), listed.department_name);
            assert_eq!(line.customer_email(), listed.customer_email.as_deref());
            // The ids here are too short for a visitor's name.
            if listed.customer_email.is_some() {
                assert_eq!(line.customer_display_name(), listed.customer_display_name());
            }
            assert_eq!(line.tags(), listed.tags);
        }
    }
}

pub(super) fn rows_show_their_customer_department_and_tags(place_of: &Place) {
    let test = place_of.open();
    let known = fill(&test);
    let listed = pages(&test, &Filter::default(), Order::CreatedAscending, 1_000, 0);
    assert_eq!(listed.len(), known.iter().filter(|(_, merged)| !merged).count());
    for one in &listed {
        let (department, customer) = (one.conversation.department.get(), one.conversation.customer.get());
        assert_eq!(one.department_name, format!("Department {department}"));
        assert_eq!(one.customer_email, Some(format!("c{customer}@x.test")).filter(|_| customer > 2));
        let tags: Vec<String> = one.tags.iter().map(|tag| format!("tag, {}", tag.get())).collect();
        assert_eq!(tags, one.conversation.tags);
    }
    assert!(listed.iter().any(|one| one.conversation.tags == ["tag, 2", "tag, 1"]));
    assert!(listed.iter().any(|one| one.conversation.tags == ["tag, 1"]), "a removed tag is not shown");
    let (bare, tagged) = (listed.iter().find(|one| one.tags.is_empty()), listed.iter().find(|one| !one.tags.is_empty()));
    let [bare, tagged] = [bare, tagged].map(|one| one.expect("both occur").conversation.clone());
    let (bare_id, tagged_id) = (bare.id, tagged.id);
    test.put(move |tx| {
        tags::set(tx, bare_id, &[TagId::from_i64(2)])?;
        tags::set(tx, tagged_id, &[])
    });
    for (changed, wanted) in [(bare, &["tag, 2".to_owned()][..]), (tagged, &[])] {
        // Behind a department's statuses rows are found by id, otherwise where the index points.
        for department in [None, Some(changed.department)] {
            let listed = pages(&test, &Filter { department, ..Filter::default() }, Order::CreatedAscending, 7, 0);
            let found = listed.iter().find(|one| one.conversation.id == changed.id).expect("it is in the list");
            assert_eq!(found.conversation.tags, wanted, "tags that came and went");
        }
    }
}

pub(super) fn spellings_lead_to_what_a_conversation_was_merged_into(place_of: &Place) {
    let test = place_of.open();
    let mut dice = Dice(3);
    fill(&test);
    let last = conversation(&mut dice, CONVERSATIONS + 9).0.id;
    test.put(move |tx| {
        let mut dice = Dice(3);
        for number in 1..=9 {
            conversations::insert(tx, &conversation(&mut dice, CONVERSATIONS + number).0)?;
        }
        tx.exec(
            "UPDATE conversations SET merged_into = (SELECT n.id FROM conversations n WHERE n.code > conversations.code ORDER BY n.code LIMIT 1) \
             WHERE code BETWEEN 'C-401' AND 'C-408'",
            &[],
        )
    });
    for spelling in ["C-401", "c-408", "C-409", "P401", "P409"] {
        assert_eq!(test.see(move |tx| conversations::resolve(tx, spelling)), Some(last), "{spelling}");
    }
    test.put(|tx| tx.exec("UPDATE conversations SET merged_into = id WHERE code = 'C-409'", &[]));
    let circle = test.db.read_blocking(|tx| conversations::resolve(tx, "C-401"));
    assert!(matches!(circle, Err(StoreError::Corrupt(_))), "{circle:?}");
}

pub(super) fn what_waits_is_counted(place_of: &Place) {
    let test = place_of.open();
    let known = fill(&test);
    let waiting = test.see(conversations::waiting);
    assert_eq!(waiting.len(), 3, "every department, also one where nobody waits");
    for (department, counted) in waiting {
        let count = |status| known.iter().filter(|(row, merged)| !merged && row.department == department && row.status == status).count();
        let wanted = Waiting { chatting: count(Status::Chatting) as i64, new: count(Status::New) as i64, open: count(Status::Open) as i64 };
        assert_eq!(counted, wanted, "{department}");
    }
}

pub(super) fn versions_of_the_program_are_noted(place_of: &Place) {
    let test = place_of.open();
    assert_eq!(test.see(desk::newest_update), None);
    for (version, seconds) in [("1.0", 1), ("1.1", 2), ("1.0", 3)] {
        test.put(move |tx| desk::note_update(tx, version, at(seconds)));
        assert_eq!(test.see(desk::newest_update), Some((version.to_owned(), at(seconds))));
    }
}
