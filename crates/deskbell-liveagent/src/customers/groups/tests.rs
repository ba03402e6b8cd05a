use serde_json::json;

use crate::fixture::Fixture;

const DONE: &str = r#"{"response":{"status":"OK","statuscode":0}}"#;

#[tokio::test]
async fn groups_are_entered_and_left() {
    let desk = Fixture::new();
    desk.send_ok("POST", "/api/customers", &[("email", "ann@shop.test")]).await;
    let mut ids = Vec::new();
    for name in ["VIP", "Pre & mium"] {
        ids.push(desk.send_ok("POST", "/api/customersgroups", &[("name", name)]).await["id"].as_str().expect("an id").to_owned());
    }
    let path = "/api/customers/ann@shop.test/groups";
    assert_eq!(desk.get(path).await.text, r#"{"response":{"groups":[]}}"#);
    for name in ["VIP", "Pre & mium", "VIP"] {
        assert_eq!(desk.send("POST", path, &[("name", name)]).await.text, DONE);
    }
    assert_eq!(
        desk.get(path).await.text,
        format!(
            r#"{{"response":{{"groups":[{{"groupid":"{}","groupname":"VIP"}},{{"groupid":"{}","groupname":"Pre & mium"}}]}}}}"#,
            ids[0], ids[1]
        )
    );
    assert_eq!(
        desk.get("/api/customers/ann@shop.test/groups.xml").await.text,
        format!(
            "<?xml version='1.0' encoding='utf-8'?><response><groups><group><groupid>{}</groupid><groupname>VIP</groupname></group>\
             <group><groupid>{}</groupid><groupname>Pre &amp; mium</groupname></group></groups></response>",
            ids[0], ids[1]
        )
    );
    assert_eq!(desk.send("DELETE", &format!("{path}?name=VIP"), &[]).await.text, DONE);
    assert_eq!(desk.send("DELETE", path, &[("name", "VIP")]).await.text, DONE, "who is not in it is no error");
    assert_eq!(
        desk.get("/api/customers/ann@shop.test/groups.yaml").await.text,
        format!("response:\n  groups:\n  - groupid: {}\n    groupname: Pre & mium\n", ids[1])
    );
    desk.send_ok("DELETE", &format!("/api/customersgroups/{}", ids[1]), &[]).await;
    assert_eq!(desk.get_ok(path).await["groups"], json!([]), "with the group its members go");
}

#[tokio::test]
async fn refusals() {
    let desk = Fixture::new();
    desk.send_ok("POST", "/api/customers", &[("email", "ann@shop.test")]).await;
    desk.send_ok("POST", "/api/customersgroups", &[("name", "VIP")]).await;
    let huge = "x".repeat(100_000);
    for (method, customer, parameters, status, sentence) in [
        ("POST", "ann@shop.test", vec![], 500, "parameter name is missing"),
        ("DELETE", "ann@shop.test", vec![], 500, "parameter name is missing"),
        ("POST", "ann@shop.test", vec![("name", "")], 404, "group with this name not found"),
        ("POST", "ann@shop.test", vec![("name", "vip")], 404, "group with this name not found"),
        ("POST", "ann@shop.test", vec![("name", "\0")], 404, "group with this name not found"),
        ("POST", "ann@shop.test", vec![("name", &huge)], 404, "group with this name not found"),
        ("DELETE", "ann@shop.test", vec![("name", "None")], 404, "group with this name not found"),
        ("POST", "bob@shop.test", vec![("name", "VIP")], 404, "customer with this e-mail or contactid not found"),
        ("DELETE", "bob@shop.test", vec![("name", "VIP")], 404, "customer with this e-mail or contactid not found"),
        ("GET", "bob@shop.test", vec![], 404, "customer with this e-mail or contactid not found"),
    ] {
        let reply = desk.send(method, &format!("/api/customers/{customer}/groups"), &parameters).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (status, sentence), "{method} {customer}");
    }
}
