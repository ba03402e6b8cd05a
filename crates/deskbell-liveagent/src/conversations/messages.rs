//! `GET conversations/[conversationid]/messages`.

use deskbell_app::rights::Right;
use deskbell_app::views::listing::{self, Turn};
use deskbell_app::{AppError, Desk};
use deskbell_domain::message;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

use super::{CONVERSATION, unknown, user_id};
use crate::link;
use crate::moment::Zone;

pub(crate) struct ListMessages;

impl Endpoint<Desk> for ListMessages {
    const META: Meta = Meta::get("conversations/{conversationid}/messages", Right::ApiKey)
        .summary("What was written in a conversation, in groups: each a turn of one author, a chat or a call")
        .params(&[
            CONVERSATION,
            Param::datetime("datefrom").about("messages written then or later"),
            Param::datetime("dateto").about("messages written then or earlier; a date alone means its end"),
        ])
        .source("reference, Conversations: Retrieves all conversation messages")
        .quirks(&[
            "500 `unable to load conversation` if there is no such conversation",
            "not in pages; more than 20000 messages at once are refused: ask for a shorter time",
            "with `datefrom` or `dateto` only groups that have a message left; the wrong way round they are swapped",
            "`userid` is an agent's userid, a customer's contactid, or empty for the system",
            "notes and other messages that customers do not see are there, too",
            "a file shows its text, or its name, and in a line below where it can be fetched with a key: as `downloadUrl` of `GET files/{fileid}`",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let spelling = input.path("conversationid")?.to_owned();
        let (zone, base) = (Zone::of(&cx.state), link::base(&cx.origin()));
        let (from, to) = zone.between(&input, "datefrom", "dateto")?;
        let turns = cx.state.snapshot(move |tx| listing::exchange(tx, &spelling, from, to)).await?.ok_or_else(unknown)?;
        Ok(Answer::tree(Groups { groups: turns.into_iter().map(|turn| Group::new(turn, &zone, &base)).collect() }))
    }
}

#[derive(Serialize)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Serialize)]
struct Group {
    messagegroupid: String,
    userid: String,
    rtype: &'static str,
    rstatus: &'static str,
    datecreated: String,
    datefinished: String,
    messages: Vec<Message>,
}

#[derive(Serialize)]
struct Message {
    messageid: String,
    userid: String,
    rtype: &'static str,
    datecreated: String,
    message: String,
}

impl Group {
    fn new(turn: Turn, zone: &Zone, base: &str) -> Group {
        Group {
            messagegroupid: turn.group.id.to_string(),
            userid: user_id(turn.group.author),
            rtype: turn.group.kind.text(),
            rstatus: turn.group.status.text(),
            datecreated: zone.text(turn.group.created),
            datefinished: zone.text(turn.group.finished),
            messages: turn.messages.into_iter().map(|message| Message::new(message, zone, base)).collect(),
        }
    }
}

impl Message {
    fn new(message: message::Message, zone: &Zone, base: &str) -> Message {
        let text = match message.attachment {
            Some(attachment) => {
                let words = if message.text.is_empty() { attachment.name } else { message.text };
                format!("{words}\n{}", link::file(base, &attachment.file))
            }
            None => message.text,
        };
        Message {
            messageid: message.id.to_string(),
            userid: user_id(message.author),
            rtype: message.kind.text(),
            datecreated: zone.text(message.at),
            message: text,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::Fixture;

    #[tokio::test]
    async fn groups_with_their_messages() {
        let desk = Fixture::new();
        let ticket = desk.ticket("john@owner.test", "Wie geht's? / ü").await;
        desk.advance(600);
        let path = format!("/api/conversations/{}/messages", ticket.id);
        desk.post(&path, &format!("message=Fine&useridentifier={}", desk.owner.id)).await;
        let json = desk.get(&path).await;
        let value = json.value();
        let groups = value["response"]["groups"].as_array().expect("groups");
        let shape = |index: usize| {
            let group = &groups[index];
            let message = &group["messages"][0];
            (
                group["rtype"].as_str().expect("a text"),
                message["rtype"].as_str().expect("a text"),
                message["message"].as_str().expect("a text"),
            )
        };
        assert_eq!(groups.len(), 3);
        assert_eq!(shape(0).0, "S", "where it came from");
        assert_eq!((shape(1), shape(2)), (("5", "M", "Wie geht's? / ü"), ("4", "M", "Fine")));
        let (group, message) = (&groups[2], &groups[2]["messages"][0]);
        let owner = desk.owner.id;
        assert!(json.text.ends_with(&format!(
            r#"{{"messagegroupid":{},"userid":"{owner}","rtype":"4","rstatus":"V","datecreated":"2012-04-03 12:31:21","datefinished":"2012-04-03 12:31:21","messages":[{{"messageid":{},"userid":"{owner}","rtype":"M","datecreated":"2012-04-03 12:31:21","message":"Fine"}}]}}]}}}}"#,
            group["messagegroupid"], message["messageid"]
        )));
        assert!(json.text.contains(r#""message":"Wie geht's? \/ \u00fc""#));
        assert_eq!(groups[1]["userid"], ticket.customer.to_string());
        assert_eq!(groups[0]["userid"], "");
        let xml = desk.get(&format!("/api/conversations/{}/messages.xml", ticket.code)).await.text;
        assert!(xml.starts_with("<?xml version='1.0' encoding='utf-8'?><response><groups><group><messagegroupid>"), "{xml}");
        assert!(
            xml.contains("<messages><message><messageid>")
                && xml.contains("<message>Wie geht's? / ü</message></message></messages></group>"),
            "{xml}"
        );
    }

    #[tokio::test]
    async fn from_and_to() {
        let desk = Fixture::new();
        let ticket = desk.ticket("john@owner.test", "first").await;
        let path = format!("/api/conversations/{}/messages", ticket.public_code);
        for text in ["second", "third"] {
            desk.advance(86_400);
            desk.post(&path, &format!("message={text}")).await;
        }
        let texts = async |query: &str| {
            let value = desk.get(&format!("{path}?{query}")).await.value();
            let groups = value["response"]["groups"].as_array().expect("groups").clone();
            groups
                .iter()
                .map(|group| group["messages"][0]["message"].as_str().unwrap_or_default().to_owned())
                .skip_while(|text| text.starts_with("Page"))
                .collect::<Vec<_>>()
        };
        for (query, wanted) in [
            ("", &["first", "second", "third"][..]),
            ("datefrom=2012-04-04", &["second", "third"]),
            ("datefrom=2012-04-04%2012:21:21", &["second", "third"]),
            ("datefrom=2012-04-04%2012:21:22", &["third"]),
            ("dateto=2012-04-04", &["first", "second"]),
            ("dateto=2012-04-04%2012:21:20", &["first"]),
            ("datefrom=2012-04-04&dateto=2012-04-04", &["second"]),
            ("datefrom=2012-04-05&dateto=2012-04-04", &["second", "third"]),
            ("datefrom=2013-01-01", &[]),
            ("datefrom=", &["first", "second", "third"]),
        ] {
            assert_eq!(texts(query).await, wanted, "{query}");
        }
        assert_eq!(desk.get(&format!("{path}?datefrom=soon")).await.status, 500);
        assert_eq!(desk.get("/api/conversations/zzzzzzzz/messages").await.errormessage(), "unable to load conversation");
    }
}
