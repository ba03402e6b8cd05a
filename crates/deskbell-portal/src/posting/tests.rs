use deskbell_app::knowledge::{self, Changes};
use deskbell_app::search::Reader;
use deskbell_domain::customer::BanTarget;
use deskbell_domain::knowledge::{Access, Entry, EntryKind};

use crate::fixture::{Fixture, MARKUP, PASSWORD};

const ANN: [(&str, &str); 2] = [("name", "Ann"), ("email", "ann@shop.test")];

fn children(desk: &Fixture, parent: &Entry) -> Vec<Entry> {
    let (base, id) = (parent.base, parent.id);
    desk.read(move |tx| knowledge::children(tx, base, Some(id), Reader::Public))
}

#[tokio::test]
async fn a_topic_and_a_reply() {
    let desk = Fixture::new();
    let forum = desk.category(EntryKind::Forum, "Tea talk", None);
    let path = knowledge::page_path(&forum);
    let browser = desk.browser(1);
    let form = browser.get(&path).await;
    assert!(form.page(200).contains("<label for=\"subject\">") && form.text.contains("<label for=\"name\">"));
    let fields = [ANN[0], ANN[1], ("subject", "Which pot?"), ("message", "Clay or <b>glass</b>?")];
    let posted = browser.submit(&path, &format!("{path}/topic"), &fields).await;
    let topic = children(&desk, &forum).pop().expect("a topic");
    let topic_path = knowledge::page_path(&topic);
    assert_eq!((posted.status, posted.location()), (303, topic_path.as_str()), "{}", posted.text);
    let page = browser.get(&topic_path).await;
    assert!(page.page(200).contains("Clay or &lt;b&gt;glass&lt;/b&gt;?"), "{}", page.text);
    assert!(page.text.contains("<bdi>Ann</bdi>") && !page.text.contains("ann@shop.test"));
    let fields = [("name", "Bob"), ("email", "bob@shop.test"), ("message", "Clay: https://clay.test")];
    let answered = desk.browser(2).submit(&topic_path, &format!("{topic_path}/answer"), &fields).await;
    assert!(answered.status == 303 && answered.location().contains("#r-"), "{}", answered.text);
    let target = answered.location().split_once('#').unwrap().0.to_owned();
    let page = desk.browser(2).get(&target).await;
    assert!(page.page(200).contains("<a href=\"https://clay.test\" rel=\"noopener noreferrer nofollow ugc\">"));
    assert!(page.text.contains("<strong dir=\"auto\">Bob</strong>"));
    assert!(desk.browser(3).get("/kb/kb_defa").await.page(200).contains("Tea talk"));
}

#[tokio::test]
async fn suggestions() {
    let desk = Fixture::new();
    let wishes = desk.category(EntryKind::SuggestionCategory, "Wishes", None);
    let path = knowledge::page_path(&wishes);
    let browser = desk.browser(1);
    let fields = [ANN[0], ANN[1], ("subject", "Smaller tins"), ("message", "50 g would do")];
    let posted = browser.submit(&path, &format!("{path}/suggestion"), &fields).await;
    let wish = children(&desk, &wishes).pop().expect("a suggestion");
    assert_eq!(posted.location(), knowledge::page_path(&wish));
    let page = desk.browser(2).get(&knowledge::page_path(&wish)).await;
    assert!(page.page(200).contains("Vote for this") && page.text.contains("<span class=\"mark\">New</span>"));
    let list = desk.browser(2).get(&path).await;
    assert!(list.page(200).contains("Smaller tins") && list.text.contains("Votes: 0"));
}

#[tokio::test]
async fn nobody_is_found_out_by_his_address() {
    let desk = Fixture::new();
    desk.registered("ann@shop.test", "Ann Secretname");
    let forum = desk.category(EntryKind::Forum, "Tea talk", None);
    let path = knowledge::page_path(&forum);
    let fields = [("name", "Eve"), ("email", "ann@shop.test"), ("subject", "Hello"), ("message", "It is me")];
    let posted = desk.browser(1).submit(&path, &format!("{path}/topic"), &fields).await;
    let page = desk.browser(1).get(posted.location()).await;
    assert!(page.page(200).contains("<bdi>Eve</bdi>") && !page.text.contains("Secretname"));
    let answer = format!("{}/answer", posted.location());
    let fields = [("name", "Eve"), ("email", "ann@shop.test"), ("message", "Again")];
    let answered = desk.browser(1).submit(posted.location(), &answer, &fields).await;
    assert!(!desk.browser(1).get(answered.location().split_once('#').unwrap().0).await.page(200).contains("Secretname"));
    let browser = desk.browser(2);
    browser.sign_in("ann@shop.test", PASSWORD).await;
    let form = browser.get(&path).await;
    assert!(!form.page(200).contains("<label for=\"name\">"), "who is signed in is not asked");
    let posted = browser.submit(&path, &format!("{path}/topic"), &[("subject", "Really me"), ("message", "x")]).await;
    assert!(browser.get(posted.location()).await.page(200).contains("<bdi>Ann Secretname</bdi>"));
}

#[tokio::test]
async fn agents_post_as_themselves() {
    let desk = Fixture::new();
    let forum = desk.category(EntryKind::Forum, "Tea talk", None);
    let path = knowledge::page_path(&forum);
    let agent = desk.browser(1).with_cookie("deskbell_session", &desk.session());
    let posted = agent.submit(&path, &format!("{path}/topic"), &[("subject", "News"), ("message", "We moved")]).await;
    let page = desk.browser(2).get(posted.location()).await;
    assert!(page.page(200).contains("<bdi>Desk Owner</bdi>"), "{}", page.text);
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_it() {
    let desk = Fixture::new();
    let forum = desk.category(EntryKind::Forum, "Tea talk", None);
    let (path, browser) = (knowledge::page_path(&forum), desk.browser(1));
    let topic = format!("{path}/topic");
    let empty = browser.submit(&path, &topic, &[]).await;
    assert_eq!(empty.page(422).matches("class=\"problem\"").count(), 4);
    let fields = [("name", MARKUP), ("email", "no address"), ("subject", MARKUP), ("message", MARKUP)];
    let wrong = browser.submit(&path, &topic, &fields).await;
    assert!(wrong.page(422).contains("id=\"email-problem\">Please enter a valid e-mail address."));
    assert!(wrong.text.contains("&#60;/script&#62;") && wrong.text.matches("class=\"problem\"").count() == 1, "typed words are kept");
    let long = "x".repeat(300);
    for (field, value) in [("name", long.as_str()), ("subject", long.as_str()), ("message", &"x".repeat(33_000))] {
        let mut fields = vec![ANN[0], ANN[1], ("subject", "s"), ("message", "m")];
        fields.push((field, value));
        assert!(browser.submit(&path, &topic, &fields).await.page(422).contains("That is too long."), "{field}");
    }
    let mut fields = vec![ANN[0], ANN[1], ("subject", "s\0"), ("message", "m")];
    assert!((400..500).contains(&browser.submit(&path, &topic, &fields).await.status));
    fields[3] = ("message", "m\0");
    fields[2] = ("subject", "s");
    assert!((400..500).contains(&browser.submit(&path, &topic, &fields).await.status));
    assert!(children(&desk, &forum).is_empty());
}

#[tokio::test]
async fn proof_trap_pace_and_repetition() {
    let desk = Fixture::new();
    let forum = desk.category(EntryKind::Forum, "Tea talk", None);
    let (path, browser) = (knowledge::page_path(&forum), desk.browser(1));
    let topic = format!("{path}/topic");
    let fields = [ANN[0], ANN[1], ("subject", "s"), ("message", "m")];
    browser.get(&path).await;
    browser.post(&topic, &fields).await.page(403);
    let trapped = browser.submit(&path, &topic, &[&fields[..], &[("website", "x")]].concat()).await;
    assert_eq!((trapped.status, trapped.location()), (303, path.as_str()));
    assert!(children(&desk, &forum).is_empty());
    let loaded = browser.get(&path).await;
    let (proof, key) = (loaded.field("proof"), loaded.field("key"));
    let proven = [&fields[..], &[("proof", proof.as_str()), ("key", key.as_str())]].concat();
    assert_eq!(browser.post(&topic, &proven).await.status, 303);
    assert!(browser.post(&topic, &proven).await.page(409).contains("That was sent already."));
    assert_eq!(browser.submit(&path, &topic, &fields).await.status, 303);
    browser.submit(&path, &topic, &fields).await.page(429);
    assert_eq!(children(&desk, &forum).len(), 2);
    desk.clock.advance_seconds(61);
    assert_eq!(browser.submit(&path, &topic, &fields).await.status, 303);
}

#[tokio::test]
async fn where_nothing_is_posted() {
    let desk = Fixture::new();
    let article = desk.article("Water", "x", None);
    let forum = desk.category(EntryKind::Forum, "Tea talk", None);
    let fields = [ANN[0], ANN[1], ("subject", "s"), ("message", "m")];
    let browser = desk.browser(1);
    let (article, talk) = (knowledge::page_path(&article), knowledge::page_path(&forum));
    for wrong in [
        format!("{article}/topic"),
        format!("{article}/answer"),
        format!("{talk}/suggestion"),
        format!("{talk}/answer"),
        "/1/topic".to_owned(),
    ] {
        browser.submit(&talk, &wrong, &fields).await.page(404);
    }
    assert!(!browser.get(&article).await.page(200).contains("id=\"post\""));
    let id = forum.id;
    desk.write(move |tx, cx| knowledge::change(tx, cx, id, &Changes { access: Some(Access::Internal), ..Changes::default() }));
    browser.submit(&article, &format!("{talk}/topic"), &fields).await.page(404);
}

#[tokio::test]
async fn the_banned() {
    let desk = Fixture::new();
    let forum = desk.category(EntryKind::Forum, "Tea talk", None);
    let path = knowledge::page_path(&forum);
    let owner = desk.owner.id;
    desk.write(move |tx, cx| deskbell_app::bans::ban(tx, cx, owner, BanTarget::Address("10.0.0.1".to_owned()), "spam"));
    let fields = [ANN[0], ANN[1], ("subject", "s"), ("message", "m")];
    desk.browser(1).submit(&path, &format!("{path}/topic"), &fields).await.page(403);
    assert!(children(&desk, &forum).is_empty());
}
