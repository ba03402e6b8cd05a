//! Writing: articles and categories, their answers whole, and what is refused.

use serde_json::{Value, json};

use crate::fixture::Fixture;

const ARTICLES: &str = "/api/knowledgebase/articles";
const CATEGORIES: &str = "/api/knowledgebase/categories";

async fn put(desk: &Fixture, path: &str, body: &str) -> Value {
    let reply = desk.form("PUT", path, body).await;
    assert_eq!(reply.status, 200, "{path} {body}: {}", reply.text);
    reply.value()["response"].clone()
}

async fn post(desk: &Fixture, path: &str, body: &str) -> Value {
    let reply = desk.post(path, body).await;
    assert_eq!(reply.status, 200, "{path} {body}: {}", reply.text);
    reply.value()["response"].clone()
}

#[tokio::test]
async fn an_article_as_it_was_given_and_as_text() {
    let desk = Fixture::new();
    post(&desk, CATEGORIES, "title=Folder").await;
    let body = "title=General%20Questions&content=Article%20%3Cb%3Econtent%3C%2Fb%3E%3Cimg%20src%3D%22pix.gif%22%3E%3Cscript%3Ex()%3C%2Fscript%3E\
                &parent_entry_id=1&keywords=faq,%20questions&rorder=7&full_preview=Y";
    let json = desk.post(ARTICLES, body).await;
    let code = json.value()["response"]["urlcode"].as_str().expect("a code").to_owned();
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(
        json.text,
        format!(
            r#"{{"response":{{"kb_id":"kb_defa","kb_entry_id":"2","parent_entry_id":"1","urlcode":"{code}","title":"General Questions","content":"Article <b>content<\/b><img src=\"pix.gif\"><script>x()<\/script>","content_text":"Article content","content_simple_html":"Article <b>content<\/b>","treepath":"0|1","rstatus":"P","access":"P","access_inherited":"P","rorder":"7","keywords":"faq, questions","datecreated":"2012-04-03 12:21:21","datechanged":"2012-04-03 12:21:21","views":"0"}}}}"#
        )
    );
    desk.advance(60);
    let xml = desk.form("PUT", &format!("{ARTICLES}/2.xml"), "title=A%26B&content=%3Cp%3Ea]]>b%3C%2Fp%3E&access=I").await;
    assert_eq!(
        xml.text,
        format!(
            "<?xml version='1.0' encoding='utf-8'?><response><kb_id>kb_defa</kb_id><kb_entry_id>2</kb_entry_id><parent_entry_id>1\
             </parent_entry_id><urlcode>{code}</urlcode><title>A&amp;B</title><content><![CDATA[<p>a]]]]><![CDATA[>b</p>]]></content>\
             <content_text>a]]&gt;b</content_text><content_simple_html><![CDATA[<p>a]]&gt;b</p>]]></content_simple_html>\
             <treepath>0|1</treepath><rstatus>P</rstatus><access>I</access><access_inherited>I</access_inherited><rorder>7</rorder>\
             <keywords>faq, questions</keywords><datecreated>2012-04-03 12:21:21</datecreated>\
             <datechanged>2012-04-03 12:22:21</datechanged><views>0</views></response>"
        )
    );
    let yaml = desk.form("PUT", &format!("{ARTICLES}/2.yaml"), "").await.text;
    assert!(yaml.contains("  content: ") && yaml.contains("  treepath: 0|1\n") && yaml.contains("  access: I\n"), "{yaml}");
}

#[tokio::test]
async fn a_category_with_all_its_columns() {
    let desk = Fixture::new();
    post(&desk, CATEGORIES, "title=Top").await;
    let json = desk.post(CATEGORIES, "title=Ideas&rtype=G&parent_entry_id=1&access=I&keywords=a&description=Tell%20us&rorder=-2").await;
    let code = json.value()["response"]["urlcode"].as_str().expect("a code").to_owned();
    assert_eq!(
        json.text,
        format!(
            r#"{{"response":{{"kb_id":"kb_defa","kb_entry_id":"2","parent_entry_id":"1","urlcode":"{code}","title":"Ideas","treepath":"0|1","rtype":"G","rstatus":"P","access":"I","access_inherited":"I","rorder":"-2","keywords":"a","datecreated":"2012-04-03 12:21:21","datechanged":"2012-04-03 12:21:21","departmentid":"default","views":"0","description":"Tell us"}}}}"#
        )
    );
    let xml = desk.form("PUT", &format!("{CATEGORIES}/2.xml"), "title=I%3CI").await.text;
    assert!(
        xml.contains("<title>I&lt;I</title><treepath>0|1</treepath><rtype>G</rtype>")
            && xml.ends_with("<description>Tell us</description></response>")
    );
    let yaml = desk.form("PUT", &format!("{CATEGORIES}/2.yaml"), "").await.text;
    assert!(yaml.contains("  departmentid: default\n"), "{yaml}");
}

#[tokio::test]
async fn what_is_given_by_default() {
    let desk = Fixture::new();
    let first = post(&desk, ARTICLES, "title=First&content=").await;
    assert_eq!((&first["parent_entry_id"], &first["treepath"], &first["rstatus"]), (&json!(""), &json!("0"), &json!("P")));
    assert_eq!((&first["access"], &first["rorder"], &first["content"]), (&json!("P"), &json!("0"), &json!("")));
    let second = post(&desk, ARTICLES, "title=Second&content=x&parent_entry_id=0&kb_id=kb_defa&rorder=&rstatus=D&access=").await;
    assert_eq!((&second["rorder"], &second["rstatus"]), (&json!("-1"), &json!("D")), "on top of the first");
    let category = post(&desk, CATEGORIES, "title=Folder&departmentid=nonsense").await;
    assert_eq!((&category["rtype"], &category["departmentid"], &category["rorder"]), (&json!("C"), &json!(""), &json!("-2")));
    let sales = desk.department("Sales").await;
    let forum = post(&desk, CATEGORIES, &format!("title=Forum&rtype=Q&departmentid={sales}")).await;
    assert_eq!(forum["departmentid"], sales.to_string());
    let forum = put(&desk, &format!("{CATEGORIES}/{}", forum["kb_entry_id"].as_str().expect("an id")), "departmentid=default").await;
    assert_eq!(forum["departmentid"], "default");
}

#[tokio::test]
async fn changes_spread_below() {
    let desk = Fixture::new();
    for body in ["title=A", "title=B", "title=C&parent_entry_id=2"] {
        post(&desk, CATEGORIES, body).await;
    }
    let article = post(&desk, ARTICLES, "title=x&content=y&parent_entry_id=3").await;
    assert_eq!(article["treepath"], "0|2|3");
    desk.advance(5);
    put(&desk, &format!("{CATEGORIES}/2"), "access=I").await;
    let moved = put(&desk, &format!("{CATEGORIES}/3"), "parent_entry_id=1").await;
    assert_eq!((&moved["treepath"], &moved["access_inherited"]), (&json!("0|1"), &json!("P")), "no longer below what is internal");
    let article = put(&desk, &format!("{ARTICLES}/4"), "parent_entry_id=").await;
    assert_eq!((&article["treepath"], &article["access_inherited"]), (&json!("0|1|3"), &json!("P")));
    assert_eq!(article["datechanged"], "2012-04-03 12:21:26", "it moved with its category");
    put(&desk, &format!("{CATEGORIES}/1"), "access=I").await;
    let article = put(&desk, &format!("{ARTICLES}/4"), "").await;
    assert_eq!((&article["access"], &article["access_inherited"]), (&json!("P"), &json!("I")));
    let article = put(&desk, &format!("{ARTICLES}/4"), "parent_entry_id=0").await;
    assert_eq!((&article["parent_entry_id"], &article["treepath"], &article["access_inherited"]), (&json!(""), &json!("0"), &json!("P")));
}

#[tokio::test]
async fn what_is_refused() {
    let desk = Fixture::new();
    post(&desk, CATEGORIES, "title=Folder").await;
    post(&desk, ARTICLES, "title=Article&content=x").await;
    post(&desk, CATEGORIES, "title=Forum&rtype=Q").await;
    let long = format!("title={}&content=x", "t".repeat(256));
    let nul_content = "title=x&content=a%00b";
    let huge = format!("title=x&content={}", "%3Cp%3E".repeat(400_000));
    for (verb, path, body, status, sentence) in [
        ("POST", ARTICLES, "content=x", 500, "parameter title is missing"),
        ("POST", ARTICLES, "title=x", 500, "parameter content is missing"),
        ("POST", ARTICLES, "title=%20&content=x", 500, "parameter title is missing"),
        ("POST", ARTICLES, long.as_str(), 500, "a title has at most 255 characters and no control characters"),
        ("POST", ARTICLES, "title=a%00&content=x", 500, "a title has at most 255 characters and no control characters"),
        ("POST", ARTICLES, nul_content, 500, "content must not contain a NUL character"),
        ("POST", ARTICLES, huge.as_str(), 413, "content has at most 1 MiB"),
        ("POST", ARTICLES, "title=x&content=y&rstatus=S", 500, "parameter rstatus must be one of P, D"),
        ("POST", ARTICLES, "title=x&content=y&access=X", 500, "parameter access must be one of I, P"),
        ("POST", ARTICLES, "title=x&content=y&rorder=first", 500, "parameter rorder must be an integer"),
        ("POST", ARTICLES, "title=x&content=y&rorder=9999999999", 500, "parameter rorder must be between -1000000000 and 1000000000"),
        ("POST", ARTICLES, "title=x&content=y&full_preview=maybe", 500, "parameter full_preview must be Y or N"),
        ("POST", ARTICLES, "title=x&content=y&kb_id=zzzzzzzz", 404, "no such knowledge base"),
        ("POST", ARTICLES, "title=x&content=y&kb_id=%00", 404, "knowledge base with this id not found"),
        ("POST", ARTICLES, "title=x&content=y&parent_entry_id=99", 404, "no such parent entry"),
        ("POST", ARTICLES, "title=x&content=y&parent_entry_id=..%2F1", 404, "parent entry with this id not found"),
        ("POST", ARTICLES, "title=x&content=y&parent_entry_id=2", 500, "it stands in a category or at the top of a knowledge base"),
        ("POST", ARTICLES, "title=x&content=y&parent_entry_id=3", 500, "it stands in a category or at the top of a knowledge base"),
        ("POST", CATEGORIES, "", 500, "parameter title is missing"),
        ("POST", CATEGORIES, "title=x&rtype=A", 500, "parameter rtype must be one of C, Q, G"),
        ("POST", CATEGORIES, "title=x&rtype=Q&departmentid=nonsense", 404, "no such department"),
        ("POST", CATEGORIES, "title=x&rtype=Q&departmentid=%00", 404, "department with this id not found"),
        ("POST", CATEGORIES, "title=x&description=%00", 500, "description must not contain a NUL character"),
        ("PUT", "/api/knowledgebase/articles/1", "title=x", 404, "no such knowledge base entry"),
        ("PUT", "/api/knowledgebase/articles/99", "title=x", 404, "no such knowledge base entry"),
        ("PUT", "/api/knowledgebase/articles/x", "title=x", 404, "knowledge base entry with this id not found"),
        ("PUT", "/api/knowledgebase/articles/2", "title=", 500, "title is missing"),
        ("PUT", "/api/knowledgebase/articles/2", "kb_id=zzzzzzzz", 404, "no such knowledge base"),
        ("PUT", "/api/knowledgebase/articles/2", "parent_entry_id=2", 500, "an entry cannot stand below itself"),
        ("PUT", "/api/knowledgebase/categories/2", "title=x", 404, "no such knowledge base entry"),
        ("PUT", "/api/knowledgebase/categories/1", "parent_entry_id=1", 500, "an entry cannot stand below itself"),
        ("PUT", "/api/knowledgebase/categories/1", "rtype=Q", 500, "an entry stays of its kind"),
        ("PUT", "/api/knowledgebase/categories/3", "departmentid=nonsense", 404, "no such department"),
    ] {
        let reply = desk.form(verb, path, body).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (status, sentence), "{verb} {path} {}", &body[..body.len().min(80)]);
    }
    let answer = desk.get_ok("/api/knowledgebase/entries").await;
    assert_eq!(answer["entries"].as_array().map(Vec::len), Some(3), "what was refused left nothing");
    assert_eq!(answer["entries"][0]["title"], "Folder");
}

#[tokio::test]
async fn other_bases() {
    let desk = Fixture::new();
    let changes = deskbell_app::knowledge::BaseChanges { name: Some("Other".to_owned()), language: None };
    let other = desk.desk.write(move |tx, cx| deskbell_app::knowledge::create_base(tx, cx, &changes)).await.expect("a base").id;
    let there = post(&desk, CATEGORIES, &format!("title=There&kb_id={other}")).await;
    assert_eq!(there["kb_id"], other.to_string());
    let article = post(&desk, ARTICLES, "title=x&content=y&parent_entry_id=1").await;
    assert_eq!(article["kb_id"], other.to_string(), "the parent's");
    for (path, body) in
        [(ARTICLES, "title=x&content=y&parent_entry_id=1&kb_id=kb_defa"), ("/api/knowledgebase/categories/1", "kb_id=kb_defa")]
    {
        let verb = if path == ARTICLES { "POST" } else { "PUT" };
        assert_eq!(desk.form(verb, path, body).await.status, 500, "{path}");
    }
    let same = put(&desk, "/api/knowledgebase/articles/2", &format!("kb_id={other}&title=z")).await;
    assert_eq!(same["title"], "z");
    for (base, ids) in [("kb_defa", 0), (other.to_string().as_str(), 2), ("zzzzzzzz", 0), ("..", 0)] {
        let answer = desk.get_ok(&format!("/api/knowledgebase/entries?kb_id={base}")).await;
        assert_eq!(answer["entries"].as_array().map(Vec::len), Some(ids), "{base}");
    }
}
