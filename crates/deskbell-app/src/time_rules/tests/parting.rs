//! Companies, groups and customers that are taken away.

use deskbell_domain::field::{FieldOwner, FieldValue};

use super::*;
use crate::companies::CompanyDraft;
use crate::fields;
use crate::groups::GroupDraft;

fn group(stage: &Stage, name: &str) -> CustomerGroupId {
    let draft = GroupDraft { name: Some(name.to_owned()), ..GroupDraft::default() };
    stage.write(move |tx, cx| groups::create(tx, cx, &draft)).id
}

fn company(stage: &Stage, name: &str, groups: &[CustomerGroupId]) -> CompanyId {
    let draft = CompanyDraft { name: Some(name.to_owned()), groups: Some(groups.to_vec()), ..CompanyDraft::default() };
    stage.write(move |tx, cx| companies::create(tx, cx, &draft)).company.id
}

/// A ticket of a customer of his own, of whom this is known.
fn ticket_of(stage: &Stage, email: &str, known: customers::Changes) -> Conversation {
    let conversation = stage.ticket(&stage.visit(), email, "Hello");
    let customer = conversation.customer;
    stage.write(move |tx, cx| customers::change(tx, cx, customer, &known));
    conversation
}

fn works_for(company: CompanyId) -> customers::Changes {
    customers::Changes { company: Some(Some(company)), ..Default::default() }
}

fn is_in(group: CustomerGroupId) -> customers::Changes {
    customers::Changes { groups: Some(vec![group]), ..Default::default() }
}

/// What the time rules are to look at, once the reader has told them all.
fn marked(stage: &Stage) -> Vec<ConversationId> {
    stage.desk.rule_reader().catch_up().unwrap();
    let now = stage.desk.now();
    let mut due = stage.see(move |tx| Ok(tables::time_rules::due(tx, now, i64::MAX)?));
    due.sort_unstable();
    due
}

fn is_sweeping(stage: &Stage) -> bool {
    stage.see(|tx| Ok(tables::time_rules::is_sweeping(tx)?))
}

fn sorted<const N: usize>(mut all: [ConversationId; N]) -> [ConversationId; N] {
    all.sort_unstable();
    all
}

#[test]
fn of_a_group_that_goes_nobody_is_spared() {
    let stage = stage();
    let (vip, other) = (group(&stage, "VIP"), group(&stage, "Other"));
    let acme = company(&stage, "Acme", &[vip]);
    rule(&stage, "waits", json!([[{"created_more_than": "1h"}, {"not": {"customer_group": vip.to_string()}}]]), json!([{"note": "x"}]));
    let (own, companys) = (ticket_of(&stage, "a@x.test", is_in(vip)), ticket_of(&stage, "b@x.test", works_for(acme)));
    let neither = ticket_of(&stage, "c@x.test", is_in(other));
    minutes(&stage, 70);
    assert_eq!(fired(&stage).len(), 1, "the one without it");
    let none_is_due = |id| stage.see(move |tx| Ok(tables::time_rules::next_look(tx, id)?)).is_none();
    assert!([own.id, companys.id, neither.id].into_iter().all(none_is_due), "only what happens can change it");
    stage.write(move |tx, cx| groups::remove(tx, cx, other));
    assert_eq!(marked(&stage), [], "no rule asks about that group");
    stage.write(move |tx, cx| groups::remove(tx, cx, vip));
    assert_eq!(marked(&stage), sorted([own.id, companys.id]));
    minutes(&stage, 2);
    assert_eq!(fired(&stage).len(), 3);
    assert!(!is_sweeping(&stage));
}

#[test]
fn of_a_company_that_goes_only_its_customers_are_looked_at() {
    let stage = stage();
    let (vip, other) = (group(&stage, "VIP"), group(&stage, "Other"));
    let waits = |name: &str, condition: Json| rule(&stage, name, json!([[{"created_more_than": "1h"}, condition]]), json!([{"note": "x"}]));
    let [acme, grand, plain] =
        [("Acme", vec![]), ("Grand", vec![other, vip]), ("Plain", vec![other])].map(|(name, groups)| company(&stage, name, &groups));
    waits("not of Acme", json!({"not": {"company": acme.to_string()}}));
    waits("no vip", json!({"not": {"customer_group": vip.to_string()}}));
    let [of_acme, of_grand, of_plain] = [("a@x.test", acme), ("b@x.test", grand), ("c@x.test", plain)]
        .map(|(email, company)| ticket_of(&stage, email, works_for(company)).id);
    ticket_of(&stage, "d@x.test", customers::Changes::default());
    minutes(&stage, 70);
    let acted = |wanted: ConversationId| {
        let log = stage.see(|tx| rules::firings(tx, LogFilter::default(), i64::MAX, 1_000));
        let mut names: Vec<String> = log.into_iter().filter(|row| row.conversation == wanted).map(|row| row.name).collect();
        names.sort_unstable();
        names
    };
    assert_eq!((acted(of_acme), acted(of_grand)), (vec!["no vip".to_owned()], vec!["not of Acme".to_owned()]));
    stage.write(move |tx, cx| companies::remove(tx, cx, plain));
    assert_eq!((marked(&stage), is_sweeping(&stage)), (vec![], false), "no rule asks about it, nor about its group");
    stage.write(move |tx, cx| companies::remove(tx, cx, acme));
    assert_eq!((marked(&stage), is_sweeping(&stage)), (vec![of_acme], false));
    stage.write(move |tx, cx| companies::remove(tx, cx, grand));
    assert_eq!((marked(&stage), is_sweeping(&stage)), (sorted([of_acme, of_grand]).to_vec(), false));
    minutes(&stage, 2);
    assert_eq!((acted(of_acme), acted(of_grand)), (["no vip", "not of Acme"].map(str::to_owned).to_vec(), acted(of_plain)));
    // Who belongs to none is asked for by a word of its own.
    let last = company(&stage, "Last", &[]);
    waits("of none", json!({"company": "none"}));
    let of_last = ticket_of(&stage, "e@x.test", works_for(last)).id;
    minutes(&stage, 70);
    stage.write(move |tx, cx| companies::remove(tx, cx, last));
    assert_eq!(marked(&stage), [of_last]);
}

#[test]
fn more_than_is_marked_at_once_is_left_to_a_look_at_all() {
    let stage = stage();
    let vip = group(&stage, "VIP");
    rule(&stage, "waits", json!([[{"created_more_than": "1h"}, {"not": {"customer_group": vip.to_string()}}]]), json!([{"note": "x"}]));
    minutes(&stage, 2);
    let first = ticket_of(&stage, "a@x.test", is_in(vip));
    let add = |count: i64| {
        let first = first.clone();
        stage.write(move |tx, _| {
            for _ in 0..count {
                let id = ConversationId::from_i64(tx.next_id()?);
                let (code, public_code) = (format!("C-{id}"), format!("P{id}"));
                tables::conversations::insert(tx, &Conversation { id, code, public_code, ..first.clone() })?;
            }
            Ok(())
        });
    };
    add(PARTED_MAX - 1);
    // Each time it is undone.
    let goes = |stage: &Stage| {
        let seen = stage.try_write(move |tx, cx| {
            groups::remove(tx, cx, vip)?;
            let due = tables::time_rules::due(tx, cx.now, i64::MAX)?.len();
            let sweeps = tables::time_rules::is_sweeping(tx)?;
            Err::<(), _>(AppError::conflict(format!("{due} {sweeps}")))
        });
        seen.unwrap_err().public.into_owned()
    };
    assert_eq!(goes(&stage), format!("{PARTED_MAX} false"));
    add(1);
    stage.desk.rule_reader().catch_up().unwrap();
    minutes(&stage, 2);
    assert_eq!(goes(&stage), "0 true");
}

#[test]
fn of_a_customer_who_goes_nothing_is_known() {
    let stage = stage();
    rule(&stage, "waits", json!([[{"created_more_than": "1h"}, {"not": {"customer_field": {"code": "plan"}}}]]), json!([{"note": "x"}]));
    let one = ticket(&stage, "Hello");
    stage.write(move |tx, cx| {
        let plan = FieldValue { code: "plan".to_owned(), value: "gold".to_owned() };
        fields::add(tx, cx, Actor::System, FieldOwner::Customer(one.customer), &[plan])
    });
    minutes(&stage, 70);
    assert_eq!(fired(&stage), [""; 0]);
    stage.write(move |tx, cx| customers::remove(tx, cx, one.customer));
    minutes(&stage, 2);
    assert_eq!(fired(&stage), ["waits"]);
}
