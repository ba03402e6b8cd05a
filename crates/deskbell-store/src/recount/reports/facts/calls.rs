//! What counts of calls: their beginnings and ends, rings that expired, and legs.

use deskbell_domain::measure::Measure;

use super::{Facts, through, within};

/// At whom a call rang last, and who talked last.
const RANG_LAST: &str = "(SELECT r.agent_id FROM call_rings r WHERE r.call_id = c.id ORDER BY r.rang_number DESC LIMIT 1)";
const TALKED_LAST: &str = "(SELECT l.agent_id FROM call_legs l WHERE l.call_id = c.id ORDER BY l.began_number DESC LIMIT 1)";

pub(super) fn all() -> Vec<Facts> {
    whole().into_iter().chain(rings()).chain(legs()).collect()
}

/// Something that lies at a place of the journal, of a call `c`.
fn fact(at: &str, value: &str, agent: &str, number: &str, rest: &str) -> String {
    let (department, conversation) = (through("call", number), within("call", number));
    format!(
        "SELECT {at} AS at, {value} AS value, {agent} AS agent, {department} AS department, {conversation} AS conversation, \
           {number} AS number FROM {rest}"
    )
}

/// Calls that begin and end.
fn whole() -> Vec<Facts> {
    let started = |direction: &str| {
        fact("c.started_at", "1", "c.caller_id", "c.started_number", &format!("calls c WHERE c.direction = '{direction}'"))
    };
    let ended = |agent: &str, outcomes: &str| {
        let which = format!("calls c WHERE c.direction = 'in' AND c.outcome IN ({outcomes})");
        fact("c.ended_at", "1", agent, "c.ended_number", &which)
    };
    vec![
        Facts::count(&[Measure::IncomingCalls], started("in")),
        Facts::count(&[Measure::OutgoingCalls], started("out")),
        Facts::count(&[Measure::InternalCalls], started("internal")),
        Facts::count(&[Measure::FinishedCalls], ended(TALKED_LAST, "'finished'")),
        Facts::count(&[Measure::UnansweredCalls], ended(RANG_LAST, "'abandoned', 'missed'")),
        Facts::count(&[Measure::Voicemails], ended(RANG_LAST, "'voicemail'")),
    ]
}

fn rings() -> Vec<Facts> {
    let rest = "call_rings x JOIN calls c ON c.id = x.call_id WHERE x.outcome = 'expired'";
    vec![Facts::count(&[Measure::MissedCalls], fact("x.closed_at", "1", "x.agent_id", "x.closed_number", rest))]
}

/// What agents answered, and how long they talked. Of an internal call both sides are agents: its time is that of the one who called, and for the
/// other one it counts for himself.
fn legs() -> Vec<Facts> {
    let leg = |at: &str, number: &str, value: &str, which: &str| {
        fact(at, value, "l.agent_id", number, &format!("call_legs l JOIN calls c ON c.id = l.call_id WHERE {which}"))
    };
    let first =
        "c.direction = 'in' AND NOT EXISTS (SELECT 1 FROM call_legs b WHERE b.call_id = l.call_id AND b.began_number < l.began_number)";
    let first_ring =
        "(SELECT r.rang_at FROM call_rings r WHERE r.call_id = c.id AND r.rang_number < l.began_number ORDER BY r.rang_number LIMIT 1)";
    let talked =
        |which: &str| leg("l.ended_at", "l.ended_number", "l.ended_at - l.began_at", &format!("l.ended_at IS NOT NULL AND {which}"));
    vec![
        Facts::count(&[Measure::Calls], leg("l.began_at", "l.began_number", "1", first)),
        Facts::count(
            &[Measure::CallPickupTimes],
            leg("l.began_at", "l.began_number", &format!("l.began_at - {first_ring}"), &format!("{first} AND {first_ring} IS NOT NULL")),
        )
        .timed(&[Measure::CallPickupTime]),
        Facts::count(&[Measure::CallTimes], talked("c.direction = 'in'")).timed(&[Measure::CallTime]),
        Facts::count(&[Measure::OutgoingCallTimes], talked("c.direction = 'out'")).timed(&[Measure::OutgoingCallTime]),
        Facts::count(&[Measure::InternalCallTimes], talked("c.direction = 'internal' AND l.agent_id = c.caller_id"))
            .timed(&[Measure::InternalCallTime]),
        Facts::count(&[Measure::InternalCallTimes], talked("c.direction = 'internal' AND l.agent_id <> c.caller_id"))
            .timed(&[Measure::InternalCallTime])
            .for_the_agent_alone(),
    ]
}
