//! Triggers: what the desk does by itself when a browser opens a page, asks for a chat or writes into one. When one runs, whether its
//! condition holds, and what it does; reading a definition and doing what it says is the use cases' affair.

mod pattern;
#[cfg(test)]
mod tests;

pub use pattern::Pattern;

use crate::ids::{DepartmentId, SkillId, TriggerId};
use crate::spelled;

spelled! {
    /// What makes the desk look at a trigger.
    pub enum TriggerEvent {
        /// A browser opened a page that has the widget.
        PageEnter = "page_enter",
        /// A visitor asked for a chat.
        ChatRequested = "chat_requested",
        /// A visitor wrote into a chat.
        ChatMessage = "chat_message",
    }
}

spelled! {
    /// What a condition can ask about.
    pub enum Variable {
        /// 0 to 23, UTC.
        HourOfDay = "@hour_of_day",
        /// 0 is Monday, 6 is Sunday; UTC.
        DayOfWeek = "@day_of_week",
        /// Whole seconds.
        TimeOnPage = "@visitor_time_on_page",
        TimeOnSite = "@visitor_time_on_site",
        Ip = "@visitor_ip",
        Hostname = "@visitor_hostname",
        City = "@visitor_city",
        Region = "@visitor_region",
        CountryCode = "@visitor_country_code",
        CountryName = "@visitor_country_name",
        PreviousVisits = "@visitor_previous_visits",
        PreviousChats = "@visitor_previous_chats",
        PageUrl = "@visitor_page_url",
        PageTitle = "@visitor_page_title",
        PageCount = "@visitor_page_count",
        Referrer = "@visitor_referrer",
        SearchEngine = "@visitor_search_engine",
        SearchTerms = "@visitor_search_terms",
        Browser = "@visitor_browser",
        Platform = "@visitor_platform",
        UserAgent = "@visitor_user_agent",
        Name = "@visitor_name",
        Email = "@visitor_email",
        Phone = "@visitor_phone",
        Note = "@visitor_note",
        /// The department's number; 0 is none.
        Department = "@visitor_department",
        /// An agent is in his chat.
        Served = "@visitor_served",
        /// His chat waits for an agent.
        Requesting = "@visitor_requesting_chat",
        /// A trigger spoke to him.
        Triggered = "@visitor_triggered",
        /// `online`, `away` or `offline`: the best there is among the agents.
        AccountStatus = "@account_status",
        /// The same of his department.
        DepartmentStatus = "@department_status",
        /// What was written.
        Message = "@message",
        SenderType = "@sender_type",
    }
}

/// What kind of value a variable has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    Text,
    Number,
    Flag,
}

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Number(i64),
    Flag(bool),
}

impl Variable {
    pub const fn kind(self) -> ValueKind {
        match self {
            Variable::HourOfDay
            | Variable::DayOfWeek
            | Variable::TimeOnPage
            | Variable::TimeOnSite
            | Variable::PreviousVisits
            | Variable::PreviousChats
            | Variable::PageCount
            | Variable::Department => ValueKind::Number,
            Variable::Served | Variable::Requesting | Variable::Triggered => ValueKind::Flag,
            Variable::Ip
            | Variable::Hostname
            | Variable::City
            | Variable::Region
            | Variable::CountryCode
            | Variable::CountryName
            | Variable::PageUrl
            | Variable::PageTitle
            | Variable::Referrer
            | Variable::SearchEngine
            | Variable::SearchTerms
            | Variable::Browser
            | Variable::Platform
            | Variable::UserAgent
            | Variable::Name
            | Variable::Email
            | Variable::Phone
            | Variable::Note
            | Variable::AccountStatus
            | Variable::DepartmentStatus
            | Variable::Message
            | Variable::SenderType => ValueKind::Text,
        }
    }

    /// Addresses are also equal to what is written without the scheme.
    const fn is_address(self) -> bool {
        matches!(self, Variable::PageUrl | Variable::Referrer)
    }
}

/// Whether capitals count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    Counts,
    Ignored,
}

/// A comparison of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What is asked of a variable's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    Equals(Value),
    Differs(Value),
    Compares(Comparison, i64),
    Contains(String, Case),
    Lacks(String, Case),
    /// The whole text fits.
    Matches(Pattern),
}

/// When a trigger acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Is(Variable, Test),
    HasTag(String),
    /// The trigger acted for this visitor before.
    FiredBefore,
    /// So many seconds after the event the visitor is still there; what follows is looked at then.
    StillOnSite(u32),
    /// The same, on the same page.
    StillOnPage(u32),
}

/// What is known of a visitor when a condition is judged. Looked up one by one, since most are not asked for.
pub trait Facts {
    type Error;

    /// A value of the variable's kind.
    fn value(&mut self, variable: Variable) -> Result<Value, Self::Error>;
    fn has_tag(&mut self, tag: &str) -> Result<bool, Self::Error>;
    fn fired_before(&mut self) -> Result<bool, Self::Error>;
    fn still_on_page(&mut self) -> Result<bool, Self::Error>;
    /// Since the event. A visitor who is gone is not judged at all.
    fn seconds_since_event(&self) -> u32;
}

/// What comes of judging a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Holds,
    Fails,
    /// To be judged anew so many seconds after the event.
    Later(u32),
}

impl Verdict {
    const fn of(holds: bool) -> Verdict {
        if holds { Verdict::Holds } else { Verdict::Fails }
    }
}

impl Condition {
    /// Judges it from left to right: what stands behind a delay is looked at when the delay is over.
    pub fn judge<F: Facts>(&self, facts: &mut F) -> Result<Verdict, F::Error> {
        Ok(match self {
            Condition::All(parts) => {
                for part in parts {
                    match part.judge(facts)? {
                        Verdict::Holds => {}
                        other @ (Verdict::Fails | Verdict::Later(_)) => return Ok(other),
                    }
                }
                Verdict::Holds
            }
            Condition::Any(parts) => {
                let mut soonest: Option<u32> = None;
                for part in parts {
                    match part.judge(facts)? {
                        Verdict::Holds => return Ok(Verdict::Holds),
                        Verdict::Later(seconds) => soonest = Some(soonest.map_or(seconds, |other| other.min(seconds))),
                        Verdict::Fails => {}
                    }
                }
                soonest.map_or(Verdict::Fails, Verdict::Later)
            }
            Condition::Not(part) => match part.judge(facts)? {
                Verdict::Holds => Verdict::Fails,
                Verdict::Fails => Verdict::Holds,
                later @ Verdict::Later(_) => later,
            },
            Condition::Is(variable, test) => Verdict::of(test.holds(*variable, &facts.value(*variable)?)),
            Condition::HasTag(tag) => Verdict::of(facts.has_tag(tag)?),
            Condition::FiredBefore => Verdict::of(facts.fired_before()?),
            Condition::StillOnSite(seconds) if facts.seconds_since_event() < *seconds => Verdict::Later(*seconds),
            Condition::StillOnSite(_) => Verdict::Holds,
            Condition::StillOnPage(_) if !facts.still_on_page()? => Verdict::Fails,
            Condition::StillOnPage(seconds) if facts.seconds_since_event() < *seconds => Verdict::Later(*seconds),
            Condition::StillOnPage(_) => Verdict::Holds,
        })
    }

    /// Whether it has to do with the page that the event happened on: then another page makes what waits pointless.
    pub fn is_about_page(&self) -> bool {
        match self {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().any(Condition::is_about_page),
            Condition::Not(part) => part.is_about_page(),
            Condition::StillOnPage(_) => true,
            Condition::Is(..) | Condition::HasTag(_) | Condition::FiredBefore | Condition::StillOnSite(_) => false,
        }
    }
}

impl Test {
    /// Whether a variable with this value passes.
    pub fn holds(&self, variable: Variable, value: &Value) -> bool {
        match (self, value) {
            (Test::Equals(wanted), value) => equal(variable, wanted, value),
            (Test::Differs(wanted), value) => !equal(variable, wanted, value),
            (Test::Compares(comparison, wanted), Value::Number(number)) => match comparison {
                Comparison::Less => number < wanted,
                Comparison::LessOrEqual => number <= wanted,
                Comparison::Greater => number > wanted,
                Comparison::GreaterOrEqual => number >= wanted,
            },
            (Test::Contains(part, case), Value::Text(text)) => contains(text, part, *case),
            (Test::Lacks(part, case), Value::Text(text)) => !contains(text, part, *case),
            (Test::Matches(pattern), Value::Text(text)) => pattern.fits(text),
            (Test::Compares(..), Value::Text(_) | Value::Flag(_))
            | (Test::Contains(..) | Test::Lacks(..) | Test::Matches(_), Value::Number(_) | Value::Flag(_)) => false,
        }
    }
}

fn equal(variable: Variable, wanted: &Value, value: &Value) -> bool {
    match (wanted, value) {
        (Value::Text(wanted), Value::Text(text)) if variable.is_address() => text == wanted || without_scheme(text) == wanted,
        (wanted, value) => wanted == value,
    }
}

fn without_scheme(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest)
}

fn contains(text: &str, part: &str, case: Case) -> bool {
    match case {
        Case::Counts => text.contains(part),
        Case::Ignored => text.to_lowercase().contains(&part.to_lowercase()),
    }
}

/// What becomes of a note that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteChange {
    Append,
    Replace,
}

/// What a trigger does, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Goes on after so many seconds, if the visitor is still there.
    Wait(u32),
    /// Into his chat, or to one who is in none.
    Say {
        speaker: String,
        text: String,
    },
    AddTag(String),
    RemoveTag(String),
    SetDepartment(DepartmentId),
    AskForSkill(SkillId),
    SetName(String),
    SetNote(NoteChange, String),
    /// What [`Variable::Triggered`] says from now on.
    SetTriggered(bool),
    Ban {
        reason: String,
    },
}

/// When a trigger is looked at, when it acts, and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    pub event: TriggerEvent,
    pub condition: Condition,
    pub actions: Vec<Action>,
}

/// Something the desk does by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    pub id: TriggerId,
    pub name: String,
    pub description: String,
    pub enabled: bool,
    /// The definition as it was written, in JSON.
    pub source: String,
}

/// What a trigger said to a visitor who is in no chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    pub speaker: String,
    pub text: String,
    pub at: crate::time::Timestamp,
}
