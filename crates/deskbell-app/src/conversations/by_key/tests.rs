use deskbell_domain::chat::ChatState;
use deskbell_domain::conversation::Status;
use deskbell_domain::event::Event;

use super::*;
use crate::conversations::stage::{Stage, stage};
use crate::error::Kind;

impl Stage {
    fn signed(&self, agent: Option<AgentId>, note: &str) -> Signed {
        Signed { agent: agent.map(|agent| agent.to_string()), note: Some(note.to_owned()).filter(|note| !note.is_empty()) }
    }

    fn set(&self, conversation: ConversationId, wanted: Change, signed: Signed) -> Result<Done, AppError> {
        self.clock.advance_seconds(1);
        self.try_write(move |tx, cx| change(tx, cx, conversation, wanted, &signed))
    }

    fn hand(&self, conversation: ConversationId, department: &str, agent: &str, signed: Signed) -> Result<Done, AppError> {
        self.clock.advance_seconds(1);
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let to = Attendants { department: given(department), agent: given(agent) };
        self.try_write(move |tx, cx| transfer(tx, cx, conversation, &to, &signed))
    }

    /// Who is in a chat, and at whom it rings.
    fn attendants(&self, chat: deskbell_domain::ids::ChatId) -> (ChatState, Vec<AgentId>, Vec<AgentId>, DepartmentId) {
        self.see(move |tx| {
            let found = tables::chats::get(tx, chat)?.expect("it is there");
            let engaged = tables::engagements::open(tx, chat)?.into_iter().map(|engagement| engagement.agent).collect();
            let ringing = tables::offers::ringing(tx, chat)?.into_iter().map(|offer| offer.agent).collect();
            Ok((found.state, engaged, ringing, found.department))
        })
    }
}

#[test]
fn tickets_are_handed_over() {
    let stage = stage();
    let ticket = stage.ticket(&stage.visit(), "cleo@shop.test", "one").id;
    let (sales, ann) = (stage.sales.to_string(), stage.ann.to_string());
    let place = || {
        let conversation = stage.conversation(ticket);
        (conversation.department, conversation.assigned)
    };
    stage.hand(ticket, "", "ann@desk.test", stage.signed(None, "")).unwrap();
    assert_eq!(place(), (DepartmentId::DEFAULT, Some(stage.ann)), "she need not be in the department");
    stage.hand(ticket, &sales, "", stage.signed(Some(stage.owner), "for you")).unwrap();
    assert_eq!(place(), (stage.sales, None));
    stage.hand(ticket, "default", &ann, stage.signed(None, "")).unwrap();
    assert_eq!(place(), (DepartmentId::DEFAULT, Some(stage.ann)));
    let head = stage.head();
    assert_eq!(stage.hand(ticket, "default", &ann, stage.signed(None, "")).unwrap().number, head, "nothing changes");
    assert_eq!(
        stage.exchange(ticket),
        ["5:M one", "T:R Transferred to Ann (Support)", "T:R Transferred to Sales", "I:N for you", "T:R Transferred to Ann (Support)"]
    );
    let authors: Vec<Actor> =
        stage.see(move |tx| Ok(tables::messages::after(tx, ticket, 0, 100)?)).into_iter().map(|stored| stored.message.author).collect();
    assert_eq!(authors[2..], [Actor::System, Actor::Agent(stage.owner), Actor::Agent(stage.owner), Actor::System]);
    for (department, agent, by) in [("zzzzzzzz", "", ""), ("", "zzzzzzzz", ""), ("", "nobody@desk.test", ""), ("", ann.as_str(), "\0")] {
        let signed = Signed { agent: Some(by.to_owned()).filter(|by| !by.is_empty()), note: None };
        assert_eq!(stage.hand(ticket, department, agent, signed).unwrap_err().kind, Kind::NotFound, "{department} {agent}");
    }
}

#[test]
fn chats_are_handed_over_as_agents_do() {
    let stage = stage();
    stage.all_online();
    let (owner, ann) = (stage.owner, stage.ann);
    let chat = stage.chat(&stage.visit(), "question");
    stage.accept(owner, chat.id);
    let refused = stage.hand(chat.conversation, "default", &ann.to_string(), stage.signed(None, ""));
    assert_eq!(refused.unwrap_err().public, "that agent is not in that department");
    stage.hand(chat.conversation, "", "ann@desk.test", stage.signed(None, "please")).unwrap();
    assert_eq!(stage.attendants(chat.id), (ChatState::Offered, vec![], vec![ann], stage.sales), "in the system's name all leave");
    stage.accept(ann, chat.id);
    stage.hand(chat.conversation, "default", "", stage.signed(None, "")).unwrap();
    assert_eq!(stage.attendants(chat.id), (ChatState::Offered, vec![], vec![owner], DepartmentId::DEFAULT));
    stage.accept(owner, chat.id);
    let by_owner = stage.signed(Some(owner), "");
    stage.hand(chat.conversation, &stage.sales.to_string(), &ann.to_string(), by_owner).unwrap();
    assert_eq!(stage.attendants(chat.id), (ChatState::Offered, vec![], vec![ann], stage.sales));
    stage.accept(ann, chat.id);
    let again = stage.hand(chat.conversation, "", &ann.to_string(), stage.signed(None, "still you")).unwrap();
    assert_eq!((again.state, stage.attendants(chat.id).1), (Some(ChatState::Served), vec![ann]), "she has it already");
    let lines = stage.exchange(chat.conversation);
    assert_eq!(lines.iter().filter(|line| line.starts_with("T:R")).count(), 3);
    assert!(lines.contains(&"I:N please".to_owned()) && lines.contains(&"I:N still you".to_owned()), "{lines:?}");
    assert_eq!(stage.conversation(chat.conversation).assigned, Some(ann));
    let transfers: Vec<Actor> = stage
        .events(0)
        .into_iter()
        .filter_map(|event| if let Event::ChatTransferred { by, .. } = event { Some(by) } else { None })
        .collect();
    assert_eq!(transfers, [Actor::System, Actor::System, Actor::Agent(owner)]);
}

#[test]
fn others_stay_when_one_of_the_chat_hands_it_on() {
    let stage = stage();
    stage.all_online();
    let chat = stage.chat(&stage.visit(), "question");
    stage.accept(stage.owner, chat.id);
    let (owner, ann, id) = (stage.owner, stage.ann, chat.id);
    let third = stage.write(move |tx, cx| {
        transfer::invite(tx, cx, owner, id, ann)?;
        let draft = crate::accounts::AgentDraft {
            email: "bob@desk.test".to_owned(),
            first_name: "Bob".to_owned(),
            last_name: String::new(),
            role: deskbell_domain::agent::Role::Agent,
            slots: 3,
            enabled: true,
            password_hash: Some("none".to_owned()),
        };
        let bob = crate::accounts::create_agent(tx, cx, &draft)?.id;
        crate::accounts::choose_status(tx, cx, bob, deskbell_domain::agent::AgentStatus::ONLINE, true)?;
        Ok(bob)
    });
    stage.accept(ann, chat.id);
    stage.hand(chat.conversation, "", "bob@desk.test", stage.signed(Some(owner), "")).unwrap();
    assert_eq!(stage.attendants(chat.id), (ChatState::Served, vec![ann], vec![third], DepartmentId::DEFAULT));
}

#[test]
fn statuses_of_tickets() {
    let stage = stage();
    let ticket = stage.ticket(&stage.visit(), "cleo@shop.test", "one").id;
    stage.set(ticket, Change::Answered, stage.signed(Some(stage.owner), "by phone")).unwrap();
    assert_eq!(stage.status(ticket), Status::Answered);
    stage.set(ticket, Change::Resolve, stage.signed(None, "")).unwrap();
    stage.set(ticket, Change::Resolve, stage.signed(None, "")).unwrap();
    stage.set(ticket, Change::Open, stage.signed(None, "")).unwrap();
    stage.set(ticket, Change::Delete, stage.signed(Some(stage.ann), "no more")).unwrap();
    stage.set(ticket, Change::Delete, stage.signed(None, "")).unwrap();
    assert_eq!(stage.status(ticket), Status::Deleted);
    assert_eq!(
        stage.exchange(ticket),
        ["5:M one", "Z:J Marked as answered", "I:N by phone", "R:J Resolved", "Z:J Marked as open", "X:J Deleted", "I:N no more"]
    );
    let before = stage.head();
    assert_eq!(stage.set(ticket, Change::Open, stage.signed(None, "why")).unwrap_err().kind, Kind::Conflict);
    assert_eq!(stage.set(ticket, Change::Resolve, stage.signed(None, "a\0b")).unwrap_err().kind, Kind::Conflict);
    let unknown = Signed { agent: Some("nobody".to_owned()), note: None };
    assert_eq!(stage.set(ticket, Change::Delete, unknown).unwrap_err().kind, Kind::NotFound);
    assert_eq!(stage.head(), before, "a refused change leaves no note");
}

#[test]
fn a_live_chat_is_ended_to_be_resolved_or_deleted() {
    let stage = stage();
    stage.all_online();
    for (wanted, status, accepted) in
        [(Change::Resolve, Status::Resolved, true), (Change::Delete, Status::Deleted, true), (Change::Delete, Status::Deleted, false)]
    {
        let chat = stage.chat(&stage.visit(), "question");
        if accepted {
            stage.accept(stage.owner, chat.id);
        }
        for other in [Change::Answered, Change::Open] {
            assert_eq!(stage.set(chat.conversation, other, stage.signed(None, "")).unwrap_err().kind, Kind::Conflict);
        }
        stage.set(chat.conversation, wanted, stage.signed(None, "done")).unwrap();
        assert_eq!((stage.status(chat.conversation), stage.attendants(chat.id).0), (status, ChatState::Ended));
        assert_eq!(stage.attendants(chat.id).2, [], "nobody is rung any more");
    }
}

#[test]
fn files_stand_in_one_turn() {
    let stage = stage();
    let ticket = stage.ticket(&stage.visit(), "cleo@shop.test", "one").id;
    let files: Vec<String> = ["a.txt", "b.txt", "c.txt"]
        .map(|name| {
            let (desk, who) = (stage.desk.clone(), stage.key.clone());
            let new = crate::files::NewFile { name: name.to_owned(), declared_type: "text/plain".to_owned(), bytes: "abc".into() };
            tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap()
                .block_on(async move { crate::files::keep(&desk, who, new).await.unwrap().attachment.file })
        })
        .into();
    let letter = |agent: Option<&str>, text: &str, files: &[String]| Letter {
        conversation: ticket,
        agent: agent.map(str::to_owned),
        writing: Writing::Message,
        text: text.to_owned(),
        files: files.to_vec(),
        mail_id: None,
    };
    let send_it = |letter: Letter| stage.try_write(move |tx, cx| send(tx, cx, None, &letter));
    send_it(letter(Some("owner@desk.test"), "see", &files[..2])).unwrap();
    send_it(letter(None, "", &files[2..])).unwrap();
    assert_eq!(stage.exchange(ticket), ["5:M one", "4:F see", "4:F ", "I:L "]);
    let groups = stage.see(move |tx| Ok(tables::messages::groups(tx, ticket)?));
    assert_eq!(groups.len(), 4, "one for where it came from, and one for each turn");
    assert_eq!(stage.conversation(ticket).groups_out, 1);
    assert_eq!(send_it(letter(None, "again", &files[2..])).unwrap_err().kind, Kind::Conflict, "sent already");
    let many = vec!["x".to_owned(); FILES_MAX + 1];
    assert_eq!(send_it(letter(None, "many", &many)).unwrap_err().kind, Kind::TooLarge);
    assert_eq!(send_it(letter(None, "", &[])).unwrap_err().kind, Kind::Missing);
}
