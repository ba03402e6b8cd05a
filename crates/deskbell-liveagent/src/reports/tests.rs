//! What holds for all reports, through the door.

mod defects;
mod numbers;
mod promises;

use std::path::Path;

use serde_json::Value;

use crate::fixture::Fixture;

/// Paths and lists of all reports; whether their times are mandatory; how many rows a new desk has for 2012-04-03 from 10:00 to 12:00.
const REPORTS: [(&str, &str, bool, usize); 20] = [
    ("agents", "agents", true, 1),
    ("channels", "channels", true, 11),
    ("departments", "departments", true, 1),
    ("performance", "performance", true, 1),
    ("tags", "tags", true, 0),
    ("tickets/agentsavailability", "agentsavailability", false, 0),
    ("tickets/load", "loads", false, 2),
    ("tickets/slacompliance", "slacompliances", false, 2),
    ("tickets/slalog", "slalogs", true, 0),
    ("chats/agentsavailability", "agentsavailability", false, 0),
    ("chats/availability", "availability", false, 2),
    ("chats/load", "loads", false, 2),
    ("chats/slacompliance", "slacompliances", false, 2),
    ("chats/slalog", "slalogs", true, 0),
    ("calls/agentsavailability", "agentsavailability", false, 0),
    ("calls/availability", "availability", false, 2),
    ("calls/load", "loads", false, 2),
    ("calls/slacompliance", "slacompliances", false, 2),
    ("calls/slalog", "slalogs", true, 0),
    ("ranking", "ranks", true, 0),
];
const TIMES: &str = "date_from=2012-04-03%2010:00:00&date_to=2012-04-03%2012:00:00";

/// The columns that the reference promises of a report, in order.
pub(super) fn promised(path: &str) -> Vec<String> {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/liveagent_v1/calls.json");
    let calls: Value = serde_json::from_str(&std::fs::read_to_string(table).expect("the table")).expect("JSON");
    let call = calls.as_array().expect("calls").iter().find(|call| call["path"] == format!("reports/{path}")).expect("the call");
    let columns = call["returns"][0]["columns"].as_array().expect("columns");
    columns.iter().map(|column| column["name"].as_str().expect("a name").to_owned()).collect()
}

/// The keys of rows as they were written.
pub(super) fn keys(row: &str) -> Vec<String> {
    row.split('"').skip(1).step_by(4).map(str::to_owned).collect()
}

#[tokio::test]
async fn lists_under_their_names_in_all_formats() {
    let desk = Fixture::new();
    for (path, list, _, rows) in REPORTS {
        let report = format!("/api/reports/{path}?{TIMES}");
        let json = desk.get_ok(&report).await;
        assert_eq!(json.as_object().expect("an object").keys().collect::<Vec<_>>(), [list], "{path}");
        let found = json[list].as_array().unwrap_or_else(|| panic!("{path}: {json}"));
        assert_eq!(found.len(), rows, "{path}");
        for row in found {
            assert!(row.as_object().expect("a row").values().all(Value::is_string), "{path}: {row}");
        }
        let xml = desk.get(&report.replace('?', ".xml?")).await.text;
        let item = list.strip_suffix('s').unwrap_or("item");
        assert_eq!(xml.matches(&format!("<{item}>")).count(), rows, "{path}: {xml}");
        assert!(rows > 0 || xml.contains(&format!("<response><{list}/></response>")), "{path}: {xml}");
        let yaml = desk.get(&report.replace('?', ".yaml?")).await.text;
        assert_eq!(yaml.matches("\n  - ").count(), rows, "{path}: {yaml}");
        assert_eq!(desk.get_ok(&format!("/api/index.php?handler=reports/{path}&{TIMES}")).await, json, "{path}");
    }
}

#[tokio::test]
async fn rows_have_the_promised_columns_in_order() {
    let desk = Fixture::new();
    desk.tag(desk.ticket("a@b.test", "x").await.id, &["Urgent"]).await;
    for (path, list, _, rows) in REPORTS.into_iter().filter(|(path, .., rows)| *rows > 0 || *path == "tags") {
        let text = desk.get(&format!("/api/reports/{path}?{TIMES}&limitcount=1")).await.text;
        let row = text.strip_prefix(&format!(r#"{{"response":{{"{list}":["#)).unwrap_or_else(|| panic!("{path}: {rows} {text}"));
        assert_eq!(keys(row.trim_end_matches(']')), promised(path), "{path}");
    }
}

#[tokio::test]
async fn what_is_mandatory_is_asked_for() {
    let desk = Fixture::new();
    for (path, _, mandatory, _) in REPORTS {
        for (query, missing) in [("", "date_from"), ("date_to=x", "date_from"), ("date_from=x", "date_to"), ("date_from=", "date_to")] {
            let reply = desk.get(&format!("/api/reports/{path}?{query}")).await;
            if mandatory {
                let wanted = format!("parameter {missing} is missing");
                assert_eq!((reply.status, reply.errormessage()), (500, wanted), "{path}?{query}");
            } else if query.ends_with('x') {
                assert_eq!(reply.status, 500, "{path}?{query}");
            } else {
                assert_eq!(reply.status, 200, "{path}?{query}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_refused() {
    const DATE: &str = "must be a date like 2012-11-05 or 2012-11-05 17:02:01";
    let desk = Fixture::new();
    for (path, _, mandatory, _) in REPORTS {
        for (query, wanted) in [
            ("date_from=yesterday&date_to=2012-01-01", format!("parameter date_from {DATE}")),
            ("date_from=2012-01-01&date_to=2012-02-30", format!("parameter date_to {DATE}")),
            ("date_from=2012-01-01&date_to=2012-01-01T00:00:00Z", format!("parameter date_to {DATE}")),
            ("date_from=2012-01-01&date_to=2012-01-01%2025:00:00", format!("parameter date_to {DATE}")),
            ("TIMES&limitcount=-1", "parameter limitcount must not be negative".to_owned()),
            ("TIMES&limitfrom=-1", "parameter limitfrom must not be negative".to_owned()),
            ("TIMES&limitcount=many", "parameter limitcount must be an integer".to_owned()),
            ("TIMES&limitfrom=1.5", "parameter limitfrom must be an integer".to_owned()),
            ("TIMES&limitfrom=99999999999999999999", "parameter limitfrom must be an integer".to_owned()),
            ("date_from=1900-01-01&date_to=2012-01-01", "the time from date_from to date_to must not be longer than 100 years".to_owned()),
            ("date_from=9999-12-31&date_to=0001-01-01", "the time from date_from to date_to must not be longer than 100 years".to_owned()),
        ] {
            for format in [".json", ".xml", ".yaml"] {
                let reply = desk.get(&format!("/api/reports/{path}{format}?{}", query.replace("TIMES", TIMES))).await;
                assert_eq!(reply.status, 500, "{path}{format}?{query}: {}", reply.text);
                assert!(reply.text.contains(&wanted), "{path}{format}?{query}: {}", reply.text);
                assert!(reply.text.contains("ERROR"), "{path}{format}?{query}: {}", reply.text);
            }
        }
        let reply = desk.get(&format!("/api/reports/{path}?date_from=&date_to=")).await;
        assert_eq!(reply.status, if mandatory { 500 } else { 200 }, "{path}: {}", reply.text);
    }
}

/// Reports of one medium that take columns.
const OF_MEDIA: [&str; 6] = [
    "tickets/agentsavailability",
    "chats/agentsavailability",
    "calls/agentsavailability",
    "tickets/slalog",
    "chats/slalog",
    "calls/slalog",
];

#[tokio::test]
async fn columns_are_chosen() {
    let desk = Fixture::new();
    let get = async |query: &str| desk.get(&format!("/api/reports/agents?{TIMES}&columns={query}")).await;
    let owner = desk.owner.id;
    assert_eq!(
        get("answers,id").await.text,
        format!(r#"{{"response":{{"agents":[{{"id":"{owner}","answers":"0"}}]}}}}"#),
        "in the order of the table"
    );
    assert_eq!(get("%20answers%20,,answers,").await.text, r#"{"response":{"agents":[{"answers":"0"}]}}"#);
    assert_eq!(get("").await.text, get("%20,%20").await.text, "none named: all");
    assert_eq!(get("").await.value()["response"]["agents"][0].as_object().expect("a row").len(), 53);
    for wrong in ["eon", "answers,eon", "Answers", "answers_p", "channelName"] {
        let reply = get(wrong).await;
        assert_eq!(reply.status, 500, "{wrong}");
        assert!(reply.errormessage().starts_with("parameter columns must name columns of this report: id, contactid, "), "{wrong}");
    }
    for path in ["channels", "departments", "performance", "tags", "ranking"].into_iter().chain(OF_MEDIA) {
        let reply = desk.get(&format!("/api/reports/{path}?{TIMES}&columns=worktime")).await;
        assert_eq!(reply.status, 500, "{path}");
        let known = promised(path).join(", ");
        assert_eq!(reply.errormessage(), format!("parameter columns must name columns of this report: {known}"), "{path}");
    }
}

#[tokio::test]
async fn filters_that_nothing_fits_have_no_rows() {
    let desk = Fixture::new();
    let owner = desk.owner.id;
    for (path, list, _, rows) in REPORTS {
        for name in ["departmentid", "agentid", "userid", "slalevelid", "requesterid", "contactid"] {
            let takes =
                crate::metas().iter().any(|meta| meta.path == format!("reports/{path}") && meta.params.iter().any(|one| one.name == name));
            // An id like any other says nothing of a level: one that is gone is in the log.
            let unknown = if name == "slalevelid" { "zzzzzzzzz" } else { "zzzzzzzz" };
            for nobody in ["x", unknown, "%00", "-1"] {
                let found = desk.get_ok(&format!("/api/reports/{path}?{TIMES}&{name}={nobody}")).await;
                let wanted = if takes { 0 } else { rows };
                assert_eq!(found[list].as_array().map(Vec::len), Some(wanted), "{path} {name}={nobody}");
            }
        }
        let found = desk.get_ok(&format!("/api/reports/{path}?{TIMES}&departmentid=default&slalevelid=&requesterid=%20")).await;
        assert_eq!(found[list].as_array().map(Vec::len), Some(rows), "{path}");
        if path != "ranking" {
            let found = desk.get_ok(&format!("/api/reports/{path}?{TIMES}&agentid={owner}&userid={owner}")).await;
            assert_eq!(found[list].as_array().map(Vec::len), Some(rows), "{path}");
        }
    }
}

/// A client that asks so, and wants rows. Source: a client library's own tests.
#[tokio::test]
async fn reversed_times_and_no_parameters_have_rows() {
    let desk = Fixture::new();
    desk.tag(desk.ticket("a@b.test", "x").await.id, &["Urgent"]).await;
    for (path, list) in [("tags", "tags"), ("departments", "departments"), ("channels", "channels"), ("agents", "agents")] {
        let found = desk.get_ok(&format!("/api/reports/{path}?date_from=2016-01-01&date_to=2015-01-15")).await;
        assert!(!found[list].as_array().expect("rows").is_empty(), "{path}");
    }
    for (path, list, mandatory, rows) in REPORTS {
        if !mandatory && rows > 0 {
            assert!(!desk.get_ok(&format!("/api/reports/{path}")).await[list].as_array().expect("rows").is_empty(), "{path}");
        }
    }
}

/// The vendor's own reports once failed behind the first thousand rows.
#[tokio::test]
async fn pages_up_to_the_end_and_beyond() {
    let desk = Fixture::new();
    let count = async |path: &str, list: &str| desk.get_ok(path).await[list].as_array().expect("rows").len();
    const TEN_YEARS: &str = "/api/reports/performance?date_from=2002-01-01&date_to=2011-12-31&group_by=hour&columns=datetime";
    for (page, rows) in [
        ("", 100),
        ("&limitcount=", 100),
        ("&limitcount=0", 0),
        ("&limitcount=7", 7),
        ("&limitcount=100000", 1_000),
        ("&limitcount=1000&limitfrom=87000", 648),
        ("&limitcount=1000&limitfrom=87648", 0),
        ("&limitfrom=9000000000000000000", 0),
    ] {
        assert_eq!(count(&format!("{TEN_YEARS}{page}"), "performance").await, rows, "{page}");
    }
    let last = desk.get_ok(&format!("{TEN_YEARS}&limitfrom=87647")).await;
    assert_eq!(last["performance"][0]["datetime"], "2011-12-31 23:00:00");
    for (path, list) in [("chats/load", "loads"), ("tickets/slacompliance", "slacompliances"), ("calls/availability", "availability")] {
        let path = format!("/api/reports/{path}?date_from=2002-04-04&date_to=2012-04-03");
        assert_eq!(count(&format!("{path}&limitcount=1000&limitfrom=87000"), list).await, 661, "up to the hour that is not over");
        assert_eq!(desk.get_ok(&format!("{path}&limitfrom=87660")).await[list][0]["date"], "2012-04-03 12:00:00");
    }
    for (path, list, all) in [("channels", "channels", 11), ("agents", "agents", 1), ("departments", "departments", 1)] {
        let path = format!("/api/reports/{path}?{TIMES}");
        assert_eq!(count(&format!("{path}&limitfrom=1"), list).await, all - 1);
        assert_eq!(count(&format!("{path}&limitfrom=5000"), list).await, 0);
    }
}
