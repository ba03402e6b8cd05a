use bytes::Bytes;
use deskbell_domain::agent::Role;
use deskbell_domain::ids::ConversationId;
use deskbell_domain::message::Actor;

use super::*;
use crate::conversations::stage::{Stage, stage};
use crate::conversations::{self, Authority, Writing, Written};
use crate::error::Kind;
use crate::files::{NewFile, keeping};
use crate::rights::Principal;

fn canned_draft(name: &str, text: &str, visibility: Option<Visibility>) -> CannedDraft {
    CannedDraft { name: Some(name.to_owned()), text: Some(text.to_owned()), visibility }
}

fn answer_draft(name: &str, message: &str) -> AnswerDraft {
    AnswerDraft { name: Some(name.to_owned()), message: Some(message.to_owned()), ..AnswerDraft::default() }
}

fn names(stage: &Stage, agent: AgentId, whose: Whose, search: Option<&'static str>) -> Vec<String> {
    stage.see(move |tx| canned(tx, agent, whose, search)).into_iter().map(|message| message.name).collect()
}

#[test]
fn who_sees_and_writes_what() {
    let stage = stage();
    let (owner, ann, sales) = (stage.owner, stage.ann, stage.sales);
    let make = |by: AgentId, draft: CannedDraft| stage.try_write(move |tx, cx| create_canned(tx, cx, by, &draft));
    let everybody = make(owner, canned_draft("hello", "Hello!", Some(Visibility::Everybody))).unwrap();
    let of_sales = make(owner, canned_draft("offer", "Shall I make an offer?", Some(Visibility::Department(sales)))).unwrap();
    let own = make(ann, canned_draft("mine", "As I say", None)).unwrap();
    assert_eq!(own.visibility, Visibility::Agent(ann), "one's own, unless told otherwise");
    let owners = make(owner, canned_draft("owner", "Only me", None)).unwrap();
    assert_eq!(names(&stage, ann, Whose::Usable, None), ["hello", "mine", "offer"]);
    assert_eq!(names(&stage, owner, Whose::Usable, None), ["hello", "owner"]);
    assert_eq!(names(&stage, ann, Whose::Managed, None), ["mine"]);
    assert_eq!(names(&stage, owner, Whose::Managed, None), ["hello", "mine", "offer", "owner"]);

    let kind = |result: Result<CannedMessage, AppError>| result.unwrap_err().kind;
    let draft = |visibility| CannedDraft { visibility: Some(visibility), ..CannedDraft::default() };
    let change =
        |by: AgentId, id: CannedMessageId, draft: CannedDraft| stage.try_write(move |tx, cx| change_canned(tx, cx, by, id, &draft));
    assert_eq!(kind(make(ann, canned_draft("x", "x", Some(Visibility::Everybody)))), Kind::Forbidden);
    assert_eq!(kind(make(ann, canned_draft("x", "x", Some(Visibility::Agent(owner))))), Kind::Forbidden);
    assert_eq!(kind(change(ann, everybody.id, draft(Visibility::Agent(ann)))), Kind::Forbidden);
    assert_eq!(kind(change(ann, of_sales.id, CannedDraft::default())), Kind::Forbidden);
    assert_eq!(kind(change(ann, own.id, draft(Visibility::Everybody))), Kind::Forbidden);
    assert_eq!(kind(change(ann, owners.id, CannedDraft::default())), Kind::NotFound, "what he cannot see does not exist");
    assert_eq!(kind(make(owner, canned_draft("x", "x", Some(Visibility::Department(DepartmentId::from_i64(1)))))), Kind::NotFound);
    assert_eq!(kind(make(owner, canned_draft("x", "x", Some(Visibility::Agent(AgentId::from_i64(1)))))), Kind::NotFound);
    let changed = change(ann, own.id, canned_draft("mine too", "As I said", None)).unwrap();
    assert_eq!((changed.name.as_str(), changed.text.as_str()), ("mine too", "As I said"));
    let head = stage.head();
    change(ann, own.id, canned_draft("mine too", "As I said", None)).unwrap();
    assert_eq!(stage.head(), head, "nothing changed, nothing is told");
    stage.write(move |tx, cx| remove_canned(tx, cx, owner, own.id));
    let gone = stage.try_write(move |tx, cx| remove_canned(tx, cx, ann, own.id)).unwrap_err();
    assert_eq!(gone.kind, Kind::NotFound);
    let told: Vec<bool> = stage
        .events(0)
        .into_iter()
        .filter_map(|event| match event {
            Event::Automation(AutomationEvent::CannedMessageChanged { removed, .. }) => Some(removed),
            _ => None,
        })
        .collect();
    assert_eq!(told, [false, false, false, false, false, true]);
}

#[test]
fn searches_begin_with_two_characters() {
    let stage = stage();
    let owner = stage.owner;
    for (name, text) in [("Hello", "Good day!"), ("bye", "  hello again some day"), ("hotel", "100% booked")] {
        let draft = canned_draft(name, text, None);
        stage.write(move |tx, cx| create_canned(tx, cx, owner, &draft));
    }
    let found = |search| names(&stage, owner, Whose::Usable, search);
    assert_eq!(found(Some("hel")), ["bye", "Hello"]);
    assert_eq!(found(Some(" HO ")), ["hotel"]);
    assert_eq!(found(Some("100%")), ["hotel"]);
    assert_eq!(found(Some("%%")), [""; 0]);
    assert_eq!(found(Some("day")), [""; 0], "only beginnings");
    assert_eq!(found(Some("")).len(), 3);
    let short = stage.desk.snapshot_blocking(move |tx| canned(tx, owner, Whose::Usable, Some("h"))).unwrap_err();
    assert_eq!((short.kind, short.public.as_ref()), (Kind::Invalid, "a search begins with 2 characters"));
}

#[test]
fn what_is_refused() {
    let stage = stage();
    let owner = stage.owner;
    let long = "x".repeat(MESSAGE_TEXT_BYTES_MAX + 1);
    for (draft, kind) in [
        (CannedDraft::default(), Kind::Missing),
        (canned_draft(" ", "x", None), Kind::Missing),
        (canned_draft("x", " ", None), Kind::Missing),
        (canned_draft(&"x".repeat(101), "x", None), Kind::Invalid),
        (canned_draft("a\nb", "x", None), Kind::Invalid),
        (canned_draft("x", "a\0b", None), Kind::Invalid),
        (canned_draft("x", &long, None), Kind::TooLarge),
    ] {
        let refused = stage.try_write(move |tx, cx| create_canned(tx, cx, owner, &draft)).unwrap_err();
        assert_eq!(refused.kind, kind, "{refused}");
    }
    for (draft, kind) in [
        (AnswerDraft::default(), Kind::Missing),
        (answer_draft("x", ""), Kind::Missing),
        (AnswerDraft { format: Some(ReplyFormat::Html), ..answer_draft("x", "<script>alert(1)</script>") }, Kind::Missing),
        (answer_draft("x", &long), Kind::TooLarge),
        (AnswerDraft { format: Some(ReplyFormat::Html), ..answer_draft("x", &long) }, Kind::TooLarge),
        (AnswerDraft { subject: Some("x".repeat(256)), ..answer_draft("x", "x") }, Kind::Invalid),
        (AnswerDraft { files: Some(vec!["0".repeat(32)]), ..answer_draft("x", "x") }, Kind::NotFound),
        (AnswerDraft { files: Some(vec!["0".repeat(32); 11]), ..answer_draft("x", "x") }, Kind::TooLarge),
    ] {
        let refused = stage.try_write(move |tx, cx| create_answer(tx, cx, owner, &draft)).unwrap_err();
        assert_eq!(refused.kind, kind, "{refused}");
    }
    let ann = stage.ann;
    for place in 0..OWN_MAX {
        let draft = canned_draft(&place.to_string(), "x", None);
        stage.write(move |tx, cx| create_canned(tx, cx, ann, &draft));
    }
    let more = stage.try_write(move |tx, cx| create_canned(tx, cx, ann, &canned_draft("one more", "x", None))).unwrap_err();
    assert_eq!(more.kind, Kind::TooLarge);
}

fn upload(stage: &Stage, name: &str) -> String {
    let who = Principal::Agent { agent: stage.owner, role: Role::Owner };
    let new = NewFile { name: name.to_owned(), declared_type: "text/plain".to_owned(), bytes: Bytes::from_static(b"the form") };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(keeping::keep(&stage.desk, who, new)).unwrap().attachment.file
}

fn send(stage: &Stage, conversation: ConversationId, prepared: &Prepared) {
    let (agent, text) = (stage.ann, text_of(&prepared.answer));
    let files: Vec<String> = prepared.files.iter().map(|file| file.file.clone()).collect();
    stage.write(move |tx, cx| {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let written = Written { writing: Writing::Message, text: &text, files: &files, key: None, authority: Authority::Desk };
        conversations::write(tx, cx, Actor::Agent(agent), conversation, written)
    });
}

#[test]
fn answers_with_files_are_sent_again_and_again() {
    let stage = stage();
    let (owner, ann) = (stage.owner, stage.ann);
    let file = upload(&stage, "form.txt");
    let draft = AnswerDraft {
        subject: Some("The form".to_owned()),
        format: Some(ReplyFormat::Html),
        files: Some(vec![file.clone(), file.clone()]),
        visibility: Some(Visibility::Everybody),
        ..answer_draft("form", "<p>Fill in the <b>form</b>.</p><p onclick=\"x()\">Bye</p>")
    };
    let answer = stage.write(move |tx, cx| create_answer(tx, cx, owner, &draft));
    assert_eq!(answer.message, "<p>Fill in the <b>form</b>.</p><p>Bye</p>");
    assert_eq!(answer.files, std::slice::from_ref(&file));
    assert_eq!(text_of(&answer), "Fill in the form.\nBye");
    // It is no upload that nobody used, however old.
    stage.clock.advance_seconds(30 * 86_400);
    let (directory_kept, id) = (file.clone(), answer.id);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(keeping::clean_up(&stage.desk)).unwrap();
    assert!(stage.see(move |tx| files::find(tx, &directory_kept)).is_some());
    for text in ["one", "two"] {
        let conversation = stage.ticket(&stage.visit(), "c@x.test", text).id;
        let prepared = stage.write(move |tx, cx| prepare(tx, cx, ann, id));
        assert_eq!((prepared.files.len(), prepared.files[0].name.as_str()), (1, "form.txt"));
        assert_ne!(prepared.files[0].file, file);
        send(&stage, conversation, &prepared);
        assert!(stage.exchange(conversation).contains(&"4:F Fill in the form.\nBye".to_owned()));
        let sent = prepared.files[0].file.clone();
        assert_eq!(stage.see(move |tx| files::find(tx, &sent)).unwrap().conversation, Some(conversation));
    }
    // Changed without a word of its files it keeps them; taken away, it frees them.
    let changed = stage.write(move |tx, cx| change_answer(tx, cx, owner, id, &answer_draft("form", "Plain <b>text</b>")));
    assert_eq!((changed.files.len(), changed.format), (1, ReplyFormat::Html));
    let refused = stage.try_write(move |tx, cx| remove_answer(tx, cx, ann, id)).unwrap_err();
    assert_eq!(refused.kind, Kind::Forbidden);
    stage.write(move |tx, cx| remove_answer(tx, cx, owner, id));
    runtime.block_on(keeping::clean_up(&stage.desk)).unwrap();
    assert!(stage.see(move |tx| files::find(tx, &file)).is_none());
    let gone = stage.try_write(move |tx, cx| prepare(tx, cx, ann, id)).unwrap_err();
    assert_eq!(gone.kind, Kind::NotFound);
    stage.is_sound();
}

#[test]
fn answers_by_what_they_say() {
    let stage = stage();
    let owner = stage.owner;
    for (name, message, format) in [("refund", "<p>Your <i>money</i></p>", ReplyFormat::Html), ("other", "<p>x", ReplyFormat::Text)] {
        let draft = AnswerDraft { format: Some(format), ..answer_draft(name, message) };
        stage.write(move |tx, cx| create_answer(tx, cx, owner, &draft));
    }
    let found = |search| -> Vec<String> {
        stage.see(move |tx| answers(tx, owner, Whose::Usable, Some(search))).into_iter().map(|answer| answer.name).collect()
    };
    assert_eq!(
        (found("your m"), found("<p>"), found("ref")),
        (vec!["refund".to_owned()], vec!["other".to_owned()], vec!["refund".to_owned()])
    );
    let one = stage.see(move |tx| answers(tx, owner, Whose::Usable, None));
    assert_eq!(stage.see(move |tx| files_of(tx, &one)), []);
}
