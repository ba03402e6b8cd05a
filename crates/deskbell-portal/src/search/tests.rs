use deskbell_app::knowledge;

use crate::fixture::{Fixture, MARKUP};

#[tokio::test]
async fn public_entries_with_their_texts() {
    let desk = Fixture::new();
    desk.searchable();
    let kettle = desk.article("Descaling a kettle", "<p>Use vinegar &amp; <b>patience</b>.</p>", None);
    desk.internal_article("Kettle of our own");
    let browser = desk.browser(1);
    let page = browser.get("/kb/kb_defa/search?q=kettle").await;
    let text = page.page(200);
    assert!(text.contains(&knowledge::page_path(&kettle)) && text.contains("Use vinegar &#38; patience."), "{text}");
    assert!(!text.contains("of our own") && text.contains("noindex"));
    assert!(text.contains("value=\"kettle\""));
    let agent = desk.browser(2).with_cookie("deskbell_session", &desk.session());
    assert!(!agent.get("/kb/kb_defa/search?q=kettle").await.page(200).contains("of our own"), "public results only");
}

#[tokio::test]
async fn nothing_and_nonsense() {
    let desk = Fixture::new();
    desk.searchable();
    let browser = desk.browser(1);
    assert!(browser.get("/kb/kb_defa/search").await.page(200).contains("Type a few words"));
    assert!(browser.get("/kb/kb_defa/search?q=+").await.page(200).contains("Type a few words"));
    assert!(browser.get("/kb/kb_defa/search?q=unicorn").await.page(200).contains("Nothing was found."));
    let escaped = percent_encoding::utf8_percent_encode(MARKUP, percent_encoding::NON_ALPHANUMERIC);
    assert!(browser.get(&format!("/kb/kb_defa/search?q={escaped}")).await.page(200).contains("&#60;script&#62;"));
    for hostile in ["%00", "a%20AND%20(", "title:*", "%22", &"x".repeat(5_000), "%f0%9f%8d%b5"] {
        browser.get(&format!("/kb/kb_defa/search?q={hostile}")).await.page(200);
    }
    browser.get("/kb/kb_defa/search?q=%ff").await.page(400);
    browser.get("/kb/nowhere/search?q=x").await.page(404);
}

#[tokio::test]
async fn a_desk_without_an_index() {
    let desk = Fixture::new();
    assert!(desk.browser(1).get("/kb/kb_defa/search?q=x").await.page(503).contains("Something went wrong"));
}

#[tokio::test]
async fn a_hundred_searches_a_minute_are_enough() {
    let desk = Fixture::new();
    desk.searchable();
    let browser = desk.browser(1);
    for _ in 0..100 {
        browser.get("/kb/kb_defa/search?q=kettle").await.page(200);
    }
    browser.get("/kb/kb_defa/search?q=kettle").await.page(429);
    browser.get("/kb/kb_defa/search").await.page(200);
    desk.browser(2).get("/kb/kb_defa/search?q=kettle").await.page(200);
}
