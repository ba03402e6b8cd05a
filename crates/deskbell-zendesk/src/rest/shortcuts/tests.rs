use deskbell_domain::agent::Role;
use serde_json::json;

use crate::world::{World, call, send_json};

#[tokio::test]
async fn the_whole_shape() {
    let world = World::open().await;
    assert_eq!(world.page("/api/v2/shortcuts").await, json!([]));
    let body =
        json!({"name": "question", "message": "Do you need help?", "options": "Yes/No", "tags": ["Question", " Survey ", "Question"]});
    let made = world.write("POST", "/api/v2/shortcuts", body.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let wanted = json!({"id": "question", "message": "Do you need help?", "name": "question", "options": "Yes/No", "scope": "all",
        "tags": ["Question", "Survey"]});
    assert_eq!(made.json(), wanted);
    assert_eq!(world.write("POST", "/api/v2/shortcuts", body).await.status, 409);
    assert_eq!(world.page("/api/v2/chat/shortcuts/question").await, wanted);

    let agent = world.add_agent("ann@desk.test", Role::Agent, 1).await;
    let sales = world.add_department("Sales", &[]).await;
    let mine = json!({"name": "sign up", "message": "When?", "scope": "agent", "agents": [agent.get()]});
    let mine = world.write("POST", "/api/v2/shortcuts", mine).await.json();
    assert_eq!(
        mine,
        json!({"agents": [agent.get()], "id": "sign up", "message": "When?", "name": "sign up", "options": "", "scope": "agent", "tags": []})
    );
    assert_eq!(world.page("/api/v2/shortcuts").await, json!([wanted, mine]));
    let change = json!({"scope": "department", "departments": [sales.get()], "tags": ["x"], "name": null});
    let changed = world.write("PUT", "/api/v2/shortcuts/sign%20up", change).await.json();
    assert_eq!(
        changed,
        json!({"departments": [sales.get()], "id": "sign up", "message": "When?", "name": "sign up", "options": "", "scope": "department",
            "tags": ["x"]})
    );
    assert_eq!(world.write("PUT", "/api/v2/shortcuts/sign%20up", json!({"name": "question"})).await.status, 409);
    assert_eq!(world.write("PUT", "/api/v2/shortcuts/sign%20up", json!({"name": "signup", "scope": "all"})).await.json()["id"], "signup");
    let gone = world.write("DELETE", "/api/v2/shortcuts/signup", json!({})).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    assert_eq!(world.page("/api/v2/shortcuts").await, json!([wanted]));
}

#[tokio::test]
async fn rights_and_refusals() {
    let world = World::open().await;
    let (_, token) = world.add_writer("ann@desk.test", Role::Agent).await;
    for (verb, path) in
        [("GET", "shortcuts"), ("GET", "shortcuts/a"), ("POST", "shortcuts"), ("PUT", "shortcuts/a"), ("DELETE", "shortcuts/a")]
    {
        let reply = send_json(&world.rest, verb, &format!("/api/v2/{path}"), &token, &json!({"name": "a", "message": "b"})).await;
        assert_eq!(reply.status, 403, "{verb} {path}");
    }
    for (body, status) in [
        (json!({}), 400),
        (json!({"name": "a"}), 400),
        (json!({"name": "a", "message": "  "}), 400),
        (json!({"name": "a/b", "message": "m"}), 400),
        (json!({"name": "$", "message": "m"}), 400),
        (json!({"name": "a\\b", "message": "m"}), 400),
        (json!({"name": "x".repeat(101), "message": "m"}), 400),
        (json!({"name": "a", "message": "\u{0}"}), 400),
        (json!({"name": "a\u{0}", "message": "m"}), 400),
        (json!({"name": "a", "message": "x".repeat(40_000)}), 413),
        (json!({"name": "a", "message": "m", "options": "\u{7}"}), 400),
        (json!({"name": "a", "message": "m", "tags": ["a,b"]}), 400),
        (json!({"name": "a", "message": "m", "tags": "a"}), 400),
        (json!({"name": "a", "message": "m", "scope": "mine"}), 400),
        (json!({"name": "a", "message": "m", "scope": "agent"}), 400),
        (json!({"name": "a", "message": "m", "agents": [383_486_450_414i64]}), 404),
        (json!({"name": "a", "message": "m", "departments": [5]}), 404),
        (json!({"name": "a", "message": "m", "departments": [5], "agents": [5]}), 400),
    ] {
        let reply = world.write("POST", "/api/v2/shortcuts", body.clone()).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.text);
    }
    let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
    assert_eq!(world.write("POST", "/api/v2/shortcuts", json!({"name": "a", "message": "m", "tags": many})).await.status, 413);
    for unknown in ["nothing", "%00", "a%2Fb"] {
        assert_eq!(call(&world.rest, "GET", &format!("/api/v2/shortcuts/{unknown}"), Some(world.token())).await.status, 404, "{unknown}");
    }
    let empty = json!({"message": "b"});
    assert_eq!(world.write("PUT", "/api/v2/shortcuts/nothing", empty).await.status, 404);
}
