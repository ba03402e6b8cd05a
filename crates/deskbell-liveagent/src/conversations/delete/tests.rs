use deskbell_domain::agent::AgentStatus;

use crate::fixture::Fixture;

const OK: &str = r#"{"response":{"status":"OK","statuscode":0}}"#;

#[tokio::test]
async fn deleted_with_a_note_and_still_shown() {
    let desk = Fixture::new();
    let ticket = desk.ticket("john@owner.test", "Hello").await;
    let owner = desk.owner.id;
    let body = "note=not+ours&useridentifier=owner%40desk.test";
    assert_eq!(desk.form("DELETE", &format!("/api/conversations/{}", ticket.code), body).await.text, OK);
    assert_eq!(desk.exchange(ticket.id).await[1..], [format!("X:J {owner} Deleted"), format!("I:N {owner} not ours")]);
    assert_eq!(desk.get_ok(&format!("/api/conversations/{}", ticket.id)).await["status"], "X");
    let again = desk.form("DELETE", &format!("/api/conversations/{}.xml", ticket.public_code), "").await;
    assert_eq!(again.text, "<?xml version='1.0' encoding='utf-8'?><response><status>OK</status><statuscode>0</statuscode></response>");
    let yaml = desk.form("DELETE", &format!("/api/conversations/{}.yaml", ticket.id), "").await;
    assert_eq!(yaml.text, "response:\n  status: OK\n  statuscode: 0\n");
    assert_eq!(desk.exchange(ticket.id).await.len(), 3, "one that is deleted stays as it is");
}

#[tokio::test]
async fn a_live_chat_is_ended_first() {
    let desk = Fixture::new();
    desk.status(desk.owner.id, AgentStatus::ONLINE).await;
    let done = desk.chat("question").await;
    let conversation = done.conversation.expect("a conversation");
    desk.accept(desk.owner.id, done.chat.expect("a chat")).await;
    assert_eq!(desk.form("DELETE", &format!("/api/conversations/{conversation}"), "").await.text, OK);
    desk.settle().await;
    assert_eq!(desk.get_ok(&format!("/api/conversations/{conversation}")).await["status"], "X");
    assert_eq!(desk.get_ok("/api/chats/overview").await["chatsOverview"][0]["chats"], 0);
}

#[tokio::test]
async fn refusals() {
    let desk = Fixture::new();
    let ticket = desk.ticket("john@owner.test", "Hello").await;
    let path = format!("/api/conversations/{}", ticket.id);
    for (path, body, status, wanted) in [
        (path.as_str(), "useridentifier=nobody%40desk.test", 404, "agent not found"),
        (path.as_str(), "note=a%00b", 500, "a message must not contain a NUL character"),
        ("/api/conversations/zzzzzzzz", "", 500, "unable to load conversation"),
        ("/api/conversations/%00", "", 500, "unable to load conversation"),
    ] {
        let reply = desk.form("DELETE", path, body).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (status, wanted), "{path} {body}");
    }
    assert_eq!(desk.get_ok(&path).await["status"], "N");
    desk.form("PUT", &format!("{path}/status"), "status=R").await;
}
