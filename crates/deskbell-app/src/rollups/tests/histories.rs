//! What may happen to tickets, at random.

use deskbell_domain::chat::Rating;
use deskbell_domain::conversation::Status;
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::message::Actor;
use deskbell_domain::visit::Visit;
use deskbell_store::Tx;
use deskbell_store::tables::conversations::{Filter, Order, list};
use proptest::prelude::{Strategy, any, prop_oneof};

use crate::chats;
use crate::context::Context;
use crate::conversations::by_customer::{Reply, reply_by_customer};
use crate::conversations::by_key::opening::{Opening, open};
use crate::conversations::{self, Authority, Change, Writing, Written, merge};
use crate::customers::Introduction;
use crate::error::AppError;
use crate::tags;

/// A deed; numbers choose among what there is at that moment.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    Leave { visitor: usize, department: usize },
    Open { agent: usize, department: usize, by_agent: bool, status: usize },
    Write { agent: usize, conversation: usize, note: bool },
    Note { conversation: usize },
    Reply { conversation: usize },
    Change { by: usize, conversation: usize, change: usize },
    HandOver { by: usize, conversation: usize, department: usize, agent: usize },
    Tag { by: usize, conversation: usize, tags: u8 },
    RenameTag { tag: usize, name: usize },
    RemoveTag { tag: usize },
    Sweep,
    Merge { from: usize, into: usize },
    Unrate { visitor: usize },
    Comment { visitor: usize, good: bool },
    Initialise { conversation: usize },
}

pub(super) fn deed() -> impl Strategy<Value = Deed> {
    let n = || 0usize..16;
    prop_oneof![
        5 => (n(), n()).prop_map(|(visitor, department)| Deed::Leave { visitor, department }),
        3 => (n(), n(), any::<bool>(), n()).prop_map(|(agent, department, by_agent, status)| Deed::Open { agent, department, by_agent, status }),
        8 => (n(), n(), any::<bool>()).prop_map(|(agent, conversation, note)| Deed::Write { agent, conversation, note }),
        1 => n().prop_map(|conversation| Deed::Note { conversation }),
        6 => n().prop_map(|conversation| Deed::Reply { conversation }),
        6 => (n(), n(), n()).prop_map(|(by, conversation, change)| Deed::Change { by, conversation, change }),
        3 => (n(), n(), n(), n()).prop_map(|(by, conversation, department, agent)| Deed::HandOver { by, conversation, department, agent }),
        5 => (n(), n(), 0u8..8).prop_map(|(by, conversation, tags)| Deed::Tag { by, conversation, tags }),
        1 => (n(), n()).prop_map(|(tag, name)| Deed::RenameTag { tag, name }),
        1 => n().prop_map(|tag| Deed::RemoveTag { tag }),
        1 => proptest::strategy::Just(Deed::Sweep),
        2 => (n(), n()).prop_map(|(from, into)| Deed::Merge { from, into }),
        1 => n().prop_map(|visitor| Deed::Unrate { visitor }),
        1 => (n(), any::<bool>()).prop_map(|(visitor, good)| Deed::Comment { visitor, good }),
        1 => n().prop_map(|conversation| Deed::Initialise { conversation }),
    ]
}

const NAMES: [&str; 4] = ["billing", "urgent", "vip", "spare"];

pub(super) fn do_it(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    cast: &(Vec<AgentId>, Vec<DepartmentId>, Vec<Visit>),
    deed: &Deed,
) -> Result<(), AppError> {
    let (agents, departments, visits) = cast;
    let agent = |n: usize| agents[n % agents.len()];
    let department = |n: usize| departments[n % departments.len()];
    let visit = |n: usize| &visits[n % visits.len()];
    // One in three things is done by nobody in particular.
    let by = |n: usize| if n.is_multiple_of(3) { Actor::System } else { Actor::Agent(agent(n)) };
    let known = list(tx, &Filter::default(), Order::CreatedAscending, 1_000, 0)?;
    let conversation = |n: usize| known.get(n % known.len().max(1)).map(|listed| listed.conversation.id);
    let writing = |writing| Written { writing, text: "a word", files: &[], key: None, authority: Authority::Desk };
    match deed {
        Deed::Leave { visitor, department: place } => {
            let introduction = Introduction::new(None, Some("c@example.com"))?;
            conversations::leave_message(tx, cx, visit(*visitor), Some(department(*place)), &introduction, "hello", None).map(drop)
        }
        Deed::Open { agent: who, department: place, by_agent, status } => {
            let creator = if *by_agent { agent(*who).to_string() } else { format!("c{who}@example.com") };
            let opening = Opening {
                creator,
                department: department(*place).to_string(),
                recipient: "c@example.com".to_owned(),
                status: Some(Status::ALL[status % Status::ALL.len()]),
                text: "a word".to_owned(),
                ..Opening::default()
            };
            open(tx, cx, None, &opening).map(drop)
        }
        Deed::Write { agent: who, conversation: n, note } => {
            let Some(id) = conversation(*n) else { return Ok(()) };
            let kind = if *note { Writing::Note } else { Writing::Message };
            conversations::write(tx, cx, Actor::Agent(agent(*who)), id, writing(kind)).map(drop)
        }
        Deed::Note { conversation: n } => {
            let Some(id) = conversation(*n) else { return Ok(()) };
            conversations::write(tx, cx, Actor::System, id, writing(Writing::Note)).map(drop)
        }
        Deed::Reply { conversation: n } => {
            let Some(id) = conversation(*n) else { return Ok(()) };
            reply_by_customer(tx, cx, id, Reply { text: "and?", key: None, address: "", signed_in: None }).map(drop)
        }
        Deed::Change { by: who, conversation: n, change } => {
            let Some(id) = conversation(*n) else { return Ok(()) };
            let changes = [Change::Answered, Change::Open, Change::Resolve, Change::Resolve, Change::Delete, Change::Spam];
            conversations::change_status(tx, cx, by(*who), id, changes[change % changes.len()]).map(drop)
        }
        Deed::HandOver { by: who, conversation: n, department: place, agent: to } => {
            let Some(id) = conversation(*n) else { return Ok(()) };
            let to = (!to.is_multiple_of(4)).then(|| agent(*to));
            conversations::hand_over(tx, cx, by(*who), id, Some(department(*place)), to).map(drop)
        }
        Deed::Tag { by: who, conversation: n, tags } => {
            let Some(id) = conversation(*n) else { return Ok(()) };
            let names: Vec<String> =
                NAMES.iter().enumerate().filter(|(place, _)| tags & (1 << place) != 0).map(|(_, name)| (*name).to_owned()).collect();
            conversations::set_tags(tx, cx, by(who % 3 + 1), id, &names).map(drop)
        }
        Deed::RenameTag { tag, name } => {
            let all = tags::all(tx)?;
            let Some(tag) = all.get(tag % all.len().max(1)) else { return Ok(()) };
            let draft = tags::Draft { name: Some(NAMES[name % NAMES.len()].to_owned()), ..tags::Draft::default() };
            tags::change(tx, cx, &tag.id.to_string(), &draft).map(drop)
        }
        Deed::RemoveTag { tag } => {
            let all = tags::all(tx)?;
            let Some(tag) = all.get(tag % all.len().max(1)) else { return Ok(()) };
            tags::remove(tx, cx, &tag.id.to_string())
        }
        Deed::Sweep => tags::sweep(tx, cx).map(drop),
        Deed::Merge { from, into } => {
            let Some((from, into)) = conversation(*from).zip(conversation(*into)) else { return Ok(()) };
            merge::merge(tx, cx, Actor::Agent(agent(0)), from, into).map(drop)
        }
        Deed::Unrate { visitor } => chats::rate(tx, cx, visit(*visitor), None, None).map(drop),
        Deed::Comment { visitor, good } => {
            let rating = if *good { Rating::Good } else { Rating::Bad };
            chats::rate(tx, cx, visit(*visitor), Some(rating), Some("a word")).map(drop)
        }
        Deed::Initialise { conversation: n } => {
            // What importers do: a conversation is there before its first message is.
            let Some(id) = conversation(*n) else { return Ok(()) };
            let like = conversations::get(tx, id)?;
            let customer = crate::customers::get(tx, like.customer)?;
            let start = conversations::Start {
                customer: &customer,
                shown_name: "",
                visit: None,
                widget: None,
                department: like.department,
                channel: deskbell_domain::conversation::Channel::Facebook,
                status: Status::Init,
                subject: "",
            };
            conversations::start(tx, cx, start).map(drop)
        }
    }
}
