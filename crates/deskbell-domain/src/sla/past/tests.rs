use super::*;
use crate::calendar::Calendar;
use crate::conversation::Status;
use crate::ids::{CallId, ChatId, SlaLevelId};
use crate::message::Actor;
use crate::sla::Times;
use Status::{Answered, Chatting, Deleted, New, Open, Postponed, Resolved};

const ANN: AgentId = AgentId::from_i64(1);
const ID: SlaItemId = SlaItemId::from_i64(0);
const CONVERSATION: ConversationId = ConversationId::from_i64(2);

fn minutes(minutes: i64) -> Timestamp {
    Timestamp::from_seconds(minutes * 60)
}

/// Watches these goals for an hour, day and night.
fn level(goals: &[Goal]) -> Level {
    let times = goals.iter().fold(Times::default(), |times, goal| times.with(*goal, 3_600));
    Level { id: SlaLevelId::from_i64(7), name: "Later".to_owned(), times, calendar: Calendar::always() }
}

/// What happened, minute by minute; who is in charge is what was said last.
fn past(turns: &[(i64, Turn)]) -> Vec<Past> {
    let mut assigned = None;
    let told = turns.iter().map(|(at, turn)| {
        if let Turn::Assigned(agent) = turn {
            assigned = Some(*agent);
        }
        Past { at: minutes(*at), turn: *turn, assigned }
    });
    told.collect()
}

fn to(from: Status, to: Status) -> Turn {
    Turn::Changes { from, to, by: Actor::System }
}

/// A goal, the minute it started in, and the one it is due in.
type Seen = (Goal, i64, Option<i64>);
/// What happened, by minutes, and the clocks that must have been started.
type Case<'a> = (&'a [(i64, Turn)], &'a [Seen]);

fn seen(goals: &[Goal], turns: &[(i64, Turn)]) -> Vec<Seen> {
    let minute = |at: Timestamp| at.seconds() / 60;
    let clocks = clocks(ID, CONVERSATION, &level(goals), &past(turns));
    clocks.iter().map(|clock| (clock.goal, minute(clock.started), clock.due().map(minute))).collect()
}

#[test]
fn every_goal_starts_where_its_wait_began() {
    use Goal::{CallAnswer, ChatAnswer, FirstAnswer, FirstAssign, FirstResolve, NextAnswer};
    let (chat, call) = (ChatId::from_i64(5), CallId::from_i64(6));
    let begins = (0, Turn::Begins(New));
    let cases: [Case<'_>; 12] = [
        (&[begins], &[(FirstAnswer, 0, Some(60)), (FirstAssign, 0, Some(60)), (FirstResolve, 0, Some(60))]),
        (&[begins, (5, Turn::Assigned(ANN))], &[(FirstAnswer, 0, Some(60)), (FirstResolve, 0, Some(60))]),
        // It was New, and only called Open: the first answer is still waited for.
        (&[begins, (5, Turn::Assigned(ANN)), (6, to(New, Open))], &[(FirstAnswer, 0, Some(60)), (FirstResolve, 0, Some(60))]),
        // What is answered stands still, with five minutes used up.
        (&[begins, (4, Turn::Assigned(ANN)), (5, to(New, Answered))], &[(FirstResolve, 0, None)]),
        (
            &[begins, (4, Turn::Assigned(ANN)), (5, to(New, Answered)), (20, to(Answered, Open))],
            &[(FirstResolve, 0, Some(75)), (NextAnswer, 20, Some(80))],
        ),
        // What was overdue when it was answered stays overdue.
        (&[begins, (4, Turn::Assigned(ANN)), (61, to(New, Answered))], &[(FirstResolve, 0, Some(60))]),
        // Postponed and back: nothing begins anew.
        (
            &[begins, (9, to(New, Postponed)), (30, to(Postponed, New))],
            &[(FirstAnswer, 0, Some(60)), (FirstAssign, 0, Some(60)), (FirstResolve, 0, Some(60))],
        ),
        // Resolved once: the first resolve is over for ever.
        (&[begins, (9, to(New, Resolved)), (30, to(Resolved, Open))], &[(NextAnswer, 30, Some(90)), (FirstAssign, 30, Some(90))]),
        (&[begins, (9, to(New, Deleted))], &[]),
        (&[(0, Turn::Begins(Chatting)), (1, Turn::ChatAsked(chat))], &[(ChatAnswer, 1, Some(61))]),
        (&[(0, Turn::Begins(Chatting)), (1, Turn::ChatAsked(chat)), (2, Turn::ChatJoined(chat, ANN))], &[]),
        (
            &[begins, (2, Turn::Assigned(ANN)), (3, Turn::CallCame(call))],
            &[(FirstAnswer, 0, Some(60)), (FirstResolve, 0, Some(60)), (CallAnswer, 3, Some(63))],
        ),
    ];
    for (turns, wanted) in cases {
        let mut all = seen(Goal::ALL, turns);
        let mut wanted = wanted.to_vec();
        all.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(all, wanted, "{turns:?}");
    }
}

#[test]
fn what_the_level_does_not_watch_counts_and_has_no_clock() {
    // The first answer is not watched, but it was given: what is New again waits for the next one.
    let again = [(0, Turn::Begins(New)), (5, to(New, Answered)), (6, to(Answered, Postponed)), (20, to(Postponed, New))];
    assert_eq!(seen(&[Goal::NextAnswer], &again), [(Goal::NextAnswer, 20, Some(80))]);
    assert_eq!(seen(&[Goal::FirstAnswer], &again), []);
    // Business hours that never come start no clock.
    let closed = Level { calendar: Calendar::parse("GMT").unwrap(), ..level(Goal::ALL) };
    assert_eq!(clocks(ID, CONVERSATION, &closed, &past(&again)), []);
    assert_eq!(clocks(ID, CONVERSATION, &level(Goal::ALL), &[]), []);
}
