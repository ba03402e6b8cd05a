use crate::fixture::Fixture;

const OK: &str = r#"{"response":{"status":"OK","statuscode":0}}"#;

async fn make(desk: &Fixture, body: &str) -> (String, String) {
    let reply = desk.post("/api/tags/", body).await;
    assert_eq!(reply.status, 200, "{body}: {}", reply.text);
    (reply.value()["response"]["id"].as_str().expect("an id").to_owned(), reply.text)
}

#[tokio::test]
async fn made_shown_changed_and_removed() {
    let desk = Fixture::new();
    assert_eq!(desk.get("/api/tags").await.text, r#"{"response":{"tags":[]}}"#);
    let (id, made) = make(&desk, "name=VIP&color=%23FFFFFF&bg_color=0000FF").await;
    assert_eq!(id.len(), 4);
    let wanted = |name: &str, color: &str, background: &str| {
        format!(
            r#"{{"response":{{"status":"OK","statuscode":0,"id":"{id}","name":"{name}","color":"{color}","bg_color":"{background}"}}}}"#
        )
    };
    assert_eq!(made, wanted("VIP", "FFFFFF", "0000FF"));
    let again = desk.post("/api/tags.xml", "name=VIP&color=123").await.text;
    assert_eq!(
        again,
        format!(
            "<?xml version='1.0' encoding='utf-8'?><response><status>OK</status><statuscode>0</statuscode><id>{id}</id><name>VIP</name><color>FFFFFF</color><bg_color>0000FF</bg_color></response>"
        ),
        "made again it is the same tag, as it is"
    );
    let path = format!("/api/tags/{id}");
    assert_eq!(desk.get(&path).await.text, format!(r#"{{"response":{{"id":"{id}","name":"VIP","color":"FFFFFF","bg_color":"0000FF"}}}}"#));
    let yaml = desk.get(&format!("{path}.yaml")).await.text;
    let wanted = format!("response:\n  id: {id}\n  name: VIP\n  color: FFFFFF\n  bg_color: 0000FF\n");
    assert_eq!(yaml.replace('"', ""), wanted, "it quotes what would read as a number, as an id may");
    assert_eq!(desk.form("PUT", &path, "color=&bg_color=%23abc").await.text, OK);
    assert_eq!(desk.form("PUT", &path, "name=Gold").await.text, OK);
    assert_eq!(desk.form("PUT", &path, "").await.text, OK, "nothing to change is no error");
    assert_eq!(desk.get(&path).await.text, format!(r#"{{"response":{{"id":"{id}","name":"Gold","color":"FFFFFF","bg_color":"abc"}}}}"#));
    let (plain, made) = make(&desk, "name=Plain").await;
    assert!(made.contains(r#""color":"000000","bg_color":"e5e7eb""#), "{made}");
    assert_eq!(
        desk.get("/api/tags").await.text,
        format!(r#"{{"response":{{"tags":[{{"id":"{id}","name":"Gold"}},{{"id":"{plain}","name":"Plain"}}]}}}}"#)
    );
    let xml = desk.form("DELETE", &format!("{path}.xml"), "").await.text;
    assert_eq!(xml, "<?xml version='1.0' encoding='utf-8'?><response><status>OK</status><statuscode>0</statuscode></response>");
    assert_eq!(desk.get(&path).await.status, 404);
    assert_eq!(desk.form("DELETE", &path, "").await.status, 404);
    assert_eq!(
        desk.get("/api/tags.xml").await.text,
        format!("<?xml version='1.0' encoding='utf-8'?><response><tags><tag><id>{plain}</id><name>Plain</name></tag></tags></response>")
    );
}

#[tokio::test]
async fn conversations_follow() {
    let desk = Fixture::new();
    let ticket = desk.ticket("john@owner.test", "Hello").await;
    let ids = desk.tag(ticket.id, &["a", "b"]).await;
    let path = format!("/api/conversations/{}", ticket.code);
    assert_eq!(desk.form("PUT", &format!("/api/tags/{}", ids[0]), "name=A").await.text, OK);
    let tags = desk.get_ok(&format!("{path}/tags")).await["tags"].clone();
    assert_eq!((&tags[0]["name"], &tags[1]["name"]), (&"A".into(), &"b".into()));
    assert_eq!(desk.form("DELETE", &format!("/api/tags/{}", ids[1]), "").await.text, OK);
    assert_eq!(desk.get_ok(&path).await["tags"], ids[0]);
    assert_eq!(desk.get_ok("/api/conversations").await["conversations"][0]["tags"], ids[0]);
}

#[tokio::test]
async fn refusals() {
    let desk = Fixture::new();
    let (one, _) = make(&desk, "name=one").await;
    make(&desk, "name=two").await;
    let path = format!("/api/tags/{one}");
    let rule = "a tag has at most 64 characters, no comma and no control characters";
    for (verb, path, body, status, wanted) in [
        ("POST", "/api/tags", "", 500, "parameter name is missing"),
        ("POST", "/api/tags", "name=+", 500, "parameter name is missing"),
        ("POST", "/api/tags", "name=a,b", 500, rule),
        ("POST", "/api/tags", "name=a%00", 500, rule),
        ("POST", "/api/tags", "name=x&color=red", 500, "color must be a colour of three or six hex digits"),
        ("POST", "/api/tags", "name=x&bg_color=%2312345", 500, "bg_color must be a colour of three or six hex digits"),
        ("PUT", &path, "name=two", 500, "another tag has this name"),
        ("PUT", &path, "color=%00", 500, "color must be a colour of three or six hex digits"),
        ("PUT", "/api/tags/zzzz", "name=x", 404, "tag with this id not found"),
        ("GET", "/api/tags/%00", "", 404, "tag with this id not found"),
        ("DELETE", "/api/tags/one", "", 404, "tag with this id not found"),
    ] {
        let reply = desk.form(verb, path, body).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (status, wanted), "{verb} {path} {body}");
    }
    assert_eq!(desk.get_ok("/api/tags").await["tags"].as_array().map(Vec::len), Some(2));
}
