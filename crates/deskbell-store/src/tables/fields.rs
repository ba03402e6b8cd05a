//! Added fields of customers, companies and conversations: custom ones, and unique ones whose value has one owner of a kind.

use std::collections::HashMap;

use deskbell_domain::call::comparable_number;
use deskbell_domain::field::{FieldOwner, FieldValue};

use super::in_list;
use crate::engine::Tx;
use crate::error::StoreError;

/// The code of unique fields that are phone numbers.
const PHONE_CODE: &str = "phone";

/// Owners asked for by one statement.
const OWNERS_PER_STATEMENT: usize = 500;

/// An owner's custom fields, in the order they were added.
pub fn custom(tx: &mut Tx<'_>, owner: FieldOwner) -> Result<Vec<FieldValue>, StoreError> {
    let (kind, id) = owner.parts();
    tx.all_with("SELECT code, value FROM custom_fields WHERE owner_kind = $1 AND owner_id = $2 ORDER BY ordinal", &[&kind, &id], |row| {
        Ok(FieldValue { code: row.get(0)?, value: row.get(1)? })
    })
}

/// Custom fields of many owners. Those without any are left out.
pub fn customs(tx: &mut Tx<'_>, owners: &[FieldOwner]) -> Result<HashMap<FieldOwner, Vec<FieldValue>>, StoreError> {
    of_many(tx, "custom_fields", owners)
}

/// Unique fields of many owners. Those without any are left out.
pub fn uniques(tx: &mut Tx<'_>, owners: &[FieldOwner]) -> Result<HashMap<FieldOwner, Vec<FieldValue>>, StoreError> {
    of_many(tx, "unique_fields", owners)
}

fn of_many(tx: &mut Tx<'_>, table: &str, owners: &[FieldOwner]) -> Result<HashMap<FieldOwner, Vec<FieldValue>>, StoreError> {
    let mut fields: HashMap<FieldOwner, Vec<FieldValue>> = HashMap::new();
    let mut by_kind: HashMap<&'static str, HashMap<i64, FieldOwner>> = HashMap::new();
    for owner in owners {
        let (kind, id) = owner.parts();
        by_kind.entry(kind).or_default().insert(id, *owner);
    }
    for (kind, known) in by_kind {
        let ids: Vec<i64> = known.keys().copied().collect();
        for some in ids.chunks(OWNERS_PER_STATEMENT) {
            let list = in_list(some.iter().copied());
            let sql = format!(
                "SELECT owner_id, code, value FROM {table} WHERE owner_kind = $1 AND owner_id IN {list} ORDER BY owner_id, ordinal"
            );
            tx.each_dynamic(&sql, &[&kind], |row| {
                if let Some(owner) = known.get(&row.get(0)?) {
                    fields.entry(*owner).or_default().push(FieldValue { code: row.get(1)?, value: row.get(2)? });
                }
                Ok(())
            })?;
        }
    }
    Ok(fields)
}

/// Adds custom fields behind those that are there.
pub fn add_custom(tx: &mut Tx<'_>, owner: FieldOwner, fields: &[FieldValue]) -> Result<(), StoreError> {
    let (kind, id) = owner.parts();
    let (last,): (i64,) =
        tx.one("SELECT COALESCE(MAX(ordinal), 0) FROM custom_fields WHERE owner_kind = $1 AND owner_id = $2", &[&kind, &id])?;
    for (ordinal, field) in (last + 1..).zip(fields) {
        tx.exec(
            "INSERT INTO custom_fields (owner_kind, owner_id, ordinal, code, value) VALUES ($1, $2, $3, $4, $5)",
            &[&kind, &id, &ordinal, &field.code, &field.value],
        )?;
    }
    Ok(())
}

/// Takes away the custom fields with this code, or all; tells how many there were.
pub fn remove_custom(tx: &mut Tx<'_>, owner: FieldOwner, code: Option<&str>) -> Result<u64, StoreError> {
    let (kind, id) = owner.parts();
    match code {
        Some(code) => tx.exec("DELETE FROM custom_fields WHERE owner_kind = $1 AND owner_id = $2 AND code = $3", &[&kind, &id, &code]),
        None => tx.exec("DELETE FROM custom_fields WHERE owner_kind = $1 AND owner_id = $2", &[&kind, &id]),
    }
}

/// An owner's unique fields, in the order they were added.
pub fn unique(tx: &mut Tx<'_>, owner: FieldOwner) -> Result<Vec<FieldValue>, StoreError> {
    let (kind, id) = owner.parts();
    tx.all_with(
        "SELECT code, value FROM unique_fields WHERE owner_kind = $1 AND owner_id = $2 ORDER BY ordinal, code, value",
        &[&kind, &id],
        |row| Ok(FieldValue { code: row.get(0)?, value: row.get(1)? }),
    )
}

/// The number of the owner of this kind who has this value.
pub fn unique_owner(tx: &mut Tx<'_>, kind: &str, code: &str, value: &str) -> Result<Option<i64>, StoreError> {
    let found: Option<(i64,)> =
        tx.opt("SELECT owner_id FROM unique_fields WHERE owner_kind = $1 AND code = $2 AND value = $3", &[&kind, &code, &value])?;
    Ok(found.map(|(owner,)| owner))
}

/// Adds a unique field behind those that are there. Another owner's value is a conflict: ask [`unique_owner`] before.
pub fn add_unique(tx: &mut Tx<'_>, owner: FieldOwner, field: &FieldValue) -> Result<(), StoreError> {
    let (kind, id) = owner.parts();
    let phone_key = if field.code == PHONE_CODE { comparable_number(&field.value) } else { String::new() };
    tx.exec(
        "INSERT INTO unique_fields (owner_kind, code, value, owner_id, ordinal, phone_key) \
         VALUES ($1, $2, $3, $4, (SELECT COALESCE(MAX(ordinal), 0) + 1 FROM unique_fields WHERE owner_kind = $1 AND owner_id = $4), $5)",
        &[&kind, &field.code, &field.value, &id, &phone_key],
    )?;
    Ok(())
}

/// Takes away the unique fields with this code, or all; tells how many there were.
pub fn remove_unique(tx: &mut Tx<'_>, owner: FieldOwner, code: Option<&str>) -> Result<u64, StoreError> {
    let (kind, id) = owner.parts();
    match code {
        Some(code) => tx.exec("DELETE FROM unique_fields WHERE owner_kind = $1 AND owner_id = $2 AND code = $3", &[&kind, &id, &code]),
        None => tx.exec("DELETE FROM unique_fields WHERE owner_kind = $1 AND owner_id = $2", &[&kind, &id]),
    }
}

/// Takes away one value of a unique field, if this owner has it.
pub fn remove_unique_value(tx: &mut Tx<'_>, owner: FieldOwner, code: &str, value: &str) -> Result<(), StoreError> {
    let (kind, id) = owner.parts();
    tx.exec(
        "DELETE FROM unique_fields WHERE owner_kind = $1 AND code = $2 AND value = $3 AND owner_id = $4",
        &[&kind, &code, &value, &id],
    )?;
    Ok(())
}
