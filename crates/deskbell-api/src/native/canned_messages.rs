//! Canned messages: phrases for chats. Each agent is told those that he may use and writes his own; administrators write those for a
//! department and for everybody. What they share with predefined answers is here, too.

use deskbell_app::AppError;
use deskbell_app::replies::{self, CannedDraft, Whose};
use deskbell_app::rights::Right;
use deskbell_domain::ids::{AgentId, CannedMessageId, DepartmentId};
use deskbell_domain::reply::{CannedMessage, Visibility};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::page::{self, Page};
use super::{Native, given_id, me, path_id};

pub(super) const SEARCH: Param =
    Param::text("search").placed(Place::Query).about("the beginning of a name or a text, 2 characters at least");
pub(super) const WHOSE: Param =
    Param::text("whose").placed(Place::Query).about("`usable` (unless told otherwise), or `managed`: those that you may change");

/// Which ones a list is asked for.
pub(super) fn whose(input: &Input) -> Result<Whose, AppError> {
    match input.filled_opt("whose") {
        None | Some("usable") => Ok(Whose::Usable),
        Some("managed") => Ok(Whose::Managed),
        Some(_) => Err(AppError::invalid("whose must be usable or managed")),
    }
}

/// Visibility in three members: `all`, `department` with its id, `agent` with his.
pub(super) fn visibility_words(visibility: Visibility) -> (&'static str, Option<String>, Option<String>) {
    match visibility {
        Visibility::Everybody => ("all", None, None),
        Visibility::Department(department) => ("department", Some(department.to_string()), None),
        Visibility::Agent(agent) => ("agent", None, Some(agent.to_string())),
    }
}

/// Reads it back; an agent left out is the one who writes.
pub(super) fn read_visibility(
    me: AgentId,
    visibility: Option<&str>,
    department: Option<&str>,
    agent: Option<&str>,
) -> Result<Option<Visibility>, AppError> {
    Ok(match visibility {
        None => None,
        Some("all") => Some(Visibility::Everybody),
        Some("department") => {
            let department = department.ok_or_else(|| AppError::missing("department is missing"))?;
            Some(Visibility::Department(given_id(department, DepartmentId::parse, "department")?))
        }
        Some("agent") => Some(Visibility::Agent(match agent {
            Some(agent) => given_id(agent, AgentId::parse, "agent")?,
            None => me,
        })),
        Some(_) => return Err(AppError::invalid("visibility must be one of all, department, agent")),
    })
}

/// A phrase for chats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CannedMessageView {
    message: String,
    name: String,
    text: String,
    /// `all`, `department` or `agent`.
    visibility: &'static str,
    department: Option<String>,
    agent: Option<String>,
}

impl From<&CannedMessage> for CannedMessageView {
    fn from(message: &CannedMessage) -> Self {
        let (visibility, department, agent) = visibility_words(message.visibility);
        CannedMessageView {
            message: message.id.to_string(),
            name: message.name.clone(),
            text: message.text.clone(),
            visibility,
            department,
            agent,
        }
    }
}

/// What is written of a canned message; what is left out or null stays, or has its default.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CannedMessageBody {
    /// 1 to 100 characters.
    name: Option<String>,
    text: Option<String>,
    /// `all`, `department` (then `department` is given) or `agent` (you, unless `agent` is given), which a new one has.
    visibility: Option<String>,
    department: Option<String>,
    agent: Option<String>,
}

impl CannedMessageBody {
    fn draft(self, me: AgentId) -> Result<CannedDraft, AppError> {
        let visibility = read_visibility(me, self.visibility.as_deref(), self.department.as_deref(), self.agent.as_deref())?;
        Ok(CannedDraft { name: self.name, text: self.text, visibility })
    }
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<CannedMessageView>>();
}

impl Endpoint<Native> for List {
    const META: Meta =
        Meta::get("canned-messages", Right::Agent).summary("Canned messages, by name").params(&[SEARCH, WHOSE, page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let (me, whose) = (me(&cx)?, whose(&input)?);
        let search = input.filled_opt("search").map(str::to_owned);
        let found = cx.state.desk.snapshot(move |tx| replies::canned(tx, me, whose, search.as_deref())).await?;
        Ok(Answer::tree(Page::of_all(found, &input, |message| message.id.to_string(), |row| CannedMessageView::from(row))?))
    }
}

pub(crate) struct Create;

impl Call for Create {
    const BODIES: Bodies = Bodies::creates::<CannedMessageView>().reads::<CannedMessageBody>();
}

impl Endpoint<Native> for Create {
    const META: Meta = Meta::post("canned-messages", Right::Agent).summary("Make a canned message: `name` and `text` must be given");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let me = me(&cx)?;
        let draft = input.json::<CannedMessageBody>()?.draft(me)?;
        let message = cx.state.desk.write(move |tx, cx| replies::create_canned(tx, cx, me, &draft)).await?;
        Ok(Answer::tree(CannedMessageView::from(&message)).status(201))
    }
}

pub(crate) struct Update;

impl Call for Update {
    const BODIES: Bodies = Bodies::answers::<CannedMessageView>().reads::<CannedMessageBody>();
}

impl Endpoint<Native> for Update {
    const META: Meta = Meta::put("canned-messages/{id}", Right::Agent).summary("Change a canned message").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let (me, id) = (me(&cx)?, path_id(&input, CannedMessageId::parse, "canned message")?);
        let draft = input.json::<CannedMessageBody>()?.draft(me)?;
        let message = cx.state.desk.write(move |tx, cx| replies::change_canned(tx, cx, me, id, &draft)).await?;
        Ok(Answer::tree(CannedMessageView::from(&message)))
    }
}

pub(crate) struct Remove;

impl Call for Remove {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for Remove {
    const META: Meta =
        Meta::delete("canned-messages/{id}", Right::Agent).summary("Take a canned message away").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let (me, id) = (me(&cx)?, path_id(&input, CannedMessageId::parse, "canned message")?);
        cx.state.desk.write(move |tx, cx| replies::remove_canned(tx, cx, me, id)).await?;
        Ok(Answer::empty())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::native::tests::harness::start;

    fn names(list: &Value) -> Vec<&str> {
        list["items"].as_array().unwrap().iter().map(|message| message["name"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn each_sees_and_writes_his_own() {
        let desk = start().await;
        let agent = desk.agent.get("session").await.expect(200)["agent"]["agent"].clone();
        let own = desk.agent.post("canned-messages", json!({"name": "mine", "text": "Hello you"})).await.expect(201);
        assert_eq!(
            own,
            json!({"message": own["message"], "name": "mine", "text": "Hello you", "visibility": "agent", "department": null, "agent": agent})
        );
        let sales = desk.admin.post("departments", json!({"name": "Sales"})).await.expect(201)["department"].clone();
        let body = json!({"name": "ours", "text": "Good day", "visibility": "department", "department": sales});
        let ours = desk.admin.post("canned-messages", body.clone()).await.expect(201);
        assert_eq!((&ours["department"], &ours["agent"]), (&sales, &json!(null)));
        desk.agent.post("canned-messages", body).await.refused(403, "forbidden");
        desk.admin.post("canned-messages", json!({"name": "all", "text": "Hello all", "visibility": "all"})).await.expect(201);
        assert_eq!(names(&desk.agent.get("canned-messages").await.expect(200)), ["all", "mine"]);
        assert_eq!(names(&desk.agent.get("canned-messages?search=hello%20a").await.expect(200)), ["all"]);
        assert_eq!(names(&desk.agent.get("canned-messages?whose=managed").await.expect(200)), ["mine"]);
        assert_eq!(names(&desk.admin.get("canned-messages?whose=managed").await.expect(200)), ["all", "mine", "ours"]);
        desk.agent.get("canned-messages?search=h").await.refused(400, "invalid");
        desk.agent.get("canned-messages?whose=theirs").await.refused(400, "invalid");

        let path = format!("canned-messages/{}", own["message"].as_str().unwrap());
        assert_eq!(desk.agent.put(&path, json!({"text": "Hi"})).await.expect(200)["text"], json!("Hi"));
        desk.agent.put(&path, json!({"visibility": "all"})).await.refused(403, "forbidden");
        desk.owner.put(&path, json!({"visibility": "department"})).await.refused(400, "missing");
        desk.owner.put(&path, json!({"visibility": "nobody"})).await.refused(400, "invalid");
        desk.agent.delete(&path).await.expect(204);
        desk.agent.delete(&path).await.refused(404, "not_found");
        let path = format!("canned-messages/{}", ours["message"].as_str().unwrap());
        desk.agent.delete(&path).await.refused(404, "not_found");
        for body in [json!({"name": "x"}), json!({"text": "x"}), json!({"name": " ", "text": "x"})] {
            desk.agent.post("canned-messages", body).await.refused(400, "missing");
        }
    }
}
