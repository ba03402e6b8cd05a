use deskbell_domain::ids::ConversationId;

use super::*;
use crate::customers::Changes;
use crate::customers::tests::{field, stage};
use crate::error::Kind;

#[test]
fn adding_and_removing_tells_the_journal() {
    let stage = stage();
    let ann = stage.customer("ann@shop.test", Changes::default()).id;
    let acme = stage.company("Acme");
    let talk = ConversationId::from_i64(400_000_000_000);
    type Test = Box<dyn Fn(&Event) -> bool>;
    let owners: [(FieldOwner, Test); 3] = [
        (FieldOwner::Customer(ann), Box::new(move |event| matches!(event, Event::CustomerChanged { customer, .. } if *customer == ann))),
        (
            FieldOwner::Company(acme),
            Box::new(move |event| matches!(event, Event::CompanyChanged { company, removed: false, .. } if *company == acme)),
        ),
        (FieldOwner::Conversation(talk), Box::new(move |event| *event == Event::FieldsChanged { conversation: talk, by: Actor::System })),
    ];
    for (owner, told) in owners {
        let mut head = stage.head();
        let mut step = |events: i64, work: fn(&mut Tx<'_>, &Context, FieldOwner) -> Result<(), AppError>| {
            stage.write(move |tx, cx| work(tx, cx, owner)).unwrap();
            assert_eq!(stage.head() - head, events, "{owner:?}");
            assert!(stage.events(events).iter().all(&told), "{owner:?}");
            head = stage.head();
            stage.see(move |tx| custom(tx, owner))
        };
        let add_two = |tx: &mut Tx<'_>, cx: &Context, owner| add(tx, cx, Actor::System, owner, &[field(" a ", "1"), field("b", " 2 ")]);
        assert_eq!(step(1, add_two), [field("a", "1"), field("b", " 2 ")]);
        assert_eq!(step(1, |tx, cx, owner| add(tx, cx, Actor::System, owner, &[field("a", "")])).len(), 3);
        assert_eq!(step(0, |tx, cx, owner| add(tx, cx, Actor::System, owner, &[])).len(), 3);
        assert_eq!(step(0, |tx, cx, owner| remove(tx, cx, Actor::System, owner, Some("c"))).len(), 3);
        assert_eq!(step(0, |tx, cx, owner| remove(tx, cx, Actor::System, owner, Some("\0"))).len(), 3);
        assert_eq!(step(1, |tx, cx, owner| remove(tx, cx, Actor::System, owner, Some("a"))), [field("b", " 2 ")]);
        assert_eq!(step(1, |tx, cx, owner| remove(tx, cx, Actor::System, owner, None)), []);
        assert_eq!(step(0, |tx, cx, owner| remove(tx, cx, Actor::System, owner, None)), []);
    }
}

#[test]
fn limits() {
    let stage = stage();
    let owner = FieldOwner::Customer(stage.customer("ann@shop.test", Changes::default()).id);
    let add = |fields: Vec<FieldValue>| stage.write(move |tx, cx| add(tx, cx, Actor::System, owner, &fields)).map_err(|error| error.kind);
    let long_code = "ü".repeat(CODE_CHARS_MAX);
    let long_value = "ü".repeat(VALUE_CHARS_MAX);
    assert_eq!(add(vec![field(&long_code, &long_value)]), Ok(()));
    for wrong in [
        field("", "x"),
        field(" ", "x"),
        field("a\nb", "x"),
        field("a\0", "x"),
        field(&format!("{long_code}x"), "x"),
        field("a", &format!("{long_value}x")),
        field("a", "\0"),
    ] {
        assert_eq!(add(vec![field("good", "x"), wrong]), Err(Kind::Invalid));
    }
    assert_eq!(add(vec![field("a", "x"); FIELDS_MAX]), Err(Kind::TooLarge));
    assert_eq!(add(vec![field("a", "x"); FIELDS_MAX - 1]), Ok(()));
    assert_eq!(add(vec![field("a", "x")]), Err(Kind::TooLarge));
    assert_eq!(stage.see(move |tx| custom(tx, owner)).len(), FIELDS_MAX);

    let unique =
        |fields: Vec<FieldValue>| stage.write(move |tx, _| write_unique(tx, owner, Kept::Nothing, &fields)).map_err(|error| error.kind);
    let many = |count: usize| (0..count).map(|number| field("vat", &number.to_string())).collect::<Vec<_>>();
    assert_eq!(unique(many(FIELDS_MAX + 1)), Err(Kind::TooLarge));
    assert_eq!(unique(many(FIELDS_MAX)), Ok(()));
    assert_eq!(unique(vec![field("vat", &"𝄞".repeat(UNIQUE_VALUE_CHARS_MAX)), field("vat", "1"), field("vat", "1")]), Ok(()));
    assert_eq!(stage.see(move |tx| super::unique(tx, owner)).len(), 2);
}

#[test]
fn fields_of_many_owners() {
    let stage = stage();
    let (ann, bob) = (stage.customer("ann@shop.test", Changes::default()).id, stage.customer("bob@shop.test", Changes::default()).id);
    let (ann, bob) = (FieldOwner::Customer(ann), FieldOwner::Customer(bob));
    stage.write(move |tx, cx| add(tx, cx, Actor::System, ann, &[field("a", "1")])).unwrap();
    let all = stage.see(move |tx| customs(tx, &[ann, bob]));
    assert_eq!((all.get(&ann).map(Vec::as_slice), all.get(&bob)), (Some(&[field("a", "1")][..]), None));
}
