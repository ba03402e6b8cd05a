//! Goals: what a visitor is to reach on the site, and conversions: that one did, with the chat it is put down to.

use crate::ids::{AgentId, ChatId, ConversionId, CustomerId, DepartmentId, GoalId, VisitId};
use crate::spelled;
use crate::time::Timestamp;

/// Goals of a desk that are on at a time.
pub const GOALS_ENABLED_MAX: usize = 5;
/// Days that a chat may lie back to be the one a conversion is put down to.
pub const ATTRIBUTION_DAYS_MIN: u16 = 1;
pub const ATTRIBUTION_DAYS_MAX: u16 = 30;

spelled! {
    /// Which of several chats a conversion is put down to.
    pub enum AttributionModel {
        /// The earliest one within the period.
        FirstTouch = "first_touch",
        /// The latest one.
        LastTouch = "last_touch",
    }
}

spelled! {
    /// What a condition looks at.
    pub enum GoalConditionKind {
        /// The address of the page that was opened.
        Url = "url",
    }
}

spelled! {
    pub enum GoalOperator {
        Equals = "equals",
        Contains = "contains",
    }
}

/// One way to reach a goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoalCondition {
    pub kind: GoalConditionKind,
    pub operator: GoalOperator,
    pub value: String,
}

impl GoalCondition {
    /// Whether a page with this address meets it. Addresses are compared letter by letter.
    pub fn is_met(&self, url: &str) -> bool {
        match (self.kind, self.operator) {
            (GoalConditionKind::Url, GoalOperator::Equals) => url == self.value,
            (GoalConditionKind::Url, GoalOperator::Contains) => url.contains(&self.value),
        }
    }
}

/// What visitors are to reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    pub id: GoalId,
    pub name: String,
    pub description: String,
    pub enabled: bool,
    pub attribution: AttributionModel,
    pub attribution_days: u16,
    pub conditions: Vec<GoalCondition>,
}

impl Goal {
    /// Whether opening this page reaches it: any one condition does.
    pub fn is_reached(&self, url: &str) -> bool {
        self.conditions.iter().any(|condition| condition.is_met(url))
    }
}

/// The chat that a conversion is put down to, with the agent who was in it. Names are those of that time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    pub agent: AgentId,
    pub agent_name: String,
    pub department: DepartmentId,
    pub department_name: String,
    pub chat: ChatId,
    pub chat_public_id: String,
    /// When the chat was asked for.
    pub chat_at: Timestamp,
}

/// A visitor reached a goal; once per visit and goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    pub id: ConversionId,
    /// `YYMM.account.v.goal.token`
    pub public_id: String,
    pub goal: GoalId,
    /// As the goal was called then.
    pub goal_name: String,
    pub at: Timestamp,
    pub visit: VisitId,
    pub customer: CustomerId,
    pub attribution: Option<Attribution>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(operator: GoalOperator, value: &str) -> GoalCondition {
        GoalCondition { kind: GoalConditionKind::Url, operator, value: value.to_owned() }
    }

    #[test]
    fn pages_meet_conditions_letter_by_letter() {
        for (operator, value, url, met) in [
            (GoalOperator::Equals, "https://shop.test/done", "https://shop.test/done", true),
            (GoalOperator::Equals, "https://shop.test/done", "https://shop.test/done/", false),
            (GoalOperator::Equals, "https://shop.test/done", "https://shop.test/done?order=1", false),
            (GoalOperator::Equals, "https://shop.test/done", "https://shop.test/Done", false),
            (GoalOperator::Contains, "/done", "https://shop.test/done?order=1", true),
            (GoalOperator::Contains, "/done", "https://shop.test/", false),
            (GoalOperator::Contains, "order=", "", false),
        ] {
            assert_eq!(condition(operator, value).is_met(url), met, "{operator:?} {value} {url}");
        }
    }

    #[test]
    fn any_condition_reaches_the_goal() {
        let mut goal = Goal {
            id: GoalId::from_i64(1),
            name: String::new(),
            description: String::new(),
            enabled: true,
            attribution: AttributionModel::FirstTouch,
            attribution_days: 1,
            conditions: Vec::new(),
        };
        assert!(!goal.is_reached("https://shop.test/thanks"), "without conditions nothing does");
        goal.conditions = vec![condition(GoalOperator::Contains, "/done"), condition(GoalOperator::Contains, "/thanks")];
        assert!(goal.is_reached("https://shop.test/thanks"));
        assert!(!goal.is_reached("https://shop.test/"));
    }
}
