use deskbell_app::public_tickets::PAGE_TICKETS_MAX;

use crate::fixture::{Fixture, PASSWORD};
use crate::reader::CUSTOMER_COOKIE;

#[tokio::test]
async fn ones_own() {
    let desk = Fixture::new();
    let (ann, eve) = (desk.registered("ann@shop.test", "Ann"), desk.registered("eve@shop.test", "Eve"));
    desk.ticket(eve, "EVES TICKET", "x");
    let kettle = desk.ticket(ann, "Kettle <b>", "It leaks & drips");
    desk.ticket(ann, "", "");
    let browser = desk.browser(1);
    assert_eq!(browser.get("/tickets").await.location(), "/login");
    browser.sign_in("ann@shop.test", PASSWORD).await;
    let page = browser.get("/tickets").await;
    let text = page.page(200);
    assert!(text.contains("Kettle &#60;b&#62;") && text.contains("It leaks &#38; drips") && text.contains("No subject"), "{text}");
    assert!(text.contains(&format!("/ticket_{}", kettle.public_code)) && !text.contains("EVES TICKET"));
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.text.contains("noindex"));
}

#[tokio::test]
async fn page_by_page() {
    let desk = Fixture::new();
    let ann = desk.registered("ann@shop.test", "Ann");
    for _ in 0..PAGE_TICKETS_MAX + 3 {
        desk.ticket(ann, "Kettle", "x");
    }
    let browser = desk.browser(1);
    browser.sign_in("ann@shop.test", PASSWORD).await;
    let first = browser.get("/tickets").await;
    assert_eq!(first.page(200).matches("class=\"row\"").count() as i64, PAGE_TICKETS_MAX);
    let older = first.text.split_once("/tickets?before=").unwrap().1.split('"').next().unwrap();
    let second = browser.get(&format!("/tickets?before={older}")).await;
    assert_eq!(second.page(200).matches("class=\"row\"").count(), 3);
    assert!(!second.text.contains("?before="));
    for hostile in ["x", "1.x", "99999999999999999999.aaaaaaaa", "%00.%00"] {
        browser.get(&format!("/tickets?before={hostile}")).await.page(200);
    }
}

#[tokio::test]
async fn who_else_comes() {
    let desk = Fixture::new();
    let agent = desk.browser(1).with_cookie("deskbell_session", &desk.session());
    assert!(agent.get("/tickets").await.page(200).contains("signed in as an agent"));
    for forged in ["", "x", "a.b.c", &"0".repeat(5_000)] {
        let browser = desk.browser(1).with_cookie(CUSTOMER_COOKIE, forged).with_cookie("deskbell_session", forged);
        assert_eq!(browser.get("/tickets").await.location(), "/login");
    }
    let ann = desk.registered("ann@shop.test", "Ann");
    let browser = desk.browser(1);
    browser.sign_in("ann@shop.test", PASSWORD).await;
    assert!(browser.get("/tickets").await.page(200).contains("You have no tickets yet."));
    desk.write(move |tx, _| Ok(deskbell_store::tables::customers::set_password(tx, ann, "another")?));
    assert_eq!(browser.get("/tickets").await.location(), "/login", "a new password ends it");
}
