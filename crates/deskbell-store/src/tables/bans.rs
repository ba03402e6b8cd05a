//! Bans.

use deskbell_domain::customer::{Ban, BanTarget, display_name};
use deskbell_domain::ids::{BanId, CustomerId, VisitId, VisitorId};

use super::{in_list, time};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

/// Visits looked at in one statement.
const VISITS_BITE: usize = 200;

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

/// Which end of a range is wanted when not all of it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeEnd {
    Lowest,
    Highest,
}

/// Bans with ids from `low` to `high`, both included, in the order of their ids; at most `limit` of them. With each what the banned
/// customer is called.
pub fn range(tx: &mut Tx<'_>, low: i64, high: i64, end: RangeEnd, limit: i64) -> Result<Vec<(Ban, Option<String>)>, StoreError> {
    let order = match end {
        RangeEnd::Lowest => "ASC",
        RangeEnd::Highest => "DESC",
    };
    let mut bans = tx.all_dynamic_with(
        &format!(
            "SELECT b.id, b.customer_id, b.address, b.reason, b.created_at, c.name, c.email \
             FROM bans b LEFT JOIN customers c ON c.id = b.customer_id WHERE b.id >= $1 AND b.id <= $2 ORDER BY b.id {order} LIMIT $3"
        ),
        &[&low, &high, &limit],
        |found| {
            let ban = row(found)?;
            let (name, email) = (found.get::<Option<String>>(5)?.unwrap_or_default(), found.get::<Option<String>>(6)?);
            let name = match &ban.target {
                BanTarget::Customer(customer) => Some(display_name(*customer, &name, email.as_deref()).into_owned()),
                BanTarget::Address(_) => None,
            };
            Ok((ban, name))
        },
    )?;
    bans.sort_by_key(|(ban, _)| ban.id);
    Ok(bans)
}

/// All banned addresses, in the order of their bans.
pub fn addresses(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = tx.all("SELECT address FROM bans WHERE address IS NOT NULL ORDER BY id", &[])?;
    Ok(rows.into_iter().map(|(address,)| address).collect())
}

/// The bans of a target: one, unless there were more before only one was allowed.
pub fn of_target(tx: &mut Tx<'_>, target: &BanTarget) -> Result<Vec<Ban>, StoreError> {
    match target {
        BanTarget::Customer(customer) => tx.all_with(
            "SELECT id, customer_id, address, reason, created_at FROM bans WHERE customer_id = $1 ORDER BY id",
            &[&customer.get()],
            row,
        ),
        BanTarget::Address(address) => {
            tx.all_with("SELECT id, customer_id, address, reason, created_at FROM bans WHERE address = $1 ORDER BY id", &[address], row)
        }
    }
}

/// Those of these visits whose browsers a ban of this target keeps out.
pub fn visits_hit(tx: &mut Tx<'_>, target: &BanTarget, visits: &[VisitId]) -> Result<Vec<(VisitId, VisitorId)>, StoreError> {
    let mut hit = Vec::new();
    for some in visits.chunks(VISITS_BITE) {
        let list = in_list(some.iter().map(|visit| visit.get()));
        let found = |row: &Row<'_>| Ok((VisitId::from_i64(row.get(0)?), VisitorId::from_i64(row.get(1)?)));
        hit.extend(match target {
            BanTarget::Customer(customer) => tx.all_dynamic_with(
                &format!(
                    "SELECT v.id, v.visitor_id FROM visits v WHERE v.id IN {list} AND (v.customer_id = $1 \
                       OR EXISTS (SELECT 1 FROM conversations c WHERE c.visitor_id = v.visitor_id AND c.customer_id = $1)) ORDER BY v.id"
                ),
                &[&customer.get()],
                found,
            )?,
            BanTarget::Address(address) => tx.all_dynamic_with(
                &format!("SELECT id, visitor_id FROM visits WHERE id IN {list} AND address = $1 ORDER BY id"),
                &[address],
                found,
            )?,
        });
    }
    Ok(hit)
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
