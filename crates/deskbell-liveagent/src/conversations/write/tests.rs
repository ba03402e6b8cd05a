//! Writing into conversations, through the door.

use deskbell_domain::agent::AgentStatus;
use serde_json::Value;

use crate::fixture::Fixture;

type Headers<'a> = &'a [(&'a str, &'a str)];

const OK: &str = r#"{"response":{"status":"OK","statuscode":0}}"#;

/// Group type, author, message type and text of everything written after the visitor's own first message.
async fn written(desk: &Fixture, conversation: impl std::fmt::Display) -> Vec<[String; 4]> {
    let response = desk.get_ok(&format!("/api/conversations/{conversation}/messages")).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let groups = response["groups"].as_array().expect("groups").clone();
    let messages =
        groups.iter().flat_map(|group| group["messages"].as_array().expect("messages").iter().map(move |message| (group, message)));
    messages
        .map(|(group, message)| [text(&group["rtype"]), text(&message["userid"]), text(&message["rtype"]), text(&message["message"])])
        .filter(|[group, _, _, message]| group != "S" && group != "5" && message != "question")
        .collect()
}

#[tokio::test]
async fn messages_and_notes() {
    let desk = Fixture::new();
    let ticket = desk.ticket("john@owner.test", "Hello").await;
    let owner = desk.owner.id.to_string();
    let path = format!("/api/conversations/{}/messages", ticket.id);
    let anyone = |body: &str| format!("{body}&useridentifier=owner%40desk.test");
    for body in [
        anyone("message=one&type=M"),
        anyone("message=two"),
        anyone("message=three&type=N"),
        "message=four".to_owned(),
        "message=five&type=M".to_owned(),
        "message=six&useridentifier=&type=".to_owned(),
        anyone("message=seven&is_html_message=N&use_template=N&do_not_send_mail=Y&mail_messsage_id=%3Cabc%40x%3E&attachments="),
        anyone("message=%3Cp%3Eeig%3Cb%3Eht%3C%2Fb%3E%3C%2Fp%3E%3Cp%3E%26lt%3B9%3C%2Fp%3E&is_html_message=Y"),
    ] {
        let reply = desk.post(&path, &body).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, OK), "{body}");
    }
    let wanted = [
        ["4", &owner, "M", "one"],
        ["4", &owner, "M", "two"],
        ["I", &owner, "N", "three"],
        ["I", "", "N", "four"],
        ["I", "", "N", "five"],
        ["I", "", "N", "six"],
        ["4", &owner, "M", "seven"],
        ["4", &owner, "M", "eight\n<9"],
    ];
    assert_eq!(written(&desk, ticket.id).await, wanted);
    let info = desk.get_ok(&format!("/api/conversations/{}", ticket.id)).await;
    assert_eq!((&info["status"], &info["assignedto"], &info["messagegroupsout"]), (&"A".into(), &owner.into(), &"4".into()));
}

#[tokio::test]
async fn every_spelling_and_every_place_of_parameters() {
    let desk = Fixture::new();
    let ticket = desk.ticket("john@owner.test", "Hello").await;
    let key = &desk.key;
    let form = ("content-type", "application/x-www-form-urlencoded");
    let json = ("content-type", "application/json; charset=utf-8");
    let calls: [(String, Headers<'_>, String); 6] = [
        (format!("/api/conversations/{}/messages", ticket.id), &[form], format!("message=1+%C3%BC&apikey={key}")),
        (format!("/api/conversations/{}/messages/?apikey={key}", ticket.code), &[form], "message=2".to_owned()),
        (format!("/api/conversations/{}/messages?message=3&apikey={key}", ticket.public_code), &[json], String::new()),
        (format!("/api/conversations/{}/messages", ticket.id), &[json], format!(r#"{{"message":"4","apiKey":"{key}"}}"#)),
        (format!("/api/index.php?handler=conversations%2F{}%2Fmessages&apikey={key}", ticket.code), &[form], "message=5".to_owned()),
        (format!("/api/conversations/{}/messages.xml?apikey={key}", ticket.code), &[], "message=6".to_owned()),
    ];
    for (uri, headers, body) in calls {
        let reply = desk.call("POST", &uri, headers, body).await;
        assert_eq!(reply.status, 200, "{uri}: {}", reply.text);
        if uri.contains(".xml") {
            let wanted = "<?xml version='1.0' encoding='utf-8'?><response><status>OK</status><statuscode>0</statuscode></response>";
            assert_eq!(reply.text, wanted);
        }
    }
    let texts: Vec<String> = written(&desk, ticket.id).await.into_iter().map(|[_, _, _, text]| text).collect();
    assert_eq!(texts, ["1 ü", "2", "3", "4", "5", "6"]);
}

#[tokio::test]
async fn into_a_chat_that_others_serve() {
    let desk = Fixture::new();
    let (owner, other) = (desk.owner.id, desk.agent("ann@agent.test", "Ann", "").await.id);
    desk.status(owner, AgentStatus::ONLINE).await;
    let done = desk.chat("question").await;
    let (chat, conversation) = (done.chat.expect("a chat"), done.conversation.expect("a conversation"));
    desk.accept(owner, chat).await;
    let path = format!("/api/conversations/{conversation}/messages");
    for body in [format!("message=in&useridentifier={owner}"), format!("message=outside&useridentifier={other}"), "message=note".to_owned()]
    {
        assert_eq!(desk.post(&path, &body).await.text, OK, "{body}");
    }
    let (owner, other) = (owner.to_string(), other.to_string());
    let wanted = [["C", &owner, "M", "in"], ["C", &other, "M", "outside"], ["I", "", "N", "note"]];
    assert_eq!(written(&desk, conversation).await, wanted);
    let info = desk.get_ok(&format!("/api/conversations/{conversation}")).await;
    assert_eq!((&info["status"], &info["assignedto"]), (&"T".into(), &owner.into()), "the chat goes on as it was");
}

#[tokio::test]
async fn once_for_each_idempotency_key() {
    let desk = Fixture::new();
    let (one, other) = (desk.ticket("a@owner.test", "Hello").await, desk.ticket("b@owner.test", "Hello").await);
    for (ticket, key) in [(&one, "k1"), (&one, "k1"), (&one, "k2"), (&other, "k1")] {
        let uri = desk.keyed(&format!("/api/conversations/{}/messages", ticket.id));
        assert_eq!(desk.call("POST", &uri, &[("idempotency-key", key)], "message=x").await.text, OK);
    }
    assert_eq!((written(&desk, one.id).await.len(), written(&desk, other.id).await.len()), (2, 1));
}

#[tokio::test]
async fn files() {
    let desk = Fixture::new();
    let ticket = desk.ticket("john@owner.test", "Hello").await;
    let path = format!("/api/conversations/{}/messages", ticket.id);
    let both = format!("attachments={},%20{}", desk.file("a.txt").await, desk.file("b.txt").await);
    let body = format!("message=see&{both}&useridentifier={}", desk.owner.id);
    assert_eq!(desk.post(&path, &body).await.text, OK);
    assert_eq!(desk.post(&path, &body).await.status, 500, "sent already");
    let body = format!("message=see&attachments=00000000000000000000000000000000&useridentifier={}", desk.owner.id);
    assert_eq!(desk.post(&path, &body).await.status, 404);
    let note = format!("message=internal&type=M&attachments={}", desk.file("c.txt").await);
    assert_eq!(desk.post(&path, &note).await.text, OK, "a note of the system takes files, too");
    let owner = desk.owner.id.to_string();
    let wanted = [["4", &owner, "F", "see"], ["4", &owner, "F", "b.txt"], ["I", "", "L", "internal"]];
    let mut shown = written(&desk, ticket.id).await;
    for row in &mut shown {
        let (words, link) = row[3].split_once('\n').map(|(words, link)| (words.to_owned(), link.to_owned())).expect("a line for the file");
        assert!(link.starts_with("//") && link.contains("/scripts/file.php?view=Y&file="), "{link}");
        row[3] = words;
    }
    assert_eq!(shown, wanted);
    let info = desk.get_ok(&format!("/api/conversations/{}", ticket.id)).await;
    assert_eq!(info["messagegroupsout"], "1", "both files are one answer");
}

#[tokio::test]
async fn refusals() {
    let desk = Fixture::new();
    let ticket = desk.ticket("john@owner.test", "Hello").await;
    let gone = desk.agent("gone@agent.test", "Gone", "").await;
    desk.switch_off(&gone).await;
    let path = format!("/api/conversations/{}/messages", ticket.id);
    let large = format!("message={}", "a".repeat(32 * 1024 + 1));
    for (body, status, wanted) in [
        ("", 500, "parameter message is missing"),
        ("type=M&useridentifier=owner%40desk.test", 500, "parameter message is missing"),
        ("message=", 500, "parameter message is missing"),
        ("message=+%0A", 500, "parameter message is missing"),
        ("message=%3Cbr%3E&is_html_message=Y", 500, "text or file is missing"),
        ("message=x&useridentifier=nobody%40desk.test", 404, "agent not found"),
        ("message=x&useridentifier=john%40owner.test", 404, "agent not found"),
        ("message=x&useridentifier=gone%40agent.test", 404, "no such agent"),
        ("message=x&useridentifier=%00%40desk.test", 404, "agent not found"),
        ("message=x&useridentifier=owner%40desk.test&attachments=%00", 404, "no such file"),
        ("message=x&type=Q", 500, "parameter type must be one of M, N"),
        ("message=x&is_html_message=maybe", 500, "parameter is_html_message must be Y or N"),
        ("message=x&do_not_send_mail=1", 500, "parameter do_not_send_mail must be Y or N"),
        ("message=x&use_template=1", 500, "parameter use_template must be Y or N"),
        ("message=%FF", 500, "a parameter is not valid UTF-8"),
        ("message=a%00b", 500, "a message must not contain a NUL character"),
        (&large, 413, "a message has at most 32 KiB"),
    ] {
        let reply = desk.post(&path, body).await;
        let shown = body.get(..60).unwrap_or(body);
        assert_eq!((reply.status, reply.errormessage().as_str()), (status, wanted), "{shown}");
    }
    assert_eq!(written(&desk, ticket.id).await.len(), 0);
    let unknown = desk.post("/api/conversations/zzzzzzzz/messages", "message=x").await;
    assert_eq!((unknown.status, unknown.errormessage().as_str()), (500, "unable to load conversation"));
}
