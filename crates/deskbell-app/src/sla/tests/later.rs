//! Levels that come while something waits: by hand, one history after the other.

use super::*;
use deskbell_domain::ids::{CallId, ChatId};

/// Another level that watches everything, each goal for five hours.
fn later(stage: &Stage) -> Level {
    let times: Vec<(Goal, i64)> = Goal::ALL.iter().map(|goal| (*goal, 5 * HOUR)).collect();
    level(stage, "Later", &times, Calendar::always())
}

fn set(stage: &Stage, conversation: ConversationId, level: Option<SlaLevelId>) {
    stage.write(move |tx, cx| clocks::set_level(tx, cx, Actor::System, conversation, level));
}

impl Stage {
    /// What runs: the goal, and seconds since it started.
    fn started(&self, conversation: ConversationId) -> Vec<(Goal, i64)> {
        let now = self.clock.now();
        let open = self.see(move |tx| Ok(tables::sla::clocks::open(tx, conversation)?));
        let mut open: Vec<_> = open.iter().map(|clock| (clock.goal, now.seconds_since(clock.started))).collect();
        open.sort_unstable();
        open
    }

    /// A ticket without a level.
    fn plain(&self) -> ConversationId {
        self.ticket(&self.visit(), "one@mail.test", "One").id
    }

    fn rings(&self) -> (CallId, ConversationId) {
        let new = NewCall { number: Some("+44 1632 960001".to_owned()), ..NewCall::new(Direction::Incoming) };
        let done = self.write(move |tx, cx| calls::start(tx, cx, &telling(None), &new));
        (done.call.unwrap(), done.conversation.unwrap())
    }
}

#[test]
fn a_chat_that_waits_has_waited_since_it_was_asked_for() {
    let stage = stage();
    let later = later(&stage);
    stage.all_online();
    let chat = stage.chat(&stage.visit(), "Hello?");
    let (id, conversation): (ChatId, _) = (chat.id, chat.conversation);
    stage.clock.advance_seconds(90);
    set(&stage, conversation, Some(later.id));
    let waited = stage.clock.now().seconds_since(chat.requested);
    assert!(waited >= 90);
    assert_eq!(stage.started(conversation), [(Goal::ChatAnswer, waited)]);
    assert_eq!(stage.clocks(conversation), [(Goal::ChatAnswer, Some(5 * HOUR - waited))]);
    // Under yet another level it goes on; without one it ends, and no word stands in the log.
    let short = level(&stage, "Short", &[(Goal::ChatAnswer, MINUTE)], Calendar::always());
    set(&stage, conversation, Some(short.id));
    assert_eq!(stage.clocks(conversation), [(Goal::ChatAnswer, Some(MINUTE - waited))]);
    stage.ring_the_bell();
    assert_eq!(stage.breaches(), 1, "its due time under this level has passed already");
    set(&stage, conversation, None);
    assert_eq!((stage.clocks(conversation), stage.logged(Medium::Chats).len()), (vec![], 0));
    set(&stage, conversation, Some(later.id));
    stage.accept(stage.owner, id);
    let rows = stage.logged(Medium::Chats);
    assert_eq!((rows.len(), rows[0].level, rows[0].created), (1, later.id, chat.requested));
    // Who was joined waits no more, whatever the level.
    set(&stage, conversation, Some(short.id));
    assert_eq!(stage.clocks(conversation), []);
    stage.clocks_are_sound();
}

#[test]
fn a_call_that_rings_has_rung_since_it_came() {
    let stage = stage();
    let later = later(&stage);
    let (call, conversation) = stage.rings();
    stage.clock.advance_seconds(40);
    set(&stage, conversation, Some(later.id));
    assert_eq!(stage.started(conversation), [(Goal::CallAnswer, 40)]);
    stage.clock.advance_seconds(20);
    let ann = stage.ann;
    stage.write(move |tx, cx| calls::take(tx, cx, &telling(Some(ann)), call, &Step::Answer));
    let rows = stage.logged(Medium::Calls);
    assert_eq!((rows.len(), rows[0].goal, rows[0].closed.seconds_since(rows[0].created)), (1, Goal::CallAnswer, 60));
    // What was answered has no clock under another level, nor has an outgoing call.
    let short = level(&stage, "Short", &[(Goal::CallAnswer, MINUTE)], Calendar::always());
    set(&stage, conversation, Some(short.id));
    assert_eq!(stage.clocks(conversation), []);
    let new = NewCall { number: Some("+44 1632 960002".to_owned()), ..NewCall::new(Direction::Outgoing) };
    let owner = stage.owner;
    let outgoing = stage.write(move |tx, cx| calls::start(tx, cx, &telling(Some(owner)), &new)).conversation.unwrap();
    set(&stage, outgoing, Some(short.id));
    assert_eq!(stage.clocks(outgoing), []);
    stage.clocks_are_sound();
}

#[test]
fn a_ticket_has_waited_since_its_turn_began() {
    let stage = stage();
    let later = later(&stage);
    let ticket = stage.plain();
    stage.clock.advance_seconds(10 * MINUTE);
    set(&stage, ticket, Some(later.id));
    let since = 10 * MINUTE;
    assert_eq!(stage.started(ticket), [(Goal::FirstAnswer, since), (Goal::FirstAssign, since), (Goal::FirstResolve, since)]);

    // Answered and opened again before there was a level: what was reached then is not asked for again.
    let again = stage.plain();
    stage.clock.advance_seconds(5 * MINUTE);
    stage.answer(stage.ann, again, "Yes?");
    stage.clock.advance_seconds(HOUR);
    stage.turns(again, Change::Open);
    stage.clock.advance_seconds(3 * MINUTE);
    set(&stage, again, Some(later.id));
    let open = stage.started(again);
    let goals: Vec<Goal> = open.iter().map(|(goal, _)| *goal).collect();
    assert_eq!(goals, [Goal::NextAnswer, Goal::FirstResolve], "Ann is in charge since she answered");
    assert!((3 * MINUTE..4 * MINUTE).contains(&open[0].1), "{open:?}");
    // The hour that it was answered does not count for the first resolve: eight minutes are used up.
    let due = stage.clocks(again).iter().find(|(goal, _)| *goal == Goal::FirstResolve).and_then(|(_, due)| *due).unwrap();
    assert!((5 * HOUR - 9 * MINUTE..=5 * HOUR - 8 * MINUTE).contains(&due), "{due}");

    // Answered: nothing is due, the first resolve stands still and goes on later.
    let answered = stage.plain();
    stage.answer(stage.ann, answered, "Yes?");
    stage.clock.advance_seconds(HOUR);
    set(&stage, answered, Some(later.id));
    assert_eq!(stage.clocks(answered), [(Goal::FirstResolve, None)]);
    stage.turns(answered, Change::Resolve);
    assert_eq!(stage.logged(Medium::Tickets).iter().filter(|row| row.conversation == answered).count(), 1);

    // Resolved once without a level: it is not asked to be resolved for the first time again.
    let resolved = stage.plain();
    stage.turns(resolved, Change::Resolve);
    stage.turns(resolved, Change::Open);
    set(&stage, resolved, Some(later.id));
    let goals: Vec<Goal> = stage.started(resolved).into_iter().map(|(goal, _)| goal).collect();
    assert_eq!(goals, [Goal::NextAnswer, Goal::FirstAssign]);

    // Deleted: nothing waits.
    let deleted = stage.plain();
    stage.turns(deleted, Change::Delete);
    set(&stage, deleted, Some(later.id));
    assert_eq!(stage.clocks(deleted), []);
    stage.clocks_are_sound();
}

#[test]
fn what_was_closed_stays_closed() {
    let stage = stage();
    level_for_all(&stage, &ALL, Calendar::always());
    let later = later(&stage);
    let ticket = stage.plain();
    stage.answer(stage.ann, ticket, "Yes?");
    let before = stage.logged(Medium::Tickets);
    stage.turns(ticket, Change::Open);
    set(&stage, ticket, Some(later.id));
    let goals: Vec<Goal> = stage.started(ticket).into_iter().map(|(goal, _)| goal).collect();
    assert_eq!(goals, [Goal::NextAnswer, Goal::FirstResolve]);
    assert_eq!(stage.logged(Medium::Tickets), before, "another level writes nothing into the log");
    set(&stage, ticket, None);
    assert_eq!((stage.clocks(ticket), stage.logged(Medium::Tickets)), (vec![], before));
    stage.clocks_are_sound();
}

/// It is New again, as after a missed call.
fn is_new_again(stage: &Stage, conversation: ConversationId) -> Vec<Goal> {
    stage.clock.advance_seconds(MINUTE);
    let customer = Actor::Customer(stage.conversation(conversation).customer);
    stage.write(move |tx, cx| {
        let mut conversation = conversations::get(tx, conversation)?;
        conversations::set_status(tx, cx, &mut conversation, Status::New, customer)
    });
    stage.started(conversation).into_iter().map(|(goal, _)| goal).collect()
}

#[test]
fn what_was_reached_without_a_clock_was_reached() {
    let stage = stage();
    // The first answer is not watched: then the next one is.
    let next = level(&stage, "Next", &[(Goal::NextAnswer, HOUR)], Calendar::always());
    let watched = stage.plain();
    set(&stage, watched, Some(next.id));
    assert_eq!(is_new_again(&stage, watched), [], "it still waits for the first");
    stage.answer(stage.ann, watched, "Yes?");
    assert_eq!(is_new_again(&stage, watched), [Goal::NextAnswer]);

    // What was reached before the level came is not asked for again.
    let later = later(&stage);
    let resolved = stage.plain();
    stage.turns(resolved, Change::Resolve);
    set(&stage, resolved, Some(later.id));
    stage.turns(resolved, Change::Open);
    let goals: Vec<Goal> = stage.started(resolved).into_iter().map(|(goal, _)| goal).collect();
    assert_eq!(goals, [Goal::NextAnswer, Goal::FirstAssign], "as if the level came after it was opened again");

    let answered = stage.plain();
    stage.clock.advance_seconds(MINUTE);
    stage.answer(stage.ann, answered, "Yes?");
    stage.write(move |tx, cx| conversations::hand_over(tx, cx, Actor::System, answered, None, None));
    set(&stage, answered, Some(later.id));
    assert_eq!(is_new_again(&stage, answered), [Goal::NextAnswer, Goal::FirstResolve], "it was answered and assigned");
    stage.clocks_are_sound();
}
