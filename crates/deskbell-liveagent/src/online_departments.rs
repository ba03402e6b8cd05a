//! `GET onlinestatus/departments`.

use deskbell_app::rights::Right;
use deskbell_app::views::teams::{self, Team, Waiting};
use deskbell_app::{AppError, Desk};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use serde::Serialize;

pub(crate) struct ListOnlineDepartments;

impl Endpoint<Desk> for ListOnlineDepartments {
    const META: Meta = Meta::get("onlinestatus/departments", Right::ApiKey)
        .summary("Which channels are on in each department, and what waits there")
        .source("reference, Online status: Departments; `presetStatus`: a client library reads it")
        .quirks(&[
            "all departments at once, whatever their number; those that are switched off are left out",
            "statuses as in `GET departments`",
            "counts are of conversations: `chat_count` in status Chatting, `new_count` New, `customer_reply_count` Open; `total_count` is their sum, `max_count` the largest `total_count` of all departments",
        ]);

    async fn run(cx: Cx<Desk>, _: Input) -> Result<Answer, AppError> {
        let mut queues = cx.state.snapshot(teams::queues).await?;
        queues.retain(|(team, _)| team.department.enabled);
        let max = queues.iter().map(|(_, waiting)| total(waiting)).max().unwrap_or_default();
        let states = queues.into_iter().map(|(team, waiting)| State::new(team, waiting, max)).collect();
        Ok(Answer::tree(States { states }))
    }
}

fn total(waiting: &Waiting) -> i64 {
    waiting.chatting + waiting.new + waiting.open
}

#[derive(Serialize)]
struct States {
    #[serde(rename = "departmentsOnlineStates")]
    states: Vec<State>,
}

#[derive(Serialize)]
struct State {
    id: String,
    name: String,
    #[serde(rename = "onlineStatus")]
    online: String,
    #[serde(rename = "presetStatus")]
    preset: String,
    chat_count: String,
    new_count: String,
    customer_reply_count: String,
    total_count: String,
    max_count: String,
}

impl State {
    fn new(team: Team, waiting: Waiting, max: i64) -> State {
        State {
            id: team.department.id.to_string(),
            name: team.department.name,
            online: team.online.letters(),
            preset: team.preset.letters(),
            chat_count: waiting.chatting.to_string(),
            new_count: waiting.new.to_string(),
            customer_reply_count: waiting.open.to_string(),
            total_count: total(&waiting).to_string(),
            max_count: max.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use deskbell_domain::agent::AgentStatus;
    use deskbell_domain::conversation::Status;

    use crate::fixture::Fixture;

    #[tokio::test]
    async fn counts_of_now() {
        let desk = Fixture::new();
        let sales = desk.department("Sales").await;
        desk.join(sales, desk.owner.id).await;
        for (number, status) in
            [Status::New, Status::Open, Status::Open, Status::Resolved, Status::New, Status::New].into_iter().enumerate()
        {
            let ticket = desk.ticket("ann@owner.test", "Hello").await;
            desk.rewrite(ticket.id, move |one| {
                one.status = status;
                one.department = if number < 4 { one.department } else { sales };
            })
            .await;
        }
        let (twice, once) = (desk.ticket("ann@owner.test", "twice").await, desk.ticket("ann@owner.test", "once").await);
        desk.merge(twice.id, once.id).await;
        desk.rewrite(once.id, |one| one.status = Status::Resolved).await;
        desk.status(desk.owner.id, AgentStatus::ONLINE).await;
        desk.chat("Hi").await;
        let json = desk.get("/api/onlinestatus/departments").await.text;
        assert_eq!(
            json,
            format!(
                r#"{{"response":{{"departmentsOnlineStates":[{{"id":"default","name":"Support","onlineStatus":"MRT","presetStatus":"MRT","chat_count":"1","new_count":"1","customer_reply_count":"2","total_count":"4","max_count":"4"}},{{"id":"{sales}","name":"Sales","onlineStatus":"MRT","presetStatus":"MRT","chat_count":"0","new_count":"2","customer_reply_count":"0","total_count":"2","max_count":"4"}}]}}}}"#
            )
        );
        desk.switch_department_off(sales).await;
        assert_eq!(
            desk.get("/api/onlinestatus/departments.xml").await.text,
            "<?xml version='1.0' encoding='utf-8'?><response><departmentsOnlineStates><departmentsOnlineState><id>default</id><name>Support</name>\
             <onlineStatus>MRT</onlineStatus><presetStatus>MRT</presetStatus><chat_count>1</chat_count><new_count>1</new_count>\
             <customer_reply_count>2</customer_reply_count><total_count>4</total_count><max_count>4</max_count></departmentsOnlineState>\
             </departmentsOnlineStates></response>"
        );
        let yaml = desk.get("/api/onlinestatus/departments.yaml").await.text;
        assert!(yaml.contains("onlineStatus: MRT\n") && yaml.contains("max_count: \"4\"\n"), "{yaml}");
    }
}
