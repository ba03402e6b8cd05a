//! Calls.

use deskbell_domain::call::{CallEvent, CallOutcome, Direction};
use deskbell_domain::chat::OfferOutcome;
use deskbell_domain::ids::{AgentId, CallId, ConversationId};
use deskbell_domain::measure::Measure;
use deskbell_domain::message::Actor;
use deskbell_domain::time::Timestamp;

use super::{Fold, Who};
use crate::rollups::state::{Call, Opener};

impl Fold {
    pub(super) fn call(&mut self, at: Timestamp, event: &CallEvent) {
        let ids = (event.call(), event.conversation());
        match event {
            CallEvent::Started { direction, customer, caller, department, .. } => {
                let fresh = Call {
                    department: *department,
                    direction: *direction,
                    caller: *caller,
                    first_ring: None,
                    rang_last: None,
                    talked_last: None,
                    legs: Vec::new(),
                };
                self.calls.put(ids.0.get(), Some(fresh));
                let (measure, opener) = match (direction, caller) {
                    (Direction::Incoming, _) => (Measure::IncomingCalls, Opener::Other),
                    (Direction::Outgoing, caller) => (Measure::OutgoingCalls, caller.map_or(Opener::Other, Opener::Agent)),
                    (Direction::Internal, caller) => (Measure::InternalCalls, caller.map_or(Opener::Other, Opener::Agent)),
                };
                self.opened(ids.1, opener, Actor::Customer(*customer));
                self.count_call(at, ids, *caller, measure, 1);
            }
            CallEvent::Rang { agent, .. } => {
                if let Some(known) = self.calls.get_mut(ids.0.get()) {
                    known.first_ring.get_or_insert(at);
                    known.rang_last = Some(*agent);
                }
            }
            CallEvent::RingClosed { agent, outcome, .. } => {
                if *outcome == OfferOutcome::Expired {
                    self.count_call(at, ids, Some(*agent), Measure::MissedCalls, 1);
                }
            }
            CallEvent::Answered { leg, agent, .. } => {
                let Some(known) = self.calls.get_mut(ids.0.get()) else { return };
                let is_first = known.talked_last.is_none() && known.direction == Direction::Incoming;
                let first_ring = known.first_ring;
                known.talked_last = Some(*agent);
                known.legs.push((*leg, *agent, at));
                if is_first {
                    self.count_call(at, ids, Some(*agent), Measure::Calls, 1);
                    if let Some(rang) = first_ring {
                        self.count_call(at, ids, Some(*agent), Measure::CallPickupTime, at.micros_since(rang).max(0));
                        self.count_call(at, ids, Some(*agent), Measure::CallPickupTimes, 1);
                    }
                }
            }
            // A customer who is held is still on the phone.
            CallEvent::Held { .. } => {}
            CallEvent::Left { leg, .. } => {
                let Some(known) = self.calls.get_mut(ids.0.get()) else { return };
                let Some(place) = known.legs.iter().position(|(other, _, _)| other == leg) else { return };
                let (_, agent, since) = known.legs.remove(place);
                self.talked(at, ids, agent, since);
            }
            CallEvent::Transferred { department, .. } => {
                if let Some(known) = self.calls.get_mut(ids.0.get()) {
                    known.department = *department;
                }
            }
            CallEvent::Ended { outcome, .. } => self.call_ended(at, ids, *outcome),
        }
    }

    /// A call counts for the department that it is in itself, and for what its conversation is.
    fn count_call(&mut self, at: Timestamp, ids: (CallId, ConversationId), agent: Option<AgentId>, measure: Measure, by: i64) {
        let who = Who::of(self.conversations.get(ids.1.get()), agent);
        let who = self.calls.get(ids.0.get()).map_or(who, |call| who.in_department(call.department));
        self.cells.count(at, who, measure, by);
    }

    /// An agent's part of a call is over. Of an internal call both sides are agents: the desk has talked once, each of them for himself.
    fn talked(&mut self, at: Timestamp, ids: (CallId, ConversationId), agent: AgentId, since: Timestamp) {
        let Some(known) = self.calls.get(ids.0.get()) else { return };
        let (time, times) = match known.direction {
            Direction::Incoming => (Measure::CallTime, Measure::CallTimes),
            Direction::Outgoing => (Measure::OutgoingCallTime, Measure::OutgoingCallTimes),
            Direction::Internal => (Measure::InternalCallTime, Measure::InternalCallTimes),
        };
        let for_himself = known.direction == Direction::Internal && known.caller != Some(agent);
        for (measure, by) in [(time, at.micros_since(since).max(0)), (times, 1)] {
            if for_himself {
                self.cells.count_for_agent(at, agent, measure, by);
            } else {
                self.count_call(at, ids, Some(agent), measure, by);
            }
        }
    }

    fn call_ended(&mut self, at: Timestamp, ids: (CallId, ConversationId), outcome: CallOutcome) {
        let Some(known) = self.calls.get_mut(ids.0.get()) else { return };
        let (rang, talked, direction) = (known.rang_last, known.talked_last, known.direction);
        if direction == Direction::Incoming {
            let (measure, agent) = match outcome {
                CallOutcome::Finished => (Measure::FinishedCalls, talked),
                CallOutcome::Abandoned | CallOutcome::Missed => (Measure::UnansweredCalls, rang),
                CallOutcome::Voicemail => (Measure::Voicemails, rang),
            };
            self.count_call(at, ids, agent, measure, 1);
        }
        self.calls.put(ids.0.get(), None);
    }
}
