//! The log of rules and time rules: what fired, on what, and what came of it.

use std::collections::HashMap;

use deskbell_app::AppError;
use deskbell_app::rights::Right;
use deskbell_app::rules::{self, Firing, LogFilter};
use deskbell_domain::automation::AnyRuleId;
use deskbell_domain::ids::{ConversationId, RuleId, TimeRuleId};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use deskbell_store::tables;
use serde::Serialize;
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::conversations::resolve;
use super::page::{self, Page};
use super::{Native, given_id_opt};
use crate::wire::millis;

/// Rows on a page, unless told otherwise and at most.
const PAGE_ROWS: i64 = 100;
const PAGE_ROWS_MAX: i64 = 500;

/// A firing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FiringView {
    /// Its number in the journal.
    number: i64,
    /// Of a rule; null for a time rule.
    rule: Option<String>,
    time_rule: Option<String>,
    /// What the rule was called then.
    name: String,
    conversation: String,
    /// What the conversation is called; null if it is gone.
    code: Option<String>,
    at: i64,
    /// What a rule fired on, and its number in the journal.
    event: Option<&'static str>,
    event_number: Option<i64>,
    /// The firing that caused that event.
    cause: Option<i64>,
    /// `done`, or why it was held back: `loop`, `chain`, `often`; `failed`: by a defect.
    outcome: &'static str,
    /// What became of its actions, a line each.
    detail: String,
}

impl FiringView {
    fn new(firing: &Firing, codes: &HashMap<ConversationId, String>) -> Self {
        let (rule, time_rule) = match firing.rule {
            AnyRuleId::Rule(rule) => (Some(rule.to_string()), None),
            AnyRuleId::TimeRule(rule) => (None, Some(rule.to_string())),
        };
        FiringView {
            number: firing.number,
            rule,
            time_rule,
            name: firing.name.clone(),
            conversation: firing.conversation.to_string(),
            code: codes.get(&firing.conversation).cloned(),
            at: millis(firing.at),
            event: firing.event.map(|(event, _)| event.text()),
            event_number: firing.event.map(|(_, number)| number),
            cause: firing.cause,
            outcome: firing.outcome.text(),
            detail: firing.detail.clone(),
        }
    }
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<FiringView>>();
}

impl Endpoint<Native> for List {
    const META: Meta =
        Meta::get("rule-log", Right::Administrator).summary("What rules and time rules did, the newest first; kept for 90 days").params(&[
            Param::text("rule").placed(Place::Query).about("of this rule"),
            Param::text("time_rule").placed(Place::Query).about("of this time rule"),
            Param::text("conversation")
                .placed(Place::Query)
                .about("with this conversation (id, code or public code), and what was merged into it"),
            page::LIMIT,
            page::AFTER,
        ]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let rule = given_id_opt(input.filled_opt("rule"), RuleId::parse, "rule")?.map(AnyRuleId::Rule);
        let time_rule = given_id_opt(input.filled_opt("time_rule"), TimeRuleId::parse, "time_rule")?.map(AnyRuleId::TimeRule);
        if rule.is_some() && time_rule.is_some() {
            return Err(AppError::invalid("rule and time_rule: nothing is done by both, give one of the two"));
        }
        let conversation = input.filled_opt("conversation").map(str::to_owned);
        let before = if input.filled_opt("after").is_some() { page::number_cursor(&input)? } else { i64::MAX };
        let limit = page::limit(&input, PAGE_ROWS, PAGE_ROWS_MAX)?;
        let firings = cx.state.desk.snapshot(move |tx| {
            let conversation = conversation.map(|spelling| resolve(tx, &spelling)).transpose()?;
            let firings = rules::firings(tx, LogFilter { rule: rule.or(time_rule), conversation }, before, limit + 1)?;
            let ids: Vec<ConversationId> = firings.iter().map(|firing| firing.conversation).collect();
            let codes = tables::conversations::codes(tx, &ids)?;
            Ok((firings, codes))
        });
        let (firings, codes) = firings.await?;
        Ok(Answer::tree(Page::cut(firings, limit, |firing| firing.number.to_string(), |row| FiringView::new(row, &codes))))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::native::tests::harness::start;

    #[tokio::test]
    async fn what_fired_is_listed() {
        let desk = start().await;
        let definition = json!({"events": "note_added", "conditions": [[{"by": "agent"}]], "actions": [{"add_tag": "noted"}]});
        let rule = desk.admin.post("rules", json!({"name": "noted", "definition": definition})).await.expect(201)["rule"].clone();
        let conversation = desk.visitor("Cleo", "cleo@shop.test").await.leave_message("Hello?").await;
        let path = format!("conversations/{conversation}/messages");
        for text in ["one", "two"] {
            desk.agent.post(&path, json!({"kind": "note", "text": text})).await.expect(200);
        }
        let reader = desk.desk.clone();
        tokio::task::spawn_blocking(move || reader.rule_reader().catch_up()).await.unwrap().unwrap();
        let page = desk.admin.get("rule-log?limit=1").await.expect(200);
        let row = &page["items"][0];
        let code = desk.agent.get(&format!("conversations/{conversation}")).await.expect(200)["code"].as_str().unwrap().to_owned();
        let wanted = json!({"number": row["number"], "rule": rule, "time_rule": null, "name": "noted", "conversation": conversation,
            "code": code, "at": row["at"], "event": "note_added", "event_number": row["event_number"], "cause": null, "outcome": "done",
            "detail": "add_tag: as it was"});
        assert_eq!(*row, wanted);
        let next = page["next"].as_str().unwrap();
        let page = desk.admin.get(&format!("rule-log?limit=1&after={next}")).await.expect(200);
        assert_eq!((&page["items"][0]["detail"], &page["next"]), (&json!("add_tag: noted"), &json!(null)));
        let rule = rule.as_str().unwrap();
        for (query, rows) in
            [(format!("rule={rule}"), 2), (format!("rule={rule}&conversation={conversation}"), 2), ("time_rule=zzzzzzzz".to_owned(), 0)]
        {
            let page = desk.admin.get(&format!("rule-log?{query}")).await.expect(200);
            assert_eq!(page["items"].as_array().unwrap().len(), rows, "{query}");
        }
        // By its code; and what was merged into another one is found there.
        let rows = async |spelling: &str, more: &str| -> usize {
            let page = desk.admin.get(&format!("rule-log?conversation={spelling}{more}")).await.expect(200);
            page["items"].as_array().unwrap().len()
        };
        assert_eq!(rows(&code, "").await, 2);
        let other = desk.visitor("Bo", "bo@shop.test").await.leave_message("Mine, too").await;
        assert_eq!(rows(&other, "").await, 0);
        let spelling = other.clone();
        let from = conversation.clone();
        desk.desk
            .write(move |tx, cx| {
                let id = |spelling: &str| deskbell_domain::ids::ConversationId::parse(spelling).unwrap();
                deskbell_app::conversations::merge::merge(tx, cx, deskbell_domain::message::Actor::System, id(&from), id(&spelling))
            })
            .await
            .unwrap();
        for spelling in [&other, &code, &conversation] {
            assert_eq!((rows(spelling, "").await, rows(spelling, &format!("&rule={rule}")).await), (2, 2), "{spelling}");
        }
        desk.admin.get("rule-log?conversation=zzzzzzzz").await.refused(404, "not_found");
        desk.admin.get(&format!("rule-log?rule={rule}&time_rule={rule}")).await.refused(400, "invalid");
        desk.admin.get("rule-log?rule=!").await.refused(400, "invalid");
        desk.admin.get("rule-log?after=x").await.refused(400, "invalid");
        desk.agent.get("rule-log").await.refused(403, "forbidden");
    }
}
