//! Live chats: asking for one, joining, writing, leaving, ending, rating. Transfer and invitation are in [`transfer`].

mod marking;
#[cfg(test)]
pub(crate) mod schedules;
pub mod transfer;

use deskbell_domain::chat::{Chat, ChatState, EndReason, Engagement, EngagementStart, NewChat, OfferOutcome, Rating, Responses, StartedBy};
use deskbell_domain::conversation::{Channel, Conversation, Reopening, Status, Step, Turn};
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, CustomerId, DepartmentId, EngagementId, GroupId};
use deskbell_domain::message::{Actor, GroupKind, MessageKind};
use deskbell_domain::trigger::TriggerEvent;
use deskbell_domain::visit::Visit;
use deskbell_store::{Tx, tables};

pub use marking::mark;

use crate::commands::Done;
use crate::context::{Context, Routing as Hold};
use crate::conversations::{self, Beginning};
use crate::customers::{self, Introduction};
use crate::error::AppError;
use crate::messages::{self, Into, NewMessage};
use crate::{events, routing, skills, triggers};

/// Characters of a rating's comment.
const COMMENT_CHARS_MAX: usize = 2_000;

/// What a visitor says when he asks for a chat.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub department: Option<DepartmentId>,
    pub introduction: Introduction,
    pub text: Option<String>,
    pub key: Option<String>,
}

/// A visitor asks for a chat. While one of his is live, that one is returned.
pub fn request(tx: &mut Tx<'_>, cx: &mut Context, visit: &Visit, request: &Request) -> Result<Done, AppError> {
    if let Some(chat) = tables::chats::live_of_visitor(tx, visit.visitor)? {
        return Ok(Done::chat(&chat, tx.head()?));
    }
    let opening = triggers::opening(tx, cx, visit.visitor)?;
    let department = customers::claims::department(tx, request.department.or(opening.department), &request.introduction)?;
    let settings = tables::departments::get(tx, department)?
        .filter(|settings| settings.enabled)
        .ok_or_else(|| AppError::not_found("no such department"))?;
    if tables::agents::candidates(tx, department)?.is_empty() {
        return Err(AppError::offline("nobody is there to chat; please leave a message"));
    }
    if tables::chats::count_waiting(tx, department)? >= i64::from(settings.queue_chats_max) {
        return Err(AppError::offline("too many are waiting; please leave a message"));
    }
    let text = request.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
    if let Some(text) = text {
        messages::check_text(text)?;
    }
    let introduced = customers::introduce(tx, cx, visit, &request.introduction)?;
    let (customer, name) = (&introduced.customer, introduced.shown_name.clone());
    let begun = conversations::Start {
        customer,
        shown_name: &name,
        visit: Some(visit),
        widget: request.introduction.widget,
        department,
        channel: Channel::Button,
        status: Status::Chatting,
        subject: "",
    };
    let (fields, customer_fields) = customers::claims::at_beginning(&introduced, &request.introduction.claims);
    let beginning = Beginning {
        text: text.unwrap_or_default(),
        tags: &opening.tags,
        fields: &fields,
        customer_fields: &customer_fields,
        ..Beginning::default()
    };
    let mut conversation = conversations::start_with(tx, cx, begun, beginning)?;
    customers::claims::keep(tx, cx, &introduced, &request.introduction.claims, conversation.id)?;
    if !opening.tags.is_empty() {
        // Before the chat, which counts for them.
        triggers::give_tags(tx, cx, conversation.id, &opening.tags)?;
        conversation = conversation_of(tx, conversation.id)?;
    }
    let started_by = if opening.greetings.is_empty() { StartedBy::Visitor } else { StartedBy::Trigger };
    let mut chat = open(tx, cx, &conversation, started_by, customer.id, Some(visit), &name)?;
    for greeting in &opening.greetings {
        let message = NewMessage::text(MessageKind::Message, Actor::System, &greeting.speaker, &greeting.text);
        messages::add(tx, cx, &mut conversation, Some(&mut chat), Into::Chat, message)?;
    }
    // A page that names too many is no reason to turn the visitor away: the last ones count.
    let words = &request.introduction.skills;
    let asked = skills::named(tx, &words[words.len().saturating_sub(skills::REQUESTED_WORDS_MAX)..])?;
    skills::record(tx, cx, &chat, &asked, Actor::Customer(customer.id))?;
    if let Some(text) = text {
        let author = Actor::Customer(customer.id);
        let mut message = NewMessage::text(MessageKind::Message, author, &name, text);
        message.key = request.key.as_deref();
        messages::add(tx, cx, &mut conversation, Some(&mut chat), Into::Chat, message)?;
    }
    // Whom it rings at is decided when all triggers have said what it is.
    cx.routing = Hold::Held;
    let triggered = judged_by_triggers(tx, cx, visit, text);
    cx.routing = Hold::AtOnce;
    triggered?;
    // A trigger may have handed the chat to another department, or ended it.
    let department = reload(tx, chat.id)?.department;
    routing::route(tx, cx, department)?;
    let chat = reload(tx, chat.id)?;
    Ok(Done::chat(&chat, tx.head()?))
}

fn judged_by_triggers(tx: &mut Tx<'_>, cx: &mut Context, visit: &Visit, text: Option<&str>) -> Result<(), AppError> {
    triggers::happened(tx, cx, TriggerEvent::ChatRequested, visit, text.unwrap_or_default())?;
    match text {
        Some(text) => triggers::happened(tx, cx, TriggerEvent::ChatMessage, visit, text).map(drop),
        None => Ok(()),
    }
}

/// Makes the chat's rows within a conversation that is already chatting.
fn open(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    conversation: &Conversation,
    started_by: StartedBy,
    customer: CustomerId,
    visit: Option<&Visit>,
    name: &str,
) -> Result<Chat, AppError> {
    let id = ChatId::from_i64(tx.next_id()?);
    let mut chat = Chat::requested(NewChat {
        id,
        public_id: cx.chat_public_id(),
        conversation: conversation.id,
        group: GroupId::from_i64(0),
        customer,
        customer_name: name.to_owned(),
        visit: visit.map(|visit| visit.id),
        department: conversation.department,
        started_by,
        requested: cx.now,
    });
    chat.group = messages::open_group(tx, cx, conversation, Some(&chat), GroupKind::Chat, Actor::Customer(customer))?;
    tables::chats::insert(tx, &chat)?;
    events::append(
        tx,
        cx,
        Event::ChatRequested {
            chat: chat.id,
            conversation: conversation.id,
            customer,
            customer_name: name.to_owned(),
            visit: chat.visit,
            department: chat.department,
            started_by,
            priority: chat.priority,
        },
    )?;
    Ok(chat)
}

fn reload(tx: &mut Tx<'_>, chat: ChatId) -> Result<Chat, AppError> {
    tables::chats::get(tx, chat)?.ok_or_else(|| AppError::internal("a chat vanished within a transaction"))
}

/// A chat that goes on, or a clear refusal.
pub fn live(tx: &mut Tx<'_>, chat: ChatId) -> Result<Chat, AppError> {
    let chat = tables::chats::get(tx, chat)?.ok_or_else(|| AppError::not_found("no such chat"))?;
    if chat.state == ChatState::Ended {
        return Err(AppError::conflict("the chat has ended"));
    }
    Ok(chat)
}

/// The conversation of a chat.
pub(crate) fn conversation_of(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Conversation, AppError> {
    tables::conversations::get(tx, conversation)?.ok_or_else(|| AppError::not_found("no such conversation"))
}

/// A visitor writes into his live chat: text, or a file he has put there before.
pub fn visitor_says(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    visit: &Visit,
    text: &str,
    file: Option<&str>,
    key: Option<&str>,
) -> Result<Done, AppError> {
    messages::check_text(text)?;
    let mut chat = tables::chats::live_of_visitor(tx, visit.visitor)?.ok_or_else(|| AppError::conflict("no chat is going on"))?;
    let mut conversation = conversation_of(tx, chat.conversation)?;
    let attachment = match file {
        None if text.trim().is_empty() => return Err(AppError::missing("text or file is missing")),
        None => None,
        Some(file) => Some(crate::files::usable_by_visitor(tx, file, visit.visitor)?),
    };
    let (author, name) = (Actor::Customer(chat.customer), chat.customer_name.clone());
    let kind = if attachment.is_some() { MessageKind::File } else { MessageKind::Message };
    let message = NewMessage { attachment, key, ..NewMessage::text(kind, author, &name, text) };
    let added = messages::add(tx, cx, &mut conversation, Some(&mut chat), Into::Chat, message)?;
    triggers::happened(tx, cx, TriggerEvent::ChatMessage, visit, text)?;
    Ok(Done { message: Some(added.message), ..Done::chat(&chat, added.number) })
}

/// An agent joins: a chat that rings at him, one from the queue, or one that others serve.
pub fn accept(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId, chat: ChatId) -> Result<Done, AppError> {
    let mut chat = live(tx, chat)?;
    let agent = crate::accounts::enabled_agent(tx, agent)?;
    let engaged = tables::engagements::open(tx, chat.id)?;
    if engaged.iter().any(|engagement| engagement.agent == agent.id) {
        return Ok(Done::chat(&chat, tx.head()?));
    }
    let ringing = tables::offers::ringing(tx, chat.id)?;
    let offered = ringing.iter().find(|offer| offer.agent == agent.id);
    match offered {
        Some(offer) => routing::close_offer(tx, cx, &mut chat, offer, OfferOutcome::Accepted)?,
        None => {
            if !agent.role.administers() && !tables::departments::is_member(tx, chat.department, agent.id)? {
                return Err(AppError::forbidden("the chat belongs to a department of others"));
            }
            let (engaged, ringing) = tables::agents::load(tx, agent.id)?;
            if engaged + ringing >= u32::from(cx.settings.routing.limit.slots(agent.slots)) {
                return Err(AppError::conflict("all your chat slots are in use"));
            }
        }
    }
    tables::agents::forget_missed_rings(tx, agent.id)?;
    let waited = chat.state != ChatState::Served;
    if waited {
        // Whoever else it rang at need not run any more.
        for offer in ringing.iter().filter(|offer| offer.agent != agent.id) {
            routing::close_offer(tx, cx, &mut chat, offer, OfferOutcome::Withdrawn)?;
        }
    }
    let ordinal = tables::engagements::count(tx, chat.id)? + 1;
    let start = match (ordinal, chat.started_by, waited) {
        (1, StartedBy::Visitor, _) => EngagementStart::Visitor,
        (1, StartedBy::Agent | StartedBy::Trigger, _) | (_, _, false) => EngagementStart::Agent,
        (_, _, true) => EngagementStart::Transfer,
    };
    let engagement = Engagement {
        id: EngagementId::from_i64(tx.next_id()?),
        chat: chat.id,
        conversation: chat.conversation,
        agent: agent.id,
        department: chat.department,
        ordinal,
        start,
        assigned: offered.is_some(),
        joined: cx.now,
        left: None,
        visitor_messages: 0,
        agent_messages: 0,
        responses: Responses::default(),
        skills_fulfilled: skills::fulfilled(tx, chat.id, agent.id)?,
    };
    chat.state = ChatState::Served;
    chat.joined_ever = true;
    chat.pinned = None;
    tables::chats::update(tx, &chat)?;
    let number = events::append(
        tx,
        cx,
        Event::ChatJoined {
            chat: chat.id,
            conversation: chat.conversation,
            agent: agent.id,
            agent_name: agent.display_name(),
            engagement: engagement.id,
            start,
        },
    )?;
    tables::engagements::insert(tx, &engagement, number)?;
    if waited {
        let mut conversation = conversation_of(tx, chat.conversation)?;
        conversations::assign(tx, cx, &mut conversation, chat.department, Some(agent.id), Actor::Agent(agent.id))?;
        // Those who were asked in vain have a free slot again.
        for offer in ringing.iter().filter(|offer| offer.agent != agent.id) {
            routing::route_for(tx, cx, offer.agent)?;
        }
    }
    Ok(Done::chat(&chat, tx.head()?))
}

/// An agent passes an offer on.
pub fn decline(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId, chat: ChatId) -> Result<Done, AppError> {
    let chat = live(tx, chat)?;
    let ringing = tables::offers::ringing(tx, chat.id)?;
    let offer = ringing.iter().find(|offer| offer.agent == agent).ok_or_else(|| AppError::conflict("the chat does not ring at you"))?;
    routing::pass_on(tx, cx, offer, OfferOutcome::Declined)?;
    let chat = reload(tx, chat.id)?;
    Ok(Done::chat(&chat, tx.head()?))
}

/// The agent's own part in a live chat, or a refusal.
pub(crate) fn own_engagement(tx: &mut Tx<'_>, chat: &Chat, agent: AgentId) -> Result<Engagement, AppError> {
    tables::engagements::open(tx, chat.id)?
        .into_iter()
        .find(|engagement| engagement.agent == agent)
        .ok_or_else(|| AppError::forbidden("you are not in this chat"))
}

/// Ends an agent's part in a chat; the last one to leave puts it back in the queue. Does not route.
pub(crate) fn close_engagement(tx: &mut Tx<'_>, cx: &mut Context, chat: &mut Chat, engagement: &Engagement) -> Result<(), AppError> {
    let others: Vec<Engagement> = tables::engagements::open(tx, chat.id)?.into_iter().filter(|other| other.id != engagement.id).collect();
    if others.is_empty() {
        let ringing = tables::offers::ringing(tx, chat.id)?;
        chat.state = if ringing.is_empty() { ChatState::Queued } else { ChatState::Offered };
        chat.waiting_since = cx.now;
        tables::chats::update(tx, chat)?;
    }
    let name = tables::agents::get(tx, engagement.agent)?.map(|agent| agent.display_name()).unwrap_or_default();
    let number = tx.append(
        cx.now,
        Event::ChatLeft {
            chat: chat.id,
            conversation: chat.conversation,
            agent: engagement.agent,
            agent_name: name,
            engagement: engagement.id,
            state: chat.state,
        },
    )?;
    tables::engagements::leave(tx, engagement.id, cx.now, number)?;
    let mut conversation = conversation_of(tx, chat.conversation)?;
    if conversation.assigned == Some(engagement.agent) {
        let next = others.first().map(|other| other.agent);
        conversations::assign(tx, cx, &mut conversation, chat.department, next, Actor::Agent(engagement.agent))?;
    }
    Ok(())
}

/// An agent leaves.
pub fn leave(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId, chat: ChatId) -> Result<Done, AppError> {
    let mut chat = live(tx, chat)?;
    let engagement = own_engagement(tx, &chat, agent)?;
    close_engagement(tx, cx, &mut chat, &engagement)?;
    routing::route(tx, cx, chat.department)?;
    routing::route_for(tx, cx, agent)?;
    let chat = reload(tx, chat.id)?;
    Ok(Done::chat(&chat, tx.head()?))
}

/// The visitor ends his chat.
pub fn visitor_ends(tx: &mut Tx<'_>, cx: &mut Context, visit: &Visit) -> Result<Done, AppError> {
    let chat = tables::chats::live_of_visitor(tx, visit.visitor)?.ok_or_else(|| AppError::conflict("no chat is going on"))?;
    let by = Actor::Customer(chat.customer);
    let chat = end(tx, cx, chat, EndReason::Visitor, by)?;
    Ok(Done::chat(&chat, tx.head()?))
}

/// An agent who is in the chat, or an administrator, ends it.
pub fn agent_ends(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId, chat: ChatId) -> Result<Done, AppError> {
    let chat = live(tx, chat)?;
    let agent = crate::accounts::enabled_agent(tx, agent)?;
    if !agent.role.administers() {
        own_engagement(tx, &chat, agent.id)?;
    }
    let chat = end(tx, cx, chat, EndReason::Agent, Actor::Agent(agent.id))?;
    Ok(Done::chat(&chat, tx.head()?))
}

/// Ends a chat: closes what is open, settles the conversation's status, and offers the freed slots to those who wait.
pub fn end(tx: &mut Tx<'_>, cx: &mut Context, mut chat: Chat, reason: EndReason, by: Actor) -> Result<Chat, AppError> {
    let mut freed: Vec<AgentId> = Vec::new();
    for offer in tables::offers::ringing(tx, chat.id)? {
        tables::offers::close(tx, offer.id, OfferOutcome::Withdrawn, cx.now)?;
        freed.push(offer.agent);
    }
    let engagements = tables::engagements::open(tx, chat.id)?;
    let mut conversation = conversation_of(tx, chat.conversation)?;
    let text = match reason {
        EndReason::Visitor => "The visitor ended the chat.",
        EndReason::Agent => "The chat was ended.",
        EndReason::VisitorGone => "The visitor left.",
        EndReason::Inactivity => "The chat ended because nobody wrote.",
        EndReason::Overflow => "Nobody could take the chat.",
    };
    let author = NewMessage { author: by, ..NewMessage::system(MessageKind::End, text) };
    messages::add(tx, cx, &mut conversation, Some(&mut chat), Into::Chat, author)?;
    chat.end(reason, cx.now);
    tables::chats::update(tx, &chat)?;
    let number = events::append(
        tx,
        cx,
        Event::ChatEnded {
            chat: chat.id,
            conversation: chat.conversation,
            department: chat.department,
            reason,
            by,
            missed: chat.missed,
            dropped: chat.dropped,
        },
    )?;
    for engagement in &engagements {
        tables::engagements::leave(tx, engagement.id, cx.now, number)?;
        freed.push(engagement.agent);
    }
    let turn = if chat.joined_ever {
        Turn::ChatEndsAnswered { resolve: cx.settings.resolve_after_chat }
    } else {
        Turn::ChatEndsMissed { question: chat.visitor_messages > 0 }
    };
    if conversation.status == Status::Chatting
        && let Ok(Step::To(status)) = conversation.status.step(turn, Reopening::On)
    {
        conversations::set_status(tx, cx, &mut conversation, status, by)?;
    }
    freed.sort_unstable();
    freed.dedup();
    for agent in freed {
        routing::route_for(tx, cx, agent)?;
    }
    Ok(chat)
}

/// The visitor rates his latest chat; rating again changes it, `None` takes it back.
pub fn rate(tx: &mut Tx<'_>, cx: &mut Context, visit: &Visit, rating: Option<Rating>, comment: Option<&str>) -> Result<Done, AppError> {
    let conversation = tables::conversations::latest_of_visitor(tx, visit.visitor)?;
    let chat = match &conversation {
        Some(conversation) => tables::chats::latest_of_visitor(tx, conversation.id, visit.visitor)?,
        None => None,
    };
    let (Some(mut conversation), Some(mut chat)) = (conversation, chat) else {
        return Err(AppError::conflict("there is no chat to rate"));
    };
    let comment = comment.map(str::trim).filter(|comment| !comment.is_empty());
    if comment.is_some_and(|comment| comment.chars().count() > COMMENT_CHARS_MAX || comment.contains('\0')) {
        return Err(AppError::too_large("a comment has at most 2,000 characters"));
    }
    let previous = chat.rating;
    if previous == rating && (comment.is_none() || comment == chat.rating_comment.as_deref()) {
        return Ok(Done::chat(&chat, tx.head()?));
    }
    chat.rating = rating;
    chat.rated = rating.map(|_| cx.now);
    if comment.is_some() {
        chat.rating_comment = comment.map(str::to_owned);
    }
    let author = Actor::Customer(chat.customer);
    let name = chat.customer_name.clone();
    if previous != rating {
        let (kind, text) = match rating {
            Some(Rating::Good) => (MessageKind::PositiveRating, "good"),
            Some(Rating::Bad) => (MessageKind::NegativeRating, "bad"),
            None => (MessageKind::System, "The rating was taken back."),
        };
        messages::add(tx, cx, &mut conversation, Some(&mut chat), Into::Chat, NewMessage::text(kind, author, &name, text))?;
    }
    if let Some(comment) = comment {
        let message = NewMessage::text(MessageKind::RatingComment, author, &name, comment);
        messages::add(tx, cx, &mut conversation, Some(&mut chat), Into::Chat, message)?;
    }
    tables::chats::update(tx, &chat)?;
    tables::ratings::attribute(tx, chat.id)?;
    let number = tx.append(
        cx.now,
        Event::ChatRated {
            chat: chat.id,
            conversation: chat.conversation,
            department: chat.department,
            rating,
            previous,
            comment: chat.rating_comment.clone(),
        },
    )?;
    Ok(Done::chat(&chat, number))
}
