use std::sync::atomic::{AtomicI64, Ordering};

use deskbell_app::knowledge::BaseChanges;
use deskbell_app::settings::Settings;
use tokio::sync::watch;

use super::*;
use crate::fixture::{Fixture, MARKUP};

#[tokio::test]
async fn all_bases_and_one() {
    let desk = Fixture::new();
    desk.settings(Settings { name: "Kettle & Leaf".to_owned(), ..Settings::default() });
    let brewing = desk.category(EntryKind::Category, "Brewing <b>", None);
    desk.category(EntryKind::Forum, "Tea talk", None);
    desk.category(EntryKind::SuggestionCategory, "Wishes", None);
    desk.article("Water", "<p>Soft water</p>", None);
    desk.internal_article("OURS ONLY");
    desk.write(|tx, cx| {
        let changes = BaseChanges { name: Some("عربي".to_owned()), language: Some("ar".to_owned()) };
        knowledge::create_base(tx, cx, &changes)
    });
    let browser = desk.browser(1);
    let all = browser.get("/kb").await;
    let text = all.page(200);
    assert!(text.contains("href=\"/kb/kb_defa\"") && text.contains("lang=\"ar\"") && text.contains("Brewing &#60;b&#62;"), "{text}");
    assert!(text.contains("Kettle &#38; Leaf</title>") && text.contains("<link rel=\"canonical\" href=\"http://desk.test/kb\">"));
    let home = browser.get("/kb/kb_defa").await;
    let text = home.page(200);
    for there in [&knowledge::page_path(&brewing), "Tea talk", "Wishes", "Water", "role=\"search\"", "action=\"/kb/kb_defa/search\""] {
        assert!(text.contains(there), "{there} in {text}");
    }
    assert!(!text.contains("OURS ONLY") && !text.contains("noindex"));
    assert!(browser.get("/kb/").await.status == 200, "with a slash");
    let agent = desk.browser(2).with_cookie("deskbell_session", &desk.session());
    assert!(agent.get("/kb/kb_defa").await.page(200).contains("OURS ONLY"));
    for wrong in ["/kb/nowhere", "/kb/aaaaaaaa", "/kb/kb_defa/nothing", "/kb/%00", "/kb/KB_DEFA"] {
        browser.get(wrong).await.page(404);
    }
}

#[tokio::test]
async fn popular_articles() {
    let desk = Fixture::new();
    let (water, leaves) = (desk.article("Water", "x", None), desk.article("Leaves", "x", None));
    desk.article("Cups", "x", None);
    for reader in 1..4 {
        desk.browser(reader).get(&knowledge::page_path(&leaves)).await;
    }
    desk.browser(1).get(&knowledge::page_path(&water)).await;
    desk.desk.write_views().await.unwrap();
    let text = desk.browser(9).get("/kb/kb_defa").await.page(200).to_owned();
    let popular = text.split_once("id=\"popular\"").expect("the list").1;
    let place = |title: &str| popular.find(title).unwrap();
    assert!(place("Leaves") < place("Water") && place("Water") < place("Cups"), "{popular}");
    let hidden = desk.internal_article("HIDDEN");
    assert!(!desk.browser(9).get("/kb/kb_defa").await.page(200).contains("HIDDEN"), "{:?}", hidden.id);
}

#[tokio::test]
async fn one_looks_for_all() {
    let (most, looks) = (Most::default(), AtomicI64::new(0));
    let (sender, gate) = watch::channel(0);
    // A look ends when the gate is opened for it, and finds its own number.
    let look = || async {
        let number = looks.fetch_add(1, Ordering::SeqCst) + 1;
        gate.clone().wait_for(|open| *open >= number).await.expect("the gate");
        Ok(vec![KnowledgeEntryId::from_i64(number)])
    };
    let found = |number: i64| vec![KnowledgeEntryId::from_i64(number)];
    let at = |seconds: i64| Timestamp::from_seconds(1_000 + seconds);
    let (first, second, ()) = tokio::join!(most.ids(at(0), look), most.ids(at(0), look), async {
        tokio::task::yield_now().await;
        sender.send_replace(1);
    });
    let looked = || looks.load(Ordering::SeqCst);
    assert_eq!((first.unwrap(), second.unwrap(), looked()), (found(1), found(1), 1), "the very first time both wait for one");
    assert_eq!((most.ids(at(POPULAR_SECONDS - 1), look).await.unwrap(), looked()), (found(1), 1));
    let (one, meanwhile, ()) = tokio::join!(most.ids(at(POPULAR_SECONDS), look), most.ids(at(POPULAR_SECONDS), look), async {
        tokio::task::yield_now().await;
        sender.send_replace(2);
    });
    assert_eq!((one.unwrap(), meanwhile.unwrap(), looked()), (found(2), found(1), 2), "one looks, the other has the old ones");
    let failed = most.ids(at(3 * POPULAR_SECONDS), || async { Err(AppError::unavailable("a moment")) }).await;
    assert!(failed.is_err());
    sender.send_replace(3);
    assert_eq!(most.ids(at(3 * POPULAR_SECONDS), look).await.unwrap(), found(3), "the next one looks again");
}

#[tokio::test]
async fn hostile_titles_stay_texts() {
    let desk = Fixture::new();
    desk.category(EntryKind::Category, MARKUP, None);
    desk.article(MARKUP, MARKUP, None);
    desk.settings(Settings { name: MARKUP.to_owned(), accent: "#ffff00".to_owned(), ..Settings::default() });
    desk.browser(1).get("/kb/kb_defa").await.page(200);
    desk.browser(1).get("/kb").await.page(200);
    desk.browser(1).get("/kb/nowhere").await.page(404);
}

#[tokio::test]
async fn the_style_sheet() {
    let desk = Fixture::new();
    let page = desk.browser(1).get("/kb").await;
    let path = page.text.split_once("<link rel=\"stylesheet\" href=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let sheet = desk.browser(1).get(&path).await;
    assert_eq!((sheet.status, sheet.header("content-type")), (200, "text/css; charset=utf-8"));
    assert_eq!(sheet.header("cache-control"), "public, max-age=31536000, immutable");
    assert!(sheet.text.starts_with(":root{--accent:#2563eb;"));
    assert_eq!(desk.browser(1).get("/portal/style.css").await.header("cache-control"), "no-cache");
    desk.settings(Settings { accent: "#00aa55".to_owned(), ..Settings::default() });
    assert!(!desk.browser(1).get("/kb").await.text.contains(&path), "another colour, another address");
    desk.browser(1).get("/portal/nothing").await.page(404);
}
