use deskbell_domain::ids::CustomerId;
use deskbell_store::tables;
use serde_json::json;

use crate::fixture::Fixture;

#[tokio::test]
async fn registering_answers_as_reading_does() {
    let desk = Fixture::new();
    // As one client library sends it.
    let parameters = [
        ("email", "ann@shop.test"),
        ("phone", "(11) 98606-6232"),
        ("name", "Ann Buren"),
        ("gender", "F"),
        ("role", "V"),
        ("password", "123mudar"),
        ("customfields", r#"{"id":9999}"#),
        ("uniquefields", "[]"),
        ("note", ""),
        ("send_registration_mail", "N"),
    ];
    let made = desk.send("POST", "/api/customers", &parameters).await;
    assert_eq!(made.text, desk.get("/api/customers/ann@shop.test").await.text);
    let made = made.value()["response"].clone();
    assert_eq!(made["customfields"], json!([{"code": "id", "value": "9999"}]));
    assert_eq!((&made["role"], &made["firstname"], &made["note"]), (&json!("V"), &json!("Ann"), &json!(null)));
    let id = CustomerId::parse(made["contactid"].as_str().expect("an id")).expect("an id");
    let hash = desk.desk.read(move |tx| Ok(tables::customers::password_hash(tx, id)?)).await.expect("a row").expect("a hash");
    assert!(deskbell_app::credentials::verify_password("123mudar", Some(&hash)));

    let again = desk.send_ok("POST", "/api/customers", &parameters).await;
    assert_eq!((&again["contactid"], &again["customfields"]), (&made["contactid"], &made["customfields"]));
    let plugin = desk.send_ok("POST", "/api/customers", &[("email", "ANN@shop.test"), ("name", ""), ("note", "from the plugin")]).await;
    assert_eq!(
        (&plugin["contactid"], &plugin["firstname"], &plugin["note"]),
        (&made["contactid"], &json!("Ann"), &json!("from the plugin"))
    );
    let login =
        desk.send_ok("POST", "/api/customers/", &[("email", "bob@shop.test"), ("role", "R"), ("send_registration_mail", "N")]).await;
    assert_eq!(
        (&login["role"], &login["browsercookiename"], &login["systemname"]),
        (&json!("R"), &json!("V_auth"), &json!("bob@shop.test"))
    );
    let secret = desk.send_ok("POST", "/api/customers", &[("email", "cleo@shop.test"), ("password", "correct horse")]).await;
    assert_eq!(secret["role"], "R", "who gets a password is registered");

    let uri = format!("/api/index.php?handler=customers&apikey={}&email=dan@shop.test&name=Dan+D", desk.key);
    let json_type = [("content-type", "application/json; charset=utf-8")];
    let dan = desk.call("POST", &uri, &json_type, "").await;
    assert_eq!(dan.value()["response"]["lastname"], "D", "all in the query");
    let xml = desk.send("POST", "/api/customers.xml", &[("email", "eve@shop.test")]).await.text;
    assert!(xml.contains("<email>eve@shop.test</email>") && xml.ends_with("</uniquefields></response>"), "{xml}");
    let yaml = desk.send("POST", "/api/customers.yaml", &[("email", "eve@shop.test")]).await.text;
    assert!(yaml.contains("\n  email: eve@shop.test\n"), "{yaml}");
}

#[tokio::test]
async fn changing() {
    let desk = Fixture::new();
    let unique = r#"[{"code":"twitter","value":"ann"},{"code":"email","value":"ann@home.test"}]"#;
    let fields = r#"[{"code":"a","value":"1"},{"code":"a","value":"2"},{"code":"b","value":"3"}]"#;
    let all =
        [("email", "ann@shop.test"), ("name", "Ann"), ("phone", "1"), ("note", "n"), ("customfields", fields), ("uniquefields", unique)];
    let made = desk.send_ok("POST", "/api/customers", &all).await;
    let path = format!("/api/customers/{}", made["contactid"].as_str().expect("an id"));
    let changed =
        desk.send("PUT", &path, &[("name", "Anna Buren"), ("gender", "O"), ("customfields", r#"[{"code":"a","value":"9"}]"#)]).await;
    assert_eq!(changed.text, desk.get(&path).await.text);
    let changed = changed.value()["response"].clone();
    assert_eq!((&changed["firstname"], &changed["lastname"], &changed["gender"]), (&json!("Anna"), &json!("Buren"), &json!("O")));
    assert_eq!(changed["customfields"], json!([{"code": "b", "value": "3"}, {"code": "a", "value": "9"}]));
    assert_eq!((&changed["note"], &changed["email"]), (&json!("n"), &json!("ann@shop.test")));

    let empty =
        [("email", ""), ("name", ""), ("phone", ""), ("note", ""), ("gender", ""), ("role", ""), ("password", ""), ("customfields", "")];
    let emptied = desk.send_ok("PUT", "/api/customers/ann@home.test", &empty).await;
    assert_eq!((&emptied["email"], &emptied["firstname"], &emptied["note"]), (&json!("ann@shop.test"), &json!(""), &json!(null)));
    assert_eq!((&emptied["gender"], &emptied["customfields"]), (&json!("O"), &changed["customfields"]));
    assert_eq!(desk.send_ok("PUT", &path, &[]).await, emptied, "nothing given, nothing changed");

    let token = emptied["authtoken"].clone();
    let swapped = desk.send_ok("PUT", &path, &[("email", "ann@home.test"), ("password", "correct horse")]).await;
    assert_ne!(swapped["authtoken"], token);
    assert_eq!(swapped["uniquefields"], json!([{"code": "email", "value": "ann@home.test"}, {"code": "twitter", "value": "ann"}]));
    assert_eq!(desk.get("/api/customers/ann@shop.test").await.status, 404);
    let gone = desk.send_ok("PUT", &path, &[("uniquefields", r#"[{"code":"twitter","value":""}]"#)]).await;
    assert_eq!(gone["uniquefields"], json!([{"code": "email", "value": "ann@home.test"}]));
}

#[tokio::test]
async fn refusals() {
    let desk = Fixture::new();
    let known = [("email", "bob@shop.test"), ("uniquefields", r#"[{"code":"vat","value":"1"},{"code":"email","value":"rob@shop.test"}]"#)];
    desk.send_ok("POST", "/api/customers", &known).await;
    desk.send_ok("POST", "/api/customers", &[("email", "ann@shop.test")]).await;
    let before = desk.get("/api/customers/ann@shop.test").await.text;
    let long = "x".repeat(255);
    let long_note = "x".repeat(10_001);
    let long_value = format!(r#"[{{"code":"vat","value":"{long}"}}]"#);
    let taken = "the unique field vat has this value at another customer";
    let cases: Vec<(&str, &str, u16, &str)> = vec![
        ("name", &long, 500, "name has at most 254 characters and no control characters"),
        ("name", "a\0b", 500, "name has at most 254 characters and no control characters"),
        ("phone", "a\nb", 500, "phone has at most 254 characters and no control characters"),
        ("note", &long_note, 413, "a note has at most 10,000 characters"),
        ("note", "\0x", 500, "a note holds no NUL"),
        ("gender", "X", 500, "parameter gender must be one of M, F, O"),
        ("role", "A", 500, "parameter role must be one of V, R"),
        ("password", "short", 500, "a password has 8 to 200 characters"),
        ("send_registration_mail", "maybe", 500, "parameter send_registration_mail must be Y or N"),
        ("customfields", "{", 500, r#"parameter customfields must be JSON like [{"code":"c","value":"v"}]"#),
        ("uniquefields", "7", 500, r#"parameter uniquefields must be JSON like [{"code":"c","value":"v"}]"#),
        ("uniquefields", r#"[{"code":"vat","value":"1"}]"#, 500, taken),
        ("uniquefields", r#"[{"code":"email","value":"bob@shop.test"}]"#, 500, "the unique field email has this value at another customer"),
        ("uniquefields", r#"[{"code":"email","value":"x"}]"#, 500, "that is not an e-mail address"),
        ("uniquefields", &long_value, 500, "the value of a unique field has at most 254 characters and no control characters"),
    ];
    for (name, value, status, sentence) in cases {
        let post = desk.send("POST", "/api/customers", &[("email", "ann@shop.test"), (name, value)]).await;
        assert_eq!((post.status, post.errormessage().as_str()), (status, sentence), "POST {name}");
        let put = desk.send("PUT", "/api/customers/ann@shop.test", &[(name, value)]).await;
        assert_eq!((put.status, put.errormessage().as_str()), (status, sentence), "PUT {name}");
    }
    for (method, path, parameters, status, sentence) in [
        ("POST", "customers", vec![], 500, "parameter email is missing"),
        ("POST", "customers", vec![("email", "")], 500, "that is not an e-mail address"),
        ("POST", "customers", vec![("email", "a\0@x.test")], 500, "that is not an e-mail address"),
        ("POST", "customers", vec![("email", &long)], 500, "that is not an e-mail address"),
        ("PUT", "customers/ann@shop.test", vec![("email", "x")], 500, "that is not an e-mail address"),
        ("PUT", "customers/ann@shop.test", vec![("email", "bob@shop.test")], 500, "another customer has that address"),
        ("PUT", "customers/ann@shop.test", vec![("email", "rob@shop.test")], 500, "another customer has that address"),
        ("PUT", "customers/dan@shop.test", vec![("name", "x")], 404, "customer with this e-mail or contactid not found"),
    ] {
        let reply = desk.send(method, &format!("/api/{path}"), &parameters).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (status, sentence), "{method} {parameters:?}");
    }
    assert_eq!(desk.get("/api/customers/ann@shop.test").await.text, before, "what was refused left nothing");
}
