use serde_json::Value;

use crate::Options;
use crate::fixture::Fixture;

const SEARCH: &str = "/api/knowledgebase/search";

/// Posts an article; returns its row.
async fn article(desk: &Fixture, parameters: &[(&str, &str)]) -> Value {
    desk.send_ok("POST", "/api/knowledgebase/articles", parameters).await
}

fn ids(answer: &Value) -> String {
    let rows = answer["entries"].as_array().expect("a list").iter();
    rows.map(|row| row["kb_entry_id"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>().join(" ")
}

async fn found(desk: &Fixture, query: &str) -> String {
    ids(&desk.get_ok(&format!("{SEARCH}?query={query}")).await)
}

#[tokio::test]
async fn rows_with_all_columns() {
    let desk = Fixture::with(Options { requests_per_minute_max: None, public_url: Some("https://help.test/".to_owned()) });
    desk.send_ok("POST", "/api/knowledgebase/categories", &[("title", "Folder")]).await;
    let given = article(
        &desk,
        &[("title", "Grüße & <i>invoices</i>"), ("content", "<p>One</p><p><img src=x>a ]]> b</p>"), ("parent_entry_id", "1")],
    );
    let code = given.await["urlcode"].as_str().expect("a code").to_owned();
    let json = desk.get(&format!("{SEARCH}?query=invoice")).await;
    assert_eq!(
        json.text,
        format!(
            r#"{{"response":{{"entries":[{{"kb_id":"kb_defa","kb_entry_id":"2","rtype":"A","rstatus":"P","access":"P","access_inherited":"P","urlcode":"{code}","treepath":"0|1","title":"Gr\u00fc\u00dfe & <i>invoices<\/i>","title_clear":"Gr\u00fc\u00dfe & invoices","content_text":"One\na ]]> b","content_simple_html":"<p>One<\/p><p>a ]]&gt; b<\/p>","conversationid":"","votesCount":"0","datechanged":"2012-04-03 12:21:21","url":"\/\/help.test\/{code}-Gr%C3%BC%C3%9Fe-invoices"}}]}}}}"#
        )
    );
    let xml = desk.get(&format!("{SEARCH}.xml?query=invoice")).await;
    assert_eq!(
        xml.text,
        format!(
            "<?xml version='1.0' encoding='utf-8'?><response><entries><entrie><kb_id>kb_defa</kb_id><kb_entry_id>2</kb_entry_id>\
             <rtype>A</rtype><rstatus>P</rstatus><access>P</access><access_inherited>P</access_inherited><urlcode>{code}</urlcode>\
             <treepath>0|1</treepath><title>Grüße &amp; &lt;i&gt;invoices&lt;/i&gt;</title><title_clear>Grüße &amp; invoices</title_clear>\
             <content_text>One\na ]]&gt; b</content_text><content_simple_html><![CDATA[<p>One</p><p>a ]]&gt; b</p>]]></content_simple_html>\
             <conversationid/><votesCount>0</votesCount><datechanged>2012-04-03 12:21:21</datechanged>\
             <url>//help.test/{code}-Gr%C3%BC%C3%9Fe-invoices</url></entrie></entries></response>"
        )
    );
    let yaml = desk.get(&format!("{SEARCH}.yaml?query=invoice")).await.text;
    assert!(yaml.contains("title_clear: Grüße & invoices\n") && yaml.contains("votesCount: \"0\"\n"), "{yaml}");
    assert_eq!(desk.get(&format!("{SEARCH}?query=nowhere")).await.text, r#"{"response":{"entries":[]}}"#);
}

#[tokio::test]
async fn links_lead_to_where_the_caller_came_from() {
    let desk = Fixture::new();
    let code = article(&desk, &[("title", "Invoices"), ("content", "")]).await["urlcode"].as_str().expect("a code").to_owned();
    let reply = desk.call("GET", &desk.keyed(&format!("{SEARCH}?query=invoices")), &[("host", "desk.test:8080")], "").await;
    assert_eq!(reply.value()["response"]["entries"][0]["url"], format!("//desk.test:8080/{code}-Invoices"));
}

#[tokio::test]
async fn the_best_come_first_and_within_their_bounds() {
    let desk = Fixture::new();
    desk.send_ok("POST", "/api/knowledgebase/categories", &[("title", "Billing")]).await;
    for parameters in [
        &[("title", "Refunds"), ("content", "Not an invoice"), ("parent_entry_id", "1")][..],
        &[("title", "Invoices"), ("content", "Where they are")],
        &[("title", "Cards"), ("content", ""), ("keywords", "invoice"), ("access", "I"), ("rstatus", "D")],
    ] {
        article(&desk, parameters).await;
    }
    for (query, wanted) in [
        ("invoice", "3 4 2"),
        ("invoices&limit=2", "3 4"),
        ("invoices&limit=0", ""),
        ("invoices&limit=1000", "3 4 2"),
        ("invioce", "3 4 2"),
        ("invo", "3 4 2"),
        ("refund%20invoice", "2 3 4"),
        ("invoice&top_article_id=1", "2"),
        ("invoice&top_article_id=3", "3"),
        ("invoice&top_article_id=", "3 4 2"),
        ("invoice&kb_id=kb_defa", "3 4 2"),
        ("invoice&kb_id=", "3 4 2"),
        ("%22invoice%22%20AND%20%28title%3A*", "3 4 2"),
        ("", ""),
        ("%20", ""),
        ("%00", ""),
        ("%F0%9F%98%80", ""),
    ] {
        assert_eq!(found(&desk, query).await, wanted, "{query}");
    }
    let hidden = desk.get_ok(&format!("{SEARCH}?query=cards")).await["entries"][0].clone();
    assert_eq!((&hidden["access"], &hidden["access_inherited"], &hidden["rstatus"]), (&"I".into(), &"I".into(), &"D".into()));
}

#[tokio::test]
async fn what_was_written_is_found_and_what_was_taken_away_is_not() {
    let desk = Fixture::new();
    desk.send_ok("POST", "/api/knowledgebase/categories", &[("title", "Ideas"), ("rtype", "G")]).await;
    let suggestion = [("useridentifier", "ann@shop.test"), ("category", "1"), ("subject", "Purple"), ("message", "Make it purple")];
    desk.send_ok("POST", "/api/suggestions", &suggestion).await;
    let row = desk.get_ok(&format!("{SEARCH}?query=purple")).await["entries"][0].clone();
    assert_eq!((&row["rtype"], &row["rstatus"], &row["kb_entry_id"]), (&"S".into(), &"N".into(), &"2".into()));
    assert_eq!(row["conversationid"].as_str().map(str::len), Some(8));
    assert_eq!(desk.form("DELETE", "/api/knowledgebase/entries/2", "").await.status, 200);
    assert_eq!(found(&desk, "purple").await, "");
    article(&desk, &[("title", "Purple"), ("content", "")]).await;
    assert_eq!(found(&desk, "purple").await, "3");
    desk.form("PUT", "/api/knowledgebase/articles/3", "title=Green").await;
    assert_eq!((found(&desk, "purple").await, found(&desk, "green").await), (String::new(), "3".to_owned()));
    assert_eq!(desk.form("DELETE", "/api/knowledgebase/entries/3", "").await.status, 200);
    assert_eq!(found(&desk, "green").await, "");
}

#[tokio::test]
async fn refused() {
    let desk = Fixture::new();
    let unknown_entry = "knowledge base entry with this id not found";
    let unknown_base = "knowledge base with this id not found";
    for (query, status, sentence) in [
        ("", 500, "parameter query is missing"),
        ("kb_id=kb_defa", 500, "parameter query is missing"),
        ("query=x&kb_id=nonsense", 404, unknown_base),
        ("query=x&kb_id=zzzzzzzz", 404, unknown_base),
        ("query=x&top_article_id=99", 404, unknown_entry),
        ("query=x&top_article_id=-1", 404, unknown_entry),
        ("query=x&top_article_id=x%00", 404, unknown_entry),
        ("query=x&limit=many", 500, "parameter limit must be an integer"),
    ] {
        let reply = desk.get(&format!("{SEARCH}?{query}")).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (status, sentence), "{query}");
    }
}

#[tokio::test]
async fn hostile_queries_are_only_words() {
    let desk = Fixture::new();
    article(&desk, &[("title", "Invoices"), ("content", "")]).await;
    let long = format!("{}invoices", "x ".repeat(400));
    for (query, wanted) in
        [("' OR 1=1 -- invoices", "1"), ("<script>invoices</script>", "1"), (long.as_str(), ""), ("../../invoices\u{0}", "1")]
    {
        let answer = desk.send_ok("GET", SEARCH, &[("query", query)]).await;
        assert_eq!(ids(&answer), wanted, "{query}");
    }
    let huge = desk.send("GET", SEARCH, &[("query", &"invoices ".repeat(30_000))]).await;
    assert_eq!((huge.status, ids(&huge.value()["response"])), (200, "1".to_owned()));
}
