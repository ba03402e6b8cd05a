use deskbell_domain::agent::AgentStatus;

use crate::fixture::Fixture;

const OK: &str = r#"{"response":{"status":"OK","statuscode":0}}"#;

#[tokio::test]
async fn by_an_agent_and_by_the_system() {
    let desk = Fixture::new();
    let ticket = desk.ticket("john@owner.test", "Hello").await;
    let owner = desk.owner.id;
    let path = format!("/api/conversations/{}/status", ticket.code);
    for (body, wanted) in [
        ("status=A&useridentifier=owner%40desk.test&note=by+phone", "A"),
        ("status=R", "R"),
        ("status=R&useridentifier=", "R"),
        ("status=C", "C"),
    ] {
        assert_eq!(desk.form("PUT", &path, body).await.text, OK, "{body}");
        assert_eq!(desk.get_ok(&format!("/api/conversations/{}", ticket.id)).await["status"], wanted, "{body}");
    }
    let wanted = [
        format!("Z:J {owner} Marked as answered"),
        format!("I:N {owner} by phone"),
        "R:J  Resolved".to_owned(),
        "Z:J  Marked as open".to_owned(),
    ];
    assert_eq!(desk.exchange(ticket.id).await[1..], wanted);
    let xml = desk.form("PUT", &format!("/api/conversations/{}/status.xml", ticket.public_code), "status=R").await;
    assert_eq!(xml.text, "<?xml version='1.0' encoding='utf-8'?><response><status>OK</status><statuscode>0</statuscode></response>");
    let yaml = desk.form("PUT", &format!("/api/conversations/{}/status.yaml?status=A", ticket.id), "").await;
    assert_eq!(yaml.text, "response:\n  status: OK\n  statuscode: 0\n");
}

#[tokio::test]
async fn resolving_ends_a_live_chat() {
    let desk = Fixture::new();
    desk.status(desk.owner.id, AgentStatus::ONLINE).await;
    let done = desk.chat("question").await;
    let conversation = done.conversation.expect("a conversation");
    desk.accept(desk.owner.id, done.chat.expect("a chat")).await;
    let path = format!("/api/conversations/{conversation}/status");
    for status in ["A", "C"] {
        let refused = desk.form("PUT", &path, &format!("status={status}")).await;
        let sentence = "the conversation is in a live chat: end the chat first";
        assert_eq!((refused.status, refused.errormessage().as_str()), (500, sentence), "{status}");
    }
    assert_eq!(desk.form("PUT", &path, "status=R&note=solved").await.text, OK);
    desk.settle().await;
    assert_eq!(desk.get_ok(&format!("/api/conversations/{conversation}")).await["status"], "R");
    assert_eq!(desk.get_ok("/api/chats/overview").await["chatsOverview"][0]["chats"], 0);
}

#[tokio::test]
async fn refusals() {
    let desk = Fixture::new();
    let ticket = desk.ticket("john@owner.test", "Hello").await;
    let path = format!("/api/conversations/{}/status", ticket.id);
    for (body, status, wanted) in [
        ("", 500, "parameter status is missing"),
        ("status=", 500, "parameter status is missing"),
        ("status=N", 500, "parameter status must be one of A, R, C"),
        ("status=X", 500, "parameter status must be one of A, R, C"),
        ("status=T", 500, "parameter status must be one of A, R, C"),
        ("status=%00", 500, "parameter status must be one of A, R, C"),
        ("status=A&useridentifier=nobody", 404, "agent not found"),
        ("status=A&note=a%00b", 500, "a message must not contain a NUL character"),
    ] {
        let reply = desk.form("PUT", &path, body).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (status, wanted), "{body}");
    }
    desk.form("DELETE", &format!("/api/conversations/{}", ticket.id), "").await;
    let deleted = desk.form("PUT", &path, "status=C").await;
    assert_eq!((deleted.status, deleted.errormessage().as_str()), (500, "the status of the conversation does not allow this"));
    let unknown = desk.form("PUT", "/api/conversations/zzzzzzzz/status", "status=A").await;
    assert_eq!((unknown.status, unknown.errormessage().as_str()), (500, "unable to load conversation"));
}
