use serde_json::json;

use crate::fixture::Fixture;

const DONE: &str = r#"{"response":{"status":"OK","statuscode":0}}"#;

#[tokio::test]
async fn a_group_is_made_changed_and_removed() {
    let desk = Fixture::new();
    assert_eq!(desk.get("/api/customersgroups").await.text, r#"{"response":{"groups":[]}}"#);
    let made = desk.send("POST", "/api/customersgroups/", &[("name", "VIP"), ("color", "FFFFFF"), ("bg_color", "#0000FF")]).await;
    let id = made.value()["response"]["id"].as_str().expect("an id").to_owned();
    assert_eq!(id.len(), 4);
    assert_eq!(
        made.text,
        format!(r#"{{"response":{{"status":"OK","statuscode":0,"id":"{id}","name":"VIP","color":"FFFFFF","bg_color":"0000FF"}}}}"#)
    );
    let path = format!("/api/customersgroups/{id}");
    assert_eq!(desk.get(&path).await.text, format!(r#"{{"response":{{"id":"{id}","name":"VIP","color":"FFFFFF","bg_color":"0000FF"}}}}"#));
    assert_eq!(
        desk.get(&format!("{path}.xml")).await.text,
        format!(
            "<?xml version='1.0' encoding='utf-8'?><response><id>{id}</id><name>VIP</name><color>FFFFFF</color><bg_color>0000FF</bg_color></response>"
        )
    );
    let xml = desk.send("POST", "/api/customersgroups.xml", &[("name", "A & B")]).await;
    let other = xml.text.split("<id>").nth(1).and_then(|rest| rest.split('<').next()).expect("an id").to_owned();
    assert_eq!(
        xml.text,
        format!(
            "<?xml version='1.0' encoding='utf-8'?><response><status>OK</status><statuscode>0</statuscode><id>{other}</id>\
             <name>A &amp; B</name><color>000000</color><bg_color>e5e7eb</bg_color></response>"
        )
    );
    assert_eq!(
        desk.get("/api/customersgroups").await.text,
        format!(r#"{{"response":{{"groups":[{{"id":"{other}","name":"A & B"}},{{"id":"{id}","name":"VIP"}}]}}}}"#)
    );
    assert_eq!(
        desk.get("/api/customersgroups.xml").await.text,
        format!(
            "<?xml version='1.0' encoding='utf-8'?><response><groups><group><id>{other}</id><name>A &amp; B</name></group>\
             <group><id>{id}</id><name>VIP</name></group></groups></response>"
        )
    );

    assert_eq!(desk.send("PUT", &path, &[("name", "Gold"), ("bg_color", "#abc"), ("color", "")]).await.text, DONE);
    assert_eq!(
        desk.get(&format!("{path}.yaml")).await.text,
        format!("response:\n  id: {id}\n  name: Gold\n  color: FFFFFF\n  bg_color: abc\n")
    );
    assert_eq!(desk.send("PUT", &path, &[]).await.text, DONE);
    assert_eq!(desk.send("DELETE", &path, &[]).await.text, DONE);
    assert_eq!(desk.get(&path).await.status, 404);
    assert_eq!(desk.get_ok("/api/customersgroups").await["groups"], json!([{"id": other, "name": "A & B"}]));
}

#[tokio::test]
async fn refusals() {
    let desk = Fixture::new();
    let vip = desk.send_ok("POST", "/api/customersgroups", &[("name", "VIP")]).await["id"].as_str().expect("an id").to_owned();
    desk.send_ok("POST", "/api/customersgroups", &[("name", "Gold")]).await;
    let own = format!("customersgroups/{vip}");
    let name = "a group's name has 1 to 64 characters and no control characters";
    let (long, color) = ("x".repeat(65), "a colour has three or six hex digits");
    let huge = "f".repeat(100_000);
    for (method, path, parameters, status, sentence) in [
        ("POST", "customersgroups", vec![], 500, "parameter name is missing"),
        ("POST", "customersgroups", vec![("name", "")], 500, name),
        ("POST", "customersgroups", vec![("name", &long)], 500, name),
        ("POST", "customersgroups", vec![("name", "a\0")], 500, name),
        ("POST", "customersgroups", vec![("name", "VIP")], 500, "another group has that name"),
        ("POST", "customersgroups", vec![("name", "New"), ("color", "red")], 500, color),
        ("POST", "customersgroups", vec![("name", "New"), ("bg_color", "<b>")], 500, color),
        ("POST", "customersgroups", vec![("name", "New"), ("bg_color", &huge)], 500, color),
        ("PUT", &own, vec![("name", &long)], 500, name),
        ("PUT", &own, vec![("name", "Gold")], 500, "another group has that name"),
        ("PUT", &own, vec![("color", "ffff")], 500, color),
        ("PUT", "customersgroups/zzzz", vec![("name", "x")], 404, "group with this id not found"),
        ("GET", "customersgroups/zzzz", vec![], 404, "group with this id not found"),
        ("GET", "customersgroups/zzzzzzzz", vec![], 404, "group with this id not found"),
        ("GET", "customersgroups/%00", vec![], 404, "group with this id not found"),
        ("DELETE", "customersgroups/VIP", vec![], 404, "group with this id not found"),
    ] {
        let reply = desk.send(method, &format!("/api/{path}"), &parameters).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (status, sentence), "{method} {path}");
    }
    assert_eq!(desk.get_ok("/api/customersgroups").await["groups"].as_array().expect("a list").len(), 2, "what was refused left nothing");
}
