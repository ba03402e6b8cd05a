mod accidents;
mod beside;
mod rights;
mod schedules;
mod steps;

use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::call::{Call, CallEvent, CallOutcome, CallState, Direction};
use deskbell_domain::conversation::Status;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, CallId, ConversationId};
use deskbell_store::tables;

use super::*;
use crate::accounts::{self, AgentDraft};
use crate::conversations::stage::{Stage, stage};
use crate::error::Kind;
use crate::rights::Principal;

pub(super) const NUMBER: &str = "+44 1632 960001";

/// Sales with Ann, Ben and Cleo, who all take calls, and the owner.
pub(super) struct Phones {
    pub(super) stage: Stage,
    pub(super) ann: AgentId,
    pub(super) ben: AgentId,
    pub(super) cleo: AgentId,
}

pub(super) fn draft(name: &str, enabled: bool) -> AgentDraft {
    AgentDraft {
        email: format!("{}@desk.test", name.to_lowercase()),
        first_name: name.to_owned(),
        last_name: String::new(),
        role: Role::Agent,
        slots: 3,
        enabled,
        password_hash: Some("none".to_owned()),
    }
}

pub(super) fn phones() -> Phones {
    let stage = stage();
    let (sales, ann, owner) = (stage.sales, stage.ann, stage.owner);
    let (ben, cleo) = stage.write(move |tx, cx| {
        let ben = accounts::create_agent(tx, cx, &draft("Ben", true))?.id;
        let cleo = accounts::create_agent(tx, cx, &draft("Cleo", true))?.id;
        for agent in [ben, cleo] {
            tables::departments::put_member(tx, deskbell_domain::department::Membership { department: sales, agent, priority: 50 })?;
        }
        for agent in [owner, ann, ben, cleo] {
            accounts::choose_status(tx, cx, agent, AgentStatus::ONLINE.with(AgentStatus::PHONE), true)?;
        }
        Ok((ben, cleo))
    });
    Phones { stage, ann, ben, cleo }
}

impl Phones {
    /// What a telephone exchange tells, in an agent's name or in none.
    pub(super) fn exchange(&self, agent: Option<AgentId>) -> Telling {
        let Principal::ApiKey { key, .. } = self.stage.key else { panic!("the stage has a key") };
        Telling { teller: Teller::Key(key), agent: agent.map(|agent| agent.to_string()), key: None }
    }

    pub(super) fn told_by(agent: AgentId) -> Telling {
        Telling { teller: Teller::Agent(agent), agent: None, key: None }
    }

    pub(super) fn try_start(&self, telling: &Telling, new: NewCall) -> Result<Done, AppError> {
        self.stage.clock.advance_seconds(1);
        let telling = telling.clone();
        self.stage.try_write(move |tx, cx| start(tx, cx, &telling, &new))
    }

    pub(super) fn try_take(&self, telling: &Telling, call: CallId, step: Step) -> Result<Done, AppError> {
        self.stage.clock.advance_seconds(1);
        let telling = telling.clone();
        self.stage.try_write(move |tx, cx| take(tx, cx, &telling, call, &step))
    }

    /// A step that must be possible: what the exchange tells in this agent's name.
    #[track_caller]
    pub(super) fn take(&self, agent: Option<AgentId>, call: CallId, step: Step) -> Call {
        self.try_take(&self.exchange(agent), call, step).unwrap();
        self.call(call)
    }

    #[track_caller]
    pub(super) fn refused(&self, telling: &Telling, call: CallId, step: Step, kind: Kind) {
        let refused = self.try_take(telling, call, step.clone()).expect_err(&format!("{step:?}"));
        assert_eq!(refused.kind, kind, "{step:?}: {refused}");
    }

    /// A call from outside to sales.
    pub(super) fn incoming(&self) -> CallId {
        let new = NewCall { number: Some(NUMBER.to_owned()), department: Some(self.stage.sales), ..NewCall::new(Direction::Incoming) };
        self.try_start(&self.exchange(None), new).unwrap().call.unwrap()
    }

    /// One that an agent makes to a customer.
    pub(super) fn outgoing(&self, caller: AgentId) -> CallId {
        let new = NewCall { number: Some(NUMBER.to_owned()), ..NewCall::new(Direction::Outgoing) };
        self.try_start(&self.exchange(Some(caller)), new).unwrap().call.unwrap()
    }

    /// One that an agent makes to another.
    pub(super) fn internal(&self, caller: AgentId, to: AgentId) -> CallId {
        let new = NewCall { to: Some(to.to_string()), ..NewCall::new(Direction::Internal) };
        self.try_start(&self.exchange(Some(caller)), new).unwrap().call.unwrap()
    }

    /// A call from outside that this agent has answered.
    pub(super) fn talking(&self, agent: AgentId) -> CallId {
        let call = self.incoming();
        self.take(None, call, ring(agent));
        self.take(Some(agent), call, Step::Answer);
        call
    }

    pub(super) fn call(&self, call: CallId) -> Call {
        self.stage.see(move |tx| Ok(tables::calls::get(tx, call)?.expect("it is there")))
    }

    pub(super) fn status(&self, call: CallId) -> Status {
        self.stage.status(self.call(call).conversation)
    }

    /// Where it rings, and who is in it.
    pub(super) fn open(&self, call: CallId) -> (Vec<AgentId>, Vec<AgentId>) {
        self.stage.see(move |tx| {
            let rings = tables::call_rings::ringing(tx, call)?.iter().map(|ring| ring.agent).collect();
            Ok((rings, tables::call_legs::open(tx, call)?.iter().map(|leg| leg.agent).collect()))
        })
    }

    /// The letter of the call's message group.
    pub(super) fn letter(&self, call: CallId) -> &'static str {
        let Call { conversation, group, .. } = self.call(call);
        let groups = self.stage.see(move |tx| Ok(tables::messages::groups(tx, conversation)?));
        groups.iter().find(|one| one.id == group).expect("a call has a group").status.text()
    }

    /// What happened since, in short: `rang Ann ringing`.
    pub(super) fn story(&self, after: i64) -> Vec<String> {
        let name = |agent: &AgentId| match *agent {
            agent if agent == self.ann => "Ann",
            agent if agent == self.ben => "Ben",
            agent if agent == self.cleo => "Cleo",
            _ => "Owner",
        };
        let line = |event: Event| match event {
            Event::Call(CallEvent::Started { direction, .. }) => Some(format!("started {}", direction.text())),
            Event::Call(CallEvent::Rang { agent, state, .. }) => Some(format!("rang {} {}", name(&agent), state.text())),
            Event::Call(CallEvent::RingClosed { agent, outcome, state, .. }) => {
                Some(format!("{} {} {}", outcome.text(), name(&agent), state.text()))
            }
            Event::Call(CallEvent::Answered { agent, state, .. }) => Some(format!("answered {} {}", name(&agent), state.text())),
            Event::Call(CallEvent::Held { agent, held, .. }) => Some(format!("held {} {held}", name(&agent))),
            Event::Call(CallEvent::Left { agent, state, .. }) => Some(format!("left {} {}", name(&agent), state.text())),
            Event::Call(CallEvent::Transferred { agent, state, .. }) => {
                Some(format!("transferred {} {}", agent.as_ref().map_or("-", name), state.text()))
            }
            Event::Call(CallEvent::Ended { outcome, .. }) => Some(format!("ended {}", outcome.text())),
            Event::StatusChanged { from, to, .. } => Some(format!("status {}{}", from.text(), to.text())),
            _ => None,
        };
        self.stage.events(after).into_iter().filter_map(line).collect()
    }

    /// Between any two steps nothing may be unsound.
    pub(super) fn is_sound(&self) {
        self.stage.is_sound();
        assert_eq!(self.stage.see(|tx| Ok(tables::calls::unsound(tx)?)), [""; 0]);
    }
}

pub(super) fn ring(agent: AgentId) -> Step {
    Step::Ring { agent: agent.to_string(), seconds: None }
}

pub(super) fn to_agent(agent: AgentId) -> Step {
    Step::Transfer(Target::Agent { agent: agent.to_string(), seconds: None })
}
