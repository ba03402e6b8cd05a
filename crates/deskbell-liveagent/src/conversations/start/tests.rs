use deskbell_app::settings::Settings;
use serde_json::Value;

use crate::fixture::Fixture;

const PATH: &str = "/api/conversations";
/// All that must be given, from a customer who is not known yet.
const GIVEN: &str = "message=Where+is+it%3F&useridentifier=cleo%40shop.test&department=default&subject=Order+7&recipient=help%40desk.test";

fn with(extra: &str) -> String {
    format!("{GIVEN}&{extra}")
}

async fn started(desk: &Fixture, body: &str) -> Value {
    let reply = desk.post(PATH, body).await;
    assert_eq!(reply.status, 200, "{body}: {}", reply.text);
    let response = reply.value()["response"].clone();
    let id = response["conversationid"].as_str().expect("an id").to_owned();
    desk.get_ok(&format!("{PATH}/{id}")).await
}

#[tokio::test]
async fn a_customer_starts_one_in_every_format() {
    let desk = Fixture::new();
    for suffix in ["", ".xml", ".yaml", "/"] {
        let reply = desk.post(&format!("{PATH}{suffix}"), GIVEN).await;
        assert_eq!(reply.status, 200, "{suffix}: {}", reply.text);
        let newest = desk.get_ok("/api/conversations?owneridentifier=cleo%40shop.test").await["conversations"].clone();
        let info = newest.as_array().expect("a list").last().expect("it was started").clone();
        let [id, code, public] = ["conversationid", "code", "publicurlcode"].map(|name| info[name].as_str().expect("a text").to_owned());
        let wanted = match suffix {
            ".xml" => format!(
                "<?xml version='1.0' encoding='utf-8'?><response><status>OK</status><statuscode>0</statuscode><conversationid>{id}</conversationid><code>{code}</code><publicurlcode>{public}</publicurlcode></response>"
            ),
            ".yaml" => {
                format!("response:\n  status: OK\n  statuscode: 0\n  conversationid: {id}\n  code: {code}\n  publicurlcode: {public}\n")
            }
            _ => format!(
                r#"{{"response":{{"status":"OK","statuscode":0,"conversationid":"{id}","code":"{code}","publicurlcode":"{public}"}}}}"#
            ),
        };
        // YAML quotes what would read as a number, as a code may.
        let text = if suffix == ".yaml" { reply.text.replace('"', "") } else { reply.text };
        assert_eq!(text, wanted);
        let shown = ["status", "channel_type", "subject", "preview", "owneremail", "messagegroupsin", "messagegroupsout"]
            .map(|name| info[name].as_str().expect("a text").to_owned());
        assert_eq!(shown, ["N", "E", "Order 7", "Where is it?", "cleo@shop.test", "1", "0"]);
        let lines = desk.exchange(id).await;
        assert!(lines.len() == 1 && lines[0].starts_with("3:M ") && lines[0].ends_with(" Where is it?"), "{lines:?}");
        desk.advance(1);
    }
}

#[tokio::test]
async fn an_agent_starts_one() {
    let desk = Fixture::new();
    let sales = desk.department("Sales").await;
    let body = format!(
        "message=%3Cp%3EHello+%3Cb%3EDora%3C%2Fb%3E%3C%2Fp%3E&is_html_message=Y&useridentifier=owner%40desk.test&department={sales}\
         &subject=Your+order&recipient=dora%40shop.test&recipient_name=Dora+Doe&cc=a%40shop.test,%20b%40shop.test&status=A\
         &mail_messsage_id=%3Cm1%40mail.test%3E&do_not_send_mail=Y&use_template=N&attachments="
    );
    let info = started(&desk, &body).await;
    let owner = desk.owner.id.to_string();
    let shown = ["status", "departmentname", "ownername", "assignedto", "messagegroupsin", "messagegroupsout"]
        .map(|name| info[name].as_str().expect("a text").to_owned());
    assert_eq!(shown, ["A", "Sales", "Dora Doe", &owner, "0", "1"]);
    let id = info["conversationid"].as_str().expect("an id");
    assert_eq!(desk.exchange(id).await, [format!("4:M {owner} Hello Dora")]);
    let found = desk.desk.read(|tx| deskbell_app::conversations::by_mail_id(tx, "<m1@mail.test>")).await.expect("read");
    assert_eq!(found.map(|found| found.to_string()).as_deref(), Some(id));
    let note = desk.post(&format!("{PATH}/{id}/messages"), "message=x&mail_messsage_id=%3Cm2%40mail.test%3E").await;
    assert_eq!(note.status, 200, "{}", note.text);
    let found = desk.desk.read(|tx| deskbell_app::conversations::by_mail_id(tx, "m2@mail.test")).await.expect("read");
    assert_eq!(found.map(|found| found.to_string()).as_deref(), Some(id));
}

#[tokio::test]
async fn statuses_of_an_agents_and_of_a_customers() {
    let desk = Fixture::new();
    for (given, wanted) in
        [("", "N"), ("N", "N"), ("I", "N"), ("C", "C"), ("A", "A"), ("T", "A"), ("P", "A"), ("R", "R"), ("W", "N"), ("X", "X"), ("B", "B")]
    {
        let agents = with(&format!("useridentifier=owner%40desk.test&recipient=cleo%40shop.test&status={given}"));
        assert_eq!(started(&desk, &agents).await["status"], wanted, "an agent's {given}");
        assert_eq!(started(&desk, &with(&format!("status={given}"))).await["status"], "N", "a customer's {given}");
    }
}

#[tokio::test]
async fn files_and_keys() {
    let desk = Fixture::new();
    let (a, b) = (desk.file("a.txt").await, desk.file("b.txt").await);
    let body = with(&format!("attachments={a},%20{b}"));
    let once = [("idempotency-key", "k1"), ("content-type", "application/x-www-form-urlencoded")];
    let first = desk.call("POST", &desk.keyed(PATH), &once, body.clone()).await;
    let again = desk.call("POST", &desk.keyed(PATH), &once, body.clone()).await;
    assert_eq!((first.status, &first.text), (200, &again.text));
    let id = first.value()["response"]["conversationid"].as_str().expect("an id").to_owned();
    let kinds: Vec<String> = desk.exchange(&id).await.into_iter().map(|line| line[..3].to_owned()).collect();
    assert_eq!(kinds, ["3:F", "3:F"]);
    assert_eq!(desk.get_ok(&format!("{PATH}/{id}")).await["messagegroupsin"], "1");
    let sent = desk.post(PATH, &body).await;
    assert_eq!((sent.status, sent.errormessage().as_str()), (500, "that file was sent already"));
}

#[tokio::test]
async fn the_desks_own_addresses() {
    let desk = Fixture::new();
    desk.settings(Settings { mail_addresses: vec!["help@desk.test".to_owned()], ..Settings::default() }).await;
    started(&desk, GIVEN).await;
    let refused = desk.post(PATH, &with("recipient=other%40desk.test")).await;
    let sentence = "Visitor user can only create conversation addressed to application mail account.";
    assert_eq!((refused.status, refused.errormessage().as_str()), (500, sentence));
}

#[tokio::test]
async fn refusals() {
    let desk = Fixture::new();
    let large = format!("message={}", "a".repeat(32 * 1024 + 1));
    let long = format!("subject={}", "s".repeat(256));
    for (body, status, wanted) in [
        ("".to_owned(), 500, "parameter message is missing"),
        ("message=x".to_owned(), 500, "parameter useridentifier is missing"),
        ("message=x&useridentifier=a%40b.c".to_owned(), 500, "parameter department is missing"),
        ("message=x&useridentifier=a%40b.c&department=default".to_owned(), 500, "parameter subject is missing"),
        ("message=x&useridentifier=a%40b.c&department=default&subject=".to_owned(), 500, "parameter recipient is missing"),
        (with("message="), 500, "parameter message is missing"),
        (with("department=zzzzzzzz"), 404, "department with this id not found"),
        (with("useridentifier=zzzzzzzz"), 404, "user with this id not found"),
        (with("useridentifier=a%40b"), 500, "that is not an e-mail address"),
        (with("useridentifier=owner%40desk.test&recipient=nobody"), 500, "that is not an e-mail address"),
        (with("status=Q"), 500, "parameter status must be one of A, P, T, X, B, I, C, R, N, W"),
        (with("cc=nobody"), 500, "copies go to e-mail addresses, separated by commas"),
        (with("is_html_message=1"), 500, "parameter is_html_message must be Y or N"),
        (with("do_not_send_mail=1"), 500, "parameter do_not_send_mail must be Y or N"),
        (with("use_template=1"), 500, "parameter use_template must be Y or N"),
        (with("attachments=00000000000000000000000000000000"), 404, "no such file"),
        (with("message=a%00b"), 500, "a message must not contain a NUL character"),
        (with("subject=a%00b"), 500, "a subject must not contain a NUL character"),
        (with(&long), 500, "a subject has at most 255 characters"),
        (with(&large), 413, "a message has at most 32 KiB"),
    ] {
        let reply = desk.post(PATH, &body).await;
        let shown = body.get(body.len().saturating_sub(60)..).unwrap_or(&body);
        assert_eq!((reply.status, reply.errormessage().as_str()), (status, wanted), "{shown}");
    }
    let none = desk.get_ok("/api/conversations").await;
    assert_eq!(none["conversations"].as_array().map(Vec::len), Some(0));
}
