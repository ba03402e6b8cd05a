//! What is rare on a real desk and part of every long history all the same, so that whoever looks at its reports finds it: a morning that one
//! customer spends in a chat and one on the phone, while others wait for the end of it; a voice message and a word among colleagues about
//! something that carries tags; what is written in an hour that comes twice, and on the evening before a holiday.

use deskbell_app::accounts;
use deskbell_app::calls::{HungUp, NewCall, Step};
use deskbell_app::error::AppError;
use deskbell_domain::call::Direction;
use deskbell_domain::ids::{AgentId, CallId, ConversationId};
use deskbell_domain::time::Timestamp;
use deskbell_store::tables::conversations::{Filter, Order};
use deskbell_store::{Tx, tables};
use rand::RngExt;

use super::calendar::{Day, HOUR_SECONDS, Wall};
use super::calls::{PhoneAct, is_open_to_calls};
use super::dialogues::Section;
use super::engine::Engine;
use super::talk::{Course, Purpose};

const MINUTE_SECONDS: i64 = 60;
/// How long the long morning lasts: more than two hours, so that a whole one lies in it wherever it begins.
pub(super) const AT_LENGTH_SECONDS: f64 = 140.0 * 60.0;
/// When it begins, after midnight, and what of the day must lie within the history.
const MORNING_SECONDS: i64 = 9 * HOUR_SECONDS + 2 * MINUTE_SECONDS;
const DAY_ENDS_SECONDS: i64 = 15 * HOUR_SECONDS;
/// On the same day, when it is over.
const AFTERNOON_SECONDS: i64 = 14 * HOUR_SECONDS;
/// After the first ones their agents are found; then come those who wait.
const OTHERS_SECONDS: i64 = 9 * MINUTE_SECONDS;
/// Slots of an agent who takes nothing beside what he is in.
const SLOTS_AT_LENGTH: u16 = 1;
/// The evening before a holiday: half an hour before the desk closes.
const EVENING_SECONDS: i64 = 17 * HOUR_SECONDS + 30 * MINUTE_SECONDS;
/// Days that are looked at for a working one.
const DAYS_MAX: usize = 400;
/// Conversations that are looked through for one with tags.
const CONVERSATIONS_MAX: i64 = 200;
/// Seconds until somebody speaks to the machine, and until a colleague picks up: less than a phone rings.
const SPEAKS_SECONDS: f64 = 12.0;
const PICKS_UP_SECONDS: f64 = 5.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    /// Somebody has a repair explained to him in a chat, step by step.
    LongChat,
    /// Another one wants the same agent and waits for him.
    WaitsInChat,
    LongCall,
    /// The exchange keeps his place in the queue and rings when there is time.
    WaitsOnPhone,
    /// A call about something that carries tags rings in vain, and a message is left.
    SpeaksToMachine,
    /// An agent rings a colleague about something that carries tags.
    AsksColleague,
    Letter,
}

/// What goes on.
#[derive(Debug, Default)]
pub(super) struct Occasions {
    /// Who takes nothing else, as a place among the staff, and the slots he has otherwise.
    pub(super) expert: Option<(usize, u16)>,
    /// Calls that take a whole morning, or wait for the end of one.
    calls: Vec<CallId>,
}

/// When what happens.
pub(super) fn plan(wall: &Wall, start: Timestamp, until: Timestamp) -> Vec<(Timestamp, Occasion)> {
    let mut planned = Vec::new();
    let half = start.plus_seconds(until.seconds_since(start) / 2);
    let found = [half, start].into_iter().find_map(|from| {
        let lies_within = |midnight: &Timestamp| *midnight >= from && midnight.plus_seconds(DAY_ENDS_SECONDS) < until;
        days(wall, from).find(|midnight| wall.day(*midnight) == Day::Working && lies_within(midnight))
    });
    if let Some(midnight) = found {
        let morning = midnight.plus_seconds(MORNING_SECONDS);
        let others = morning.plus_seconds(OTHERS_SECONDS);
        planned.extend([(morning, Occasion::LongChat), (morning.plus_seconds(20), Occasion::LongCall)]);
        planned.extend([(others, Occasion::WaitsInChat), (others.plus_seconds(20), Occasion::WaitsOnPhone)]);
        let afternoon = midnight.plus_seconds(AFTERNOON_SECONDS);
        planned.extend([(afternoon, Occasion::SpeaksToMachine), (afternoon.plus_seconds(MINUTE_SECONDS), Occasion::AsksColleague)]);
    }
    for hour in wall.repeated_hours(start, until) {
        let first = hour.plus_seconds(10 * MINUTE_SECONDS);
        planned.extend([(first, Occasion::Letter), (first.plus_seconds(HOUR_SECONDS), Occasion::Letter)]);
    }
    for midnight in days(wall, start).take_while(|midnight| *midnight < until) {
        let evening = midnight.plus_seconds(EVENING_SECONDS);
        let next = wall.next_midnight(midnight);
        let is_weekend = wall.day(next.plus_seconds(-1)) != Day::Working;
        if !is_weekend && wall.day(next) == Day::Closed && evening >= start && evening < until {
            planned.push((evening, Occasion::Letter));
        }
    }
    planned
}

/// Midnights from the one before a moment on.
fn days(wall: &Wall, from: Timestamp) -> impl Iterator<Item = Timestamp> {
    std::iter::successors(Some(wall.midnight(from)), |midnight| Some(wall.next_midnight(*midnight))).take(DAYS_MAX)
}

/// The conversation that changed last of those that carry tags and may have a call.
fn latest_tagged(tx: &mut Tx<'_>) -> Result<Option<ConversationId>, AppError> {
    let latest = tables::conversations::list(tx, &Filter::default(), Order::ChangedDescending, CONVERSATIONS_MAX, 0)?;
    for listed in latest {
        let id = listed.conversation.id;
        if is_open_to_calls(&listed.conversation) && !tables::tags::of_conversation(tx, id)?.is_empty() {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

impl Engine {
    pub(super) fn occasion(&mut self, tx: &mut Tx<'_>, occasion: Occasion) -> Result<(), AppError> {
        match occasion {
            Occasion::LongChat => self.comes(tx, Purpose::Chats, Some(Course::AtLength)),
            Occasion::WaitsInChat => self.comes(tx, Purpose::Chats, Some(Course::ForTheExpert)),
            Occasion::Letter => self.comes(tx, Purpose::LeavesMessage, None),
            Occasion::LongCall => self.calls_at_length(tx, 2.0),
            Occasion::WaitsOnPhone => self.calls_at_length(tx, AT_LENGTH_SECONDS),
            Occasion::SpeaksToMachine => self.speaks_to_machine(tx),
            Occasion::AsksColleague => self.asks_colleague(tx),
        }
    }

    fn speaks_to_machine(&mut self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let (Some(conversation), Some(agent)) = (latest_tagged(tx)?, self.free_phone(tx, None)?) else { return Ok(()) };
        let new = NewCall { conversation: Some(conversation), ..NewCall::new(Direction::Incoming) };
        let Some(call) = self.begins(tx, None, &new)? else { return Ok(()) };
        self.step(tx, call, None, Step::Ring { agent: agent.to_string(), seconds: None })?;
        self.on_phone(call, SPEAKS_SECONDS, PhoneAct::LeavesMessage);
        Ok(())
    }

    fn asks_colleague(&mut self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let (Some(conversation), Some(caller)) = (latest_tagged(tx)?, self.free_phone(tx, None)?) else { return Ok(()) };
        let Some(callee) = self.free_phone(tx, Some(caller))? else { return Ok(()) };
        let new = NewCall { to: Some(callee.to_string()), conversation: Some(conversation), ..NewCall::new(Direction::Internal) };
        let Some(call) = self.begins(tx, Some(caller), &new)? else { return Ok(()) };
        self.on_phone(call, PICKS_UP_SECONDS, PhoneAct::Answers(callee));
        Ok(())
    }

    /// Somebody calls who has time: first he waits, then he talks.
    fn calls_at_length(&mut self, tx: &mut Tx<'_>, waits_seconds: f64) -> Result<(), AppError> {
        let number = format!("+44 1632 97{:04}", self.chance.random_range(0..10_000));
        let department = Some(self.staff.department(Section::Support));
        let new = NewCall { number: Some(number), department, ..NewCall::new(Direction::Incoming) };
        let Some(call) = self.begins(tx, None, &new)? else { return Ok(()) };
        self.occasions.calls.push(call);
        self.on_phone(call, waits_seconds, PhoneAct::Rings);
        Ok(())
    }

    pub(super) fn is_at_length(&self, call: CallId) -> bool {
        self.occasions.calls.contains(&call)
    }

    /// A long call has been answered: now and then he is asked to hold the line.
    pub(super) fn talks_at_length(&mut self, call: CallId, agent: AgentId) {
        self.on_phone(call, AT_LENGTH_SECONDS * 0.4, PhoneAct::Holds(agent));
        self.on_phone(call, AT_LENGTH_SECONDS * 0.45, PhoneAct::Resumes(agent));
        self.on_phone(call, AT_LENGTH_SECONDS, PhoneAct::HangsUp(HungUp::Customer));
    }

    /// An agent takes nothing beside the chat that he has just taken.
    pub(super) fn is_busy_for_long(&mut self, tx: &mut Tx<'_>, place: usize) -> Result<(), AppError> {
        // If the chat has come from another one, that one is free.
        self.has_time_again(tx)?;
        let agent = self.staff.members[place].id;
        let Some(slots) = tables::agents::get(tx, agent)?.map(|agent| agent.slots) else { return Ok(()) };
        self.occasions.expert = Some((place, slots));
        self.has_slots(tx, agent, SLOTS_AT_LENGTH)
    }

    /// It is over.
    pub(super) fn has_time_again(&mut self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let Some((place, slots)) = self.occasions.expert.take() else { return Ok(()) };
        let agent = self.staff.members[place].id;
        self.has_slots(tx, agent, slots)
    }

    fn has_slots(&mut self, tx: &mut Tx<'_>, agent: AgentId, slots: u16) -> Result<(), AppError> {
        let boss = tables::agents::all(tx)?.into_iter().find(|agent| agent.role.administers());
        let boss = boss.ok_or_else(|| AppError::internal("nobody administers the desk"))?;
        accounts::set_slots(tx, &mut self.cx, boss.id, agent, slots).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::super::calendar::DAY_SECONDS;
    use super::*;

    /// From 2024-07-01 on, a Monday, in Berlin.
    const START: Timestamp = Timestamp::from_seconds(1_719_784_800);

    fn count(planned: &[(Timestamp, Occasion)], occasion: Occasion) -> usize {
        planned.iter().filter(|(_, other)| *other == occasion).count()
    }

    #[test]
    fn a_year_has_all_of_them() {
        let wall = Wall::new().unwrap();
        let planned = plan(&wall, START, START.plus_seconds(365 * DAY_SECONDS));
        let of_one_day = [Occasion::LongChat, Occasion::WaitsInChat, Occasion::LongCall, Occasion::WaitsOnPhone];
        for occasion in of_one_day.into_iter().chain([Occasion::SpeaksToMachine, Occasion::AsksColleague]) {
            assert_eq!(count(&planned, occasion), 1, "{occasion:?}");
        }
        // Both hours of the one night, Christmas Eve and New Year's Eve.
        assert_eq!(count(&planned, Occasion::Letter), 4);
        let eve = Timestamp::from_seconds(1_735_057_800);
        assert!(planned.contains(&(eve, Occasion::Letter)), "2024-12-24 17:30 in Berlin: {planned:?}");
    }

    #[test]
    fn a_morning_lies_within_the_history() {
        let wall = Wall::new().unwrap();
        assert_eq!(plan(&wall, START, START.plus_seconds(10 * HOUR_SECONDS)), []);
        let planned = plan(&wall, START, START.plus_seconds(DAY_SECONDS));
        assert_eq!(planned.first(), Some(&(START.plus_seconds(MORNING_SECONDS), Occasion::LongChat)));
        // A weekend has no such morning.
        let saturday = START.plus_seconds(5 * DAY_SECONDS);
        assert_eq!(plan(&wall, saturday, saturday.plus_seconds(2 * DAY_SECONDS)), []);
    }
}
