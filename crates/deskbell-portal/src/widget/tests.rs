use deskbell_app::accounts;
use deskbell_app::widgets::{self, WidgetDraft};
use deskbell_domain::agent::AgentStatus;
use deskbell_domain::ids::DepartmentId;
use deskbell_domain::widget::{Widget, WidgetKind, WidgetStatus, WidgetUse};
use serde_json::Value;

use super::may_embed;
use crate::fixture::{Fixture, Reply};

fn draft() -> WidgetDraft {
    WidgetDraft {
        name: "Button".to_owned(),
        provide: "BFC".to_owned(),
        department: DepartmentId::DEFAULT,
        kind: WidgetKind::ChatButton,
        used: WidgetUse::Both,
        status: WidgetStatus::Active,
        attributes: Vec::new(),
        form_fields: None,
        base: None,
        description: None,
        language: Some("de".to_owned()),
        last_displayed: None,
        last_display_url: None,
        online_code: Some("<b>on</b>".to_owned()),
        online_code_old: None,
        offline_code: Some("<b>off</b>".to_owned()),
        offline_code_old: None,
        online_css: Some("b{color:red}".to_owned()),
        online_css_old: None,
        offline_css: None,
        offline_css_old: None,
    }
}

fn widget(desk: &Fixture, draft: WidgetDraft) -> Widget {
    desk.write(move |tx, cx| widgets::create(tx, cx, draft))
}

fn online(desk: &Fixture, status: AgentStatus) {
    let owner = desk.owner.id;
    desk.write(move |tx, cx| accounts::choose_status(tx, cx, owner, status, true));
}

async fn ask(desk: &Fixture, widget: &Widget, headers: &[(&str, &str)]) -> Reply {
    desk.browser(1).call("GET", &format!("/scripts/widget/{}", widget.id), headers, String::new()).await
}

async fn shown(desk: &Fixture, widget: &Widget) -> Value {
    serde_json::from_str(&ask(desk, widget, &[]).await.text).unwrap()
}

#[tokio::test]
async fn as_it_looks_now() {
    let desk = Fixture::new();
    let both = widget(&desk, draft());
    let reply = ask(&desk, &both, &[("origin", "https://shop.test")]).await;
    let wanted = format!(
        "{{\"widget\":\"{}\",\"department\":\"default\",\"name\":\"Support\",\"accent\":\"#2563eb\",\"language\":\"de\",\"online\":false,\
         \"allowed\":false,\"code\":\"<b>off</b>\",\"css\":\"\"}}",
        both.id
    );
    assert_eq!((reply.status, reply.text.as_str()), (200, wanted.as_str()));
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert_eq!(reply.header("cache-control"), "public, max-age=10");
    assert_eq!(reply.header("vary"), "origin");
    let again = ask(&desk, &both, &[("origin", "https://shop.test"), ("if-none-match", reply.header("etag"))]).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    online(&desk, AgentStatus::ONLINE);
    let now = shown(&desk, &both).await;
    assert_eq!((&now["online"], &now["code"], &now["css"]), (&true.into(), &"<b>on</b>".into(), &"b{color:red}".into()));
    assert_eq!(now["allowed"], true, "a page of the desk's own");
}

#[tokio::test]
async fn codes_for_some_moments_only() {
    let desk = Fixture::new();
    let only_online = widget(&desk, WidgetDraft { used: WidgetUse::Online, ..draft() });
    let only_offline = widget(&desk, WidgetDraft { used: WidgetUse::Offline, ..draft() });
    let never = widget(&desk, WidgetDraft { status: WidgetStatus::Offline, ..draft() });
    let off = widget(&desk, WidgetDraft { status: WidgetStatus::Inactive, ..draft() });
    assert_eq!(shown(&desk, &only_online).await["code"], Value::Null);
    assert_eq!(shown(&desk, &only_offline).await["code"], "<b>off</b>");
    online(&desk, AgentStatus::ONLINE);
    assert_eq!(shown(&desk, &only_online).await["code"], "<b>on</b>");
    assert_eq!(shown(&desk, &only_offline).await["code"], Value::Null);
    assert_eq!(shown(&desk, &never).await["online"], false);
    let gone = ask(&desk, &off, &[]).await;
    assert_eq!((gone.status, gone.header("access-control-allow-origin")), (404, "*"));
    for wrong in ["x", "aaaaaaaa", "%00", "..%2f.."] {
        let reply = desk.browser(1).get(&format!("/scripts/widget/{wrong}")).await;
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (404, "*"), "{wrong}");
    }
}

#[tokio::test]
async fn impressions() {
    let desk = Fixture::new();
    let one = widget(&desk, draft());
    let seen = format!("/scripts/widget/{}/seen", one.id);
    let plain = [("content-type", "text/plain;charset=UTF-8"), ("origin", "https://shop.test")];
    let count = || desk.desk.impressions().waiting(one.id).map(|shown| (shown.count, shown.url));
    let reply = desk.browser(1).call("POST", &seen, &plain, "https://shop.test/tea?a=1&b=%zz".to_owned()).await;
    assert_eq!(reply.status, 204);
    assert_eq!(count(), Some((1, "https://shop.test/tea?a=1&b=%zz".to_owned())));
    desk.browser(1).call("POST", &seen, &plain, String::new()).await;
    assert_eq!(count().unwrap().0, 2, "a page that says nothing of itself");
    for hostile in ["javascript:alert(1)", "\u{1}", "file:///etc/passwd"] {
        desk.browser(1).call("POST", &seen, &plain, hostile.to_owned()).await;
    }
    assert_eq!(count().unwrap().0, 2);
    assert_eq!(desk.browser(1).call("POST", &seen, &plain, "x".repeat(5_000)).await.status, 413);
    for _ in 0..100 {
        desk.browser(1).call("POST", &seen, &plain, "https://shop.test/".to_owned()).await;
    }
    assert!(count().unwrap().0 <= 60, "one address's pages are not believed without end");
}

#[test]
fn who_may_embed() {
    let domains = ["https://shop.test".to_owned(), "http://127.0.0.1:8080".to_owned(), "https://*.leaf.test".to_owned()];
    for (origin, may) in [
        ("https://shop.test", true),
        ("HTTPS://Shop.Test", true),
        ("http://shop.test", false),
        ("https://shop.test.evil.test", false),
        ("https://xshop.test", false),
        ("http://127.0.0.1:8080", true),
        ("http://127.0.0.1:8081", false),
        ("https://www.leaf.test", true),
        ("https://a.b.leaf.test", true),
        ("https://leaf.test", false),
        ("https://xleaf.test", false),
        ("https://.leaf.test", false),
        ("null", false),
        ("", false),
        ("https://help.test", true),
    ] {
        assert_eq!(may_embed(origin, "https://help.test", &domains), may, "{origin}");
    }
    assert!(may_embed("https://any.test", "https://help.test", &["https://*".to_owned()]));
    assert!(!may_embed("http://any.test", "https://help.test", &["https://*".to_owned()]));
}
