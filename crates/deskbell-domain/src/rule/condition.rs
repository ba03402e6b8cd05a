//! What rules ask about a conversation: conditions in groups, any of which must hold whole.

use super::{Happening, RuleEvent};
use crate::agent::AgentStatus;
use crate::calendar::Calendar;
use crate::chat::Rating;
use crate::conversation::{Channel, Status};
use crate::field::FieldOwner;
use crate::ids::{AgentId, CompanyId, CustomerGroupId, DepartmentId};
use crate::message::Actor;
use crate::sla::Goal;
use crate::spelled;
use crate::time::Timestamp;
use crate::trigger::Pattern;

/// What is asked of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextTest {
    /// In lower case; capitals do not count.
    Contains(String),
    Matches(Pattern),
    /// One of these holds.
    AnyOf(Vec<TextTest>),
}

impl TextTest {
    pub fn holds(&self, text: &str) -> bool {
        match self {
            TextTest::Contains(part) => text.to_lowercase().contains(part),
            TextTest::Matches(pattern) => pattern.fits(text),
            TextTest::AnyOf(tests) => tests.iter().any(|test| test.holds(text)),
        }
    }
}

/// What is asked of the values that a custom field has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldTest {
    /// There is one that is not empty.
    Filled,
    /// One is this, to the letter.
    Is(String),
    Has(TextTest),
}

impl FieldTest {
    pub fn holds(&self, values: &[String]) -> bool {
        values.iter().any(|value| match self {
            FieldTest::Filled => !value.trim().is_empty(),
            FieldTest::Is(wanted) => value == wanted,
            FieldTest::Has(test) => test.holds(value),
        })
    }
}

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who {
    Customer,
    AnyAgent,
    Agent(AgentId),
    /// The desk itself: a rule, a trigger, the clock; or a program without a name.
    System,
}

impl Who {
    /// `None` is the conversation's customer.
    fn is(self, actor: Option<Actor>) -> bool {
        match (self, actor) {
            (Who::Customer, Some(Actor::Customer(_)) | None)
            | (Who::AnyAgent, Some(Actor::Agent(_)))
            | (Who::System, Some(Actor::System)) => true,
            (Who::Agent(wanted), Some(Actor::Agent(agent))) => wanted == agent,
            _ => false,
        }
    }
}

spelled! {
    /// Which channel is on, of an agent: LiveAgent's letters.
    pub enum Online {
        Tickets = "M",
        Phone = "P",
        Chat = "T",
        Nothing = "F",
    }
}

impl Online {
    fn is(self, status: AgentStatus) -> bool {
        let shown = status.shown();
        match self {
            Online::Tickets => shown.has(AgentStatus::TICKETS),
            Online::Phone => shown.takes_calls(),
            Online::Chat => shown.has(AgentStatus::CHAT),
            Online::Nothing => shown.is_offline(),
        }
    }
}

/// What is asked of time. Each comes with a number of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeTest {
    CreatedMoreThan,
    StatusChangedMoreThan,
    /// Since the customer or an agent wrote last.
    LastMessageMoreThan,
    /// Until a due time that has not passed. Each counts, and each by itself.
    DueInLessThan,
    /// Since a due time that passed; likewise.
    OverdueByMoreThan,
}

/// A due time of a clock that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// When the clock started: before, nothing was due.
    pub started: Timestamp,
    pub at: Timestamp,
}

/// One thing that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Event(Vec<RuleEvent>),
    By(Vec<Who>),
    Status(Vec<Status>),
    StatusBefore(Vec<Status>),
    Channel(Vec<Channel>),
    Department(Vec<DepartmentId>),
    /// Who is in charge; `None` is nobody.
    Agent(Vec<Option<AgentId>>),
    /// It has one of these tags.
    Tag(Vec<String>),
    TagAdded(Vec<String>),
    TagRemoved(Vec<String>),
    Subject(TextTest),
    /// What was written; where nothing was, what the customer wrote last.
    Text(TextTest),
    CustomerName(TextTest),
    CustomerEmail(TextTest),
    /// What stands behind the @ of his address, in lower case; `*.` before it is the domain and all below it.
    CustomerDomain(Vec<String>),
    /// The first language of his browser, else his own, in lower case: `de` also stands for `de-at`.
    Language(Vec<String>),
    /// The page that led to the site.
    Referrer(TextTest),
    /// The page of the site that was opened last.
    Page(TextTest),
    /// What is on for the agent in charge; while there is none, for anybody in the department.
    AgentStatus(Vec<Online>),
    CustomerGroup(Vec<CustomerGroupId>),
    Company(Vec<Option<CompanyId>>),
    ConversationField(String, FieldTest),
    CustomerField(String, FieldTest),
    /// It is within business hours now.
    Hours(Calendar),
    Rating(Vec<Rating>),
    SlaGoal(Vec<Goal>),
    Time(TimeTest, i64),
}

/// A condition, or that it does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    pub condition: Condition,
    pub negated: bool,
}

/// Groups: the clauses of one hold together, and one group is enough. Without any group, always.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conditions(pub Vec<Vec<Clause>>);

/// What is known of a conversation when conditions are judged. Looked up one by one, since most are not asked for.
pub trait Facts {
    type Error;

    fn now(&self) -> Timestamp;
    /// What the rule listens to; nothing for a time rule.
    fn happening(&self) -> Option<&Happening>;
    fn status(&self) -> Status;
    fn channel(&self) -> Channel;
    fn department(&self) -> DepartmentId;
    fn assigned(&self) -> Option<AgentId>;
    fn subject(&self) -> &str;
    fn created(&self) -> Timestamp;
    fn tags(&mut self) -> Result<Vec<String>, Self::Error>;
    /// What the customer wrote last.
    fn customers_text(&mut self) -> Result<String, Self::Error>;
    fn customer_name(&mut self) -> Result<String, Self::Error>;
    fn customer_email(&mut self) -> Result<Option<String>, Self::Error>;
    /// His own, and those of his company.
    fn customer_groups(&mut self) -> Result<Vec<CustomerGroupId>, Self::Error>;
    /// As a browser lists languages, or one alone.
    fn language(&mut self) -> Result<String, Self::Error>;
    fn referrer(&mut self) -> Result<String, Self::Error>;
    fn page(&mut self) -> Result<String, Self::Error>;
    /// Of the agent in charge; while there is none, all that is on for anybody in the department.
    fn agent_status(&mut self) -> Result<AgentStatus, Self::Error>;
    fn company(&mut self) -> Result<Option<CompanyId>, Self::Error>;
    /// The owners that fields are asked of: the conversation, and its customer.
    fn field_owners(&self) -> [FieldOwner; 2];
    fn field(&mut self, owner: FieldOwner, code: &str) -> Result<Vec<String>, Self::Error>;
    fn status_changed(&mut self) -> Result<Timestamp, Self::Error>;
    fn last_message(&mut self) -> Result<Option<Timestamp>, Self::Error>;
    /// Of all its clocks that run.
    fn dues(&mut self) -> Result<Vec<Due>, Self::Error>;
}

/// What comes of judging conditions. `until` is when the clock alone may change it; `None`: only something that happens can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Holds {
        /// Since when, as far as it depends on time; the end of the latest wait.
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    },
    Fails {
        until: Option<Timestamp>,
    },
}

impl Verdict {
    const fn plain(holds: bool) -> Verdict {
        if holds { Verdict::Holds { since: None, until: None } } else { Verdict::Fails { until: None } }
    }

    fn turned(self) -> Verdict {
        match self {
            Verdict::Holds { until, .. } => Verdict::Fails { until },
            Verdict::Fails { until } => Verdict::Holds { since: None, until },
        }
    }

    pub const fn holds(self) -> bool {
        matches!(self, Verdict::Holds { .. })
    }
}

/// The earlier of two moments, if there is any.
pub(super) fn sooner(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

impl Conditions {
    /// Judges all groups. It holds since the first of those that hold did.
    pub fn judge<F: Facts>(&self, facts: &mut F) -> Result<Verdict, F::Error> {
        if self.0.is_empty() {
            return Ok(Verdict::plain(true));
        }
        let mut held: Option<Option<Timestamp>> = None;
        let mut until = None;
        for group in &self.0 {
            match judge_group(group, facts)? {
                Verdict::Holds { since, until: group_until } => {
                    held = Some(match held {
                        // One that does not depend on time holds from the start.
                        Some(None) => None,
                        Some(Some(other)) => since.map(|since| since.min(other)),
                        None => since,
                    });
                    until = sooner(until, group_until);
                }
                Verdict::Fails { until: group_until } => until = sooner(until, group_until),
            }
        }
        Ok(held.map_or(Verdict::Fails { until }, |since| Verdict::Holds { since, until }))
    }
}

fn judge_group<F: Facts>(group: &[Clause], facts: &mut F) -> Result<Verdict, F::Error> {
    let (mut latest, mut soonest) = (None, None);
    for clause in group {
        match clause.judge(facts)? {
            Verdict::Holds { since, until } => {
                latest = latest.max(since);
                soonest = sooner(soonest, until);
            }
            fails @ Verdict::Fails { .. } => return Ok(fails),
        }
    }
    Ok(Verdict::Holds { since: latest, until: soonest })
}

impl Clause {
    pub fn judge<F: Facts>(&self, facts: &mut F) -> Result<Verdict, F::Error> {
        let verdict = self.condition.judge(facts)?;
        Ok(if self.negated { verdict.turned() } else { verdict })
    }
}

impl Condition {
    fn judge<F: Facts>(&self, facts: &mut F) -> Result<Verdict, F::Error> {
        Ok(match self {
            Condition::Hours(calendar) => {
                let (now, open) = (facts.now(), calendar.is_open(facts.now()));
                let until = calendar.changes_after(now);
                if open { Verdict::Holds { since: None, until } } else { Verdict::Fails { until } }
            }
            Condition::Time(test, seconds) => {
                let over = |anchor: Timestamp| Held { from: anchor.plus_seconds(*seconds), until: None };
                let held: Vec<Held> = match test {
                    TimeTest::CreatedMoreThan => vec![over(facts.created())],
                    TimeTest::StatusChangedMoreThan => vec![over(facts.status_changed()?)],
                    TimeTest::LastMessageMoreThan => facts.last_message()?.map(over).into_iter().collect(),
                    TimeTest::DueInLessThan => facts.dues()?.into_iter().map(|due| Held::before(due, *seconds)).collect(),
                    TimeTest::OverdueByMoreThan => facts.dues()?.into_iter().map(|due| over(due.at)).collect(),
                };
                judge_held(&held, facts.now())
            }
            other => Verdict::plain(other.is_so(facts)?),
        })
    }

    /// Whether a condition that does not depend on the clock holds.
    fn is_so<F: Facts>(&self, facts: &mut F) -> Result<bool, F::Error> {
        Ok(match self {
            Condition::Event(events) => facts.happening().is_some_and(|happening| events.contains(&happening.event)),
            Condition::By(who) => facts.happening().is_some_and(|happening| who.iter().any(|who| who.is(happening.by))),
            Condition::Status(wanted) => wanted.contains(&facts.status()),
            Condition::StatusBefore(wanted) => {
                facts.happening().and_then(|happening| happening.status_before).is_some_and(|before| wanted.contains(&before))
            }
            Condition::Channel(wanted) => wanted.contains(&facts.channel()),
            Condition::Department(wanted) => wanted.contains(&facts.department()),
            Condition::Agent(wanted) => wanted.contains(&facts.assigned()),
            Condition::Tag(wanted) => facts.tags()?.iter().any(|tag| wanted.contains(tag)),
            Condition::TagAdded(wanted) => {
                facts.happening().is_some_and(|happening| happening.tags_added.iter().any(|tag| wanted.contains(tag)))
            }
            Condition::TagRemoved(wanted) => {
                facts.happening().is_some_and(|happening| happening.tags_removed.iter().any(|tag| wanted.contains(tag)))
            }
            Condition::Subject(test) => test.holds(facts.subject()),
            Condition::Text(test) => match facts.happening().and_then(|happening| happening.text.as_deref()) {
                Some(text) => test.holds(text),
                None => test.holds(&facts.customers_text()?),
            },
            Condition::CustomerName(test) => test.holds(&facts.customer_name()?),
            Condition::CustomerEmail(test) => facts.customer_email()?.is_some_and(|email| test.holds(&email)),
            Condition::CustomerDomain(wanted) => facts
                .customer_email()?
                .and_then(|email| email.rsplit_once('@').map(|(_, domain)| domain.to_lowercase()))
                .is_some_and(|domain| wanted.iter().any(|wanted| is_of_domain(&domain, wanted))),
            Condition::Language(wanted) => {
                let spoken = facts.language()?.to_lowercase();
                wanted.iter().any(|wanted| is_language(&spoken, wanted))
            }
            Condition::Referrer(test) => test.holds(&facts.referrer()?),
            Condition::Page(test) => test.holds(&facts.page()?),
            Condition::AgentStatus(wanted) => {
                let status = facts.agent_status()?;
                wanted.iter().any(|wanted| wanted.is(status))
            }
            Condition::CustomerGroup(wanted) => facts.customer_groups()?.iter().any(|group| wanted.contains(group)),
            Condition::Company(wanted) => wanted.contains(&facts.company()?),
            Condition::ConversationField(code, test) => test.holds(&facts.field(facts.field_owners()[0], code)?),
            Condition::CustomerField(code, test) => test.holds(&facts.field(facts.field_owners()[1], code)?),
            Condition::Rating(wanted) => {
                facts.happening().and_then(|happening| happening.rating).is_some_and(|rating| wanted.contains(&rating))
            }
            Condition::SlaGoal(wanted) => facts.happening().and_then(|happening| happening.goal).is_some_and(|goal| wanted.contains(&goal)),
            // Judged where the clock is looked at.
            Condition::Hours(_) | Condition::Time(..) => false,
        })
    }

    /// Whether it asks about something of which conversations are not told: a time rule would not look again when it changes.
    pub fn needs_moment(&self) -> bool {
        matches!(self, Condition::Page(_) | Condition::AgentStatus(_))
    }

    /// Whether it asks about something that just happened: a time rule cannot.
    pub fn needs_happening(&self) -> bool {
        matches!(
            self,
            Condition::Event(_)
                | Condition::By(_)
                | Condition::StatusBefore(_)
                | Condition::TagAdded(_)
                | Condition::TagRemoved(_)
                | Condition::Rating(_)
                | Condition::SlaGoal(_)
        )
    }
}

/// `*.example.com` is the domain and all below it.
fn is_of_domain(domain: &str, wanted: &str) -> bool {
    match wanted.strip_prefix("*.") {
        Some(parent) => domain == parent || domain.strip_suffix(parent).is_some_and(|below| below.ends_with('.')),
        None => domain == wanted,
    }
}

/// The first language of a browser's list, or what begins with the wanted one.
fn is_language(spoken: &str, wanted: &str) -> bool {
    let first = spoken.split([',', ';']).next().unwrap_or_default().trim();
    first == wanted || first.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('-'))
}

/// A stretch of time in which a test of time holds.
#[derive(Debug, Clone, Copy)]
struct Held {
    from: Timestamp,
    /// Does not belong to it; `None`: without end.
    until: Option<Timestamp>,
}

impl Held {
    /// So many seconds before a due time, until it passes.
    fn before(due: Due, seconds: i64) -> Held {
        Held { from: due.at.plus_seconds(-seconds).max(due.started), until: Some(due.at) }
    }
}

/// It holds in each of these stretches, since the last one that began: so one that begins while another lasts is a time of its own.
fn judge_held(held: &[Held], now: Timestamp) -> Verdict {
    let holding = held.iter().filter(|held| held.from <= now && held.until.is_none_or(|until| now < until));
    let since = holding.map(|held| held.from).max();
    let edges = held.iter().flat_map(|held| [Some(held.from), held.until]).flatten();
    let until = edges.filter(|edge| *edge > now).min();
    if since.is_some() { Verdict::Holds { since, until } } else { Verdict::Fails { until } }
}
