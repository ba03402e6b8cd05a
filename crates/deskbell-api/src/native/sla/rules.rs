//! The rules that choose the level of a new conversation, for administrators.

use deskbell_app::AppError;
use deskbell_app::rights::Right;
use deskbell_app::sla::rules::conditions::About;
use deskbell_app::sla::rules::{self, Condition, Rule, RuleDraft};
use deskbell_domain::ids::{SlaLevelId, SlaRuleId};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::native::call::{Bodies, Call};
use crate::native::page::{self, Page};
use crate::native::{Native, given_id, given_id_opt, path_id};

/// What a new conversation is held against, in the short spelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SlaConditionBody {
    /// `channel`, `department`, `customer_group`, `company`, `email_domain`, `subject`, `text`, `tag`, `language` or `referrer`.
    about: String,
    /// One of these must fit.
    any_of: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SlaRuleView {
    rule: String,
    name: String,
    enabled: bool,
    level: String,
    /// Groups of conditions as rules have them: one group must hold, and in it every condition. Without groups the rule always holds.
    #[schema(value_type = Vec<Vec<Object>>)]
    conditions: Value,
    /// The same in the short spelling; null where it cannot say them.
    groups: Option<Vec<Vec<SlaConditionBody>>>,
    /// Whether this version of the program understands the conditions; else the rule rests, and `conditions` are as they stand.
    understood: bool,
}

impl From<&Rule> for SlaRuleView {
    fn from(rule: &Rule) -> Self {
        let shown = |condition: &Condition| SlaConditionBody { about: condition.about.text().to_owned(), any_of: condition.any_of.clone() };
        SlaRuleView {
            rule: rule.id.to_string(),
            name: rule.name.clone(),
            enabled: rule.enabled,
            level: rule.level.to_string(),
            conditions: rule.conditions.clone(),
            groups: rule.in_short().map(|groups| groups.iter().map(|group| group.iter().map(shown).collect()).collect()),
            understood: rule.understood,
        }
    }
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<SlaRuleView>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("sla/rules", Right::Administrator)
        .summary("The rules that choose the service level of a new conversation, in their order")
        .params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let all = cx.state.desk.snapshot(rules::list).await?;
        Ok(Answer::tree(Page::of_all(all, &input, |rule| rule.id.to_string(), |row| SlaRuleView::from(row))?))
    }
}

/// What is left out stays, or has its default: switched on, always holding.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct SlaRuleBody {
    name: Option<String>,
    enabled: Option<bool>,
    level: Option<String>,
    /// The whole new list: groups of conditions as rules have them, but for those about what happened before.
    #[schema(value_type = Option<Vec<Vec<Object>>>)]
    conditions: Option<Value>,
    /// The whole new list in the short spelling, in place of `conditions`.
    groups: Option<Vec<Vec<SlaConditionBody>>>,
}

impl SlaRuleBody {
    fn draft(self) -> Result<RuleDraft, AppError> {
        let read = |(place, group): (usize, Vec<SlaConditionBody>)| {
            let conditions = group.into_iter().enumerate();
            conditions.map(|(number, body)| condition(body, &format!("groups[{place}][{number}]"))).collect()
        };
        let groups = self.groups.map(|groups| groups.into_iter().enumerate().map(read).collect::<Result<_, _>>());
        Ok(RuleDraft {
            name: self.name,
            enabled: self.enabled,
            level: given_id_opt(self.level.as_deref(), SlaLevelId::parse, "level")?,
            conditions: self.conditions,
            groups: groups.transpose()?,
        })
    }
}

fn condition(body: SlaConditionBody, field: &str) -> Result<Condition, AppError> {
    let about = About::parse(&body.about).ok_or_else(|| {
        let known: Vec<&str> = About::ALL.iter().map(|about| about.text()).collect();
        AppError::invalid(format!("{field}.about must be one of {}", known.join(", ")))
    })?;
    Ok(Condition { about, any_of: body.any_of })
}

pub(crate) struct Create;

impl Call for Create {
    const BODIES: Bodies = Bodies::creates::<SlaRuleView>().reads::<SlaRuleBody>();
}

impl Endpoint<Native> for Create {
    const META: Meta = Meta::post("sla/rules", Right::Administrator).summary("Add a rule behind all others");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let draft = input.json::<SlaRuleBody>()?.draft()?;
        let rule = cx.state.desk.write(move |tx, cx| rules::create(tx, cx, &draft)).await?;
        Ok(Answer::tree(SlaRuleView::from(&rule)).status(201))
    }
}

pub(crate) struct Update;

impl Call for Update {
    const BODIES: Bodies = Bodies::answers::<SlaRuleView>().reads::<SlaRuleBody>();
}

impl Endpoint<Native> for Update {
    const META: Meta = Meta::put("sla/rules/{id}", Right::Administrator).summary("Change a rule").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, SlaRuleId::parse, "SLA rule")?;
        let draft = input.json::<SlaRuleBody>()?.draft()?;
        let rule = cx.state.desk.write(move |tx, cx| rules::change(tx, cx, id, &draft)).await?;
        Ok(Answer::tree(SlaRuleView::from(&rule)))
    }
}

pub(crate) struct Remove;

impl Call for Remove {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for Remove {
    const META: Meta = Meta::delete("sla/rules/{id}", Right::Administrator).summary("Take a rule away").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, SlaRuleId::parse, "SLA rule")?;
        cx.state.desk.write(move |tx, cx| rules::remove(tx, cx, id)).await?;
        Ok(Answer::empty())
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct SlaOrderBody {
    /// All of them, each once.
    rules: Vec<String>,
}

pub(crate) struct Reorder;

impl Call for Reorder {
    const BODIES: Bodies = Bodies::answers::<Page<SlaRuleView>>().reads::<SlaOrderBody>();
}

impl Endpoint<Native> for Reorder {
    const META: Meta = Meta::put("sla/order", Right::Administrator).summary("Put the rules into another order");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let SlaOrderBody { rules: wanted } = input.json()?;
        let wanted: Vec<SlaRuleId> = wanted.iter().map(|rule| given_id(rule, SlaRuleId::parse, "rules")).collect::<Result<_, _>>()?;
        let all = cx.state.desk.write(move |tx, cx| rules::order(tx, cx, &wanted)).await?;
        Ok(Answer::tree(Page { items: all.iter().map(SlaRuleView::from).collect(), next: None }))
    }
}
