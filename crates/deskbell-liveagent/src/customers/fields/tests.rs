use serde_json::json;

use crate::fixture::Fixture;

const DONE: &str = r#"{"response":{"status":"OK","statuscode":0}}"#;

#[tokio::test]
async fn fields_are_added_listed_and_removed() {
    let desk = Fixture::new();
    desk.send_ok("POST", "/api/customers", &[("email", "ann@shop.test")]).await;
    let path = "/api/customers/ann@shop.test/fields";
    assert_eq!(desk.get(path).await.text, r#"{"response":{"customfields":[]}}"#);
    let added = desk.send("POST", path, &[("customfields", r#"[{"code":"a","value":"1"},{"code":"b","value":"x<y"}]"#)]).await;
    assert_eq!(added.text, DONE);
    desk.send_ok("POST", path, &[("customfields", r#"{"a":2,"id":9999}"#)]).await;
    assert_eq!(
        desk.get(path).await.text,
        r#"{"response":{"customfields":[{"code":"a","value":"1"},{"code":"b","value":"x<y"},{"code":"a","value":"2"},{"code":"id","value":"9999"}]}}"#
    );
    let body = desk.keyed(path);
    let json = [("content-type", "application/json")];
    let reply = desk.call("POST", &body, &json, r#"{"customfields":[{"code":"c","value":"3"}]}"#).await;
    assert_eq!(reply.text, DONE, "a JSON body");

    assert_eq!(desk.send("DELETE", path, &[("code", "a")]).await.text, DONE);
    assert_eq!(desk.send("DELETE", &format!("{path}?code=c"), &[]).await.text, DONE);
    assert_eq!(
        desk.get(&path.replace("/fields", "/fields.xml")).await.text,
        "<?xml version='1.0' encoding='utf-8'?><response><customfields><customfield><code>b</code><value>x&lt;y</value></customfield>\
         <customfield><code>id</code><value>9999</value></customfield></customfields></response>"
    );
    assert_eq!(
        desk.get(&path.replace("/fields", "/fields.yaml")).await.text,
        "response:\n  customfields:\n  - code: b\n    value: x<y\n  - code: id\n    value: \"9999\"\n"
    );
    assert_eq!(desk.send("DELETE", path, &[("code", "unknown")]).await.text, DONE);
    assert_eq!(desk.send("DELETE", path, &[("code", "")]).await.text, DONE);
    assert_eq!(desk.get_ok(path).await["customfields"], json!([]));
    assert_eq!(desk.send("POST", path, &[("customfields", "")]).await.text, DONE, "empty counts as given");
}

#[tokio::test]
async fn refusals() {
    let desk = Fixture::new();
    desk.send_ok("POST", "/api/customers", &[("email", "ann@shop.test")]).await;
    let unreadable = r#"parameter customfields must be JSON like [{"code":"c","value":"v"}]"#;
    let code = "the code of a field has 1 to 64 characters and no control characters";
    let long = format!(r#"[{{"code":"a","value":"{}"}}]"#, "x".repeat(10_001));
    let many = format!("[{}]", vec![r#"{"code":"a","value":"b"}"#; 101].join(","));
    let one = r#"[{"code":"a","value":"b"}]"#;
    for (method, customer, parameters, status, sentence) in [
        ("POST", "ann@shop.test", vec![], 500, "parameter customfields is missing"),
        ("POST", "ann@shop.test", vec![("customfields", "x")], 500, unreadable),
        ("POST", "ann@shop.test", vec![("customfields", "[1]")], 500, unreadable),
        ("POST", "ann@shop.test", vec![("customfields", r#"[{"code":"","value":"b"}]"#)], 500, code),
        ("POST", "ann@shop.test", vec![("customfields", r#"[{"code":"a\u0000","value":"b"}]"#)], 500, code),
        ("POST", "ann@shop.test", vec![("customfields", &long)], 500, "the value of a field has at most 10000 characters and no NUL"),
        ("POST", "ann@shop.test", vec![("customfields", &many)], 413, "parameter customfields holds more than 100 fields"),
        ("POST", "bob@shop.test", vec![("customfields", one)], 404, "customer with this e-mail or contactid not found"),
        ("DELETE", "bob@shop.test", vec![], 404, "customer with this e-mail or contactid not found"),
        ("GET", "bob@shop.test", vec![], 404, "customer with this e-mail or contactid not found"),
    ] {
        let reply = desk.send(method, &format!("/api/customers/{customer}/fields"), &parameters).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (status, sentence), "{method} {parameters:?}");
    }
    assert_eq!(desk.get_ok("/api/customers/ann@shop.test/fields").await["customfields"], json!([]), "what was refused left nothing");
    assert_eq!(desk.send("DELETE", "/api/customers/ann@shop.test/fields", &[("code", "\0")]).await.status, 200);
}
