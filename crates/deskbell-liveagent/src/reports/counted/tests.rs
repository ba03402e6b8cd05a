//! Rows of agents, channels, departments and tags.

use deskbell_domain::measure::Measure;

use super::*;
use crate::fixture::Fixture;

const DAY: &str = "date_from=2012-04-03&date_to=2012-04-03";

#[tokio::test]
async fn everything_that_exists_has_a_row() {
    let desk = Fixture::new();
    let zoe = desk.agent("zoe@desk.test", "Zoe", "Able").await;
    let bob = desk.agent("bob@desk.test", "Bob", "").await;
    desk.switch_off(&bob).await;
    let sales = desk.department("Sales").await;
    desk.switch_department_off(sales).await;
    let tags = desk.tag(desk.ticket("a@b.test", "x").await.id, &["b/2", "a<1>"]).await;
    let rows = async |path: &str, columns: &str| desk.get(&format!("/api/reports/{path}?{DAY}&columns={columns}")).await.text;
    assert_eq!(
        rows("agents", "id,contactid,firstname,lastname,answers,answers_ph").await,
        format!(
            r#"{{"response":{{"agents":[{{"id":"{}","contactid":"{}","firstname":"Bob","lastname":"","answers":"0","answers_ph":"0.00"}},{{"id":"{}","contactid":"{}","firstname":"Desk","lastname":"Owner","answers":"0","answers_ph":"0.00"}},{{"id":"{}","contactid":"{}","firstname":"Zoe","lastname":"Able","answers":"0","answers_ph":"0.00"}}]}}}}"#,
            bob.id, bob.contact, desk.owner.id, desk.owner.contact, zoe.id, zoe.contact
        )
    );
    assert_eq!(
        rows("departments", "id,departmentName").await,
        format!(
            r#"{{"response":{{"departments":[{{"id":"default","departmentName":"Support"}},{{"id":"{sales}","departmentName":"Sales"}}]}}}}"#
        )
    );
    assert_eq!(
        rows("tags", "id,tagName,answers").await,
        format!(
            r#"{{"response":{{"tags":[{{"id":"{}","tagName":"a<1>","answers":"0"}},{{"id":"{}","tagName":"b\/2","answers":"0"}}]}}}}"#,
            tags[1], tags[0]
        )
    );
    assert_eq!(
        rows("tags.xml", "tagName").await,
        "<?xml version='1.0' encoding='utf-8'?><response><tags><tag><tagName>a&lt;1&gt;</tagName></tag><tag><tagName>b/2</tagName></tag></tags></response>"
    );
    desk.send_ok("DELETE", &format!("/api/tags/{}", tags[0]), &[]).await;
    assert_eq!(rows("tags", "id").await, format!(r#"{{"response":{{"tags":[{{"id":"{}"}}]}}}}"#, tags[1]));
}

#[tokio::test]
async fn channels_have_the_letters_and_names_of_the_reference() {
    let desk = Fixture::new();
    let text = desk.get(&format!("/api/reports/channels.yaml?{DAY}&columns=id,channelName")).await.text;
    let rows = [
        ("E", "Email"),
        ("B", "Contact button"),
        ("M", "Contact form"),
        ("I", "Invitation"),
        ("C", "Call"),
        ("W", "Call button"),
        ("F", "Facebook"),
        ("A", "Facebook message"),
        ("T", "Twitter"),
        ("Q", "Forum"),
        ("S", "Suggestion"),
    ];
    let wanted: String = rows.iter().map(|(id, name)| format!("  - id: {id}\n    channelName: {name}\n")).collect();
    assert_eq!(text, format!("response:\n  channels:\n{wanted}"));
}

#[test]
fn sums_come_to_what_they_are_of() {
    let mut cell = Cell::default();
    cell.add(Measure::Answers, 3);
    let email = channels().into_iter().next().expect("a channel");
    assert_eq!(email.key, i64::from(b'E'));
    let totals = BTreeMap::from([(email.key, cell.clone()), (1, cell)]);
    let rows = joined(channels(), totals, |row| row.key);
    let answers: Vec<i64> = rows.iter().map(|row| row.cell.get(Measure::Answers)).collect();
    assert_eq!(answers, [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
}
