//! Customers.

use deskbell_domain::customer::Customer;
use deskbell_domain::ids::CustomerId;

use super::time;
use crate::engine::{Row, Tx};
use crate::error::StoreError;

fn row(row: &Row<'_>) -> Result<Customer, StoreError> {
    Ok(Customer {
        id: CustomerId::from_i64(row.get(0)?),
        email: row.get(1)?,
        name: row.get(2)?,
        phone: row.get(3)?,
        note: row.get(4)?,
        created: time(row.get(5)?),
    })
}

pub fn insert(tx: &mut Tx<'_>, customer: &Customer) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO customers (id, email, name, phone, note, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        &[&customer.id.get(), &customer.email, &customer.name, &customer.phone, &customer.note, &customer.created.micros()],
    )?;
    Ok(())
}

pub fn update(tx: &mut Tx<'_>, customer: &Customer) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE customers SET email = $2, name = $3, phone = $4, note = $5 WHERE id = $1",
        &[&customer.id.get(), &customer.email, &customer.name, &customer.phone, &customer.note],
    )?;
    Ok(())
}

pub fn get(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Option<Customer>, StoreError> {
    tx.opt_with("SELECT id, email, name, phone, note, created_at FROM customers WHERE id = $1", &[&customer.get()], row)
}

pub fn by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<Customer>, StoreError> {
    tx.opt_with("SELECT id, email, name, phone, note, created_at FROM customers WHERE email = $1", &[&email.to_lowercase()], row)
}
