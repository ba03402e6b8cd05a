use crate::fixture::Fixture;

const OK: &str = r#"{"response":{"status":"OK","statuscode":0}}"#;

#[tokio::test]
async fn put_on_listed_and_taken_off() {
    let desk = Fixture::new();
    let ticket = desk.ticket("john@owner.test", "Hello").await;
    let path = |spelling: &dyn std::fmt::Display, suffix: &str| format!("/api/conversations/{spelling}/tags{suffix}");
    assert_eq!(desk.get(&path(&ticket.id, "")).await.text, r#"{"response":{"tags":[]}}"#);
    let vip = desk.post("/api/tags", "name=VIP").await.value()["response"]["id"].as_str().expect("an id").to_owned();
    assert_eq!(desk.post(&path(&ticket.code, ""), &format!("id={vip}")).await.text, OK);
    let xml = desk.post(&path(&ticket.public_code, ".xml"), "name=Support").await;
    assert_eq!(xml.text, "<?xml version='1.0' encoding='utf-8'?><response><status>OK</status><statuscode>0</statuscode></response>");
    assert_eq!(desk.post(&path(&ticket.id, ""), "name=VIP").await.text, OK);
    let both = desk.get(&path(&ticket.id, "")).await;
    let support = both.value()["response"]["tags"][1]["id"].as_str().expect("an id").to_owned();
    assert_eq!(both.text, format!(r#"{{"response":{{"tags":[{{"id":"{vip}","name":"VIP"}},{{"id":"{support}","name":"Support"}}]}}}}"#));
    assert_eq!(
        desk.get(&path(&ticket.id, ".xml")).await.text,
        format!(
            "<?xml version='1.0' encoding='utf-8'?><response><tags><tag><id>{vip}</id><name>VIP</name></tag><tag><id>{support}</id><name>Support</name></tag></tags></response>"
        )
    );
    let yaml = desk.get(&path(&ticket.id, ".yaml")).await.text;
    let wanted = format!("response:\n  tags:\n  - id: {vip}\n    name: VIP\n  - id: {support}\n    name: Support\n");
    assert_eq!(yaml.replace('"', ""), wanted, "it quotes what would read as a number, as an id may");
    assert_eq!(desk.get_ok(&format!("/api/conversations/{}", ticket.id)).await["tags"], format!("{vip}, {support}"));
    assert_eq!(desk.form("DELETE", &path(&ticket.id, ""), &format!("id={vip}&name=Support")).await.text, OK, "the id counts");
    assert_eq!(desk.form("DELETE", &path(&ticket.id, ""), "name=VIP").await.text, OK, "it is not there any more");
    assert_eq!(desk.get_ok(&format!("/api/conversations/{}", ticket.id)).await["tags"], support);
}

#[tokio::test]
async fn refusals() {
    let desk = Fixture::new();
    let ticket = desk.ticket("john@owner.test", "Hello").await;
    let path = format!("/api/conversations/{}/tags", ticket.id);
    let long = format!("name={}", "a".repeat(65));
    let rule = "a tag has at most 64 characters, no comma and no control characters";
    for (verb, body, status, wanted) in [
        ("POST", "", 500, "parameter id or name is missing"),
        ("POST", "id=&name=+", 500, "parameter id or name is missing"),
        ("POST", "id=zzzz", 404, "tag with this id not found"),
        ("POST", "id=%00", 404, "tag with this id not found"),
        ("POST", "name=a,b", 500, rule),
        ("POST", "name=a%00b", 500, rule),
        ("POST", &long, 500, rule),
        ("DELETE", "", 500, "parameter id or name is missing"),
        ("DELETE", "id=zzzz", 404, "tag with this id not found"),
        ("DELETE", "name=nobody+has+it", 404, "tag with this name not found"),
    ] {
        let reply = desk.form(verb, &path, body).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (status, wanted), "{verb} {body}");
    }
    assert_eq!(desk.get_ok("/api/tags").await["tags"].as_array().map(Vec::len), Some(0), "a refused tag is not made");
    for (verb, body) in [("GET", ""), ("POST", "name=x"), ("DELETE", "name=x")] {
        let unknown = desk.form(verb, "/api/conversations/zzzzzzzz/tags", body).await;
        assert_eq!((unknown.status, unknown.errormessage().as_str()), (500, "unable to load conversation"), "{verb}");
    }
}
