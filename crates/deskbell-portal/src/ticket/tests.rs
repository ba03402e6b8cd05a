use deskbell_app::conversations::{self, Authority, Change, Writing, Written};
use deskbell_app::files::{self, NewFile};
use deskbell_app::rights::Principal;
use deskbell_domain::agent::Role;
use deskbell_domain::conversation::{Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::message::Actor;
use deskbell_store::tables;

use crate::fixture::{Fixture, MARKUP, PASSWORD};

fn path(ticket: &Conversation) -> String {
    format!("/ticket_{}", ticket.public_code)
}

fn answers(desk: &Fixture, ticket: &Conversation, writing: Writing, text: &'static str, file: Option<String>) {
    let (by, id) = (Actor::Agent(desk.owner.id), ticket.id);
    desk.write(move |tx, cx| {
        let files: Vec<&str> = file.as_deref().into_iter().collect();
        let written = Written { writing, text, files: &files, key: None, authority: Authority::Desk };
        conversations::write(tx, cx, by, id, written)
    });
}

async fn upload(desk: &Fixture, name: &str, declared_type: &str, bytes: &'static [u8]) -> String {
    let who = Principal::Agent { agent: desk.owner.id, role: Role::Owner };
    let new = NewFile { name: name.to_owned(), declared_type: declared_type.to_owned(), bytes: bytes.into() };
    files::keep(&desk.desk, who, new).await.unwrap().attachment.file
}

#[tokio::test]
async fn what_the_customer_sees() {
    let desk = Fixture::new();
    let ann = desk.registered("ann@shop.test", "Ann & Co <b>");
    let ticket = desk.ticket(ann, "Kettle <i>", "It leaks:\nhttps://shop.test/?a=1&b=2");
    answers(&desk, &ticket, Writing::Note, "SECRET NOTE", None);
    answers(&desk, &ticket, Writing::Message, MARKUP, None);
    let page = desk.browser(1).get(&path(&ticket)).await;
    let text = page.page(200);
    assert!(text.contains("Ann &#38; Co &#60;b&#62;") && text.contains("Kettle &#60;i&#62;"), "{text}");
    assert!(text.contains("It leaks:<br><a href=\"https://shop.test/?a=1&#38;b=2\" rel=\"noopener noreferrer nofollow ugc\">"), "{text}");
    assert!(!text.contains("SECRET NOTE"));
    assert!(text.contains(&ticket.code) && text.contains("2012-04-03 12:21"));
    assert!(text.contains("<meta name=\"robots\" content=\"noindex\">"));
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("x-robots-tag"), "noindex");
    assert_eq!(page.header("cache-control"), "no-store");
}

#[tokio::test]
async fn codes_that_lead_nowhere() {
    let desk = Fixture::new();
    let ann = desk.registered("ann@shop.test", "Ann");
    let ticket = desk.ticket(ann, "Kettle", "It leaks");
    for wrong in [
        "/ticket_".to_owned(),
        "/ticket_0000000000000000".to_owned(),
        format!("/ticket_{}", ticket.id),
        format!("/ticket_{}", ticket.code),
        "/ticket_%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00".to_owned(),
        "/ticket_../../../etc/pass".to_owned(),
        format!("/ticket_{}", "x".repeat(5_000)),
        format!("{}/nothing", path(&ticket)),
    ] {
        desk.browser(1).get(&wrong).await.page(404);
    }
    desk.browser(1).get("/ticket_%ff").await.page(400);
}

#[tokio::test]
async fn older_addresses() {
    let desk = Fixture::new();
    let ann = desk.registered("ann@shop.test", "Ann");
    let ticket = desk.ticket(ann, "Kettle", "It leaks");
    let browser = desk.browser(1);
    let sent = browser.get(&format!("/index.php?type=my_tickets&cid={}", ticket.public_code)).await;
    assert_eq!((sent.status, sent.location()), (303, path(&ticket).as_str()));
    for (uri, target) in [("/index.php", "/kb"), ("/index.php?type=my_tickets", "/tickets"), ("/index.php?type=other&cid=x", "/kb")] {
        assert_eq!(browser.get(uri).await.location(), target, "{uri}");
    }
    for hostile in ["//evil.test", "https://evil.test", "x/../..", "%0d%0aX:%20y"] {
        browser.get(&format!("/index.php?type=my_tickets&cid={hostile}")).await.page(404);
    }
}

#[tokio::test]
async fn replies() {
    let desk = Fixture::new();
    let ann = desk.registered("ann@shop.test", "Ann");
    let ticket = desk.ticket(ann, "Kettle", "It leaks");
    answers(&desk, &ticket, Writing::Message, "Where?", None);
    let (browser, page) = (desk.browser(1), path(&ticket));
    let reply = format!("{page}/reply");
    let sent = browser.submit(&page, &reply, &[("message", "At the bottom")]).await;
    assert_eq!(sent.status, 303);
    assert!(sent.location().starts_with(&format!("{page}#m-")), "{}", sent.location());
    assert!(browser.get(&page).await.page(200).contains("At the bottom"));
    let id = ticket.id;
    let now = desk.read(move |tx| conversations::get(tx, id));
    assert_eq!((now.status, now.groups_in), (Status::Open, 2));
    let empty = browser.submit(&page, &reply, &[("message", "  ")]).await;
    assert!(empty.page(422).contains("aria-invalid=\"true\"") && empty.text.contains("Please fill in this field."));
}

#[tokio::test]
async fn names_are_those_typed_there() {
    let desk = Fixture::new();
    let ann = desk.registered("ann@shop.test", "Ann");
    let ticket = desk.ticket(ann, "Kettle", "It leaks");
    desk.write(move |tx, _| {
        let known = tables::customers::get(tx, ann)?.expect("Ann");
        tables::customers::update(tx, &Customer { name: "ANN SECRET".to_owned(), ..known }).map_err(Into::into)
    });
    let (browser, page) = (desk.browser(1), path(&ticket));
    let reply = format!("{page}/reply");
    assert_eq!(browser.submit(&page, &reply, &[("message", "At the bottom")]).await.status, 303);
    assert!(!browser.get(&page).await.page(200).contains("ANN SECRET"), "what the desk knows of the address");
    browser.sign_in("ann@shop.test", PASSWORD).await;
    assert_eq!(browser.submit(&page, &reply, &[("message", "It is me")]).await.status, 303);
    let shown = browser.get(&page).await;
    assert!(shown.page(200).contains("<strong dir=\"auto\">ANN SECRET</strong>"), "{}", shown.text);
}

#[tokio::test]
async fn the_same_form_twice_is_one_reply() {
    let desk = Fixture::new();
    let ann = desk.registered("ann@shop.test", "Ann");
    let ticket = desk.ticket(ann, "Kettle", "It leaks");
    let (browser, page) = (desk.browser(1), path(&ticket));
    let loaded = browser.get(&page).await;
    let (proof, key) = (loaded.field("proof"), loaded.field("key"));
    let fields = [("proof", proof.as_str()), ("key", key.as_str()), ("message", "At the bottom")];
    let reply = format!("{page}/reply");
    let (first, second) = (browser.post(&reply, &fields).await, browser.post(&reply, &fields).await);
    assert_eq!((first.status, first.location()), (second.status, second.location()));
    assert_eq!(browser.get(&page).await.page(200).matches("At the bottom").count(), 1);
}

#[tokio::test]
async fn forms_need_their_proof_and_their_pace() {
    let desk = Fixture::new();
    let ann = desk.registered("ann@shop.test", "Ann");
    let ticket = desk.ticket(ann, "Kettle", "It leaks");
    let (browser, page) = (desk.browser(1), path(&ticket));
    let reply = format!("{page}/reply");
    browser.get(&page).await;
    browser.post(&reply, &[("message", "Forged")]).await.page(403);
    browser.post(&reply, &[("message", "Forged"), ("proof", "0000")]).await.page(403);
    let trapped = browser.submit(&page, &reply, &[("message", "Buy this"), ("website", "https://spam.test")]).await;
    assert_eq!(trapped.status, 303, "a program is not told");
    for text in ["One", "Two"] {
        assert_eq!(browser.submit(&page, &reply, &[("message", text)]).await.status, 303);
    }
    let third = browser.submit(&page, &reply, &[("message", "Three")]).await;
    third.page(429);
    assert!(third.header("retry-after").parse::<u32>().unwrap() <= 60);
    assert_eq!(desk.browser(2).submit(&page, &reply, &[("message", "Four")]).await.status, 303, "another address");
    desk.clock.advance_seconds(60);
    assert_eq!(browser.submit(&page, &reply, &[("message", "Five")]).await.status, 303);
    let shown = browser.get(&page).await;
    for (text, there) in [("Forged", false), ("Buy this", false), ("One", true), ("Two", true), ("Three", false), ("Five", true)] {
        assert_eq!(shown.text.contains(text), there, "{text}");
    }
    browser.submit("/kb", "/ticket_0000000000000000/reply", &[("message", "x")]).await.page(403);
    let proof = browser.get(&page).await.field("proof");
    browser.post("/ticket_0000000000000000/reply", &[("proof", &proof), ("message", "x")]).await.page(404);
    browser.post("/1nothing/reply", &[("proof", &proof)]).await.page(404);
}

#[tokio::test]
async fn long_and_hostile_texts() {
    let desk = Fixture::new();
    let ann = desk.registered("ann@shop.test", "Ann");
    let ticket = desk.ticket(ann, "Kettle", "It leaks");
    let (browser, page) = (desk.browser(1), path(&ticket));
    let reply = format!("{page}/reply");
    for (text, status) in [("x".repeat(40_000), 422), ("a\0b".to_owned(), 422), ("x".repeat(1_000_000), 413)] {
        browser.submit(&page, &reply, &[("message", &text)]).await.page(status);
    }
    assert_eq!(browser.submit(&page, &reply, &[("message", MARKUP)]).await.status, 303);
    assert!(browser.get(&page).await.page(200).contains("&#60;script&#62;alert(1)"));
}

#[tokio::test]
async fn closed_and_joined_ones() {
    let desk = Fixture::new();
    let (ann, eve) = (desk.registered("ann@shop.test", "Ann"), desk.registered("eve@shop.test", "Eve"));
    let (anns, eves) = (desk.ticket(ann, "Kettle", "ANNS WORDS"), desk.ticket(eve, "Tea", "It is cold"));
    let (by, from, into) = (Actor::Agent(desk.owner.id), eves.id, anns.id);
    desk.write(move |tx, cx| conversations::merge::merge(tx, cx, by, from, into));
    let joined = desk.browser(1).get(&path(&eves)).await;
    assert!(joined.page(410).contains("joined with another one") && !joined.text.contains("ANNS WORDS"));
    let spam = desk.ticket(eve, "Offer", "Buy");
    let id = spam.id;
    desk.write(move |tx, cx| conversations::change_status(tx, cx, by, id, Change::Spam));
    let page = desk.browser(1).get(&path(&spam)).await;
    assert!(page.page(200).contains("This ticket is closed.") && !page.text.contains("<textarea"));
    let gone = desk.ticket(eve, "Old", "Old");
    let id = gone.id;
    desk.write(move |tx, cx| conversations::change_status(tx, cx, by, id, Change::Delete));
    desk.browser(1).get(&path(&gone)).await.page(404);
}

#[tokio::test]
async fn files_of_the_ticket_and_no_others() {
    let desk = Fixture::new();
    let ann = desk.registered("ann@shop.test", "Ann");
    let ticket = desk.ticket(ann, "Kettle", "It leaks");
    let other = desk.ticket(ann, "Other", "Other");
    let sent = upload(&desk, "plan <b>.txt", "text/plain", b"the plan").await;
    let noted = upload(&desk, "secret.txt", "text/plain", b"a secret").await;
    let page = upload(&desk, "evil.html", "text/html", b"<script>alert(1)</script>").await;
    answers(&desk, &ticket, Writing::Message, "See this", Some(sent.clone()));
    answers(&desk, &ticket, Writing::Note, "Not this", Some(noted.clone()));
    answers(&desk, &ticket, Writing::Message, "", Some(page.clone()));
    let browser = desk.browser(1);
    let shown = browser.get(&path(&ticket)).await;
    assert!(shown.page(200).contains("plan &#60;b&#62;.txt") && !shown.text.contains("secret.txt"), "{}", shown.text);
    let file = browser.get(&format!("{}/files/{sent}", path(&ticket))).await;
    assert_eq!((file.status, file.text.as_str()), (200, "the plan"));
    assert!(file.header("content-security-policy").contains("sandbox"));
    let evil = browser.get(&format!("{}/files/{page}", path(&ticket))).await;
    assert!(evil.header("content-disposition").starts_with("attachment"), "saved, never shown");
    for (ticket, file) in [(&ticket, &noted), (&other, &sent), (&ticket, &"0".repeat(32)), (&ticket, &"..%2f..".to_owned())] {
        browser.get(&format!("{}/files/{file}", path(ticket))).await.page(404);
    }
}
