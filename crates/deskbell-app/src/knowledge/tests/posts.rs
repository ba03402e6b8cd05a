//! Topics and suggestions, and the conversations behind them.

use deskbell_domain::conversation::{Channel, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::ids::{AgentId, ConversationId};
use deskbell_domain::message::{GroupKind, MessageKind};

use super::*;
use crate::conversations::{self, merge};
use crate::messages::{self, Into, NewMessage};

/// Replies that are looked at.
const REPLIES: i64 = 100;

fn said(stage: &Stage, entry: &Entry) -> Vec<String> {
    let entry = entry.clone();
    let all = stage.see(move |tx| replies(tx, &entry, 0, REPLIES));
    all.into_iter().map(|reply| format!("{}: {}", reply.author_name, reply.text)).collect()
}

#[test]
fn a_topic_is_a_conversation_that_everybody_reads() {
    let stage = stage();
    let draft = CategoryDraft { department: Some(stage.sales), ..CategoryDraft::new(EntryKind::Forum, "Forum") };
    let forum = stage.write(move |tx, cx| add_category(tx, cx, &draft));
    let (ann, bob) = (customer(&stage, "ann@shop.test", "Ann"), customer(&stage, "bob@shop.test", ""));
    let topic = post(&stage, forum.id, Actor::Customer(ann), "It is <b>broken</b>.\nAgain.").unwrap();
    assert_eq!((topic.kind, topic.status, topic.tree_path.as_str()), (EntryKind::Topic, EntryStatus::Published, "0|1"));
    assert_eq!((topic.title.as_str(), topic.content.as_str()), ("Why?", "<p>It is &lt;b&gt;broken&lt;/b&gt;.<br>Again.</p>"));
    let behind = stage.conversation(topic.conversation.unwrap());
    assert_eq!((behind.channel, behind.status, behind.department), (Channel::Forum, Status::New, stage.sales));
    assert_eq!((behind.customer, behind.subject.as_str()), (ann, "Why?"));
    assert_eq!(stage.exchange(behind.id), ["A:M It is <b>broken</b>.\nAgain."]);
    assert_eq!(stage.see(move |tx| Ok(tables::knowledge::by_conversation(tx, behind.id)?)), Some(topic.clone()));

    let answer = |author: Actor, text: &str| {
        let (id, text) = (topic.id, text.to_owned());
        stage.try_write(move |tx, cx| reply(tx, cx, id, author, Reader::Public, &text)).map(drop)
    };
    stage.answer(stage.ann, behind.id, "Try another.");
    assert_eq!(stage.status(behind.id), Status::Answered);
    answer(Actor::Customer(bob), "Works for me.").unwrap();
    assert_eq!(stage.status(behind.id), Status::Open);
    answer(Actor::Agent(stage.owner), "Closed, then.").unwrap();
    assert_eq!(stage.status(behind.id), Status::Answered);
    let stranger = format!("Visitor {}", &bob.to_string()[4..]);
    assert_eq!(said(&stage, &topic), ["Ann: Try another.", &format!("{stranger}: Works for me."), "Desk Owner: Closed, then."]);
    assert_eq!(answer(Actor::Customer(bob), " ").unwrap_err().kind, Kind::Missing);
    assert_eq!(answer(Actor::System, "x").unwrap_err().kind, Kind::Invalid);

    stage.write(move |tx, cx| remove(tx, cx, topic.id));
    assert_eq!(answer(Actor::Customer(bob), "x").unwrap_err().kind, Kind::NotFound, "hidden from the public");
}

#[test]
fn only_what_is_said_for_everybody_is_a_reply() {
    let stage = stage();
    let forum = category(&stage, EntryKind::Forum, "Forum", None);
    let ann = customer(&stage, "ann@shop.test", "Ann");
    let topic = post(&stage, forum.id, Actor::Customer(ann), "Hello").unwrap();
    let behind = topic.conversation.unwrap();
    stage.answer(stage.ann, behind, "Hello, too");
    let agent = Actor::Agent(stage.ann);
    stage.write(move |tx, cx| {
        let mut conversation = conversations::get(tx, behind)?;
        for (kind, group) in [
            (MessageKind::Message, GroupKind::IncomingEmail),
            (MessageKind::Message, GroupKind::Offline),
            (MessageKind::Message, GroupKind::Forwarded),
            (MessageKind::Note, GroupKind::Internal),
            (MessageKind::Note, GroupKind::Knowledgebase),
        ] {
            let message = NewMessage::text(kind, Actor::Customer(ann), "Ann", "My password is secret");
            messages::add(tx, cx, &mut conversation, None, Into::NewGroup(group), message)?;
        }
        Ok(())
    });
    assert_eq!(said(&stage, &topic), ["Ann: Hello, too"]);

    let letter = stage.ticket(&stage.visit(), "ann@shop.test", "Another secret").id;
    for (from, into) in [(letter, behind), (behind, letter)] {
        let refused = stage.try_write(move |tx, cx| merge::merge(tx, cx, agent, from, into));
        assert_eq!(refused.unwrap_err().kind, Kind::Conflict, "a letter would become everybody's");
    }
}

#[test]
fn suggestions_step_and_disappear() {
    let stage = stage();
    let ideas = category(&stage, EntryKind::SuggestionCategory, "Ideas", None);
    let ann = customer(&stage, "ann@shop.test", "Ann");
    let idea = post(&stage, ideas.id, Actor::Customer(ann), "Make it blue").unwrap();
    assert_eq!((idea.kind, idea.status), (EntryKind::Suggestion, EntryStatus::New));
    let behind = stage.conversation(idea.conversation.unwrap());
    assert_eq!((behind.channel, behind.department), (Channel::Suggestion, DepartmentId::DEFAULT));
    let id = idea.id;
    for status in EntryStatus::ALL.iter().copied() {
        let changes = Changes { status: Some(status), ..Changes::default() };
        let far = stage.write(move |tx, cx| change(tx, cx, id, &changes));
        assert_eq!((far.status, is_public(&far)), (status, status.is_shown()));
    }
    let own = post(&stage, ideas.id, Actor::Agent(stage.ann), "Or green").unwrap();
    assert_eq!(stage.status(own.conversation.unwrap()), Status::Answered, "nobody waits for an answer");

    let since = stage.head();
    stage.write(move |tx, cx| remove(tx, cx, id));
    stage.write(move |tx, cx| remove(tx, cx, id));
    let event = |entry, removed| Event::KnowledgeEntryChanged { base: KnowledgeBaseId::DEFAULT, entry, removed };
    assert_eq!(stage.events(since), [event(id, false)], "marked once");
    let marked = shown(&stage, id);
    assert!(marked.deleted && !is_public(&marked));
    let seen = |reader| stage.see(move |tx| children(tx, KnowledgeBaseId::DEFAULT, Some(ideas.id), reader)).len();
    assert_eq!((seen(Reader::Desk), seen(Reader::Public)), (2, 1));

    let since = stage.head();
    stage.write(move |tx, cx| remove(tx, cx, ideas.id));
    assert_eq!(stage.events(since), [event(ideas.id, true), event(id, true), event(own.id, true)]);
    assert!(rows(&stage).is_empty());
    assert_eq!(stage.status(behind.id), Status::New, "the ticket stays");
}

#[test]
fn where_and_by_whom_nothing_is_posted() {
    let stage = stage();
    let draft = CategoryDraft { access: Access::Internal, ..CategoryDraft::new(EntryKind::Forum, "Inside") };
    let inside = stage.write(move |tx, cx| add_category(tx, cx, &draft));
    let (forum, folder) = (category(&stage, EntryKind::Forum, "Forum", None), category(&stage, EntryKind::Category, "Folder", None));
    let (ann, gone) = (customer(&stage, "ann@shop.test", "Ann"), customer(&stage, "gone@shop.test", ""));
    stage.write(move |tx, cx| {
        let row = customers::get(tx, gone)?;
        Ok(tables::customers::update(tx, &Customer { removed: Some(cx.now), ..row })?)
    });
    let by = Actor::Customer(ann);
    let nobody = KnowledgeEntryId::from_i64(9_999);
    for (parent, author, text, kind) in [
        (inside.id, by, "x", Kind::NotFound),
        (nobody, by, "x", Kind::NotFound),
        (folder.id, by, "x", Kind::Invalid),
        (forum.id, by, " \n", Kind::Missing),
        (forum.id, by, "a\0", Kind::Invalid),
        (forum.id, Actor::System, "x", Kind::Invalid),
        (forum.id, Actor::Customer(gone), "x", Kind::NotFound),
        (forum.id, Actor::Agent(AgentId::from_i64(1)), "x", Kind::NotFound),
    ] {
        assert_eq!(post(&stage, parent, author, text).unwrap_err().kind, kind, "{parent} {author:?} {text:?}");
    }
    let long = "x".repeat(32 * 1024 + 1);
    assert_eq!(post(&stage, forum.id, by, &long).unwrap_err().kind, Kind::TooLarge);
    let conversations: Vec<ConversationId> = stage
        .events(0)
        .iter()
        .filter_map(|event| match event {
            Event::ConversationStarted { conversation, .. } => Some(*conversation),
            _ => None,
        })
        .collect();
    assert_eq!(conversations, [], "what was refused left no conversation");
    let posted = stage
        .write(move |tx, cx| post_topic(tx, cx, Post { parent: inside.id, author: by, reader: Reader::Desk, subject: "S", text: "x" }));
    assert_eq!(posted.access_inherited, Access::Internal);
}
