//! Groups of customers and companies: made, changed, taken away, entered and left.

#[cfg(test)]
mod tests;

use deskbell_domain::customer::Customer;
use deskbell_domain::event::Event;
use deskbell_domain::group::CustomerGroup;
use deskbell_domain::ids::{CustomerGroupId, CustomerId};
use deskbell_domain::{color, tag};
use deskbell_store::{Tx, tables};

use crate::context::Context;
use crate::error::AppError;
use crate::{customers, time_rules};

/// Groups on a desk.
pub const GROUPS_MAX: i64 = 1_000;
/// Characters of a group's name.
pub const NAME_CHARS_MAX: usize = 64;

/// What is written of a group; `None` leaves as it is, or has its default.
#[derive(Debug, Clone, Default)]
pub struct GroupDraft {
    pub name: Option<String>,
    /// Three or six hex digits, with or without `#`.
    pub color: Option<String>,
    pub background: Option<String>,
}

/// All groups, by name.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<CustomerGroup>, AppError> {
    Ok(tables::groups::all(tx)?)
}

/// One group, or a refusal.
pub fn get(tx: &mut Tx<'_>, group: CustomerGroupId) -> Result<CustomerGroup, AppError> {
    tables::groups::get(tx, group)?.ok_or_else(|| AppError::not_found("group with this id not found"))
}

/// Makes a group.
pub fn create(tx: &mut Tx<'_>, cx: &Context, draft: &GroupDraft) -> Result<CustomerGroup, AppError> {
    let mut group = CustomerGroup {
        id: CustomerGroupId::from_i64(tx.next_tag_id()?),
        name: String::new(),
        color: tag::COLOR_DEFAULT.to_owned(),
        background: tag::BACKGROUND_DEFAULT.to_owned(),
    };
    let draft = GroupDraft { name: Some(draft.name.clone().unwrap_or_default()), ..draft.clone() };
    apply(tx, &mut group, &draft)?;
    if tables::groups::count(tx)? >= GROUPS_MAX {
        return Err(AppError::too_large(format!("at most {GROUPS_MAX} groups")));
    }
    tables::groups::insert(tx, &group, cx.now)?;
    changed(tx, cx, &group, Fate::Stays)?;
    Ok(group)
}

/// Changes a group.
pub fn change(tx: &mut Tx<'_>, cx: &Context, group: CustomerGroupId, draft: &GroupDraft) -> Result<CustomerGroup, AppError> {
    let before = get(tx, group)?;
    let mut group = before.clone();
    apply(tx, &mut group, draft)?;
    if group != before {
        tables::groups::update(tx, &group)?;
        changed(tx, cx, &group, Fate::Stays)?;
    }
    Ok(group)
}

/// Takes a group away; nobody is in it any more.
pub fn remove(tx: &mut Tx<'_>, cx: &Context, group: CustomerGroupId) -> Result<(), AppError> {
    let group = get(tx, group)?;
    time_rules::group_goes(tx, cx, group.id)?;
    tables::groups::remove(tx, group.id)?;
    changed(tx, cx, &group, Fate::Goes)
}

/// Puts a customer into the group with this name. There must be such a group: a name that is mistyped makes none.
pub fn enter(tx: &mut Tx<'_>, cx: &Context, customer: &Customer, name: &str) -> Result<(), AppError> {
    let group = by_name(tx, name)?;
    if tables::groups::add_customer(tx, customer.id, group.id)? { customers::changed(tx, cx, customer) } else { Ok(()) }
}

/// Takes a customer out of the group with this name.
pub fn leave(tx: &mut Tx<'_>, cx: &Context, customer: &Customer, name: &str) -> Result<(), AppError> {
    let group = by_name(tx, name)?;
    if tables::groups::remove_customer(tx, customer.id, group.id)? { customers::changed(tx, cx, customer) } else { Ok(()) }
}

/// Replaces a customer's groups.
pub(crate) fn set_customer(tx: &mut Tx<'_>, customer: CustomerId, groups: &[CustomerGroupId]) -> Result<(), AppError> {
    let groups = existing(tx, groups)?;
    tables::groups::clear_customer(tx, customer)?;
    for group in groups {
        tables::groups::add_customer(tx, customer, group)?;
    }
    Ok(())
}

/// The groups without repetitions; one that does not exist is refused.
pub(crate) fn existing(tx: &mut Tx<'_>, groups: &[CustomerGroupId]) -> Result<Vec<CustomerGroupId>, AppError> {
    let mut known: Vec<CustomerGroupId> = Vec::new();
    for group in groups {
        if !known.contains(group) {
            known.push(get(tx, *group)?.id);
        }
    }
    Ok(known)
}

fn by_name(tx: &mut Tx<'_>, name: &str) -> Result<CustomerGroup, AppError> {
    let name = name.trim();
    let found = if name.contains('\0') { None } else { tables::groups::by_name(tx, name)? };
    found.ok_or_else(|| AppError::not_found("group with this name not found"))
}

fn apply(tx: &mut Tx<'_>, group: &mut CustomerGroup, draft: &GroupDraft) -> Result<(), AppError> {
    if let Some(name) = &draft.name {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            return Err(AppError::invalid(format!("a group's name has 1 to {NAME_CHARS_MAX} characters and no control characters")));
        }
        if tables::groups::by_name(tx, name)?.is_some_and(|other| other.id != group.id) {
            return Err(AppError::conflict("another group has that name"));
        }
        name.clone_into(&mut group.name);
    }
    for (text, place) in [(&draft.color, &mut group.color), (&draft.background, &mut group.background)] {
        if let Some(text) = text {
            *place = color::parse(text).ok_or_else(|| AppError::invalid("a colour has three or six hex digits"))?;
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    Goes,
}

fn changed(tx: &mut Tx<'_>, cx: &Context, group: &CustomerGroup, fate: Fate) -> Result<(), AppError> {
    tx.append(cx.now, Event::CustomerGroupChanged { group: group.id, name: group.name.clone(), removed: fate == Fate::Goes })?;
    Ok(())
}
