//! Bans.

use deskbell_domain::customer::{Ban, BanTarget};
use deskbell_domain::ids::{BanId, CustomerId, VisitorId};

use super::time;
use crate::engine::{Row, Tx};
use crate::error::StoreError;

fn row(row: &Row<'_>) -> Result<Ban, StoreError> {
    let target = match (row.get::<Option<i64>>(1)?, row.get::<Option<String>>(2)?) {
        (Some(customer), None) => BanTarget::Customer(CustomerId::from_i64(customer)),
        (None, Some(address)) => BanTarget::Address(address),
        _ => return Err(StoreError::Corrupt("a ban without one target".to_owned())),
    };
    Ok(Ban { id: BanId::from_i64(row.get(0)?), target, reason: row.get(3)?, created: time(row.get(4)?) })
}

pub fn insert(tx: &mut Tx<'_>, ban: &Ban) -> Result<(), StoreError> {
    let (customer, address) = match &ban.target {
        BanTarget::Customer(customer) => (Some(customer.get()), None),
        BanTarget::Address(address) => (None, Some(address.as_str())),
    };
    tx.exec(
        "INSERT INTO bans (id, customer_id, address, reason, created_at) VALUES ($1, $2, $3, $4, $5)",
        &[&ban.id.get(), &customer, &address, &ban.reason, &ban.created.micros()],
    )?;
    Ok(())
}

pub fn get(tx: &mut Tx<'_>, ban: BanId) -> Result<Option<Ban>, StoreError> {
    tx.opt_with("SELECT id, customer_id, address, reason, created_at FROM bans WHERE id = $1", &[&ban.get()], row)
}

pub fn remove(tx: &mut Tx<'_>, ban: BanId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM bans WHERE id = $1", &[&ban.get()])?;
    Ok(())
}

pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Ban>, StoreError> {
    tx.all_with("SELECT id, customer_id, address, reason, created_at FROM bans ORDER BY id", &[], row)
}

/// Whether the customer himself is banned.
pub fn has_customer(tx: &mut Tx<'_>, customer: CustomerId) -> Result<bool, StoreError> {
    Ok(tx.opt::<(i64,)>("SELECT id FROM bans WHERE customer_id = $1 LIMIT 1", &[&customer.get()])?.is_some())
}

/// Whether the customer, the address, or a customer whom this browser has spoken for is banned.
pub fn hits(tx: &mut Tx<'_>, customer: CustomerId, visitor: VisitorId, address: &str) -> Result<bool, StoreError> {
    let (count,): (i64,) = tx.one(
        "SELECT (SELECT COUNT(*) FROM bans WHERE customer_id = $1) + (SELECT COUNT(*) FROM bans WHERE address = $2) \
           + (SELECT COUNT(*) FROM conversations c JOIN bans b ON b.customer_id = c.customer_id WHERE c.visitor_id = $3)",
        &[&customer.get(), &address, &visitor.get()],
    )?;
    Ok(count > 0)
}
