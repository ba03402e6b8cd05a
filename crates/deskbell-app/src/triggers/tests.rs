use deskbell_domain::agent::AgentStatus;
use deskbell_domain::chat::{Chat, ChatState, StartedBy};
use deskbell_domain::ids::DepartmentId;
use deskbell_domain::message::Actor;
use deskbell_domain::time::Timestamp;
use serde_json::json;

use super::*;
use crate::chats;
use crate::conversations::stage::{Stage, stage};
use crate::error::Kind;
use crate::skills::{self, SkillDraft};
use crate::timers::Timers;
use crate::visits::{self, Arrival};

const CART: &str = "https://shop.test/cart";

impl Stage {
    fn try_trigger(&self, name: &str, definition: Json) -> Result<Trigger, AppError> {
        let changes = Changes { name: Some(name.to_owned()), definition: Some(definition), ..Changes::default() };
        self.try_write(move |tx, cx| create(tx, cx, &changes))
    }

    fn trigger(&self, event: &str, condition: Json, actions: Json) -> Trigger {
        // They act in the order in which they were made.
        self.clock.advance_seconds(1);
        let definition = json!({"event": event, "condition": condition, "actions": actions});
        self.try_trigger(&format!("trigger of {event} {}", self.head()), definition).unwrap()
    }

    fn says(&self, visit: &Visit, text: &str) {
        let (visit, text) = (visit.clone(), text.to_owned());
        self.write(move |tx, cx| chats::visitor_says(tx, cx, &visit, &text, None, None));
    }

    fn greeted(&self, visit: &Visit) -> Vec<String> {
        let (visitor, now) = (visit.visitor, self.desk.now());
        let greetings = self.see(move |tx| greetings(tx, visitor, now));
        greetings.into_iter().map(|greeting| format!("{}: {}", greeting.speaker, greeting.text)).collect()
    }

    /// What was said in a chat, with the names of who said it.
    fn said(&self, chat: &Chat) -> Vec<String> {
        let id = chat.id;
        let messages = self.see(move |tx| Ok(tables::messages::of_chat(tx, id)?));
        let spoken = messages.into_iter().map(|stored| stored.message).filter(|message| message.kind.speaks());
        spoken.map(|message| format!("{}: {}", message.author_name, message.text)).collect()
    }

    fn now_is(&self, chat: &Chat) -> Chat {
        let id = chat.id;
        self.see(move |tx| Ok(tables::chats::get(tx, id)?.expect("it is there")))
    }

    /// Lets time pass while the visitor stays; the timers look at each second.
    fn stays(&self, visit: &Visit, seconds: i64) {
        for _ in 0..seconds {
            self.clock.advance_seconds(1);
            let id = visit.id;
            self.write(move |tx, cx| Ok(tables::visits::touch(tx, &[id], cx.now)?));
            self.look();
        }
    }

    fn look(&self) {
        run(go_on(&self.desk)).unwrap();
    }

    fn fired(&self) -> usize {
        self.events(0).iter().filter(|event| matches!(event, Event::TriggerFired { .. })).count()
    }

    fn waiting(&self) -> usize {
        self.see(|tx| Ok(tables::triggers::due(tx, Timestamp::from_micros(i64::MAX), 1_000)?)).len()
    }
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn hello() -> Json {
    json!([["sendMessageToVisitor", "Sarah", "May I help?"]])
}

fn always() -> Json {
    json!(["and"])
}

#[test]
fn triggers_are_made_changed_and_taken_away() {
    let stage = stage();
    let definition = json!({"editor": "advanced", "event": "page_enter", "condition": ["and"], "actions": [["wait", 1]], "version": 1});
    let made = stage.try_trigger("Hello", definition.clone()).unwrap();
    assert_eq!((made.enabled, made.source.as_str()), (true, definition.to_string().as_str()), "it is kept as it was given");
    assert_eq!(stage.try_trigger("Hello", definition.clone()).unwrap_err().kind, Kind::Invalid);
    assert_eq!(stage.try_trigger("Other", json!({"event": "page_enter"})).unwrap_err().kind, Kind::Missing);
    assert_eq!(stage.try_trigger("a\u{0}", definition).unwrap_err().kind, Kind::Invalid);
    let by_number = made.id.get().to_string();
    assert_eq!(stage.see(move |tx| find(tx, &by_number)), made);
    let head = stage.head();
    let off = Changes { enabled: Some(false), description: Some("rests".to_owned()), ..Changes::default() };
    let changed = stage.write(move |tx, cx| change(tx, cx, "Hello", &off));
    assert_eq!((changed.enabled, changed.description.as_str(), &changed.source), (false, "rests", &made.source));
    stage.write(|tx, cx| remove(tx, cx, "Hello"));
    let told = |removed| Event::TriggerChanged { trigger: made.id, name: "Hello".to_owned(), removed };
    assert_eq!(stage.events(head), [told(false), told(true)]);
    assert_eq!(stage.try_write(|tx, cx| remove(tx, cx, "Hello")).unwrap_err().kind, Kind::NotFound);
}

#[test]
fn a_desk_has_so_many_triggers() {
    let stage = stage();
    for number in 0..TRIGGERS_MAX {
        stage.try_trigger(&format!("{number}"), json!({"event": "page_enter", "condition": ["or"], "actions": [["wait", 1]]})).unwrap();
    }
    let one_more = json!({"event": "page_enter", "condition": ["or"], "actions": [["wait", 1]]});
    assert_eq!(stage.try_trigger("one more", one_more).unwrap_err().kind, Kind::Conflict);
}

#[test]
fn a_greeting_is_answered_with_a_chat() {
    let stage = stage();
    stage.all_online();
    let trigger =
        stage.trigger("page_enter", json!(["and", ["icontains", "@visitor_page_url", "/CART"], ["not", ["firedBefore"]]]), hello());
    let (visit, other) = (stage.visit(), stage.visit());
    stage.opens(&visit, "https://shop.test/");
    assert!(stage.greeted(&visit).is_empty());
    let head = stage.head();
    stage.opens(&visit, CART);
    stage.opens(&visit, "https://shop.test/");
    stage.opens(&visit, CART);
    assert_eq!(stage.greeted(&visit), ["Sarah: May I help?"], "once per visitor");
    assert!(stage.greeted(&other).is_empty());
    let wanted = Event::TriggerFired {
        trigger: trigger.id,
        trigger_name: trigger.name.clone(),
        visit: visit.id,
        visitor: visit.visitor,
        customer: visit.customer,
        chat: None,
        speaker: Some("Sarah".to_owned()),
        greeting: Some("May I help?".to_owned()),
    };
    assert!(stage.events(head).contains(&wanted));
    assert_eq!(stage.fired(), 1);

    let chat = stage.chat(&visit, "yes, please");
    assert_eq!(chat.started_by, StartedBy::Trigger);
    assert_eq!(stage.said(&chat), ["Sarah: May I help?".to_owned(), format!("{}: yes, please", chat.customer_name)]);
    assert_eq!((chat.state, chat.visitor_messages), (ChatState::Offered, 1), "it is routed like any other");
    assert!(stage.greeted(&visit).is_empty());
    stage.write(move |tx, cx| chats::visitor_ends(tx, cx, &visit));
    assert_eq!(stage.chat(&other, "hello").started_by, StartedBy::Visitor);
    stage.is_sound();
}

#[test]
fn a_greeting_lasts_half_an_hour_and_there_are_five() {
    let stage = stage();
    stage.all_online();
    stage.trigger("page_enter", always(), hello());
    let visit = stage.visit();
    for number in 0..8 {
        stage.opens(&visit, &format!("https://shop.test/{number}"));
    }
    assert_eq!(stage.greeted(&visit).len(), acting::GREETINGS_MAX);
    stage.clock.advance_seconds(acting::GREETING_SECONDS_MAX + 1);
    assert!(stage.greeted(&visit).is_empty());
    stage.write(|tx, cx| forget(tx, cx));
    assert_eq!(stage.chat(&visit, "hello").started_by, StartedBy::Visitor);
}

#[test]
fn nobody_is_greeted_while_nobody_is_there() {
    for (preset, greeted) in
        [(AgentStatus::ONLINE, true), (AgentStatus::AWAY, true), (AgentStatus::INVISIBLE, false), (AgentStatus::from_bits(0), false)]
    {
        let stage = stage();
        let owner = stage.owner;
        stage.write(move |tx, cx| crate::accounts::choose_status(tx, cx, owner, preset, true));
        stage.trigger("page_enter", always(), hello());
        let visit = stage.visit();
        stage.opens(&visit, CART);
        assert_eq!(!stage.greeted(&visit).is_empty(), greeted, "{preset:?}");
    }
}

#[test]
fn actions_in_a_chat() {
    let stage = stage();
    stage.all_online();
    let sales = stage.sales;
    let skill = stage.write(|tx, cx| skills::create(tx, cx, &SkillDraft { name: Some("French".to_owned()), ..SkillDraft::default() })).id;
    stage.trigger(
        "chat_requested",
        json!(["and", ["eq", "@visitor_requesting_chat", true], ["eq", "@visitor_served", false], ["eq", "@sender_type", "visitor"]]),
        json!([
            ["addTag", "fresh"],
            ["setDepartment", sales.get()],
            ["sendMessageToVisitor", "Desk", "One moment."],
            ["setName", "Jo"],
            ["appendNote", "first"],
            ["appendNote", "second"],
            ["addSkill", skill.get()],
            ["addSkill", skill.get()],
            ["addSkill", 99_999_999_999_i64]
        ]),
    );
    stage.trigger("chat_message", json!(["iregex", "@message", ".*agent.*"]), json!([["removeTag", "fresh"], ["addTag", "human"]]));
    let visit = stage.visit();
    let head = stage.head();
    let chat = stage.chat(&visit, "hello");
    assert_eq!((chat.department, chat.state), (sales, ChatState::Offered));
    assert_eq!(stage.said(&chat)[1], "Desk: One moment.");
    assert_eq!(stage.conversation(chat.conversation).tags, ["fresh"]);
    let customer = visit.customer;
    let customer = stage.see(move |tx| crate::customers::get(tx, customer));
    assert_eq!((customer.name.as_str(), customer.note.as_str()), ("Jo", "first\nsecond"));
    let asked = |event: &Event| matches!(event, Event::SkillsRequested { chat: id, by: Actor::System, .. } if *id == chat.id);
    assert_eq!(stage.events(head).iter().filter(|event| asked(event)).count(), 1);
    let asked_for = stage.see({
        let id = chat.id;
        move |tx| skills::of_chat(tx, id)
    });
    assert_eq!(asked_for, [skill], "once, and none that isn't there");
    let rings = stage.see({
        let id = chat.id;
        move |tx| Ok(tables::offers::ringing(tx, id)?)
    });
    assert_eq!(rings.iter().map(|offer| offer.agent).collect::<Vec<_>>(), [stage.ann], "it never rang elsewhere");

    let fired = stage.fired();
    stage.says(&visit, "the agent, please");
    stage.says(&visit, "thanks");
    assert_eq!(stage.conversation(chat.conversation).tags, ["human"]);
    assert_eq!(stage.fired(), fired + 1);
    stage.is_sound();
}

#[test]
fn what_is_noted_of_a_visitor_waits_for_his_chat() {
    let stage = stage();
    stage.all_online();
    let sales = stage.sales;
    let noted = json!([["addTag", "a"], ["addTag", "b"], ["removeTag", "a"], ["setDepartment", sales.get()], ["setTriggered", true]]);
    stage.trigger("page_enter", always(), noted);
    stage.trigger("page_enter", json!(["and", ["hasTag", "b"], ["eq", "@visitor_triggered", true]]), json!([["addTag", "c"]]));
    let visit = stage.visit();
    stage.opens(&visit, CART);
    let chat = stage.chat(&visit, "hello");
    assert_eq!((chat.department, chat.started_by), (sales, StartedBy::Visitor));
    assert_eq!(stage.conversation(chat.conversation).tags, ["b", "c"]);
}

#[test]
fn a_department_where_nobody_is_keeps_nobody_from_chatting() {
    let stage = stage();
    let (owner, sales) = (stage.owner, stage.sales);
    stage.write(move |tx, cx| crate::accounts::choose_status(tx, cx, owner, AgentStatus::ONLINE, true));
    stage.trigger("page_enter", always(), json!([["setDepartment", sales.get()]]));
    let visit = stage.visit();
    stage.opens(&visit, CART);
    assert_eq!(stage.chat(&visit, "hello").department, DepartmentId::DEFAULT);
}

#[test]
fn what_cannot_be_done_is_passed_over() {
    let stage = stage();
    stage.all_online();
    let (nowhere, note) = (88_888_888_888_i64, "x".repeat(2_000));
    let mut actions = vec![json!(["setDepartment", nowhere])];
    actions.extend(std::iter::repeat_n(json!(["appendNote", note]), 8));
    actions.push(json!(["sendMessageToVisitor", "Desk", "still here"]));
    stage.trigger("chat_requested", always(), Json::Array(actions));
    let chat = stage.chat(&stage.visit(), "hello");
    assert_eq!((chat.department, stage.said(&chat).len()), (DepartmentId::DEFAULT, 2));
}

#[test]
fn a_banned_visitor_is_out() {
    let stage = stage();
    stage.all_online();
    let condition = json!(["contains", "@message", "spam"]);
    stage.trigger("chat_message", condition, json!([["banVisitor", "spam"], ["sendMessageToVisitor", "Desk", "never said"]]));
    stage.trigger("chat_message", always(), json!([["sendMessageToVisitor", "Desk", "heard"]]));
    let visit = stage.visit();
    let chat = stage.chat(&visit, "hello");
    stage.says(&visit, "buy spam");
    assert_eq!(stage.now_is(&chat).state, ChatState::Ended);
    assert_eq!(stage.said(&chat)[1..], ["Desk: heard".to_owned(), format!("{}: buy spam", chat.customer_name)]);
    assert!(stage.greeted(&visit).is_empty());
    let gone = visit.id;
    assert_eq!(stage.try_write(move |tx, _| visits::present(tx, gone)).unwrap_err().kind, Kind::Forbidden);
}

#[test]
fn a_typed_address_draws_nothing_on_whom_it_belongs_to() {
    let stage = stage();
    stage.all_online();
    let victim = stage.write(|tx, cx| {
        let changes = crate::customers::Changes { note: Some("VIP".to_owned()), ..Default::default() };
        crate::customers::register(tx, cx, &crate::customers::NewCustomer { email: "victim@shop.test".to_owned(), changes })
    });
    stage.trigger("chat_message", json!(["contains", "@visitor_note", "VIP"]), json!([["sendMessageToVisitor", "Desk", "our VIP"]]));
    let condition = json!(["contains", "@message", "spam"]);
    stage.trigger("chat_message", condition, json!([["setName", "Mallory"], ["appendNote", "spams"], ["banVisitor", "spam"]]));
    let visit = stage.visit();
    let stranger = visit.clone();
    let chat = stage.write(move |tx, cx| {
        let introduction = crate::customers::Introduction::new(None, Some("victim@shop.test"))?;
        let request = chats::Request { introduction, text: Some("buy spam".to_owned()), ..chats::Request::default() };
        chats::request(tx, cx, &stranger, &request)
    });
    let chat = stage.see(move |tx| Ok(tables::chats::get(tx, chat.chat.unwrap())?.unwrap()));
    assert_eq!((chat.customer, chat.state), (victim.id, ChatState::Ended), "the stranger's browser is out");
    assert!(stage.said(&chat).iter().all(|line| !line.contains("VIP")));
    let id = victim.id;
    assert_eq!(stage.see(move |tx| crate::customers::get(tx, id)), victim);
    let bans = stage.see(move |tx| Ok(tables::bans::of_target(tx, &deskbell_domain::customer::BanTarget::Customer(id))?));
    assert!(bans.is_empty(), "{bans:?}");
    let gone = visit.id;
    assert_eq!(stage.try_write(move |tx, _| visits::present(tx, gone)).unwrap_err().kind, Kind::Forbidden);
}

#[test]
fn delays_between_actions() {
    let stage = stage();
    stage.all_online();
    let actions = json!([["wait", 5], ["sendMessageToVisitor", "A", "one"], ["wait", 3], ["sendMessageToVisitor", "A", "two"]]);
    stage.trigger("chat_requested", json!(["not", ["firedBefore"]]), actions);
    let visit = stage.visit();
    let chat = stage.chat(&visit, "hello");
    stage.stays(&visit, 4);
    assert_eq!(stage.said(&chat).len(), 1);
    stage.stays(&visit, 1);
    assert_eq!(stage.said(&chat)[1..], ["A: one"]);
    stage.stays(&visit, 3);
    assert_eq!(stage.said(&chat)[1..], ["A: one", "A: two"]);
    stage.stays(&visit, 20);
    assert_eq!((stage.said(&chat).len(), stage.waiting(), stage.fired()), (3, 0, 1));
}

#[test]
fn still_on_the_page() {
    let stage = stage();
    stage.all_online();
    stage.trigger("page_enter", json!(["and", ["contains", "@visitor_page_url", "cart"], ["stillOnPage", 30]]), hello());
    let visit = stage.visit();
    stage.opens(&visit, CART);
    stage.stays(&visit, 20);
    stage.opens(&visit, "https://shop.test/");
    stage.stays(&visit, 20);
    assert_eq!((stage.greeted(&visit).len(), stage.waiting()), (0, 0), "he went on to another page");
    stage.opens(&visit, CART);
    stage.stays(&visit, 29);
    assert!(stage.greeted(&visit).is_empty());
    stage.stays(&visit, 1);
    assert_eq!(stage.greeted(&visit).len(), 1);
}

#[test]
fn still_on_the_site() {
    let stage = stage();
    stage.all_online();
    stage.trigger(
        "page_enter",
        json!(["and", ["not", ["firedBefore"]], ["stillOnSite", 30], ["gte", "@visitor_time_on_site", 30]]),
        hello(),
    );
    let (visit, leaver) = (stage.visit(), stage.visit());
    stage.opens(&leaver, CART);
    for page in 0..6 {
        stage.opens(&visit, &format!("https://shop.test/{page}"));
        stage.stays(&visit, 4);
    }
    assert_eq!(stage.waiting(), 2, "one for each visitor");
    stage.stays(&visit, 6);
    assert_eq!(stage.greeted(&visit), ["Sarah: May I help?"]);
    stage.stays(&visit, 100);
    assert_eq!((stage.greeted(&visit).len(), stage.waiting()), (1, 0));
}

#[test]
fn what_waits_for_a_visitor_who_left_is_dropped() {
    let stage = stage();
    stage.all_online();
    stage.trigger("page_enter", always(), json!([["wait", 60], ["sendMessageToVisitor", "A", "one"]]));
    let (visit, back) = (stage.visit(), stage.visit());
    stage.opens(&visit, CART);
    stage.opens(&back, CART);
    stage.clock.advance_seconds(70);
    stage.look();
    assert_eq!(stage.waiting(), 2, "he may be between two pages");
    let id = back.id;
    stage.write(move |tx, cx| Ok(tables::visits::touch(tx, &[id], cx.now)?));
    for _ in 0..20 {
        stage.clock.advance_seconds(5);
        stage.look();
    }
    assert_eq!((stage.waiting(), stage.greeted(&visit).len(), stage.greeted(&back).len()), (0, 0, 1));
}

#[test]
fn many_wait_for_the_same_moment() {
    let stage = stage();
    stage.all_online();
    stage.trigger("page_enter", json!(["stillOnSite", 10]), hello());
    let visits: Vec<Visit> = (0..120).map(|_| stage.visit()).collect();
    for visit in &visits {
        stage.opens(visit, CART);
    }
    stage.clock.advance_seconds(10);
    stage.look();
    assert_eq!((stage.waiting(), stage.fired()), (0, 120));
}

#[test]
fn an_older_window_keeps_him_here() {
    let stage = stage();
    stage.all_online();
    stage.trigger("page_enter", json!(["stillOnSite", 60]), hello());
    let visit = stage.visit();
    stage.opens(&visit, CART);
    let earlier = visit.id;
    let second = Arrival { url: "https://shop.test/".to_owned(), ..Arrival::default() };
    stage.write(move |tx, cx| visits::arrive(tx, cx, Some(earlier), &second));
    stage.stays(&visit, 60);
    assert_eq!(stage.greeted(&visit).len(), 1, "the newer window was closed");
}

#[test]
fn changing_a_trigger_drops_what_it_waits_for() {
    let stage = stage();
    stage.all_online();
    let waits = json!([["wait", 5], ["sendMessageToVisitor", "A", "one"]]);
    let trigger = stage.trigger("page_enter", always(), waits);
    let visit = stage.visit();
    stage.opens(&visit, CART);
    assert_eq!(stage.waiting(), 1);
    let (name, off) = (trigger.name.clone(), Changes { enabled: Some(false), ..Changes::default() });
    stage.write(move |tx, cx| change(tx, cx, &name, &off));
    stage.stays(&visit, 10);
    stage.opens(&visit, "https://shop.test/");
    assert_eq!((stage.waiting(), stage.greeted(&visit).len()), (0, 0));
}

#[test]
fn so_much_waits_for_one_visitor() {
    let stage = stage();
    stage.all_online();
    stage.trigger("chat_message", always(), json!([["wait", 600], ["addTag", "late"]]));
    let visit = stage.visit();
    stage.chat(&visit, "hello");
    for number in 0..STEPS_OF_VISITOR_MAX + 20 {
        stage.says(&visit, &format!("message {number}"));
    }
    assert_eq!(stage.waiting(), STEPS_OF_VISITOR_MAX);
}

#[test]
fn triggers_start_no_triggers() {
    let stage = stage();
    stage.all_online();
    let sales = stage.sales;
    stage.trigger("chat_message", always(), json!([["sendMessageToVisitor", "A", "hello"], ["setDepartment", sales.get()]]));
    stage.trigger("chat_requested", always(), json!([["sendMessageToVisitor", "B", "hello"]]));
    let chat = stage.chat(&stage.visit(), "hi");
    assert_eq!(stage.said(&chat).len(), 3);
    assert_eq!(stage.fired(), 2);
}

#[test]
fn a_write_that_is_undone_leaves_no_trigger_in_memory() {
    let stage = stage();
    stage.all_online();
    let visit = stage.visit();
    let (here, undone) = (visit.clone(), json!({"event": "page_enter", "condition": ["and"], "actions": hello()}));
    let refused = stage.try_write(move |tx, cx| -> Result<(), AppError> {
        create(tx, cx, &Changes { name: Some("undone".to_owned()), definition: Some(undone), ..Changes::default() })?;
        visits::view(tx, cx, &here, CART, "Cart")?;
        Err(AppError::conflict("undone"))
    });
    assert_eq!(refused.unwrap_err().public, "undone");
    stage.opens(&visit, CART);
    assert!(stage.greeted(&visit).is_empty());
    stage.trigger("page_enter", always(), hello());
    stage.opens(&visit, "https://shop.test/");
    assert_eq!(stage.greeted(&visit).len(), 1);
}

#[test]
fn many_arrive_at_once() {
    let stage = stage();
    stage.all_online();
    stage.trigger("page_enter", json!(["not", ["firedBefore"]]), hello());
    let visits: Vec<Visit> = std::thread::scope(|scope| {
        let arrivals: Vec<_> = (0..40)
            .map(|number| {
                let arrival = Arrival { url: format!("https://shop.test/{number}"), ..Arrival::default() };
                let desk = &stage.desk;
                scope.spawn(move || desk.write_blocking(move |tx, cx| visits::arrive(tx, cx, None, &arrival)).unwrap())
            })
            .collect();
        arrivals.into_iter().map(|arrival| arrival.join().unwrap()).collect()
    });
    for visit in &visits {
        assert_eq!(stage.greeted(visit).len(), 1);
    }
    assert_eq!(stage.fired(), 40);
}

#[test]
fn what_waits_outlives_the_program() {
    use crate::clock::FakeClock;
    use crate::desk::{Desk, DeskOptions};
    use std::sync::Arc;

    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(Timestamp::from_seconds(1_790_000_000)));
    let options = DeskOptions {
        location: deskbell_store::Location::Sqlite(directory.path().join("desk.db")),
        files: directory.path().join("files"),
        clock: Arc::clone(&clock) as Arc<_>,
        store: deskbell_store::Options { readers: 1, ..deskbell_store::Options::default() },
    };
    let owner = Desk::init(&options, "owner@desk.test", "correct horse").unwrap().agent.id;
    let desk = Desk::open(&options).unwrap();
    let definition = json!({"event": "page_enter", "condition": ["stillOnSite", 5],
        "actions": [["sendMessageToVisitor", "A", "one"], ["wait", 60], ["sendMessageToVisitor", "A", "two"]]});
    let visit = desk
        .write_blocking(move |tx, cx| {
            crate::accounts::choose_status(tx, cx, owner, AgentStatus::ONLINE, true)?;
            create(tx, cx, &Changes { name: Some("slow".to_owned()), definition: Some(definition), ..Changes::default() })?;
            visits::arrive(tx, cx, None, &Arrival { url: CART.to_owned(), ..Arrival::default() })
        })
        .unwrap();
    let (visitor, id) = (visit.visitor, visit.id);
    let texts = |desk: &Desk| -> Vec<String> {
        let now = desk.now();
        let greetings = desk.snapshot_blocking(move |tx| greetings(tx, visitor, now)).unwrap();
        greetings.into_iter().map(|greeting| greeting.text).collect()
    };
    // Closed in the middle of the first delay, and of the second.
    let mut desk = desk;
    for (advance, wanted) in [(6, vec!["one"]), (60, vec!["one", "two"]), (60, vec!["one", "two"])] {
        clock.advance_seconds(advance);
        desk.close();
        desk = Desk::open(&options).unwrap();
        desk.write_blocking(move |tx, cx| {
            crate::accounts::choose_status(tx, cx, owner, AgentStatus::ONLINE, true)?;
            Ok(tables::visits::touch(tx, &[id], cx.now)?)
        })
        .unwrap();
        let mut timers = Timers::new(desk.now());
        clock.advance_seconds(1);
        run(timers.tick(&desk)).unwrap();
        run(timers.tick(&desk)).unwrap();
        assert_eq!(texts(&desk), wanted);
    }
    desk.close();
}
