use serde_json::Value;

use crate::fixture::Fixture;

/// 1 Folder, 2 Below (in 1), 3 an article in 2, 4 an article at the top, 5 Ideas, 6 a suggestion in 5; ten seconds between them.
async fn filled() -> Fixture {
    let desk = Fixture::new();
    for (path, body) in [
        ("categories", "title=Folder&description=About%20it"),
        ("categories", "title=Below&parent_entry_id=1"),
        ("articles", "title=Inside&content=%3Cp%3Ex%3C%2Fp%3E&parent_entry_id=2&keywords=k"),
        ("articles", "title=Outside&content=&access=I&rstatus=D"),
        ("categories", "title=Ideas&rtype=G"),
    ] {
        assert_eq!(desk.post(&format!("/api/knowledgebase/{path}"), body).await.status, 200, "{body}");
        desk.advance(10);
    }
    let body = "useridentifier=ann@shop.test&category=5&subject=Blue&message=Make%20it%20blue";
    assert_eq!(desk.post("/api/suggestions", body).await.status, 200);
    desk
}

fn ids(answer: &Value, list: &str) -> String {
    let rows = answer[list].as_array().expect("a list").iter();
    rows.map(|row| row["kb_entry_id"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn rows_with_all_columns() {
    let desk = filled().await;
    let all = desk.get_ok("/api/knowledgebase/entries").await;
    let code = |row: usize| all["entries"][row]["urlcode"].as_str().unwrap_or_default().to_owned();
    let row = format!(
        r#"{{"kb_id":"kb_defa","kb_entry_id":"3","parent_entry_id":"2","rtype":"A","rstatus":"P","access":"P","access_inherited":"P","urlcode":"{}","treepath":"0|1|2","rorder":"0","title":"Inside","metadescription":"","keywords":"k","content":"<p>x<\/p>","conversationid":"","departmentid":"","views":"0","votes":"0","datecreated":"2012-04-03 12:21:41","datechanged":"2012-04-03 12:21:41","deleted":"N","description":""}}"#,
        code(2)
    );
    for (call, list) in [("entries?entry_id=3", "entries"), ("articles?article_id=3", "articles")] {
        let reply = desk.get(&format!("/api/knowledgebase/{call}")).await;
        assert_eq!(reply.text, format!(r#"{{"response":{{"{list}":[{row}]}}}}"#));
    }
    let xml = desk.get("/api/knowledgebase/entries.xml?entry_id=3").await.text;
    assert_eq!(
        xml,
        format!(
            "<?xml version='1.0' encoding='utf-8'?><response><entries><entrie><kb_id>kb_defa</kb_id><kb_entry_id>3</kb_entry_id>\
             <parent_entry_id>2</parent_entry_id><rtype>A</rtype><rstatus>P</rstatus><access>P</access>\
             <access_inherited>P</access_inherited><urlcode>{}</urlcode><treepath>0|1|2</treepath><rorder>0</rorder><title>Inside</title>\
             <metadescription/><keywords>k</keywords><content><![CDATA[<p>x</p>]]></content><conversationid/><departmentid/><views>0</views>\
             <votes>0</votes><datecreated>2012-04-03 12:21:41</datecreated><datechanged>2012-04-03 12:21:41</datechanged>\
             <deleted>N</deleted><description/></entrie></entries></response>",
            code(2)
        )
    );
    assert!(desk.get("/api/knowledgebase/articles.xml?article_id=4").await.text.contains("<article><kb_id>kb_defa</kb_id>"));
    let yaml = desk.get("/api/knowledgebase/entries.yaml?entry_id=1").await.text;
    assert!(yaml.contains("description: About it"), "{yaml}");

    let suggestion = &all["entries"][5];
    assert_eq!((&suggestion["rtype"], &suggestion["rstatus"], &suggestion["treepath"]), (&"S".into(), &"N".into(), &"0|5".into()));
    assert_eq!(suggestion["content"], "<p>Make it blue</p>");
    let conversation = suggestion["conversationid"].as_str().expect("an id");
    assert_eq!(desk.get_ok(&format!("/api/conversations/{conversation}")).await["channel_type"], "S");
    assert_eq!((&all["entries"][3]["access"], &all["entries"][3]["rstatus"]), (&"I".into(), &"D".into()));
    assert_eq!((&all["entries"][4]["departmentid"], &all["entries"][0]["departmentid"]), (&"default".into(), &"".into()));
}

#[tokio::test]
async fn every_filter() {
    let desk = filled().await;
    for (query, wanted) in [
        ("", "1 2 3 4 5 6"),
        ("kb_id=kb_defa", "1 2 3 4 5 6"),
        ("kb_id=zzzzzzzz", ""),
        ("kb_id=", "1 2 3 4 5 6"),
        ("parent_entry_id=1", "2"),
        ("parent_entry_id=0", "1 4 5"),
        ("parent_entry_id=%200%20", "1 4 5"),
        ("parent_entry_id=99", ""),
        ("parent_entry_id=x", ""),
        ("parent_entry_id=", "1 2 3 4 5 6"),
        ("entry_id=3", "3"),
        ("entry_id=3%20", "3"),
        ("entry_id=%00", ""),
        ("entry_id=3&parent_entry_id=1", ""),
        ("tree_path=0", "1 2 3 4 5 6"),
        ("tree_path=0|1", "2 3"),
        ("tree_path=0%20%7C%201%20", "2 3"),
        ("tree_path=0|1|2", "3"),
        ("tree_path=0|1|", "2 3"),
        ("tree_path=0|", "1 2 3 4 5 6"),
        ("tree_path=0|3", ""),
        ("tree_path=1", ""),
        ("tree_path=%25", ""),
        ("tree_path=0|5&entry_id=6", "6"),
        ("date_changed=2012-04-03%2012:21:41", "4 5 6"),
        ("date_changed=2012-04-03", "1 2 3 4 5 6"),
        ("date_changed=2012-04-04", ""),
        ("limit=2", "1 2"),
        ("limit=2&offset=2", "3 4"),
        ("limit=2&offset=5", "6"),
        ("limit=2&offset=6", ""),
        ("limit=0", ""),
        ("limit=9999&offset=-3", "1 2 3 4 5 6"),
    ] {
        let answer = desk.get_ok(&format!("/api/knowledgebase/entries?{query}")).await;
        assert_eq!(ids(&answer, "entries"), wanted, "{query}");
    }
    for (query, wanted) in [
        ("", "1 2 3 4 5 6"),
        ("parent_id=1", "2"),
        ("parent_id=0", "1 4 5"),
        ("article_id=4", "4"),
        ("article_id=99999999999999999999", ""),
        ("tree_path=0%20|%201", "2 3"),
        ("kb_id=kb_defa&limit=1&offset=1", "2"),
        // Not this call's names.
        ("parent_entry_id=1&entry_id=3", "1 2 3 4 5 6"),
    ] {
        let answer = desk.get_ok(&format!("/api/knowledgebase/articles?{query}")).await;
        assert_eq!(ids(&answer, "articles"), wanted, "{query}");
    }
    for (query, sentence) in [
        ("limit=many", "parameter limit must be an integer"),
        ("offset=1.5", "parameter offset must be an integer"),
        ("date_changed=yesterday", "parameter date_changed must be a date like 2012-11-05 or 2012-11-05 17:02:01"),
    ] {
        let refused = desk.get(&format!("/api/knowledgebase/entries?{query}")).await;
        assert_eq!((refused.status, refused.errormessage().as_str()), (500, sentence), "{query}");
    }
}

#[tokio::test]
async fn lists_are_ten_and_fifty_long_unless_asked_and_pages_lose_nothing() {
    let desk = Fixture::new();
    for number in 0..60 {
        assert_eq!(desk.post("/api/knowledgebase/articles", &format!("title=T{number}&content=x")).await.status, 200);
    }
    assert_eq!(desk.get_ok("/api/knowledgebase/articles").await["articles"].as_array().map(Vec::len), Some(10));
    assert_eq!(desk.get_ok("/api/knowledgebase/entries").await["entries"].as_array().map(Vec::len), Some(50));
    let mut seen = Vec::new();
    for offset in [0, 25, 50] {
        let page = desk.get_ok(&format!("/api/knowledgebase/entries?limit=25&offset={offset}")).await;
        seen.push(ids(&page, "entries"));
        if offset == 0 {
            // What was read goes: what follows stays where it was.
            let gone = desk.form("DELETE", "/api/knowledgebase/entries/3", "").await;
            assert_eq!(gone.status, 200);
        }
    }
    let all: Vec<String> = (1..=60).map(|id| id.to_string()).collect();
    assert_eq!(seen.join(" "), all.join(" "));
}

#[tokio::test]
async fn deleting() {
    let desk = filled().await;
    let delete = async |id: &str| desk.form("DELETE", &format!("/api/knowledgebase/entries/{id}"), "").await;
    let all = async || ids(&desk.get_ok("/api/knowledgebase/entries").await, "entries");
    assert_eq!(delete("6").await.text, r#"{"response":{"status":"OK","statuscode":0}}"#);
    assert_eq!(delete("6").await.status, 200, "once more");
    let marked = desk.get_ok("/api/knowledgebase/entries?entry_id=6").await;
    assert_eq!(marked["entries"][0]["deleted"], "Y");
    assert_eq!(
        delete("1.xml").await.text,
        "<?xml version='1.0' encoding='utf-8'?><response><status>OK</status><statuscode>0</statuscode></response>"
    );
    assert_eq!(all().await, "4 5 6", "with all below it");
    delete("5").await;
    assert_eq!(all().await, "4");
    delete("4").await;
    assert_eq!(all().await, "");
    for id in ["4", "99", "0", "x", "1%00", "9999999999999999999"] {
        let refused = delete(id).await;
        assert_eq!(refused.status, 404, "{id}");
        assert!(refused.errormessage().contains("knowledge base entry"), "{id}: {}", refused.errormessage());
    }
    let next = desk.post("/api/knowledgebase/articles", "title=x&content=y").await.value();
    assert_eq!(next["response"]["kb_entry_id"], "7", "numbers are not given twice");
}
