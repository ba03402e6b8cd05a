//! The exports of agents and queues through the door: what rows show, pages, addresses, refusals.

use std::collections::BTreeSet;

use deskbell_app::accounts;
use deskbell_app::commands::{AgentCommand, VisitorCommand};
use deskbell_app::rights::Scopes;
use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::credential::CredentialKind;
use deskbell_domain::ids::AgentId;
use deskbell_domain::time::Timestamp;
use serde_json::{Value, json};

use crate::rest::AGE_SECONDS_MIN;
use crate::world::{START_SECONDS, World, call};

const SERIES: [&str; 3] = ["agent_timeline", "agent_events", "department_events"];

fn uri(series: &str) -> String {
    format!("/api/v2/chat/incremental/{series}")
}

fn rows<'a>(page: &'a Value, series: &str) -> &'a [Value] {
    page[series].as_array().unwrap()
}

/// The address without the host.
fn path(page: &Value) -> String {
    page["next_page"].as_str().unwrap().strip_prefix("http://desk.test").unwrap().to_owned()
}

/// Follows `next_page` until it is empty: all rows, and the last page.
async fn walk(world: &World, series: &str, query: &str) -> (Vec<Value>, Value) {
    let (mut all, mut page) = (Vec::new(), world.page(&format!("{}?{query}", uri(series))).await);
    while page["count"] != json!(0) {
        assert_eq!(page["count"], json!(rows(&page, series).len()));
        all.extend_from_slice(rows(&page, series));
        assert!(all.len() <= 5_000, "no end");
        page = world.page(&path(&page)).await;
    }
    (all, page)
}

fn micros(text: &Value) -> i64 {
    text.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_microsecond()
}

/// When a span ends, worked out as a reader of the answer does.
fn end_of(span: &Value) -> i64 {
    micros(&span["start_time"]) + (span["duration"].as_f64().unwrap() * 1e6).round() as i64
}

/// The agent goes online and away in turns, so often, each time that much later.
async fn flicker(world: &World, agents: &[AgentId], times: usize, micros: i64) {
    let agents = agents.to_vec();
    let now = world
        .desk
        .write(move |tx, cx| {
            for n in 0..times {
                for agent in &agents {
                    let preset = if n % 2 == 0 { AgentStatus::AWAY } else { AgentStatus::ONLINE };
                    accounts::choose_status(tx, cx, *agent, preset, true)?;
                }
                cx.now = cx.now.plus_micros(micros);
            }
            Ok(cx.now)
        })
        .await
        .unwrap();
    world.clock.set(now);
}

#[tokio::test]
async fn what_rows_show() {
    let world = World::open().await;
    let account = world.desk.account_key();
    let ann = world.add_agent("ann@desk.test", Role::Agent, 2).await;
    let sales = world.add_department("Sales", &[ann]).await;
    let at = |millis: i64| world.clock.set(Timestamp::from_micros(START_SECONDS * 1_000_000 + millis * 1_000 + 7));
    at(1_000);
    world.status(ann, AgentStatus::ONLINE).await;
    at(2_500);
    let (visit, chat) = world.ask(Some(sales)).await;
    at(4_000);
    world.agent(ann, AgentCommand::Accept { chat }).await;
    at(64_250);
    world.visitor(&visit, VisitorCommand::End).await;
    at(70_000);
    world.status(ann, AgentStatus::INVISIBLE).await;
    world.status(ann, AgentStatus::OFFLINE).await;
    world.fold().await;
    world.clock.advance_seconds(AGE_SECONDS_MIN + 100);

    let page = call(&world.rest, "GET", "/api/v2/incremental/agent_timeline?limit=7", Some(world.token())).await;
    let span = |duration: &str, engagements: u32, start: &str| {
        format!(
            r#"{{"agent_id":{},"duration":{duration},"engagement_count":{engagements},"start_time":"2026-11-22T00:{start}Z","status":"online"}}"#,
            ann.get()
        )
    };
    let end = START_SECONDS * 1_000_000 + 70_000_007;
    let wanted = format!(
        r#"{{"agent_timeline":[{},{},{}],"count":3,"end_time":{end},"next_page":"http://desk.test/api/v2/incremental/agent_timeline?limit=7&start_time={end}"}}"#,
        span("3.0", 0, "00:01.000007"),
        span("60.25", 1, "00:04.000007"),
        span("5.75", 0, "01:04.250007"),
    );
    assert_eq!(page.text, wanted, "also: being invisible for no time is left out");

    let (events, last) = walk(&world, "agent_events", "").await;
    let shown = |event: &Value| {
        let id = event["id"].as_str().unwrap();
        assert!(id.contains(&format!(".agent:{}.", ann.get())), "{id}");
        (event["field_name"].clone(), event["previous_value"].clone(), event["value"].clone(), event["timestamp"].clone())
    };
    let time = |text: &str| json!(format!("2026-11-22T00:{text}Z"));
    assert_eq!(
        events.iter().map(shown).collect::<Vec<_>>(),
        [
            (json!("status"), json!("offline"), json!("online"), time("00:01.000007")),
            (json!("engagements"), json!(0), json!(1), time("00:04.000007")),
            (json!("engagements"), json!(1), json!(0), time("01:04.250007")),
            (json!("status"), json!("online"), json!("invisible"), time("01:10.000007")),
            (json!("status"), json!("invisible"), json!("offline"), time("01:10.000007")),
        ]
    );
    assert_eq!((&last["end_id"], &last["end_time"]), (&events[4]["id"], &json!(START_SECONDS + 70)));
    let keys: Vec<_> = events[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["account_id", "agent_id", "field_name", "id", "previous_value", "timestamp", "value"]);
    assert_eq!((&events[0]["account_id"], &events[0]["agent_id"]), (&json!(account), &json!(ann.get())));

    let (events, _) = walk(&world, "department_events", "").await;
    let sizes = |incoming: u32, assigned: u32| json!({"assigned_chats": assigned, "incoming_chats": incoming});
    let event = |n: usize, text: &str, before: Value, after: Value| {
        json!({
            "department_id": sales.get(), "field_name": "queue_sizes", "id": events[n]["id"], "previous_value": before,
            "timestamp": time(text), "value": after
        })
    };
    let wanted = [
        event(0, "00:02", sizes(0, 0), sizes(1, 0)),
        event(1, "00:02", sizes(1, 0), sizes(0, 1)),
        event(2, "00:04", sizes(0, 1), sizes(0, 0)),
    ];
    assert_eq!(json!(events).to_string(), json!(wanted).to_string());
    assert!(events[0]["id"].as_str().unwrap().contains(&format!(".department:{}.", sales.get())));
}

#[tokio::test]
async fn the_default_department_is_none() {
    let world = World::online().await;
    let (visit, _) = world.ask(None).await;
    world.visitor(&visit, VisitorCommand::End).await;
    world.fold().await;
    world.clock.advance_seconds(AGE_SECONDS_MIN + 100);
    let (events, _) = walk(&world, "department_events", "fields=department_events(department_id,value.assigned_chats)").await;
    let wanted = [0, 1, 0].map(|assigned| json!({"department_id": null, "value": {"assigned_chats": assigned}}));
    assert_eq!(events, wanted);
}

#[tokio::test]
async fn pages_of_any_size_give_each_row_once() {
    let world = World::open().await;
    let (ann, ben) = (world.add_agent("ann@desk.test", Role::Agent, 2).await, world.add_agent("ben@desk.test", Role::Agent, 2).await);
    let owner = world.owner.agent.id;
    // All three change in the same microsecond, again and again.
    flicker(&world, &[ann, ben, owner], 10, 333_333).await;
    let (visit, _) = world.ask(None).await;
    world.visitor(&visit, VisitorCommand::End).await;
    world.fold().await;
    world.clock.advance_seconds(AGE_SECONDS_MIN + 100);
    for (series, count) in [("agent_timeline", 3 * 9), ("agent_events", 3 * 10), ("department_events", 3)] {
        let (whole, _) = walk(&world, series, "").await;
        assert_eq!(whole.len(), count, "{series}");
        for limit in ["limit=1", "limit=2", "limit=5", "limit=1000", "limit=5000&fields=&start_id=&start_time="] {
            let (all, last) = walk(&world, series, limit).await;
            assert_eq!(all, whole, "{series} {limit}");
            assert_eq!(world.page(&path(&last)).await, last, "the end stays the end");
        }
        for fields in [format!("{series}(*)"), format!("{series}%28%2A%29")] {
            let page = world.page(&format!("{}?fields={fields}", uri(series))).await;
            assert_eq!(rows(&page, series), &whole[..], "{fields}");
            assert!(path(&page).contains(&format!("?fields={series}%28%2A%29&start_time=")), "{fields}");
        }
    }
    let some = world.page(&format!("{}?fields=agent_timeline(status,agent_id)&limit=1", uri("agent_timeline"))).await;
    assert_eq!(some["agent_timeline"], json!([{"agent_id": ann.get(), "status": "away"}]));
    let (spans, last) = walk(&world, "agent_timeline", "").await;
    let ends: Vec<i64> = spans.iter().map(end_of).collect();
    assert!(ends.windows(2).all(|two| two[0] < two[1]), "{ends:?}");
    assert_eq!(last["end_time"], json!(ends[ends.len() - 1]));
    assert_eq!(last.as_object().unwrap().keys().collect::<Vec<_>>(), ["agent_timeline", "count", "end_time", "next_page"]);
    for (n, end) in ends.iter().enumerate() {
        for start in [format!("{end}"), format!("{end}.0"), format!("{end}.25"), format!("{end}&start_id=anything")] {
            let page = world.page(&format!("{}?start_time={start}", uri("agent_timeline"))).await;
            assert_eq!(rows(&page, "agent_timeline"), &spans[n + 1..], "strictly after {start}");
        }
        let page = world.page(&format!("{}?start_time={}&limit=1", uri("agent_timeline"), end - 1)).await;
        assert_eq!((rows(&page, "agent_timeline"), &page["end_time"]), (&spans[n..=n], &json!(end)));
    }
    for agent in [ann, ben, owner] {
        let own: Vec<&Value> = spans.iter().filter(|span| span["agent_id"] == json!(agent.get())).collect();
        assert!(own.windows(2).all(|two| end_of(two[0]) == micros(&two[1]["start_time"])), "no gap, no overlap: {own:?}");
    }
}

/// As old clients do: on by `start_time` alone, until a page is short. They see the rows of the second where a page ended twice.
async fn by_time_alone(world: &World, series: &str) -> Vec<Value> {
    let (mut start, mut all, mut pages) = (json!(0), Vec::<Value>::new(), 0);
    loop {
        let page = world.page(&format!("{}?limit=1000&fields={series}(*)&start_time={start}", uri(series))).await;
        all.extend(rows(&page, series).iter().filter(|row| !all.contains(row)).cloned().collect::<Vec<_>>());
        if page["count"].as_i64().unwrap() < 1_000 {
            return all;
        }
        start = page["end_time"].clone();
        pages += 1;
        assert!(pages < 20, "no end");
    }
}

#[tokio::test]
async fn clients_that_page_by_time_alone_lose_nothing_and_end() {
    let world = World::open().await;
    let owner = world.owner.agent.id;
    flicker(&world, &[owner], 2_100, 100).await;
    world.fold().await;
    world.clock.advance_seconds(AGE_SECONDS_MIN + 100);
    let (spans, _) = walk(&world, "agent_timeline", "").await;
    assert_eq!((spans.len(), by_time_alone(&world, "agent_timeline").await), (2_099, spans));
    let (events, _) = walk(&world, "agent_events", "").await;
    assert_eq!((events.len(), &by_time_alone(&world, "agent_events").await), (2_100, &events));
    let seconds: Vec<i64> = events.iter().map(|event| micros(&event["timestamp"]) / 1_000_000 - START_SECONDS).collect();
    let count = |second| seconds.iter().filter(|of| **of == second).count();
    assert_eq!((count(0), count(1), count(2)), (999, 999, 102));
    let ids: BTreeSet<&str> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2_100);
}

/// Numbers that look drawn, the same for the same seed.
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// Something happens, or nothing.
async fn happen(world: &World, draws: &mut Draws, agents: &[AgentId], visits: &mut Vec<deskbell_domain::visit::Visit>) {
    let agent = agents[draws.below(agents.len())];
    match draws.below(6) {
        0 | 1 => {
            let preset = [AgentStatus::ONLINE, AgentStatus::AWAY, AgentStatus::INVISIBLE, AgentStatus::OFFLINE][draws.below(4)];
            world.status(agent, preset).await;
        }
        2 if world.desk.figures(|figures| figures.agents(None)).online > 0 => visits.push(world.arrive().await),
        3 if !visits.is_empty() => {
            let visit = visits[draws.below(visits.len())].clone();
            let text = Some("hello".to_owned());
            let ask = VisitorCommand::Chat { department: None, introduction: Default::default(), text };
            // With nobody there it is refused, and he comes again.
            drop(world.desk.visitor_command(visit.visitor, visit.id, None, ask).await);
        }
        4 if !visits.is_empty() => {
            let visit = visits[draws.below(visits.len())].clone();
            drop(world.desk.visitor_command(visit.visitor, visit.id, None, VisitorCommand::End).await);
        }
        _ => {
            let live = world.desk.read(|tx| Ok(deskbell_store::tables::chats::live(tx)?)).await.unwrap();
            if let Some(chat) = live.get(draws.below(live.len().max(1))) {
                drop(world.desk.agent_command(agent, None, AgentCommand::Accept { chat: chat.id }).await);
            }
        }
    }
}

#[tokio::test]
async fn who_follows_next_page_while_things_happen_gets_each_row_once() {
    for seed in 1..=6 {
        let (world, mut draws) = (World::open().await, Draws(seed));
        let agents = [
            world.owner.agent.id,
            world.add_agent("a@desk.test", Role::Agent, 3).await,
            world.add_agent("b@desk.test", Role::Agent, 1).await,
        ];
        let (mut visits, mut next, mut seen) = (Vec::new(), SERIES.map(uri), [const { Vec::<Value>::new() }; 3]);
        for step in 0..200 {
            // Calm at the end, so that all of it becomes old enough.
            let calm = step >= 160;
            world.clock.set(world.desk.now().plus_micros(if calm { 60_000_000 } else { [0, 1, 999_999, 40_000_000][draws.below(4)] }));
            if !calm {
                happen(&world, &mut draws, &agents, &mut visits).await;
            }
            if draws.below(8) == 0 || calm {
                world.fold().await;
            }
            let which = draws.below(3);
            let limit = 1 + draws.below(4);
            let asked = next[which].split_once("limit=").map_or_else(
                || format!("{}?limit={limit}", next[which]),
                |(before, after)| format!("{before}limit={limit}{}", &after[after.find('&').unwrap()..]),
            );
            let page = world.page(&asked).await;
            seen[which].extend_from_slice(rows(&page, SERIES[which]));
            next[which] = path(&page);
        }
        for ((series, next), mut seen) in SERIES.into_iter().zip(next).zip(seen) {
            let mut page = world.page(&next).await;
            while page["count"] != json!(0) {
                seen.extend_from_slice(rows(&page, series));
                page = world.page(&path(&page)).await;
            }
            let (whole, _) = walk(&world, series, "limit=1000").await;
            assert!(whole.len() > 5, "{seed} {series}: {}", whole.len());
            assert_eq!(seen, whole, "{seed} {series}");
        }
    }
}

#[tokio::test]
async fn only_what_is_old_enough_and_ready() {
    let world = World::open().await;
    let owner = world.owner.agent.id;
    world.status(owner, AgentStatus::ONLINE).await;
    world.clock.advance_seconds(10);
    world.status(owner, AgentStatus::AWAY).await;
    world.clock.advance_seconds(10);
    world.fold().await;
    let now = world.desk.now().seconds();
    for (advance, count) in [(AGE_SECONDS_MIN - 11, 0), (1, 1), (1, 1)] {
        world.clock.advance_seconds(advance);
        let page = world.page(&uri("agent_timeline")).await;
        assert_eq!(page["count"], json!(count), "{advance}");
        assert_eq!(world.page(&path(&page)).await["count"], json!(0), "an end_time of ours is a good start_time");
    }
    let oldest = world.desk.now().seconds() - AGE_SECONDS_MIN;
    for series in SERIES {
        let unit = if series == "agent_timeline" { 1_000_000 } else { 1 };
        for (start, status) in [(oldest * unit, 200), (oldest * unit + 1, 400), (now * unit, 400), (i64::MAX, 400)] {
            let reply = call(&world.rest, "GET", &format!("{}?start_time={start}", uri(series)), Some(world.token())).await;
            assert_eq!(reply.status, status, "{series} {start}");
            let wanted = json!({"error": "Bad Request", "description": "Too recent start_time. Use a start_time older than 5 minutes"});
            assert!(status == 200 || reply.json() == wanted, "{}", reply.text);
        }
    }
    // The reader stands still; what it will add must not be passed by.
    world.status(owner, AgentStatus::OFFLINE).await;
    let unread = world.desk.now().seconds();
    world.clock.advance_seconds(10_000);
    for series in SERIES {
        let unit = if series == "agent_timeline" { 1_000_000 } else { 1 };
        for (start, status) in [(0, 200), (unread * unit - 1, 200), (unread * unit, 503), ((unread + 100) * unit, 503)] {
            let reply = call(&world.rest, "GET", &format!("{}?start_time={start}", uri(series)), Some(world.token())).await;
            assert_eq!(reply.status, status, "{series} {start}");
            if status == 503 {
                assert_eq!((&reply.json()["error"], reply.headers["retry-after"].to_str().unwrap()), (&json!("Service Unavailable"), "30"));
            }
        }
    }
    world.fold().await;
    let page = world.page(&format!("{}?start_time={}", uri("agent_timeline"), unread * 1_000_000 - 1)).await;
    assert_eq!(page["count"], json!(1));
}

/// The owner's status changes now and then, and a chat waits; something of each series happens last.
async fn busy(world: &World) {
    flicker(world, &[world.owner.agent.id], 4, 20_000_000).await;
    let (visit, _) = world.ask(None).await;
    world.visitor(&visit, VisitorCommand::End).await;
    world.status(world.owner.agent.id, AgentStatus::AWAY).await;
    world.fold().await;
}

/// Where a client stands, and what it has.
struct Stand {
    series: &'static str,
    seen: Vec<Value>,
    next: String,
}

#[tokio::test]
async fn a_place_stays_good_after_a_restart_with_the_clock_set_back() {
    let mut world = World::online().await;
    busy(&world).await;
    world.clock.advance_seconds(AGE_SECONDS_MIN + 50);
    let horizon = world.desk.now().seconds() - AGE_SECONDS_MIN;
    let mut stands = Vec::new();
    for series in SERIES {
        let whole = world.page(&uri(series)).await;
        let seen = rows(&whole, series).to_vec();
        assert!(!seen.is_empty());
        // By `next_page`, by time alone, and at a place that the client has chosen, as new as may be.
        let alone = format!("{}?start_time={}", uri(series), whole["end_time"]);
        let unit = if series == "agent_timeline" { 1_000_000 } else { 1 };
        let chosen = world.page(&format!("{}?start_time={}", uri(series), horizon * unit)).await;
        assert_eq!(chosen["count"], json!(0));
        for next in [path(&whole), alone, path(&chosen)] {
            stands.push(Stand { series, seen: seen.clone(), next });
        }
    }
    world.clock.advance_seconds(-AGE_SECONDS_MIN - 45);
    world.restart().await;
    for Stand { series, next, seen } in &stands {
        let page = world.page(next).await;
        // Who goes by time alone gets nothing either: what he has is younger than five minutes now.
        assert_eq!((&page["count"], rows(&page, series)), (&json!(0), &[][..]), "{next}");
        let again = world.page(&path(&page)).await;
        assert_eq!(again, page, "it echoes the place: {next}");
        assert!(path(&page).starts_with(next.as_str()), "{next}: {page}");
        // What was never handed out is refused as ever, and so is what nobody can have.
        let unit = if *series == "agent_timeline" { 1_000_000 } else { 1 };
        for wrong in [horizon * unit + 1, i64::MAX] {
            let reply = call(&world.rest, "GET", &format!("{}?start_time={wrong}", uri(series)), Some(world.token())).await;
            assert_eq!(reply.status, 400, "{series} {wrong}: {} rows seen", seen.len());
        }
    }
    busy(&world).await;
    world.clock.advance_seconds(10 * AGE_SECONDS_MIN);
    for Stand { series, mut seen, next } in stands {
        let first = world.page(&next).await;
        assert_ne!(first["count"], json!(0), "{next}");
        seen.extend(rows(&first, series).iter().filter(|row| !seen.contains(row)).cloned().collect::<Vec<_>>());
        let (whole, _) = walk(&world, series, "").await;
        assert_eq!(seen, whole, "{next}: he goes on, and misses nothing");
    }
}

#[tokio::test]
async fn a_place_that_was_read_on_an_older_promise_stays_good_too() {
    let mut world = World::online().await;
    busy(&world).await;
    let newest = world.desk.now().seconds();
    // The first page makes the promise, the second is read up to a newer second that it covers.
    world.clock.set(Timestamp::from_seconds(newest + AGE_SECONDS_MIN - 10));
    for series in SERIES {
        world.page(&uri(series)).await;
    }
    world.clock.set(Timestamp::from_seconds(newest + AGE_SECONDS_MIN + 1));
    let mut places = Vec::new();
    for series in SERIES {
        let page = world.page(&uri(series)).await;
        places.extend([path(&page), format!("{}?start_time={}", uri(series), page["end_time"])]);
    }
    world.clock.advance_seconds(-20);
    world.restart().await;
    for place in places {
        assert_eq!(world.page(&place).await["count"], json!(0), "{place}");
    }
}

#[tokio::test]
async fn refusals() {
    let world = World::open().await;
    let read = Scopes { read: true, ..Scopes::default() };
    let ann = world.add_agent("ann@desk.test", Role::Agent, 1).await;
    let of_agent = world.add_token(ann, CredentialKind::Token, read).await.secret;
    world.fold().await;
    for series in SERIES {
        for (token, status) in [(Some(world.token()), 200), (Some(of_agent.as_str()), 403), (None, 401)] {
            assert_eq!(call(&world.rest, "GET", &uri(series), token).await.status, status, "{series}");
        }
        let unit = if series == "agent_timeline" { "microseconds" } else { "seconds" };
        let time = format!("parameter start_time must be a time in {unit} since 1970");
        for (query, sentence) in [
            ("start_time=-1", time.as_str()),
            ("start_time=now", time.as_str()),
            ("limit=0", "parameter limit must be at least 1"),
            ("start_id=a%00b", "parameter start_id must be the end_id of a page"),
            ("fields=agent_timeline", "parameter fields is malformed: expected '(' at character 15"),
        ] {
            let reply = call(&world.rest, "GET", &format!("{}?{query}", uri(series)), Some(world.token())).await;
            assert_eq!((reply.status, reply.json()), (400, json!({"error": "Bad Request", "description": sentence})), "{series} {query}");
        }
        let page = world.page(&uri(series)).await;
        assert_eq!((&page["count"], &page["end_time"], rows(&page, series).len()), (&json!(0), &json!(0), 0));
    }
}
