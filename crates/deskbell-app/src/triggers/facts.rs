//! What a condition asks about a visitor, looked up when it is asked for.

use deskbell_domain::agent::Agent;
use deskbell_domain::browser;
use deskbell_domain::chat::{Chat, ChatState};
use deskbell_domain::customer::Customer;
use deskbell_domain::ids::DepartmentId;
use deskbell_domain::time::Timestamp;
use deskbell_domain::trigger::{Facts, Value, Variable};
use deskbell_domain::visit::Visit;
use deskbell_store::tables::triggers::Step;
use deskbell_store::{Tx, tables};

use crate::error::AppError;
use crate::{customers, visits};

const DAY_SECONDS: i64 = 86_400;

/// The best there is among agents, as a visitor may know it: who hides is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    Offline,
    Away,
    Online,
}

impl Status {
    fn of<'a>(agents: impl Iterator<Item = &'a Agent>) -> Status {
        let status = |agent: &Agent| {
            if !agent.enabled || agent.online.is_offline() || agent.online.word() == "invisible" {
                Status::Offline
            } else if agent.online.takes_chats() {
                Status::Online
            } else {
                Status::Away
            }
        };
        agents.map(status).max().unwrap_or(Status::Offline)
    }

    const fn word(self) -> &'static str {
        match self {
            Status::Offline => "offline",
            Status::Away => "away",
            Status::Online => "online",
        }
    }
}

/// Of all agents.
pub(super) fn status_of_desk(tx: &mut Tx<'_>) -> Result<Status, AppError> {
    Ok(Status::of(tables::agents::all(tx)?.iter()))
}

fn status_of_department(tx: &mut Tx<'_>, department: DepartmentId) -> Result<Status, AppError> {
    let members: Vec<_> = tables::departments::memberships(tx)?
        .into_iter()
        .filter(|membership| membership.department == department)
        .map(|membership| membership.agent)
        .collect();
    Ok(Status::of(tables::agents::all(tx)?.iter().filter(|agent| members.contains(&agent.id))))
}

/// A visitor at the moment a trigger looks at him.
pub(super) struct Scene<'a, 't> {
    tx: &'a mut Tx<'t>,
    now: Timestamp,
    visit: &'a Visit,
    step: &'a Step,
    chat: Option<Chat>,
}

impl<'a, 't> Scene<'a, 't> {
    pub(super) fn new(tx: &'a mut Tx<'t>, now: Timestamp, visit: &'a Visit, step: &'a Step) -> Result<Scene<'a, 't>, AppError> {
        let chat = tables::chats::live_of_visitor(tx, visit.visitor)?;
        Ok(Scene { tx, now, visit, step, chat })
    }

    fn customer(&mut self) -> Result<Customer, AppError> {
        // The browser's own: an address that was typed into a chat tells nothing of whom it belongs to.
        customers::get(self.tx, self.visit.customer)
    }

    fn department(&mut self) -> Result<DepartmentId, AppError> {
        match &self.chat {
            Some(chat) => Ok(chat.department),
            None => Ok(tables::triggers::marks(self.tx, self.visit.visitor)?.department.unwrap_or(DepartmentId::DEFAULT)),
        }
    }

    fn is_in(&self, states: &[ChatState]) -> Value {
        Value::Flag(self.chat.as_ref().is_some_and(|chat| states.contains(&chat.state)))
    }
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn count(count: usize) -> Value {
    Value::Number(i64::try_from(count).unwrap_or(i64::MAX))
}

impl Facts for Scene<'_, '_> {
    type Error = AppError;

    fn value(&mut self, variable: Variable) -> Result<Value, AppError> {
        let (visit, visitor) = (self.visit, self.visit.visitor);
        let day = self.now.seconds().div_euclid(DAY_SECONDS);
        Ok(match variable {
            Variable::HourOfDay => Value::Number(self.now.seconds().rem_euclid(DAY_SECONDS) / 3_600),
            // The first of January 1970 was a Thursday.
            Variable::DayOfWeek => Value::Number((day + 3).rem_euclid(7)),
            Variable::TimeOnPage => {
                let since = tables::visits::last_page(self.tx, visit.id)?.map_or(visit.started, |page| page.at);
                Value::Number(self.now.seconds_since(since))
            }
            Variable::TimeOnSite => Value::Number(self.now.seconds_since(visits::stays(self.tx, visit)?.began)),
            Variable::PreviousVisits => count(visits::stays(self.tx, visit)?.earlier),
            Variable::PreviousChats => Value::Number(tables::triggers::count_ended_chats(self.tx, visitor)?),
            Variable::PageUrl => text(tables::visits::last_page(self.tx, visit.id)?.map(|page| page.url).unwrap_or_default()),
            Variable::PageTitle => text(tables::visits::last_page(self.tx, visit.id)?.map(|page| page.title).unwrap_or_default()),
            Variable::PageCount => Value::Number(tables::visits::count_pages(self.tx, visit.id)?),
            Variable::Ip => text(visit.address.as_str()),
            Variable::Referrer => text(visit.referrer.as_str()),
            Variable::UserAgent => text(visit.user_agent.as_str()),
            Variable::Browser => text(browser::name(&visit.user_agent)),
            Variable::Platform => text(browser::platform(&visit.user_agent)),
            // A desk does not know where somebody is, nor what he searched for.
            Variable::Hostname
            | Variable::City
            | Variable::Region
            | Variable::CountryCode
            | Variable::CountryName
            | Variable::SearchEngine
            | Variable::SearchTerms => text(""),
            Variable::Name => match &self.chat {
                Some(chat) => text(chat.customer_name.as_str()),
                None => text(self.customer()?.display_name()),
            },
            Variable::Email => text(self.customer()?.email.unwrap_or_default()),
            Variable::Phone => text(self.customer()?.phone),
            Variable::Note => text(self.customer()?.note),
            Variable::Department => match self.department()? {
                DepartmentId::DEFAULT => Value::Number(0),
                department => Value::Number(department.get()),
            },
            Variable::Served => self.is_in(&[ChatState::Served]),
            Variable::Requesting => self.is_in(&[ChatState::Queued, ChatState::Offered]),
            Variable::Triggered => Value::Flag(tables::triggers::marks(self.tx, visitor)?.triggered),
            Variable::AccountStatus => text(status_of_desk(self.tx)?.word()),
            Variable::DepartmentStatus => {
                let department = self.department()?;
                text(status_of_department(self.tx, department)?.word())
            }
            Variable::Message => text(self.step.message.as_str()),
            // Only visitors' own doings make the desk look at triggers.
            Variable::SenderType => text("visitor"),
        })
    }

    fn has_tag(&mut self, tag: &str) -> Result<bool, AppError> {
        let tags = match &self.chat {
            Some(chat) => tables::tags::of_conversation(self.tx, chat.conversation)?,
            None => tables::triggers::marks(self.tx, self.visit.visitor)?.tags,
        };
        Ok(tags.iter().any(|known| known == tag))
    }

    fn fired_before(&mut self) -> Result<bool, AppError> {
        Ok(tables::triggers::has_fired(self.tx, self.visit.visitor, self.step.trigger)?)
    }

    fn still_on_page(&mut self) -> Result<bool, AppError> {
        let page = tables::visits::last_page(self.tx, self.visit.id)?.map(|page| page.at);
        Ok(self.visit.id == self.step.visit && page == self.step.page)
    }

    fn seconds_since_event(&self) -> u32 {
        u32::try_from(self.now.seconds_since(self.step.happened)).unwrap_or(u32::MAX)
    }
}
