//! Calls on the demo's phones: how each goes is drawn step by step, at its own moments, through the desk's own use cases.

use deskbell_app::calls::{self, HungUp, NewCall, Step, Target, Teller, Telling, Voicemail};
use deskbell_app::conversations::{self, Writing};
use deskbell_app::customers::{self, Changes};
use deskbell_app::error::AppError;
use deskbell_domain::call::{Call, CallState, Direction, RING_SECONDS_DEFAULT};
use deskbell_domain::conversation::{Channel, Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::ids::{AgentId, CallId, ConversationId};
use deskbell_domain::message::Actor;
use deskbell_store::{Tx, tables};
use rand::RngExt;

use super::dialogues::Section;
use super::engine::Engine;
use super::people::{per_cent, pick};
use super::sidelines::latest_of;
use super::staff::Duty;

/// Of a hundred calls so many come from outside, and so many go out; the others are among colleagues.
const INCOMING_PER_CENT: u32 = 62;
const OUTGOING_PER_CENT: u32 = 24;
/// Of a hundred who call so many have never been here.
const STRANGERS_PER_CENT: u32 = 25;
/// Draws with which a call is handed on, and how many calls are so for certain: one of so many.
const HANDED_ON: std::ops::Range<u32> = 25..37;
const HANDED_ON_OF: u64 = 6;
/// Of a hundred calls with somebody known so many are about his latest conversation.
const ABOUT_LATEST_PER_CENT: u32 = 55;
/// Of a hundred callers at whom nobody picked up so many are asked for a message.
const TO_MACHINE_PER_CENT: u32 = 30;
/// One caller of so many is in a hurry.
const HASTY_OF: u64 = 5;
const HASTE_SECONDS: std::ops::Range<f64> = 1.0..3.0;
/// Seconds for which all others wait.
const PATIENCE_SECONDS: std::ops::Range<f64> = 25.0..110.0;
/// Seconds people talk.
const TALK_SECONDS: std::ops::Range<f64> = 20.0..700.0;
const MATTERS: [&str; 4] = ["a delivery", "a refund", "the size of boots", "opening hours"];
const MESSAGES: [&str; 3] = [
    "Hello, I am calling about my order. Please call me back.",
    "Nobody there? I will try again tomorrow.",
    "It is about the repair of my jacket. You have my number.",
];

/// What happens on a phone next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PhoneAct {
    /// It rings at somebody who is free, or nobody is.
    Rings,
    /// The one it rings at answers.
    Answers(AgentId),
    Declines(AgentId),
    /// Rings run out, and it rings at somebody else.
    RunsOut,
    /// The one who waits has waited long enough.
    GivesUp,
    LeavesMessage,
    Holds(AgentId),
    Resumes(AgentId),
    HandsOn(AgentId),
    HangsUp(HungUp),
}

fn telling(agent: Option<AgentId>) -> Telling {
    Telling { teller: Teller::Desk, agent: agent.map(|agent| agent.to_string()), key: None }
}

/// The conversation of a customer that changed last, if a call may go on in it.
fn latest_open_to_calls(tx: &mut Tx<'_>, customer: &Customer) -> Result<Option<ConversationId>, AppError> {
    let Some(conversation) = latest_of(tx, customer)? else { return Ok(None) };
    Ok(is_open_to_calls(&conversations::get(tx, conversation)?).then_some(conversation))
}

/// Whether a call may begin in a conversation.
pub(super) fn is_open_to_calls(conversation: &Conversation) -> bool {
    let is_open = matches!(conversation.status, Status::New | Status::Open | Status::Answered | Status::Resolved | Status::Postponed);
    is_open && !matches!(conversation.channel, Channel::Forum | Channel::Suggestion)
}

impl Engine {
    /// Somebody picks up a phone and dials.
    pub(super) fn dials(&mut self, tx: &mut Tx<'_>, known: Customer) -> Result<(), AppError> {
        let (kind, line) = (self.chance.random_range(0..100), self.chance.random_range(0..10_000));
        let stranger = per_cent(&mut self.chance, STRANGERS_PER_CENT);
        let number = format!("+44 1632 96{line:04}");
        let number = if known.phone.is_empty() || stranger { number } else { known.phone.clone() };
        if !stranger && known.phone.is_empty() {
            customers::change(tx, &self.cx, known.id, &Changes { phone: Some(number.clone()), ..Changes::default() })?;
        }
        let department = Some(self.staff.department(Section::Support));
        let is_about_latest = per_cent(&mut self.chance, ABOUT_LATEST_PER_CENT) && !stranger;
        let conversation = if is_about_latest { latest_open_to_calls(tx, &known)? } else { None };
        if kind < INCOMING_PER_CENT {
            let new = NewCall { number: Some(number), department, conversation, ..NewCall::new(Direction::Incoming) };
            let Some(call) = self.begins(tx, None, &new)? else { return Ok(()) };
            let seconds = self.chance.random_range(1.0..4.0);
            // Some hang up before anybody can have reached for his phone.
            let is_hasty = self.counts.calls.is_multiple_of(HASTY_OF);
            let patience = self.chance.random_range(if is_hasty { HASTE_SECONDS } else { PATIENCE_SECONDS });
            self.on_phone(call, seconds, PhoneAct::Rings);
            self.on_phone(call, patience, PhoneAct::GivesUp);
            return Ok(());
        }
        let Some(caller) = self.free_phone(tx, None)? else { return Ok(()) };
        if kind < INCOMING_PER_CENT + OUTGOING_PER_CENT {
            let new = NewCall { number: Some(number), department, conversation, ..NewCall::new(Direction::Outgoing) };
            let Some(call) = self.begins(tx, Some(caller), &new)? else { return Ok(()) };
            let seconds = self.chance.random_range(4.0..22.0);
            let act = if per_cent(&mut self.chance, 68) { PhoneAct::Answers(caller) } else { PhoneAct::GivesUp };
            self.on_phone(call, seconds, act);
        } else {
            let Some(callee) = self.free_phone(tx, Some(caller))? else { return Ok(()) };
            let new = NewCall { to: Some(callee.to_string()), department, conversation, ..NewCall::new(Direction::Internal) };
            let Some(call) = self.begins(tx, Some(caller), &new)? else { return Ok(()) };
            self.reacts_to_ring(call, callee);
        }
        Ok(())
    }

    pub(super) fn begins(&mut self, tx: &mut Tx<'_>, caller: Option<AgentId>, new: &NewCall) -> Result<Option<CallId>, AppError> {
        let done = calls::start(tx, &mut self.cx, &telling(caller), new)?;
        self.counts.calls += 1;
        Ok(done.call)
    }

    /// Somebody at work whose phone is free, other than this one.
    pub(super) fn free_phone(&mut self, tx: &mut Tx<'_>, but: Option<AgentId>) -> Result<Option<AgentId>, AppError> {
        let mut free = Vec::new();
        for member in self.staff.members.iter().filter(|member| member.duty == Duty::On && Some(member.id) != but) {
            let busy = tables::call_legs::open_of(tx, member.id)?.is_some()
                || tables::calls::calling_of(tx, member.id)?.is_some()
                || tables::call_rings::ringing_at(tx, member.id)?.is_some();
            if !busy {
                free.push(member.id);
            }
        }
        Ok(if free.is_empty() { None } else { Some(*pick(&mut self.chance, &free)) })
    }

    /// What the one does at whom it rings.
    fn reacts_to_ring(&mut self, call: CallId, agent: AgentId) {
        let (chance, seconds) = (self.chance.random_range(0..100), self.chance.random_range(2.0..16.0));
        match chance {
            0..78 => self.on_phone(call, seconds, PhoneAct::Answers(agent)),
            78..86 => self.on_phone(call, seconds, PhoneAct::Declines(agent)),
            _ => self.on_phone(call, f64::from(RING_SECONDS_DEFAULT), PhoneAct::RunsOut),
        }
    }

    /// The next thing on a phone; what is not possible any more does not happen.
    pub(super) fn phone_act(&mut self, tx: &mut Tx<'_>, id: CallId, act: PhoneAct) -> Result<(), AppError> {
        let Some(call) = tables::calls::get(tx, id)?.filter(|call| call.state != CallState::Ended) else { return Ok(()) };
        let talks = |tx: &mut Tx<'_>, agent: AgentId| -> Result<bool, AppError> {
            Ok(tables::call_legs::open_of(tx, agent)?.is_some_and(|leg| leg.call == id))
        };
        let waits = call.state != CallState::Talking;
        match act {
            PhoneAct::Rings if waits => self.rings(tx, &call),
            PhoneAct::RunsOut => {
                calls::expire_rings(tx, &mut self.cx)?;
                let speaks = per_cent(&mut self.chance, TO_MACHINE_PER_CENT) && call.direction == Direction::Incoming;
                let act = if speaks && !self.is_at_length(id) { PhoneAct::LeavesMessage } else { PhoneAct::Rings };
                self.on_phone(id, 1.0, act);
                Ok(())
            }
            PhoneAct::Answers(agent) if call.state == CallState::Ringing => self.picks_up(tx, &call, agent),
            PhoneAct::Declines(agent) if self.rings_at(tx, id, agent)? => {
                self.step(tx, id, Some(agent), Step::Decline)?;
                self.on_phone(id, 1.0, PhoneAct::Rings);
                Ok(())
            }
            PhoneAct::GivesUp if waits && call.answered.is_none() => match call.caller {
                Some(caller) => self.step(tx, id, Some(caller), Step::End(HungUp::Desk)),
                None => self.step(tx, id, None, Step::End(HungUp::Customer)),
            },
            PhoneAct::LeavesMessage if waits => {
                let text = (*pick(&mut self.chance, &MESSAGES)).to_owned();
                self.step(tx, id, None, Step::Voicemail(Voicemail { text, file: None }))
            }
            PhoneAct::Holds(agent) if talks(tx, agent)? => self.step(tx, id, Some(agent), Step::Hold),
            PhoneAct::Resumes(agent) if talks(tx, agent)? => self.step(tx, id, Some(agent), Step::Resume),
            PhoneAct::HandsOn(agent) if talks(tx, agent)? => self.hands_on(tx, id, agent),
            PhoneAct::HangsUp(hung_up) => self.hangs_up(tx, &call, hung_up),
            PhoneAct::Rings
            | PhoneAct::Answers(_)
            | PhoneAct::Declines(_)
            | PhoneAct::GivesUp
            | PhoneAct::LeavesMessage
            | PhoneAct::Holds(_)
            | PhoneAct::Resumes(_)
            | PhoneAct::HandsOn(_) => Ok(()),
        }
    }

    pub(super) fn step(&mut self, tx: &mut Tx<'_>, call: CallId, agent: Option<AgentId>, step: Step) -> Result<(), AppError> {
        calls::take(tx, &mut self.cx, &telling(agent), call, &step).map(drop)
    }

    fn rings_at(&self, tx: &mut Tx<'_>, call: CallId, agent: AgentId) -> Result<bool, AppError> {
        Ok(tables::call_rings::ringing_at(tx, agent)?.is_some_and(|ring| ring.call == call))
    }

    fn rings(&mut self, tx: &mut Tx<'_>, call: &Call) -> Result<(), AppError> {
        if call.state == CallState::Ringing {
            return Ok(());
        }
        match self.free_phone(tx, None)? {
            Some(agent) => {
                self.step(tx, call.id, None, Step::Ring { agent: agent.to_string(), seconds: None })?;
                self.reacts_to_ring(call.id, agent);
            }
            // Nobody is there: an answering machine, or a line that is closed.
            None => {
                let (chance, seconds) = (self.chance.random_range(0..100), self.chance.random_range(8.0..40.0));
                // Who was called by the desk, and is handed on, speaks to no machine.
                let speaks = chance < 65 && call.direction == Direction::Incoming;
                let act = if speaks { PhoneAct::LeavesMessage } else { PhoneAct::HangsUp(HungUp::Desk) };
                self.on_phone(call.id, seconds, act);
            }
        }
        Ok(())
    }

    fn picks_up(&mut self, tx: &mut Tx<'_>, call: &Call, agent: AgentId) -> Result<(), AppError> {
        let dialled = call.direction == Direction::Outgoing && call.answered.is_none();
        if !dialled && !self.rings_at(tx, call.id, agent)? {
            return Ok(());
        }
        self.step(tx, call.id, Some(agent), Step::Answer)?;
        if self.is_at_length(call.id) {
            self.talks_at_length(call.id, agent);
            return Ok(());
        }
        let seconds: f64 = self.chance.random_range(TALK_SECONDS);
        let is_for_another = self.counts.calls.is_multiple_of(HANDED_ON_OF);
        let course = self.chance.random_range(if is_for_another { HANDED_ON } else { 0..100 });
        let hung_up = if per_cent(&mut self.chance, 70) { HungUp::Customer } else { HungUp::Desk };
        match course {
            0..25 => {
                self.on_phone(call.id, seconds * 0.4, PhoneAct::Holds(agent));
                self.on_phone(call.id, seconds * 0.6, PhoneAct::Resumes(agent));
            }
            25..37 if call.direction != Direction::Internal => {
                self.on_phone(call.id, seconds * 0.3, PhoneAct::HandsOn(agent));
                return Ok(());
            }
            _ => {}
        }
        self.on_phone(call.id, seconds, PhoneAct::HangsUp(hung_up));
        Ok(())
    }

    /// To a colleague whose phone is free, or to another department.
    fn hands_on(&mut self, tx: &mut Tx<'_>, call: CallId, agent: AgentId) -> Result<(), AppError> {
        let colleague = self.free_phone(tx, Some(agent))?;
        let (chance, patience) = (self.chance.random_range(0..100), self.chance.random_range(PATIENCE_SECONDS));
        match colleague {
            Some(colleague) if chance < 80 => {
                self.step(tx, call, Some(agent), Step::Transfer(Target::Agent { agent: colleague.to_string(), seconds: None }))?;
                self.reacts_to_ring(call, colleague);
            }
            Some(_) | None => {
                let sales = self.staff.department(Section::Sales);
                self.step(tx, call, Some(agent), Step::Transfer(Target::Department(sales)))?;
                self.on_phone(call, 2.0, PhoneAct::Rings);
            }
        }
        self.counts.calls_handed_on += 1;
        self.on_phone(call, patience * 3.0 + TALK_SECONDS.end, PhoneAct::HangsUp(HungUp::Customer));
        Ok(())
    }

    fn hangs_up(&mut self, tx: &mut Tx<'_>, call: &Call, hung_up: HungUp) -> Result<(), AppError> {
        let talker = tables::call_legs::open(tx, call.id)?.first().map(|leg| leg.agent);
        match hung_up {
            HungUp::Customer if call.direction != Direction::Internal => self.step(tx, call.id, None, Step::End(hung_up))?,
            HungUp::Customer | HungUp::Desk => self.step(tx, call.id, talker, Step::End(HungUp::Desk))?,
        }
        if let Some(agent) = talker.filter(|_| call.direction == Direction::Incoming) {
            let matter = *pick(&mut self.chance, &MATTERS);
            self.writes(tx, Actor::Agent(agent), call.conversation, Writing::Note, &format!("Asked about {matter}."), &[])?;
        }
        Ok(())
    }

    /// The end of the history: all hang up.
    pub(super) fn end_calls(&mut self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        for call in tables::calls::live(tx)? {
            self.cx.now = self.cx.now.plus_micros(1_000);
            self.hangs_up(tx, &call, HungUp::Customer)?;
        }
        Ok(())
    }
}
