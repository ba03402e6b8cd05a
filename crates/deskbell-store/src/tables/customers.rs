//! Customers. Lists of them are in [`listing`].

pub mod listing;

use deskbell_domain::call::{comparable_number, same_numbers};
use deskbell_domain::customer::{Customer, CustomerRole, Gender};
use deskbell_domain::ids::{CompanyId, CustomerId};
use deskbell_domain::message::MessageKind;
use deskbell_domain::time::Timestamp;

use super::{flag, time, word};
use crate::engine::{Param, Row, Tx};
use crate::error::StoreError;

const COLUMNS: &str = "id, email, name, phone, note, role, gender, system_name, company_id, language, address, created_at, removed_at";

/// Whether anything is known of him beside added fields. Lists leave the others out.
fn is_known(customer: &Customer) -> bool {
    customer.removed.is_none() && (customer.email.is_some() || !customer.name.is_empty() || !customer.phone.is_empty())
}

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
        "INSERT INTO customers (id, email, name, phone, note, role, gender, system_name, company_id, language, address, created_at, \
           removed_at, known, phone_key) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
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
            &flag(is_known(customer)),
            &comparable_number(&customer.phone),
        ],
    )?;
    Ok(())
}

/// Writes everything but the password.
pub fn update(tx: &mut Tx<'_>, customer: &Customer) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE customers SET email = $2, name = $3, phone = $4, note = $5, role = $6, gender = $7, system_name = $8, company_id = $9, \
           language = $10, address = $11, removed_at = $12, known = CASE WHEN CAST($13 AS BIGINT) = 1 \
             OR EXISTS (SELECT 1 FROM custom_fields f WHERE f.owner_kind = 'customer' AND f.owner_id = $1) \
             OR EXISTS (SELECT 1 FROM unique_fields f WHERE f.owner_kind = 'customer' AND f.owner_id = $1) THEN 1 ELSE 0 END, phone_key = $14 \
         WHERE id = $1",
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
            &flag(is_known(customer)),
            &comparable_number(&customer.phone),
        ],
    )?;
    Ok(())
}

/// His added fields changed: whether anything is known of him is noted anew.
pub fn note_known(tx: &mut Tx<'_>, customer: CustomerId) -> Result<(), StoreError> {
    match get(tx, customer)? {
        Some(customer) => update(tx, &customer),
        None => Ok(()),
    }
}

/// Where he was seen last, and in which language. Nothing is written if that is known.
pub fn seen(tx: &mut Tx<'_>, customer: CustomerId, address: &str, language: &str) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE customers SET address = $2, language = $3 WHERE id = $1 AND removed_at IS NULL AND (address <> $2 OR language <> $3)",
        &[&customer.get(), &address, &language],
    )?;
    Ok(())
}

pub fn get(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Option<Customer>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM customers WHERE id = $1"), &[&customer.get()], row)
}

/// The customer with this address, be it a second one: a unique field `email`.
pub fn by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<Customer>, StoreError> {
    let email = email.to_lowercase();
    let found = tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM customers WHERE email = $1"), &[&email], row)?;
    if found.is_some() {
        return Ok(found);
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM customers WHERE id = \
           (SELECT owner_id FROM unique_fields WHERE owner_kind = 'customer' AND code = 'email' AND value = $1)"
    );
    tx.opt_dynamic_with(&sql, &[&email], row)
}

/// The customer with this phone number, however it is spelled, be it a second one: a unique field `phone`. `country` is the desk's own, as
/// numbers begin there, or empty. Of several the one whose number it is as it stands, then the one who has been here longest. Agents' own
/// rows are nobody who calls.
pub fn by_number(tx: &mut Tx<'_>, number: &str, country: &str) -> Result<Option<Customer>, StoreError> {
    let same = same_numbers(number, country);
    let Some(key) = same.first() else { return Ok(None) };
    let (second, third) = (same.get(1).unwrap_or(key), same.get(2).unwrap_or(key));
    let params: [&dyn Param; 3] = [key, second, third];
    let found = tx.opt_dynamic_with(
        &format!(
            "SELECT {COLUMNS} FROM customers c WHERE phone_key <> '' AND phone_key IN ($1, $2, $3) AND removed_at IS NULL \
               AND NOT EXISTS (SELECT 1 FROM agents a WHERE a.contact_id = c.id) \
             ORDER BY CASE WHEN phone_key = $1 THEN 0 ELSE 1 END, created_at, id LIMIT 1"
        ),
        &params,
        row,
    )?;
    if found.is_some() {
        return Ok(found);
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM customers WHERE removed_at IS NULL AND id IN \
           (SELECT owner_id FROM unique_fields WHERE phone_key <> '' AND phone_key IN ($1, $2, $3) AND owner_kind = 'customer') \
         ORDER BY created_at, id LIMIT 1"
    );
    tx.opt_dynamic_with(&sql, &params, row)
}

/// Whether the row belongs to an agent: what stands beside his own messages, and nobody who asks.
pub fn is_of_agent(tx: &mut Tx<'_>, customer: CustomerId) -> Result<bool, StoreError> {
    Ok(tx.opt::<(i64,)>("SELECT id FROM agents WHERE contact_id = $1 LIMIT 1", &[&customer.get()])?.is_some())
}

/// Whether he is in a chat that goes on.
pub fn is_in_chat(tx: &mut Tx<'_>, customer: CustomerId) -> Result<bool, StoreError> {
    Ok(tx.opt::<(i64,)>("SELECT id FROM chats WHERE customer_id = $1 AND ended_at IS NULL LIMIT 1", &[&customer.get()])?.is_some())
}

/// Whether he is in a call that goes on.
pub fn is_in_call(tx: &mut Tx<'_>, customer: CustomerId) -> Result<bool, StoreError> {
    Ok(tx.opt::<(i64,)>("SELECT id FROM calls WHERE customer_id = $1 AND ended_at IS NULL LIMIT 1", &[&customer.get()])?.is_some())
}

/// Takes what tells who he was out of what stays of his conversations: his name beside messages and chats, and the lines about his
/// browser. The visits that led there go too, so that what his browsers hold opens nothing.
pub fn forget_traces(tx: &mut Tx<'_>, customer: CustomerId, shown_as: &str) -> Result<(), StoreError> {
    const CONVERSATIONS: &str = "(SELECT id FROM conversations WHERE customer_id = $1 \
                                  UNION SELECT merged_into FROM conversations WHERE customer_id = $1 AND merged_into IS NOT NULL \
                                  UNION SELECT conversation_id FROM knowledge_entries WHERE conversation_id IS NOT NULL)";
    // A browser that is in somebody else's chat now stays: he only lent it, or typed an address.
    const VISITS: &str = "(SELECT id FROM (SELECT id FROM visits WHERE customer_id = $1 \
                             UNION SELECT visit_id FROM conversations WHERE customer_id = $1 AND visit_id IS NOT NULL \
                             UNION SELECT visit_id FROM chats WHERE customer_id = $1 AND visit_id IS NOT NULL) led \
                           WHERE NOT EXISTS (SELECT 1 FROM chats live WHERE live.visit_id = led.id AND live.ended_at IS NULL))";
    tx.exec_dynamic(
        &format!(
            "UPDATE messages SET author_name = $2 \
             WHERE author_kind = 'customer' AND author_id = $1 AND conversation_id IN {CONVERSATIONS}"
        ),
        &[&customer.get(), &shown_as],
    )?;
    tx.exec(
        "UPDATE messages SET text = '' WHERE kind = $2 AND conversation_id IN (SELECT id FROM conversations WHERE customer_id = $1)",
        &[&customer.get(), &MessageKind::UserAgent.text()],
    )?;
    tx.exec("UPDATE conversations SET cc = '' WHERE customer_id = $1 AND cc <> ''", &[&customer.get()])?;
    tx.exec(
        "DELETE FROM custom_fields WHERE owner_kind = 'conversation' AND owner_id IN (SELECT id FROM conversations WHERE customer_id = $1)",
        &[&customer.get()],
    )?;
    tx.exec("UPDATE chats SET customer_name = $2 WHERE customer_id = $1", &[&customer.get(), &shown_as])?;
    tx.exec("UPDATE calls SET phone = '' WHERE customer_id = $1", &[&customer.get()])?;
    tx.exec_dynamic(&format!("DELETE FROM pages WHERE visit_id IN {VISITS}"), &[&customer.get()])?;
    tx.exec_dynamic(&format!("DELETE FROM visits WHERE id IN {VISITS}"), &[&customer.get()])?;
    Ok(())
}

/// The hash of his password; empty for one who has none.
pub fn password_hash(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Option<String>, StoreError> {
    Ok(tx.opt::<(String,)>("SELECT password_hash FROM customers WHERE id = $1", &[&customer.get()])?.map(|(hash,)| hash))
}

pub fn set_password(tx: &mut Tx<'_>, customer: CustomerId, password_hash: &str) -> Result<(), StoreError> {
    tx.exec("UPDATE customers SET password_hash = $2 WHERE id = $1", &[&customer.get(), &password_hash])?;
    Ok(())
}
