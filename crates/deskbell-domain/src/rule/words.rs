//! The words that definitions of rules are written with: the one list behind reading them and behind the console's form.

use crate::spelled;

spelled! {
    /// What a condition asks of.
    pub enum ConditionWord {
        Event = "event",
        By = "by",
        Status = "status",
        StatusBefore = "status_before",
        Channel = "channel",
        Department = "department",
        Agent = "agent",
        Tag = "tag",
        TagAdded = "tag_added",
        TagRemoved = "tag_removed",
        Subject = "subject",
        Text = "text",
        CustomerName = "customer_name",
        CustomerEmail = "customer_email",
        CustomerDomain = "customer_domain",
        Language = "language",
        Referrer = "referrer",
        Page = "page",
        AgentStatus = "agent_status",
        CustomerGroup = "customer_group",
        Company = "company",
        Field = "field",
        CustomerField = "customer_field",
        Hours = "hours",
        Rating = "rating",
        SlaGoal = "sla_goal",
        CreatedMoreThan = "created_more_than",
        StatusChangedMoreThan = "status_changed_more_than",
        LastMessageMoreThan = "last_message_more_than",
        DueInLessThan = "due_in_less_than",
        OverdueByMoreThan = "overdue_by_more_than",
    }
}

spelled! {
    /// What an action does.
    pub enum ActionWord {
        Note = "note",
        AddTag = "add_tag",
        RemoveTag = "remove_tag",
        Assign = "assign",
        Status = "status",
        Postpone = "postpone",
        Answer = "answer",
        SlaLevel = "sla_level",
        Field = "field",
    }
}
