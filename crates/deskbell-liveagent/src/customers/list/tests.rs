use deskbell_domain::agent::AgentStatus;
use serde_json::{Value, json};

use crate::fixture::Fixture;

async fn emails(desk: &Fixture, query: &str) -> Vec<String> {
    let listed = desk.get_ok(&format!("/api/customers?{query}")).await;
    let rows = listed["customers"].as_array().expect("a list");
    rows.iter().map(|row| row["email"].as_str().expect("a text").to_owned()).collect()
}

async fn register(desk: &Fixture, parameters: &[(&str, &str)]) -> Value {
    desk.advance(60);
    desk.send_ok("POST", "/api/customers", parameters).await
}

#[tokio::test]
async fn one_row_in_all_formats() {
    let desk = Fixture::new();
    assert_eq!(desk.get("/api/customers").await.text, r#"{"response":{"customers":[]}}"#);
    let ann = register(&desk, &[("email", "ann@shop.test"), ("name", "Ann van Buren"), ("gender", "F"), ("role", "R")]).await;
    let id = ann["contactid"].as_str().expect("an id");
    // An agent, and a visitor of whom nothing is known.
    let john = desk.agent("john@agent.test", "John", "").await;
    desk.status(john.id, AgentStatus::ONLINE).await;
    desk.chat("Hi").await;
    assert_eq!(
        desk.get("/api/customers/").await.text,
        format!(
            r#"{{"response":{{"customers":[{{"contactid":"{id}","email":"ann@shop.test","firstname":"Ann","lastname":"van Buren","systemname":"Ann van Buren","userid":"{id}","role":"R","gender":"F","datecreated":"2012-04-03 12:22:21"}}]}}}}"#
        )
    );
    assert_eq!(
        desk.get("/api/customers.xml").await.text,
        format!(
            "<?xml version='1.0' encoding='utf-8'?><response><customers><customer><contactid>{id}</contactid><email>ann@shop.test</email>\
             <firstname>Ann</firstname><lastname>van Buren</lastname><systemname>Ann van Buren</systemname><userid>{id}</userid><role>R</role>\
             <gender>F</gender><datecreated>2012-04-03 12:22:21</datecreated></customer></customers></response>"
        )
    );
    let yaml = desk.get("/api/customers.yaml").await.text;
    assert!(yaml.starts_with(&format!("response:\n  customers:\n  - contactid: {id}\n    email: ann@shop.test\n")), "{yaml}");
}

#[tokio::test]
async fn every_filter() {
    let desk = Fixture::new();
    register(&desk, &[("email", "ann@shop.test"), ("name", "Ann Österreich"), ("phone", "+43 (1) 55")]).await;
    register(
        &desk,
        &[
            ("email", "bob@home.test"),
            ("name", "Bob Annson"),
            ("uniquefields", r#"[{"code":"facebook","value":"BobFace"},{"code":"phone","value":"0800 55"}]"#),
        ],
    )
    .await;
    register(
        &desk,
        &[
            ("email", "cleo@home.test"),
            ("uniquefields", r#"[{"code":"weibo","value":"c1"},{"code":"twitter","value":"c2"},{"code":"tencent","value":"c3"}]"#),
        ],
    )
    .await;
    let (ann, bob, cleo) = ("ann@shop.test", "bob@home.test", "cleo@home.test");
    for (query, wanted) in [
        ("", vec![ann, bob, cleo]),
        ("email=&firstname=%20&companyid=&datecreatedfrom=", vec![ann, bob, cleo]),
        ("email=HOME", vec![bob, cleo]),
        ("email=Ann@Shop.test", vec![ann]),
        ("email=nn@shop.test", vec![]),
        ("firstname=an", vec![ann]),
        ("lastname=an", vec![bob]),
        ("lastname=%C3%B6ST", vec![ann]),
        ("firstname=Ann&lastname=x", vec![]),
        ("phone=55", vec![ann, bob]),
        ("phone=%28", vec![ann]),
        ("facebook=face", vec![bob]),
        ("weibo=C", vec![cleo]),
        ("twitter=2", vec![cleo]),
        ("tencent=c3&twitter=c2", vec![cleo]),
        ("tencent=c2", vec![]),
        ("facebook=%25", vec![]),
        ("companyid=zzzzzzzz", vec![]),
        ("companyid=nonsense!", vec![]),
        ("datecreatedfrom=2012-04-03+12:23:21", vec![bob, cleo]),
        ("datecreatedto=2012-04-03+12:23:21", vec![ann, bob]),
        ("datecreatedfrom=2012-04-03&datecreatedto=2012-04-03", vec![ann, bob, cleo]),
        ("datecreatedfrom=2012-04-04", vec![]),
        ("datecreatedfrom=2012-04-04&datecreatedto=2012-04-01", vec![ann, bob, cleo]),
        ("email=%00", vec![]),
        ("firstname=%27%3B+DROP+TABLE", vec![]),
    ] {
        assert_eq!(emails(&desk, query).await, wanted, "{query}");
        assert_eq!(emails(&desk, &format!("{query}&limitcount=5000&limitfrom=0")).await, wanted, "{query}");
        if let Some(last) = wanted.last() {
            let one = format!("{query}&limitcount=1&limitfrom={}", wanted.len() - 1);
            assert_eq!(emails(&desk, &one).await, [*last], "{one}");
        }
    }
    for (query, sentence) in [
        ("limitcount=x", "parameter limitcount must be an integer"),
        ("datecreatedto=x", "parameter datecreatedto must be a date like 2012-11-05 or 2012-11-05 17:02:01"),
    ] {
        let reply = desk.get(&format!("/api/customers?{query}")).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (500, sentence));
    }
    let far = desk.get("/api/customers?limitfrom=20000").await;
    assert!(far.status == 500 && far.errormessage().contains("page from the start"), "{}", far.text);
}

#[tokio::test]
async fn pages_neither_overlap_nor_leave_gaps() {
    let desk = Fixture::new();
    for number in 0..12 {
        register(&desk, &[("email", &format!("c{number:02}@x.test"))]).await;
    }
    let mut seen = Vec::new();
    for page in 0..4 {
        seen.extend(emails(&desk, &format!("limitcount=3&limitfrom={}", page * 3)).await);
        desk.send_ok("DELETE", &format!("/api/customers/c{page:02}@x.test"), &[]).await;
        register(&desk, &[("email", &format!("later{page}@y.test"))]).await;
    }
    assert_eq!(seen, (0..12).map(|number| format!("c{number:02}@x.test")).collect::<Vec<_>>());
    assert_eq!(desk.get_ok("/api/customers?limitcount=0").await, json!({"customers": []}));
}
