use deskbell_domain::sla::{Goal, Level};
use deskbell_store::tables::sla::SlaRule;
use serde_json::json;

use super::*;
use crate::companies;
use crate::conversations::stage::{Stage, stage};
use crate::conversations::{Beginning, Start, start_with};
use crate::customers::{self, Changes, NewCustomer};
use crate::error::Kind;
use crate::fields;
use crate::groups::{self, GroupDraft};
use crate::sla::levels::LevelDraft;
use crate::visits::{self, Arrival};
use conditions::About;
use deskbell_domain::conversation::{Channel, Status};
use deskbell_domain::field::{FieldOwner, FieldValue};
use deskbell_domain::ids::{AgentId, CustomerId, DepartmentId};

pub(crate) fn level(stage: &Stage, name: &str, minutes: i64) -> Level {
    let draft = LevelDraft { name: Some(name.to_owned()), times: vec![(Goal::FirstAnswer, Some(minutes * 60))], ..LevelDraft::default() };
    stage.write(move |tx, cx| levels::create(tx, cx, &draft))
}

fn condition(about: About, any_of: &[&str]) -> Condition {
    Condition { about, any_of: any_of.iter().map(|value| (*value).to_owned()).collect() }
}

fn rule(stage: &Stage, name: &str, level: SlaLevelId, groups: Vec<Vec<Condition>>) -> Rule {
    let draft = RuleDraft { name: Some(name.to_owned()), level: Some(level), groups: Some(groups), ..RuleDraft::default() };
    stage.write(move |tx, cx| create(tx, cx, &draft))
}

/// A conversation of a customer, and the name of the level it gets.
fn begun(
    stage: &Stage,
    customer: CustomerId,
    channel: Channel,
    department: DepartmentId,
    subject: &str,
    beginning: (&str, &[&str]),
) -> String {
    let (subject, text) = (subject.to_owned(), beginning.0.to_owned());
    let tags: Vec<String> = beginning.1.iter().map(|tag| (*tag).to_owned()).collect();
    stage.write(move |tx, cx| {
        let customer = customers::get(tx, customer)?;
        let arrival = Arrival {
            language: "de-AT,de;q=0.8,en;q=0.5".to_owned(),
            referrer: "https://Search.test/?q=tents".to_owned(),
            ..Arrival::default()
        };
        let visit = visits::arrive(tx, cx, None, &arrival)?;
        let start = Start {
            customer: &customer,
            shown_name: "Somebody",
            visit: (channel == Channel::Form).then_some(&visit),
            widget: None,
            department,
            channel,
            status: Status::New,
            subject: &subject,
        };
        let conversation = start_with(tx, cx, start, Beginning { text: &text, tags: &tags, ..Beginning::default() })?;
        Ok(crate::sla::standing(tx, conversation.id)?.level.map(|(_, name)| name).unwrap_or_default())
    })
}

#[test]
fn the_first_rule_that_holds_chooses() {
    let stage = stage();
    let group = stage.write(|tx, cx| groups::create(tx, cx, &GroupDraft { name: Some("VIP".to_owned()), ..GroupDraft::default() })).id;
    let new = NewCustomer { email: "ann@mail.Acme.test".to_owned(), changes: Changes { groups: Some(vec![group]), ..Changes::default() } };
    let (ann, bob) = stage.write(move |tx, cx| {
        let other = NewCustomer { email: "bob@notacme.test".to_owned(), changes: Changes::default() };
        let ann = customers::register(tx, cx, &new)?.id;
        customers::seen(tx, ann, "10.0.0.1", "fr")?;
        Ok((ann, customers::register(tx, cx, &other)?.id))
    });
    let held = level(&stage, "Held", 10);
    let (sales, support) = (stage.sales, DepartmentId::DEFAULT);
    let sales_text = sales.to_string();
    let group = group.to_string();
    // Conditions, and whether they hold for: a form of Ann for sales; a mail of Bob for support.
    for (groups, ann_holds, bob_holds) in [
        (vec![], true, true),
        (vec![vec![condition(About::Channel, &["M", "B"])]], true, false),
        (vec![vec![condition(About::Channel, &["E"])]], false, true),
        (vec![vec![condition(About::Department, &[&sales_text])]], true, false),
        (vec![vec![condition(About::CustomerGroup, &[&group])]], true, false),
        (vec![vec![condition(About::EmailDomain, &["mail.acme.test"])]], true, false),
        (vec![vec![condition(About::EmailDomain, &["*.acme.test"])]], true, false),
        (vec![vec![condition(About::EmailDomain, &["acme.test"])]], false, false),
        (vec![vec![condition(About::EmailDomain, &["*.NotAcme.test"])]], false, true),
        (vec![vec![condition(About::Subject, &["nothing", "TENT"])]], true, true),
        (vec![vec![condition(About::Text, &["Leaks"])]], true, false),
        (vec![vec![condition(About::Tag, &["urgent"])]], false, true),
        (vec![vec![condition(About::Language, &["de"])]], true, false),
        (vec![vec![condition(About::Language, &["de-at"])]], true, false),
        (vec![vec![condition(About::Language, &["e"])]], false, false),
        (vec![vec![condition(About::Referrer, &["search.test"])]], true, false),
        // All of a group, any of the groups.
        (vec![vec![condition(About::Channel, &["M"]), condition(About::Text, &["burns"])]], false, false),
        (
            vec![vec![condition(About::Channel, &["M"]), condition(About::Text, &["burns"])], vec![condition(About::Tag, &["urgent"])]],
            false,
            true,
        ),
    ] {
        let rule = rule(&stage, "One", held.id, groups.clone());
        let of_ann = begun(&stage, ann, Channel::Form, sales, "", ("My tent leaks", &[]));
        let of_bob = begun(&stage, bob, Channel::Email, support, "A Tent", ("Where is it?", &["urgent"]));
        assert_eq!((of_ann == "Held", of_bob == "Held"), (ann_holds, bob_holds), "{groups:?}");
        stage.write(move |tx, cx| remove(tx, cx, rule.id));
    }
    // The customer's own language counts where no browser tells one.
    rule(&stage, "French", held.id, vec![vec![condition(About::Language, &["fr"])]]);
    assert_eq!(begun(&stage, ann, Channel::Email, support, "", ("Bonjour", &[])), "Held");
}

#[test]
fn order_decides() {
    let stage = stage();
    let (fast, slow) = (level(&stage, "Fast", 1), level(&stage, "Slow", 100));
    let customer = stage.write(|tx, cx| customers::anonymous(tx, cx)).id;
    let forms = vec![vec![condition(About::Channel, &["M"])]];
    let (first, last) = (rule(&stage, "Forms", fast.id, forms), rule(&stage, "All", slow.id, vec![]));
    let of = |channel| begun(&stage, customer, channel, DepartmentId::DEFAULT, "", ("", &[]));
    assert_eq!((of(Channel::Form), of(Channel::Email)), ("Fast".to_owned(), "Slow".to_owned()));
    let ids = [last.id, first.id];
    let names: Vec<String> = stage.write(move |tx, cx| order(tx, cx, &ids)).into_iter().map(|rule| rule.name).collect();
    assert_eq!(names, ["All", "Forms"]);
    assert_eq!(of(Channel::Form), "Slow");
    let off = RuleDraft { enabled: Some(false), ..RuleDraft::default() };
    stage.write(move |tx, cx| change(tx, cx, last.id, &off));
    assert_eq!((of(Channel::Form), of(Channel::Email)), ("Fast".to_owned(), String::new()));
    for wrong in [vec![], vec![first.id], vec![first.id, first.id], vec![first.id, last.id, SlaRuleId::from_i64(1)]] {
        assert_eq!(stage.try_write(move |tx, cx| order(tx, cx, &wrong)).unwrap_err().kind, Kind::Invalid);
    }
    // One that another version wrote rests. It is listed, so that it can be put in its place, changed and taken away.
    let odd = SlaRuleId::from_i64(77);
    stage.write(move |tx, cx| {
        let definition = r#"[[{"about":"moon_phase","any_of":["full"]}]]"#.to_owned();
        let rule = SlaRule { id: odd, name: "Odd".to_owned(), enabled: true, level: fast.id, definition };
        Ok(tables::sla::insert_rule(tx, &rule, cx.now)?)
    });
    let listed = || stage.see(list).into_iter().map(|rule| (rule.id, rule.understood)).collect::<Vec<_>>();
    assert_eq!(listed(), [(last.id, true), (first.id, true), (odd, false)]);
    let shown = stage.see(list).pop().unwrap();
    assert_eq!((shown.conditions.clone(), shown.in_short()), (json!([[{"about": "moon_phase", "any_of": ["full"]}]]), None));
    assert_eq!(of(Channel::Email), "");
    stage.write(move |tx, cx| order(tx, cx, &[odd, first.id, last.id]));
    assert_eq!(listed()[0], (odd, false));
    let renamed = RuleDraft { name: Some("Odder".to_owned()), enabled: Some(false), ..RuleDraft::default() };
    let changed = stage.write(move |tx, cx| change(tx, cx, odd, &renamed));
    assert_eq!(changed, Rule { name: "Odder".to_owned(), enabled: false, ..shown });
    stage.write(move |tx, _| {
        let broken = SlaRule { id: odd, name: "Odder".to_owned(), enabled: false, level: fast.id, definition: "[[".to_owned() };
        Ok(tables::sla::update_rule(tx, &broken)?)
    });
    let broken = stage.see(list).remove(0);
    assert_eq!((broken.conditions, broken.understood), (json!("[["), false), "nobody takes it for one that always holds");
    let mended = RuleDraft { conditions: Some(json!([])), enabled: Some(true), ..RuleDraft::default() };
    assert!(stage.write(move |tx, cx| change(tx, cx, odd, &mended)).understood);
    assert_eq!(of(Channel::Email), "Fast");
    stage.write(move |tx, cx| remove(tx, cx, odd));
    assert_eq!(stage.try_write(move |tx, cx| remove(tx, cx, odd)).unwrap_err().kind, Kind::NotFound);
}

#[test]
fn hours_that_older_programs_stored_open_on_no_day() {
    let stage = stage();
    let fast = level(&stage, "Fast", 1).id;
    let customer = stage.write(|tx, cx| customers::anonymous(tx, cx)).id;
    let closed = json!([[{"not": {"hours": "GMT; off 2026-12-25"}}]]);
    let written =
        RuleDraft { name: Some("Closed".to_owned()), level: Some(fast), conditions: Some(closed.clone()), ..RuleDraft::default() };
    let error = stage.try_write(move |tx, cx| create(tx, cx, &written)).unwrap_err();
    assert_eq!((error.kind, error.public.as_ref()), (Kind::Invalid, "conditions[0][0].not.hours is open on no day"));
    stage.write(move |tx, cx| {
        let id = SlaRuleId::from_i64(77);
        let rule = SlaRule { id, name: "Closed".to_owned(), enabled: true, level: fast, definition: closed.to_string() };
        tables::sla::insert_rule(tx, &rule, cx.now)?;
        automation::changed(tx, cx)
    });
    assert_eq!(stage.see(list).into_iter().map(|rule| rule.understood).collect::<Vec<_>>(), [true]);
    assert_eq!(begun(&stage, customer, Channel::Form, DepartmentId::DEFAULT, "", ("Hello", &[])), "Fast");
}

#[test]
fn what_is_no_rule() {
    let stage = stage();
    let held = level(&stage, "Held", 10).id;
    let many = vec!["x"; 101];
    for (groups, field) in [
        (vec![vec![]], "groups[0]"),
        (vec![vec![condition(About::Channel, &[])]], "groups[0][0].any_of"),
        (
            vec![vec![condition(About::Channel, &["M"])], vec![condition(About::Subject, &["a"]), condition(About::Channel, &["mail"])]],
            "groups[1][1].any_of",
        ),
        (vec![vec![condition(About::Department, &["zzzzzzzz"])]], "no such department"),
        (vec![vec![condition(About::CustomerGroup, &["zzzz"])]], "no such customer group"),
        (vec![vec![condition(About::Company, &["nonsense!"])]], "no such company"),
        (vec![vec![condition(About::EmailDomain, &["*"])]], "a domain is like"),
        (vec![vec![condition(About::EmailDomain, &["me@acme.test"])]], "a domain is like"),
        (vec![vec![condition(About::Subject, &[" "])]], "1 to 255 characters"),
        (vec![vec![condition(About::Subject, &many)]], "1 to 100 values"),
        (vec![vec![condition(About::Tag, &["a"])]; 21], "groups: at most 20"),
        (vec![vec![condition(About::Tag, &["a"]); 21]], "groups[0] must have 1 to 20 conditions"),
    ] {
        let draft = RuleDraft { name: Some("Odd".to_owned()), level: Some(held), groups: Some(groups), ..RuleDraft::default() };
        let error = stage.try_write(move |tx, cx| create(tx, cx, &draft)).unwrap_err();
        assert!(error.kind == Kind::Invalid && error.public.contains(field), "{error:?} names {field}");
    }
    let named = RuleDraft { name: Some("Odd".to_owned()), ..RuleDraft::default() };
    let unknown = RuleDraft { level: Some(SlaLevelId::from_i64(9)), ..named.clone() };
    let nameless = RuleDraft { level: Some(held), ..RuleDraft::default() };
    for (draft, field) in [(named, "level"), (unknown, "level"), (nameless, "name")] {
        let error = stage.try_write(move |tx, cx| create(tx, cx, &draft)).unwrap_err();
        assert!(error.public.contains(field), "{error:?} names {field}");
    }
}

/// A rule in the words of rules.
fn in_words(stage: &Stage, level: SlaLevelId, conditions: Json) -> Rule {
    let draft = RuleDraft { name: Some("Words".to_owned()), level: Some(level), conditions: Some(conditions), ..RuleDraft::default() };
    stage.write(move |tx, cx| create(tx, cx, &draft))
}

#[test]
fn the_words_of_rules() {
    let stage = stage();
    let held = level(&stage, "Held", 10).id;
    let visit = stage.visit();
    stage.opens(&visit, "https://shop.test/Checkout/");
    let company = stage.write(|tx, cx| {
        let group = groups::create(tx, cx, &GroupDraft { name: Some("Wholesale".to_owned()), ..GroupDraft::default() })?.id;
        let draft =
            companies::CompanyDraft { name: Some("Acme".to_owned()), groups: Some(vec![group]), ..companies::CompanyDraft::default() };
        Ok((companies::create(tx, cx, &draft)?.company.id, group))
    });
    let ann = stage.ann;
    let customer = stage.write(move |tx, cx| {
        let changes = Changes { company: Some(Some(company.0)), ..Changes::default() };
        let customer = customers::register(tx, cx, &NewCustomer { email: "cleo@acme.test".to_owned(), changes })?.id;
        let plan = FieldValue { code: "plan".to_owned(), value: "Gold".to_owned() };
        fields::add(tx, cx, Actor::System, FieldOwner::Customer(customer), &[plan])?;
        Ok(customer)
    });
    stage.all_online();
    let begins = |by: Option<Actor>, assigned: Option<AgentId>| {
        let visit = visit.clone();
        stage.write(move |tx, cx| {
            let customer = customers::get(tx, customer)?;
            let start = Start {
                customer: &customer,
                shown_name: "Cleo",
                visit: Some(&visit),
                widget: None,
                department: DepartmentId::DEFAULT,
                channel: Channel::Form,
                status: Status::New,
                subject: "Refund of /shop/",
            };
            let field = |code: &str, value: &str| FieldValue { code: code.to_owned(), value: value.to_owned() };
            let (own, hers) = ([field("order", "77")], [field("rank", "first")]);
            let beginning = Beginning { text: "Please", fields: &own, customer_fields: &hers, by, assigned, ..Beginning::default() };
            let conversation = start_with(tx, cx, start, beginning)?;
            Ok(crate::sla::standing(tx, conversation.id)?.level.is_some())
        })
    };
    let group = company.1.to_string();
    // Conditions, and whether they hold when she begins it; when Ann does, and is in charge of it.
    for (conditions, cleo_holds, ann_holds) in [
        (json!([]), true, true),
        (json!([[{"by": "customer"}]]), true, false),
        (json!([[{"by": ann.to_string()}]]), false, true),
        (json!([[{"not": {"agent": "none"}}]]), false, true),
        (json!([[{"agent": ann.to_string()}, {"status": "N"}]]), false, true),
        (json!([[{"field": {"code": "order", "is": "77"}}]]), true, true),
        (json!([[{"field": {"code": "plan"}}]]), false, false),
        (json!([[{"customer_field": {"code": "plan", "has": "gold"}}, {"customer_field": {"code": "rank"}}]]), true, true),
        (json!([[{"customer_group": group}]]), true, true),
        (json!([[{"company": "none"}]]), false, false),
        (json!([[{"company": company.0.to_string()}]]), true, true),
        (json!([[{"subject": ["/^refund/i", "nothing"]}]]), true, true),
        (json!([[{"subject": {"contains": "/shop/"}}]]), true, true),
        (json!([[{"subject": "/^shop/"}]]), false, false),
        (json!([[{"page": "/checkout/i"}]]), true, true),
        (json!([[{"page": "/checkout/"}]]), false, false),
        // Somebody of the department takes chats, nobody the phone; Ann herself does neither offline nor on the phone.
        (json!([[{"agent_status": "T"}]]), true, true),
        (json!([[{"agent_status": ["P", "F"]}]]), false, false),
        (json!([[{"hours": "UTC; mon 09:00-17:00"}]]), true, true),
        (json!([[{"hours": "UTC; tue 09:00-17:00"}], [{"customer_name": "nobody"}]]), false, false),
    ] {
        let rule = in_words(&stage, held, conditions.clone());
        assert_eq!(rule.conditions, conditions);
        let seen = (begins(None, None), begins(Some(Actor::Agent(ann)), Some(ann)));
        assert_eq!(seen, (cleo_holds, ann_holds), "{conditions}");
        stage.write(move |tx, cx| remove(tx, cx, rule.id));
    }
}

#[test]
fn either_spelling_says_the_same() {
    let stage = stage();
    let held = level(&stage, "Held", 10).id;
    let groups = vec![
        vec![condition(About::Channel, &["M", "B"]), condition(About::EmailDomain, &["*.acme.test"])],
        vec![condition(About::Referrer, &["/shop/", "search"]), condition(About::Tag, &["vip"])],
    ];
    let rule = rule(&stage, "Short", held, groups.clone());
    let words = json!([
        [{"channel": ["M", "B"]}, {"customer_domain": ["*.acme.test"]}],
        [{"referrer": [{"contains": "/shop/"}, "search"]}, {"tag": ["vip"]}]
    ]);
    assert_eq!((&rule.conditions, rule.in_short()), (&words, Some(groups.clone())));
    // What the short spelling cannot say it does not.
    for words in
        [json!([[{"not": {"tag": "a"}}]]), json!([[{"subject": "/a|b/"}]]), json!([[{"company": "none"}]]), json!([[{"status": "N"}]])]
    {
        assert_eq!(in_words(&stage, held, words.clone()).in_short(), None, "{words}");
    }
    // What an older program stored is understood as it was meant.
    let old = SlaRuleId::from_i64(78);
    stage.write(move |tx, cx| {
        let definition = r#"[[{"about":"channel","any_of":["M","B"]},{"about":"email_domain","any_of":["*.acme.test"]}],
            [{"about":"referrer","any_of":["/shop/","search"]},{"about":"tag","any_of":["vip"]}]]"#;
        let rule = SlaRule { id: old, name: "Old".to_owned(), enabled: true, level: held, definition: definition.to_owned() };
        Ok(tables::sla::insert_rule(tx, &rule, cx.now)?)
    });
    let read = stage.see(list).into_iter().find(|rule| rule.id == old).unwrap();
    assert_eq!((&read.conditions, read.in_short()), (&words, Some(groups.clone())));
    // Given are either or.
    let draft = |conditions: Option<Json>, groups: Option<Vec<Vec<Condition>>>| RuleDraft {
        name: Some("Odd".to_owned()),
        level: Some(held),
        conditions,
        groups,
        ..RuleDraft::default()
    };
    for (draft, field) in [
        (draft(Some(words), Some(groups)), "one of the two"),
        (draft(Some(json!({})), None), "conditions must be a list"),
        (draft(Some(json!([[]])), None), "conditions[0]"),
        (draft(Some(json!([[{"moon": "full"}]])), None), "conditions[0][0].moon"),
        (draft(Some(json!([[{"department": "zzzzzzzz"}]])), None), "no such department"),
        (draft(Some(json!([[{"created_more_than": "1d"}]])), None), "created_more_than"),
        (draft(Some(json!([[{"status_before": "N"}]])), None), "status_before"),
        (draft(Some(json!([[{"tag_added": "a"}]])), None), "tag_added"),
        (draft(Some(json!([[{"rating": "good"}]])), None), "rating"),
        (draft(Some(json!([[{"text": {"contains": " "}}]])), None), "text.contains"),
        (draft(Some(json!([[{"agent_status": "R"}]])), None), "agent_status"),
    ] {
        let error = stage.try_write(move |tx, cx| create(tx, cx, &draft)).unwrap_err();
        assert!(error.kind == Kind::Invalid && error.public.contains(field), "{error:?} names {field}");
    }
}

#[test]
fn a_large_rule_of_an_older_program_is_switched_off() {
    let stage = stage();
    let held = level(&stage, "Held", 10).id;
    // In the short spelling it fits; in the words of rules its slashes take more room.
    let values: Vec<String> = (0..100).map(|number| format!("/{number:0>60}/")).collect();
    let definition = serde_json::to_string(&vec![vec![json!({"about": "text", "any_of": values}); 9]]).unwrap();
    assert!(definition.len() < definitions::DEFINITION_BYTES_MAX && definition.len() > definitions::DEFINITION_BYTES_MAX * 3 / 4);
    let large = SlaRuleId::from_i64(79);
    let kept = SlaRule { id: large, name: "Large".to_owned(), enabled: true, level: held, definition };
    let stored = kept.clone();
    stage.write(move |tx, cx| Ok(tables::sla::insert_rule(tx, &stored, cx.now)?));
    let off = RuleDraft { enabled: Some(false), ..RuleDraft::default() };
    let changed = stage.write(move |tx, cx| change(tx, cx, large, &off));
    assert!(changed.understood && changed.conditions.to_string().len() > definitions::DEFINITION_BYTES_MAX);
    assert_eq!(stage.see(|tx| Ok(tables::sla::rules(tx)?)), [SlaRule { enabled: false, ..kept }], "nothing else is written anew");
    let again = RuleDraft { conditions: Some(changed.conditions), ..RuleDraft::default() };
    assert_eq!(stage.try_write(move |tx, cx| change(tx, cx, large, &again)).unwrap_err().kind, Kind::TooLarge);
}
