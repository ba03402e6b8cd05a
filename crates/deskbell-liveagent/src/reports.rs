//! The reports: `GET reports/…`. Each is an endpoint of its own with the reference's parameters and its list; the lists are empty so far.

use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

const EMPTY: &[&str] = &["empty so far: nothing is counted yet", "parameters are taken and have no effect"];

const FROM: Param = Param::datetime("date_from").about("first moment");
const TO: Param = Param::datetime("date_to").about("last moment; a date alone means its end");
const FROM_GIVEN: Param = FROM.required();
const TO_GIVEN: Param = TO.required();
const COLUMNS: Param = Param::list("columns").about("names of the columns wanted; not given: all");
const ROWS: Param = Param::int("limitcount").about("rows, 100 unless given, at most 1000");
const SKIPPED: Param = Param::int("limitfrom").about("rows left out at the beginning");
const DEPARTMENT: Param = Param::text("departmentid").about("of this department");
const AGENT: Param = Param::text("agentid").about("of this agent");
const LEVEL: Param = Param::text("slalevelid").about("of this SLA level");

/// A report over a time: a row for each thing of a kind.
const SUMS: &[Param] = &[FROM_GIVEN, TO_GIVEN, COLUMNS, ROWS, SKIPPED];
const BY_TIME: &[Param] =
    &[FROM_GIVEN, TO_GIVEN, COLUMNS, ROWS, SKIPPED, Param::text("group_by").about("`hour`, `day`, `week` or `month`")];
const WHO_WAS_THERE: &[Param] = &[FROM, TO, COLUMNS, ROWS, SKIPPED, DEPARTMENT, AGENT];
const HOURS: &[Param] = &[FROM, TO, ROWS, SKIPPED, DEPARTMENT, AGENT];
const COMPLIANCE: &[Param] = &[
    FROM,
    TO,
    ROWS,
    SKIPPED,
    Param::text("datetime").about("`L30D` last 30 days, `TM` this month, `LM` last month, or a month: `2014-06`"),
    DEPARTMENT,
    Param::text("userid").about("assigned to this agent"),
    LEVEL,
];
const LOG: &[Param] = &[
    FROM_GIVEN,
    TO_GIVEN,
    COLUMNS,
    ROWS,
    SKIPPED,
    DEPARTMENT,
    AGENT,
    Param::text("requesterid").about("contact id of the one who asked"),
    LEVEL,
];
const RATINGS: &[Param] = &[
    FROM_GIVEN,
    TO_GIVEN,
    COLUMNS,
    ROWS,
    SKIPPED,
    Param::text("agentid").about("contact id of the agent"),
    Param::text("contactid").about("contact id of the one who rated"),
    Param::list("types").about("`W` good, `P` bad: here, not as in messages"),
];

macro_rules! reports {
    ($($name:ident: $path:literal, $list:literal, $params:ident, $summary:literal;)+) => {$(
        pub(crate) struct $name;

        impl Endpoint<Desk> for $name {
            const META: Meta = Meta::get(concat!("reports/", $path), Right::ApiKey)
                .summary($summary)
                .params($params)
                .source("reference, Reports")
                .quirks(EMPTY);

            async fn run(_: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
                empty(&input, Self::META.params, $list)
            }
        }
    )+};
}

reports! {
    Agents: "agents", "agents", SUMS, "What agents did";
    Channels: "channels", "channels", SUMS, "What came and went by channel";
    Departments: "departments", "departments", SUMS, "What departments did";
    Performance: "performance", "performance", BY_TIME, "What the desk did, over time";
    Tags: "tags", "tags", SUMS, "What was done with each tag";
    TicketAgents: "tickets/agentsavailability", "agentsavailability", WHO_WAS_THERE, "When agents were there for tickets";
    TicketLoad: "tickets/load", "loads", HOURS, "Tickets waiting and worked on, by hour";
    TicketCompliance: "tickets/slacompliance", "slacompliances", COMPLIANCE, "Goals of SLA levels kept and missed for tickets, by hour";
    TicketLog: "tickets/slalog", "slalogs", LOG, "Goals of SLA levels that ended for tickets";
    ChatAgents: "chats/agentsavailability", "agentsavailability", WHO_WAS_THERE, "When agents were there for chats";
    ChatAvailability: "chats/availability", "availability", HOURS, "How long somebody was there for chats, by hour";
    ChatLoad: "chats/load", "loads", HOURS, "Chats waiting and served, by hour";
    ChatCompliance: "chats/slacompliance", "slacompliances", COMPLIANCE, "Goals of SLA levels kept and missed for chats, by hour";
    ChatLog: "chats/slalog", "slalogs", LOG, "Goals of SLA levels that ended for chats";
    CallAgents: "calls/agentsavailability", "agentsavailability", WHO_WAS_THERE, "When agents were there for calls";
    CallAvailability: "calls/availability", "availability", HOURS, "How long somebody was there for calls, by hour";
    CallLoad: "calls/load", "loads", HOURS, "Calls waiting and running, by hour";
    CallCompliance: "calls/slacompliance", "slacompliances", COMPLIANCE, "Goals of SLA levels kept and missed for calls, by hour";
    CallLog: "calls/slalog", "slalogs", LOG, "Goals of SLA levels that ended for calls";
    Ranking: "ranking", "ranks", RATINGS, "Ratings";
}

/// The list without rows, once what is mandatory is there.
fn empty(input: &Input, params: &[Param], list: &'static str) -> Result<Answer, AppError> {
    for param in params.iter().filter(|param| param.required) {
        input.text(param.name)?;
    }
    Ok(Answer::tree(Empty(list)))
}

/// A list of this name without rows.
struct Empty(&'static str);

impl Serialize for Empty {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tree = serializer.serialize_struct("Empty", 1)?;
        tree.serialize_field(self.0, &[(); 0])?;
        tree.end()
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::Fixture;

    const WITH_DATES: &str = "date_from=2016-01-01&date_to=2015-01-15";

    #[tokio::test]
    async fn empty_lists_under_their_names() {
        let desk = Fixture::new();
        for (path, list) in [
            ("agents", "agents"),
            ("channels", "channels"),
            ("departments", "departments"),
            ("performance", "performance"),
            ("tags", "tags"),
            ("tickets/agentsavailability", "agentsavailability"),
            ("tickets/load", "loads"),
            ("tickets/slacompliance", "slacompliances"),
            ("tickets/slalog", "slalogs"),
            ("chats/agentsavailability", "agentsavailability"),
            ("chats/availability", "availability"),
            ("chats/load", "loads"),
            ("chats/slacompliance", "slacompliances"),
            ("chats/slalog", "slalogs"),
            ("calls/agentsavailability", "agentsavailability"),
            ("calls/availability", "availability"),
            ("calls/load", "loads"),
            ("calls/slacompliance", "slacompliances"),
            ("calls/slalog", "slalogs"),
            ("ranking", "ranks"),
        ] {
            let anything = format!("{WITH_DATES}&columns=a,b&limitcount=x&limitfrom=-1&departmentid=x&agentid=%00&types=Z&group_by=eon");
            assert_eq!(
                desk.get(&format!("/api/reports/{path}?{anything}")).await.text,
                format!(r#"{{"response":{{"{list}":[]}}}}"#),
                "{path}"
            );
            assert_eq!(
                desk.get(&format!("/api/reports/{path}.xml?{WITH_DATES}")).await.text,
                format!("<?xml version='1.0' encoding='utf-8'?><response><{list}/></response>"),
                "{path}"
            );
            assert_eq!(
                desk.get(&format!("/api/reports/{path}.yaml?{WITH_DATES}")).await.text,
                format!("response:\n  {list}: []\n"),
                "{path}"
            );
        }
    }

    #[tokio::test]
    async fn what_is_mandatory_is_asked_for() {
        let desk = Fixture::new();
        for (path, query, wanted) in [
            ("agents", "", Some("parameter date_from is missing")),
            ("ranking", "date_from=2016-01-01", Some("parameter date_to is missing")),
            ("chats/slalog", "date_to=2016-01-01", Some("parameter date_from is missing")),
            ("chats/load", "", None),
            ("tickets/slacompliance", "", None),
            ("calls/availability", "", None),
            ("tickets/agentsavailability", "", None),
        ] {
            let reply = desk.get(&format!("/api/reports/{path}?{query}")).await;
            match wanted {
                Some(wanted) => assert_eq!((reply.status, reply.errormessage().as_str()), (500, wanted), "{path}"),
                None => assert_eq!(reply.status, 200, "{path}"),
            }
        }
    }
}
