//! What makes a document come again, and what does not; offline messages.

use deskbell_app::accounts;
use deskbell_app::chats::{self, transfer::Target};
use deskbell_app::commands::{AgentCommand, VisitorCommand};
use deskbell_app::conversations::{self, Change, Start, Writing};
use deskbell_app::customers::{self, Changes, Introduction};
use deskbell_app::messages::{self, Into, NewMessage};
use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::conversation::{Channel, Status};
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, ConversationId, DepartmentId};
use deskbell_domain::message::{Actor, GroupKind, MessageKind};
use deskbell_domain::visit::Visit;
use deskbell_store::tables;
use deskbell_store::tables::documents::Subject;
use deskbell_store::tables::sweeps::{self, Swept};
use serde_json::{Value, json};

use crate::world::{START_SECONDS, USER_AGENT, World};

const ALL: &str = "/api/v2/chat/incremental/chats?fields=chats(*)";

impl World {
    /// All documents that are due, old enough, after a place; and the next place.
    async fn exported(&self, uri: &str) -> (Vec<Value>, String) {
        self.render().await;
        self.clock.advance_seconds(1_000);
        let page = self.page(uri).await;
        let next = page["next_page"].as_str().unwrap().strip_prefix("http://desk.test").unwrap().to_owned();
        (page["chats"].as_array().unwrap().clone(), next)
    }

    async fn leave_message(&self, department: Option<DepartmentId>, email: &str, text: &str) -> (Visit, ConversationId) {
        let visit = self.arrive().await;
        let introduction = Introduction::new(Some("Otto"), Some(email)).unwrap();
        let left = VisitorCommand::LeaveMessage { department, introduction, text: text.to_owned() };
        let conversation = self.visitor(&visit, left).await.conversation.unwrap();
        (visit, conversation)
    }

    async fn ended_chat(&self) -> (Visit, Subject, ConversationId) {
        let (visit, chat) = self.ask(None).await;
        let conversation = self.visitor(&visit, VisitorCommand::End).await.conversation.unwrap();
        (visit, Subject::Chat(chat), conversation)
    }

    async fn rename_agent(&self, agent: AgentId, name: &str, slots: u16) {
        let name = name.to_owned();
        self.desk
            .write(move |tx, cx| {
                let known = tables::agents::get(tx, agent)?.unwrap();
                let draft = accounts::AgentDraft {
                    email: known.email,
                    first_name: name,
                    last_name: String::new(),
                    role: known.role,
                    slots,
                    enabled: true,
                    password_hash: None,
                };
                accounts::change_agent(tx, cx, agent, &draft)
            })
            .await
            .unwrap();
    }

    async fn rename_department(&self, department: DepartmentId, name: &str) {
        let name = name.to_owned();
        self.desk
            .write(move |tx, cx| {
                let mut known = tables::departments::get(tx, department)?.unwrap();
                known.name = name;
                accounts::put_department(tx, cx, &known, None)
            })
            .await
            .unwrap();
    }

    async fn mark(&self, what: Subject, unread: bool) -> i64 {
        let by = Actor::Agent(self.owner.agent.id);
        self.desk.write(move |tx, cx| chats::mark(tx, cx, what, unread, by)).await.unwrap().number
    }
}

fn of(documents: &[Value], key: &str) -> Vec<Value> {
    documents.iter().map(|document| document[key].clone()).collect()
}

#[tokio::test]
async fn names_of_agents_and_departments() {
    let world = World::open().await;
    let ann = world.add_agent("ann@desk.test", Role::Agent, 5).await;
    let bob = world.add_agent("bob@desk.test", Role::Agent, 5).await;
    let (first, second) = (world.add_department("First", &[ann]).await, world.add_department("Second", &[bob]).await);
    for agent in [ann, bob] {
        world.status(agent, AgentStatus::ONLINE).await;
    }
    let (_, chat) = world.ask(Some(first)).await;
    world.agent(ann, AgentCommand::Accept { chat }).await;
    world.agent(ann, AgentCommand::Transfer { chat, target: Target::Department(second) }).await;
    world.agent(bob, AgentCommand::Accept { chat }).await;
    world.agent(bob, AgentCommand::End { chat }).await;
    let (documents, next) = world.exported(ALL).await;
    assert_eq!(of(&documents, "agent_names"), [json!(["Ann Agent", "Ann Agent"])]);

    // What does not change a name changes no document; nor does an agent who was in none.
    world.rename_agent(world.owner.agent.id, "Olga", 3).await;
    let (documents, next) = world.exported(&next).await;
    assert_eq!(documents, [] as [Value; 0]);
    world.rename_agent(ann, "Anna", 5).await;
    let (documents, next) = world.exported(&next).await;
    assert_eq!(of(&documents, "agent_names"), [json!(["Anna", "Ann Agent"])]);
    assert_eq!(documents[0]["engagements"][0]["agent_full_name"], json!("Anna"));
    world.rename_agent(ann, "Anna", 4).await;
    let (documents, next) = world.exported(&next).await;
    assert_eq!(documents, [] as [Value; 0]);

    // The department it was in is still shown where it came from.
    world.rename_department(first, "Early").await;
    let (documents, next) = world.exported(&next).await;
    assert_eq!((&documents[0]["department_name"], &documents[0]["history"][0]["department_name"]), (&json!("Second"), &json!("Early")));
    world.rename_department(second, "Late").await;
    let (documents, next) = world.exported(&next).await;
    assert_eq!(of(&documents, "department_name"), [json!("Late")]);
    // Renamed and back before anybody looked: as it was.
    world.rename_department(second, "Never").await;
    world.rename_department(second, "Late").await;
    let (documents, _) = world.exported(&next).await;
    assert_eq!(documents, [] as [Value; 0]);
}

#[tokio::test]
async fn a_name_in_many_documents() {
    const CHATS: usize = 1_230;
    let world = World::online().await;
    let owner = world.owner.agent.id;
    world
        .desk
        .write(move |tx, cx| {
            for _ in 0..CHATS {
                let visit = deskbell_app::visits::arrive(tx, cx, None, &deskbell_app::visits::Arrival::default())?;
                let chat = chats::request(tx, cx, &visit, &chats::Request::default())?.chat.unwrap();
                chats::accept(tx, cx, owner, chat)?;
                chats::visitor_ends(tx, cx, &visit)?;
            }
            Ok(())
        })
        .await
        .unwrap();
    world.render().await;
    world.rename_agent(owner, "Olga", 5).await;
    world.render().await;
    world.clock.advance_seconds(1_000);
    let page = world.page(&format!("{ALL}&limit=1000")).await;
    let next = page["next_page"].as_str().unwrap().strip_prefix("http://desk.test").unwrap();
    let more = world.page(next).await;
    assert_eq!((&page["count"], &more["count"]), (&json!(1_000), &json!(CHATS - 1_000)));
    let mut seconds = std::collections::BTreeMap::<&str, usize>::new();
    for chat in page["chats"].as_array().unwrap().iter().chain(more["chats"].as_array().unwrap()) {
        assert_eq!(chat["agent_names"], json!(["Olga"]));
        *seconds.entry(chat["update_timestamp"].as_str().unwrap()).or_default() += 1;
    }
    // Half of each second is left for what happens meanwhile.
    let counts: Vec<usize> = seconds.into_values().collect();
    assert_eq!(counts, [500, 500, 230]);
}

#[tokio::test]
async fn what_changes_a_document_and_what_does_not() {
    let world = World::online().await;
    let (visit, chat, conversation) = world.ended_chat().await;
    let (documents, mut next) = world.exported(ALL).await;
    assert_eq!((&documents[0]["unread"], &documents[0]["deleted"]), (&json!(true), &json!(false)));
    let customer = visit.customer;
    let changes = [
        Changes { note: Some("likes tea".to_owned()), ..Changes::default() },
        Changes { name: Some("Vera".to_owned()), ..Changes::default() },
        Changes { phone: Some("+49 1".to_owned()), ..Changes::default() },
    ];
    for (changes, key) in changes.into_iter().zip(["notes", "name", "phone"]) {
        world.desk.write(move |tx, cx| customers::change(tx, cx, customer, &changes)).await.unwrap();
        let (documents, after) = world.exported(&next).await;
        assert_eq!(documents.len(), 1, "{key}");
        assert_ne!(documents[0]["visitor"][key], json!(""), "{key}");
        next = after;
    }
    let before = world.mark(chat, false).await;
    let (documents, after) = world.exported(&next).await;
    assert_eq!(of(&documents, "unread"), [json!(false)]);
    assert_eq!(world.mark(chat, false).await, before, "marked so already");
    let unseen = Changes { system_name: Some("V.".to_owned()), ..Changes::default() };
    world.desk.write(move |tx, cx| customers::change(tx, cx, customer, &unseen)).await.unwrap();
    let (documents, after) = world.exported(&after).await;
    assert_eq!(documents, [] as [Value; 0], "a name that only agents see");
    world.agent(world.owner.agent.id, AgentCommand::ChangeStatus { conversation, change: Change::Delete }).await;
    let (documents, after) = world.exported(&after).await;
    assert_eq!(of(&documents, "deleted"), [json!(true)]);
    // Everything rendered once more: nothing new.
    world.desk.write(|tx, cx| Ok(sweeps::add(tx, Swept::Chats, "", cx.now)?)).await.unwrap();
    let (documents, _) = world.exported(&after).await;
    assert_eq!(documents, [] as [Value; 0]);
    assert_eq!(world.exported(ALL).await.0.len(), 1);
}

#[tokio::test]
async fn a_customer_with_many_chats() {
    let world = World::online().await;
    let visit = world.arrive().await;
    let (asker, customer) = (visit.clone(), visit.customer);
    world
        .desk
        .write(move |tx, cx| {
            for _ in 0..130 {
                chats::request(tx, cx, &asker, &chats::Request::default())?;
                chats::visitor_ends(tx, cx, &asker)?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let (documents, next) = world.exported(ALL).await;
    assert_eq!(documents.len(), 130);
    let named = Changes { name: Some("Vera".to_owned()), ..Changes::default() };
    world.desk.write(move |tx, cx| customers::change(tx, cx, customer, &named)).await.unwrap();
    let (documents, _) = world.exported(&next).await;
    assert_eq!(documents.len(), 130);
    assert!(documents.iter().all(|document| document["visitor"]["name"] == json!("Vera")));
}

#[tokio::test]
async fn an_agent_comes_again_and_a_trigger_speaks() {
    let world = World::online().await;
    let owner = world.owner.agent.id;
    let (visit, chat) = world.ask(None).await;
    let conversation = world.agent(owner, AgentCommand::Accept { chat }).await.conversation.unwrap();
    world.agent(owner, AgentCommand::Send { conversation, writing: Writing::Message, text: "hi".to_owned(), file: None }).await;
    world.agent(owner, AgentCommand::Leave { chat }).await;
    world
        .desk
        .write(move |tx, cx| {
            let mut chat = chats::live(tx, chat)?;
            let mut conversation = conversations::get(tx, conversation)?;
            let said = NewMessage::text(MessageKind::Message, Actor::System, "Bell", "One moment");
            Ok(messages::add(tx, cx, &mut conversation, Some(&mut chat), Into::Chat, said)?)
        })
        .await
        .unwrap();
    world.agent(owner, AgentCommand::Accept { chat }).await;
    world.visitor(&visit, VisitorCommand::End).await;
    let (documents, _) = world.exported(ALL).await;
    let history: Vec<(&str, &str, &Value)> = documents[0]["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["type"].as_str().unwrap(), event["name"].as_str().unwrap(), &event["sender_type"]))
        .collect();
    let visitor = documents[0]["visitor"]["name"].as_str().unwrap();
    let (none, by_visitor, by_agent, by_trigger) = (Value::Null, json!("Visitor"), json!("Agent"), json!("Trigger"));
    assert_eq!(
        history,
        [
            ("chat.memberjoin", visitor, &none),
            ("chat.msg", visitor, &by_visitor),
            ("chat.memberjoin", "Desk Owner", &none),
            ("chat.msg", "Desk Owner", &by_agent),
            ("chat.memberleave", "Desk Owner", &none),
            ("chat.msg", "Bell", &by_trigger),
            ("chat.memberjoin", "Desk Owner", &none),
            ("chat.memberleave", "Desk Owner", &none),
            ("chat.memberleave", visitor, &none),
        ]
    );
    assert_eq!(documents[0]["agent_ids"], json!([owner.get().to_string()]));
    assert_eq!(documents[0]["engagements"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_offline_message() {
    let world = World::open().await;
    let sales = world.add_department("Sales", &[]).await;
    let (visit, conversation) = world.leave_message(Some(sales), "otto@shop.test", "Is \"it\" open?").await;
    let account = world.desk.account_key();
    let (documents, next) = world.exported(ALL).await;
    let id = documents[0]["id"].as_str().unwrap();
    assert!(id.starts_with(&format!("2611.{account}.")), "{id}");
    let wanted = json!({
        "deleted": false,
        "department_id": sales.get(),
        "department_name": "Sales",
        "id": id,
        "message": "Is \"it\" open?",
        "session": {
            "browser": "Chrome",
            "city": "",
            "country_code": "",
            "country_name": "",
            "end_date": "2026-11-22T00:00:00Z",
            "id": documents[0]["session"]["id"],
            "ip": "192.0.2.1",
            "platform": "Mac OS",
            "region": "",
            "start_date": "2026-11-22T00:00:00Z",
            "user_agent": USER_AGENT
        },
        "tags": [],
        "timestamp": "2026-11-22T00:00:00Z",
        "type": "offline_msg",
        "unread": true,
        "update_timestamp": "2026-11-22T00:00:00Z",
        "visitor": {
            "email": "otto@shop.test",
            "id": documents[0]["visitor"]["id"],
            "name": "Otto",
            "notes": "",
            "phone": ""
        },
        "webpath": [
            {"from": "https://search.test/?q=shop", "timestamp": "2026-11-22T00:00:00Z", "title": "Shop", "to": "https://shop.test/"}
        ],
        "zendesk_ticket_id": conversation.get()
    });
    assert_eq!(documents[0].to_string(), wanted.to_string());

    let owner = world.owner.agent.id;
    let customer = visit.customer;
    let message = world.desk.read(move |tx| Ok(tables::offline_messages::of_conversation(tx, conversation)?)).await.unwrap()[0];
    world.agent(owner, AgentCommand::Tags { conversation, tags: vec!["late".to_owned()] }).await;
    let (documents, next) = world.exported(&next).await;
    assert_eq!(of(&documents, "tags"), [json!(["late"])]);
    world.mark(Subject::Offline(message), false).await;
    let (documents, next) = world.exported(&next).await;
    assert_eq!(of(&documents, "unread"), [json!(false)]);
    let named = Changes { note: Some("again".to_owned()), ..Changes::default() };
    world.desk.write(move |tx, cx| customers::change(tx, cx, customer, &named)).await.unwrap();
    let (documents, next) = world.exported(&next).await;
    assert_eq!(documents[0]["visitor"]["notes"], json!("again"));
    world.rename_department(sales, "Shop").await;
    let (documents, next) = world.exported(&next).await;
    assert_eq!(of(&documents, "department_name"), [json!("Shop")]);
    // An answer changes nothing of what was left; another visitor's message joins it when their conversations do.
    world.agent(owner, AgentCommand::Send { conversation, writing: Writing::Message, text: "Yes".to_owned(), file: None }).await;
    let (documents, next) = world.exported(&next).await;
    assert_eq!(documents, [] as [Value; 0]);
    let (_, other) = world.leave_message(None, "eve@shop.test", "Hello?").await;
    let (documents, next) = world.exported(&next).await;
    assert_eq!((of(&documents, "message"), of(&documents, "department_id")), (vec![json!("Hello?")], vec![json!(null)]));
    world.agent(owner, AgentCommand::Merge { conversation: other, into: conversation }).await;
    let (documents, next) = world.exported(&next).await;
    assert_eq!(of(&documents, "message"), [json!("Hello?")], "the one that went has another number and other tags");
    assert_eq!((&documents[0]["zendesk_ticket_id"], &documents[0]["tags"]), (&json!(conversation.get()), &json!(["late"])));
    world.agent(owner, AgentCommand::ChangeStatus { conversation, change: Change::Delete }).await;
    let (documents, _) = world.exported(&next).await;
    assert_eq!(of(&documents, "deleted"), [json!(true), json!(true)]);
}

#[tokio::test]
async fn ways_that_were_gone_before_they_were_noted() {
    let world = World::online().await;
    let other = world.add_department("Other", &[]).await;
    let (visit, chat) = world.ask(None).await;
    world
        .desk
        .write(move |tx, cx| {
            let mut chat = chats::live(tx, chat)?;
            let mut conversation = conversations::get(tx, chat.conversation)?;
            let said = NewMessage::system(MessageKind::Transfer, "Transferred to Other");
            messages::add(tx, cx, &mut conversation, Some(&mut chat), Into::NewGroup(GroupKind::Transfer), said)?;
            chat.department = other;
            tables::chats::update(tx, &chat)?;
            let (conversation, by, state) = (chat.conversation, Actor::System, chat.state);
            let way = Event::ChatTransferred {
                chat: chat.id,
                conversation,
                from: DepartmentId::DEFAULT,
                department: other,
                agent: None,
                by,
                state,
            };
            Ok(tx.append(cx.now, way)?)
        })
        .await
        .unwrap();
    world.visitor(&visit, VisitorCommand::End).await;
    let (documents, next) = world.exported(ALL).await;
    assert_eq!(documents[0]["history"][0]["department_name"], json!("Other"));
    world.desk.write(|tx, cx| Ok(sweeps::add(tx, Swept::Chats, "", cx.now)?)).await.unwrap();
    let (documents, next) = world.exported(&next).await;
    assert_eq!(documents[0]["history"][0]["department_name"], json!(null));
    let way = documents[0]["history"].as_array().unwrap().iter().find(|event| event["type"] == "chat.transfer").unwrap();
    assert_eq!((&way["department_name"], &way["prev_department_id"], &way["name"]), (&json!("Other"), &json!(null), &json!("System")));
    world.desk.write(|tx, cx| Ok(sweeps::add(tx, Swept::Chats, "", cx.now)?)).await.unwrap();
    assert_eq!(world.exported(&next).await.0, [] as [Value; 0]);
}

#[tokio::test]
async fn messages_that_were_left_before_they_were_noted() {
    let world = World::open().await;
    let mut left = Vec::new();
    for number in 0..3 {
        let visit = world.arrive().await;
        world.clock.advance_seconds(1);
        let conversation = world
            .desk
            .write(move |tx, cx| {
                let customer = customers::get(tx, visit.customer)?;
                let name = customer.display_name();
                let begun = Start {
                    customer: &customer,
                    shown_name: &name,
                    visit: Some(&visit),
                    widget: None,
                    department: DepartmentId::DEFAULT,
                    channel: Channel::Form,
                    status: Status::New,
                    subject: "",
                };
                let mut conversation = conversations::start(tx, cx, begun)?;
                let said = NewMessage::text(MessageKind::Message, Actor::Customer(customer.id), &name, "old");
                messages::add(tx, cx, &mut conversation, None, Into::NewGroup(GroupKind::Offline), said)?;
                Ok(conversation.id)
            })
            .await
            .unwrap();
        left.push(conversation);
        if number == 1 {
            let (owner, into) = (world.owner.agent.id, left[0]);
            world.agent(owner, AgentCommand::Merge { conversation, into }).await;
        }
    }
    // A later message of the visitor is none of its own.
    let (_, noted) = world.leave_message(None, "otto@shop.test", "new").await;
    let (documents, next) = world.exported(ALL).await;
    assert_eq!(of(&documents, "message"), [json!("new")]);
    world.desk.write(|tx, cx| Ok(sweeps::add(tx, Swept::Offline, "", cx.now)?)).await.unwrap();
    let (mut documents, next) = world.exported(&next).await;
    documents.sort_by_key(|document| document["timestamp"].as_str().unwrap().to_owned());
    assert_eq!(of(&documents, "message"), vec![json!("old"); 3]);
    let numbers = [left[0], left[0], left[2]].map(|conversation| json!(conversation.get()));
    assert_eq!(of(&documents, "zendesk_ticket_id"), numbers);
    assert!(!numbers.contains(&json!(noted.get())));
    let stamps = [1, 2, 3].map(|second| json!(format!("2026-11-22T00:00:0{second}Z")));
    assert_eq!(of(&documents, "timestamp"), stamps);
    assert!(
        of(&documents, "update_timestamp").iter().all(|at| at.as_str().unwrap() > "2026-11-22T00:10:00Z"),
        "nothing behind what was read"
    );
    assert_eq!(world.desk.now().seconds(), START_SECONDS + 3 + 2_000);
    assert_eq!(world.exported(&next).await.0, [] as [Value; 0]);
}
