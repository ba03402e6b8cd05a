//! Tickets.

use deskbell_domain::ids::SlaLevelId;
use deskbell_domain::sla::SlaEvent;

use super::*;

const LEVEL: SlaLevelId = SlaLevelId::from_i64(80_000_000_008);

/// A form is left at nine, Ann answers after ten minutes, the customer comes back after twenty; the system says it is answered after 45; Ben
/// resolves it after an hour, twice.
pub(super) fn day() -> History {
    History::default()
        .at(0, tag(VIP, "vip", false))
        .at(0, begun(Channel::Form, Status::New))
        .at(0, written(GroupKind::Offline, Actor::Customer(CUSTOMER)))
        .at(5, tagged(&[], &["vip"], Actor::Agent(BEN)))
        .at(6, message(None, GroupKind::Internal, MessageKind::Note, Actor::Agent(BEN)))
        .at(6, message(None, GroupKind::Internal, MessageKind::Note, Actor::System))
        .at(10, status(Status::New, Status::Answered, Actor::Agent(ANN)))
        .at(10, assigned(SALES, Some(ANN)))
        .at(10, written(GroupKind::OutgoingEmail, Actor::Agent(ANN)))
        .at(20, status(Status::Answered, Status::Open, Actor::Customer(CUSTOMER)))
        .at(20, written(GroupKind::Offline, Actor::Customer(CUSTOMER)))
        .at(25, assigned(SUPPORT, Some(ANN)))
        .at(45, status(Status::Open, Status::Answered, Actor::System))
        .at(60, status(Status::Answered, Status::Resolved, Actor::Agent(BEN)))
        .at(61, status(Status::Resolved, Status::Open, Actor::Customer(CUSTOMER)))
        .at(62, status(Status::Open, Status::Resolved, Actor::Agent(BEN)))
}

#[test]
fn answers_and_how_long_they_took() {
    let day = day();
    assert_eq!((day.account(Measure::NewAnswers), day.account(Measure::NewAnswerTime)), (1, 10 * MINUTE));
    assert_eq!((day.agent(ANN, Measure::NewAnswers), day.agent(BEN, Measure::NewAnswers)), (1, 0));
    assert_eq!((day.account(Measure::NextAnswers), day.account(Measure::NextAnswerTime)), (1, 25 * MINUTE));
    assert_eq!(day.agent(ANN, Measure::NextAnswers), 1, "the system did it: it is hers who is in charge");
    assert_eq!((day.department(SALES, Measure::NewAnswers), day.department(SALES, Measure::NextAnswers)), (1, 0));
    assert_eq!(day.department(SUPPORT, Measure::NextAnswers), 1, "the department of that moment");
    assert_eq!((day.account(Measure::FirstAssigns), day.account(Measure::FirstAssignTime)), (1, 10 * MINUTE));
    assert_eq!((day.agent(ANN, Measure::FirstAssigns), day.agent(BEN, Measure::FirstAssigns)), (1, 0));
    assert_eq!((day.account(Measure::FirstResolves), day.account(Measure::FirstResolveTime)), (1, 60 * MINUTE));
    assert_eq!(day.account(Measure::ResolvedTickets), 2);
    assert_eq!((day.agent(BEN, Measure::ResolvedTickets), day.agent(BEN, Measure::FirstResolveTime)), (2, 60 * MINUTE));
    // Without a level business hours are all hours.
    assert_eq!(day.account(Measure::NewAnswerTimeSla), 10 * MINUTE);
}

#[test]
fn messages_notes_and_tags() {
    let day = day();
    assert_eq!((day.account(Measure::Answers), day.agent(ANN, Measure::Answers), day.channel(b'M', Measure::Answers)), (1, 1, 1));
    assert_eq!((day.account(Measure::IncomingMessages), day.agent(ANN, Measure::IncomingMessages)), (2, 0));
    assert_eq!((day.account(Measure::Notes), day.agent(BEN, Measure::Notes)), (1, 1), "what the system notes is nobody's");
    assert_eq!(day.account(Measure::CreatedTickets), 1);
    assert_eq!((day.tag(VIP, Measure::CreatedTickets), day.tag(VIP, Measure::IncomingMessages)), (0, 1), "from when it carries the tag");
    assert_eq!((day.in_quarter(0, Measure::IncomingMessages), day.in_quarter(15, Measure::IncomingMessages)), (1, 1));
    for (group, kind) in [
        (GroupKind::Call, MessageKind::Voice),
        (GroupKind::Internal, MessageKind::Message),
        (GroupKind::OutgoingEmail, MessageKind::Status),
    ] {
        for author in [Actor::Agent(ANN), Actor::Customer(CUSTOMER), Actor::System] {
            let odd = History::default().at(0, begun(Channel::Form, Status::New)).at(1, message(None, group, kind, author));
            let wrong = odd.account(Measure::Answers) + odd.account(Measure::IncomingMessages) + odd.account(Measure::Notes);
            assert_eq!(wrong, 0, "{group:?} {kind:?} {author:?}");
        }
    }
}

#[test]
fn a_ticket_counts_as_created_once_it_is_initialised_and_by_him_who_spoke_first() {
    let init = History::default().at(0, begun(Channel::Facebook, Status::Init));
    assert_eq!(init.account(Measure::CreatedTickets), 0);
    let init = init.at(20, status(Status::Init, Status::New, Actor::Customer(CUSTOMER)));
    assert_eq!((init.account(Measure::CreatedTickets), init.in_quarter(15, Measure::CreatedTickets)), (1, 1));
    let init = init.at(30, status(Status::New, Status::Answered, Actor::Agent(ANN)));
    assert_eq!(init.account(Measure::NewAnswerTime), 10 * MINUTE);

    let own = History::default()
        .at(0, begun(Channel::Email, Status::New))
        .at(0, assigned(SALES, Some(ANN)))
        .at(0, written(GroupKind::OutgoingEmail, Actor::Agent(ANN)))
        .at(9, written(GroupKind::OutgoingEmail, Actor::Agent(BEN)));
    assert_eq!((own.agent(ANN, Measure::CreatedTickets), own.agent(BEN, Measure::CreatedTickets)), (1, 0));
    assert_eq!((own.account(Measure::CreatedTickets), own.account(Measure::Answers)), (1, 2));
    let late = History::default()
        .at(0, begun(Channel::Email, Status::Init))
        .at(1, written(GroupKind::OutgoingEmail, Actor::Agent(ANN)))
        .at(40, status(Status::Init, Status::New, Actor::Agent(BEN)));
    assert_eq!((late.agent(ANN, Measure::CreatedTickets), late.in_quarter(30, Measure::CreatedTickets)), (1, 1));
    let asked = History::default()
        .at(0, begun(Channel::Email, Status::New))
        .at(0, written(GroupKind::IncomingEmail, Actor::Customer(CUSTOMER)))
        .at(1, written(GroupKind::OutgoingEmail, Actor::Agent(ANN)));
    assert_eq!(asked.agent(ANN, Measure::CreatedTickets), 0);
}

/// Business hours from ten to five in Berlin, which is an hour ahead: the customer writes at nine (ten there), on the Friday before after they
/// were over.
pub(super) fn with_level() -> History {
    let calendar = "Europe/Berlin; mon 10:00-17:00; fri 10:00-17:00".to_owned();
    let changed = SlaEvent::LevelChanged { level: LEVEL, name: "Gold".to_owned(), calendar, removed: false };
    let friday = -(2 * 24 + 16) * 60;
    History::default()
        .at(friday - 1, Event::Sla(changed))
        .at(friday, begun(Channel::Email, Status::New))
        .at(friday, Event::Sla(SlaEvent::LevelSet { conversation: TICKET, level: Some(LEVEL), by: Actor::System }))
        .at(10, status(Status::New, Status::Answered, Actor::Agent(ANN)))
        .at(10, assigned(SALES, Some(ANN)))
        .at(11, status(Status::Answered, Status::Open, Actor::Customer(CUSTOMER)))
        .at(31, status(Status::Open, Status::Answered, Actor::Agent(ANN)))
        .at(40, status(Status::Answered, Status::Resolved, Actor::Agent(ANN)))
}

#[test]
fn business_hours_of_the_level() {
    let day = with_level();
    let friday = (2 * 24 + 16) * 60;
    assert_eq!(day.account(Measure::NewAnswerTime), (friday + 10) * MINUTE);
    assert_eq!(day.account(Measure::NewAnswerTimeSla), 10 * MINUTE, "the desk opened at nine o'clock of ours");
    assert_eq!(day.account(Measure::NextAnswerTimeSla), 20 * MINUTE);
    assert_eq!(day.account(Measure::FirstAssignTimeSla), 10 * MINUTE);
    assert_eq!(day.account(Measure::FirstResolveTimeSla), 40 * MINUTE);
    // A level that is taken away keeps its hours; one that is taken from the conversation does not count any more.
    let removed = SlaEvent::LevelChanged { level: LEVEL, name: String::new(), calendar: String::new(), removed: true };
    let mut history = with_level();
    history.0.insert(3, (0, Event::Sla(removed)));
    assert_eq!(history.account(Measure::NewAnswerTimeSla), 10 * MINUTE);
    history.0.insert(4, (0, Event::Sla(SlaEvent::LevelSet { conversation: TICKET, level: None, by: Actor::System })));
    assert_eq!(history.account(Measure::NewAnswerTimeSla), (friday + 10) * MINUTE);
}

#[test]
fn a_tag_is_the_same_under_a_new_name() {
    let after = |second: Event| {
        History::default()
            .at(0, tag(VIP, "vip", false))
            .at(0, tag(TagId::from_i64(50_001), "new", false))
            .at(0, begun(Channel::Form, Status::New))
            .at(1, tagged(&[], &["vip", "new"], Actor::Agent(ANN)))
            .at(2, tag(VIP, "important", false))
            // Another tag takes the name that is free before the conversation is told.
            .at(3, tag(TagId::from_i64(50_002), "vip", false))
            .at(4, second)
            .at(5, written(GroupKind::Offline, Actor::Customer(CUSTOMER)))
    };
    let renamed = after(tagged(&["vip", "new"], &["important", "new"], Actor::System));
    assert_eq!(renamed.tag(VIP, Measure::IncomingMessages), 1);
    assert_eq!(renamed.tag(TagId::from_i64(50_002), Measure::IncomingMessages), 0);
    let removed = after(tagged(&["vip", "new"], &["new"], Actor::System));
    assert_eq!((removed.tag(VIP, Measure::IncomingMessages), removed.tag(TagId::from_i64(50_001), Measure::IncomingMessages)), (0, 1));
    let chosen = after(tagged(&["important", "new"], &["vip", "new"], Actor::System));
    assert_eq!(chosen.tag(VIP, Measure::IncomingMessages), 0, "one tag for another is no new name");
    assert_eq!(chosen.tag(TagId::from_i64(50_002), Measure::IncomingMessages), 1);
}

#[test]
fn tags_that_are_told_by_their_ids_need_no_names() {
    let told = Event::TagsChanged {
        conversation: TICKET,
        chat: None,
        before: Vec::new(),
        after: vec!["some name".to_owned()],
        by: Actor::System,
        tags: Some(vec![VIP]),
    };
    let day = History::default().at(0, begun(Channel::Form, Status::New)).at(1, told);
    let day = day.at(2, written(GroupKind::Offline, Actor::Customer(CUSTOMER)));
    assert_eq!(day.tag(VIP, Measure::IncomingMessages), 1);
}

#[test]
fn what_is_deleted_or_merged_stays_counted() {
    let day = day().at(70, status(Status::Resolved, Status::Deleted, Actor::Agent(ANN)));
    let into = ConversationId::from_i64(80_000_000_099);
    let day = day.at(71, Event::ConversationMerged { conversation: TICKET, into, by: Actor::Agent(ANN) });
    assert_eq!((day.account(Measure::CreatedTickets), day.account(Measure::Answers), day.account(Measure::ResolvedTickets)), (1, 1, 2));
}

#[test]
fn of_a_conversation_that_began_before_the_journal_no_times_are_counted() {
    let late = History::default()
        .at(0, status(Status::New, Status::Answered, Actor::Agent(ANN)))
        .at(0, assigned(SALES, Some(ANN)))
        .at(0, written(GroupKind::OutgoingEmail, Actor::Agent(ANN)));
    assert_eq!((late.account(Measure::NewAnswers), late.account(Measure::FirstAssigns)), (0, 0));
    assert_eq!((late.account(Measure::Answers), late.agent(ANN, Measure::Answers)), (1, 1), "what was said is known");
}
