mod kept;

use serde_json::{Value, json};

use crate::native::tests::harness::start;

fn week() -> Value {
    json!({
        "zone": "Europe/Berlin",
        "days": {"mon": [{"from": "09:00", "until": "12:00"}, {"from": "13:00", "until": "17:30"}], "sat": [{"from": "00:00", "until": "24:00"}]},
        "holidays": ["2026-12-25", "2027-01-01"]
    })
}

#[tokio::test]
async fn levels_are_made_changed_and_taken_away() {
    let desk = start().await;
    let body = json!({"name": "Usual", "times": {"first_answer": 14_400, "chat_answer": 60}, "calendar": week()});
    let made = desk.admin.post("sla/levels", body.clone()).await.expect(201);
    let times = json!({"first_answer": 14_400, "next_answer": null, "first_assign": null, "first_resolve": null, "chat_answer": 60, "call_answer": null});
    assert_eq!((&made["name"], &made["times"], &made["calendar"]), (&json!("Usual"), &times, &week()));
    let path = format!("sla/levels/{}", made["level"].as_str().unwrap());
    let changed = desk.owner.put(&path, json!({"times": {"chat_answer": null, "next_answer": 60}})).await.expect(200);
    assert_eq!((&changed["times"]["chat_answer"], &changed["times"]["next_answer"]), (&json!(null), &json!(60)));
    assert_eq!((&changed["times"]["first_answer"], &changed["calendar"]), (&json!(14_400), &week()), "what is left out stays");
    assert_eq!(desk.agent.get("sla/levels").await.expect(200)["items"], json!([changed]), "all agents see them");
    let always = desk.admin.post("sla/levels", json!({"name": "Always", "times": {"first_answer": 1}})).await.expect(201);
    let day = json!([{"from": "00:00", "until": "24:00"}]);
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(|name| (name.to_owned(), day.clone()));
    assert_eq!(always["calendar"], json!({"zone": "UTC", "days": Value::Object(days.into_iter().collect()), "holidays": []}));
    desk.admin.delete(&path).await.expect(204);
    for reply in
        [desk.admin.delete(&path).await, desk.admin.put(&path, json!({})).await, desk.admin.put("sla/levels/Usual", json!({})).await]
    {
        reply.refused(404, "not_found");
    }
    desk.admin.post("sla/levels", json!({"name": "ALWAYS", "times": {"first_answer": 1}})).await.refused(409, "conflict");
    for reply in [desk.agent.post("sla/levels", body).await, desk.agent.put(&path, json!({})).await, desk.agent.delete(&path).await] {
        reply.refused(403, "forbidden");
    }
    desk.nobody().get("sla/levels").await.refused(401, "no_credential");
}

#[tokio::test]
async fn refusals_of_levels_name_the_field() {
    let desk = start().await;
    let days = |mon: Value| json!({"zone": "GMT", "days": {"mon": mon}});
    let span = |from: &str, until: &str| json!({"from": from, "until": until});
    let many: Vec<Value> = (0..9).map(|hour| span(&format!("{hour:02}:00"), &format!("{hour:02}:30"))).collect();
    for (calendar, field) in [
        (json!({"zone": "Mars/Base", "days": {}}), "calendar.zone"),
        (json!({"zone": "GMT; mon", "days": {}}), "calendar.zone"),
        (json!({"zone": "", "days": {}}), "calendar.zone"),
        (json!({"zone": "GMT", "days": {}}), "calendar.days"),
        (json!({"zone": "GMT", "days": {"someday": []}}), "calendar.days"),
        (days(json!([span("17:00", "09:00")])), "calendar.days.mon"),
        (days(json!([span("09:00", "24:30")])), "calendar.days.mon"),
        (days(json!([span("9", "17")])), "calendar.days.mon"),
        (days(json!([span("09:00", "12:00; off 2026-01-01")])), "calendar.days.mon"),
        (days(json!([span("13:00", "17:00"), span("09:00", "12:00")])), "calendar.days.mon"),
        (days(json!([span("09:00", "12:00"), span("12:00", "17:00")])), "calendar.days.mon"),
        (days(json!(many)), "calendar.days.mon"),
        (
            json!({"zone": "GMT", "days": {"mon": [span("09:00", "12:00")]}, "holidays": ["2026-12-25", "christmas"]}),
            "calendar.holidays[1]",
        ),
        (json!({"zone": "GMT", "days": {"mon": [span("09:00", "12:00")]}, "holidays": ["2026-02-30"]}), "calendar.holidays[0]"),
    ] {
        let reply = desk.admin.post("sla/levels", json!({"name": "New", "times": {"first_answer": 60}, "calendar": calendar})).await;
        reply.refused(400, "invalid");
        assert!(reply.text.contains(field), "{} names {field}", reply.text);
    }
    for (times, field) in [
        (json!({}), "times"),
        (json!({"first_answer": null}), "times"),
        (json!({"second_answer": 60}), "times has only"),
        (json!({"first_answer": 0}), "times.first_answer"),
        (json!({"call_answer": -1}), "times.call_answer"),
        (json!({"call_answer": 100_000_000}), "times.call_answer"),
    ] {
        let reply = desk.admin.post("sla/levels", json!({"name": "New", "times": times})).await;
        reply.refused(400, "invalid");
        assert!(reply.text.contains(field), "{} names {field}", reply.text);
    }
    desk.admin.post("sla/levels", json!({"times": {"first_answer": 60}})).await.refused(400, "missing");
}

#[tokio::test]
async fn rules_are_made_ordered_and_taken_away() {
    let desk = start().await;
    let level = desk.admin.post("sla/levels", json!({"name": "Usual", "times": {"first_answer": 60}})).await.expect(201)["level"].clone();
    let groups = json!([[{"about": "channel", "any_of": ["M"]}, {"about": "email_domain", "any_of": ["*.shop.test"]}]]);
    let first = desk.admin.post("sla/rules", json!({"name": "Forms", "level": level, "groups": groups})).await.expect(201);
    assert_eq!((&first["groups"], &first["enabled"], &first["level"]), (&groups, &json!(true), &level));
    let second = desk.admin.post("sla/rules", json!({"name": "All", "level": level, "enabled": false})).await.expect(201);
    assert_eq!(desk.admin.get("sla/rules").await.expect(200)["items"], json!([first, second]));
    let order = json!({"rules": [second["rule"], first["rule"]]});
    assert_eq!(desk.admin.put("sla/order", order.clone()).await.expect(200)["items"], json!([second, first]));
    let path = format!("sla/rules/{}", second["rule"].as_str().unwrap());
    assert_eq!(desk.admin.put(&path, json!({"enabled": true})).await.expect(200)["enabled"], json!(true));
    let id = desk.visitor("Cleo", "cleo@shop.test").await.leave_message("Hello").await;
    assert_eq!(desk.agent.get(&format!("conversations/{id}")).await.expect(200)["sla"]["name"], "Usual");
    // A level that a rule names stays.
    desk.admin.delete(&format!("sla/levels/{}", level.as_str().unwrap())).await.refused(409, "conflict");
    desk.admin.delete(&path).await.expect(204);
    desk.admin.delete(&path).await.refused(404, "not_found");
    desk.admin.put(&path, json!({})).await.refused(404, "not_found");
    desk.admin.put("sla/order", order).await.refused(400, "invalid");
    desk.admin.put("sla/order", json!({"rules": ["x"]})).await.refused(400, "invalid");
    for (body, field) in [
        (json!({"name": "Odd", "level": level, "groups": [[{"about": "moon", "any_of": ["full"]}]]}), "groups[0][0].about"),
        (json!({"name": "Odd", "level": level, "groups": [[{"about": "channel", "any_of": ["mail"]}]]}), "groups[0][0].any_of"),
        (json!({"name": "Odd", "level": "zzzzzzzz"}), "level"),
        (json!({"name": "", "level": level}), "name"),
    ] {
        let reply = desk.admin.post("sla/rules", body).await;
        reply.refused(400, "invalid");
        assert!(reply.text.contains(field), "{} names {field}", reply.text);
    }
    desk.admin.post("sla/rules", json!({"name": "Odd"})).await.refused(400, "missing");
    let body = json!({"name": "Mine", "level": level});
    for reply in [
        desk.agent.get("sla/rules").await,
        desk.agent.post("sla/rules", body).await,
        desk.agent.put(&path, json!({})).await,
        desk.agent.put("sla/order", json!({"rules": []})).await,
        desk.agent.delete(&path).await,
    ] {
        reply.refused(403, "forbidden");
    }
}

#[tokio::test]
async fn rules_have_the_conditions_of_rules() {
    let desk = start().await;
    let level = desk.admin.post("sla/levels", json!({"name": "Usual", "times": {"first_answer": 60}})).await.expect(201)["level"].clone();
    let conditions = json!([[{"text": "/refund|money/i"}, {"not": {"customer_email": "@spam."}}]]);
    let made = desk.admin.post("sla/rules", json!({"name": "Money", "level": level, "conditions": conditions})).await.expect(201);
    assert_eq!((&made["conditions"], &made["groups"]), (&conditions, &Value::Null), "the short spelling has no word for it");
    let cleo = desk.visitor("Cleo", "cleo@shop.test").await.leave_message("My Money back, please").await;
    let dora = desk.visitor("Dora", "dora@spam.test").await.leave_message("Money!").await;
    assert_eq!(desk.agent.get(&format!("conversations/{cleo}")).await.expect(200)["sla"]["name"], "Usual");
    assert_eq!(desk.agent.get(&format!("conversations/{dora}")).await.expect(200)["sla"]["name"], Value::Null);
    // Either spelling may be written; both are told.
    let path = format!("sla/rules/{}", made["rule"].as_str().unwrap());
    let groups = json!([[{"about": "email_domain", "any_of": ["*.shop.test"]}]]);
    let changed = desk.admin.put(&path, json!({"groups": groups})).await.expect(200);
    assert_eq!((&changed["groups"], &changed["conditions"]), (&groups, &json!([[{"customer_domain": ["*.shop.test"]}]])));
    for (body, field) in [
        (json!({"groups": groups, "conditions": conditions}), "one of the two"),
        (json!({"conditions": [[{"status_before": "N"}]]}), "conditions[0][0].status_before"),
        (json!({"conditions": [[{"created_more_than": "1d"}]]}), "conditions[0][0].created_more_than"),
        (json!({"conditions": "always"}), "conditions must be a list"),
    ] {
        let reply = desk.admin.put(&path, body).await;
        reply.refused(400, "invalid");
        assert!(reply.text.contains(field), "{} names {field}", reply.text);
    }
}
