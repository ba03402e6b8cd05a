//! Rows of goals that ended.

use deskbell_app::settings::Settings;
use deskbell_domain::ids::{AgentId, ConversationId, DepartmentId, SlaLevelId};
use deskbell_domain::sla::Goal;
use deskbell_domain::time::Timestamp;

use super::*;
use crate::reports::tests::promised;

const DUE: i64 = 1_409_045_969;

fn row(closed: i64, agent: Option<(AgentId, String, String)>) -> Row {
    Row {
        item: LogRow {
            number: 41_355,
            conversation: ConversationId::from_i64(383_486_450_414),
            code: "ABC-DEFGH-123".to_owned(),
            department: DepartmentId::DEFAULT,
            department_name: "General".to_owned(),
            level: SlaLevelId::from_i64(383_486_450_415),
            level_name: "Urgent".to_owned(),
            goal: Goal::FirstAnswer,
            created: Timestamp::from_seconds(DUE - 60),
            due: Timestamp::from_seconds(DUE).plus_micros(600_000),
            closed: Timestamp::from_seconds(closed).plus_micros(500_000),
            agent,
            requester: CustomerId::from_i64(383_486_450_416),
            requester_first: "Customer".to_owned(),
            requester_last: "One".to_owned(),
        },
        zone: Zone::set(&Settings { time_zone: "Europe/Bratislava".to_owned(), ..Settings::default() }),
    }
}

fn texts(row: &Row) -> Vec<String> {
    ROW.iter().map(|(_, shows)| shows(row)).collect()
}

#[test]
fn columns_in_the_order_of_the_reference() {
    let keys: Vec<&str> = ROW.iter().map(|(key, _)| *key).collect();
    for medium in ["tickets", "chats", "calls"] {
        assert_eq!(keys, promised(&format!("{medium}/slalog")));
    }
}

#[test]
fn both_ends_in_one_zone() {
    let agent = (AgentId::from_i64(383_486_450_417), "Ann".to_owned(), "Able".to_owned());
    let level = SlaLevelId::from_i64(383_486_450_415).to_string();
    assert_eq!(
        texts(&row(DUE + 187, Some(agent.clone()))),
        [
            "41355",
            &ConversationId::from_i64(383_486_450_414).to_string(),
            "ABC-DEFGH-123",
            "default",
            "General",
            &level,
            "Urgent",
            "00:03:07",
            "2014-08-26 11:38:29",
            "2014-08-26 11:42:36",
            "2014-08-26 09:42:36",
            "2014-08-26 11:39:29",
            "2014-08-26 09:39:29",
            &level,
            &agent.0.to_string(),
            "Ann",
            "Able",
            &CustomerId::from_i64(383_486_450_416).to_string(),
            "Customer",
            "One",
        ]
    );
}

#[test]
fn a_minus_means_in_time() {
    for (seconds, wanted) in
        [(-7_013, "-01:56:53"), (-1, "-00:00:01"), (0, "00:00:00"), (1, "00:00:01"), (360_000, "100:00:00"), (-360_001, "-100:00:01")]
    {
        let texts = texts(&row(DUE + seconds, None));
        assert_eq!(texts[7], wanted);
        assert_eq!(texts[14..17], ["", "", ""], "nobody");
    }
}
