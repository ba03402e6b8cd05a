//! `POST suggestions`.

use deskbell_app::knowledge::by_key::{self, Suggestion};
use deskbell_app::knowledge::page_path;
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use serde::Serialize;

use crate::link;

pub(crate) struct PostSuggestion;

impl Endpoint<Desk> for PostSuggestion {
    const META: Meta = Meta::post("suggestions", Right::ApiKeyWrite)
        .summary("Post a suggestion")
        .params(&[
            Param::text("useridentifier").required().placed(Place::Body).about("e-mail address of the one who suggests it"),
            Param::text("category").required().placed(Place::Body).about("id or URL code of a suggestion category"),
            Param::text("subject").required().placed(Place::Body).about("at most 255 characters"),
            Param::text("message").required().placed(Place::Body).about("plain text, at most 32 KiB"),
        ])
        .source("an older edition of the reference")
        .quirks(&[
            "an address that nobody has makes a customer; ids of customers and agents are taken, too",
            "404 if there is no such category; a number that is the id of one is not looked up as a URL code",
            "a ticket of channel `S` begins with it, in the department of the category",
            "the same `Idempotency-Key` header again posts nothing again",
            "`id` is the knowledge base entry's, `url` the way to its page, without a scheme",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let suggestion = Suggestion {
            creator: input.filled("useridentifier")?.to_owned(),
            category: input.filled("category")?.to_owned(),
            subject: input.filled("subject")?.to_owned(),
            text: input.filled("message")?.to_owned(),
        };
        let base = link::base(&cx.origin());
        let key = cx.idempotency_key;
        let entry = cx.state.write(move |tx, cx| by_key::suggest(tx, cx, key.as_deref(), &suggestion)).await?;
        let url = format!("{base}{}", page_path(&entry));
        Ok(Answer::tree(Posted { status: "OK", statuscode: 0, id: entry.id.to_string(), url }))
    }
}

#[derive(Serialize)]
struct Posted {
    status: &'static str,
    statuscode: u16,
    id: String,
    url: String,
}

#[cfg(test)]
mod tests {
    use crate::fixture::Fixture;

    async fn category(desk: &Fixture, body: &str) -> (String, String) {
        let made = desk.post("/api/knowledgebase/categories", body).await.value();
        let text = |name: &str| made["response"][name].as_str().expect("a text").to_owned();
        (text("kb_entry_id"), text("urlcode"))
    }

    #[tokio::test]
    async fn a_suggestion_becomes_an_entry_and_a_ticket() {
        let desk = Fixture::new();
        let sales = desk.department("Sales").await;
        let (id, code) = category(&desk, &format!("title=Ideas&rtype=G&departmentid={sales}")).await;
        let body =
            |category: &str| format!("useridentifier=Fay@Shop.test&category={category}&subject=Dark%20mode&message=My%20%3Ceyes%3E%0Ahurt");
        let host = [("host", "desk.test:8080"), ("content-type", "application/x-www-form-urlencoded")];
        let posted = desk.call("POST", &desk.keyed("/api/suggestions"), &host, body(&id)).await;
        let entry = desk.get_ok("/api/knowledgebase/entries?entry_id=2").await["entries"][0].clone();
        let page = entry["urlcode"].as_str().expect("a code");
        assert_eq!(
            posted.text,
            format!(r#"{{"response":{{"status":"OK","statuscode":0,"id":"2","url":"\/\/desk.test:8080\/{page}-Dark-mode"}}}}"#)
        );
        assert_eq!((&entry["rtype"], &entry["content"]), (&"S".into(), &"<p>My &lt;eyes&gt;<br>hurt</p>".into()));
        let behind = desk.get_ok(&format!("/api/conversations/{}", entry["conversationid"].as_str().expect("an id"))).await;
        assert_eq!((&behind["owneremail"], &behind["departmentid"]), (&"fay@shop.test".into(), &sales.to_string().into()));
        assert_eq!((&behind["subject"], &behind["status"]), (&"Dark mode".into(), &"N".into()));

        let xml = desk.post("/api/suggestions.xml", &body(&code)).await.text;
        assert!(xml.contains("<response><status>OK</status><statuscode>0</statuscode><id>3</id><url>//localhost/"), "{xml}");
        let yaml = desk.post("/api/suggestions.yaml", &body(&code)).await.text;
        assert!(yaml.contains("statuscode: 0\n"), "{yaml}");
        let keyed = [("idempotency-key", "once"), ("content-type", "application/x-www-form-urlencoded")];
        let first = desk.call("POST", &desk.keyed("/api/suggestions"), &keyed, body(&code)).await;
        let again = desk.call("POST", &desk.keyed("/api/suggestions"), &keyed, body(&code)).await;
        assert!(first.status == 200 && first.text == again.text, "{} {}", first.text, again.text);
        assert_eq!(desk.get_ok("/api/knowledgebase/entries").await["entries"].as_array().map(Vec::len), Some(5));
        let customers = desk.get_ok("/api/customers?email=fay").await;
        assert_eq!(customers["customers"].as_array().map(Vec::len), Some(1), "one customer for one address");
    }

    #[tokio::test]
    async fn what_is_refused() {
        let desk = Fixture::new();
        let (id, _) = category(&desk, "title=Ideas&rtype=G").await;
        let (forum, _) = category(&desk, "title=Forum&rtype=Q").await;
        let long = format!("useridentifier=a@b.test&category={id}&subject=x&message={}", "m".repeat(32 * 1024 + 1));
        for (body, status, sentence) in [
            (format!("category={id}&subject=x&message=y"), 500, "parameter useridentifier is missing"),
            ("useridentifier=a@b.test&subject=x&message=y".to_owned(), 500, "parameter category is missing"),
            (format!("useridentifier=a@b.test&category={id}&message=y"), 500, "parameter subject is missing"),
            (format!("useridentifier=a@b.test&category={id}&subject=x&message=%20"), 500, "parameter message is missing"),
            (format!("useridentifier=a@b&category={id}&subject=x&message=y"), 500, "that is not an e-mail address"),
            (format!("useridentifier=zzzzzzzz&category={id}&subject=x&message=y"), 404, "user with this id not found"),
            (
                format!("useridentifier=a@b.test&category={forum}&subject=x&message=y"),
                404,
                "suggestion category with this id or URL code not found",
            ),
            (
                "useridentifier=a@b.test&category=%00&subject=x&message=y".to_owned(),
                404,
                "suggestion category with this id or URL code not found",
            ),
            (
                format!("useridentifier=a@b.test&category={id}&subject=x%00&message=y"),
                500,
                "a title has at most 255 characters and no control characters",
            ),
            (format!("useridentifier=a@b.test&category={id}&subject=x&message=y%00"), 500, "a message must not contain a NUL character"),
            (long, 413, "a message has at most 32 KiB"),
        ] {
            let reply = desk.post("/api/suggestions", &body).await;
            assert_eq!((reply.status, reply.errormessage().as_str()), (status, sentence), "{}", &body[..body.len().min(90)]);
        }
        let entries = desk.get_ok("/api/knowledgebase/entries").await;
        assert_eq!(entries["entries"].as_array().map(Vec::len), Some(2), "what was refused left nothing");
        let customers = desk.get_ok("/api/customers").await;
        assert_eq!(customers["customers"].as_array().map(Vec::len), Some(0));
    }
}
