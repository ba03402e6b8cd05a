//! What clients do, and the numbers reports show of it: reports agree with each other, and with the lists.

use deskbell_app::commands::VisitorCommand;
use deskbell_app::customers::Introduction;
use deskbell_app::triggers;
use deskbell_app::visits::{self, Arrival};
use deskbell_domain::agent::AgentStatus;
use deskbell_domain::chat::Rating;
use deskbell_domain::ids::DepartmentId;
use serde_json::Value;

use crate::fixture::Fixture;
use crate::reports::ranking::tests::{online, visitor};

const DAY: &str = "date_from=2012-04-03&date_to=2012-04-03";

async fn rows(desk: &Fixture, path: &str, list: &str) -> Vec<Value> {
    desk.get_ok(&format!("/api/reports/{path}")).await[list].as_array().expect("rows").clone()
}

/// A column of all rows together.
async fn sum(desk: &Fixture, path: &str, list: &str, column: &str) -> i64 {
    rows(desk, path, list).await.iter().map(|row| row[column].as_str().expect("a text").parse::<i64>().expect("a number")).sum()
}

/// The vendor's reports once counted a ticket made by API twice, and had other numbers by department than by channel.
#[tokio::test]
async fn a_ticket_is_created_once_on_every_report() {
    let desk = Fixture::new();
    let tagged = desk.ticket("a@shop.test", "Where is it?").await;
    let body = "message=Hello&useridentifier=owner@desk.test&department=default&subject=x&recipient=b@shop.test";
    assert_eq!(desk.post("/api/conversations", body).await.status, 200);
    desk.tag(tagged.id, &["Urgent"]).await;
    for (path, list) in [("channels", "channels"), ("departments", "departments"), ("performance", "performance")] {
        assert_eq!(sum(&desk, &format!("{path}?{DAY}"), list, "created_tickets").await, 2, "{path}");
    }
    for interval in ["hour", "day", "week", "month"] {
        let path = format!("performance?date_from=2012-03-15&date_to=2012-04-15&limitcount=1000&group_by={interval}");
        assert_eq!(sum(&desk, &path, "performance", "created_tickets").await, 2, "{interval}");
    }
    assert_eq!(sum(&desk, "departments?date_from=2012-04-04&date_to=2012-04-05", "departments", "created_tickets").await, 0);
    desk.time_zone("Pacific/Apia").await;
    assert_eq!(sum(&desk, &format!("departments?{DAY}"), "departments", "created_tickets").await, 0, "it is the fourth there");
}

#[tokio::test]
async fn as_many_ratings_are_listed_as_are_counted() {
    let desk = Fixture::new();
    let (ann, bea) = (online(&desk, "ann@desk.test", "Ann").await, online(&desk, "bea@desk.test", "Bea").await);
    for (place, (agent, rating)) in
        [(Some(&ann), Rating::Good), (Some(&bea), Rating::Bad), (Some(&bea), Rating::Good), (None, Rating::Bad)].into_iter().enumerate()
    {
        let one = visitor(&desk, &format!("v{place}@shop.test"), agent).await;
        desk.advance(600);
        one.rate(&desk, Some(rating), None).await;
        if place == 0 {
            desk.advance(600);
            one.rate(&desk, Some(Rating::Bad), None).await;
        }
    }
    for (letter, column, all) in [("W", "rewards", 1), ("P", "punishments", 3)] {
        assert_eq!(rows(&desk, &format!("ranking?{DAY}&types={letter}"), "ranks").await.len(), all);
        for (path, list) in [("channels", "channels"), ("departments", "departments"), ("performance", "performance")] {
            assert_eq!(sum(&desk, &format!("{path}?{DAY}"), list, column).await, all as i64, "{path} {column}");
        }
        for row in rows(&desk, &format!("agents?{DAY}"), "agents").await {
            let contact = row["contactid"].as_str().expect("an id");
            let listed = rows(&desk, &format!("ranking?{DAY}&types={letter}&agentid={contact}"), "ranks").await.len();
            assert_eq!(row[column].as_str(), Some(listed.to_string().as_str()), "{column} of {}", row["firstname"]);
        }
    }
    let day = rows(&desk, &format!("performance?{DAY}&columns=rewards_p,punishments_p,not_ranked_p"), "performance").await;
    assert_eq!(day, [serde_json::json!({"rewards_p": "25.00", "punishments_p": "75.00", "not_ranked_p": "0.00"})]);
}

/// Work that goes on counts until now, not until the end of what was asked for.
#[tokio::test]
async fn work_until_now() {
    let desk = Fixture::new();
    let ann = desk.agent("ann@desk.test", "Ann", "Able").await;
    desk.join(DepartmentId::DEFAULT, ann.id).await;
    desk.status(ann.id, AgentStatus::ONLINE).await;
    desk.advance(90 * 60);
    let ticket = desk.ticket("a@shop.test", "Where is it?").await;
    let answer = format!("message=There&useridentifier={}&type=M", ann.email);
    assert_eq!(desk.post(&format!("/api/conversations/{}/messages", ticket.id), &answer).await.status, 200);
    for until in ["2012-04-03", "2012-12-31"] {
        let path = format!("agents?date_from=2012-04-03&date_to={until}&columns=firstname,worktime,answers,answers_ph,newAnswerAvgTime");
        let row = rows(&desk, &path, "agents").await.into_iter().find(|row| row["firstname"] == "Ann").expect("her row");
        assert_eq!(
            row,
            serde_json::json!({"firstname": "Ann", "worktime": "90", "answers": "1", "answers_ph": "0.67", "newAnswerAvgTime": "0"}),
            "{until}"
        );
    }
}

/// An agent who comes at 12:21:21 and is there for forty minutes and more.
#[tokio::test]
async fn who_is_there_and_for_how_long() {
    let desk = Fixture::new();
    let ann = online(&desk, "ann@desk.test", "Ann").await;
    desk.advance(40 * 60);
    let hours = "date_from=2012-04-03%2011:00:00&date_to=2012-04-03";
    assert_eq!(
        rows(&desk, &format!("chats/availability?{hours}"), "availability").await,
        [
            serde_json::json!({"date": "2012-04-03 11:00:00", "mins": "0", "pct": "0.0000"}),
            serde_json::json!({"date": "2012-04-03 12:00:00", "mins": "39", "pct": "65.0000"}),
            serde_json::json!({"date": "2012-04-03 13:00:00", "mins": "1", "pct": "1.6667"}),
        ]
    );
    let loads = rows(&desk, &format!("chats/load?{hours}&departmentid=default"), "loads").await;
    let levels: Vec<[&str; 3]> =
        loads.iter().map(|row| ["avgSlots", "maxSlots", "maxService"].map(|key| row[key].as_str().expect("a text"))).collect();
    assert_eq!(levels, [["0.00", "0", "0"], ["1.93", "3", "0"], ["3.00", "3", "0"]]);
    let there = async |path: &str| {
        let rows = rows(&desk, path, "agentsavailability").await;
        let text = |row: &Value| {
            ["userid", "departmentid", "hours_online", "from_date", "to_date"].map(|key| row[key].as_str().expect("a text").to_owned())
        };
        rows.iter().map(text).collect::<Vec<_>>()
    };
    let id = ann.id.to_string();
    let lasting = [id.as_str(), "default", "00:40:00", "2012-04-03 12:21:21", "now"].map(str::to_owned);
    assert_eq!(there(&format!("chats/agentsavailability?agentid={id}")).await, [lasting]);
    desk.status(ann.id, AgentStatus::OFFLINE).await;
    desk.advance(3_600);
    let over = [id.as_str(), "default", "00:40:00", "2012-04-03 12:21:21", "2012-04-03 13:01:21"].map(str::to_owned);
    assert_eq!(there("chats/agentsavailability?departmentid=default").await, [over]);
    assert_eq!(there("chats/agentsavailability?date_from=2012-04-02&date_to=2012-04-02").await, Vec::<[String; 5]>::new());
}

/// A tag that a trigger gave the visitor before he asked is on the chat from its beginning; one that comes later is not.
#[tokio::test]
async fn what_tags_a_chat_begins_with() {
    let desk = Fixture::new();
    let ann = online(&desk, "ann@desk.test", "Ann").await;
    let trigger = serde_json::json!({
        "event": "page_enter",
        "condition": ["and", ["icontains", "@visitor_page_url", "/sale"]],
        "actions": [["addTag", "sale"]],
    });
    let changes = triggers::Changes { name: Some("Sale".to_owned()), enabled: Some(true), definition: Some(trigger), ..Default::default() };
    desk.desk.write(move |tx, cx| triggers::create(tx, cx, &changes)).await.expect("a trigger");
    desk.settle().await;
    let arrival = Arrival { url: "https://shop.test/sale".to_owned(), ..Arrival::default() };
    let visit = desk.desk.write(move |tx, cx| visits::arrive(tx, cx, None, &arrival)).await.expect("a visit");
    desk.desk.presence().visitor_seen(visit.visitor, visit.id, desk.desk.now());
    let introduction = Introduction::new(Some("Carl Customer"), Some("carl@shop.test")).expect("an address");
    let command = VisitorCommand::Chat { department: None, introduction, text: Some("Is there more?".to_owned()) };
    let chat = desk.desk.visitor_command(visit.visitor, visit.id, None, command).await.expect("a chat");
    desk.accept(ann.id, chat.chat.expect("a chat")).await;
    desk.tag(chat.conversation.expect("a conversation"), &["sale", "late"]).await;
    let shown = rows(&desk, &format!("tags?{DAY}&columns=tagName,i_chats,chat_pickup,created_tickets"), "tags").await;
    let row = |name: &str, numbers: [&str; 3]| serde_json::json!({"tagName": name, "chat_pickup": numbers[0], "i_chats": numbers[1], "created_tickets": numbers[2]});
    assert_eq!(shown, [row("late", ["0", "0", "0"]), row("sale", ["1", "1", "1"])]);
    // Counted again from rows it is the same.
    let verified = deskbell_app::rollups::verify(&desk.desk, &mut |_| {}).expect("verified");
    assert!(verified.is_sound() && verified.rows.is_ok(), "{verified:?}");
}
