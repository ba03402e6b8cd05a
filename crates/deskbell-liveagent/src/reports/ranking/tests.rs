//! Ratings as visitors give them.

use deskbell_app::commands::{Done, VisitorCommand};
use deskbell_app::customers::Introduction;
use deskbell_app::visits::{self, Arrival};
use deskbell_domain::agent::AgentStatus;
use deskbell_domain::conversation::Status;
use deskbell_domain::visit::Visit;
use serde_json::{Value, json};

use super::*;
use crate::fixture::Fixture;
use crate::reports::tests::promised;

const DAY: &str = "date_from=2012-04-03&date_to=2012-04-03";

pub(in crate::reports) struct Visitor {
    visit: Visit,
    chat: Done,
}

/// A visitor with a chat that this agent has joined.
pub(in crate::reports) async fn visitor(desk: &Fixture, email: &str, agent: Option<&Agent>) -> Visitor {
    let visit = desk.desk.write(move |tx, cx| visits::arrive(tx, cx, None, &Arrival::default())).await.expect("a visit");
    desk.desk.presence().visitor_seen(visit.visitor, visit.id, desk.desk.now());
    let introduction = Introduction::new(Some("Carl Customer"), Some(email)).expect("an address");
    let command = VisitorCommand::Chat { department: None, introduction, text: Some("Hello".to_owned()) };
    let chat = desk.desk.visitor_command(visit.visitor, visit.id, None, command).await.expect("a chat");
    if let Some(agent) = agent {
        desk.accept(agent.id, chat.chat.expect("a chat")).await;
    }
    Visitor { visit, chat }
}

impl Visitor {
    pub(in crate::reports) async fn rate(&self, desk: &Fixture, rating: Option<Rating>, comment: Option<&str>) {
        let command = VisitorCommand::Rate { rating, comment: comment.map(str::to_owned) };
        desk.desk.visitor_command(self.visit.visitor, self.visit.id, None, command).await.expect("rated");
    }

    fn number(&self) -> String {
        self.chat.chat.expect("a chat").get().to_string()
    }
}

/// An agent who takes chats.
pub(in crate::reports) async fn online(desk: &Fixture, email: &str, first: &str) -> Agent {
    let agent = desk.agent(email, first, "Able").await;
    desk.join(deskbell_domain::ids::DepartmentId::DEFAULT, agent.id).await;
    desk.status(agent.id, AgentStatus::ONLINE).await;
    agent
}

async fn rows(desk: &Fixture, query: &str) -> Vec<Value> {
    desk.get_ok(&format!("/api/reports/ranking?{query}")).await["ranks"].as_array().expect("rows").clone()
}

async fn numbers(desk: &Fixture, query: &str) -> Vec<String> {
    rows(desk, query).await.iter().map(|row| row["id"].as_str().expect("a text").to_owned()).collect()
}

#[tokio::test]
async fn a_row_for_each_rating() {
    let desk = Fixture::new();
    desk.time_zone("Europe/Berlin").await;
    let ann = online(&desk, "ann@desk.test", "Ann").await;
    let carl = visitor(&desk, "carl@shop.test", Some(&ann)).await;
    carl.rate(&desk, Some(Rating::Good), Some("super")).await;
    let text = desk.get(&format!("/api/reports/ranking?{DAY}")).await.text;
    let conversation = carl.chat.conversation.expect("a conversation");
    let customer = desk.conversation(conversation).await.customer;
    // It is two hours later in Berlin.
    assert_eq!(
        text,
        format!(
            r#"{{"response":{{"ranks":[{{"id":"{}","rankingType":"W","datecreated":"2012-04-03 14:21:21","conversationid":"{conversation}","agentcontactid":"{}","agentEmail":"ann@desk.test","agent":"Ann Able","contactid":"{customer}","requesterEmail":"carl@shop.test","requester":"Carl Customer","comment":"super"}}]}}}}"#,
            carl.number(),
            ann.contact
        )
    );
    let keys: Vec<&str> = ROW.iter().map(|(key, _)| *key).collect();
    assert_eq!(keys, promised("ranking"));
    assert_eq!(
        desk.get(&format!("/api/reports/ranking.xml?{DAY}&columns=rankingType,comment")).await.text,
        "<?xml version='1.0' encoding='utf-8'?><response><ranks><rank><rankingType>W</rankingType><comment>super</comment></rank></ranks></response>"
    );
}

#[tokio::test]
async fn as_it_is_now() {
    let desk = Fixture::new();
    let ann = online(&desk, "ann@desk.test", "Ann").await;
    let carl = visitor(&desk, "carl@shop.test", Some(&ann)).await;
    carl.rate(&desk, Some(Rating::Good), None).await;
    desk.advance(86_400);
    carl.rate(&desk, Some(Rating::Bad), Some("no")).await;
    assert_eq!(rows(&desk, DAY).await, Vec::<Value>::new(), "at the time of its change");
    let changed = rows(&desk, "date_from=2012-04-04&date_to=2012-04-04").await;
    assert_eq!((changed.len(), &changed[0]["rankingType"], &changed[0]["comment"]), (1, &json!("P"), &json!("no")));
    carl.rate(&desk, None, None).await;
    assert_eq!(rows(&desk, "date_from=2012-04-01&date_to=2012-04-30").await, Vec::<Value>::new(), "taken back");
}

#[tokio::test]
async fn filters_and_order() {
    let desk = Fixture::new();
    let (ann, bea) = (online(&desk, "ann@desk.test", "Ann").await, online(&desk, "bea@desk.test", "Bea").await);
    let mut chats = Vec::new();
    for (email, agent, rating) in [
        ("one@shop.test", Some(&ann), Rating::Good),
        ("two@shop.test", Some(&bea), Rating::Bad),
        ("one@shop.test", Some(&bea), Rating::Good),
        ("three@shop.test", None, Rating::Bad),
    ] {
        let one = visitor(&desk, email, agent).await;
        desk.advance(60);
        one.rate(&desk, Some(rating), None).await;
        chats.push(one.number());
    }
    let of = |places: &[usize]| places.iter().map(|place| chats[*place].clone()).collect::<Vec<_>>();
    let everything = rows(&desk, DAY).await;
    let one = everything[0]["contactid"].as_str().expect("a text");
    for (query, wanted) in [
        (String::new(), &[0, 1, 2, 3][..]),
        ("&types=W".to_owned(), &[0, 2]),
        ("&types=P".to_owned(), &[1, 3]),
        ("&types=P,%20W,P".to_owned(), &[0, 1, 2, 3]),
        ("&types=".to_owned(), &[0, 1, 2, 3]),
        (format!("&agentid={}", bea.contact), &[1, 2]),
        (format!("&agentid={}", bea.id), &[]),
        (format!("&contactid={one}"), &[0, 2]),
        (format!("&contactid={one}&agentid={}&types=W", ann.contact), &[0]),
        (format!("&contactid={one}&types=P"), &[]),
        ("&limitcount=2".to_owned(), &[0, 1]),
        ("&limitcount=2&limitfrom=2".to_owned(), &[2, 3]),
        ("&limitcount=2&limitfrom=3".to_owned(), &[3]),
        ("&limitcount=2&limitfrom=4".to_owned(), &[]),
        ("&limitcount=0".to_owned(), &[]),
    ] {
        assert_eq!(numbers(&desk, &format!("{DAY}{query}")).await, of(wanted), "{query}");
    }
    // Both ends belong to it: the second was rated at 12:23:21.
    assert_eq!(numbers(&desk, "date_from=2012-04-03%2012:23:21&date_to=2012-04-03%2012:23:21").await, of(&[1]));
    assert_eq!(everything[3]["agentcontactid"], "", "nobody joined");
    for wrong in ["Z", "W,x", "w"] {
        let reply = desk.get(&format!("/api/reports/ranking?{DAY}&types={wrong}")).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (500, "parameter types holds an unknown letter"), "{wrong}");
    }
    let reply = desk.get(&format!("/api/reports/ranking?{DAY}&limitfrom=99999")).await;
    assert_eq!(reply.status, 500, "too far behind all that was asked for");
}

#[tokio::test]
async fn of_a_deleted_conversation() {
    let desk = Fixture::new();
    let ann = online(&desk, "ann@desk.test", "Ann").await;
    let carl = visitor(&desk, "carl@shop.test", Some(&ann)).await;
    carl.rate(&desk, Some(Rating::Good), Some("super")).await;
    desk.rewrite(carl.chat.conversation.expect("a conversation"), |one| one.status = Status::Deleted).await;
    let found = rows(&desk, DAY).await;
    assert_eq!((found.len(), &found[0]["rankingType"], &found[0]["comment"]), (1, &json!("W"), &json!("")));
}
