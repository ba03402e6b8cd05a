//! Live chats.

use deskbell_domain::chat::{ChatState, EndReason, EngagementStart, Rating, StartedBy};
use deskbell_domain::ids::{ChatId, EngagementId, OfferId};

use super::*;

const CHAT: ChatId = ChatId::from_i64(80_000_000_003);

fn requested(started_by: StartedBy) -> Event {
    Event::ChatRequested {
        chat: CHAT,
        conversation: TICKET,
        customer: CUSTOMER,
        customer_name: String::new(),
        visit: None,
        department: SALES,
        started_by,
        priority: 0,
    }
}

fn offered(agent: AgentId) -> Event {
    let offer = OfferId::from_i64(1);
    Event::ChatOffered { chat: CHAT, conversation: TICKET, offer, agent, expires: Timestamp::EPOCH, state: ChatState::Offered }
}

fn closed(agent: AgentId, outcome: OfferOutcome) -> Event {
    Event::OfferClosed { chat: CHAT, conversation: TICKET, offer: OfferId::from_i64(1), agent, outcome, state: ChatState::Queued }
}

fn joined(agent: AgentId) -> Event {
    let (engagement, start) = (EngagementId::from_i64(1), EngagementStart::Visitor);
    Event::ChatJoined { chat: CHAT, conversation: TICKET, agent, agent_name: String::new(), engagement, start }
}

fn left(agent: AgentId) -> Event {
    let engagement = EngagementId::from_i64(1);
    Event::ChatLeft { chat: CHAT, conversation: TICKET, agent, agent_name: String::new(), engagement, state: ChatState::Served }
}

fn transferred(department: DepartmentId) -> Event {
    Event::ChatTransferred {
        chat: CHAT,
        conversation: TICKET,
        from: SALES,
        department,
        agent: None,
        by: Actor::Agent(ANN),
        state: ChatState::Queued,
    }
}

fn ended(missed: bool) -> Event {
    let by = Actor::Customer(CUSTOMER);
    Event::ChatEnded { chat: CHAT, conversation: TICKET, department: SALES, reason: EndReason::Visitor, by, missed, dropped: false }
}

fn rated(department: DepartmentId, rating: Option<Rating>) -> Event {
    Event::ChatRated { chat: CHAT, conversation: TICKET, department, rating, previous: None, comment: None }
}

fn said(author: Actor) -> Event {
    message(Some(CHAT), GroupKind::Chat, MessageKind::Message, author)
}

fn asked() -> History {
    History::default()
        .at(0, begun(Channel::Button, Status::Chatting))
        .at(0, requested(StartedBy::Visitor))
        .at(0, said(Actor::Customer(CUSTOMER)))
}

/// It rings at Ben in vain, Ann takes it after two minutes, Ben joins her; it goes to support with Ben alone; it ends after 40, and is rated
/// good after 50 and bad after 70.
pub(super) fn day() -> History {
    asked()
        .at(0, offered(BEN))
        .at(1, closed(BEN, OfferOutcome::Expired))
        .at(1, offered(ANN))
        .at(2, closed(ANN, OfferOutcome::Accepted))
        .at(2, joined(ANN))
        .at(3, said(Actor::Agent(ANN)))
        .at(5, joined(BEN))
        .at(6, said(Actor::Agent(BEN)))
        .at(6, said(Actor::Agent(BEN)))
        .at(7, message(Some(CHAT), GroupKind::Internal, MessageKind::Note, Actor::Agent(BEN)))
        .at(20, left(ANN))
        .at(20, transferred(SUPPORT))
        .at(40, ended(false))
        .at(50, rated(SUPPORT, Some(Rating::Good)))
        .at(70, rated(SUPPORT, Some(Rating::Bad)))
}

#[test]
fn a_chat_of_two_agents_and_two_departments() {
    let day = day();
    assert_eq!((day.account(Measure::IncomingChats), day.department(SALES, Measure::IncomingChats)), (1, 1));
    assert_eq!((day.account(Measure::Chats), day.agent(ANN, Measure::Chats), day.agent(BEN, Measure::Chats)), (2, 1, 1));
    assert_eq!((day.account(Measure::ChatPickups), day.agent(BEN, Measure::ChatPickups)), (1, 0));
    assert_eq!((day.account(Measure::ChatPickupTime), day.account(Measure::ChatPickupTimes)), (2 * MINUTE, 1), "from the first offer");
    assert_eq!((day.account(Measure::ChatTime), day.account(Measure::ChatTimes)), ((18 + 35) * MINUTE, 2));
    assert_eq!((day.agent(ANN, Measure::ChatTime), day.agent(BEN, Measure::ChatTime)), (18 * MINUTE, 35 * MINUTE));
    assert_eq!((day.department(SALES, Measure::ChatTime), day.department(SUPPORT, Measure::ChatTime)), (18 * MINUTE, 35 * MINUTE));
    assert_eq!((day.account(Measure::ChatAnswers), day.agent(BEN, Measure::ChatAnswers), day.account(Measure::Answers)), (3, 2, 0));
    assert_eq!(day.account(Measure::IncomingMessages), 0, "what is said in a chat is no letter");
    assert_eq!((day.agent(BEN, Measure::Notes), day.department(SALES, Measure::Notes)), (1, 1));
    assert_eq!((day.account(Measure::MissedChats), day.agent(BEN, Measure::MissedChats), day.agent(ANN, Measure::MissedChats)), (1, 1, 0));
    assert_eq!((day.account(Measure::FinishedChats), day.department(SUPPORT, Measure::FinishedChats)), (1, 1));
    assert_eq!((day.account(Measure::UnansweredChats), day.channel(b'B', Measure::Chats)), (0, 2));
}

#[test]
fn a_rating_counts_as_it_is_now_and_when_it_was_given() {
    let rating = |history: &History| {
        [Measure::Rewards, Measure::Punishments, Measure::NotRanked].map(|measure| (history.account(measure), history.agent(BEN, measure)))
    };
    let day = day();
    assert_eq!(rating(&day), [(0, 0), (1, 1), (0, 0)], "of who was in it last");
    assert_eq!((day.in_quarter(60, Measure::Punishments), day.in_quarter(45, Measure::Rewards)), (1, 0));
    assert_eq!(day.department(SUPPORT, Measure::Punishments), 1);
    let taken_back = day.at(80, rated(SUPPORT, None));
    assert_eq!(rating(&taken_back), [(0, 0), (0, 0), (1, 1)]);
    assert_eq!(taken_back.in_quarter(30, Measure::NotRanked), 1, "when the chat ended");
    let again = taken_back.at(90, rated(SUPPORT, Some(Rating::Good)));
    assert_eq!(rating(&again), [(1, 1), (0, 0), (0, 0)]);
}

#[test]
fn a_rating_goes_with_the_chat_that_goes_on() {
    let early = asked()
        .at(1, joined(ANN))
        .at(2, rated(SALES, Some(Rating::Good)))
        .at(3, transferred(SUPPORT))
        .at(4, joined(BEN))
        .at(9, ended(false));
    assert_eq!((early.department(SALES, Measure::Rewards), early.department(SUPPORT, Measure::Rewards)), (0, 1), "as live figures show it");
    assert_eq!((early.agent(ANN, Measure::Rewards), early.agent(BEN, Measure::Rewards)), (1, 0), "who was in it when it was rated");
    assert_eq!(early.account(Measure::NotRanked), 0);
}

#[test]
fn who_comes_back_is_one_chat() {
    let back = asked().at(1, joined(ANN)).at(2, left(ANN)).at(3, joined(ANN)).at(5, ended(false));
    assert_eq!((back.account(Measure::Chats), back.account(Measure::ChatPickups)), (1, 1));
    assert_eq!((back.account(Measure::ChatTimes), back.account(Measure::ChatTime)), (2, 3 * MINUTE));
    assert_eq!(back.account(Measure::ChatPickupTimes), 0, "it was never offered");
}

/// The visitor leaves before anybody joined.
pub(super) fn missed() -> History {
    asked()
        .at(0, offered(ANN))
        .at(1, closed(ANN, OfferOutcome::Expired))
        .at(1, offered(BEN))
        .at(2, ended(true))
        .at(3, rated(SALES, Some(Rating::Good)))
        .at(
            4,
            Event::ChatRated {
                chat: ChatId::from_i64(80_000_000_098),
                conversation: TICKET,
                department: SALES,
                rating: Some(Rating::Bad),
                previous: None,
                comment: None,
            },
        )
        // One that ends without a rating.
        .at(5, requested(StartedBy::Agent))
        .at(6, joined(ANN))
        .at(7, ended(false))
}

#[test]
fn chats_nobody_joined() {
    let missed = missed();
    assert_eq!(
        (missed.account(Measure::UnansweredChats), missed.agent(BEN, Measure::UnansweredChats)),
        (1, 1),
        "it was offered to him last"
    );
    assert_eq!(missed.agent(ANN, Measure::UnansweredChats), 0);
    assert_eq!(
        (missed.account(Measure::Rewards), missed.account(Measure::Punishments)),
        (1, 1),
        "they are ratings all the same, of nobody"
    );
    assert_eq!((missed.agent(ANN, Measure::Rewards), missed.agent(BEN, Measure::Rewards)), (0, 0));
    assert_eq!((missed.account(Measure::NotRanked), missed.account(Measure::FinishedChats)), (1, 1));
    assert_eq!((missed.account(Measure::IncomingChats), missed.account(Measure::Chats), missed.account(Measure::ChatPickups)), (1, 1, 0));
}

#[test]
fn a_chat_that_a_customer_asks_for_is_no_agents_ticket() {
    let own = asked().at(1, joined(ANN)).at(5, ended(false)).at(9, written(GroupKind::OutgoingEmail, Actor::Agent(ANN)));
    assert_eq!((own.account(Measure::CreatedTickets), own.agent(ANN, Measure::CreatedTickets)), (1, 0));
}

#[test]
fn what_a_conversation_begins_with_counts_for_the_tags_it_begins_with() {
    let day = History::default()
        .at(0, tag(VIP, "vip", false))
        .at(0, begun(Channel::Button, Status::Chatting))
        .at(0, tagged(&[], &["vip"], Actor::System))
        .at(0, requested(StartedBy::Visitor))
        .at(1, said(Actor::Customer(CUSTOMER)))
        .at(2, ended(true));
    for measure in [Measure::CreatedTickets, Measure::IncomingChats, Measure::UnansweredChats] {
        assert_eq!((day.tag(VIP, measure), day.account(measure)), (1, 1), "{measure:?}");
    }
    let late = asked().at(0, tag(VIP, "vip", false)).at(1, tagged(&[], &["vip"], Actor::System));
    assert_eq!((late.tag(VIP, Measure::CreatedTickets), late.tag(VIP, Measure::IncomingChats)), (0, 0), "it had begun without it");
    // One that is made ready first is created when that is over.
    let ready = History::default()
        .at(0, tag(VIP, "vip", false))
        .at(0, begun(Channel::Email, Status::Init))
        .at(1, tagged(&[], &["vip"], Actor::System))
        .at(2, written(GroupKind::IncomingEmail, Actor::Customer(CUSTOMER)));
    assert_eq!((ready.tag(VIP, Measure::CreatedTickets), ready.account(Measure::CreatedTickets)), (0, 0));
    let ready = ready.at(20, status(Status::Init, Status::New, Actor::System));
    assert_eq!((ready.tag(VIP, Measure::CreatedTickets), ready.in_quarter(15, Measure::CreatedTickets)), (1, 1));
}
