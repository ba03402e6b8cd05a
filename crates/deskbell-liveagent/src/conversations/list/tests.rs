//! The list of conversations, through the door.

use deskbell_domain::agent::AgentStatus;
use deskbell_domain::conversation::Status;
use deskbell_domain::ids::ConversationId;

use crate::fixture::Fixture;

const COLUMNS: [&str; 17] = [
    "conversationid",
    "code",
    "datecreated",
    "datechanged",
    "datedue",
    "departmentname",
    "departmentid",
    "status",
    "ownername",
    "owneremail",
    "subject",
    "preview",
    "publicurlcode",
    "tags",
    "channel_type",
    "messagegroupsin",
    "messagegroupsout",
];

/// Subjects, in order.
async fn subjects(desk: &Fixture, query: &str) -> Vec<String> {
    let response = desk.get_ok(&format!("/api/conversations?{query}")).await;
    let rows = response["conversations"].as_array().expect("a list").clone();
    rows.iter().map(|row| row["subject"].as_str().expect("a text").to_owned()).collect()
}

#[tokio::test]
async fn columns_and_formats() {
    let desk = Fixture::new();
    assert_eq!(desk.get("/api/conversations").await.text, r#"{"response":{"conversations":[]}}"#);
    assert_eq!(
        desk.get("/api/conversations.xml").await.text,
        "<?xml version='1.0' encoding='utf-8'?><response><conversations/></response>"
    );
    assert_eq!(desk.get("/api/conversations.yaml").await.text, "response:\n  conversations: []\n");
    let ticket = desk.ticket("john@owner.test", "Test ticket").await;
    let tags = desk.tag(ticket.id, &["a", "b"]).await.join(", ");
    let json = desk.get("/api/conversations").await;
    let row = json.value()["response"]["conversations"][0].clone();
    let keys: Vec<&str> = row.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys, COLUMNS);
    assert_eq!(
        json.text,
        format!(
            r#"{{"response":{{"conversations":[{{"conversationid":"{}","code":"{}","datecreated":"2012-04-03 12:21:21","datechanged":"2012-04-03 12:21:21","datedue":null,"departmentname":"Support","departmentid":"default","status":"N","ownername":"john@owner.test","owneremail":"john@owner.test","subject":"Test ticket","preview":"Test ticket","publicurlcode":"{}","tags":"{tags}","channel_type":"M","messagegroupsin":"1","messagegroupsout":"0"}}]}}}}"#,
            ticket.id, ticket.code, ticket.public_code
        )
    );
    let xml = desk.get("/api/conversations.xml").await.text;
    assert!(xml.starts_with("<?xml version='1.0' encoding='utf-8'?><response><conversations><conversation><conversationid>"), "{xml}");
    assert!(xml.contains(&format!("<tags>{tags}</tags><channel_type>M</channel_type>")), "{xml}");
    assert!(xml.ends_with("<messagegroupsout>0</messagegroupsout></conversation></conversations></response>"), "{xml}");
}

/// Three conversations, a day apart: of ann (answered by the owner), of bob (in Sales, tagged), of ann in a chat.
async fn three() -> Fixture {
    let desk = Fixture::new();
    let first = desk.ticket("ann@owner.test", "first").await;
    desk.post(&format!("/api/conversations/{}/messages", first.id), &format!("message=x&useridentifier={}", desk.owner.id)).await;
    desk.advance(86_400);
    desk.ticket("bob@owner.test", "second").await;
    desk.advance(86_400);
    desk.status(desk.owner.id, AgentStatus::ONLINE).await;
    desk.chat("third").await;
    desk
}

#[tokio::test]
async fn filters() {
    let desk = three().await;
    let owner = desk.owner.id;
    let ann =
        desk.desk.read(|tx| deskbell_app::customers::by_identifier(tx, "ann@owner.test")).await.expect("reads").expect("a customer").id;
    for (query, wanted) in [
        ("", &["first", "second", "third"][..]),
        ("owneridentifier=ann@owner.test", &["first"]),
        ("owneridentifier=ANN%40owner.test", &["first"]),
        (&format!("owneridentifier={ann}"), &["first"]),
        ("owneridentifier=nobody@owner.test", &[]),
        ("owneridentifier=x", &[]),
        (&format!("agent={owner}"), &["first"]),
        ("agent=owner@desk.test", &["first"]),
        ("agent=nobody@desk.test", &[]),
        ("department=default", &["first", "second", "third"]),
        ("department=zzzzzzzz", &[]),
        ("department=x", &[]),
        ("status=N", &["second"]),
        ("status=A,T", &["first", "third"]),
        ("status=A,%20N", &["first", "second"]),
        ("status=L", &[]),
        ("status=", &["first", "second", "third"]),
        ("channel_type=M", &["first", "second"]),
        ("channel_type=E,B,M,I,C,W,F,A,T,Q,S", &["first", "second", "third"]),
        ("channel_type=B", &["third"]),
        ("subject=second", &["second"]),
        ("subject=secon", &[]),
        ("subject=SECOND", &[]),
        ("subject=%00", &[]),
        ("agent=a@b%00", &[]),
        ("owneridentifier=%00@", &[]),
        ("status=N&subject=first", &[]),
        ("datefrom=2012-04-04", &["second", "third"]),
        ("datefrom=2012-04-04%2012:21:21&dateto=2012-04-04%2012:21:21", &["second"]),
        ("dateto=2012-04-04", &["first", "second"]),
        ("dateto=2012-04-04%2012:21:20", &["first"]),
        ("datefrom=2012-04-05&dateto=2012-04-04", &["second", "third"]),
        ("datefrom=2016-01-01&dateto=2012-01-15", &["first", "second", "third"]),
    ] {
        assert_eq!(subjects(&desk, query).await, wanted, "{query}");
    }
}

#[tokio::test]
async fn the_time_of_change_with_operators() {
    let desk = three().await;
    for (query, wanted) in [
        ("2012-04-04%2012:21:21", &["second"][..]),
        ("eq:2012-04-04", &["second"]),
        ("neq:2012-04-04", &["first", "third"]),
        ("gt:2012-04-04%2012:21:21", &["third"]),
        ("gt:2012-04-04", &["second", "third"]),
        ("gt%3A2012-04-04+12%3A21%3A20", &["second", "third"]),
        ("gte:2012-04-04%2012:21:21", &["second", "third"]),
        ("lt:2012-04-04%2012:21:21", &["first"]),
        ("lte:2012-04-04", &["first", "second"]),
        ("btw:2012-04-04,2012-04-03", &["first", "second"]),
        ("lk:2012-04-%", &["first", "second", "third"]),
        ("lk:2012-04-0?%2012:21:2?", &["first", "second", "third"]),
        ("lk:%-04%20%", &["second"]),
        ("lk:%2525", &[]),
        ("lk:2013%", &[]),
    ] {
        assert_eq!(subjects(&desk, &format!("datechanged={query}")).await, wanted, "{query}");
    }
    assert_eq!(subjects(&desk, "datechanged=lk:%25%3A21:21&limit=1&offset=1").await, ["second"]);
    assert_eq!(subjects(&desk, "datechanged=lk:%25%3A21:21&offset=3").await, Vec::<String>::new());
}

#[tokio::test]
async fn pages() {
    let desk = Fixture::new();
    for number in 0..120 {
        desk.ticket("ann@owner.test", &format!("{number}")).await;
    }
    assert_eq!(subjects(&desk, "").await.len(), 100, "unless given");
    let all = subjects(&desk, "limit=99999").await;
    assert_eq!(all.len(), 120);
    let mut paged = Vec::new();
    for offset in (0..150).step_by(50) {
        paged.extend(subjects(&desk, &format!("limit=50&offset={offset}")).await);
    }
    assert_eq!(paged, all, "the same order on every page, also within one second");
    assert_eq!(subjects(&desk, "limit=0").await.len(), 0);
    assert_eq!(subjects(&desk, "limit=-5").await.len(), 0);
    assert_eq!(subjects(&desk, "limit=&offset=-1").await.len(), 100);
}

#[tokio::test]
async fn pages_go_on_where_they_ended_whatever_changes() {
    let desk = Fixture::new();
    for number in 0..30 {
        desk.ticket("ann@owner.test", &format!("{number}")).await;
        desk.advance(1);
    }
    let all = subjects(&desk, "").await;
    let mut paged = subjects(&desk, "status=N&limit=10").await;
    assert_eq!(paged, all[..10]);
    // Five of the first page leave the list, and one joins it at its end.
    let rows = desk.get_ok("/api/conversations?limit=5").await["conversations"].as_array().expect("a list").clone();
    for row in rows {
        let id = row["conversationid"].as_str().and_then(ConversationId::parse).expect("an id");
        desk.rewrite(id, |one| one.status = Status::Resolved).await;
    }
    desk.ticket("ann@owner.test", "new").await;
    for offset in [10, 20, 30] {
        paged.extend(subjects(&desk, &format!("status=N&limit=10&offset={offset}")).await);
    }
    let with_new: Vec<String> = all.into_iter().chain(["new".to_owned()]).collect();
    assert_eq!(paged, with_new, "no gap and nothing twice");
    assert_eq!(subjects(&desk, "status=N&limit=10&offset=31").await, Vec::<String>::new());
    desk.advance(1);
    desk.ticket("ann@owner.test", "newer").await;
    assert_eq!(subjects(&desk, "status=N&limit=10&offset=31").await, ["newer"], "a client may go on for ever");
    assert_eq!(subjects(&desk, "status=N&limit=10").await[0], "5", "the beginning begins anew");
    assert_eq!(subjects(&desk, "status=N&limit=2&offset=25").await, ["new", "newer"], "counted, where no page ended");
}

#[tokio::test]
async fn what_is_newer_than_the_newest_comes_in_order_of_change() {
    let desk = three().await;
    assert_eq!(subjects(&desk, "datechanged=gt:2012-04-01").await, ["first", "second", "third"]);
    let first = desk.get_ok("/api/conversations?subject=first").await["conversations"][0]["conversationid"].as_str().map(str::to_owned);
    desk.advance(60);
    desk.post(&format!("/api/conversations/{}/messages", first.expect("an id")), "message=x&useridentifier=owner@desk.test").await;
    assert_eq!(subjects(&desk, "datechanged=gt:2012-04-01").await, ["second", "third", "first"]);
    assert_eq!(subjects(&desk, "datechanged=btw:2012-04-01,2012-05-01&status=A,T").await, ["third", "first"]);
    assert_eq!(subjects(&desk, "datechanged=gte:2012-04-05%2012:21:21").await, ["third", "first"]);
    assert_eq!(subjects(&desk, "datechanged=lk:2012-04-0%25:21&limit=1").await, ["second"]);
    assert_eq!(subjects(&desk, "datechanged=lk:2012-04-0%25:21&limit=1&offset=1").await, ["third"]);
    assert_eq!(subjects(&desk, "datechanged=lk:2012-04-0%25:21&limit=1&offset=2").await, ["first"]);
    assert_eq!(subjects(&desk, "datechanged=lk:%25:21&limit=1").await, ["first"], "without a beginning it is the oldest first");
    for query in ["", "datechanged=lt:2013-01-01", "datechanged=lte:2013-01-01", "datechanged=neq:2013-01-01", "owneridentifier=&agent="] {
        assert_eq!(subjects(&desk, query).await, ["first", "second", "third"], "{query}");
    }
}

#[tokio::test]
async fn an_offset_out_of_reach() {
    let desk = Fixture::new();
    desk.ticket("ann@owner.test", "only").await;
    assert_eq!(subjects(&desk, "offset=10000").await, Vec::<String>::new());
    let reply = desk.get("/api/conversations?offset=10001").await;
    let wanted = "offset 10001 is more than 10000 rows beyond the pages asked for so far; page from the start, or narrow the filter";
    assert_eq!((reply.status, reply.errormessage().as_str()), (500, wanted));
    assert_eq!(subjects(&desk, "").await, ["only"]);
}

#[tokio::test]
async fn merged_ones_are_in_no_list() {
    let desk = three().await;
    let rows = desk.get_ok("/api/conversations").await["conversations"].as_array().expect("a list").clone();
    let id = |index: usize| rows[index]["conversationid"].as_str().and_then(ConversationId::parse).expect("an id");
    desk.merge(id(0), id(1)).await;
    for query in
        ["", "datechanged=gt:2012-01-01", "status=N,C,A,R,T,X", "department=default", "owneridentifier=ann@owner.test", "subject=first"]
    {
        assert!(!subjects(&desk, query).await.contains(&"first".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn times_are_in_the_desks_zone() {
    let desk = three().await;
    desk.time_zone("Asia/Tokyo").await;
    let row = desk.get_ok("/api/conversations?subject=first").await["conversations"][0].clone();
    assert_eq!(row["datecreated"], "2012-04-03 21:21:21");
    assert_eq!(subjects(&desk, "datechanged=gte:2012-04-04%2021:21:21").await, ["second", "third"]);
    assert_eq!(subjects(&desk, "datechanged=lk:2012-04-03%2021:%").await, ["first"]);
}

#[tokio::test]
async fn what_cannot_be_read() {
    let desk = Fixture::new();
    for (query, wanted) in [
        ("datefrom=yesterday", "parameter datefrom must be a date like 2012-11-05 or 2012-11-05 17:02:01"),
        ("dateto=2012-02-30", "parameter dateto must be a date like 2012-11-05 or 2012-11-05 17:02:01"),
        ("datechanged=xx:2012-01-01", "parameter datechanged must begin with one of eq, neq, gt, lt, gte, lte, btw, lk"),
        ("status=Z", "parameter status holds an unknown letter"),
        ("channel_type=E,%3F", "parameter channel_type holds an unknown letter"),
        ("limit=ten", "parameter limit must be an integer"),
        ("offset=1.5", "parameter offset must be an integer"),
    ] {
        let reply = desk.get(&format!("/api/conversations?{query}")).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (500, wanted), "{query}");
    }
}
