use std::sync::Arc;

use deskbell_domain::agent::AgentStatus;
use deskbell_domain::ids::AgentId;
use deskbell_store::{Location, Options};

use super::*;
use crate::clock::{Clock, FakeClock};
use crate::commands::{AgentCommand, VisitorCommand};
use crate::customers::Introduction;
use crate::desk::DeskOptions;
use crate::error::Kind;
use crate::files::{NewFile, keep};
use crate::visits::{self, Arrival};

struct Stage {
    desk: Desk,
    clock: Arc<FakeClock>,
    owner: AgentId,
    _directory: tempfile::TempDir,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.desk.close();
    }
}

fn stage() -> Stage {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(Timestamp::from_seconds(1_790_000_000)));
    let options = DeskOptions {
        location: Location::Sqlite(directory.path().join("desk.db")),
        files: directory.path().join("files"),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        store: Options { readers: 2, ..Options::default() },
    };
    let first = Desk::init(&options, "owner@desk.test", "correct horse").unwrap();
    Stage { desk: Desk::open(&options).unwrap(), clock, owner: first.agent.id, _directory: directory }
}

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
        language: None,
        last_displayed: None,
        last_display_url: None,
        online_code: None,
        online_code_old: None,
        offline_code: None,
        offline_code_old: None,
        online_css: None,
        online_css_old: None,
        offline_css: None,
        offline_css_old: None,
    }
}

fn attribute(value: &str) -> WidgetAttribute {
    WidgetAttribute { section: "s".to_owned(), name: "n".to_owned(), value: value.to_owned() }
}

impl Stage {
    async fn create(&self, draft: WidgetDraft) -> Result<Widget, AppError> {
        self.desk.write(move |tx, cx| create(tx, cx, draft)).await
    }

    async fn change(&self, widget: &Widget, draft: WidgetDraft) -> Result<Widget, AppError> {
        let id = widget.id.to_string();
        self.desk.write(move |tx, cx| change(tx, cx, &id, draft)).await
    }

    async fn public(&self, widget: &Widget) -> Option<PublicWidget> {
        let id = widget.id;
        self.desk.read(move |tx| public(tx, id)).await.unwrap()
    }

    async fn now(&self, widget: &Widget) -> Widget {
        let id = widget.id;
        self.desk.read(move |tx| get(tx, id)).await.unwrap()
    }

    async fn says(&self, command: VisitorCommand) {
        let visit = self.desk.write(move |tx, cx| visits::arrive(tx, cx, None, &Arrival::default())).await.unwrap();
        self.desk.visitor_command(visit.visitor, visit.id, None, command).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_not_given_stays() {
    let stage = stage();
    let all = WidgetDraft {
        base: Some(Some(KnowledgeBaseId::DEFAULT)),
        description: Some("described".to_owned()),
        online_code: Some("<b>on</b>".to_owned()),
        online_css: Some("b {}".to_owned()),
        offline_css: Some(String::new()),
        attributes: vec![attribute("v")],
        ..draft()
    };
    let made = stage.create(all).await.unwrap();
    assert_eq!((made.online_css.as_deref(), made.offline_css.as_deref()), (Some("b {}"), None), "an empty style sheet is none");
    assert_eq!(stage.now(&made).await, made);
    stage.clock.advance_seconds(60);
    let changed = stage.change(&made, WidgetDraft { name: "Other".to_owned(), ..draft() }).await.unwrap();
    assert_eq!(changed, Widget { name: "Other".to_owned(), attributes: Vec::new(), ..made.clone() });
    let emptied = WidgetDraft { base: Some(None), description: Some(String::new()), online_css: Some(String::new()), ..draft() };
    let changed = stage.change(&made, emptied).await.unwrap();
    assert_eq!((changed.base, changed.description.as_str(), changed.online_css), (None, "", None));
    assert_eq!(stage.now(&made).await.online_code, "<b>on</b>");
}

#[tokio::test]
async fn what_is_refused() {
    let stage = stage();
    let made = stage.create(draft()).await.unwrap();
    let long = |bytes| Some("x".repeat(bytes));
    let many = |count, bytes: usize| (0..count).map(|_| attribute(&"x".repeat(bytes))).collect::<Vec<_>>();
    for (draft, kind) in [
        (WidgetDraft { name: " ".to_owned(), ..draft() }, Kind::Invalid),
        (WidgetDraft { name: "a\0b".to_owned(), ..draft() }, Kind::Invalid),
        (WidgetDraft { name: "x".repeat(NAME_CHARS_MAX + 1), ..draft() }, Kind::TooLarge),
        (WidgetDraft { provide: "x".repeat(WORD_CHARS_MAX + 1), ..draft() }, Kind::TooLarge),
        (WidgetDraft { online_code: long(CODE_BYTES_MAX + 1), ..draft() }, Kind::TooLarge),
        (WidgetDraft { offline_css_old: Some("a\0b".to_owned()), ..draft() }, Kind::Invalid),
        (WidgetDraft { last_display_url: long(URL_BYTES_MAX + 1), ..draft() }, Kind::TooLarge),
        (WidgetDraft { attributes: many(ROWS_MAX + 1, 1), ..draft() }, Kind::TooLarge),
        (WidgetDraft { attributes: many(17, CODE_BYTES_MAX), ..draft() }, Kind::TooLarge),
        (WidgetDraft { attributes: vec![attribute("a\0b")], ..draft() }, Kind::Invalid),
        (WidgetDraft { department: DepartmentId::from_i64(5), ..draft() }, Kind::NotFound),
        (WidgetDraft { base: Some(Some(KnowledgeBaseId::from_i64(5))), ..draft() }, Kind::NotFound),
    ] {
        assert_eq!(stage.create(draft.clone()).await.unwrap_err().kind, kind, "{:.200}", format!("{draft:?}"));
        assert_eq!(stage.change(&made, draft).await.unwrap_err().kind, kind);
    }
    assert_eq!(stage.now(&made).await, made);
    let largest = WidgetDraft { online_code: long(CODE_BYTES_MAX), attributes: many(14, CODE_BYTES_MAX), ..draft() };
    assert!(stage.create(largest).await.is_ok());
    for spelling in ["zzzzzzzz", "x", "", "\0"] {
        let gone = stage.desk.write(move |tx, cx| remove(tx, cx, spelling)).await;
        assert_eq!(gone.unwrap_err().kind, Kind::NotFound);
    }
}

#[tokio::test]
async fn conversations_that_begin_through_it_are_counted() {
    let stage = stage();
    let made = stage.create(draft()).await.unwrap();
    let through = |widget| Introduction { widget: Some(widget), ..Introduction::new(None, Some("ann@shop.test")).unwrap() };
    let leave = |widget| VisitorCommand::LeaveMessage { department: None, introduction: through(widget), text: "Hello?".to_owned() };
    stage.says(leave(made.id)).await;
    stage.says(leave(WidgetId::from_i64(5))).await;
    assert_eq!(stage.now(&made).await.tickets, 1);
    let owner = stage.owner;
    stage.desk.agent_command(owner, None, AgentCommand::Status { preset: AgentStatus::ONLINE, connected: true }).await.unwrap();
    stage.says(VisitorCommand::Chat { department: None, introduction: through(made.id), text: None }).await;
    assert_eq!(stage.now(&made).await.tickets, 2);
    let changed = stage.change(&made, draft()).await.unwrap();
    assert_eq!(changed.tickets, 2);
}

#[tokio::test]
async fn what_a_page_may_know() {
    let stage = stage();
    let all = WidgetDraft { online_code: Some("on".to_owned()), attributes: vec![attribute("v")], ..draft() };
    let made = stage.create(all.clone()).await.unwrap();
    let seen = stage.public(&made).await.unwrap();
    assert_eq!((seen.online, seen.online_code.as_str(), seen.attributes.len()), (false, "on", 1));
    let owner = stage.owner;
    stage.desk.agent_command(owner, None, AgentCommand::Status { preset: AgentStatus::ONLINE, connected: true }).await.unwrap();
    assert!(stage.public(&made).await.unwrap().online);
    stage.change(&made, WidgetDraft { status: WidgetStatus::Inactive, ..all }).await.unwrap();
    assert_eq!(stage.public(&made).await, None);
    stage.desk.write(move |tx, cx| remove(tx, cx, &made.id.to_string())).await.unwrap();
}

#[tokio::test]
async fn files_stand_in_it() {
    let stage = stage();
    let who = Principal::ApiKey { key: deskbell_domain::ids::CredentialId::from_i64(1), may_write: true };
    let new = NewFile { name: "a".to_owned(), declared_type: String::new(), bytes: "x".into() };
    let file = keep(&stage.desk, who, new).await.unwrap().attachment.file;
    let texts: [fn(String) -> WidgetDraft; 3] = [
        |text| WidgetDraft { online_code: Some(text), ..draft() },
        |text| WidgetDraft { offline_css: Some(text), ..draft() },
        |text| WidgetDraft { attributes: vec![attribute(&text)], ..draft() },
    ];
    let public = async || {
        let file = file.clone();
        stage.desk.read(move |tx| Ok(files::visible(tx, &file, &Principal::Nobody).is_ok())).await.unwrap()
    };
    for text in texts {
        let made = stage.create(text(format!("<img src='/scripts/file.php?view=Y&file={file}'>"))).await.unwrap();
        assert!(public().await);
        stage.desk.write(move |tx, cx| remove(tx, cx, &made.id.to_string())).await.unwrap();
        assert!(!public().await);
    }
}

#[tokio::test]
async fn impressions_are_written_in_batches() {
    let stage = stage();
    let made = stage.create(draft()).await.unwrap();
    stage.desk.widget_impression(made.id, "https://shop.test/a");
    stage.clock.advance_seconds(5);
    stage.desk.widget_impression(made.id, "https://shop.test/b");
    stage.desk.widget_impression(WidgetId::from_i64(5), "https://shop.test/c");
    assert_eq!(stage.now(&made).await.impressions, 0);
    crate::timers::write_counts(&stage.desk).await.unwrap();
    let now = stage.now(&made).await;
    assert_eq!((now.impressions, now.last_displayed, now.last_display_url.as_str()), (2, Some(stage.desk.now()), "https://shop.test/b"));
    assert_eq!(stage.desk.impressions().waiting(made.id), None);
}

#[tokio::test]
async fn pages_go_on_after_the_last_row() {
    let stage = stage();
    for number in 0..5 {
        stage.clock.advance_seconds(1);
        stage.create(WidgetDraft { name: format!("{number}"), ..draft() }).await.unwrap();
    }
    let names = async |offset| {
        let page = page(&stage.desk, &Principal::Nobody, Filter::default(), 2, offset).await.unwrap();
        page.into_iter().map(|widget| (widget.name, widget.id)).collect::<Vec<_>>()
    };
    let first = names(0).await;
    let gone = first[0].1.to_string();
    stage.desk.write(move |tx, cx| remove(tx, cx, &gone)).await.unwrap();
    let shown = |page: Vec<(String, WidgetId)>| page.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(shown(first), ["0", "1"]);
    assert_eq!(shown(names(2).await), ["2", "3"], "nothing is left out though a row before it went");
    assert_eq!(shown(names(4).await), ["4"]);
    assert_eq!(shown(names(5).await), [""; 0]);
}
