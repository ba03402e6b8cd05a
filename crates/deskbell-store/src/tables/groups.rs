//! Groups, and the customers and companies in them.

use std::collections::HashMap;

use deskbell_domain::group::CustomerGroup;
use deskbell_domain::ids::{CompanyId, CustomerGroupId, CustomerId};
use deskbell_domain::time::Timestamp;

use crate::engine::{Row, Tx};
use crate::error::StoreError;

fn row(row: &Row<'_>) -> Result<CustomerGroup, StoreError> {
    Ok(CustomerGroup { id: CustomerGroupId::from_i64(row.get(0)?), name: row.get(1)?, color: row.get(2)?, background: row.get(3)? })
}

/// All groups, by name.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<CustomerGroup>, StoreError> {
    tx.all_with("SELECT id, name, color, bg_color FROM customer_groups ORDER BY name", &[], row)
}

pub fn count(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let (count,): (i64,) = tx.one("SELECT COUNT(*) FROM customer_groups", &[])?;
    Ok(count)
}

pub fn get(tx: &mut Tx<'_>, group: CustomerGroupId) -> Result<Option<CustomerGroup>, StoreError> {
    tx.opt_with("SELECT id, name, color, bg_color FROM customer_groups WHERE id = $1", &[&group.get()], row)
}

pub fn by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<CustomerGroup>, StoreError> {
    tx.opt_with("SELECT id, name, color, bg_color FROM customer_groups WHERE name = $1", &[&name], row)
}

pub fn insert(tx: &mut Tx<'_>, group: &CustomerGroup, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO customer_groups (id, name, color, bg_color, created_at) VALUES ($1, $2, $3, $4, $5)",
        &[&group.id.get(), &group.name, &group.color, &group.background, &at.micros()],
    )?;
    Ok(())
}

pub fn update(tx: &mut Tx<'_>, group: &CustomerGroup) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE customer_groups SET name = $2, color = $3, bg_color = $4 WHERE id = $1",
        &[&group.id.get(), &group.name, &group.color, &group.background],
    )?;
    Ok(())
}

/// Takes a group away, and its members out of it.
pub fn remove(tx: &mut Tx<'_>, group: CustomerGroupId) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM customer_group_members WHERE group_id = $1",
        "DELETE FROM company_group_members WHERE group_id = $1",
        "DELETE FROM customer_groups WHERE id = $1",
    ] {
        tx.exec(statement, &[&group.get()])?;
    }
    Ok(())
}

/// A customer's groups, in the order he entered them.
pub fn of_customer(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Vec<CustomerGroup>, StoreError> {
    tx.all_with(
        "SELECT g.id, g.name, g.color, g.bg_color FROM customer_group_members m JOIN customer_groups g ON g.id = m.group_id \
         WHERE m.customer_id = $1 ORDER BY m.ordinal, g.name",
        &[&customer.get()],
        row,
    )
}

/// Puts a customer into a group; tells whether he was outside.
pub fn add_customer(tx: &mut Tx<'_>, customer: CustomerId, group: CustomerGroupId) -> Result<bool, StoreError> {
    let added = tx.exec(
        "INSERT INTO customer_group_members (customer_id, group_id, ordinal) \
         VALUES ($1, $2, (SELECT COALESCE(MAX(ordinal), 0) + 1 FROM customer_group_members WHERE customer_id = $1)) \
         ON CONFLICT (customer_id, group_id) DO NOTHING",
        &[&customer.get(), &group.get()],
    )?;
    Ok(added > 0)
}

/// Takes a customer out of a group; tells whether he was in it.
pub fn remove_customer(tx: &mut Tx<'_>, customer: CustomerId, group: CustomerGroupId) -> Result<bool, StoreError> {
    let removed =
        tx.exec("DELETE FROM customer_group_members WHERE customer_id = $1 AND group_id = $2", &[&customer.get(), &group.get()])?;
    Ok(removed > 0)
}

/// Takes a customer out of all groups.
pub fn clear_customer(tx: &mut Tx<'_>, customer: CustomerId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM customer_group_members WHERE customer_id = $1", &[&customer.get()])?;
    Ok(())
}

/// A company's groups, in the order it entered them.
pub fn of_company(tx: &mut Tx<'_>, company: CompanyId) -> Result<Vec<CustomerGroup>, StoreError> {
    tx.all_with(
        "SELECT g.id, g.name, g.color, g.bg_color FROM company_group_members m JOIN customer_groups g ON g.id = m.group_id \
         WHERE m.company_id = $1 ORDER BY m.ordinal, g.name",
        &[&company.get()],
        row,
    )
}

/// Replaces a company's groups.
pub fn set_company(tx: &mut Tx<'_>, company: CompanyId, groups: &[CustomerGroupId]) -> Result<(), StoreError> {
    tx.exec("DELETE FROM company_group_members WHERE company_id = $1", &[&company.get()])?;
    for (ordinal, group) in (1i64..).zip(groups) {
        tx.exec(
            "INSERT INTO company_group_members (company_id, group_id, ordinal) VALUES ($1, $2, $3)",
            &[&company.get(), &group.get(), &ordinal],
        )?;
    }
    Ok(())
}

/// How many customers and companies each group has; those without any are left out.
pub fn member_counts(tx: &mut Tx<'_>) -> Result<HashMap<CustomerGroupId, (i64, i64)>, StoreError> {
    let mut counts: HashMap<CustomerGroupId, (i64, i64)> = HashMap::new();
    tx.each("SELECT group_id, COUNT(*) FROM customer_group_members GROUP BY group_id", &[], |row| {
        counts.entry(CustomerGroupId::from_i64(row.get(0)?)).or_default().0 = row.get(1)?;
        Ok(())
    })?;
    tx.each("SELECT group_id, COUNT(*) FROM company_group_members GROUP BY group_id", &[], |row| {
        counts.entry(CustomerGroupId::from_i64(row.get(0)?)).or_default().1 = row.get(1)?;
        Ok(())
    })?;
    Ok(counts)
}
