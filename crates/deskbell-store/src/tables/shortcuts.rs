//! Shortcuts.

use std::collections::HashMap;

use deskbell_domain::ids::{AgentId, DepartmentId, ShortcutId};
use deskbell_domain::shortcut::{Shortcut, ShortcutScope};
use deskbell_domain::time::Timestamp;

use crate::engine::{Row, Tx};
use crate::error::StoreError;

const COLUMNS: &str = "id, name, message, options, tags, scope";
/// Between tags in their column; no tag has one.
const TAG_SEPARATOR: char = ',';

fn row(row: &Row<'_>) -> Result<Shortcut, StoreError> {
    let scope = match row.str(5)? {
        "all" => ShortcutScope::All,
        "department" => ShortcutScope::Departments(Vec::new()),
        "agent" => ShortcutScope::Agents(Vec::new()),
        other => return Err(StoreError::Corrupt(format!("unknown scope of a shortcut {other:?}"))),
    };
    Ok(Shortcut {
        id: ShortcutId::from_i64(row.get(0)?),
        name: row.get(1)?,
        message: row.get(2)?,
        options: row.get(3)?,
        tags: row.str(4)?.split(TAG_SEPARATOR).filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
        scope,
    })
}

fn fill(shortcut: &mut Shortcut, owners: &[i64]) {
    match &mut shortcut.scope {
        ShortcutScope::All => {}
        ShortcutScope::Departments(of) => of.extend(owners.iter().map(|id| DepartmentId::from_i64(*id))),
        ShortcutScope::Agents(of) => of.extend(owners.iter().map(|id| AgentId::from_i64(*id))),
    }
}

/// All shortcuts, by name.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Shortcut>, StoreError> {
    let mut owners: HashMap<i64, Vec<i64>> = HashMap::new();
    for (shortcut, owner) in
        tx.all::<(i64, i64)>("SELECT shortcut_id, owner_id FROM shortcut_owners ORDER BY shortcut_id, owner_id", &[])?
    {
        owners.entry(shortcut).or_default().push(owner);
    }
    let mut shortcuts = tx.all_dynamic_with(&format!("SELECT {COLUMNS} FROM shortcuts ORDER BY name"), &[], row)?;
    for shortcut in &mut shortcuts {
        fill(shortcut, owners.get(&shortcut.id.get()).map(Vec::as_slice).unwrap_or_default());
    }
    Ok(shortcuts)
}

fn whole(tx: &mut Tx<'_>, found: Option<Shortcut>) -> Result<Option<Shortcut>, StoreError> {
    let Some(mut shortcut) = found else { return Ok(None) };
    let owners: Vec<(i64,)> =
        tx.all("SELECT owner_id FROM shortcut_owners WHERE shortcut_id = $1 ORDER BY owner_id", &[&shortcut.id.get()])?;
    fill(&mut shortcut, &owners.into_iter().map(|(owner,)| owner).collect::<Vec<_>>());
    Ok(Some(shortcut))
}

pub fn get(tx: &mut Tx<'_>, shortcut: ShortcutId) -> Result<Option<Shortcut>, StoreError> {
    let found = tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM shortcuts WHERE id = $1"), &[&shortcut.get()], row)?;
    whole(tx, found)
}

pub fn by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<Shortcut>, StoreError> {
    let found = tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM shortcuts WHERE name = $1"), &[&name], row)?;
    whole(tx, found)
}

pub fn count(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    Ok(tx.one::<(i64,)>("SELECT COUNT(*) FROM shortcuts", &[])?.0)
}

/// Creates or changes.
pub fn put(tx: &mut Tx<'_>, shortcut: &Shortcut, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO shortcuts (id, name, message, options, tags, scope, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, message = excluded.message, options = excluded.options, \
           tags = excluded.tags, scope = excluded.scope",
        &[
            &shortcut.id.get(),
            &shortcut.name,
            &shortcut.message,
            &shortcut.options,
            &shortcut.tags.join(&TAG_SEPARATOR.to_string()),
            &shortcut.scope.word(),
            &at.micros(),
        ],
    )?;
    tx.exec("DELETE FROM shortcut_owners WHERE shortcut_id = $1", &[&shortcut.id.get()])?;
    let owners: Vec<i64> = match &shortcut.scope {
        ShortcutScope::All => Vec::new(),
        ShortcutScope::Departments(of) => of.iter().map(|department| department.get()).collect(),
        ShortcutScope::Agents(of) => of.iter().map(|agent| agent.get()).collect(),
    };
    for owner in owners {
        tx.exec(
            "INSERT INTO shortcut_owners (shortcut_id, owner_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            &[&shortcut.id.get(), &owner],
        )?;
    }
    Ok(())
}

pub fn remove(tx: &mut Tx<'_>, shortcut: ShortcutId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM shortcut_owners WHERE shortcut_id = $1", &[&shortcut.get()])?;
    tx.exec("DELETE FROM shortcuts WHERE id = $1", &[&shortcut.get()])?;
    Ok(())
}
