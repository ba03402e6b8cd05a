use deskbell_domain::ids::CustomerId;
use deskbell_domain::visit::Visit;

use super::*;
use crate::commands::AgentCommand;
use crate::conversations::by_key::{Letter, send};
use crate::conversations::stage::{Stage, stage};
use crate::conversations::{Change, Writing, by_mail_id, change_status, mark_read, set_tags};
use crate::error::Kind;
use crate::views;
use deskbell_domain::conversation::Status;

impl Stage {
    fn merge(&self, from: ConversationId, into: ConversationId) -> Result<Done, AppError> {
        self.clock.advance_seconds(1);
        let by = Actor::Agent(self.owner);
        self.try_write(move |tx, cx| merge(tx, cx, by, from, into))
    }

    fn tag(&self, conversation: ConversationId, tags: &[&str]) {
        let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        self.write(move |tx, cx| set_tags(tx, cx, Actor::System, conversation, &tags));
    }

    fn field(&self, conversation: ConversationId, code: &str, value: &str) {
        let field = FieldValue { code: code.to_owned(), value: value.to_owned() };
        self.write(move |tx, cx| fields::add(tx, cx, Actor::System, FieldOwner::Conversation(conversation), &[field]));
    }

    fn change(&self, conversation: ConversationId, change: Change) {
        let by = Actor::Agent(self.owner);
        self.write(move |tx, cx| change_status(tx, cx, by, conversation, change));
    }

    /// Texts that a browser is shown.
    fn shown(&self, visit: &Visit) -> Vec<String> {
        let visitor = visit.visitor;
        self.see(move |tx| views::visitor(tx, visitor)).messages.into_iter().map(|stored| stored.message.text).collect()
    }

    fn letter(&self, conversation: ConversationId, key: &'static str, text: &str) {
        let letter = Letter {
            conversation,
            agent: Some("owner@desk.test".to_owned()),
            writing: Writing::Message,
            text: text.to_owned(),
            files: Vec::new(),
            mail_id: Some(format!("<{key}-{text}@mail.test>")),
        };
        self.write(move |tx, cx| send(tx, cx, Some(key), &letter));
    }
}

/// Two tickets from one browser, the first answered and resolved, the second tagged and new.
fn two(stage: &Stage) -> (Visit, Conversation, Conversation) {
    let visit = stage.visit();
    let into = stage.ticket(&visit, "cleo@shop.test", "first");
    stage.answer(stage.owner, into.id, "answer");
    stage.change(into.id, Change::Resolve);
    stage.tag(into.id, &["old", "both"]);
    stage.field(into.id, "order", "1");
    let from = stage.ticket(&visit, "cleo@shop.test", "second");
    stage.tag(from.id, &["both", "new"]);
    stage.field(from.id, "order", "1");
    stage.field(from.id, "order", "2");
    (visit, into, from)
}

#[test]
fn everything_goes_along() {
    let stage = stage();
    let (visit, into, from) = two(&stage);
    let before = stage.head();
    let done = stage.merge(from.id, into.id).unwrap();
    assert_eq!((done.conversation, done.number), (Some(into.id), stage.head()));
    let merged = stage.conversation(into.id);
    assert_eq!(
        (merged.status, merged.groups_in, merged.groups_out, merged.preview.as_str(), merged.subject.as_str()),
        (Status::Open, 2, 1, "second", "first"),
        "a question that waits opens it"
    );
    assert_eq!((merged.code, merged.created, merged.assigned), (into.code.clone(), into.created, Some(stage.owner)));
    assert_eq!(merged.tags, ["old", "both", "new"]);
    let owner = FieldOwner::Conversation(into.id);
    let values: Vec<String> = stage.see(move |tx| fields::custom(tx, owner)).into_iter().map(|field| field.value).collect();
    assert_eq!(values, ["1", "2"]);
    assert_eq!(
        stage.exchange(into.id),
        [
            "5:M first",
            "4:M answer",
            "R:J Resolved",
            "G:G old, both",
            "5:M second",
            "G:G both, new",
            &format!("2:2 Merged with {}", from.code),
        ]
    );
    let trace = stage.conversation(from.id);
    assert_eq!((trace.status, trace.tags.len()), (Status::New, 0));
    assert_eq!(stage.exchange(from.id), [format!("2:2 Merged into {}", into.code)]);
    assert_eq!(stage.shown(&visit), ["first", "answer", "second"], "all of it was written in or to this browser");
    let events = stage.events(before);
    let last = Event::ConversationMerged { conversation: from.id, into: into.id, by: Actor::Agent(stage.owner) };
    assert_eq!(events.last(), Some(&last));
    assert!(events.iter().any(|event| matches!(event, Event::TagsChanged { after, .. } if after.len() == 3)));
    assert!(events.iter().any(|event| matches!(event, Event::FieldsChanged { conversation, .. } if *conversation == into.id)));
    stage.is_sound();
}

#[test]
fn every_spelling_leads_on() {
    let stage = stage();
    let visit = stage.visit();
    let all: Vec<Conversation> = (0..4).map(|n| stage.ticket(&visit, "cleo@shop.test", &format!("ticket {n}"))).collect();
    stage.merge(all[0].id, all[1].id).unwrap();
    stage.merge(all[1].id, all[2].id).unwrap();
    stage.merge(all[3].id, all[0].id).unwrap();
    let last = all[2].id;
    for one in &all {
        for spelling in [one.id.to_string(), one.code.clone(), one.code.to_lowercase(), one.public_code.clone()] {
            let found = stage.see(move |tx| views::listing::conversation_id(tx, &spelling));
            assert_eq!(found, Some(last), "of {}", one.subject);
        }
        assert_eq!(
            stage.see({
                let id = one.id;
                move |tx| Ok(get(tx, id)?.id)
            }),
            last
        );
        if one.id != last {
            assert_eq!(stage.merge(one.id, last).unwrap_err().kind, Kind::Conflict, "no cycles");
            assert_eq!(stage.merge(last, one.id).unwrap_err().kind, Kind::Conflict, "no cycles");
        }
    }
    stage.answer(stage.owner, all[0].id, "to all");
    stage.change(all[1].id, Change::Resolve);
    let merged = stage.conversation(last);
    assert_eq!((merged.status, merged.groups_in, merged.groups_out), (Status::Resolved, 4, 1));
    let listed = stage.see(|tx| {
        Ok(tables::conversations::list(
            tx,
            &tables::conversations::Filter::default(),
            tables::conversations::Order::ChangedDescending,
            10,
            0,
        )?)
    });
    assert_eq!(listed.into_iter().map(|one| one.conversation.id).collect::<Vec<_>>(), [last], "merged ones are in no list");
    stage.is_sound();
}

#[test]
fn a_browser_is_not_shown_what_others_wrote() {
    let stage = stage();
    let (own, other) = (stage.visit(), stage.visit());
    let into = stage.ticket(&own, "cleo@shop.test", "own");
    let from = stage.ticket(&other, "cleo@shop.test", "from elsewhere");
    stage.merge(from.id, into.id).unwrap();
    stage.answer(stage.owner, from.id, "answer");
    assert_eq!(stage.shown(&own), ["own", "answer"]);
    assert_eq!(stage.shown(&other), [""; 0], "nor the other one what was there before");
    assert_eq!(stage.exchange(into.id).len(), 4, "agents see all");
    let later = stage.ticket(&own, "cleo@shop.test", "later");
    stage.merge(later.id, into.id).unwrap();
    assert_eq!(stage.shown(&own), ["own", "answer", "later"]);
    stage.is_sound();
}

#[test]
fn chats_go_along_and_their_documents_follow() {
    let stage = stage();
    stage.all_online();
    let (visit, stranger) = (stage.visit(), stage.visit());
    let chat = stage.chat(&visit, "question");
    stage.accept(stage.owner, chat.id);
    let into = stage.ticket(&stranger, "cleo@shop.test", "mail");
    for (from, into) in [(chat.conversation, into.id), (into.id, chat.conversation)] {
        let error = stage.merge(from, into).unwrap_err();
        assert_eq!(error.kind, Kind::Conflict, "{error}");
    }
    stage.end(stage.owner, chat.id);
    stage.tag(into.id, &["vip"]);
    assert_eq!(stage.document(chat.id), format!("{} [] 1", chat.conversation));
    stage.merge(chat.conversation, into.id).unwrap();
    assert_eq!(stage.document(chat.id), format!("{} [vip] 1", into.id), "it carries the tags of where it went");
    stage.tag(chat.conversation, &["vip", "later"]);
    assert_eq!(stage.document(chat.id), format!("{} [vip later] 1", into.id));
    let id = chat.id;
    stage.see(move |tx| {
        let placed = tables::engagements::of_chat(tx, id)?;
        assert!(placed.iter().all(|placed| placed.engagement.conversation == into.id) && placed.len() == 1);
        Ok(())
    });
    let rated = stage.try_write(move |tx, cx| crate::chats::rate(tx, cx, &stranger, Some(deskbell_domain::chat::Rating::Bad), None));
    assert_eq!(rated.unwrap_err().kind, Kind::Conflict, "a chat of another browser is not rated");
    stage.is_sound();
}

#[test]
fn keys_and_mails_lead_on() {
    let stage = stage();
    let visit = stage.visit();
    let (into, from) = (stage.ticket(&visit, "cleo@shop.test", "one"), stage.ticket(&visit, "cleo@shop.test", "two"));
    stage.letter(into.id, "same key", "a");
    stage.letter(from.id, "same key", "b");
    stage.letter(from.id, "other key", "c");
    stage.merge(from.id, into.id).unwrap();
    let said = stage.exchange(into.id);
    stage.letter(from.id, "other key", "c");
    stage.letter(into.id, "same key", "a");
    assert_eq!(stage.exchange(into.id), said, "what was sent before is not sent again");
    for mail in ["<same key-b@mail.test>", " other key-c@mail.test "] {
        assert_eq!(stage.see(move |tx| by_mail_id(tx, mail)), Some(into.id), "{mail}");
    }
    stage.is_sound();
}

#[test]
fn read_marks_are_where_both_were_read() {
    let stage = stage();
    let visit = stage.visit();
    let (into, from) = (stage.ticket(&visit, "cleo@shop.test", "one"), stage.ticket(&visit, "cleo@shop.test", "two"));
    let last = |conversation: ConversationId| {
        stage.see(move |tx| Ok(tables::messages::newest(tx, conversation, 1)?.pop().expect("a message").message.id))
    };
    let by = Actor::Agent(stage.owner);
    let (first, second) = (last(into.id), last(from.id));
    stage.write(move |tx, cx| mark_read(tx, cx, by, from.id, second));
    let mark = |conversation| stage.see(move |tx| Ok(tables::conversations::read_mark(tx, conversation, "agent")?));
    stage.merge(from.id, into.id).unwrap();
    assert!(mark(into.id).is_none_or(|mark| mark != first && mark != second), "the first message was not read");
    stage.write(move |tx, cx| mark_read(tx, cx, by, from.id, second));
    assert_eq!((mark(into.id), mark(from.id)), (Some(second), None), "the old id is taken");
    let third = stage.ticket(&visit, "cleo@shop.test", "three");
    stage.merge(third.id, into.id).unwrap();
    assert_ne!(mark(into.id), Some(last(into.id)));
    assert!(mark(into.id).is_some(), "what was read stays read");
}

#[test]
fn what_cannot_be_merged() {
    let stage = stage();
    let visit = stage.visit();
    let (one, two) = (stage.ticket(&visit, "cleo@shop.test", "one"), stage.ticket(&visit, "cleo@shop.test", "two"));
    let (a, b) = (one.id, two.id);
    assert_eq!(stage.merge(a, a).unwrap_err().public, "a conversation cannot be merged into itself");
    assert_eq!(stage.merge(a, ConversationId::from_i64(1)).unwrap_err().kind, Kind::NotFound);
    let many = |range: std::ops::Range<usize>| range.map(|n| format!("tag{n}")).collect::<Vec<_>>();
    for (conversation, tags) in [(a, many(0..30)), (b, many(20..51))] {
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        stage.tag(conversation, &tags);
    }
    let before = stage.head();
    assert_eq!(stage.merge(a, b).unwrap_err().kind, Kind::TooLarge);
    assert_eq!((stage.head(), stage.conversation(a).tags.len()), (before, 30), "nothing of it was done");
    stage.tag(a, &[]);
    for channel in [Channel::Forum, Channel::Suggestion] {
        let row = one.clone();
        let topic = stage.write(move |tx, _| {
            let id = ConversationId::from_i64(tx.next_id()?);
            let row = Conversation { id, code: id.to_string(), public_code: id.to_string(), channel, ..row };
            tables::conversations::insert(tx, &row)?;
            Ok(id)
        });
        for (from, into) in [(topic, a), (a, topic)] {
            assert_eq!(stage.merge(from, into).unwrap_err().kind, Kind::Conflict, "what is public stays apart");
        }
    }
    stage.change(b, Change::Delete);
    assert_eq!(stage.merge(a, b).unwrap_err().kind, Kind::Conflict);
    stage.merge(b, a).unwrap();
    assert_eq!(stage.status(a), Status::New, "one that is deleted asks for nothing");
}

#[test]
fn an_agent_merges_by_command_once_per_key() {
    let stage = stage();
    let visit = stage.visit();
    let (one, two) = (stage.ticket(&visit, "cleo@shop.test", "one"), stage.ticket(&visit, "dora@shop.test", "two"));
    let (owner, command) = (stage.owner, AgentCommand::Merge { conversation: two.id, into: one.id });
    let run = |command: AgentCommand| stage.write(move |tx, cx| crate::commands::agent(tx, cx, owner, Some("k"), &command));
    let first = run(command.clone());
    assert_eq!(run(command), first);
    let customer: CustomerId = stage.conversation(one.id).customer;
    assert_eq!(customer, one.customer, "it keeps its customer");
}
