//! Documents of chats that were really held.

mod changes;

use deskbell_app::chats::transfer::Target;
use deskbell_app::commands::{AgentCommand, VisitorCommand};
use deskbell_app::conversations::Writing;
use deskbell_app::customers::Introduction;
use deskbell_app::files::{self, NewFile};
use deskbell_app::rights::Principal;
use deskbell_app::skills::{self, SkillDraft};
use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::chat::Rating;
use deskbell_domain::ids::{AgentId, ChatId, ConversationId};
use deskbell_domain::time::Timestamp;
use deskbell_domain::visit::Visit;
use serde_json::{Value, json};

use super::base62;
use crate::world::{START_SECONDS, USER_AGENT, World};

impl World {
    /// Moves the clock to so many milliseconds after the start.
    fn at(&self, millis: i64) {
        self.clock.set(Timestamp::from_micros(START_SECONDS * 1_000_000 + millis * 1_000));
    }

    async fn answer(&self, agent: AgentId, conversation: ConversationId, writing: Writing, text: &str) {
        self.agent(agent, AgentCommand::Send { conversation, writing, text: text.to_owned(), file: None }).await;
    }

    /// Returns the file's id.
    async fn send_file(&self, visit: &Visit, text: &str) -> String {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        bytes.resize(2_048, 0);
        let new = NewFile { name: "plan.png".to_owned(), declared_type: "image/png".to_owned(), bytes: bytes.into() };
        let who = Principal::Visitor { visitor: visit.visitor, visit: visit.id };
        let file = files::keep(&self.desk, who, new).await.unwrap().attachment.file;
        self.visitor(visit, VisitorCommand::Send { text: text.to_owned(), file: Some(file.clone()) }).await;
        file
    }

    /// The only document.
    async fn document(&self) -> Value {
        self.render().await;
        self.clock.advance_seconds(1_000);
        let page = self.page("/api/v2/chat/incremental/chats?fields=chats(*)").await;
        assert_eq!(page["count"], json!(1));
        page["chats"][0].clone()
    }
}

async fn public_id(world: &World, chat: ChatId) -> String {
    world.desk.read(move |tx| Ok(deskbell_store::tables::chats::get(tx, chat)?)).await.unwrap().unwrap().public_id
}

#[tokio::test]
async fn a_whole_chat() {
    let world = World::open().await;
    let ann = world.add_agent("ann@desk.test", Role::Agent, 1).await;
    let sales = world.add_department("Sales", &[ann]).await;
    world.status(ann, AgentStatus::ONLINE).await;
    let visit = world.arrive().await;
    world.at(10_000);
    world.visitor(&visit, VisitorCommand::Page { url: "https://shop.test/cart".to_owned(), title: "Cart".to_owned() }).await;
    world.at(20_000);
    let introduction = Introduction::new(Some("Vera"), Some("vera@shop.test")).unwrap();
    let ask = VisitorCommand::Chat { department: Some(sales), introduction, text: Some("hello \"there\"".to_owned()) };
    let done = world.visitor(&visit, ask).await;
    let (chat, conversation) = (done.chat.unwrap(), done.conversation.unwrap());
    world.at(30_500);
    world.agent(ann, AgentCommand::Accept { chat }).await;
    world.at(40_250);
    world.answer(ann, conversation, Writing::Message, "hi").await;
    world.at(41_000);
    world.answer(ann, conversation, Writing::Note, "a secret").await;
    world.at(42_000);
    world.agent(ann, AgentCommand::Tags { conversation, tags: vec!["vip".to_owned(), "cart".to_owned()] }).await;
    world.at(45_678);
    let file = world.send_file(&visit, "see").await;
    world.at(50_678);
    world.answer(ann, conversation, Writing::Message, "ok").await;
    world.at(60_000);
    world.visitor(&visit, VisitorCommand::End).await;
    world.at(70_000);
    world.rate(&visit, Some(Rating::Good), Some("great")).await;
    world.at(75_000);
    world.visitor(&visit, VisitorCommand::Page { url: "https://shop.test/later".to_owned(), title: "Later".to_owned() }).await;

    let (account, agent, id) = (world.desk.account_key(), ann.get().to_string(), public_id(&world, chat).await);
    let token = base62(visit.customer.get());
    let channel = format!("#supportchat:{account}-{token}");
    let response_time = json!({"avg": 12.625, "first": 20, "max": 20});
    let wanted = json!({
        "abandon_time": null,
        "agent_ids": [agent],
        "agent_names": ["Ann Agent"],
        "comment": "great",
        "conversions": [],
        "count": {"agent": 2, "total": 4, "visitor": 2},
        "deleted": false,
        "department_id": sales.get(),
        "department_name": "Sales",
        "dropped": false,
        "duration": 30,
        "end_timestamp": "2026-11-22T00:01:00Z",
        "engagements": [{
            "accepted": true,
            "agent_full_name": "Ann Agent",
            "agent_id": agent,
            "agent_name": "Ann Agent",
            "assigned": true,
            "chat_id": id,
            "comment": "great",
            "count": {"agent": 2, "total": 3, "visitor": 1},
            "department_id": sales.get(),
            "duration": 29.5,
            "id": format!("{id}.1"),
            "rating": "good",
            "response_time": response_time,
            "skills_fulfilled": false,
            "skills_requested": [],
            "started_by": "visitor",
            "timestamp": "2026-11-22T00:00:30Z"
        }],
        "history": [
            {"channel": channel, "department_id": sales.get(), "department_name": "Sales", "index": 0, "name": "Vera",
             "timestamp": "2026-11-22T00:00:20Z", "type": "chat.memberjoin"},
            {"channel": channel, "index": 1, "msg": "hello \"there\"", "msg_id": "1795305620000", "name": "Vera", "options": "",
             "sender_type": "Visitor", "timestamp": "2026-11-22T00:00:20Z", "type": "chat.msg"},
            {"channel": channel, "index": 2, "name": "Ann Agent", "timestamp": "2026-11-22T00:00:30Z", "type": "chat.memberjoin"},
            {"agent_id": agent, "channel": channel, "index": 3, "msg": "hi", "name": "Ann Agent", "options": "", "sender_type": "Agent",
             "timestamp": "2026-11-22T00:00:40Z", "type": "chat.msg"},
            {"channel": channel, "index": 4, "name": "Ann Agent", "new_tags": ["vip", "cart"], "tags": [],
             "timestamp": "2026-11-22T00:00:42Z", "type": "chat.tag"},
            {"attachment": {"mime_type": "image/png", "name": "plan.png", "size": 2048, "url": format!("/live/files/{file}")},
             "channel": channel, "index": 5, "msg": "see", "msg_id": "1795305645678", "name": "Vera", "options": "",
             "sender_type": "Visitor", "timestamp": "2026-11-22T00:00:45Z", "type": "chat.file"},
            {"agent_id": agent, "channel": channel, "index": 6, "msg": "ok", "name": "Ann Agent", "options": "", "sender_type": "Agent",
             "timestamp": "2026-11-22T00:00:50Z", "type": "chat.msg"},
            {"channel": channel, "index": 7, "name": "Ann Agent", "reason": "user_leave_chat", "timestamp": "2026-11-22T00:01:00Z",
             "type": "chat.memberleave"},
            {"channel": channel, "index": 8, "name": "Vera", "reason": "user_leave_chat", "timestamp": "2026-11-22T00:01:00Z",
             "type": "chat.memberleave"},
            {"channel": channel, "index": 9, "name": "Vera", "new_rating": "good", "rating": null, "timestamp": "2026-11-22T00:01:10Z",
             "type": "chat.rating"},
            {"channel": channel, "comment": null, "index": 10, "name": "Vera", "new_comment": "great",
             "timestamp": "2026-11-22T00:01:10Z", "type": "chat.comment"}
        ],
        "id": id,
        "missed": false,
        "proactive": false,
        "rating": "good",
        "referrer_search_engine": "",
        "referrer_search_terms": "",
        "response_time": response_time,
        "session": {
            "browser": "Chrome",
            "city": "",
            "country_code": "",
            "country_name": "",
            "end_date": "2026-11-22T00:01:00Z",
            "id": format!("261122.{account}.{}", base62(visit.id.get())),
            "ip": "192.0.2.1",
            "platform": "Mac OS",
            "region": "",
            "start_date": "2026-11-22T00:00:00Z",
            "user_agent": USER_AGENT
        },
        "skills_fulfilled": false,
        "skills_requested": [],
        "started_by": "visitor",
        "tags": ["vip", "cart"],
        "timestamp": "2026-11-22T00:00:20Z",
        "triggered": false,
        "triggered_response": null,
        "type": "chat",
        "unread": false,
        "update_timestamp": "2026-11-22T00:01:10Z",
        "visitor": {"email": "vera@shop.test", "id": format!("{account}.{token}"), "name": "Vera", "notes": "", "phone": ""},
        "webpath": [
            {"from": "https://search.test/?q=shop", "timestamp": "2026-11-22T00:00:00Z", "title": "Shop", "to": "https://shop.test/"},
            {"from": "https://shop.test/", "timestamp": "2026-11-22T00:00:10Z", "title": "Cart", "to": "https://shop.test/cart"}
        ],
        "zendesk_ticket_id": conversation.get()
    });
    let document = world.document().await;
    for (key, value) in wanted.as_object().unwrap() {
        assert_eq!(document[key], *value, "{key}");
    }
    assert_eq!(document.to_string(), wanted.to_string(), "the same keys in the same order");
    assert!(id.starts_with(&format!("2611.{account}.")));
}

#[tokio::test]
async fn a_missed_chat() {
    let world = World::online().await;
    let (visit, _) = world.ask(None).await;
    world.at(12_500);
    world.visitor(&visit, VisitorCommand::End).await;
    let document = world.document().await;
    for (key, wanted) in [
        ("missed", json!(true)),
        ("dropped", json!(true)),
        ("unread", json!(true)),
        ("abandon_time", json!(12.5)),
        ("duration", json!(0)),
        ("agent_ids", json!([])),
        ("engagements", json!([])),
        ("department_id", json!(null)),
        ("department_name", json!(null)),
        ("rating", json!(null)),
        ("comment", json!(null)),
        ("response_time", json!({"avg": null, "first": null, "max": null})),
        ("count", json!({"agent": 0, "total": 1, "visitor": 1})),
    ] {
        assert_eq!(document[key], wanted, "{key}");
    }
    assert!(document["visitor"]["name"].as_str().unwrap().starts_with("Visitor "));
    let kinds: Vec<_> = document["history"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["chat.memberjoin", "chat.msg", "chat.memberleave"]);
    assert_eq!(document["history"][0]["department_id"], json!(null));
}

#[tokio::test]
async fn a_chat_that_was_handed_over_and_rated_twice() {
    let world = World::open().await;
    let ann = world.add_agent("ann@desk.test", Role::Agent, 5).await;
    let bob = world.add_agent("bob@desk.test", Role::Agent, 5).await;
    let (first, second) = (world.add_department("First", &[ann]).await, world.add_department("Second", &[bob]).await);
    world.status(ann, AgentStatus::ONLINE).await;
    let (visit, chat) = world.ask(Some(first)).await;
    world.at(1_000);
    let conversation = world.agent(ann, AgentCommand::Accept { chat }).await.conversation.unwrap();
    world.at(2_000);
    world.rate(&visit, Some(Rating::Bad), None).await;
    world.status(bob, AgentStatus::ONLINE).await;
    world.at(3_000);
    world.agent(ann, AgentCommand::Transfer { chat, target: Target::Department(second) }).await;
    world.at(4_000);
    world.agent(bob, AgentCommand::Accept { chat }).await;
    world.at(5_000);
    world.answer(bob, conversation, Writing::Message, "hi").await;
    world.at(6_000);
    world.rate(&visit, Some(Rating::Good), Some("first")).await;
    world.rate(&visit, Some(Rating::Good), Some("second")).await;
    world.rate(&visit, None, None).await;
    world.rate(&visit, Some(Rating::Good), None).await;
    world.at(7_000);
    world.agent(bob, AgentCommand::End { chat }).await;
    let document = world.document().await;
    let of = |key: &str| -> Vec<Value> { document["engagements"].as_array().unwrap().iter().map(|part| part[key].clone()).collect() };
    assert_eq!(document["agent_ids"], json!([ann.get().to_string(), bob.get().to_string()]));
    assert_eq!(document["department_id"], json!(second.get()));
    assert_eq!(of("department_id"), [json!(first.get()), json!(second.get())]);
    assert_eq!(of("started_by"), [json!("visitor"), json!("transfer")]);
    assert_eq!(of("duration"), [json!(2.0), json!(3.0)]);
    assert_eq!(of("rating"), [json!(null), json!("good")]);
    assert_eq!(of("comment"), [json!(null), json!("second")]);
    assert_eq!(document["dropped"], json!(false));
    assert_eq!(document["history"][0]["department_id"], json!(first.get()), "where it was asked for");
    let transfer = document["history"].as_array().unwrap().iter().find(|event| event["type"] == "chat.transfer").unwrap();
    for (key, wanted) in [
        ("agent_id", json!(ann.get().to_string())),
        ("name", json!("Ann Agent")),
        ("department_id", json!(second.get())),
        ("department_name", json!("Second")),
        ("prev_department_id", json!(first.get())),
        ("prev_department_name", json!("First")),
    ] {
        assert_eq!(transfer[key], wanted, "{key}");
    }
    let history: Vec<String> = document["history"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(index, event)| {
            assert_eq!(event["index"], json!(index));
            let change = |key: &str, new_key: &str| format!(" {} → {}", event[key], event[new_key]);
            let what = match event["type"].as_str().unwrap() {
                "chat.rating" => change("rating", "new_rating"),
                "chat.comment" => change("comment", "new_comment"),
                _ => String::new(),
            };
            let second = &event["timestamp"].as_str().unwrap()[17..19];
            format!("{second} {}{what}", event["type"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        history,
        [
            "00 chat.memberjoin",
            "00 chat.msg",
            "01 chat.memberjoin",
            "02 chat.rating null → \"bad\"",
            "03 chat.memberleave",
            "03 chat.transfer",
            "04 chat.memberjoin",
            "05 chat.msg",
            "06 chat.rating \"bad\" → \"good\"",
            "06 chat.comment null → \"first\"",
            "06 chat.comment \"first\" → \"second\"",
            "06 chat.rating \"good\" → null",
            "06 chat.rating null → \"good\"",
            "07 chat.memberleave",
            "07 chat.memberleave",
        ]
    );
}

#[tokio::test]
async fn what_a_chat_asked_for() {
    let world = World::open().await;
    let ann = world.add_agent("ann@desk.test", Role::Agent, 5).await;
    let bob = world.add_agent("bob@desk.test", Role::Agent, 5).await;
    let department = world.add_department("Sales", &[ann, bob]).await;
    world.status(ann, AgentStatus::ONLINE).await;
    let [french, vip, gone] = world
        .desk
        .write(move |tx, cx| {
            let mut make = |name: &str, members: &[AgentId]| {
                let draft = SkillDraft { name: Some(name.to_owned()), members: Some(members.to_vec()), ..SkillDraft::default() };
                skills::create(tx, cx, &draft).map(|skill| skill.id)
            };
            Ok([make("French", &[bob, ann])?, make("VIP", &[bob])?, make("Gone", &[bob])?])
        })
        .await
        .unwrap();
    let visit = world.arrive().await;
    let words = ["VIP", "nonsense", "french"].map(str::to_owned).to_vec();
    let introduction = Introduction { skills: words, ..Introduction::default() };
    let done = world.visitor(&visit, VisitorCommand::Chat { department: Some(department), introduction, text: None }).await;
    let chat = done.chat.unwrap();
    world.agent(ann, AgentCommand::Accept { chat }).await;
    world.status(bob, AgentStatus::ONLINE).await;
    world.agent(ann, AgentCommand::Invite { chat, agent: bob }).await;
    world.agent(bob, AgentCommand::Accept { chat }).await;
    let words = ["French", "VIP", "Gone"].map(str::to_owned).to_vec();
    world.agent(bob, AgentCommand::Skills { chat, skills: words }).await;
    world.desk.write(move |tx, cx| skills::remove(tx, cx, gone)).await.unwrap();
    world.at(7_000);
    world.agent(bob, AgentCommand::End { chat }).await;
    let document = world.document().await;
    let asked = json!([french.get(), vip.get(), gone.get()]);
    assert_eq!((&document["skills_requested"], &document["skills_fulfilled"]), (&asked, &json!(true)));
    let parts = document["engagements"].as_array().unwrap();
    assert_eq!((&parts[0]["skills_requested"], &parts[0]["skills_fulfilled"]), (&asked, &json!(false)), "he knows no VIPs");
    assert_eq!((&parts[1]["skills_requested"], &parts[1]["skills_fulfilled"]), (&asked, &json!(true)));
}
