use deskbell_app::oauth::granting::{self, ClientProof, Shown};
use serde_json::json;

use crate::native::tests::harness::{OWNER_PASSWORD, start};

#[tokio::test]
async fn agents_are_listed_made_and_changed() {
    let desk = start().await;
    let body = json!({"email": "Eve@desk.test", "first_name": "Eve", "last_name": "E.", "password": "correct horse"});
    let reply = desk.admin.post("agents", body).await;
    let made = reply.expect(201);
    let wanted = json!({
        "agent": made["agent"], "email": "eve@desk.test", "first_name": "Eve", "last_name": "E.", "name": "Eve E.", "role": "agent",
        "slots": 5, "enabled": true, "preset": "online", "online": "offline", "phone": false, "departments": ["default"]
    });
    assert_eq!(made, wanted);
    assert!(!reply.text.contains("correct horse"));

    let path = format!("agents/{}", made["agent"].as_str().unwrap());
    let changed = desk.admin.put(&path, json!({"slots": 9, "role": "administrator", "first_name": "Evi"})).await.expect(200);
    assert_eq!((&changed["slots"], &changed["role"], &changed["name"]), (&json!(9), &json!("administrator"), &json!("Evi E.")));
    assert_eq!(changed["email"], "eve@desk.test");

    let all = desk.agent.get("agents").await.expect(200);
    let names: Vec<_> = all["items"].as_array().unwrap().iter().map(|agent| agent["name"].as_str().unwrap()).collect();
    assert_eq!((names, &all["next"]), (vec!["Desk Owner", "Evi E.", "admin", "agent"], &json!(null)));
    let page = desk.agent.get("agents?limit=3").await.expect(200);
    let next = page["next"].as_str().unwrap();
    let rest = desk.agent.get(&format!("agents?limit=3&after={next}")).await.expect(200);
    assert_eq!((&rest["items"][0]["name"], &rest["next"]), (&json!("agent"), &json!(null)));
    desk.agent.get("agents?after=zzzzzzzz").await.refused(400, "invalid");
}

#[tokio::test]
async fn a_new_password_ends_sessions() {
    let desk = start().await;
    let path = format!("agents/{}", desk.agent.agent);
    desk.agent.get("session").await.expect(200);
    desk.admin.put(&path, json!({"password": "another horse"})).await.expect(200);
    desk.agent.get("session").await.refused(401, "bad_credential");
    let signed_in = desk.nobody().post("session", json!({"email": "agent@desk.test", "password": "another horse"})).await;
    let secret = signed_in.header("set-cookie").unwrap().split(['=', ';']).nth(1).unwrap().to_owned();
    let client = desk.with_cookie(&secret);
    client.get("session").await.expect(200);
    desk.admin.put(&path, json!({"enabled": false})).await.expect(200);
    client.get("session").await.refused(401, "bad_credential");
}

#[tokio::test]
async fn a_new_password_ends_what_programs_got_by_the_old_one() {
    let desk = start().await;
    let body = json!({"name": "Reports", "client_type": "confidential", "redirect_uris": [], "scopes": ["read"]});
    let client = desk.admin.post("oauth/clients", body).await.expect(201);
    let text = |name: &str| Some(client[name].as_str().unwrap().to_owned());
    let (proof, agent) = (ClientProof { identifier: text("identifier"), secret: text("secret") }, desk.agent.agent);
    let grant = desk.desk.write(move |tx, cx| {
        // The hash that the harness gave him.
        let shown = Shown::Password { agent, hash: "none".to_owned(), scope: None };
        Ok([granting::grant(tx, cx, &proof, &shown)?.unwrap(), granting::grant(tx, cx, &proof, &Shown::Client { scope: None })?.unwrap()])
    });
    let [by_password, own] = grant.await.unwrap();
    let path = format!("agents/{agent}");
    desk.admin.put(&path, json!({"slots": 3})).await.expect(200);
    assert!(desk.desk.credential(&by_password.access).await.unwrap().is_some());
    desk.admin.put(&path, json!({"password": "another horse"})).await.expect(200);
    assert!(desk.desk.credential(&by_password.access).await.unwrap().is_none(), "at once");
    assert!(desk.desk.credential(&own.access).await.unwrap().is_some(), "it acts for the administrator who made the client");
    let listed = desk.admin.get("oauth/tokens").await.expect(200);
    assert!(listed["items"].as_array().unwrap().iter().all(|token| token["agent"] != json!(agent.to_string())), "{listed}");
}

#[tokio::test]
async fn owners_are_the_owners_matter() {
    let desk = start().await;
    let owner = format!("agents/{}", desk.owner.agent);
    let admin = format!("agents/{}", desk.admin.agent);
    desk.admin.put(&owner, json!({"password": "my own horse"})).await.refused(403, "forbidden");
    desk.admin.put(&owner, json!({"role": "agent"})).await.refused(403, "forbidden");
    desk.admin.put(&admin, json!({"role": "owner"})).await.refused(403, "forbidden");
    let another = json!({"email": "second@desk.test", "password": "correct horse", "role": "owner"});
    desk.admin.post("agents", another.clone()).await.refused(403, "forbidden");

    desk.owner.put(&owner, json!({"role": "agent"})).await.refused(409, "conflict");
    desk.owner.put(&owner, json!({"enabled": false})).await.refused(409, "conflict");
    desk.owner.post("agents", another).await.expect(201);
    desk.owner.put(&owner, json!({"role": "agent"})).await.expect(200);
    desk.owner.put(&owner, json!({"role": "owner"})).await.refused(403, "forbidden");
    assert_eq!(desk.owner.get("session").await.expect(200)["agent"]["role"], "agent");
}

#[tokio::test]
async fn refusals() {
    let desk = start().await;
    for (body, status, code) in [
        (json!({"password": OWNER_PASSWORD}), 400, "missing"),
        (json!({"email": "new@desk.test"}), 400, "missing"),
        (json!({"email": "new@desk.test", "password": "short"}), 400, "invalid"),
        (json!({"email": "new", "password": OWNER_PASSWORD}), 400, "invalid"),
        (json!({"email": "new@desk.test", "password": OWNER_PASSWORD, "role": "king"}), 400, "invalid"),
        (json!({"email": "new@desk.test", "password": OWNER_PASSWORD, "slots": 101}), 400, "invalid"),
        (json!({"email": "new@desk.test", "password": OWNER_PASSWORD, "slots": -1}), 400, "invalid"),
        (json!({"email": "owner@desk.test", "password": OWNER_PASSWORD}), 409, "conflict"),
    ] {
        desk.owner.post("agents", body).await.refused(status, code);
    }
    let path = format!("agents/{}", desk.agent.agent);
    desk.admin.put(&path, json!({"email": "owner@desk.test"})).await.refused(409, "conflict");
    desk.admin.put(&path, json!({"role": "king"})).await.refused(400, "invalid");
}
