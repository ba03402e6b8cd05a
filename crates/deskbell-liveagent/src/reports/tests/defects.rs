//! What the vendor's own reports once got wrong. Two more such tests are elsewhere: a ticket that was counted twice because a program had made it is
//! in [`super::numbers`], times behind the first thousand rows are in [`super`].

use deskbell_app::chats;
use deskbell_app::timers;
use deskbell_domain::chat::{EndReason, Rating};
use deskbell_domain::message::Actor;
use deskbell_store::tables;
use serde_json::{Value, json};

use crate::fixture::Fixture;
use crate::reports::ranking::tests::{online, visitor};

const DAY: &str = "date_from=2012-04-03&date_to=2012-04-03";

async fn rows(desk: &Fixture, path: &str) -> Vec<Value> {
    let response = desk.get_ok(&format!("/api/reports/{path}")).await;
    let list = response.as_object().and_then(|lists| lists.values().next()).and_then(Value::as_array);
    list.unwrap_or_else(|| panic!("{path}: {response}")).clone()
}

async fn sum(desk: &Fixture, path: &str, column: &str) -> i64 {
    rows(desk, path).await.iter().map(|row| row[column].as_str().expect("a text").parse::<i64>().expect("a number")).sum()
}

/// Tickets that were being initialised counted, and again when they were ready.
#[tokio::test]
async fn a_ticket_made_as_initialised_counts_once() {
    let desk = Fixture::new();
    let body = "message=Hello&useridentifier=owner@desk.test&department=default&subject=x&recipient=b@shop.test&status=I";
    let made = desk.post("/api/conversations", body).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let id = made.value()["response"]["conversationid"].as_str().expect("an id").to_owned();
    let created = async || {
        let mut found = Vec::new();
        for report in ["agents", "channels", "departments", "performance"] {
            found.push(sum(&desk, &format!("{report}?{DAY}"), "created_tickets").await);
        }
        found
    };
    assert_eq!(created().await, [1; 4]);
    desk.advance(3_600);
    for status in ["A", "C", "R"] {
        desk.send_ok("PUT", &format!("/api/conversations/{id}/status"), &[("status", status)]).await;
    }
    assert_eq!(created().await, [1; 4], "it is ready, was opened and is resolved");
    assert_eq!(sum(&desk, &format!("departments?{DAY}"), "resolved_tickets").await, 1);
}

/// The report of agents took another window than was asked for, and hours in its bounds for nothing.
#[tokio::test]
async fn agents_are_reported_for_the_window_that_is_asked_for() {
    let desk = Fixture::new();
    let ticket = desk.ticket("a@shop.test", "Where is it?").await;
    // At 12:21:21 in Greenwich.
    let answer = "message=There&useridentifier=owner@desk.test&type=M";
    assert_eq!(desk.post(&format!("/api/conversations/{}/messages", ticket.id), answer).await.status, 200);
    for (zone, from, to, answers) in [
        ("GMT", "2012-04-03", "2012-04-03", 1),
        ("GMT", "2012-04-02", "2012-04-02", 0),
        ("GMT", "2012-04-04", "2012-04-04", 0),
        ("America/New_York", "2012-04-03%2008:15:00", "2012-04-03%2008:30:00", 1),
        ("America/New_York", "2012-04-03%2008:00:00", "2012-04-03%2008:15:00", 0),
        ("America/New_York", "2012-04-03%2008:30:00", "2012-04-03%2023:59:59", 0),
        ("Pacific/Apia", "2012-04-03", "2012-04-03", 0),
        ("Pacific/Apia", "2012-04-04", "2012-04-04", 1),
        ("Pacific/Apia", "2012-04-04%2001:15:00", "2012-04-04%2001:30:00", 1),
    ] {
        desk.time_zone(zone).await;
        for report in ["agents", "departments", "channels", "performance"] {
            let query = format!("{report}?date_from={from}&date_to={to}");
            assert_eq!(sum(&desk, &query, "answers").await, answers, "{query} in {zone}");
        }
    }
}

/// The ranking was in another time zone than the desk.
#[tokio::test]
async fn the_ranking_is_in_the_desks_zone() {
    let desk = Fixture::new();
    let ann = online(&desk, "ann@desk.test", "Ann").await;
    visitor(&desk, "carl@shop.test", Some(&ann)).await.rate(&desk, Some(Rating::Good), None).await;
    for (zone, day, shown) in [
        ("GMT", "2012-04-03", Some("2012-04-03 12:21:21")),
        ("Pacific/Apia", "2012-04-03", None),
        ("Pacific/Apia", "2012-04-04", Some("2012-04-04 01:21:21")),
        ("America/New_York", "2012-04-03", Some("2012-04-03 08:21:21")),
    ] {
        desk.time_zone(zone).await;
        let found = rows(&desk, &format!("ranking?date_from={day}&date_to={day}&columns=datecreated")).await;
        let wanted: Vec<Value> = shown.iter().map(|shown| json!({"datecreated": shown})).collect();
        assert_eq!(found, wanted, "{day} in {zone}");
    }
}

/// Missed chats were counted too often: each ring that expires is one, and the chat itself is missed once.
#[tokio::test]
async fn a_chat_that_rings_three_times_is_missed_once() {
    let desk = Fixture::new();
    let ann = online(&desk, "ann@desk.test", "Ann").await;
    let chat = desk.chat("Hello?").await.chat.expect("a chat");
    for _ in 0..3 {
        desk.advance(31);
        desk.desk.write(timers::expire_offers).await.expect("rings are over");
    }
    let left = desk.desk.write(move |tx, cx| {
        let chat = tables::chats::get(tx, chat)?.expect("the chat");
        let by = Actor::Customer(chat.customer);
        chats::end(tx, cx, chat, EndReason::Visitor, by)
    });
    assert!(left.await.expect("he leaves").missed);
    for report in ["channels", "departments", "performance"] {
        for (column, wanted) in [("missed_chats", 3), ("u_chats", 1), ("i_chats", 1), ("f_chats", 0), ("chats", 0)] {
            assert_eq!(sum(&desk, &format!("{report}?{DAY}"), column).await, wanted, "{column} of {report}");
        }
    }
    let of_ann = rows(&desk, &format!("agents?{DAY}&columns=id,missed_chats,u_chats")).await;
    let wanted = json!({"id": ann.id.to_string(), "missed_chats": "3", "u_chats": "1"});
    assert!(of_ann.contains(&wanted), "{of_ann:?}");
}
