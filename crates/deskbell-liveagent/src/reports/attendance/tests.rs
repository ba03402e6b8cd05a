//! Rows of who was there.

use deskbell_app::settings::Settings;
use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::ids::CustomerId;

use super::*;
use crate::reports::tests::promised;

const FROM: i64 = 1_406_219_106;

fn row(zone: &str, until: Option<Timestamp>, now: i64) -> Row {
    let agent = AgentId::from_i64(383_486_450_414);
    Row {
        presence: Presence { agent, department: DepartmentId::DEFAULT, from: Timestamp::from_seconds(FROM).plus_micros(900_000), until },
        agent: Some(Agent {
            id: agent,
            contact: CustomerId::from_i64(383_486_450_415),
            email: "a@desk.test".to_owned(),
            first_name: "Ann".to_owned(),
            last_name: "Able".to_owned(),
            role: Role::Agent,
            slots: 1,
            enabled: true,
            preset: AgentStatus::OFFLINE,
            online: AgentStatus::OFFLINE,
        }),
        department: "Support".to_owned(),
        zone: Zone::set(&Settings { time_zone: zone.to_owned(), ..Settings::default() }),
        now: Timestamp::from_seconds(now),
    }
}

fn texts(row: &Row) -> Vec<String> {
    ROW.iter().map(|(_, shows)| shows(row)).collect()
}

#[test]
fn columns_in_the_order_of_the_reference() {
    let keys: Vec<&str> = ROW.iter().map(|(key, _)| *key).collect();
    for medium in ["tickets", "chats", "calls"] {
        assert_eq!(keys, promised(&format!("{medium}/agentsavailability")));
    }
}

#[test]
fn while_it_lasts_and_when_it_is_over() {
    let lasting = texts(&row("GMT", None, FROM + 511));
    assert_eq!(lasting[1], AgentId::from_i64(383_486_450_414).to_string());
    assert_eq!(lasting[2..4], ["Ann", "Able"]);
    assert_eq!(lasting[4], CustomerId::from_i64(383_486_450_415).to_string());
    assert_eq!(lasting[5..], ["default", "Support", "00:08:31", "2014-07-24 16:25:06", "now"]);
    let over = texts(&row("Europe/Berlin", Some(Timestamp::from_seconds(FROM + 100 * 3_600)), FROM));
    assert_eq!(over[7..], ["100:00:00", "2014-07-24 18:25:06", "2014-07-28 22:25:06"]);
    assert_eq!(lasting[0], over[0], "the number stays");
    assert!(lasting[0].parse::<u64>().expect("a number") < IDS_END);
    let back = texts(&row("GMT", None, FROM - 10));
    assert_eq!(back[7], "00:00:00", "a clock that was set back");
}

#[test]
fn numbers_of_other_times_are_others() {
    let one = row("GMT", None, FROM).presence;
    let numbers = [
        number(&one),
        number(&Presence { from: one.from.plus_micros(1), ..one }),
        number(&Presence { department: DepartmentId::from_i64(1), ..one }),
        number(&Presence { agent: AgentId::from_i64(1), ..one }),
    ];
    assert_eq!(numbers.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
}

#[test]
fn who_is_not_known_any_more_is_empty() {
    let gone = texts(&Row { agent: None, department: String::new(), ..row("GMT", None, FROM) });
    assert_eq!((gone[2].as_str(), gone[4].as_str(), gone[6].as_str()), ("", "", ""));
}
