//! Shortcuts, what is kept of agents' coming, and bans by their ids.

use super::{Place, at, rows};
use crate::tables::bans::{self, RangeEnd};
use crate::tables::{agents, conversations, customers, departments, engagements, offers, shortcuts, visits};
use deskbell_domain::agent::{Agent, AgentStatus, Role};
use deskbell_domain::conversation::{Channel, Conversation};
use deskbell_domain::customer::{Ban, BanTarget, Customer};
use deskbell_domain::department::{Department, Strategy};
use deskbell_domain::ids::{AgentId, BanId, CustomerId, DepartmentId, ShortcutId, VisitId, VisitorId};
use deskbell_domain::shortcut::{Shortcut, ShortcutScope};
use deskbell_domain::visit::Visit;

fn shortcut(number: i64, name: &str, scope: ShortcutScope) -> Shortcut {
    Shortcut {
        id: ShortcutId::from_i64(number),
        name: name.to_owned(),
        message: format!("text {number}"),
        options: "Yes/No".to_owned(),
        tags: vec!["a".to_owned(), "b c".to_owned()],
        scope,
    }
}

fn agent(number: i64) -> Agent {
    Agent {
        id: AgentId::from_i64(number),
        contact: CustomerId::from_i64(number),
        email: format!("agent{number}@desk.test"),
        first_name: "Ann".to_owned(),
        last_name: String::new(),
        role: Role::Agent,
        slots: 3,
        enabled: true,
        preset: AgentStatus::ONLINE,
        online: AgentStatus::ONLINE,
    }
}

/// Written, changed and removed; the owners of each come with it, in their order.
pub(super) fn shortcuts_come_back_change_and_go(place: &Place) {
    let test = place.open();
    let departments = ShortcutScope::Departments(vec![DepartmentId::from_i64(3), DepartmentId::from_i64(9)]);
    let all = [
        shortcut(3, "Bye", ShortcutScope::All),
        shortcut(2, "bye", departments),
        shortcut(1, "hello", ShortcutScope::Agents(vec![AgentId::from_i64(7)])),
    ];
    let rows = all.clone();
    test.put(move |tx| rows.iter().rev().try_for_each(|row| shortcuts::put(tx, row, at(1))));
    assert_eq!(test.see(shortcuts::all), all, "capitals first: by bytes");
    assert_eq!(test.see(|tx| shortcuts::by_name(tx, "bye")), Some(all[1].clone()));
    assert_eq!(test.see(|tx| shortcuts::by_name(tx, "BYE")), None);
    assert_eq!(test.see(shortcuts::count), 3);

    let changed = Shortcut { tags: Vec::new(), ..shortcut(2, "ciao", ShortcutScope::Agents(vec![AgentId::from_i64(4)])) };
    let row = changed.clone();
    test.put(move |tx| shortcuts::put(tx, &row, at(2)));
    assert_eq!(test.see(|tx| shortcuts::get(tx, ShortcutId::from_i64(2))), Some(changed));
    test.put(|tx| shortcuts::remove(tx, ShortcutId::from_i64(2)));
    assert_eq!(test.see(|tx| shortcuts::get(tx, ShortcutId::from_i64(2))), None);
    assert_eq!(test.see(shortcuts::count), 2);
    let taken = test.write(|tx| shortcuts::put(tx, &shortcut(5, "hello", ShortcutScope::All), at(1)));
    assert!(matches!(taken, Err(crate::StoreError::Conflict(_))), "{taken:?}");
}

/// Sign-ins and missed rings are counted for each agent alone.
pub(super) fn attendances_are_counted(place: &Place) {
    let test = place.open();
    test.put(|tx| {
        for number in [5, 6] {
            customers::insert(tx, &Customer::anonymous(CustomerId::from_i64(number), at(1)))?;
            agents::insert(tx, &agent(number), "", at(number))?;
        }
        agents::note_login(tx, AgentId::from_i64(5), at(100))?;
        agents::note_login(tx, AgentId::from_i64(5), at(200))
    });
    let kept = test.see(agents::attendances);
    let told = |number: i64| {
        let one = kept[&AgentId::from_i64(number)];
        (one.created, one.last_login, one.logins)
    };
    assert_eq!((told(5), told(6)), ((at(5), Some(at(200)), 2), (at(6), None, 0)));

    let (first, other) = (AgentId::from_i64(5), AgentId::from_i64(6));
    assert_eq!(test.put(move |tx| agents::note_missed_ring(tx, first)), 1);
    assert_eq!(test.put(move |tx| agents::note_missed_ring(tx, first)), 2);
    assert_eq!(test.put(move |tx| agents::note_missed_ring(tx, other)), 1);
    test.put(move |tx| agents::forget_missed_rings(tx, first));
    assert_eq!(test.put(move |tx| agents::note_missed_ring(tx, first)), 1);
    assert_eq!(test.put(move |tx| agents::note_missed_ring(tx, other)), 2);
    assert!(test.see(agents::loads).is_empty(), "who has no chat is not told");
    assert!(test.see(engagements::all_open).is_empty() && test.see(offers::all_ringing).is_empty());
}

fn visit(number: i64, customer: i64, address: &str) -> Visit {
    Visit {
        id: VisitId::from_i64(number),
        visitor: VisitorId::from_i64(number + 1_000),
        customer: CustomerId::from_i64(customer),
        started: at(number),
        seen: at(number),
        user_agent: String::new(),
        address: address.to_owned(),
        referrer: String::new(),
        language: String::new(),
    }
}

fn ban(number: i64, target: BanTarget) -> Ban {
    Ban { id: BanId::from_i64(number), target, reason: "spam".to_owned(), created: at(number) }
}

/// Either end of a range, names of the banned, and whom a ban keeps out.
pub(super) fn bans_by_their_ids(place: &Place) {
    let test = place.open();
    let customer = BanTarget::Customer(CustomerId::from_i64(20));
    let address = BanTarget::Address("192.0.2.1".to_owned());
    let targets = [customer.clone(), address.clone()];
    test.put(move |tx| {
        let known = Customer { name: "Cleo".to_owned(), ..Customer::anonymous(CustomerId::from_i64(20), at(1)) };
        customers::insert(tx, &known)?;
        customers::insert(tx, &Customer::anonymous(CustomerId::from_i64(21), at(1)))?;
        for number in 1..=5 {
            bans::insert(tx, &ban(number * 10, if number == 3 { targets[0].clone() } else { targets[1].clone() }))?;
        }
        let department = Department { strategy: Strategy::LeastBusy, ..rows::department(DepartmentId::DEFAULT) };
        departments::put(tx, &department, at(1))?;
        for row in [visit(1, 20, "192.0.2.9"), visit(2, 21, "192.0.2.1"), visit(3, 21, "192.0.2.9"), visit(4, 21, "192.0.2.8")] {
            visits::insert(tx, &row)?;
        }
        // This browser spoke for the banned customer once.
        let conversation = Conversation {
            code: "C-9".to_owned(),
            public_code: "P9".to_owned(),
            customer: CustomerId::from_i64(20),
            visitor: Some(VisitorId::from_i64(1_003)),
            channel: Channel::Button,
            created: at(1),
            changed: at(1),
            ..rows::conversation(9)
        };
        conversations::insert(tx, &conversation)
    });
    let numbers = |low, high, end, limit| -> Vec<i64> {
        test.see(move |tx| bans::range(tx, low, high, end, limit)).iter().map(|(ban, _)| ban.id.get()).collect()
    };
    assert_eq!(numbers(20, i64::MAX, RangeEnd::Lowest, 2), [20, 30]);
    assert_eq!(numbers(21, i64::MAX, RangeEnd::Lowest, 2), [30, 40]);
    assert_eq!(numbers(0, 40, RangeEnd::Highest, 2), [30, 40]);
    assert_eq!(numbers(20, 30, RangeEnd::Lowest, 9), [20, 30]);
    assert_eq!(numbers(51, i64::MAX, RangeEnd::Lowest, 9), [0i64; 0]);
    let names: Vec<_> = test.see(|tx| bans::range(tx, 0, 30, RangeEnd::Lowest, 9)).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, [None, None, Some("Cleo".to_owned())]);
    assert_eq!(test.see(bans::addresses).len(), 4);

    let of = |target: &BanTarget| {
        let target = target.clone();
        test.see(move |tx| bans::of_target(tx, &target)).len()
    };
    assert_eq!((of(&customer), of(&address), of(&BanTarget::Address("192.0.2.2".to_owned()))), (1, 4, 0));
    let hit = |target: &BanTarget, here: &[i64]| -> Vec<i64> {
        let (target, here) = (target.clone(), here.iter().map(|visit| VisitId::from_i64(*visit)).collect::<Vec<_>>());
        test.see(move |tx| bans::visits_hit(tx, &target, &here))
            .iter()
            .map(|(visit, visitor)| visit.get() * 10_000 + visitor.get())
            .collect()
    };
    assert_eq!(hit(&address, &[1, 2, 3, 4]), [21_002]);
    assert_eq!(hit(&address, &[1, 3]), [0i64; 0]);
    assert_eq!(hit(&customer, &[1, 2, 3, 4]), [11_001, 31_003]);
    assert_eq!(hit(&customer, &[3, 4]), [31_003]);
    assert_eq!(hit(&customer, &[]), [0i64; 0]);
}
