//! Search in the knowledge bases over a server's lives, with its files damaged, and where it cannot have any.

use crate::server;
use deskbell_testkit::{Server, V1};
use reqwest::Method;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

async fn publish(v1: &V1, title: &str) {
    let parameters = [("title", title), ("content", "<p>Some text</p>")];
    v1.call(Method::POST, "knowledgebase/articles", &parameters).await.good();
}

/// The titles found, once search is ready.
async fn find(server: &Server, query: &str) -> Vec<String> {
    let v1 = server.v1();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = v1.get(&format!("knowledgebase/search?query={query}")).await;
        if answer.status == 503 && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        }
        let answer = answer.good();
        let entries = answer["response"]["entries"].as_array().expect("a list").clone();
        return entries.iter().map(|entry| entry["title"].as_str().unwrap_or_default().to_owned()).collect();
    }
}

async fn metric(server: &Server, name: &str) -> String {
    let text = server.bearer().get("/metrics").await.text;
    let line = text.lines().find(|line| line.starts_with(&format!("{name} ")));
    line.and_then(|line| line.split(' ').nth(1)).unwrap_or("missing").to_owned()
}

#[tokio::test]
async fn found_over_all_its_lives() {
    let mut server = server().await;
    let v1 = server.v1();
    publish(&v1, "Invoices").await;
    assert_eq!(find(&server, "invoice").await, ["Invoices"]);
    assert_eq!(metric(&server, "deskbell_search_ready").await, "1");
    assert_eq!(metric(&server, "deskbell_search_events_behind").await, "0");
    publish(&v1, "Refunds").await;
    server.kill9();
    server.launch().await;
    assert_eq!(find(&server, "refunds").await, ["Refunds"]);
    server.restart().await;
    assert_eq!(find(&server, "invoices").await, ["Invoices"]);
    server.stop().await;
    for file in std::fs::read_dir(server.data().join("search")).expect("there are files") {
        std::fs::write(file.expect("a file").path(), [0x5a; 64]).expect("the file can be written");
    }
    server.launch().await;
    assert_eq!(find(&server, "refunds").await, ["Refunds"]);
    assert_eq!(find(&server, "invioces").await, ["Invoices"]);
}

#[tokio::test]
async fn a_desk_without_search_serves_all_the_rest() {
    let mut server = server().await;
    publish(&server.v1(), "Invoices").await;
    server.stop().await;
    let directory = server.data().join("search");
    std::fs::remove_dir_all(&directory).expect("the index can be removed");
    std::fs::write(&directory, "in the way").expect("a file can stand there");
    server.launch().await;
    let refused = server.v1().get("knowledgebase/search?query=invoices").await;
    assert_eq!((refused.status, refused.json()["response"]["errormessage"].as_str()), (503, Some("search is not ready")));
    assert_eq!(server.v1().response("knowledgebase/entries").await["entries"].as_array().map(Vec::len), Some(1));
    assert_eq!(metric(&server, "deskbell_search_ready").await, "0");
    assert!(server.log().contains("knowledge bases cannot be searched"), "{}", server.log());
    server.stop().await;
    std::fs::remove_file(&directory).expect("the file can be removed");
    server.launch().await;
    assert_eq!(find(&server, "invoices").await, ["Invoices"]);
}
