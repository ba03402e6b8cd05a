use deskbell_app::rights::Scopes;
use deskbell_domain::agent::Role;
use deskbell_domain::credential::CredentialKind;
use serde_json::{Value, json};

use crate::world::{Reply, World, call, send_json};

const GOALS: &str = "/api/v2/chat/goals";

fn order() -> Value {
    json!({"name": "Order", "description": "sold", "enabled": 1, "attribution_model": "last_touch", "attribution_period": 15,
        "settings": {"conditions": [{"type": "url", "operator": "equals", "value": "https://shop.test/done"}]}, "id": 7})
}

impl World {
    async fn post_goal(&self, body: &Value) -> Reply {
        send_json(&self.rest, "POST", GOALS, self.token(), body).await
    }
}

#[tokio::test]
async fn a_goal_from_making_to_taking_away() {
    let world = World::open().await;
    assert_eq!(world.page(GOALS).await, json!([]));
    let made = world.post_goal(&order()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_i64().unwrap();
    let wanted = format!(
        r#"{{"attribution_model":"last_touch","attribution_period":15,"description":"sold","enabled":true,"id":{id},"name":"Order","settings":{{"conditions":[{{"operator":"equals","type":"url","value":"https://shop.test/done"}}]}}}}"#
    );
    assert_eq!(made.text, wanted);
    assert_eq!(call(&world.rest, "GET", "/api/v2/goals", Some(world.token())).await.text, format!("[{wanted}]"));
    let one = format!("{GOALS}/{id}");
    assert_eq!(call(&world.rest, "GET", &one, Some(world.token())).await.text, wanted);
    let changed = send_json(&world.rest, "PUT", &one, world.token(), &json!({"enabled": false, "name": null})).await;
    assert_eq!((changed.status, &changed.json()["enabled"], &changed.json()["name"]), (200, &json!(false), &json!("Order")));
    let gone = call(&world.rest, "DELETE", &one, Some(world.token())).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    for verb in ["GET", "DELETE"] {
        assert_eq!(call(&world.rest, verb, &one, Some(world.token())).await.status, 404, "{verb}");
    }
}

#[tokio::test]
async fn what_is_refused() {
    let world = World::open().await;
    for (part, value, said) in [
        ("name", json!(""), "name must not be empty"),
        ("name", json!("a\u{0}"), "control characters"),
        ("name", json!("x".repeat(1 << 19)), "at most 254"),
        ("attribution_model", json!("every_touch"), "first_touch or last_touch"),
        ("attribution_period", json!(31), "1 to 30 days"),
        ("attribution_period", json!("soon"), ""),
        ("settings", json!({"conditions": []}), "settings.conditions"),
        ("settings", json!({"conditions": [{"type": "title", "operator": "equals", "value": "x"}]}), "must be url"),
        ("settings", json!({"conditions": [{"type": "url", "operator": "ends", "value": "x"}]}), "equals or contains"),
        ("settings", json!({"conditions": [{"type": "url", "operator": "equals", "value": "x"}]}), "http://"),
        ("settings", json!(null), "settings.conditions is missing"),
    ] {
        let mut body = order();
        body[part] = value;
        let reply = world.post_goal(&body).await;
        let error = reply.json();
        assert_eq!((reply.status, &error["error"]), (400, &json!("Bad Request")), "{part} {error}");
        assert!(error["description"].as_str().unwrap().contains(said), "{error}");
    }
    for path in ["x", "0", "-5", "99999999999999999999", "%00"] {
        assert_eq!(call(&world.rest, "GET", &format!("{GOALS}/{path}"), Some(world.token())).await.status, 404, "{path}");
    }
    for _ in 0..5 {
        assert_eq!(world.post_goal(&order()).await.status, 201);
    }
    let sixth = world.post_goal(&order()).await;
    assert_eq!((sixth.status, &sixth.json()["description"]), (400, &json!("Goals limit exceeded")));
}

#[tokio::test]
async fn they_are_the_administrators() {
    let world = World::open().await;
    let agent = world.add_agent("ann@desk.test", Role::Agent, 3).await;
    let all = Scopes { read: true, write: true, chat: true };
    let token = world.add_token(agent, CredentialKind::Token, all).await.secret;
    assert_eq!(call(&world.rest, "GET", GOALS, Some(&token)).await.status, 403);
    assert_eq!(send_json(&world.rest, "POST", GOALS, &token, &order()).await.status, 403);
    let reader = Scopes { read: true, ..Scopes::default() };
    let token = world.add_token(world.owner.agent.id, CredentialKind::Token, reader).await.secret;
    assert_eq!(call(&world.rest, "GET", GOALS, Some(&token)).await.status, 200);
    assert_eq!(send_json(&world.rest, "POST", GOALS, &token, &order()).await.status, 403);
}
