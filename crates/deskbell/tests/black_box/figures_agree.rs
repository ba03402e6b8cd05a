//! One figure is one number, whoever shows it: LiveAgent's overviews and reports, Zendesk's real-time figures and
//! list of chats, the native overview and the live protocol, side by side while visitors chat, rate and call.

use crate::calls::tell;
use crate::server;
use deskbell_testkit::{Agent, Server, Visitor, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Wider than any test takes, also over midnight.
const TIME: &str = "date_from=2000-01-01&date_to=2099-01-01";

/// What every surface must say now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Now {
    queued: i64,
    offered: i64,
    served: i64,
    missed: i64,
    good: i64,
    bad: i64,
    calls_queued: i64,
    calls_ringing: i64,
    calls_talking: i64,
}

/// What one surface says of what it knows; the others are as wanted.
type Said = (&'static str, Now);

struct Surfaces<'a> {
    server: &'a Server,
}

fn whole(value: &Value) -> i64 {
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_else(|| panic!("{value} is no whole number"))
}

/// How many chats or calls of a console are in a state.
fn in_state(view: &Value, list: &str, state: &str) -> i64 {
    view[list].as_array().into_iter().flatten().filter(|one| one["state"] == state).count() as i64
}

impl Surfaces<'_> {
    /// Zendesk's real-time figures, all together and one by one, of the account and of its one department.
    async fn stream(&self, wanted: Now) -> Vec<Said> {
        let bearer = self.server.bearer();
        let mut said = Vec::new();
        for (name, query) in [("stream", ""), ("stream of the department", "?department_id=0")] {
            let chats = bearer.figures(&format!("chats{query}")).await;
            for window in ["30", "60"] {
                let of = |topic: &str| whole(&chats[topic][window]);
                let (queued, offered, served) =
                    (whole(&chats["incoming_chats"]), whole(&chats["assigned_chats"]), whole(&chats["active_chats"]));
                let (missed, good, bad) = (of("missed_chats"), of("satisfaction_good"), of("satisfaction_bad"));
                said.push((name, Now { queued, offered, served, missed, good, bad, ..wanted }));
            }
        }
        let mut one = wanted;
        for (topic, figure) in [("missed_chats", &mut one.missed), ("satisfaction_good", &mut one.good), ("satisfaction_bad", &mut one.bad)]
        {
            *figure = whole(&bearer.figures(&format!("chats/{topic}?window=30")).await[topic]["30"]);
        }
        for (topic, figure) in
            [("incoming_chats", &mut one.queued), ("assigned_chats", &mut one.offered), ("active_chats", &mut one.served)]
        {
            *figure = whole(&bearer.figures(&format!("chats/{topic}")).await[topic]);
        }
        said.push(("stream, topic by topic", one));
        said
    }

    async fn overviews(&self, owner: &Agent, wanted: Now) -> Vec<Said> {
        let v1 = self.server.v1();
        let chats = v1.response("chats/overview").await["chatsOverview"][0].take();
        let calls = v1.response("calls/overview?department=default").await["callsOverview"][0].take();
        let liveagent = Now {
            queued: whole(&chats["queue"]),
            offered: whole(&chats["ringing"]),
            served: whole(&chats["chats"]),
            calls_queued: whole(&calls["inqueue"]),
            calls_ringing: whole(&calls["ringing"]),
            calls_talking: whole(&calls["running"]),
            ..wanted
        };
        let overview = owner.get("overview").await.good();
        let native = Now {
            queued: whole(&overview["incoming_chats"]),
            offered: whole(&overview["assigned_chats"]),
            served: whole(&overview["active_chats"]),
            missed: whole(&overview["missed_chats"]["60"]),
            good: whole(&overview["satisfaction_good"]["30"]),
            bad: whole(&overview["satisfaction_bad"]["60"]),
            ..wanted
        };
        let view = owner.fresh_look().await.view;
        let live = Now {
            queued: in_state(&view, "chats", "queued"),
            offered: in_state(&view, "chats", "offered"),
            served: in_state(&view, "chats", "served"),
            calls_queued: in_state(&view, "calls", "queued"),
            calls_ringing: in_state(&view, "calls", "ringing"),
            calls_talking: in_state(&view, "calls", "talking"),
            ..wanted
        };
        vec![("LiveAgent's overviews", liveagent), ("the native overview", native), ("the live protocol", live)]
    }

    /// The same of reports of sums, whatever they are of; and of the ranking.
    async fn reports(&self, wanted: Now) -> Vec<Said> {
        let mut said = Vec::new();
        for report in ["performance", "channels", "departments"] {
            let [missed, good, bad] = self.sums(report, ["u_chats", "rewards", "punishments"]).await;
            said.push((report, Now { missed, good, bad, ..wanted }));
            let [asked, finished, missed] = self.sums(report, ["i_chats", "f_chats", "u_chats"]).await;
            // What has neither ended joined nor unjoined goes on.
            let going_on = asked - finished - missed;
            let queued = going_on - wanted.offered - wanted.served;
            said.push((report, Now { queued, ..wanted }));
            let [called, finished, given_up, spoken] = self.sums(report, ["i_calls", "f_calls", "u_calls", "o_calls"]).await;
            let calls_queued = called - finished - given_up - spoken - wanted.calls_ringing - wanted.calls_talking;
            said.push((report, Now { calls_queued, ..wanted }));
        }
        let [good, bad] = self.sums("agents", ["rewards", "punishments"]).await;
        said.push(("agents", Now { good, bad, ..wanted }));
        let ranks = self.rows("ranking").await;
        let of = |letter: &str| ranks.iter().filter(|row| row["rankingType"] == letter).count() as i64;
        said.push(("ranking", Now { good: of("W"), bad: of("P"), ..wanted }));
        said
    }

    async fn rows(&self, report: &str) -> Vec<Value> {
        let grouped = if report == "performance" { "&group_by=month&limitcount=1000&limitfrom=200" } else { "" };
        let response = self.server.v1().response(&format!("reports/{report}?{TIME}{grouped}")).await;
        let lists = response.as_object().expect("a list").values().next().cloned();
        lists.and_then(|list| list.as_array().cloned()).unwrap_or_else(|| panic!("{report}: {response}"))
    }

    async fn sums<const N: usize>(&self, report: &str, columns: [&str; N]) -> [i64; N] {
        let rows = self.rows(report).await;
        columns.map(|column| rows.iter().map(|row| whole(&row[column])).sum())
    }

    /// Chats that have ended, as they are listed. The incremental export shows the same records, but none of the last five minutes.
    async fn listed(&self, wanted: Now) -> Said {
        let page = self.server.bearer().get("/api/v2/chats").await.good();
        let chats = page["chats"].as_array().unwrap_or_else(|| panic!("{page}"));
        let count = |is: &dyn Fn(&&Value) -> bool| chats.iter().filter(|chat| is(chat)).count() as i64;
        let (good, bad) = (count(&|chat| chat["rating"] == "good"), count(&|chat| chat["rating"] == "bad"));
        ("the list of chats", Now { good, bad, missed: count(&|chat| chat["missed"] == true), ..wanted })
    }

    /// Waits until all say the same; the list of chats tells only of what has ended.
    async fn agree(&self, step: &str, owner: &Agent, wanted: Now) {
        let mut shown: Vec<Said> = Vec::new();
        let what = format!("{step}: all say {wanted:?}");
        let surfaces = eventually(&what, async || {
            let mut said = self.stream(wanted).await;
            said.extend(self.overviews(owner, wanted).await);
            said.extend(self.reports(wanted).await);
            if wanted.served + wanted.offered + wanted.queued == 0 {
                said.push(self.listed(wanted).await);
            }
            let surfaces = said.len();
            let differ: Vec<Said> = said.into_iter().filter(|(_, now)| *now != wanted).collect();
            if differ != shown {
                eprintln!("{step}: {differ:?}");
                shown.clone_from(&differ);
            }
            differ.is_empty().then_some(surfaces)
        });
        assert!(surfaces.await >= 19, "{step}");
    }

    /// The highest level of an hour that reports know of.
    async fn highest<const N: usize>(&self, report: &str, columns: [&str; N]) -> [i64; N] {
        // Thirty days of hours, in case one passes meanwhile.
        let response = self.server.v1().response(&format!("reports/{report}?limitcount=1000")).await;
        let rows = response["loads"].as_array().unwrap_or_else(|| panic!("{response}")).clone();
        columns.map(|column| rows.iter().map(|row| whole(&row[column])).max().unwrap_or_default())
    }
}

#[tokio::test]
async fn chats_and_ratings() {
    let server = server().await;
    let surfaces = Surfaces { server: &server };
    let mut owner = Agent::owner(&server).await;
    let mut me = owner.get("agents").await.good()["items"][0].take();
    me["slots"] = json!(1);
    owner.call(Method::PUT, &format!("agents/{}", owner.id), Some(me)).await.good();
    owner.be("online").await;
    let idle = Now::default();
    surfaces.agree("nothing has happened", &owner, idle).await;

    let mut first = Visitor::arrive(&server).await;
    first.ask("first").await;
    surfaces.agree("one rings", &owner, Now { offered: 1, ..idle }).await;
    let chat = owner.take_offer().await;
    let (mut second, mut third) = (Visitor::arrive(&server).await, Visitor::arrive(&server).await);
    second.ask("second").await;
    third.ask("third").await;
    surfaces.agree("one is served, two wait", &owner, Now { served: 1, queued: 2, ..idle }).await;
    third.live.ok(json!({"t": "end"})).await;
    let busy = Now { served: 1, queued: 1, missed: 1, ..idle };
    surfaces.agree("one has left", &owner, busy).await;
    first.live.ok(json!({"t": "rate", "rating": "bad", "comment": "slow"})).await;
    surfaces.agree("a bad rating while it goes on", &owner, Now { bad: 1, ..busy }).await;
    first.live.ok(json!({"t": "rate", "rating": "good"})).await;
    surfaces.agree("he thinks better of it", &owner, Now { good: 1, ..busy }).await;
    owner.live.ok(json!({"t": "end", "chat": chat})).await;
    surfaces.agree("the next one rings", &owner, Now { offered: 1, missed: 1, good: 1, ..idle }).await;
    let chat = owner.take_offer().await;
    owner.live.ok(json!({"t": "end", "chat": chat})).await;
    second.live.ok(json!({"t": "rate", "rating": "bad"})).await;
    surfaces.agree("both have ended", &owner, Now { missed: 1, good: 1, bad: 1, ..idle }).await;
    second.live.ok(json!({"t": "rate", "rating": null})).await;
    surfaces.agree("it is taken back", &owner, Now { missed: 1, good: 1, ..idle }).await;
    let [chats, pickups, not_ranked] = surfaces.sums("performance", ["chats", "chat_pickup", "not_ranked"]).await;
    assert_eq!((chats, pickups, not_ranked), (2, 2, 1));
    // The load report has the levels that overviews showed at their highest.
    assert_eq!(surfaces.highest("chats/load", ["maxQueue", "maxService"]).await, [2, 1]);
}

#[tokio::test]
async fn calls() {
    let server = server().await;
    let surfaces = Surfaces { server: &server };
    let mut owner = Agent::owner(&server).await;
    owner.be("online").await;
    owner.put("me/phone", json!({"on": true})).await.good();
    let idle = Now::default();
    let mut calls = Vec::new();
    for line in 1..=3 {
        let told = tell(&server, "calls", json!({"direction": "in", "number": format!("+44 1632 96000{line}")})).await.good();
        calls.push(told["call"].as_str().expect("an id").to_owned());
    }
    assert_eq!(calls.iter().collect::<BTreeSet<_>>().len(), 3);
    surfaces.agree("three wait", &owner, Now { calls_queued: 3, ..idle }).await;
    tell(&server, &format!("calls/{}/ring", calls[0]), json!({"to": owner.id})).await.good();
    surfaces.agree("one of them rings", &owner, Now { calls_queued: 2, calls_ringing: 1, ..idle }).await;
    owner.post(&format!("calls/{}/answer", calls[0]), json!({})).await.good();
    surfaces.agree("it is answered", &owner, Now { calls_queued: 2, calls_talking: 1, ..idle }).await;
    tell(&server, &format!("calls/{}/hold", calls[0]), json!({"agent": owner.id})).await.good();
    surfaces.agree("who is held is served still", &owner, Now { calls_queued: 2, calls_talking: 1, ..idle }).await;
    tell(&server, &format!("calls/{}/end", calls[1]), json!({"by": "customer"})).await.good();
    tell(&server, &format!("calls/{}/voicemail", calls[2]), json!({"text": "Call me back"})).await.good();
    surfaces.agree("one gives up, one leaves a message", &owner, Now { calls_talking: 1, ..idle }).await;
    tell(&server, &format!("calls/{}/end", calls[0]), json!({"by": "customer"})).await.good();
    surfaces.agree("all is quiet", &owner, idle).await;
    for report in ["performance", "channels", "departments"] {
        let sums = surfaces.sums(report, ["i_calls", "calls", "f_calls", "u_calls", "o_calls", "missed_calls"]).await;
        assert_eq!(sums, [3, 1, 1, 1, 1, 0], "{report}");
    }
    let [answered, given_up] = surfaces.sums("agents", ["calls", "u_calls"]).await;
    assert_eq!((answered, given_up), (1, 0), "what rang at nobody is nobody's");
    assert_eq!(surfaces.highest("calls/load", ["maxQueue", "maxService", "maxSlots"]).await, [3, 1, 1]);
}
