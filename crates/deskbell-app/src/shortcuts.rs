//! Shortcuts: made, changed, taken away, and which of them an agent may use.

use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, DepartmentId, ShortcutId};
use deskbell_domain::message::MESSAGE_TEXT_BYTES_MAX;
use deskbell_domain::shortcut::{Shortcut, ShortcutScope};
use deskbell_store::{Tx, tables};

use crate::context::Context;
use crate::error::AppError;
use crate::tags;

/// Shortcuts of a desk, at most.
pub const SHORTCUTS_MAX: i64 = 15_000;
/// Characters of a name.
const NAME_CHARS_MAX: usize = 100;
/// Characters of the proposed answers.
const OPTIONS_CHARS_MAX: usize = 500;
/// Tags of one shortcut, at most.
const TAGS_MAX: usize = 20;
/// Departments or agents of one shortcut, at most.
const OWNERS_MAX: usize = 1_000;

/// What is given of a shortcut that is made or changed. `None`: nothing, or what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    pub name: Option<String>,
    pub message: Option<String>,
    pub options: Option<String>,
    pub tags: Option<Vec<String>>,
    pub scope: Option<ShortcutScope>,
}

fn unknown() -> AppError {
    AppError::not_found("no such shortcut")
}

/// All shortcuts, by name.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Shortcut>, AppError> {
    Ok(tables::shortcuts::all(tx)?)
}

/// Those that an agent may use, by name.
pub fn usable_by(tx: &mut Tx<'_>, agent: AgentId) -> Result<Vec<Shortcut>, AppError> {
    let memberships = tables::departments::memberships(tx)?;
    let departments: Vec<DepartmentId> = memberships.into_iter().filter(|one| one.agent == agent).map(|one| one.department).collect();
    Ok(all(tx)?.into_iter().filter(|shortcut| shortcut.scope.includes(agent, &departments)).collect())
}

pub fn get(tx: &mut Tx<'_>, shortcut: ShortcutId) -> Result<Shortcut, AppError> {
    tables::shortcuts::get(tx, shortcut)?.ok_or_else(unknown)
}

pub fn by_name(tx: &mut Tx<'_>, name: &str) -> Result<Shortcut, AppError> {
    // No database takes a NUL; no shortcut has one.
    let found = if name.contains('\0') { None } else { tables::shortcuts::by_name(tx, name.trim())? };
    found.ok_or_else(unknown)
}

fn announce(tx: &mut Tx<'_>, cx: &Context, shortcut: &Shortcut, removed: bool) -> Result<(), AppError> {
    tx.append(cx.now, Event::ShortcutChanged { shortcut: shortcut.id, name: shortcut.name.clone(), removed })?;
    Ok(())
}

/// Makes a shortcut.
pub fn create(tx: &mut Tx<'_>, cx: &Context, draft: &Draft) -> Result<Shortcut, AppError> {
    if tables::shortcuts::count(tx)? >= SHORTCUTS_MAX {
        return Err(AppError::too_large("Exceeded the number of shortcuts allowed for the account"));
    }
    let blank = Shortcut {
        id: ShortcutId::from_i64(tx.next_id()?),
        name: String::new(),
        message: String::new(),
        options: String::new(),
        tags: Vec::new(),
        scope: ShortcutScope::All,
    };
    put(tx, cx, blank, draft)
}

/// Changes a shortcut.
pub fn change(tx: &mut Tx<'_>, cx: &Context, shortcut: ShortcutId, draft: &Draft) -> Result<Shortcut, AppError> {
    let was = get(tx, shortcut)?;
    put(tx, cx, was, draft)
}

/// Takes a shortcut away.
pub fn remove(tx: &mut Tx<'_>, cx: &Context, shortcut: ShortcutId) -> Result<(), AppError> {
    let shortcut = get(tx, shortcut)?;
    tables::shortcuts::remove(tx, shortcut.id)?;
    announce(tx, cx, &shortcut, true)
}

fn put(tx: &mut Tx<'_>, cx: &Context, was: Shortcut, draft: &Draft) -> Result<Shortcut, AppError> {
    let mut shortcut = was.clone();
    if let Some(name) = &draft.name {
        name.trim().clone_into(&mut shortcut.name);
    }
    if let Some(message) = &draft.message {
        shortcut.message.clone_from(message);
    }
    if let Some(options) = &draft.options {
        options.trim().clone_into(&mut shortcut.options);
    }
    if let Some(tags) = &draft.tags {
        shortcut.tags = tidy_tags(tags)?;
    }
    if let Some(scope) = &draft.scope {
        shortcut.scope = known_owners(tx, scope)?;
    }
    check(&shortcut)?;
    if tables::shortcuts::by_name(tx, &shortcut.name)?.is_some_and(|other| other.id != shortcut.id) {
        return Err(AppError::conflict("another shortcut has this name"));
    }
    if shortcut != was {
        tables::shortcuts::put(tx, &shortcut, cx.now)?;
        announce(tx, cx, &shortcut, false)?;
    }
    Ok(shortcut)
}

fn check(shortcut: &Shortcut) -> Result<(), AppError> {
    if shortcut.name.is_empty() {
        return Err(AppError::missing("name is missing"));
    }
    // These have a meaning in addresses, or to the original.
    let refused = |letter: char| letter.is_control() || matches!(letter, '/' | '\\' | '$');
    if shortcut.name.chars().count() > NAME_CHARS_MAX || shortcut.name.chars().any(refused) {
        return Err(AppError::invalid("a shortcut's name has at most 100 characters, no control characters and none of / \\ $"));
    }
    if shortcut.message.trim().is_empty() {
        return Err(AppError::missing("message is missing"));
    }
    if shortcut.message.len() > MESSAGE_TEXT_BYTES_MAX {
        return Err(AppError::too_large("a message has at most 32 KiB"));
    }
    if shortcut.message.contains('\0') {
        return Err(AppError::invalid("a message must not contain a NUL character"));
    }
    if shortcut.options.chars().count() > OPTIONS_CHARS_MAX || shortcut.options.chars().any(char::is_control) {
        return Err(AppError::invalid("options have at most 500 characters and no control characters"));
    }
    Ok(())
}

fn tidy_tags(tags: &[String]) -> Result<Vec<String>, AppError> {
    let mut tidy: Vec<String> = Vec::new();
    for tag in tags {
        if let Some(tag) = tags::tidy_name(tag)?
            && !tidy.iter().any(|known| known == tag)
        {
            tidy.push(tag.to_owned());
        }
    }
    if tidy.len() > TAGS_MAX {
        return Err(AppError::too_large("a shortcut has at most 20 tags"));
    }
    Ok(tidy)
}

/// The scope with each owner once, all of whom exist.
fn known_owners(tx: &mut Tx<'_>, scope: &ShortcutScope) -> Result<ShortcutScope, AppError> {
    let count = match scope {
        ShortcutScope::All => 0,
        ShortcutScope::Departments(of) => of.len(),
        ShortcutScope::Agents(of) => of.len(),
    };
    if count > OWNERS_MAX {
        return Err(AppError::too_large("a shortcut belongs to at most 1,000 departments or agents"));
    }
    Ok(match scope {
        ShortcutScope::All => ShortcutScope::All,
        ShortcutScope::Departments(of) => {
            let known: Vec<DepartmentId> = tables::departments::all(tx)?.into_iter().map(|department| department.id).collect();
            ShortcutScope::Departments(owners(of, &known, "no such department")?)
        }
        ShortcutScope::Agents(of) => {
            let known: Vec<AgentId> = tables::agents::all(tx)?.into_iter().map(|agent| agent.id).collect();
            ShortcutScope::Agents(owners(of, &known, "no such agent")?)
        }
    })
}

fn owners<T: Copy + Ord>(of: &[T], known: &[T], unknown: &'static str) -> Result<Vec<T>, AppError> {
    if of.is_empty() {
        return Err(AppError::missing("departments or agents are missing"));
    }
    if of.iter().any(|owner| !known.contains(owner)) {
        return Err(AppError::not_found(unknown));
    }
    let mut owners = of.to_vec();
    owners.sort_unstable();
    owners.dedup();
    Ok(owners)
}
