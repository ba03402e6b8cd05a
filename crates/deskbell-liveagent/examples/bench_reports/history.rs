//! A year of a desk as its journal tells it: tickets, chats and calls side by side, and agents who come and go.

use deskbell_app::{AppError, Desk};
use deskbell_domain::agent::AgentStatus;
use deskbell_domain::call::{CallEvent, CallOutcome, CallState, Direction};
use deskbell_domain::chat::{ChatState, EndReason, EngagementStart, OfferOutcome, Rating, StartedBy};
use deskbell_domain::conversation::{Channel, Status};
use deskbell_domain::event::Event;
use deskbell_domain::ids::{CallId, CallLegId, ChatId, ConversationId, CustomerId, EngagementId, GroupId, MessageId, OfferId, RingId};
use deskbell_domain::message::{Actor, GroupKind, MessageKind};
use deskbell_domain::time::Timestamp;
use deskbell_store::Tx;

use crate::Outcome;
use crate::cast::Cast;

/// Takes tickets, chats and calls.
const READY: AgentStatus = AgentStatus::from_bits(AgentStatus::ONLINE.bits() | AgentStatus::PHONE.bits());
const DAY_MICROS: i64 = 86_400_000_000;
const MINUTE_MICROS: i64 = 60_000_000;
/// Conversations that go on side by side.
const ABREAST: i64 = 200;
/// Messages of one conversation.
pub(crate) const MESSAGES_EACH: i64 = 10;
/// Events written in one write.
const EVENTS_PER_WRITE: usize = 2_000;
const TEXT: &str = "Hello, my parcel 4711 has not arrived yet, and the tracking page says \"delivered\". Can you have a look?";

/// Writes it all.
pub(crate) fn fill(desk: &Desk, cast: &Cast, messages: i64, (from, until): (Timestamp, Timestamp)) -> Outcome<()> {
    let conversations = messages / MESSAGES_EACH;
    let all_steps = conversations * STEPS;
    let mut shifts = shifts(cast, from, until).into_iter().peekable();
    let mut events = Vec::new();
    let mut step_number = 0i64;
    for wave in 0..(conversations + ABREAST - 1) / ABREAST {
        let many = ABREAST.min(conversations - wave * ABREAST);
        for step in 0..STEPS {
            for n in 0..many {
                let at = from.plus_micros((i128::from(until.micros_since(from)) * i128::from(step_number) / i128::from(all_steps)) as i64);
                step_number += 1;
                while let Some(shift) = shifts.next_if(|(moment, _)| *moment <= at) {
                    events.push(shift);
                }
                steps(cast, wave * ABREAST + n, step, &mut |event| events.push((at, event)));
            }
            if events.len() >= EVENTS_PER_WRITE {
                write(desk, std::mem::take(&mut events))?;
            }
        }
    }
    events.extend(shifts);
    Ok(write(desk, events)?)
}

/// Who signs in and out when: three shifts a day, one of which nobody has, and some minutes early or late.
fn shifts(cast: &Cast, from: Timestamp, until: Timestamp) -> Vec<(Timestamp, Event)> {
    let days = until.micros_since(from) / DAY_MICROS;
    let mut found = Vec::new();
    for (agent, n) in cast.agents.iter().zip(0..) {
        for day in 0..days {
            let early = (n * 7 + day * 13) % 30 * MINUTE_MICROS;
            let begins = from.plus_micros(day * DAY_MICROS + (6 + n % 2 * 7) * 60 * MINUTE_MICROS + early);
            for (at, online) in [(begins, READY), (begins.plus_micros(8 * 60 * MINUTE_MICROS), AgentStatus::OFFLINE)] {
                found.push((at, Event::AgentStatusChanged { agent: *agent, preset: READY, online }));
            }
        }
    }
    found.sort_by_key(|(at, _)| *at);
    found
}

fn write(desk: &Desk, events: Vec<(Timestamp, Event)>) -> Result<(), AppError> {
    desk.write_blocking(move |tx: &mut Tx<'_>, _| {
        for (at, event) in events {
            tx.append(at, event)?;
        }
        Ok(())
    })
}

const STEPS: i64 = MESSAGES_EACH + 2;

/// What happens in the nth conversation in one of its steps: every second one is a chat.
fn steps(cast: &Cast, n: i64, step: i64, tell: &mut dyn FnMut(Event)) {
    let conversation = ConversationId::from_i64(100_000_000_000 + n);
    let (customer, department, agent) = (CustomerId::from_i64(90_000_000_000 + n), cast.department(n / 7), cast.agent(n / 3));
    let chat = (n % 2 == 0).then(|| ChatId::from_i64(200_000_000_000 + n));
    let said = |by: Actor| Event::MessageAdded {
        conversation,
        chat,
        group: GroupId::from_i64(n),
        group_kind: if chat.is_some() { GroupKind::Chat } else { GroupKind::OutgoingEmail },
        message: MessageId::from_i64(n),
        kind: MessageKind::Message,
        author: by,
        author_name: "Ann Example".to_owned(),
        text: TEXT.to_owned(),
        attachment: None,
        key: Some("0123456789abcdef".to_owned()),
    };
    let status = |from, to, by| Event::StatusChanged { conversation, from, to, by };
    let (by_agent, by_customer) = (Actor::Agent(agent), Actor::Customer(customer));
    if n % 10 == 3 {
        called(cast, n, step, tell);
    }
    match (step, chat) {
        (0, _) => {
            let (channel, status) = if chat.is_some() { (Channel::Button, Status::Chatting) } else { (Channel::Email, Status::New) };
            tell(Event::ConversationStarted {
                conversation,
                customer,
                customer_name: "Cora Example".to_owned(),
                visitor: None,
                department,
                channel,
                status,
                subject: String::new(),
                by: None,
            });
            if let Some(chat) = chat {
                requested(cast, tell, n, chat, conversation);
            } else {
                tell(Event::Assigned { conversation, department, agent: Some(agent), by: by_agent });
            }
            if n % 3 == 0 {
                let (tag, name) = cast.tag(n);
                let after = vec![name];
                tell(Event::TagsChanged { conversation, chat, before: Vec::new(), after, by: by_agent, tags: Some(vec![tag]) });
            }
        }
        (11, Some(chat)) => {
            tell(Event::ChatEnded {
                chat,
                conversation,
                department,
                reason: EndReason::Visitor,
                by: by_customer,
                missed: false,
                dropped: false,
            });
            tell(status(Status::Chatting, Status::Answered, by_customer));
            if n % 4 == 0 {
                let rating = Some(if n % 8 == 0 { Rating::Good } else { Rating::Bad });
                tell(Event::ChatRated { chat, conversation, department, rating, previous: None, comment: None });
            }
        }
        (11, None) => tell(status(Status::Answered, Status::Resolved, by_agent)),
        (step, Some(chat)) => {
            if step == 1 {
                joined(cast, tell, n, chat, conversation);
            }
            tell(said(if step % 2 == 0 { by_agent } else { by_customer }));
        }
        (step, None) if step % 2 == 0 => {
            tell(status(if step == 2 { Status::New } else { Status::Open }, Status::Answered, by_agent));
            tell(said(by_agent));
        }
        (step, None) => {
            if step > 1 {
                tell(status(Status::Answered, Status::Open, by_customer));
            }
            tell(said(by_customer));
        }
    }
}

/// A chat is asked for and offered; sometimes the first who is asked does not answer.
fn requested(cast: &Cast, tell: &mut dyn FnMut(Event), n: i64, chat: ChatId, conversation: ConversationId) {
    tell(Event::ChatRequested {
        chat,
        conversation,
        customer: CustomerId::from_i64(90_000_000_000 + n),
        customer_name: "Cora Example".to_owned(),
        visit: None,
        department: cast.department(n / 7),
        started_by: StartedBy::Visitor,
        priority: 0,
    });
    let offered =
        |agent, offer| Event::ChatOffered { chat, conversation, offer, agent, expires: Timestamp::EPOCH, state: ChatState::Offered };
    if n % 16 == 4 {
        let (agent, offer) = (cast.agent(n / 3 + 1), OfferId::from_i64(2 * chat.get() + 1));
        tell(offered(agent, offer));
        tell(Event::OfferClosed { chat, conversation, offer, agent, outcome: OfferOutcome::Expired, state: ChatState::Queued });
    }
    tell(offered(cast.agent(n / 3), OfferId::from_i64(2 * chat.get())));
}

/// It is taken.
fn joined(cast: &Cast, tell: &mut dyn FnMut(Event), n: i64, chat: ChatId, conversation: ConversationId) {
    let (department, agent) = (cast.department(n / 7), cast.agent(n / 3));
    let (offer, outcome) = (OfferId::from_i64(2 * chat.get()), OfferOutcome::Accepted);
    tell(Event::OfferClosed { chat, conversation, offer, agent, outcome, state: ChatState::Offered });
    tell(Event::ChatJoined {
        chat,
        conversation,
        agent,
        agent_name: "Ann Example".to_owned(),
        engagement: EngagementId::from_i64(chat.get()),
        start: EngagementStart::Visitor,
    });
    tell(Event::Assigned { conversation, department, agent: Some(agent), by: Actor::Agent(agent) });
}

/// What a call does in the steps of a conversation: it rings, is answered, and ends; or it is given up, or goes to the voice box.
fn called(cast: &Cast, n: i64, step: i64, tell: &mut dyn FnMut(Event)) {
    let (call, conversation, ring) = (CallId::from_i64(n), ConversationId::from_i64(100_000_000_000 + n), RingId::from_i64(n));
    let (customer, department, agent) = (CustomerId::from_i64(90_000_000_000 + n), cast.department(n / 7), cast.agent(n / 3));
    let direction = if n % 20 == 13 { Direction::Outgoing } else { Direction::Incoming };
    let is_answered = n % 30 != 3;
    let outcome = if is_answered { OfferOutcome::Accepted } else { OfferOutcome::Expired };
    let leg = CallLegId::from_i64(n);
    let mut said = |event| tell(Event::Call(event));
    match step {
        5 => {
            let caller = (direction == Direction::Outgoing).then_some(agent);
            said(CallEvent::Started { call, conversation, group: GroupId::from_i64(n), direction, customer, caller, department });
            if direction == Direction::Incoming {
                said(CallEvent::Rang { call, conversation, ring, agent, expires: Timestamp::EPOCH, state: CallState::Ringing });
            }
        }
        6 => {
            if direction == Direction::Incoming {
                let state = if is_answered { CallState::Talking } else { CallState::Queued };
                said(CallEvent::RingClosed { call, conversation, ring, agent, outcome, state });
            }
            if is_answered {
                said(CallEvent::Answered { call, conversation, leg, agent, state: CallState::Talking });
            }
        }
        8 => {
            if is_answered {
                said(CallEvent::Left { call, conversation, leg, agent, state: CallState::Ended });
            }
            let outcome = match (is_answered, n % 60 == 3) {
                (true, _) => CallOutcome::Finished,
                (false, true) => CallOutcome::Voicemail,
                (false, false) => CallOutcome::Abandoned,
            };
            said(CallEvent::Ended { call, conversation, department, direction, outcome, by: Actor::Customer(customer) });
        }
        _ => {}
    }
}
