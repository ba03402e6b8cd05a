//! What a condition asks about a conversation, looked up when it is asked for.

use deskbell_domain::agent::AgentStatus;
use deskbell_domain::conversation::{Channel, Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::field::{FieldOwner, FieldValue};
use deskbell_domain::ids::{AgentId, CompanyId, CustomerGroupId, DepartmentId};
use deskbell_domain::rule::{Due, Facts, Happening};
use deskbell_domain::time::Timestamp;
use deskbell_domain::visit::Visit;
use deskbell_store::{Tx, tables};

use crate::error::AppError;
use crate::{customers, fields};

/// What is not written yet of a conversation that just begins.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Unwritten<'a> {
    pub(crate) tags: &'a [String],
    pub(crate) fields: &'a [FieldValue],
    pub(crate) customer_fields: &'a [FieldValue],
}

/// A conversation at the moment a rule looks at it.
pub(crate) struct Scene<'a, 't> {
    tx: &'a mut Tx<'t>,
    now: Timestamp,
    conversation: &'a Conversation,
    happening: Option<&'a Happening>,
    customer: Option<Customer>,
    unwritten: Unwritten<'a>,
}

impl<'a, 't> Scene<'a, 't> {
    /// `now` is the time that business hours are held against.
    pub(crate) fn new(
        tx: &'a mut Tx<'t>,
        now: Timestamp,
        conversation: &'a Conversation,
        happening: Option<&'a Happening>,
    ) -> Scene<'a, 't> {
        Scene { tx, now, conversation, happening, customer: None, unwritten: Unwritten::default() }
    }

    /// The same of one that just begins.
    pub(crate) fn beginning(self, unwritten: Unwritten<'a>) -> Scene<'a, 't> {
        Scene { unwritten, ..self }
    }

    fn visit(&mut self) -> Result<Option<Visit>, AppError> {
        match self.conversation.visit {
            Some(visit) => Ok(tables::visits::get(self.tx, visit)?),
            None => Ok(None),
        }
    }

    fn customer(&mut self) -> Result<&Customer, AppError> {
        let customer = match self.customer.take() {
            Some(customer) => customer,
            None => customers::get(self.tx, self.conversation.customer)?,
        };
        Ok(self.customer.insert(customer))
    }
}

impl Facts for Scene<'_, '_> {
    type Error = AppError;

    fn now(&self) -> Timestamp {
        self.now
    }

    fn happening(&self) -> Option<&Happening> {
        self.happening
    }

    fn status(&self) -> Status {
        self.conversation.status
    }

    fn channel(&self) -> Channel {
        self.conversation.channel
    }

    fn department(&self) -> DepartmentId {
        self.conversation.department
    }

    fn assigned(&self) -> Option<AgentId> {
        self.conversation.assigned
    }

    fn subject(&self) -> &str {
        &self.conversation.subject
    }

    fn created(&self) -> Timestamp {
        self.conversation.created
    }

    fn tags(&mut self) -> Result<Vec<String>, AppError> {
        let mut tags = tables::tags::of_conversation(self.tx, self.conversation.id)?;
        tags.extend_from_slice(self.unwritten.tags);
        Ok(tags)
    }

    fn customers_text(&mut self) -> Result<String, AppError> {
        Ok(tables::messages::last_text_of_customer(self.tx, self.conversation.id)?.unwrap_or_default())
    }

    fn customer_name(&mut self) -> Result<String, AppError> {
        Ok(self.customer()?.name.clone())
    }

    fn customer_email(&mut self) -> Result<Option<String>, AppError> {
        Ok(self.customer()?.email.clone())
    }

    fn customer_groups(&mut self) -> Result<Vec<CustomerGroupId>, AppError> {
        let mut groups = tables::groups::of_customer(self.tx, self.conversation.customer)?;
        if let Some(company) = self.customer()?.company {
            groups.extend(tables::groups::of_company(self.tx, company)?);
        }
        Ok(groups.into_iter().map(|group| group.id).collect())
    }

    fn language(&mut self) -> Result<String, AppError> {
        let browser = self.visit()?.map(|visit| visit.language).filter(|language| !language.is_empty());
        match browser {
            Some(language) => Ok(language),
            None => Ok(self.customer()?.language.clone()),
        }
    }

    fn referrer(&mut self) -> Result<String, AppError> {
        Ok(self.visit()?.map(|visit| visit.referrer).unwrap_or_default())
    }

    fn page(&mut self) -> Result<String, AppError> {
        let Some(visit) = self.conversation.visit else { return Ok(String::new()) };
        Ok(tables::visits::last_page(self.tx, visit)?.map(|page| page.url).unwrap_or_default())
    }

    fn agent_status(&mut self) -> Result<AgentStatus, AppError> {
        if let Some(agent) = self.conversation.assigned {
            return Ok(tables::agents::get(self.tx, agent)?.map(|agent| agent.online).unwrap_or_default());
        }
        let all = tables::agents::online_of_department(self.tx, self.conversation.department)?;
        Ok(all.into_iter().map(AgentStatus::shown).fold(AgentStatus::OFFLINE, AgentStatus::with))
    }

    fn company(&mut self) -> Result<Option<CompanyId>, AppError> {
        Ok(self.customer()?.company)
    }

    fn field_owners(&self) -> [FieldOwner; 2] {
        [FieldOwner::Conversation(self.conversation.id), FieldOwner::Customer(self.conversation.customer)]
    }

    fn field(&mut self, owner: FieldOwner, code: &str) -> Result<Vec<String>, AppError> {
        let unwritten = match owner {
            FieldOwner::Conversation(_) => self.unwritten.fields,
            FieldOwner::Customer(_) | FieldOwner::Company(_) => self.unwritten.customer_fields,
        };
        let fields = fields::custom(self.tx, owner)?.into_iter().chain(unwritten.iter().cloned());
        Ok(fields.filter(|field| field.code == code).map(|field| field.value).collect())
    }

    fn status_changed(&mut self) -> Result<Timestamp, AppError> {
        Ok(tables::conversations::status_changed(self.tx, self.conversation.id)?.unwrap_or(self.conversation.changed))
    }

    fn last_message(&mut self) -> Result<Option<Timestamp>, AppError> {
        Ok(tables::messages::last_spoken(self.tx, self.conversation.id)?)
    }

    fn dues(&mut self) -> Result<Vec<Due>, AppError> {
        let clocks = tables::sla::clocks::open(self.tx, self.conversation.id)?;
        Ok(clocks.iter().filter_map(|clock| Some(Due { started: clock.started, at: clock.due()? })).collect())
    }
}
