//! Customers, their fields, groups and companies: lists beside the same filter written by hand, and what goes when something is removed.

use super::{Place, TestDb, at, rows};
use crate::engine::EngineKind;
use crate::error::StoreError;
use crate::tables::customers::listing::{self, Filter, Key, Part};
use crate::tables::{agents, companies, conversations, customers, departments, fields, groups, messages, visits};
use deskbell_domain::agent::{Agent, AgentStatus, Role};
use deskbell_domain::company::Company;
use deskbell_domain::conversation::Conversation;
use deskbell_domain::customer::{Customer, CustomerRole, Gender};
use deskbell_domain::department::Department;
use deskbell_domain::field::{FieldOwner, FieldValue};
use deskbell_domain::group::CustomerGroup;
use deskbell_domain::ids::{
    AgentId, CompanyId, ConversationId, CustomerGroupId, CustomerId, DepartmentId, GroupId, MessageId, VisitId, VisitorId,
};
use deskbell_domain::message::{Actor, GroupKind, Message, MessageKind};
use deskbell_domain::visit::{Page, Visit};
use std::slice::from_ref;

const CUSTOMERS: i64 = 300;

fn id(number: i64) -> CustomerId {
    CustomerId::from_i64(number)
}

fn field(code: &str, value: &str) -> FieldValue {
    FieldValue { code: code.to_owned(), value: value.to_owned() }
}

fn company(number: i64, name: &str) -> Company {
    Company {
        id: CompanyId::from_i64(number),
        name: name.to_owned(),
        language: "en".to_owned(),
        address: String::new(),
        emails: vec![format!("b{number}@c.test"), format!("a{number}@c.test")],
        phones: vec![format!("+{number}")],
        created: at(number),
    }
}

/// Customers of every kind, some in the same second, created in another order than their ids have.
fn fill(test: &TestDb) -> Vec<Customer> {
    let all: Vec<Customer> = (1..=CUSTOMERS).map(customer).collect();
    let rows = all.clone();
    test.put(move |tx| {
        companies::insert(tx, &company(1, "One"))?;
        for customer in &rows {
            customers::insert(tx, customer)?;
            if customer.id.get() % 10 == 0 {
                let owner = FieldOwner::Customer(customer.id);
                fields::add_unique(tx, owner, &field("twitter", &format!("Bird_{}", customer.id.get())))?;
                fields::add_unique(tx, owner, &field("email", &format!("second{}@x.test", customer.id.get())))?;
                customers::note_known(tx, customer.id)?;
            }
        }
        agents::insert(tx, &agent(9_000, id(1)), "", at(1))
    });
    all
}

fn customer(number: i64) -> Customer {
    let known = number % 3 != 0;
    Customer {
        email: Some(format!("person{number}@{}.test", if number % 2 == 0 { "even" } else { "odd" })).filter(|_| known),
        name: if number % 4 == 0 && known { format!("Jörg O'Hara_{number}") } else { String::new() },
        phone: if number % 5 == 0 && known { format!("+49 {number} %") } else { String::new() },
        role: if number % 7 == 0 { CustomerRole::Registered } else { CustomerRole::Visitor },
        gender: Some(Gender::Other).filter(|_| number % 2 == 0),
        company: Some(CompanyId::from_i64(1)).filter(|_| number % 6 == 1),
        removed: Some(at(9)).filter(|_| number % 11 == 0 && number % 10 != 0),
        ..Customer::anonymous(id(number * 7_919 % 1_000_003 * 10 + number % 10), at(1_000 + number % 50))
    }
}

fn agent(number: i64, contact: CustomerId) -> Agent {
    Agent {
        id: AgentId::from_i64(number),
        contact,
        email: format!("agent{number}@x.test"),
        first_name: String::new(),
        last_name: String::new(),
        role: Role::Agent,
        slots: 1,
        enabled: true,
        preset: AgentStatus::OFFLINE,
        online: AgentStatus::OFFLINE,
    }
}

/// All that a filter finds, page by page.
fn found(test: &TestDb, filter: &Filter, rows: i64) -> Vec<CustomerId> {
    let (mut all, mut after): (Vec<CustomerId>, Option<Key>) = (Vec::new(), None);
    loop {
        let asked = filter.clone();
        let page = test.see(move |tx| listing::page(tx, &asked, after, None, rows));
        after = page.last().map(|last| (last.created.micros(), last.id.get()));
        all.extend(page.iter().map(|customer| customer.id));
        if (page.len() as i64) < rows {
            return all;
        }
    }
}

pub(super) fn customers_by_filter(place: &Place) {
    let test = place.open();
    let mut all = fill(&test);
    all.sort_by_key(|customer| (customer.created, customer.id));
    let is_bird = |customer: &Customer| customer.id.get() % 10 == 0;
    let is_listed = |customer: &Customer| {
        let known = customer.email.is_some() || !customer.name.is_empty() || !customer.phone.is_empty();
        customer.removed.is_none() && (known || is_bird(customer)) && customer.id != id(1)
    };
    let part = |place: listing::Place, text: &str| Filter { parts: vec![Part { place, text: text.to_owned() }], ..Filter::default() };
    type Test = Box<dyn Fn(&Customer) -> bool>;
    let cases: Vec<(&str, Filter, Test)> = vec![
        ("all", Filter::default(), Box::new(|_| true)),
        ("one", Filter { customer: Some(all[20].id), ..Filter::default() }, {
            let one = all[20].id;
            Box::new(move |customer| customer.id == one)
        }),
        (
            "a company",
            Filter { company: Some(CompanyId::from_i64(1)), ..Filter::default() },
            Box::new(|customer| customer.company.is_some()),
        ),
        (
            "a time",
            Filter { created_from: Some(at(1_010)), created_before: Some(at(1_020)), ..Filter::default() },
            Box::new(|customer| (at(1_010)..at(1_020)).contains(&customer.created)),
        ),
        (
            "a part of an address",
            part(listing::Place::Email, "@EVEN"),
            Box::new(|customer| customer.email.as_ref().is_some_and(|email| email.contains("@even"))),
        ),
        ("a part of a second address", part(listing::Place::Email, "SECOND"), Box::new(is_bird)),
        ("a part of a name", part(listing::Place::Name, "ö O'HARA_"), Box::new(|customer| customer.name.contains("Jörg"))),
        ("signs mean themselves", part(listing::Place::Phone, "% "), Box::new(|_| false)),
        ("a part of a number", part(listing::Place::Phone, " %"), Box::new(|customer| !customer.phone.is_empty())),
        ("a unique field", part(listing::Place::Unique("twitter"), "bird_"), Box::new(is_bird)),
        ("another unique field", part(listing::Place::Unique("weibo"), "bird_"), Box::new(|_| false)),
        (
            "all of it",
            Filter {
                company: Some(CompanyId::from_i64(1)),
                created_from: Some(at(1_005)),
                parts: vec![Part { place: listing::Place::Email, text: "odd".to_owned() }],
                ..Filter::default()
            },
            Box::new(|customer| {
                customer.company.is_some()
                    && customer.created >= at(1_005)
                    && customer.email.as_ref().is_some_and(|email| email.contains("odd"))
            }),
        ),
    ];
    for (what, filter, holds) in cases {
        let wanted: Vec<CustomerId> = all.iter().filter(|one| is_listed(one) && holds(one)).map(|one| one.id).collect();
        for rows in [7, 1_000] {
            assert_eq!(found(&test, &filter, rows), wanted, "{what}, {rows} rows a page");
        }
    }
}

pub(super) fn bites_of_customers(place: &Place) {
    let test = place.open();
    fill(&test);
    let filter = Filter { parts: vec![Part { place: listing::Place::Name, text: "nobody".to_owned() }], ..Filter::default() };
    let (mut ends, mut after) = (Vec::new(), None);
    loop {
        let asked = filter.clone();
        match test.see(move |tx| listing::end_of_bite(tx, &asked, after, 40)) {
            Some(end) => {
                assert!(after.is_none_or(|after| end > after), "bites go on");
                after = Some(end);
                ends.push(end);
            }
            None => break,
        }
    }
    let listed = found(&test, &Filter::default(), 1_000).len();
    assert!(
        (ends.len() * 40..(ends.len() + 1) * 40).contains(&(listed + 1)),
        "{} bites of {listed}, an agent's row among them",
        ends.len()
    );
    let (first, second) = (ends[0], ends[1]);
    let inside = test.see(move |tx| listing::page(tx, &Filter::default(), Some(first), Some(second), 1_000));
    assert!(inside.len() == 40 || inside.len() == 39, "{}", inside.len());
    let keys = inside.iter().map(|one| (one.created.micros(), one.id.get()));
    assert!(keys.into_iter().all(|key| key > first && key <= second));
}

/// A million customers, and ten times as many browsers: what is asked for often is found by an index.
pub(super) fn customers_are_found_by_index(place: &Place) {
    let test = place.open();
    if test.db.engine() != EngineKind::Sqlite {
        return;
    }
    fill(&test);
    for (sql, index) in [
        ("SELECT id FROM customers WHERE known = 1 ORDER BY created_at, id LIMIT 100", "customers_known"),
        ("SELECT id FROM customers WHERE known = 1 AND (created_at, id) > (5, 6) ORDER BY created_at, id LIMIT 100", "customers_known"),
        ("SELECT id FROM customers WHERE known = 1 AND company_id = 1 ORDER BY created_at, id LIMIT 100", "customers_company"),
        ("SELECT id FROM customers WHERE email = 'a@b.test'", "customers_email"),
        ("SELECT owner_id FROM unique_fields WHERE owner_kind = 'customer' AND code = 'email' AND value = 'x'", "unique_fields"),
    ] {
        let plan = test.see(move |tx| tx.all_dynamic_with(&format!("EXPLAIN QUERY PLAN {sql}"), &[], |row| row.get::<String>(3)));
        let plan = plan.join("; ");
        assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{sql}: {plan}");
    }
}

pub(super) fn customers_come_back(place: &Place) {
    let test = place.open();
    let mut whole = Customer {
        email: Some("ann@x.test".to_owned()),
        name: "Ann".to_owned(),
        phone: "1".to_owned(),
        note: "a\nb".to_owned(),
        role: CustomerRole::Registered,
        gender: Some(Gender::Female),
        system_name: "erp".to_owned(),
        company: Some(CompanyId::from_i64(1)),
        language: "en".to_owned(),
        address: "10.0.0.1".to_owned(),
        ..Customer::anonymous(id(5), at(7))
    };
    let stored = whole.clone();
    test.put(move |tx| {
        companies::insert(tx, &company(1, "One"))?;
        customers::insert(tx, &stored)?;
        customers::insert(tx, &Customer::anonymous(id(6), at(8)))
    });
    assert_eq!(test.see(|tx| customers::get(tx, id(5))), Some(whole.clone()));
    assert_eq!(test.see(|tx| customers::by_email(tx, "ANN@x.test")).map(|one| one.id), Some(id(5)));

    test.put(|tx| fields::add_unique(tx, FieldOwner::Customer(id(6)), &field("email", "bob@x.test")));
    assert_eq!(test.see(|tx| customers::by_email(tx, "Bob@x.test")).map(|one| one.id), Some(id(6)));
    assert_eq!(found(&test, &Filter::default(), 10), [id(5)], "not noted yet");
    test.put(|tx| customers::note_known(tx, id(6)));
    assert_eq!(found(&test, &Filter::default(), 10), [id(5), id(6)]);
    test.put(|tx| {
        fields::remove_unique(tx, FieldOwner::Customer(id(6)), None)?;
        customers::note_known(tx, id(6))
    });
    assert_eq!(found(&test, &Filter::default(), 10), [id(5)]);

    test.put(|tx| customers::seen(tx, id(5), "10.0.0.2", "fr"));
    (whole.address, whole.language) = ("10.0.0.2".to_owned(), "fr".to_owned());
    assert_eq!(test.see(|tx| customers::get(tx, id(5))), Some(whole.clone()));

    let removed = Customer { removed: Some(at(9)), ..Customer::anonymous(id(5), at(7)) };
    let emptied = removed.clone();
    test.put(move |tx| customers::update(tx, &emptied));
    test.put(|tx| customers::seen(tx, id(5), "10.0.0.3", "de"));
    assert_eq!(test.see(|tx| customers::get(tx, id(5))), Some(removed), "who was removed is not seen");
    assert_eq!(test.see(|tx| customers::by_email(tx, "ann@x.test")), None);
    assert_eq!(found(&test, &Filter::default(), 10), []);

    assert!(!test.see(|tx| customers::is_of_agent(tx, id(6))));
    test.put(|tx| agents::insert(tx, &agent(1, id(6)), "", at(1)));
    assert!(test.see(|tx| customers::is_of_agent(tx, id(6))));
    assert!(!test.see(|tx| customers::is_in_chat(tx, id(6))));
}

pub(super) fn fields_of_all_kinds_of_owners(place: &Place) {
    let test = place.open();
    let (ann, acme) = (FieldOwner::Customer(id(1)), FieldOwner::Company(CompanyId::from_i64(1)));
    let talk = FieldOwner::Conversation(ConversationId::from_i64(1));
    test.put(move |tx| {
        fields::add_custom(tx, ann, &[field("b", "1"), field("a", "2")])?;
        fields::add_custom(tx, ann, &[field("b", "3")])?;
        fields::add_custom(tx, acme, &[field("b", "acme")])?;
        fields::add_unique(tx, ann, &field("vat", "1"))?;
        fields::add_unique(tx, ann, &field("erp", "9"))?;
        fields::add_unique(tx, acme, &field("vat", "1"))
    });
    assert_eq!(test.see(move |tx| fields::custom(tx, ann)), [field("b", "1"), field("a", "2"), field("b", "3")]);
    assert_eq!(test.see(move |tx| fields::unique(tx, ann)), [field("vat", "1"), field("erp", "9")]);
    let many: Vec<FieldOwner> = (1..=1_200).map(|number| FieldOwner::Customer(id(number))).chain([acme, talk]).collect();
    let asked = many.clone();
    let custom = test.see(move |tx| fields::customs(tx, &asked));
    assert_eq!((custom.len(), custom[&acme].as_slice()), (2, &[field("b", "acme")][..]));
    assert_eq!(custom[&ann], [field("b", "1"), field("a", "2"), field("b", "3")]);
    assert_eq!(test.see(move |tx| fields::uniques(tx, &many)).len(), 2);

    let owner = |kind: &'static str, code: &'static str| test.see(move |tx| fields::unique_owner(tx, kind, code, "1"));
    assert_eq!((owner("customer", "vat"), owner("company", "vat"), owner("conversation", "vat")), (Some(1), Some(1), None));
    let taken = test.write(|tx| fields::add_unique(tx, FieldOwner::Customer(id(2)), &field("vat", "1")));
    assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");

    assert_eq!(test.put(move |tx| fields::remove_custom(tx, ann, Some("b"))), 2);
    assert_eq!(test.put(move |tx| fields::remove_custom(tx, ann, Some("b"))), 0);
    test.put(move |tx| fields::add_custom(tx, ann, &[field("c", "4")]));
    assert_eq!(test.see(move |tx| fields::custom(tx, ann)), [field("a", "2"), field("c", "4")]);
    assert_eq!(test.put(move |tx| fields::remove_custom(tx, ann, None)), 2);
    assert_eq!(test.put(move |tx| fields::remove_unique(tx, ann, Some("vat"))), 1);
    test.put(move |tx| fields::remove_unique_value(tx, ann, "erp", "8"));
    assert_eq!(test.see(move |tx| fields::unique(tx, ann)), [field("erp", "9")]);
    test.put(move |tx| fields::remove_unique_value(tx, ann, "erp", "9"));
    assert_eq!(test.see(move |tx| fields::unique(tx, ann)), []);
    assert_eq!(test.see(move |tx| fields::custom(tx, acme)), [field("b", "acme")]);
}

pub(super) fn groups_and_companies(place: &Place) {
    let test = place.open();
    let group = |number: i64, name: &str| CustomerGroup {
        id: CustomerGroupId::from_i64(number),
        name: name.to_owned(),
        color: "000".to_owned(),
        background: "fff".to_owned(),
    };
    let (vip, old) = (group(1, "VIP"), group(2, "Old"));
    let (one, two) = (company(1, "One"), company(2, "Acme"));
    let stored = (vip.clone(), old.clone(), one.clone(), two.clone());
    test.put(move |tx| {
        let (vip, old, one, two) = stored;
        groups::insert(tx, &vip, at(1))?;
        groups::insert(tx, &old, at(1))?;
        companies::insert(tx, &one)?;
        companies::insert(tx, &two)?;
        for number in 1..=2 {
            let company = Some(CompanyId::from_i64(1));
            customers::insert(tx, &Customer { company, name: "x".to_owned(), ..Customer::anonymous(id(number), at(1)) })?;
        }
        groups::set_company(tx, one.id, &[old.id, vip.id])
    });
    assert_eq!(test.see(groups::all), [old.clone(), vip.clone()]);
    assert_eq!(test.see(groups::count), 2);
    assert_eq!(test.see(|tx| groups::by_name(tx, "VIP")), Some(vip.clone()));
    let added = test.put(|tx| {
        let first = groups::add_customer(tx, id(1), CustomerGroupId::from_i64(1))?;
        let second = groups::add_customer(tx, id(1), CustomerGroupId::from_i64(2))?;
        Ok((first, second, groups::add_customer(tx, id(1), CustomerGroupId::from_i64(1))?))
    });
    assert_eq!(added, (true, true, false));
    assert_eq!(test.see(|tx| groups::of_customer(tx, id(1))), [vip.clone(), old.clone()]);
    assert_eq!(test.see(|tx| groups::of_company(tx, CompanyId::from_i64(1))), [old.clone(), vip.clone()]);
    assert_eq!(test.see(groups::member_counts)[&vip.id], (1, 1));

    let renamed = CustomerGroup { name: "Very important".to_owned(), ..vip.clone() };
    let update = renamed.clone();
    test.put(move |tx| groups::update(tx, &update));
    assert_eq!(test.see(|tx| groups::get(tx, CustomerGroupId::from_i64(1))), Some(renamed));
    assert!(test.put(|tx| groups::remove_customer(tx, id(1), CustomerGroupId::from_i64(2))));
    assert!(!test.put(|tx| groups::remove_customer(tx, id(1), CustomerGroupId::from_i64(2))));
    test.put(|tx| groups::remove(tx, CustomerGroupId::from_i64(1)));
    assert_eq!(test.see(|tx| groups::of_customer(tx, id(1))), []);
    assert_eq!(test.see(|tx| groups::of_company(tx, CompanyId::from_i64(1))), [old]);

    assert_eq!(test.see(|tx| companies::get(tx, CompanyId::from_i64(1))), Some(one.clone()));
    assert_eq!(test.see(|tx| companies::by_email(tx, "a2@c.test")), Some(two.id));
    assert_eq!(test.see(|tx| companies::page(tx, None, 1)), from_ref(&two));
    assert_eq!(test.see(|tx| companies::page(tx, Some(("Acme", CompanyId::from_i64(2))), 5)), from_ref(&one));
    let changed = Company { emails: vec!["new@c.test".to_owned()], phones: Vec::new(), ..one };
    let update = changed.clone();
    test.put(move |tx| companies::update(tx, &update));
    assert_eq!(test.see(|tx| companies::get(tx, CompanyId::from_i64(1))), Some(changed));
    test.put(|tx| companies::remove(tx, CompanyId::from_i64(1)));
    assert_eq!(test.see(|tx| companies::get(tx, CompanyId::from_i64(1))), None);
    assert_eq!(test.see(|tx| customers::get(tx, id(2))).and_then(|customer| customer.company), None);
}

/// Two customers with a conversation and a visit each: one is forgotten.
pub(super) fn traces_are_forgotten(place: &Place) {
    let test = place.open();
    test.put(|tx| {
        let department = Department { name: String::new(), queue_chats_max: 1, ..rows::department(DepartmentId::DEFAULT) };
        departments::put(tx, &department, at(0))?;
        for number in 1..=2 {
            customers::insert(tx, &Customer { name: "Ann".to_owned(), ..Customer::anonymous(id(number), at(1)) })?;
        }
        for number in 1..=2 {
            visits::insert(tx, &visit(number, number))?;
            visits::add_page(tx, &page(number))?;
            // He wrote from another browser.
            visits::insert(tx, &visit(number + 10, 2))?;
            conversations::insert(tx, &talk(number))?;
            for (place, kind) in [(1, MessageKind::UserAgent), (2, MessageKind::Message)] {
                messages::insert(tx, &written(number, place, kind))?;
            }
        }
        // Another conversation of his went into hers, with a message.
        conversations::insert(tx, &Conversation { id: ConversationId::from_i64(3), customer: id(1), ..talk(3) })?;
        tx.exec("UPDATE conversations SET merged_into = 2 WHERE id = 3", &[])?;
        messages::insert(tx, &written(1, 3, MessageKind::Message))?;
        tx.exec("UPDATE messages SET conversation_id = 2 WHERE id = 13", &[])?;
        customers::forget_traces(tx, id(1), "Visitor")
    });
    let kept = |number: i64| {
        test.see(move |tx| {
            let written: Vec<(String, String)> =
                tx.all("SELECT author_name, text FROM messages WHERE conversation_id = $1 ORDER BY id", &[&number])?;
            let own = visits::get(tx, VisitId::from_i64(number))?.is_some();
            Ok((written, own, visits::get(tx, VisitId::from_i64(number + 10))?.is_some()))
        })
    };
    let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    assert_eq!(kept(1), (vec![pair("System", ""), pair("Visitor", "Text")], false, false));
    assert_eq!(kept(2), (vec![pair("Visitor", "Text"), pair("System", "Text"), pair("Ann", "Text")], true, true));
    let name = |conversation: i64, customer: i64| {
        test.see(move |tx| messages::latest_name_of_customer(tx, ConversationId::from_i64(conversation), id(customer)))
    };
    let names = [name(2, 1), name(2, 2), name(1, 2)];
    assert_eq!(names.each_ref().map(Option::as_deref), [Some("Visitor"), Some("Ann"), None], "beside what each wrote there");
}

fn visit(number: i64, customer: i64) -> Visit {
    Visit {
        id: VisitId::from_i64(number),
        visitor: VisitorId::from_i64(number),
        customer: id(customer),
        started: at(1),
        seen: at(1),
        user_agent: "Browser".to_owned(),
        address: "10.0.0.1".to_owned(),
        referrer: String::new(),
        language: String::new(),
    }
}

fn page(number: i64) -> Page {
    Page { visit: VisitId::from_i64(number), at: at(1), url: "https://x.test".to_owned(), title: String::new(), from: String::new() }
}

fn talk(number: i64) -> Conversation {
    Conversation {
        customer: id(number),
        visitor: Some(VisitorId::from_i64(number + 10)),
        visit: Some(VisitId::from_i64(number + 10)),
        created: at(1),
        changed: at(1),
        groups_in: 1,
        ..rows::conversation(number)
    }
}

fn written(number: i64, place: i64, kind: MessageKind) -> messages::StoredMessage {
    let (author, author_name) = match kind {
        MessageKind::UserAgent => (Actor::System, "System"),
        _ => (Actor::Customer(id(number)), "Ann"),
    };
    let message = Message {
        id: MessageId::from_i64(number * 10 + place),
        conversation: ConversationId::from_i64(number),
        chat: None,
        group: GroupId::from_i64(number),
        group_kind: GroupKind::Offline,
        kind,
        author,
        author_name: author_name.to_owned(),
        at: at(1),
        text: "Text".to_owned(),
        attachment: None,
        tags: None,
    };
    messages::StoredMessage { message, number: number * 10 + place, key: None }
}
