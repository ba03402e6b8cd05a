//! Customers.

use deskbell_domain::customer::{Customer, CustomerRole, Gender};
use deskbell_domain::ids::{CompanyId, CustomerId};
use deskbell_domain::time::Timestamp;

use super::{time, word};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

const COLUMNS: &str = "id, email, name, phone, note, role, gender, system_name, company_id, language, address, created_at, removed_at";

fn row(row: &Row<'_>) -> Result<Customer, StoreError> {
    let gender = row.str(6)?;
    Ok(Customer {
        id: CustomerId::from_i64(row.get(0)?),
        email: row.get(1)?,
        name: row.get(2)?,
        phone: row.get(3)?,
        note: row.get(4)?,
        role: word(CustomerRole::parse, "role", row.str(5)?)?,
        gender: if gender.is_empty() { None } else { Some(word(Gender::parse, "gender", gender)?) },
        system_name: row.get(7)?,
        company: row.get::<Option<i64>>(8)?.map(CompanyId::from_i64),
        language: row.get(9)?,
        address: row.get(10)?,
        created: time(row.get(11)?),
        removed: row.get::<Option<i64>>(12)?.map(time),
    })
}

pub fn insert(tx: &mut Tx<'_>, customer: &Customer) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO customers (id, email, name, phone, note, role, gender, system_name, company_id, language, address, created_at, removed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        &[
            &customer.id.get(),
            &customer.email,
            &customer.name,
            &customer.phone,
            &customer.note,
            &customer.role.text(),
            &customer.gender.map_or("", Gender::text),
            &customer.system_name,
            &customer.company.map(CompanyId::get),
            &customer.language,
            &customer.address,
            &customer.created.micros(),
            &customer.removed.map(Timestamp::micros),
        ],
    )?;
    Ok(())
}

pub fn update(tx: &mut Tx<'_>, customer: &Customer) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE customers SET email = $2, name = $3, phone = $4, note = $5, role = $6, gender = $7, system_name = $8, company_id = $9, \
           language = $10, address = $11, removed_at = $12 WHERE id = $1",
        &[
            &customer.id.get(),
            &customer.email,
            &customer.name,
            &customer.phone,
            &customer.note,
            &customer.role.text(),
            &customer.gender.map_or("", Gender::text),
            &customer.system_name,
            &customer.company.map(CompanyId::get),
            &customer.language,
            &customer.address,
            &customer.removed.map(Timestamp::micros),
        ],
    )?;
    Ok(())
}

pub fn get(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Option<Customer>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM customers WHERE id = $1"), &[&customer.get()], row)
}

pub fn by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<Customer>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM customers WHERE email = $1"), &[&email.to_lowercase()], row)
}
