//! `GET conversations/[conversationid]`.

use deskbell_app::rights::Right;
use deskbell_app::views::listing::{self, Ticket};
use deskbell_app::{AppError, Desk};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use serde::Serialize;

use super::{CONVERSATION, tag_ids, unknown};
use crate::field_values::{self, FieldValue};
use crate::moment::Zone;

pub(crate) struct GetConversation;

impl Endpoint<Desk> for GetConversation {
    const META: Meta = Meta::get("conversations/{conversationid}", Right::ApiKey)
        .summary("One conversation")
        .params(&[CONVERSATION])
        .source("reference, Conversations: Retrieves conversation info")
        .quirks(&[
            "500 `unable to load conversation` if there is no such conversation",
            "`tags` are ids, joined by a comma and a blank",
            "`ownernote` and `assignedto` are null where there is nothing",
            "`datedue` is the earliest due time of its SLA clocks; null where nothing is due",
            "one that was merged into another shows that one, by all its spellings",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let spelling = input.path("conversationid")?.to_owned();
        let zone = Zone::of(&cx.state);
        let ticket = cx.state.snapshot(move |tx| listing::ticket(tx, &spelling)).await?.ok_or_else(unknown)?;
        Ok(Answer::tree(Conversation::new(ticket, &zone)))
    }
}

#[derive(Serialize)]
struct Conversation {
    conversationid: String,
    code: String,
    datecreated: String,
    datechanged: String,
    datedue: Option<String>,
    departmentname: String,
    departmentid: String,
    status: &'static str,
    ownername: String,
    owneremail: String,
    subject: String,
    ownernote: Option<String>,
    preview: String,
    publicurlcode: String,
    assignedto: Option<String>,
    tags: String,
    channel_type: &'static str,
    messagegroupsin: String,
    messagegroupsout: String,
    customfields: Vec<FieldValue>,
}

impl Conversation {
    fn new(ticket: Ticket, zone: &Zone) -> Conversation {
        let Ticket { conversation, customer, department_name, tags, custom_fields, due } = ticket;
        Conversation {
            conversationid: conversation.id.to_string(),
            code: conversation.code,
            datecreated: zone.text(conversation.created),
            datechanged: zone.text(conversation.changed),
            datedue: due.map(|due| zone.text(due)),
            departmentname: department_name,
            departmentid: conversation.department.to_string(),
            status: conversation.status.text(),
            ownername: customer.display_name(),
            owneremail: customer.email.unwrap_or_default(),
            subject: conversation.subject,
            ownernote: Some(customer.note).filter(|note| !note.is_empty()),
            preview: conversation.preview,
            publicurlcode: conversation.public_code,
            assignedto: conversation.assigned.map(|agent| agent.to_string()),
            tags: tag_ids(tags.into_iter()),
            channel_type: conversation.channel.text(),
            messagegroupsin: conversation.groups_in.to_string(),
            messagegroupsout: conversation.groups_out.to_string(),
            customfields: field_values::wire(custom_fields),
        }
    }
}

#[cfg(test)]
mod tests {
    use deskbell_app::fields;
    use deskbell_app::sla::clocks;
    use deskbell_app::sla::levels::{self, LevelDraft};
    use deskbell_domain::field::{FieldOwner, FieldValue};
    use deskbell_domain::message::Actor;
    use deskbell_domain::sla::Goal;

    use crate::fixture::Fixture;

    #[tokio::test]
    async fn one_in_all_spellings_and_formats() {
        let desk = Fixture::new();
        let ticket = desk.ticket("john@owner.test", "Hello, this is my first ticket").await;
        let by_id = desk.get(&format!("/api/conversations/{}", ticket.id)).await;
        assert_eq!(
            by_id.text,
            format!(
                r#"{{"response":{{"conversationid":"{}","code":"{}","datecreated":"2012-04-03 12:21:21","datechanged":"2012-04-03 12:21:21","datedue":null,"departmentname":"Support","departmentid":"default","status":"N","ownername":"john@owner.test","owneremail":"john@owner.test","subject":"Hello, this is my first ticket","ownernote":null,"preview":"Hello, this is my first ticket","publicurlcode":"{}","assignedto":null,"tags":"","channel_type":"M","messagegroupsin":"1","messagegroupsout":"0","customfields":[]}}}}"#,
                ticket.id, ticket.code, ticket.public_code
            )
        );
        for spelling in [ticket.code.clone(), ticket.code.to_lowercase(), ticket.public_code.clone()] {
            assert_eq!(desk.get(&format!("/api/conversations/{spelling}")).await.text, by_id.text, "{spelling}");
        }
        let xml = desk.get(&format!("/api/conversations/{}.xml", ticket.code)).await.text;
        assert!(xml.contains("<datedue/><departmentname>Support</departmentname>"), "{xml}");
        assert!(xml.contains("<ownernote/>") && xml.contains("<assignedto/><tags/>"), "{xml}");
        assert!(
            xml.ends_with("<messagegroupsin>1</messagegroupsin><messagegroupsout>0</messagegroupsout><customfields/></response>"),
            "{xml}"
        );
        let yaml = desk.get(&format!("/api/conversations/{}.yaml", ticket.id)).await.text;
        assert!(yaml.contains("  datecreated: \"2012-04-03 12:21:21\"\n  datechanged:"), "{yaml}");
        assert!(yaml.contains("  datedue: null\n") && yaml.contains("  messagegroupsin: \"1\"\n"), "{yaml}");
    }

    #[tokio::test]
    async fn tags_note_and_assignment() {
        let desk = Fixture::new();
        let ticket = desk.ticket("john@owner.test", "Hello").await;
        let tags = desk.tag(ticket.id, &["first", "second"]).await;
        desk.note_on_customer(ticket.customer, "calls often / pays late").await;
        desk.get_ok(&format!("/api/conversations/{}", ticket.id)).await;
        let body = format!("message=Hi&useridentifier={}", desk.owner.email);
        desk.post(&format!("/api/conversations/{}/messages", ticket.id), &body).await;
        let response = &desk.get(&format!("/api/conversations/{}", ticket.id)).await.value()["response"];
        assert_eq!(response["tags"], format!("{}, {}", tags[0], tags[1]));
        assert!(tags[0].len() == 4 && tags[1].len() == 4);
        assert_eq!(response["ownernote"], "calls often / pays late");
        assert_eq!(response["assignedto"], desk.owner.id.to_string());
        assert_eq!((&response["status"], &response["messagegroupsout"]), (&"A".into(), &"1".into()));
    }

    #[tokio::test]
    async fn the_earliest_due_time_in_the_desks_zone() {
        let desk = Fixture::new();
        let ticket = desk.ticket("john@owner.test", "Hello").await;
        let other = desk.ticket("john@owner.test", "Nothing is due here").await;
        let id = ticket.id;
        let levelled = desk.desk.write(move |tx, cx| {
            let times = vec![(Goal::FirstAnswer, Some(3_600)), (Goal::FirstResolve, Some(600))];
            let draft = LevelDraft { name: Some("Usual".to_owned()), times, ..LevelDraft::default() };
            let level = levels::create(tx, cx, &draft)?.id;
            clocks::set_level(tx, cx, Actor::System, id, Some(level))
        });
        levelled.await.expect("a level");
        let path = format!("/api/conversations/{id}");
        let due = |text: &serde_json::Value| text.as_str().and_then(|text| text.parse::<jiff::civil::DateTime>().ok()).expect("a time");
        let shown = desk.get_ok(&path).await;
        let created = due(&shown["datecreated"]);
        let ten_minutes = created.checked_add(jiff::SignedDuration::from_mins(10)).expect("a time");
        assert_eq!(due(&shown["datedue"]), ten_minutes);
        let listed = desk.get_ok("/api/conversations").await;
        let rows = listed["conversations"].as_array().expect("rows");
        let row = |id: String| rows.iter().find(|row| row["conversationid"] == id).expect("it is listed");
        assert_eq!(row(id.to_string())["datedue"], shown["datedue"]);
        assert_eq!(row(other.id.to_string())["datedue"], serde_json::Value::Null);
        desk.post(&format!("{path}/messages"), &format!("message=Hi&useridentifier={}", desk.owner.email)).await;
        assert_eq!(desk.get_ok(&path).await["datedue"], serde_json::Value::Null, "answered: what is left stands still");
    }

    #[tokio::test]
    async fn added_fields() {
        let desk = Fixture::new();
        let ticket = desk.ticket("john@owner.test", "Hello").await;
        let owner = FieldOwner::Conversation(ticket.id);
        let values = [("varsymbol", "423874698"), ("other_var", "a / <b>"), ("varsymbol", "")];
        let fields: Vec<FieldValue> =
            values.map(|(code, value)| FieldValue { code: code.to_owned(), value: value.to_owned() }).into_iter().collect();
        let added = desk.desk.write(move |tx, cx| fields::add(tx, cx, Actor::System, owner, &fields)).await;
        added.expect("fields");
        let json = desk.get(&format!("/api/conversations/{}", ticket.code)).await.text;
        let wanted = r#""customfields":[{"code":"varsymbol","value":"423874698"},{"code":"other_var","value":"a \/ <b>"},{"code":"varsymbol","value":""}]}}"#;
        assert!(json.ends_with(wanted), "{json}");
        let xml = desk.get(&format!("/api/conversations/{}.xml", ticket.code)).await.text;
        let wanted =
            "<customfields><customfield><code>varsymbol</code><value>423874698</value></customfield><customfield><code>other_var</code>";
        assert!(xml.contains(wanted), "{xml}");
    }

    #[tokio::test]
    async fn a_merged_one_leads_to_where_it_went() {
        let desk = Fixture::new();
        let mut tickets = Vec::new();
        for text in ["first", "second", "third"] {
            tickets.push(desk.ticket("john@owner.test", text).await);
        }
        desk.merge(tickets[0].id, tickets[1].id).await;
        desk.merge(tickets[1].id, tickets[2].id).await;
        let target = desk.get(&format!("/api/conversations/{}", tickets[2].id)).await.text;
        assert!(target.contains(&format!(r#""conversationid":"{}""#, tickets[2].id)));
        for merged in &tickets[..2] {
            for spelling in [merged.id.to_string(), merged.code.clone(), merged.public_code.clone()] {
                assert_eq!(desk.get(&format!("/api/conversations/{spelling}")).await.text, target, "{spelling}");
                let messages = desk.get(&format!("/api/conversations/{spelling}/messages")).await;
                assert_eq!(messages.text, desk.get(&format!("/api/conversations/{}/messages", tickets[2].id)).await.text);
                assert!(messages.text.contains("first") && messages.text.contains("third"), "{}", messages.text);
            }
        }
        let listed = desk.get_ok("/api/conversations").await;
        assert_eq!(listed["conversations"].as_array().map(Vec::len), Some(1), "{listed}");
    }

    #[tokio::test]
    async fn unknown_ones() {
        let desk = Fixture::new();
        for spelling in ["zzzzzzzz", "ABC-DEFGH-123", "m6uoFJd2e4I8Z18q", "x", "%27%20OR%201=1--", "%00"] {
            let reply = desk.get(&format!("/api/conversations/{spelling}")).await;
            assert_eq!((reply.status, reply.errormessage().as_str()), (500, "unable to load conversation"), "{spelling}");
        }
    }
}
