use deskbell_domain::goal::GoalConditionKind;
use deskbell_domain::ids::ChatId;
use deskbell_domain::visit::STAY_GAP_SECONDS;

use super::*;
use crate::conversations::stage::{Stage, stage};
use crate::customers::Introduction;
use crate::error::Kind;
use crate::visits::{self, Arrival};

const DONE: &str = "https://shop.test/done";
const DAY_SECONDS: i64 = 86_400;

fn condition(operator: GoalOperator, value: &str) -> GoalCondition {
    GoalCondition { kind: GoalConditionKind::Url, operator, value: value.to_owned() }
}

fn changes(name: &str) -> Changes {
    Changes { name: Some(name.to_owned()), conditions: Some(vec![condition(GoalOperator::Contains, "/done")]), ..Changes::default() }
}

impl Stage {
    fn goal(&self, changes: Changes) -> Result<Goal, AppError> {
        self.try_write(move |tx, cx| create(tx, cx, &changes))
    }

    fn conversions(&self) -> Vec<Conversion> {
        self.see(|tx| page(tx, (0, ""), i64::MAX, 1_000)).into_iter().map(|(_, conversion)| conversion).collect()
    }

    /// A chat in which an agent took part, over when this returns.
    fn served_chat(&self, visit: &Visit) -> ChatId {
        let chat = self.chat(visit, "hello");
        self.accept(self.owner, chat.id);
        self.clock.advance_seconds(10);
        self.end(self.owner, chat.id);
        chat.id
    }
}

#[test]
fn goals_are_made_changed_and_taken_away() {
    let stage = stage();
    let made = stage.goal(changes(" Order ")).unwrap();
    assert_eq!((made.name.as_str(), made.enabled, made.attribution), ("Order", true, AttributionModel::FirstTouch));
    assert_eq!(made.attribution_days, 30);
    let id = made.id;
    let head = stage.head();
    let other = Changes {
        description: Some("two\nlines".to_owned()),
        enabled: Some(false),
        attribution: Some(AttributionModel::LastTouch),
        attribution_days: Some(1),
        conditions: Some(vec![condition(GoalOperator::Equals, DONE), condition(GoalOperator::Contains, "x")]),
        ..Changes::default()
    };
    let changed = stage.write(move |tx, cx| change(tx, cx, id, &other));
    assert_eq!((changed.name.as_str(), changed.attribution_days, changed.conditions.len()), ("Order", 1, 2));
    assert_eq!(stage.see(move |tx| get(tx, id)), changed);
    assert_eq!(stage.events(head), [Event::GoalChanged { goal: id, name: "Order".to_owned(), removed: false }]);
    stage.write(move |tx, cx| change(tx, cx, id, &Changes::default()));
    assert_eq!(stage.head(), head + 1, "what changes nothing is not told");
    stage.write(move |tx, cx| remove(tx, cx, id));
    assert_eq!(stage.try_write(move |tx, cx| remove(tx, cx, id)).unwrap_err().kind, Kind::NotFound);
    assert!(stage.see(list).is_empty());
}

#[test]
fn what_is_no_goal_is_refused() {
    let stage = stage();
    let long = "x".repeat(NAME_CHARS_MAX + 1);
    for (wrong, kind) in [
        (Changes { name: None, ..changes("") }, Kind::Missing),
        (Changes { conditions: None, ..changes("a") }, Kind::Missing),
        (Changes { conditions: Some(Vec::new()), ..changes("a") }, Kind::Missing),
        (changes(" "), Kind::Invalid),
        (changes("a\u{0}b"), Kind::Invalid),
        (changes(&long), Kind::Invalid),
        (Changes { description: Some("a\u{0}".to_owned()), ..changes("a") }, Kind::Invalid),
        (Changes { attribution_days: Some(0), ..changes("a") }, Kind::Invalid),
        (Changes { attribution_days: Some(31), ..changes("a") }, Kind::Invalid),
        (Changes { attribution_days: Some(-1), ..changes("a") }, Kind::Invalid),
        (Changes { conditions: Some(vec![condition(GoalOperator::Equals, "shop.test")]), ..changes("a") }, Kind::Invalid),
        (Changes { conditions: Some(vec![condition(GoalOperator::Contains, "")]), ..changes("a") }, Kind::Invalid),
        (Changes { conditions: Some(vec![condition(GoalOperator::Contains, "x"); 51]), ..changes("a") }, Kind::Invalid),
    ] {
        assert_eq!(stage.goal(wrong.clone()).unwrap_err().kind, kind, "{wrong:?}");
    }
}

#[test]
fn five_goals_are_on_at_a_time() {
    let stage = stage();
    let first = stage.goal(changes("goal 1")).unwrap().id;
    for number in 1..GOALS_ENABLED_MAX {
        stage.goal(changes(&format!("goal {}", number + 1))).unwrap();
    }
    assert_eq!(stage.goal(changes("one more")).unwrap_err().public, "Goals limit exceeded");
    let off = stage.goal(Changes { enabled: Some(false), ..changes("one more") }).unwrap().id;
    let on = Changes { enabled: Some(true), ..Changes::default() };
    assert_eq!(stage.try_write(move |tx, cx| change(tx, cx, off, &on)).unwrap_err().public, "Goals limit exceeded");
    let renamed = Changes { name: Some("first".to_owned()), enabled: Some(true), ..Changes::default() };
    stage.write(move |tx, cx| change(tx, cx, first, &renamed));
}

#[test]
fn a_goal_is_reached_once_per_stay() {
    let stage = stage();
    let visit = stage.visit();
    stage.opens(&visit, DONE);
    assert!(stage.conversions().is_empty(), "there was no goal yet");
    let goal = stage.goal(changes("Order")).unwrap();
    let head = stage.head();
    stage.opens(&visit, "https://shop.test/cart");
    stage.opens(&visit, DONE);
    stage.opens(&visit, "https://shop.test/cart");
    stage.opens(&visit, DONE);
    // Loading the page anew is the same stay.
    let earlier = visit.id;
    let arrival = Arrival { url: DONE.to_owned(), ..Arrival::default() };
    let again = arrival.clone();
    stage.write(move |tx, cx| visits::arrive(tx, cx, Some(earlier), &again));
    let conversions = stage.conversions();
    assert_eq!(conversions.len(), 1);
    let conversion = &conversions[0];
    assert_eq!((conversion.goal, conversion.goal_name.as_str(), conversion.visit), (goal.id, "Order", visit.id));
    assert_eq!(conversion.attribution, None);
    let middle = format!(".v.{}.", goal.id.get());
    assert!(conversion.public_id.starts_with("2609.") && conversion.public_id.contains(&middle), "{}", conversion.public_id);
    let told = stage.events(head).into_iter().filter(|event| matches!(event, Event::ConversionRecorded { chat: None, .. })).count();
    assert_eq!(told, 1);

    stage.clock.advance_seconds(STAY_GAP_SECONDS);
    stage.write(move |tx, cx| visits::arrive(tx, cx, Some(earlier), &arrival));
    assert_eq!(stage.conversions().len(), 2, "who comes back later converts anew");
    let id = goal.id;
    stage.write(move |tx, cx| remove(tx, cx, id));
    stage.opens(&stage.visit(), DONE);
    assert_eq!(stage.conversions().len(), 2, "a goal that is gone is not reached; its conversions stay");
}

#[test]
fn conversions_are_put_down_to_chats_with_agents() {
    for (model, days, wanted) in [
        (AttributionModel::FirstTouch, 30, Some(0)),
        (AttributionModel::LastTouch, 30, Some(1)),
        (AttributionModel::FirstTouch, 5, Some(1)),
        (AttributionModel::LastTouch, 1, None),
    ] {
        let stage = stage();
        stage.all_online();
        let visit = stage.visit();
        let first = stage.served_chat(&visit);
        stage.clock.advance_seconds(4 * DAY_SECONDS);
        let second = stage.served_chat(&visit);
        stage.clock.advance_seconds(3 * DAY_SECONDS);
        let missed = stage.chat(&visit, "nobody comes");
        let gone = visit.clone();
        stage.write(move |tx, cx| crate::chats::visitor_ends(tx, cx, &gone));
        // Somebody else's chat does not count.
        stage.served_chat(&stage.visit());
        stage.goal(Changes { attribution: Some(model), attribution_days: Some(days), ..changes("Order") }).unwrap();
        stage.opens(&visit, DONE);
        let attribution = stage.conversions()[0].attribution.clone();
        let wanted = wanted.map(|place: usize| [first, second][place]);
        assert_eq!(attribution.as_ref().map(|attribution| attribution.chat), wanted, "{model:?} {days}");
        if let Some(attribution) = attribution {
            let chat = stage.see(move |tx| Ok(tables::chats::get(tx, attribution.chat)?.expect("it is there")));
            assert_eq!((attribution.chat_public_id, attribution.chat_at), (chat.public_id, chat.requested));
            assert_eq!((attribution.agent, attribution.agent_name.as_str()), (stage.owner, "Desk Owner"));
            assert_eq!((attribution.department, attribution.department_name.as_str()), (chat.department, "Support"));
            assert_ne!(chat.id, missed.id);
        }
    }
}

#[test]
fn a_chat_under_a_known_address_counts_for_the_browser() {
    let stage = stage();
    stage.all_online();
    let visit = stage.visit();
    stage.ticket(&stage.visit(), "jo@shop.test", "earlier");
    let asked = visit.clone();
    let request =
        crate::chats::Request { introduction: Introduction::new(None, Some("jo@shop.test")).unwrap(), ..crate::chats::Request::default() };
    let chat = stage.write(move |tx, cx| crate::chats::request(tx, cx, &asked, &request)).chat.unwrap();
    stage.accept(stage.owner, chat);
    stage.goal(changes("Order")).unwrap();
    stage.opens(&visit, DONE);
    let conversion = &stage.conversions()[0];
    assert_eq!(conversion.attribution.as_ref().map(|attribution| attribution.chat), Some(chat));
    assert_eq!(conversion.customer, visit.customer);
}
