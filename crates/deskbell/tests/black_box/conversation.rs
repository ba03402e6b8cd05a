//! A whole conversation through the live protocol, with every surface checked at every step: the same figure cannot mean two things.

use crate::{binary, server};
use deskbell_testkit::postgres::Database;
use deskbell_testkit::{Agent, Bearer, Options, Server, V1, Visitor, eventually};
use reqwest::Method;
use serde_json::{Value, json};

/// What every surface must say about the chats now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Figures {
    queued: i64,
    offered: i64,
    served: i64,
    missed: i64,
    agents_online: i64,
    agents_available: i64,
}

/// The three surfaces of a desk.
struct Surfaces {
    v1: V1,
    bearer: Bearer,
    owner_cookie: String,
    base: String,
}

impl Surfaces {
    fn of(server: &Server, owner: &Agent) -> Surfaces {
        Surfaces { v1: server.v1(), bearer: server.bearer(), owner_cookie: owner.cookie.clone(), base: server.base() }
    }

    /// LiveAgent's overview; none while its formats do not say the same, since something changed in between.
    async fn liveagent(&self) -> Option<(i64, i64, i64, i64)> {
        let json = self.v1.response("chats/overview").await;
        let row = &json["chatsOverview"][0];
        let number = |key: &str| row[key].as_i64().unwrap_or_else(|| panic!("{key} is a number: {json}"));
        let xml = self.v1.get("chats/overview.xml").await;
        let yaml = self.v1.get("chats/overview.yaml").await;
        assert!(xml.content_type.contains("xml") && yaml.content_type.contains("yaml"), "{xml:?} {yaml:?}");
        let agrees = |key: &str| {
            let value = number(key);
            xml.text.contains(&format!("<{key}>{value}</{key}>")) && yaml.text.contains(&format!("{key}: {value}"))
        };
        let figures = (number("queue"), number("ringing"), number("chats"), number("agents"));
        ["queue", "ringing", "chats", "agents"].into_iter().all(agrees).then_some(figures)
    }

    async fn native(&self) -> Value {
        let request = self.v1.http.get(format!("{}/api/native/v1/overview", self.base)).header("cookie", &self.owner_cookie);
        deskbell_testkit::Answer::of(request).await.good()
    }

    /// Waits until all three say the same, and what is wanted.
    async fn say(&self, step: &str, wanted: Figures) {
        eventually(&format!("{step}: {wanted:?}"), async || {
            let (queue, ringing, chats, agents) = self.liveagent().await?;
            let zendesk = self.bearer.figures("chats").await;
            let online = self.bearer.figures("agents").await["agents_online"].as_i64();
            let native = self.native().await;
            let count = |value: &Value, key: &str| value[key].as_i64();
            let found = [
                (Some(queue), count(&zendesk, "incoming_chats"), count(&native, "incoming_chats"), wanted.queued),
                (Some(ringing), count(&zendesk, "assigned_chats"), count(&native, "assigned_chats"), wanted.offered),
                (Some(chats), count(&zendesk, "active_chats"), count(&native, "active_chats"), wanted.served),
                (Some(agents), Some(agents), count(&native, "agents_available"), wanted.agents_available),
                (online, online, count(&native, "agents_online"), wanted.agents_online),
                (
                    zendesk["missed_chats"]["30"].as_i64(),
                    zendesk["missed_chats"]["60"].as_i64(),
                    native["missed_chats"]["60"].as_i64(),
                    wanted.missed,
                ),
            ];
            found.iter().all(|(one, two, three, wanted)| [one, two, three].iter().all(|count| **count == Some(*wanted))).then_some(())
        })
        .await;
    }

    /// The conversation as LiveAgent shows it.
    async fn conversation(&self, id: &str) -> Value {
        self.v1.response(&format!("conversations/{id}")).await
    }
}

#[tokio::test]
async fn on_sqlite() {
    whole_conversation(server().await).await;
}

#[tokio::test]
async fn on_postgres() {
    let database = Database::create();
    let options = Options { database_url: Some(database.url.clone()), ..Options::default() };
    whole_conversation(Server::start(binary(), options).await).await;
}

async fn whole_conversation(mut server: Server) {
    let mut owner = Agent::owner(&server).await;
    owner.be("online").await;
    let surfaces = Surfaces::of(&server, &owner);
    let idle = Figures { agents_online: 1, agents_available: 1, ..Figures::default() };
    surfaces.say("an agent is there", idle).await;
    let online = surfaces.v1.response("onlinestatus/agents").await;
    assert_eq!(online["agentsOnlineStates"].as_array().map(Vec::len), Some(1), "{online}");

    let mut visitor = Visitor::arrive(&server).await;
    assert_eq!(visitor.visit["online"], true, "{}", visitor.visit);
    let asked = visitor.ask("Where is my parcel?").await;
    let conversation = asked["conversation"].as_str().expect("a chat has a conversation").to_owned();
    surfaces.say("it rings", Figures { offered: 1, ..idle }).await;
    assert_eq!(surfaces.conversation(&conversation).await["status"], "T");
    let waiting = surfaces.bearer.figures("chats").await;
    assert!(waiting["waiting_time_avg"].is_i64() && waiting["chat_duration_avg"].is_null(), "{waiting}");

    let chat = owner.take_offer().await;
    visitor.live.event("chat.joined").await;
    surfaces.say("it is served", Figures { served: 1, ..idle }).await;
    let serving = surfaces.bearer.figures("chats").await;
    assert!(serving["waiting_time_avg"].is_null() && serving["chat_duration_avg"].is_i64(), "{serving}");
    assert!(serving["response_time_max"].is_i64(), "the first question waits for an answer: {serving}");

    owner.live.watch(&conversation).await;
    owner
        .live
        .ok(json!({"t": "send", "conversation": conversation, "text": "Let me see <at once> & \"quickly\"", "kind": "message"}))
        .await;
    let heard = visitor.live.wait_for("the answer", |frame| frame["e"] == "message.added" && frame["by"] == "agent").await;
    assert_eq!(heard["text"], "Let me see <at once> & \"quickly\"");
    assert_eq!(heard["name"], owner.name);
    let answered = surfaces.bearer.figures("chats").await;
    assert!(answered["response_time_avg"].is_null(), "{answered}");
    visitor.say("Thank you: très bien 👍").await;
    owner.live.wait_for("the thanks", |frame| frame["e"] == "message.added" && frame["text"] == "Thank you: très bien 👍").await;
    owner.live.ok(json!({"t": "send", "conversation": conversation, "text": "a word among us", "kind": "note"})).await;
    owner.live.ok(json!({"t": "tags", "conversation": conversation, "tags": ["parcel", "late"]})).await;
    check_messages(&surfaces.v1, &conversation).await;
    let tagged = owner.get(&format!("conversations/{conversation}")).await.good();
    assert_eq!(tagged["tags"], json!(["parcel", "late"]), "{tagged}");

    visitor.live.ok(json!({"t": "rate", "rating": "good", "comment": "quick"})).await;
    owner.live.event("chat.rated").await;
    owner.live.ok(json!({"t": "end", "chat": chat})).await;
    assert_eq!(visitor.live.event("chat.ended").await["reason"], "agent");
    surfaces.say("it has ended", idle).await;
    let figures = surfaces.bearer.figures("chats").await;
    assert_eq!((&figures["satisfaction_good"]["30"], &figures["satisfaction_bad"]["60"]), (&json!(1), &json!(0)), "{figures}");
    assert_eq!(surfaces.conversation(&conversation).await["status"], "A");
    let native = owner.get(&format!("conversations/{conversation}")).await.good();
    assert_eq!((&native["status"], &native["chats"][0]["rating"]), (&json!("A"), &json!("good")), "{native}");

    // Nothing of the note or the tags reached the visitor.
    let fresh = visitor.fresh_look().await;
    assert!(!fresh.view.to_string().contains("among us") && !fresh.view.to_string().contains("parcel,"), "{}", fresh.view);
    queue_and_missed(&mut server, &mut owner, &surfaces, idle).await;
}

/// Messages in all formats; `<`, `&` and quotes survive each.
async fn check_messages(v1: &V1, conversation: &str) {
    let json = v1.get(&format!("conversations/{conversation}/messages")).await;
    json.good();
    let xml = v1.get(&format!("conversations/{conversation}/messages.xml")).await;
    let yaml = v1.get(&format!("conversations/{conversation}/messages.yaml")).await;
    for (answer, escaped) in [(&json, "<at once>"), (&xml, "&lt;at once&gt;"), (&yaml, "<at once>")] {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.text.contains(escaped), "{escaped}: {}", answer.text);
        assert!(answer.text.contains("Where is my parcel?"), "{}", answer.text);
    }
}

/// One slot: the second visitor waits in the queue, and leaves unserved.
async fn queue_and_missed(server: &mut Server, owner: &mut Agent, surfaces: &Surfaces, idle: Figures) {
    let mut me = owner.get("agents").await.good()["items"][0].take();
    me["slots"] = json!(1);
    owner.call(Method::PUT, &format!("agents/{}", owner.id), Some(me)).await.good();
    let mut first = Visitor::arrive(server).await;
    first.ask("first").await;
    let chat = owner.take_offer().await;
    let mut second = Visitor::arrive(server).await;
    assert_eq!(second.ask("second").await["state"], "queued");
    second.live.wait_for("the place in the queue", |frame| frame["t"] == "queue" && frame["position"] == 1).await;
    let busy = Figures { served: 1, queued: 1, agents_available: 0, ..idle };
    surfaces.say("one is served, one waits", busy).await;
    // The figures are right in the first answer after a restart.
    server.restart().await;
    let after = surfaces.bearer.figures("chats").await;
    assert_eq!((&after["active_chats"], &after["incoming_chats"]), (&json!(1), &json!(1)), "{after}");
    owner.live.reconnect().await;
    second.live.reconnect().await;
    second.live.ok(json!({"t": "end"})).await;
    surfaces.say("one has left unserved", Figures { served: 1, missed: 1, agents_available: 0, ..idle }).await;
    owner.live.ok(json!({"t": "end", "chat": chat})).await;
    surfaces.say("all is quiet", Figures { missed: 1, ..idle }).await;

    owner.be("away").await;
    surfaces.say("nobody is there", Figures { missed: 1, ..Figures::default() }).await;
    assert_eq!(second.live.refused(json!({"t": "chat", "text": "again"})).await, "offline");
    let left = second.live.ok(json!({"t": "offline", "email": "vera@example.org", "text": "Please call me"})).await;
    let conversation = left["conversation"].as_str().expect("a message left starts a conversation");
    assert_eq!(surfaces.conversation(conversation).await["status"], "N");
}
