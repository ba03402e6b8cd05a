//! Starting a conversation by key: as if its first message had come by mail from a customer, or gone by mail to one.

use deskbell_domain::conversation::{Channel, Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::ids::AgentId;
use deskbell_domain::message::{Actor, GroupKind, MessageKind};
use deskbell_store::{Tx, tables};

use super::{agent, check_files, department, tie};
use crate::commands::{Done, once};
use crate::context::Context;
use crate::conversations::{Beginning, SUBJECT_CHARS_MAX, Said, Start, actor_name, assign, say, start_with};
use crate::customers::{self, Changes, NewCustomer, check_email};
use crate::error::AppError;
use crate::messages::{self, Into};
use crate::views;

/// Addresses that copies go to, at most.
pub const COPIES_MAX: usize = 50;
/// Where the keys of what starts a conversation are remembered: no conversation has this for its scope.
const SCOPE: &str = "k";

/// A conversation to be started.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// Who writes: e-mail address or id of an agent or a customer. An unknown address makes the customer.
    pub creator: String,
    /// An id.
    pub department: String,
    /// Empty: the start of the text.
    pub subject: String,
    /// Where an agent writes to: the customer. Where a customer writes to: one of the desk's addresses.
    pub recipient: String,
    /// The name of a customer who is made by it.
    pub recipient_name: Option<String>,
    pub copies: Vec<String>,
    /// As an agent gives it, and as far as a conversation can begin in it; a customer's is new.
    pub status: Option<Status>,
    pub mail_id: Option<String>,
    pub text: String,
    /// Files that agents or keys of the API have put there and nobody has sent.
    pub files: Vec<String>,
}

/// Who writes first.
pub(crate) enum Creator {
    Agent(AgentId),
    Customer(Box<Customer>),
}

/// Starts a conversation, once per key; answers it as it is now.
pub fn open(tx: &mut Tx<'_>, cx: &mut Context, key: Option<&str>, opening: &Opening) -> Result<Conversation, AppError> {
    let done = once(tx, cx, SCOPE, key, |tx, cx| begin(tx, cx, key, opening))?;
    let conversation = done.conversation.ok_or_else(|| AppError::internal("a started conversation has no id"))?;
    tables::conversations::get(tx, conversation)?.ok_or_else(|| AppError::internal("a started conversation is gone"))
}

fn begin(tx: &mut Tx<'_>, cx: &mut Context, key: Option<&str>, opening: &Opening) -> Result<Done, AppError> {
    check_files(&opening.files)?;
    messages::check_text(&opening.text)?;
    if opening.files.is_empty() && opening.text.trim().is_empty() {
        return Err(AppError::missing("text or file is missing"));
    }
    let subject = subject(&opening.subject)?;
    let copies = copies(&opening.copies)?;
    let department = department(tx, &opening.department)?;
    let (customer, agent) = match creator(tx, cx, &opening.creator)? {
        Creator::Agent(agent) => (recipient(tx, cx, opening)?, Some(agent)),
        Creator::Customer(customer) => {
            check_own_address(cx, &opening.recipient)?;
            (*customer, None)
        }
    };
    let (by, status, group) = match agent {
        Some(agent) => (Actor::Agent(agent), opening.status.unwrap_or(Status::New).at_start(), GroupKind::OutgoingEmail),
        None => (Actor::Customer(customer.id), Status::New, GroupKind::IncomingEmail),
    };
    let shown_name = shown_name(&customer, &opening.creator, by);
    let begun = Start {
        customer: &customer,
        shown_name: &shown_name,
        visit: None,
        widget: None,
        department,
        channel: Channel::Email,
        status,
        subject: &subject,
    };
    let mut conversation =
        start_with(tx, cx, begun, Beginning { text: &opening.text, by: Some(by), assigned: agent, ..Beginning::default() })?;
    tables::conversations::set_cc(tx, conversation.id, &copies)?;
    tie(tx, opening.mail_id.as_deref(), conversation.id)?;
    assign(tx, cx, &mut conversation, department, agent, by)?;
    let files: Vec<&str> = opening.files.iter().map(String::as_str).collect();
    let name = match by {
        Actor::Customer(_) => shown_name,
        Actor::Agent(_) | Actor::System => actor_name(tx, by)?,
    };
    let said = Said { by, name: &name, text: &opening.text, files: &files, key };
    let kinds = [MessageKind::Message, MessageKind::File];
    let added = say(tx, cx, &mut conversation, None, Into::NewGroup(group), kinds, &said)?;
    Ok(Done { message: Some(added.message), ..Done::conversation(conversation.id, added.number) })
}

/// What the customer is called in it. Anybody can type an address into a form that is sent on: such a one is called by the address, not by
/// what the desk knows of its owner, since the conversation's page is shown to whoever has its public code.
fn shown_name(customer: &Customer, creator: &str, by: Actor) -> String {
    match by {
        Actor::Customer(_) if creator.contains('@') => creator.trim().to_lowercase(),
        Actor::Customer(_) | Actor::Agent(_) | Actor::System => customer.display_name(),
    }
}

/// An agent, a customer, or an address nobody had yet. The desk's own addresses write nothing: what they send came from somebody.
pub(crate) fn creator(tx: &mut Tx<'_>, cx: &Context, identifier: &str) -> Result<Creator, AppError> {
    let identifier = identifier.trim();
    if cx.settings.is_mail_address(identifier) {
        return Err(AppError::invalid("a mail account of the desk cannot start a conversation"));
    }
    if views::agent(tx, identifier)?.is_some() {
        return Ok(Creator::Agent(agent(tx, identifier)?));
    }
    let customer = match customers::by_identifier(tx, identifier)? {
        Some(known) => known,
        None if identifier.contains('@') => register(tx, cx, identifier, None)?,
        None => return Err(AppError::not_found("user with this id not found")),
    };
    if tables::bans::has_customer(tx, customer.id)? {
        return Err(AppError::forbidden("this customer is banned"));
    }
    Ok(Creator::Customer(Box::new(customer)))
}

fn recipient(tx: &mut Tx<'_>, cx: &Context, opening: &Opening) -> Result<Customer, AppError> {
    match customers::by_identifier(tx, &opening.recipient)? {
        Some(known) => Ok(known),
        None => register(tx, cx, &opening.recipient, opening.recipient_name.as_deref()),
    }
}

fn register(tx: &mut Tx<'_>, cx: &Context, address: &str, name: Option<&str>) -> Result<Customer, AppError> {
    let name = name.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
    let new = NewCustomer { email: address.trim().to_owned(), changes: Changes { name, ..Changes::default() } };
    customers::register(tx, cx, &new)
}

/// Clients match this sentence. A desk that names no addresses of its own takes any.
fn check_own_address(cx: &Context, recipient: &str) -> Result<(), AppError> {
    if cx.settings.mail_addresses.is_empty() || cx.settings.is_mail_address(recipient) {
        return Ok(());
    }
    Err(AppError::invalid("Visitor user can only create conversation addressed to application mail account."))
}

/// One line.
fn subject(text: &str) -> Result<String, AppError> {
    if text.contains('\0') {
        return Err(AppError::invalid("a subject must not contain a NUL character"));
    }
    let line: String = text.trim().chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if line.chars().count() > SUBJECT_CHARS_MAX {
        return Err(AppError::invalid(format!("a subject has at most {SUBJECT_CHARS_MAX} characters")));
    }
    Ok(line)
}

/// Addresses, also those written as `Name <address>`, each once, separated by commas.
fn copies(given: &[String]) -> Result<String, AppError> {
    if given.len() > COPIES_MAX {
        return Err(AppError::too_large(format!("copies go to at most {COPIES_MAX} addresses")));
    }
    let mut addresses: Vec<String> = Vec::new();
    for text in given {
        let bare = text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')).map_or(text.as_str(), |(_, address)| address);
        let address = check_email(bare).ok().filter(|address| !address.contains(','));
        let address = address.ok_or_else(|| AppError::invalid("copies go to e-mail addresses, separated by commas"))?;
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(addresses.join(","))
}

#[cfg(test)]
mod tests;
