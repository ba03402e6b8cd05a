//! Every kind of event reads back, and what was stored stays readable.

use super::*;
use proptest::prelude::*;

fn actor() -> impl Strategy<Value = Actor> {
    prop_oneof![
        Just(Actor::System),
        any::<i64>().prop_map(|id| Actor::Agent(AgentId::from_i64(id))),
        any::<i64>().prop_map(|id| Actor::Customer(CustomerId::from_i64(id))),
    ]
}
use proptest::strategy::Strategy;

fn one_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    (0..all.len()).prop_map(|index| all[index])
}

/// An event of each kind, from one handful of values.
fn of_each_kind(seed: &Seed) -> Vec<Event> {
    let Seed { n, text, words, actor, flag, optional, status, kind, group_kind, strategy, reason } = seed.clone();
    let agent = AgentId::from_i64(n);
    let (chat, conversation) = (ChatId::from_i64(n ^ 1), ConversationId::from_i64(n ^ 2));
    let (customer, department) = (CustomerId::from_i64(n ^ 3), DepartmentId::from_i64(n ^ 4));
    let (visit, engagement, offer) = (VisitId::from_i64(n ^ 5), EngagementId::from_i64(n ^ 6), OfferId::from_i64(n ^ 7));
    let state = ChatState::ALL[n.unsigned_abs() as usize % ChatState::ALL.len()];
    let start = EngagementStart::ALL[n.unsigned_abs() as usize % EngagementStart::ALL.len()];
    let outcome = OfferOutcome::ALL[n.unsigned_abs() as usize % OfferOutcome::ALL.len()];
    let channel = Channel::ALL[n.unsigned_abs() as usize % Channel::ALL.len()];
    let started_by = StartedBy::ALL[n.unsigned_abs() as usize % StartedBy::ALL.len()];
    let attachment =
        flag.then(|| Attachment { file: text.clone(), name: text.clone(), content_type: "a/b".into(), bytes: n.unsigned_abs() / 2 });
    let rating = flag.then_some(Rating::Bad);
    let bits = AgentStatus::from_bits(n as u8);
    let visitor = flag.then(|| VisitorId::from_i64(n));
    vec![
        Event::AgentChanged {
            agent,
            email: text.clone(),
            name: text.clone(),
            role: Role::ALL[n.unsigned_abs() as usize % 3],
            slots: n as u16,
            enabled: flag,
        },
        Event::AgentStatusChanged { agent, preset: bits, online: AgentStatus::OFFLINE },
        Event::DepartmentChanged { department, name: text.clone(), strategy, enabled: flag },
        Event::MembershipChanged { department, agent, member: flag },
        Event::CustomerChanged { customer, name: text.clone(), email: optional.clone(), phone: text.clone() },
        Event::BanChanged { customer: flag.then_some(customer), address: optional.clone(), banned: flag },
        Event::VisitStarted { visit, customer },
        Event::PageViewed { visit, customer, url: text.clone(), title: text.clone() },
        Event::ConversationStarted {
            conversation,
            customer,
            customer_name: text.clone(),
            visitor,
            department,
            channel,
            status,
            subject: text.clone(),
            by: flag.then_some(actor),
        },
        Event::StatusChanged { conversation, from: status, to: Status::Resolved, by: actor },
        Event::Assigned { conversation, department, agent: flag.then_some(agent), by: actor },
        Event::MessageAdded {
            conversation,
            chat: flag.then_some(chat),
            group: GroupId::from_i64(n),
            group_kind,
            message: MessageId::from_i64(n),
            kind,
            author: actor,
            author_name: text.clone(),
            text: text.clone(),
            attachment,
            key: optional.clone(),
        },
        Event::TagsChanged {
            conversation,
            chat: None,
            before: words.clone(),
            after: Vec::new(),
            by: actor,
            tags: flag.then(|| vec![TagId::from_i64(50_000)]),
        },
        Event::ReadMarked { conversation, by: actor, message: MessageId::from_i64(n) },
        Event::ChatRequested {
            chat,
            conversation,
            customer,
            customer_name: text.clone(),
            visit: flag.then_some(visit),
            department,
            started_by,
            priority: n as i16,
        },
        Event::ChatOffered { chat, conversation, offer, agent, expires: Timestamp::from_micros(n), state },
        Event::OfferClosed { chat, conversation, offer, agent, outcome, state },
        Event::ChatJoined { chat, conversation, agent, agent_name: text.clone(), engagement, start },
        Event::ChatLeft { chat, conversation, agent, agent_name: text.clone(), engagement, state },
        Event::ChatTransferred { chat, conversation, from: department, department, agent: flag.then_some(agent), by: actor, state },
        Event::ChatEnded { chat, conversation, department, reason, by: actor, missed: flag, dropped: !flag },
        Event::ChatRated { chat, conversation, department, rating, previous: None, comment: optional },
        Event::SettingsChanged { slots_for_all: flag.then_some(n as u16) },
        Event::CustomerRemoved { customer: CustomerId::from_i64(383_486_450_414) },
        Event::TagChanged { tag: TagId::from_i64(46_656), name: "VIP".to_owned(), removed: false },
        Event::CustomerGroupChanged { group: CustomerGroupId::from_i64(46_657), name: "Partners".to_owned(), removed: true },
        Event::CompanyChanged { company: CompanyId::from_i64(383_486_450_415), name: "Company \"Co.\"".to_owned(), removed: false },
        Event::KnowledgeBaseChanged { base: KnowledgeBaseId::DEFAULT, name: "Help".to_owned(), removed: false },
        Event::KnowledgeEntryChanged { base: KnowledgeBaseId::DEFAULT, entry: KnowledgeEntryId::from_i64(15), removed: true },
        Event::WidgetChanged { widget: WidgetId::from_i64(383_486_450_416), name: String::new(), removed: false },
        Event::FieldsChanged { conversation: ConversationId::from_i64(383_486_450_417), by: Actor::System },
        Event::ConversationMerged {
            conversation: ConversationId::from_i64(383_486_450_417),
            into: ConversationId::from_i64(383_486_450_418),
            by: Actor::Agent(AgentId::from_i64(383_486_450_419)),
        },
        Event::SkillChanged { skill: SkillId::from_i64(383_486_450_420), name: "French".to_owned(), removed: false },
        Event::SkillsRequested { chat, conversation, skills: vec![SkillId::from_i64(n), SkillId::from_i64(n ^ 1)], by: actor },
        Event::ChatMarked { chat: flag.then_some(chat), conversation, unread: flag, by: actor },
        Event::GoalChanged { goal: GoalId::from_i64(383_486_450_421), name: "Order".to_owned(), removed: true },
        Event::ConversionRecorded {
            conversion: ConversionId::from_i64(n),
            goal: GoalId::from_i64(n ^ 9),
            goal_name: text.clone(),
            visit,
            customer,
            chat: flag.then_some(chat),
        },
        Event::TriggerChanged { trigger: TriggerId::from_i64(383_486_450_422), name: "Hello".to_owned(), removed: false },
        Event::TriggerFired {
            trigger: TriggerId::from_i64(n ^ 10),
            trigger_name: text.clone(),
            visit,
            visitor: VisitorId::from_i64(n ^ 11),
            customer,
            chat: flag.then_some(chat),
            speaker: flag.then(|| text.clone()),
            greeting: flag.then(|| text.clone()),
        },
        Event::ShortcutChanged { shortcut: ShortcutId::from_i64(383_486_450_423), name: "hi".to_owned(), removed: false },
        Event::OauthClientChanged { client: OauthClientId::from_i64(383_486_450_424), name: "Tap".to_owned(), removed: true },
    ]
    .into_iter()
    .chain(of_calls(seed).into_iter().map(Event::Call))
    .chain(of_levels(seed).into_iter().map(Event::Sla))
    .chain(of_rules(seed).into_iter().map(Event::Automation))
    .collect()
}

fn of_calls(seed: &Seed) -> Vec<CallEvent> {
    let Seed { n, actor, flag, .. } = seed.clone();
    let (call, conversation, agent) = (CallId::from_i64(n), ConversationId::from_i64(n ^ 2), AgentId::from_i64(n ^ 3));
    let (ring, leg, department) = (RingId::from_i64(n ^ 4), CallLegId::from_i64(n ^ 5), DepartmentId::from_i64(n ^ 6));
    let place = n.unsigned_abs() as usize;
    let state = CallState::ALL[place % CallState::ALL.len()];
    let direction = Direction::ALL[place % Direction::ALL.len()];
    let started = CallEvent::Started {
        call,
        conversation,
        group: GroupId::from_i64(n ^ 7),
        direction,
        customer: CustomerId::from_i64(n ^ 8),
        caller: flag.then_some(agent),
        department,
    };
    let outcome = OfferOutcome::ALL[place % OfferOutcome::ALL.len()];
    let ended = CallOutcome::ALL[place % CallOutcome::ALL.len()];
    let from = DepartmentId::from_i64(n ^ 9);
    vec![
        started,
        CallEvent::Rang { call, conversation, ring, agent, expires: Timestamp::from_micros(n), state },
        CallEvent::RingClosed { call, conversation, ring, agent, outcome, state },
        CallEvent::Answered { call, conversation, leg, agent, state },
        CallEvent::Held { call, conversation, leg, agent, held: flag },
        CallEvent::Left { call, conversation, leg, agent, state },
        CallEvent::Transferred { call, conversation, from, department, agent: flag.then_some(agent), by: actor, state },
        CallEvent::Ended { call, conversation, department, direction, outcome: ended, by: actor },
    ]
}

fn of_levels(seed: &Seed) -> Vec<SlaEvent> {
    let Seed { n, text, actor, flag, .. } = seed.clone();
    let (conversation, item, level) = (ConversationId::from_i64(n), SlaItemId::from_i64(n ^ 1), SlaLevelId::from_i64(n ^ 2));
    let (started, due) = (Timestamp::from_micros(n), Timestamp::from_micros(n ^ 3));
    let goal = Goal::ALL[n.unsigned_abs() as usize % Goal::ALL.len()];
    let (department, agent) = (DepartmentId::from_i64(n ^ 4), flag.then(|| AgentId::from_i64(n ^ 5)));
    vec![
        SlaEvent::LevelChanged { level, name: text.clone(), calendar: text, removed: flag },
        SlaEvent::LevelSet { conversation, level: flag.then_some(level), by: actor },
        SlaEvent::Started { conversation, item, goal, level, due: flag.then_some(due) },
        SlaEvent::DueMoved { conversation, item, due: flag.then_some(due) },
        SlaEvent::Breached { conversation, item, goal, level, due },
        SlaEvent::Closed { conversation, item, goal, level, started, due, department, agent },
        SlaEvent::Dropped { conversation, item },
    ]
}

fn of_rules(seed: &Seed) -> Vec<AutomationEvent> {
    let Seed { n, text, flag, .. } = seed.clone();
    let (conversation, name, removed) = (ConversationId::from_i64(n), text, flag);
    let (rule, time_rule) = (RuleId::from_i64(n ^ 1), TimeRuleId::from_i64(n ^ 2));
    let outcome = FiringOutcome::ALL[n.unsigned_abs() as usize % FiringOutcome::ALL.len()];
    vec![
        AutomationEvent::RuleChanged { rule, name: name.clone(), removed },
        AutomationEvent::TimeRuleChanged { rule: time_rule, name: name.clone(), removed },
        AutomationEvent::RuleFired { rule, name: name.clone(), conversation, outcome },
        AutomationEvent::TimeRuleFired { rule: time_rule, name, conversation, outcome },
        AutomationEvent::CannedMessageChanged { message: CannedMessageId::from_i64(n ^ 3), removed },
        AutomationEvent::PredefinedAnswerChanged { answer: PredefinedAnswerId::from_i64(n ^ 4), removed },
    ]
}

#[derive(Debug, Clone)]
struct Seed {
    n: i64,
    text: String,
    words: Vec<String>,
    actor: Actor,
    flag: bool,
    optional: Option<String>,
    status: Status,
    kind: MessageKind,
    group_kind: GroupKind,
    strategy: deskbell_domain::department::Strategy,
    reason: EndReason,
}

fn seeds() -> impl Strategy<Value = Seed> {
    (
        (any::<i64>(), any::<String>(), proptest::collection::vec(any::<String>(), 0..4), actor(), any::<bool>()),
        (proptest::option::of(any::<String>()), one_of(Status::ALL), one_of(MessageKind::ALL), one_of(GroupKind::ALL)),
        (one_of(deskbell_domain::department::Strategy::ALL), one_of(EndReason::ALL)),
    )
        .prop_map(|((n, text, words, actor, flag), (optional, status, kind, group_kind), (strategy, reason))| Seed {
            n,
            text,
            words,
            actor,
            flag,
            optional,
            status,
            kind,
            group_kind,
            strategy,
            reason,
        })
}

proptest! {
    #[test]
    fn every_kind_reads_back(seed in seeds()) {
        let events = of_each_kind(&seed);
        let kinds: Vec<&str> = events.iter().map(|event| encode(event).0).collect();
        prop_assert_eq!(&kinds, KINDS);
        for event in events {
            let (kind, body) = encode(&event);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok(), "{}", body);
            prop_assert_eq!(decode(kind, &body), Ok(event));
        }
    }
}

#[test]
fn what_is_stored_stays_readable() {
    let message = Event::MessageAdded {
        conversation: ConversationId::from_i64(1),
        chat: None,
        group: GroupId::from_i64(2),
        group_kind: GroupKind::Chat,
        message: MessageId::from_i64(3),
        kind: MessageKind::Message,
        author: Actor::Customer(CustomerId::from_i64(4)),
        author_name: "Zoë \"Z\"".to_owned(),
        text: "a\nb\u{1}".to_owned(),
        attachment: None,
        key: Some("k".to_owned()),
    };
    let (kind, body) = encode(&message);
    assert_eq!(kind, "MessageAdded");
    assert_eq!(
        body,
        r#"{"conversation":1,"chat":null,"group":2,"group_kind":"C","message":3,"kind":"M","author":"C:4","author_name":"Zoë \"Z\"","text":"a\nb\u0001","attachment":null,"key":"k"}"#
    );
}

#[test]
fn unreadable_entries_say_why() {
    for (kind, body, expected) in [
        ("Nonsense", "{}", "unknown kind of event: Nonsense"),
        ("VisitStarted", r#"{"visit":1}"#, "event of kind VisitStarted: field customer is missing or wrong"),
        ("VisitStarted", r#"{"visit":1,"customer":"2"}"#, "event of kind VisitStarted: field customer is missing or wrong"),
    ] {
        assert_eq!(decode(kind, body), Err(StoreError::Corrupt(expected.to_owned())));
    }
    assert!(matches!(decode("VisitStarted", "{"), Err(StoreError::Corrupt(_))));
    assert_eq!(
        decode("SettingsChanged", "{}"),
        Ok(Event::SettingsChanged { slots_for_all: None }),
        "as it was told before there were slots in it"
    );
    let older = r#"{"chat":1,"conversation":2,"department":3,"rating":"good","later_field":[1,{"a":null}]}"#;
    assert!(decode("ChatRated", older).is_ok(), "optional fields may be missing, unknown ones may be there");
    let older = r#"{"conversation":2,"customer":1,"customer_name":"Ann","department":3,"channel":"M","status":"N","subject":""}"#;
    assert!(
        matches!(decode("ConversationStarted", older), Ok(Event::ConversationStarted { by: None, .. })),
        "older programs did not say it"
    );
}
