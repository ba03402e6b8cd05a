//! Shortcuts: each agent is told those that he may use; administrators write them.

use deskbell_app::AppError;
use deskbell_app::rights::Right;
use deskbell_app::shortcuts::{self, Draft};
use deskbell_domain::ids::{AgentId, DepartmentId, ShortcutId};
use deskbell_domain::shortcut::{Shortcut, ShortcutScope};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::page::{self, Page};
use super::{Native, given_id, me, path_id};

/// A text that is written often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ShortcutView {
    shortcut: String,
    name: String,
    message: String,
    /// Proposed answers, with slashes between them; empty: none.
    options: String,
    /// Put on the conversation when it is used.
    tags: Vec<String>,
    /// `all`, `department` or `agent`.
    scope: &'static str,
    departments: Vec<String>,
    agents: Vec<String>,
}

impl From<&Shortcut> for ShortcutView {
    fn from(shortcut: &Shortcut) -> Self {
        let (departments, agents) = match &shortcut.scope {
            ShortcutScope::All => (Vec::new(), Vec::new()),
            ShortcutScope::Departments(of) => (of.iter().map(DepartmentId::to_string).collect(), Vec::new()),
            ShortcutScope::Agents(of) => (Vec::new(), of.iter().map(AgentId::to_string).collect()),
        };
        ShortcutView {
            shortcut: shortcut.id.to_string(),
            name: shortcut.name.clone(),
            message: shortcut.message.clone(),
            options: shortcut.options.clone(),
            tags: shortcut.tags.clone(),
            scope: shortcut.scope.word(),
            departments,
            agents,
        }
    }
}

fn listed(all: Vec<Shortcut>, input: &Input) -> Result<Answer, AppError> {
    Ok(Answer::tree(Page::of_all(all, input, |shortcut| shortcut.id.to_string(), |row| ShortcutView::from(row))?))
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<ShortcutView>>();
}

impl Endpoint<Native> for List {
    const META: Meta =
        Meta::get("shortcuts", Right::Agent).summary("The shortcuts that you may use, by name").params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let me = me(&cx)?;
        listed(cx.state.desk.snapshot(move |tx| shortcuts::usable_by(tx, me)).await?, &input)
    }
}

pub(crate) struct ListAll;

impl Call for ListAll {
    const BODIES: Bodies = Bodies::answers::<Page<ShortcutView>>();
}

impl Endpoint<Native> for ListAll {
    const META: Meta =
        Meta::get("shortcuts/all", Right::Administrator).summary("All shortcuts, by name").params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        listed(cx.state.desk.snapshot(shortcuts::all).await?, &input)
    }
}

/// What is written of a shortcut; what is left out or null stays, or has its default.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct ShortcutBody {
    /// 1 to 100 characters, none of `/`, `\` and `$`.
    name: Option<String>,
    message: Option<String>,
    options: Option<String>,
    tags: Option<Vec<String>>,
    /// `all`, `department` (then `departments` are given) or `agent` (then `agents` are).
    scope: Option<String>,
    departments: Option<Vec<String>>,
    agents: Option<Vec<String>>,
}

impl ShortcutBody {
    fn draft(self) -> Result<Draft, AppError> {
        let scope = match self.scope.as_deref() {
            None => None,
            Some("all") => Some(ShortcutScope::All),
            Some("department") => {
                let of = self.departments.iter().flatten().map(|id| given_id(id, DepartmentId::parse, "department"));
                Some(ShortcutScope::Departments(of.collect::<Result<_, _>>()?))
            }
            Some("agent") => {
                let of = self.agents.iter().flatten().map(|id| given_id(id, AgentId::parse, "agent"));
                Some(ShortcutScope::Agents(of.collect::<Result<_, _>>()?))
            }
            Some(_) => return Err(AppError::invalid("scope must be one of all, department, agent")),
        };
        Ok(Draft { scope, name: self.name, message: self.message, options: self.options, tags: self.tags })
    }
}

pub(crate) struct Create;

impl Call for Create {
    const BODIES: Bodies = Bodies::creates::<ShortcutView>().reads::<ShortcutBody>();
}

impl Endpoint<Native> for Create {
    const META: Meta = Meta::post("shortcuts", Right::Administrator).summary("Make a shortcut: `name` and `message` must be given");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let draft = input.json::<ShortcutBody>()?.draft()?;
        let shortcut = cx.state.desk.write(move |tx, cx| shortcuts::create(tx, cx, &draft)).await?;
        Ok(Answer::tree(ShortcutView::from(&shortcut)).status(201))
    }
}

pub(crate) struct Update;

impl Call for Update {
    const BODIES: Bodies = Bodies::answers::<ShortcutView>().reads::<ShortcutBody>();
}

impl Endpoint<Native> for Update {
    const META: Meta = Meta::put("shortcuts/{id}", Right::Administrator).summary("Change a shortcut").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, ShortcutId::parse, "shortcut")?;
        let draft = input.json::<ShortcutBody>()?.draft()?;
        let shortcut = cx.state.desk.write(move |tx, cx| shortcuts::change(tx, cx, id, &draft)).await?;
        Ok(Answer::tree(ShortcutView::from(&shortcut)))
    }
}

pub(crate) struct Remove;

impl Call for Remove {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for Remove {
    const META: Meta = Meta::delete("shortcuts/{id}", Right::Administrator).summary("Take a shortcut away").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, ShortcutId::parse, "shortcut")?;
        cx.state.desk.write(move |tx, cx| shortcuts::remove(tx, cx, id)).await?;
        Ok(Answer::empty())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::native::tests::harness::start;

    fn names(list: &Value) -> Vec<&str> {
        list["items"].as_array().unwrap().iter().map(|shortcut| shortcut["name"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn each_is_told_his_own() {
        let desk = start().await;
        let agent = desk.agent.get("session").await.expect(200)["agent"]["agent"].clone();
        let sales = desk.admin.post("departments", json!({"name": "Sales"})).await.expect(201)["department"].clone();
        let all = desk.admin.post("shortcuts", json!({"name": "hello", "message": "Hello!", "tags": ["greeted"]})).await.expect(201);
        assert_eq!(
            all,
            json!({"shortcut": all["shortcut"], "name": "hello", "message": "Hello!", "options": "", "tags": ["greeted"], "scope": "all",
                "departments": [], "agents": []})
        );
        let body = json!({"name": "mine", "message": "m", "scope": "agent", "agents": [agent]});
        let mine = desk.admin.post("shortcuts", body).await.expect(201);
        let body = json!({"name": "sales", "message": "s", "scope": "department", "departments": [sales]});
        desk.admin.post("shortcuts", body).await.expect(201);
        assert_eq!(names(&desk.agent.get("shortcuts").await.expect(200)), ["hello", "mine"]);
        assert_eq!(names(&desk.admin.get("shortcuts").await.expect(200)), ["hello"]);
        assert_eq!(names(&desk.admin.get("shortcuts/all").await.expect(200)), ["hello", "mine", "sales"]);
        let path = format!("departments/{}", sales.as_str().unwrap());
        desk.admin.put(&path, json!({"members": [{"agent": agent}]})).await.expect(200);
        assert_eq!(names(&desk.agent.get("shortcuts").await.expect(200)), ["hello", "mine", "sales"]);

        let path = format!("shortcuts/{}", mine["shortcut"].as_str().unwrap());
        let changed = desk.admin.put(&path, json!({"name": "yours", "options": "Yes/No"})).await.expect(200);
        assert_eq!((&changed["name"], &changed["options"], &changed["scope"]), (&json!("yours"), &json!("Yes/No"), &json!("agent")));
        desk.admin.delete(&path).await.expect(204);
        desk.admin.delete(&path).await.refused(404, "not_found");
        assert_eq!(names(&desk.agent.get("shortcuts").await.expect(200)), ["hello", "sales"]);
    }

    #[tokio::test]
    async fn refusals() {
        let desk = start().await;
        desk.agent.get("shortcuts/all").await.refused(403, "forbidden");
        desk.agent.post("shortcuts", json!({"name": "a", "message": "m"})).await.refused(403, "forbidden");
        for (body, code) in [
            (json!({"message": "m"}), "missing"),
            (json!({"name": "a"}), "missing"),
            (json!({"name": "a/b", "message": "m"}), "invalid"),
            (json!({"name": "a", "message": "m", "scope": "mine"}), "invalid"),
            (json!({"name": "a", "message": "m", "scope": "agent"}), "missing"),
            (json!({"name": "a", "message": "m", "scope": "agent", "agents": ["!"]}), "invalid"),
        ] {
            desk.admin.post("shortcuts", body).await.refused(400, code);
        }
        desk.admin.post("shortcuts", json!({"name": "a", "message": "m"})).await.expect(201);
        desk.admin.post("shortcuts", json!({"name": " a ", "message": "m"})).await.refused(409, "conflict");
        desk.admin.put("shortcuts/zzzzzzzz", json!({"name": "b"})).await.refused(404, "not_found");
    }
}
