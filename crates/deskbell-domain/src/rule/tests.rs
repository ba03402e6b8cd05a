use super::*;
use crate::agent::AgentStatus;
use crate::calendar::Calendar;
use crate::chat::{EndReason, Rating};
use crate::conversation::{Channel, Status};
use crate::event::Event;
use crate::field::FieldOwner;
use crate::ids::{AgentId, ChatId, CompanyId, ConversationId, CustomerGroupId, CustomerId, DepartmentId, GroupId, MessageId, SlaItemId};
use crate::ids::{SlaLevelId, VisitId};
use crate::message::{Actor, GroupKind, MessageKind};
use crate::sla::{Goal, SlaEvent};
use crate::time::Timestamp;
use crate::trigger::{Case, Pattern};

const CONVERSATION: ConversationId = ConversationId::from_i64(7);
const CUSTOMER: CustomerId = CustomerId::from_i64(8);
const ANN: AgentId = AgentId::from_i64(9);
const BOB: AgentId = AgentId::from_i64(10);
const SALES: DepartmentId = DepartmentId::from_i64(11);
const ACME: CompanyId = CompanyId::from_i64(12);
const VIPS: CustomerGroupId = CustomerGroupId::from_i64(13);

/// A conversation of which all is known.
struct Known {
    now: i64,
    happening: Option<Happening>,
    created: i64,
    status_changed: i64,
    last_message: Option<i64>,
    /// Started and due.
    dues: &'static [(i64, i64)],
}

const KNOWN: Known =
    Known { now: 10_000, happening: None, created: 1_000, status_changed: 4_000, last_message: Some(6_000), dues: &[(2_000, 12_000)] };

impl Facts for Known {
    type Error = std::convert::Infallible;

    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.now)
    }

    fn happening(&self) -> Option<&Happening> {
        self.happening.as_ref()
    }

    fn status(&self) -> Status {
        Status::Open
    }

    fn channel(&self) -> Channel {
        Channel::Form
    }

    fn department(&self) -> DepartmentId {
        SALES
    }

    fn assigned(&self) -> Option<AgentId> {
        None
    }

    fn subject(&self) -> &str {
        "Where is my ORDER?"
    }

    fn created(&self) -> Timestamp {
        Timestamp::from_seconds(self.created)
    }

    fn tags(&mut self) -> Result<Vec<String>, Self::Error> {
        Ok(vec!["order".to_owned(), "late".to_owned()])
    }

    fn customers_text(&mut self) -> Result<String, Self::Error> {
        Ok("It never came.".to_owned())
    }

    fn customer_name(&mut self) -> Result<String, Self::Error> {
        Ok("Carla Miller".to_owned())
    }

    fn customer_email(&mut self) -> Result<Option<String>, Self::Error> {
        Ok(Some("carla@Shop.Example".to_owned()))
    }

    fn customer_groups(&mut self) -> Result<Vec<CustomerGroupId>, Self::Error> {
        Ok(vec![VIPS])
    }

    fn language(&mut self) -> Result<String, Self::Error> {
        Ok("de-AT,de;q=0.8,en;q=0.5".to_owned())
    }

    fn referrer(&mut self) -> Result<String, Self::Error> {
        Ok("https://Search.test/?q=tents".to_owned())
    }

    fn page(&mut self) -> Result<String, Self::Error> {
        Ok("https://shop.example/checkout/".to_owned())
    }

    fn agent_status(&mut self) -> Result<AgentStatus, Self::Error> {
        Ok(AgentStatus::INVISIBLE)
    }

    fn company(&mut self) -> Result<Option<CompanyId>, Self::Error> {
        Ok(Some(ACME))
    }

    fn field_owners(&self) -> [FieldOwner; 2] {
        [FieldOwner::Conversation(CONVERSATION), FieldOwner::Customer(CUSTOMER)]
    }

    fn field(&mut self, owner: FieldOwner, code: &str) -> Result<Vec<String>, Self::Error> {
        Ok(match (owner, code) {
            (FieldOwner::Conversation(_), "plan") => vec!["Gold".to_owned(), "Silver".to_owned()],
            (FieldOwner::Customer(_), "blank") => vec![" ".to_owned()],
            _ => Vec::new(),
        })
    }

    fn status_changed(&mut self) -> Result<Timestamp, Self::Error> {
        Ok(Timestamp::from_seconds(self.status_changed))
    }

    fn last_message(&mut self) -> Result<Option<Timestamp>, Self::Error> {
        Ok(self.last_message.map(Timestamp::from_seconds))
    }

    fn dues(&mut self) -> Result<Vec<Due>, Self::Error> {
        let due = |(started, at): &(i64, i64)| Due { started: Timestamp::from_seconds(*started), at: Timestamp::from_seconds(*at) };
        Ok(self.dues.iter().map(due).collect())
    }
}

fn judge(conditions: &[&[&Condition]], mut known: Known) -> Verdict {
    let clause = |condition: &&Condition| Clause { condition: (*condition).clone(), negated: false };
    let Ok(verdict) = Conditions(conditions.iter().map(|group| group.iter().map(clause).collect()).collect()).judge(&mut known);
    verdict
}

fn holds(condition: &Condition, known: Known) -> bool {
    judge(&[&[condition]], known).holds()
}

fn contains(text: &str) -> TextTest {
    TextTest::Contains(text.to_owned())
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn what_holds_of_a_conversation() {
    use Condition as C;
    let pattern = |source: &str| TextTest::Matches(Pattern::within(source, Case::Counts).unwrap());
    for (condition, wanted) in [
        (C::Status(vec![Status::New, Status::Open]), true),
        (C::Status(vec![Status::New]), false),
        (C::Channel(vec![Channel::Form]), true),
        (C::Channel(vec![]), false),
        (C::Department(vec![SALES]), true),
        (C::Department(vec![DepartmentId::DEFAULT]), false),
        (C::Agent(vec![None]), true),
        (C::Agent(vec![Some(ANN)]), false),
        (C::Tag(texts(&["late", "other"])), true),
        (C::Tag(texts(&["Late"])), false),
        (C::Subject(contains("order")), true),
        (C::Subject(pattern("ORDER|refund")), true),
        (C::Subject(pattern("order|refund")), false),
        (C::Subject(pattern("^ORDER")), false),
        (C::Text(contains("never CAME")), false),
        (C::Text(contains("never came")), true),
        (C::CustomerName(contains("miller")), true),
        (C::CustomerEmail(contains("@shop")), true),
        (C::CustomerDomain(texts(&["shop.example"])), true),
        (C::CustomerDomain(texts(&["example"])), false),
        (C::CustomerDomain(texts(&["*.example"])), true),
        (C::CustomerDomain(texts(&["*.shop.example"])), true),
        (C::CustomerDomain(texts(&["*.op.example"])), false),
        (C::Language(texts(&["fr", "de"])), true),
        (C::Language(texts(&["de-at"])), true),
        (C::Language(texts(&["d"])), false),
        (C::Language(texts(&["en"])), false),
        (C::Referrer(contains("search.test")), true),
        (C::Referrer(TextTest::AnyOf(vec![contains("boats"), contains("TENTS"), contains("tents")])), true),
        (C::Referrer(TextTest::AnyOf(vec![contains("boats")])), false),
        (C::Page(contains("/checkout/")), true),
        (C::Page(contains("/cart/")), false),
        // Who hides takes no chats, as far as others can tell; tickets he does.
        (C::AgentStatus(vec![Online::Tickets]), true),
        (C::AgentStatus(vec![Online::Chat, Online::Phone, Online::Nothing]), false),
        (C::CustomerGroup(vec![VIPS]), true),
        (C::CustomerGroup(vec![CustomerGroupId::from_i64(99)]), false),
        (C::Company(vec![Some(ACME)]), true),
        (C::Company(vec![None]), false),
        (C::ConversationField("plan".to_owned(), FieldTest::Is("Silver".to_owned())), true),
        (C::ConversationField("plan".to_owned(), FieldTest::Is("gold".to_owned())), false),
        (C::ConversationField("plan".to_owned(), FieldTest::Has(contains("gold"))), true),
        (C::ConversationField("none".to_owned(), FieldTest::Filled), false),
        (C::CustomerField("blank".to_owned(), FieldTest::Filled), false),
        // Nothing happened: a time rule looks.
        (C::Event(vec![RuleEvent::Rated]), false),
        (C::By(vec![Who::System]), false),
        (C::StatusBefore(vec![Status::Open]), false),
        (C::TagAdded(texts(&["late"])), false),
        (C::Rating(vec![Rating::Good]), false),
    ] {
        assert_eq!(holds(&condition, KNOWN), wanted, "{condition:?}");
    }
}

#[test]
fn what_holds_of_what_happened() {
    use Condition as C;
    let happening = |event: &Event| Happening::of(event).unwrap();
    let tagged = happening(&Event::TagsChanged {
        conversation: CONVERSATION,
        chat: None,
        before: texts(&["order", "old"]),
        after: texts(&["order", "late"]),
        by: Actor::Agent(ANN),
        tags: None,
    });
    assert_eq!((&tagged.tags_added, &tagged.tags_removed), (&texts(&["late"]), &texts(&["old"])));
    let changed =
        happening(&Event::StatusChanged { conversation: CONVERSATION, from: Status::Answered, to: Status::Open, by: Actor::System });
    let rated = happening(&Event::ChatRated {
        chat: ChatId::from_i64(1),
        conversation: CONVERSATION,
        department: SALES,
        rating: Some(Rating::Bad),
        previous: None,
        comment: Some("too slow".to_owned()),
    });
    let written = happening(&message(Actor::Customer(CUSTOMER), MessageKind::Message, GroupKind::IncomingEmail));
    for (happening, condition, wanted) in [
        (&tagged, C::TagAdded(texts(&["late"])), true),
        (&tagged, C::TagAdded(texts(&["order"])), false),
        (&tagged, C::TagRemoved(texts(&["old"])), true),
        (&tagged, C::By(vec![Who::AnyAgent]), true),
        (&tagged, C::By(vec![Who::Agent(ANN)]), true),
        (&tagged, C::By(vec![Who::Agent(BOB), Who::Customer, Who::System]), false),
        (&tagged, C::Event(vec![RuleEvent::Rated, RuleEvent::TagsChanged]), true),
        (&changed, C::StatusBefore(vec![Status::Answered]), true),
        (&changed, C::By(vec![Who::System]), true),
        (&changed, C::Text(contains("never came")), true),
        (&rated, C::Rating(vec![Rating::Bad]), true),
        (&rated, C::Rating(vec![Rating::Good]), false),
        (&rated, C::Text(contains("slow")), true),
        (&written, C::Text(contains("hello")), true),
        (&written, C::Text(contains("never came")), false),
        (&written, C::By(vec![Who::Customer]), true),
    ] {
        let known = Known { happening: Some(happening.clone()), ..KNOWN };
        assert_eq!(holds(&condition, known), wanted, "{condition:?} of {happening:?}");
    }
}

fn message(author: Actor, kind: MessageKind, group_kind: GroupKind) -> Event {
    Event::MessageAdded {
        conversation: CONVERSATION,
        chat: None,
        group: GroupId::from_i64(1),
        group_kind,
        message: MessageId::from_i64(1),
        kind,
        author,
        author_name: String::new(),
        text: "Hello there".to_owned(),
        attachment: None,
        key: None,
    }
}

#[test]
fn what_rules_listen_to() {
    let (chat, agent, customer) = (ChatId::from_i64(1), Actor::Agent(ANN), Actor::Customer(CUSTOMER));
    let ended = |missed| Event::ChatEnded {
        chat,
        conversation: CONVERSATION,
        department: SALES,
        reason: EndReason::Agent,
        by: agent,
        missed,
        dropped: false,
    };
    let breached = SlaEvent::Breached {
        conversation: CONVERSATION,
        item: SlaItemId::from_i64(1),
        goal: Goal::NextAnswer,
        level: SlaLevelId::from_i64(1),
        due: Timestamp::EPOCH,
    };
    for (event, wanted) in [
        (message(customer, MessageKind::Message, GroupKind::Offline), Some(RuleEvent::CustomerMessage)),
        (message(customer, MessageKind::File, GroupKind::Chat), Some(RuleEvent::CustomerMessage)),
        (message(agent, MessageKind::Message, GroupKind::Chat), Some(RuleEvent::AgentMessage)),
        (message(agent, MessageKind::Note, GroupKind::Internal), Some(RuleEvent::NoteAdded)),
        // What the desk says by itself is no message of anybody.
        (message(Actor::System, MessageKind::Message, GroupKind::Chat), None),
        (message(agent, MessageKind::Message, GroupKind::Internal), None),
        (message(agent, MessageKind::Status, GroupKind::Resolve), None),
        (ended(true), Some(RuleEvent::ChatMissed)),
        (ended(false), Some(RuleEvent::ChatEnded)),
        (Event::Sla(breached), Some(RuleEvent::SlaBreached)),
        (Event::ReadMarked { conversation: CONVERSATION, by: agent, message: MessageId::from_i64(1) }, None),
        (Event::VisitStarted { visit: VisitId::from_i64(1), customer: CUSTOMER }, None),
    ] {
        assert_eq!(Happening::of(&event).map(|happening| happening.event), wanted, "{event:?}");
    }
}

#[test]
fn waits_and_what_they_wait_for() {
    let at = Timestamp::from_seconds;
    let time = |test, seconds| Condition::Time(test, seconds);
    let fails = |until: Option<i64>| Verdict::Fails { until: until.map(at) };
    let holds = |since: i64, until: Option<i64>| Verdict::Holds { since: Some(at(since)), until: until.map(at) };
    for (condition, verdict) in [
        (time(TimeTest::CreatedMoreThan, 9_000), holds(10_000, None)),
        (time(TimeTest::CreatedMoreThan, 9_001), fails(Some(10_001))),
        (time(TimeTest::StatusChangedMoreThan, 5_000), holds(9_000, None)),
        (time(TimeTest::LastMessageMoreThan, 5_000), fails(Some(11_000))),
        (time(TimeTest::DueInLessThan, 1_000), fails(Some(11_000))),
        (time(TimeTest::DueInLessThan, 3_000), holds(9_000, Some(12_000))),
        (time(TimeTest::OverdueByMoreThan, 0), fails(Some(12_000))),
    ] {
        assert_eq!(judge(&[&[&condition]], KNOWN), verdict, "{condition:?}");
    }
    let overdue = Known { now: 13_000, ..KNOWN };
    assert_eq!(judge(&[&[&time(TimeTest::DueInLessThan, 3_000)]], overdue), fails(None), "it is overdue");
    for test in [TimeTest::DueInLessThan, TimeTest::OverdueByMoreThan, TimeTest::LastMessageMoreThan] {
        let nothing = Known { dues: &[], last_message: None, ..KNOWN };
        assert_eq!(judge(&[&[&time(test, 60)]], nothing), fails(None), "{test:?} of nothing");
    }
}

#[test]
fn each_due_time_is_waited_for() {
    let at = Timestamp::from_seconds;
    let fails = |until: Option<i64>| Verdict::Fails { until: until.map(at) };
    let holds = |since: i64, until: Option<i64>| Verdict::Holds { since: Some(at(since)), until: until.map(at) };
    let (soon, overdue) = (Condition::Time(TimeTest::DueInLessThan, 100), Condition::Time(TimeTest::OverdueByMoreThan, 50));
    // The third one starts when little is left until it is due.
    let dues: &[(i64, i64)] = &[(0, 1_000), (0, 1_060), (1_450, 1_500)];
    for (now, wanted_soon, wanted_overdue) in [
        (800, fails(Some(900)), fails(Some(1_050))),
        (900, holds(900, Some(960)), fails(Some(1_050))),
        (960, holds(960, Some(1_000)), fails(Some(1_050))),
        (1_000, holds(960, Some(1_060)), fails(Some(1_050))),
        (1_060, fails(Some(1_450)), holds(1_050, Some(1_110))),
        (1_200, fails(Some(1_450)), holds(1_110, Some(1_550))),
        (1_460, holds(1_450, Some(1_500)), holds(1_110, Some(1_550))),
        (1_600, fails(None), holds(1_550, None)),
    ] {
        let known = || Known { now, dues, ..KNOWN };
        assert_eq!(judge(&[&[&soon]], known()), wanted_soon, "soon, at {now}");
        assert_eq!(judge(&[&[&overdue]], known()), wanted_overdue, "overdue, at {now}");
    }
}

#[test]
fn groups() {
    let at = Timestamp::from_seconds;
    let (yes, no) = (Condition::Status(vec![Status::Open]), Condition::Status(vec![Status::New]));
    let older = |seconds| Condition::Time(TimeTest::CreatedMoreThan, seconds);
    let (old, older_yet) = (older(1_000), older(8_000));
    let fails = |until: Option<i64>| Verdict::Fails { until: until.map(at) };
    let holds = |since: Option<i64>| Verdict::Holds { since: since.map(at), until: None };
    for (conditions, verdict) in [
        (&[][..], holds(None)),
        (&[&[&yes, &no][..]], fails(None)),
        (&[&[&no], &[&yes]], holds(None)),
        // All of a group wait; the first of the groups that hold counts, wherever it stands.
        (&[&[&old, &older_yet]], holds(Some(9_000))),
        (&[&[&older_yet], &[&old]], holds(Some(2_000))),
        (&[&[&old], &[&older_yet]], holds(Some(2_000))),
        (&[&[&yes], &[&old]], holds(None)),
        // What fails whatever the time hides what waits.
        (&[&[&no, &older(9_999)]], fails(None)),
        (&[&[&yes, &older(9_999)], &[&older(9_500)]], fails(Some(10_500))),
    ] {
        assert_eq!(judge(conditions, KNOWN), verdict, "{conditions:?}");
    }
    let negated = |condition: Condition| {
        let Ok(verdict) = Conditions(vec![vec![Clause { condition, negated: true }]]).judge(&mut Known { ..KNOWN });
        verdict
    };
    assert_eq!(negated(yes), fails(None));
    assert_eq!(negated(older(9_999)), Verdict::Holds { since: None, until: Some(at(10_999)) });
    assert_eq!(negated(older(10)), fails(None));
}

#[test]
fn business_hours_turn() {
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
    let hours = Condition::Hours(Calendar::parse("Europe/Berlin; mon 09:00-17:00").unwrap());
    let (before, noon) = (at("2026-01-05T07:00:00Z"), at("2026-01-05T11:00:00Z"));
    let opens = Timestamp::from_seconds(at("2026-01-05T08:00:00Z"));
    let closes = Timestamp::from_seconds(at("2026-01-05T16:00:00Z"));
    assert_eq!(judge(&[&[&hours]], Known { now: before, ..KNOWN }), Verdict::Fails { until: Some(opens) });
    assert_eq!(judge(&[&[&hours]], Known { now: noon, ..KNOWN }), Verdict::Holds { since: None, until: Some(closes) });
}

#[test]
fn texts_with_placeholders() {
    let fill = |text: &str| {
        Template::parse(text).map(|template| {
            let Ok(text) = template.fill(|placeholder| Ok::<_, std::convert::Infallible>(format!("<{}>", placeholder.text())));
            text
        })
    };
    for (text, wanted) in [
        ("Hello {{customer.name}}!", "Hello <customer.name>!"),
        ("{{ conversation.code }}{{agent.name}}", "<conversation.code><agent.name>"),
        ("no braces", "no braces"),
        ("", ""),
        ("an open {{customer.name", "an open {{customer.name"),
        ("{customer.name}", "{customer.name}"),
    ] {
        assert_eq!(fill(text).as_deref(), Ok(wanted), "{text}");
    }
    assert_eq!(fill("{{customer.password}}"), Err(UnknownPlaceholder("customer.password".to_owned())));
    assert_eq!(fill("{{}}"), Err(UnknownPlaceholder(String::new())));
    assert_eq!(fill("{{{{customer.name}}"), Err(UnknownPlaceholder("{{customer.name".to_owned())));
}
