//! A year of a desk as its journal tells it: fifty agents in five departments, tickets and chats side by side. Only the journal: what reports show
//! comes from nothing else.

use deskbell_app::{AppError, Desk};
use deskbell_domain::agent::AgentStatus;
use deskbell_domain::chat::{ChatState, EndReason, EngagementStart, OfferOutcome, Rating, StartedBy};
use deskbell_domain::conversation::{Channel, Status};
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, CustomerId, DepartmentId, EngagementId, GroupId, MessageId, OfferId, TagId};
use deskbell_domain::message::{Actor, GroupKind, MessageKind};
use deskbell_domain::time::Timestamp;
use deskbell_store::{Tx, cursors};

use crate::Outcome;

const AGENTS: i64 = 50;
const DEPARTMENTS: i64 = 5;
const TAGS: i64 = 20;
const YEAR_MICROS: i64 = 365 * 86_400_000_000;
/// Conversations that go on side by side.
const ABREAST: i64 = 200;
/// Messages of one conversation.
const MESSAGES_EACH: i64 = 10;
/// Events written in one write.
const EVENTS_PER_WRITE: usize = 2_000;
const TEXT: &str = "Hello, my parcel 4711 has not arrived yet, and the tracking page says \"delivered\". Can you have a look?";

/// The name under which it is noted how many messages a desk has been given.
const NOTE: &str = "bench-history";

fn agent(n: i64) -> AgentId {
    AgentId::from_i64(80_000_000_000 + n % AGENTS)
}

fn department(n: i64) -> DepartmentId {
    DepartmentId::from_i64(81_000_000_000 + n % DEPARTMENTS)
}

fn tag(n: i64) -> (TagId, String) {
    (TagId::from_i64(50_000 + n % TAGS), format!("tag {}", n % TAGS))
}

/// Fills a desk, unless it was filled before; returns how many events its journal has.
pub(crate) fn fill(desk: &Desk, messages: i64) -> Outcome<i64> {
    let (noted, head) = desk.snapshot_blocking(|tx| Ok((cursors::get(tx, NOTE)?, tx.head()?)))?;
    if noted == Some(i64::MAX) {
        return Ok(head);
    }
    let until = desk.now();
    let start = until.plus_micros(-YEAR_MICROS);
    let conversations = messages / MESSAGES_EACH;
    let all_steps = conversations * STEPS;
    let mut events: Vec<(Timestamp, Event)> = (0..AGENTS)
        .map(|n| (start, Event::AgentStatusChanged { agent: agent(n), preset: AgentStatus::ONLINE, online: AgentStatus::ONLINE }))
        .collect();
    events.extend((0..TAGS).map(|n| (start, Event::TagChanged { tag: tag(n).0, name: tag(n).1, removed: false })));
    let mut step_number = 0i64;
    for wave in 0..(conversations + ABREAST - 1) / ABREAST {
        let many = ABREAST.min(conversations - wave * ABREAST);
        for step in 0..STEPS {
            for n in 0..many {
                let at = start.plus_micros((i128::from(YEAR_MICROS) * i128::from(step_number) / i128::from(all_steps)) as i64);
                step_number += 1;
                steps(wave * ABREAST + n, step, &mut |event| events.push((at, event)));
            }
            if events.len() >= EVENTS_PER_WRITE {
                write(desk, std::mem::take(&mut events))?;
            }
        }
    }
    write(desk, events)?;
    desk.write_blocking(|tx, _| Ok(cursors::set(tx, NOTE, i64::MAX)?))?;
    Ok(desk.snapshot_blocking(|tx| Ok(tx.head()?))?)
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
fn steps(n: i64, step: i64, tell: &mut dyn FnMut(Event)) {
    let conversation = ConversationId::from_i64(100_000_000_000 + n);
    let (customer, department, agent) = (CustomerId::from_i64(90_000_000_000 + n), department(n / 7), agent(n / 3));
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
            });
            if let Some(chat) = chat {
                requested(tell, chat, conversation, customer, department, agent);
            } else {
                tell(Event::Assigned { conversation, department, agent: Some(agent), by: by_agent });
            }
            if n % 3 == 0 {
                let after = vec![tag(n).1];
                tell(Event::TagsChanged { conversation, chat, before: Vec::new(), after, by: by_agent, tags: Some(vec![tag(n).0]) });
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
        (step, Some(_)) => tell(said(if step % 2 == 0 { by_agent } else { by_customer })),
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

fn requested(
    tell: &mut dyn FnMut(Event),
    chat: ChatId,
    conversation: ConversationId,
    customer: CustomerId,
    department: DepartmentId,
    agent: AgentId,
) {
    let (offer, engagement) = (OfferId::from_i64(chat.get()), EngagementId::from_i64(chat.get()));
    tell(Event::ChatRequested {
        chat,
        conversation,
        customer,
        customer_name: "Cora Example".to_owned(),
        visit: None,
        department,
        started_by: StartedBy::Visitor,
        priority: 0,
    });
    tell(Event::ChatOffered { chat, conversation, offer, agent, expires: Timestamp::EPOCH, state: ChatState::Offered });
    tell(Event::OfferClosed { chat, conversation, offer, agent, outcome: OfferOutcome::Accepted, state: ChatState::Offered });
    tell(Event::ChatJoined {
        chat,
        conversation,
        agent,
        agent_name: "Ann Example".to_owned(),
        engagement,
        start: EngagementStart::Visitor,
    });
    tell(Event::Assigned { conversation, department, agent: Some(agent), by: Actor::Agent(agent) });
}
