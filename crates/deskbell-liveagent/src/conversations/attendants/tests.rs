use deskbell_domain::agent::AgentStatus;

use crate::fixture::Fixture;

const OK: &str = r#"{"response":{"status":"OK","statuscode":0}}"#;

#[tokio::test]
async fn a_ticket_is_transferred_by_every_spelling() {
    let desk = Fixture::new();
    let sales = desk.department("Sales").await;
    let ann = desk.agent("ann@agent.test", "Ann", "").await;
    let ticket = desk.ticket("john@owner.test", "Hello").await;
    let path = |spelling: &dyn std::fmt::Display, suffix: &str| format!("/api/conversations/{spelling}/attendants{suffix}");
    let xml = desk.form("PUT", &path(&ticket.code, ".xml"), "agentidentifier=ann%40agent.test").await;
    assert_eq!(xml.text, "<?xml version='1.0' encoding='utf-8'?><response><status>OK</status><statuscode>0</statuscode></response>");
    let place = async || {
        let info = desk.get_ok(&format!("/api/conversations/{}", ticket.id)).await;
        (info["departmentname"].as_str().unwrap_or_default().to_owned(), info["assignedto"].clone())
    };
    assert_eq!(place().await, ("Support".to_owned(), ann.id.to_string().into()));
    let body = format!("department={sales}&useridentifier=owner%40desk.test&note=please+look");
    let yaml = desk.form("PUT", &path(&ticket.public_code, ".yaml"), &body).await;
    assert_eq!(yaml.text, "response:\n  status: OK\n  statuscode: 0\n");
    assert_eq!(place().await, ("Sales".to_owned(), serde_json::Value::Null));
    let both = format!("{}?department=default&agentidentifier={}", path(&ticket.id, ""), desk.owner.id);
    assert_eq!(desk.form("PUT", &both, "").await.text, OK);
    assert_eq!(place().await, ("Support".to_owned(), desk.owner.id.to_string().into()));
    let owner = desk.owner.id;
    assert_eq!(
        desk.exchange(ticket.id).await[1..],
        [
            "T:R  Transferred to Ann (Support)".to_owned(),
            format!("T:R {owner} Transferred to Sales"),
            format!("I:N {owner} please look"),
            "T:R  Transferred to Desk Owner (Support)".to_owned(),
        ]
    );
}

#[tokio::test]
async fn a_chat_rings_where_it_is_transferred_to() {
    let desk = Fixture::new();
    let ann = desk.agent("ann@agent.test", "Ann", "").await;
    desk.status(desk.owner.id, AgentStatus::ONLINE).await;
    let done = desk.chat("question").await;
    let (chat, conversation) = (done.chat.expect("a chat"), done.conversation.expect("a conversation"));
    desk.accept(desk.owner.id, chat).await;
    let path = format!("/api/conversations/{conversation}/attendants");
    let refused = desk.form("PUT", &path, "agentidentifier=ann%40agent.test").await;
    assert_eq!((refused.status, refused.errormessage().as_str()), (500, "that agent takes no chats now"));
    desk.status(ann.id, AgentStatus::ONLINE).await;
    assert_eq!(desk.form("PUT", &path, "agentidentifier=ann%40agent.test&note=yours").await.text, OK);
    desk.settle().await;
    let overview = desk.get_ok("/api/chats/overview").await["chatsOverview"][0].clone();
    assert_eq!((&overview["chats"], &overview["ringing"]), (&0.into(), &1.into()));
    desk.accept(ann.id, chat).await;
    let info = desk.get_ok(&format!("/api/conversations/{conversation}")).await;
    assert_eq!((&info["assignedto"], &info["status"]), (&ann.id.to_string().into(), &"T".into()));
    let lines = desk.exchange(conversation).await;
    assert!(lines.contains(&"T:R  Transferred to Ann".to_owned()) && lines.contains(&"I:N  yours".to_owned()), "{lines:?}");
}

#[tokio::test]
async fn refusals() {
    let desk = Fixture::new();
    let ticket = desk.ticket("john@owner.test", "Hello").await;
    let gone = desk.agent("gone@agent.test", "Gone", "").await;
    desk.switch_off(&gone).await;
    let path = format!("/api/conversations/{}/attendants", ticket.id);
    for (body, status, wanted) in [
        ("", 500, "parameter agentidentifier is missing"),
        ("agentidentifier=&department=+", 500, "parameter agentidentifier is missing"),
        ("agentidentifier=nobody%40desk.test", 404, "agent not found"),
        ("agentidentifier=gone%40agent.test", 404, "no such agent"),
        ("department=zzzzzzzz", 404, "department with this id not found"),
        ("department=%00", 404, "department with this id not found"),
        ("department=default&useridentifier=nobody", 404, "agent not found"),
        ("department=default&agentidentifier=owner%40desk.test&note=a%00b", 500, "a message must not contain a NUL character"),
    ] {
        let reply = desk.form("PUT", &path, body).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (status, wanted), "{body}");
    }
    assert_eq!(desk.exchange(ticket.id).await.len(), 1, "a refused transfer leaves nothing behind");
    let unknown = desk.form("PUT", "/api/conversations/zzzzzzzz/attendants", "department=default").await;
    assert_eq!((unknown.status, unknown.errormessage().as_str()), (500, "unable to load conversation"));
}
