use deskbell_domain::agent::AgentStatus;
use deskbell_domain::customer::Customer;
use deskbell_domain::ids::AgentId;
use deskbell_domain::visit::Visit;

use super::*;
use crate::commands::VisitorCommand;
use crate::customers::tests::{Stage, field, stage};
use crate::customers::{self, Changes};
use crate::error::Kind;
use crate::visits::{self, Arrival};
use crate::{accounts, conversations};

fn arrive(stage: &Stage) -> Visit {
    let arrival = Arrival { url: "https://shop.test/".to_owned(), address: "10.0.0.1".to_owned(), ..Arrival::default() };
    stage.write(move |tx, cx| visits::arrive(tx, cx, None, &arrival)).unwrap()
}

fn claims(phone: &str, fields: &[(&str, &str)]) -> Claims {
    let fields = fields.iter().map(|(code, value)| field(code, value)).collect();
    Claims::new(Some(phone), fields, vec![field("order", "A-17")]).unwrap()
}

async fn message(stage: &Stage, visit: &Visit, email: &str, claims: Claims) -> (Customer, Vec<FieldValue>, Vec<FieldValue>) {
    let introduction = Introduction { claims, ..Introduction::new(Some("Ann"), Some(email)).unwrap() };
    let command = VisitorCommand::LeaveMessage { department: None, introduction, text: "Hello".to_owned() };
    let done = stage.desk.visitor_command(visit.visitor, visit.id, None, command).await.unwrap();
    let conversation = done.conversation.unwrap();
    stage.see(move |tx| {
        let owner = conversations::get(tx, conversation)?.customer;
        let customer = customers::get(tx, owner)?;
        let own = fields::custom(tx, FieldOwner::Customer(customer.id))?;
        Ok((customer, own, fields::custom(tx, FieldOwner::Conversation(conversation))?))
    })
}

#[tokio::test]
async fn a_new_customer_gets_what_his_page_says() {
    let stage = stage();
    let visit = arrive(&stage);
    let (customer, own, beside) = message(&stage, &visit, "ann@shop.test", claims("+43 1", &[("level", "gold")])).await;
    assert_eq!(customer.phone, "+43 1");
    assert_eq!(own, [field("level", "gold")]);
    assert_eq!(beside, [field("order", "A-17")]);
    let (customer, own, beside) = message(&stage, &visit, "ann@shop.test", claims("+43 2", &[("level", "tin"), ("town", "Graz")])).await;
    assert_eq!(customer.phone, "+43 1", "not overwritten");
    assert_eq!(own, [field("level", "gold"), field("town", "Graz")]);
    assert_eq!(beside, [field("order", "A-17"), field("phone", "+43 2"), field("level", "tin")]);
    let (_, own, beside) = message(&stage, &visit, "ann@shop.test", claims("+43 1", &[("level", "gold")])).await;
    assert_eq!((own.len(), beside.len()), (2, 1), "what is known is not said twice");
}

#[tokio::test]
async fn of_others_a_page_changes_nothing() {
    let stage = stage();
    let known = stage.customer("ann@shop.test", Changes { phone: Some("+43 1".to_owned()), ..Changes::default() });
    let (customer, own, beside) = message(&stage, &arrive(&stage), "ann@shop.test", claims("+43 666", &[("level", "gold")])).await;
    assert_eq!((customer.id, customer.phone.as_str()), (known.id, "+43 1"));
    assert_eq!(own, []);
    assert_eq!(beside, [field("order", "A-17"), field("phone", "+43 666"), field("level", "gold")]);
}

#[tokio::test]
async fn a_full_house_keeps_nobody_from_writing() {
    let stage = stage();
    let visit = arrive(&stage);
    for round in 0..3 {
        let many: Vec<FieldValue> = (0..CLAIMED_FIELDS_MAX).map(|at| field(&format!("code {round} {at}"), "x")).collect();
        let claims = Claims::new(None, many.clone(), many).unwrap();
        let (_, own, beside) = message(&stage, &visit, "ann@shop.test", claims).await;
        assert_eq!((own.len(), own[0].code.as_str()), (FIELDS_WITH_CLAIMS_MAX, "code 0 0"), "round {round}");
        assert_eq!(beside.len(), FIELDS_WITH_CLAIMS_MAX);
    }
}

#[tokio::test]
async fn the_desk_has_room_for_its_own() {
    let stage = stage();
    let visit = arrive(&stage);
    for round in 0..3 {
        let many = (0..CLAIMED_FIELDS_MAX).map(|at| field(&format!("code {round} {at}"), "x")).collect();
        message(&stage, &visit, "ann@shop.test", Claims::new(None, many, Vec::new()).unwrap()).await;
    }
    let owner = FieldOwner::Customer(visit.customer);
    let own: Vec<FieldValue> = (0..FIELDS_MAX - FIELDS_WITH_CLAIMS_MAX).map(|at| field(&format!("own {at}"), "x")).collect();
    stage.write(move |tx, cx| fields::add(tx, cx, Actor::System, owner, &own)).unwrap();
    let (_, own, _) = message(&stage, &visit, "ann@shop.test", claims("", &[("one more", "x")])).await;
    assert_eq!(own.len(), FIELDS_MAX, "and then nothing is claimed");
}

#[tokio::test]
async fn one_value_of_a_code() {
    let stage = stage();
    let claimed = claims("", &[("level", "gold"), ("level", "tin"), ("town", "Graz"), ("level", "gold")]);
    let (_, own, beside) = message(&stage, &arrive(&stage), "ann@shop.test", claimed).await;
    assert_eq!(own, [field("level", "gold"), field("town", "Graz")]);
    assert_eq!(beside, [field("order", "A-17"), field("level", "tin")]);
}

#[tokio::test]
async fn a_chat_keeps_them_too() {
    let stage = stage();
    let visit = arrive(&stage);
    stage
        .write(|tx, cx| {
            let owner = tables::agents::by_email(tx, "owner@desk.test")?.expect("the owner");
            let id: AgentId = owner.id;
            accounts::choose_status(tx, cx, id, AgentStatus::ONLINE, true)
        })
        .unwrap();
    let introduction = Introduction { claims: claims("", &[("level", "gold")]), ..Introduction::default() };
    let command = VisitorCommand::Chat { department: None, introduction, text: Some("Hello".to_owned()) };
    let done = stage.desk.visitor_command(visit.visitor, visit.id, None, command).await.unwrap();
    let conversation = done.conversation.unwrap();
    let (own, beside) = stage.see(move |tx| {
        Ok((fields::custom(tx, FieldOwner::Customer(visit.customer))?, fields::custom(tx, FieldOwner::Conversation(conversation))?))
    });
    assert_eq!((own, beside), (vec![field("level", "gold")], vec![field("order", "A-17")]));
}

#[test]
fn what_is_refused_and_what_says_nothing() {
    let one = |code: &str, value: &str| Claims::new(None, vec![field(code, value)], Vec::new());
    assert_eq!(one(" level ", " gold ").unwrap().fields, [field("level", "gold")]);
    for (code, value) in [("", "gold"), ("level", "  ")] {
        assert_eq!(one(code, value).unwrap(), Claims::default());
    }
    for (code, value) in [("a\0", "x"), ("level", "a\0b"), ("c".repeat(65).as_str(), "x"), ("level", "x".repeat(1_001).as_str())] {
        assert_eq!(one(code, value).unwrap_err().kind, Kind::Invalid, "{code:.20}");
    }
    let many = vec![field("a", "b"); CLAIMED_FIELDS_MAX + 1];
    assert_eq!(Claims::new(None, Vec::new(), many).unwrap_err().kind, Kind::TooLarge);
    assert_eq!(Claims::new(Some(&"1".repeat(300)), Vec::new(), Vec::new()).unwrap_err().kind, Kind::Invalid);
}
