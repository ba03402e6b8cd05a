use deskbell_app::commands::{AgentCommand, VisitorCommand};
use deskbell_app::goals::{self, Changes};
use deskbell_app::visits::{self, Arrival};
use deskbell_domain::goal::{AttributionModel, GoalCondition, GoalConditionKind, GoalOperator};
use serde_json::{Value, json};

use crate::rest::AGE_SECONDS_MIN;
use crate::world::{START_SECONDS, World, call};

const CONVERSIONS: &str = "/api/v2/incremental/conversions";
const DONE: &str = "https://shop.test/done";

impl World {
    async fn goal(&self, name: &str) -> i64 {
        let condition = GoalCondition { kind: GoalConditionKind::Url, operator: GoalOperator::Contains, value: "/done".to_owned() };
        let changes = Changes {
            name: Some(name.to_owned()),
            attribution: Some(AttributionModel::LastTouch),
            conditions: Some(vec![condition]),
            ..Changes::default()
        };
        self.desk.write(move |tx, cx| goals::create(tx, cx, &changes)).await.unwrap().id.get()
    }

    /// So many browsers reach the goal within the present second.
    async fn conversions(&self, count: usize) {
        self.desk
            .write(move |tx, cx| {
                for _ in 0..count {
                    visits::arrive(tx, cx, None, &Arrival { url: DONE.to_owned(), ..Arrival::default() })?;
                }
                Ok(())
            })
            .await
            .unwrap();
        self.clock.advance_seconds(AGE_SECONDS_MIN + 10);
    }
}

fn ids(page: &Value) -> Vec<String> {
    page["conversions"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

fn path(page: &Value) -> &str {
    page["next_page"].as_str().unwrap().strip_prefix("http://desk.test").unwrap()
}

async fn walk(world: &World, uri: &str) -> (Vec<String>, Value) {
    let (mut all, mut page) = (Vec::new(), world.page(uri).await);
    while page["count"] != json!(0) {
        assert_eq!(page["count"], json!(ids(&page).len()));
        all.extend(ids(&page));
        assert!(all.len() <= 5_000, "no end");
        page = world.page(path(&page)).await;
    }
    (all, page)
}

#[tokio::test]
async fn pages_give_each_conversion_once() {
    let world = World::open().await;
    world.goal("Order").await;
    world.conversions(7).await;
    for limit in ["limit=1", "limit=3", "limit=7", ""] {
        let (all, last) = walk(&world, &format!("{CONVERSIONS}?{limit}")).await;
        let mut sorted = all.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!((all.len(), &all), (7, &sorted), "{limit}");
        assert_eq!((&last["end_id"], &last["end_time"]), (&json!(all[6]), &json!(START_SECONDS)), "{limit}");
    }
    let page = world.page(&format!("{CONVERSIONS}?limit=1")).await;
    let keys: Vec<_> = page.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["conversions", "count", "end_id", "end_time", "next_page"]);
    assert_eq!(page["conversions"][0].as_object().unwrap().len(), 1, "only the id unless asked for");
}

#[tokio::test]
async fn a_crowded_second_spills_over() {
    let world = World::open().await;
    world.goal("Order").await;
    world.conversions(1_005).await;
    let (all, _) = walk(&world, &format!("{CONVERSIONS}?fields=conversions(id)")).await;
    assert_eq!(all.len(), 1_005);
    // A client that pages by second alone, and stops at a page of less than 1000.
    let (mut start, mut seen) = (0, std::collections::HashSet::new());
    loop {
        let page = world.page(&format!("{CONVERSIONS}?limit=1000&start_time={start}")).await;
        seen.extend(ids(&page));
        start = page["end_time"].as_i64().unwrap();
        if page["count"].as_i64().unwrap() < 1_000 {
            break;
        }
    }
    assert_eq!(seen.len(), 1_005);
}

#[tokio::test]
async fn whole_conversions_and_those_of_a_chat() {
    let world = World::online().await;
    let goal = world.goal("Order").await;
    let sales = world.add_department("Sales", &[world.owner.agent.id]).await;
    let (visit, chat) = world.ask(Some(sales)).await;
    world.agent(world.owner.agent.id, AgentCommand::Accept { chat }).await;
    world.clock.advance_seconds(5);
    world.visitor(&visit, VisitorCommand::Page { url: DONE.to_owned(), title: "Thanks".to_owned() }).await;
    world.visitor(&visit, VisitorCommand::End).await;
    world.render().await;
    world.conversions(1).await;
    let page = world.page(&format!("{CONVERSIONS}?fields=conversions(*)")).await;
    let chats = world.page("/api/v2/incremental/chats?fields=chats(id,conversions)").await;
    let (rows, chat) = (page["conversions"].as_array().unwrap(), &chats["chats"][0]);
    let (put_down, other): (Vec<&Value>, Vec<&Value>) = rows.iter().partition(|row| row["attribution"]["chat_id"] == chat["id"]);
    let agent = world.owner.agent.id.get();
    let id = put_down[0]["id"].clone();
    assert_eq!(
        *put_down[0],
        json!({
            "attribution": {"agent_id": agent, "chat_id": chat["id"], "chat_timestamp": "2026-11-22T00:00:00Z", "department_id": sales.get()},
            "goal_id": goal, "goal_name": "Order", "id": id, "timestamp": "2026-11-22T00:00:05Z",
        })
    );
    assert!(id.as_str().unwrap().starts_with(&format!("2611.{}.v.{goal}.", world.desk.account_key())), "{id}");
    let none = json!({"agent_id": null, "chat_id": null, "chat_timestamp": null, "department_id": null});
    assert_eq!((other.len(), &other[0]["attribution"]), (1, &none));
    assert_eq!(
        chat["conversions"],
        json!([{
            "attribution": {"agent_id": agent, "agent_name": "Desk Owner", "chat_timestamp": "2026-11-22T00:00:00Z",
                "department_id": sales.get(), "department_name": "Sales"},
            "goal_id": goal, "goal_name": "Order", "id": id, "timestamp": "2026-11-22T00:00:05Z",
        }])
    );
}

#[tokio::test]
async fn a_later_conversion_changes_the_chat() {
    let world = World::online().await;
    world.goal("Order").await;
    let (visit, chat) = world.ask(None).await;
    world.agent(world.owner.agent.id, AgentCommand::Accept { chat }).await;
    world.visitor(&visit, VisitorCommand::End).await;
    world.render().await;
    world.clock.advance_seconds(30);
    world.visitor(&visit, VisitorCommand::Page { url: DONE.to_owned(), title: "Thanks".to_owned() }).await;
    world.render().await;
    world.clock.advance_seconds(AGE_SECONDS_MIN);
    let chats = world.page("/api/v2/incremental/chats?fields=chats(update_timestamp,conversions.goal_name)").await;
    assert_eq!(chats["chats"], json!([{"conversions": [{"goal_name": "Order"}], "update_timestamp": "2026-11-22T00:00:30Z"}]));
}

#[tokio::test]
async fn what_is_too_young_is_not_exported() {
    let world = World::open().await;
    world.goal("Order").await;
    world.conversions(1).await;
    world.conversions(1).await;
    world.clock.set(deskbell_domain::time::Timestamp::from_seconds(START_SECONDS + AGE_SECONDS_MIN + 10));
    assert_eq!(world.page(CONVERSIONS).await["count"], json!(1));
    let recent = format!("{CONVERSIONS}?start_time={}", START_SECONDS + 11);
    let reply = call(&world.rest, "GET", &recent, Some(world.token())).await;
    assert_eq!(reply.status, 400, "{}", reply.text);
    assert!(reply.text.contains("Too recent start_time"));
}
