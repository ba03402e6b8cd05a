use serde_json::{Value, json};

use crate::native::tests::harness::{Client, start};

async fn add(client: &Client, body: Value) -> Value {
    client.post("knowledge/entries", body).await.expect(201)
}

fn path(entry: &Value) -> String {
    format!("knowledge/entries/{}", entry["entry"].as_str().unwrap())
}

#[tokio::test]
async fn bases_are_made_changed_and_removed() {
    let desk = start().await;
    let first = desk.agent.get("knowledge/bases").await.expect(200);
    assert_eq!(first["items"], json!([{"base": "kb_defa", "name": "Knowledge base", "language": "en", "created": 0}]));
    let made = desk.admin.post("knowledge/bases", json!({"name": "Hilfe", "language": "de"})).await.expect(201);
    let of_made = format!("knowledge/bases/{}", made["base"].as_str().unwrap());
    let changed = desk.admin.patch(&of_made, json!({"name": "Rat"})).await.expect(200);
    assert_eq!((&changed["name"], &changed["language"], &changed["base"]), (&json!("Rat"), &json!("de"), &made["base"]));
    assert_eq!(desk.agent.get("knowledge/bases").await.expect(200)["items"][1], changed);

    let there = add(&desk.admin, json!({"kind": "category", "title": "There", "base": made["base"]})).await;
    assert_eq!(there["base"], made["base"]);
    desk.admin.delete(&of_made).await.expect(204);
    desk.agent.get(&path(&there)).await.refused(404, "not_found");
    desk.admin.delete(&of_made).await.refused(404, "not_found");
    desk.admin.delete("knowledge/bases/kb_defa").await.refused(409, "conflict");
    for (body, code) in [(json!({}), "missing"), (json!({"name": " "}), "invalid"), (json!({"name": "x", "language": "?"}), "invalid")] {
        desk.admin.post("knowledge/bases", body).await.refused(400, code);
    }
}

#[tokio::test]
async fn a_tree_level_by_level() {
    let desk = start().await;
    let folder = add(&desk.admin, json!({"kind": "category", "title": "Folder", "description": "All", "access": "internal"})).await;
    let article = add(
        &desk.agent,
        json!({"kind": "article", "title": "How", "content": "<p>So</p>", "parent": folder["entry"], "keywords": "k",
               "meta_description": "m", "status": "draft", "full_preview": true, "position": 5}),
    )
    .await;
    let wanted = json!({
        "entry": "2", "base": "kb_defa", "parent": "1", "ancestors": [{"entry": "1", "title": "Folder"}], "kind": "article",
        "status": "draft", "access": "public", "access_inherited": "internal", "title": "How", "content": "<p>So</p>", "description": "",
        "keywords": "k", "meta_description": "m", "full_preview": true, "position": 5, "page": article["page"], "conversation": null,
        "department": null, "deleted": false, "views": 0, "votes": 0, "created": article["created"], "changed": article["created"]
    });
    assert_eq!(article, wanted);
    assert!(article["page"].as_str().unwrap().ends_with("-How"));
    assert_eq!(desk.agent.get(&path(&article)).await.expect(200), article);
    add(&desk.agent, json!({"kind": "article", "title": "Beside"})).await;

    let top = desk.agent.get("knowledge/bases/kb_defa/entries").await.expect(200);
    let shown: Vec<_> = top["items"].as_array().unwrap().iter().map(|node| (&node["title"], &node["has_children"])).collect();
    assert_eq!(shown, [(&json!("Beside"), &json!(false)), (&json!("Folder"), &json!(true))]);
    assert_eq!(top["items"][0].get("content"), None);
    let first = desk.agent.get("knowledge/bases/kb_defa/entries?parent=0&limit=1").await.expect(200);
    assert_eq!((&first["items"][0]["title"], &first["next"]), (&json!("Beside"), &json!("-1.3")));
    let second = desk.agent.get("knowledge/bases/kb_defa/entries?limit=1&after=-1.3").await.expect(200);
    assert_eq!((&second["items"][0]["title"], &second["next"]), (&json!("Folder"), &json!(null)));
    let below = desk.agent.get("knowledge/bases/kb_defa/entries?parent=1").await.expect(200);
    assert_eq!((&below["items"][0]["entry"], below["items"].as_array().unwrap().len()), (&json!("2"), 1));
    for (query, status, code) in [("?parent=x", 400, "invalid"), ("?after=x", 400, "invalid"), ("?after=1", 400, "invalid")] {
        desk.agent.get(&format!("knowledge/bases/kb_defa/entries{query}")).await.refused(status, code);
    }

    let moved = desk.agent.patch(&path(&article), json!({"parent": "0", "status": "published", "title": null})).await.expect(200);
    assert_eq!((&moved["parent"], &moved["access_inherited"], &moved["status"]), (&json!(null), &json!("public"), &json!("published")));
    assert_eq!((&moved["title"], &moved["position"]), (&json!("How"), &json!(-2)));
    let opened = desk.admin.patch(&path(&folder), json!({"access": "public", "position": 9})).await.expect(200);
    assert_eq!((&opened["access_inherited"], &opened["position"]), (&json!("public"), &json!(9)));
    desk.agent.delete(&path(&article)).await.expect(204);
    desk.agent.get(&path(&article)).await.refused(404, "not_found");
}

#[tokio::test]
async fn agents_write_and_administrators_shape() {
    let desk = start().await;
    for kind in ["category", "forum", "suggestion_category"] {
        desk.agent.post("knowledge/entries", json!({"kind": kind, "title": "x"})).await.refused(403, "forbidden");
    }
    let folder = add(&desk.admin, json!({"kind": "category", "title": "Folder"})).await;
    desk.agent.patch(&path(&folder), json!({"title": "Mine"})).await.refused(403, "forbidden");
    desk.agent.delete(&path(&folder)).await.refused(403, "forbidden");
    assert_eq!(desk.agent.get(&path(&folder)).await.expect(200)["title"], "Folder");
    desk.owner.delete(&path(&folder)).await.expect(204);
}

#[tokio::test]
async fn topics_and_suggestions_are_posted_and_step() {
    let desk = start().await;
    let forum = add(&desk.admin, json!({"kind": "forum", "title": "Forum", "department": "default"})).await;
    assert_eq!(forum["department"], "default");
    let ideas = add(&desk.admin, json!({"kind": "suggestion_category", "title": "Ideas"})).await;
    let body = json!({"parent": forum["entry"], "title": "Why?", "text": "Because <b>"});
    let topic = desk.agent.post("knowledge/topics", body).await.expect(201);
    assert_eq!((&topic["kind"], &topic["content"]), (&json!("topic"), &json!("<p>Because &lt;b&gt;</p>")));
    let behind = format!("conversations/{}", topic["conversation"].as_str().unwrap());
    let behind = desk.agent.get(&behind).await.expect(200);
    assert_eq!((&behind["channel"], &behind["subject"], &behind["status"]), (&json!("Q"), &json!("Why?"), &json!("A")));

    let idea = desk.agent.post("knowledge/topics", json!({"parent": ideas["entry"], "title": "Blue", "text": "x"})).await.expect(201);
    assert_eq!((&idea["kind"], &idea["status"]), (&json!("suggestion"), &json!("new")));
    let planned = desk.agent.patch(&path(&idea), json!({"status": "planned"})).await.expect(200);
    assert_eq!(planned["status"], "planned");
    desk.agent.delete(&path(&idea)).await.expect(204);
    assert_eq!(desk.agent.get(&path(&idea)).await.expect(200)["deleted"], true);

    for (body, status, code) in [
        (json!({"title": "x", "text": "y"}), 400, "missing"),
        (json!({"parent": "x", "title": "x", "text": "y"}), 400, "invalid"),
        (json!({"parent": "99", "title": "x", "text": "y"}), 404, "not_found"),
        (json!({"parent": topic["entry"], "title": "x", "text": "y"}), 400, "invalid"),
        (json!({"parent": forum["entry"], "text": "y"}), 400, "missing"),
        (json!({"parent": forum["entry"], "title": "x"}), 400, "missing"),
    ] {
        desk.agent.post("knowledge/topics", body).await.refused(status, code);
    }
}

#[tokio::test]
async fn entries_that_are_refused() {
    let desk = start().await;
    for (body, status, code) in [
        (json!({"title": "x"}), 400, "missing"),
        (json!({"kind": "article"}), 400, "missing"),
        (json!({"kind": "book", "title": "x"}), 400, "invalid"),
        (json!({"kind": "topic", "title": "x"}), 400, "invalid"),
        (json!({"kind": "home", "title": "x"}), 400, "invalid"),
        (json!({"kind": "article", "title": "x", "status": "planned"}), 400, "invalid"),
        (json!({"kind": "category", "title": "x", "status": "draft"}), 400, "invalid"),
        (json!({"kind": "category", "title": "x", "content": "y"}), 400, "invalid"),
        (json!({"kind": "article", "title": "x", "access": "secret"}), 400, "invalid"),
        (json!({"kind": "article", "title": "x", "parent": "99"}), 404, "not_found"),
        (json!({"kind": "article", "title": "x", "parent": "../1"}), 400, "invalid"),
        (json!({"kind": "article", "title": "x", "base": "zzzzzzzz"}), 404, "not_found"),
        (json!({"kind": "article", "title": "x", "base": "!"}), 400, "invalid"),
        (json!({"kind": "forum", "title": "x", "department": "zzzzzzzz"}), 404, "not_found"),
        (json!({"kind": "article", "title": "x", "position": 10_000_000_000i64}), 400, "invalid"),
        (json!({"kind": "article", "title": "x", "content": "x".repeat((1 << 20) + 1)}), 413, "too_large"),
        (json!({"kind": "article", "title": "x".repeat(256)}), 400, "invalid"),
    ] {
        desk.admin.post("knowledge/entries", body).await.refused(status, code);
    }
    let folder = add(&desk.admin, json!({"kind": "category", "title": "Folder"})).await;
    for body in [json!({"parent": folder["entry"]}), json!({"content": "x"}), json!({"status": "draft"})] {
        desk.admin.patch(&path(&folder), body).await.refused(400, "invalid");
    }
    assert_eq!(desk.admin.get("knowledge/bases/kb_defa/entries").await.expect(200)["items"].as_array().unwrap().len(), 1);
}
